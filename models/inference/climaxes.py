"""Climaxes: regions where several cues of intensity rise together above the rest of the piece."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.analysis import Climax
from models.inference.cues import NAMES, Curve

#: A rise below this is no climax: 10 dB of loudness, or an octave of register, alone make 0.28.
LEAST_PROMINENCE = 0.25
MOST_CLIMAXES = 8
#: Music shorter than this has no surroundings that a climax could rise above (s).
SHORTEST_PIECE_S = 10.0
#: A region longer than this, or than this share of the piece, and so flat in its middle half (as a share of its height)
#: is a loud section and no climax.
_SECTION_S, _SECTION_SHARE, _FLAT = 25.0, 1 / 3, 0.2


def find_climaxes(
    contour: Curve, times_s: NDArray[np.floating], step_s: float, cues: Curve | None = None
) -> tuple[Climax, ...]:
    """Peaks of the intensity contour that stand out, strongest first.

    Parameters
    ----------
    contour : np.ndarray [shape=(t,)]
        See `models.inference.cues.Intensity`.
    times_s : np.ndarray [shape=(t,)]
        Centre of each step.
    step_s : float
        Length of a step.
    cues : np.ndarray [shape=(t, 6)], optional
        What each cue gives to the contour; a climax is told what they give to its peak.

    Returns
    -------
    tuple of Climax
        At most eight, none for music under ten seconds. A peak stands out by its height above the saddle to higher
        ground, but by no more than its height above the piece's typical moment: neither the silence around a
        recording nor a fade makes steady music a climax. A region reaches to where half of that is lost. One that is
        long and flat is a loud section: what peaks in it must stand out of the section. Strength is
        1 - exp(-(how far the peak stands out + its height above the typical moment) / 2).
    """
    if len(contour) * step_s < SHORTEST_PIECE_S:
        return ()
    found: list[tuple[float, int, int, int]] = []
    for peak in _peaks(contour):
        first, last, prominence = _standing_out(contour, peak, step_s)
        if prominence >= LEAST_PROMINENCE:
            # Rank by how high the peak stands in the piece as well as by how much it stands out.
            found.append((prominence + float(contour[peak]), first, peak, last))
    found.sort(reverse=True)
    kept: list[tuple[float, int, int, int]] = []
    for candidate in found:
        if all(candidate[3] < other[1] or candidate[1] > other[3] for other in kept):
            kept.append(candidate)
    return tuple(
        Climax(
            float(max(0.0, times_s[first] - step_s / 2)),
            float(times_s[peak]),
            float(times_s[last] + step_s / 2),
            _strength(rank),
            {} if cues is None else dict(zip(NAMES, map(float, cues[peak]), strict=True)),
        )
        for rank, first, peak, last in kept[:MOST_CLIMAXES]
    )


def strength_at(contour: NDArray[np.floating], first: int, peak: int, last: int, step_s: float) -> float:
    """Strength in [0, 1] of a climax that a person set from step `first` to step `last`, by that of `find_climaxes`.

    Its peak need not be the contour's: it stands out by as much less as it lies lower. 0 where the music is no more
    intense than at its typical moment.
    """
    curve = np.asarray(contour, np.float64)
    top = first + int(np.argmax(curve[first : last + 1]))
    prominence = _standing_out(curve, top, step_s)[2]
    height = float(curve[peak])
    return _strength(max(0.0, prominence - float(curve[top]) + height) + max(0.0, height))


def _strength(rank: float) -> float:
    return float(1 - np.exp(-rank / 2))


def _peaks(contour: Curve) -> list[int]:
    if len(contour) < 3:
        return []
    padded = np.concatenate(([-np.inf], contour, [-np.inf]))
    return [int(i) for i in np.flatnonzero((contour > padded[:-2]) & (contour >= padded[2:]))]


def _standing_out(contour: Curve, peak: int, step_s: float) -> tuple[int, int, float]:
    """First and last step of a peak's region, and how far it stands out."""
    left, right, base = _surroundings(contour, peak)
    section = min(_SECTION_S / step_s, _SECTION_SHARE * len(contour))
    while True:
        prominence = float(contour[peak]) - base
        level = contour[peak] - prominence / 2
        first, last = peak, peak
        while first > left and contour[first - 1] >= level:
            first -= 1
        while last < right and contour[last + 1] >= level:
            last += 1
        if prominence < LEAST_PROMINENCE or last - first + 1 < section:
            return first, last, prominence
        quarter, half, three_quarters = np.quantile(contour[first : last + 1], (0.25, 0.5, 0.75))
        if three_quarters - quarter >= _FLAT * prominence:
            return first, last, prominence
        base = float(half)


def _surroundings(contour: Curve, peak: int) -> tuple[int, int, float]:
    """First and last step before higher ground, and what the peak stands out of: the saddle, but 0 at least.

    The saddle is the highest pass to higher ground. The ends of the piece are no higher ground: a piece may open, or
    end, on its climax.
    """
    higher = np.flatnonzero(contour > contour[peak])
    left, right = higher[higher < peak], higher[higher > peak]
    first, last, saddle = 0, len(contour) - 1, -np.inf
    if len(left):
        first = int(left[-1]) + 1
        saddle = float(contour[first : peak + 1].min())
    if len(right):
        last = int(right[0]) - 1
        saddle = max(saddle, float(contour[peak : last + 1].min()))
    return first, last, max(saddle, 0.0)
