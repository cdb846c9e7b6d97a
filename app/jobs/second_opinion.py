"""What other models say of a track than the one that judges: asked aside, and kept in the library like all results."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import singledispatchmethod
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from app.jobs import messages as say
from models.analysis import Analysis, Overview

if TYPE_CHECKING:
    from app.jobs.desk import PumpMaker
    from app.jobs.queue import AnalysisQueue

#: Answers in memory: the two that are compared, and those of the last tracks.
_KEPT = 8


@dataclass(frozen=True)
class Opinion:
    """How far a model is with a track, and what it says once it is "ready".

    `fraction` is in [0, 1]; `message` says why it "failed"; "cancelled" asks nothing any more.
    """

    status: Literal["asked", "working", "ready", "failed", "cancelled"]
    fraction: float = 0.0
    message: str = ""
    analysis: Analysis | None = None
    overview: Overview | None = None


class SecondOpinion:
    """Asks models about tracks without letting them judge. GUI thread only.

    Parameters
    ----------
    pump : callable
        Makes the carrier of messages.
    queue : AnalysisQueue
        The worker, which loads one model after the other; questions go before all that waits.
    device : str
        Where the models shall run.

    Signals
    -------
    changed(track_id, model)
        `of(track_id, model)` is new.
    """

    changed = Signal(int, str)

    def __init__(self, pump: PumpMaker, queue: AnalysisQueue, device: str) -> None:
        self._queue = queue
        self._device = device
        self._opinions: OrderedDict[tuple[int, str], Opinion] = OrderedDict()
        self._jobs: dict[int, tuple[int, str]] = {}
        self._pump = pump(self.apply, self._wanted)

    def of(self, track_id: int, model: str) -> Opinion | None:
        """Return how far a model is with a track; None if it was not asked."""
        return self._opinions.get((track_id, model))

    def ask(self, track_id: int, path: Path, model: str) -> None:
        """Ask a model about a track: the library has the answer, or the worker makes it before all others."""
        known = self.of(track_id, model)
        if known is not None and known.status in ("asked", "working"):
            return
        jobs = self._queue.submit([(track_id, path)], model, self._device, first=True, aside=self._pump.post)
        self._jobs[jobs[track_id]] = (track_id, model)
        self._set((track_id, model), Opinion("asked"))

    def cancel(self, track_id: int, model: str) -> None:
        """Ask this model no more about a track."""
        gone = {job: key for job, key in self._jobs.items() if key == (track_id, model)}
        for job in gone:
            del self._jobs[job]
        self._queue.cancel(gone)
        for key in gone.values():
            self._set(key, Opinion("cancelled"))

    def close(self) -> None:
        """Deliver nothing more; the queue ends the work."""
        self._pump.stop()

    def _set(self, key: tuple[int, str], opinion: Opinion) -> None:
        self._opinions[key] = opinion
        self._opinions.move_to_end(key)
        settled = [other for other, one in self._opinions.items() if one.status not in ("asked", "working")]
        for other in settled[:-_KEPT]:
            del self._opinions[other]
        self.changed.emit(*key)

    def _wanted(self, message: say.Message) -> bool:
        return isinstance(message, say.JobMessage) and message.job_id in self._jobs

    @singledispatchmethod
    def apply(self, message: say.Message) -> None:
        """Take what the worker says of a question."""

    @apply.register
    def _(self, message: say.Started) -> None:
        self._set(self._jobs[message.job_id], Opinion("working"))

    @apply.register
    def _(self, message: say.Progressed) -> None:
        key = self._jobs[message.job_id]
        self._set(key, replace(self._opinions[key], status="working", fraction=message.fraction))

    @apply.register
    def _(self, message: say.Finished) -> None:
        key = self._jobs.pop(message.job_id)
        self._set(key, Opinion("ready", 1.0, analysis=message.analysis, overview=message.overview))

    @apply.register
    def _(self, message: say.Failed) -> None:
        self._set(self._jobs.pop(message.job_id), Opinion("failed", message=message.message))

    @apply.register
    def _(self, message: say.Stopped) -> None:
        self._set(self._jobs.pop(message.job_id), Opinion("cancelled"))
