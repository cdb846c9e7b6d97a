"""Short works beside the window's thread, one at a time; each outcome comes back to who asked, on the GUI thread."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from app.jobs.desk import PumpMaker
from models.errors import JobError

_T = TypeVar("_T")


@dataclass(frozen=True)
class _Outcome:
    done: Callable[[Any], None]
    value: Any


class Aside:
    """Does what a view asks for and cannot wait for: reading and writing files, figures that take a moment.

    Parameters
    ----------
    name : str
        Of its threads, as debuggers show them.
    pump : callable
        Makes the carrier of outcomes to the GUI thread.
    """

    def __init__(self, name: str, pump: PumpMaker) -> None:
        self._name = name
        self._pump: Any = pump(_deliver, lambda _message: True)
        self._one_at_a_time = threading.Lock()
        self._threads: list[threading.Thread] = []

    def ask(self, work: Callable[[], _T], done: Callable[[_T | JobError], None]) -> None:
        """Do a work and hand its outcome to `done`; a `JobError` where it could not be done, whatever kept it."""

        def run() -> None:
            value: _T | JobError
            with self._one_at_a_time:
                try:
                    value = work()
                except JobError as error:
                    value = error
                except Exception as error:
                    if sys.stderr is not None:  # None in a windowed build
                        traceback.print_exception(error)
                    value = JobError("internal", "A fault in the program kept it from finishing.", repr(error))
            self._pump.post(_Outcome(done, value))

        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=run, name=self._name, daemon=True)
        self._threads.append(thread)
        thread.start()

    @property
    def busy(self) -> bool:
        """Whether something is being done."""
        return any(thread.is_alive() for thread in self._threads)

    def close(self) -> None:
        """Deliver nothing more; what has begun comes to its end."""
        self._pump.stop()

    def join(self, timeout_s: float) -> bool:
        """Wait for what has begun; whether it has ended."""
        until = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not self.busy


def _deliver(outcome: Any) -> None:
    outcome.done(outcome.value)
