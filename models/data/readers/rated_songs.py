"""Data sets of songs rated in the plane, whole and over time, as their owners unpack them: DEAM and PMEmo."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.audio.files import AUDIO_SUFFIXES
from models.data.labelled import LabelledClip, quadrant_of
from models.data.readers.base import Notice, Piece, Reading, each, table_of_set
from models.data.tables import Row, number
from models.data.traces import TRACE_STEP_S, Trace
from models.errors import JobError

#: A value and what it was in another scale.
Scale = Callable[[float], float]
#: (valence, arousal) by song.
Labels = dict[int, tuple[float, float]]
#: (valence, arousal) by song and by time in steps of 0.5 s; NaN where there is none.
Points = dict[int, dict[int, tuple[float, float]]]

_LONGEST_S = 86_400.0


def read_deam(source: Path) -> Reading:
    """DEAM (Aljanaki et al. 2017): the folder with the unpacked audio, annotations and (for the artists) metadata.

    Songs were rated from 1 to 9 as a whole and in [-1, 1] each 0.5 s from 15 s on. The group is the artist, or the song
    where no artist is known.
    """
    labels: Labels = {}
    for table in _find(source, "static_annotations_averaged_songs*.csv", "song_level"):
        columns = ("song_id", "valence_mean", "arousal_mean")
        yield from _into(labels, table, columns, (1.0, 9.0), lambda value: (value - 5) / 4)
    traces: Points = {}
    try:
        for is_arousal, name in enumerate(("valence.csv", "arousal.csv")):
            yield from _wide_table(traces, _find(source, name, "dynamic")[0], is_arousal)
        yield from _unswap(labels, traces)
    except JobError as error:
        traces.clear()
        yield Notice(f"{error.message} Without ratings over time it cannot be checked that no labels are swapped.")
    artists = _artists(source, "metadata_20*.csv")
    yield from _pieces(source, labels, traces, artists)


def read_pmemo(source: Path) -> Reading:
    """PMEmo (Zhang et al. 2018): the unpacked folder with `annotations/`, `chorus/` and `metadata.csv`.

    Choruses were rated from 0 to 1, as a whole and each 0.5 s; ratings of the first 15 s are not used, as its owners
    advise. The group is the artist, or the song where no artist is known.
    """
    labels: Labels = {}
    names = ("musicId", "Valence(mean)", "Arousal(mean)")
    (static, *_) = _find(source, "static_annotations.csv", "annotations")
    yield from _into(labels, static, names, (0.0, 1.0), lambda value: 2 * value - 1)
    traces: Points = {}
    for dynamic in sorted(source.rglob("dynamic_annotations.csv"))[:1]:
        yield from _long_table(traces, dynamic, names)
    artists = _artists(source, "metadata.csv")
    yield from _pieces(source, labels, traces, artists)


_PMEMO_FIRST_S = 15.0


def _find(source: Path, pattern: str, place: str) -> list[Path]:
    """Files of a name anywhere below a folder; those in a folder whose name begins with `place` if there are such."""
    found = sorted(path for path in source.rglob(pattern) if not path.name.startswith("."))
    if not found:
        raise JobError("not_found", f"There is no {pattern} below {source}. Is this the data set's folder, unpacked?")
    return [path for path in found if path.parent.name.startswith(place)] or found


def _song(where: str, row: Row, column: str) -> int:
    song = number(where, row, column, 0, 1e9)
    if song is None:
        raise JobError("bad_data", f"{where}: there is no {column}.")
    return int(song)


def _into(
    labels: Labels, table: Path, columns: tuple[str, str, str], span: tuple[float, float], scale: Scale
) -> Iterator[Notice]:
    """Read a table of one row per song (its id, valence, arousal) into `labels`."""
    for where, row in table_of_set(table, *columns):
        try:
            valence, arousal = (number(where, row, column, *span) for column in columns[1:])
            if valence is None or arousal is None:
                raise JobError("bad_data", f"{where}: valence or arousal is missing.")
            labels[_song(where, row, columns[0])] = (scale(valence), scale(arousal))
        except JobError as error:
            yield Notice(error.message, left_out=1)


def _wide_table(traces: Points, table: Path, is_arousal: int) -> Iterator[Notice]:
    """Read DEAM's ratings over time: a row per song, a column `sample_15000ms` per 0.5 s."""
    rows = table_of_set(table, "song_id")
    steps = {
        column: round(int(found[1]) / 1000 / TRACE_STEP_S)
        for column in (rows[0][1] if rows else ())
        if (found := re.fullmatch(r"sample_(\d+)ms", column))
    }
    for where, row in rows:
        try:
            points = traces.setdefault(_song(where, row, "song_id"), {})
            for column, step in steps.items():
                value = number(where, row, column, -1.0, 1.0)
                if value is not None:
                    valence, arousal = points.get(step, (np.nan, np.nan))
                    points[step] = (valence, value) if is_arousal else (value, arousal)
        except JobError as error:
            yield Notice(f"{error.message} The course of time of this song is used up to there.")


def _long_table(traces: Points, table: Path, columns: tuple[str, str, str]) -> Iterator[Notice]:
    """Read PMEmo's ratings over time: a row per song and time."""
    for where, row in table_of_set(table, *columns, "frameTime"):
        try:
            time_s = number(where, row, "frameTime", 0.0, _LONGEST_S)
            values = [number(where, row, column, 0.0, 1.0) for column in columns[1:]]
            if time_s is None or time_s < _PMEMO_FIRST_S:
                continue
            valence, arousal = (np.nan if value is None else 2 * value - 1 for value in values)
            traces.setdefault(_song(where, row, columns[0]), {})[round(time_s / TRACE_STEP_S)] = (valence, arousal)
        except JobError as error:
            yield Notice(f"{error.message} This row is not used.")


#: Songs that it takes to tell swapped labels from chance.
_ENOUGH_SONGS = 10
#: The first development set; in one circulating copy its valence and arousal are swapped.
_DEAM_FIRST_SET = 1000


def _unswap(labels: Labels, traces: Points) -> Iterator[Notice]:
    """Where the labels of songs follow the other dimension's ratings over time, swap them back and say so."""
    means = {song: _mean(points) for song, points in traces.items()}
    for name, chosen in (
        (f"up to {_DEAM_FIRST_SET}", [song for song in labels if song <= _DEAM_FIRST_SET]),
        (f"above {_DEAM_FIRST_SET}", [song for song in labels if song > _DEAM_FIRST_SET]),
    ):
        both = [song for song in chosen if song in means and not np.isnan(means[song]).any()]
        if len(both) < _ENOUGH_SONGS:
            continue
        whole, course = np.array([labels[song] for song in both]), np.array([means[song] for song in both])
        with np.errstate(invalid="ignore"):  # labels that are all alike follow nothing
            r = np.corrcoef(whole.T, course.T)[:2, 2:]
        if r[0, 1] + r[1, 0] > r[0, 0] + r[1, 1]:
            for song in chosen:
                labels[song] = labels[song][::-1]
            yield Notice(
                f"The valence and arousal of songs {name} are swapped in this copy: over {len(both)} songs, valence "
                f"follows the ratings of arousal over time (r {r[0, 1]:.2f}) more than those of valence "
                f"({r[0, 0]:.2f}), arousal those of valence ({r[1, 0]:.2f}) more than those of arousal "
                f"({r[1, 1]:.2f}). They were swapped back."
            )


def _mean(points: Mapping[int, tuple[float, float]]) -> NDArray[np.float64]:
    """Mean valence and arousal over time [shape=(2,)], NaN for what was never rated."""
    columns = np.array(list(points.values()), np.float64).reshape(-1, 2).T
    return np.array([column[~np.isnan(column)].mean() if not np.isnan(column).all() else np.nan for column in columns])


def _artists(source: Path, pattern: str) -> dict[int, str]:
    """Artist by song, from whatever tables of the data set name them; empty where there are none."""
    artists: dict[int, str] = {}
    for table in sorted(source.rglob(pattern)):
        try:
            rows = table_of_set(table)
        except JobError:  # the songs are their own groups then
            continue
        for _, row in rows:
            cells = {name.casefold(): text for name, text in row.items()}
            song = next((cells[name] for name in ("song_id", "id", "musicid") if cells.get(name)), "")
            artist = " ".join((cells.get("artist") or cells.get("artists", "")).split()).casefold()
            if song.isdecimal() and artist:
                artists[int(song)] = artist
    return artists


def _pieces(source: Path, labels: Labels, traces: Points, artists: Mapping[int, str]) -> Reading:
    recordings = {int(path.stem): path for path in _numbered(source)}
    if labels and not recordings:
        raise JobError("not_found", f"There is no recording named by a song's number below {source}.")

    def piece(song: int) -> Piece:
        if song not in recordings:
            raise JobError("not_found", f"There is no recording of song {song} below {source}.")
        valence, arousal = labels[song]
        clip = LabelledClip(
            recordings[song],
            quadrant_of(valence, arousal),
            artists.get(song, f"song {song}"),
            valence=valence,
            arousal=arousal,
        )
        return Piece(clip, _trace(traces.get(song, {})))

    yield from each(labels, piece)


def _numbered(source: Path) -> Iterable[Path]:
    files = (p for p in sorted(source.rglob("*")) if p.suffix.lower() in AUDIO_SUFFIXES)
    return (path for path in files if path.stem.isdecimal() and path.is_file())


def _trace(points: Mapping[int, tuple[float, float]]) -> Trace | None:
    if not points:
        return None
    steps = sorted(points)
    values = np.array([points[step] for step in steps], np.float64)
    return Trace(np.array(steps, np.float64) * TRACE_STEP_S, values[:, 0], values[:, 1])
