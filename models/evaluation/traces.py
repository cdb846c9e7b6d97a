"""Scores of curves over time: does the curve move with the raters within a piece, or only know the piece's level?

90 to 98% of the variance of continuous ratings lies between pieces, so a curve that is flat at the right height scores
well over all points. What happens inside a piece is measured apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import DRAWS, GroupDraws, Numbers, Score, ratio
from models.evaluation.regression import CONSTANT, N_SUMS, regression_figures, regression_sums

#: A trace with fewer ratings says nothing about movement.
_FEWEST_POINTS = 3


@dataclass(frozen=True)
class Curve:
    """Ratings of one piece and what the model says at the same moments.

    Attributes
    ----------
    truth, answer : np.ndarray [shape=(t,)]
        In [-1, 1]. Moments at which the truth is NaN are left out.
    band : np.ndarray [shape=(t, 2)] or None
        Lower and upper end of the model's band.
    """

    truth: NDArray[np.floating]
    answer: NDArray[np.floating]
    band: NDArray[np.floating] | None = None


@dataclass(frozen=True)
class TraceScores:
    """How well curves follow traces.

    Attributes
    ----------
    pieces, points : int
        What was measured.
    pieces_left_out : int
        Pieces whose trace is constant, or has fewer than three ratings: they have no movement to follow, and are left
        out of the figures within pieces.
    within : dict of str to Score
        `pearson` and `ccc`: means over pieces. A flat curve scores 0 on a piece whose trace moves.
    over_all_points : dict of str to Score
        The figures of `regression_figures` over all points of all pieces.
    variance : dict of str to Score
        `truth_between` and `answer_between`: the share of the variance over all points that lies between the means of
        the pieces; the rest lies within pieces.
    band : dict of str to Score
        `inside`: share of the points within the band; `width`: its mean width. Empty where the model gives no band.
    """

    pieces: int
    points: int
    pieces_left_out: int
    within: dict[str, Score]
    over_all_points: dict[str, Score]
    variance: dict[str, Score]
    band: dict[str, Score]


def _kept(curve: Curve) -> tuple[Numbers, Numbers, Numbers | None]:
    there = np.isfinite(curve.truth)
    band = None if curve.band is None else np.asarray(curve.band, np.float64)[there]
    return np.asarray(curve.truth, np.float64)[there], np.asarray(curve.answer, np.float64)[there], band


def _within(truth: Numbers, answer: Numbers) -> tuple[float, float, float]:
    """1, Pearson and CCC of one piece; zeros where its trace has no movement to follow."""
    if len(truth) < _FEWEST_POINTS or truth.var() <= CONSTANT:
        return 0.0, 0.0, 0.0
    figures = regression_figures(regression_sums(truth, answer).sum(axis=0))
    return 1.0, float(np.nan_to_num(figures["pearson"])), float(figures["ccc"])


def _between_share(n: Numbers, total: Numbers, squares: Numbers, squared_means: Numbers) -> Numbers:
    """Share of the variance between pieces, from sums over points and the summed n m^2 of the pieces."""
    level = np.square(total) / n
    return ratio(squared_means - level, np.where(squares - level > CONSTANT * n, squares - level, 0.0))


def _variance_figures(sums: Numbers) -> dict[str, Numbers]:
    n, t, p, tt, pp = np.moveaxis(sums[..., :5], -1, 0)
    return {
        "truth_between": _between_share(n, t, tt, sums[..., N_SUMS]),
        "answer_between": _between_share(n, p, pp, sums[..., N_SUMS + 1]),
    }


def trace_scores(curves: Sequence[Curve], groups: Sequence[str], *, draws: int = DRAWS, seed: int = 0) -> TraceScores:
    """Score curves against traces, with intervals over groups; one curve and one group per piece.

    Raises
    ------
    ValueError
        If no piece has a single rating.
    """
    kept = [(parts, group) for curve, group in zip(curves, groups, strict=True) if len((parts := _kept(curve))[0])]
    if not kept:
        raise ValueError("there is no rating to measure against")
    resampled = GroupDraws([group for _, group in kept], draws=draws, seed=seed)
    within = np.array([_within(truth, answer) for (truth, answer, _), _ in kept])
    points = np.array(
        [
            (*regression_sums(truth, answer).sum(axis=0), truth.sum() ** 2 / len(truth), answer.sum() ** 2 / len(truth))
            for (truth, answer, _), _ in kept
        ]
    )
    return TraceScores(
        pieces=len(kept),
        points=int(points[:, 0].sum()),
        pieces_left_out=int((within[:, 0] == 0).sum()),
        within=resampled.scores(
            lambda sums: {"pearson": ratio(sums[..., 1], sums[..., 0]), "ccc": ratio(sums[..., 2], sums[..., 0])},
            within,
        ),
        over_all_points=resampled.scores(lambda sums: regression_figures(sums[..., :N_SUMS]), points),
        variance=resampled.scores(_variance_figures, points),
        band=band_scores([(truth, band) for (truth, _, band), _ in kept], [group for _, group in kept], resampled),
    )


def band_scores(
    items: Sequence[tuple[Numbers, Numbers | None]], groups: Sequence[str], resampled: GroupDraws | None = None
) -> dict[str, Score]:
    """Share of ratings inside their band, and its mean width.

    Parameters
    ----------
    items : sequence of (truth [shape=(t,)], band [shape=(t, 2)] or None)
        Those without a band count nothing.
    groups : sequence of str
        Of each item.
    resampled : GroupDraws, optional
        Draws of the same groups that are there already.

    Returns
    -------
    dict of str to Score
        `inside` and `width`; empty when no item has a band.
    """
    sums = np.zeros((len(items), 3))
    for row, (truth, band) in zip(sums, items, strict=True):
        if band is not None:
            inside = (band[:, 0] <= truth) & (truth <= band[:, 1])
            row[:] = len(truth), inside.sum(), (band[:, 1] - band[:, 0]).sum()
    return (resampled or GroupDraws(groups)).scores(
        lambda total: {"inside": ratio(total[..., 1], total[..., 0]), "width": ratio(total[..., 2], total[..., 0])},
        sums,
    )
