"""The climaxes that a person set, named, moved or took away."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import select

from app.library.connections import Part, keep
from app.library.rows import Moment
from app.library.schema import moments


class Moments(Part):
    """The moments of all tracks, also of those that are off the list; every method may be called from any thread."""

    def of_all(self) -> dict[int, tuple[Moment, ...]]:
        """Return every track's moments by its id, in the order of time; tracks without moments are left out."""
        query = select(moments).order_by(moments.c.track_id, moments.c.peak_s, moments.c.id)
        found: dict[int, list[Moment]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query):
                found.setdefault(row.track_id, []).append(Moment(**row._mapping))
        return {track_id: tuple(of_one) for track_id, of_one in found.items()}

    def put(self, moment: Moment) -> None:
        """Keep a moment; it takes the place of one with the same id."""
        values = asdict(moment)
        with self._database.writing() as connection:
            keep(connection, moments, {"id": values.pop("id")}, values)

    def remove(self, moment_id: str) -> None:
        """Forget a moment, if it is there."""
        with self._database.writing() as connection:
            connection.execute(moments.delete().where(moments.c.id == moment_id))
