"""Connections to the database: one per thread, many readers, one writer."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.pool import NullPool

from app.library.trouble import plain_words
from models.errors import JobError

#: How long one program waits for another that writes.
BUSY_S = 5.0


@dataclass
class _Held:
    """A connection, its thread, and a lock that is held while it is in use."""

    connection: Connection
    thread: threading.Thread
    in_use: threading.Lock = field(default_factory=threading.Lock)


class Database:
    """SQLite in WAL mode with foreign keys: readers never wait, writers take turns.

    Parameters
    ----------
    file : Path
        The database; made by SQLite when it is missing.
    busy_s : float
        Seconds to wait for another program's write before `JobError` says so.
    """

    def __init__(self, file: Path, busy_s: float = BUSY_S) -> None:
        self.file = file
        self._busy_s = busy_s
        self._local = threading.local()
        self._held: list[_Held] = []
        self._held_lock = threading.Lock()
        #: Held by the one who writes.
        self.turn = threading.RLock()
        self._closed = False
        self.engine: Engine = create_engine("sqlite+pysqlite://", creator=self._connect, poolclass=NullPool)
        event.listen(self.engine, "begin", self._begin)

    def _connect(self) -> sqlite3.Connection:
        # `isolation_level=None`: BEGIN is sent by `_begin`, so that a writer takes its turn at once, not in the middle.
        connection = sqlite3.connect(self.file, timeout=self._busy_s, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA foreign_keys=ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def _begin(self, connection: Connection) -> None:
        writing = getattr(self._local, "writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    def _mine(self) -> _Held:
        held: _Held | None = getattr(self._local, "held", None)
        if held is None or held.connection.closed:
            held = _Held(self.engine.connect(), threading.current_thread())
            self._local.held = held
            with self._held_lock:
                for other in [other for other in self._held if not other.thread.is_alive()]:
                    other.connection.close()
                    self._held.remove(other)
                self._held.append(held)
        return held

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give this thread's connection inside one transaction that sees one state of the database."""
        with plain_words(self.file):
            if self._closed:
                raise JobError("internal", "The library is closed.")
            held = self._mine()
            with held.in_use, held.connection.begin():
                yield held.connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give this thread's connection inside one transaction that may write; all or nothing is kept."""
        with self.turn:
            self._local.writing = True
            try:
                with self.reading() as connection:
                    yield connection
            finally:
                self._local.writing = False

    def close(self) -> None:
        """Close the connections of all threads; one that is in use is waited for."""
        self._closed = True
        with self._held_lock:
            for held in self._held:
                with held.in_use:
                    held.connection.close()
            self._held.clear()
        self.engine.dispose()


def time_now() -> str:
    """Return the time as the library keeps it: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat()


def keep(connection: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Write a row; it takes the place of the one that has its key."""
    connection.execute(
        insert(table).values(**key, **values).on_conflict_do_update(index_elements=list(key), set_=dict(values))
    )


class Part:
    """A part of the library, with the tables of one idea; every method may be called from any thread.

    Parameters
    ----------
    database : Database
        The library's; its troubles are raised as `JobError`, as by `app.library.Library`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
