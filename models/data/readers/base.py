"""What every reader gives: pieces with their labels, and notices of what was left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from models.data.labelled import LabelledClip
from models.data.tables import Row, read_table
from models.data.traces import Trace
from models.errors import JobError


@dataclass(frozen=True)
class Piece:
    """One recording or MIDI file of a data set.

    Attributes
    ----------
    clip : LabelledClip
        Its labels; the path is the data set's own file.
    trace : Trace or None
        Its ratings over time, if the data set has them.
    """

    clip: LabelledClip
    trace: Trace | None = None


@dataclass(frozen=True)
class Notice:
    """A sentence for the person who prepares the data, and how many recordings were left out for it."""

    message: str
    left_out: int = 0


_Item = TypeVar("_Item")
Reading = Iterator[Piece | Notice]


def table_of_set(table: Path, *columns: str) -> list[tuple[str, Row]]:
    """Rows of a data set's own table; what is wrong with the table is said as what it most often means."""
    try:
        return list(read_table(table, *columns))
    except JobError as error:
        if error.kind == "not_found" or "no column" in error.message:
            raise JobError(error.kind, f"{error.message} Is this the data set's folder?", error.detail) from None
        raise


def each(items: Iterable[_Item], make: Callable[[_Item], Piece]) -> Reading:
    """Make a piece of each item; an item with a mistake is reported and left out."""
    for item in items:
        try:
            yield make(item)
        except JobError as error:
            yield Notice(error.message, left_out=1)
