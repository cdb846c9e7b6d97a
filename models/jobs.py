"""What is asked for and how it is going: a request, its progress, a token to stop it, and what the work may borrow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
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

    @property
    def stopping(self) -> bool:
        """Whether the work was asked to finish with what it has (see `Control`)."""
        return False

    def check(self) -> None:
        """Raise `Cancelled` if the work was asked to stop."""
        if self._set:
            raise Cancelled


class Control(CancelToken):
    """A token for long work: it can also be paused, and told to finish with what it has.

    Parameters
    ----------
    tell : callable, optional
        Is given "paused" and "resumed" by the thread that works, when it stands still and when it goes on; and
        "stopping" by the one that calls `stop`.
    """

    def __init__(self, tell: Callable[[str], None] | None = None) -> None:
        super().__init__()
        self._tell = tell or (lambda _: None)
        self._may_go = threading.Event()
        self._may_go.set()
        self._stopping = False
        #: Seconds that were spent in pause.
        self.paused_s = 0.0

    def pause(self) -> None:
        """Let the work stand still at its next look."""
        self._may_go.clear()

    def resume(self) -> None:
        """Let it go on."""
        self._may_go.set()

    def stop(self) -> None:
        """Let it finish with the best that it has."""
        if not self._stopping:
            self._stopping = True
            self._tell("stopping")
        self._may_go.set()

    def cancel(self) -> None:
        """Ask the work to stop at its next look, also when it stands still."""
        super().cancel()
        self._may_go.set()

    @property
    def stopping(self) -> bool:
        """Whether the work was asked to finish with what it has."""
        return self._stopping

    def check(self) -> None:
        """Stand still while paused; raise `Cancelled` if the work was asked to stop."""
        if not self._may_go.is_set() and not self.cancelled:
            began_s = time.monotonic()
            self._tell("paused")
            while not self._may_go.wait(0.5):  # without a limit Windows would not hear Ctrl+C
                continue
            self.paused_s += time.monotonic() - began_s
            if not self.cancelled:
                self._tell("resumed")
        super().check()


class Decoder(Protocol):
    """Decodes what soundfile cannot (M4A, AAC, WMA); injected, because the science room has no Qt."""

    def __call__(self, path: Path) -> tuple[FloatArray, int]:
        """Return samples [shape=(channels, n)] and their rate in Hz, or raise `JobError`."""
        ...
