"""Models going out as one file and coming in: on a thread of their own, because checking one takes seconds."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.paths import own_models
from models.errors import JobError

if TYPE_CHECKING:
    from app.jobs.desk import PumpMaker


@dataclass(frozen=True)
class Fetched:
    """A model came in: its id, its name, and the id of the model that it stands on where that is missing."""

    id: str
    name: str
    missing: str


@dataclass(frozen=True)
class Written:
    """A model went out; `base` is the id of the model that it stands on, empty for most."""

    name: str
    file: Path
    base: str = ""


@dataclass(frozen=True)
class Refused:
    """It could not be done; `message` says why, for people."""

    message: str


_Outcome = Fetched | Written | Refused


class ModelFiles:
    """Imports and exports models in the background.

    Parameters
    ----------
    pump : callable
        Makes the carrier of messages to the GUI thread.
    done : callable
        Takes the outcomes there.
    """

    def __init__(self, pump: PumpMaker, done: Callable[[_Outcome], None]) -> None:
        self._pump: Any = pump(done, lambda _message: True)  # type: ignore[arg-type]
        self._one_at_a_time = threading.Lock()
        self._threads: list[threading.Thread] = []

    def export(self, model: str, file: Path) -> None:
        """Write a model as one file."""

        def work() -> _Outcome:
            from models.hub import find_model
            from models.shelf.archive import export_model
            from models.shelf.folders import base_of

            card = find_model(model, own_models())
            export_model(card, file)
            return Written(card.name, file, base_of(card))

        self._begin(work)

    def fetch(self, file: Path) -> None:
        """Check a file and put the model in it among the user's own."""

        def work() -> _Outcome:
            from models.hub import list_models
            from models.shelf.archive import import_model
            from models.shelf.folders import missing_base

            card = import_model(file, own_models())
            return Fetched(card.id, card.name, missing_base(card, list_models(own_models())))

        self._begin(work)

    @property
    def busy(self) -> bool:
        """Whether something is going out or coming in."""
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

    def _begin(self, work: Callable[[], _Outcome]) -> None:
        def run() -> None:
            with self._one_at_a_time:
                try:
                    outcome = work()
                except JobError as error:
                    outcome = Refused(error.message)
                except Exception as error:
                    if sys.stderr is not None:  # None in a windowed build
                        traceback.print_exception(error)
                    outcome = Refused("A fault in the program kept it from finishing with the model file.")
            self._pump.post(outcome)

        self._threads = [thread for thread in self._threads if thread.is_alive()]
        # Not a daemon's work to lose: whoever ends the program waits for it (`join`), but never for ever.
        thread = threading.Thread(target=run, name="affekt-model-file", daemon=True)
        self._threads.append(thread)
        thread.start()
