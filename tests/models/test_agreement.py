"""Agreement between raters, against published worked examples and against definitions written out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from models.evaluation import agreement
from models.evaluation.agreement import (
    KINDS,
    LEVELS,
    Kind,
    Level,
    alpha_score,
    consensus,
    disagreement,
    discuss_first,
    icc,
    krippendorff_alpha,
    quadrant_consensus,
)
from models.evaluation.f_distribution import f_quantile, incomplete_beta

_ = np.nan
#: Krippendorff (2011), section D: observers A to D, units 1 to 12.
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    ]
)
#: Shrout and Fleiss (1979), table 2: six targets, four judges.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_alpha_of_krippendorffs_example(level: Level, published: float) -> None:
    assert krippendorff_alpha(KRIPPENDORFF, level) == pytest.approx(published, abs=0.0005)


def test_alpha_of_two_raters_and_binary_data() -> None:
    # Krippendorff (2011), section A: Meg and Owen on ten articles.
    meg = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    owen = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert krippendorff_alpha(np.array([meg, owen], float), "nominal") == pytest.approx(0.095, abs=0.0005)


def slow_alpha(table: np.ndarray, level: Level) -> float:
    """The definition with every pair of values written out, by the coincidence matrix of the paper."""
    units = [unit[np.isfinite(unit)] for unit in table.T if np.isfinite(unit).sum() > 1]
    names = np.unique(np.concatenate(units))
    at = {value: i for i, value in enumerate(names)}
    o = np.zeros((len(names), len(names)))
    for unit in units:
        for a, b in itertools.permutations(range(len(unit)), 2):
            o[at[unit[a]], at[unit[b]]] += 1 / (len(unit) - 1)
    n = o.sum(axis=0)

    def delta(c: int, k: int) -> float:
        if level == "nominal":
            return float(c != k)
        if level == "interval":
            return (names[c] - names[k]) ** 2
        if level == "ratio":
            return ((names[c] - names[k]) / (names[c] + names[k])) ** 2 if c != k else 0.0
        c, k = min(c, k), max(c, k)
        return (n[c : k + 1].sum() - (n[c] + n[k]) / 2) ** 2 if c != k else 0.0

    pairs = list(itertools.product(range(len(names)), repeat=2))
    observed = sum(o[c, k] * delta(c, k) for c, k in pairs)
    expected = sum(n[c] * n[k] * delta(c, k) for c, k in pairs) / (n.sum() - 1)
    return 1 - observed / expected


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("seed", range(3))
def test_alpha_is_its_definition_on_random_tables(level: Level, seed: int) -> None:
    random = np.random.default_rng(seed)
    table = random.integers(0, 6, (5, 30)).astype(float)
    table[random.random(table.shape) < 0.4] = np.nan
    assert krippendorff_alpha(table, level) == pytest.approx(slow_alpha(table, level), abs=1e-10)


def test_ratios_of_many_values_are_worked_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.random.default_rng(0).random((3, 40))
    whole = krippendorff_alpha(table, "ratio")
    monkeypatch.setattr(agreement, "_CHUNK", 7)
    assert krippendorff_alpha(table, "ratio") == pytest.approx(whole, abs=1e-12)
    assert whole == pytest.approx(slow_alpha(table, "ratio"), abs=1e-10)


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_is_one_where_all_agree_and_unknown_where_nothing_varies(level: Level) -> None:
    assert krippendorff_alpha(np.tile([1.0, 2.0, 4.0], (3, 1)), level) == pytest.approx(1.0)
    assert np.isnan(krippendorff_alpha(np.full((3, 4), 2.0), level))
    assert np.isnan(krippendorff_alpha(np.full((3, 4), np.nan), level))
    assert np.isnan(krippendorff_alpha(np.array([[1.0, np.nan], [np.nan, 2.0]]), level))
    assert np.isnan(krippendorff_alpha(np.empty((0, 0)), level))
    one = alpha_score(np.full((3, 4), 2.0), level)
    assert np.isnan([one.value, one.low, one.high]).all()


def test_constant_decimals_are_constant() -> None:
    # 0.1 summed up is not thrice 0.1: rounding must not look like variation.
    assert np.isnan(krippendorff_alpha(np.full((3, 50), 0.1), "interval"))


def test_what_is_no_table_of_ratings_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        krippendorff_alpha(KRIPPENDORFF, "fuzzy")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="table"):
        krippendorff_alpha(np.arange(3.0), "nominal")
    with pytest.raises(ValueError, match="0 or more"):
        krippendorff_alpha(np.array([[-0.5, 0.5], [0.1, 0.2]]), "ratio")
    with pytest.raises(ValueError, match="infinite"):
        krippendorff_alpha(np.array([[np.inf, 0.5], [0.1, 0.2]]), "interval")
    with pytest.raises(ValueError, match="kind"):
        icc(SHROUT_FLEISS, "ICC4")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="table"):
        icc(np.arange(3.0), "ICC1")


def test_the_interval_of_alpha_holds_it_and_narrows_with_items() -> None:
    random = np.random.default_rng(0)
    truth = random.normal(size=400)
    table = truth + random.normal(0, 0.5, (3, 400))
    few, many = alpha_score(table[:, :25], "interval"), alpha_score(table, "interval")
    # Variance of the items over that of items and error.
    assert many.low < 1 / 1.25 < many.high
    assert few.low < few.value < few.high
    assert many.high - many.low < (few.high - few.low) / 2
    assert alpha_score(table[:, :25], "interval") == few


def test_icc_of_shrout_and_fleiss() -> None:
    published = dict(zip(KINDS, (0.17, 0.29, 0.71, 0.44, 0.62, 0.91), strict=True))
    # The intervals that the R package psych gives for the same table.
    intervals = {
        "ICC1": (-0.133, 0.72),
        "ICC2": (0.019, 0.76),
        "ICC3": (0.342, 0.95),
        "ICC1k": (-0.884, 0.91),
        "ICC2k": (0.071, 0.93),
        "ICC3k": (0.676, 0.99),
    }
    for kind, value in published.items():
        found = icc(SHROUT_FLEISS, kind)
        assert found.score.value == pytest.approx(value, abs=0.006), kind
        assert found.score.low == pytest.approx(intervals[kind][0], abs=0.001), kind
        assert found.score.high == pytest.approx(intervals[kind][1], abs=0.006), kind
        assert (found.items, found.raters, found.left_out) == (6, 4, 0)
    assert icc(SHROUT_FLEISS, "ICC1").f == pytest.approx(1.79, abs=0.01)
    assert icc(SHROUT_FLEISS, "ICC3").freedom == (5, 15)


def test_intervals_of_the_icc_hold_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(0)
    held = 0
    for _draw in range(300):
        table = random.normal(size=(20, 1)) + random.normal(size=(20, 3))
        score = icc(table, "ICC1").score
        held += score.low <= 0.5 <= score.high
    assert 0.91 < held / 300 < 0.985


@pytest.mark.parametrize("kind", KINDS)
def test_icc_of_incomplete_perfect_and_empty_tables(kind: Kind) -> None:
    table = SHROUT_FLEISS.astype(float)
    holed = np.vstack((table, [5, np.nan, 5, 5]))
    assert icc(holed, kind).score == icc(table, kind).score
    assert icc(holed, kind).left_out == 1
    perfect = icc(np.tile(np.arange(5.0)[:, None] / 3, (1, 3)), kind)
    assert (perfect.score.value, perfect.score.low, perfect.score.high) == pytest.approx((1, 1, 1))
    for nothing in (np.empty((0, 3)), np.empty((3, 0)), np.ones((4, 3)), np.arange(4.0)[:, None]):
        assert np.isnan(icc(nothing, kind).score.value)


def test_a_shift_between_raters_counts_for_icc2_and_not_for_icc3() -> None:
    shifted = np.arange(6.0)[:, None] + np.array([0.0, 2.0, 4.0])
    assert icc(shifted, "ICC3").score.value == pytest.approx(1.0)
    assert icc(shifted, "ICC2").score.value == pytest.approx(3.5 / 7.5)


@pytest.mark.parametrize(("above", "below"), [(5, 18), (1, 1), (2.7, 4.1), (300, 900), (5, 1.3)])
@pytest.mark.parametrize("share", [0.025, 0.5, 0.975])
def test_quantiles_of_f(share: float, above: float, below: float) -> None:
    assert f_quantile(share, above, below) == pytest.approx(stats.f.ppf(share, above, below), rel=1e-8)
    assert incomplete_beta(above, below, 0.0) == 0.0
    assert incomplete_beta(above, below, 1.0) == 1.0


def test_consensus_keeps_the_spread_and_the_number() -> None:
    said = consensus(np.array([[0.2, 0.5, np.nan], [0.4, np.nan, np.nan]]))
    np.testing.assert_allclose(said.mean, [0.3, 0.5, np.nan])
    np.testing.assert_allclose(said.spread, [np.std([0.2, 0.4], ddof=1), np.nan, np.nan])
    assert said.n.tolist() == [2, 1, 0]


def test_the_quadrant_that_most_said_and_none_at_a_tie() -> None:
    said = quadrant_consensus(np.array([[0, 1, np.nan], [0, 2, np.nan], [3, np.nan, np.nan]]))
    assert said.quadrant.tolist() == [0, -1, -1]
    np.testing.assert_allclose(said.shares[0], [2 / 3, 0, 0, 1 / 3])
    assert np.isnan(said.shares[2]).all()
    assert said.n.tolist() == [3, 2, 0]


def test_what_raters_disagree_on_most_is_discussed_first() -> None:
    none = np.full((2, 5), np.nan)
    #                        agree, opposite, neighbours, one rater, nobody
    quadrants = np.array([[0, 0, 0, 1, np.nan], [0, 2, 1, np.nan, np.nan]])
    apart = disagreement(quadrants, none, none)
    np.testing.assert_allclose(apart, [0, 0.5, np.sqrt(2) / 4, np.nan, np.nan])
    assert discuss_first(apart) == [1, 2]
    valence, arousal = none.copy(), none.copy()
    valence[:, 0], arousal[:, 0] = (1.0, -1.0), (1.0, -1.0)  # points count before quadrants
    apart = disagreement(quadrants, valence, arousal)
    assert apart[0] == pytest.approx(1.0)
    assert discuss_first(apart) == [0, 1, 2]
