"""Recordings in a few numbers each: what a whole library is searched and made into playlists by, without its arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from sqlalchemy import Connection, and_, select

from app.library import blobs
from app.library.connections import Part, keep
from app.library.rows import Song
from app.library.schema import analyses, overviews, sketches, tracks
from models.inference.course import POINTS, Sketch, sketch_of

#: So many results are read at once where sketches are missing.
_CHUNK = 200


class Sketches(Part):
    """The sketches of all results; every method may be called from any thread."""

    def songs(self, model_id: str, model_version: str | None) -> list[Song]:
        """Return the tracks of the list that a model has analysed, in the list's order.

        Results of earlier versions of the program are sketched first, which takes milliseconds each, once.
        """
        self._fill(model_id, model_version)
        query = (
            select(
                tracks.c.id, tracks.c.path, tracks.c.title, tracks.c.artist, tracks.c.album, tracks.c.missing,
                analyses.c.duration_s, analyses.c.quadrant, analyses.c.probability, analyses.c.valence,
                analyses.c.arousal, sketches.c.course, sketches.c.tempo_bpm, sketches.c.level_db,
            )
            .join(analyses, analyses.c.sha256 == tracks.c.sha256)
            .join(sketches, _same_result())
            .where(tracks.c.removed_at.is_(None), *_by(model_id, model_version))
            .order_by(analyses.c.made)
        )  # fmt: skip
        found: dict[int, Song] = {}
        order = select(tracks.c.id).where(tracks.c.removed_at.is_(None)).order_by(tracks.c.position, tracks.c.id)
        with self._database.reading() as connection:
            for row in connection.execute(query):
                course = np.frombuffer(row.course, "<f4")
                if course.size == 2 * POINTS:
                    found[row.id] = Song(
                        row.id, row.path, row.title, row.artist, row.album, row.missing, row.duration_s, row.quadrant,
                        row.probability, row.valence, row.arousal, course.reshape(POINTS, 2), row.tempo_bpm,
                        row.level_db,
                    )  # fmt: skip
            return [found[track_id] for track_id in connection.execute(order).scalars() if track_id in found]

    def _fill(self, model_id: str, model_version: str | None) -> None:
        """Sketch what was kept before there were sketches; what is damaged is left out."""
        query = (
            select(
                analyses.c.sha256, analyses.c.model_id, analyses.c.model_version, analyses.c.facts, analyses.c.arrays,
                overviews.c.facts.label("seen"), overviews.c.arrays.label("drawn"),
            )
            .join(overviews, overviews.c.sha256 == analyses.c.sha256)
            .outerjoin(sketches, _same_result())
            .where(sketches.c.sha256.is_(None), *_by(model_id, model_version))
            .limit(_CHUNK)
        )  # fmt: skip
        beyond = ""
        while True:
            after = query.where(analyses.c.sha256 > beyond).order_by(analyses.c.sha256)
            with self._database.reading() as connection:
                rows = connection.execute(after).all()
            made = [(row, found) for row in rows if (found := _sketched(row)) is not None]
            if made:
                with self._database.writing() as connection:
                    for row, found in made:
                        key = {name: row._mapping[name] for name in ("sha256", "model_id", "model_version")}
                        put(connection, key, found)
            if len(rows) < _CHUNK:
                return
            beyond = rows[-1].sha256


def put(connection: Connection, key: Mapping[str, str], sketch: Sketch) -> None:
    """Keep the sketch of a result, under the result's own key."""
    values = {
        "course": np.asarray(sketch.course, "<f4").tobytes(),
        "tempo_bpm": sketch.tempo_bpm,
        "level_db": sketch.level_db,
    }
    keep(connection, sketches, key, values)


def _sketched(row: Any) -> Sketch | None:
    analysis = blobs.unpack_analysis(row.facts, row.arrays)
    overview = blobs.unpack_overview(row.seen, row.drawn)
    return None if analysis is None or overview is None else sketch_of(analysis, overview)


def _same_result() -> Any:
    return and_(
        sketches.c.sha256 == analyses.c.sha256,
        sketches.c.model_id == analyses.c.model_id,
        sketches.c.model_version == analyses.c.model_version,
    )


def _by(model_id: str, model_version: str | None) -> Iterator[Any]:
    yield analyses.c.model_id == model_id
    if model_version is not None:
        yield analyses.c.model_version == model_version
