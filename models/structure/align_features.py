"""What recordings are aligned by: which pitch classes stand out, in steps of any length and in any key."""

from __future__ import annotations

import numpy as np

from models.analysis import FloatArray
from models.structure.structure import Structure


def at_step(structure: Structure, step_s: float) -> FloatArray:
    """Chroma [shape=(n, 12)] as means over steps of `step_s`, which is no shorter than its own."""
    chroma = structure.chroma.T
    if not len(chroma):
        return np.zeros((0, 12), np.float32)
    edges = np.arange(0.0, len(chroma) * structure.chroma_step_s + 1e-6, step_s) / structure.chroma_step_s
    # Means between any two edges, by the integral over the columns.
    sums = np.concatenate((np.zeros((1, 12)), np.cumsum(chroma, axis=0, dtype=np.float64)))
    whole = np.minimum(edges.astype(int), len(chroma) - 1)
    integral = sums[whole] + (edges - whole)[:, None] * chroma[whole]
    return np.asarray(np.diff(integral, axis=0) * (structure.chroma_step_s / step_s), np.float32)


def features(chroma: FloatArray) -> FloatArray:
    """Vectors of length 1 [shape=(n, 13)]: which pitch classes stand out, or, in the last column, silence."""
    centred = chroma - chroma.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    silent = length[:, 0] < 1e-6
    centred /= np.where(silent[:, None], 1.0, length)
    return np.concatenate((centred, silent[:, None]), axis=1).astype(np.float32)


def in_key(features: FloatArray, semitones: int) -> FloatArray:
    """Features as they were had the music sounded so many semitones lower."""
    return np.concatenate((np.roll(features[:, :12], -semitones, axis=1), features[:, 12:]), axis=1)


def halved(level: tuple[float, FloatArray, FloatArray]) -> tuple[float, FloatArray, FloatArray]:
    """The same at steps of twice the length."""
    step_s, *both = level
    halves = []
    for x in both:
        pairs = np.concatenate((x, x[-1:])) if len(x) % 2 else x
        mean = pairs[0::2] + pairs[1::2]
        length = np.linalg.norm(mean, axis=1, keepdims=True)
        halves.append(np.asarray(mean / np.where(length < 1e-6, 1.0, length), np.float32))
    return 2 * step_s, halves[0], halves[1]
