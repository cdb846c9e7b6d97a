"""Label tables as CSV, one row per rater and recording, as `models.data.label_csv` reads them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

from models.data.label_csv import CSV_COLUMNS
from models.data.label_rows import LabelRow
from models.data.label_scales import PLANE
from models.data.traces import write_trace


def write_label_csv(table: Path, rows: Sequence[LabelRow], named: Callable[[Path], str]) -> None:
    """Write labels; ratings over time go into `<table>_traces/` beside it.

    Parameters
    ----------
    table : Path
        The table; replaced as a whole.
    rows : sequence of LabelRow
        In [-1, 1], which the column `scale` declares.
    named : callable
        What a recording is called in the table.
    """
    table.parent.mkdir(parents=True, exist_ok=True)
    traces = table.with_name(f"{table.stem}_traces")
    part = table.with_name(table.name + ".part")
    with part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, CSV_COLUMNS)
        writer.writeheader()
        for i, row in enumerate(rows):
            trace = ""
            if row.trace is not None:
                trace = f"{traces.name}/{i:05}.csv"
                write_trace(table.parent / trace, row.trace)
            writer.writerow(
                {
                    "file": named(row.file),
                    "rater": row.rater,
                    "start_s": written(row.start_s),
                    "end_s": written(row.end_s),
                    "quadrant": row.quadrant or "",
                    "valence": written(row.valence),
                    "arousal": written(row.arousal),
                    "scale": "" if row.valence is None else str(PLANE),
                    "cant_say": "yes" if row.cant_say else "",
                    "trace": trace,
                    "chills": ";".join(written(time_s) for time_s in row.chills),
                    "origin": row.origin,
                    "blind": "yes" if row.blind else "",
                    "warm_up": "yes" if row.warm_up else "",
                    "made": row.made,
                    "seconds": written(row.seconds),
                    "group": row.group,
                }
            )
    part.replace(table)


def written(value: float | None) -> str:
    """Write a number with all its digits, so that it is read back as it was."""
    return "" if value is None else repr(float(value))
