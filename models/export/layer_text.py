"""Layers as text: tables with named columns, Sonic Visualiser's CSV without a header, Audacity's labels."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

import numpy as np

from models.data.layer_text import SPANS_COLUMNS
from models.layers import Layer


def _digits(value: float) -> str:
    return f"{value:.9g}" if np.isfinite(value) else ""


def _seconds(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _written(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def column_name(layer: Layer) -> str:
    """Return the head of a curve's column: its name with its unit and its range, "valence (-1..1)"."""
    about = [layer.unit] if layer.unit else []
    if layer.range is not None:
        about.append(f"{layer.range[0]:g}..{layer.range[1]:g}")
    return f"{layer.name} ({', '.join(about)})" if about else layer.name


def curve_tables(layers: Sequence[Layer]) -> Iterator[tuple[str, str]]:
    """Return the curves as CSV, one table per time base, each with the name of its first curve."""
    groups: list[list[Layer]] = []
    for layer in layers:
        if layer.kind != "values":
            continue
        group = next((g for g in groups if np.array_equal(g[0].times_s, layer.times_s)), None)
        if group is None:
            groups.append([layer])
        else:
            group.append(layer)
    for group in groups:
        header = ["time_s", *(column_name(layer) for layer in group)]
        columns = [layer.values for layer in group if layer.values is not None]
        rows = [
            [_seconds(float(at)), *(_digits(float(values[i])) for values in columns)]
            for i, at in enumerate(group[0].times_s)
        ]
        yield group[0].name, _written([header, *rows])


def spans_table(layers: Sequence[Layer]) -> str:
    """Return all instants and regions as one CSV table; empty where there are none."""
    rows = []
    for layer in layers:
        if layer.kind == "values":
            continue
        for i, start_s in enumerate(layer.times_s):
            end_s = start_s if layer.durations_s is None else start_s + layer.durations_s[i]
            value = "" if layer.values is None else _digits(float(layer.values[i]))
            label = layer.labels[i] if layer.labels else ""
            rows.append([layer.name, _seconds(float(start_s)), _seconds(float(end_s)), value, layer.unit, label])
    return _written([SPANS_COLUMNS, *rows]) if rows else ""


def sonic_visualiser_csv(layer: Layer) -> str:
    """Return a layer as Sonic Visualiser reads it: no header; `time`, `time,value` or `time,value,duration,label`.

    Where instants have labels these stand in a second column, where values have them in a third. Gaps in a curve are
    left out.
    """
    rows = []
    labelled = any(layer.labels)
    for i, at in enumerate(layer.times_s):
        row = [_seconds(float(at))]
        if layer.kind != "instants":
            value = 0.0 if layer.values is None else float(layer.values[i])
            if not np.isfinite(value):
                continue
            row.append(_digits(value))
        if layer.durations_s is not None:
            row.append(_seconds(float(layer.durations_s[i])))
        if layer.kind == "regions" or labelled:
            row.append(layer.labels[i] if layer.labels else "")
        rows.append(row)
    return _written(rows)


def audacity_labels(layer: Layer) -> str:
    """Return instants or regions as Audacity's labels: start, end and text, parted by tabs."""
    rows = []
    for i, at in enumerate(layer.times_s):
        end_s = float(at) if layer.durations_s is None else float(at + layer.durations_s[i])
        label = layer.labels[i] if layer.labels else ""
        rows.append([_seconds(float(at)), _seconds(end_s), " ".join((label or layer.name).split())])
    return "".join("\t".join(row) + "\n" for row in rows)
