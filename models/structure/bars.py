"""Bars: which of the beats are first ones, by where harmony changes and the bass and the accents fall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.audio.descriptors.rhythm import RATE_HZ
from models.audio.descriptors.spectrum import INDEX
from models.structure.chroma import Harmony

DoubleArray = NDArray[np.float64]
FloatArray = NDArray[np.float32]

#: Beats to the bar that are weighed.
METRES = (2, 3, 4)
#: What makes a beat a first one, and how much each counts.
_WEIGHTS = {"harmony": 1.0, "bass": 0.7, "low onset": 0.5, "onset": 0.6}
#: What a bar of another length than the metre's costs: so much evidence must speak for it.
_SLIP_COST = 6.0
#: First beats stand out by so many standard errors, and by so many standard deviations, or there are no bars.
_CLEAR_ERRORS = 5.0
_CLEAR_DEVIATIONS = 0.45
#: A metre of four must hold more than one of two: its first beats stand out of its third ones.
_FOUR_ERRORS = 2.5
_FEWEST_BEATS = 12
#: An accent may lie so far from its beat.
_NEAR_S = 0.06


@dataclass(frozen=True)
class Bars:
    """First beats of bars.

    Attributes
    ----------
    downbeats_s : np.ndarray [shape=(d,), dtype=float32]
        Some of the beats, in seconds; empty where no metre is clear.
    metre : int or None
        Beats to the bar.
    """

    downbeats_s: FloatArray
    metre: int | None


def find_bars(beats_s: FloatArray, frames: FloatArray, harmony: Harmony) -> Bars:
    """Choose among metres of two, three and four beats, and where their bars begin.

    Each beat has an accent: how much the harmony and the bass are other than on the beat before, and how strong an
    onset it is. Of each metre the best path through its bars is taken; a path may slip where the beats do. No bars are
    said where the first beats of the best do not stand out of the others.

    Parameters
    ----------
    beats_s : np.ndarray [shape=(b,)]
        Seconds.
    frames : np.ndarray [shape=(n, features)]
        What `models.audio.descriptors.stream.mel_features` gives.
    harmony : Harmony
    """
    none = Bars(np.empty(0, np.float32), None)
    if beats_s.size < _FEWEST_BEATS:
        return none
    accents = beat_accents(beats_s, frames, harmony)
    paths = {metre: _best_path(accents, metre) for metre in METRES}
    errors = {metre: _standing_out(accents, place == 0, place != 0)[0] for metre, place in paths.items()}
    four = paths[4]
    if _standing_out(accents, four == 0, four == 2)[0] < _FOUR_ERRORS:
        del errors[4]
    elif errors[4] > 0:
        del errors[2]
    metre = max(errors, key=errors.__getitem__)
    first = paths[metre] == 0
    error, deviations = _standing_out(accents, first, ~first)
    if error < _CLEAR_ERRORS or deviations < _CLEAR_DEVIATIONS:
        return none
    return Bars(beats_s[first].astype(np.float32), metre)


def beat_accents(beats_s: FloatArray, frames: FloatArray, harmony: Harmony) -> DoubleArray:
    """How much each beat is like the first of a bar [shape=(b,)], mean 0, in units of its own spread."""
    last_s = beats_s[-1] + (beats_s[-1] - beats_s[-2])
    edges_s = np.append(beats_s.astype(np.float64), last_s)
    parts = {
        "harmony": _change(harmony.between(harmony.chroma, edges_s)),
        "bass": _change(harmony.between(harmony.bass, edges_s)),
        "low onset": _near(frames[:, INDEX["flux_low"]], beats_s),
        "onset": _near(frames[:, INDEX["flux"]], beats_s),
    }
    total = sum(weight * _standard(parts[name]) for name, weight in _WEIGHTS.items())
    return _standard(np.asarray(total, np.float64))


def _change(x: FloatArray) -> DoubleArray:
    """1 less the cosine between each row and the one before [shape=(b,)]; 0 for the first."""
    unit = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
    out = np.zeros(len(x))
    out[1:] = 1 - (unit[1:] * unit[:-1]).sum(axis=1)
    return out


def _near(curve: FloatArray, beats_s: FloatArray) -> DoubleArray:
    """Largest value near each beat."""
    reach = round(_NEAR_S * RATE_HZ)
    at = np.round(beats_s * RATE_HZ).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
    return np.asarray(curve[np.clip(at, 0, len(curve) - 1)].max(axis=1), np.float64)


def _standard(x: DoubleArray) -> DoubleArray:
    spread = float(x.std())
    return (x - x.mean()) / spread if spread > 1e-9 else np.zeros_like(x)


def _best_path(accents: DoubleArray, metre: int) -> NDArray[np.int64]:
    """Place of each beat in its bar [shape=(b,)], 0 the first, by the path on which first beats gather most accent."""
    b = accents.size
    gain = np.full((b, metre), -1.0 / (metre - 1)) * accents[:, None]
    gain[:, 0] = accents
    score = gain[0].copy()
    back = np.empty((b, metre), np.int64)
    follows = (np.arange(metre) - 1) % metre
    for i in range(1, b):
        stay = score[follows]
        slip = int(score.argmax())
        slipped = score[slip] - _SLIP_COST > stay
        back[i] = np.where(slipped, slip, follows)
        score = np.where(slipped, score[slip] - _SLIP_COST, stay) + gain[i]
    path = np.empty(b, np.int64)
    path[-1] = int(score.argmax())
    for i in range(b - 1, 0, -1):
        path[i - 1] = back[i, path[i]]
    return path


def _standing_out(accents: DoubleArray, of: NDArray[np.bool_], among: NDArray[np.bool_]) -> tuple[float, float]:
    """How far some beats' accents lie above others', in standard errors and in standard deviations."""
    a, b = accents[of], accents[among]
    if a.size < 2 or b.size < 2:
        return 0.0, 0.0
    spread = np.sqrt((a.var() * a.size + b.var() * b.size) / (a.size + b.size)) + 1e-9
    difference = float(a.mean() - b.mean()) / float(spread)
    return difference / float(np.sqrt(1 / a.size + 1 / b.size)), difference
