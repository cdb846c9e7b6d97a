"""Labels from whatever people have: tables, JAMS files, labelled folders, and data sets in DEAM's or PMEmo's layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.analysis import QUADRANTS
from models.data.label_csv import Problem, RawRow, Reading, read_label_csv
from models.data.label_jams import read_jams
from models.data.label_rows import LabelRow, contradictions
from models.data.label_scales import PLANE, Scale, ScaleQuestion, scales_of
from models.data.labelled import quadrant_of, read_labelled_folder
from models.data.readers.base import Notice
from models.data.readers.rated_songs import read_deam, read_pmemo
from models.data.traces import Trace, read_trace
from models.errors import JobError

#: The table of all raters that lies in every folder that we export.
RATERS_TABLE = "ratings.csv"
#: Rounding in a file may push a number so far over its end.
_ROUNDED = 1e-6


@dataclass(frozen=True)
class LabelImport:
    """What was read.

    Attributes
    ----------
    rows : tuple of LabelRow
        On the scale [-1, 1]; without those that the question is about.
    problems : tuple of Problem
        One for each row that could not be used.
    notices : tuple of str
        What a person should know: labels that contradict each other (they are kept), what a layout does not hold.
    question : ScaleQuestion or None
        Raters whose scale must be told, by calling again.
    """

    rows: tuple[LabelRow, ...]
    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()
    question: ScaleQuestion | None = None


def import_labels(path: Path, scales: Mapping[str, Scale] | None = None) -> LabelImport:
    """Read labels from a file or folder of a kind that is told from what lies there.

    Parameters
    ----------
    path : Path
        A table (.csv), a JAMS file, a folder of JAMS files, a folder with `ratings.csv` (as we export it) or a
        labelled folder, or a data set in DEAM's or PMEmo's layout.
    scales : dict of str to Scale, optional
        By rater, "" for all others: where valence and arousal do not say on which scale they are.

    Raises
    ------
    JobError
        "not_found" or "bad_data" when there is nothing of the kind.
    """
    raw: list[RawRow] = []
    problems: list[Problem] = []
    for item in _reading(path):
        if isinstance(item, RawRow):
            raw.append(item)
        else:
            problems.append(item)
    known, question = scales_of(_numbers(raw), scales or {})
    rows: list[LabelRow] = []
    for item in raw:
        scale = item.scale or known.get(item.row.rater)
        if scale is None:
            if not _values(item.row):
                rows.append(item.row)
            continue
        try:
            rows.append(_settled(item, scale))
        except JobError as error:
            problems.append(Problem(error.message))
    notices = [problem.message for problem in problems if not problem.left_out]
    notices += [*_at_odds_with_itself(rows), *contradictions(rows)]
    return LabelImport(tuple(rows), tuple(p for p in problems if p.left_out), tuple(notices), question)


def _reading(path: Path) -> Reading:
    if path.is_file():
        return read_jams(path) if path.suffix.lower() in (".jams", ".json") else read_label_csv(path)
    if not path.is_dir():
        raise JobError("not_found", f"{path} does not exist.")
    if (path / RATERS_TABLE).is_file():
        return read_label_csv(path / RATERS_TABLE)
    if (path / "labels.csv").is_file():
        return _labelled_table(path)
    if any(path.rglob("static_annotations_averaged_songs*.csv")):
        return _data_set(path, "DEAM")
    if any(path.rglob("static_annotations.csv")):
        return _data_set(path, "PMEmo")
    found = [file for file in sorted(path.rglob("*.jams")) if not file.name.startswith(".")]
    return _many_jams(found) if found else _named_folder(path)


def _many_jams(files: list[Path]) -> Reading:
    for file in files:
        try:
            yield from read_jams(file)
        except JobError as error:
            yield Problem(error.message)


def _labelled_table(folder: Path) -> Reading:
    """Labels of a labelled folder, whose scale is [-1, 1] by definition; traces lie in `traces/`."""
    for item in read_label_csv(folder / "labels.csv", PLANE):
        yield item
        if isinstance(item, RawRow) and item.row.trace is None:
            name = item.row.file.name
            for candidate in (folder / "traces" / f"{name}.csv", folder / "traces" / f"{item.row.file.stem}.csv"):
                if candidate.is_file():
                    try:
                        yield RawRow(item.where, LabelRow(item.row.file, trace=read_trace(candidate)), PLANE)
                    except JobError as error:
                        yield Problem(error.message)
                    break


def _named_folder(folder: Path) -> Reading:
    """Recordings in subfolders named by quadrants or moods."""
    for clip in read_labelled_folder(folder):
        quadrant = None if clip.quadrant is None else QUADRANTS[clip.quadrant]
        yield RawRow(str(clip.path), LabelRow(clip.path, quadrant=quadrant, group=clip.group, origin="import"), PLANE)


def _data_set(folder: Path, name: str) -> Reading:
    """DEAM's or PMEmo's songs: what their raters said on average, by a rater of the data set's name."""
    for item in read_deam(folder) if name == "DEAM" else read_pmemo(folder):
        if isinstance(item, Notice):
            yield Problem(item.message, item.left_out)
            continue
        clip, where = item.clip, f"{folder}, {item.clip.path.stem}"
        row = LabelRow(clip.path, f"{name} (mean)", group=clip.group, origin="import")
        yield RawRow(where, replace(row, valence=clip.valence, arousal=clip.arousal), PLANE)
        if item.trace is not None:
            yield RawRow(where, replace(row, trace=item.trace), PLANE)


def _values(row: LabelRow) -> list[float]:
    values = [value for value in (row.valence, row.arousal) if value is not None]
    if row.trace is not None:
        both = np.concatenate((row.trace.valence, row.trace.arousal))
        values += both[np.isfinite(both)].tolist()
    return values


def _numbers(raw: list[RawRow]) -> dict[str, list[float]]:
    """Valence and arousal by rater, where nothing declares the scale."""
    out: dict[str, list[float]] = {}
    for item in raw:
        if item.scale is None and (values := _values(item.row)):
            out.setdefault(item.row.rater, []).extend(values)
    return out


def _settled(item: RawRow, scale: Scale) -> LabelRow:
    """Bring a row to [-1, 1]; one that does not fit on its scale is a mistake."""
    row = item.row

    def one(name: str, value: float | None) -> float | None:
        if value is None:
            return None
        if not scale.low <= value <= scale.high:
            raise JobError(
                "bad_data",
                f"{item.where}: {name} is {value:g}; on the scale {scale} it must lie between {scale.low:g} and "
                f"{scale.high:g}.",
            )
        return scale.to_plane(value)

    def many(name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
        there = values[np.isfinite(values)]
        off = there[(there < scale.low - _ROUNDED) | (there > scale.high + _ROUNDED)]
        if off.size:
            one(f"{name} over time", float(off[0]))
        return np.array([scale.to_plane(float(v)) for v in np.clip(values, scale.low, scale.high)])

    trace = row.trace
    if trace is not None:
        trace = Trace(trace.times_s, many("valence", trace.valence), many("arousal", trace.arousal))
    return replace(row, valence=one("valence", row.valence), arousal=one("arousal", row.arousal), trace=trace)


def _at_odds_with_itself(rows: list[LabelRow]) -> Iterator[str]:
    odd = [
        row
        for row in rows
        if row.quadrant is not None
        and row.valence is not None
        and row.arousal is not None
        and QUADRANTS[quadrant_of(row.valence, row.arousal)] != row.quadrant
    ]
    if odd:
        yield (
            f"In {len(odd)} rows the quadrant is not that of valence and arousal, {odd[0].file.name} first "
            f"({odd[0].words}). Both are kept."
        )
