"""Sounds of the world that nobody would rate as music, from noise and sines. Numpy only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from domain_sounds import speech as talk
from domain_sounds.effects import RATE, Samples, band, level
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Maker = Callable[[np.random.Generator, int], NDArray[np.floating]]


def _coloured(rng: np.random.Generator, n: int, slope: float) -> Floats:
    """Noise whose power goes with frequency to the `slope`: 0 white, -1 pink, -2 brown."""
    f = np.fft.rfftfreq(n, 1 / RATE)
    spectrum = np.fft.rfft(rng.standard_normal(n)) * np.maximum(f, 20) ** (slope / 2)
    return np.fft.irfft(spectrum, n)


def _slow(rng: np.random.Generator, n: int, rate_hz: float) -> Floats:
    """Random movement between 0 and 1, about `rate_hz` turns a second."""
    knots = rng.random(int(n / RATE * rate_hz) + 3)
    return np.interp(np.arange(n) / RATE * rate_hz, np.arange(knots.size), knots)


def _events(rng: np.random.Generator, n: int, per_s: float) -> Floats:
    """Impulses of random height at random times."""
    y = np.zeros(n)
    at = rng.integers(0, n, max(1, int(per_s * n / RATE)))
    y[at] = rng.standard_normal(at.size) * rng.random(at.size)
    return y


def _through(y: Floats, kernel: Floats) -> Floats:
    size = 1 << (y.size + kernel.size).bit_length()
    return np.fft.irfft(np.fft.rfft(y, size) * np.fft.rfft(kernel, size), size)[: y.size]


def _burst(rng: np.random.Generator, decay_s: float) -> Floats:
    n = max(8, int(decay_s * 6 * RATE))
    return rng.standard_normal(n) * np.exp(-np.arange(n) / RATE / decay_s)


def coloured(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """White, pink, brown or between, or a band of it."""
    y = _coloured(rng, n, rng.uniform(-2.2, 0.6))
    if rng.random() < 0.3:
        low = float(np.exp(rng.uniform(np.log(60), np.log(4000))))
        return band(y, low, low * rng.uniform(1.5, 8))
    return y


def wind(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """Gusts: low noise that swells."""
    y = band(_coloured(rng, n, -1), 30, rng.uniform(200, 1500), rng.uniform(1, 3))
    return y * (0.1 + _slow(rng, n, rng.uniform(0.3, 2))) ** 2


def rumble(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """Traffic or a train far off."""
    y = band(_coloured(rng, n, -1.5), 20, rng.uniform(60, 300), 2) * (0.4 + _slow(rng, n, 0.5))
    return level(y) + 0.05 * level(_coloured(rng, n, -1)) * _slow(rng, n, 2)


def hum(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """Mains hum and its harmonics in hiss."""
    t = np.arange(n) / RATE
    base = rng.choice((50.0, 60.0)) * rng.uniform(0.995, 1.005)
    y = sum(rng.random() / k * np.sin(2 * np.pi * base * k * t + rng.uniform(0, 6)) for k in range(1, 20))
    return level(y) + rng.uniform(0, 0.3) * level(_coloured(rng, n, -0.5))


def crackle(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """A fire, static, a worn record without music: clicks at random in hiss."""
    y = _through(_events(rng, n, rng.uniform(3, 200)), _burst(rng, rng.uniform(0.0003, 0.004)))
    return level(y) + rng.uniform(0, 0.1) * level(_coloured(rng, n, rng.uniform(-1.5, 0)))


def footsteps(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """Steps, knocks, hammering: blows that are nearly regular."""
    y = np.zeros(n)
    at = 0.0
    pause = rng.uniform(0.25, 1.1)
    while at < n / RATE:
        y[min(n - 1, int(at * RATE))] = rng.uniform(0.5, 1)
        at += pause * rng.uniform(0.85, 1.15)
    blow = band(_burst(rng, rng.uniform(0.005, 0.06)), 40, rng.uniform(300, 4000), 2)
    return level(_through(y, blow.astype(float))) + rng.uniform(0.0, 0.08) * level(_coloured(rng, n, -1))


def tone(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """One steady tone, or a few that have nothing to do with each other."""
    t = np.arange(n) / RATE
    y = np.zeros(n)
    for _ in range(rng.integers(1, 4)):
        y += rng.random() * np.sin(2 * np.pi * np.exp(rng.uniform(np.log(60), np.log(8000))) * t)
    return level(y) + rng.uniform(0, 0.05) * level(_coloured(rng, n, 0))


def beeps(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """An alarm clock, a busy line, a reversing lorry: one tone (or two) switched on and off."""
    t = np.arange(n) / RATE
    f = rng.uniform(350, 3000)
    y = np.sin(2 * np.pi * f * t) + rng.choice((0.0, 0.8)) * np.sin(2 * np.pi * f * rng.uniform(1.05, 1.4) * t)
    if rng.random() < 0.5:
        y = np.sign(y)
    return y * ((t * rng.uniform(0.5, 6)) % 1 < rng.uniform(0.2, 0.8)) + rng.uniform(0, 0.1) * rng.standard_normal(n)


def babble(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """A crowd: two dozen voices at once in a hall."""
    y = np.zeros(n, np.float32)
    for _ in range(4):
        voice = talk.espeak(rng, 1.1 * n / RATE)
        for _ in range(6):
            y += np.roll(voice, rng.integers(0, n))[:n] * np.float32(rng.uniform(0.3, 1))
    hall = _burst(rng, 0.15)
    return level(y) + level(_through(y.astype(float), hall))


def machine(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """A washing machine, a drill: noise that pulses many times a second, with a whine."""
    t = np.arange(n) / RATE
    rate = rng.uniform(4, 60) * (1 + 0.05 * _slow(rng, n, 0.5))
    pulse = (0.5 + 0.5 * np.sin(2 * np.pi * np.cumsum(rate) / RATE)) ** rng.uniform(1, 6)
    low = rng.uniform(50, 800)
    y = level(band(_coloured(rng, n, -0.5), low, low * rng.uniform(3, 20), 1.5) * pulse)
    return y + rng.uniform(0, 0.5) * np.sin(2 * np.pi * rng.uniform(80, 1500) * t)


def birds(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """Chirps: short sweeps at random, over leaves in the wind."""
    y = 0.03 * level(_coloured(rng, n, -0.5)).astype(float)
    for _ in range(int(rng.uniform(1, 5) * n / RATE)):
        m = int(rng.uniform(0.04, 0.25) * RATE)
        f0 = rng.uniform(1800, 6000)
        f = f0 + rng.uniform(-1500, 1500) * np.linspace(0, 1, m) + 300 * np.sin(np.arange(m) * rng.uniform(0, 0.02))
        begin = int(rng.integers(0, max(1, n - m)))
        y[begin : begin + m] += rng.random() * np.hanning(m) * np.sin(2 * np.pi * np.cumsum(f) / RATE)
    return y


def rain(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """Thousands of drops."""
    y = _through(_events(rng, n, rng.uniform(500, 6000)), _burst(rng, rng.uniform(0.0005, 0.002)))
    return level(band(y, rng.uniform(200, 1500), 9000, 1)) + rng.uniform(0, 0.3) * level(_coloured(rng, n, -1))


def applause(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """Hands: many short bursts, around 1 to 3 kHz, that swell and fade."""
    claps = _through(_events(rng, n, rng.uniform(60, 800)), _burst(rng, rng.uniform(0.004, 0.012)))
    return band(claps, rng.uniform(400, 900), rng.uniform(2500, 6000), 1.5) * (0.3 + _slow(rng, n, 0.4))


def siren(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """A siren that rises and falls, or wails."""
    t = np.arange(n) / RATE
    low, high, turns = rng.uniform(300, 700), rng.uniform(900, 1800), rng.uniform(0.1, 4)
    sweep = 0.5 + 0.5 * np.sin(2 * np.pi * turns * t) if rng.random() < 0.7 else (turns * t) % 1
    phase = 2 * np.pi * np.cumsum(low + (high - low) * sweep) / RATE
    y = sum(np.sin(k * phase) / k for k in range(1, int(rng.integers(2, 7))))
    return level(y) + rng.uniform(0.01, 0.2) * level(_coloured(rng, n, -1))


def engine(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """A motor: a pulse train whose speed wanders, through its exhaust."""
    speed = rng.uniform(15, 90) * (0.7 + 0.6 * _slow(rng, n, rng.uniform(0.2, 1)))
    phase = np.cumsum(speed) / RATE
    pulses = np.diff(np.floor(phase), prepend=0) * rng.uniform(0.6, 1, n)
    y = _through(pulses, band(_burst(rng, rng.uniform(0.003, 0.02)), 40, rng.uniform(300, 2000), 1).astype(float))
    return level(y) + rng.uniform(0.02, 0.3) * level(_coloured(rng, n, -1))


def sea(rng: np.random.Generator, n: int) -> NDArray[np.floating]:
    """Waves that break, one after the other."""
    t = np.arange(n) / RATE
    swell = (0.5 + 0.5 * np.sin(2 * np.pi * t / rng.uniform(4, 9) + rng.uniform(0, 6))) ** 2
    return _coloured(rng, n, rng.uniform(-1.5, -0.3)) * (0.1 + swell) * (0.7 + 0.3 * _slow(rng, n, 3))


#: Learned from.
KINDS: tuple[Maker, ...] = (
    *(coloured, coloured, wind, rumble, hum, crackle, footsteps, tone, beeps, babble, machine, birds),
)
#: Kept for testing.
UNHEARD_KINDS: tuple[Maker, ...] = (rain, applause, siren, engine, sea)


def noise(rng: np.random.Generator, seconds: float, kind: Maker | None = None) -> Samples:
    """Draw one of `KINDS`, unless `kind` is given."""
    chosen = kind or KINDS[rng.integers(0, len(KINDS))]
    return level(chosen(rng, int(seconds * RATE)))
