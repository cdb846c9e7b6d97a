"""Pieces whose beats, bars and form are known: composed here, a loop of chords and a tune to each letter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests.corpus import RATE_HZ, Samples, pluck

DoubleArray = NDArray[np.float64]

#: Roots of chords in semitones above the tonic; a progression to each letter.
_PROGRESSIONS = {
    "A": (0, 9, 5, 7, 0, 4, 2, 7),
    "B": (4, 11, 2, 6, 4, 9, 11, 6),
    "C": (8, 3, 10, 1, 8, 5, 3, 10),
    "D": (2, 7, 0, 9, 2, 9, 7, 2),
}
#: Per letter: brightness, semitones above the tonic, notes to a beat, loudness.
_SOUNDS = {"A": (0.35, 12, 1, 0.5), "B": (0.75, 24, 2, 0.9), "C": (0.5, 5, 1, 0.35), "D": (0.85, 19, 3, 0.8)}


@dataclass(frozen=True)
class Piece:
    """A composed piece: its sound, and what is true of it in seconds."""

    y: Samples
    beats_s: DoubleArray
    downbeats_s: DoubleArray
    boundaries_s: DoubleArray
    letters: str


def clicks(times_s: NDArray[np.floating], seconds: float, seed: int = 0) -> Samples:
    """Short bursts of noise at these times."""
    rng = np.random.default_rng(seed)
    y = np.zeros(round(seconds * RATE_HZ) + RATE_HZ)
    burst = rng.standard_normal(800) * np.exp(-np.arange(800) / 150)
    for time_s in times_s:
        first = round(float(time_s) * RATE_HZ)
        y[first : first + burst.size] += burst
    out: Samples = (0.5 * y[: round(seconds * RATE_HZ)] / np.abs(y).max()).astype(np.float32)
    return out


def beat_times(bpm: tuple[float, float], beats: int, start_s: float = 0.3) -> DoubleArray:
    """Beats whose tempo moves evenly from the first to the second."""
    tempo = np.linspace(*bpm, beats - 1)
    return start_s + np.concatenate(([0.0], np.cumsum(60.0 / tempo)))


@cache
def _sound(note: float, seconds: float, brightness: float) -> DoubleArray:
    return pluck(440.0 * 2 ** ((note - 69) / 12), seconds, RATE_HZ, brightness, seconds / 3)


def compose(
    form: str, seed: int = 0, *, bpm: tuple[float, float] = (108.0, 108.0), metre: int = 4, bars: int = 8,
    apart: bool = True,
) -> Piece:  # fmt: skip
    """Compose a piece of sections.

    Parameters
    ----------
    form : str
        A letter, A to D, per section.
    seed : int
        Another tonic, tune and touch for every one.
    bpm : tuple of float
        Tempo at the start and at the end.
    metre, bars : int
        Beats to the bar, bars to a section.
    apart : bool
        Whether letters also differ in register, timbre, density and loudness, or in their chords and tunes only.
    """
    rng = np.random.default_rng(seed)
    tonic = 45 + int(rng.integers(0, 12))
    beats_s = beat_times(bpm, len(form) * bars * metre + 1)
    y = np.zeros(round((beats_s[-1] + 3) * RATE_HZ))
    tunes = {letter: rng.integers(0, 5, bars * metre * 4) for letter in sorted(set(form))}

    def play(note: float, time_s: float, level: float, brightness: float, seconds: float) -> None:
        at = max(0, round((time_s + rng.normal(0, 0.004)) * RATE_HZ))
        sound = _sound(note, seconds, brightness)
        y[at : at + sound.size] += level * rng.uniform(0.85, 1.15) * sound[: y.size - at]

    for section, letter in enumerate(form):
        brightness, height, density, loudness = _SOUNDS[letter if apart else "A"]
        for beat in range(bars * metre):
            index = section * bars * metre + beat
            now_s, length_s = float(beats_s[index]), float(beats_s[index + 1] - beats_s[index])
            root = tonic + _PROGRESSIONS[letter][beat // metre % 8]
            if beat % metre == 0:
                play(root - 12, now_s, 1.2 * loudness, brightness, 1.5)
            for interval in (0, 4 if root % 3 else 3, 7) if beat % metre == 0 else (7,):
                play(root + interval, now_s, 0.5 * loudness, brightness, 0.8)
            for k in range(density):
                step = (0, 4, 7, 12, 16)[tunes[letter][beat * 4 + k]]
                play(root + height + step, now_s + k / density * length_s, 0.6 * loudness, brightness, 0.6)
    edges = np.arange(len(form) + 1) * bars * metre
    return Piece(
        (0.7 * y / np.abs(y).max()).astype(np.float32),
        beats_s[:-1],
        beats_s[:-1:metre],
        beats_s[edges[1:-1]],
        form,
    )
