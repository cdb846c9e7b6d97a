"""Music that real collections hold little of, so that it is not taken for noise: bare, synthetic, odd, sung, rapped."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from domain_sounds import drums, speech
from domain_sounds.effects import RATE, Samples, band, level
from domain_sounds.midi import DRUMS, Note, played
from numpy.typing import NDArray

_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9), (0, 3, 5, 7, 10), (0, 1, 4, 5, 7, 8, 11))
_DEGREES = ((0, 4, 5, 3), (0, 3, 4, 0), (5, 3, 0, 4), (0, 5, 1, 4), (0, 6, 5, 4), (0, 0, 3, 4))


def _key(scale: tuple[int, ...], degree: int) -> int:
    return 12 * (degree // len(scale)) + scale[degree % len(scale)]


def _tune(rng: np.random.Generator, seconds: float, scale: tuple[int, ...]) -> list[tuple[float, float, int]]:
    """A melody: (s, length s, semitones above the tonic)."""
    beat_s = 60 / rng.uniform(60, 160)
    at_s, degree, out = 0.0, int(rng.integers(0, 7)), []
    while at_s < seconds:
        length_s = beat_s * float(rng.choice((0.5, 0.5, 1, 1, 2)))
        degree = int(np.clip(degree + rng.choice((-2, -1, -1, 0, 1, 1, 2)), -4, 11))
        out.append((at_s, length_s, _key(scale, degree)))
        at_s += length_s
    return out


def _chords(rng: np.random.Generator, seconds: float, scale: tuple[int, ...]) -> list[tuple[float, float, list[int]]]:
    bar_s = 240 / rng.uniform(60, 150)
    turn = _DEGREES[rng.integers(0, len(_DEGREES))]
    return [
        (bar * bar_s, bar_s, [_key(scale, turn[bar % 4] + step) for step in (0, 2, 4)])
        for bar in range(int(seconds / bar_s) + 1)
    ]


def band_music(rng: np.random.Generator, seconds: float) -> Samples:
    """By fluidsynth: a melody, chords, a bass and drums, or any of them that is not drums alone."""
    scale, tonic = _SCALES[rng.integers(0, len(_SCALES))], int(rng.integers(45, 62))
    programs, notes = {}, []
    parts = [part for part in ("melody", "chords", "bass", "drums") if rng.random() < 0.55]
    if not set(parts) - {"drums"}:
        parts.append("melody")
    if "melody" in parts:
        programs[0] = int(rng.integers(0, 112))
        notes += [Note(at, tonic + 12 + key, 0.95 * length) for at, length, key in _tune(rng, seconds, scale)]
    if "chords" in parts:
        programs[1] = int(rng.integers(0, 104))
        for at, length, keys in _chords(rng, seconds, scale):
            notes += [Note(at, tonic + key, length, 70, 1) for key in keys]
    if "bass" in parts:
        programs[2] = int(rng.integers(32, 40))
        tune = _tune(rng, seconds, scale)
        notes += [Note(at, tonic - 12 + key % 12, length, 90, 2) for at, length, key in tune]
    if "drums" in parts:
        programs[DRUMS] = int(rng.choice(drums.KITS))
        notes += [Note(at, drum, 0.1, velocity, DRUMS) for at, drum, velocity in drums.pattern(rng, seconds)]
    return played(notes, programs, seconds)


def struck_music(rng: np.random.Generator, seconds: float) -> Samples:
    """Tuned percussion by fluidsynth: marimbas, bells, kalimba, steel drums, timpani, often with drums."""
    scale, tonic = _SCALES[rng.integers(0, len(_SCALES))], int(rng.integers(48, 66))
    programs = {0: int(rng.choice((8, 9, 10, 11, 12, 13, 14, 15, 47, 108, 112, 114)))}
    notes = [Note(at, tonic + key, length) for at, length, key in _tune(rng, seconds, scale)]
    if rng.random() < 0.6:
        programs[DRUMS] = int(rng.choice(drums.KITS))
        notes += [Note(at, drum, 0.1, int(0.8 * v), DRUMS) for at, drum, v in drums.pattern(rng, seconds)]
    return played(notes, programs, seconds)


def _wave(rng: np.random.Generator, f: NDArray[np.floating], brightness: float) -> NDArray[np.float64]:
    """A tone with harmonics whose frequency may move."""
    phase = 2 * np.pi * np.cumsum(f) / RATE + rng.uniform(0, 6)
    top = max(1, min(24, int(0.45 * RATE / float(f.max()))))
    total = np.zeros(f.size)
    for k in range(1, top + 1):
        total += brightness ** (k - 1) / k * np.sin(k * phase)
    return total


def computed_music(rng: np.random.Generator, seconds: float) -> Samples:
    """Chords and a tune of computed tones: plucked or held, from nearly sines to saw teeth."""
    n = int(seconds * RATE)
    y = np.zeros(n)
    scale, tonic_hz = _SCALES[rng.integers(0, len(_SCALES))], rng.uniform(110, 330)
    brightness, decay_s = rng.uniform(0, 1), rng.choice((0.2, 0.5, 1.5, 1e3))
    notes = [(at, length, key, 0.3) for at, length, keys in _chords(rng, seconds, scale) for key in keys]
    if rng.random() < 0.3:
        notes = []
    if not notes or rng.random() < 0.5:
        notes += [(at, length, key + 12, 0.6) for at, length, key in _tune(rng, seconds, scale)]
    for at, length, key, strength in notes:
        start = int(at * RATE)
        m = min(n, int((at + length) * RATE)) - start
        if m > 400:
            t = np.arange(m) / RATE
            shape = np.minimum(1, t / 0.01) * np.minimum(1, t[::-1] / 0.02) * np.exp(-t / decay_s)
            y[start : start + m] += strength * shape * _wave(rng, np.full(m, tonic_hz * 2 ** (key / 12)), brightness)
    return level(y)


_VOWELS = ((700, 1200, 2600), (400, 2000, 2700), (300, 2300, 3000), (450, 800, 2800), (325, 700, 2500))


def sung(rng: np.random.Generator, seconds: float) -> Samples:
    """A voice that sings alone: vibrato, glides, vowels, breath and consonants."""
    n = int(seconds * RATE)
    y = np.zeros(n)
    tonic_hz, tract = rng.choice((110, 150, 220, 300)) * rng.uniform(0.9, 1.1), rng.uniform(0.9, 1.2)
    before = tonic_hz
    for at, length, key in _tune(rng, seconds, _SCALES[rng.integers(0, len(_SCALES))]):
        start = int(at * RATE)
        m = min(n, int((at + length) * RATE)) - start
        if m < 800:
            break
        t = np.arange(m) / RATE
        goal = tonic_hz * 2 ** (key / 12)
        f = goal + (before - goal) * np.exp(-t / 0.04)
        f = f * (1 + 0.012 * np.sin(2 * np.pi * rng.uniform(4.8, 6.2) * t) * np.minimum(1, t / 0.3))
        source = _wave(rng, f, 0.97) + 0.03 * rng.standard_normal(m)
        vowel = _VOWELS[rng.integers(0, len(_VOWELS))]
        tone = sum(band(source, tract * c / 1.08, tract * c * 1.08, 2) * w for c, w in zip(vowel, (1, 0.7, 0.4)))  # noqa: B905
        tone = tone * np.minimum(1, t / 0.03) * np.minimum(1, t[::-1] / 0.05)
        if rng.random() < 0.5:
            k = min(m, int(0.07 * RATE))
            tone[:k] += 0.2 * np.hanning(k) * rng.standard_normal(k) * np.abs(tone).max()
        y[start : start + m] += tone
        before = goal
    return level(y)


def rapped(rng: np.random.Generator, seconds: float) -> Samples:
    """Talk over a beat, mostly with a bass: music, whatever it shares with speech."""
    beat = drums.computed_loop(rng, seconds) if rng.random() < 0.5 else drums.kit_loop(rng, seconds)
    y = beat + rng.uniform(0.4, 1.2) * speech.espeak(rng, seconds)
    return level(y + rng.uniform(0.2, 0.6) * band_music(rng, seconds) * (rng.random() < 0.8))


def drone(rng: np.random.Generator, seconds: float) -> Samples:
    """Ambient music: slow pads of detuned tones in hiss."""
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    base, y = rng.uniform(55, 220), np.zeros(n)
    for ratio in rng.choice((1, 1.25, 1.2, 1.5, 2, 2.5, 3, 4), int(rng.integers(3, 6)), replace=False):
        swell = 0.6 + 0.4 * np.sin(2 * np.pi * rng.uniform(0.03, 0.3) * t + rng.uniform(0, 6))
        for detune in (0.997, 1.003):
            y += swell * _wave(rng, np.full(n, base * ratio * detune), rng.uniform(0.2, 0.8))
    return level(level(band(y, 40, rng.uniform(800, 6000), 1)) + rng.uniform(0, 0.1) * rng.standard_normal(n))


KINDS: tuple[Callable[[np.random.Generator, float], Samples], ...] = (
    *(band_music, struck_music, computed_music, sung, rapped, drone),
)
