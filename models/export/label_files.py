"""Labels go out: a labelled folder with the raters' consensus, a table, JAMS, or the layout of DEAM or PMEmo.

Every folder but that of JAMS files also holds `ratings.csv`, one row per rater and recording: from it
`models.data.label_import` reads the same labels back, whatever the layout could not hold.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from models.analysis import QUADRANTS
from models.data.label_import import RATERS_TABLE
from models.data.label_rows import LabelRow, groups_of, mean_trace, rater_table
from models.data.labelled import quadrant_of
from models.data.traces import Trace, write_trace
from models.errors import JobError
from models.evaluation.agreement import consensus, quadrant_consensus
from models.export.file_names import distinct
from models.export.label_csv import write_label_csv
from models.export.label_jams import write_jams
from models.export.label_sets import deam_or_pmemo

Format = Literal["folder", "csv", "jams", "deam", "pmemo"]
FORMATS: tuple[Format, ...] = get_args(Format)
#: Columns that the consensus adds to those of a labelled folder.
SPREAD_COLUMNS = ("raters", "quadrant_share", "valence_spread", "arousal_spread")


def export_labels(
    rows: Sequence[LabelRow],
    destination: Path,
    layout: Format,
    *,
    copy_audio: bool = False,
    durations_s: Mapping[Path, float] | None = None,
) -> list[str]:
    """Write labels.

    Parameters
    ----------
    rows : sequence of LabelRow
        In [-1, 1].
    destination : Path
        A folder; for "csv" the table.
    layout : {"folder", "csv", "jams", "deam", "pmemo"}
        "folder" is what `affekt train` reads: one label per recording, the consensus of its raters.
    copy_audio : bool
        Whether recordings are copied into the folder; else they are named by where they lie.
    durations_s : dict of Path to float, optional
        Lengths, for JAMS.

    Returns
    -------
    list of str
        What a person should know: recordings without a consensus, what the layout does not hold.

    Raises
    ------
    JobError
        "bad_data" without any label, or where a folder for another kind of thing is in the way; "no_space" or
        "unreadable" when a file cannot be written or copied.
    """
    if not rows:
        raise JobError("bad_data", "There is no label to export.")
    try:
        if layout == "csv":
            write_label_csv(destination, rows, lambda file: _seen_from(destination.parent, file))
            return []
        _check_free(destination, layout)
        destination.mkdir(parents=True, exist_ok=True)
        return _write_folder(rows, destination, layout, copy_audio, durations_s or {})
    except OSError as error:
        place = error.filename or destination
        raise JobError("no_space", f"{place} could not be written: {error.strerror}.", repr(error)) from None


def _check_free(folder: Path, layout: Format) -> None:
    """Raise where something else than an earlier export would be mixed with, or written over."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    ours = any(folder.glob("*.jams")) if layout == "jams" else (folder / RATERS_TABLE).is_file()
    if not ours:
        raise JobError("bad_data", f"{folder} holds other things already: choose an empty or a new folder.")


def _write_folder(
    rows: Sequence[LabelRow], folder: Path, layout: Format, copy_audio: bool, durations_s: Mapping[Path, float]
) -> list[str]:
    files = list(dict.fromkeys(row.file for row in rows))
    songs = {file: i for i, file in enumerate(files, start=1)}
    notices: list[str] = []
    if copy_audio:
        place = {"pmemo": "chorus"}.get(layout, "audio")
        numbered = songs if layout in ("deam", "pmemo") else None
        names, notices = _copied(files, folder, place, numbered)
    else:
        names = {file: _seen_from(folder, file) for file in files}
    if layout != "jams":
        write_label_csv(folder / RATERS_TABLE, rows, names.__getitem__)
    if layout == "folder":
        notices += _consensus_table(rows, folder, names)
    elif layout == "jams":
        for file, stem in zip(files, distinct([file.stem for file in files]), strict=True):
            mine = [row for row in rows if row.file == file]
            write_jams(folder / f"{stem}.jams", mine, names[file], durations_s.get(file) or _length_s(file, mine))
    else:
        notices += deam_or_pmemo(folder, rows, songs, is_deam=layout == "deam")
    return notices


def _length_s(file: Path, rows: Sequence[LabelRow]) -> float:
    """Length of a recording in seconds; where it cannot be read at once, up to what was last said of it."""
    import soundfile

    try:
        return float(soundfile.info(str(file)).duration)
    except (soundfile.LibsndfileError, OSError, RuntimeError):
        ends = [row.end_s or 0.0 for row in rows] + [
            float(row.trace.times_s[-1]) for row in rows if row.trace is not None
        ]
        return max(ends)


def _seen_from(folder: Path, file: Path) -> str:
    """Name of a file inside a folder, else where it lies; a name that is no path to a file stays as it is."""
    inside = folder.resolve()
    if file.is_absolute() and file.is_relative_to(inside):
        return file.relative_to(inside).as_posix()
    return str(file)


def _copied(
    files: Sequence[Path], folder: Path, place: str, songs: Mapping[Path, int] | None
) -> tuple[dict[Path, str], list[str]]:
    """Copy recordings; what cannot be copied is named, and referenced instead."""
    target = folder / place
    target.mkdir(parents=True, exist_ok=True)
    stems = distinct([file.stem for file in files])
    names, notices = {}, []
    for file, stem in zip(files, stems, strict=True):
        name = f"{songs[file] if songs else stem}{file.suffix}"
        part = target / f"{name}.part"
        try:
            if not ((target / name).exists() and file.samefile(target / name)):
                shutil.copyfile(file, part)
                part.replace(target / name)
            names[file] = f"{place}/{name}"
        except OSError as error:
            part.unlink(missing_ok=True)
            if file.is_file():  # it is there: the disk is full, or nothing may be written here
                raise
            names[file] = str(file)
            notices.append(f"{file} could not be copied: {error.strerror}. Its labels are exported without it.")
    return names, notices


@dataclass(frozen=True)
class _Said:
    """What the raters of one recording say together: a row of `labels.csv`; `about` are its `SPREAD_COLUMNS`."""

    quadrant: int
    valence: float
    arousal: float
    about: tuple[str, ...]


def _together(rows: Sequence[LabelRow], traces: Mapping[Path, Trace]) -> tuple[dict[Path, _Said], list[Path]]:
    """Consensus by recording, and those over which the raters are tied."""
    table = rater_table(rows)
    said = quadrant_consensus(table.quadrants)
    valences, arousals = consensus(table.valence), consensus(table.arousal)
    out: dict[Path, _Said] = {}
    tied = []
    for i, file in enumerate(table.items):
        valence, arousal = float(valences.mean[i]), float(arousals.mean[i])
        quadrant = int(said.quadrant[i])
        if quadrant < 0 and np.isfinite(valence):
            quadrant = quadrant_of(valence, arousal)
        if quadrant < 0:
            tied.append(file)
            continue
        share, *spread = (_digits(x) for x in (said.shares[i, quadrant], valences.spread[i], arousals.spread[i]))
        out[file] = _Said(quadrant, valence, arousal, (str(int(said.n[i])), share, *spread))
    for file, trace in traces.items():
        point = [float(np.nanmean(x)) if np.isfinite(x).any() else np.nan for x in (trace.valence, trace.arousal)]
        if file not in table.items and np.isfinite(point).all():
            valence, arousal = point
            out[file] = _Said(quadrant_of(valence, arousal), valence, arousal, ("",) * len(SPREAD_COLUMNS))
    return out, tied


def _consensus_table(rows: Sequence[LabelRow], folder: Path, names: Mapping[Path, str]) -> list[str]:
    """Write `labels.csv` and `traces/` as `affekt train` reads them: one label per recording."""
    rated: dict[Path, list[Trace]] = {}
    for row in rows:
        if row.trace is not None:
            rated.setdefault(row.file, []).append(row.trace)
    traces = {file: mean_trace(mine) for file, mine in rated.items()}
    together, tied = _together(rows, traces)
    groups = groups_of(rows)
    # Named in the table: two recordings of one name may lie in different folders.
    stems = dict(zip(names, distinct([Path(name).name for name in names.values()]), strict=True))
    places = {file: f"traces/{stems[file]}.csv" for file in traces}
    for file, trace in traces.items():
        write_trace(folder / places[file], trace)
    part = folder / "labels.csv.part"
    with part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("file", "quadrant", "valence", "arousal", "group", "trace", *SPREAD_COLUMNS))
        for file, said in together.items():
            label = (QUADRANTS[said.quadrant], _digits(said.valence), _digits(said.arousal))
            writer.writerow(
                (names[file].removeprefix("audio/"), *label, groups.get(file, ""), places.get(file, ""), *said.about)
            )
    part.replace(folder / "labels.csv")
    if not tied:
        return []
    are = "1 recording is" if len(tied) == 1 else f"{len(tied)} recordings are"
    return [
        f"{are} left out, {tied[0].name} first: the raters are tied, and only one label can stand. "
        f"Agreement, and {RATERS_TABLE}, tell who said what."
    ]


def _digits(value: float) -> str:
    return "" if not np.isfinite(value) else f"{value:.9g}"
