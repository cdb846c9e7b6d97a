"""SQLite's failures in words for the person whose library it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.errors import ErrorKind, JobError

_SAY: dict[int, tuple[ErrorKind, str]] = {
    sqlite3.SQLITE_BUSY: (
        "unreadable",
        "The library {file} is in use by another program. Close it there and start again.",
    ),
    sqlite3.SQLITE_READONLY: (
        "unreadable",
        "The library {file} cannot be written to. Allow writing to it and to its folder, and start again.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "unreadable",
        "The library {file} cannot be opened. Check that its folder exists and that you may write there.",
    ),
    sqlite3.SQLITE_FULL: (
        "no_space",
        "There is no room left on the disk of the library {file}. Make room there.",
    ),
    sqlite3.SQLITE_IOERR: (
        "no_space",
        "The disk of the library {file} does not take or give data. It may be full, or gone.",
    ),
    sqlite3.SQLITE_CORRUPT: ("damaged", "The library {file} is damaged."),
}
_SAY[sqlite3.SQLITE_LOCKED] = _SAY[sqlite3.SQLITE_BUSY]
_SAY[sqlite3.SQLITE_PERM] = _SAY[sqlite3.SQLITE_READONLY]
_SAY[sqlite3.SQLITE_NOTADB] = _SAY[sqlite3.SQLITE_CORRUPT]


def explain(error: BaseException, file: Path) -> JobError:
    """Turn an error of SQLite or SQLAlchemy into one that says what to do."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, sqlite3.Error):
        cause = getattr(cause, "orig", None) or cause.__cause__
    code = getattr(cause, "sqlite_errorcode", None)
    kind, words = _SAY.get(
        (code or 0) & 0xFF,
        ("internal", "The library {file} could not be used because of a fault in the program."),
    )
    return JobError(kind, words.format(file=file), repr(cause or error))


@contextmanager
def plain_words(file: Path) -> Iterator[None]:
    """Raise `JobError` for whatever goes wrong in the database inside."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise explain(error, file) from error
