"""Setting a climax by hand, naming, moving and noting it, and taking away one that was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.commands.marks import instant
from app.document import Document
from app.library.rows import Moment


class Shelf(Protocol):
    """Where moments are kept; both answer at once and write elsewhere."""

    def keep_moment(self, moment: Moment) -> None:
        """Keep a moment, in the place of one with the same id."""
        ...

    def drop_moment(self, moment: Moment) -> None:
        """Keep it no longer."""
        ...


class SetMoment:
    """A moment comes, changes or goes.

    Parameters
    ----------
    document, shelf
        Where it is shown and kept.
    before, after : Moment or None
        None: there is none. Both, and they have one id, when it changes.
    text : str, optional
        What it did, in words.
    """

    def __init__(
        self, document: Document, shelf: Shelf, before: Moment | None, after: Moment | None, text: str = ""
    ) -> None:
        self._document = document
        self._shelf = shelf
        self._before = before
        self._after = after
        #: What it did, in words.
        self.text = text or _words(before, after)

    def do(self) -> None:
        """Set it, change it or take it away."""
        _replace(self._document, self._shelf, self._before, self._after)

    def undo(self) -> None:
        """Put back what was there."""
        _replace(self._document, self._shelf, self._after, self._before)


class ShowHidden:
    """Every climax of a track that the person took away is shown again."""

    def __init__(self, document: Document, shelf: Shelf, hidden: Sequence[Moment]) -> None:
        self._document = document
        self._shelf = shelf
        self._hidden = tuple(hidden)

    @property
    def text(self) -> str:
        """What it did, in words."""
        n = len(self._hidden)
        return f"Showed {n} hidden climax{'' if n == 1 else 'es'} again"

    def do(self) -> None:
        """Show them."""
        for moment in self._hidden:
            _replace(self._document, self._shelf, moment, None)

    def undo(self) -> None:
        """Hide them again."""
        for moment in self._hidden:
            _replace(self._document, self._shelf, None, moment)


def _replace(document: Document, shelf: Shelf, old: Moment | None, new: Moment | None) -> None:
    gone, come = (old.id if old else None), (() if new is None else (new,))
    some = old or new
    if some is None:
        return
    others = (moment for moment in document.moments(some.track_id) if moment.id != gone)
    document.set_moments(some.track_id, (*others, *come))
    if new is not None:
        shelf.keep_moment(new)
    elif old is not None:
        shelf.drop_moment(old)


def _words(before: Moment | None, after: Moment | None) -> str:
    if after is None or after.hidden:
        some = before or after
        return f"Took away the climax at {instant(some.peak_s)}" if some else ""
    at = instant(after.peak_s)
    if before is None:
        return f"Set a climax at {at}" + (f": “{after.label}”" if after.label else "")
    if after.label != before.label:
        return f"Named the climax at {at} “{after.label}”" if after.label else f"Unnamed the climax at {at}"
    if after.note != before.note:
        return f"Noted on the climax at {at}" if after.note else f"Removed the note on the climax at {at}"
    return f"Moved the climax to {at}" if after.peak_s != before.peak_s else f"Changed the climax at {at}"
