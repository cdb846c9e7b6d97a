"""Recordings that are compared, as two tables: one row per recording, and all curves on one axis."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.export.whole_file import write_whole
from models.inference.compared import CURVES, Difference, Recording, axis_duration

#: Columns of the table of recordings. Ranges: valence, arousal and their bands [-1, 1], distance [0, 2.83], fit [0, 1].
TABLE_COLUMNS = (
    "number",
    "title",
    "artist",
    "model",
    "model_version",
    "quadrant",
    "probability",
    "valence",
    "valence_low",
    "valence_high",
    "arousal",
    "arousal_low",
    "arousal_high",
    "band_coverage",
    "tempo_bpm",
    "duration_s",
    "loudness_dbfs",
    "climaxes",
    "main_climax_s",
    "distance_to_1",
    "differs_most_axis_s",
    "fit_to_1_0_to_1",
    "semitones_above_1",
)


def write_comparison_table(
    destination: Path, recordings: Sequence[Recording], differences: Sequence[Difference | None]
) -> None:
    """Write a row per recording, the reference first; what is not known is left empty.

    Parameters
    ----------
    destination : Path
        Replaced as a whole.
    recordings : sequence of Recording
    differences : sequence of Difference or None
        Of each from the first (`models.inference.compared.difference`); the first one's is None.

    Raises
    ------
    JobError
        "no_space" when it cannot be written.
    """
    rows: list[Sequence[object]] = [TABLE_COLUMNS]
    for number, (recording, difference) in enumerate(zip(recordings, differences, strict=True), 1):
        rows.append(_row(number, recording, difference))
    _write(destination, rows)


def write_comparison_curves(destination: Path, recordings: Sequence[Recording], step_s: float = 0.5) -> None:
    """Write every curve at the same moments of the shared axis.

    Columns: `axis_s`; then for each recording by its number `1_time_s` (where the moment lies in it), `1_valence`,
    `1_arousal` ([-1, 1]), `1_intensity` and `1_loudness_dbfs`. Empty where a recording says nothing.

    Raises
    ------
    JobError
        "no_space" when it cannot be written.
    """
    times_s = np.arange(0.0, axis_duration(recordings), step_s)
    head, columns = ["axis_s"], [times_s]
    for number, recording in enumerate(recordings, 1):
        head.append(f"{number}_time_s")
        columns.append(np.where(recording.has(times_s), recording.from_axis(times_s), np.nan))
        for name, unit in CURVES.items():
            head.append(f"{number}_{name}_{unit.lower()}" if unit else f"{number}_{name}")
            columns.append(recording.on_axis(name, times_s))
    rows: list[Sequence[object]] = [head]
    rows += [[_number(value) for value in values] for values in zip(*columns, strict=True)]
    _write(destination, rows)


def _row(number: int, recording: Recording, difference: Difference | None) -> list[object]:
    analysis, alignment, climax = recording.analysis, recording.alignment, recording.main_climax
    row: list[object] = [number, recording.title, recording.artist]
    if analysis is None:
        row += [""] * 11
    else:
        row += [analysis.model_id, analysis.model_version, analysis.quadrant]
        row.append(_number(float(analysis.probabilities.max())))
        for value, band in ((analysis.valence, analysis.valence_band), (analysis.arousal, analysis.arousal_band)):
            row += [_number(value), *(map(_number, band) if band is not None else ("", ""))]
        row.append(_number(analysis.band_coverage) if analysis.band_coverage > 0 else "")
    row += [_number(recording.tempo_bpm), _number(recording.duration_s), _number(recording.loudness_db)]
    row += ["" if analysis is None else len(analysis.climaxes), _number(climax.peak_s if climax is not None else None)]
    row.append(_number(difference.distance if difference is not None else None))
    moments = difference.moments if difference is not None else ()
    row.append(_number(moments[0].peak_s if moments else None))
    row += [_number(alignment.fit), alignment.semitones] if alignment is not None else ["", ""]
    return row


def _number(value: float | None) -> str:
    """A number as a table has it: to the fourth decimal, and nothing where there is none."""
    return "" if value is None or not np.isfinite(value) else f"{value:.4f}".rstrip("0").rstrip(".")


def _write(destination: Path, rows: Sequence[Sequence[object]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    write_whole(destination, text.getvalue().encode())
