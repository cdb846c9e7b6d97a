"""Opens the library whatever state it is in, so that the program starts."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

from app.library.connections import BUSY_S
from app.library.library import Library
from app.paths import library_file
from models.errors import JobError


def put_aside(file: Path) -> Path:
    """Rename a damaged library, with SQLite's files beside it; return its new name."""
    now = datetime.now().astimezone().strftime("%Y-%m-%d %H%M%S")
    aside = file.with_name(f"{file.stem} damaged {now}{file.suffix}")
    n = 1
    while aside.exists():
        n += 1
        aside = file.with_name(f"{file.stem} damaged {now} ({n}){file.suffix}")
    for suffix in ("-wal", "-shm"):
        beside = file.with_name(file.name + suffix)
        if beside.exists():
            beside.replace(aside.with_name(aside.name + suffix))
    file.replace(aside)
    return aside


def _readable(file: Path, busy_s: float) -> Library:
    """Open a library whose list can be read; damage in a single result is dealt with when it is met."""
    library = Library(file, busy_s)
    try:
        library.tracks()
    except BaseException:
        library.close()
        raise
    return library


def open_library(file: Path | None = None, busy_s: float = BUSY_S) -> tuple[Library, list[str]]:
    """Open the library; where it cannot be, another in its place.

    A damaged one is renamed and a fresh one is begun; nothing is deleted. One that is locked, read-only, or of a
    newer program is left alone, and this session keeps its results in a temporary folder.

    Parameters
    ----------
    file : Path, optional
        The library, instead of the user's.
    busy_s : float
        Seconds to wait for another program's write.

    Returns
    -------
    Library
        The user's, a fresh one, or a temporary one.
    notices : list of str
        What the person must be told, in sentences.
    """
    notices: list[str] = []
    try:
        file = file or library_file()
        try:
            library = _readable(file, busy_s)
        except JobError as error:
            if error.kind != "damaged":
                raise
            aside = put_aside(file)
            library = Library(file, busy_s)
            notices.append(f"{error.message} It was kept as “{aside.name}”, and a new library was begun.")
    except (JobError, OSError) as error:
        words = error.message if isinstance(error, JobError) else f"The library cannot be opened: {error}."
        notices.append(f"{words} What is done in this session will not be kept.")
        library = Library(Path(tempfile.mkdtemp(prefix="affekt-")) / "library.sqlite3")
        library.temporary = True
        return library, notices
    if library.backup is not None:
        notices.append(f"The library was brought to this version. The one before was kept as “{library.backup.name}”.")
    return library, notices
