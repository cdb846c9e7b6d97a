"""Written music: pitches, notes, a tempo that breathes, and a small notation for melodies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def pitch(name: str) -> float:
    """MIDI number of a note name such as ``F#4`` or ``Bb3`` (``A4`` = 69)."""
    letter, rest = name[0], name[1:]
    alter = 0
    while rest[0] in "#b":
        alter += 1 if rest[0] == "#" else -1
        rest = rest[1:]
    return float(STEPS[letter] + alter + 12 * (int(rest) + 1))


def hz(midi: float | np.ndarray) -> float | np.ndarray:
    """Frequency of a MIDI number, equal temperament, A4 = 440 Hz."""
    return 440.0 * 2.0 ** ((midi - 69.0) / 12.0)


@dataclass(frozen=True)
class Note:
    """One note on the page.

    Parameters
    ----------
    at : float
        Onset in beats from the beginning of the piece.
    beats : float
        Written length in beats.
    midi : float
        Pitch as a MIDI number.
    level : float
        [0, 1] how strongly it is played.
    marks : str
        Performance marks: ``~`` slide into the note, ``b`` bend up into it, ``v`` wide vibrato.
    """

    at: float
    beats: float
    midi: float
    level: float
    marks: str = ""

    @property
    def end(self) -> float:
        """Written end in beats."""
        return self.at + self.beats


class Tempo:
    """A tempo curve, linear between its points.

    Parameters
    ----------
    points : sequence of (beat, bpm)
        Beats per minute at chosen beats, in rising order; held before the first and after the last.
    lead_in_s : float
        Seconds of silence before beat 0.
    """

    def __init__(self, points: Sequence[tuple[float, float]], lead_in_s: float = 0.08) -> None:
        beats = np.array([p[0] for p in points])
        bpm = np.array([p[1] for p in points])
        self._grid = np.linspace(beats[0], beats[-1] + 16.0, 8192)
        seconds_per_beat = 60.0 / np.interp(self._grid, beats, bpm)
        steps = np.diff(self._grid) * 0.5 * (seconds_per_beat[1:] + seconds_per_beat[:-1])
        self._seconds = lead_in_s + np.concatenate([[0.0], np.cumsum(steps)])

    def seconds(self, beat: float) -> float:
        """Time in seconds at which `beat` falls."""
        return float(np.interp(beat, self._grid, self._seconds))


def line(text: str, at: float, level: float | Sequence[float], up: float = 0.0) -> list[Note]:
    """Read a melody from its notation.

    Parameters
    ----------
    text : str
        Tokens ``<pitch>/<beats><marks>`` or ``r/<beats>`` for a rest; ``|`` is only for the eye.
    at : float
        Beat at which the melody begins.
    level : float or sequence of float
        How strongly: one value, or values spread evenly over the melody's length (a hairpin).
    up : float
        Semitones to transpose by.
    """
    shape = np.atleast_1d(np.asarray(level, dtype=float))
    tokens = [token.split("/") for token in text.replace("|", " ").split()]
    lengths = [float(t[1].rstrip("~bv")) for t in tokens]
    total = sum(lengths)
    notes: list[Note] = []
    beat = 0.0
    for (name, tail), beats in zip(tokens, lengths, strict=True):
        if name != "r":
            strength = float(np.interp(beat / total, np.linspace(0, 1, len(shape)), shape))
            marks = tail.lstrip("0123456789.")
            notes.append(Note(at + beat, beats, pitch(name) + up, strength, marks))
        beat += beats
    return notes


def pattern(
    names: str, at: float, step: float, level: float | Sequence[float], *, ring: float = 2.0, times: int = 1
) -> list[Note]:
    """Even notes, `step` beats apart, the pattern played `times` times; each rings for `ring` steps."""
    pitches = [pitch(n) for n in names.split()] * times
    shape = np.atleast_1d(np.asarray(level, dtype=float))
    strengths = np.interp(np.linspace(0, 1, len(pitches)), np.linspace(0, 1, len(shape)), shape)
    # The first note of each group of four leads it, as a player's hand would.
    accents = np.where(np.arange(len(pitches)) % 4 == 0, 1.0, 0.82)
    return [
        Note(at + i * step, step * ring, p, float(s * a))
        for i, (p, s, a) in enumerate(zip(pitches, strengths, accents, strict=True))
    ]


def chord(names: str, at: float, beats: float, level: float, spread: float = 0.0) -> list[Note]:
    """Notes struck together, or rolled upwards with `spread` beats between neighbours."""
    return [
        Note(at + i * spread, beats - i * spread, pitch(n), level * (1.0 - 0.02 * i))
        for i, n in enumerate(names.split())
    ]


def sweep(
    scale: str, ends: tuple[str, str], at: float, beats: float, level: Sequence[float], *, ring: float
) -> list[Note]:
    """A glissando over all the strings of a pentatonic tuning between two pitches.

    `ends` may fall as well as rise. Each string rings for `ring` beats.
    """
    classes = {pitch(n + "4") % 12 for n in scale.split()}
    start, stop = pitch(ends[0]), pitch(ends[1])
    ladder = [m for m in np.arange(min(start, stop), max(start, stop) + 1) if m % 12 in classes]
    if start > stop:
        ladder.reverse()
    x = np.linspace(0, 1, len(ladder))
    strengths = np.interp(x, np.linspace(0, 1, len(level)), level)
    # The hand gathers speed.
    onsets = at + beats * (1.35 * x - 0.35 * x**2)
    return [Note(float(o), ring, float(m), float(s)) for o, m, s in zip(onsets, ladder, strengths, strict=True)]
