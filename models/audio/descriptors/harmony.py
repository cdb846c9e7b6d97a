"""Pitch classes, consonance and keys: what the sounding notes say about harmony."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from models.audio.cqt import FRAME_RATE_HZ
from models.audio.descriptors.grid import Columns, FloatArray, Track, entropy, recurrence, shares, window_mean
from models.audio.descriptors.notes import NOTES, NoteFrames, over_frames

#: Key profiles, major and minor: Krumhansl and Kessler 1982; Temperley 1999; Albrecht and Shanahan 2013.
PROFILES = {
    "krumhansl": (
        (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
        (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
    ),
    "temperley": (
        (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0),
        (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0),
    ),
    "albrecht": (
        (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
        (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
    ),
}
#: Dyadic consonance of a unison and of the interval classes 1 to 6 (Huron 1994); a unison counts nothing.
_HURON = (0.0, -1.428, -0.582, 0.594, 0.386, 1.240, -0.453)
#: Correlations become beliefs by a softmax of this sharpness; the bass weighs in for the tonic.
_KEY_SHARPNESS = 12.0
_BASS_FOR_TONIC = 0.3
_LOCAL_KEY_S = 10.0
#: What counts as "now" for a chord.
NOW_S = 1.0
#: Instants over which a change of key is measured: 2 s.
_KEY_LAG = 4
_LAGS_S = (1, 2, 4, 8)


@dataclass(frozen=True)
class PitchClasses:
    """Energy of the twelve pitch classes, C first: per frame [shape=(n, 12)] and, as shares, now [shape=(t, 12)]."""

    full: FloatArray
    bass: FloatArray
    #: How much a frame counts in an average [shape=(n,)].
    weight: FloatArray
    now: FloatArray
    bass_now: FloatArray
    upper_now: FloatArray


@dataclass(frozen=True)
class Key:
    """The whole recording's tonic, as beliefs [shape=(12,)]: what is said by scale degree is weighted by them."""

    tonic: NDArray[np.float64]

    def aligned(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """Values by semitones above the tonic [shape=(12, ...)], from values by pitch class [shape=(12, ...)]."""
        return np.asarray(sum(w * np.roll(x, -k, axis=0) for k, w in enumerate(self.tonic)))


def _standard(profile: tuple[float, ...]) -> NDArray[np.float64]:
    p = np.asarray(profile) - np.mean(profile)
    return np.asarray(p / np.linalg.norm(p))


@cache
def _key_matrix() -> NDArray[np.float64]:
    """Profiles [shape=(3, 2, 12 tonics, 12)], each of mean 0 and norm 1."""
    return np.array([[[np.roll(_standard(p), k) for k in range(12)] for p in pair] for pair in PROFILES.values()])


def key_correlations(chroma: NDArray[np.floating]) -> NDArray[np.float64]:
    """Correlation of pitch classes [shape=(..., 12)] with each profile, mode and tonic [shape=(..., 3, 2, 12)].

    The modes are major and minor, as in Krumhansl and Schmuckler's key finding.
    """
    c = chroma - chroma.mean(axis=-1, keepdims=True)
    norm = np.linalg.norm(c, axis=-1, keepdims=True)
    c = c / np.maximum(norm, 1e-12) * (norm > 1e-6)
    return np.asarray(np.einsum("...c,pmkc->...pmk", c, _key_matrix()))


def _fold(activation: FloatArray) -> FloatArray:
    return np.asarray(activation.reshape(-1, 12, activation.shape[1]).sum(axis=0).T)


def pitch_classes(notes: NoteFrames, times_s: NDArray[np.float64]) -> PitchClasses:
    """Fold the notes into pitch classes: all of them, the bass (fading out from C#3 to G3) and the rest."""
    low = np.clip((55 - NOTES) / 6, 0, 1).astype(np.float32)[:, None]
    full = np.asarray(over_frames(lambda a, _: _fold(a).T, notes.activation).T)
    bass = np.asarray(over_frames(lambda a, _: _fold(a * low).T, notes.activation).T)
    weight = np.sqrt(full.sum(axis=1))
    now, bass_now, upper_now = (
        shares(window_mean(x, FRAME_RATE_HZ, times_s, NOW_S, weight)) for x in (full, bass, np.maximum(full - bass, 0))
    )
    return PitchClasses(full, bass, weight, now, bass_now, upper_now)


def consonance(notes: NoteFrames, pitches: PitchClasses, times_s: NDArray[np.float64]) -> Columns:
    """How the sound blends: roughness, tonalness, intonation, consonant and dissonant intervals, motion."""

    def now(x: FloatArray) -> FloatArray:
        return window_mean(x, FRAME_RATE_HZ, times_s, NOW_S, pitches.weight)

    distance = np.abs(NOTES[:, None] - NOTES[None, :]) % 12
    dyads = np.asarray(_HURON, np.float32)[np.minimum(distance, 12 - distance)]

    def blend(a: FloatArray, _frames: slice) -> FloatArray:
        return np.asarray(((dyads @ a) * a).sum(axis=0) / (a.sum(axis=0) ** 2 + 1e-12))[None]

    columns = {
        "roughness": now(notes.roughness),
        "tonalness_low": now(notes.tonalness[0]),
        "tonalness_middle": now(notes.tonalness[1]),
        "tonalness_high": now(notes.tonalness[2]),
        "inharmonicity": now(notes.unexplained),
        "intonation": now(notes.intonation),
        "consonance": now(over_frames(blend, notes.activation)[0]),
        "chroma_entropy": entropy(pitches.now),
        "bass_agreement": 12 * (pitches.bass_now * pitches.upper_now).sum(axis=1),
    }
    for k in range(1, 12):
        columns[f"above_bass_{k}"] = (pitches.bass_now * np.roll(pitches.now, -k, axis=1)).sum(axis=1)
    fourier = np.fft.rfft(pitches.now, axis=1)
    for k in range(1, 7):
        columns[f"fourier_{k}"] = np.abs(fourier[:, k]).astype(np.float32)
    p = pitches.now
    pairs_of = [(p * np.roll(p, k, axis=1)).sum(axis=1) * (0.5 if k == 6 else 1) for k in range(1, 7)]
    for k, share in enumerate(shares(np.stack(pairs_of, axis=1)).T, start=1):
        columns[f"interval_class_{k}"] = share
    # The tonal centroid: the circles of fifths, minor thirds and major thirds (Harte, Sandler and Gasser 2006).
    moved = np.zeros(len(times_s), np.float32)
    moved[1:] = np.sqrt((np.abs(np.diff(fourier[:, [5, 3, 4]], axis=0)) ** 2).sum(axis=1))
    columns["harmonic_change"] = moved
    return columns


def keys(notes: NoteFrames, pitches: PitchClasses, times_s: NDArray[np.float64]) -> tuple[Columns, Track, Key]:
    """Mode and key, locally over 10 s and of the whole recording, and what lies on which scale degree."""
    track: Track = {}
    # Each frame counts by the root of its energy: a few loud chords do not decide alone.
    whole = shares((pitches.full / (pitches.weight[:, None] + 1e-9)).mean(axis=0))
    bass_weight = np.sqrt(pitches.bass.sum(axis=1, keepdims=True)) + 1e-9
    whole_bass = shares((pitches.bass / bass_weight).mean(axis=0))
    correlations = key_correlations(whole)
    for name, by_mode in zip(PROFILES, correlations.max(axis=-1), strict=True):
        track[f"mode_{name}"] = float(by_mode[0] - by_mode[1])
        track[f"key_clarity_{name}"] = float(by_mode.max())
    mean = correlations.mean(axis=0)
    belief = np.exp(_KEY_SHARPNESS * (mean + _BASS_FOR_TONIC * (whole_bass - whole_bass.mean())))
    belief /= belief.sum()
    key = Key(belief.sum(axis=0))
    track["mode_belief"] = float(belief[0].sum() - belief[1].sum())
    track["track_key_ambiguity"] = float(entropy(belief.reshape(-1)))
    # The same tonic as major against as minor: relative keys, which share their notes, do not blur it.
    track["mode_parallel"] = float((key.tonic * (mean[0] - mean[1])).sum())

    local = key_correlations(window_mean(pitches.full, FRAME_RATE_HZ, times_s, _LOCAL_KEY_S)).mean(axis=1)
    best = local.max(axis=-1)
    beliefs = np.exp(_KEY_SHARPNESS * local).reshape(len(local), -1)
    beliefs /= beliefs.sum(axis=1, keepdims=True)
    change = np.zeros(len(times_s), np.float32)
    change[_KEY_LAG:] = 1 - np.sqrt(beliefs[_KEY_LAG:] * beliefs[:-_KEY_LAG]).sum(axis=1)
    columns = {
        "mode": (best[:, 0] - best[:, 1]).astype(np.float32),
        "mode_on_tonic": ((local[:, 0] - local[:, 1]) @ key.tonic).astype(np.float32),
        "key_clarity": best.max(axis=1).astype(np.float32),
        "key_ambiguity": entropy(beliefs),
        "key_change": change,
    }
    track |= _degrees(whole, whole_bass, _melody_classes(notes), key)
    track["chromaticism"] = float(entropy(whole))
    for k, value in enumerate(np.abs(np.fft.rfft(whole))[1:], start=1):
        track[f"track_fourier_{k}"] = float(value)
    for lag_s in _LAGS_S:
        track[f"harmony_recurrence_{lag_s}"] = recurrence(pitches.now, 2 * lag_s)
    return columns, track, key


def _melody_classes(notes: NoteFrames) -> FloatArray:
    """Shares of the pitch classes around the leading voice's register [shape=(12,)]."""
    near = np.exp(-0.5 * ((NOTES - 74) / 12) ** 2).astype(np.float32)[:, None]
    energy = over_frames(lambda a, _: _fold((a * near) ** 2).T, notes.activation).T
    return shares(np.sqrt(energy).mean(axis=0))


def _degrees(whole: FloatArray, bass: FloatArray, lead: FloatArray, key: Key) -> Track:
    track: Track = {}
    for name, x in (("degree", whole), ("bass_degree", bass), ("melody_degree", lead)):
        track |= {f"{name}_{k}": float(v) for k, v in enumerate(key.aligned(x))}
    degrees = key.aligned(whole)
    track["third"] = float(degrees[4] - degrees[3])
    track["sixth"] = float(degrees[9] - degrees[8])
    track["seventh"] = float(degrees[11] - degrees[10])
    track["diatonicity"] = float(degrees[[0, 2, 4, 5, 7, 9, 11]].sum())
    return track
