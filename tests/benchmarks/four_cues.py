"""How climaxes were found at first, kept to be compared with: four cues, one both pitch height and timbre."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.analysis import Climax
from models.audio.log_mel import FRAME_S, band_centres_hz
from models.numerics import smooth

Curve = NDArray[np.float64]
_UNIT_AND_WEIGHT = {"loudness": (10.0, 0.35), "arousal": (0.6, 0.2), "brightness": (1.0, 0.25), "density": (0.7, 0.2)}


def find(
    log_mel: NDArray[np.floating], arousal: NDArray[np.floating], times_s: NDArray[np.floating], step_s: float
) -> tuple[Climax, ...]:
    """Climaxes of a recording, the strongest first; see `models.inference.climaxes.find_climaxes`."""
    cues = {
        "arousal": np.asarray(arousal, np.float64),
        **_measure(np.asarray(log_mel, np.float64), len(times_s), step_s),
    }
    audible = cues["loudness"] > cues["loudness"].max() - 50
    contour = np.zeros(len(times_s))
    for name, (unit, weight) in _UNIT_AND_WEIGHT.items():
        height = np.clip((cues[name] - np.median(cues[name][audible])) / unit, -2, 2)
        contour += weight * np.where(audible, height, -1.0 if name != "loudness" else height)
    contour = smooth(contour, 1.5 / step_s)
    contour -= np.median(contour[audible])
    found = []
    for peak in range(len(contour)):
        higher = np.flatnonzero(contour > contour[peak])
        left, right = higher[higher < peak], higher[higher > peak]
        first, last = (int(left[-1]) + 1 if len(left) else 0), (int(right[0]) - 1 if len(right) else len(contour) - 1)
        saddles = [contour[first : peak + 1].min()] * bool(len(left)) + [contour[peak : last + 1].min()] * bool(
            len(right)
        )
        prominence = contour[peak] - max([0.0, *saddles])
        if prominence >= 0.35:
            start = end = peak
            while start > first and contour[start - 1] >= contour[peak] - prominence / 2:
                start -= 1
            while end < last and contour[end + 1] >= contour[peak] - prominence / 2:
                end += 1
            found.append((prominence + contour[peak], start, peak, end))
    kept: list[tuple[float, int, int, int]] = []
    for one in sorted(found, reverse=True):
        if all(one[3] < other[1] or one[1] > other[3] for other in kept):
            kept.append(one)
    return tuple(
        Climax(times_s[a] - step_s / 2, float(times_s[p]), times_s[b] + step_s / 2, float(1 - np.exp(-rank / 2)))
        for rank, a, p, b in kept[:8]
    )


def _measure(log_mel: Curve, n: int, step_s: float) -> dict[str, Curve]:
    octaves = np.log2(band_centres_hz() / 1000)
    edges = np.minimum(np.round(np.arange(n) * step_s / FRAME_S).astype(int), log_mel.shape[1] - 1)
    lengths = np.maximum(np.diff(np.append(edges, log_mel.shape[1])), 1)
    power = np.exp(log_mel)
    total = np.add.reduceat(power.sum(axis=0), edges)
    rise = np.maximum(np.diff(np.maximum(log_mel, -7), axis=1, prepend=np.maximum(log_mel[:, :1], -7)), 0)
    flux = np.add.reduceat(rise.mean(axis=0), edges) / lengths
    return {
        "loudness": 10 * np.log10(total / lengths),
        "brightness": np.add.reduceat(octaves @ power, edges) / total,
        "density": np.log(flux + 0.02),
    }
