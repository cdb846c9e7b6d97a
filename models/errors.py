"""The one error that the science raises and the program shows."""

from __future__ import annotations

from typing import Literal

ErrorKind = Literal[
    "not_found",
    "unreadable",
    "not_audio",
    "damaged",
    "empty",
    "too_short",
    "no_sound",
    "missing_model",
    "bad_model",
    "bad_data",
    "out_of_memory",
    "no_space",
    "internal",
]


class JobError(Exception):
    """Why one piece of work failed, in words for the person who asked for it.

    Parameters
    ----------
    kind : str
        What sort of failure, for programs (see `ErrorKind`).
    message : str
        What happened, to which file, and what to do. One sentence or two, no code, no blame.
    detail : str
        What a developer would want to know; never needed to understand `message`.
    """

    def __init__(self, kind: ErrorKind, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.message = message
        self.detail = detail


class Cancelled(Exception):  # noqa: N818 - an outcome the caller asked for, not an error
    """The work was cancelled by the one who asked for it."""
