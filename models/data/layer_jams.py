"""Layers of JAMS files: ours, and what others write of moods, segments, beats and numbers over time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.data.label_csv import Problem
from models.data.label_jams import SANDBOX, open_jams
from models.layers import Layer, span_of

_Row = tuple[float, float, Any]


def read_jams_layers(file: Path) -> Iterator[Layer | Problem]:
    """Read every annotation that lies over time.

    Yields
    ------
    Layer or Problem
        `mood_thayer` gives valence and arousal, with the range its sandbox declares; numbers give curves; words give
        regions where they have a length, and instants where they have none.

    Raises
    ------
    JobError
        "bad_data" or "unreadable" where it is no JAMS file.
    """
    for number, annotation in enumerate(open_jams(file)["annotations"], start=1):
        where = f"{file}, annotation {number}"
        try:
            yield from _layers(where, annotation)
        except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
            yield Problem(f"{where} is not as JAMS describes it ({error}).")


def _layers(where: str, annotation: Mapping[str, Any]) -> Iterator[Layer | Problem]:
    namespace = str(annotation["namespace"])
    sandbox = annotation.get("sandbox") or {}
    ours: Mapping[str, Any] = sandbox.get(SANDBOX) or {}
    meta = annotation.get("annotation_metadata") or {}
    origin = str(meta.get("data_source") or (meta.get("annotator") or {}).get("name") or "")
    name = str(ours.get("layer") or namespace)
    rows, bad = _rows(annotation["data"])
    if bad:
        yield Problem(f"{where}: {bad} observations have no time; they are left out.", left_out=bad)
    if not rows:
        yield Problem(f"{where} ({namespace}) holds nothing.")
        return
    if namespace == "mood_thayer":
        yield from _mood(rows, _span(sandbox.get("range")), origin)
        return
    values = [_number(value) for _, _, value in rows]
    if all(math.isfinite(v) for v in values) and namespace != "beat":
        times_s = np.array([row[0] for row in rows])
        labels = _strings(ours.get("labels"), len(rows))
        unit = str(ours.get("unit") or "")
        yield Layer(name, "values", times_s, np.array(values), None, labels, unit, _span(ours.get("range")), origin)
        return
    yield _words(name, rows, ours, origin)


def _words(name: str, rows: Sequence[_Row], ours: Mapping[str, Any], origin: str) -> Layer:
    times_s, lengths_s = (np.array([row[i] for row in rows], np.float64) for i in (0, 1))
    labels = tuple("" if row[2] is None else str(row[2]) for row in rows)
    if ours.get("kind") != "regions" and not np.any(lengths_s):
        return Layer(name, "instants", times_s, labels=labels, origin=origin)
    kept = ours.get("values")
    values = [_number(value) for value in kept] if isinstance(kept, list) and len(kept) == len(rows) else [math.nan]
    strengths = np.array(values) if all(map(math.isfinite, values)) else None
    unit = str(ours.get("unit") or "")
    return Layer(name, "regions", times_s, strengths, lengths_s, labels, unit, _span(ours.get("range")), origin)


def _mood(rows: Sequence[_Row], span: tuple[float, float] | None, origin: str) -> Iterator[Layer]:
    times_s = np.array([row[0] for row in rows])
    both = np.array([[_number(row[2][0]), _number(row[2][1])] for row in rows])
    for i, name in enumerate(("valence", "arousal")):
        yield Layer(name, "values", times_s, both[:, i], None, (), "", span, origin)


def _rows(data: Any) -> tuple[list[_Row], int]:
    """Observations as time, length and value; how many have no time."""
    if isinstance(data, Mapping):  # dense: a list per field
        fields = (data["time"], data["duration"], data["value"])
        data = [{"time": t, "duration": d, "value": v} for t, d, v in zip(*fields, strict=True)]
    rows, bad = [], 0
    for one in data:
        time_s, length_s = _number(one.get("time")), _number(one.get("duration") or 0.0)
        if not math.isfinite(time_s) or not length_s >= 0:
            bad += 1
        else:
            rows.append((time_s, length_s, one.get("value")))
    return rows, bad


def _number(value: Any) -> float:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value) if math.isfinite(value) else math.nan
    except OverflowError:  # JSON knows no largest number
        return math.nan


def _span(value: Any) -> tuple[float, float] | None:
    if isinstance(value, list) and len(value) == 2:
        return span_of(_number(value[0]), _number(value[1]))
    return None


def _strings(value: Any, count: int) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) and len(value) == count else ()
