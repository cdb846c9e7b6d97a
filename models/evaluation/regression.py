"""Scores of valence and arousal as numbers, over tracks or over the points of traces: all functions of nine sums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import DRAWS, GroupDraws, Numbers, Score, ratio

#: On the 0..1 scale: an error is never divided by less, or the percentage would explode where a rating is near 0.
MAPE_FLOOR = 0.05
#: Variance on the scale [-1, 1] below which a row of numbers is constant for our purposes.
CONSTANT = 1e-9
N_SUMS = 8


def regression_sums(truth: NDArray[np.floating], answer: NDArray[np.floating]) -> Numbers:
    """What each item adds to the sums of `regression_figures` [shape=(n, 8)]; both [shape=(n,)] in [-1, 1]."""
    t, p = np.asarray(truth, np.float64), np.asarray(answer, np.float64)
    gap = np.abs(p - t)
    percentage = gap / 2 / np.maximum((t + 1) / 2, MAPE_FLOOR)
    return np.column_stack((np.ones(len(t)), t, p, t * t, p * p, t * p, gap, percentage))


def regression_figures(sums: Numbers) -> dict[str, Numbers]:
    """Figures from sums [shape=(..., 8)].

    Returns
    -------
    dict of str to np.ndarray [shape=(...)]
        `r2`: 1 minus the squared error over the squared distance of the truth from its mean, below 0 for answers worse
        than that mean; `rmse` and `mae` on the scale [-1, 1] (halve them for 0..1); `mape`: mean error in shares of
        the truth (0.1 is 10%), both brought to the scale 0..1, the truth taken for 0.05 where it is less; `pearson`;
        `ccc`: Lin's concordance, which falls with a wrong mean or spread too. NaN where a figure is not defined: `r2`
        for a constant truth, `pearson` where either is constant.
    """
    n, t, p, tt, pp, tp, gap, percentage = np.moveaxis(np.asarray(sums, np.float64), -1, 0)
    variance_t = np.maximum(tt / n - np.square(t / n), 0.0)
    variance_p = np.maximum(pp / n - np.square(p / n), 0.0)
    covariance = tp / n - t * p / np.square(n)
    squared_error = np.maximum(tt - 2 * tp + pp, 0.0) / n
    moves_t, moves_p = variance_t > CONSTANT, variance_p > CONSTANT
    pearson = np.clip(ratio(covariance, np.sqrt(variance_t * variance_p)), -1.0, 1.0)
    ccc = ratio(2 * covariance, variance_t + variance_p + np.square((t - p) / n))
    return {
        "r2": np.where(moves_t, 1.0 - ratio(squared_error, variance_t), np.nan),
        "rmse": np.sqrt(squared_error),
        "mae": gap / n,
        "mape": percentage / n,
        "pearson": np.where(moves_t & moves_p, pearson, np.nan),
        "ccc": np.where(moves_t | moves_p, ccc, np.nan),
    }


def regression_figures_of(truth: NDArray[np.floating], answer: NDArray[np.floating]) -> dict[str, float]:
    """`regression_figures` of truth and answer [shape=(n,)] in [-1, 1], as plain numbers."""
    figures = regression_figures(regression_sums(truth, answer).sum(axis=0))
    return {name: float(value) for name, value in figures.items()}


def regression_scores(
    truth: NDArray[np.floating],
    answer: NDArray[np.floating],
    groups: Sequence[str],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Score]:
    """All of `regression_figures` that are defined, each with its 95% interval over groups."""
    return GroupDraws(groups, draws=draws, seed=seed).scores(regression_figures, regression_sums(truth, answer))
