"""Two recordings of one piece on one axis: dynamic time warping on chroma, from coarse to fine.

After Prätzlich, Driedger and Müller, "Memory-restricted multiscale dynamic time warping", ICASSP 2016: at the coarsest
level all pairs of moments are weighed, at each finer one only those near the path of the level before. The warping is
written here in numpy, along antidiagonals, because librosa's costs seconds of compilation when it is first called; the
tests hold it to a plain loop.

What is no part of the piece at either end (silence, applause) may be skipped at a price; the second recording may stand
in another key. Whether the two are the same music at all is judged against the second one played backwards: its harmony
is made of the same sounds, but not in this order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from models.analysis import FloatArray
from models.jobs import CancelToken, Progress
from models.structure.structure import Structure

#: Below this fit, two recordings do not seem to be the same music (see `docs/comparing.md` for the measurements).
SAME_MUSIC = 0.3
#: Finest step of the warping (s), and how many pairs of moments the coarsest level weighs at most.
FINEST_S = 0.1
_MOST_PAIRS = 1_600_000
#: The search for the key weighs this many times fewer pairs.
_KEY_FEWER = 16
#: A finer level looks so many steps to either side of the path before.
_RADIUS = 40
#: Weights of a step in both recordings, and in one of them alone: waiting costs more than walking together.
_BOTH, _ONE = 2.0, 1.5
#: Price of a step that is skipped at an end; unlike moments cost more, like ones less. At most so much is skipped: of
#: the recording, and in seconds.
_SKIP, _MOST_SHARE, _MOST_SKIP_S = 0.2, 1 / 3, 90.0
#: Another key is taken for the second recording's where it makes the path cheaper by this share.
_KEY_GAIN = 0.1
#: The path is smoothed over this long (s): within it the order of sounds decides, not one frame.
_SMOOTH_S = 1.0
#: Pairs that are weighed in one go, which bounds the memory.
_BLOCK = 100_000
_FORWARD, _FIRST, _SECOND, _START = range(4)


@dataclass(frozen=True)
class Alignment:
    """Where each moment of one recording lies in another. Never changed, only replaced.

    Attributes
    ----------
    first_sha256, second_sha256 : str
        Of the recordings' content.
    first_s, second_s : np.ndarray [shape=(k,), dtype=float64]
        Moments of both recordings that belong together, in seconds, both rising.
    first_duration_s, second_duration_s : float
        Seconds.
    semitones : int
        By how much the second recording sounds higher than the first, -5..6.
    fit : float
        [0, 1]: how much better the two go together than the first with the second one backwards; near 0 for
        different pieces (`SAME_MUSIC`).
    """

    first_sha256: str
    second_sha256: str
    first_s: NDArray[np.float64]
    second_s: NDArray[np.float64]
    first_duration_s: float
    second_duration_s: float
    semitones: int = 0
    fit: float = 1.0

    @property
    def is_same_music(self) -> bool:
        """Whether the two seem to be the same music."""
        return self.fit >= SAME_MUSIC

    @overload
    def to_second(self, time_s: float) -> float: ...
    @overload
    def to_second(self, time_s: NDArray[np.floating]) -> NDArray[np.float64]: ...
    def to_second(self, time_s: float | NDArray[np.floating]) -> float | NDArray[np.float64]:
        """Return where moments of the first recording lie in the second, in seconds, [0, its duration]."""
        return _carry(time_s, self.first_s, self.second_s, self.second_duration_s)

    @overload
    def to_first(self, time_s: float) -> float: ...
    @overload
    def to_first(self, time_s: NDArray[np.floating]) -> NDArray[np.float64]: ...
    def to_first(self, time_s: float | NDArray[np.floating]) -> float | NDArray[np.float64]:
        """Return where moments of the second recording lie in the first, in seconds, [0, its duration]."""
        return _carry(time_s, self.second_s, self.first_s, self.first_duration_s)


def align(first: Structure, second: Structure) -> Alignment:
    """Find where each moment of one recording lies in another.

    Parameters
    ----------
    first, second : Structure
        Of the two recordings; their chroma is what is compared.

    Returns
    -------
    Alignment
        With a `fit` of 0, and time for time, where one of them has no sound to go by.
    """
    for step in aligning(first, second):
        if isinstance(step, Alignment):
            return step
    raise AssertionError("the work ends with an alignment")


def aligning(
    first: Structure, second: Structure, cancel: CancelToken | None = None, job_id: int = 0
) -> Iterator[Progress | Alignment]:
    """Do what `align` does, and say how far it is; the last one yielded is the `Alignment`.

    Raises
    ------
    Cancelled
        If `cancel` was set.
    """
    cancel = cancel or CancelToken()
    stage = "aligning"
    step_s = max(first.chroma_step_s, second.chroma_step_s, FINEST_S)
    fine = [_features(_at_step(structure, step_s)) for structure in (first, second)]
    if min(len(x) for x in fine) < 2 or not all(x[:, :12].any() for x in fine):
        yield _time_for_time(first, second)
        return
    yield Progress(job_id, 0.0, stage)
    # Levels from fine to coarse, each of half as many steps.
    levels = [(step_s, fine[0], fine[1])]
    while len(levels[-1][1]) * len(levels[-1][2]) > _MOST_PAIRS:
        levels.append(_halved(levels[-1]))
    semitones = _key_between(levels[-1], cancel)
    yield Progress(job_id, 0.3, stage)
    coarse_s, a, b = levels[-1]
    path, total = _warp(a, _in_key(b, semitones), coarse_s, cancel=cancel)
    yield Progress(job_id, 0.45, stage)
    backwards = (coarse_s, a, b[::-1])
    _, chance = _warp(a, _in_key(b[::-1], _key_between(backwards, cancel)), coarse_s, cancel=cancel)
    fit = 0.0 if chance <= 0 else min(max(1.0 - total / chance, 0.0), 1.0)
    yield Progress(job_id, 0.75, stage)
    for step, a, b in reversed(levels[:-1]):
        path, _ = _warp(a, _in_key(b, semitones), step, near=path * 2, cancel=cancel)
        yield Progress(job_id, 0.9, stage)
    cancel.check()
    yield _alignment(first, second, path, step_s, semitones, fit)


# Features ----------------------------------------------------------------------------------------------------------


def _at_step(structure: Structure, step_s: float) -> FloatArray:
    """Chroma [shape=(n, 12)] as means over steps of `step_s`, which is no shorter than its own."""
    chroma = structure.chroma.T
    if not len(chroma):
        return np.zeros((0, 12), np.float32)
    edges = np.arange(0.0, len(chroma) * structure.chroma_step_s + 1e-6, step_s) / structure.chroma_step_s
    # Means between any two edges, by the integral over the columns.
    sums = np.concatenate((np.zeros((1, 12)), np.cumsum(chroma, axis=0, dtype=np.float64)))
    whole = np.minimum(edges.astype(int), len(chroma) - 1)
    integral = sums[whole] + (edges - whole)[:, None] * chroma[whole]
    return np.asarray(np.diff(integral, axis=0) * (structure.chroma_step_s / step_s), np.float32)


def _features(chroma: FloatArray) -> FloatArray:
    """Vectors of length 1 [shape=(n, 13)]: which pitch classes stand out, or, in the last column, silence."""
    centred = chroma - chroma.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    silent = length[:, 0] < 1e-6
    centred /= np.where(silent[:, None], 1.0, length)
    return np.concatenate((centred, silent[:, None]), axis=1).astype(np.float32)


def _in_key(features: FloatArray, semitones: int) -> FloatArray:
    """Features as they were had the music sounded so many semitones lower."""
    return np.concatenate((np.roll(features[:, :12], -semitones, axis=1), features[:, 12:]), axis=1)


def _halved(level: tuple[float, FloatArray, FloatArray]) -> tuple[float, FloatArray, FloatArray]:
    """The same at steps of twice the length."""
    step_s, *both = level
    halves = []
    for x in both:
        pairs = np.concatenate((x, x[-1:])) if len(x) % 2 else x
        mean = pairs[0::2] + pairs[1::2]
        length = np.linalg.norm(mean, axis=1, keepdims=True)
        halves.append(np.asarray(mean / np.where(length < 1e-6, 1.0, length), np.float32))
    return 2 * step_s, halves[0], halves[1]


def _key_between(level: tuple[float, FloatArray, FloatArray], cancel: CancelToken) -> int:
    """By how many semitones the second sounds higher: the key in which the cheapest path leads through both."""
    while len(level[1]) * len(level[2]) > _MOST_PAIRS // _KEY_FEWER:
        level = _halved(level)
    step_s, a, b = level
    totals = {key: _warp(a, _in_key(b, key), step_s, cancel=cancel)[1] for key in range(-5, 7)}
    best = min(totals, key=lambda key: totals[key])
    return best if totals[best] < (1 - _KEY_GAIN) * totals[0] else 0


# Warping -----------------------------------------------------------------------------------------------------------


def _warp(
    a: FloatArray,
    b: FloatArray,
    step_s: float,
    near: NDArray[np.int64] | None = None,
    cancel: CancelToken | None = None,
) -> tuple[NDArray[np.int64], float]:
    """Find the cheapest path through two sequences of unit vectors.

    Parameters
    ----------
    a, b : np.ndarray [shape=(n, f)], [shape=(m, f)]
        The sequences; a pair of moments costs half of 1 less their product, [0, 1].
    step_s : float
        Seconds per step, for how much may be skipped.
    near : np.ndarray [shape=(p, 2)], optional
        A path near which to look; by default everywhere.

    Returns
    -------
    path : np.ndarray [shape=(p, 2)]
        Pairs of indices that belong together, neither of them ever falling.
    total : float
        What it costs, skipped ends included.
    """
    n, m = len(a), len(b)
    offset, width = _band(n, m, near)
    most = min(_MOST_SHARE * min(n, m), _MOST_SKIP_S / step_s)
    codes = np.zeros((n + m - 1, width), np.int8)
    # A row per antidiagonal i + j = k, from i = offset[k] on, with room at both sides for steps beyond the band.
    before = np.full(width + 4, np.inf, np.float32)
    before_that = before.copy()
    best, end = np.inf, (0, 0)
    rows = max(1, _BLOCK // width)
    for k in range(n + m - 1):
        if k % rows == 0:
            if cancel is not None:
                cancel.check()
            costs = _costs(a, b, offset, width, k, min(k + rows, n + m - 1))
        cost = costs[k % rows]
        shift = offset[k] - offset[k - 1] if k else 0
        shift_2 = offset[k] - offset[k - 2] if k > 1 else 0
        total = before_that[1 + shift_2 : 1 + shift_2 + width] + _BOTH * cost
        code = codes[k]
        for kind, start in ((_FIRST, 1 + shift), (_SECOND, 2 + shift)):
            other = before[start : start + width] + _ONE * cost
            better = other < total
            total = np.where(better, other, total)
            code[better] = kind
        if k <= most:
            for column in (-offset[k], k - offset[k]):  # i = 0, and j = 0: a beginning
                if 0 <= column < width and _BOTH * cost[column] + _SKIP * k <= total[column]:
                    total[column] = _BOTH * cost[column] + _SKIP * k
                    code[column] = _START
        if n + m - 2 - k <= most:
            for column in (n - 1 - offset[k], k - (m - 1) - offset[k]):  # the last of either: an end
                if 0 <= column < width and total[column] + _SKIP * (n + m - 2 - k) < best:
                    best, end = float(total[column] + _SKIP * (n + m - 2 - k)), (k, int(column))
        before, before_that = before_that, before
        before[2 : 2 + width] = total
    return _back(codes, offset, *end), best


def _band(n: int, m: int, near: NDArray[np.int64] | None) -> tuple[NDArray[np.int64], int]:
    """First index of the first sequence on each antidiagonal that is looked at, and how many from there on."""
    if near is None:  # all of it: an antidiagonal has no more pairs than the shorter sequence has steps
        return np.maximum(np.arange(n + m - 1) - (m - 1), 0), min(n, m)
    # Along the edges before and after the path, and on straight lines between its steps.
    corners = np.concatenate(([[0, 0]], near, [[n - 1, m - 1]]))
    corners = np.minimum(corners, (n - 1, m - 1))
    sums = corners.sum(axis=1)
    keep = np.concatenate(([True], np.diff(sums) > 0))
    middle = np.interp(np.arange(n + m - 1), sums[keep], corners[keep, 0])
    # From one antidiagonal to the next a path goes on by one at most; rounded so, the band does, too.
    return np.floor(middle + 0.5).astype(np.int64) - _RADIUS, 2 * _RADIUS + 1


def _costs(a: FloatArray, b: FloatArray, offset: NDArray[np.int64], width: int, first: int, last: int) -> FloatArray:
    """What the pairs on some antidiagonals cost, infinite outside of the sequences."""
    i = offset[first:last, None] + np.arange(width)
    j = np.arange(first, last)[:, None] - i
    inside = (i >= 0) & (i < len(a)) & (j >= 0) & (j < len(b))
    both = np.einsum("kwf,kwf->kw", a[np.clip(i, 0, len(a) - 1)], b[np.clip(j, 0, len(b) - 1)])
    return np.where(inside, np.float32(0.5) * (np.float32(1) - both), np.float32(np.inf))


def _back(codes: NDArray[np.int8], offset: NDArray[np.int64], k: int, column: int) -> NDArray[np.int64]:
    """Walk a path back from its end."""
    path = []
    while True:
        i = int(offset[k]) + column
        path.append((i, k - i))
        code = codes[k, column]
        if code == _START:
            return np.array(path[::-1], np.int64)
        i -= code != _SECOND
        k -= 2 if code == _FORWARD else 1
        column = i - int(offset[k])


# The alignment -----------------------------------------------------------------------------------------------------


def _alignment(
    first: Structure, second: Structure, path: NDArray[np.int64], step_s: float, semitones: int, fit: float
) -> Alignment:
    """Make of a path two rising curves: the means of its steps over a second."""
    moments = (path + 0.5) * step_s
    half = min(max(1, round(_SMOOTH_S / step_s)) // 2, (len(moments) - 1) // 2)
    if half:
        # At the ends the window grows from one step, so that the path begins and ends where it did.
        sums = np.concatenate((np.zeros((1, 2)), np.cumsum(moments, axis=0)))
        at = np.arange(len(moments))
        reach = np.minimum(np.minimum(at, len(moments) - 1 - at), half)
        moments = (sums[at + reach + 1] - sums[at - reach]) / (2 * reach + 1)[:, None]
    # Where one recording waits for the other both still rise, if by a hair: each way there is one answer.
    moments = np.maximum.accumulate(moments, axis=0) + 1e-4 * step_s * np.arange(len(moments))[:, None]
    return Alignment(
        first.sha256,
        second.sha256,
        np.minimum(moments[:, 0], first.duration_s),
        np.minimum(moments[:, 1], second.duration_s),
        first.duration_s,
        second.duration_s,
        semitones,
        fit,
    )


def _time_for_time(first: Structure, second: Structure) -> Alignment:
    ends = np.array([0.0, max(min(first.duration_s, second.duration_s), 1e-3)])
    return Alignment(
        first.sha256, second.sha256, ends, ends.copy(), first.duration_s, second.duration_s, semitones=0, fit=0.0
    )


def _carry(
    time_s: float | NDArray[np.floating],
    here_s: NDArray[np.float64],
    there_s: NDArray[np.float64],
    duration_s: float,
) -> float | NDArray[np.float64]:
    """Take moments from one recording to the other; outside of what belongs together, time for time."""
    at = np.asarray(time_s, np.float64)
    there = np.interp(at, here_s, there_s)
    there = there + np.minimum(at - here_s[0], 0.0) + np.maximum(at - here_s[-1], 0.0)
    there = np.clip(there, 0.0, duration_s)
    return float(there) if there.ndim == 0 else there
