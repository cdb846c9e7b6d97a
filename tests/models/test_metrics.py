from __future__ import annotations

import warnings
from functools import partial

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
)

from models.evaluation.calibration import fit_temperature, negative_log_likelihood
from models.evaluation.metrics import Labels, confusion, macro_f1, quadrant_figures, quadrant_scores
from models.evaluation.reliability import expected_calibration_error
from models.numerics import softmax
from tests.plain_bootstrap import plain_bootstrap


def _figure(name: str, truth: Labels, answer: Labels) -> float:
    return float(quadrant_figures(confusion(truth, answer))[name])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("classes", "n"), [(4, 200), (4, 7), (2, 30), (1, 5)])
def test_scores_agree_with_scikit_learn(seed: int, classes: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    truth, answer = rng.integers(0, classes, n), rng.integers(0, 4, n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert macro_f1(truth, answer) == pytest.approx(f1_score(truth, answer, average="macro", zero_division=0))
        assert _figure("accuracy", truth, answer) == pytest.approx(accuracy_score(truth, answer))
        np.testing.assert_array_equal(confusion(truth, answer), confusion_matrix(truth, answer, labels=range(4)))
        figures = quadrant_figures(confusion(truth, answer))
        assert figures["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(truth, answer))
        for name, score in (("macro_precision", precision_score), ("macro_recall", recall_score)):
            assert figures[name] == pytest.approx(score(truth, answer, average="macro", zero_division=0))


def test_all_scores_at_once_are_those_of_the_plain_bootstrap() -> None:
    rng = np.random.default_rng(8)
    truth, answer = rng.integers(0, 4, 60), rng.integers(0, 4, 60)
    groups = [str(g) for g in rng.integers(0, 15, 60)]
    scores = quadrant_scores(truth, answer, groups, draws=300, seed=2)
    for name in ("macro_f1", "accuracy", "valence_accuracy"):
        plain = plain_bootstrap(partial(_figure, name), truth, answer, groups, draws=300, seed=2)
        assert (scores[name].value, scores[name].low, scores[name].high) == pytest.approx(plain)


def test_arousal_and_valence_are_the_halves_of_the_plane() -> None:
    valence, arousal = partial(_figure, "valence_accuracy"), partial(_figure, "arousal_accuracy")
    truth = np.array([0, 0, 0, 0])
    answers = np.array([0, 1, 2, 3])  # right; valence wrong; both wrong; arousal wrong
    assert arousal(truth, answers) == 0.5
    assert valence(truth, answers) == 0.5
    assert arousal(truth[:2], answers[:2]) == 1.0
    assert valence(truth[[0, 3]], answers[[0, 3]]) == 1.0
    assert valence(np.array([2]), np.array([1])) == 1.0
    assert arousal(np.array([2]), np.array([3])) == 1.0


def test_siblings_make_the_interval_wider_than_clips_of_their_own() -> None:
    # Twenty artists of ten clips each; all clips of an artist are right, or all are wrong.
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 4, 200)
    artist = np.repeat(np.arange(20), 10)
    answer = np.where(artist % 2 == 0, truth, (truth + 1) % 4)
    by_artist = quadrant_scores(truth, answer, [f"a{i}" for i in artist])["accuracy"]
    by_clip = quadrant_scores(truth, answer, [str(i) for i in range(200)])["accuracy"]
    assert by_artist.value == by_clip.value == 0.5
    assert by_artist.high - by_artist.low > 2 * (by_clip.high - by_clip.low)
    # Known widths: +-1.96 sqrt(0.25 / groups).
    assert by_artist.high - by_artist.low == pytest.approx(2 * 1.96 * np.sqrt(0.25 / 20), rel=0.2)
    assert by_clip.high - by_clip.low == pytest.approx(2 * 1.96 * np.sqrt(0.25 / 200), rel=0.2)


def test_an_interval_always_holds_its_figure_and_is_the_same_for_the_same_seed() -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        truth, answer = rng.integers(0, 4, 8), rng.integers(0, 4, 8)
        groups = [str(g) for g in rng.integers(0, 3, 8)]
        scores = quadrant_scores(truth, answer, groups, draws=40)
        assert all(score.low <= score.value <= score.high for score in scores.values())
        assert scores == quadrant_scores(truth, answer, groups, draws=40)
    perfect = quadrant_scores(truth, truth, groups, draws=40)
    # All right, in three groups or fewer: that says little of others (Clopper and Pearson's bound).
    assert perfect["macro_f1"].as_dict() == {
        "value": 1.0,
        "low": round(0.025 ** (1 / len(set(groups))), 4),
        "high": 1.0,
    }
    wrong = quadrant_scores(truth, (truth + 1) % 4, groups, draws=40)["accuracy"]
    assert (wrong.value, wrong.low, wrong.high) == pytest.approx((0.0, 0.0, 1 - 0.025 ** (1 / len(set(groups)))))
    many = quadrant_scores(np.zeros(200, int), np.zeros(200, int), [str(i) for i in range(200)], draws=40)["accuracy"]
    assert many.low == pytest.approx(0.98, abs=0.003)


def test_calibration_error_of_known_cases() -> None:
    sure = np.tile([1.0, 0, 0, 0], (100, 1))
    assert expected_calibration_error(sure, np.zeros(100, int)) == 0.0
    assert expected_calibration_error(sure, np.ones(100, int)) == 1.0
    honest = np.tile([0.75, 0.25, 0, 0], (100, 1))
    truth = np.repeat([0, 1], [75, 25])
    assert expected_calibration_error(honest, truth) == pytest.approx(0.0)
    boastful = np.tile([0.95, 0.05, 0, 0], (100, 1))
    assert expected_calibration_error(boastful, truth) == pytest.approx(0.2)
    # Two bins that err in opposite directions do not cancel out.
    mixed = np.concatenate((np.tile([0.9, 0.1, 0, 0], (50, 1)), np.tile([0.55, 0.45, 0, 0], (50, 1))))
    truth = np.concatenate((np.ones(50, int), np.zeros(50, int)))
    assert expected_calibration_error(mixed, truth) == pytest.approx(0.5 * 0.9 + 0.5 * 0.45)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_recovered(temperature: float) -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, (4000, 4))
    truth = np.array([rng.choice(4, p=p) for p in softmax(honest)])
    found = fit_temperature(honest * temperature, truth)
    assert found == pytest.approx(temperature, rel=0.1)
    least = negative_log_likelihood(honest * temperature, truth, found)
    assert least <= negative_log_likelihood(honest * temperature, truth, 1.0)


def test_probabilities_of_extreme_logits_are_numbers() -> None:
    out = softmax(np.array([[1e4, -1e4, 0, 0], [0.0, 0, 0, 0]]))
    np.testing.assert_allclose(out, [[1, 0, 0, 0], [0.25] * 4])
    assert np.isfinite(negative_log_likelihood(np.array([[1e4, -1e4, 0, 0]]), np.array([1]), 1.0))
