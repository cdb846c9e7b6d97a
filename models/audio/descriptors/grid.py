"""The 2 Hz grid that descriptors live on, averages of faster frames around its instants, and a few shared measures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
#: Descriptors over time [shape=(t,)] by name, and of the whole recording by name.
Columns = dict[str, FloatArray]
Track = dict[str, float]

#: Share of the largest weight that every frame has.
_LEAST_WEIGHT = 1e-6
#: Seconds from one instant to the next; the first is 0.
STEP_S = 0.5


def grid_times(duration_s: float) -> NDArray[np.float64]:
    """Instants 0, 0.5, ... up to the recording's end, in seconds."""
    return np.asarray(STEP_S * np.arange(1 + int(duration_s / STEP_S + 1e-9)), np.float64)


def window_bounds(
    frames: int, rate_hz: float, times_s: NDArray[np.float64], width_s: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and one-past-last frame within half a width of each instant; at least one frame."""
    first = np.ceil((times_s - width_s / 2) * rate_hz - 1e-6).astype(np.int64).clip(0, max(frames - 1, 0))
    last = np.floor((times_s + width_s / 2) * rate_hz + 1e-6).astype(np.int64).clip(0, max(frames - 1, 0)) + 1
    return first, np.maximum(last, first + 1)


def window_mean(
    x: NDArray[np.floating],
    rate_hz: float,
    times_s: NDArray[np.float64],
    width_s: float,
    weight: NDArray[np.floating] | None = None,
) -> FloatArray:
    """Mean of frames [shape=(n, ...)] in a window around each instant [shape=(t, ...)].

    A weight [shape=(n,)] says how much each frame counts.
    """
    first, last = window_bounds(len(x), rate_hz, times_s, width_s)
    w: NDArray[np.float64] | None = None
    span = (last - first).astype(np.float64)
    if weight is not None:
        # Where nothing weighs anything all frames count alike. The floor stands above the rounding of hours of sums.
        w = np.maximum(weight.astype(np.float64), 0) + _LEAST_WEIGHT * max(float(weight.max(initial=0.0)), 1e-12)
        mass = _cumulative(w)
        span = np.maximum(mass[last] - mass[first], 1e-30)
    out = np.empty((len(times_s), *x.shape[1:]), np.float32)
    # One column at a time: sums of thirteen over three hours would be a hundred megabytes.
    for column in np.ndindex(x.shape[1:]):
        values = x[(slice(None), *column)]
        total = _cumulative(values if w is None else values * w)
        out[(slice(None), *column)] = (total[last] - total[first]) / span
    return out


def window_std(x: NDArray[np.floating], rate_hz: float, times_s: NDArray[np.float64], width_s: float) -> FloatArray:
    """Standard deviation of frames [shape=(n, ...)] in a window around each instant."""
    centred = x - x.mean(axis=0)
    mean = window_mean(centred, rate_hz, times_s, width_s).astype(np.float64)
    square = window_mean(centred**2, rate_hz, times_s, width_s).astype(np.float64)
    return np.sqrt(np.maximum(square - mean**2, 0)).astype(np.float32)


def window_slope(x: NDArray[np.floating], rate_hz: float, times_s: NDArray[np.float64], width_s: float) -> FloatArray:
    """Slope per second of the least-squares line through the frames [shape=(n,)] around each instant."""
    first, last = window_bounds(len(x), rate_hz, times_s, width_s)
    at = np.arange(len(x)) / rate_hz
    centred = x - x.mean()
    sums = [_cumulative(v) for v in (at, at * at, centred, at * centred)]
    n = (last - first).astype(np.float64)
    s_t, s_tt, s_x, s_tx = (v[last] - v[first] for v in sums)
    spread = n * s_tt - s_t**2
    return np.where(spread > 1e-6, (n * s_tx - s_t * s_x) / np.maximum(spread, 1e-6), 0).astype(np.float32)


def shares(x: NDArray[np.floating]) -> FloatArray:
    """Scale the last axis to sum to 1; it is flat where there is nothing."""
    total = x.sum(axis=-1, keepdims=True)
    return np.asarray(np.where(total > 1e-12, x / np.maximum(total, 1e-12), 1 / x.shape[-1]), np.float32)


def entropy(p: NDArray[np.floating]) -> FloatArray:
    """Entropy of shares along the last axis, 0 for one certain entry to 1 for all alike."""
    return np.asarray(-(p * np.log(p + 1e-9)).sum(axis=-1) / np.log(p.shape[-1]), np.float32)


def recurrence(x: FloatArray, lag: int) -> float:
    """Correlation of columns [shape=(t, k)] with themselves `lag` instants later, 0 where the track is too short."""
    if len(x) < lag + 4:
        return 0.0
    z = x - x.mean(axis=0)
    norm = float((z**2).mean())
    return float((z[lag:] * z[:-lag]).mean() / norm) if norm > 1e-9 else 0.0


def _cumulative(x: NDArray[np.floating]) -> NDArray[np.float64]:
    out = np.zeros((len(x) + 1, *x.shape[1:]))
    np.cumsum(x, axis=0, dtype=np.float64, out=out[1:])
    return out
