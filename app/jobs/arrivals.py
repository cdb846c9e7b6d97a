"""What the threads say, applied to the document: a part of the desk (`app.jobs.desk`). GUI thread only."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any

from app.document import Document
from app.jobs import messages as say
from models.analysis import Analysis

if TYPE_CHECKING:
    from app.jobs.ledger import Ledger
    from app.jobs.librarian import Librarian
    from app.jobs.queue import AnalysisQueue
    from app.jobs.tutor import Tutor

#: Failures that are the model's or the program's rather than the file's: another model may do better.
_OF_THE_MODEL = ("missing_model", "bad_model", "out_of_memory", "internal")


class Arrivals(ABC):
    """Messages coming in; what they lead to goes out through the desk, of which this is a part."""

    model: str
    librarian: Librarian
    queue: AnalysisQueue
    tutor: Tutor
    _document: Document
    _ledger: Ledger
    _on_scanned: Callable[[say.Scanned], None]
    on_session: Callable[[say.SessionMessage], None]
    _held: set[int]
    _insisted: set[int]
    _for_another: set[int]
    _loading: int | None
    _answering: tuple[str, str] | None

    @abstractmethod
    def submit(self, track_ids: Sequence[int], *, fresh: bool = False, first: bool = False) -> None:
        """Queue tracks for analysis."""

    @abstractmethod
    def withdraw(self, track_ids: Sequence[int]) -> None:
        """Cancel what is queued or running for these tracks."""

    @abstractmethod
    def show_current(self) -> None:
        """See to it that the current track's results come."""

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
            # It was asked just now: should it have been trained anew under its name, this is what it says by now.
            self._answering = (message.analysis.model_id, message.analysis.model_version)
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
        document.reset_exploration(message.moments)
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
    def _(self, message: say.LayersRead) -> None:
        self._document.put_layers(message.layers)

    @apply.register
    def _(self, message: say.Scanned) -> None:
        self._on_scanned(message)

    @apply.register
    def _(self, message: say.SessionMessage) -> None:
        self.on_session(message)

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
        shown = document.analysis(track_id)
        if message.analysis is not None and (shown is None or self._is_stale(shown)):
            document.put_analysis(track_id, message.analysis)
        done = document.track(track_id).status == "done" and self._ledger.job_of(track_id) is None
        shown = document.analysis(track_id)
        if done and (shown is None or self._is_stale(shown)):
            # The library lost it, or never could keep it, and its summary alone must not pass for a result again; or
            # the model has learned since.
            self.submit([track_id], fresh=True, first=True)

    @apply.register
    def _(self, message: say.Learning) -> None:
        self._document.set_learning(message.track_id, True)

    @apply.register
    def _(self, message: say.Adapted) -> None:
        self.tutor.adapted(message)

    @apply.register
    def _(self, message: say.NotLearned) -> None:
        self.tutor.not_learned(message)

    @apply.register
    def _(self, message: say.Unlearned) -> None:
        self.tutor.unlearned(message)

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

    def _is_stale(self, analysis: Analysis) -> bool:
        """Whether a result is one that the model gave before it learned, or its base."""
        return self._answering is not None and self._answering != (analysis.model_id, analysis.model_version)
