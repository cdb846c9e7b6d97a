"""Traces: valence and arousal over the time of one recording, at 2 Hz."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data.tables import number, read_table
from models.errors import JobError

#: Seconds from one value to the next.
TRACE_STEP_S = 0.5
#: How far a time may lie off the grid of 0.5 s (a table that was rounded to hundredths).
_OFF_GRID_S = 0.01
#: A time beyond a day is no time in a recording.
_LONGEST_S = 86_400.0


@dataclass(frozen=True)
class Trace:
    """Valence and arousal over time.

    Attributes
    ----------
    times_s : np.ndarray [shape=(t,), dtype=float64]
        Seconds from the start of the recording, multiples of 0.5, rising; gaps are possible.
    valence, arousal : np.ndarray [shape=(t,), dtype=float64]
        [-1, 1]; NaN where there is no rating.
    """

    times_s: NDArray[np.float64]
    valence: NDArray[np.float64]
    arousal: NDArray[np.float64]


def trace_of_samples(
    times_s: NDArray[np.floating], valence: NDArray[np.floating] | None, arousal: NDArray[np.floating] | None
) -> Trace:
    """Bring what was rated many times a second to 2 Hz.

    Parameters
    ----------
    times_s : np.ndarray [shape=(n,)]
        Seconds from the start of the recording.
    valence, arousal : np.ndarray [shape=(n,)] or None
        [-1, 1], NaN for no rating; None for a dimension that was not rated.

    Returns
    -------
    Trace
        At each multiple of 0.5 s with a sample less than 0.25 s away: the mean of these samples. Other times are left
        out.
    """
    slots = np.floor(np.asarray(times_s, np.float64) / TRACE_STEP_S + 0.5).astype(np.int64)
    kept, places = np.unique(slots, return_inverse=True)

    def means(values: NDArray[np.floating] | None) -> NDArray[np.float64]:
        if values is None:
            return np.full(len(kept), np.nan)
        values = np.asarray(values, np.float64)
        given = ~np.isnan(values)
        count = np.bincount(places[given], minlength=len(kept))
        total = np.bincount(places[given], values[given], minlength=len(kept))
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    return Trace(kept.astype(np.float64) * TRACE_STEP_S, means(valence), means(arousal))


def read_trace(path: Path) -> Trace:
    """Read a trace.

    Parameters
    ----------
    path : Path
        CSV with the columns time_s (a multiple of 0.5) and valence, arousal or both ([-1, 1], or empty for no rating).

    Raises
    ------
    JobError
        "bad_data" when a value is out of range, a time is not on the grid or not after the one before, or no row has a
        rating: the message names the file and the row.
    """
    times_s: list[float] = []
    values: list[tuple[float, float]] = []
    for where, row in read_table(path, "time_s"):
        if not {"valence", "arousal"} & set(row):
            raise JobError("bad_data", f"{path}, row 1: there is no column named valence or arousal.")
        time_s = number(where, row, "time_s", 0.0, _LONGEST_S)
        if time_s is None:
            raise JobError("bad_data", f"{where}: there is no time_s.")
        on_grid_s = round(time_s / TRACE_STEP_S) * TRACE_STEP_S
        if abs(on_grid_s - time_s) > _OFF_GRID_S:
            raise JobError("bad_data", f"{where}: time_s is {time_s:g}; traces have a value each 0.5 s, from 0 on.")
        if times_s and on_grid_s <= times_s[-1]:
            raise JobError("bad_data", f"{where}: time_s is {time_s:g}, not after the row before.")
        times_s.append(on_grid_s)
        rated = (number(where, row, name, -1.0, 1.0) for name in ("valence", "arousal"))
        valence, arousal = (math.nan if value is None else value for value in rated)
        values.append((valence, arousal))
    table = np.array(values, np.float64).reshape(-1, 2)
    if np.isnan(table).all():
        raise JobError("bad_data", f"{path} holds no rating.")
    return Trace(np.array(times_s, np.float64), table[:, 0], table[:, 1])


def write_trace(path: Path, trace: Trace) -> None:
    """Write a trace as `read_trace` reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("time_s", "valence", "arousal"))
        for time_s, *rated in zip(trace.times_s, trace.valence, trace.arousal, strict=True):
            writer.writerow((f"{time_s:.1f}", *("" if math.isnan(v) else f"{v:.4f}" for v in rated)))
    part.replace(path)
