"""Marks in the library, in the document, and through the end of the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.library import Library, Mark
from models.errors import JobError


@pytest.fixture
def library(tmp_path: Path):
    library = Library(tmp_path / "library.sqlite3")
    yield library
    library.close()


def test_marks_are_kept_by_track_in_the_order_of_time(library: Library, tmp_path: Path) -> None:
    one, two = library.add_tracks([Path("/music/a.mp3"), Path("/music/b.mp3")])[0]
    for time_s in (67.3, 0.1 + 0.2, 5.0):
        library.marks.add(one.id, Mark(time_s))
    library.marks.add(two.id, Mark(1.0, "再现部"))
    again = Library(tmp_path / "library.sqlite3")
    assert again.marks.of_all() == {
        one.id: (Mark(0.1 + 0.2), Mark(5.0), Mark(67.3)),
        two.id: (Mark(1.0, "再现部"),),
    }
    again.close()


def test_an_instant_has_one_mark(library: Library) -> None:
    track = library.add_track(Path("/music/a.mp3"))
    library.marks.add(track.id, Mark(1.5))
    library.marks.add(track.id, Mark(1.5, "Coda"))
    assert library.marks.of_all() == {track.id: (Mark(1.5, "Coda"),)}
    library.marks.remove(track.id, 1.6)  # nothing is there: nothing happens
    assert library.marks.of_all() == {track.id: (Mark(1.5, "Coda"),)}
    library.marks.remove(track.id, 1.5)
    assert library.marks.of_all() == {}


def test_marks_outlive_the_removal_of_their_track(library: Library) -> None:
    track = library.add_track(Path("/music/a.mp3"))
    library.marks.add(track.id, Mark(1.5))
    library.remove_track(track.id)
    back = library.add_track(Path("/music/a.mp3"))
    assert library.marks.of_all() == {back.id: (Mark(1.5),)}


def test_a_mark_belongs_to_a_track_that_is_there(library: Library) -> None:
    with pytest.raises(JobError):
        library.marks.add(99, Mark(1.0))
