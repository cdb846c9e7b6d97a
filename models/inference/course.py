"""A recording's way through the plane in few points: what playlists are made by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.analysis import Analysis, Overview

#: Points of a course: means over the first and last tenth, and over the thirds between them.
POINTS = 5
_EDGES = np.array([0.0, 0.1, 0.1 + 0.8 / 3, 0.1 + 1.6 / 3, 0.9, 1.0])
#: Where these parts have their middles, as shares of the recording.
MOMENTS = (_EDGES[:-1] + _EDGES[1:]) / 2


@dataclass(frozen=True)
class Sketch:
    """A recording in a few numbers.

    Attributes
    ----------
    course : np.ndarray [shape=(5, 2), dtype=float32]
        Valence and arousal, [-1, 1], at five moments from beginning to end (see `MOMENTS`).
    tempo_bpm : float or None
        Beats a minute, an estimate; None where it is not known.
    level_db : float or None
        Mean power in dB relative to full scale; None in silence.
    """

    course: NDArray[np.float32]
    tempo_bpm: float | None
    level_db: float | None


def sketch_of(analysis: Analysis, overview: Overview) -> Sketch:
    """Return a recording in a few numbers."""
    values = np.stack((analysis.valence_over_time, analysis.arousal_over_time), axis=1)
    tempo = None if analysis.descriptors is None else analysis.descriptors.summary.get("track_tempo")
    power = (
        float(np.mean(10 ** (np.asarray(overview.loudness_db, np.float64) / 10))) if len(overview.loudness_db) else 0.0
    )
    level = 10 * np.log10(power) if power > 0 else -np.inf
    return Sketch(
        course_of(analysis.times_s, values, analysis.duration_s).astype(np.float32),
        float(tempo) if tempo is not None and np.isfinite(tempo) and tempo > 0 else None,
        float(level) if level > -90 else None,
    )


def course_of(times_s: NDArray[np.floating], values: NDArray[np.floating], duration_s: float) -> NDArray[np.float64]:
    """Return a recording's course from its curves.

    Parameters
    ----------
    times_s : np.ndarray [shape=(t,)]
        Seconds.
    values : np.ndarray [shape=(t, 2)]
        Valence and arousal.
    duration_s : float
        Seconds.

    Returns
    -------
    np.ndarray [shape=(5, 2)]
        A part that no step lies in has the value of the nearest one.
    """
    edges = _EDGES * duration_s
    out = np.empty((POINTS, 2))
    for i in range(POINTS):
        inside = (times_s >= edges[i]) & (times_s < edges[i + 1])
        nearest = int(np.argmin(np.abs(times_s - MOMENTS[i] * duration_s)))
        out[i] = values[inside].mean(axis=0) if inside.any() else values[nearest]
    return out
