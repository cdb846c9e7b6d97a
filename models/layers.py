"""Layers: anything that lies over the time of a recording, in one form for all files that carry it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

#: Moments; values at moments, joined by a line; stretches.
LayerKind = Literal["instants", "values", "regions"]


@dataclass(frozen=True)
class Layer:
    """One layer over the time of a recording. Never changed, only replaced.

    Attributes
    ----------
    name : str
        For people and for columns: "valence", "climaxes".
    kind : {"instants", "values", "regions"}
        What it is made of.
    times_s : np.ndarray [shape=(n,), dtype=float64]
        Seconds, ascending: of instants and values, and the beginnings of regions.
    values : np.ndarray [shape=(n,), dtype=float64] or None
        Of "values", finite or NaN for a gap; of regions where they have one (strength); None for instants.
    durations_s : np.ndarray [shape=(n,), dtype=float64] or None
        Of regions, at least 0; None otherwise.
    labels : tuple of str
        One per entry; all empty where there are none.
    unit : str
        Of the values ("", "dB", "bpm").
    range : tuple of float or None
        Lowest and highest value that can be; None where it is open.
    origin : str
        Where it comes from, for people: a model and its version, "marked by hand", the file it was imported from.
    """

    name: str
    kind: LayerKind
    times_s: NDArray[np.float64]
    values: NDArray[np.float64] | None = None
    durations_s: NDArray[np.float64] | None = None
    labels: tuple[str, ...] = ()
    unit: str = ""
    range: tuple[float, float] | None = None
    origin: str = ""


def span_of(low: float, high: float) -> tuple[float, float] | None:
    """Return the range that a file names; None where its ends are no numbers, or not in order."""
    return (low, high) if -math.inf < low < high < math.inf else None
