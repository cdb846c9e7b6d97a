"""What the peaks of the constant-Q spectrum say without asking for notes: roughness, tonalness, intonation."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from models.audio.cqt import BINS_PER_OCTAVE, bin_frequencies_hz

if TYPE_CHECKING:
    import torch

#: Bins of the low (C1 to B2), middle (C3 to E5) and high register whose tonalness is told.
_REGISTERS = ((0, 84), (84, 168), (168, 250))
#: Bins whose peaks tell the intonation: C2 to B5.
_TUNED = (BINS_PER_OCTAVE, 5 * BINS_PER_OCTAVE)
_BINS_PER_SEMITONE = BINS_PER_OCTAVE // 12


@cache
def _sethares() -> torch.Tensor:
    """Sensory dissonance between every two bins [shape=(250, 250)] (Sethares 1993, after Plomp and Levelt 1965)."""
    import torch

    f = bin_frequencies_hz()[1:-1]
    s = 0.24 / (0.021 * np.minimum(f[:, None], f[None, :]) + 19)
    x = s * np.abs(f[:, None] - f[None, :])
    return torch.from_numpy((np.exp(-3.5 * x) - np.exp(-5.75 * x)).astype(np.float32))


def peak_features(magnitude: torch.Tensor) -> torch.Tensor:
    """Features of each frame's spectral peaks.

    Parameters
    ----------
    magnitude : torch.Tensor [shape=(252, t)]

    Returns
    -------
    torch.Tensor [shape=(5, t)]
        Roughness: dissonance over all pairs of peaks, over the square of their sum. Tonalness, low, middle, high: the
        share of the register's energy that lies in peaks. Intonation: how firmly the peaks keep to one tuning.
    """
    import torch

    inner = magnitude[1:-1]
    peaks = inner * ((inner > magnitude[:-2]) & (inner >= magnitude[2:]))
    rough = ((_sethares() @ peaks) * peaks).sum(0) / (peaks.sum(0).square() + 1e-20)
    tonal = [peaks[a:b].square().sum(0) / (inner[a:b].square().sum(0) + 1e-20) for a, b in _REGISTERS]

    first, last = _TUNED
    tuned = peaks[first - 1 : last - 1]
    # A parabola through the log magnitudes places each peak between the bins.
    low, middle, high = (torch.log(magnitude[first + k : last + k] + 1e-9) for k in (-1, 0, 1))
    offset = (0.5 * (low - high) / (low - 2 * middle + high).clamp(max=-1e-6)).clamp(-0.5, 0.5)
    angle = (torch.arange(first, last)[:, None] + offset) * (2 * np.pi / _BINS_PER_SEMITONE)
    resultant = torch.hypot((tuned * torch.cos(angle)).sum(0), (tuned * torch.sin(angle)).sum(0))
    return torch.stack((rough, *tonal, resultant / (tuned.sum(0) + 1e-12)))
