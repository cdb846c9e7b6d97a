"""Bowed strings and flutes: one voice that slides and sings, and sections of many players."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from demo_music.dsp import RATE, Bus, Wavetable, equalise, fade, smooth_noise, soften
from demo_music.score import Note, hz

Clock = Callable[[float], float]


@dataclass(frozen=True)
class Voice:
    """The character of a sustained instrument.

    Parameters
    ----------
    soft, strong : Wavetable
        Its wave when played softly and strongly; the level blends them.
    body : sequence of (Hz, dB)
        Resonances of its body.
    noise : float
        Bow or breath noise against the tone.
    noise_band : tuple of float
        Where that noise lies, in Hz.
    vibrato_hz, vibrato_semitones
        Speed and full depth of the vibrato.
    slide_s : float
        Time taken from one note to the next within a phrase; a mark ``~`` takes 2.5 times as long.
    attack_s, release_s
        How a phrase begins and ends.
    """

    soft: Wavetable
    strong: Wavetable
    body: Sequence[tuple[float, float]]
    noise: float
    noise_band: tuple[float, float]
    vibrato_hz: float
    vibrato_semitones: float
    slide_s: float
    attack_s: float
    release_s: float


_K = np.arange(1, 121)
ERHU = Voice(
    soft=Wavetable(_K**-1.5, 11),
    strong=Wavetable(_K**-0.95, 11),
    body=[
        (120, -18),
        (300, -3),
        (520, 2),
        (850, 5),
        (1300, 3),
        (1800, -3),
        (2700, 3),
        (3600, -2),
        (6000, -12),
        (11000, -30),
    ],
    noise=0.05,
    noise_band=(1500, 7000),
    vibrato_hz=5.6,
    vibrato_semitones=0.38,
    slide_s=0.055,
    attack_s=0.09,
    release_s=0.22,
)
XIAO = Voice(
    soft=Wavetable(np.array([1, 0.22, 0.09, 0.03, 0.012]), 5),
    strong=Wavetable(np.array([1, 0.45, 0.28, 0.1, 0.06, 0.03]), 5),
    body=[(150, 0), (4000, 0), (9000, -12)],
    noise=0.06,
    noise_band=(700, 6500),
    vibrato_hz=4.6,
    vibrato_semitones=0.14,
    slide_s=0.04,
    attack_s=0.14,
    release_s=0.3,
)
DIZI = Voice(
    soft=Wavetable(np.array([1, 0.5, 0.35, 0.2, 0.12, 0.1, 0.06]), 7),
    strong=Wavetable(np.array([1, 0.8, 0.7, 0.45, 0.35, 0.3, 0.2, 0.12, 0.1]), 7),
    body=[(300, -3), (1500, 0), (4500, 4), (7000, 0), (12000, -15)],
    noise=0.06,
    noise_band=(2500, 9000),
    vibrato_hz=5.8,
    vibrato_semitones=0.2,
    slide_s=0.03,
    attack_s=0.05,
    release_s=0.15,
)
STRINGS = Voice(
    soft=Wavetable(_K**-1.6, 23),
    strong=Wavetable(_K**-1.05, 23),
    body=[
        (40, -6),
        (200, 0),
        (300, 2),
        (480, 1),
        (700, 2),
        (1300, -1),
        (2600, 1),
        (4000, -5),
        (8000, -18),
        (14000, -36),
    ],
    noise=0.025,
    noise_band=(1200, 6000),
    vibrato_hz=5.4,
    vibrato_semitones=0.2,
    slide_s=0.05,
    attack_s=0.28,
    release_s=0.5,
)


def phrases(notes: Sequence[Note], gap: float = 0.05) -> list[list[Note]]:
    """Split a melody where a rest of more than `gap` beats lies: one breath or bow gesture each."""
    groups: list[list[Note]] = []
    for note in sorted(notes, key=lambda m: m.at):
        if groups and note.at - groups[-1][-1].end <= gap:
            groups[-1].append(note)
        else:
            groups.append([note])
    return groups


def _turn(x: np.ndarray) -> np.ndarray:
    """From 0 to 1 along a logistic curve."""
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def sing(voice: Voice, phrase: Sequence[Note], clock: Clock, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Play one phrase legato on one instrument.

    Returns
    -------
    y : np.ndarray [shape=(n,)]
    start_s : float
        When it begins, in seconds of the piece.
    """
    onsets = np.array([clock(note.at) for note in phrase])
    ends = np.array([clock(note.end) for note in phrase])
    start = float(onsets[0]) - 0.3 * voice.attack_s
    n = int((ends[-1] - start + voice.release_s) * RATE)
    t = start + np.arange(n) / RATE

    midi = np.full(n, float(phrase[0].midi))
    level = np.full(n, phrase[0].level)
    depth = np.zeros(n)
    dips, grain = np.ones(n), np.ones(n)
    for i, note in enumerate(phrase):
        held = ends[i] - onsets[i]
        # Only the surroundings of a note are touched, and all that follows it takes over its pitch and level.
        low, high = np.searchsorted(t, (onsets[i] - 0.6, onsets[i] + 0.6))
        since = t[low:high] - onsets[i]
        if i:
            # The slide leaves the old note early and arrives on the beat.
            slide = voice.slide_s * (2.5 if "~" in note.marks else 1.0)
            interval, change = note.midi - phrase[i - 1].midi, note.level - phrase[i - 1].level
            midi[low:high] += interval * _turn((since + 0.4 * slide) / (slide / 4.5))
            level[low:high] += change * _turn(since / 0.05)
            midi[high:] += interval
            level[high:] += change
            dips[low:high] *= 1 - 0.22 * np.exp(-((since / 0.028) ** 2))
        elif "~" in note.marks:
            midi[low:high] -= 1.2 * np.exp(-np.maximum(since, 0) / 0.07)
        grain[low:high] += 1.5 * np.exp(-np.maximum(since, 0) / 0.04) * (since >= 0)
        inside = slice(*np.searchsorted(t, (onsets[i], ends[i])))
        since = t[inside] - onsets[i]
        wide = "v" in note.marks
        reach = 1.4 if wide else min(1.0, held / 0.9)
        depth[inside] = reach * np.clip((since - 0.12) / 0.45, 0, 1)
        # A long note swells and relaxes.
        arch = np.sin(np.pi * np.clip(since / max(held, 1e-6), 0, 1) ** 0.8) - 0.35
        level[inside] *= 1 + min(0.22, 0.12 * held) * arch
    depth, level = soften(depth, 0.03), soften(level, 0.015)
    speed = voice.vibrato_hz * (1 + 0.05 * smooth_noise(rng, n, 2.0))
    wobble = np.sin(2 * np.pi * np.cumsum(speed) / RATE)
    midi += voice.vibrato_semitones * depth * wobble + 0.03 * smooth_noise(rng, n, 5.0)

    frequency = np.asarray(hz(midi))
    first = rng.uniform()
    colour = np.clip(level, 0, 1) ** 1.2
    tone = (1 - colour) * voice.soft.play(frequency, first) + colour * voice.strong.play(frequency, first)
    first_hz, last_hz = voice.noise_band
    edges = [(first_hz / 4, -40), (first_hz, 0), (last_hz, 0), (last_hz * 2, -30)]
    hiss = equalise(rng.standard_normal(n), edges)
    y = tone * dips * (1 + 0.04 * smooth_noise(rng, n, 9.0)) + voice.noise * hiss * grain
    y = equalise(y * np.maximum(level, 0) ** 1.5, voice.body)
    return fade(y, voice.attack_s, voice.release_s), start


def solo(
    bus: Bus,
    voice: Voice,
    notes: Sequence[Note],
    clock: Clock,
    *,
    seed: int,
    pan: float = 0.0,
    gain: float = 1.0,
) -> None:
    """Play a melody on one instrument, phrase by phrase."""
    rng = np.random.default_rng(seed)
    for phrase in phrases(notes):
        y, start = sing(voice, phrase, clock, rng)
        bus.add(y, start, pan, gain * 0.2)


def section(
    bus: Bus,
    voice: Voice,
    notes: Sequence[Note],
    clock: Clock,
    *,
    seed: int,
    pan: float = 0.0,
    gain: float = 1.0,
    players: int = 4,
) -> None:
    """Play one part by several players, each a little apart in tuning, time and place."""
    rng = np.random.default_rng(seed)
    for phrase in phrases(notes):
        for player in range(players):
            cents = rng.normal(0, 0.07)
            late = rng.uniform(0, 0.035)
            part = [Note(m.at, m.beats, m.midi + cents, m.level, m.marks) for m in phrase]
            y, start = sing(voice, part, clock, rng)
            place = pan + 0.35 * ((player + 0.5) / players * 2 - 1)
            bus.add(y, start + late, float(np.clip(place, -1, 1)), gain * 0.2 / np.sqrt(players))
