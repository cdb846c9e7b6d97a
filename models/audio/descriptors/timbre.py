"""Loudness and timbre at each instant, from the log-mel frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.audio.descriptors.grid import (
    Columns,
    FloatArray,
    Track,
    recurrence,
    window_mean,
    window_slope,
    window_std,
)
from models.audio.descriptors.spectrum import DEPTH_DB, INDEX, N_MFCC, mean_level_db
from models.audio.log_mel import DB_PER_UNIT, FRAME_S, N_FFT

_RATE_HZ = 1 / FRAME_S
#: Power of a full-scale sine in a Hann window's transform, over all bins: it reads 0 dB.
_FULL_SCALE_DB = 10 * float(np.log10(N_FFT * (3 / 8 * N_FFT) / 4))
_PLAIN = (
    "brightness", "spread", "skewness", "rolloff", "flatness", "tilt", "low_share", "high_share",
    "contrast_1", "contrast_2", "contrast_3", "contrast_4", "contrast_5",
)  # fmt: skip
_CORRELATED = 8
_LAGS_S = (1, 2, 4, 8)


def loudness(frames: FloatArray, reference: float, times_s: NDArray[np.float64]) -> tuple[Columns, Track]:
    """How loud it is, against full scale and against the recording's own mean, and how that moves.

    Parameters
    ----------
    frames : np.ndarray [shape=(n, features)]
        What `spectrum.frame_features` gives, 43 frames per second.
    reference : float
        The loud level (natural logarithm of power) that they are relative to.
    times_s : np.ndarray [shape=(t,)]
    """
    power = frames[:, INDEX["power"]]
    level = 10 * np.log10(window_mean(power, _RATE_HZ, times_s, 1.0) + 1e-9)
    mean = mean_level_db(frames)
    frame_level = frames[:, INDEX["level"]]
    columns = {
        "loudness": (level + DB_PER_UNIT * reference - _FULL_SCALE_DB).astype(np.float32),
        "loudness_relative": np.maximum(level - mean, -DEPTH_DB).astype(np.float32),
        "loudness_slope": window_slope(frame_level, _RATE_HZ, times_s, 4.0),
        "loudness_variation": window_std(frame_level, _RATE_HZ, times_s, 3.0),
    }
    low, middle, high = np.percentile(frame_level, (5, 50, 95))
    track = {
        "dynamic_range": float(high - low),
        "compression": float(mean - middle),
        "quiet_share": float((columns["loudness_relative"] < -10).mean()),
        "crest": float(frame_level.max() - mean),
        "fluctuation_exponent": _fluctuation_exponent(frame_level),
    }
    return columns, track


def timbre(frames: FloatArray, times_s: NDArray[np.float64]) -> tuple[Columns, Track]:
    """Colour of the sound: where its energy lies, how peaked or noisy it is, and its coarse shape."""
    weight = np.sqrt(frames[:, INDEX["power"]])
    columns = {name: window_mean(frames[:, INDEX[name]], _RATE_HZ, times_s, 1.0, weight) for name in _PLAIN}
    columns["brightness_variation"] = window_std(frames[:, INDEX["brightness"]], _RATE_HZ, times_s, 2.0)
    mfcc = frames[:, INDEX["mfcc_1"] : INDEX["mfcc_1"] + N_MFCC]
    now = window_mean(mfcc, _RATE_HZ, times_s, 1.0, weight)
    step = np.abs(np.diff(mfcc, axis=0)).mean(axis=0) if len(mfcc) > 1 else np.zeros(N_MFCC)
    track: Track = {}
    for i in range(N_MFCC):
        columns[f"mfcc_{i + 1}"] = now[:, i]
        track[f"mfcc_{i + 1}_frame_std"] = float(mfcc[:, i].std())
        track[f"mfcc_{i + 1}_frame_step"] = float(step[i])
    few = mfcc[:, :_CORRELATED].astype(np.float64)
    few -= few.mean(axis=0)
    covariance = few.T @ few / len(few)
    for i in range(_CORRELATED):
        for j in range(i + 1, _CORRELATED):
            scale = float(np.sqrt(covariance[i, i] * covariance[j, j]))
            track[f"mfcc_correlation_{i + 1}_{j + 1}"] = float(covariance[i, j] / scale) if scale > 1e-6 else 0.0
    for lag_s in _LAGS_S:
        track[f"timbre_recurrence_{lag_s}"] = recurrence(now, 2 * lag_s)
    return columns, track


def _fluctuation_exponent(level: FloatArray) -> float:
    """How the level's drift grows with time, 0.3 to 5 s: detrended fluctuation analysis (Streich and Herrera 2005)."""
    path = np.cumsum(level - level.mean(dtype=np.float64))
    sizes, drifts = [], []
    for size in (12, 20, 34, 56, 94, 156, 220):
        pieces = len(path) // size
        if pieces < 2:
            break
        table = path[: pieces * size].reshape(pieces, size)
        line = np.arange(size) - (size - 1) / 2
        trend = (table @ line)[:, None] * line / (line @ line)
        rest = table - table.mean(axis=1, keepdims=True) - trend
        sizes.append(np.log(size))
        drifts.append(0.5 * np.log((rest**2).mean() + 1e-9))
    return float(np.polyfit(sizes, drifts, 1)[0]) if len(sizes) > 2 else 1.0
