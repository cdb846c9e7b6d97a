"""From log-frequency magnitudes to sounding notes: tuning, whitening, and a non-negative fit of harmonic notes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.audio.cqt import BINS_PER_OCTAVE, EPSILON, LOWEST_NOTE, N_BINS, sine_response
from models.audio.descriptors.peaks import peak_features

if TYPE_CHECKING:
    import torch

FloatArray = NDArray[np.float32]

#: MIDI notes that are looked for: C1 to B6.
N_NOTES = 72
NOTES = LOWEST_NOTE + np.arange(N_NOTES)
_PARTIALS = 12
#: Each partial is so much weaker than the one below it. On rendered piano 0.6 comes nearest to what was played.
_PARTIAL_DECAY = 0.6
_ITERATIONS = 12
#: Half width, in bins, of the neighbourhood against which a bin is judged.
_NEIGHBOURHOOD = 8
_WHITENING = 0.6
#: Where all bins are alike rounding must not look like notes.
_ABOVE = 1.0001
#: What lies so far below the recording's mean square magnitude is silence (-60 dB): only so is the gain without effect.
_FLOOR = 1e-3
#: Bins that tell the tuning: C2 to B5.
_TUNED = slice(BINS_PER_OCTAVE, 5 * BINS_PER_OCTAVE)
#: Frames that are worked on at a time.
_BLOCK = 1024


@dataclass(frozen=True)
class NoteFrames:
    """What each constant-Q frame holds, 10.8 frames per second.

    Attributes
    ----------
    activation : np.ndarray [shape=(72, n), dtype=float32]
        How strongly each note from C1 to B6 sounds; a frame's sum is 1 on average over the recording.
    unexplained : np.ndarray [shape=(n,)]
        Share of what stands out of the spectrum that no harmonic note explains, in [0, 1].
    roughness, intonation : np.ndarray [shape=(n,)]
    tonalness : np.ndarray [shape=(3, n)]
        See `peaks.peak_features`.
    tuning_semitones : float
        How far the recording is tuned above A4 = 440 Hz, in [-0.5, 0.5].
    """

    activation: FloatArray
    unexplained: FloatArray
    roughness: FloatArray
    tonalness: FloatArray
    intonation: FloatArray
    tuning_semitones: float


def over_frames(
    measure: Callable[[FloatArray, slice], FloatArray], activation: FloatArray, before: int = 0
) -> FloatArray:
    """Measure each frame, a few thousand at a time: over hours of music each array of all notes takes 30 MB.

    Parameters
    ----------
    measure : callable
        From activations [shape=(72, k)] and the frames that they are, to measures [shape=(m, k)].
    activation : np.ndarray [shape=(72, n)]
    before : int
        How many frames before the first of a block it is given too, as far as there are any; what it says of those is
        not kept.

    Returns
    -------
    np.ndarray [shape=(m, n), dtype=float32]
    """
    out: FloatArray | None = None
    for at in range(0, activation.shape[1], _BLOCK):
        first, last = max(at - before, 0), min(at + _BLOCK, activation.shape[1])
        said = measure(activation[:, first:last], slice(first, last))
        if out is None:
            out = np.empty((len(said), activation.shape[1]), np.float32)
        out[:, at:last] = said[:, at - first :]
    assert out is not None
    return out


def tuning_semitones(magnitude: NDArray[np.floating]) -> float:
    """How far a spectrum is tuned above A4 = 440 Hz, in semitones in [-0.5, 0.5].

    Parameters
    ----------
    magnitude : np.ndarray [shape=(252,)]
        Mean magnitude of each bin. The answer is the circular mean of the bins' places within the semitone
        (Mauch and Dixon 2010).
    """
    angle = np.exp(2j * np.pi * np.arange(N_BINS) * 12 / BINS_PER_OCTAVE)
    centre = (magnitude[_TUNED] * angle[_TUNED]).sum()
    return float(np.angle(centre) / (2 * np.pi)) if abs(centre) > 0 else 0.0


@lru_cache(maxsize=32)
def _templates(tuning_cents: int) -> torch.Tensor:
    """What each note looks like [shape=(252, 72)]: partials that weaken geometrically."""
    import torch

    fundamentals = 440.0 * 2 ** ((NOTES + tuning_cents / 100 - 69) / 12)
    template = np.zeros((N_BINS, N_NOTES))
    for h in range(1, _PARTIALS + 1):
        template += _PARTIAL_DECAY ** (h - 1) * sine_response(h * fundamentals)
    template /= np.linalg.norm(template, axis=0)
    return torch.from_numpy(template.astype(np.float32))


@cache
def _smoother() -> torch.Tensor:
    """Mean over each bin's neighbourhood, as a matrix [shape=(252, 252)]."""
    import torch

    at = np.arange(N_BINS)
    near = np.abs(at[:, None] - at[None, :]) <= _NEIGHBOURHOOD
    return torch.from_numpy((near / near.sum(axis=1, keepdims=True)).astype(np.float32))


def _whiten(magnitude: torch.Tensor, floor: float) -> torch.Tensor:
    """What stands out of each bin's neighbourhood [shape=(252, t)], the loud regions of the spectrum tamed."""
    smooth = _smoother()
    mean = smooth @ magnitude
    deviation = (smooth @ magnitude.square() - mean.square()).clamp(min=0).sqrt() + floor
    return (magnitude - _ABOVE * mean).clamp(min=0) / deviation**_WHITENING


def _fit(standing_out: torch.Tensor, template: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Activations [shape=(72, t)] and the share that they leave unexplained [shape=(t,)].

    Non-negative least squares by multiplicative updates (Lee and Seung 2001).
    """
    target = template.T @ standing_out
    gram = template.T @ template
    activation = target.clone()
    for _ in range(_ITERATIONS):
        activation *= target / (gram @ activation + 1e-9)
    fitted = (activation * (2 * target - gram @ activation)).sum(0)
    total = standing_out.square().sum(0)
    return activation, 1 - (fitted / (total + 1e-12)).clamp(0, 1)


def note_frames(X: NDArray[np.floating]) -> NoteFrames:  # noqa: N803 - a matrix
    """Find the notes that sound in log magnitudes [shape=(252, n)], see `models.audio.cqt.log_cqt`."""
    import torch

    n = X.shape[1]
    blocks = range(0, n, _BLOCK)
    mean = np.zeros(N_BINS)
    square = 0.0
    for at in blocks:
        magnitude = np.exp(X[:, at : at + _BLOCK].astype(np.float32))
        mean += magnitude.sum(axis=1, dtype=np.float64) / n
        square += float(np.square(magnitude).sum(dtype=np.float64)) / magnitude.shape[0] / n
    tuning = tuning_semitones(mean)
    floor = max(_FLOOR * float(np.sqrt(square)), EPSILON)
    activation = np.empty((N_NOTES, n), np.float32)
    rest = np.empty((6, n), np.float32)
    with torch.inference_mode():
        template = _templates(4 * round(25 * tuning))
        for at in blocks:
            block = torch.exp(torch.from_numpy(X[:, at : at + _BLOCK].astype(np.float32))).clamp(min=floor)
            notes, unexplained = _fit(_whiten(block, floor), template)
            activation[:, at : at + _BLOCK] = notes.numpy()
            rest[0, at : at + _BLOCK] = unexplained.numpy()
            rest[1:, at : at + _BLOCK] = peak_features(block).numpy()
    scale = float(activation.sum(axis=0).mean())
    if scale > 1e-9:
        activation /= scale
    return NoteFrames(activation, rest[0], rest[1], rest[2:5], rest[5], tuning)
