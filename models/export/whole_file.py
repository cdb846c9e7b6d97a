"""A file that is whole or not there."""

from __future__ import annotations

import contextlib
from pathlib import Path

from models.errors import JobError


def write_whole(destination: Path, data: bytes) -> None:
    """Write a file under a name beside it and then put it in place; folders are made when missing.

    Raises
    ------
    JobError
        "no_space" when it cannot be written; an earlier one is then still there.
    """
    part = destination.parent / (destination.name + ".part")
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(destination)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise JobError("no_space", f"{destination} could not be written: {error.strerror}.", str(error)) from None
