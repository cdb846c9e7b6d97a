"""Regression figures over tracks and points, traces, bands, and the comprehensive score of the second paper."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, mean_absolute_percentage_error, r2_score, root_mean_squared_error

from models.evaluation.comprehensive import INDICATORS, comprehensive_scores
from models.evaluation.intervals import GroupDraws
from models.evaluation.regression import regression_figures_of, regression_scores
from models.evaluation.traces import Curve, band_scores, trace_scores
from tests.plain_bootstrap import plain_bootstrap

NAN = np.nan


def _pair(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.uniform(-0.8, 1.0, n)
    return truth, np.clip(0.6 * truth + rng.normal(0.1, 0.2, n), -1, 1)


# Tracks --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [3, 200])
def test_figures_agree_with_scikit_learn_and_numpy(n: int) -> None:
    truth, answer = _pair(n, n)
    found = regression_figures_of(truth, answer)
    assert found["r2"] == pytest.approx(r2_score(truth, answer))
    assert found["rmse"] == pytest.approx(root_mean_squared_error(truth, answer))
    assert found["mae"] == pytest.approx(mean_absolute_error(truth, answer))
    # Of the scale 0..1, where no truth here is below 0.1.
    assert found["mape"] == pytest.approx(mean_absolute_percentage_error((truth + 1) / 2, (answer + 1) / 2))
    assert found["pearson"] == pytest.approx(np.corrcoef(truth, answer)[0, 1])


def test_the_percentage_error_does_not_explode_near_zero() -> None:
    # Truth 0 and 0.02 on the scale 0..1, answers 0.1 above: both are divided by 0.05.
    found = regression_figures_of(np.array([-1.0, -0.96]), np.array([-0.8, -0.76]))
    assert found["mape"] == pytest.approx(0.1 / 0.05)


def test_concordance_by_hand() -> None:
    truth, answer = np.array([0.0, 0.2, 0.4]), np.array([0.1, 0.1, 0.4])
    # Population variances 0.08/3 and 0.02, covariance 0.06/3, both means 0.2.
    assert regression_figures_of(truth, answer)["ccc"] == pytest.approx(2 * 0.02 / (0.08 / 3 + 0.02))
    shifted = regression_figures_of(truth, truth + 0.2)
    assert shifted["pearson"] == pytest.approx(1.0)
    assert shifted["ccc"] == pytest.approx(2 * (0.08 / 3) / (2 * 0.08 / 3 + 0.04))
    assert shifted["r2"] < 0  # worse than always saying the mean


def test_what_is_not_defined_is_left_out() -> None:
    constant, moving = np.full(5, 0.3), np.linspace(-0.5, 0.5, 5)
    assert set(regression_scores(constant, moving, list("abcde"), draws=20)) == {"rmse", "mae", "mape", "ccc"}
    assert set(regression_scores(moving, constant, list("abcde"), draws=20)) == {"r2", "rmse", "mae", "mape", "ccc"}
    assert regression_scores(moving, constant, list("abcde"), draws=20)["ccc"].value == pytest.approx(0.0)
    perfect = regression_scores(moving, moving, list("abcde"), draws=20)
    assert {name: score.value for name, score in perfect.items()} == pytest.approx(
        {"r2": 1, "rmse": 0, "mae": 0, "mape": 0, "pearson": 1, "ccc": 1}
    )


def test_one_pass_over_sums_gives_the_intervals_of_the_plain_bootstrap() -> None:
    truth, answer = _pair(60, 4)
    groups = [str(g) for g in np.random.default_rng(0).integers(0, 12, 60)]
    scores = regression_scores(truth, answer, groups, draws=300, seed=5)
    for name in ("r2", "mape", "ccc"):
        plain = plain_bootstrap(
            lambda t, p, name=name: regression_figures_of(t, p)[name], truth, answer, groups, draws=300, seed=5
        )
        assert (scores[name].value, scores[name].low, scores[name].high) == pytest.approx(plain)


def test_an_interval_over_groups_is_wider_where_groups_agree_within() -> None:
    rng = np.random.default_rng(2)
    offset = np.repeat(rng.normal(0, 0.3, 10), 20)
    truth = rng.uniform(-0.5, 0.5, 200)
    by_group = regression_scores(truth, truth + offset, [str(i // 20) for i in range(200)])["mae"]
    by_item = regression_scores(truth, truth + offset, [str(i) for i in range(200)])["mae"]
    assert by_group.value == by_item.value == pytest.approx(np.abs(offset).mean())
    assert by_group.high - by_group.low > 3 * (by_item.high - by_item.low)


# Traces --------------------------------------------------------------------------------------------------------------


def test_within_pieces_is_the_mean_over_pieces_and_leaves_out_what_does_not_move() -> None:
    up, down = np.linspace(-0.2, 0.2, 9), np.linspace(0.2, -0.2, 9)
    curves = [
        Curve(up + 0.5, up + 0.5),  # follows: 1
        Curve(up - 0.5, down - 0.5),  # the wrong way: -1
        Curve(up, np.full(9, 0.1)),  # flat while the raters move: 0
        Curve(up, 2 * up),  # r 1; ccc 2 * 2 / (1 + 4)
        Curve(np.full(9, 0.7), up),  # nothing to follow
        Curve(np.array([0.1, NAN, 0.3]), np.array([0.1, 0.5, 0.3])),  # two ratings
        Curve(np.array([NAN, NAN]), np.array([0.0, 0.0])),  # none: no piece at all
    ]
    found = trace_scores(curves, [str(i) for i in range(7)], draws=50)
    assert (found.pieces, found.points, found.pieces_left_out) == (6, 47, 2)
    assert found.within["pearson"].value == pytest.approx((1 - 1 + 0 + 1) / 4)
    assert found.within["ccc"].value == pytest.approx((1 - 1 + 0 + 0.8) / 4)
    assert found.band == {}


def test_moments_without_a_rating_count_nowhere() -> None:
    truth, answer = _pair(40, 7)
    holes = truth.copy()
    holes[::4] = NAN
    there = ~np.isnan(holes)
    with_holes, without = (
        trace_scores([Curve(t, a)], ["a"], draws=10) for t, a in ((holes, answer), (truth[there], answer[there]))
    )
    assert with_holes == without


def test_the_right_level_scores_over_all_points_and_nothing_within() -> None:
    rng = np.random.default_rng(3)
    levels = rng.uniform(-0.8, 0.8, 30)
    truths = [level + rng.normal(0, 0.05, 50) for level in levels]
    flat = trace_scores(
        [Curve(truth, np.full(50, level)) for truth, level in zip(truths, levels, strict=True)],
        [str(i) for i in range(30)],
        draws=100,
    )
    assert flat.over_all_points["r2"].value > 0.97
    assert flat.within["pearson"].value == 0.0
    assert flat.variance["answer_between"].value == pytest.approx(1.0)
    everything = np.concatenate(truths)
    means = np.repeat([t.mean() for t in truths], 50)
    assert flat.variance["truth_between"].value == pytest.approx(means.var() / everything.var())
    assert flat.over_all_points["r2"].value == pytest.approx(r2_score(everything, np.repeat(levels, 50)))
    # A curve that moves rightly at one and the same level is the other way round.
    moves = trace_scores([Curve(t, t - t.mean()) for t in truths], [str(i) for i in range(30)], draws=100)
    assert moves.within["pearson"].value == pytest.approx(1.0)
    assert moves.over_all_points["r2"].value < 0.1
    assert moves.variance["answer_between"].value == pytest.approx(0.0, abs=1e-9)


def test_coverage_and_width_of_bands() -> None:
    truth = np.array([0.0, 0.1, 0.2, 0.3])
    band = np.array([[-0.1, 0.1], [0.1, 0.3], [0.3, 0.5], [-1.0, 0.0]])
    found = trace_scores(
        [Curve(truth, truth, band), Curve(np.array([0.5, NAN]), np.zeros(2), np.array([[0.4, 0.6], [0, 1]]))],
        ["a", "b"],
        draws=50,
    )
    assert found.band["inside"].value == pytest.approx(3 / 5)  # an end of the band is inside it
    assert found.band["width"].value == pytest.approx((0.2 + 0.2 + 0.2 + 1.0 + 0.2) / 5)
    only_one = band_scores([(truth, band), (truth, None)], ["a", "b"])
    assert only_one["inside"].value == pytest.approx(0.5)
    assert band_scores([(truth, None)], ["a"]) == {}


def test_traces_without_any_rating_are_refused() -> None:
    with pytest.raises(ValueError, match="no rating"):
        trace_scores([Curve(np.array([NAN]), np.zeros(1))], ["a"])


# The second paper's comprehensive score -------------------------------------------------------------------------------


def test_the_comprehensive_score_by_hand() -> None:
    # Three samples; one indicator that is good when large, one that is good when small.
    values = np.array([[0.2, 0.30], [0.6, 0.20], [0.7, 0.10]])
    found = comprehensive_scores(values, [True, False])
    z = np.array([[0, 0], [0.8, 0.5], [1, 1]])
    shares = z / z.sum(axis=0)
    entropy = [-sum(s * np.log(s) for s in column if s) for column in shares.T]
    utility = 1 - np.array(entropy) / np.log(3)
    np.testing.assert_allclose(found.weights, utility / utility.sum())
    np.testing.assert_allclose(found.scores, z @ (utility / utility.sum()))
    assert found.weights[1] > found.weights[0]  # the more uneven one weighs more
    assert found.scores[0] == 0.0
    assert found.scores[2] == pytest.approx(1.0)


def test_an_indicator_that_is_the_same_for_all_weighs_nothing() -> None:
    found = comprehensive_scores(np.array([[1.0, 5], [2, 5], [4, 5]]), [True, True])
    np.testing.assert_allclose(found.weights, [1, 0])
    np.testing.assert_allclose(found.scores, [0, 1 / 3, 1])


def test_units_do_not_matter_and_scores_stay_between_0_and_1() -> None:
    rng = np.random.default_rng(0)
    values = np.column_stack((rng.uniform(-2, 1, 29), rng.uniform(0, 1, (29, 3))))
    found = comprehensive_scores(values, list(INDICATORS.values()))
    assert found.weights.sum() == pytest.approx(1)
    assert ((found.scores >= 0) & (found.scores <= 1)).all()
    scaled = comprehensive_scores(values * [1, 100, 0.01, 7] + [0, 0, 0, 3], list(INDICATORS.values()))
    np.testing.assert_allclose(scaled.scores, found.scores)


@pytest.mark.parametrize("values", [[[0.1, 0.2]], [[1.0, 2], [1, 2]], [[NAN, 1], [0, 2]], [[1.0], [2]]])
def test_what_cannot_be_ranked_is_refused(values: list[list[float]]) -> None:
    with pytest.raises(ValueError, match=r"two samples|tells the samples apart|no number"):
        comprehensive_scores(np.array(values), [True, False])


# Draws ---------------------------------------------------------------------------------------------------------------


def test_draws_take_whole_groups() -> None:
    draws = GroupDraws(["a", "b", "a", "c"], draws=600)
    weights = np.concatenate(list(draws.weights()))
    assert weights.shape == (600, 4)
    np.testing.assert_array_equal(weights[:, 0], weights[:, 2])
    counts = np.concatenate(list(draws.counts()))
    np.testing.assert_array_equal(counts.sum(axis=1), 3)
    assert set(np.unique(counts)) == {0, 1, 2, 3}
