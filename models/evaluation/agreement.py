"""How far raters agree: Krippendorff's alpha, intraclass correlations, what they say together, what to talk about.

Valence and arousal are on the scale [-1, 1]; quadrants are 0..3 for Q1..Q4. NaN stands where a rater did not rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.evaluation.f_distribution import f_quantile
from models.evaluation.intervals import Numbers, Score, ratio, score_of

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Kind = Literal["ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"]
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval", "ratio")
KINDS: tuple[Kind, ...] = ("ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k")
#: Of the bootstrap; an interval for people to read needs no more.
DRAWS = 1000
_N_QUADRANTS = 4
#: A quadrant without a point stands for the middle of its quarter of the plane.
_CENTRES = np.array([[0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]])
#: From corner to corner of the plane.
_DIAGONAL = 2 * np.sqrt(2.0)
#: Rows of a table of differences that are worked on at once.
_CHUNK = 1024


# Krippendorff's alpha ----------------------------------------------------------------------------------------------


def krippendorff_alpha(values: NDArray[np.floating], level: Level) -> float:
    """Krippendorff's alpha: 1 minus observed over expected disagreement.

    Parameters
    ----------
    values : np.ndarray [shape=(raters, items)]
        One value per rater and item, NaN where there is none. Categories are numbers of any kind.
    level : {"nominal", "ordinal", "interval", "ratio"}
        What differences mean: quadrants are nominal, valence and arousal interval.

    Returns
    -------
    float
        1 where all agree, 0 where they agree as by chance, below where they contradict each other. NaN where no item
        has two values or all values are the same: then nothing can be told.

    Raises
    ------
    ValueError
        For a level that is not one of the four, values that are not a table or not finite, or negative values at the
        level of ratios.

    Notes
    -----
    Krippendorff, K. (2011), Computing Krippendorff's alpha-reliability, section D: any number of raters, missing data,
    all metrics. His example of 4 raters and 12 units gives nominal 0.743, ordinal 0.815, interval 0.849, ratio 0.797.
    With n pairable values and m of them in unit u,
    ``alpha = 1 - (n - 1) sum_u 1/(m - 1) sum_{i,j in u} d(i, j) / sum_{i,j} d(i, j)``, where d is 1 for unequal
    categories; ``(i - j)^2``; ``((i - j) / (i + j))^2``; and for ordinal data the interval difference of the mean
    ranks among all pairable values.
    """
    return _alpha(_pairable(values, level), level)


def _pairable(values: NDArray[np.floating], level: Level) -> Numbers:
    """Values [shape=(raters, items)] of the items that two raters or more rated."""
    table = np.asarray(values, np.float64)
    if level not in LEVELS:
        raise ValueError(f"the level is {level!r}; it must be one of {', '.join(LEVELS)}")
    if table.ndim != 2:
        raise ValueError("alpha needs a table of raters by items")
    if np.isinf(table).any():
        raise ValueError("a rating is infinite")
    if level == "ratio" and (table < 0).any():
        raise ValueError("ratios are of values of 0 or more")
    out: Numbers = table[:, np.isfinite(table).sum(axis=0) > 1]
    return out


def _alpha(table: Numbers, level: Level) -> float:
    there = np.isfinite(table)
    raters = there.sum(axis=0)
    n = int(raters.sum())
    if n == 0:
        return float("nan")
    if level == "ratio":
        observed, expected = _ratio_disagreement(table)
    elif level == "nominal":
        observed, expected = _nominal_disagreement(table)
    else:
        exact = _ranks(table) if level == "ordinal" else np.where(there, table - table[there].mean(), 0.0)
        sums, squares = exact.sum(axis=0), np.square(exact).sum(axis=0)
        observed = float(((raters * squares - np.square(sums)) / (raters - 1)).sum())
        expected = float(n * squares.sum() - np.square(sums.sum()))
    if len(np.unique(table[there])) < 2 or expected <= 0:
        return float("nan")
    return 1.0 - (n - 1) * observed / expected


def _ranks(table: Numbers) -> Numbers:
    """Mean rank of each value among all, about their middle; 0 where there is none."""
    there = np.isfinite(table)
    _, which, counts = np.unique(table[there], return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    out = np.zeros(table.shape)
    out[there] = middle[which] - counts.sum() / 2
    return out


def _nominal_disagreement(table: Numbers) -> tuple[float, float]:
    there = np.isfinite(table)
    names, which = np.unique(table[there], return_inverse=True)
    counts = np.zeros((table.shape[1], len(names)))
    np.add.at(counts, (np.nonzero(there)[1], which), 1)
    raters, of_each = counts.sum(axis=1), counts.sum(axis=0)
    observed = ((np.square(raters) - np.square(counts).sum(axis=1)) / (raters - 1)).sum()
    return float(observed), float(np.square(of_each.sum()) - np.square(of_each).sum())


def _ratio_difference(a: Numbers, b: Numbers) -> Numbers:
    return np.square(ratio(np.abs(a - b), a + b, 0.0))


def _ratio_disagreement(table: Numbers) -> tuple[float, float]:
    there = np.isfinite(table)
    apart = np.where(there[:, None] & there[None], _ratio_difference(table[:, None], table[None]), 0.0)
    observed = (apart.sum(axis=(0, 1)) / (there.sum(axis=0) - 1)).sum()
    names, counts = np.unique(table[there], return_counts=True)
    expected = sum(
        float(counts[at : at + _CHUNK] @ _ratio_difference(names[at : at + _CHUNK, None], names[None]) @ counts)
        for at in range(0, len(names), _CHUNK)
    )
    return float(observed), expected


def alpha_score(values: NDArray[np.floating], level: Level, *, draws: int = DRAWS, seed: int = 0) -> Score:
    """Krippendorff's alpha with its 95% interval from a bootstrap that draws items.

    Parameters
    ----------
    values, level
        As for `krippendorff_alpha`.
    draws, seed : int
        Of the bootstrap. Both disagreements are computed anew in each draw, so that an interval is wide where few
        items carry the figure.

    Returns
    -------
    Score
        All NaN where alpha is not defined.
    """
    table = _pairable(values, level)
    random = np.random.default_rng(seed)
    items = table.shape[1]
    value = _alpha(table, level)
    if not np.isfinite(value):
        return Score(value, value, value)
    drawn = [_alpha(table[:, random.integers(0, items, items)], level) for _ in range(draws)]
    return score_of(value, np.array(drawn))


# Intraclass correlation --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Icc:
    """An intraclass correlation.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    score : Score
        Value and 95% interval (from the F distribution), at most 1; NaN where it is not defined.
    f : float
        F of the items against the error.
    freedom : tuple of float
        Its degrees of freedom.
    items, raters : int
        Counted.
    left_out : int
        Items without a value of every rater, which do not count.
    """

    kind: Kind
    score: Score
    f: float
    freedom: tuple[float, float]
    items: int
    raters: int
    left_out: int


def icc(values: NDArray[np.floating], kind: Kind) -> Icc:
    """Intraclass correlation with its 95% interval.

    Parameters
    ----------
    values : np.ndarray [shape=(items, raters)]
        Items that not every rater rated are left out (they are counted).
    kind : {"ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"}
        1: each item was rated by other people; 2: the raters stand for all possible ones, and a shift between them
        counts as disagreement; 3: these very raters, shifts do not count. k: of the mean of the raters, not of one.

    Raises
    ------
    ValueError
        For an unknown kind or values that are no table.

    Notes
    -----
    Shrout, P. E., & Fleiss, J. L. (1979), Intraclass correlations: uses in assessing rater reliability, Psychological
    Bulletin 86(2), 420-428: the estimates, and their equations for the intervals. Their table of 6 targets and 4
    judges gives ICC(1,1) .17, (2,1) .29, (3,1) .71, (1,4) .44, (2,4) .62, (3,4) .91.
    """
    if kind not in KINDS:
        raise ValueError(f"the kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    table = np.asarray(values, np.float64)
    if table.ndim != 2:
        raise ValueError("an intraclass correlation needs a table of items by raters")
    whole = np.isfinite(table).all(axis=1) if table.shape[1] else np.zeros(len(table), bool)
    left_out, table = int((~whole).sum()), table[whole]
    n, k = table.shape
    nothing = Score(float("nan"), float("nan"), float("nan"))
    if n < 2 or k < 2 or np.ptp(table) == 0:
        return Icc(kind, nothing, float("nan"), (float("nan"), float("nan")), n, k, left_out)
    score, f, freedom = _estimate(table, kind[:4])
    if kind.endswith("k"):
        score = Score(*(_stepped_up(value, k) for value in (score.value, score.low, score.high)))
    return Icc(kind, score, f, freedom, n, k, left_out)


def _stepped_up(single: float, k: int) -> float:
    """Reliability of a mean of k raters from that of one (Spearman and Brown)."""
    below = 1 + (k - 1) * single
    return k * single / below if below > 0 else float("-inf")


def _estimate(table: Numbers, model: str) -> tuple[Score, float, tuple[float, float]]:
    """Value of a single rater's reliability with its interval, F, and its degrees of freedom."""
    n, k = table.shape
    middle = table.mean()
    items = k * np.square(table.mean(axis=1) - middle).sum() / (n - 1)
    judges = n * np.square(table.mean(axis=0) - middle).sum() / (k - 1)
    within = np.square(table - table.mean(axis=1, keepdims=True)).sum() / (n * (k - 1))
    error = max(0.0, (within * n * (k - 1) - judges * (k - 1)) / ((n - 1) * (k - 1)))
    # Rounding must not make an error of what is none.
    error = 0.0 if error < 1e-12 * items else float(error)
    if model == "ICC2":
        return _two_way_random(float(items), float(judges), error, n, k)
    noise, freedom = (float(within), n * (k - 1)) if model == "ICC1" else (error, (n - 1) * (k - 1))
    value = (items - noise) / (items + (k - 1) * noise)
    if noise <= 1e-12 * items:
        return Score(1.0, 1.0, 1.0), float("inf"), (n - 1, freedom)
    f = float(items / noise)
    low, high = f / f_quantile(0.975, n - 1, freedom), f * f_quantile(0.975, freedom, n - 1)
    return Score(float(value), (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)), f, (n - 1, freedom)


def _two_way_random(
    items: float, judges: float, error: float, n: int, k: int
) -> tuple[Score, float, tuple[float, float]]:
    value = (items - error) / (items + (k - 1) * error + k * (judges - error) / n)
    freedom = (float(n - 1), float((n - 1) * (k - 1)))
    if error == 0.0:
        # The interval's degrees of freedom do not exist; where the judges agree in all there is nothing to doubt.
        low = high = 1.0 if judges <= 1e-12 * items else float("nan")
        return Score(value, low, high), float("inf"), freedom
    shift = judges / error
    rest = n * (1 + (k - 1) * value) - k * value
    v = (k - 1) * (n - 1) * (k * value * shift + rest) ** 2
    v /= (n - 1) * (k * value * shift) ** 2 + rest**2
    above, below = f_quantile(0.975, n - 1, v), f_quantile(0.975, v, n - 1)
    spread = k * judges + (k * n - k - n) * error
    low = n * (items - above * error) / (above * spread + n * items)
    high = n * (below * items - error) / (spread + n * below * items)
    return Score(value, low, high), items / error, freedom


# What they say together --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Consensus:
    """What raters say together of each item.

    Attributes
    ----------
    mean : np.ndarray [shape=(items,)]
        NaN where nobody rated.
    spread : np.ndarray [shape=(items,)]
        Standard deviation between raters (n - 1); NaN with fewer than two.
    n : np.ndarray [shape=(items,)]
        Raters.
    """

    mean: Numbers
    spread: Numbers
    n: NDArray[np.int64]


def consensus(values: NDArray[np.floating]) -> Consensus:
    """Mean, spread and number of raters of each item; values [shape=(raters, items)], NaN where there is none."""
    table = np.asarray(values, np.float64)
    there = np.isfinite(table)
    n = there.sum(axis=0)
    mean = ratio(np.where(there, table, 0.0).sum(axis=0), n)
    squares = np.square(np.where(there, table - mean, 0.0)).sum(axis=0)
    return Consensus(mean, np.sqrt(ratio(squares, n - 1)), n.astype(np.int64))


@dataclass(frozen=True)
class QuadrantConsensus:
    """What raters say together of the quadrant of each item.

    Attributes
    ----------
    quadrant : np.ndarray [shape=(items,)]
        0..3: what most said; -1 where nobody said anything, or two quadrants were said equally often.
    shares : np.ndarray [shape=(items, 4)]
        Of the raters; NaN where there is none.
    n : np.ndarray [shape=(items,)]
        Raters.
    """

    quadrant: NDArray[np.int64]
    shares: Numbers
    n: NDArray[np.int64]


def quadrant_consensus(quadrants: NDArray[np.floating]) -> QuadrantConsensus:
    """Most frequent quadrant and shares of each item; quadrants [shape=(raters, items)] 0..3, NaN where none."""
    table = np.asarray(quadrants, np.float64)
    counts = np.stack([(table == q).sum(axis=0) for q in range(_N_QUADRANTS)], axis=1)
    n = counts.sum(axis=1)
    alone = (counts == counts.max(axis=1, keepdims=True)).sum(axis=1) == 1
    return QuadrantConsensus(np.where(alone, counts.argmax(axis=1), -1), ratio(counts, n[:, None]), n)


def disagreement(
    quadrants: NDArray[np.floating], valence: NDArray[np.floating], arousal: NDArray[np.floating]
) -> Numbers:
    """How far apart the raters of each item are.

    Parameters
    ----------
    quadrants, valence, arousal : np.ndarray [shape=(raters, items)]
        NaN where there is none. A rater's point counts before his quadrant, which stands for the middle of its quarter
        of the plane.

    Returns
    -------
    np.ndarray [shape=(items,)]
        Mean distance between two raters in the plane, as a share of its diagonal: 0 agree, 1 opposite corners, 0.5
        opposite quadrants. NaN with fewer than two raters.
    """
    points = np.stack((valence, arousal), axis=-1).astype(np.float64)
    words = np.asarray(quadrants, np.float64)
    only_word = ~np.isfinite(points).all(axis=-1) & np.isfinite(words)
    points[only_word] = _CENTRES[words[only_word].astype(np.int64)]
    raters = len(points)
    total, pairs = np.zeros(points.shape[1]), np.zeros(points.shape[1])
    for a in range(raters):
        for b in range(a + 1, raters):
            apart = np.sqrt(np.square(points[a] - points[b]).sum(axis=-1)) / _DIAGONAL
            total += np.nan_to_num(apart)
            pairs += np.isfinite(apart)
    return ratio(total, pairs)


def discuss_first(apart: NDArray[np.floating], *, least: float = 1e-9) -> list[int]:
    """Items worth discussing, those that the raters disagree on most first.

    Parameters
    ----------
    apart : np.ndarray [shape=(items,)]
        Of `disagreement`; NaN where fewer than two rated.
    least : float
        Items below are not worth it.
    """
    exact = np.asarray(apart, np.float64)
    order = np.argsort(np.where(np.isfinite(exact), -exact, np.inf), kind="stable")
    return [int(i) for i in order if np.isfinite(exact[i]) and exact[i] >= least]
