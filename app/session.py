"""One run of the program: the document, its commands, the library and the working threads, tied together.

The window talks to a `Session` and observes its `document`; everything here is called on the GUI thread and answers at
once. What takes time happens on two threads: the librarian (library, folders, tags) and the analysis worker, which owns
the model. Their messages come back through the pump of `app.jobs.qt`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from app.commands import ClearList, CommandStack, OpenPaths, RemoveTracks
from app.document import Document, ModelState
from app.jobs import messages as say
from app.jobs.ledger import Ledger
from app.jobs.librarian import Librarian, Tools
from app.jobs.queue import AnalysisQueue, Worker
from models.errors import JobError
from models.inference.analysis import FloatArray


class Pump(Protocol):
    """Carries messages from the working threads to the GUI thread (`app.jobs.qt.MessagePump`)."""

    def post(self, message: say.Message) -> None:
        """Take a message, from any thread."""
        ...

    def stop(self) -> None:
        """Deliver nothing more."""
        ...


#: Makes a pump out of what to do with a message and which messages are still wanted.
PumpMaker = Callable[[Callable[[say.Message], None], Callable[[say.Message], bool]], Pump]


def _qt_pump(deliver: Callable[[say.Message], None], wanted: Callable[[say.Message], bool]) -> Pump:
    from app.jobs.qt import MessagePump

    return MessagePump(deliver, wanted)


def _qt_decode(path: Path) -> tuple[FloatArray, int]:
    """Decode what soundfile cannot; Qt's multimedia is only loaded when such a file comes."""
    from app.jobs.qt_decoder import qt_decode

    return qt_decode(path)


class Session:
    """What the window talks to.

    Parameters
    ----------
    library_file : Path, optional
        Database to use instead of the user's.
    device : {"auto", "cpu", "cuda", "mps"}
        Where the model shall run.
    worker : Worker, optional
        How to load and ask a model; the tests' fake one, or the real one.
    tools : Tools, optional
        How to scan folders, read tags and hash files.
    pump : callable, optional
        Makes the carrier of messages; Qt's by default.

    Attributes
    ----------
    document : Document
        What is open, and the signals to observe it by.
    commands : CommandStack
        `can_undo`, `can_redo`, `undo_text`, `redo_text`.
    """

    def __init__(
        self,
        library_file: Path | None = None,
        *,
        device: str = "auto",
        worker: Worker | None = None,
        tools: Tools | None = None,
        pump: PumpMaker = _qt_pump,
    ) -> None:
        self.document = Document()
        self.commands = CommandStack(self.document)
        self._device = device
        self._ledger = Ledger(time.monotonic)
        self._held: set[int] = set()  # cancelled by the person: not started again by merely being shown
        self._closed = False
        self._pump = pump(self._apply, self._wanted)
        self._librarian = Librarian(self._pump.post, library_file, tools)
        self._queue = AnalysisQueue(self._pump.post, self._librarian.library, worker or Worker(fallback=_qt_decode))
        self._model: str = str(self.setting("model", "") or "")

    # Beginning and end

    def start(self) -> None:
        """Open the library and bring back the list of last time, in the background. Call once, before any other."""
        self._librarian.open(self._model)

    def warm_up(self) -> None:
        """Load the model in the worker. Call once the window has been painted: importing torch takes a moment."""
        self._queue.warm_up(self._model, self._device)

    def close(self) -> None:
        """Stop everything and return at once; what is not finished is taken up at the next start.

        The threads end by themselves; `wait_closed` waits for them once the window is gone.
        """
        if self._closed:
            return
        self._closed = True
        self._pump.stop()
        self._queue.close()
        self._librarian.close()

    def wait_closed(self, timeout_s: float = 30.0) -> bool:
        """Wait, after `close` and after the window is gone, until the threads have ended; whether they have."""
        until = time.monotonic() + timeout_s
        ended = self._queue.join(timeout_s)
        return self._librarian.join(max(0.1, until - time.monotonic())) and ended

    # What a person does

    def open_paths(self, paths: Iterable[Path]) -> None:
        """Open files and folders (recursively): they come to the list and are analysed. Undoable.

        The files are looked for in the background. Missing files become rows that say so; files that are on the list
        already are not added again, and the first of them is shown.
        """
        found = [Path(path).absolute() for path in paths]
        if found:
            self._librarian.scan(found)

    def remove_tracks(self, track_ids: Iterable[int]) -> None:
        """Take tracks off the list. Undoable; files and analyses stay."""
        ids = [track_id for track_id in track_ids if track_id in self.document]
        if ids:
            self.commands.run(RemoveTracks(self.document, self, ids))
            self._show_current()

    def clear_list(self) -> None:
        """Take all tracks off the list. Undoable."""
        if self.document.order:
            self.commands.run(ClearList(self.document, self))

    def select_track(self, track_id: int | None) -> None:
        """Show a track: its results are read in the background, or it is analysed before all others."""
        self.document.set_current(track_id)
        self._librarian.set_setting("current", self.document.current)
        self._show_current()

    def set_selection(self, start_s: float | None, end_s: float | None = None) -> None:
        """Select a region of the current track in seconds; None selects nothing. Not undoable."""
        self.document.set_selection(None if start_s is None or end_s is None else (start_s, end_s))

    def cancel(self, track_id: int) -> None:
        """Stop the work on one track. The track is "waiting" at once; `analyse_again` takes it up again."""
        self._held.add(track_id)
        self.withdraw([track_id])

    def cancel_all(self) -> None:
        """Stop the work on all tracks."""
        ids = self._ledger.tracks()
        self._held.update(ids)
        self.withdraw(ids)

    def analyse_again(self, track_ids: Iterable[int]) -> None:
        """Analyse tracks anew, also where the library has a result (which stays until the new one is there)."""
        ids = [track_id for track_id in track_ids if track_id in self.document]
        self._held.difference_update(ids)
        self._submit(ids, fresh=True)

    def analyse_waiting(self) -> None:
        """Queue every track that is "waiting" or has "failed"."""
        document = self.document
        ids = [i for i in document.order if document.track(i).status in ("waiting", "failed")]
        self._held.difference_update(ids)
        self._submit(ids)

    def undo(self) -> str | None:
        """Undo the last command and say in words what was undone ("Removed 3 tracks"); None if there is none."""
        text = self.commands.undo()
        self._show_current()
        return text

    def redo(self) -> str | None:
        """Do the last undone command again and say in words what it did; None if there is none."""
        text = self.commands.redo()
        self._show_current()
        return text

    def models(self) -> list[Any]:
        """Return the cards (`models.hub.Card`) of all models there are, shipped and own. Light: reads a few small files."""
        return list(self._queue.worker.list_models())

    def set_model(self, model: str) -> None:
        """Let another model answer from now on: an id from `models`, or a model folder's path.

        What the library has by it is shown; tracks it has not analysed are "waiting" (`analyse_waiting` queues them),
        and the one that is shown is analysed at once.
        """
        if model == self._model:
            return
        self.cancel_all()
        self._held.clear()
        self._model = model
        self.set_setting("model", model)
        self.document.forget_analyses()
        self._librarian.switch_model(model)
        self._queue.warm_up(model, self._device)

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a kept setting (any JSON value). At once, also before `start`."""
        return self._librarian.setting(name, default)

    def set_setting(self, name: str, value: Any) -> None:
        """Keep a setting (any JSON value); written in the background."""
        self._librarian.set_setting(name, value)
