"""Small-batch learning with rehearsal: what it does to the corrected, to the known, and when it starts anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.hub import LoadedModel
from models.live import migration, personal
from models.live.corrections import Correction
from models.live.learning import SIGNS, Examples, Settings, Weights, corrected, learn
from models.live.migration import FEWEST, RECENT, WORSE_BY, Running, distance, error_of, reason
from models.live.personal import Adapter
from models.live.rehearsal import soft_quadrant
from models.networks.personal import Personal, known_music, rows_of
from tests.models.personal_toys import base_model, music

#: Without noise of small batches, for what is compared to the last digit of an optimum.
LONG = Settings(steps=600, learning_rate=0.05)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return base_model(tmp_path_factory.mktemp("models") / "toy")


def _examples(n: int, seed: int, features: int = 9) -> Examples:
    random = np.random.default_rng(seed)
    x = 0.5 * random.normal(size=(n, features))
    logits, values = random.normal(size=(n, 4)), random.uniform(-0.4, 0.4, (n, 2))
    points = np.clip(values + 0.3, -1, 1)
    quadrants = np.eye(4)[random.integers(0, 4, n)]
    return Examples(x, np.zeros((n, 3)), logits, values, quadrants, points, np.ones((n, 2)))


def _as_the_base_says(of: Examples) -> Examples:
    shares = np.exp(of.logits) / np.exp(of.logits).sum(axis=1, keepdims=True)
    return Examples(of.x, of.moving, of.logits, of.values, shares, of.values, of.sides)


def _nothing(features: int = 9) -> Weights:
    return Weights(np.zeros((features, 6)), np.zeros((3, 2)))


def _loss(weights: Weights, of: Examples, known: Examples, settings: Settings) -> float:
    """What `learn` is said to bring down."""

    def each(some: Examples) -> tuple[float, float]:
        logits, values = corrected(weights, some)
        logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        far = ((values - some.points) ** 2).sum(axis=1) / (2 * settings.spread**2)
        return -(some.quadrants * logs).sum(axis=1), far  # type: ignore[return-value]

    first, second = each(of)
    of_logits, of_values = each(known)
    prior = 0.5 * (weights.whole[:, :4] ** 2).sum() + 0.5 * (weights.whole[:, 4:] ** 2).sum() / settings.plane**2
    return float(
        np.sum(first)
        + np.sum(second)
        + settings.rehearsal * np.mean(of_logits)
        + settings.rehearsal_values * np.mean(of_values)
        + prior
        + 0.5 * (weights.moving**2).sum()
    )


def test_learning_reaches_the_least_loss_that_it_is_said_to_seek() -> None:
    corrections, known = _examples(10, 0), _as_the_base_says(_examples(20, 1))
    random = np.random.default_rng(0)
    found = learn(_nothing(), corrections, known, LONG, random)
    # Along the axes of the plane no step in any direction makes it less.
    lowest = _loss(found, corrections, known, LONG)
    axes = np.stack((SIGNS[:, 0], SIGNS[:, 1])) / 2
    for trial in range(20):
        step = np.zeros_like(found.whole)
        step[:, :4] = np.random.default_rng(trial).normal(size=(9, 2)) @ axes
        step[:, 4:] = 0.4 * np.random.default_rng(trial + 50).normal(size=(9, 2))
        assert _loss(Weights(found.whole + 0.05 * step, found.moving), corrections, known, LONG) > lowest
    assert lowest < 0.9 * _loss(_nothing(), corrections, known, LONG)


def test_rehearsal_keeps_what_the_base_says_of_known_music() -> None:
    corrections, known = _examples(12, 2), _as_the_base_says(_examples(32, 3))
    moved = {}
    for weight in (0.0, 200.0):
        settings = Settings(steps=300, rehearsal=weight, rehearsal_values=weight)
        found = learn(_nothing(), corrections, known, settings, np.random.default_rng(0))
        logits, values = corrected(found, known)
        moved[weight] = (np.abs(logits - known.logits).mean(), np.abs(values - known.values).mean())
    assert moved[200.0][0] < 0.5 * moved[0.0][0]
    assert moved[200.0][1] < 0.5 * moved[0.0][1]


def test_earlier_corrections_are_rehearsed_beside_the_newest() -> None:
    corrections, known = _examples(40, 4), _as_the_base_says(_examples(8, 5))
    # All but the newest wish valence up, the newest wishes it far down.
    points = corrections.values + np.array([0.4, 0.0])
    points[-1] = corrections.values[-1] - np.array([0.8, 0.0])
    x = np.concatenate((np.ones((40, 1)), 0.1 * corrections.x[:, 1:]), axis=1)
    taught = Examples(
        x,
        corrections.moving,
        corrections.logits,
        corrections.values,
        0 * corrections.quadrants,
        points,
        corrections.sides,
    )
    found = learn(_nothing(), taught, known, Settings(rehearsal=0, rehearsal_values=0), np.random.default_rng(0))
    added = (corrected(found, taught)[1] - taught.values)[:-1, 0]
    assert added.mean() > 0.2


def test_the_same_corrections_give_the_same_model_whatever_ran_before(base: LoadedModel, tmp_path: Path) -> None:
    weights = []
    for name in ("one", "other"):
        adapter = Adapter.open(base, tmp_path / name, Settings(steps=12))
        np.random.default_rng().normal(size=3)
        torch.manual_seed(hash(name) % 1000)
        for i in range(36):
            adapter.learn(Correction(music(i), quadrant=f"Q{i % 4 + 1}"))
        network = adapter.model.network
        assert isinstance(network, Personal)
        weights.append(network.weights().numpy())
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-5)
    assert np.abs(weights[0]).max() > 0.01


def test_a_person_who_hears_everything_as_less_pleasant_is_understood(base: LoadedModel, tmp_path: Path) -> None:
    adapter = Adapter.open(base, tmp_path / "me")
    new = [music(500 + i) for i in range(20)]

    def values(model: LoadedModel) -> np.ndarray:
        with torch.inference_mode():
            said = [model.network(torch.from_numpy(h.steps), torch.from_numpy(h.summary)).whole.numpy() for h in new]
        return np.stack(said)

    meant = values(base) - np.array([0.35, 0.0])
    for i in range(20):
        heard = music(i)
        with torch.inference_mode():
            whole = base.network(torch.from_numpy(heard.steps), torch.from_numpy(heard.summary)).whole
        adapter.learn(Correction(heard, valence=float(whole[0]) - 0.35, arousal=float(whole[1])))
    before, after = (np.abs(values(model) - meant).mean(axis=0) for model in (base, adapter.model))
    assert after[0] < 0.4 * before[0]
    assert after[1] < 0.08


def test_a_point_near_an_axis_says_little_of_the_side() -> None:
    sure, unsure = soft_quadrant((-0.8, 0.8)), soft_quadrant((0.0, 0.8))
    assert sure.argmax() == 1
    assert sure[1] > 0.99
    np.testing.assert_allclose(unsure[:2], 0.5, atol=1e-3)
    assert sure.sum() == pytest.approx(1)


# Going back to the pretrained weights


def test_running_errors_fade_and_start_as_a_mean() -> None:
    running = Running()
    for mine, without in ((0.2, 0.1), (0.4, 0.3)):
        running = running.after(mine, without)
    assert (running.personal, running.base, running.count) == (pytest.approx(0.3), pytest.approx(0.2), 2)
    for _ in range(30):
        running = running.after(1.0, 0.0)
    assert running.personal == pytest.approx(1.0, abs=0.01)
    assert running.base == pytest.approx(0.0, abs=0.01)


def test_errors_are_shares_of_the_worst() -> None:
    shares = np.array([0.7, 0.1, 0.1, 0.1])
    assert error_of(shares, np.zeros(2), 0, None) == pytest.approx(0.3)
    assert error_of(shares, np.array([0.3, 0.0]), -1, np.array([-0.3, 0.8])) == pytest.approx(0.5)


def test_it_goes_back_beyond_the_stated_thresholds_only() -> None:
    many = FEWEST + 1
    assert reason(Running(0.5, 0.5 - WORSE_BY + 0.01, many), 0.0) == ""
    assert "no longer fits" in reason(Running(0.5, 0.5 - WORSE_BY - 0.01, many), 0.0)
    assert reason(Running(0.9, 0.1, FEWEST - 1), 0.0) == ""
    assert "far from what you corrected" in reason(Running(0.5, 0.5, many), migration.FAR + 0.01)
    assert reason(Running(0.49, 0.5, many), migration.FAR + 0.01) == ""
    assert reason(Running(0.5, 0.5, many), migration.FAR - 0.01) == ""


def test_distance_is_between_recent_music_and_that_before() -> None:
    rows = np.zeros((RECENT + FEWEST, 4))
    rows[-RECENT:, 1] = 2.0
    assert distance(rows) == pytest.approx(2.0)
    assert distance(rows[1:]) == 0.0


def _shift(adapter: Adapter, base: LoadedModel, seeds: range, by: float) -> list[str]:
    said = []
    for seed in seeds:
        heard = music(seed)
        with torch.inference_mode():
            whole = base.network(torch.from_numpy(heard.steps), torch.from_numpy(heard.summary)).whole
        point = np.clip(whole.numpy() + by, -1, 1)
        update = adapter.learn(Correction(heard, valence=float(point[0]), arousal=float(point[1])))
        assert update.migrated == bool(update.why)
        said.append(update.why)
    return said


def test_somebody_else_takes_over_and_it_starts_anew(base: LoadedModel, tmp_path: Path) -> None:
    adapter = Adapter.open(base, tmp_path / "me")
    assert not any(_shift(adapter, base, range(20), 0.6))
    kept = adapter.corrections
    said = _shift(adapter, base, range(20, 30), -0.6)
    assert sum(map(bool, said)) == 1
    turned = next(i for i, why in enumerate(said) if why)
    assert "no longer fits your corrections" in said[turned]
    assert "went back to Toy" in said[turned]
    assert adapter.corrections == migration.TAKEN_ALONG + len(said) - 1 - turned < kept
    staying = Adapter.open(base, tmp_path / "other", Settings(migrates=False))
    assert not any(_shift(staying, base, range(20), 0.6) + _shift(staying, base, range(20, 30), -0.6))
    heard = music(900)
    answers = []
    for model in (base, adapter.model, staying.model):
        with torch.inference_mode():
            answers.append(model.network(torch.from_numpy(heard.steps), torch.from_numpy(heard.summary)).whole.numpy())
    wanted = np.clip(answers[0] - 0.6, -1, 1)
    assert np.abs(answers[1] - wanted).max() < np.abs(answers[2] - wanted).max()


def test_going_back_can_be_undone(base: LoadedModel, tmp_path: Path) -> None:
    adapter = Adapter.open(base, tmp_path / "me")
    _shift(adapter, base, range(20), 0.6)
    versions = [adapter.model.card.version]
    for seed in range(20, 30):
        (why,) = _shift(adapter, base, range(seed, seed + 1), -0.6)
        versions.append(adapter.model.card.version)
        if why:
            break
    corrections = adapter.corrections
    adapter.undo()
    assert adapter.model.card.version == versions[-2]
    assert adapter.corrections > corrections


def test_a_personal_model_rehearses_the_music_of_its_base(base: LoadedModel, tmp_path: Path) -> None:
    moved = []
    for weight in (0.0, 300.0):
        adapter = Adapter.open(base, tmp_path / "me", Settings(rehearsal=weight, rehearsal_values=weight))
        for seed in range(6):
            adapter.learn(Correction(music(seed), valence=-0.7, arousal=0.7))
        network = adapter.model.network
        assert isinstance(network, Personal)
        known, logits, values = known_music(network.base)
        rows = rows_of(logits, values, known @ network.layer.get_buffer("components"))
        moved.append(float((rows @ network.weights()).abs().mean()))
    assert moved[1] < 0.5 * moved[0]


def test_starting_anew_starts_from_the_pretrained_weights(
    base: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = Adapter.open(base, tmp_path / "me")
    _shift(adapter, base, range(4), 0.5)
    began: list[bool] = []

    def watched(weights: Weights, *rest: Any) -> Weights:
        began.append(not weights.whole.any() and not weights.moving.any())
        return learn(weights, *rest)

    monkeypatch.setattr(personal, "learn", watched)
    _shift(adapter, base, range(4, 5), 0.5)
    monkeypatch.setattr(personal, "reason", lambda *_: "It does not fit")
    _shift(adapter, base, range(5, 6), 0.5)
    assert began == [False, True]
