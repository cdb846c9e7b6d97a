"""Session files and the state beside the library, read and written on the librarian's thread."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.document import TrackState
from app.jobs import messages as say
from app.jobs.librarian import Librarian
from app.library.rows import KeptLayer, Mark, Moment
from app.sessions.content import SavedTrack, SessionContent
from app.sessions.finding import find
from app.sessions.reading import MOST_BYTES, read_session
from app.sessions.writing import Stamp, encode, is_another, stamp_of, write
from models.errors import JobError

if TYPE_CHECKING:
    from app.library import Library, Track

#: A track with what a person set in it: thousands of them are put together while the window waits.
Kept = tuple[TrackState, tuple[Mark, ...], tuple[Moment, ...], tuple[KeptLayer, ...]]


class SessionFiles:
    """Reads and writes what is open; every public method answers at once.

    Parameters
    ----------
    post : callable
        Takes the messages.
    librarian : Librarian
        On whose thread it is done: in the order of asking, and after what was changed before.
    sha256_of : callable
        Reads and hashes a file.
    """

    def __init__(self, post: say.Post, librarian: Librarian, sha256_of: Callable[[Path], str]) -> None:
        self._post = post
        self._librarian = librarian
        self._sha256_of = sha256_of
        #: Of each session, as it was read or written last; touched by the librarian's thread only.
        self._stamps: dict[str, Stamp] = {}

    def read(self, file: Path) -> None:
        """Read a session, look for its recordings, and put them on the list in the library (`SessionRead`)."""
        self._librarian.write(lambda library: self._read(file, library))

    def write(self, file: Path, content: SessionContent, tracks: Sequence[Kept], number: int, over: bool) -> None:
        """Write a session (`SessionWritten`).

        Parameters
        ----------
        file : Path
            Where to.
        content : SessionContent
            What, but for the tracks.
        tracks : sequence of Kept
            These; hashes and sizes come from the library.
        number : int
            Comes back with the message.
        over : bool
            Whether a person wants it there, whatever lies there: that is kept beside it. Otherwise nothing is written
            over that another program has written since it was read or written here.
        """

        def work(library: Library) -> None:
            stamp: Stamp | None = None
            error: JobError | None = JobError("internal", "A fault in the program kept the session from being saved.")
            try:
                if not over and is_another(file, self._stamps.get(str(file))):
                    raise JobError(
                        "bad_data",
                        f"The session “{file.name}” was changed by another program since it was opened. "
                        "It is left alone: save under another name, or open it again.",
                    )
                rows = {track.id: track for track in library.tracks()}
                saved = tuple(_saved(kept, rows.get(kept[0].id)) for kept in tracks)
                data = encode(replace(content, tracks=saved), file)
                write(file, data, back_up=over)
                stamp = self._stamps[str(file)] = stamp_of(file, data)
                error = None
            except JobError as one:
                error = one
            finally:  # also of a fault: whoever waits for it would wait for ever
                self._post(say.SessionWritten(file, number, stamp, error))

        self._librarian.write(work)

    def look_back(self) -> None:
        """Say what was open last time, and note that the program runs (`LastTime`); not if another window does that."""
        self._librarian.write(self._look_back)

    def note(self, state: Mapping[str, Any], number: int, closing: bool = False) -> None:
        """Keep beside the library what is open (`SessionWritten`); with `closing` also that the program ended well."""

        def work(library: Library) -> None:
            if not self._is_ours(library):
                self._post(say.SessionWritten(_state_file(library), number, None))
                return
            file, error = _state_file(library), None
            last = self._stamps.get(str(state.get("session")))  # it may have been written since this was asked for
            digest = state.get("digest") if last is None else last.digest
            if closing:  # first: also on a full disk it is no crash
                with contextlib.suppress(OSError):
                    _running(library).unlink()
            try:
                write(file, json.dumps({**state, "digest": digest}).encode("ascii"))
            except JobError as one:
                error = one
            self._post(say.SessionWritten(file, number, None, error))

        self._librarian.write(work)

    def end_well(self) -> None:
        """Note that the program ended well, and leave what is kept as it is."""

        def work(library: Library) -> None:
            if self._is_ours(library):
                with contextlib.suppress(OSError):
                    _running(library).unlink()

        self._librarian.write(work)

    # The thread

    def _read(self, file: Path, library: Library) -> None:
        from models.audio.tags import Tags

        content, data = read_session(file)
        stamp = self._stamps[str(file)] = stamp_of(file, data)
        places = find(content.tracks, file, library.places.of_content, self._sha256_of)
        paths = list(dict.fromkeys(place.path for place in places))
        missing = {place.path for place in places if place.state == "missing"}
        come = self._librarian.bring_in(paths, missing)
        ids = {track.path: track.id for track in library.tracks()}
        saved = {ids[place.path]: track for track, place in zip(content.tracks, places, strict=True)}
        tracks, tags = [], dict[int, Tags]()
        for state in come.tracks:
            one = saved[state.id]
            if state.duration_s is None:  # its tags were never read, and of a missing file they cannot be
                tags[state.id] = Tags(one.title or state.title, one.artist, "", one.duration_s)
                title = tags[state.id].title
                tracks.append(replace(state, title=title, artist=one.artist, duration_s=one.duration_s))
            else:
                tracks.append(state)
        library.set_tags(tags)
        of_each = [ids[place.path] for place in places]
        self._post(say.SessionRead(file, stamp, content, of_each, places, tracks, come.positions))

    def _is_ours(self, library: Library) -> bool:
        return self._librarian.owned and not library.temporary

    def _look_back(self, library: Library) -> None:
        if not self._is_ours(library):
            self._post(say.LastTime({}, False))
            return
        running = _running(library)
        crashed = running.exists()
        with contextlib.suppress(OSError):  # a folder that may not be written to: the library says so
            running.touch()
        state = _read_state(_state_file(library))
        message = say.LastTime(state, crashed)
        path = state.get("session")
        if isinstance(path, str) and path and "\0" not in path:
            message = replace(message, **_how_it_is(Path(path), state.get("digest")))
            if message.stamp is not None:
                self._stamps[path] = message.stamp
        self._post(message)


def _saved(kept: Kept, row: Track | None) -> SavedTrack:
    track, marks, moments, layers = kept
    content = None if row is None else row.content
    return SavedTrack(
        track.path,
        sha256="" if content is None else content.sha256,
        size_bytes=None if content is None else content.size_bytes,
        title=track.title,
        artist=track.artist,
        duration_s=track.duration_s,
        marks=marks,
        moments=moments,
        layers=layers,
    )


def _state_file(library: Library) -> Path:
    return library.file.with_name(f"{library.file.name}-open.json")


def _running(library: Library) -> Path:
    return library.file.with_name(f"{library.file.name}-running")


def _read_state(file: Path) -> dict[str, Any]:
    """Return what was noted; nothing if there is nothing readable."""
    try:
        if file.stat().st_size > MOST_BYTES:
            return {}
        state = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return state if isinstance(state, dict) and state.get("schema") == "affekt.state/1" else {}


def _how_it_is(file: Path, digest: object) -> dict[str, Any]:
    try:
        stamp = stamp_of(file, file.read_bytes())
    except OSError:
        return {"file": file, "session": "gone"}
    return {"file": file, "stamp": stamp, "session": "same" if stamp.digest == digest else "changed"}
