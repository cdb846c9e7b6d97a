"""How near found beats and boundaries come to known ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.floating] | Sequence[float]


def f_measure(found_s: Times, known_s: Times, near_s: float) -> float:
    """F-measure of found against known instants, [0, 1] (Davies, Degara and Plumbley 2009: beats within 70 ms).

    Parameters
    ----------
    found_s, known_s : array-like
        Seconds, in the order of time.
    near_s : float
        A found instant is right when a known one lies so near.
    """
    recall, precision = boundary_scores(found_s, known_s, near_s)
    return 2 * recall * precision / (recall + precision) if recall + precision else 0.0


def boundary_scores(found_s: Times, known_s: Times, near_s: float) -> tuple[float, float]:
    """Share of known instants that were found, and of found ones that are known, [0, 1] each; 0 where there is none."""
    found, known = np.asarray(found_s, np.float64), np.asarray(known_s, np.float64)
    if not found.size or not known.size:
        return 0.0, 0.0
    apart = np.abs(found[:, None] - known[None, :])
    return float((apart.min(axis=0) <= near_s).mean()), float((apart.min(axis=1) <= near_s).mean())
