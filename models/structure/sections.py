"""Sections: where the music becomes another, by self-similarity, and which stretches are of one kind."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from string import ascii_uppercase

import numpy as np
from numpy.typing import NDArray

from models.audio.cqt import FRAME_RATE_HZ
from models.audio.descriptors.grid import window_mean
from models.audio.descriptors.rhythm import RATE_HZ
from models.audio.descriptors.spectrum import INDEX
from models.structure.chroma import Harmony
from models.structure.structure import Section

DoubleArray = NDArray[np.float64]
FloatArray = NDArray[np.float32]

#: Steps are half a second long, or longer where there would be more than this many: each is compared with each.
MOST_STEPS = 1200
_STEP_S = 0.5
#: What makes up timbre here, and how much of each is a clear difference (in the units of `frame_features`).
_TIMBRE = {
    "level": 8.0, "brightness": 0.8, "flux": 0.06, "flatness": 1.2,
    "mfcc_1": 6.0, "mfcc_2": 3.0, "mfcc_3": 2.5, "mfcc_4": 2.0, "mfcc_5": 2.0, "mfcc_6": 1.5,
}  # fmt: skip
#: What is softer than this before the first and after the last sound opens and closes no section.
_FAINT_DB = -25.0
#: Softer than this against the recording's loud level is one silence to another.
_SILENT_DB = -50.0
#: Half the width of the checkerboard: a share of the recording, between these.
_KERNEL_SHARE = 1 / 7
_KERNEL_S = (5.0, 14.0)
_KERNEL_STEPS = 8
#: So much of that half is smoothed over before, so that one chord after the other is no boundary.
_SMOOTH_TIMBRE = 0.35
_SMOOTH_HARMONY = 0.7
#: A boundary stands out of its surroundings by so much similarity.
_PROMINENT = 0.06
#: Kinds that are no further apart than this share a letter; their timbre is smoothed over so long.
_ALIKE = 0.30
_LETTER_TIMBRE_S = 2.0
#: A section that says the same twice is two, if the second time follows the first so closely.
_REPEATED = 0.75
_REPEAT_STANDS_OUT = 0.12


@dataclass(frozen=True)
class _Steps:
    """Timbre [shape=(n, d)], in clear differences, and harmony [shape=(n, 12)], of length 1, at each step."""

    step_s: float
    timbre: FloatArray
    harmony: FloatArray

    def sounding(self) -> tuple[int, int]:
        """First and one past the last step that is not faint; all where none is."""
        at = np.flatnonzero(self.timbre[:, 0] > _FAINT_DB / _TIMBRE["level"])
        return (int(at[0]), int(at[-1]) + 1) if at.size else (0, len(self.timbre))

    def part(self, first: int, last: int) -> _Steps:
        """Only some of the steps."""
        return _Steps(self.step_s, self.timbre[first:last], self.harmony[first:last])

    def alike(self, a: slice, b: slice) -> FloatArray:
        """Similarity of steps with steps, [0, 1]: half of it by harmony, half by timbre."""
        distance = (
            (self.timbre[a] ** 2).sum(axis=1)[:, None]
            + (self.timbre[b] ** 2).sum(axis=1)[None, :]
            - 2 * self.timbre[a] @ self.timbre[b].T
        )
        by_timbre = np.exp(-2.0 * np.maximum(distance, 0) / len(_TIMBRE))
        return np.asarray(0.5 * by_timbre + 0.5 * self.same_harmony(a, b), np.float32)

    def same_harmony(self, a: slice, b: slice) -> FloatArray:
        """Similarity of harmony, [0, 1]: the cosine above what unlike chords have in common."""
        cosine = self.harmony[a] @ self.harmony[b].T
        return np.asarray(np.clip((cosine - 0.4) / 0.6, 0, 1), np.float32)


def find_sections(frames: FloatArray, harmony: Harmony, duration_s: float) -> tuple[Section, ...]:
    """Part a recording into sections, and give like ones a letter.

    Boundaries are peaks of novelty: how much more alike the music is before and after a moment, each within itself,
    than across it (Foote 2000, a checkerboard along the diagonal of the self-similarity). Sections whose harmony and
    timbre are alike share a letter; where one plays the same twice, it is two.

    Parameters
    ----------
    frames : np.ndarray [shape=(n, features)]
        What `models.audio.descriptors.stream.mel_features` gives.
    harmony : Harmony
    duration_s : float

    Returns
    -------
    tuple of Section
        Without gaps from 0 to `duration_s`; one where nothing differs.
    """
    step_s = max(_STEP_S, duration_s / MOST_STEPS)
    half = max(_KERNEL_STEPS, round(float(np.clip(_KERNEL_SHARE * duration_s, *_KERNEL_S)) / step_s))
    half_s = half * step_s
    steps = _steps(frames, harmony, duration_s, step_s, _SMOOTH_TIMBRE * half_s, _SMOOTH_HARMONY * half_s)
    first, last = steps.sounding()
    inside = steps.part(first, last)
    edges = [first, *(first + edge for edge in _boundaries(_novelty(inside, half), half)), last]
    steps = _steps(frames, harmony, duration_s, step_s, _LETTER_TIMBRE_S, 1.0)
    # Only what has become of the boundaries is sharpened: a false one would find the two chords furthest apart.
    edges, letters = _joined(edges, _letters(steps, edges))
    edges_s = _sharpened(frames, harmony, duration_s, [step_s * edge for edge in edges], half_s)
    times_s, letters = _repeats(_steps(frames, harmony, duration_s, step_s, 1.0, 1.0), edges_s, letters, half)
    times_s = [0.0, *times_s[1:-1], duration_s]
    return tuple(
        Section(start_s, end_s, letter)
        for start_s, end_s, letter in zip(times_s[:-1], times_s[1:], letters, strict=True)
    )


def _steps(
    frames: FloatArray, harmony: Harmony, duration_s: float, step_s: float, timbre_s: float, harmony_s: float
) -> _Steps:
    n = max(1, round(duration_s / step_s))
    middles: DoubleArray = (np.arange(n) + 0.5).astype(np.float64) * step_s
    weight = np.sqrt(frames[:, INDEX["power"]])
    level = 10 * np.log10(window_mean(frames[:, INDEX["power"]], RATE_HZ, middles, max(timbre_s, step_s)) + 1e-9)
    sounding = level > _SILENT_DB
    timbre = np.zeros((n, len(_TIMBRE)), np.float32)
    for column, (name, scale) in enumerate(_TIMBRE.items()):
        values = window_mean(frames[:, INDEX[name]], RATE_HZ, middles, max(timbre_s, step_s), weight)
        timbre[:, column] = np.where(sounding, (level if name == "level" else values) / scale, 0)
    timbre[~sounding, 0] = (_SILENT_DB - 20) / _TIMBRE["level"]
    chroma = window_mean(np.sqrt(harmony.chroma), FRAME_RATE_HZ, middles, max(harmony_s, step_s))
    length = np.linalg.norm(chroma, axis=1, keepdims=True)
    return _Steps(step_s, timbre, np.where(length > 0, chroma / np.maximum(length, 1e-9), 0).astype(np.float32))


def _novelty(steps: _Steps, half: int) -> DoubleArray:
    """How much the music before each edge of steps differs from the music after it [shape=(n + 1,)]."""
    n = len(steps.timbre)
    out = np.zeros(n + 1)
    taper = np.exp(-0.5 * ((np.arange(half) + 0.5) / (0.6 * half)) ** 2)
    for edge in range(2, n - 1):
        before, after = min(half, edge), min(half, n - edge)
        s = steps.alike(slice(edge - before, edge + after), slice(edge - before, edge + after))
        weight = np.concatenate((taper[:before][::-1], taper[:after]))
        w = weight[:, None] * weight[None, :]
        np.fill_diagonal(w, 0)  # a step is like itself: that says nothing
        a, b = slice(0, before), slice(before, before + after)
        within = (w[a, a] * s[a, a]).sum() / w[a, a].sum() + (w[b, b] * s[b, b]).sum() / w[b, b].sum()
        across = (w[a, b] * s[a, b]).sum() / w[a, b].sum()
        out[edge] = max(0.0, within / 2 - across) * min(before, after) / half
    return out


def _boundaries(novelty: DoubleArray, half: int) -> list[int]:
    """Peaks that stand out, most of half a kernel apart, and one from the ends: a last chord is no section."""
    apart = max(2, round(0.8 * half))
    smooth = np.convolve(novelty, (0.25, 0.5, 0.25), mode="same")
    chosen: list[int] = []
    for edge in np.argsort(smooth)[::-1]:
        if smooth[edge] < _PROMINENT:
            break
        here = smooth[max(0, edge - half) : edge + half + 1]
        is_peak = smooth[edge] >= smooth[max(0, edge - 2) : edge + 3].max()
        stands_out = smooth[edge] - here.min() >= _PROMINENT
        far = all(abs(int(edge) - other) >= apart for other in chosen)
        if is_peak and stands_out and far and half <= edge <= novelty.size - 1 - half:
            chosen.append(int(edge))
    return sorted(chosen)


def _sharpened(
    frames: FloatArray, harmony: Harmony, duration_s: float, edges_s: list[float], half_s: float
) -> list[float]:
    """Edges where each half second goes to the section that it is more like: smoothing and long steps blur them."""
    steps = _steps(frames, harmony, duration_s, _STEP_S, 1.0, 1.0)
    half, reach = round(half_s / _STEP_S), max(1, round(0.4 * half_s / _STEP_S))
    edges = [min(round(edge_s / _STEP_S), len(steps.timbre)) for edge_s in edges_s]
    out = list(edges)
    for k in range(1, len(edges) - 1):
        before = slice(max(edges[k - 1], edges[k] - 2 * half), max(edges[k - 1] + 1, edges[k] - reach))
        after = slice(min(edges[k + 1] - 1, edges[k] + reach), min(edges[k + 1], edges[k] + 2 * half))
        first, last = max(edges[k] - reach, out[k - 1] + reach), min(edges[k] + reach, edges[k + 1] - reach)
        if first >= last:
            continue
        between = slice(first, last)
        leaning = steps.alike(between, after).mean(axis=1) - steps.alike(between, before).mean(axis=1)
        # What leans to the section after comes after the edge.
        gain = np.concatenate(([0.0], np.cumsum(-leaning)))
        out[k] = first + int(gain.argmax())
    return [_STEP_S * edge for edge in out]


def _joined(edges: list[int], letters: list[str]) -> tuple[list[int], list[str]]:
    """Neighbours of one kind as one: what parted them was no other kind of music."""
    new = [k for k in range(len(letters)) if k == 0 or letters[k] != letters[k - 1]]
    return [*(edges[k] for k in new), edges[-1]], [letters[k] for k in new]


def _repeats(steps: _Steps, edges_s: list[float], letters: list[str], half: int) -> tuple[list[float], list[str]]:
    """Part sections that play the same two, three or four times."""
    parted, named = [edges_s[0]], []
    for (first_s, last_s), letter in zip(pairwise(edges_s), letters, strict=True):
        times = _times_played(steps, round(first_s / steps.step_s), round(last_s / steps.step_s), half)
        parted += [first_s + (last_s - first_s) * k / times for k in range(1, times + 1)]
        named += [letter] * times
    return parted, named


def _times_played(steps: _Steps, first: int, last: int, half: int) -> int:
    """How many times a section plays the same, 1 if it does not or is a short loop."""
    size = last - first
    least = max(half, 4)
    if size < 2 * least:
        return 1
    s = steps.same_harmony(slice(first, last), slice(first, last))
    lags = np.arange(2, size - least // 2)
    follows = np.array([float(np.diagonal(s, lag).mean()) for lag in lags])
    for times in (4, 3, 2):
        lag = size / times
        if lag < least:
            continue
        near = np.abs(lags - lag) <= max(1, 0.06 * lag)
        shorter = (lags >= 4) & (lags < 0.85 * lag)
        if not near.any() or not shorter.any():
            continue
        best = float(follows[near].max())
        if best >= _REPEATED and best - float(follows[shorter].max()) >= _REPEAT_STANDS_OUT:
            return times
    return 1


def _letters(steps: _Steps, edges: list[int]) -> list[str]:
    """A letter to each section: kinds are joined, nearest first, while they are alike; named as they first appear."""
    spans = list(pairwise(edges))
    apart = _apart(steps, spans)
    np.fill_diagonal(apart, np.inf)
    size = np.ones(len(spans))
    kind = np.arange(len(spans))
    while np.isfinite(apart).any():
        x, y = sorted(int(i) for i in np.unravel_index(int(apart.argmin()), apart.shape))
        if apart[x, y] > _ALIKE:
            break
        # The mean distance of all pairs of members, as both groups become the first of them.
        joined = (size[x] * apart[x] + size[y] * apart[y]) / (size[x] + size[y])
        apart[x], apart[:, x] = joined, joined
        apart[y], apart[:, y] = np.inf, np.inf
        apart[x, x] = np.inf
        size[x] += size[y]
        kind[kind == y] = x
    order = list(dict.fromkeys(kind.tolist()))
    return [_name(order.index(k)) for k in kind.tolist()]


def _name(k: int) -> str:
    """A to Z, then A2 to Z2 and so on."""
    return ascii_uppercase[k % 26] + (str(k // 26 + 1) if k >= 26 else "")


def _apart(steps: _Steps, spans: list[tuple[int, int]]) -> DoubleArray:
    """How far sections are apart [shape=(k, k)], [0, 1]: by mean timbre, and by how much of the harmony they share."""
    timbre = np.array([steps.timbre[first:last].mean(axis=0) for first, last in spans], np.float64)
    by_timbre = 1 - np.exp(-2.0 * ((timbre[:, None] - timbre[None, :]) ** 2).mean(axis=2))
    harmony = np.array([steps.harmony[first:last].mean(axis=0) for first, last in spans], np.float64)
    length = np.linalg.norm(harmony, axis=1, keepdims=True)
    harmony = harmony / np.maximum(length, 1e-9)
    both = (length > 1e-9) & (length.T > 1e-9)
    by_harmony = np.where(both, np.clip((1 - harmony @ harmony.T) / 0.4, 0, 1), 0)
    return np.asarray(0.5 * by_timbre + 0.5 * by_harmony, np.float64)
