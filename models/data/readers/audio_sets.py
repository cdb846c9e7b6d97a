"""Data sets of clips with a table, which are copied: 4QAED and Emotify."""

from __future__ import annotations

from pathlib import Path

from models.data.labelled import GEMS, LabelledClip
from models.data.moods import quadrant_of_words
from models.data.readers.base import Piece, Reading, each, table_of_set
from models.data.tables import Row, number
from models.errors import JobError


def read_4qaed(source: Path) -> Reading:
    """4QAED (Panda et al. 2018): `clips.csv` and `audio/`; the group is the artist, genres and moods are the tags."""

    def piece(item: tuple[str, Row]) -> Piece:
        where, row = item
        quadrant = quadrant_of_words(row["quadrant"])
        if quadrant is None:
            raise JobError("bad_data", f"{where}: the quadrant is {row['quadrant']!r}; it must be one of Q1 to Q4.")
        artist = row["artist"].casefold() or row["file"]
        return Piece(LabelledClip(source / "audio" / row["file"], quadrant, artist, tags=_tags(row)))

    yield from each(table_of_set(source / "clips.csv", "file", "quadrant", "artist"), piece)


def _tags(row: Row) -> frozenset[str]:
    """Genres and moods of a 4QAED row, told apart: "mood: Calm"."""
    words = [f"{kind}: {word.strip()}" for kind in ("genre", "mood") for word in row.get(f"{kind}s", "").split(",")]
    return frozenset(word for word in words if not word.endswith(": "))


def read_emotify(source: Path) -> Reading:
    """Emotify (Aljanaki et al. 2016): `clips.csv` with the share of raters per emotion, and `audio/`; group: track."""

    def piece(item: tuple[str, Row]) -> Piece:
        where, row = item
        shares = [number(where, row, name, 0.0, 1.0) for name in GEMS]
        gems = tuple(share for share in shares if share is not None)
        if len(gems) < len(GEMS):
            raise JobError("bad_data", f"{where}: a share is missing.")
        path = source / "audio" / row["file"]
        return Piece(LabelledClip(path, None, path.stem, gems=gems))

    yield from each(table_of_set(source / "clips.csv", "file", *GEMS), piece)
