"""Climaxes and turns in known places.

Pieces with a climax, and pieces without one, are composed by a seed and played by a small synthesiser.

A piece has a tune, chords, a bass and, in some seeds, drums; scale, tempo, timbre, room and how much of the climax lies
in loudness, pitch height, brightness and density are drawn anew for each seed. The composer knows nothing of how
climaxes are found.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.numerics import smooth

RATE_HZ = 22_050
Curve = NDArray[np.float64]

#: Shapes with a climax, and those without one.
CLIMACTIC = ("loud", "high and thin", "pause before", "withdrawal", "false climax")
UNCLIMACTIC = ("steady", "loud throughout", "loud half", "fade in", "fade out", "wandering tune")

_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9), (0, 2, 3, 5, 7, 9, 10))
_TABLE = 4096
_STEP_S = 0.05


@dataclass(frozen=True)
class Piece:
    """A piece and what was planted in it.

    `peak_s` is None where there is no climax; `start_s` and `end_s` enclose what is more than half as intense as it.
    `decoy_s` is the top of a build-up that breaks off, where there is one.
    """

    shape: str
    seed: int
    y: NDArray[np.float32]
    peak_s: float | None = None
    start_s: float = 0.0
    end_s: float = 0.0
    decoy_s: float | None = None


@dataclass(frozen=True)
class _Course:
    """What changes over a piece, [shape=(t,)], each 0.05 s: dB, semitones, [0, 1], notes per second, [0, 1]."""

    level_db: Curve
    height: Curve
    brightness: Curve
    rate_hz: Curve
    bass: Curve

    def at(self, name: str, time_s: float) -> float:
        curve: Curve = getattr(self, name)
        return float(curve[min(int(time_s / _STEP_S), len(curve) - 1)])


@functools.lru_cache(maxsize=512)
def _wave(n_partials: int, brightness_percent: int) -> Curve:
    """One period of a tone whose partials weaken less where it is brighter."""
    phase = np.arange(_TABLE) / _TABLE
    amplitudes = (0.25 + 0.65 * brightness_percent / 100) ** np.arange(n_partials) / np.sqrt(
        np.arange(1, n_partials + 1)
    )
    wave = sum(a * np.sin(2 * np.pi * (k + 1) * phase + 0.7 * k) for k, a in enumerate(amplitudes))
    out: Curve = np.asarray(wave) / np.sqrt((amplitudes**2).sum())
    return out


def _tone(midi: float, seconds: float, brightness: float, plucked: float) -> Curve:
    """A note: struck and fading, or held with a vibrato."""
    n = max(1, round(seconds * RATE_HZ))
    t = np.arange(n) / RATE_HZ
    frequency_hz = 440.0 * 2 ** ((midi - 69) / 12)
    cents = 0.0 if plucked > 0.5 else 0.003 / 5.5 * np.sin(2 * np.pi * 5.5 * t)
    partials = int(max(1, min(14, 0.45 * RATE_HZ / frequency_hz)))
    wave = _wave(partials, round(100 * float(np.clip(brightness, 0, 1))))
    tone = wave[((t + cents) * frequency_hz * _TABLE).astype(np.int64) % _TABLE]
    attack_s = 0.008 if plucked > 0.5 else min(0.08, seconds / 4)
    envelope = np.minimum(1.0, t / attack_s) * np.minimum(1.0, (seconds - t) / min(0.05, seconds / 4))
    if plucked > 0.5:
        envelope *= np.exp(-t / (0.25 + 0.5 * 2 ** ((60 - midi) / 24)))
    out: Curve = tone * np.maximum(envelope, 0.0)
    return out


class _Score:
    """Adds notes to a signal."""

    def __init__(self, seconds: float) -> None:
        self.n = round(seconds * RATE_HZ)
        self.y = np.zeros(self.n + 5 * RATE_HZ)

    def add(self, sound: Curve, at_s: float, level_db: float) -> None:
        start = round(at_s * RATE_HZ)
        part = self.y[start : start + sound.size]
        part += 10 ** (level_db / 20) * sound[: part.size]


def _perform(course: _Course, seconds: float, rng: np.random.Generator, accents_s: tuple[float, ...]) -> Curve:
    """Play a piece that follows its course."""
    scale = _SCALES[rng.integers(len(_SCALES))]
    tonic = 48 + int(rng.integers(0, 12))
    plucked, drums = rng.random(), rng.random() < 0.4
    chord_s = float(rng.choice((1.5, 2.0, 3.0)))
    score = _Score(seconds)

    def degree(i: int) -> int:
        return 12 * (i // len(scale)) + scale[i % len(scale)]

    def tune_note(at_s: float, place: int, length_s: float, louder_db: float = 0.0) -> None:
        # Height moves the tune by whole octaves and fifths as much as it can stay in the scale.
        shift = round(course.at("height", at_s) * len(scale) / 12)
        midi = min(tonic + 12 + degree(place + shift), 103)
        sound = _tone(midi, length_s, course.at("brightness", at_s), plucked)
        score.add(sound, at_s, course.at("level_db", at_s) + louder_db + rng.normal(0, 1.0))

    place, at_s = int(rng.integers(0, 5)), 0.05
    while at_s < seconds:
        rate = course.at("rate_hz", at_s)
        gap_s = float(rng.choice((0.5, 1.0, 1.0, 1.5))) / rate
        tune_note(at_s, place, min(2.5, 1.3 * gap_s if plucked < 0.5 else 1.5))
        place = int(np.clip(place + rng.choice((-2, -1, -1, 0, 1, 1, 2)), 0, 7))
        at_s += gap_s
    root = 0
    for at_s in np.arange(0.0, seconds, chord_s):
        root = int(rng.choice((0, 3, 4, 5, 1))) % len(scale)
        level, bass = course.at("level_db", at_s), course.at("bass", at_s)
        if bass > 0.02:
            full_db = 20 * np.log10(bass)
            low = tonic - 12 + degree(root) % 12
            score.add(_tone(low, chord_s, 0.6 * course.at("brightness", at_s), plucked), at_s, level + full_db - 2)
            # Chords are played as often as the tune is quick.
            strokes = max(1, round(chord_s * course.at("rate_hz", at_s) / 3))
            for stroke in range(strokes):
                on_s = at_s + stroke * chord_s / strokes
                for third in (0, 2, 4):
                    midi = tonic + degree(root + third) % 24 + 12 * (course.at("height", on_s) > 9)
                    sound = _tone(midi, chord_s / strokes, course.at("brightness", on_s), plucked)
                    score.add(sound, on_s, course.at("level_db", on_s) + full_db - 9 + rng.normal(0, 0.7))
        if drums and bass > 0.3:
            for on_s in np.arange(at_s, at_s + chord_s - 1e-9, chord_s / 4):
                t = np.arange(RATE_HZ // 8) / RATE_HZ
                burst = rng.standard_normal(t.size) * np.exp(-t / 0.02)
                score.add(burst, on_s, course.at("level_db", on_s) - 12)
    for at_s in accents_s:
        tune_note(at_s, max(place, 4), 2.0, 2.0)
    y = score.y
    if rng.random() < 0.5:
        y = _in_a_room(y, float(rng.uniform(0.4, 1.2)), rng)
    out: Curve = y[: score.n]
    return out


def _in_a_room(y: Curve, reverberation_s: float, rng: np.random.Generator) -> Curve:
    """Add the sound of a room that falls by 60 dB in so many seconds, 12 dB below the direct sound."""
    t = np.arange(round(reverberation_s * RATE_HZ)) / RATE_HZ
    response = rng.standard_normal(t.size) * 10 ** (-3 * t / reverberation_s)
    response *= 0.25 / np.sqrt((response**2).sum())
    size = 1 << (y.size + t.size).bit_length()
    wet = np.fft.irfft(np.fft.rfft(y, size) * np.fft.rfft(response, size), size)[: y.size]
    out: Curve = y + wet
    return out


def _rise(t: Curve, peak_s: float, approach_s: float, ebb_s: float, bend: float) -> Curve:
    """Intensity, [0, 1], that grows to 1 at its peak and ebbs away."""
    before = np.clip(1 + (t - peak_s) / approach_s, 0, 1) ** bend
    return np.where(t <= peak_s, before, np.exp(-np.maximum(t - peak_s, 0) / ebb_s))


def _half(t: Curve, x: Curve, peak_s: float) -> tuple[float, float]:
    """Where around its peak intensity is more than a half."""
    low = x < 0.5
    before, after = t[low & (t < peak_s)], t[low & (t > peak_s)]
    return float(before[-1]) if before.size else 0.0, float(after[0]) if after.size else float(t[-1])


def compose(shape: str, seed: int, seconds: float | None = None) -> Piece:
    """Compose and play a piece.

    Parameters
    ----------
    shape : str
        One of `CLIMACTIC` or `UNCLIMACTIC`.
    seed : int
        Another piece for each.
    seconds : float, optional
        Its length; without it drawn from 60 to 100 s.
    """
    rng = np.random.default_rng([seed, (*CLIMACTIC, *UNCLIMACTIC).index(shape)])
    length_s = float(rng.uniform(60, 100)) if seconds is None else seconds
    t = np.arange(0, length_s, _STEP_S)
    # Phrases breathe: a little louder in their middle, a little livelier here and there.
    phrase_s = float(rng.uniform(5, 10))
    breath = np.sin(2 * np.pi * (t / phrase_s + rng.random()))
    rate = float(rng.uniform(1.8, 3.5))
    level = breath * rng.uniform(0.5, 1.5)
    height = 1.5 * np.sin(2 * np.pi * (t / (1.7 * phrase_s) + rng.random()))
    brightness = np.full(t.size, rng.uniform(0.25, 0.55))
    density, bass = np.ones(t.size), np.full(t.size, rng.uniform(0.4, 1.0))
    silence: tuple[float, float] | None = None
    accents: tuple[float, ...] = ()
    decoy_s, x = None, np.zeros(t.size)
    peak_s = np.inf
    if shape in CLIMACTIC:
        share = (0.62, 0.85) if shape == "false climax" else (0.35, 0.85)
        peak_s = float(rng.uniform(*share)) * length_s
        approach_s, ebb_s = float(rng.uniform(10, 25)), float(rng.uniform(2, 9))
        x = _rise(t, peak_s, approach_s, ebb_s, float(rng.uniform(1.0, 2.0)))
        if shape == "withdrawal":
            x = np.where(t <= peak_s, x, 0.0)
        accents = (peak_s,)
    if shape == "high and thin":
        level -= rng.uniform(2, 8) * x
        height += rng.uniform(14, 24) * x
        bass *= np.clip(1 - 1.6 * x, 0, 1)
        density *= 1 - 0.3 * x
    elif shape in CLIMACTIC:
        amounts = x.copy()
        if shape == "false climax":
            decoy_s = peak_s - float(rng.uniform(22, 32))
            decoy = _rise(t, decoy_s, float(rng.uniform(8, 15)), 0.3, 1.0) * rng.uniform(0.55, 0.85)
            amounts = np.maximum(amounts, decoy)
        level += rng.uniform(9, 18) * amounts
        height += rng.uniform(0, 14) * amounts
        brightness += rng.uniform(0.1, 0.4) * amounts
        density += rng.uniform(0.2, 1.5) * amounts
        if shape == "pause before":
            silence = (peak_s - float(rng.uniform(1.0, 2.5)), peak_s - 0.02)
        elif shape == "withdrawal":
            silence = (peak_s, peak_s + float(rng.uniform(1.0, 3.0)))
            accents = (peak_s - 0.6,)
    elif shape == "loud throughout":
        brightness += 0.3
        density *= 1.8
    elif shape == "loud half":
        turn_s = float(rng.uniform(0.35, 0.6)) * length_s
        later = np.clip((t - turn_s) / rng.uniform(0.5, 5.0), 0, 1)
        level += rng.uniform(6, 14) * later
        brightness += 0.3 * later
        density += rng.uniform(0, 0.8) * later
    elif shape == "wandering tune":
        # The tune goes up and down with little below it, or nothing.
        height += rng.uniform(4, 8) * np.sin(2 * np.pi * (t / rng.uniform(9, 16) + rng.random()))
        level += rng.uniform(0, 3) * np.sin(2 * np.pi * (t / rng.uniform(15, 30) + rng.random()))
        bass *= float(rng.choice((0.0, 0.3, 1.0)))
    course = _Course(level, height, np.clip(brightness, 0, 1), rate * density, bass)
    y = _perform(course, length_s, rng, accents)
    if silence is not None:
        y *= _gate(y.size, silence, 0.01 if rng.random() < 0.5 else 0.12)
    if shape in ("fade in", "fade out"):
        fade = np.clip(np.arange(y.size) / RATE_HZ / rng.uniform(6, 20), 0, 1) ** 2
        y *= fade if shape == "fade in" else fade[::-1]
    loudest = 0.9 if shape == "loud throughout" else rng.uniform(0.4, 0.9)
    y = loudest * y / np.abs(y).max()
    y += 10 ** (rng.uniform(-80, -60) / 20) * rng.standard_normal(y.size)
    if shape in UNCLIMACTIC:
        return Piece(shape, seed, y.astype(np.float32))
    return Piece(shape, seed, y.astype(np.float32), peak_s, *_half(t, x, peak_s), decoy_s)


def _gate(n: int, silence: tuple[float, float], fall_s: float) -> Curve:
    """1, and 0 within a silence that the sound falls into with this time constant."""
    t = np.arange(n) / RATE_HZ
    inside = (t >= silence[0]) & (t < silence[1])
    return np.where(inside, np.exp(-np.maximum(t - silence[0], 0) / fall_s), 1.0)


# Curves of valence and arousal ---------------------------------------------------------------------------------------

#: Of curves, s.
STEP_S = 0.5


def step_times_s(n: int) -> Curve:
    """Centres of n steps."""
    out: Curve = (np.arange(n, dtype=np.float64) + 0.5) * STEP_S
    return out


def wobble(seconds: float, seed: int, size: float, sigma_s: float = 1.0) -> Curve:
    """Give a curve [shape=(t, 2)] that wanders around the origin, this far on average, and goes nowhere."""
    noise = smooth(np.random.default_rng(seed).standard_normal((round(seconds / STEP_S), 2)), sigma_s / STEP_S)
    out: Curve = size * noise / noise.std()
    return out


def planted_turn(n: int, at_s: float, by: tuple[float, float]) -> Curve:
    """Give a turn [shape=(n, 2)], as soft as a model's curve over time is."""
    out: Curve = np.asarray(smooth(np.outer(step_times_s(n) > at_s, by).astype(np.float64), 2.0 / STEP_S))
    return out
