"""Saying what a recording or a passage is like, saying it while it plays, and taking it back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from app.document import Document
from app.library.rows import Label, Rating


class Shelf(Protocol):
    """Where labels and ratings are kept; everything answers at once and writes elsewhere."""

    def keep_label(self, label: Label) -> None:
        """Keep a label, in the place of the same rater's label of the same thing."""
        ...

    def drop_label(self, label: Label) -> None:
        """Keep it no longer."""
        ...

    def keep_rating(self, rating: Rating) -> None:
        """Keep a rating."""
        ...

    def drop_rating(self, rating: Rating) -> None:
        """Keep it no longer."""
        ...


def judgement(label: Label) -> str:
    """Return what a label says, in words: "Q4", "valence −0.20, arousal 0.50", "can't say"."""
    if label.cant_say:
        return "can’t say"
    if label.quadrant is not None:
        return label.quadrant
    words = [
        f"{name} {value:.2f}"
        for name, value in (("valence", label.valence), ("arousal", label.arousal))
        if value is not None
    ]
    return ", ".join(words).replace("-", "\N{MINUS SIGN}")


def title_of(document: Document, track_id: int) -> str:
    """Return what a track is called, also when it is off the list."""
    return f"“{document.track(track_id).title}”" if track_id in document else "a recording"


class SetLabels:
    """One or more labels are given; each takes the place of what the same rater said of the same thing."""

    def __init__(self, document: Document, shelf: Shelf, labels: Iterable[Label], text: str = "") -> None:
        self._document = document
        self._shelf = shelf
        self._labels = tuple(labels)
        self._before: dict[str, Label] = {}
        #: What it did, in words.
        self.text = text or self._words()

    def _words(self) -> str:
        if len(self._labels) != 1:
            return f"Added {len(self._labels):,} labels"
        (label,) = self._labels
        where = title_of(self._document, label.track_id)
        return f"Labelled {where if label.is_whole else f'a passage of {where}'}: {judgement(label)}"

    def do(self) -> None:
        """Give them."""
        self._before = {}
        for label in self._labels:
            others = []
            for other in self._document.labels(label.track_id):
                if other.place == label.place:
                    self._before[label.id] = other
                else:
                    others.append(other)
            self._document.set_labels(label.track_id, (*others, label))
            self._shelf.keep_label(label)

    def undo(self) -> None:
        """Take them back; what stood there before stands there again."""
        for label in reversed(self._labels):
            others = tuple(other for other in self._document.labels(label.track_id) if other.id != label.id)
            before = self._before.get(label.id)
            if before is None:
                self._document.set_labels(label.track_id, others)
                self._shelf.drop_label(label)
            else:
                self._document.set_labels(label.track_id, (*others, before))
                self._shelf.keep_label(before)


class ClearLabel:
    """A label is taken away."""

    def __init__(self, document: Document, shelf: Shelf, label: Label) -> None:
        self._document = document
        self._shelf = shelf
        self._label = label
        self.text = f"Removed the label of {title_of(document, label.track_id)}"

    def do(self) -> None:
        """Take it away."""
        label = self._label
        others = (other for other in self._document.labels(label.track_id) if other.id != label.id)
        self._document.set_labels(label.track_id, others)
        self._shelf.drop_label(label)

    def undo(self) -> None:
        """Give it again."""
        label = self._label
        self._document.set_labels(label.track_id, (*self._document.labels(label.track_id), label))
        self._shelf.keep_label(label)


class _Rated:
    """A rating that comes or goes."""

    def __init__(self, document: Document, shelf: Shelf, rating: Rating) -> None:
        self._document = document
        self._shelf = shelf
        self._rating = rating

    def _put(self, rating: Rating) -> None:
        self._document.set_ratings(rating.track_id, (*self._document.ratings(rating.track_id), rating))
        self._shelf.keep_rating(rating)

    def _take(self, rating: Rating) -> None:
        others = (other for other in self._document.ratings(rating.track_id) if other.id != rating.id)
        self._document.set_ratings(rating.track_id, others)
        self._shelf.drop_rating(rating)


class AddRating(_Rated):
    """A person rated a recording while it played, or passages of it again: then the rating before gives way."""

    def __init__(self, document: Document, shelf: Shelf, rating: Rating, instead: Rating | None = None) -> None:
        super().__init__(document, shelf, rating)
        self._instead = instead

    @property
    def text(self) -> str:
        """What it did, in words."""
        title = title_of(self._document, self._rating.track_id)
        return f"Rated {title}" if self._instead is None else f"Rated a passage of {title} again"

    def do(self) -> None:
        """Keep the rating."""
        if self._instead is not None:
            self._take(self._instead)
        self._put(self._rating)

    def undo(self) -> None:
        """Take it away."""
        self._take(self._rating)
        if self._instead is not None:
            self._put(self._instead)


class RemoveRating(_Rated):
    """A person takes a rating away."""

    @property
    def text(self) -> str:
        """What it did, in words."""
        return f"Removed a rating of {title_of(self._document, self._rating.track_id)}"

    def do(self) -> None:
        """Take it away."""
        self._take(self._rating)

    def undo(self) -> None:
        """Keep it again."""
        self._put(self._rating)


class TakeOpinions:
    """Labels and ratings that were made elsewhere come in, and go out again, together."""

    def __init__(
        self, document: Document, shelf: Shelf, labels: Iterable[Label], ratings: Iterable[Rating], text: str
    ) -> None:
        self._labels = SetLabels(document, shelf, labels)
        self._ratings = [AddRating(document, shelf, rating) for rating in ratings]
        #: What it did, in words.
        self.text = text

    def do(self) -> None:
        """Take them."""
        self._labels.do()
        for rating in self._ratings:
            rating.do()

    def undo(self) -> None:
        """Let them go."""
        for rating in reversed(self._ratings):
            rating.undo()
        self._labels.undo()
