"""What a person says of recordings, as a part of the session (`app.session`)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.commands import AddRating, ClearLabel, Correct, RemoveRating, SetLabels, TakeOpinions, Teach
from app.jobs.teaching import NO_NAME
from app.library.rows import Dimension, Label, Origin, Rater, Rating
from models.analysis import QUADRANTS
from models.errors import JobError

if TYPE_CHECKING:
    from app.commands import CommandStack
    from app.document import Document
    from app.jobs.desk import Desk
    from app.library.exchange import Taken

#: Labels that are learned at once; the personal model can take so many back.
MOST_TAUGHT = 100


class SessionLabels:
    """Raters, labels and ratings; each change is a command, and is in the library at once."""

    document: Document
    commands: CommandStack
    _desk: Desk

    def raters(self) -> tuple[Rater, ...]:
        """Everyone who ever labelled, by name."""
        return self.document.raters

    @property
    def rater(self) -> Rater | None:
        """Who labels now; None until someone gave a name or labelled."""
        return self.document.rater

    def set_rater(self, name: str) -> Rater | None:
        """Let the person of this name label from now on, also after a restart; a new name makes a new rater.

        Returns
        -------
        Rater or None
            None (and nothing changes) for an empty name; and before the library is open, which must say first who there
            is: the rater is then set once it has.
        """
        name = " ".join(name.split())
        if not name:
            return None
        if not self.document.opinions_known:
            self._set_later(name)
            return None
        known = (rater for rater in self.document.raters if rater.name.casefold() == name.casefold())
        rater = next(known, None)
        if rater is None:
            rater = Rater(uuid4().hex, name)
            self._desk.shelf.keep_rater(rater)
        self.document.set_rater(rater)
        self._desk.librarian.set_setting("rater", rater.id)
        return rater

    def _set_later(self, name: str) -> None:
        def known() -> None:
            self.document.opinions_reset.disconnect(known)
            self.set_rater(name)

        self.document.opinions_reset.connect(known)

    def label(
        self,
        track_id: int,
        quadrant: str | None = None,
        *,
        valence: float | None = None,
        arousal: float | None = None,
        cant_say: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
        blind: bool = False,
        warm_up: bool = False,
        seconds: float | None = None,
    ) -> Label:
        """Say what a recording or a passage is like: a quadrant, a point, or that one can't say. Undoable.

        Parameters
        ----------
        track_id : int
            A track of the list.
        quadrant : {"Q1", "Q2", "Q3", "Q4"}, optional
            One of three things that can be said.
        valence, arousal : float, optional
            [-1, 1]: the second one, both together.
        cant_say : bool
            The third.
        start_s, end_s : float, optional
            The passage in seconds; without them the whole recording.
        blind, warm_up, seconds
            See `Label`.

        Returns
        -------
        Label
            It takes the place of what the current rater said of the same thing before.

        Raises
        ------
        KeyError
            If the track is not open.
        ValueError
            If not exactly one thing is said, or a value is out of range.
        """
        made = self._make_label(
            track_id, quadrant, valence, arousal, cant_say, start_s, end_s, "label", blind, warm_up, seconds
        )
        self.commands.run(SetLabels(self.document, self._desk.shelf, [made]))
        self._desk.queue.keep_heard(track_id, self.document.track(track_id).path)
        return made

    def correct(
        self,
        track_id: int,
        quadrant: str | None = None,
        *,
        valence: float | None = None,
        arousal: float | None = None,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> Label | None:
        """Correct what the model says of a recording or a passage: a label that the personal model learns from at once.

        Undoable: the label and what was learned from it are taken back together. With the first correction the
        rater's personal model becomes the one that answers. Parameters and what is raised are those of `label`.

        Returns
        -------
        Label or None
            None, and a notice that says what to do, if the model that answers cannot be corrected.
        """
        made = self._make_label(track_id, quadrant, valence, arousal, False, start_s, end_s, "correction")
        try:
            lesson = self._desk.tutor.lesson(made)
        except JobError as error:
            self.document.tell(error.message, "warning")
            return None
        self.commands.run(Correct(self.document, self._desk.shelf, self._desk.tutor, lesson))
        return made

    def teach_labels(self) -> int:
        """Let the current rater's personal model learn at once from what they said of whole recordings. Undoable.

        At most the newest `MOST_TAUGHT` labels: from more of them a training makes more. What it has learned already
        takes its own place.

        Returns
        -------
        int
            From how many labels; 0, and a notice that says why, if there are none or the model cannot learn.
        """
        rater, tell = self.document.rater, self.document.tell
        said = [
            label
            for label in self.document.all_labels()
            if label.is_whole and not (label.cant_say or label.warm_up) and label.track_id in self.document
            and rater is not None and label.rater_id == rater.id
        ]  # fmt: skip
        newest = sorted(said, key=lambda label: (label.made, label.id))[-MOST_TAUGHT:]
        if not newest:
            tell("There are no labels of yours to learn from: label some recordings first.", "warning")
            return 0
        try:
            lessons = self._desk.tutor.lessons(newest)
        except JobError as error:
            tell(error.message, "warning")
            return 0
        self.commands.run(Teach(self._desk.tutor, lessons))
        return len(lessons)

    def prepare_correction(self, track_id: int) -> None:
        """Get ready, in the background, for a correction that is about to be made."""
        self._desk.tutor.prepare(track_id)

    def why_not_correct(self) -> str:
        """Return why the model that answers cannot be corrected, and what to do; empty if it can."""
        return self._desk.tutor.why_not()

    def take_opinions(self, taken: Taken) -> int:
        """Take what was said elsewhere (`app.library.exchange.take_rows`): undone together, but for names.

        New raters stay, and so do artists that tracks had not.

        Returns
        -------
        int
            How many labels and ratings came in.
        """
        count = len(taken.labels) + len(taken.ratings)
        for track_id, artist in taken.artists.items():
            self.document.change(track_id, artist=artist)
        if taken.artists:
            self._desk.librarian.write(lambda library: library.name_artists(taken.artists))
        if count:
            for rater in taken.raters:
                self._desk.shelf.keep_rater(rater)
            self.document.add_raters(taken.raters)
            text = "Imported 1 label" if count == 1 else f"Imported {count:,} labels"
            self.commands.run(TakeOpinions(self.document, self._desk.shelf, taken.labels, taken.ratings, text))
        return count

    def clear_label(self, label: Label) -> bool:
        """Take a label away. Undoable. Returns whether it was there."""
        if label not in self.document.labels(label.track_id):
            return False
        self.commands.run(ClearLabel(self.document, self._desk.shelf, label))
        return True

    def labels(self, track_id: int) -> tuple[Label, ...]:
        """What was said of a recording and its passages, by all raters, the oldest first."""
        return self.document.labels(track_id)

    def all_labels(self) -> tuple[Label, ...]:
        """Every label, also of tracks that are off the list."""
        return self.document.all_labels()

    def add_rating(
        self,
        track_id: int,
        dimension: Dimension,
        times_s: ArrayLike,
        valence: ArrayLike | None = None,
        arousal: ArrayLike | None = None,
        chills: Iterable[float] = (),
        instead: Rating | None = None,
    ) -> Rating:
        """Keep what the current rater said while a recording played. Undoable.

        Parameters
        ----------
        track_id : int
            A track of the list.
        dimension : {"valence", "arousal", "both"}
            What was rated.
        times_s : array_like [shape=(n,)]
            Seconds from the start of the recording, rising, 20 per second.
        valence, arousal : array_like [shape=(n,)], optional
            [-1, 1]; what `dimension` names.
        chills : iterable of float
            Seconds of chills.
        instead : Rating, optional
            The rating that it takes the place of, if it is still there: passages of it were rated again.

        Raises
        ------
        KeyError
            If the track is not open.
        ValueError
            If the arrays do not fit, are empty or out of range, or the times do not rise.
        """
        self.document.track(track_id)
        times = np.array(times_s, np.float32)
        curves: dict[str, NDArray[np.float32] | None] = {}
        for name, values in (("valence", valence), ("arousal", arousal)):
            if (dimension in (name, "both")) != (values is not None):
                raise ValueError(f"a rating of {dimension} needs exactly the curves that it names")
            curve = None if values is None else np.array(values, np.float32)
            if curve is not None and (curve.shape != times.shape or not np.all(np.abs(curve) <= 1)):
                raise ValueError(f"{name} is one number of [-1, 1] for each time")
            curves[name] = curve
        if times.ndim != 1 or not len(times) or times[0] < 0 or not np.all(np.diff(times) > 0):
            raise ValueError("times rise, from 0 on")
        rater = self.rater_or_new()
        marked = tuple(round(float(time_s), 3) for time_s in chills)
        rating = Rating(
            uuid4().hex, track_id, rater.id, dimension, _now(), times, curves["valence"], curves["arousal"], marked
        )
        old = instead if instead in self.document.ratings(track_id) else None
        self.commands.run(AddRating(self.document, self._desk.shelf, rating, old))
        return rating

    def remove_rating(self, rating: Rating) -> bool:
        """Take a rating away. Undoable. Returns whether it was there."""
        if rating not in self.document.ratings(rating.track_id):
            return False
        self.commands.run(RemoveRating(self.document, self._desk.shelf, rating))
        return True

    def ratings(self, track_id: int) -> tuple[Rating, ...]:
        """What raters said of a recording while it played, the oldest first."""
        return self.document.ratings(track_id)

    def rater_or_new(self) -> Rater:
        """Return who labels now; one who gave no name gets one."""
        rater = self.document.rater or self.set_rater(NO_NAME)
        assert rater is not None
        return rater

    def _make_label(
        self,
        track_id: int,
        quadrant: str | None,
        valence: float | None,
        arousal: float | None,
        cant_say: bool,
        start_s: float | None,
        end_s: float | None,
        origin: Origin,
        blind: bool = False,
        warm_up: bool = False,
        seconds: float | None = None,
    ) -> Label:
        """Check what is said, and make a label of the current rater of it."""
        track = self.document.track(track_id)
        has_point = valence is not None and arousal is not None
        if [quadrant is not None, has_point, cant_say].count(True) != 1 or (valence is None) != (arousal is None):
            raise ValueError("say a quadrant, or valence and arousal, or that you can't say")
        if quadrant is not None and quadrant not in QUADRANTS:
            raise ValueError(f"{quadrant!r} is not a quadrant")
        if not all(value is None or abs(value) <= 1 for value in (valence, arousal)):
            raise ValueError(f"({valence}, {arousal}) is no point of the plane from -1 to 1")
        if (start_s is None) != (end_s is None):
            raise ValueError("a passage has a start and an end")
        if start_s is not None and end_s is not None:
            longest_s = math.inf if track.duration_s is None else track.duration_s
            start_s, end_s = (round(min(max(0.0, at_s), longest_s), 3) for at_s in sorted((start_s, end_s)))
            if not start_s < end_s:
                raise ValueError("a passage ends after it starts")
        return Label(
            uuid4().hex,
            track_id,
            self.rater_or_new().id,
            start_s,
            end_s,
            quadrant,
            valence,
            arousal,
            cant_say,
            origin,
            blind,
            warm_up,
            _now(),
            seconds,
        )


def _now() -> str:
    return datetime.now(UTC).isoformat()
