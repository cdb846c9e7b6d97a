"""Where what a person said and marked is kept: at once for the person, in the background for the library."""

from __future__ import annotations

from app.jobs.librarian import Librarian
from app.library.rows import KeptLayer, Label, Mark, Moment, Rater, Rating


class Shelf:
    """Writes marks, moments, layers, labels, ratings and raters through the librarian, in the order of asking.

    Parameters
    ----------
    librarian : Librarian
        Who writes.
    """

    def __init__(self, librarian: Librarian) -> None:
        self._librarian = librarian

    def keep_mark(self, track_id: int, mark: Mark) -> None:
        """Keep a mark."""
        self._librarian.write(lambda library: library.marks.add(track_id, mark))

    def drop_mark(self, track_id: int, mark: Mark) -> None:
        """Keep it no longer."""
        self._librarian.write(lambda library: library.marks.remove(track_id, mark.time_s))

    def keep_moment(self, moment: Moment) -> None:
        """Keep a moment, in the place of one with the same id."""
        self._librarian.write(lambda library: library.moments.put(moment))

    def drop_moment(self, moment: Moment) -> None:
        """Keep it no longer."""
        self._librarian.write(lambda library: library.moments.remove(moment.id))

    def keep_layer(self, kept: KeptLayer) -> None:
        """Keep a layer."""
        self._librarian.write(lambda library: library.layers.put(kept))

    def drop_layer(self, kept: KeptLayer) -> None:
        """Keep it no longer."""
        self._librarian.write(lambda library: library.layers.remove(kept.id))

    def keep_rater(self, rater: Rater) -> None:
        """Keep a rater."""
        self._librarian.write(lambda library: library.labels.add_rater(rater))

    def keep_label(self, label: Label) -> None:
        """Keep a label, in the place of the same rater's label of the same thing."""
        self._librarian.write(lambda library: library.labels.put(label))

    def drop_label(self, label: Label) -> None:
        """Keep it no longer."""
        self._librarian.write(lambda library: library.labels.remove(label.id))

    def keep_rating(self, rating: Rating) -> None:
        """Keep a rating."""
        self._librarian.write(lambda library: library.ratings.put(rating))

    def drop_rating(self, rating: Rating) -> None:
        """Keep it no longer."""
        self._librarian.write(lambda library: library.ratings.remove(rating.id))
