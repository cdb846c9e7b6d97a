"""The analysis worker: one long-lived thread that owns the model. Plain Python; knows nothing of Qt."""

from __future__ import annotations

import itertools
import sys
import threading
import traceback
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.document import ModelState
from app.jobs import messages as say
from app.jobs.content import content_of
from app.jobs.corrector import Corrector
from app.jobs.late_thread import LateThread
from app.jobs.teaching import Card, Lesson, Loaded
from app.jobs.tools import Tools, Worker
from models.analysis import Analysis, Overview
from models.audio.files import shown_name
from models.cards import base_id
from models.errors import Cancelled, JobError
from models.jobs import AnalysisRequest, CancelToken, Progress
from models.runtime import is_graphics_card_full, is_out_of_memory

if TYPE_CHECKING:
    from app.library import Library, LineSummary

_GPU_FULL = "The graphics card has no room for the model. The processor analyses instead, which is slower."


@dataclass(frozen=True)
class _Job:
    request: AnalysisRequest
    track_id: int
    fresh: bool
    cancel: CancelToken = field(default_factory=CancelToken)
    #: Takes the messages of a job that asks another model than the one that judges; the track's status is not its own.
    aside: say.Post | None = None


class AnalysisQueue:
    """Analyses tracks one after the other, and keeps the results in the library.

    Parameters
    ----------
    post : callable
        Takes the messages (`Started`, `Progressed`, `OverviewReady`, then `Finished`, `Failed` or `Stopped`, each with
        its job's number; `ModelChanged` and `Notice` besides), on the worker's thread.
    library : callable
        Gives the library, waiting until it is open.
    worker : Worker
        How a model is found, loaded and asked.
    tools : Tools
        How a file is hashed.
    """

    def __init__(
        self,
        post: say.Post,
        library: Callable[[], Library],
        worker: Worker | None = None,
        tools: Tools | None = None,
    ) -> None:
        self.worker = worker or Worker()
        self._tools = tools or Tools()
        self._post = post
        self._library = library
        self._numbers = itertools.count(1)
        self._change = threading.Condition()
        self._waiting: OrderedDict[int, _Job] = OrderedDict()
        self._running: _Job | None = None
        self._latest: dict[int, int] = {}  # track -> the newest job it was ever given
        self._warm: tuple[str, str] | None = None
        self._closing = False
        self._errands: deque[Callable[[], None]] = deque()  # of a person who waits: before all jobs, in their order
        self._yielding: _Job | None = None  # the running job that makes way for an errand, and goes on after it
        self._thread = LateThread("affekt-analysis", self._run)
        #: Wait, after `close`, so many seconds for the thread to end; whether it has.
        self.join = self._thread.join
        # Touched by the worker's thread only:
        self._model: Loaded | None = None
        self._model_key: tuple[str, str, str] | None = None
        self._model_name = ""
        self._corrector = Corrector(post, library, self.worker, self._tools, self._loaded)
        #: What was heard of a recording, by the hash of its content, while it is in memory; from any thread.
        self.heard_of = self._corrector.heard_of
        self._only_cpu = False
        self._told: set[str] = set()

    # Called from the GUI thread; each answers at once

    def submit(
        self,
        tracks: Iterable[tuple[int, Path]],
        model: str = "",
        device: str = "auto",
        *,
        fresh: bool = False,
        first: bool = False,
        aside: say.Post | None = None,
    ) -> dict[int, int]:
        """Queue tracks (id and path); `fresh` ignores the library's results, `first` goes before all others.

        With `aside` they are asked of a model that does not judge: that takes the messages, and `Finished` always has
        the whole result.

        Returns
        -------
        dict
            Each track's job number.
        """
        jobs = {}
        with self._change:
            for track_id, path in tracks:
                job_id = next(self._numbers)
                request = AnalysisRequest(job_id, path, model, device)
                self._waiting[job_id] = _Job(request, track_id, fresh, aside=aside)
                if first:
                    self._waiting.move_to_end(job_id, last=False)
                jobs[track_id] = job_id
                if aside is None:
                    self._latest[track_id] = job_id
            self._wake()
        return jobs

    def waiting_of(self, jobs: Mapping[int, int]) -> list[int]:
        """Return the tracks whose job (by track) still waits; from any thread."""
        with self._change:
            return [track_id for track_id, job_id in jobs.items() if job_id in self._waiting]

    def latest_of(self, jobs: Mapping[int, int]) -> list[int]:
        """Return the tracks that were given no newer job than this one (by track); from any thread."""
        with self._change:
            return [track_id for track_id, job_id in jobs.items() if self._latest.get(track_id) == job_id]

    def promote(self, job_id: int) -> None:
        """Let a waiting job be the next."""
        with self._change:
            if job_id in self._waiting:
                self._waiting.move_to_end(job_id, last=False)

    def cancel(self, job_ids: Iterable[int]) -> None:
        """Drop jobs that wait, and ask the running one to stop if it is among them."""
        with self._change:
            for job_id in job_ids:
                self._waiting.pop(job_id, None)
                if self._running is not None and self._running.request.job_id == job_id:
                    self._running.cancel.cancel()
                    self._yielding = None  # if it was to go on, it is not any more

    def cancel_all(self) -> None:
        """Drop all jobs that wait, and ask the running one to stop."""
        with self._change:
            self._waiting.clear()
            self._yielding = None
            if self._running is not None:
                self._running.cancel.cancel()

    def warm_up(self, model: str = "", device: str = "auto") -> None:
        """Load a model before it is asked for, ahead of all jobs."""
        with self._change:
            self._warm = (model, device)
            self._wake()

    def teach(self, lesson: Lesson) -> None:
        """Let the personal model learn from a correction, before all jobs; the running one makes way."""
        self._run_errand(lambda: self._teach(lesson))

    def unteach(self, lesson: Lesson) -> None:
        """Let it take that back; lessons and what is taken back keep their order."""
        self._run_errand(lambda: self._unteach(lesson))

    def prepare(self, lesson: Lesson) -> None:
        """Open the personal model of a lesson that may follow."""
        self._run_errand(lambda: self._corrector.prepare(lesson), urgent=False)

    def keep_heard(self, track_id: int, path: Path) -> None:
        """Keep for a training what was heard of a track that was labelled, if it is in memory."""
        self._run_errand(lambda: self._corrector.keep_labelled(track_id, path), urgent=False)

    def _run_errand(self, errand: Callable[[], None], urgent: bool = True) -> None:
        with self._change:
            if self._closing:
                return
            self._errands.append(errand)
            if urgent and self._running is not None and not self._running.cancel.cancelled:
                self._yielding = self._running
                self._running.cancel.cancel()
            self._wake()

    def close(self) -> None:
        """Ask the thread to end; a running job stops at its next look and is taken up at the next start."""
        with self._change:
            self._closing = True
            self.cancel_all()
            self._change.notify_all()

    def _wake(self) -> None:
        if self._closing:
            return
        self._thread.begin()
        self._change.notify_all()

    # On the worker's thread

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closing or self._warm or self._errands or self._waiting)
                if self._closing and not self._errands:
                    break
                errand = self._errands.popleft() if self._errands else None
                warm = job = None
                if errand is None:
                    warm, self._warm = self._warm, None
                    if warm is None:
                        _, self._running = self._waiting.popitem(last=False)
                    job = self._running
            if errand is not None:
                try:
                    errand()
                except Exception as error:  # it has said what became of the lesson
                    self._as_job_error(error, None)
            elif warm is not None:
                self._try_loading(*warm)
            elif job is not None:
                try:
                    self._work(job)
                finally:
                    with self._change:
                        self._running = None
        self._model = None

    def _try_loading(self, model: str, device: str) -> None:
        """Load ahead of time; a failure is told by `ModelChanged`, and again by each job that needs the model."""
        try:
            # The list comes first: importing torch holds the interpreter, and would keep the librarian from it.
            self._library()
            self._loaded(model, device)
        except Exception as error:
            self._as_job_error(error, None)

    def _work(self, job: _Job) -> None:
        job_id, track_id, path = job.request.job_id, job.track_id, job.request.path
        job_taken, post = job, job.aside or self._post
        try:
            job.cancel.check()
            post(say.Started(job_id, track_id))
            library = self._library()
            card = self.worker.identify(job.request.model)
            content = content_of(library, track_id, path, self._tools.sha256_of)
            known = None if job.fresh else library.find_summary(content.sha256, card.id, card.version)
            if known is not None and job.aside is None:
                library.set_status([track_id], "done")
                post(_found(job, known))
                return
            whole = library.find_analysis(content.sha256, card.id, card.version) if known is not None else None
            if known is not None and whole is not None:
                post(replace(_found(job, known), overview=whole[0], analysis=whole[1]))
                return
            if job.aside is None:
                library.set_status([track_id], "analysing")
            job = replace(job, request=replace(job.request, sha256=content.sha256))
            overview, analysis = self._results(job, self._loaded(job.request.model, job.request.device, card))
            self._keep(library, job, overview, analysis, only_version=bool(base_id(card.raw)))
            summary = say.Summary(analysis.quadrant, float(max(analysis.probabilities)), analysis.unfamiliar)
            post(say.Finished(job_id, track_id, summary, float(analysis.duration_s), overview, analysis))
        except Cancelled:
            with self._change:
                yielded = self._yielding is job_taken and not self._closing
                self._yielding = None
                if yielded:
                    self._waiting[job_id] = replace(job_taken, cancel=CancelToken())
                    self._waiting.move_to_end(job_id, last=False)
            if yielded:
                return
            if job.aside is None:
                self._note(track_id, "queued" if self._closing else "waiting", only_if="analysing")
            post(say.Stopped(job_id, track_id))
        except Exception as error:
            failure = self._as_job_error(error, path)
            if job.aside is None:
                self._note(track_id, "failed", failure.message)
            post(say.Failed(job_id, track_id, failure.kind, failure.message))

    def _teach(self, lesson: Lesson) -> None:
        if self._corrector.learn(lesson):
            self._try_loading(lesson.model, lesson.device)

    def _unteach(self, lesson: Lesson) -> None:
        if self._corrector.unlearn(lesson) and self._corrector.holds(lesson):
            self._try_loading(lesson.model, lesson.device)

    def _results(self, job: _Job, model: Loaded) -> tuple[Overview, Analysis]:
        job_id, track_id, post = job.request.job_id, job.track_id, job.aside or self._post
        overview: Overview | None = None
        analysis: Analysis | None = None
        for item in self.worker.analyse(job.request, model, job.cancel, self.worker.fallback, self._corrector.keep):
            job.cancel.check()
            if isinstance(item, Progress):
                post(say.Progressed(job_id, track_id, item.fraction, item.stage))
            elif isinstance(item, Overview):
                overview = item
                post(say.OverviewReady(job_id, track_id, item))
            else:
                analysis = item
        if overview is None or analysis is None:
            raise RuntimeError("the analysis ended without a result")
        return overview, analysis

    def _loaded(self, model: str, device: str, card: Card | None = None) -> Loaded:
        """Return the model; where the graphics card has no room for it, on the processor."""
        try:
            return self._load(model, device, card)
        except Exception as error:
            # What runs short while analysing is the model's own affair: it asks for less, or goes to the processor.
            if self._only_cpu or not is_graphics_card_full(error):
                raise
        # Outside the handler, whose traceback keeps the half loaded model alive.
        self._post(say.Notice(_GPU_FULL, "warning"))
        self._only_cpu = True
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            torch.cuda.empty_cache()
        return self._load(model, "cpu", card)

    def _load(self, model: str, device: str, card: Card | None) -> Loaded:
        """Load the model unless it is the one in memory."""
        if self._only_cpu:
            device = "cpu"
        try:
            card = card or self.worker.identify(model)
        except Exception as error:
            self._post(say.ModelChanged(model, ModelState(model, status="failed", message=_words(error))))
            raise
        key = (card.id, card.version, device)
        if self._model is not None and self._model_key == key:
            if model != self._model_name:  # asked for by another name: the default by its own
                self._model_name = model
                ready = ModelState(card.id, card.name, card.version, self._model.device, "ready")
                self._post(say.ModelChanged(model, ready))
            return self._model
        self._model = self._model_key = None  # first, so that never two are in memory but for those being corrected
        corrected = self._corrector.loaded(card, device)
        state = ModelState(card.id, card.name, card.version)
        if corrected is None:
            self._post(say.ModelChanged(model, state))
        try:
            self._model = corrected or self.worker.load_model(model, device)
        except Exception as error:
            failed = ModelState(card.id, card.name, card.version, "", "failed", _words(error))
            self._post(say.ModelChanged(model, failed))
            raise
        self._model_key, self._model_name = key, model
        ready = ModelState(card.id, card.name, card.version, self._model.device, "ready")
        self._post(say.ModelChanged(model, ready))
        return self._model

    def _keep(self, library: Library, job: _Job, overview: Overview, analysis: Analysis, only_version: bool) -> None:
        """Keep a result; where it cannot be, it is shown all the same, and the reason is told once."""
        try:
            library.save_analysis(job.track_id, overview, analysis, only_version, done=job.aside is None)
        except JobError as error:
            if error.message not in self._told:
                self._told.add(error.message)
                self._post(say.Notice(f"{error.message} Results are shown but not kept.", "error"))

    def _note(self, track_id: int, status: str, error: str = "", only_if: str | None = None) -> None:
        # The row shows it; the library's own trouble is told where something is lost by it.
        with suppress(JobError):
            self._library().set_status([track_id], status, error, only_if)

    def _as_job_error(self, error: Exception, path: Path | None) -> JobError:
        name = "this" if path is None else shown_name(path)
        if isinstance(error, JobError):
            return error
        if is_out_of_memory(error):
            words = f"There is not enough memory to analyse {name}. Close other programs and try again."
            return JobError("out_of_memory", words, repr(error))
        detail = "".join(traceback.format_exception(error))
        if sys.stderr is not None:  # None in a windowed build
            print(detail, file=sys.stderr)
        return JobError("internal", f"A fault in the program kept it from analysing {name}.", detail)


def _found(job: _Job, known: LineSummary) -> say.Finished:
    summary = say.Summary(known.quadrant, known.probability, known.unfamiliar)
    return say.Finished(job.request.job_id, job.track_id, summary, known.duration_s)


def _words(error: Exception) -> str:
    if isinstance(error, JobError):
        return error.message
    return "The model could not be loaded because of a fault in the program."
