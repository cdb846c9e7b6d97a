"""The marks that a person set in recordings."""

from __future__ import annotations

from sqlalchemy import select

from app.library.connections import Part, keep
from app.library.rows import Mark
from app.library.schema import marks


class Marks(Part):
    """The marks of all tracks, also of those that are off the list; every method may be called from any thread."""

    def of_all(self) -> dict[int, tuple[Mark, ...]]:
        """Return every track's marks by its id, in the order of time; tracks without marks are left out."""
        query = select(marks.c.track_id, marks.c.time_s, marks.c.label).order_by(marks.c.track_id, marks.c.time_s)
        found: dict[int, list[Mark]] = {}
        with self._database.reading() as connection:
            for track_id, time_s, label in connection.execute(query):
                found.setdefault(track_id, []).append(Mark(time_s, label))
        return {track_id: tuple(of_one) for track_id, of_one in found.items()}

    def add(self, track_id: int, mark: Mark) -> None:
        """Keep a mark; it takes the place of one at the same instant."""
        with self._database.writing() as connection:
            keep(connection, marks, {"track_id": track_id, "time_s": mark.time_s}, {"label": mark.label})

    def remove(self, track_id: int, time_s: float) -> None:
        """Forget the mark at exactly this instant, if there is one."""
        with self._database.writing() as connection:
            connection.execute(marks.delete().where(marks.c.track_id == track_id, marks.c.time_s == time_s))
