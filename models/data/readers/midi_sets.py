"""Data sets of MIDI files, which are rendered: EMOPIA, VGMIDI, MemoMusic."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.labelled import LabelledClip, quadrant_of
from models.data.moods import quadrant_of_words
from models.data.readers.base import Piece, Reading, each, table_of_set
from models.data.tables import Row, number
from models.data.traces import TRACE_STEP_S, Trace
from models.errors import JobError


def read_emopia(source: Path) -> Reading:
    """EMOPIA (Hung et al. 2021): `clips.csv` and `midi/`; the group is the song, the split its own."""

    def piece(item: tuple[str, Row]) -> Piece:
        where, row = item
        quadrant = quadrant_of_words(row["quadrant"])
        if quadrant is None:
            raise JobError("bad_data", f"{where}: the quadrant is {row['quadrant']!r}; it must be one of Q1 to Q4.")
        return Piece(LabelledClip(source / "midi" / row["midi"], quadrant, row["song"], row["split"]))

    yield from each(table_of_set(source / "clips.csv", "midi", "quadrant", "song", "split"), piece)


def read_memomusic(source: Path) -> Reading:
    """MemoMusic 3.0: `pieces.csv` and `midi/`; the group is the piece."""

    def piece(item: tuple[str, Row]) -> Piece:
        where, row = item
        valence, arousal = (number(where, row, name, -1.0, 1.0) for name in ("valence", "arousal"))
        if valence is None or arousal is None:
            raise JobError("bad_data", f"{where}: valence or arousal is missing.")
        path = source / "midi" / row["midi"]
        return Piece(
            LabelledClip(path, quadrant_of(valence, arousal), path.stem, valence=valence, arousal=arousal),
        )

    yield from each(table_of_set(source / "pieces.csv", "midi", "valence", "arousal"), piece)


#: VGMIDI's series for pieces of no series: their only kinship is the word.
_NO_SERIES = "Other"


def read_vgmidi(source: Path) -> Reading:
    """VGMIDI (Ferreira and Whitehead 2019): `annotations.json` and `midi/`; the group is the series.

    Each piece was rated by about 30 people, one value per measure. Their mean over people is the trace, where value i
    of n stands for the i-th of n equal parts of the piece; its mean over time is the label.
    """
    file = source / "annotations.json"
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise JobError("not_found", f"{file} does not exist. Is this the data set's folder?") from None
    except (OSError, ValueError) as error:
        raise JobError("bad_data", f"{file} cannot be read as JSON.", str(error)) from None
    if not isinstance(table, dict):
        raise JobError("bad_data", f"{file} must hold an object by the names of the MIDI files.")

    def piece(name: str) -> Piece:
        try:
            entry = table[name]
            duration_s = float(entry["duration_s"])
            valence, arousal = _mean_of_raters(entry["valence"]), _mean_of_raters(entry["arousal"])
            series = str(entry["series"])
        except (KeyError, TypeError, ValueError) as error:
            raise JobError("bad_data", f"{file}, {name}: it cannot be read ({error}).") from None
        if valence.size != arousal.size or not valence.size or not 0 < duration_s < math.inf:
            raise JobError("bad_data", f"{file}, {name}: ratings or duration are missing.")
        if max(np.abs(valence).max(), np.abs(arousal).max()) > 1:
            raise JobError("bad_data", f"{file}, {name}: a rating lies beyond -1 to 1.")
        means = float(valence.mean()), float(arousal.mean())
        path = source / "midi" / name
        group = f"{series}/{path.stem}" if series == _NO_SERIES else series
        clip = LabelledClip(path, quadrant_of(*means), group, valence=means[0], arousal=means[1])
        return Piece(clip, _at_2_hz(valence, arousal, duration_s))

    yield from each(table, piece)


def _mean_of_raters(rows: Any) -> NDArray[np.float64]:
    """Mean over raters [shape=(measures,)]; a rater's gap (null) does not count."""
    ratings = np.array(rows, np.float64)
    if ratings.ndim != 2 or np.isnan(ratings).all(axis=0).any():
        raise ValueError("its ratings are no table of raters and measures")
    mean: NDArray[np.float64] = np.nanmean(ratings, axis=0)
    return mean


def _at_2_hz(valence: NDArray[np.float64], arousal: NDArray[np.float64], duration_s: float) -> Trace:
    """Sample equal parts each 0.5 s, up to the end of the piece."""
    times_s = np.arange(math.ceil(duration_s / TRACE_STEP_S), dtype=np.float64) * TRACE_STEP_S
    part = np.minimum((times_s / duration_s * valence.size).astype(np.int64), valence.size - 1)
    return Trace(times_s, valence[part], arousal[part])
