"""Whose a library is: the first window's that opened it, for as long as it has it open."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from app.library.library import Library
    from app.library.rows import Track

_TAKEN = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}


class Ownership:
    """An advisory lock on a file beside the library; the system lets go of it however the program ends.

    Parameters
    ----------
    library : Path
        The library's file.

    Attributes
    ----------
    held : bool
        Whether no other window had it; True also where the file system knows no locks.
    """

    def __init__(self, library: Path) -> None:
        self.held = True
        self._file: BinaryIO | None = None
        try:
            self._file = library.with_name(f"{library.name}-owner").open("ab")
            _lock(self._file.fileno())
        except OSError as error:
            self.held = self._file is None or error.errno not in _TAKEN

    def release(self) -> None:
        """Let the next window have it."""
        if self._file is not None:
            self._file.close()


if sys.platform == "win32":
    import msvcrt

    def _lock(number: int) -> None:
        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(number: int) -> None:
        # Not `lockf`, which one process gets twice.
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Unfinished(NamedTuple):
    """Ids of tracks to leave alone until they are asked for, and of those to go on with; and what to tell, if any."""

    held: list[int]
    queued: list[int]
    notice: str


def take_up(library: Library, tracks: Sequence[Track], owned: bool) -> Unfinished:
    """Take up what the last session left unfinished, unless another window has the library and is at work on it."""
    if not owned:
        at_work = [track.id for track in tracks if track.status in ("analysing", "queued")]
        notice = "Another window has this library open. What is done there is shown here only after a restart."
        return Unfinished(at_work, [], notice)
    interrupted, queued = library.reset_unfinished()
    names = ", ".join(f"“{track.title}”" for track in tracks if track.id in interrupted)
    notice = f"The program ended unexpectedly while it analysed {names}, which is not started again by itself."
    return Unfinished(interrupted, queued, notice if interrupted else "")
