"""What people say of the recordings: raters, labels, ratings. A part of the document, observed as the rest of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psygnal import Signal

from app.library.rows import Label, Rater, Rating

if TYPE_CHECKING:
    from models.live.corrections import Answer


@dataclass(frozen=True, slots=True)
class Adaptation:
    """What the personal model made of a correction.

    Attributes
    ----------
    track_id : int
        The corrected recording.
    label_id : str
        The correction.
    model : str
        Id of the personal model.
    step : int
        How many corrections it holds now.
    seconds : float
        How long learning took.
    why : str
        For the person: what happened besides, in a sentence; empty for an ordinary step.
    before, after : Answer
        What it says of the recording, or of the passage.
    passage : tuple of float, or None
        Start and end in seconds of what was corrected; None for the whole.
    """

    track_id: int
    label_id: str
    model: str
    step: int
    seconds: float
    why: str
    before: Answer
    after: Answer
    passage: tuple[float, float] | None = None


class Opinions:
    """Raters and what they said, also of tracks that are off the list, which may come back.

    Signals
    -------
    labels_changed(id), ratings_changed(id)
        `labels(id)` or `ratings(id)` is new.
    raters_changed()
        `raters` or `rater` is new.
    opinions_reset()
        Everything is new: the library was opened.
    learning_changed(id)
        Whether `is_learning(id)` is new: the personal model is learning from a correction of this track.
    adapted(id)
        `adaptation(id)` is new: what the last correction of this track did, or None where it was taken back.
    """

    labels_changed = Signal(int)
    ratings_changed = Signal(int)
    raters_changed = Signal()
    opinions_reset = Signal()
    learning_changed = Signal(int)
    adapted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        #: Whether the library has said who there is.
        self.opinions_known = False
        self._raters: tuple[Rater, ...] = ()
        self._rater: Rater | None = None
        self._labels: dict[int, tuple[Label, ...]] = {}
        self._ratings: dict[int, tuple[Rating, ...]] = {}
        self._learning: set[int] = set()
        self._adaptations: dict[int, Adaptation] = {}

    # What views read

    @property
    def raters(self) -> tuple[Rater, ...]:
        """Everyone who ever labelled, by name."""
        return self._raters

    @property
    def rater(self) -> Rater | None:
        """Who labels now; None until someone gave a name."""
        return self._rater

    def rater_of(self, rater_id: str) -> Rater:
        """Return a rater; raises KeyError if there is none of this id."""
        for rater in self._raters:
            if rater.id == rater_id:
                return rater
        raise KeyError(rater_id)

    def labels(self, track_id: int) -> tuple[Label, ...]:
        """What was said of this recording and of its passages, by all raters, the oldest first."""
        return self._labels.get(track_id, ())

    def label_of(self, track_id: int, rater_id: str, *, warm_up: bool = False) -> Label | None:
        """What one rater says of the recording as a whole (or said to warm up)."""
        place = (track_id, rater_id, None, None, warm_up)
        return next((label for label in self.labels(track_id) if label.place == place), None)

    def all_labels(self) -> tuple[Label, ...]:
        """Every label, by track."""
        return tuple(label for labels in self._labels.values() for label in labels)

    def ratings(self, track_id: int) -> tuple[Rating, ...]:
        """What raters said of this recording while it played, the oldest first."""
        return self._ratings.get(track_id, ())

    def all_ratings(self) -> tuple[Rating, ...]:
        """Every rating, by track."""
        return tuple(rating for ratings in self._ratings.values() for rating in ratings)

    def is_learning(self, track_id: int) -> bool:
        """Whether the personal model is learning from a correction of this recording."""
        return track_id in self._learning

    def adaptation(self, track_id: int) -> Adaptation | None:
        """What the last correction of this recording did in this session."""
        return self._adaptations.get(track_id)

    # What commands and job results change

    def reset_opinions(self, raters: Iterable[Rater], labels: Iterable[Label], rater_id: str | None) -> None:
        """Replace raters and labels by what the library has; ratings follow (`put_ratings`)."""
        self.opinions_known = True
        self._raters = tuple(sorted(raters, key=_by_name))
        self._rater = next((rater for rater in self._raters if rater.id == rater_id), None)
        self._labels.clear()
        self._ratings.clear()
        for label in labels:
            self._labels[label.track_id] = (*self._labels.get(label.track_id, ()), label)
        self.opinions_reset.emit()
        self.raters_changed.emit()

    def put_ratings(self, ratings: Iterable[Rating]) -> None:
        """Add the ratings that the library has."""
        for rating in ratings:
            self.set_ratings(rating.track_id, (*self.ratings(rating.track_id), rating))

    def set_rater(self, rater: Rater | None) -> None:
        """Let another person label; one who is new joins the others."""
        known = rater is None or rater in self._raters
        if known and rater == self._rater:
            return
        if rater is not None and not known:
            others = (other for other in self._raters if other.id != rater.id)
            self._raters = tuple(sorted((*others, rater), key=_by_name))
        self._rater = rater
        self.raters_changed.emit()

    def add_raters(self, raters: Iterable[Rater]) -> None:
        """Let others have labelled too; who labels now goes on."""
        new = [rater for rater in raters if rater not in self._raters]
        if new:
            self._raters = tuple(sorted((*self._raters, *new), key=_by_name))
            self.raters_changed.emit()

    def set_labels(self, track_id: int, labels: Iterable[Label]) -> None:
        """Replace a track's labels."""
        ordered = tuple(sorted(labels, key=lambda label: (label.made, label.id)))
        if ordered != self.labels(track_id):
            self._labels[track_id] = ordered
            self.labels_changed.emit(track_id)

    def set_ratings(self, track_id: int, ratings: Iterable[Rating]) -> None:
        """Replace a track's ratings."""
        ordered = tuple(sorted(ratings, key=lambda rating: (rating.made, rating.id)))
        if ordered != self.ratings(track_id):
            self._ratings[track_id] = ordered
            self.ratings_changed.emit(track_id)

    def set_learning(self, track_id: int, learning: bool) -> None:
        """Say whether the personal model is learning from a correction of this track."""
        if learning != (track_id in self._learning):
            (self._learning.add if learning else self._learning.discard)(track_id)
            self.learning_changed.emit(track_id)

    def set_adaptation(self, track_id: int, adaptation: Adaptation | None) -> None:
        """Say what the last correction of a track did."""
        if adaptation is None:
            self._adaptations.pop(track_id, None)
        else:
            self._adaptations[track_id] = adaptation
        self.adapted.emit(track_id)


def _by_name(rater: Rater) -> str:
    return rater.name.casefold()
