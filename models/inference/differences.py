"""Where two models differ about one recording, or one about two: over time, as moments to hear, and for the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.analysis import Analysis, FloatArray

#: What two models can differ in.
Aspect = Literal["quadrants", "valence", "arousal"]
ASPECTS: tuple[Aspect, ...] = ("quadrants", "valence", "arousal")
#: A moment lasts at least so long, and two are at least so far apart (s): what a person can hear and tell apart.
_LEAST_S, _APART_S = 2.0, 6.0
#: Smaller differences are not worth a moment: about what the same model says of two copies of a recording.
_LEAST_SIZE = 0.1
MOST_MOMENTS = 8


@dataclass(frozen=True)
class Differences:
    """How far two analyses are apart.

    Attributes
    ----------
    times_s : np.ndarray [shape=(t,), dtype=float32]
        Centre of each step of the finer of the two, in seconds.
    step_s : float
        Seconds from one to the next.
    over_time : np.ndarray [shape=(t, 3), dtype=float32]
        By aspect (`ASPECTS`), each [0, 1]: half the sum of absolute differences of the four probabilities (the share of
        belief that would have to move), and half the absolute difference of valence and of arousal.
    """

    times_s: FloatArray
    step_s: float
    over_time: FloatArray

    @property
    def size(self) -> FloatArray:
        """The largest of the three at each moment [shape=(t,)]."""
        largest: FloatArray = self.over_time.max(axis=1) if len(self.over_time) else np.zeros(0, np.float32)
        return largest

    @property
    def mean(self) -> tuple[float, float, float]:
        """Of each aspect, over the recording."""
        if not len(self.over_time):
            return 0.0, 0.0, 0.0
        quadrants, valence, arousal = (float(value) for value in self.over_time.mean(axis=0))
        return quadrants, valence, arousal


@dataclass(frozen=True)
class DifferingMoment:
    """A stretch where two models differ more than around it.

    Attributes
    ----------
    start_s, peak_s, end_s : float
        Seconds.
    size : float
        [0, 1], at the peak.
    aspect : {"quadrants", "valence", "arousal"}
        In what they differ most there.
    beyond : float or None
        Distance in the plane of valence and arousal that is left between the bands of the two at the peak, [0, 2.83]; 0
        where they overlap, None where it is not known.
    """

    start_s: float
    peak_s: float
    end_s: float
    size: float
    aspect: Aspect
    beyond: float | None = None


def differences(first: Analysis, second: Analysis) -> Differences:
    """Compare what two models say of one recording at each moment.

    Models have steps of different lengths; the coarser one's values are drawn out in between. Beyond its ends, where
    one of them says nothing, its outermost value stands.

    Raises
    ------
    ValueError
        If the analyses are of different recordings.
    """
    if first.sha256 != second.sha256:
        raise ValueError("the analyses are of different recordings")
    finer = min((first, second), key=lambda analysis: analysis.step_s)
    times_s = np.asarray(finer.times_s, dtype=np.float32)
    return differences_at(first, second, times_s, times_s, times_s, finer.step_s)


def differences_at(
    first: Analysis, second: Analysis, times_s: FloatArray, first_s: FloatArray, second_s: FloatArray, step_s: float
) -> Differences:
    """Compare two analyses at pairs of moments that belong together.

    Parameters
    ----------
    first, second : Analysis
        Of one recording or of two.
    times_s : np.ndarray [shape=(t,)]
        Where the differences are to stand, `step_s` apart, in seconds.
    first_s, second_s : np.ndarray [shape=(t,)]
        The same moments in either recording, in seconds.
    step_s : float
        Seconds from one to the next.
    """
    if not len(first.times_s) or not len(second.times_s):
        return Differences(np.zeros(0, np.float32), step_s, np.zeros((0, len(ASPECTS)), np.float32))

    def apart(one: FloatArray, other: FloatArray) -> FloatArray:
        there = np.interp(second_s, second.times_s, other)
        return np.asarray(np.abs(np.interp(first_s, first.times_s, one) - there), np.float32)

    belief = sum(apart(first.quadrants_over_time[:, q], second.quadrants_over_time[:, q]) for q in range(4))
    valence = apart(first.valence_over_time, second.valence_over_time)
    arousal = apart(first.arousal_over_time, second.arousal_over_time)
    over_time = np.stack((belief, valence, arousal), axis=1) / 2
    return Differences(np.asarray(times_s, np.float32), step_s, np.clip(over_time, 0, 1).astype(np.float32))


def differing_moments(found: Differences, most: int = MOST_MOMENTS) -> list[DifferingMoment]:
    """Return where two models differ most, the largest difference first.

    A moment is a peak of the largest of the three differences, from where that rises above three quarters of the peak
    to where it falls below, and at least 2 s. Peaks are at least 6 s apart, and nothing below 0.1 is one.

    Parameters
    ----------
    found : Differences
        See `differences`.
    most : int
        How many at most.
    """
    size = found.size.astype(np.float64)
    moments: list[DifferingMoment] = []
    free = np.ones(len(size), dtype=bool)
    apart = max(1, round(_APART_S / found.step_s))
    edged = np.concatenate(([-1.0], size, [-1.0]))
    # A peak is no flank of one that was found.
    peaks = (size >= edged[:-2]) & (size >= edged[2:]) & (size >= _LEAST_SIZE)
    while len(moments) < most and (free & peaks).any():
        peak = int(np.argmax(np.where(free & peaks, size, -1.0)))
        first, last = _around(size, free, peak)
        start_s = float(found.times_s[first]) - found.step_s / 2
        end_s = float(found.times_s[last]) + found.step_s / 2
        missing_s = max(0.0, _LEAST_S - (end_s - start_s))
        whole_s = float(found.times_s[-1]) + found.step_s / 2
        aspect = ASPECTS[int(np.argmax(found.over_time[peak]))]
        moments.append(
            DifferingMoment(
                max(0.0, start_s - missing_s / 2),
                float(found.times_s[peak]),
                min(whole_s, end_s + missing_s / 2),
                float(size[peak]),
                aspect,
            )
        )
        free[max(0, min(first, peak - apart)) : max(last, peak + apart) + 1] = False
    return moments


def _around(size: np.ndarray, free: np.ndarray, peak: int) -> tuple[int, int]:
    """First and last step of the stretch around a peak that is free and above three quarters of it."""
    level = 0.75 * size[peak]
    first = last = peak
    while first > 0 and free[first - 1] and size[first - 1] >= level:
        first -= 1
    while last + 1 < len(size) and free[last + 1] and size[last + 1] >= level:
        last += 1
    return first, last
