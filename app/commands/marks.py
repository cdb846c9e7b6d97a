"""Marking an instant of a recording, naming the mark, and taking it away."""

from __future__ import annotations

from typing import Protocol

from app.document import Document
from app.library.rows import Mark


class Shelf(Protocol):
    """Where marks are kept; both answer at once and write elsewhere."""

    def keep_mark(self, track_id: int, mark: Mark) -> None:
        """Keep a mark."""
        ...

    def drop_mark(self, track_id: int, mark: Mark) -> None:
        """Keep it no longer."""
        ...


def instant(time_s: float) -> str:
    """Return seconds as m:ss.d, from an hour on as h:mm:ss.d; cut to tenths, as the window's clock is."""
    seconds, tenth = divmod(int(time_s * 10 + 1e-6), 10)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}.{tenth}" if hours else f"{minute}:{second:02d}.{tenth}"


class _Marking:
    """A mark that comes or goes."""

    def __init__(self, document: Document, shelf: Shelf, track_id: int, mark: Mark) -> None:
        self._document = document
        self._shelf = shelf
        self._track_id = track_id
        self._mark = mark

    def _set(self) -> None:
        self._document.set_marks(self._track_id, (*self._document.marks(self._track_id), self._mark))
        self._shelf.keep_mark(self._track_id, self._mark)

    def _clear(self) -> None:
        others = (mark for mark in self._document.marks(self._track_id) if mark != self._mark)
        self._document.set_marks(self._track_id, others)
        self._shelf.drop_mark(self._track_id, self._mark)


class AddMark(_Marking):
    """A person marks an instant of a track where there is no mark yet."""

    @property
    def text(self) -> str:
        """What it did, in words."""
        return f"Marked {instant(self._mark.time_s)}"

    def do(self) -> None:
        """Set the mark."""
        self._set()

    def undo(self) -> None:
        """Take it away."""
        self._clear()


class RemoveMark(_Marking):
    """A person takes a mark away."""

    @property
    def text(self) -> str:
        """What it did, in words."""
        return f"Removed the mark at {instant(self._mark.time_s)}"

    def do(self) -> None:
        """Take the mark away."""
        self._clear()

    def undo(self) -> None:
        """Set it again, label and all."""
        self._set()


class NameMark:
    """A person calls a mark something, or something else, or nothing."""

    def __init__(self, document: Document, shelf: Shelf, track_id: int, mark: Mark, label: str) -> None:
        self._document = document
        self._shelf = shelf
        self._track_id = track_id
        self._old = mark
        self._new = Mark(mark.time_s, label)

    @property
    def text(self) -> str:
        """What it did, in words."""
        at = instant(self._old.time_s)
        return f"Named the mark at {at} “{self._new.label}”" if self._new.label else f"Unnamed the mark at {at}"

    def do(self) -> None:
        """Give the mark its new name."""
        self._put(self._new)

    def undo(self) -> None:
        """Give it the old one."""
        self._put(self._old)

    def _put(self, mark: Mark) -> None:
        others = (other for other in self._document.marks(self._track_id) if other.time_s != mark.time_s)
        self._document.set_marks(self._track_id, (*others, mark))
        self._shelf.keep_mark(self._track_id, mark)
