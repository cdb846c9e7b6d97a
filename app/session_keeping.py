"""The session file: what is open is kept in it, and it is written a few seconds after each change.

Without a file what is shown is noted beside the library, so that a crash loses nothing either way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from app.commands import (
    AddLayers,
    AddMark,
    Command,
    CommandStack,
    Hold,
    NameMark,
    OpenPaths,
    RemoveTracks,
    SetMoment,
    Several,
)
from app.commands.comparison import Compare
from app.jobs import messages as say
from app.jobs.session_files import SessionFiles
from app.session_words import opened_words
from app.sessions.content import SUFFIX, SavedModel, SessionContent, View
from app.sessions.merging import Incoming, incoming, together

if TYPE_CHECKING:
    from app.document import Document
    from app.jobs.desk import Desk
    from app.sessions.writing import Stamp
    from models.errors import JobError

#: So long after a trouble it is tried again (s).
RETRY_S = 15.0
#: So long after opening a session its view comes to rest (s).
SETTLES_S = 5.0
#: How many sessions are remembered.
MOST_RECENT = 8
_RECENT = "session.recent"
_AGAIN = f"It is tried again every {RETRY_S:.0f} seconds; nothing is lost while the program runs."


class Keeper:
    """Saves, opens and keeps session files. GUI thread only; everything answers at once.

    Parameters
    ----------
    document, commands, desk
        The session's.
    sha256_of : callable
        Reads and hashes a file.
    set_model : callable
        Lets a model answer, by its id; whether there is such a model.
    keep_compared : callable
        Keeps which recordings are compared.
    clock : callable
        Seconds that only go forward.

    Attributes
    ----------
    file : Path or None
        The session that is open.
    trouble : str
        Why it is not saved, for people; empty while it is.

    Signals
    -------
    changed()
        `file` or `trouble` is new.
    view_wanted(View)
        The window shall show this.
    """

    changed = Signal()
    view_wanted = Signal(object)

    def __init__(
        self,
        document: Document,
        commands: CommandStack,
        desk: Desk,
        sha256_of: Callable[[Path], str],
        set_model: Callable[[str], bool],
        keep_compared: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._document = document
        self._commands = commands
        self._desk = desk
        self._set_model = set_model
        self._keep_compared = keep_compared
        self._clock = clock
        self._files = SessionFiles(desk.post, desk.librarian, sha256_of)
        desk.on_session = self._apply
        self.file: Path | None = None
        self.trouble = ""
        self._stamps: dict[Path, Stamp] = {}  # of each session, as it was written or read last
        self._view = View()
        self._known_last = False  # whether it is known what was open last time: only then may that be written over
        self._number = 0
        self._by_hand: set[int] = set()
        self._over = False  # what a person asked to be saved is not written yet: it may be, over whatever lies there
        self._writing: tuple[int, int] | None = None  # number of what is being written, and the changes that it has
        self._changes = 0
        self._written = 0  # as many changes are in the file
        self._not_before = 0.0
        self._settles_until = 0.0
        self._note_failed, self._note_again = False, 0.0
        self._noted: dict[str, Any] | None = None
        self._noting: tuple[int, dict[str, Any]] | None = None
        self._paths: dict[int, Path] = {}
        self._closed = False
        for signal in (
            document.marks_changed, document.moments_changed, document.layers_changed, document.tracks_inserted,
            document.tracks_removed, document.tracks_reset, document.current_changed, document.selection_changed,
            document.compared_changed,
        ):  # fmt: skip
            signal.connect(self._change)
        document.track_changed.connect(self._track_changed)
        document.model_changed.connect(self._model_changed)
        self._model = ""

    # What a person does

    @property
    def name(self) -> str:
        """What the session is called; empty without one."""
        return "" if self.file is None else self.file.stem

    @property
    def recent(self) -> list[Path]:
        """Sessions that were open of late, the newest first."""
        kept = self._desk.librarian.setting(_RECENT, [])
        return [Path(one) for one in kept if isinstance(one, str)] if isinstance(kept, list) else []

    def start(self) -> None:
        """Find out what was open last time, and from now on note what is. Call once, when the library opens."""
        self._files.look_back()

    def open(self, file: Path) -> None:
        """Open a session: its recordings are the list from then on. Undoable; what is there is not lost.

        A file that cannot be used is told of, and nothing changes.
        """
        self.flush()
        self._files.read(file.absolute())

    def save(self) -> bool:
        """Save the session that is open now; False if there is none, and a name is to be asked for."""
        if self.file is None:
            return False
        self._write(by_hand=True)
        return True

    def save_as(self, file: Path) -> None:
        """Save what is open under a name, and keep it there from now on."""
        if file.suffix.lower() != SUFFIX:
            file = file.with_name(file.name + SUFFIX)
        self._hold(file.absolute())
        self._write(by_hand=True)

    def let_go(self) -> None:
        """Close the session: it is saved once more, and what is on the list stays there."""
        if self.file is not None:
            self.flush()
            self._hold(None)

    def tick(self, view: View) -> None:
        """Take what the window shows, and write what has changed; call every two seconds or so."""
        before = self._view
        if view != before:
            # Where the playhead is, alone, is not worth a writing of all while music plays.
            same = (view.workspace, view.range_s, view.pages) == (before.workspace, before.range_s, before.pages)
            if not same and self._clock() > self._settles_until:
                self._change()
            self._view = view
        if self._closed or not self._known_last:
            return
        waits = self._writing is not None or self._clock() < self._not_before
        if self.file is not None and self._changes > self._written and not waits:
            self._write()
        self._note()  # after that: what is noted names what the file holds by then

    def flush(self) -> None:
        """Write now what has changed."""
        if self.file is not None and self._changes > self._written:
            self._write()

    def close(self) -> None:
        """Write what has changed, and note that the program ended well; the librarian closes after that."""
        if not self._closed:
            self._closed = True
            self.flush()
            if self._known_last:
                self._files.note(self._state(), 0, closing=True)
            else:  # closed at once: what was noted last time stands
                self._files.end_well()

    # What the librarian says

    def _apply(self, message: say.SessionMessage) -> None:
        if isinstance(message, say.SessionRead):
            self._opened(message)
        elif isinstance(message, say.SessionWritten):
            self._was_written(message)
        elif isinstance(message, say.LastTime):
            self._last_time(message)

    def _last_time(self, message: say.LastTime) -> None:
        self._known_last = True
        document, state = self._document, message.state
        if message.file is not None and self.file is None:
            if message.session == "same":
                self._hold(message.file, message.stamp)
                self._settle()
            elif message.session == "changed":
                self._files.read(message.file)
                return
            else:
                document.tell(
                    f"The session {message.file} is not where it was. What was in it is here; "
                    "save it (Ctrl+Alt+S) to keep it as a file again.",
                    "warning",
                )
        if message.crashed and state and document.order:
            track, selection, view = state.get("track"), _pair(state.get("selection_s")), state.get("view")
            if isinstance(track, int) and track in document:
                document.set_current(track)
                self._desk.show_current()
                if document.current == track:
                    document.set_selection(selection)
                    self.view_wanted.emit(_view(view if isinstance(view, dict) else {}))
            document.tell("Recovered what was open when the program ended unexpectedly.")

    def _was_written(self, message: say.SessionWritten) -> None:
        if self._noting is not None and message.number == self._noting[0]:
            self._was_noted(message.error, self._noting[1])
            return
        by_hand = message.number in self._by_hand
        self._by_hand.discard(message.number)
        if self._writing is None or message.number != self._writing[0]:
            return  # of a session that is no longer open
        changes, self._writing = self._writing[1], None
        if message.error is None:
            self._written, self._over = changes, False
            if message.stamp is not None:
                self._stamps[message.file] = message.stamp
            if by_hand or self.trouble:
                self._document.tell(f"Saved the session {message.file}.")
        self._say_trouble(message.error, loud=by_hand)

    def _was_noted(self, error: JobError | None, state: dict[str, Any]) -> None:
        self._noting = None
        if error is None:
            self._noted, self._note_failed = state, False
            return
        self._note_again = self._clock() + RETRY_S
        if not self._note_failed and self.file is None:  # of a session it is said when that is written
            self._document.tell(f"{error.message} {_AGAIN}", "warning")
        self._note_failed = True

    def _say_trouble(self, error: JobError | None, loud: bool = False) -> None:
        """Say once that it cannot be saved, and again when a person asks; it is tried until it can."""
        trouble = "" if error is None else error.message
        if error is not None:
            self._not_before = self._clock() + RETRY_S
            if loud or not self.trouble:
                self._document.tell(f"{trouble} {_AGAIN}", "warning")
        if trouble != self.trouble:
            self.trouble = trouble
            self.changed.emit()

    def _opened(self, message: say.SessionRead) -> None:
        """Do what opening a session means, as one command."""
        document, shelf, content = self._document, self._desk.shelf, message.content
        taken = document.kept_ids
        steps: list[Command] = []
        come: dict[int, Incoming] = {}
        for track_id, saved in together(message.ids, content.tracks).items():
            there = document.marks(track_id), document.moments(track_id), document.layers(track_id)
            come[track_id] = new = incoming(saved, track_id, *there, taken)
            steps += [AddMark(document, shelf, track_id, mark) for mark in new.marks]
            steps += [NameMark(document, shelf, track_id, mark, name) for mark, name in new.named]
            steps += [SetMoment(document, shelf, None, moment) for moment in new.moments]
            steps += [AddLayers(document, shelf, new.layers)] if new.layers else []
        others = [track_id for track_id in document.order if track_id not in come]
        if message.tracks:
            steps.insert(0, OpenPaths(document, self._desk, message.tracks, message.positions))
        if others:
            steps.append(RemoveTracks(document, self._desk, others))
        compared = [message.ids[i] for i in content.compared]
        steps.append(Compare(document, compared, "", self._keep_compared))
        before = self.file
        self._stamps[message.file] = message.stamp
        steps.append(Hold(lambda: self._hold(message.file), lambda: self._hold(before)))
        self._commands.run(Several(steps, f"Opened the session “{message.file.stem}”"))
        shown = None if content.shown is None else message.ids[content.shown]
        if shown is not None:
            document.set_current(shown)
        self._desk.show_current()
        model = self._take_model(content.model)
        if shown is not None and document.current == shown:
            document.set_selection(content.selection_s)
        document.set_along(content.along)
        self.view_wanted.emit(content.view)
        self._settle()
        document.tell(opened_words(message, list(come.values()), len(others), model))

    def _take_model(self, model: SavedModel) -> str:
        """Let the session's model answer; its name if it is not here."""
        if not model.id or model.id == self._desk.answering[0] or self._set_model(model.id):
            return ""
        return model.name or model.id

    # What is written

    def _hold(self, file: Path | None, stamp: Stamp | None = None) -> None:
        self.file, self.trouble = file, ""
        self._writing, self._not_before, self._over = None, 0.0, False
        self._change()
        if file is not None and stamp is not None:
            self._stamps[file] = stamp
        if file is not None:
            recent = [str(file), *(str(one) for one in self.recent if one != file)]
            self._desk.librarian.set_setting(_RECENT, recent[:MOST_RECENT])
        self.changed.emit()

    def _settle(self) -> None:
        """A session that was only opened is not written: the view may still follow for a moment."""
        self._written, self._settles_until = self._changes, self._clock() + SETTLES_S

    def _change(self, *_args: object) -> None:
        self._changes += 1

    def _track_changed(self, track_id: int) -> None:
        if self.file is None:
            return
        path = self._document.track(track_id).path
        if self._paths.setdefault(track_id, path) != path:
            self._paths[track_id] = path
            self._change()

    def _model_changed(self, *_args: object) -> None:
        if self._desk.answering[0] != self._model:
            self._model = self._desk.answering[0]
            self._change()

    def _write(self, by_hand: bool = False) -> None:
        if self.file is None:
            return
        document, view = self._document, self._view
        where = {track_id: i for i, track_id in enumerate(document.order)}
        content = SessionContent(
            (),
            None if document.current is None else where[document.current],
            document.selection,
            tuple(where[i] for i in document.compared if i in where),
            document.along,
            view,
            SavedModel(*self._desk.answering, document.model.name),
        )
        self._number += 1
        self._writing = (self._number, self._changes)
        if by_hand:
            self._by_hand.add(self._number)
        self._over = self._over or by_hand
        tracks = [
            (document.track(i), document.marks(i), document.moments(i), document.layers(i)) for i in document.order
        ]
        self._paths = {track.id: track.path for track, *_ in tracks}
        self._files.write(self.file, content, tracks, self._number, self._over)

    def _state(self) -> dict[str, Any]:
        view, stamp = self._view, None if self.file is None else self._stamps.get(self.file)
        return {
            "schema": "affekt.state/1",
            "session": None if self.file is None else str(self.file),
            "digest": None if stamp is None else stamp.digest,
            "track": self._document.current,
            "selection_s": self._document.selection,
            "view": {
                "workspace": view.workspace,
                "range_s": view.range_s,
                "playhead_s": view.playhead_s,
                "pages": view.pages,
            },
        }

    def _note(self) -> None:
        state = self._state()
        if state != self._noted and self._noting is None and self._clock() >= self._note_again:
            self._number += 1
            self._noting = (self._number, state)
            self._files.note(state, self._number)


def _pair(value: object) -> tuple[float, float] | None:
    numbers = isinstance(value, list) and len(value) == 2 and all(type(one) in (int, float) for one in value)
    return (float(value[0]), float(value[1])) if numbers and isinstance(value, list) else None


def _view(kept: Mapping[str, Any]) -> View:
    """Take a view from what was noted beside the library."""
    workspace, playhead_s, pages = kept.get("workspace"), kept.get("playhead_s"), kept.get("pages")
    return View(
        workspace if isinstance(workspace, str) else "",
        _pair(kept.get("range_s")),
        float(playhead_s) if isinstance(playhead_s, int | float) else 0.0,
        {name: one for name, one in pages.items() if isinstance(one, dict)} if isinstance(pages, dict) else {},
    )
