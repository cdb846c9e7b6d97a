"""What is compared, with everything that it takes: results are read, missing ones are asked for, music is aligned.

Aligning is done on a thread of its own; analyses come from the worker, structures from whoever looks for them.
"""

from __future__ import annotations

import itertools
import sys
import traceback
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from psygnal import Signal

from app.jobs.slots import Slots, Task
from models.inference.compared import Recording
from models.jobs import CancelToken, Progress
from models.structure.align import Alignment, aligning

if TYPE_CHECKING:
    from app.document import Document
    from app.jobs.desk import Desk, PumpMaker
    from app.jobs.structures import Structures
    from models.analysis import Analysis, Overview
    from models.structure.structure import Structure

_ALIGN = "align"
#: Alignments in memory: of six recordings with each other, and some more.
_KEPT = 32
_Pair = tuple[str, str]

AligningStatus = Literal["nothing", "needs", "working", "ready", "cancelled", "failed"]


@dataclass(frozen=True)
class Aligning:
    """How far the aligning by music is.

    Attributes
    ----------
    status : str
        "nothing" is to be done (by time, or fewer than two); "needs" what is not there yet of the recordings;
        "working"; "ready"; "cancelled" by the person; "failed".
    done, total : int
        Recordings that are aligned with the reference, and those that are to be.
    fraction : float
        [0, 1], of all of it.
    """

    status: AligningStatus
    done: int = 0
    total: int = 0
    fraction: float = 0.0


@dataclass(frozen=True)
class _Further:
    number: int
    pair: _Pair
    fraction: float


@dataclass(frozen=True)
class _Aligned:
    number: int
    pair: _Pair
    alignment: Alignment | None  # None: it failed


class Comparer:
    """Brings together what is compared. GUI thread only.

    Parameters
    ----------
    document : Document
        Says what is compared, and holds analyses, overviews and structures.
    pump : callable
        Makes the carrier of messages.
    desk : Desk
        Reads results, and has recordings analysed that are not.
    structures : Structures
        Has a track's structure made, which comes to the document.

    Signals
    -------
    changed()
        `recordings`, or `state`, is new.
    """

    changed = Signal()

    def __init__(self, document: Document, pump: PumpMaker, desk: Desk, structures: Structures) -> None:
        self._document = document
        self._desk = desk
        self._structures = structures
        self._active = False
        self._held = False  # aligning was cancelled: not begun again until asked
        self._asked: dict[int, str] = {}  # what was asked for a track last, so that it is not asked for twice
        # What was seen of a track, as the document keeps a few only.
        self._seen: dict[int, tuple[Analysis | None, Overview | None, Structure | None]] = {}
        self._alignments: OrderedDict[_Pair, Alignment | None] = OrderedDict()
        self._fractions: dict[_Pair, float] = {}
        self._numbers = itertools.count(1)
        self._number = 0
        self._working: tuple[_Pair, ...] = ()
        self._slots = Slots("affekt-aligner", (_ALIGN,))
        #: Wait, after `close`, so many seconds for the thread to end; whether it has.
        self.join = self._slots.join
        self._pump: Any = pump(self.apply, lambda _message: True)
        for signal in (
            document.compared_changed, document.track_changed, document.tracks_removed, document.tracks_inserted,
            document.tracks_reset, structures.changed,
        ):  # fmt: skip
            signal.connect(self._news)
        for signal in (document.analysis_changed, document.overview_changed, document.structure_changed):
            signal.connect(self._results_changed)
        document.model_changed.connect(self._model_changed)

    # What views read

    @property
    def ids(self) -> tuple[int, ...]:
        """Tracks that are compared and on the list, the reference first."""
        return tuple(i for i in self._document.compared if i in self._document)

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """What is compared, in the order of `ids`; each recording with what is known of it by now."""
        out: list[Recording] = []
        for track_id in self.ids:
            track = self._document.track(track_id)
            analysis, overview, structure = self._known(track_id)
            alignment = None
            if out and self._document.along == "music" and structure is not None and out[0].structure is not None:
                alignment = self._alignments.get((out[0].structure.sha256, structure.sha256))
            known = [one.duration_s for one in (overview, analysis, structure) if one is not None]
            out.append(
                Recording(
                    track.title,
                    track.artist,
                    analysis,
                    overview,
                    structure,
                    alignment,
                    known[0] if known else track.duration_s or 0.0,
                )
            )
        return tuple(out)

    @property
    def state(self) -> Aligning:
        """How far the aligning by music is."""
        ids = self.ids
        total = len(ids) - 1
        if self._document.along == "time" or total < 1:
            return Aligning("nothing")
        pairs = self._pairs()
        done = sum(pair in self._alignments for pair in pairs)
        if done == total:
            failed = any(self._alignments[pair] is None for pair in pairs)
            return Aligning("failed" if failed else "ready", done, total, 1.0)
        share = (done + sum(self._fractions.get(pair, 0.0) for pair in pairs if pair not in self._alignments)) / total
        status: AligningStatus = "working"
        if self._held:
            status = "cancelled"
        elif not self._working:
            status = "needs" if any(map(self._is_on_its_way, ids)) else "failed"
        return Aligning(status, done, total, share)

    def _is_on_its_way(self, track_id: int) -> bool:
        """Whether what a track still lacks to be aligned is being made."""
        if self._known(track_id)[2] is not None:
            return False
        track, looking = self._document.track(track_id), self._structures.of(track_id)
        if track.status != "done":
            return track.status in ("queued", "analysing")
        return looking is None or looking.status != "failed"

    # What a person does

    def enter(self) -> None:
        """The comparison is looked at from now on: what it lacks is asked for."""
        self._active = True
        self._asked.clear()
        self._news()

    def leave(self) -> None:
        """It is looked at no longer; what is under way comes to its end."""
        self._active = False

    def cancel(self) -> None:
        """Give up aligning; what is aligned stays."""
        self._held = True
        self._slots.cancel(_ALIGN)
        self._number, self._working = 0, ()
        self._fractions.clear()
        self.changed.emit()

    def align_again(self) -> None:
        """Take it up again, also what failed."""
        self._held = False
        for pair in [pair for pair, alignment in self._alignments.items() if alignment is None]:
            del self._alignments[pair]
        self._asked.clear()
        self._news()

    def close(self) -> None:
        """Deliver nothing more and let the thread end."""
        self._pump.stop()
        self._slots.close()

    # News

    def _news(self, *_args: object) -> None:
        if not self._active:
            return
        self._ask()
        self._align()
        self.changed.emit()

    def _results_changed(self, track_id: int) -> None:
        if track_id in self._seen:
            # What the document lets go for want of room it does not tell: what is none now is true no longer.
            document, (analysis, overview, structure) = self._document, self._seen[track_id]
            if document.analysis(track_id) is None and document.overview(track_id) is None:
                analysis = overview = None
            if document.structure(track_id) is None:
                structure = None
            self._seen[track_id] = (analysis, overview, structure)
        self._news()

    def _model_changed(self, *_args: object) -> None:
        # What another model said is not compared with what this one says.
        self._seen.clear()
        self._asked.clear()
        self._news()

    def _known(self, track_id: int) -> tuple[Analysis | None, Overview | None, Structure | None]:
        """Return what is known of a track, remembered where the document has let it go since."""
        document = self._document
        before = self._seen.get(track_id, (None, None, None))
        found = (
            document.analysis(track_id) or before[0],
            document.overview(track_id) or before[1],
            document.structure(track_id) or before[2],
        )
        self._seen[track_id] = found
        return found

    def _ask(self) -> None:
        document = self._document
        for track_id in self.ids:
            analysis, overview, structure = self._known(track_id)
            track = document.track(track_id)
            wanted = ""
            if track.status == "waiting":
                wanted = "analysis"
            elif track.status == "done" and (analysis is None or overview is None):
                wanted = "results"
            elif track.status == "done" and structure is None:  # also by time: the tempo is read of its beats
                wanted = "structure"
            if not wanted or self._asked.get(track_id) == wanted:
                continue
            self._asked[track_id] = wanted
            if wanted == "analysis":
                self._desk.submit([track_id])
            elif wanted == "results":
                self._desk.fetch(track_id)
            else:
                self._structures.ask(track_id)

    def _pairs(self) -> list[_Pair]:
        """Contents that are to be aligned with the reference's, as far as they are known."""
        structures = [self._known(track_id)[2] for track_id in self.ids]
        first = structures[0] if structures else None
        if first is None:
            return []
        return [(first.sha256, other.sha256) for other in structures[1:] if other is not None]

    def _align(self) -> None:
        if self._held or self._document.along != "music":
            return
        structures = {s.sha256: s for s in (self._known(track_id)[2] for track_id in self.ids) if s is not None}
        missing = tuple(pair for pair in self._pairs() if pair not in self._alignments)
        if missing == self._working:
            return
        self._working, self._number = missing, next(self._numbers)
        self._fractions.clear()
        if not missing:
            self._slots.cancel(_ALIGN)
            return
        number, works = self._number, [(pair, structures[pair[0]], structures[pair[1]]) for pair in missing]
        self._slots.put(
            _ALIGN,
            Task(lambda token: self._steps(number, works, token), lambda error: self._fail(number, missing, error)),
        )

    # On the thread

    def _steps(
        self, number: int, works: list[tuple[_Pair, Structure, Structure]], token: CancelToken
    ) -> Iterator[None]:
        for pair, first, second in works:
            for step in aligning(first, second, token):
                if isinstance(step, Progress):
                    self._pump.post(_Further(number, pair, step.fraction))
                else:
                    self._pump.post(_Aligned(number, pair, step))
                yield

    def _fail(self, number: int, pairs: tuple[_Pair, ...], error: Exception) -> None:
        if sys.stderr is not None:  # None in a windowed build
            traceback.print_exception(error)
        for pair in pairs:
            self._pump.post(_Aligned(number, pair, None))

    # Messages

    def apply(self, message: Any) -> None:
        """Take what the thread came to; an alignment is of use whoever asked for it."""
        if isinstance(message, _Aligned):
            if message.alignment is None and (message.number != self._number or message.pair in self._alignments):
                return
            self._alignments[message.pair] = message.alignment
            while len(self._alignments) > _KEPT:
                self._alignments.popitem(last=False)
            self._working = tuple(pair for pair in self._working if pair != message.pair)
        elif message.number != self._number:
            return
        else:
            self._fractions[message.pair] = message.fraction
        self.changed.emit()
