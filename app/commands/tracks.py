"""Opening tracks, taking them off the list, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from app.document import Document, TrackState


class Bench(Protocol):
    """What the commands need besides the document; both answer at once and work elsewhere."""

    def submit(self, track_ids: Sequence[int]) -> None:
        """Queue tracks for analysis."""
        ...

    def withdraw(self, track_ids: Sequence[int]) -> None:
        """Cancel what is queued or running for these tracks."""
        ...

    def move(self, paths: Mapping[int, Path]) -> None:
        """Take tracks' files from these places from now on, and look what is in them."""
        ...

    def hide(self, track_ids: Sequence[int]) -> None:
        """Take tracks off the list in the library, recoverably."""
        ...

    def show(self, positions: Mapping[int, int]) -> None:
        """Put tracks back on the list in the library, at these positions."""
        ...


def count(n: int) -> str:
    """Return "1 track" or "n tracks"."""
    return "1 track" if n == 1 else f"{n:,} tracks"


def _put_back(document: Document, bench: Bench, tracks: Sequence[TrackState], positions: Mapping[int, int]) -> None:
    unfinished = [track.id for track in tracks if track.status in ("queued", "analysing")]
    again = [
        replace(track, status="queued", progress=0.0, stage="") if track.status == "analysing" else track
        for track in tracks
    ]
    document.insert(again, positions)
    bench.show(positions)
    bench.submit(unfinished)


class OpenPaths:
    """Tracks that were found under the paths a person opened come to the list and are analysed.

    The files have been looked for, and have got their rows in the library, before: a folder of thousands is not read on
    the GUI thread.
    """

    def __init__(
        self, document: Document, bench: Bench, tracks: Sequence[TrackState], positions: Mapping[int, int]
    ) -> None:
        self._document = document
        self._bench = bench
        self._tracks = tuple(tracks)
        self._positions = dict(positions)
        self._current_before: int | None = None
        self.text = f"Opened {count(len(tracks))}"

    def do(self) -> None:
        """Put the tracks on the list, queue them, and show the first if it is the only one or nothing is shown."""
        self._current_before = self._document.current
        _put_back(self._document, self._bench, self._tracks, self._positions)
        if self._document.current is None or len(self._tracks) == 1:
            self._document.set_current(self._tracks[0].id)

    def undo(self) -> None:
        """Take them off the list, remembering how far they had come."""
        document = self._document
        self._tracks = tuple(document.track(t.id) for t in self._tracks if t.id in document)
        ids = [track.id for track in self._tracks]
        self._bench.withdraw(ids)
        document.remove(ids)
        self._bench.hide(ids)
        if self._current_before is not None:
            document.set_current(self._current_before)


class RemoveTracks:
    """Tracks leave the list. Their files stay where they are, and their analyses stay in the library."""

    def __init__(self, document: Document, bench: Bench, track_ids: Iterable[int]) -> None:
        self._document = document
        self._bench = bench
        self._ids = [track_id for track_id in track_ids if track_id in document]
        self._tracks: list[TrackState] = []
        self._positions: dict[int, int] = {}
        self._current: int | None = None
        self.text = f"Removed {count(len(self._ids))}"

    def do(self) -> None:
        """Take them off the list and cancel their work."""
        document = self._document
        self._current = document.current
        self._tracks = [document.track(track_id) for track_id in self._ids]
        self._positions = {track_id: document.position(track_id) for track_id in self._ids}
        self._bench.withdraw(self._ids)
        document.remove(self._ids)
        self._bench.hide(self._ids)

    def undo(self) -> None:
        """Put them back where they were; what was queued is queued again."""
        _put_back(self._document, self._bench, self._tracks, self._positions)
        if self._current in self._positions:
            self._document.set_current(self._current)


class FindAgain:
    """Files that were not where they were lie elsewhere: the tracks keep their marks and their results."""

    def __init__(self, document: Document, bench: Bench, paths: Mapping[int, Path]) -> None:
        self._bench = bench
        self._new = dict(paths)
        self._old = {track_id: document.track(track_id).path for track_id in paths}
        self.text = f"Found {count(len(self._new))} again"

    def do(self) -> None:
        """Take the files from where they are."""
        self._bench.move(self._new)

    def undo(self) -> None:
        """Look for them where they were."""
        self._bench.move(self._old)


class ClearList(RemoveTracks):
    """All tracks leave the list."""

    def __init__(self, document: Document, bench: Bench) -> None:
        super().__init__(document, bench, document.order)
        self.text = f"Cleared the list ({count(len(self._ids))})"
