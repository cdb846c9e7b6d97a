"""Climaxes: regions where several cues of intensity rise together above the rest of the piece."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.analysis import Climax
from models.audio.log_mel import band_centres_hz
from models.networks import FRAMES_PER_STEP
from models.numerics import smooth

Curve = NDArray[np.float64]

#: Smoothing of the intensity contour: a climax is not the loudest second.
CONTOUR_SIGMA_S = 1.5
#: A rise below this (see `intensity`) is no climax: 10 dB of loudness alone are one, or one and a half octaves.
LEAST_PROMINENCE = 0.35
MOST_CLIMAXES = 8
#: Music shorter than this has no surroundings that a climax could rise above (s).
SHORTEST_PIECE_S = 10.0
#: What counts as one unit of each cue, and its weight. Loudness in dB, arousal in [-1, 1], brightness (which is pitch
#: height and timbre at once, hence its weight) in octaves of the spectral centroid, density as the natural logarithm
#: of spectral flux.
_UNIT_AND_WEIGHT = {
    "loudness": (10.0, 0.35),
    "arousal": (0.6, 0.2),
    "brightness": (1.0, 0.25),
    "density": (0.7, 0.2),
}
#: Cues this far below the track's loudest moment count as silence and are not heard (dB).
_QUIET_DB = -50.0
#: Log power below which a band's changes are those of noise, and the flux that counts as none.
_FLUX_FLOOR, _LEAST_FLUX = -7.0, 0.02


@dataclass(frozen=True)
class Cues:
    """Cues of intensity at each step, [shape=(t,)] each: dB, octaves re 1 kHz, ln of flux."""

    loudness: Curve
    brightness: Curve
    density: Curve

    @property
    def audible(self) -> NDArray[np.bool_]:
        """Where anything is heard: [shape=(t,), dtype=bool]."""
        out: NDArray[np.bool_] = self.loudness > self.loudness.max() + _QUIET_DB
        return out


def measure_cues(log_mel: NDArray[np.floating], n_steps: int, frames_per_step: float = FRAMES_PER_STEP) -> Cues:
    """Loudness, brightness and density of each step, from log-mel [shape=(128, frames)].

    Step i begins at the frame nearest to ``i * frames_per_step``. Loudness is total mel power in dB; brightness the
    spectral centroid in octaves relative to 1 kHz; density the mean rise per band from frame to frame (spectral flux
    of log power above the noise floor).
    """
    octaves = np.log2(band_centres_hz() / 1000.0)
    loudness, brightness, density = np.zeros((3, n_steps))
    firsts = np.minimum(np.round(np.arange(n_steps + 1) * frames_per_step).astype(np.int64), log_mel.shape[1])
    firsts[:-1] = np.minimum(firsts[:-1], log_mel.shape[1] - 1)
    chunk = 256
    for first in range(0, n_steps, chunk):
        last = min(n_steps, first + chunk)
        start, stop = firsts[first], max(firsts[last], firsts[last - 1] + 1)
        part = np.asarray(log_mel[:, start:stop], np.float64)
        previous = np.asarray(log_mel[:, max(0, start - 1)], np.float64)
        rise = np.diff(np.maximum(part, _FLUX_FLOOR), axis=1, prepend=np.maximum(previous, _FLUX_FLOOR)[:, None])
        power = np.exp(part)
        edges = firsts[first:last] - start
        lengths = np.maximum(np.diff(np.append(edges, part.shape[1])), 1)
        total = np.add.reduceat(power.sum(axis=0), edges)
        here = slice(first, last)
        loudness[here] = 10 * np.log10(total / lengths)
        brightness[here] = np.add.reduceat(octaves @ power, edges) / total
        flux = np.add.reduceat(np.maximum(rise, 0).mean(axis=0), edges) / lengths
        density[here] = np.log(flux + _LEAST_FLUX)
    return Cues(loudness, brightness, density)


def intensity(cues: Cues, arousal: NDArray[np.floating], step_s: float) -> Curve:
    """Intensity contour [shape=(t,)]: weighted cues against their medians, smoothed over a few seconds.

    0 is the piece's typical moment: silence, however much of it there is, is not counted in. One unit is what 10 dB of
    loudness, 0.6 of arousal, an octave of brightness and a doubling of density make together.
    """
    audible = cues.audible
    contour = np.zeros(len(cues.loudness))
    for name, (unit, weight) in _UNIT_AND_WEIGHT.items():
        cue = np.asarray(arousal if name == "arousal" else getattr(cues, name), np.float64)
        height = np.clip((cue - np.median(cue[audible])) / unit, -2.0, 2.0)
        # Brightness and density of near-silence are those of its noise.
        contour += weight * np.where(audible, height, -1.0 if name != "loudness" else height)
    contour = smooth(contour, CONTOUR_SIGMA_S / step_s)
    out: Curve = contour - np.median(contour[audible])
    return out


def find_climaxes(contour: Curve, times_s: NDArray[np.floating], step_s: float) -> tuple[Climax, ...]:
    """Peaks of the intensity contour that stand out, strongest first.

    Parameters
    ----------
    contour : np.ndarray [shape=(t,)]
        See `intensity`.
    times_s : np.ndarray [shape=(t,)]
        Centre of each step.
    step_s : float
        Length of a step.

    Returns
    -------
    tuple of Climax
        At most eight, none for music under ten seconds. A peak stands out by its height above the saddle to higher
        ground, but by no more than its height above the piece's typical moment: neither the silence around a
        recording nor a fade makes steady music a climax. A region reaches to where half of that is lost; strength is
        1 - exp(-(how far the peak stands out + its height above the typical moment) / 2).
    """
    if len(contour) * step_s < SHORTEST_PIECE_S:
        return ()
    found: list[tuple[float, int, int, int]] = []
    for peak in _peaks(contour):
        left, right, prominence = _surroundings(contour, peak)
        if prominence < LEAST_PROMINENCE:
            continue
        level = contour[peak] - prominence / 2
        start, end = peak, peak
        while start > left and contour[start - 1] >= level:
            start -= 1
        while end < right and contour[end + 1] >= level:
            end += 1
        # Rank by how high the peak stands in the piece as well as by how much it stands out.
        found.append((prominence + float(contour[peak]), start, peak, end))
    found.sort(reverse=True)
    kept: list[tuple[float, int, int, int]] = []
    for candidate in found:
        if all(candidate[3] < other[1] or candidate[1] > other[3] for other in kept):
            kept.append(candidate)
    return tuple(
        Climax(
            float(max(0.0, times_s[start] - step_s / 2)),
            float(times_s[peak]),
            float(times_s[end] + step_s / 2),
            _strength(rank),
        )
        for rank, start, peak, end in kept[:MOST_CLIMAXES]
    )


def strength_at(contour: NDArray[np.floating], first: int, peak: int, last: int) -> float:
    """Strength in [0, 1] of a climax that a person set from step `first` to step `last`, by that of `find_climaxes`.

    Its peak need not be the contour's: it stands out by as much less as it lies lower. 0 where the music is no more
    intense than at its typical moment.
    """
    curve = np.asarray(contour, np.float64)
    top = first + int(np.argmax(curve[first : last + 1]))
    _, _, prominence = _surroundings(curve, top)
    height = float(curve[peak])
    return _strength(max(0.0, prominence - float(curve[top]) + height) + max(0.0, height))


def _strength(rank: float) -> float:
    return float(1 - np.exp(-rank / 2))


def _peaks(contour: Curve) -> list[int]:
    if len(contour) < 3:
        return []
    padded = np.concatenate(([-np.inf], contour, [-np.inf]))
    return [int(i) for i in np.flatnonzero((contour > padded[:-2]) & (contour >= padded[2:]))]


def _surroundings(contour: Curve, peak: int) -> tuple[int, int, float]:
    """First and last step before higher ground, and how far the peak stands out: above the saddle, but above 0 at most.

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
    return first, last, float(contour[peak]) - max(saddle, 0.0)
