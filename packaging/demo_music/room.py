"""The hall and the last stage: a synthetic impulse response, the mix, and a ceiling for the peaks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from demo_music.dsp import RATE, Bus, ease, equalise, fast_length


def impulse_response(seconds: float, seed: int, warmth: float = 1.0) -> np.ndarray:
    """Stereo reverberation [shape=(2, n)]: a few early reflections, then noise that dies band by band.

    Parameters
    ----------
    seconds : float
        Time to fall by 60 dB at 500 Hz; high bands fall sooner, low ones by `warmth` times that.
    """
    rng = np.random.default_rng(seed)
    n = int(seconds * 1.3 * RATE)
    t = np.arange(n) / RATE
    edges = (40, 250, 700, 1800, 4000, 8000, 14_000)
    falls = (warmth, 1.0, 0.92, 0.7, 0.45, 0.28)
    out = np.zeros((2, n))
    for low, high, fall in zip(edges[:-1], edges[1:], falls, strict=True):
        noise = equalise(
            rng.standard_normal((2, n)),
            [(low / 1.5, -50), (low * 1.05, 0), (high / 1.05, 0), (high * 1.5, -50)],
        )
        out += noise * np.exp(-6.91 * t / (seconds * fall))
    build = int(0.03 * RATE)
    out[:, :build] *= ease(build)
    out = np.roll(out, int(0.018 * RATE), axis=1)
    out[:, : int(0.018 * RATE)] = 0
    out /= np.sqrt(np.sum(out**2, axis=1, keepdims=True))
    for delay_ms, gain in ((11, 0.3), (17, 0.26), (23, 0.22), (31, 0.2), (41, 0.16), (53, 0.12)):
        for side in range(2):
            out[side, int((delay_ms + rng.uniform(-2, 2)) * RATE / 1000)] += gain * rng.choice([-1, 1])
    return out


def reverberate(dry: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Convolve a stereo signal [shape=(2, n)] with a stereo response; the tail past `n` is dropped."""
    n = dry.shape[1]
    size = fast_length(n + response.shape[1])
    return np.stack(
        [
            np.fft.irfft(np.fft.rfft(d, size) * np.fft.rfft(r, size), size)[:n]
            for d, r in zip(dry, response, strict=True)
        ]
    )


def mix(
    parts: Sequence[tuple[Bus, float, float]], response: np.ndarray, fade_out_s: float, peak: float = 0.84
) -> np.ndarray:
    """Bring the instruments together.

    Parameters
    ----------
    parts : sequence of (bus, gain, send)
        Each instrument's track, its gain, and how much of it goes to the hall.
    response : np.ndarray [shape=(2, m)]
        The hall.
    fade_out_s : float
        Length of the last fade.
    peak : float
        Largest absolute sample of the result.

    Returns
    -------
    y : np.ndarray [shape=(n, 2), dtype=float32]
    """
    dry = sum(bus.audio * gain for bus, gain, _ in parts)
    wet = reverberate(sum(bus.audio * (gain * send) for bus, gain, send in parts), response)
    y = equalise(dry + wet, [(18, -60), (32, 0), (15_000, 0), (19_000, -40)])
    # A soft ceiling: the loudest strokes of the climax are rounded, nothing else is touched.
    y *= 1.6 / np.max(np.abs(y))
    knee = 0.62
    over = np.abs(y) > knee
    y[over] = np.sign(y[over]) * (knee + (1 - knee) * np.tanh((np.abs(y[over]) - knee) / (1 - knee)))
    y *= peak / np.max(np.abs(y))
    first, last = int(0.02 * RATE), int(fade_out_s * RATE)
    y[:, :first] *= ease(first)
    y[:, -last:] *= ease(last)[::-1] ** 1.5
    return y.T.astype(np.float32)
