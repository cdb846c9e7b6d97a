"""Lessons for the personal model, on the worker's thread: hear, learn, save, answer anew; and take it back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.jobs import messages as say
from app.jobs.content import content_of
from app.jobs.teaching import Card, Lesson, Loaded, Pupil, Recording
from app.jobs.tools import Tools, Worker
from app.opinions import Adaptation
from app.paths import heard_folder
from models.analysis import Analysis
from models.errors import JobError
from models.jobs import AnalysisRequest, CancelToken

if TYPE_CHECKING:
    from app.library import Library
    from models.live.corrections import HeardMusic

#: Recordings that can be judged again without being heard again; four minutes of music take about two megabytes.
RECORDINGS_KEPT = 8
#: Music whose features alone stay in memory, to learn from: about 9 MB an hour.
HEARD_S = 6 * 3600.0


#: Personal models that stay in memory, so that what they learned can be taken back.
PUPILS_KEPT = 3


@dataclass
class _Opened:
    """A personal model in memory, what is under it, and the labels that it learned since it was opened."""

    pupil: Pupil
    base: Card
    base_model: Loaded
    steps: list[str] = field(default_factory=list)

    @property
    def version(self) -> str:
        return self.pupil.model.card.version


class Corrector:
    """Teaches personal models, and remembers what they were taught so that it can be taken back.

    Parameters
    ----------
    post : callable
        Takes the messages (`Learning`, then `Adapted` or `NotLearned`; `Unlearned`).
    library : callable
        Gives the library.
    worker, tools
        See `app.jobs.tools`.
    load : callable
        Gives a loaded model by its id and device.
    """

    def __init__(
        self,
        post: say.Post,
        library: Callable[[], Library],
        worker: Worker,
        tools: Tools,
        load: Callable[[str, str], Loaded],
    ) -> None:
        self._post = post
        self._library = library
        self._worker = worker
        self._tools = tools
        self._load = load
        self._recordings: OrderedDict[str, Recording] = OrderedDict()
        self._heard: OrderedDict[str, tuple[float, HeardMusic]] = OrderedDict()
        self._open_ones: OrderedDict[tuple[Path, str, str], _Opened] = OrderedDict()
        self._learned: set[str] = set()  # labels, also those of models that are not open any more

    def keep(self, recording: Recording) -> None:
        """Remember what was heard of a recording, in memory."""
        self._recordings[recording.sha256] = recording
        self._recordings.move_to_end(recording.sha256)
        while len(self._recordings) > RECORDINGS_KEPT:
            self._recordings.popitem(last=False)
        self._heard[recording.sha256] = (recording.overview.duration_s, recording.heard)
        self._heard.move_to_end(recording.sha256)
        while len(self._heard) > 1 and sum(seconds for seconds, _ in self._heard.values()) > HEARD_S:
            self._heard.popitem(last=False)

    def heard_of(self, sha256: str) -> HeardMusic | None:
        """Return what was heard of a recording, if it is in memory; from any thread."""
        kept = self._heard.get(sha256)
        return None if kept is None else kept[1]

    def keep_for_training(self, sha256: str, path: Path) -> None:
        """Keep beside the library what was heard of a labelled recording, if it is still in memory."""
        if sha256 not in self._heard:
            return
        folder = heard_folder(self._library().file)
        # It only spares time: a training hears what is not there.
        with suppress(OSError, JobError):
            if self._worker.teaching.find_heard(path, folder) is None:
                self._worker.teaching.keep_heard(path, folder, self._heard[sha256][1])

    def keep_labelled(self, track_id: int, path: Path) -> None:
        """Keep beside the library what was heard of a track that was labelled, if it is in memory."""
        sha256 = self._library().track(track_id).sha256
        if sha256 is not None:
            self.keep_for_training(sha256, path)

    def loaded(self, card: Card, device: str) -> Loaded | None:
        """Return a personal model in memory, or one under it, if that is the one that is asked for."""
        for (folder, base, on), opened in self._open_ones.items():
            if on != device:
                continue
            if card.id == folder.name and card.version == opened.version:
                return opened.pupil.model
            if card.id == base and card.version == opened.base.version:
                return opened.base_model
        return None

    def prepare(self, lesson: Lesson) -> None:
        """Open the personal model; what hinders that is told when there is something to learn."""
        with suppress(JobError):
            self._open(lesson)

    def learn(self, lesson: Lesson) -> bool:
        """Let the personal model learn; whether it did. Its label is kept whatever becomes of it."""
        label = lesson.label
        self._post(say.Learning(label.track_id))
        try:
            opened = self._open(lesson)
            pupil = opened.pupil
            content = content_of(self._library(), label.track_id, lesson.path, self._tools.sha256_of)
            heard = self._hear(lesson, content.sha256, pupil.model)
            update = self._worker.teaching.learn(pupil, heard, label)
            try:
                pupil.save()
            except Exception:
                pupil.undo()  # what is not kept must not answer: it would be gone after a restart
                raise
        except JobError as error:
            self._post(say.NotLearned(label.track_id, label.id, error.message))
            return False
        except BaseException:
            words = "A fault in the program kept the model from learning it."
            self._post(say.NotLearned(label.track_id, label.id, words))
            raise
        opened.steps.append(label.id)
        self._learned.add(label.id)
        self.keep_for_training(content.sha256, lesson.path)
        adaptation = Adaptation(
            label.track_id,
            label.id,
            lesson.model,
            update.step,
            update.seconds,
            update.why,
            update.before,
            update.after,
            (label.start_s, label.end_s) if label.start_s is not None and label.end_s is not None else None,
        )
        again = self._judge(label.track_id, content.sha256, pupil)
        self._post(say.Adapted(label.track_id, lesson.model, opened.version, adaptation, again))
        return True

    def unlearn(self, lesson: Lesson) -> bool:
        """Take a lesson back; whether there was anything to take back."""
        label = lesson.label
        opened = self._open_ones.get(_key(lesson))
        if label.id not in self._learned:
            return False
        if opened is None or opened.steps[-1:] != [label.id]:
            self._post(say.Notice("The label is gone, but the model keeps what it learned.", "warning"))
            return False
        pupil = opened.pupil
        try:
            pupil.undo()
        except JobError as error:  # so long ago that the step is forgotten
            self._post(
                say.Notice(f"The label is gone, but the model keeps what it learned. {error.message}", "warning")
            )
            return False
        opened.steps.pop()
        if label.id not in opened.steps:  # it may have been taught twice
            self._learned.discard(label.id)
        if not pupil.corrections and lesson.back_to != lesson.model:
            # It holds nothing any more, and another model answers again: nothing is left of it.
            with suppress(OSError, JobError):
                self._worker.teaching.discard(lesson.folder)
            self._post(say.Unlearned(label.track_id, lesson.model, ""))
            return True
        try:
            pupil.save()
        except JobError as error:
            self._post(say.Notice(f"{error.message} The model goes on with it at the next start.", "error"))
        sha256 = self._library().track(label.track_id).sha256
        again = None if sha256 is None else self._judge(label.track_id, sha256, pupil)
        self._post(say.Unlearned(label.track_id, lesson.model, opened.version, again))
        return True

    def holds(self, lesson: Lesson) -> bool:
        """Whether the lesson's personal model is open and has learned anything."""
        opened = self._open_ones.get(_key(lesson))
        return opened is not None and bool(opened.pupil.corrections)

    def _open(self, lesson: Lesson) -> _Opened:
        """Return the personal model as it was left, or from its folder if it was changed there in between."""
        key = _key(lesson)
        opened = self._open_ones.get(key)
        if opened is not None and not opened.pupil.corrections and not self._is_there(lesson.model):
            return opened  # begun, and nothing learned yet
        if opened is not None:
            with suppress(JobError):
                if self._worker.identify(lesson.model).version == opened.version:
                    self._open_ones.move_to_end(key)
                    return opened
            del self._open_ones[key]
        base = self._load(lesson.base, lesson.device)
        pupil = self._worker.teaching.open(base, lesson.folder)
        opened = _Opened(pupil, self._worker.identify(lesson.base), base)
        self._open_ones[key] = opened
        while len(self._open_ones) > PUPILS_KEPT:
            self._open_ones.popitem(last=False)
        return opened

    def _is_there(self, model: str) -> bool:
        try:
            self._worker.identify(model)
        except JobError:
            return False
        return True

    def _hear(self, lesson: Lesson, sha256: str, model: Loaded) -> HeardMusic:
        """Return what was heard of a recording: from memory, from beside the library, or by hearing it now."""
        if sha256 in self._heard:
            self._heard.move_to_end(sha256)
            return self._heard[sha256][1]
        folder = heard_folder(self._library().file)
        with suppress(JobError):
            kept = self._worker.teaching.find_heard(lesson.path, folder)
            if kept is not None:
                return kept
        request = AnalysisRequest(0, lesson.path, lesson.model, lesson.device, sha256)
        for _ in self._worker.analyse(request, model, CancelToken(), self._worker.fallback, self.keep):
            continue
        return self._heard[sha256][1]

    def _judge(self, track_id: int, sha256: str, pupil: Pupil) -> Analysis | None:
        """Ask the personal model again, and keep its answer; None where the recording must be heard again for that."""
        recording = self._recordings.get(sha256)
        if recording is None:
            return None
        analysis = self._worker.teaching.judge(recording, pupil.model)
        with suppress(JobError):  # it is shown all the same; the library's trouble is told where results are kept
            self._library().save_analysis(track_id, recording.overview, analysis, only_version=True)
        return analysis


def _key(lesson: Lesson) -> tuple[Path, str, str]:
    return lesson.folder, lesson.base, lesson.device
