"""What was done, so that it can be undone."""

from __future__ import annotations

from typing import Protocol

from app.document import Document

#: Older commands are forgotten.
DEPTH = 200


class Command(Protocol):
    """One action of a person."""

    @property
    def text(self) -> str:
        """What it did, in words: "Removed 3 tracks"."""
        ...

    def do(self) -> None:
        """Do it, or do it again."""
        ...

    def undo(self) -> None:
        """Put everything back."""
        ...


class CommandStack:
    """Runs commands and remembers them; `Document.undo_changed` is emitted at every change."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._done: list[Command] = []
        self._undone: list[Command] = []

    def run(self, command: Command) -> None:
        """Do a command; what had been undone can no longer be redone."""
        command.do()
        self._done.append(command)
        del self._done[:-DEPTH]
        self._undone.clear()
        self._document.undo_changed.emit()

    def undo(self) -> str | None:
        """Undo the last command and say in words what was undone; None if there is none."""
        if not self._done:
            return None
        command = self._done.pop()
        command.undo()
        self._undone.append(command)
        self._document.undo_changed.emit()
        return command.text

    def redo(self) -> str | None:
        """Do the last undone command again and say in words what it did; None if there is none."""
        if not self._undone:
            return None
        command = self._undone.pop()
        command.do()
        self._done.append(command)
        self._document.undo_changed.emit()
        return command.text

    @property
    def can_undo(self) -> bool:
        """Whether there is anything to undo."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is anything to redo."""
        return bool(self._undone)

    @property
    def undo_text(self) -> str:
        """What `undo` would undo, in words; empty if nothing."""
        return self._done[-1].text if self._done else ""

    @property
    def redo_text(self) -> str:
        """What `redo` would do again, in words; empty if nothing."""
        return self._undone[-1].text if self._undone else ""
