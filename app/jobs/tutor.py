"""Corrections between the document and the worker: what is sent to be learned, and what came of it. GUI thread only."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from app.document import Document
from app.jobs import messages as say
from app.jobs.teaching import NO_NAME, Lesson
from app.jobs.tools import Worker
from app.library.rows import Label
from models.analysis import Analysis
from models.errors import JobError

if TYPE_CHECKING:
    from app.jobs.desk import Desk


class Tutor:
    """Sends lessons to the worker, and lets the personal model answer once it has learned.

    Parameters
    ----------
    document : Document
        What is changed by what was learned.
    desk : Desk
        Which knows the model that answers, and hands out the work.
    worker : Worker
        How models are found.
    device : str
        Where the model shall run.
    """

    def __init__(self, document: Document, desk: Desk, worker: Worker, device: str) -> None:
        self._document = document
        self._desk = desk
        self._worker = worker
        self._device = device
        self._on_the_way: dict[str, str] = {}  # labels that are being learned, and by which model
        self._many: set[str] = set()  # labels that are learned together, and have not been yet
        self._learned = 0
        self._troubles: list[str] = []

    def lesson(self, label: Label) -> Lesson:
        """Make a lesson of a label for the personal model of its rater.

        Raises
        ------
        JobError
            "bad_model" if the model that answers cannot be corrected; or as `Worker.identify`.
        """
        return self.lessons([label])[0]

    def lessons(self, labels: Sequence[Label]) -> list[Lesson]:
        """Make lessons of one rater's labels; as `lesson`."""
        names = {rater.id: rater.name for rater in self._document.raters}
        rater = names.pop(labels[0].rater_id, NO_NAME)
        card = self._worker.identify(self._desk.model)
        base, folder = self._worker.teaching.folder(card, rater, tuple(names.values()))
        paths = [self._document.track(label.track_id).path for label in labels]
        # The personal model may be the default, and be asked for as that; or be about to answer.
        answers = card.id == folder.name or folder.name in self._on_the_way.values()
        back_to = folder.name if answers else self._desk.model
        return [
            Lesson(label, path, base, folder, self._device, back_to) for label, path in zip(labels, paths, strict=True)
        ]

    def prepare(self, track_id: int) -> None:
        """Open the personal model ahead of the first correction, which then need not wait for it."""
        rater = self._document.rater
        with suppress(JobError):
            self._desk.queue.prepare(self.lesson(Label("", track_id, "" if rater is None else rater.id)))

    def why_not(self) -> str:
        """Return why the model that answers cannot be corrected; empty if it can."""
        try:
            self._worker.teaching.folder(self._worker.identify(self._desk.model), NO_NAME, ())
        except JobError as error:
            return error.message
        return ""

    def teach(self, lesson: Lesson) -> None:
        """Let the personal model learn, before anything else is analysed."""
        self._document.set_learning(lesson.label.track_id, True)
        self._on_the_way[lesson.label.id] = lesson.model
        self._desk.queue.teach(lesson)

    def teach_all(self, lessons: Sequence[Lesson]) -> None:
        """Let the personal model learn from several labels, and say once what came of them."""
        if not self._many:
            self._learned, self._troubles = 0, []
        self._many.update(lesson.label.id for lesson in lessons)
        for lesson in lessons:
            self.teach(lesson)

    def unteach(self, lesson: Lesson) -> None:
        """Let it take that back; if it answered since then, the model from before answers again."""
        self._on_the_way.pop(lesson.label.id, None)
        self._desk.queue.unteach(lesson)
        if self._desk.model == lesson.model != lesson.back_to:
            self._desk.become(lesson.back_to)

    # What came of it

    def adapted(self, message: say.Adapted) -> None:
        """Let the personal model answer from now on, and show what it says of the corrected track."""
        document, desk, track_id = self._document, self._desk, message.track_id
        document.set_learning(track_id, False)
        self._on_the_way.pop(message.adaptation.label_id, None)
        self._count(message.adaptation.label_id)
        if not any(label.id == message.adaptation.label_id for label in document.labels(track_id)):
            return  # taken back by now: the worker has been told, and says so next
        if not self._answers(message.model):
            base = self._worker.identify(desk.model).name
            desk.become(message.model)
            document.tell(
                f"“{message.model}” answers from now on: {base} with your corrections. Ctrl+Z goes back.", "info"
            )
        desk.answers(message.model, message.version)
        self._show(track_id, message.analysis)
        document.set_adaptation(track_id, message.adaptation)
        if message.adaptation.why:
            document.tell(message.adaptation.why, "info")

    def not_learned(self, message: say.NotLearned) -> None:
        """Say why nothing was learned; the label stays."""
        self._document.set_learning(message.track_id, False)
        self._on_the_way.pop(message.label_id, None)
        if message.label_id in self._many:
            self._count(message.label_id, message.message)
        else:
            words = f"Your correction is kept, but nothing was learned from it. {message.message}"
            self._document.tell(words, "warning")

    def _count(self, label_id: str, trouble: str = "") -> None:
        """Note what became of one of many; after the last one, say what became of all."""
        if label_id not in self._many:
            return
        self._many.remove(label_id)
        if trouble:
            self._troubles.append(trouble)
        else:
            self._learned += 1
        if self._many:
            return
        every = self._learned + len(self._troubles)
        if self._troubles:
            words = f"Your model learned from {self._learned} of {every} labels. {self._troubles[0]}"
            self._document.tell(words, "warning")
        else:
            self._document.tell(f"Your model learned from {every} labels. Ctrl+Z takes them back.", "info")

    def unlearned(self, message: say.Unlearned) -> None:
        """Show what the personal model says without the lesson."""
        self._document.set_adaptation(message.track_id, None)
        if message.version and self._answers(message.model):
            self._desk.answers(message.model, message.version)
            self._show(message.track_id, message.analysis)

    def _answers(self, model: str) -> bool:
        try:
            return self._worker.identify(self._desk.model).id == model
        except JobError:
            return False

    def _show(self, track_id: int, analysis: Analysis | None) -> None:
        if track_id != self._document.current and not self._many:
            self._desk.show_current()  # what is shown of another track is what the model said before
        if track_id not in self._document:
            return
        if analysis is not None:
            self._desk.show_again(track_id, analysis)
        elif track_id == self._document.current:  # others are analysed anew when they are shown
            self._desk.submit([track_id], fresh=True, first=True)
