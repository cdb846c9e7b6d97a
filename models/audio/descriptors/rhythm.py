"""Tempo, pulse, onsets, articulation and modulation, from the log-mel frames' rises and falls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.audio.descriptors.grid import Columns, FloatArray, Track, entropy, window_mean, window_std
from models.audio.descriptors.spectrum import INDEX
from models.audio.log_mel import FRAME_S

DoubleArray = NDArray[np.float64]

RATE_HZ = 1 / FRAME_S
#: Stretch of music that a tempo is looked for in.
_WINDOW = round(8 * RATE_HZ)
_WINDOW_FFT = 1024
#: Tempi that are weighed, in beats per minute: 35 to 266, 1.5% apart.
TEMPI = 35.0 * 1.015 ** np.arange(137)
#: What people tap along to: a log-normal around 110 BPM (after Parncutt 1994 and Ellis 2007).
TEMPO_PRIOR = np.exp(-0.5 * (np.log2(TEMPI / 110.0) / 0.9) ** 2)
#: Shares with which one to four beats count for a tempo.
_BEATS = ((1, 0.4), (2, 0.3), (3, 0.15), (4, 0.15))
#: Edges of the modulation bands in Hz.
MODULATION_HZ = (0.3, 1.0, 2.0, 4.0, 7.0, 12.0, 20.0)
_MODULATION_FFT = 256
_BANDS = ("low", "middle", "high")
_SECOND = 43  # frames
#: Instants whose tempograms are held at a time.
_BLOCK = 1024


def windows(x: DoubleArray, times_s: DoubleArray, size: int) -> DoubleArray:
    """Stretches of `size` frames [shape=(t, size)] around each instant; what lies outside is 0."""
    padded = np.pad(x, (size // 2, size))
    at = np.round(times_s * RATE_HZ).astype(np.int64)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, size)[at])


def autocorrelation(x: DoubleArray, n_fft: int, lags: int) -> DoubleArray:
    """Unbiased autocorrelation over the last axis, 1 at lag 0 [shape=(..., lags)]."""
    spectrum = np.fft.rfft(x, n_fft)
    acf = np.fft.irfft(spectrum.real**2 + spectrum.imag**2)[..., :lags]
    acf = acf / (1 - np.arange(lags) / x.shape[-1]).clip(0.1)
    return np.asarray(acf / np.maximum(acf[..., :1], 1e-9))


def _of_whole(x: DoubleArray) -> DoubleArray:
    """Autocorrelation of the whole recording, up to 8 s [shape=(345,)]."""
    lags = min(x.size, _WINDOW)
    acf = autocorrelation(x - x.mean(), 1 << int(np.ceil(np.log2(2 * max(x.size, 2)))), lags)
    return np.pad(acf, (0, _WINDOW - lags))


def tempo_strengths(acf: DoubleArray) -> DoubleArray:
    """Strength of each tempo [shape=(..., 137)]: mean of the autocorrelation one to four beats apart."""
    out = np.zeros((*acf.shape[:-1], TEMPI.size))
    for beats, weight in _BEATS:
        lag = beats * 60 / TEMPI * RATE_HZ
        inside = lag < acf.shape[-1] - 2
        lag = np.minimum(lag, acf.shape[-1] - 2.001)
        below = lag.astype(np.int64)
        part = lag - below
        out += weight * inside * ((1 - part) * acf[..., below] + part * acf[..., below + 1])
    return out


def running_mean(x: DoubleArray, width: int) -> DoubleArray:
    """Mean over `width` frames around each [shape=(n,)], the ends being held."""
    padded = np.pad(x, (width // 2, width - 1 - width // 2), mode="edge")
    return np.convolve(padded, np.ones(width) / width, mode="valid")


@dataclass(frozen=True)
class _Onsets:
    """The onset curve: mean rise of the log-mel bands, what stands out of it, and its peaks [shape=(n,)]."""

    flux: DoubleArray

    @cached_property
    def smooth(self) -> DoubleArray:
        return running_mean(self.flux, 3)

    @cached_property
    def local(self) -> DoubleArray:
        return running_mean(self.flux, _SECOND)

    @cached_property
    def novelty(self) -> DoubleArray:
        return np.maximum(self.smooth - self.local, 0)

    @cached_property
    def peaks(self) -> NDArray[np.bool_]:
        threshold = np.maximum(self.local + 0.5 * running_mean(np.abs(self.flux - self.local), 5 * _SECOND), 0.01)
        peak = np.zeros(self.flux.size, bool)
        inner = self.smooth[1:-1]
        peak[1:-1] = (inner > self.smooth[:-2]) & (inner >= self.smooth[2:]) & (inner > threshold[1:-1])
        return peak


def rhythm(frames: FloatArray, times_s: DoubleArray) -> tuple[Columns, Track]:
    """Rhythmic descriptors at each instant, and of the whole recording.

    Parameters
    ----------
    frames : np.ndarray [shape=(n, features)]
        What `spectrum.frame_features` gives, 43 frames per second.
    times_s : np.ndarray [shape=(t,)]
    """
    onsets = _Onsets(frames[:, INDEX["flux"]].astype(np.float64))
    columns: Columns = {}
    for name, feature in (
        ("flux", "flux"), ("onset_flux_low", "flux_low"), ("onset_flux_middle", "flux_middle"),
        ("onset_flux_high", "flux_high"), ("decay", "decay"), ("change", "change"),
    ):  # fmt: skip
        columns[name] = window_mean(frames[:, INDEX[feature]], RATE_HZ, times_s, 1.0)
    modulation_columns, modulation_track = _modulation(frames, times_s)
    columns |= _tempo(onsets, times_s) | _articulation(frames, onsets, times_s) | modulation_columns
    return columns, _whole(frames, onsets) | modulation_track


def _tempo(onsets: _Onsets, times_s: DoubleArray) -> Columns:
    blocks = [_tempo_of(onsets, times_s[at : at + _BLOCK]) for at in range(0, len(times_s), _BLOCK)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _tempo_of(onsets: _Onsets, times_s: DoubleArray) -> Columns:
    """Of a few instants: their tempograms are large."""
    stretch = windows(onsets.novelty, times_s, _WINDOW)
    acf = autocorrelation(stretch - stretch.mean(axis=1, keepdims=True), _WINDOW_FFT, _WINDOW - 20)
    strength = tempo_strengths(acf)
    # The prior alone decides where there is no pulse.
    liking = (np.maximum(strength, 0) + 1e-6) * TEMPO_PRIOR
    best = liking.argmax(axis=1)
    return {
        "tempo": TEMPI[best].astype(np.float32),
        "pulse_clarity": strength[np.arange(len(times_s)), best].astype(np.float32),
        "regularity": acf[:, 8:].max(axis=1).astype(np.float32),
        "tempo_ambiguity": entropy(liking / liking.sum(axis=1, keepdims=True)),
    }


def _articulation(frames: FloatArray, onsets: _Onsets, times_s: DoubleArray) -> Columns:
    height = np.where(onsets.peaks, onsets.smooth, 0)
    level = frames[:, INDEX["level"]].astype(np.float64)
    step = np.zeros(level.size)
    step[1:] = np.diff(running_mean(level, 3)) * RATE_HZ
    half_second = _SECOND // 2 + 1
    ahead = np.lib.stride_tricks.sliding_window_view(np.pad(level, (0, half_second - 1), mode="edge"), half_second)

    def at_onsets(x: NDArray[np.floating]) -> FloatArray:
        return window_mean(x, RATE_HZ, times_s, 4.0, height)

    return {
        "onset_rate": window_mean(onsets.peaks.astype(np.float64), RATE_HZ, times_s, 4.0) * np.float32(RATE_HZ),
        "onset_strength": at_onsets(onsets.smooth),
        "event_sharpness": at_onsets(onsets.smooth / (onsets.local + 1e-3)),
        "percussiveness": at_onsets(frames[:, INDEX["broadband"]]),
        "flux_variation": window_std(np.log(onsets.flux + 0.01), RATE_HZ, times_s, 4.0),
        "attack_slope": window_mean(np.maximum(step, 0), RATE_HZ, times_s, 4.0, np.maximum(step, 0)),
        "decay_slope": window_mean(np.maximum(-step, 0), RATE_HZ, times_s, 4.0),
        "staccato": window_mean(ahead.max(axis=1) - ahead.min(axis=1), RATE_HZ, times_s, 3.0),
    }


def _modulation(frames: FloatArray, times_s: DoubleArray) -> tuple[Columns, Track]:
    """How much of the motion of four bands' envelopes lies at which rate, in 6-s stretches, once a second."""
    edges = np.asarray(MODULATION_HZ) / (RATE_HZ / _MODULATION_FFT)
    rates = np.arange(_MODULATION_FFT // 2 + 1)
    pick = np.stack([(rates >= a) & (rates < b) for a, b in pairwise(edges)]).astype(float)
    bands = []
    for band in range(1, 5):
        envelope = frames[:, INDEX[f"envelope_{band}"]].astype(np.float64)
        piece = windows(envelope - envelope.mean(), times_s[::2], _MODULATION_FFT)
        piece = (piece - piece.mean(axis=1, keepdims=True)) * np.hanning(_MODULATION_FFT)
        bands.append(np.log((np.abs(np.fft.rfft(piece)) ** 2 @ pick.T) / _MODULATION_FFT + 1e-3))
    modulation = np.stack(bands, axis=1)
    columns: Columns = {}
    track: Track = {}
    for i in range(len(MODULATION_HZ) - 1):
        per_second = modulation[:, :, i].mean(axis=1)
        columns[f"modulation_{i + 1}"] = np.repeat(per_second, 2)[: len(times_s)].astype(np.float32)
        for band in range(4):
            track[f"modulation_{i + 1}_band_{band + 1}"] = float(modulation[:, band, i].mean())
    return columns, track


def _whole(frames: FloatArray, onsets: _Onsets) -> Track:
    """Tempo and pulse of the whole recording, and how even its onsets are."""
    strength = tempo_strengths(_of_whole(onsets.novelty))
    top = int(((np.maximum(strength, 0) + 1e-6) * TEMPO_PRIOR).argmax())
    track: Track = {"track_tempo": float(TEMPI[top]), "track_pulse_clarity": float(strength[top])}
    for name, factor in (("third", 1 / 3), ("half", 0.5), ("double", 2.0), ("triple", 3.0)):
        track[f"tempo_{name}"] = float(np.interp(TEMPI[top] * factor, TEMPI, strength, left=0, right=0))
    for i in range(8):
        track[f"tempogram_{i + 1}"] = float(strength[17 * i : 17 * (i + 1)].max())
    between = np.diff(np.flatnonzero(onsets.peaks))
    track["onset_interval"] = float(np.median(between) / RATE_HZ) if between.size else 0.0
    track["onset_interval_variation"] = float(between.std() / between.mean()) if between.size > 1 else 0.0
    for band in _BANDS:
        flux = frames[:, INDEX[f"flux_{band}"]].astype(np.float64)
        novelty = np.maximum(flux - running_mean(flux, _SECOND), 0)
        track[f"pulse_clarity_{band}"] = float(tempo_strengths(_of_whole(novelty)).max())
        track[f"onset_share_{band}"] = float(np.log((flux.mean() + 1e-3) / (onsets.flux.mean() + 1e-3)))
    return track
