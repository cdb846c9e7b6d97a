"""Pieces that tests compose, and their performances: other tempi, timbres and keys, every note's time known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.corpus import RATE_HZ, Samples

#: Chords as semitones above the tonic; a piece walks among them.
_CHORDS = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (9, 12, 16), (2, 5, 9), (4, 7, 11), (-3, 0, 4), (10, 14, 17))


@dataclass(frozen=True)
class Note:
    """A note of a score: when it begins and how long it lasts in seconds at the written tempo, and its MIDI pitch."""

    at_s: float
    length_s: float
    pitch: int


@dataclass(frozen=True)
class Performance:
    """What is heard, and how the score's time runs in it.

    Attributes
    ----------
    y : np.ndarray [shape=(n,), dtype=float32]
        At 22,050 Hz.
    score_s, heard_s : np.ndarray [shape=(k,)]
        Moments of the score and of the performance that belong together.
    """

    y: Samples
    score_s: NDArray[np.float64]
    heard_s: NDArray[np.float64]


def compose(seconds: float, seed: int) -> list[Note]:
    """Chords of two seconds with a melody over them; every seed another piece."""
    rng = np.random.default_rng(seed)
    tonic = int(rng.integers(45, 57))
    notes = []
    for bar in range(int(seconds / 2)):
        chord = _CHORDS[rng.integers(len(_CHORDS))]
        notes += [Note(2.0 * bar, 1.9, tonic + pitch) for pitch in chord]
        at_s = 0.0
        while at_s < 2.0:
            length_s = float(rng.choice((0.25, 0.5, 0.5, 1.0)))
            pitch = chord[rng.integers(3)] if rng.random() < 0.7 else int(rng.choice((0, 2, 4, 5, 7, 9, 11)))
            notes.append(Note(2.0 * bar + at_s, min(length_s, 2.0 - at_s), tonic + 12 + pitch))
            at_s += length_s
    return notes


def perform(
    notes: Sequence[Note],
    seed: int = 0,
    tempi: tuple[float, float] = (1.0, 1.0),
    semitones: int = 0,
    brightness: float = 0.5,
    lead_s: float = 0.0,
    applause: bool = False,
) -> Performance:
    """Play a score.

    Parameters
    ----------
    notes : sequence of Note
        The score.
    seed : int
        Of the tempo, which changes about every five seconds, and of the applause.
    tempi : tuple of float
        The tempo is between these, in units of the written one.
    semitones : int
        How much higher it is played.
    brightness : float
        [0, 1): how fast overtones fall off; 0 is a flute, 0.8 a reed.
    lead_s : float
        Seconds before the music begins: silent, or full of applause.
    """
    rng = np.random.default_rng(seed)
    end_s = max(note.at_s + note.length_s for note in notes)
    score_s = np.append(np.arange(0.0, end_s, 5.0), end_s)
    pace = rng.uniform(*tempi, size=len(score_s) - 1)
    heard_s = lead_s + np.concatenate(([0.0], np.cumsum(np.diff(score_s) / pace)))
    y = np.zeros(int((heard_s[-1] + 1.5) * RATE_HZ))
    for note in notes:
        start_s, stop_s = np.interp((note.at_s, note.at_s + note.length_s), score_s, heard_s)
        t = np.arange(int((stop_s - start_s + 0.3) * RATE_HZ)) / RATE_HZ
        frequency_hz = 440.0 * 2 ** ((note.pitch + semitones - 69) / 12)
        overtones = [k for k in range(1, 9) if k * frequency_hz < 0.45 * RATE_HZ]
        tone = sum(brightness ** (k - 1) * np.sin(2 * np.pi * k * frequency_hz * t) for k in overtones)
        tone *= np.minimum(1.0, t / 0.01) * np.exp(-t / 0.8) * np.clip((stop_s - start_s + 0.25 - t) / 0.2, 0, 1)
        at = int(start_s * RATE_HZ)
        y[at : at + len(t)] += tone[: len(y) - at]
    y *= 0.5 / np.abs(y).max()
    if applause:
        y[: int(lead_s * RATE_HZ)] = rng.normal(0, 0.1, int(lead_s * RATE_HZ))
    return Performance(y.astype(np.float32), score_s, heard_s)
