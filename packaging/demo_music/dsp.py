"""Building blocks of sound: envelopes, filters, wavetables and interpolated reading. Numpy only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RATE = 44_100  # Hz, everywhere in this folder


def fast_length(n: int) -> int:
    """Smallest length of at least `n` whose FFT is quick (2^a or 3 * 2^a)."""
    power = 1 << (n - 1).bit_length()
    return power * 3 // 4 if power * 3 // 4 >= n else power


def equalise(y: np.ndarray, curve: Sequence[tuple[float, float]]) -> np.ndarray:
    """Filter with a gain curve, zero phase.

    Parameters
    ----------
    y : np.ndarray [shape=(..., n)]
    curve : sequence of (frequency in Hz, gain in dB)
        Joined by straight lines over log frequency; held outside.
    """
    n = y.shape[-1]
    size = fast_length(n + 4096)
    freq = np.fft.rfftfreq(size, 1 / RATE)
    knots = np.log([f for f, _ in curve])
    gain = 10 ** (np.interp(np.log(np.maximum(freq, 1.0)), knots, [g for _, g in curve]) / 20)
    return np.fft.irfft(np.fft.rfft(y, size) * gain, size)[..., :n]


def smooth_noise(rng: np.random.Generator, n: int, rate_hz: float) -> np.ndarray:
    """Slow random movement: about `rate_hz` turns a second, standard deviation near 1."""
    count = max(4, int(np.ceil(n / RATE * rate_hz)) + 4)
    knots = rng.standard_normal(count)
    x = np.linspace(0, count - 3.001, n)
    i = x.astype(int)
    f = x - i
    a, b, c, d = knots[i], knots[i + 1], knots[i + 2], knots[i + 3]
    # Uniform cubic B-spline: no corners, so no audible ones either.
    return (a * (1 - f) ** 3 + b * (3 * f**3 - 6 * f**2 + 4) + c * (-3 * f**3 + 3 * f**2 + 3 * f + 1) + d * f**3) / 3.5


def soften(y: np.ndarray, seconds: float) -> np.ndarray:
    """Round the corners of a control curve: two moving averages of `seconds` each."""
    width = max(2, int(seconds * RATE))
    for _ in range(2):
        padded = np.concatenate([np.full(width // 2, y[0]), y, np.full(width - width // 2, y[-1])])
        total = np.cumsum(np.insert(padded, 0, 0.0))
        y = ((total[width:] - total[:-width]) / width)[: len(y)]
    return y


def ease(n: int) -> np.ndarray:
    """Half a raised cosine from 0 to 1 over `n` samples."""
    return 0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / max(n, 1))


def fade(y: np.ndarray, in_s: float, out_s: float) -> np.ndarray:
    """Fade both ends of `y`, in place, and return it."""
    a = min(int(in_s * RATE), y.shape[-1] // 2)
    b = min(int(out_s * RATE), y.shape[-1] // 2)
    if a:
        y[..., :a] *= ease(a)
    if b:
        y[..., -b:] *= ease(b)[::-1]
    return y


def read_at(y: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Read `y` at fractional positions (four-point Hermite); beyond its end there is silence."""
    padded = np.concatenate([[0.0], y, np.zeros(4)])
    position = np.minimum(position, len(y))
    i = position.astype(np.int64)
    f = position - i
    a, b, c, d = padded[i], padded[i + 1], padded[i + 2], padded[i + 3]
    return b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)))


class Wavetable:
    """A periodic wave in octave-spaced versions, so that no partial passes 15 kHz.

    Parameters
    ----------
    partials : np.ndarray [shape=(k,)]
        Amplitude of each harmonic, from the first.
    """

    SIZE = 4096
    BASE_HZ = 55.0

    def __init__(self, partials: np.ndarray, seed: int) -> None:
        phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(partials))
        tables = []
        for octave in range(7):
            keep = int(15_000 / (self.BASE_HZ * 2 ** (octave + 1)))
            spectrum = np.zeros(self.SIZE // 2 + 1, dtype=complex)
            k = min(keep, len(partials))
            spectrum[1 : k + 1] = partials[:k] * np.exp(1j * phases[:k]) * self.SIZE / 2
            tables.append(np.fft.irfft(spectrum, self.SIZE))
        self._tables = np.stack([np.append(t, t[0]) for t in tables])

    def play(self, frequency_hz: np.ndarray, start: float = 0.0) -> np.ndarray:
        """Sound with the given instantaneous frequency [shape=(n,)]; `start` is the phase in turns."""
        turns = start + np.cumsum(frequency_hz) / RATE
        place = (turns - np.floor(turns)) * self.SIZE
        i = place.astype(np.int64)
        f = place - i
        octave = np.clip(np.log2(frequency_hz / self.BASE_HZ), 0, len(self._tables) - 1.001)
        low = octave.astype(np.int64)
        blend = octave - low
        out = np.zeros(len(frequency_hz))
        for table, weight in ((low, 1 - blend), (np.minimum(low + 1, len(self._tables) - 1), blend)):
            left = self._tables[table, i]
            out += weight * (left + f * (self._tables[table, i + 1] - left))
        return out


class Bus:
    """A stereo track to which instruments add their notes.

    Parameters
    ----------
    duration_s : float
        Length of the piece.
    """

    def __init__(self, duration_s: float) -> None:
        self.audio = np.zeros((2, int(duration_s * RATE)))

    def add(self, y: np.ndarray, at_s: float, pan: float = 0.0, gain: float = 1.0) -> None:
        """Mix mono `y` in at `at_s`, `pan` in [-1, 1] by the constant-power law."""
        start = max(0, round(at_s * RATE))
        stop = min(start + len(y), self.audio.shape[1])
        if stop <= start:
            return
        angle = (pan + 1) * np.pi / 4
        self.audio[0, start:stop] += y[: stop - start] * (gain * np.cos(angle) * np.sqrt(2))
        self.audio[1, start:stop] += y[: stop - start] * (gain * np.sin(angle) * np.sqrt(2))
