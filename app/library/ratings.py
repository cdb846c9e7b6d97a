"""What raters said, moment by moment, while recordings played."""

from __future__ import annotations

import json

from sqlalchemy import select

from app.library.blobs import UNREADABLE, pack_arrays, unpack_arrays
from app.library.connections import Part, keep
from app.library.rows import Rating
from app.library.schema import ratings


class Ratings(Part):
    """The ratings of all tracks, also of those that are off the list; from any thread."""

    def of_all(self) -> list[Rating]:
        """Return every rating, the oldest first; what is damaged is left out, and left where it is."""
        query = select(ratings).order_by(ratings.c.made, ratings.c.id)
        found: list[Rating] = []
        with self._database.reading() as connection:
            for row in connection.execute(query):
                try:
                    arrays = unpack_arrays(row.arrays)
                    chills = tuple(float(time_s) for time_s in json.loads(row.chills))
                    found.append(
                        Rating(row.id, row.track_id, row.rater_id, row.dimension, row.made, chills=chills, **arrays)
                    )
                except UNREADABLE:
                    continue
        return found

    def put(self, rating: Rating) -> None:
        """Keep a rating; it takes the place of one with the same id."""
        values = {
            "track_id": rating.track_id,
            "rater_id": rating.rater_id,
            "dimension": rating.dimension,
            "made": rating.made,
            "chills": json.dumps(rating.chills),
            "arrays": pack_arrays(
                {
                    name: array
                    for name, array in (
                        ("times_s", rating.times_s),
                        ("valence", rating.valence),
                        ("arousal", rating.arousal),
                    )
                    if array is not None
                }
            ),
        }
        with self._database.writing() as connection:
            keep(connection, ratings, {"id": rating.id}, values)

    def remove(self, rating_id: str) -> None:
        """Forget a rating, if it is there."""
        with self._database.writing() as connection:
            connection.execute(ratings.delete().where(ratings.c.id == rating_id))
