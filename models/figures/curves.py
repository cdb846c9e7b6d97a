"""What is drawn is cut to what is seen, and made no finer than print shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.figures.recording import View


def in_view(view: View, count: int, step_s: float) -> tuple[int, int]:
    """Return the first and one past the last of `count` bins of `step_s` that touch what is seen."""
    first = max(0, min(count - 1, int(view.start_s / step_s)))
    last = max(first + 1, min(count, int(np.ceil(view.end_s / step_s))))
    return first, last


def thinned(
    view: View, times_s: NDArray[np.floating], values: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return times [shape=(n,)] and values [shape=(n,) or (n, k)] in view, as means of neighbours where they are many.

    A step beyond both edges stays, so that curves reach them.
    """
    times = np.asarray(times_s, np.float64)
    first = max(0, int(np.searchsorted(times, view.start_s)) - 1)
    last = min(len(times), int(np.searchsorted(times, view.end_s)) + 2)
    times, part = times[first:last], np.asarray(values, np.float64)[first:last]
    group = max(1, len(times) // (view.columns // 2))
    if group == 1 or not len(times):
        return times, part
    starts = np.arange(0, len(times), group)
    counts = np.diff(np.append(starts, len(times)))
    means = np.add.reduceat(part, starts, axis=0) / counts.reshape(-1, *([1] * (part.ndim - 1)))
    return np.add.reduceat(times, starts) / counts, means


def column_means(values: NDArray[np.generic], most: int) -> NDArray[np.float32]:
    """Return means of so many neighbouring columns that at most about `most` are left [shape=(rows, columns)]."""
    group = max(1, values.shape[1] // most)
    if group == 1:
        return np.asarray(values, np.float32)
    whole = values[:, : values.shape[1] // group * group].astype(np.float32)
    means: NDArray[np.float32] = whole.reshape(len(values), -1, group).mean(axis=2)
    return means
