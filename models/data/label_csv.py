"""Label tables as CSV: one row per rater and recording (or passage)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.analysis import QUADRANTS
from models.data.label_rows import LabelRow
from models.data.label_scales import Scale, read_scale
from models.data.labelled import GEMS_COLUMNS
from models.data.moods import quadrant_of_words
from models.data.tables import Row, number, read_table
from models.data.traces import read_trace
from models.errors import JobError

#: Columns of the tables that we write; those that we read need `file` and a label.
CSV_COLUMNS = (
    "file",
    "rater",
    "start_s",
    "end_s",
    "quadrant",
    "valence",
    "arousal",
    "scale",
    "cant_say",
    "trace",
    "chills",
    "origin",
    "blind",
    "warm_up",
    "made",
    "seconds",
    "group",
)
_YES = frozenset({"yes", "true", "1", "x", "y", "ja", "是", "예"})
_NO = frozenset({"", "no", "false", "0", "n"})
_LONGEST_S = 86_400.0


@dataclass(frozen=True)
class RawRow:
    """A label whose numbers are still on the file's scale.

    Attributes
    ----------
    where : str
        File and row, for messages.
    row : LabelRow
        Its valence, arousal and trace as they stand in the file.
    scale : Scale or None
        As declared; None where the file says nothing.
    """

    where: str
    row: LabelRow
    scale: Scale | None


@dataclass(frozen=True)
class Problem:
    """A row that could not be used, or something to know: one sentence that names the file, the row and the cause."""

    message: str
    left_out: int = 1


Reading = Iterator[RawRow | Problem]


def read_label_csv(table: Path, scale: Scale | None = None) -> Reading:
    """Read a table of labels.

    Parameters
    ----------
    table : Path
        With the column `file` (absolute, or relative to the table's folder or its `audio/`) and quadrant (Q1..Q4 or a
        mood word), or valence and arousal, or cant_say, or trace (a table of `models.data.traces`).
    scale : Scale, optional
        Of tables that do not declare it in a column `scale`.

    Yields
    ------
    RawRow or Problem
        A row with a mistake is a problem and stops nothing.

    Raises
    ------
    JobError
        "not_found" or "bad_data" when it is no such table.
    """
    only_gems = 0
    seen = False
    for where, row in read_table(table, "file"):
        seen = True
        if not {"quadrant", "valence", "arousal", "cant_say", "trace"} & set(row):
            raise JobError(
                "bad_data", f"{table}, row 1: there is no column of labels: quadrant, or valence and arousal."
            )
        if any(row.get(column) for column in GEMS_COLUMNS) and not row.get("quadrant") and not row.get("valence"):
            only_gems += 1
            continue
        try:
            yield _raw(where, row, table, scale)
        except JobError as error:
            yield Problem(error.message)
    if only_gems:
        yield Problem(f"{table}: {only_gems} rows hold a GEMS profile only, which is no label here.", only_gems)
    if not seen:
        yield Problem(f"{table} holds no row.", 0)


def _raw(where: str, row: Row, table: Path, scale: Scale | None) -> RawRow:
    if not row["file"]:
        raise JobError("bad_data", f"{where}: there is no file.")
    word = row.get("quadrant", "")
    quadrant = quadrant_of_words(word)
    if word and quadrant is None:
        raise JobError("bad_data", f"{where}: the quadrant is {word!r}; it must be one of Q1 to Q4, or a mood word.")
    valence, arousal = (number(where, row, name, -math.inf, math.inf) for name in ("valence", "arousal"))
    if (valence is None) != (arousal is None):
        there, lacking = ("valence", "arousal") if arousal is None else ("arousal", "valence")
        raise JobError("bad_data", f"{where}: there is {there} but no {lacking}; a point needs both.")
    start_s, end_s = (number(where, row, name, 0.0, _LONGEST_S) for name in ("start_s", "end_s"))
    if (start_s is None) != (end_s is None) or (start_s is not None and end_s is not None and start_s >= end_s):
        raise JobError("bad_data", f"{where}: a passage needs start_s, and a later end_s.")
    label = LabelRow(
        file=resolved(table.parent, row["file"]),
        rater=row.get("rater", ""),
        quadrant=None if quadrant is None else QUADRANTS[quadrant],
        valence=valence,
        arousal=arousal,
        start_s=start_s,
        end_s=end_s,
        cant_say=_flag(where, row, "cant_say"),
        trace=read_trace(table.parent / row["trace"]) if row.get("trace") else None,
        chills=_seconds_list(where, row),
        origin=row.get("origin") or "import",
        blind=_flag(where, row, "blind"),
        warm_up=_flag(where, row, "warm_up"),
        made=row.get("made", ""),
        seconds=number(where, row, "seconds", 0.0, _LONGEST_S),
        group=row.get("group", ""),
    )
    if label.quadrant is None and valence is None and not label.cant_say and label.trace is None:
        raise JobError("bad_data", f"{where}: there is no label: quadrant (Q1 to Q4), or valence and arousal.")
    if label.cant_say and (label.quadrant is not None or valence is not None):
        raise JobError("bad_data", f"{where}: there is a label and cant_say; one of them must be empty.")
    said = row.get("scale", "")
    return RawRow(where, label, read_scale(said) if said else scale)


def resolved(folder: Path, name: str) -> Path:
    """Path of a recording that a table names, from its folder or `audio/`; the bare name where it is not there."""
    return next((p.resolve() for p in (folder / "audio" / name, folder / name) if p.is_file()), Path(name))


def _flag(where: str, row: Mapping[str, str], column: str) -> bool:
    text = row.get(column, "").casefold()
    if text not in _YES | _NO:
        raise JobError("bad_data", f"{where}: {column} is {text!r}; it must be yes or empty.")
    return text in _YES


def _seconds_list(where: str, row: Mapping[str, str]) -> tuple[float, ...]:
    text = row.get("chills", "")
    try:
        times_s = tuple(float(part) for part in text.split(";") if part.strip())
    except ValueError:
        times_s = (-1.0,)
    if not all(0 <= time_s <= _LONGEST_S for time_s in times_s):
        raise JobError("bad_data", f"{where}: chills is {text!r}; it must be seconds, separated by semicolons.")
    return times_s
