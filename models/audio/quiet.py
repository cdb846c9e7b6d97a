"""Keeps libmpg123's chatter away from the user's terminal.

libsndfile reads MP3 through libmpg123, which writes notes and warnings about odd headers straight to file
descriptor 2, below Python, and offers no switch through libsndfile. The descriptor belongs to the whole process, so
every remedy touches what other threads write. The least bad way found: for the milliseconds of one call into
libsndfile the descriptor points to a temporary file; afterwards what libmpg123 wrote there is dropped and everything
else is passed on to the real stderr, late by those milliseconds but not lost. Nested and concurrent calls share one
redirect, counted under a lock. Redirecting once at start-up instead would also swallow what the interpreter, Qt and
CUDA say when they die, and every program that imports this package would have to remember it.

Known limits: a process started inside such a call inherits the temporary file as its stderr (start children with an
explicit ``stderr=``), and a crash inside the call takes its last words with it.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import threading
from collections.abc import Iterator

_STDERR = 2
#: What libmpg123 1.32 (in libsndfile 1.2) writes, seen in the strings of the library.
_CHATTER = re.compile(rb"\s*(Note: |Warning: |\[[^\]]*libmpg123|mpg123 |\[[^\]]*\] (error|warning): |$)")

_lock = threading.Lock()
_depth = 0
_saved: int | None = None
_spool: int | None = None


def _open_spool() -> int:
    """Return the descriptor of an unnamed temporary file that is appended to."""
    with tempfile.TemporaryFile(buffering=0) as made:
        return os.dup(made.fileno())


def _redirect() -> None:
    global _saved, _spool  # noqa: PLW0603 - the descriptor is one per process, and so is this state
    try:
        if _spool is None:
            _spool = _open_spool()
        saved = os.dup(_STDERR)
    except OSError:  # a windowed program has no stderr: then nobody sees anything anyway
        return
    os.dup2(_spool, _STDERR)
    _saved = saved


def _restore() -> None:
    global _saved  # noqa: PLW0603
    if _saved is None or _spool is None:
        return
    os.dup2(_saved, _STDERR)
    os.close(_saved)
    _saved = None
    written = os.lseek(_spool, 0, os.SEEK_CUR)
    if written == 0:
        return
    os.lseek(_spool, 0, os.SEEK_SET)
    said = os.read(_spool, min(written, 1 << 20))
    os.lseek(_spool, 0, os.SEEK_SET)
    os.ftruncate(_spool, 0)
    others = b"".join(line for line in said.splitlines(keepends=True) if not _CHATTER.match(line))
    if others:
        os.write(_STDERR, others)


@contextlib.contextmanager
def quiet_mpg123(needed: bool = True) -> Iterator[None]:
    """Keep what libmpg123 writes to stderr inside the block from being seen; pass on what others write.

    Parameters
    ----------
    needed : bool
        False makes this do nothing, for formats that libmpg123 does not read.
    """
    global _depth  # noqa: PLW0603
    if not needed:
        yield
        return
    with _lock:
        if _depth == 0:
            _redirect()
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                with contextlib.suppress(OSError):
                    _restore()
