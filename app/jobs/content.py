"""What a file holds, found out without reading it again if it has not changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.library import Content, Library


def is_there(path: Path) -> bool:
    """Whether something of this name can be seen; False for a drive that does not answer or a closed folder."""
    try:
        return path.exists()
    except OSError:
        return False


def unchanged(path: Path, content: Content | None) -> bool:
    """Whether the file has the size and time of change that it had when it was hashed."""
    if content is None:
        return False
    try:
        stat = path.stat()
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (content.size_bytes, content.modified_ns)


def content_of(library: Library, track_id: int, path: Path, sha256_of: Callable[[Path], str]) -> Content:
    """Hash of a track's file with its marks, from the library if the file has not changed since.

    Raises
    ------
    JobError
        "not_found" or "unreadable", from `sha256_of`; or the library's.
    """
    from app.library import Content

    known = library.track(track_id).content
    if known is not None and unchanged(path, known):
        return known
    try:
        before = path.stat()  # before it is read: a change in between is then noticed later
        size_bytes, modified_ns = before.st_size, before.st_mtime_ns
    except OSError:
        size_bytes, modified_ns = -1, -1  # `sha256_of` says in words what is wrong
    content = Content(sha256_of(path), size_bytes, modified_ns)
    library.set_content(track_id, content)
    return content
