"""Drums, gongs and cymbals from their modes and filtered noise."""

from __future__ import annotations

import numpy as np
from demo_music.dsp import RATE, ease, equalise, fade


def drum(
    pitch_hz: float, level: float, rng: np.random.Generator, seconds: float = 1.2, slack: float = 0.35
) -> np.ndarray:
    """A skin drum: membrane modes that fall in pitch by `slack` after the stroke, and the stick."""
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    glide = 1 + slack * level * np.exp(-t / 0.035)
    turns = np.cumsum(pitch_hz * glide) / RATE
    y = np.zeros(n)
    for i, (ratio, amp) in enumerate(zip((1, 1.59, 2.14, 2.65, 3.16), (1, 0.45, 0.3, 0.18, 0.1), strict=True)):
        strength = amp * (0.4 + 0.6 * level) ** i
        y += strength * np.exp(-t * (3.2 + 5.5 * i) / seconds * 1.2) * np.sin(2 * np.pi * ratio * turns)
    stick = equalise(rng.standard_normal(n), [(150, -20), (400, 0), (2500, 0), (7000, -25)]) * np.exp(-t / 0.014)
    return fade((y + 0.5 * level * stick) * level**1.3, 0.0008, 0.2)


def timpani(pitch_hz: float, level: float, rng: np.random.Generator, seconds: float = 2.2) -> np.ndarray:
    """A kettledrum: nearly harmonic modes (1, 1.5, 2, 2.44, 2.9) and a felt stick."""
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    y = np.zeros(n)
    for i, (ratio, amp) in enumerate(zip((1, 1.5, 1.99, 2.44, 2.89), (1, 0.6, 0.35, 0.2, 0.12), strict=True)):
        y += amp * (0.5 + 0.5 * level) ** i * np.exp(-t * (1.6 + 1.1 * i)) * np.sin(2 * np.pi * pitch_hz * ratio * t)
    stick = equalise(rng.standard_normal(n), [(60, -12), (120, 0), (700, 0), (2500, -30)]) * np.exp(-t / 0.03)
    return fade((y + 0.6 * stick) * level**1.3, 0.003, 0.4)


def clapper(level: float, rng: np.random.Generator) -> np.ndarray:
    """Two slips of hard wood."""
    n = int(0.18 * RATE)
    t = np.arange(n) / RATE
    y = sum(
        a * np.exp(-t / d) * np.sin(2 * np.pi * f * t)
        for f, a, d in ((1180, 1.0, 0.022), (1830, 0.7, 0.015), (2950, 0.45, 0.009))
    )
    return fade((y + 0.25 * rng.standard_normal(n) * np.exp(-t / 0.004)) * level, 0.0005, 0.03)


def gong(pitch_hz: float, level: float, rng: np.random.Generator, seconds: float = 7.0) -> np.ndarray:
    """A large gong: dense inharmonic modes, the high ones blooming after the stroke."""
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    y = np.zeros(n)
    for i in range(44):
        ratio = 1 + 0.42 * i + 0.012 * i**2 + rng.uniform(-0.12, 0.12)
        f = pitch_hz * ratio
        if f > 9000:
            break
        bloom = 1 - np.exp(-t / (0.012 + 0.006 * i))
        amp = 1 / (1 + 0.13 * i) * rng.uniform(0.5, 1.0) * (0.35 + 0.65 * level) ** (i / 8)
        y += amp * bloom * np.exp(-t * (0.55 + 0.075 * i)) * np.sin(2 * np.pi * f * t + rng.uniform(0, 6.28))
    return fade(y * level * 0.16, 0.002, 1.5)


def cymbal(level: float, rng: np.random.Generator, seconds: float = 3.5) -> np.ndarray:
    """Crashed cymbals: bright noise that darkens as it dies."""
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    noise = rng.standard_normal(n)
    y = np.zeros(n)
    for low, high, fall in ((1200, 3000, 1.3), (3000, 6000, 0.9), (6000, 12000, 0.5)):
        band = equalise(noise, [(low / 1.6, -40), (low, 0), (high, 0), (high * 1.4, -40)])
        y += band * np.exp(-t / (fall * seconds / 3.5))
    return fade(y * level * 0.25, 0.002, 0.8)


def swell(seconds: float, level: float, rng: np.random.Generator) -> np.ndarray:
    """A suspended cymbal rolled from nothing to `level`, opening as it grows."""
    n = int(seconds * RATE)
    x = np.arange(n) / n
    noise = rng.standard_normal(n)
    dark = equalise(noise, [(300, -30), (1200, 0), (3500, 0), (6000, -30)])
    light = equalise(noise, [(2500, -40), (4500, 0), (10_000, -3), (15_000, -30)])
    y = (dark * x**2 + light * x**4) * level * 0.16
    tail = int(0.5 * RATE)
    y[-tail:] *= ease(tail)[::-1] ** 0.5
    return fade(y, 0.05, 0.05)
