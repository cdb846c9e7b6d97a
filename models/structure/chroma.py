"""Harmony over time: the energy of each pitch class, of all notes and of the bass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.audio.cqt import FRAME_RATE_HZ
from models.audio.descriptors.grid import window_mean
from models.audio.descriptors.notes import NOTES, NoteFrames, over_frames

FloatArray = NDArray[np.float32]

#: Seconds per column of the chroma.
STEP_S = 1 / FRAME_RATE_HZ
#: A column whose notes are weaker than this share of the recording's mean is silence: it has no harmony.
_SILENT = 1e-3


@dataclass(frozen=True)
class Harmony:
    """Energy of the twelve pitch classes, C first, one row per constant-Q frame (10.8 a second).

    Attributes
    ----------
    chroma, bass : np.ndarray [shape=(n, 12), dtype=float32]
        Of all notes, and of the low ones (fading out from C#3 to G3), as they sound: louder frames hold more.
    """

    chroma: FloatArray
    bass: FloatArray

    @classmethod
    def of(cls, notes: NoteFrames) -> Harmony:
        """Fold sounding notes into pitch classes."""
        low = np.clip((55 - NOTES) / 6, 0, 1).astype(np.float32)[:, None]

        def fold(activation: FloatArray) -> FloatArray:
            return np.asarray(activation.reshape(-1, 12, activation.shape[1]).sum(axis=0))

        chroma = over_frames(lambda a, _: fold(np.sqrt(a)), notes.activation)
        bass = over_frames(lambda a, _: fold(np.sqrt(a * low)), notes.activation)
        silent = notes.activation.sum(axis=0) < _SILENT
        chroma[:, silent] = 0
        bass[:, silent] = 0
        return cls(chroma.T, bass.T)

    def between(self, x: FloatArray, edges_s: NDArray[np.float64]) -> FloatArray:
        """Mean of `chroma` or `bass` from each edge to the next [shape=(len(edges_s) - 1, 12)]."""
        middles, widths = (edges_s[1:] + edges_s[:-1]) / 2, np.diff(edges_s)
        # Windows of one width do: beats differ little, and a window reaches over no more than its neighbours' edges.
        return window_mean(x, FRAME_RATE_HZ, middles, float(np.median(widths)))

    def shown(self) -> FloatArray:
        """Chroma as it is kept [shape=(12, n), dtype=float32]: the strongest of a column is 1, 0 in silence."""
        top = self.chroma.max(axis=1, keepdims=True)
        return np.ascontiguousarray(np.where(top > 0, self.chroma / np.maximum(top, 1e-9), 0).T, np.float32)
