"""Correcting what the model says: a label that it learns from at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.commands.labels import SetLabels, Shelf, judgement, title_of
from app.document import Document
from app.jobs.teaching import Lesson


class Tutor(Protocol):
    """Who lets the personal model learn, elsewhere; both answer at once."""

    def teach(self, lesson: Lesson) -> None:
        """Let it learn."""
        ...

    def teach_all(self, lessons: Sequence[Lesson]) -> None:
        """Let it learn from several, and say once what came of them."""
        ...

    def unteach(self, lesson: Lesson) -> None:
        """Let it take that back."""
        ...


class Correct:
    """A correction: its label is kept whatever becomes of the learning, and both are taken back together."""

    def __init__(self, document: Document, shelf: Shelf, tutor: Tutor, lesson: Lesson) -> None:
        label = lesson.label
        where = title_of(document, label.track_id)
        #: What it did, in words.
        self.text = f"Corrected {where if label.is_whole else f'a passage of {where}'} to {judgement(label)}"
        self._label = SetLabels(document, shelf, [label])
        self._tutor = tutor
        self._lesson = lesson

    def do(self) -> None:
        """Keep the label, and let the personal model learn from it."""
        self._label.do()
        self._tutor.teach(self._lesson)

    def undo(self) -> None:
        """Take both back."""
        self._label.undo()
        self._tutor.unteach(self._lesson)


class Teach:
    """The personal model learns from labels that there are; taking it back leaves these as they are."""

    def __init__(self, tutor: Tutor, lessons: Sequence[Lesson]) -> None:
        count = len(lessons)
        #: What it did, in words.
        self.text = f"Taught the model {count:,} labels" if count != 1 else "Taught the model 1 label"
        self._tutor = tutor
        self._lessons = tuple(lessons)

    def do(self) -> None:
        """Let it learn from them, in their order."""
        self._tutor.teach_all(self._lessons)

    def undo(self) -> None:
        """Let it take them back, the last one first."""
        for lesson in reversed(self._lessons):
            self._tutor.unteach(lesson)
