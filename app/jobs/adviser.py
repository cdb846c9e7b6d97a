"""What to label next, worked out on the librarian's thread from what the library knows of every track."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal

from app.jobs import messages as say
from app.jobs.tools import Card, lineage
from models.errors import JobError

if TYPE_CHECKING:
    from app.jobs.desk import PumpMaker
    from app.jobs.librarian import Librarian
    from app.library import Library
    from app.library.portraits import Portrait

#: Tracks that are read at once: in between, the librarian does what a person waits for.
_READ = 100


@dataclass(frozen=True)
class Asked:
    """A question: the tracks, which of them the person has labelled, and how far apart raters are on some."""

    track_ids: tuple[int, ...]
    labelled: frozenset[int]
    apart: tuple[tuple[int, float], ...]


class Adviser:
    """Knows what to label next, as far as the library can tell. GUI thread only.

    Parameters
    ----------
    pump : callable
        Makes the carrier of messages.
    librarian : Librarian
        Who reads.
    identify : callable
        Finds the card of a model.
    model : callable
        Says which model answers now.

    Attributes
    ----------
    reasons : dict of int to str
        Tracks in the order of their use, with the reason (`models.training.next_clips.Reason`); empty before anything
        was asked and answered.

    Signals
    -------
    changed()
        `reasons` is new.
    """

    changed = Signal()

    def __init__(
        self, pump: PumpMaker, librarian: Librarian, identify: Callable[[str], Card], model: Callable[[], str]
    ) -> None:
        self._librarian = librarian
        self._identify = identify
        self._model = model
        self._asked: tuple[Asked, str] | None = None
        self._number = 0
        self.reasons: Mapping[int, str] = {}
        self._pump = pump(self.apply, lambda message: True)

    def ask(self, asked: Asked) -> None:
        """Ask; the answer comes with `changed`. A question that was asked last is not asked again."""
        model = self._model()
        if (asked, model) == self._asked:
            return
        self._asked = (asked, model)
        self._number += 1
        number, found = self._number, dict[int, "Portrait"]()
        self._librarian.look(lambda library: self._read(library, asked, model, number, found, 0))

    def close(self) -> None:
        """Deliver nothing more."""
        self._number = -1
        self._pump.stop()

    def apply(self, message: say.Message) -> None:
        """Take the answer to the last question."""
        if isinstance(message, say.Advised) and message.number == self._number:
            self.reasons = message.reasons
            self.changed.emit()

    # On the librarian's thread

    def _read(
        self, library: Library, asked: Asked, model: str, number: int, found: dict[int, Portrait], at: int
    ) -> None:
        if number != self._number:
            return
        try:
            models = lineage(self._identify(model))
        except JobError:
            return  # the worker says so when it loads the model
        some, rest = asked.track_ids[at : at + _READ], at + _READ
        for by in reversed(models):
            found |= library.portraits.of(some, *by)
        if rest < len(asked.track_ids):
            self._librarian.look(lambda library: self._read(library, asked, model, number, found, rest))
        elif found:
            self._pump.post(say.Advised(number, reasons_of(asked, found)))


def reasons_of(asked: Asked, found: Mapping[int, Portrait]) -> dict[int, str]:
    """Put the tracks that are not labelled in order (`models.training.next_clips.rank`), each with its reason."""
    from models.training.next_clips import rank

    ids: Sequence[int] = asked.track_ids
    # Of another version of the descriptors there may be another number of them.
    size = Counter(len(portrait.heard) for portrait in found.values()).most_common(1)[0][0]
    heard, probabilities = np.full((len(ids), size), np.nan, np.float32), np.full((len(ids), 4), np.nan)
    apart = dict(asked.apart)
    for row, track_id in enumerate(ids):
        portrait = found.get(track_id)
        if portrait is not None and len(portrait.heard) == size:
            heard[row], probabilities[row] = portrait
    labelled = np.array([track_id in asked.labelled for track_id in ids], np.bool_)
    far = np.array([apart.get(track_id, np.nan) for track_id in ids])
    return {ids[one.index]: one.reason for one in rank(heard, probabilities, labelled, far)}
