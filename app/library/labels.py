"""Who labels, and what they said of recordings and passages."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import insert, select

from app.library.connections import Part, keep
from app.library.rows import Label, Rater
from app.library.schema import labels, raters


class Labels(Part):
    """Raters, and the labels of all tracks, also of those that are off the list; from any thread."""

    def raters(self) -> list[Rater]:
        """Return all raters by name."""
        with self._database.reading() as connection:
            return [Rater(*row) for row in connection.execute(select(raters).order_by(raters.c.name))]

    def add_rater(self, rater: Rater) -> None:
        """Keep a rater; one whose id is known is called anew.

        A name that another window has given to somebody else meanwhile gets a number behind it.
        """
        with self._database.writing() as connection:
            others = set(connection.execute(select(raters.c.name).where(raters.c.id != rater.id)).scalars())
            name, number = rater.name, 1
            while name in others:
                number += 1
                name = f"{rater.name} ({number})"
            keep(connection, raters, {"id": rater.id}, {"name": name})

    def of_all(self) -> list[Label]:
        """Return every label, the oldest first."""
        query = select(labels).order_by(labels.c.made, labels.c.id)
        with self._database.reading() as connection:
            return [Label(**row._mapping) for row in connection.execute(query)]

    def put(self, label: Label) -> None:
        """Keep a label; it takes the place of the same rater's label of the same recording or passage."""
        track_id, rater_id, start_s, end_s, warm_up = label.place
        same_place = (
            labels.c.track_id == track_id,
            labels.c.rater_id == rater_id,
            labels.c.start_s.is_not_distinct_from(start_s),
            labels.c.end_s.is_not_distinct_from(end_s),
            labels.c.warm_up == warm_up,
        )
        with self._database.writing() as connection:
            connection.execute(labels.delete().where(*same_place))
            connection.execute(insert(labels).values(asdict(label)))

    def remove(self, label_id: str) -> None:
        """Forget a label, if it is there."""
        with self._database.writing() as connection:
            connection.execute(labels.delete().where(labels.c.id == label_id))
