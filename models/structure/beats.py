"""Beats: a tempo that may change, and the chain of onsets that keeps it best; nothing where there is no pulse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.audio.descriptors.grid import grid_times
from models.audio.descriptors.rhythm import (
    RATE_HZ,
    TEMPI,
    TEMPO_PRIOR,
    autocorrelation,
    running_mean,
    tempo_strengths,
    windows,
)
from models.audio.descriptors.spectrum import INDEX

DoubleArray = NDArray[np.float64]
FloatArray = NDArray[np.float32]

#: Stretch in which a tempo is looked for: 8 s.
_WINDOW = round(8 * RATE_HZ)
_WINDOW_FFT = 1024
#: Instants whose tempograms are held at a time.
_BLOCK = 1024
#: What a change of tempo costs, per octave and at most: so much evidence of a pulse must speak for it.
_CHANGE_COST = 12.0
_LARGEST_COST = 8.0
#: How much an interval that is not the tempo's costs (Ellis 2007, his alpha).
_TIGHTNESS = 100.0
#: An onset is seen so long before it sounds, the window of a frame reaching ahead of its centre. Clicks would ask
#: for 20 ms, the softer attacks of rendered instruments for less.
_EARLY_S = 0.01
#: Onset curves that move less than this are no onsets but the front end's own ripple under a steady tone.
_LEAST_SPREAD = 0.02
#: What low, middle and high bands give to the curve: as high ones are many, a plain mean would hardly hear the bass.
_BANDS = (("flux_low", 0.3), ("flux_middle", 0.5), ("flux_high", 0.2))
#: A stretch has a pulse where its clarity, averaged over so long, is at least this.
_SMOOTH_S = 6.0
CLEAR = 0.16
#: A pulse of fewer beats than this is none.
_FEWEST = 8


@dataclass(frozen=True)
class Pulse:
    """Where the beats are.

    Attributes
    ----------
    beats_s : np.ndarray [shape=(b,), dtype=float32]
        Seconds; empty where there is no pulse.
    tempo_bpm : float or None
        The median of the beats' own tempo.
    clarity : float
        [0, 1]: how much of the onsets' motion keeps the tempo, in the clearest half of the recording.
    """

    beats_s: FloatArray
    tempo_bpm: float | None
    clarity: float


def onset_curve(frames: FloatArray) -> DoubleArray:
    """How much more than usual begins at each frame [shape=(n,)], in units of its own spread.

    Parameters
    ----------
    frames : np.ndarray [shape=(n, features)]
        What `models.audio.descriptors.stream.mel_features` gives, 43 frames per second.
    """
    flux = np.zeros(len(frames))
    for name, weight in _BANDS:
        flux += weight * frames[:, INDEX[name]]
    rise = np.maximum(flux - running_mean(flux, round(RATE_HZ)), 0)
    spread = float(rise.std())
    return rise / spread if spread > _LEAST_SPREAD else np.zeros_like(rise)


def find_pulse(frames: FloatArray, duration_s: float) -> Pulse:
    """Find the beats of a recording.

    The tempo is the path through the tempogram that is strong, near what people tap along to, and changes little; the
    beats are the chain of instants that maximises the sum of the onset curve and of

        F(t_i - t_(i-1), p) = -a ln((t_i - t_(i-1)) / p)^2,

    p being the period of the tempo at that moment (Ellis 2007, equations 1 to 3, with a tempo that may change).

    Parameters
    ----------
    frames : np.ndarray [shape=(n, features)]
        What `models.audio.descriptors.stream.mel_features` gives.
    duration_s : float
    """
    onsets = onset_curve(frames)
    if not onsets.any() or duration_s < 4.0:
        return Pulse(np.empty(0, np.float32), None, 0.0)
    times_s = grid_times(duration_s)
    tempo, clarity = _tempo_path(onsets, times_s)
    at_s = np.arange(onsets.size) / RATE_HZ
    period = 60.0 / np.interp(at_s, times_s, tempo) * RATE_HZ
    beats = _chain(onsets, period)
    clear = running_mean(clarity, max(1, round(_SMOOTH_S / 0.5)))
    beats_s = _refined(onsets, beats) + _EARLY_S
    beats_s = beats_s[(beats_s >= 0) & (beats_s <= duration_s)]
    beats_s = _where_clear(beats_s, np.interp(beats_s, times_s, clear))
    overall = float(np.sort(clear)[clear.size // 2 :].mean())
    if beats_s.size < _FEWEST:
        return Pulse(np.empty(0, np.float32), None, overall)
    return Pulse(beats_s.astype(np.float32), float(60.0 / np.median(np.diff(beats_s))), overall)


def _tempo_path(onsets: DoubleArray, times_s: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """Tempo in beats a minute at each instant, and how clear it is there, [0, 1]."""
    blocks = [_tempogram(onsets, times_s[at : at + _BLOCK]) for at in range(0, times_s.size, _BLOCK)]
    strength = np.concatenate([block[0] for block in blocks])
    liking = np.concatenate([block[1] for block in blocks])
    octaves = np.abs(np.log2(TEMPI)[:, None] - np.log2(TEMPI)[None, :])
    cost = np.minimum(_CHANGE_COST * octaves, _LARGEST_COST)
    best = liking[0].copy()
    back = np.empty(liking.shape, np.int16)
    for t in range(1, len(liking)):
        reach = best[None, :] - cost
        back[t] = reach.argmax(axis=1)
        best = reach[np.arange(TEMPI.size), back[t]] + liking[t]
    path = np.empty(len(liking), np.int64)
    path[-1] = int(best.argmax())
    for t in range(len(liking) - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return np.asarray(TEMPI[path], np.float64), strength[np.arange(len(path)), path]


def _tempogram(onsets: DoubleArray, times_s: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """Strength of each tempo around each instant [shape=(t, 137)], and how likely it is what people would tap."""
    stretch = windows(onsets, times_s, _WINDOW)
    acf = autocorrelation(stretch - stretch.mean(axis=1, keepdims=True), _WINDOW_FFT, _WINDOW - 20)
    strength = np.maximum(tempo_strengths(acf), 0)
    lag = np.round(60 / TEMPI * RATE_HZ).astype(np.int64)
    # One beat apart there must be something, not only two or three: else half of a waltz's bar would pass for a beat.
    # And slow levels gather the strength of all that are faster, so that the prior must say more than its share.
    next_beat = np.maximum(0, np.maximum(np.maximum(acf[:, lag], acf[:, lag - 1]), acf[:, lag + 1]))
    return strength, np.asarray(strength**1.5 * next_beat**0.25 * TEMPO_PRIOR**2)


def _chain(onsets: DoubleArray, period: DoubleArray) -> NDArray[np.int64]:
    """Frames of the beats: the chain of greatest score, back from its best end in the last two beats."""
    n = onsets.size
    smooth = np.convolve(onsets, np.exp(-0.5 * (np.arange(-3, 4) / 1.0) ** 2), mode="same")
    score = smooth.copy()
    before = np.full(n, -1, np.int64)
    cache: dict[int, tuple[NDArray[np.int64], DoubleArray]] = {}
    for t in range(n):
        p = round(period[t])
        if p not in cache:
            gap = np.arange(max(1, round(p / 2)), 2 * p + 1)
            cache[p] = (gap, -_TIGHTNESS * np.log(gap / p) ** 2)
        gap, cost = cache[p]
        first = t - gap[-1]
        if first < 0:
            usable = t - gap >= 0
            gap, cost = gap[usable], cost[usable]
            if not gap.size:
                continue
        reach = score[t - gap] + cost
        best = int(reach.argmax())
        if reach[best] > 0:
            score[t] += reach[best]
            before[t] = t - gap[best]
    last = max(0, n - 2 * round(period[-1]))
    at = last + int(score[last:].argmax())
    chain = []
    while at >= 0:
        chain.append(at)
        at = int(before[at])
    return np.array(chain[::-1], np.int64)


def _refined(onsets: DoubleArray, beats: NDArray[np.int64]) -> DoubleArray:
    """Seconds of each beat: the centre of the onset near it, or the frame itself where nothing begins."""
    padded = np.pad(onsets, 2)
    around = padded[beats[:, None] + np.arange(5)]
    mass = around.sum(axis=1)
    shift = (around @ np.arange(-2, 3)) / np.maximum(mass, 1e-9)
    return np.asarray((beats + np.where(mass > 0.5, shift, 0.0)) / RATE_HZ)


def _where_clear(beats_s: DoubleArray, clarity: DoubleArray) -> DoubleArray:
    """Return the beats of stretches that have a pulse and are long enough to be one."""
    keep = clarity >= CLEAR
    edges = np.flatnonzero(np.diff(np.concatenate(([False], keep, [False])).astype(np.int8)))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if last - first < _FEWEST:
            keep[first:last] = False
    return np.asarray(beats_s[keep])
