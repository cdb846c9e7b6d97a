"""Where work is handed out and results come in: the threads on one side, the document on the other. GUI thread only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import singledispatchmethod
from pathlib import Path
from typing import Any, Protocol

from app.document import Document, ModelState
from app.jobs import messages as say
from app.jobs.ledger import Ledger
from app.jobs.librarian import Librarian
from app.jobs.queue import AnalysisQueue
from app.jobs.shelf import Shelf
from app.jobs.tools import Tools, Worker
from models.errors import JobError

#: Failures that are the model's or the program's rather than the file's: another model may do better.
_OF_THE_MODEL = ("missing_model", "bad_model", "out_of_memory", "internal")


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


class Desk:
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
        complete = document.overview(track_id) is not None and (
            document.analysis(track_id) is not None or track.status != "done"
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
        self._loading = None
        self.model = model
        self.librarian.set_setting("model", model)
        self._document.forget_analyses()
        self._document.set_model(ModelState(model))
        self.librarian.switch_model(model)
        self.warm_up()

    # Messages coming in

    def wanted(self, message: say.Message) -> bool:
        """Whether a message is not of a job that was cancelled or followed by another for its track."""
        if isinstance(message, say.JobMessage):
            return self._ledger.is_latest(message.track_id, message.job_id)
        return True

    @singledispatchmethod
    def apply(self, message: Any) -> None:
        """Change the document by what a thread said."""
        raise TypeError(f"nothing is known to do with {message!r}")

    @apply.register
    def _(self, message: say.Started) -> None:
        self._ledger.start(message.track_id)
        self._document.change(message.track_id, status="analysing", progress=0.0, stage="")
        self._tell_queue()

    @apply.register
    def _(self, message: say.Progressed) -> None:
        self._ledger.progress(message.track_id, message.fraction)
        self._document.change(message.track_id, progress=message.fraction, stage=message.stage)
        self._tell_queue()

    @apply.register
    def _(self, message: say.OverviewReady) -> None:
        self._document.change(message.track_id, duration_s=message.overview.duration_s)
        self._document.put_overview(message.track_id, message.overview)

    @apply.register
    def _(self, message: say.Finished) -> None:
        track_id = message.track_id
        if message.overview is not None and self._document.overview(track_id) is not message.overview:
            self._document.put_overview(track_id, message.overview)
        if message.analysis is not None:
            self._document.put_analysis(track_id, message.analysis)
        self._document.change(track_id, duration_s=message.duration_s)
        self._finish(track_id, message.summary, worked=message.analysis is not None)
        self._tell_queue()

    @apply.register
    def _(self, message: say.Failed) -> None:
        status = "missing" if message.kind == "not_found" else "failed"
        self._ledger.settle(message.track_id)
        (self._for_another.add if message.kind in _OF_THE_MODEL else self._for_another.discard)(message.track_id)
        self._document.change(
            message.track_id,
            status=status,
            progress=0.0,
            stage="",
            error=message.message,
            quadrant="",
            probability=0.0,
            unfamiliar="",
        )
        self._document.forget_results(message.track_id)
        self._tell_queue()

    @apply.register
    def _(self, message: say.Stopped) -> None:
        # Only when the worker stops by itself: whoever cancels forgets the job first, and this is not wanted then.
        self.withdraw([message.track_id])

    @apply.register
    def _(self, message: say.ModelChanged) -> None:
        if message.model == self.model:  # not what was still being loaded when another was chosen
            self._document.set_model(message.state)

    @apply.register
    def _(self, message: say.Notice) -> None:
        self._document.tell(message.message, message.level)

    @apply.register
    def _(self, message: say.LibraryOpened) -> None:
        document = self._document
        document.reset(message.tracks, message.positions, message.marks)
        document.reset_opinions(message.raters, message.labels, self.librarian.setting("rater"))
        self._held.update(message.interrupted)  # what ended the program may do so again, and no track needs two windows
        current = self.librarian.setting("current")
        if document.order:
            document.set_current(current if current in document else document.order[0])
        self.submit([i for i in message.unfinished if document.track(i).status == "waiting"])
        self.show_current()

    @apply.register
    def _(self, message: say.RatingsRead) -> None:
        self._document.put_ratings(message.ratings)

    @apply.register
    def _(self, message: say.Scanned) -> None:
        self._on_scanned(message)

    @apply.register
    def _(self, message: say.TagsRead) -> None:
        document = self._document
        for track_id, fields in message.fields.items():
            # Tags round, and some have no duration at all: what decoding has found stays.
            known = track_id in document and document.track(track_id).duration_s is not None
            document.change(track_id, **{k: v for k, v in fields.items() if not (known and k == "duration_s")})

    @apply.register
    def _(self, message: say.FilesChecked) -> None:
        for track_id, fields in message.fields.items():
            if self._ledger.job_of(track_id) is None:
                self._document.change(track_id, **fields)
        self.submit([i for i in message.changed if i not in self._held], fresh=True)

    @apply.register
    def _(self, message: say.FoundInLibrary) -> None:
        if message.model != self.model:
            return
        for track_id, summary in message.summaries.items():
            job_id = self._ledger.job_of(track_id)
            if job_id is None or track_id in self._insisted:
                continue
            if self._document.track(track_id).status == "queued":
                self.queue.cancel([job_id])
                self._finish(track_id, summary, worked=False)
        self._tell_queue()

    @apply.register
    def _(self, message: say.ModelSwitched) -> None:
        if message.model != self.model:
            return
        document = self._document
        again = [i for i in document.order if i in self._for_another and i not in message.summaries]
        self._for_another.clear()
        for track_id in again:
            document.change(track_id, status="waiting", error="")
        self.librarian.write(lambda library: library.set_status(again, "waiting", only_if="failed"))
        for track_id in document.order:
            summary = message.summaries.get(track_id)
            if self._ledger.job_of(track_id) is not None:
                continue
            if summary is None:
                document.change(track_id, quadrant="", probability=0.0, unfamiliar="")
                if document.track(track_id).status == "done":
                    document.change(track_id, status="waiting")
            elif document.track(track_id).status != "missing":
                self._finish(track_id, summary, worked=False)
        self.show_current()

    @apply.register
    def _(self, message: say.ResultsLoaded) -> None:
        document, track_id = self._document, message.track_id
        if track_id == self._loading:
            self._loading = None
        if message.model != self.model or track_id not in document or document.track(track_id).error:
            return
        if message.overview is not None and document.overview(track_id) is None:
            document.put_overview(track_id, message.overview)
        if message.analysis is not None and document.analysis(track_id) is None:
            document.put_analysis(track_id, message.analysis)
        done = document.track(track_id).status == "done" and self._ledger.job_of(track_id) is None
        if done and document.analysis(track_id) is None:
            # The library lost it, or never could keep it; its summary alone must not pass for a result again.
            self.submit([track_id], fresh=True, first=True)

    def _finish(self, track_id: int, summary: say.Summary, worked: bool) -> None:
        self._ledger.settle(track_id, worked)
        self._document.change(
            track_id,
            status="done",
            progress=1.0,
            stage="",
            error="",
            quadrant=summary.quadrant,
            probability=summary.probability,
            unfamiliar=summary.unfamiliar,
        )
        if track_id == self._document.current:
            self.show_current()

    def _tell_queue(self) -> None:
        self._document.set_queue(self._ledger.state())
