"""Consensus labels in the layouts of DEAM and PMEmo, for programs that read those data sets."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from models.data.label_rows import LabelRow, groups_of, mean_trace, rater_table
from models.data.label_scales import NINE, UNIT, Scale
from models.data.traces import Trace
from models.evaluation.agreement import Consensus, consensus

#: Where DEAM keeps what was averaged over raters.
_DEAM = "annotations/annotations averaged per song"


def deam_or_pmemo(folder: Path, rows: Sequence[LabelRow], songs: Mapping[Path, int], *, is_deam: bool) -> list[str]:
    """Write a layout: points as mean and standard deviation over raters, ratings over time as their mean.

    Parameters
    ----------
    folder : Path
        The data set's folder.
    rows : sequence of LabelRow
        Labels of whole recordings, and ratings over time.
    songs : dict of Path to int
        Number of each recording; its copy, if any, lies where the layout has it.
    is_deam : bool
        DEAM (points 1..9, ratings over time -1..1), else PMEmo (0..1).

    Returns
    -------
    list of str
        What the layout does not hold, in sentences.
    """
    table = rater_table(row for row in rows if row.valence is not None)
    points = {name: consensus(getattr(table, name)) for name in ("valence", "arousal")}
    by_file: dict[Path, list[Trace]] = {}
    for row in rows:
        if row.trace is not None:
            by_file.setdefault(row.file, []).append(row.trace)
    traces = {songs[file]: mean_trace(mine) for file, mine in by_file.items()}
    numbers = [songs[item] for item in table.items]
    (_deam if is_deam else _pmemo)(folder, numbers, points, traces)
    groups = groups_of(rows)
    names = ("song_id", "Artist", "Song title") if is_deam else ("musicId", "artist", "title")
    described = folder / "metadata/metadata_20_exported.csv" if is_deam else folder / "metadata.csv"
    _table(described, names, ((song, groups.get(file, ""), file.stem) for file, song in songs.items()))
    return _left_out(rows)


def _left_out(rows: Sequence[LabelRow]) -> list[str]:
    out = []
    for count, words in (
        (sum(row.quadrant is not None and row.valence is None for row in rows), "a quadrant without a point"),
        (sum(row.start_s is not None for row in rows), "a label of a passage"),
        (sum(row.cant_say for row in rows), "“can't say”"),
    ):
        if count:
            out.append(f"The layout has no place for {words}: {count} are only in ratings.csv.")
    return out


def _table(path: Path, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        writer.writerows(rows)
    part.replace(path)


def _spread(scale: Scale, spread: float) -> str:
    """Write a standard deviation on another scale; of one rater there is none."""
    return "" if not np.isfinite(spread) else f"{spread * (scale.high - scale.low) / 2:.6g}"


def _value(scale: Scale, value: float) -> str:
    return "" if not np.isfinite(value) else f"{scale.from_plane(float(value)):.9g}"


def _deam(folder: Path, numbers: Sequence[int], points: Mapping[str, Consensus], traces: Mapping[int, Trace]) -> None:
    valence, arousal = points["valence"], points["arousal"]
    _table(
        folder / _DEAM / "song_level" / "static_annotations_averaged_songs_1_2000.csv",
        ("song_id", "valence_mean", "valence_std", "arousal_mean", "arousal_std"),
        (
            (
                song,
                *(
                    text
                    for said in (valence, arousal)
                    for text in (_value(NINE, said.mean[i]), _spread(NINE, said.spread[i]))
                ),
            )
            for i, song in enumerate(numbers)
        ),
    )
    times_s = sorted({float(t) for trace in traces.values() for t in trace.times_s})
    for name in ("valence", "arousal"):
        rows = []
        for song, trace in traces.items():
            said = dict(zip(trace.times_s.tolist(), getattr(trace, name).tolist(), strict=True))
            rows.append((song, *(_plain(said.get(time_s, np.nan)) for time_s in times_s)))
        names = ("song_id", *(f"sample_{round(1000 * time_s)}ms" for time_s in times_s))
        _table(folder / _DEAM / "dynamic (per second annotations)" / f"{name}.csv", names, rows)


def _plain(value: float) -> str:
    return "" if not np.isfinite(value) else f"{value:.6g}"


def _pmemo(folder: Path, numbers: Sequence[int], points: Mapping[str, Consensus], traces: Mapping[int, Trace]) -> None:
    both = (points["arousal"], points["valence"])
    _table(
        folder / "annotations" / "static_annotations.csv",
        ("musicId", "Arousal(mean)", "Valence(mean)"),
        ((song, *(_value(UNIT, said.mean[i]) for said in both)) for i, song in enumerate(numbers)),
    )
    _table(
        folder / "annotations" / "static_annotations_std.csv",
        ("musicId", "Arousal(std)", "Valence(std)"),
        ((song, *(_spread(UNIT, said.spread[i]) for said in both)) for i, song in enumerate(numbers)),
    )
    _table(
        folder / "annotations" / "dynamic_annotations.csv",
        ("musicId", "frameTime", "Arousal(mean)", "Valence(mean)"),
        (
            (song, f"{time_s:g}", _value(UNIT, arousal), _value(UNIT, valence))
            for song, trace in traces.items()
            for time_s, valence, arousal in zip(trace.times_s, trace.valence, trace.arousal, strict=True)
        ),
    )
