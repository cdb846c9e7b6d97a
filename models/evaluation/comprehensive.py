"""The entropy-weighted comprehensive score of Qiu, Lin and Lin (2025), equations 2 to 8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import Numbers, ratio

#: The paper's indicators, and whether more is better (equation 2) or worse (equation 3).
INDICATORS = {"r2": True, "rmse": False, "mae": False, "mape": False}


@dataclass(frozen=True)
class Comprehensive:
    """Comprehensive scores.

    Attributes
    ----------
    scores : np.ndarray [shape=(n,)]
        S_i of equation 8, in [0, 1]: 1 for a sample that is best by every indicator among those compared, 0 for one
        that is worst by every one. It ranks; it means nothing outside of the comparison.
    weights : np.ndarray [shape=(m,)]
        W_j of equation 7; they sum to 1. An indicator that does not tell the samples apart weighs nothing.
    """

    scores: Numbers
    weights: Numbers


def comprehensive_scores(values: NDArray[np.floating], more_is_better: Sequence[bool]) -> Comprehensive:
    """Weight indicators by how unevenly they spread over the samples, and add them up.

    Parameters
    ----------
    values : np.ndarray [shape=(n, m)]
        Indicator j of sample i (a model, or a lag order), n of 2 or more.
    more_is_better : sequence of bool [length m]
        Which indicators are positive: R2 is, errors are not.

    Returns
    -------
    Comprehensive
        Equations 2 and 3 bring each indicator to [0, 1]; 4 makes shares of it; 5 is the shares' entropy, where 0 ln 0
        is 0; 6 and 7 turn entropies into weights; 8 sums. The paper writes x_ij in equations 4 and 8, which can only
        be the z_ij of 2 and 3: with R2 below 0 shares of x would be no shares, and its figure 7 lies in [0, 1]. The
        constant C that it names is not in its equation 5; the division by ln(n) stands in 6.

    Raises
    ------
    ValueError
        If there are fewer than two samples, a value is no number, or no indicator tells the samples apart.
    """
    x = np.asarray(values, np.float64)
    if x.ndim != 2 or len(x) < 2 or x.shape[1] != len(more_is_better):
        raise ValueError("the comprehensive score compares two samples or more, by one direction per indicator")
    if not np.isfinite(x).all():
        raise ValueError("an indicator is no number")
    low, high = x.min(axis=0), x.max(axis=0)
    z = ratio(np.where(more_is_better, x - low, high - x), high - low, 0.0)  # equations 2 and 3
    shares = ratio(z, z.sum(axis=0), 0.0)  # equation 4
    entropy = -(shares * np.log(np.where(shares > 0, shares, 1.0))).sum(axis=0)  # equation 5
    utility = np.where(high > low, 1.0 - entropy / np.log(len(x)), 0.0)  # equation 6
    if not utility.any():
        raise ValueError("no indicator tells the samples apart")
    weights = utility / utility.sum()  # equation 7
    return Comprehensive(scores=z @ weights, weights=weights)  # equation 8
