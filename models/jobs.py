"""What is asked for and how it is going: a request, its progress, a token to stop it, and what the work may borrow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from models.analysis import FloatArray
from models.errors import Cancelled


@dataclass(frozen=True)
class AnalysisRequest:
    """One recording to analyse: a snapshot of all that the work needs.

    `device` is "auto", "cpu", "cuda" or "mps"; `model` a model's id or the path of a model folder; `sha256` the hash of
    the file's content where it is known already, so that a large file is not read a second time for it.
    """

    job_id: int
    path: Path
    model: str = ""
    device: str = "auto"
    sha256: str = ""


@dataclass(frozen=True)
class Progress:
    """How far one job is: `fraction` in [0, 1] and what is being done, for people."""

    job_id: int
    fraction: float
    stage: str


class CancelToken:
    """A flag that one thread sets and the work looks at; setting it returns at once."""

    def __init__(self) -> None:
        self._set = False

    def cancel(self) -> None:
        """Ask the work to stop at its next look."""
        self._set = True

    @property
    def cancelled(self) -> bool:
        """Whether the work was asked to stop."""
        return self._set

    def check(self) -> None:
        """Raise `Cancelled` if the work was asked to stop."""
        if self._set:
            raise Cancelled


class Decoder(Protocol):
    """Decodes what soundfile cannot (M4A, AAC, WMA); injected, because the science room has no Qt."""

    def __call__(self, path: Path) -> tuple[FloatArray, int]:
        """Return samples [shape=(channels, n)] and their rate in Hz, or raise `JobError`."""
        ...
