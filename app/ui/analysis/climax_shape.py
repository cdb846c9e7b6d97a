"""The course of intensity, arousal or loudness around a climax, on one scale with the others: plain arrays, no Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from models.analysis import Analysis, Climax, FloatArray, Overview

Kind = Literal["intensity", "arousal", "loudness"]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: What lies further from a peak than this is not drawn: one long region would press all others flat.
MOST_S = 60.0
#: Loudness is read off every few milliseconds; its course around a climax is that over a second.
LOUDNESS_SMOOTH_S = 1.0
#: How long a beat is here is told by so many to each side.
_NEAR_BEATS = 4


@dataclass(frozen=True)
class Course:
    """One curve over the whole recording: seconds, and values in the unit of its kind."""

    times_s: FloatArray
    values: FloatArray

    def around(self, at_s: float, before_s: float, after_s: float) -> Course:
        """Return the stretch around an instant, in seconds before (negative) and after it."""
        first, last = np.searchsorted(self.times_s, (at_s - before_s, at_s + after_s))
        return Course(self.times_s[first:last] - np.float32(at_s), self.values[first:last])

    def highest(self, start_s: float, end_s: float) -> float:
        """Return where in a region the curve is highest; the middle of a region that holds no value."""
        first, last = np.searchsorted(self.times_s, (start_s, end_s))
        if last <= first:
            return (start_s + end_s) / 2
        return float(self.times_s[first + int(np.argmax(self.values[first:last]))])


def course(kind: Kind, analysis: Analysis | None, overview: Overview | None) -> Course | None:
    """Return a curve of a recording; None where it is not known.

    Parameters
    ----------
    kind : {"intensity", "arousal", "loudness"}
        The contour by which climaxes are found (0 at the piece's typical moment), arousal [-1, 1], or dBFS smoothed
        over `LOUDNESS_SMOOTH_S`.
    analysis, overview : Analysis, Overview, or None
        What is known of the recording.
    """
    if kind == "loudness":
        if overview is None or not len(overview.loudness_db):
            return None
        width = min(max(1, round(LOUDNESS_SMOOTH_S / overview.loudness_bin_s)), len(overview.loudness_db))
        weights = np.ones(width, np.float32)
        padded = np.convolve(overview.loudness_db, weights, "same")
        # At the ends there is less to take the mean of.
        level = padded / np.convolve(np.ones(len(overview.loudness_db), np.float32), weights, "same")
        times_s = (np.arange(len(level), dtype=np.float32) + np.float32(0.5)) * np.float32(overview.loudness_bin_s)
        return Course(times_s, level.astype(np.float32))
    if analysis is None:
        return None
    values = analysis.arousal_over_time if kind == "arousal" else analysis.intensity_over_time
    return None if values is None else Course(analysis.times_s, np.asarray(values, np.float32))


def common_span(climaxes: Iterable[Climax]) -> tuple[float, float]:
    """Return how many seconds before and after the peak hold the regions of all of these, and a little more."""
    before_s = after_s = 2.0
    for climax in climaxes:
        before_s = max(before_s, 1.25 * (climax.peak_s - climax.start_s))
        after_s = max(after_s, 1.25 * (climax.end_s - climax.peak_s))
    return min(before_s, MOST_S), min(after_s, MOST_S)


def common_range(stretches: Iterable[Course]) -> tuple[float, float]:
    """Return the lowest and the highest value of all of these; a range of some height in any case."""
    known = [stretch.values for stretch in stretches if len(stretch.values)]
    if not known:
        return 0.0, 1.0
    low, high = min(float(values.min()) for values in known), max(float(values.max()) for values in known)
    return (low, high) if high - low > 1e-6 else (low - 0.5, high + 0.5)


def place_of_peak(start_s: float, end_s: float, analysis: Analysis | None, overview: Overview | None) -> float:
    """Return where in a region a climax is: where intensity is highest, or arousal, or loudness, by what is known."""
    for kind in KINDS:
        known = course(kind, analysis, overview)
        if known is not None:
            return min(max(known.highest(start_s, end_s), start_s), end_s)
    return (start_s + end_s) / 2


def nearest_step(grid_s: FloatArray, at_s: float, steps: int, slack_s: float = 0.05) -> float | None:
    """Return the beat (or bar) that lies so many steps from an instant; None beyond the first or the last.

    Parameters
    ----------
    grid_s : np.ndarray [shape=(n,)]
        Beats in seconds, rising.
    at_s : float
        An instant.
    steps : int
        +1 the next one, -1 the one before.
    slack_s : float
        What lies this near to the instant counts as the instant itself.
    """
    if steps > 0:
        index = int(np.searchsorted(grid_s, at_s + slack_s)) + steps - 1
    else:
        index = int(np.searchsorted(grid_s, at_s - slack_s)) + steps
    return float(grid_s[index]) if 0 <= index < len(grid_s) else None


def length_near(grid_s: FloatArray, at_s: float) -> float:
    """Return how long beats (or bars) are around an instant, in seconds; infinite of fewer than two.

    Parameters
    ----------
    grid_s : np.ndarray [shape=(n,)]
        Beats in seconds, rising.
    at_s : float
        An instant.
    """
    index = int(np.searchsorted(grid_s, at_s))
    near = np.diff(grid_s[max(0, index - _NEAR_BEATS) : index + _NEAR_BEATS])
    return float(np.median(near)) if len(near) else float("inf")
