"""A session as bytes, and these as a file that is whole or not there."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from app.library.rows import KeptLayer
from app.sessions.content import SCHEMA, SavedTrack, SessionContent
from models.errors import JobError

#: What lay under the name before lies beside it with this added.
BACKUP = ".bak"


def near(path: Path, folder: Path) -> str:
    """Return a path as seen from a folder, with "/"; empty where there is no such way."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return ""


def encode(content: SessionContent, file: Path) -> bytes:
    """Return a session as JSON (`docs/sessions.md`), with paths as seen from the file's folder."""
    from app import __version__

    view = content.view
    document = {
        "schema": SCHEMA,
        "program": f"affekt {__version__}",
        "saved": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": {"id": content.model.id, "version": content.model.version, "name": content.model.name},
        "tracks": [_track(replace(track, near=near(track.path, file.parent))) for track in content.tracks],
        "shown": content.shown,
        "selection_s": content.selection_s,
        "compared": {"tracks": content.compared, "along": content.along},
        "view": {
            "workspace": view.workspace,
            "range_s": view.range_s,
            "playhead_s": view.playhead_s,
            "pages": view.pages,
        },
    }
    # Letters beyond ASCII are escaped: names of files may hold bytes that are no text in any encoding.
    return json.dumps(document, indent=1, allow_nan=False).encode("ascii") + b"\n"


def _track(track: SavedTrack) -> dict[str, Any]:
    return {
        "path": track.near,
        "absolute": str(track.path),
        "sha256": track.sha256,
        "size_bytes": track.size_bytes,
        "title": track.title,
        "artist": track.artist,
        "duration_s": track.duration_s,
        "marks": [{"time_s": mark.time_s, "label": mark.label} for mark in track.marks],
        "moments": [
            {
                "id": moment.id,
                "start_s": moment.start_s,
                "peak_s": moment.peak_s,
                "end_s": moment.end_s,
                "label": moment.label,
                "note": moment.note,
                "hidden": moment.hidden,
            }
            for moment in track.moments
        ],
        "layers": [_layer(kept) for kept in track.layers],
    }


def _layer(kept: KeptLayer) -> dict[str, Any]:
    layer = kept.layer
    return {
        "id": kept.id,
        "name": layer.name,
        "kind": layer.kind,
        "times_s": _numbers(layer.times_s),
        "values": _numbers(layer.values),
        "durations_s": _numbers(layer.durations_s),
        "labels": list(layer.labels),
        "unit": layer.unit,
        "range": layer.range,
        "origin": layer.origin,
    }


def _numbers(values: Any) -> list[float | None] | None:
    """Return numbers as a list; a gap (NaN) is null."""
    if values is None:
        return None
    return [float(value) if np.isfinite(value) else None for value in values]


@dataclass(frozen=True, slots=True)
class Stamp:
    """A file's hash, size and time of change, by which it is seen whether another program has written to it."""

    digest: str
    size_bytes: int
    modified_ns: int


def stamp_of(file: Path, data: bytes) -> Stamp:
    """Return the stamp of a file that holds this."""
    try:
        modified_ns = file.stat().st_mtime_ns
    except OSError:
        modified_ns = -1
    return Stamp(hashlib.sha256(data).hexdigest(), len(data), modified_ns)


def is_another(file: Path, stamp: Stamp | None) -> bool:
    """Whether a file holds something else than it did by its stamp; not if it is gone, or cannot be read."""
    try:
        now = file.stat()
        if stamp is not None and (now.st_size, now.st_mtime_ns) == (stamp.size_bytes, stamp.modified_ns):
            return False
        return stamp is None or hashlib.sha256(file.read_bytes()).hexdigest() != stamp.digest
    except OSError:
        return False


def write(file: Path, data: bytes, *, back_up: bool = False) -> None:
    """Write a file under a name beside it, see to it that it is on the disk, and only then put it in its place.

    Parameters
    ----------
    file : Path
        Its folder is there.
    data : bytes
        All of it.
    back_up : bool
        Whether what lies under that name now is kept beside it (`BACKUP`).

    Raises
    ------
    JobError
        "no_space" or "unreadable". What lay under the name is there as it was.
    """
    part = file.with_name(file.name + ".part")
    try:
        with part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if back_up and file.exists():
            _keep(file)
        part.replace(file)
    except OSError as error:
        for left in (part, _spare(file)):
            with contextlib.suppress(OSError):  # the disk that did not take it may not give it back either
                left.unlink(missing_ok=True)
        raise JobError(*_trouble(file, error), repr(error)) from error


def _spare(file: Path) -> Path:
    return file.with_name(f"{file.name}{BACKUP}.part")


def _keep(file: Path) -> None:
    """Let a file lie under its backup's name, too; its own is never free in between."""
    spare = _spare(file)
    spare.unlink(missing_ok=True)
    try:
        os.link(file, spare)
    except OSError:  # a file system that knows no links
        spare.write_bytes(file.read_bytes())
    spare.replace(file.with_name(file.name + BACKUP))


def _trouble(file: Path, error: OSError) -> tuple[Any, str]:
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return "no_space", f"“{file.name}” could not be written: there is no room left on its disk."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "unreadable", f"“{file.name}” could not be written: its folder, {file.parent}, may not be written to."
    if error.errno == errno.ENOENT:
        return "unreadable", f"“{file.name}” could not be written: its folder, {file.parent}, is not there any more."
    return "unreadable", f"“{file.name}” could not be written: {error.strerror or error}."
