"""Levels of detail: what a screen can show of a long series, found without reading the whole series at each frame.

Each pyramid is built once per track. A level holds half as many values as the one below it; a view reads only its
visible slice, from the level that has about as many values as the screen has columns.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
#: No curve has more points than this on screen.
MAX_POINTS = 1800


def _halve(values: NDArray, pool: Literal["min", "max", "mean"]) -> NDArray:
    """Halve the first axis; an odd last value is carried over as it is."""
    even = values[: len(values) // 2 * 2]
    first, second = even[0::2], even[1::2]
    if pool == "min":
        out = np.fmin(first, second)  # a gap (NaN) gives way to what is known
    elif pool == "max":
        out = np.fmax(first, second)
    elif values.dtype == np.uint8:
        out = (first >> 1) + (second >> 1) + (first & second & 1)
    else:
        out = (first + second) * np.float32(0.5)
    return out if len(even) == len(values) else np.concatenate((out, values[-1:]))


def _slice(count: int, bin_s: float, start_s: float, end_s: float) -> tuple[int, int]:
    """Indices of the bins that touch [start_s, end_s], with one more at either side."""
    first = int(np.floor(start_s / bin_s)) - 1
    last = int(np.ceil(end_s / bin_s)) + 1
    return min(max(first, 0), count), min(max(last, 0), count)


class MinMaxPyramid:
    """Envelope of a series.

    Parameters
    ----------
    low, high : np.ndarray [shape=(n,)]
        Smallest and largest value in each bin; the same array twice for a plain series.
    bin_s : float
        Seconds per bin.
    offset_s : float
        Time of the left edge of the first bin in seconds.
    """

    def __init__(self, low: FloatArray, high: FloatArray, bin_s: float, offset_s: float = 0.0) -> None:
        self.bin_s = bin_s
        self.offset_s = offset_s
        self._levels = [(np.ascontiguousarray(low), np.ascontiguousarray(high))]
        while len(self._levels[-1][0]) > 2:
            low, high = self._levels[-1]
            self._levels.append((_halve(low, "min"), _halve(high, "max")))

    def view(self, start_s: float, end_s: float, columns: int) -> tuple[NDArray[np.float64], FloatArray]:
        """Return the points to draw between two times.

        Returns
        -------
        times_s, values : np.ndarray [shape=(k,)]
            k <= 1,800. Where a bin holds a single value it gives one point, otherwise its minimum and its maximum; a
            series of one value lasts as long as its bin.
        """
        level = self._level(end_s - start_s, columns)
        low, high = self._levels[level]
        bin_s = self.bin_s * 2**level
        first, last = _slice(len(low), bin_s, start_s - self.offset_s, end_s - self.offset_s)
        centres = self.offset_s + (np.arange(first, last) + 0.5) * bin_s
        if level == 0 and low is high:
            if len(low) == 1:  # one point alone would draw nothing
                return self.offset_s + np.array([0.0, bin_s]), np.repeat(low, 2)
            return centres, low[first:last]
        values = np.empty(2 * (last - first), np.float32)
        values[0::2] = low[first:last]
        values[1::2] = high[first:last]
        return np.repeat(centres, 2), values

    def columns(self, start_s: float, end_s: float, columns: int) -> tuple[float, float, FloatArray, FloatArray]:
        """Return the envelope in columns of equal length, one for each pixel.

        The columns begin at multiples of their length, so that panning does not make them flicker.

        Returns
        -------
        left_s, column_s : float
            Left edge of the first column and length of a column, in seconds.
        low, high : np.ndarray [shape=(k,)]
            k <= columns + 2.
        """
        column_s = (end_s - start_s) / max(columns, 1)
        level = 0
        while self.bin_s * 2 ** (level + 1) <= column_s and level < len(self._levels) - 1:
            level += 1
        low, high = self._levels[level]
        bin_s = self.bin_s * 2**level
        first = int(np.floor(start_s / column_s))
        last = int(np.ceil(end_s / column_s))
        edges = (np.arange(first, last) * column_s - self.offset_s) / bin_s
        bins = np.floor(edges + 1e-9).astype(np.int64)
        inside = (bins >= 0) & (bins < len(low))
        bins = bins[inside]
        if not len(bins):
            return start_s, column_s, np.empty(0, np.float32), np.empty(0, np.float32)
        first += int(np.argmax(inside))
        stop = min(int(np.ceil(last * column_s / bin_s)), len(low))
        stop = max(stop, int(bins[-1]) + 1)
        return (
            first * column_s,
            column_s,
            np.minimum.reduceat(low[:stop], bins),
            np.maximum.reduceat(high[:stop], bins),
        )

    def edges(self, start_s: float, end_s: float, columns: int) -> tuple[NDArray[np.float64], FloatArray, FloatArray]:
        """Return the envelope between two times as two curves.

        Returns
        -------
        times_s, low, high : np.ndarray [shape=(k,)]
            k <= `columns` and a few; the first and last bin reach to their own outer edge.
        """
        level = 0
        while (end_s - start_s) / (self.bin_s * 2**level) > max(2, columns) and level < len(self._levels) - 1:
            level += 1
        low, high = self._levels[level]
        bin_s = self.bin_s * 2**level
        first, last = _slice(len(low), bin_s, start_s - self.offset_s, end_s - self.offset_s)
        if len(low) == 1:
            return self.offset_s + np.array([0.0, bin_s]), np.repeat(low, 2), np.repeat(high, 2)
        times_s = self.offset_s + (np.arange(first, last) + 0.5) * bin_s
        if last > first:
            times_s[0] -= bin_s / 2
            times_s[-1] += bin_s / 2
        return times_s, low[first:last], high[first:last]

    def _level(self, span_s: float, columns: int) -> int:
        bins = span_s / self.bin_s
        low, high = self._levels[0]
        if low is high and bins <= MAX_POINTS - 8:
            return 0  # one point a bin: smoother than an envelope of half as many bins
        most = max(2, min(columns, MAX_POINTS // 2 - 4))
        level = 0
        while bins > most and level < len(self._levels) - 1:
            bins /= 2
            level += 1
        return level

    def at(self, time_s: float) -> tuple[float, float]:
        """Minimum and maximum of the bin that holds a time."""
        low, high = self._levels[0]
        if not len(low):
            return 0.0, 0.0
        index = min(max(int((time_s - self.offset_s) / self.bin_s), 0), len(low) - 1)
        return float(low[index]), float(high[index])


class ColumnPyramid:
    """Columns over time [shape=(n, ...)], pooled by mean or maximum: heat maps, and stacks that keep their sum.

    Levels are built when a view first needs them, so a long recording costs nothing before it is looked at.
    """

    def __init__(
        self, columns: NDArray, bin_s: float, pool: Literal["max", "mean"] = "mean", offset_s: float = 0.0
    ) -> None:
        self.bin_s = bin_s
        self.offset_s = offset_s
        self._pool: Literal["max", "mean"] = pool
        self._levels = [columns]

    def view(self, start_s: float, end_s: float, columns: int) -> tuple[float, float, NDArray]:
        """Return the visible slice at screen resolution: time of its left edge, seconds per column, columns."""
        bins = (end_s - start_s) / self.bin_s
        level = 0
        while bins > max(2, columns) and len(self._level(level)) > 2:
            bins /= 2
            level += 1
        values = self._level(level)
        bin_s = self.bin_s * 2**level
        first, last = _slice(len(values), bin_s, start_s - self.offset_s, end_s - self.offset_s)
        return self.offset_s + first * bin_s, bin_s, values[first:last]

    def _level(self, level: int) -> NDArray:
        while len(self._levels) <= level:
            self._levels.append(_halve(self._levels[-1], self._pool))
        return self._levels[level]

    def at(self, time_s: float) -> NDArray | None:
        """Return the column that holds a time."""
        values = self._levels[0]
        if not len(values):
            return None
        return values[min(max(int((time_s - self.offset_s) / self.bin_s), 0), len(values) - 1)]
