"""What is open now: the list of tracks, the current one, its results, the queue and the model.

Views observe it through its signals and never change it. It is changed by `app.commands` (what a person did) and by
`app.jobs.desk` (what a job answered), on the GUI thread only.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from psygnal import Signal

from app.comparison import Comparison
from app.exploration import Exploration
from app.library.rows import Mark
from app.opinions import Opinions
from models.analysis import Analysis, Overview

TrackStatus = Literal["waiting", "queued", "analysing", "done", "failed", "missing"]
ModelStatus = Literal["loading", "ready", "failed"]
NoticeLevel = Literal["info", "warning", "error"]

_T = TypeVar("_T")

#: How many tracks keep their arrays in memory: an hour of music takes about 6 MB.
RESULTS_KEPT = 12


@dataclass(frozen=True, slots=True)
class TrackState:
    """One row of the list.

    Attributes
    ----------
    id : int
        The track's number in the library; never given to another track.
    path : Path
        Of the file.
    title, artist : str
        From the tags; the title is the file's stem until they have been read or where there are none.
    duration_s : float or None
        Seconds, None while unknown.
    status : str
        "waiting" (not analysed and not queued: cancelled, or analysed by another model), "queued", "analysing", "done",
        "failed" (see `error`) or "missing" (the file is not where it was).
    progress : float
        [0, 1]: how far the analysis is; 1 when it is "done".
    stage : str
        What is being done, for people, while "analysing".
    error : str
        Why it failed and what to do, one or two sentences; empty otherwise.
    quadrant : str
        The most probable quadrant "Q1".."Q4" by the current model, empty while unknown.
    probability : float
        Of that quadrant, [0, 1].
    unfamiliar : str
        What the recording sounds like ("speech") where the current model does not know such music; empty where it does.
    """

    id: int
    path: Path
    title: str
    artist: str = ""
    duration_s: float | None = None
    status: TrackStatus = "waiting"
    progress: float = 0.0
    stage: str = ""
    error: str = ""
    quadrant: str = ""
    probability: float = 0.0
    unfamiliar: str = ""


@dataclass(frozen=True, slots=True)
class QueueState:
    """How far the queue is.

    Attributes
    ----------
    done, total : int
        Tracks finished (or failed), and tracks submitted, since the queue was last empty. Cancelled tracks count in
        neither. Nothing is left to do when they are equal.
    running_id : int or None
        The track being analysed.
    fraction : float
        [0, 1], of the whole queue, the running track's progress included.
    remaining_s : float or None
        An estimate of the seconds left; None while there is nothing to estimate from.
    """

    done: int = 0
    total: int = 0
    running_id: int | None = None
    fraction: float = 0.0
    remaining_s: float | None = None


@dataclass(frozen=True, slots=True)
class ModelState:
    """Which model answers, and where it runs ("cpu", "cuda" or "mps"; empty until it is loaded)."""

    id: str = ""
    name: str = ""
    version: str = ""
    device: str = ""
    status: ModelStatus = "loading"
    message: str = ""


class Document(Opinions, Exploration, Comparison):
    """What is open now; parts with signals of their own are `app.opinions`, `app.exploration` and `app.comparison`.

    Signals (all emitted on the GUI thread, after the change)
    ---------------------------------------------------------
    tracks_reset()
        The whole list is new: read `order`.
    tracks_inserted(ids, position)
        A run of tracks now stands at `order[position : position + len(ids)]`.
    tracks_removed(ids)
        They are gone from `order`.
    track_changed(id)
        `track(id)` is new.
    current_changed(id or None)
        Another track is shown (or none).
    overview_changed(id), analysis_changed(id)
        `overview(id)` or `analysis(id)` is new (or was dropped, and is None).
    marks_changed(id)
        `marks(id)` is new.
    selection_changed((start_s, end_s) or None)
        The selected region of the current track.
    queue_changed(QueueState), model_changed(ModelState), undo_changed()
        `queue`, `model`; the texts and possibilities of the command stack.
    notice(message, level)
        Something to tell, in a sentence; level is "info", "warning" or "error". Never needs an answer.
    """

    tracks_reset = Signal()
    tracks_inserted = Signal(object, int)
    tracks_removed = Signal(object)
    track_changed = Signal(int)
    current_changed = Signal(object)
    overview_changed = Signal(int)
    analysis_changed = Signal(int)
    marks_changed = Signal(int)
    selection_changed = Signal(object)
    queue_changed = Signal(object)
    model_changed = Signal(object)
    undo_changed = Signal()
    notice = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._tracks: dict[int, TrackState] = {}
        # The order is by these numbers, which the library keeps: a restored track returns to where it was.
        self._positions: dict[int, int] = {}
        self._order: tuple[int, ...] = ()
        self._current: int | None = None
        self._selection: tuple[float, float] | None = None
        self._queue = QueueState()
        self._model = ModelState()
        self._overviews: OrderedDict[int, Overview] = OrderedDict()
        self._analyses: OrderedDict[int, Analysis] = OrderedDict()
        # Also of tracks that are off the list, which may come back.
        self._marks: dict[int, tuple[Mark, ...]] = {}

    # What views read

    @property
    def order(self) -> tuple[int, ...]:
        """Ids of all open tracks, top to bottom."""
        return self._order

    def track(self, track_id: int) -> TrackState:
        """State of one track; raises KeyError if it is not open."""
        return self._tracks[track_id]

    def __contains__(self, track_id: object) -> bool:
        return track_id in self._tracks

    def __len__(self) -> int:
        return len(self._tracks)

    @property
    def current(self) -> int | None:
        """Id of the track shown, or None."""
        return self._current

    def overview(self, track_id: int) -> Overview | None:
        """What can be drawn before any model has spoken; None while it is not in memory."""
        return _touch(self._overviews, track_id)

    def analysis(self, track_id: int) -> Analysis | None:
        """The current model's account; None while it is not in memory."""
        return _touch(self._analyses, track_id)

    def marks(self, track_id: int) -> tuple[Mark, ...]:
        """What a person marked in this recording, in the order of time."""
        return self._marks.get(track_id, ())

    @property
    def selection(self) -> tuple[float, float] | None:
        """Selected region (start, end) of the current track in seconds, or None."""
        return self._selection

    @property
    def queue(self) -> QueueState:
        """How far the queue is."""
        return self._queue

    @property
    def model(self) -> ModelState:
        """Which model answers."""
        return self._model

    def position(self, track_id: int) -> int:
        """Return the number that the order goes by (gaps allowed)."""
        return self._positions[track_id]

    # What commands and job results change

    def reset(
        self,
        tracks: Sequence[TrackState],
        positions: Mapping[int, int],
        marks: Mapping[int, tuple[Mark, ...]] | None = None,
    ) -> None:
        """Replace the whole list, and the marks with it."""
        self._tracks = {track.id: track for track in tracks}
        self._positions = {track.id: positions[track.id] for track in tracks}
        self._order = tuple(sorted(self._tracks, key=self._positions.__getitem__))
        self._overviews.clear()
        self._analyses.clear()
        self._marks = dict(marks or {})
        was, self._current = self._current, None
        self.tracks_reset.emit()
        if was is not None:
            self.current_changed.emit(None)
            self.set_selection(None)

    def insert(self, tracks: Sequence[TrackState], positions: Mapping[int, int]) -> None:
        """Add tracks where their position numbers belong; those that are open already are left as they are."""
        fresh = sorted(
            (track for track in tracks if track.id not in self._tracks), key=lambda track: positions[track.id]
        )
        if not fresh:
            return
        for track in fresh:
            self._tracks[track.id] = track
            self._positions[track.id] = positions[track.id]
        old = self._order
        keys = [self._positions[track_id] for track_id in old]
        runs: list[tuple[int, list[int]]] = []
        for track in fresh:
            at = bisect_left(keys, positions[track.id])
            if runs and runs[-1][0] == at:
                runs[-1][1].append(track.id)
            else:
                runs.append((at, [track.id]))
        # One signal per run, with the order already right for it.
        shift = 0
        order = list(old)
        for at, ids in runs:
            order[at + shift : at + shift] = ids
            self._order = tuple(order)
            self.tracks_inserted.emit(ids, at + shift)
            shift += len(ids)

    def remove(self, track_ids: Iterable[int]) -> None:
        """Take tracks off the list; the current one gives way to its nearest remaining neighbour."""
        gone = [track_id for track_id in track_ids if track_id in self._tracks]
        if not gone:
            return
        leaving = set(gone)
        heir = self._heir(leaving)
        for track_id in gone:
            del self._tracks[track_id], self._positions[track_id]
            self._overviews.pop(track_id, None)
            self._analyses.pop(track_id, None)
        self._order = tuple(track_id for track_id in self._order if track_id not in leaving)
        was, self._current = (
            self._current,
            heir,
        )  # first, so that no view meets a current track that is not there
        self.tracks_removed.emit(gone)
        if was != heir:
            self.current_changed.emit(heir)
            self.set_selection(None)

    def _heir(self, leaving: set[int]) -> int | None:
        """Return who is shown once these are gone: the next track down, else the next one up."""
        if self._current is None or self._current not in leaving:
            return self._current
        at = self._order.index(self._current)
        for track_id in (*self._order[at:], *reversed(self._order[:at])):
            if track_id not in leaving:
                return track_id
        return None

    def change(self, track_id: int, **fields: Any) -> None:
        """Change some fields of one track; nothing happens if it is not open or they are what they were."""
        old = self._tracks.get(track_id)
        if old is None:
            return
        # Compared before a new row is made: with thousands of tracks most changes are none.
        if any(getattr(old, name) != value for name, value in fields.items()):
            self._tracks[track_id] = replace(old, **fields)
            self.track_changed.emit(track_id)

    def set_current(self, track_id: int | None) -> None:
        """Show another track (or none); its selection starts empty."""
        if track_id is not None and track_id not in self._tracks:
            return
        if track_id == self._current:
            return
        self._current = track_id
        self.current_changed.emit(track_id)
        self.set_selection(None)

    def set_selection(self, selection: tuple[float, float] | None) -> None:
        """Select a region of the current track in seconds, in either direction, or nothing."""
        if selection is not None:
            start_s, end_s = sorted(selection)
            selection = (max(0.0, start_s), max(0.0, end_s))
            if self._current is None or selection[0] == selection[1]:
                selection = None
        if selection != self._selection:
            self._selection = selection
            self.selection_changed.emit(selection)

    def set_marks(self, track_id: int, marks: Iterable[Mark]) -> None:
        """Replace a track's marks."""
        ordered = tuple(sorted(marks))
        if ordered != self.marks(track_id):
            self._marks[track_id] = ordered
            self.marks_changed.emit(track_id)

    def put_overview(self, track_id: int, overview: Overview) -> None:
        """Keep a track's overview in memory; the least recently used one goes."""
        if track_id in self._tracks:
            self._keep(self._overviews, track_id, overview)
            self.overview_changed.emit(track_id)

    def put_analysis(self, track_id: int, analysis: Analysis) -> None:
        """Keep a track's analysis in memory; the least recently used one goes."""
        if track_id in self._tracks:
            self._keep(self._analyses, track_id, analysis)
            self.analysis_changed.emit(track_id)

    def forget_results(self, track_id: int) -> None:
        """Drop a track's overview and analysis from memory: they are not what became of it."""
        if self._overviews.pop(track_id, None) is not None:
            self.overview_changed.emit(track_id)
        self.forget_structure(track_id)
        if self._analyses.pop(track_id, None) is not None:
            self.analysis_changed.emit(track_id)

    def forget_analyses(self) -> None:
        """Drop all analyses from memory, because another model answers now."""
        dropped = list(self._analyses)
        self._analyses.clear()
        for track_id in dropped:
            self.analysis_changed.emit(track_id)

    def _keep(self, cache: OrderedDict[int, Any], track_id: int, value: Any) -> None:
        cache[track_id] = value
        cache.move_to_end(track_id)
        while len(cache) > RESULTS_KEPT:
            oldest = next(key for key in cache if key != self._current)
            del cache[oldest]

    def set_queue(self, queue: QueueState) -> None:
        """Say how far the queue is."""
        if queue != self._queue:
            self._queue = queue
            self.queue_changed.emit(queue)

    def set_model(self, model: ModelState) -> None:
        """Say which model answers."""
        if model != self._model:
            self._model = model
            self.model_changed.emit(model)

    def tell(self, message: str, level: NoticeLevel = "info") -> None:
        """Tell the person something, in a sentence."""
        self.notice.emit(message, level)


def _touch(cache: OrderedDict[int, _T], track_id: int) -> _T | None:
    if track_id not in cache:
        return None
    cache.move_to_end(track_id)
    return cache[track_id]
