"""How much each answer counts: recovered where it is known, and never fitted on what it is measured by."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.calibration import fit_temperature
from models.evaluation.stacking import cross_fitted, fit_weights
from models.numerics import softmax


def _drawn(logits: np.ndarray, seed: int = 0) -> np.ndarray:
    """Truths drawn with the probabilities that logits state."""
    rng = np.random.default_rng(seed)
    return np.array([rng.choice(4, p=p) for p in softmax(logits)])


def _parts(n: int, k: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(k, n, 4)) * 1.5


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_one_part_gives_back_its_temperature(temperature: float) -> None:
    parts = _parts(3000, 1) * temperature
    truth = _drawn(parts[0] / temperature)
    (weight,) = fit_weights(parts, truth)
    assert 1 / weight == pytest.approx(temperature, rel=0.1)
    assert 1 / weight == pytest.approx(fit_temperature(parts[0], truth), rel=0.01)


def test_planted_weights_are_found() -> None:
    parts = _parts(4000, 2)
    truth = _drawn(0.4 * parts[0] + 1.2 * parts[1])
    weights = fit_weights(parts, truth)
    assert weights == pytest.approx([0.4, 1.2], rel=0.1)


def test_parts_on_very_different_scales() -> None:
    parts = _parts(4000, 2) * np.array([100.0, 0.01])[:, None, None]
    truth = _drawn(0.006 * parts[0] + 80 * parts[1])
    assert fit_weights(parts, truth) == pytest.approx([0.006, 80], rel=0.1)


def test_a_part_that_knows_nothing_counts_nothing() -> None:
    parts = _parts(4000, 2)
    truth = _drawn(parts[0])
    useful, useless = fit_weights(parts, truth)
    assert useful == pytest.approx(1, rel=0.1)
    assert 0 <= useless < 0.06


def test_a_part_that_is_wrong_is_not_turned_round() -> None:
    parts = _parts(2000, 2)
    parts[1] = -parts[0] + 0.5 * parts[1]
    truth = _drawn(parts[0])
    weights = fit_weights(parts, truth)
    assert (weights >= 0).all()
    assert weights[0] > 0.5
    assert weights[1] < weights[0] / 2


def test_a_fold_is_combined_by_weights_of_the_others() -> None:
    """In fold 0 only part 0 is right, elsewhere only part 1: weights of the others trust part 1 in fold 0 too."""
    n = 1200
    fold_of = np.arange(n) % 3
    parts = _parts(n, 2)
    truth = np.where(fold_of == 0, _drawn(2 * parts[0]), _drawn(2 * parts[1], seed=3))
    out = cross_fitted(parts, truth, fold_of)
    for fold in range(3):
        held = fold_of == fold
        weights = fit_weights(parts[:, ~held], truth[~held])
        np.testing.assert_allclose(out[held], np.tensordot(weights, parts[:, held], axes=1), rtol=1e-6, atol=1e-9)
    held = fold_of == 0
    others = fit_weights(parts[:, ~held], truth[~held])
    assert others[0] < 0.1 < others[1]
    # With weights of its own the fold would look much better than it may.
    own = np.tensordot(fit_weights(parts[:, held], truth[held]), parts[:, held], axes=1)
    right, too_good = ((said.argmax(axis=1) == truth[held]).mean() for said in (out[held], own))
    assert too_good > right + 0.3


def test_what_a_fold_holds_does_not_change_its_own_weights() -> None:
    n = 600
    fold_of = np.arange(n) % 3
    parts = _parts(n, 2)
    truth = _drawn(parts.sum(axis=0))
    planted = np.where(fold_of == 1, (truth + 1) % 4, truth)
    honest, other = cross_fitted(parts, truth, fold_of), cross_fitted(parts, planted, fold_of)
    np.testing.assert_allclose(other[fold_of == 1], honest[fold_of == 1])
    assert np.abs(other[fold_of != 1] - honest[fold_of != 1]).max() > 0.1
