"""Where work is handed out and results come in: the threads on one side, the document on the other. GUI thread only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from app.document import Document, ModelState
from app.jobs import messages as say
from app.jobs.arrivals import Arrivals
from app.jobs.ledger import Ledger
from app.jobs.librarian import Librarian
from app.jobs.queue import AnalysisQueue
from app.jobs.shelf import Shelf
from app.jobs.tools import Tools, Worker
from app.jobs.tutor import Tutor
from models.analysis import Analysis
from models.errors import JobError


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


class Desk(Arrivals):
    """Hands work to the threads and applies their messages to the document.

    Parameters
    ----------
    document : Document
        What is changed by results.
    on_scanned : callable
        Takes `Scanned`: putting tracks on the list is a command, and commands are above this room.
    pump : callable
        Makes the carrier of messages.
    library_file : Path, optional
        The library, instead of the user's.
    worker, tools : optional
        See `app.jobs.tools`.
    device : str
        Where the model shall run.
    """

    def __init__(
        self,
        document: Document,
        on_scanned: Callable[[say.Scanned], None],
        pump: PumpMaker,
        library_file: Path | None,
        worker: Worker,
        tools: Tools,
        device: str,
    ) -> None:
        self._document = document
        self._on_scanned = on_scanned
        self._device = device
        self._identify = worker.identify
        self._ledger = Ledger(time.monotonic)
        self._held: set[int] = set()  # cancelled by the person: not begun again by merely being shown
        self._insisted: set[int] = set()  # to be asked of the model, whatever the library has
        self._for_another: set[int] = set()  # failed by what may be the model's fault
        self._loading: int | None = None  # the track whose results are being read
        self._pump = pump(self.apply, self.wanted)
        self.librarian = Librarian(self._pump.post, worker.identify, library_file, tools)
        self.shelf = Shelf(self.librarian)
        self.queue = AnalysisQueue(self._pump.post, self.librarian.library, worker, tools)
        self.model = str(self.librarian.setting("model", ""))
        #: Id and version of the model that answers, by which a result is known to be out of date; None if unknown.
        self._answering: tuple[str, str] | None = None
        #: Takes `SessionMessage`s: opening a session is a command, too.
        self.on_session: Callable[[say.SessionMessage], None] = lambda _message: None
        self.tutor = Tutor(document, self, worker, device)

    def open(self) -> None:
        """Open the library; a model that was chosen and is no longer there makes way for the default."""
        if self.model:
            try:
                self._identify(self.model)
            except JobError:
                self._document.tell(
                    f"The model that was chosen last, “{Path(self.model).name}”, is gone or damaged. "
                    "The program's own model answers instead.",
                    "warning",
                )
                self.model = ""
                self.librarian.set_setting("model", "")
        with suppress(JobError):
            card = self._identify(self.model)
            self.answers(card.id, card.version)
        self.librarian.open(self.model)

    def warm_up(self) -> None:
        """Load the model."""
        self.queue.warm_up(self.model, self._device)

    def close(self) -> None:
        """Ask the threads to end; the library is closed after the worker's last word."""
        self._pump.stop()
        self.queue.close()
        self.librarian.close(at_the_end=lambda: self.queue.join(60.0))

    def join(self, timeout_s: float) -> bool:
        """Wait for the threads to end; whether they have."""
        until = time.monotonic() + timeout_s
        ended = self.queue.join(timeout_s)
        return self.librarian.join(max(0.0, until - time.monotonic())) and ended

    # Work going out; what commands need of it is told in `app.commands.tracks.Bench`

    def submit(self, track_ids: Sequence[int], *, fresh: bool = False, first: bool = False) -> None:
        """Queue tracks for analysis; what they were queued for before is cancelled."""
        document = self._document
        ids = [track_id for track_id in track_ids if track_id in document]
        if not ids:
            return
        self.queue.cancel(self._ledger.withdraw(ids).values())
        self._held.difference_update(ids)
        (self._insisted.update if fresh else self._insisted.difference_update)(ids)
        paths = [(track_id, document.track(track_id).path) for track_id in ids]
        jobs = self.queue.submit(paths, self.model, self._device, fresh=fresh, first=first)
        for track_id, job_id in jobs.items():
            self._ledger.register(track_id, job_id)
        for track_id in ids:
            document.change(track_id, status="queued", progress=0.0, stage="", error="")
        self.librarian.mark(lambda: self.queue.waiting_of(jobs), "queued")
        self._tell_queue()

    def withdraw(self, track_ids: Sequence[int]) -> None:
        """Cancel what is queued or running for these tracks; they are "waiting" (or "done") at once."""
        jobs = self._ledger.withdraw(track_ids)
        if not jobs:
            return
        self.queue.cancel(jobs.values())
        for track_id in jobs:
            if track_id in self._document:
                before = "done" if self._document.track(track_id).quadrant else "waiting"
                self._document.change(track_id, status=before, progress=0.0, stage="")
        self.librarian.mark(lambda: self.queue.latest_of(jobs), "waiting")
        self._tell_queue()

    def hide(self, track_ids: Sequence[int]) -> None:
        """Take tracks off the list in the library."""
        self.librarian.write(lambda library: library.remove_tracks(track_ids))

    def show(self, positions: Mapping[int, int]) -> None:
        """Put tracks back on the list in the library."""
        self.librarian.write(lambda library: library.restore_tracks(positions))

    def move(self, paths: Mapping[int, Path]) -> None:
        """Take tracks' files from other places from now on, and look what is in them."""
        there = {track_id: path for track_id, path in paths.items() if track_id in self._document}
        self.withdraw(list(there))
        self.librarian.write(lambda library: library.places.move(there))
        for track_id, path in there.items():
            self._document.change(track_id, path=path)
            self._document.forget_results(track_id)
        self.submit(list(there), first=True)

    def hold(self, track_ids: Iterable[int] | None = None) -> None:
        """Cancel these tracks (or all) for good: only asking for them again begins them again."""
        ids = self._ledger.tracks() if track_ids is None else list(track_ids)
        self._held.update(ids)
        self.withdraw(ids)

    def show_current(self) -> None:
        """See to it that the current track's results come: from the library, or by being the next in the queue."""
        document = self._document
        track_id = document.current
        self.librarian.set_setting("current", track_id)
        if track_id is None:
            return
        track = document.track(track_id)
        analysis = document.analysis(track_id)
        complete = document.overview(track_id) is not None and (
            track.status != "done" or (analysis is not None and not self._is_stale(analysis))
        )
        # Where an error stands, what the library has from before does not.
        if not complete and not track.error and self._loading != track_id:
            self._loading = track_id
            self.librarian.load(track_id, self.model)
        job_id = self._ledger.job_of(track_id)
        if job_id is not None:
            self.queue.promote(job_id)
        elif track.status == "waiting" and track_id not in self._held:
            self.submit([track_id], first=True)

    def fetch(self, track_id: int) -> None:
        """Read a track's results though it is not the one that is shown."""
        self.librarian.fetch(track_id, self.model)

    def switch_model(self, model: str, *, again: bool = False) -> None:
        """Let another model answer; what waits for the old one is cancelled.

        With `again` also where the name is the same: "" is another model once the default has changed.

        Raises
        ------
        JobError
            If there is no such model; the one before goes on answering.
        """
        card = self._identify(model)
        with suppress(JobError):
            if card == self._identify(""):
                model = ""  # whichever the program's own is: a later version's may be a better one
        if model == self.model and not again:
            return
        self.withdraw(self._ledger.tracks())
        self._held.clear()
        self._document.forget_analyses()
        self._document.set_model(ModelState(model))
        self._take(model)
        self.answers(card.id, card.version)
        self.warm_up()

    def become(self, model: str) -> None:
        """Let a personal model answer, or the one under it: what they are asked for is not given up."""
        waiting = self._ledger.tracks()
        self._take(model)
        with suppress(JobError):
            card = self._identify(model)
            self.answers(card.id, card.version)
        self.warm_up()
        self.submit(waiting)

    def answers(self, model_id: str, version: str) -> None:
        """Note by which model, in which version, results are to be."""
        self._answering = (model_id, version)

    def show_again(self, track_id: int, analysis: Analysis) -> None:
        """Show what the model says of a track by now; what the track is queued for goes on."""
        self._document.put_analysis(track_id, analysis)
        if self._ledger.job_of(track_id) is None:
            summary = say.Summary(analysis.quadrant, float(max(analysis.probabilities)), analysis.unfamiliar)
            self._finish(track_id, summary, worked=False)

    @property
    def answering(self) -> tuple[str, str]:
        """Id and version of the model that answers; empty while unknown."""
        return self._answering or ("", "")

    @property
    def post(self) -> say.Post:
        """Takes messages for `apply`, from any thread."""
        return self._pump.post

    def _take(self, model: str) -> None:
        self._loading = None
        self.model = model
        self.librarian.set_setting("model", model)
        self.librarian.switch_model(model)
