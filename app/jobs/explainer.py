"""Why here: asks the model beside the analyses which moments and sounds carry its answer, and what if they were others.

One thread with its own copy of the model on the processor. An explanation of a whole recording takes minutes: a new
question takes the place of the one before, and a "what if" goes in between, as it takes seconds.
"""

from __future__ import annotations

import itertools
import sys
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from psygnal import Signal

from app.jobs import messages as say
from app.jobs.content import content_of
from app.jobs.slots import Slots, Task
from app.jobs.tools import Tools, Worker
from models.audio.files import shown_name
from models.errors import JobError
from models.explain.explanation import Explanation, Method, Target
from models.jobs import CancelToken, Progress
from models.runtime import is_out_of_memory

if TYPE_CHECKING:
    from app.document import Document
    from app.jobs.desk import PumpMaker
    from app.jobs.librarian import Librarian
    from app.jobs.teaching import Loaded
    from models.live.corrections import HeardMusic

Status = Literal["asked", "working", "ready", "failed", "cancelled"]
Region = tuple[float, float]

_EXPLAIN, _SUPPOSE = "explain", "suppose"
#: Answers to "what if" that are kept in memory.
_KEPT = 64
#: Recordings that are kept in memory for the next question, and how long they may be together: what is read of an hour
#: takes some 200 MB, and what was heard again of a recording up to 96 MB more.
_SOUNDS_KEPT, _LONGEST_KEPT_S = 3, 900.0
#: The pace of less than this says nothing yet of the time that is left.
_PACE_FRACTION = 0.06


@dataclass(frozen=True)
class Question:
    """What is asked: which quadrant or value, by which method, of the whole recording or of a stretch (seconds)."""

    track_id: int
    target: Target
    method: Method
    region: Region | None = None


@dataclass(frozen=True)
class Supposition:
    """What is asked: what the model would say of a recording, had a stretch of it (or all) been changed."""

    track_id: int
    change: Any  # models.explain.counterfactual.Change
    region: Region | None = None


@dataclass(frozen=True)
class Explaining:
    """How far the answer to a question is.

    Attributes
    ----------
    question : Question
        What was asked last.
    status : str
        "asked" until the thread takes it up, then "working"; in the end "ready", "failed" or "cancelled".
    fraction : float
        [0, 1] of the work.
    remaining_s : float or None
        Estimate of the seconds that are left; None while the pace is not known.
    message : str
        Why it failed, for people.
    explanation : Explanation or None
        The newest there is; coarse (`is_final` false) while finer ones may follow, also when those were given up.
    """

    question: Question
    status: Status = "asked"
    fraction: float = 0.0
    remaining_s: float | None = None
    message: str = ""
    explanation: Explanation | None = None

    @property
    def busy(self) -> bool:
        """Whether an answer, or a finer one, is still to come."""
        return self.status in ("asked", "working")


@dataclass(frozen=True)
class Supposing:
    """How far a "what if" is; `answer` (`models.explain.counterfactual.WhatIf`) is there once it is "ready"."""

    question: Supposition
    status: Status = "asked"
    fraction: float = 0.0
    message: str = ""
    answer: Any = None

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self.status in ("asked", "working")


class Explainer:
    """Asks the model that answers why it does. GUI thread only.

    Parameters
    ----------
    document : Document
        Where the tracks' files lie.
    pump : callable
        Makes the carrier of messages.
    librarian : Librarian
        Explanations are kept in its library.
    worker, tools : optional
        See `app.jobs.tools`.
    model : callable
        Says which model answers now.
    heard : callable, optional
        Gives what an analysis heard of a recording, by the hash of its content, while it is in memory; from any thread.

    Attributes
    ----------
    state : Explaining or None
        How far the last question is; None before there was one.
    supposing : Supposing or None
        How far the last "what if" is.

    Signals
    -------
    changed(track_id), supposed(track_id)
        `state`, or `supposing`, is new.
    """

    changed = Signal(int)
    supposed = Signal(int)

    def __init__(
        self,
        document: Document,
        pump: PumpMaker,
        librarian: Librarian,
        worker: Worker,
        tools: Tools,
        model: Callable[[], str],
        heard: Callable[[str], HeardMusic | None] = lambda sha256: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._document = document
        self._librarian = librarian
        self._worker = worker
        self._tools = tools
        self._model = model
        self._heard = heard
        self._clock = clock
        self.state: Explaining | None = None
        self.supposing: Supposing | None = None
        self._numbers = itertools.count(1)
        self._asked = self._supposed = 0  # numbers of the last questions: what older ones come to is dropped
        self._began_s = 0.0
        self._slots = Slots("affekt-explainer", (_SUPPOSE, _EXPLAIN))
        #: Wait, after `close`, so many seconds for the thread to end; whether it has.
        self.join = self._slots.join
        self._pump = pump(self.apply, self._wanted)
        # Touched by the thread only:
        self._loaded: tuple[tuple[str, str], Loaded] | None = None
        self._sounds: OrderedDict[str, Any] = OrderedDict()
        self._answers: OrderedDict[tuple[object, ...], Any] = OrderedDict()

    # Asking; each answers at once

    def ask(self, track_id: int, target: Target, method: Method, region: Region | None = None) -> None:
        """Ask which moments and sounds carry the answer; what was asked before is given up, unless it is the same."""
        if region is not None:
            region = (round(min(region), 2), round(max(region), 2))
        question = Question(track_id, target, method, region)
        if self.state is not None and self.state.question == question and self.state.status in ("asked", "working"):
            return
        path, model = self._document.track(track_id).path, self._model()
        self._asked = number = next(self._numbers)
        self._began_s = self._clock()
        self._set(Explaining(question))
        self._slots.put(
            _EXPLAIN,
            Task(
                lambda token: self._explain(number, question, path, model, token),
                lambda error: self._fail(number, track_id, path, error),
            ),
        )

    def cancel(self) -> None:
        """Give up the question; what is known of its answer so far stays."""
        self._slots.cancel(_EXPLAIN)
        self._asked = 0
        if self.state is not None and self.state.busy:
            self._set(replace(self.state, status="cancelled", remaining_s=None))

    def suppose(self, track_id: int, change: Any, region: Region | None = None) -> None:
        """Ask what the model would say of a changed sound."""
        question = Supposition(track_id, change, region)
        path, model = self._document.track(track_id).path, self._model()
        self._supposed = number = next(self._numbers)
        self._set_supposing(Supposing(question))
        self._slots.put(
            _SUPPOSE,
            Task(
                lambda token: self._suppose(number, question, path, model, token),
                lambda error: self._fail(number, track_id, path, error),
            ),
        )

    def cancel_supposing(self) -> None:
        """Give up the last "what if"."""
        self._slots.cancel(_SUPPOSE)
        self._supposed = 0
        if self.supposing is not None and self.supposing.busy:
            self._set_supposing(replace(self.supposing, status="cancelled"))

    def close(self) -> None:
        """Give up everything and deliver nothing more."""
        self._pump.stop()
        self._slots.close()

    # Messages

    def _wanted(self, message: say.Message) -> bool:
        return isinstance(message, say.JobMessage) and message.job_id in (self._asked, self._supposed)

    def apply(self, message: say.Message) -> None:
        """Take what the thread says of a question."""
        assert isinstance(message, say.JobMessage)
        if message.job_id == self._asked and self.state is not None:
            self._set(self._further(self.state, message))
        elif message.job_id == self._supposed and self.supposing is not None:
            supposing = self.supposing
            if isinstance(message, say.Progressed):
                supposing = replace(supposing, status="working", fraction=message.fraction)
            elif isinstance(message, say.Explained):
                supposing = replace(supposing, status="ready", fraction=1.0, answer=message.answer)
            elif isinstance(message, say.Failed):
                supposing = replace(supposing, status="failed", message=message.message)
            self._set_supposing(supposing)

    def _further(self, state: Explaining, message: say.JobMessage) -> Explaining:
        if isinstance(message, say.Progressed):
            remaining_s = None
            if message.fraction >= _PACE_FRACTION:
                remaining_s = (self._clock() - self._began_s) * (1 / message.fraction - 1)
            return replace(state, status="working", fraction=message.fraction, remaining_s=remaining_s)
        if isinstance(message, say.Explained):
            if message.answer.is_final:
                return replace(state, status="ready", fraction=1.0, remaining_s=None, explanation=message.answer)
            return replace(state, status="working", explanation=message.answer)
        if isinstance(message, say.Failed):
            return replace(state, status="failed", remaining_s=None, message=message.message)
        return state

    def _set(self, state: Explaining) -> None:
        self.state = state
        self.changed.emit(state.question.track_id)

    def _set_supposing(self, supposing: Supposing) -> None:
        self.supposing = supposing
        self.supposed.emit(supposing.question.track_id)

    # On the thread

    def _explain(self, number: int, question: Question, path: Path, model: str, token: CancelToken) -> Iterator[None]:
        track_id = question.track_id
        library = self._librarian.library()
        card = self._worker.identify(model)
        sha256 = content_of(library, track_id, path, self._tools.sha256_of).sha256
        start_s, end_s = question.region or (None, None)
        kept: Explanation | None = None
        with suppress(JobError):  # what the library has not, the model is asked
            kept = library.explanations.get(
                sha256, card.id, card.version, question.target, question.method, start_s, end_s
            )
        if kept is not None:
            self._pump.post(say.Explained(number, track_id, kept))
            return
        self._pump.post(say.Progressed(number, track_id, 0.0, "loading"))
        yield
        loaded = self._load(model, (card.id, card.version))
        token.check()
        self._pump.post(say.Progressed(number, track_id, 0.0, "reading"))
        sound = self._sound(sha256, path, token)
        yield
        asked = (path, question.target, question.method, question.region)
        last: Explanation | None = None
        for item in self._worker.explain(sound, *asked, loaded, token):
            token.check()
            if isinstance(item, Progress):
                self._pump.post(say.Progressed(number, track_id, item.fraction, item.stage))
            else:
                last = item
                self._pump.post(say.Explained(number, track_id, item))
            yield
        if last is None or not last.is_final:
            raise RuntimeError("the explanation ended without a result")
        final = last
        self._librarian.write(lambda library: library.explanations.put(sha256, final, start_s, end_s))

    def _suppose(
        self, number: int, question: Supposition, path: Path, model: str, token: CancelToken
    ) -> Iterator[None]:
        track_id = question.track_id
        card = self._worker.identify(model)
        sha256 = content_of(self._librarian.library(), track_id, path, self._tools.sha256_of).sha256
        key = (sha256, card.id, card.version, question.change, question.region)
        if key not in self._answers:
            self._pump.post(say.Progressed(number, track_id, 0.0, "loading"))
            yield
            loaded = self._load(model, (card.id, card.version))
            token.check()
            start_s, end_s = question.region or (None, None)
            asked = (path, loaded, (question.change,), start_s, end_s)
            for item in self._worker.what_if(*asked, token, self._worker.fallback):
                token.check()
                if isinstance(item, Progress):
                    self._pump.post(say.Progressed(number, track_id, item.fraction, item.stage))
                else:
                    self._answers[key] = item
                yield
            while len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
        if key not in self._answers:
            raise RuntimeError("the question ended without an answer")
        self._pump.post(say.Explained(number, track_id, self._answers[key]))

    def _sound(self, sha256: str, path: Path, token: CancelToken) -> Any:
        """Return what is heard of a recording, with all that was heard again of it: the last are still in memory."""
        if sha256 not in self._sounds:
            sound = self._worker.read_sound(path, token, self._worker.fallback, self._heard(sha256))
            if sound.duration_s > _LONGEST_KEPT_S:
                return sound
            self._sounds[sha256] = sound
            kept = self._sounds.values()
            while len(kept) > _SOUNDS_KEPT or sum(one.duration_s for one in kept) > _LONGEST_KEPT_S:
                self._sounds.popitem(last=False)
        self._sounds.move_to_end(sha256)
        return self._sounds[sha256]

    def _load(self, model: str, version: tuple[str, str]) -> Loaded:
        if self._loaded is None or self._loaded[0] != version:
            self._loaded = None  # before the next one is in memory
            self._loaded = (version, self._worker.load_model(model, "cpu"))
        return self._loaded[1]

    def _fail(self, number: int, track_id: int, path: Path, error: Exception) -> None:
        name = shown_name(path)
        if not isinstance(error, JobError):
            if is_out_of_memory(error):
                words = f"There is not enough memory to explain {name}. Close other programs, or select a shorter part."
                error = JobError("out_of_memory", words, repr(error))
            else:
                if sys.stderr is not None:  # None in a windowed build
                    traceback.print_exception(error)
                error = JobError("internal", f"A fault in the program kept it from explaining {name}.", repr(error))
        self._pump.post(say.Failed(number, track_id, error.kind, error.message))
