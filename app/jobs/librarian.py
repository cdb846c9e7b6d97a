"""The librarian: one thread for the library, folders, tags and hashes. Plain Python; knows nothing of Qt."""

from __future__ import annotations

import heapq
import itertools
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from app.document import TrackState
from app.jobs import messages as say
from app.jobs.content import content_of, is_there, unchanged
from app.jobs.late_thread import LateThread
from app.jobs.tools import Card, Tools, lineage
from app.library.peek import peek_settings
from app.paths import library_file
from models.audio.files import presentable, shown_name
from models.errors import JobError

if TYPE_CHECKING:
    from app.library import Library, LineSummary, Ownership, Track

# What goes first. Within one rank the order of asking is kept, so that removing and opening again cannot cross.
_OPEN, _SHOW, _WRITE, _LOOK, _HASH = range(5)
#: Long chores pause after so many seconds, so that what a person asks for in between is done; and one message speaks of
#: no more tracks than this, so that a view draws them in one go.
_CHORE_S, _CHORE_TRACKS = 0.05, 200

_T = TypeVar("_T")


class Librarian:
    """Does on its own thread what would hold up the window; every public method answers at once.

    Parameters
    ----------
    post : callable
        Takes the messages.
    identify : callable
        Finds the card of a model by its id or folder.
    file : Path, optional
        The library, instead of the user's.
    tools : Tools, optional
        How folders are looked through, tags read and files hashed.
    """

    def __init__(
        self,
        post: say.Post,
        identify: Callable[[str], Card],
        file: Path | None = None,
        tools: Tools | None = None,
    ) -> None:
        self._post = post
        self._identify = identify
        self._file = file
        self._tools = tools or Tools()
        self._change = threading.Condition()
        self._tasks: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._closing = False
        self._thread = LateThread("affekt-librarian", self._run)
        #: Wait, after `close`, so many seconds for the thread to end; whether it has.
        self.join = self._thread.join
        self._at_the_end: Callable[[], object] = lambda: None
        self._opened = threading.Event()
        self._open_library: Library | None = None
        self._ownership: Ownership | None = None
        self._why_not = JobError("internal", "The library was closed before it was open.")
        self._dirty: dict[str, Any] = {}
        self._wanted = 0  # number of the newest `load`: older ones are not worth reading any more
        # Touched by the librarian's thread only:
        self._model = ""
        self._tags_to_read: deque[tuple[int, Path]] = deque()
        self._to_hash: deque[tuple[int, Path]] = deque()
        self._to_check: deque[Track] = deque()
        self._told: set[str] = set()
        # Read at once, by the standard library alone: a window asks before its first paint.
        try:
            self._settings = peek_settings(file or library_file())
        except JobError:
            self._settings = {}

    # Called from the GUI thread; each answers at once

    def open(self, model: str) -> None:
        """Open the library, and say what was open last time and what `model` found in it."""
        self._do(_OPEN, lambda: self._open(model))

    def library(self) -> Library:
        """Return the library, waiting until it is open; for the worker's thread."""
        self._opened.wait()
        if self._open_library is None:
            raise self._why_not
        return self._open_library

    def scan(self, paths: Sequence[Path]) -> None:
        """Look for audio files under the paths and put them on the list."""
        self._do(_WRITE, lambda: self._scan(paths))

    def write(self, change: Callable[[Library], None]) -> None:
        """Change something in the library; changes are made in the order of asking."""
        self._do(_WRITE, lambda: change(self.library()))

    def look(self, task: Callable[[Library], None]) -> None:
        """Read something in the library once nothing else that a person waits for is to be done."""
        self._do(_LOOK, lambda: task(self.library()))

    @property
    def owned(self) -> bool:
        """Whether this is the window that has the library, once it is open."""
        return self._ownership is not None and self._ownership.held

    def bring_in(self, paths: Sequence[Path], missing: Collection[Path] = ()) -> say.Scanned:
        """Put files on the list in the library, also those that are missing; on this thread only."""
        library, card, states = self.library(), self._card(), list[TrackState]()
        new, known = library.add_tracks(paths)
        library.set_missing({track.id: True for track in new if track.path in missing})
        for track in new:
            summary, gone = None, track.path in missing
            if card is not None and unchanged(track.path, track.content) and track.sha256 is not None:
                summary = self._find_summary(track.sha256, card)
            states.append(_state(replace(track, missing=gone), summary, new=not gone))
        statuses = {track.id: track.status for track in new}
        library.set_status([s.id for s in states if s.status == "queued" != statuses[s.id]], "queued")
        library.set_status([s.id for s in states if s.status == "missing"], "waiting")
        self._tags_to_read.extend((track.id, track.path) for track in new)
        self._do(_LOOK, lambda: self._chore(_LOOK, self._tags_to_read, self._read_tags))
        if card is not None and any(library.has_analyses(*model) for model in lineage(card)):
            self._to_hash.extend((state.id, state.path) for state in states if state.status == "queued")
            self._do(_HASH, lambda: self._chore(_HASH, self._to_hash, self._find_known))
        return say.Scanned(states, {track.id: track.position for track in new}, known)

    def mark(self, choose: Callable[[], Sequence[int]], status: str) -> None:
        """Keep a status of the tracks that `choose` names when their turn to be written has come.

        The worker may long have written what became of them by then; it must not be overwritten by what was.
        """
        self._do(_WRITE, lambda: self._mark(choose, status))

    def switch_model(self, model: str) -> None:
        """Say what another model found in the tracks of the list."""
        self._do(_WRITE, lambda: self._switch_model(model))

    def load(self, track_id: int, model: str) -> None:
        """Read a track's results, unless another track is asked for before its turn comes."""
        self._wanted += 1
        number = self._wanted
        self._do(_SHOW, lambda: self._load(track_id, model, number))

    def fetch(self, track_id: int, model: str) -> None:
        """Read a track's results besides those of the one that is shown."""
        self._do(_SHOW, lambda: self._load(track_id, model, self._wanted))

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a kept setting."""
        return self._settings.get(name, default)

    def set_setting(self, name: str, value: Any) -> None:
        """Keep a setting; many changes in a row are written once."""
        if name in self._settings and self._settings[name] == value:
            return
        self._settings[name] = value
        with self._change:
            writing = bool(self._dirty)
            self._dirty[name] = value
        if not writing:
            self._do(_WRITE, self._write_settings)

    def close(self, at_the_end: Callable[[], object] = lambda: None) -> None:
        """Ask the thread to write what is to be written, to wait for `at_the_end`, to close the library and to end."""
        with self._change:
            self._at_the_end = at_the_end
            self._closing = True
            self._tasks = [task for task in self._tasks if task[0] in (_OPEN, _WRITE)]
            heapq.heapify(self._tasks)
            if not self._thread.begun:
                self._opened.set()  # nobody else will
            self._change.notify_all()

    # The thread

    def _do(self, rank: int, task: Callable[[], None]) -> None:
        with self._change:
            if self._closing:
                return
            heapq.heappush(self._tasks, (rank, next(self._numbers), task))
            self._thread.begin()
            self._change.notify_all()

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closing or self._ready())
                if not self._ready():
                    break
                rank, _, task = heapq.heappop(self._tasks)
            try:
                task()
            except JobError as error:
                self._tell(error.message, rank)
            except Exception as error:
                if sys.stderr is not None:  # None in a windowed build
                    traceback.print_exception(error)
                self._tell("A fault in the program kept it from finishing a step.", rank)
        self._opened.set()
        self._at_the_end()
        if self._open_library is not None:
            self._open_library.close()
        if self._ownership is not None:
            self._ownership.release()

    def _tell(self, message: str, rank: int) -> None:
        """Tell of a trouble; a chore that meets it with each of thousands of files tells it once."""
        if rank < _LOOK or message not in self._told:
            self._post(say.Notice(message, "error"))
        self._told.add(message)

    def _chore(self, rank: int, pending: deque[_T], step: Callable[[Iterator[_T]], None]) -> None:
        """Do a part of a long chore, and let the rest follow what is more urgent; one bad file does not end it."""
        end = time.monotonic() + _CHORE_S

        def some() -> Iterator[_T]:
            for _ in range(min(_CHORE_TRACKS, len(pending))):
                yield pending.popleft()
                if time.monotonic() > end:
                    return

        try:
            step(some())
        finally:
            if pending:
                self._do(rank, lambda: self._chore(rank, pending, step))

    def _ready(self) -> bool:
        """Whether there is a task that can be done; before the library is open only opening it can."""
        return bool(self._tasks) and (self._opened.is_set() or self._tasks[0][0] == _OPEN)

    # Its work

    def _open(self, model: str) -> None:
        from app.library import Ownership, open_library, take_up

        try:
            self._open_library, notices = open_library(self._file)
        except JobError as error:  # not even a temporary one: whoever needs it is told why
            self._why_not = error
            raise
        finally:
            self._opened.set()
        library = self._open_library
        self._model = model
        for notice in notices:
            self._post(say.Notice(notice, "warning"))
        self._ownership = Ownership(library.file)
        tracks = library.tracks()
        unfinished = take_up(library, tracks, self._ownership.held)
        summaries = self._summaries()
        states = [_state(track, summaries.get(track.id)) for track in tracks]
        self._post(
            say.LibraryOpened(
                states,
                {track.id: track.position for track in tracks},
                [track_id for track_id in unfinished.queued if track_id not in summaries],
                unfinished.held,
                library.marks.of_all(),
                library.labels.raters(),
                library.labels.of_all(),
                library.moments.of_all(),
            )
        )
        self._post(say.LayersRead(library.layers.of_all()))
        self._post(say.RatingsRead(library.ratings.of_all()))
        if unfinished.notice:
            self._post(say.Notice(unfinished.notice, "warning"))
        self._to_check.extend(tracks)
        self._do(_LOOK, lambda: self._chore(_LOOK, self._to_check, self._check))

    def _summaries(self) -> dict[int, LineSummary]:
        card, found = self._card(), dict[int, "LineSummary"]()
        for model in reversed(lineage(card) if card is not None else []):
            found |= self.library().summaries(*model)
        return found

    def _find_summary(self, sha256: str, card: Card) -> LineSummary | None:
        found = (self.library().find_summary(sha256, *model) for model in lineage(card))
        return next((line for line in found if line is not None), None)

    def _card(self, model: str | None = None) -> Card | None:
        try:
            return self._identify(self._model if model is None else model)
        except JobError:
            return None  # the worker says so when it loads the model

    def _check(self, tracks: Iterator[Track]) -> None:
        """Look which files of the list are gone, are back, or have changed since they were hashed."""
        library = self.library()
        summaries: dict[int, LineSummary] | None = None
        fields: dict[int, Mapping[str, object]] = {}
        missing: dict[int, bool] = {}
        changed: list[int] = []
        for track in tracks:
            gone = not is_there(track.path)
            if gone != track.missing:
                missing[track.id] = gone
                summaries = self._summaries() if summaries is None else summaries
                seen = _state(replace(track, missing=gone), summaries.get(track.id))
                fields[track.id] = {"status": seen.status}
            if not gone and track.content is not None and not unchanged(track.path, track.content):
                library.set_content(track.id, None)
                changed.append(track.id)
        library.set_missing(missing)
        if fields or changed:
            self._post(say.FilesChecked(fields, changed))

    def _scan(self, paths: Sequence[Path]) -> None:
        files = self._tools.find_audio(paths)
        if not files:
            names = ", ".join(shown_name(path) for path in paths[:3])
            more = "" if len(paths) <= 3 else f" and {len(paths) - 3} more"
            self._post(say.Notice(f"No audio files were found in {names}{more}.", "warning"))
            return
        self._post(self.bring_in(list(files)))

    def _read_tags(self, tracks: Iterator[tuple[int, Path]]) -> None:
        tags = {track_id: self._tools.read_tags(path) for track_id, path in tracks if is_there(path)}
        if tags:
            fields = {
                track_id: {
                    "title": presentable(tag.title),
                    **({"artist": presentable(tag.artist)} if tag.artist else {}),
                    "duration_s": tag.duration_s,
                }
                for track_id, tag in tags.items()
            }
            self._post(say.TagsRead(fields))
            self.library().set_tags(tags)

    def _find_known(self, tracks: Iterator[tuple[int, Path]]) -> None:
        """Find contents that were analysed before, under whatever name, ahead of the queue."""
        library = self.library()
        card = self._card()
        if card is None:
            self._to_hash.clear()
            return
        found: dict[int, say.Summary] = {}
        for track_id, path in tracks:
            try:
                content = content_of(library, track_id, path, self._tools.sha256_of)
            except JobError:
                continue  # the worker will say what is wrong with it
            summary = self._find_summary(content.sha256, card)
            if summary is not None:
                found[track_id] = _summary(summary)
        if found:
            library.set_status(found, "done")
            self._post(say.FoundInLibrary(self._model, found))

    def _mark(self, choose: Callable[[], Sequence[int]], status: str) -> None:
        with self.library().turn():
            self.library().set_status(choose(), status)

    def _switch_model(self, model: str) -> None:
        self._model = model
        self._to_hash.clear()
        summaries = self._summaries()
        self._post(say.ModelSwitched(model, {track_id: _summary(line) for track_id, line in summaries.items()}))

    def _load(self, track_id: int, model: str, number: int) -> None:
        if number != self._wanted:
            return
        library = self.library()
        sha256 = library.track(track_id).sha256
        overview = analysis = None
        try:
            if sha256 is not None:
                card = self._card(model)  # which may be about to become the one that answers
                found = (library.find_analysis(sha256, *by) for by in (lineage(card) if card is not None else []))
                both = next((one for one in found if one is not None), None)
                overview, analysis = both if both is not None else (library.find_overview(sha256), None)
        finally:
            # Also where the library is damaged there: what it has not, the model is asked for again.
            self._post(say.ResultsLoaded(track_id, model, overview, analysis))

    def _write_settings(self) -> None:
        with self._change:
            dirty, self._dirty = self._dirty, {}
        for name, value in dirty.items():
            self.library().set_setting(name, value)


def _summary(line: LineSummary) -> say.Summary:
    """Take from the library's line what the list shows."""
    return say.Summary(line.quadrant, line.probability, line.unfamiliar)


def _state(track: Track, summary: LineSummary | None, new: bool = False) -> TrackState:
    """Show a track of the library as a row of the list."""
    state = TrackState(track.id, track.path, track.title, track.artist, track.duration_s)
    fields: dict[str, Any] = {"status": "queued" if new else "waiting"}
    if summary is not None:
        fields = {"status": "done", "progress": 1.0, **asdict(_summary(summary))}
    elif track.status == "failed" and not new:
        fields = {"status": "failed", "error": track.error}
    if track.missing and not new:
        fields["status"] = "missing"
    return replace(state, **fields)
