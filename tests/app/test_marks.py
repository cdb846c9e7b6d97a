"""Marks in the library, in the document, and through the end of the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.commands.marks import instant
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


def test_a_mark_is_set_taken_away_and_put_back(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music / "a.wav")
    run.idle()
    session, document = run.session, run.document
    a = run.id("a")
    told: list[int] = []
    document.marks_changed.connect(told.append)
    assert session.add_mark(7.31) == Mark(7.31)
    assert session.add_mark(2.0004, "Theme") == Mark(2.0, "Theme")
    both = (Mark(2.0, "Theme"), Mark(7.31))
    assert document.marks(a) == both
    assert told == [a, a]
    assert session.commands.undo_text == "Marked 0:02.0"
    assert session.remove_mark(2.5, reach_s=0.4) is None
    assert session.commands.undo_text == "Marked 0:02.0"
    assert session.remove_mark(2.5, reach_s=6.0) == Mark(2.0, "Theme")  # the nearer of two
    assert document.marks(a) == (Mark(7.31),)
    assert session.undo() == "Removed the mark at 0:02.0"
    assert document.marks(a) == both
    assert session.undo() == "Marked 0:02.0"
    assert session.undo() == "Marked 0:07.3"
    assert document.marks(a) == ()
    assert session.redo() == "Marked 0:07.3"
    assert document.marks(a) == (Mark(7.31),)


def test_what_cannot_be_marked_is_not(run_of, music: Path) -> None:
    run = run_of().start()
    assert run.session.add_mark(1.0) is None  # nothing is open
    assert run.session.remove_mark(1.0) is None
    run.open(music / "a.wav")
    run.idle()
    assert run.session.add_mark(float("nan")) is None
    assert run.session.add_mark(99.0) == Mark(12.0)
    assert run.session.add_mark(-1.0) == Mark(0.0)
    assert run.session.add_mark(0.0, "again") is None
    assert run.document.marks(run.id("a")) == (Mark(0.0), Mark(12.0))
    assert run.session.commands.undo_text == "Marked 0:00.0"


def test_each_track_has_its_own_marks_and_they_survive_everything(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music)
    run.idle()
    a, b = run.id("a"), run.id("b")
    run.session.select_track(a)
    run.session.add_mark(1.0)
    run.session.add_mark(3.0)
    run.session.select_track(b)
    run.session.add_mark(2.0, "Coda")
    run.session.remove_tracks([a])
    assert run.session.undo() == "Removed 1 track"
    assert run.document.marks(a) == (Mark(1.0), Mark(3.0))
    run.session.select_track(a)
    run.session.remove_mark(3.0)
    run.session.remove_tracks([a])
    run.end()

    again = run_of().start()
    assert again.document.marks(b) == (Mark(2.0, "Coda"),)
    again.open(music / "a.wav")  # it was taken off the list, and comes back with its marks
    assert again.document.marks(again.id("a")) == (Mark(1.0),)
    again.session.select_track(a)
    again.session.undo()  # what was done in the last session is not undone in this one
    assert again.document.marks(b) == (Mark(2.0, "Coda"),)


@pytest.mark.parametrize(
    ("time_s", "words"),
    [(0.0, "0:00.0"), (59.96, "0:59.9"), (67.3, "1:07.3"), (3599.0, "59:59.0"), (7384.25, "2:03:04.2")],
)
def test_instants_are_told_as_on_the_clock(time_s: float, words: str) -> None:
    assert instant(time_s) == words


def test_a_mark_is_named_renamed_and_unnamed(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music)
    run.idle()
    a = run.id("a")
    run.session.select_track(a)
    mark = run.session.add_mark(7.31)
    assert run.session.name_mark(mark, "  Reprise,\n louder ") == Mark(7.31, "Reprise, louder")
    assert run.document.marks(a) == (Mark(7.31, "Reprise, louder"),)
    assert run.session.commands.undo_text == "Named the mark at 0:07.3 “Reprise, louder”"
    assert run.session.name_mark(mark, "late") is None  # it is called something else by now
    assert run.session.name_mark(Mark(7.31, "Reprise, louder"), "Reprise, louder") is None
    run.session.undo()
    assert run.document.marks(a) == (mark,)
    run.session.redo()
    run.session.name_mark(Mark(7.31, "Reprise, louder"), "")
    assert run.session.commands.undo_text == "Unnamed the mark at 0:07.3"
    run.session.undo()
    run.end()
    assert run_of().start().document.marks(a) == (Mark(7.31, "Reprise, louder"),)
