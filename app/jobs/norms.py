"""What is usual in the library, against which a moment of music is held: read on the librarian's thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal

from app.jobs import messages as say
from app.jobs.tools import Card, lineage
from models.errors import JobError
from models.explain.reasons import FEWEST_TRACKS, LibraryNorms, library_norms

if TYPE_CHECKING:
    from app.document import Document
    from app.jobs.desk import PumpMaker
    from app.jobs.librarian import Librarian
    from app.library import Library
    from app.library.portraits import Portrait

#: Tracks that are read at once: in between, the librarian does what a person waits for.
_READ = 100
#: What is usual in so many is usual in all.
_MOST = 1000
#: Read anew when there are so many times the tracks of last time.
_GROWN = 1.1


class Norms:
    """Knows what is usual in the tracks that are open. GUI thread only.

    Parameters
    ----------
    document : Document
        Whose tracks.
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
    norms : LibraryNorms or None
        None before it is known, and of fewer than `models.explain.reasons.FEWEST_TRACKS` tracks.

    Signals
    -------
    changed()
        `norms` is new.
    """

    changed = Signal()

    def __init__(
        self,
        document: Document,
        pump: PumpMaker,
        librarian: Librarian,
        identify: Callable[[str], Card],
        model: Callable[[], str],
    ) -> None:
        self._document = document
        self._librarian = librarian
        self._identify = identify
        self._model = model
        self._read_of: tuple[str, int] = ("", 0)
        self._number = 0
        self.norms: LibraryNorms | None = None
        self._pump = pump(self.apply, lambda message: True)

    def ask(self) -> None:
        """Read what is usual, if that may be other than when it was last read; the answer comes with `changed`."""
        document, model = self._document, self._model()
        done = [track_id for track_id in document.order if document.track(track_id).status == "done"]
        model_then, then = self._read_of
        if len(done) < FEWEST_TRACKS or (model == model_then and then <= len(done) < then * _GROWN):
            return
        self._read_of = (model, len(done))
        self._number += 1
        number, found = self._number, dict[int, "Portrait"]()
        some = done[:: -(-len(done) // _MOST)]
        self._librarian.look(lambda library: self._read(library, some, model, number, found))

    def close(self) -> None:
        """Deliver nothing more."""
        self._number = -1
        self._pump.stop()

    def apply(self, message: say.Message) -> None:
        """Take the answer to the last question."""
        if isinstance(message, say.NormsRead) and message.number == self._number:
            self.norms = message.norms
            self.changed.emit()

    # On the librarian's thread

    def _read(self, library: Library, rest: Sequence[int], model: str, number: int, found: dict[int, Portrait]) -> None:
        if number != self._number:
            return
        try:
            models = lineage(self._identify(model))
        except JobError:
            return  # the worker says so when it loads the model
        for by in reversed(models):
            found |= library.portraits.of(rest[:_READ], *by)
        if len(rest) > _READ:
            self._librarian.look(lambda library: self._read(library, rest[_READ:], model, number, found))
            return
        norms = None
        if found:
            # Of another version of the descriptors there may be another number of them.
            size = Counter(len(portrait.heard) for portrait in found.values()).most_common(1)[0][0]
            norms = library_norms(np.stack([one.heard for one in found.values() if len(one.heard) == size]))
        self._pump.post(say.NormsRead(number, norms))
