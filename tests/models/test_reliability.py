"""Calibration, Brier, likelihood, risk and coverage against hand-computed figures and against what must be so."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, log_loss

from models.evaluation.reliability import (
    RiskCoverage,
    expected_calibration_error,
    measure_reliability,
    simulated_errors,
)

Probabilities = NDArray[np.float64]


def _honest(n: int, seed: int) -> tuple[Probabilities, NDArray[np.int64]]:
    """Probabilities, and labels drawn from them."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet([0.6] * 4, n)
    return probabilities, np.array([rng.choice(4, p=p) for p in probabilities])


def _alone(n: int) -> list[str]:
    return [str(i) for i in range(n)]


def test_brier_and_likelihood_agree_with_scikit_learn() -> None:
    probabilities, truth = _honest(300, 1)
    scores = measure_reliability(probabilities, truth, _alone(300), draws=50).scores
    one_against_rest = sum(brier_score_loss(truth == k, probabilities[:, k]) for k in range(4))
    assert scores["brier"].value == pytest.approx(one_against_rest)
    assert scores["negative_log_likelihood"].value == pytest.approx(log_loss(truth, probabilities, labels=range(4)))


def test_one_certain_mistake_is_a_large_number_and_no_infinity() -> None:
    probabilities = np.array([[1.0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25]])
    scores = measure_reliability(probabilities, np.array([1, 0]), _alone(2), draws=20).scores
    assert scores["negative_log_likelihood"].value == pytest.approx((-np.log(1e-12) + np.log(4)) / 2)
    assert scores["brier"].value == pytest.approx((2 + 0.75) / 2)


def test_the_error_of_a_calibrated_model_is_the_mean_over_all_labels_there_could_be() -> None:
    # Two clips in one bin, one in another: all eight outcomes by hand.
    confidence = np.array([0.62, 0.68, 0.91])
    expected = 0.0
    for right in itertools.product((0, 1), repeat=3):
        chance = np.prod(np.where(right, confidence, 1 - confidence))
        gaps = np.array(right) - confidence
        expected += chance * (abs(gaps[0] + gaps[1]) + abs(gaps[2])) / 3
    drawn = simulated_errors(confidence, draws=20_000, seed=0)
    assert drawn.mean() == pytest.approx(expected, abs=3 * drawn.std() / np.sqrt(20_000))


def test_a_calibrated_model_has_no_excess_and_a_boastful_one_has() -> None:
    excesses = []
    for seed in range(12):
        probabilities, truth = _honest(180, seed)
        found = measure_reliability(probabilities, truth, _alone(180), draws=100, seed=seed)
        excesses.append(found.scores["calibration_excess"].value)
        low, high = found.calibrated_error_range
        assert low < found.calibrated_error < high
        assert found.scores["expected_calibration_error"].value == pytest.approx(
            found.calibrated_error + found.scores["calibration_excess"].value
        )
        # On so few clips chance alone gives a good deal.
        assert 0.05 < found.calibrated_error < 0.09
    assert abs(np.mean(excesses)) < 0.012
    boastful = probabilities**4 / (probabilities**4).sum(axis=1, keepdims=True)
    found = measure_reliability(boastful, truth, _alone(180), draws=400)
    assert found.scores["calibration_excess"].value > 0.1
    assert found.scores["calibration_excess"].low > 0.05


def test_the_interval_of_the_excess_holds_nothing_for_calibrated_models() -> None:
    holds, leans = 0, 0
    for seed in range(20):
        probabilities, truth = _honest(150, seed)
        scores = measure_reliability(probabilities, truth, _alone(150), draws=200, seed=seed).scores
        excess, error = scores["calibration_excess"], scores["expected_calibration_error"]
        holds += excess.low <= 0 <= excess.high
        leans += (error.high + error.low) / 2 > error.value
    assert holds >= 17
    assert leans >= 15  # why the excess has an interval of its own


def test_the_reliability_diagram_adds_up_to_the_error() -> None:
    probabilities, truth = _honest(400, 3)
    found = measure_reliability(probabilities, truth, _alone(400), draws=20)
    assert sum(b.clips for b in found.bins) == 400
    from_bins = sum(b.clips * abs(b.accuracy - b.confidence) for b in found.bins) / 400
    assert from_bins == pytest.approx(expected_calibration_error(probabilities, truth))
    for b in found.bins:
        assert b.low <= b.confidence <= b.high
        inside = (probabilities.max(axis=1) >= b.low) & (probabilities.max(axis=1) < b.high)
        assert b.clips == inside.sum()
    sure = measure_reliability(np.eye(4), np.arange(4), _alone(4), draws=20)
    assert [(b.low, b.high, b.clips, b.accuracy) for b in sure.bins] == [(0.9, 1.0, 4, 1.0)]


def test_risk_and_coverage_by_hand() -> None:
    # By falling confidence: right, wrong, right, wrong.
    curve = RiskCoverage(np.array([0.5, 0.9, 0.8, 0.7]), np.array([False, True, False, True]))
    share, coverage, risk = curve.curve(np.ones(4))
    np.testing.assert_allclose(curve.confidence, [0.9, 0.8, 0.7, 0.5])
    np.testing.assert_allclose(share, 0.25)
    np.testing.assert_allclose(coverage, [0.25, 0.5, 0.75, 1.0])
    np.testing.assert_allclose(risk, [0, 1 / 2, 1 / 3, 2 / 4])
    assert curve.area(np.ones(4)) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    # A clip drawn twice counts twice, one not drawn not at all.
    np.testing.assert_allclose(curve.area(np.array([0.0, 2, 1, 0])), (2 * 0 + 1 / 3) / 3)


def test_the_order_of_equally_confident_clips_plays_no_part() -> None:
    confidence = np.full(10, 0.6)
    right = np.arange(10) < 7
    for order in (np.arange(10), np.arange(10)[::-1]):
        assert RiskCoverage(confidence, right[order]).area(np.ones(10)) == pytest.approx(0.3)


def test_knowing_where_one_errs_makes_the_area_smaller() -> None:
    rng = np.random.default_rng(0)
    right = rng.random(500) < 0.7
    knows = RiskCoverage(np.where(right, 0.9, 0.4) + rng.uniform(0, 0.1, 500), right).area(np.ones(500))
    guesses = RiskCoverage(rng.uniform(0.25, 1, 500), right).area(np.ones(500))
    misjudges = RiskCoverage(np.where(right, 0.4, 0.9) + rng.uniform(0, 0.1, 500), right).area(np.ones(500))
    wrong = 1 - right.mean()
    assert knows < 0.25 * wrong
    assert guesses == pytest.approx(wrong, abs=0.06)
    assert misjudges > 1.5 * wrong
    # The best there is: wrong answers come last.
    assert knows == pytest.approx(np.mean(np.maximum(0, np.arange(1, 501) - right.sum()) / np.arange(1, 501)))


def test_the_curve_that_is_kept_ends_where_everything_is_answered() -> None:
    probabilities, truth = _honest(333, 5)
    points = measure_reliability(probabilities, truth, _alone(333), draws=20).coverage
    assert len(points) == 20
    assert points[-1].coverage == 1.0
    assert points[-1].risk == pytest.approx(np.mean(probabilities.argmax(axis=1) != truth))
    assert (np.diff([p.coverage for p in points]) > 0).all()
    for point in points:
        answered = probabilities.max(axis=1) >= point.confidence
        assert point.coverage == pytest.approx(answered.mean())
        assert point.risk == pytest.approx(np.mean(probabilities.argmax(axis=1)[answered] != truth[answered]))
    assert len(measure_reliability(np.eye(4), np.arange(4), _alone(4), draws=20).coverage) == 1
