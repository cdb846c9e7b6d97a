"""What happens to sound between its source and a file: rooms, telephones, codecs, levels. Mono, 22,050 Hz."""

from __future__ import annotations

import io

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray

RATE = 22_050  # Hz, everywhere in this folder
Samples = NDArray[np.float32]


def band(y: NDArray[np.floating], low_hz: float, high_hz: float, slope: float = 4.0) -> Samples:
    """Let a band of frequencies pass; beyond it the level falls with the power `slope` of frequency."""
    size = 1 << (y.size + 2047).bit_length()
    f = np.fft.rfftfreq(size, 1 / RATE) + 1e-3
    gain = 1 / np.sqrt((1 + (low_hz / f) ** (2 * slope)) * (1 + (f / high_hz) ** (2 * slope)))
    out: Samples = np.fft.irfft(np.fft.rfft(y, size) * gain, size)[: y.size].astype(np.float32)
    return out


def level(y: NDArray[np.floating], peak: float = 0.9) -> Samples:
    """Scale to a peak."""
    return (peak * y / max(float(np.abs(y).max(initial=0.0)), 1e-9)).astype(np.float32)


def room(y: Samples, rng: np.random.Generator) -> Samples:
    """Put it into a room: noise that dies away within 0.15 to 2 s."""
    seconds = rng.uniform(0.15, 2.0)
    n = int(seconds * RATE)
    tail = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / n)
    tail = band(tail, 100, rng.uniform(2000, 8000), 1.0)
    wet = _convolved(y, tail / np.sqrt((tail**2).sum()))
    return level(y + rng.uniform(0.1, 1.0) * wet * (np.std(y) / max(float(np.std(wet)), 1e-9)))


def _convolved(y: NDArray[np.floating], kernel: NDArray[np.floating]) -> NDArray[np.float64]:
    size = 1 << (y.size + kernel.size).bit_length()
    return np.fft.irfft(np.fft.rfft(y, size) * np.fft.rfft(kernel, size), size)[: y.size]


def coded(y: Samples, rng: np.random.Generator) -> Samples:
    """Send it through Ogg Vorbis or MP3 and back, at a bit rate from meagre to good."""
    kind, subtype = (("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III"))[rng.integers(0, 2)]
    memory = io.BytesIO()
    with sf.SoundFile(
        memory, "w", RATE, 1, format=kind, subtype=subtype, compression_level=rng.uniform(0.2, 0.95)
    ) as file:
        for start in range(0, y.size, RATE):  # libsndfile's Vorbis encoder overflows its stack on one large write
            file.write(y[start : start + RATE])
    memory.seek(0)
    out = sf.read(memory, dtype="float32")[0]
    return np.pad(out, (0, max(0, y.size - out.size)))[: y.size]


def at_rate(y: Samples, rate_hz: int) -> Samples:
    """Sample it at another rate and come back: what lies above half that rate is gone."""
    out = soxr.resample(soxr.resample(y, RATE, rate_hz), rate_hz, RATE)
    return np.pad(out, (0, max(0, y.size - out.size)))[: y.size].astype(np.float32)


def roughened(y: Samples, rng: np.random.Generator, strength: float = 1.0) -> Samples:
    """Give it one of many histories, drawn alike for music and for what is none, so that no history tells them apart.

    Parameters
    ----------
    y : np.ndarray [shape=(n,), dtype=float32]
    rng : np.random.Generator
    strength : float
        [0, 1]: scales the probability of every change but that of the level.
    """

    def happens(probability: float) -> bool:
        return bool(rng.random() < probability * strength)

    y = level(y)
    if happens(0.25):
        y = room(y, rng)
    if happens(0.12):
        y = band(y, rng.uniform(150, 400), rng.uniform(2800, 4000), 6)
    if happens(0.3):
        y = at_rate(y, int(rng.choice((8_000, 11_025, 12_000, 16_000))))
    if happens(0.2):
        tilt = rng.uniform(-6, 6)
        f = np.fft.rfftfreq(y.size, 1 / RATE)
        y = np.fft.irfft(np.fft.rfft(y) * 10 ** (tilt * np.log2(np.maximum(f, 60) / 1000) / 20), y.size).astype("f4")
    if happens(0.3):
        loudness = 10 ** (-rng.uniform(20, 50) / 20) * float(np.std(y))
        y = y + (loudness * rng.standard_normal(y.size)).astype(np.float32)
    if happens(0.1):
        y = np.tanh(level(y, rng.uniform(1, 4))).astype(np.float32)
    y = level(y, 10 ** (-rng.uniform(0, 30) / 20))
    return coded(y, rng) if happens(0.5) else y
