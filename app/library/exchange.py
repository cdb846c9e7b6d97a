"""Labels between the library and files: rows that name recordings and raters, and rows of the library."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, cast, get_args
from uuid import uuid4

import numpy as np

from app.library.rows import Dimension, Label, Origin, Rater, Rating
from models.data.label_rows import LabelRow
from models.data.labelled import is_known
from models.data.traces import Trace

#: How far ratings over time may differ and still be the same: files hold four digits.
_SAME = 1e-3


class Recording(Protocol):
    """What is asked of a recording: a row of the library or of the open list."""

    @property
    def id(self) -> int:
        """Its number in the library."""
        ...

    @property
    def path(self) -> Path:
        """Of the file."""
        ...

    @property
    def artist(self) -> str:
        """From the tags; may be empty."""
        ...


def rows_of(
    tracks: Iterable[Recording], raters: Iterable[Rater], labels: Iterable[Label], ratings: Iterable[Rating]
) -> list[LabelRow]:
    """Rows for files and for measures of agreement; ratings over time at 2 Hz. Labels of other tracks are left out."""
    by_id = {track.id: track for track in tracks}
    names = {rater.id: rater.name for rater in raters}
    rows = [
        LabelRow(
            file=by_id[label.track_id].path,
            rater=names.get(label.rater_id, ""),
            quadrant=label.quadrant,
            valence=label.valence,
            arousal=label.arousal,
            start_s=label.start_s,
            end_s=label.end_s,
            cant_say=label.cant_say,
            origin=label.origin,
            blind=label.blind,
            warm_up=label.warm_up,
            made=label.made,
            seconds=label.seconds,
            group=by_id[label.track_id].artist,
        )
        for label in labels
        if label.track_id in by_id
    ]
    rows += [
        LabelRow(
            file=by_id[rating.track_id].path,
            rater=names.get(rating.rater_id, ""),
            trace=rating.at_2_hz(),
            chills=rating.chills,
            made=rating.made,
            group=by_id[rating.track_id].artist,
        )
        for rating in ratings
        if rating.track_id in by_id
    ]
    return rows


@dataclass(frozen=True)
class Taken:
    """What rows become in the library.

    Attributes
    ----------
    raters : tuple of Rater
        New ones.
    labels : tuple of Label
        To put; each takes the place of the same rater's label of the same place.
    ratings : tuple of Rating
        To put.
    known : int
        Rows that say what the library says already, or less recently.
    lost : tuple of LabelRow
        Rows whose recording is not among the tracks.
    artists : dict of int to str
        The group that rows name, for tracks without an artist: exported labels name the artist as the group that no
        split may divide, and without it a training would have one artist on both sides.
    """

    raters: tuple[Rater, ...]
    labels: tuple[Label, ...]
    ratings: tuple[Rating, ...]
    known: int
    lost: tuple[LabelRow, ...]
    artists: dict[int, str] = field(default_factory=dict)


class _Finder:
    """Tells the track of a recording: by its path, else by its name where only one track has it."""

    def __init__(self, tracks: Iterable[Recording]) -> None:
        self._by_path: dict[Path, int] = {}
        self._by_name: defaultdict[str, set[int]] = defaultdict(set)
        for track in tracks:
            self._by_path[track.path] = track.id
            self._by_name[track.path.name.casefold()].add(track.id)

    def find(self, file: Path) -> int | None:
        if file in self._by_path:
            return self._by_path[file]
        named = self._by_name.get(file.name.casefold(), set())
        return next(iter(named)) if len(named) == 1 and not file.is_file() else None


def take_rows(
    rows: Sequence[LabelRow],
    tracks: Iterable[Recording],
    raters: Iterable[Rater],
    labels: Iterable[Label] = (),
    ratings: Iterable[Rating] = (),
    *,
    unnamed: str,
) -> Taken:
    """Make library rows of labels from a file; nothing is written.

    Parameters
    ----------
    rows : sequence of LabelRow
        Of `models.data.label_import`; of two of one place the later stands.
    tracks, raters, labels, ratings
        What the library holds.
    unnamed : str
        Rater of rows that name nobody.
    """
    tracks = list(tracks)
    finder = _Finder(tracks)
    without_artist = {track.id for track in tracks if not track.artist}
    artists: dict[int, str] = {}
    by_name = {rater.name.casefold(): rater for rater in raters}
    new: list[Rater] = []
    standing: dict[tuple[object, ...], Label] = {label.place: label for label in labels}
    rated: defaultdict[tuple[int, str, str], list[Trace]] = defaultdict(list)
    for rating in ratings:
        rated[rating.track_id, rating.rater_id, rating.dimension].append(rating.at_2_hz())
    put_labels: dict[tuple[object, ...], Label] = {}
    put_ratings: list[Rating] = []
    known, lost = 0, []
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for row in rows:
        track_id = finder.find(row.file)
        if track_id is None:
            lost.append(row)
            continue
        if track_id in without_artist and is_known(row.group):
            artists.setdefault(track_id, row.group)
        name = " ".join((row.rater or unnamed).split())
        rater = by_name.get(name.casefold())
        if rater is None:
            rater = by_name[name.casefold()] = Rater(uuid4().hex, name)
            new.append(rater)
        if row.said is not None or row.cant_say:
            label = _label(row, track_id, rater.id, now)
            if _is_news(label, put_labels.get(label.place) or standing.get(label.place), bool(row.made)):
                put_labels[label.place] = label
            else:
                known += 1
        for rating in _ratings(row, track_id, rater.id, now):
            there = rated[track_id, rater.id, rating.dimension]
            trace = rating.at_2_hz()
            if any(_alike(trace, other) for other in there):
                known += 1
            else:
                there.append(trace)
                put_ratings.append(rating)
    return Taken(tuple(new), tuple(put_labels.values()), tuple(put_ratings), known, tuple(lost), artists)


def _label(row: LabelRow, track_id: int, rater_id: str, now: str) -> Label:
    """Make a label of a row; the library keeps a point or a quadrant, and a point says which quadrant it is in."""
    has_point = row.valence is not None
    origin = cast("Origin", row.origin) if row.origin in get_args(Origin) else "import"
    return Label(
        uuid4().hex,
        track_id,
        rater_id,
        row.start_s,
        row.end_s,
        None if has_point else row.quadrant,
        row.valence,
        row.arousal,
        row.cant_say,
        origin,
        row.blind,
        row.warm_up,
        row.made or now,
        row.seconds,
    )


def _is_news(label: Label, standing: Label | None, dated: bool) -> bool:
    if standing is None:
        return True
    if replace(label, id=standing.id, made=standing.made, origin=standing.origin) == standing:
        return False
    return not dated or label.made >= standing.made


def _ratings(row: LabelRow, track_id: int, rater_id: str, now: str) -> list[Rating]:
    """Ratings without gaps in the values: where only one dimension was rated at times, one for each."""
    if row.trace is None:
        return []
    trace = row.trace
    there = {"valence": np.isfinite(trace.valence), "arousal": np.isfinite(trace.arousal)}
    curves: Mapping[str, np.ndarray] = {"valence": trace.valence, "arousal": trace.arousal}
    if np.array_equal(there["valence"], there["arousal"]):
        parts: list[tuple[Dimension, tuple[str, ...]]] = [("both", ("valence", "arousal"))]
    else:
        parts = [("valence", ("valence",)), ("arousal", ("arousal",))]
    out = []
    for dimension, names in parts:
        kept = there[names[0]]
        if kept.any():
            values = {name: curves[name][kept].astype(np.float32) for name in names}
            times_s = trace.times_s[kept].astype(np.float32)
            out.append(
                Rating(
                    uuid4().hex, track_id, rater_id, dimension, row.made or now, times_s, **values, chills=row.chills
                )
            )
    return out


def _alike(a: Trace, b: Trace) -> bool:
    if not np.array_equal(a.times_s, b.times_s):
        return False
    pairs = ((a.valence, b.valence), (a.arousal, b.arousal))
    return all(np.allclose(x, y, atol=_SAME, rtol=0, equal_nan=True) for x, y in pairs)
