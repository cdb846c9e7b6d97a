"""Opening a session: recordings, marks, climaxes and layers come in as one step, which can be taken back as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.commands.stack import Command


class Several:
    """Commands that are done and taken back together.

    Parameters
    ----------
    commands : sequence of Command
        In the order of doing.
    text : str
        What they do together, in words.
    """

    def __init__(self, commands: Sequence[Command], text: str) -> None:
        self._commands = tuple(commands)
        #: What it did, in words.
        self.text = text

    def do(self) -> None:
        """Do all of them."""
        for command in self._commands:
            command.do()

    def undo(self) -> None:
        """Take all of them back, the last one first."""
        for command in reversed(self._commands):
            command.undo()


class Hold:
    """Another session file is held from now on; before, there was this one, or none.

    Parameters
    ----------
    hold, let_go : callable
        Take the new file, and the one before.
    """

    text = ""

    def __init__(self, hold: Callable[[], object], let_go: Callable[[], object]) -> None:
        self._hold = hold
        self._let_go = let_go

    def do(self) -> None:
        """Hold the new one."""
        self._hold()

    def undo(self) -> None:
        """Hold the one before: what is on the list now is no longer what the new one keeps."""
        self._let_go()
