"""Layers of text files: tables with or without a header, and Audacity's labels."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from models.data.label_csv import Problem
from models.data.tables import read_table
from models.errors import JobError
from models.layers import Layer, span_of

#: Header of the table of instants and regions.
SPANS_COLUMNS = ("layer", "start_s", "end_s", "value", "unit", "label")
#: How many problems of one file are said one by one.
_MOST_PROBLEMS = 20
_HEAD = re.compile(r"(?P<name>.*?)\s*(?:\((?P<about>[^()]*)\))?\s*")
_RANGE = re.compile(r"(-?[\d.]+)\.\.(-?[\d.]+)")
#: Headers of Sonic Visualiser's tables, where it was asked to write them.
_TIME_NAMES = ("time", "time_s", "times_s", "seconds", "start", "start_s")


def read_layer_csv(file: Path) -> Iterator[Layer | Problem]:
    """Read a table: ours, with a header, or Sonic Visualiser's, with or without one.

    Without a header the columns are `time`, `time,value`, `time,label`, `time,value,label` or
    `time,value,duration,label`, in seconds. With one, `time_s` and a column per curve, named as we write it
    ("valence (-1..1)", "level (dBFS)"); or the columns of our table of instants and regions.

    Raises
    ------
    JobError
        "bad_data" or "unreadable" where it is no table.
    """
    first = _first_row(file)
    names = [cell.strip().casefold() for cell in first]
    if not names or not any(names):
        raise JobError("bad_data", f"{file} is empty.")
    if _is_number(names[0]):
        yield from _headless(file)
    elif set(SPANS_COLUMNS) <= set(names):
        yield from _spans(file)
    elif names[0] in _TIME_NAMES and set(names[1:]) & {"value", "duration", "label", "end"}:
        yield from _headless(file, skip=1, names=names)
    elif names[0] in _TIME_NAMES:
        yield from _curves(file, [cell.strip() for cell in first])
    else:
        raise JobError(
            "bad_data",
            f"{file}, row 1: the first column must hold times in seconds (a number, or the heading time_s), not "
            f"{first[0]!r}.",
        )


def read_audacity(file: Path) -> Iterator[Layer | Problem]:
    """Read Audacity's labels: start, end and text, parted by tabs; where start is end, an instant.

    Raises
    ------
    JobError
        "bad_data" or "unreadable" where no row is such a label.
    """
    said = _Said(file)
    rows: list[tuple[float, float, str]] = []
    for where, cells in _rows(file, "\t"):
        if cells[0].startswith("\\"):  # the frequencies of a spectral selection, which belong to the label before
            continue
        start, end = _float(cells[0]), _float(cells[1]) if len(cells) > 1 else math.nan
        if not (math.isfinite(start) and math.isfinite(end)):
            yield from said.once(where, "start and end must be numbers in seconds, parted by a tab")
        elif end < start:
            yield from said.once(where, "it ends before it starts")
        else:
            rows.append((start, end, cells[2].strip() if len(cells) > 2 else ""))
    yield from said.rest()
    yield from _by_length(file.stem, rows)


class _Said:
    """Says the first problems of a file one by one, and then how many more there are."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._count = 0

    def once(self, where: int, cause: str) -> Iterator[Problem]:
        self._count += 1
        if self._count <= _MOST_PROBLEMS:
            yield Problem(f"{self._file}, row {where}: {cause}; the row is left out.")

    def rest(self) -> Iterator[Problem]:
        more = self._count - _MOST_PROBLEMS
        if more > 0:
            yield Problem(f"{self._file}: {more} more rows are left out.", left_out=more)


def _by_length(name: str, rows: Sequence[tuple[float, float, str]]) -> Iterator[Layer]:
    instants = [row for row in rows if row[1] == row[0]]
    regions = [row for row in rows if row[1] > row[0]]
    both = bool(instants and regions)
    if instants:
        times_s = np.array([row[0] for row in instants])
        own = f"{name} (instants)" if both else name
        yield Layer(own, "instants", times_s, labels=tuple(row[2] for row in instants))
    if regions:
        starts, ends = (np.array([row[i] for row in regions]) for i in (0, 1))
        yield Layer(name, "regions", starts, None, ends - starts, tuple(row[2] for row in regions))


def _headless(file: Path, skip: int = 0, names: Sequence[str] = ()) -> Iterator[Layer | Problem]:
    said = _Said(file)
    columns = {name: i for i, name in enumerate(names)}
    rows: list[tuple[float, float, float, str]] = []
    shapes: set[str] = set()
    for where, cells in _rows(file, None, skip):
        time_s, value, length_s, label, shape = _cells(cells, columns)
        if not math.isfinite(time_s):
            yield from said.once(where, f"the time {cells[0]!r} is no number")
        elif "v" in shape and not math.isfinite(value):
            yield from said.once(where, "its value is no number")
        elif "d" in shape and not length_s >= 0:
            yield from said.once(where, "its duration is no number, or below 0")
        else:
            rows.append((time_s, value, length_s, label))
            shapes.add(shape)
    yield from said.rest()
    if not rows:
        return
    shape = max(shapes, key=len)  # a row without its last cells is one with empty ones
    times_s, values, lengths_s = (np.array(column, np.float64) for column in list(zip(*rows, strict=True))[:3])
    labels = tuple(row[3] for row in rows)
    name = file.stem.removesuffix(".sv")
    if "d" in shape:
        there = "v" in shape and bool(np.any(values))
        yield Layer(
            name, "regions", times_s, np.nan_to_num(values) if there else None, np.nan_to_num(lengths_s), labels
        )
    elif "v" in shape:
        yield Layer(name, "values", times_s, values, labels=labels)
    else:
        yield Layer(name, "instants", times_s, labels=labels)


def _cells(cells: Sequence[str], columns: dict[str, int]) -> tuple[float, float, float, str, str]:
    """Time, value, duration, label, and which of them there are ("v", "d")."""
    time_s = _float(cells[0])
    if columns:

        def cell(name: str) -> str:
            return cells[columns[name]] if name in columns and columns[name] < len(cells) else ""

        length = _float(cell("duration")) if "duration" in columns else _float(cell("end")) - time_s
        shape = ("v" if "value" in columns else "") + ("d" if {"duration", "end"} & set(columns) else "")
        return time_s, _float(cell("value")), length, cell("label"), shape
    rest = list(cells[1:])
    value = length = math.nan
    shape = ""
    if rest and _is_number(rest[0]):
        value, shape = _float(rest.pop(0)), "v"
        if rest and _is_number(rest[0]) and len(cells) > 3:
            length, shape = _float(rest.pop(0)), "vd"
    elif len(rest) > 1:
        shape = "v"  # a value that is none
        rest.pop(0)
    return time_s, value, length, rest[0] if rest else "", shape


def _curves(file: Path, header: Sequence[str]) -> Iterator[Layer | Problem]:
    said = _Said(file)
    times: list[float] = []
    rows: list[list[float]] = []
    for where, cells in _rows(file, None, 1):
        at = _float(cells[0])
        numbers = [_float(cell) if cell.strip() else math.nan for cell in cells[1 : len(header)]]
        wrong = [
            name
            for name, cell, number in zip(header[1:], cells[1:], numbers, strict=False)
            if cell.strip() and not math.isfinite(number)
        ]
        if not math.isfinite(at) or wrong:
            yield from said.once(where, f"{wrong[0] if wrong else 'its time'} is no number")
            continue
        times.append(at)
        rows.append(numbers + [math.nan] * (len(header) - 1 - len(numbers)))
    yield from said.rest()
    if not rows:
        return
    times_s, values = np.array(times), np.array(rows, np.float64)
    for i, head in enumerate(header[1:]):
        found = _HEAD.fullmatch(head)
        name, about = (found["name"], found["about"] or "") if found else (head, "")
        span = _RANGE.search(about)
        unit = _RANGE.sub("", about).strip(" ,")
        if not np.isfinite(values[:, i]).any():
            yield Problem(f"{file}: the column {head or i + 2} holds no number.")
            continue
        ends = span_of(_float(span[1]), _float(span[2])) if span else None
        yield Layer(name or f"column {i + 2}", "values", times_s, values[:, i], unit=unit, range=ends)


def _spans(file: Path) -> Iterator[Layer | Problem]:
    said = _Said(file)
    found: dict[str, list[tuple[float, float, str, float, str]]] = {}
    for where, row in read_table(file, *SPANS_COLUMNS):
        start, end = _float(row["start_s"]), _float(row["end_s"])
        if not (math.isfinite(start) and math.isfinite(end) and end >= start):
            yield from said.once(int(where.rsplit(" ", 1)[-1]), "start_s and end_s must be numbers, in this order")
            continue
        entry = (start, end, row["label"], _float(row["value"]), row["unit"])
        found.setdefault(row["layer"] or file.stem, []).append(entry)
    yield from said.rest()
    for name, entries in found.items():
        values = np.array([entry[3] for entry in entries])
        whole = bool(np.isfinite(values).all())
        for layer in _by_length(name, [entry[:3] for entry in entries]):
            if whole and layer.kind == "regions" and len(layer.times_s) == len(values):
                yield Layer(
                    layer.name, "regions", layer.times_s, values, layer.durations_s, layer.labels, entries[0][4]
                )
            else:
                yield layer


def _first_row(file: Path) -> list[str]:
    return next((cells for _, cells in _rows(file, None)), [])


def _rows(file: Path, delimiter: str | None, skip: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, with their numbers; parted by what the first one is parted by."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            if delimiter is None:
                line = stream.readline()
                stream.seek(0)
                delimiter = _separator(line)
            reader = csv.reader(stream, delimiter=delimiter, quoting=csv.QUOTE_NONE if delimiter == "\t" else 0)
            for cells in reader:
                if reader.line_num > skip and any(cell.strip() for cell in cells):
                    yield reader.line_num, cells
    except UnicodeDecodeError as error:
        raise JobError("bad_data", f"{file} is no UTF-8 text: save it as CSV or text in UTF-8.", str(error)) from None
    except csv.Error as error:
        raise JobError("bad_data", f"{file} cannot be read as a table: {error}.", repr(error)) from None
    except OSError as error:
        raise JobError("unreadable", f"{file} cannot be read: {error.strerror}.", str(error)) from None


def _separator(line: str) -> str:
    """Return what stands behind the first cell: numbers may have decimal commas, and labels any sign."""
    first = {mark: line.partition(mark)[0].strip() for mark in "\t;" if mark in line}
    return next((mark for mark, cell in first.items() if _is_number(cell) or cell.replace("_", "").isalpha()), ",")


def _is_number(text: str) -> bool:
    return math.isfinite(_float(text))


def _float(text: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return math.nan
