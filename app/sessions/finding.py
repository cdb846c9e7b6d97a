"""Where the recordings of a session lie by now."""

from __future__ import annotations

import contextlib
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.sessions.content import SavedTrack
from models.errors import JobError

#: "there": where it was; "moved": elsewhere, and its content is the same; "changed": another content lies where it was.
State = Literal["there", "moved", "changed", "missing"]
#: Folders beside the session file that are looked into.
_MOST_FOLDERS = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recording lies; where it was, if it is missing."""

    path: Path
    state: State


def find(
    tracks: Iterable[SavedTrack],
    file: Path,
    by_content: Callable[[str], Iterable[Path]],
    sha256_of: Callable[[Path], str],
) -> list[Place]:
    """Find the recordings of a session: where they were, beside the session file, or by their content in the library.

    Parameters
    ----------
    tracks : iterable of SavedTrack
        What is looked for.
    file : Path
        The session file.
    by_content : callable
        Files of the library that hold, as far as it knows, what has this hash.
    sha256_of : callable
        Reads and hashes a file; one for which it raises OSError or `JobError` is no find.

    Returns
    -------
    list of Place
        One for each track.
    """
    near_file = _Beside(file.parent)
    #: Where others were found that had lain in this folder.
    led_to: dict[Path, list[Path]] = {}
    out = []
    for track in tracks:
        place = _find(track, file, near_file, led_to.get(track.path.parent, []), by_content, sha256_of)
        if place.state == "moved" and place.path.parent not in led_to.setdefault(track.path.parent, []):
            led_to[track.path.parent].append(place.path.parent)
        out.append(place)
    return out


def _find(
    track: SavedTrack,
    file: Path,
    near_file: _Beside,
    led_to: list[Path],
    by_content: Callable[[str], Iterable[Path]],
    sha256_of: Callable[[Path], str],
) -> Place:
    was = [path for path in _where_it_was(track, file) if _size(path) is not None]
    for path in was:
        if track.size_bytes is None or _size(path) == track.size_bytes:
            return Place(path, "there")
    if track.sha256:
        beside = (*(folder / track.path.name for folder in led_to), *near_file.named(track.path.name))
        for path in (*by_content(track.sha256), *beside, *was):
            if _size(path) is not None and track.size_bytes in (None, _size(path)) and _is(path, track, sha256_of):
                return Place(path, "moved")
    else:  # never read: by its name alone
        for path in (*(folder / track.path.name for folder in led_to), *near_file.named(track.path.name)):
            if _size(path) is not None:
                return Place(path, "moved")
    return Place(was[0], "changed") if was else Place(track.path, "missing")


class _Beside:
    """What lies in a folder and in the folders in it, listed once: thousands of files may be looked for in hundreds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._listed: dict[str, list[Path]] | None = None

    def named(self, name: str) -> list[Path]:
        """Return what has a name, however its letters are written."""
        if self._listed is None:
            self._listed = {}
            for folder in _folders(self._folder):
                with contextlib.suppress(OSError):
                    for path in folder.iterdir():
                        self._listed.setdefault(_plain(path.name), []).append(path)
        return self._listed.get(_plain(name), [])


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _where_it_was(track: SavedTrack, file: Path) -> Iterator[Path]:
    near = Path(os.path.normpath(file.parent / track.near)) if track.near else track.path
    if _is_safe(near, file) and not (_is_safe(track.path, file) and _is_one(near, track.path)):
        yield near
    if _is_safe(track.path, file):
        yield track.path  # also where both are one file: the library knows it by this


def _is_one(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except (OSError, ValueError):
        return False


def _is_safe(path: Path, file: Path) -> bool:
    """Whether looking for a file asks no stranger's computer: Windows would give it the person's name."""
    return sys.platform != "win32" or not path.drive.startswith("\\\\") or path.drive == file.drive


def _folders(folder: Path) -> Iterator[Path]:
    """Return a folder and the folders in it."""
    yield folder
    try:
        inside = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        return
    yield from inside[:_MOST_FOLDERS]


def _size(path: Path) -> int | None:
    """Size of a file; None if it is not there."""
    try:
        return path.stat().st_size if path.is_file() else None
    except (OSError, ValueError):
        return None


def _is(path: Path, track: SavedTrack, sha256_of: Callable[[Path], str]) -> bool:
    try:
        return sha256_of(path) == track.sha256
    except (JobError, OSError):
        return False
