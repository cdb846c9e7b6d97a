"""CSV tables of labels, read by the names of their columns; every mistake is named with its row."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from models.errors import JobError

Row = dict[str, str]


class OutOfRangeError(JobError):
    """A number that is none of its scale."""


def read_table(table: Path, *columns: str) -> Iterator[tuple[str, Row]]:
    """Rows of a CSV table, one after the other.

    Parameters
    ----------
    table : Path
        UTF-8, with a header; separated by commas, or by semicolons or tabs as spreadsheets of many countries write it.
    *columns : str
        Columns that it must have.

    Yields
    ------
    where : str
        The file and the number of the row as a spreadsheet shows it, for messages.
    row : dict of str to str
        By column; blanks around names and cells are gone, cells that are not there are "".

    Raises
    ------
    JobError
        "not_found" when there is no such file; "bad_data" when it is no such table or lacks a column.
    """
    if not table.is_file():
        raise JobError("not_found", f"{table} does not exist.")
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            separator = _separator(stream.readline())
            stream.seek(0)
            reader = csv.DictReader(stream, delimiter=separator)
            reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
            missing = [column for column in columns if column not in reader.fieldnames]
            if missing:
                raise JobError("bad_data", f"{table}, row 1: there is no column named {' or '.join(missing)}.")
            for cells in reader:
                row = {name: (cells[name] or "").strip() for name in reader.fieldnames}
                yield f"{table}, row {reader.line_num}", row
    except UnicodeDecodeError as error:
        raise JobError("bad_data", f"{table} is not UTF-8 text: save it as CSV UTF-8.", str(error)) from None
    except (OSError, csv.Error) as error:
        raise JobError("bad_data", f"{table} cannot be read as a table.", str(error)) from None


def _separator(header: str) -> str:
    """What stands between the names of a header: a comma unless there is none."""
    return "," if "," in header else next((mark for mark in ";\t" if mark in header), ",")


def number(where: str, row: Mapping[str, str], column: str, low: float, high: float) -> float | None:
    """Read a cell as a number in [low, high], with a decimal point or comma; None where there is none.

    Raises
    ------
    JobError
        "bad_data" when it is no number, NaN or out of range.
    """
    text = row.get(column, "")
    if not text:
        return None
    try:
        value = float(text.replace(",", ".") if text.count(",") == 1 else text)
    except ValueError:
        raise JobError("bad_data", f"{where}: {column} is {text!r}, which is no number.") from None
    if math.isnan(value):
        raise JobError("bad_data", f"{where}: {column} is {text!r}; leave the cell empty where there is no label.")
    if not low <= value <= high:
        raise OutOfRangeError("bad_data", f"{where}: {column} is {text}; it must lie between {low:g} and {high:g}.")
    return value
