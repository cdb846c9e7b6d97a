"""Plucked and struck strings: zither and lute by Karplus and Strong, and a piano by its partials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from demo_music.dsp import RATE, ease, fade, read_at
from demo_music.score import hz


@dataclass(frozen=True)
class PluckedString:
    """The character of a plucked instrument.

    Parameters
    ----------
    decay_s : float
        Seconds to fall by 60 dB at A3; higher strings fall sooner.
    damping : float
        (0, 0.5] share of the two-point average in the loop: more is duller and shorter.
    place : float
        Where the string is plucked, as a fraction of its length from the bridge.
    noise : float
        [0, 1] nail noise in the excitation.
    bright_hz : tuple of float
        Corner of the excitation's low-pass when played softly and strongly.
    """

    decay_s: float
    damping: float
    place: float
    noise: float
    bright_hz: tuple[float, float]


ZITHER = PluckedString(decay_s=9.0, damping=0.2, place=0.13, noise=0.18, bright_hz=(1400.0, 6500.0))
LUTE = PluckedString(decay_s=1.5, damping=0.34, place=0.21, noise=0.35, bright_hz=(1900.0, 7500.0))
BASS_ZITHER = PluckedString(decay_s=6.0, damping=0.4, place=0.2, noise=0.1, bright_hz=(600.0, 2400.0))


def pluck(
    voice: PluckedString,
    midi: float,
    seconds: float,
    level: float,
    rng: np.random.Generator,
    *,
    bend: float = 0.0,
    vibrato: float = 0.0,
) -> np.ndarray:
    """One plucked note [shape=(n,)].

    The loop of Karplus and Strong (1983), ``y[n] = g ((1 - s) y[n - N] + s y[n - N - 1])``, runs a whole
    period at a time; its output is then read with a warped clock, which tunes it exactly and bends it.

    Parameters
    ----------
    midi, seconds, level
        Pitch, length until the string is stopped, and strength in [0, 1].
    bend : float
        Semitones below the pitch at which the note begins before the left hand presses it up.
    vibrato : float
        Depth in semitones of the vibrato that follows the attack.
    """
    n = int(seconds * RATE)
    target = float(hz(midi))
    period = max(8, round(RATE / target - voice.damping))
    native = RATE / (period + voice.damping)

    t = np.arange(n) / RATE
    semitones = np.zeros(n)
    if bend:
        semitones -= bend * (1 - 1 / (1 + np.exp(-(t - 0.16) / 0.035)))
    if vibrato:
        swell = np.clip((t - 0.22) / 0.35, 0, 1) * np.exp(-np.maximum(t - 0.9, 0) / 1.1)
        semitones += vibrato * swell * np.sin(2 * np.pi * 5.2 * t)
    # A string struck hard is first a little sharp.
    semitones += 0.12 * level**2 * np.exp(-t / 0.05)
    clock = np.cumsum(target / native * 2 ** (semitones / 12))

    length = int(clock[-1]) + 8
    y = np.zeros(length + period)
    y[: period + 1] = _excitation(voice, period + 1, target, level, rng)
    fall_s = voice.decay_s * (220.0 / target) ** 0.45
    gain = 10 ** (-3 * period / (RATE * fall_s))
    near, far = gain * (1 - voice.damping), gain * voice.damping
    for start in range(period + 1, length, period):
        stop = min(start + period, length)
        y[start:stop] = near * y[start - period : stop - period] + far * y[start - period - 1 : stop - period - 1]
    return fade(read_at(y[:length], clock) * (0.55 + 0.45 * level) * level**0.85, 0.001, 0.06)


def _excitation(voice: PluckedString, n: int, target: float, level: float, rng: np.random.Generator) -> np.ndarray:
    """One period of the pluck: two opposite pulses (the corner's two travelling waves) and nail noise."""
    corner = voice.bright_hz[0] * (voice.bright_hz[1] / voice.bright_hz[0]) ** level
    shape = np.zeros(n)
    shape[0] = 1.0
    shape[max(1, int(n * voice.place))] -= 1.0
    shape += voice.noise * rng.standard_normal(n) / np.sqrt(n)
    freq = np.fft.rfftfreq(n, 1 / RATE)
    spectrum = np.fft.rfft(shape) / np.sqrt(1 + (freq / max(corner, 2 * target)) ** 4)
    spectrum[0] = 0
    shaped = np.fft.irfft(spectrum, n)
    return shaped / np.sqrt(np.mean(shaped**2)) * 0.25


def piano(midi: float, seconds: float, level: float, rng: np.random.Generator) -> np.ndarray:
    """One piano note [shape=(n,)]: stiff-string partials, double decay, two strings, a felt hammer.

    Partials lie at ``f_k = k f_0 sqrt(1 + B k^2)``; a strong stroke excites more of them.
    """
    f0 = float(hz(midi))
    n = int((seconds + 0.35) * RATE)
    t = np.arange(n) / RATE
    stiffness = 2.2e-4 * 2 ** ((midi - 60) / 14)
    count = int(min(28, 9500 / f0))
    k = np.arange(1, count + 1)
    freq = k * f0 * np.sqrt(1 + stiffness * k**2)
    hardness = 900 + 3600 * level**1.4
    amp = np.abs(np.sin(np.pi * k * 0.118)) / k**0.75 / (1 + (freq / hardness) ** 2)
    amp /= np.sqrt(np.sum(amp**2))
    quick = 2.6 * (261.0 / f0) ** 0.55 / (1 + 0.22 * (k - 1))
    y = np.zeros(n)
    for f, a, d in zip(freq, amp, quick, strict=True):
        if f > 12_000:
            break
        phase = rng.uniform(0, 2 * np.pi)
        envelope = 0.82 * np.exp(-t * (2.2 / d)) + 0.18 * np.exp(-t * (0.55 / d))
        detune = f * 0.00022
        y += a * envelope * (np.sin(2 * np.pi * f * t + phase) + 0.5 * np.sin(2 * np.pi * (f + detune) * t))
    knock = min(n, int(0.03 * RATE))
    felt = rng.standard_normal(knock) * np.exp(-np.arange(knock) / (0.006 * RATE))
    felt = np.convolve(felt, np.hanning(24) / 12, mode="same")
    y[:knock] += 0.25 * level * felt
    rise = int((0.0045 - 0.003 * level) * RATE)
    y[:rise] *= ease(rise)
    # The damper falls when the written length is over.
    damp = int(0.35 * RATE)
    y[-damp:] *= np.exp(-np.linspace(0, 5.5, damp))
    return fade(y * level**1.25 * 0.5, 0.0, 0.02)
