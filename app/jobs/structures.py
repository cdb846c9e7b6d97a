"""How recordings are built: looked for beside the analyses, one recording at a time, and kept in the library.

The shown track is looked at as soon as it has its analysis, also while others wait for theirs: that takes a second for
a few minutes of music, and thousands of tracks take hours. It rests between pieces of the work, for others' sake.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from app.jobs import messages as say
from app.jobs.content import content_of
from app.jobs.late_thread import LateThread
from app.jobs.tools import Tools, Worker
from models.audio.files import shown_name
from models.errors import Cancelled, JobError
from models.jobs import AnalysisRequest, CancelToken, Progress
from models.runtime import is_out_of_memory
from models.structure.structure import VERSION, Structure

if TYPE_CHECKING:
    from app.document import Document
    from app.jobs.desk import PumpMaker
    from app.jobs.librarian import Librarian

#: After so long a stretch of work the thread rests a moment, so that the window and the analyses go first.
_WORK_S = 0.05
_REST_S = 0.005


@dataclass(frozen=True)
class Looking:
    """How far the look at a track is.

    `fraction` is in [0, 1]; `message` says why it "failed". What is there once it is done lies in the document.
    """

    status: Literal["asked", "working", "failed"]
    fraction: float = 0.0
    message: str = ""


@dataclass(eq=False)
class _Task:
    number: int
    track_id: int
    path: Path
    token: CancelToken = field(default_factory=CancelToken)


class Structures:
    """Looks how tracks are built. GUI thread only.

    Parameters
    ----------
    document : Document
        Takes what is found.
    pump : callable
        Makes the carrier of messages.
    librarian : Librarian
        What is found is kept in its library.
    worker, tools : optional
        See `app.jobs.tools`.
    clock : callable
        Seconds.

    Signals
    -------
    changed(track_id)
        `of(track_id)` is new.
    """

    changed = Signal(int)

    def __init__(
        self,
        document: Document,
        pump: PumpMaker,
        librarian: Librarian,
        worker: Worker,
        tools: Tools,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._document = document
        self._librarian = librarian
        self._worker = worker
        self._tools = tools
        self._clock = clock
        self._numbers = itertools.count(1)
        self._states: dict[int, Looking] = {}
        self._latest: dict[int, int] = {}  # number of the newest question about a track
        self._change = threading.Condition()
        self._waiting: list[_Task] = []  # the next one last
        self._running: _Task | None = None
        self._closing = False
        self._thread = LateThread("affekt-structures", self._run)
        #: Wait, after `close`, so many seconds for the thread to end; whether it has.
        self.join = self._thread.join
        self._pump = pump(self.apply, self._wanted)
        document.current_changed.connect(self._ask_shown)
        document.analysis_changed.connect(self._ask_analysed)

    def of(self, track_id: int) -> Looking | None:
        """Return how far the look at a track is; None where nothing is done about it."""
        return self._states.get(track_id)

    # Asking; each answers at once

    def ask(self, track_id: int, *, first: bool = False) -> None:
        """Ask how a track is built, unless that is known; what is asked last comes first.

        With `first` the one that is being looked at makes way; it is begun anew later.
        """
        document = self._document
        if track_id not in document or document.structure(track_id) is not None:
            return
        with self._change:
            if self._closing or (self._running is not None and self._running.track_id == track_id):
                return
            known = next((task for task in self._waiting if task.track_id == track_id), None)
            if known is not None:
                self._waiting.remove(known)
            if first and self._running is not None:
                self._running.token.cancel()
                self._waiting.append(self._anew(self._running))
                self._running = None
            self._waiting.append(known or self._task(track_id))
            self._thread.begin()
            self._change.notify_all()
        if known is None:
            self._set(track_id, Looking("asked"))

    def cancel(self, track_id: int) -> None:
        """Ask no more about a track."""
        with self._change:
            self._waiting = [task for task in self._waiting if task.track_id != track_id]
            if self._running is not None and self._running.track_id == track_id:
                self._running.token.cancel()
                self._running = None
        self._latest.pop(track_id, None)
        if self._states.pop(track_id, None) is not None:
            self.changed.emit(track_id)

    def close(self) -> None:
        """Give up everything and deliver nothing more."""
        self._document.current_changed.disconnect(self._ask_shown)
        self._document.analysis_changed.disconnect(self._ask_analysed)
        self._pump.stop()
        with self._change:
            self._closing = True
            self._waiting.clear()
            if self._running is not None:
                self._running.token.cancel()
            self._change.notify_all()

    def _ask_shown(self, track_id: int | None) -> None:
        if track_id is not None and self._document.analysis(track_id) is not None:
            self.ask(track_id, first=True)

    def _ask_analysed(self, track_id: int) -> None:
        if track_id == self._document.current:
            self._ask_shown(track_id)

    def _task(self, track_id: int) -> _Task:
        number = self._latest[track_id] = next(self._numbers)
        return _Task(number, track_id, self._document.track(track_id).path)

    def _anew(self, task: _Task) -> _Task:
        """The same question once more, whose answer is awaited in the place of the first one's."""
        number = self._latest[task.track_id] = next(self._numbers)
        return _Task(number, task.track_id, task.path)

    # Messages

    def _wanted(self, message: say.Message) -> bool:
        return isinstance(message, say.JobMessage) and self._latest.get(message.track_id) == message.job_id

    def apply(self, message: say.Message) -> None:
        """Take what the thread says of a track."""
        assert isinstance(message, say.JobMessage)
        track_id = message.track_id
        if isinstance(message, say.Progressed):
            self._set(track_id, Looking("working", message.fraction))
        elif isinstance(message, say.Failed):
            self._latest.pop(track_id, None)
            self._set(track_id, Looking("failed", message=message.message))
        elif isinstance(message, say.StructureFound):
            del self._latest[track_id]
            self._states.pop(track_id, None)
            analysis = self._document.analysis(track_id)
            is_old = analysis is not None and analysis.sha256 != message.structure.sha256  # the file was replaced
            if track_id in self._document and not is_old:
                self._document.put_structure(track_id, message.structure)
            self.changed.emit(track_id)

    def _set(self, track_id: int, state: Looking) -> None:
        self._states[track_id] = state
        self.changed.emit(track_id)

    # On the thread

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closing or self._waiting)
                if self._closing:
                    return
                task = self._running = self._waiting.pop()
            try:
                self._look(task)
            except Cancelled:
                pass
            except Exception as error:
                if not task.token.cancelled:
                    self._fail(task, error)
            with self._change:
                if self._running is task:
                    self._running = None

    def _look(self, task: _Task) -> None:
        library = self._librarian.library()
        sha256 = content_of(library, task.track_id, task.path, self._tools.sha256_of).sha256
        found: Structure | None = None
        with suppress(JobError):  # what the library has not, is looked for
            found = library.structures.get(sha256, VERSION)
        if found is None:
            found = self._found(task, sha256)
            kept = found
            self._librarian.write(lambda library: library.structures.put(kept, VERSION))
        self._pump.post(say.StructureFound(task.number, task.track_id, found))

    def _found(self, task: _Task, sha256: str) -> Structure:
        request = AnalysisRequest(task.number, task.path, sha256=sha256)
        rested_s = self._clock()
        for item in self._worker.look(request, task.token, self._worker.fallback):
            task.token.check()
            if not isinstance(item, Progress):
                return item
            self._pump.post(say.Progressed(task.number, task.track_id, item.fraction, item.stage))
            if self._clock() - rested_s > _WORK_S:
                time.sleep(_REST_S)
                rested_s = self._clock()
        raise RuntimeError("the look ended without a result")

    def _fail(self, task: _Task, error: Exception) -> None:
        name = shown_name(task.path)
        if not isinstance(error, JobError):
            if is_out_of_memory(error):
                words = f"There is not enough memory to find the sections of {name}. Close other programs."
                error = JobError("out_of_memory", words, repr(error))
            else:
                if sys.stderr is not None:  # None in a windowed build
                    traceback.print_exception(error)
                words = f"A fault in the program kept it from finding the sections of {name}."
                error = JobError("internal", words, repr(error))
        self._pump.post(say.Failed(task.number, task.track_id, error.kind, error.message))
