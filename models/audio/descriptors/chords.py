"""Chord qualities, where they lie in the key, and how they follow one another."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from models.audio.cqt import FRAME_RATE_HZ
from models.audio.descriptors.grid import Columns, FloatArray, Track, entropy, shares, window_mean
from models.audio.descriptors.harmony import NOW_S, Key, PitchClasses

#: Semitones above the root.
CHORDS: dict[str, tuple[int, ...]] = {
    "major": (0, 4, 7),
    "minor": (0, 3, 7),
    "diminished": (0, 3, 6),
    "augmented": (0, 4, 8),
    "suspended": (0, 5, 7),
    "major_7th": (0, 4, 7, 11),
    "minor_7th": (0, 3, 7, 10),
    "dominant_7th": (0, 4, 7, 10),
    "half_diminished": (0, 3, 6, 10),
    "power": (0, 7),
    "single": (0,),
}
_NAMES = list(CHORDS)
_MAJOR = [_NAMES.index(n) for n in ("major", "major_7th", "dominant_7th")]
_MINOR = [_NAMES.index(n) for n in ("minor", "minor_7th")]
_DARK = [*_MINOR, _NAMES.index("diminished"), _NAMES.index("half_diminished")]
_SHARPNESS = 14.0
_BASS_FOR_ROOT = 0.15
#: Root motion is taken over so many instants: 1 s.
_MOTION = 2


@cache
def _templates() -> NDArray[np.float64]:
    """Chord templates of norm 1 [shape=(12 roots, chords, 12)]."""
    out = np.zeros((12, len(CHORDS), 12))
    for q, tones in enumerate(CHORDS.values()):
        for root in range(12):
            out[root, q, [(root + t) % 12 for t in tones]] = 1
    return np.asarray(out / np.linalg.norm(out, axis=-1, keepdims=True))


def chord_shares(chroma: FloatArray, bass: FloatArray) -> FloatArray:
    """How well each chord fits, as shares that sum to 1.

    Parameters
    ----------
    chroma, bass : np.ndarray [shape=(t, 12)]
        Shares of the pitch classes, of all notes and of the bass, which speaks for the root.

    Returns
    -------
    np.ndarray [shape=(t, 12 roots, chords), dtype=float32]
        A softmax of the cosine to each chord's template.
    """
    unit = chroma / np.maximum(np.linalg.norm(chroma, axis=-1, keepdims=True), 1e-9)
    fit = np.einsum("tc,rqc->trq", unit, _templates()) + _BASS_FOR_ROOT * bass[:, :, None]
    e = np.exp(_SHARPNESS * (fit - fit.max(axis=(1, 2), keepdims=True)))
    return np.asarray(e / e.sum(axis=(1, 2), keepdims=True), np.float32)


def chords(pitches: PitchClasses, key: Key, times_s: NDArray[np.float64]) -> tuple[Columns, Track]:
    """Chord descriptors at each instant, and of the whole recording relative to its tonic."""
    share = chord_shares(pitches.now, pitches.bass_now)
    quality = share.sum(axis=1)
    root = share.sum(axis=2)
    columns: Columns = {f"chord_{name}": quality[:, q] for q, name in enumerate(CHORDS)}
    columns["chord_mode"] = quality[:, _MAJOR].sum(axis=1) - quality[:, _DARK].sum(axis=1)
    columns["chord_ambiguity"] = entropy(share.reshape(len(share), -1))
    change = np.zeros(len(times_s), np.float32)
    change[1:] = 1 - (root[1:] * root[:-1]).sum(axis=1)
    columns["chord_change"] = change

    weight = shares(window_mean(pitches.weight, FRAME_RATE_HZ, times_s, NOW_S))
    mean = np.einsum("t,trq->rq", weight, share)
    by_degree = key.aligned(mean)
    track: Track = {"chord_variety": float(entropy(mean.reshape(-1)))}
    for k in range(12):
        track[f"chord_major_on_{k}"] = float(by_degree[k, _MAJOR].sum())
        track[f"chord_minor_on_{k}"] = float(by_degree[k, _MINOR].sum())
    for k in range(12):
        turned = np.roll(root[_MOTION:], -k, axis=1)
        track[f"root_motion_{k}"] = (
            float((root[:-_MOTION] * turned).sum(axis=1).mean()) if len(turned) else float(k == 0)
        )
    return columns, track
