"""Two recordings of one piece on one axis: dynamic time warping on chroma, from coarse to fine.

After Prätzlich, Driedger and Müller, "Memory-restricted multiscale dynamic time warping", ICASSP 2016: at the coarsest
level all pairs of moments are weighed, at each finer one only those near the path of the level before. The warping is
written here in numpy, along antidiagonals, because librosa's costs seconds of compilation when it is first called; the
tests hold it to a plain loop.

What is no part of the piece at either end (silence, applause) may be skipped at a price, and all that an excerpt leaves
out of the longer recording, where the rest then fits clearly better. The second recording may stand in another key.
Whether the two are the same music at all is judged against the second one played backwards: its harmony is made of the
same sounds, but not in this order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from models.analysis import FloatArray
from models.jobs import CancelToken, Progress
from models.structure.align_features import at_step, features, halved, in_key
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
#: One is taken for an excerpt of the other where more than that is skipped, and the rest fits better by this.
_EXCERPT_GAIN = 0.1
#: So much of a recording that is not matched is told: of it, and in seconds.
_TOLD_SHARE, _TOLD_S = 0.15, 5.0
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
        different pieces (`SAME_MUSIC`). Of the part that is matched where one is an excerpt of the other.
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

    @property
    def part_of_first(self) -> tuple[float, float] | None:
        """From where to where the first recording is matched (s); None where that is nearly all of it."""
        return _part(self.first_s, self.first_duration_s)

    @property
    def part_of_second(self) -> tuple[float, float] | None:
        """From where to where the second recording is matched (s); None where that is nearly all of it."""
        return _part(self.second_s, self.second_duration_s)

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
    fine = [features(at_step(structure, step_s)) for structure in (first, second)]
    if min(len(x) for x in fine) < 2 or not all(x[:, :12].any() for x in fine):
        yield _time_for_time(first, second)
        return
    yield Progress(job_id, 0.0, stage)
    # Levels from fine to coarse, each of half as many steps.
    levels = [(step_s, fine[0], fine[1])]
    while len(levels[-1][1]) * len(levels[-1][2]) > _MOST_PAIRS:
        levels.append(halved(levels[-1]))
    semitones = _key_between(levels[-1], cancel)
    yield Progress(job_id, 0.3, stage)
    coarse_s, a, b = levels[-1]
    backwards = (coarse_s, a, b[::-1])
    other_way = in_key(b[::-1], _key_between(backwards, cancel))
    b = in_key(b, semitones)
    path, total = _warp(a, b, coarse_s, excerpt=True, cancel=cancel)
    yield Progress(job_id, 0.45, stage)
    excerpt, fit = not _within_limits(path, len(a), len(b), coarse_s), 0.0
    if excerpt:
        chance = _per_step(*_warp(a, other_way, coarse_s, excerpt=True, cancel=cancel), len(a), len(b))
        fit = _fit(_per_step(path, total, len(a), len(b)), chance)
        yield Progress(job_id, 0.6, stage)
    whole_path, total = _warp(a, b, coarse_s, cancel=cancel) if excerpt else (path, total)
    whole_fit = _fit(total, _warp(a, other_way, coarse_s, cancel=cancel)[1])
    excerpt = excerpt and fit > whole_fit + _EXCERPT_GAIN
    if not excerpt:
        path, fit = whole_path, whole_fit
    yield Progress(job_id, 0.75, stage)
    for step, a, b in reversed(levels[:-1]):
        path, _ = _warp(a, in_key(b, semitones), step, near=path * 2, excerpt=excerpt, cancel=cancel)
        yield Progress(job_id, 0.9, stage)
    cancel.check()
    yield _alignment(first, second, path, step_s, semitones, fit)


# The key -------------------------------------------------------------------------------------------------------------


def _key_between(level: tuple[float, FloatArray, FloatArray], cancel: CancelToken) -> int:
    """By how many semitones the second sounds higher: the key in which the cheapest path leads through both."""
    while len(level[1]) * len(level[2]) > _MOST_PAIRS // _KEY_FEWER:
        level = halved(level)
    step_s, a, b = level
    found = {key: _warp(a, in_key(b, key), step_s, excerpt=True, cancel=cancel) for key in range(-5, 7)}
    best = min(found, key=lambda key: found[key][1])
    gain = _per_step(*found[best], len(a), len(b)) < (1 - _KEY_GAIN) * _per_step(*found[0], len(a), len(b))
    return best if gain else 0


# Warping -----------------------------------------------------------------------------------------------------------


def _warp(
    a: FloatArray,
    b: FloatArray,
    step_s: float,
    near: NDArray[np.int64] | None = None,
    excerpt: bool = False,
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
    excerpt : bool
        Whether as much as one likes may be skipped of the longer one, at the same price.

    Returns
    -------
    path : np.ndarray [shape=(p, 2)]
        Pairs of indices that belong together, neither of them ever falling.
    total : float
        What it costs, skipped ends included.
    """
    n, m = len(a), len(b)
    offset, width = _band(n, m, near)
    most = _most_skipped(n, m, step_s)
    most_a, most_b = (n if excerpt and n > m else most), (m if excerpt and m > n else most)
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
        for column, limit in ((-offset[k], most_b), (k - offset[k], most_a)):  # i = 0, and j = 0: a beginning
            if k <= limit and 0 <= column < width and _BOTH * cost[column] + _SKIP * k <= total[column]:
                total[column] = _BOTH * cost[column] + _SKIP * k
                code[column] = _START
        rest = n + m - 2 - k
        for column, limit in ((n - 1 - offset[k], most_b), (k - (m - 1) - offset[k], most_a)):  # the last of either
            if rest <= limit and 0 <= column < width and total[column] + _SKIP * rest < best:
                best, end = float(total[column] + _SKIP * rest), (k, int(column))
        before, before_that = before_that, before
        before[2 : 2 + width] = total
    return _back(codes, offset, *end), best


def _most_skipped(n: int, m: int, step_s: float) -> float:
    """How many steps may be skipped at either end of recordings that are the same piece as wholes."""
    return min(_MOST_SHARE * min(n, m), _MOST_SKIP_S / step_s)


def _within_limits(path: NDArray[np.int64], n: int, m: int, step_s: float) -> bool:
    """Whether a path skips no more than recordings that are the same piece as wholes may."""
    most = _most_skipped(n, m, step_s)
    return bool(path[0].sum() <= most and n + m - 2 - path[-1].sum() <= most)


def _per_step(path: NDArray[np.int64], total: float, n: int, m: int) -> float:
    """What a path costs for each step of both that it matches, without what is skipped."""
    matched = float((path[-1] - path[0]).sum() + 2)
    return (total - _SKIP * (n + m - matched)) / matched


def _fit(cost: float, chance: float) -> float:
    """How much less than by chance something costs, [0, 1]."""
    return 0.0 if chance <= 0 else min(max(1.0 - cost / chance, 0.0), 1.0)


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


def _part(matched_s: NDArray[np.float64], duration_s: float) -> tuple[float, float] | None:
    start_s, end_s = float(matched_s[0]), float(matched_s[-1])
    left_s = duration_s - (end_s - start_s)
    return None if left_s <= max(_TOLD_S, _TOLD_SHARE * duration_s) else (start_s, end_s)


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
