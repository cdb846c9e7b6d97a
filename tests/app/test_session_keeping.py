"""What is open, kept: saved, opened, written after each change, merged, recovered, and never lost to a full disk."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.library import Library, Mark
from app.sessions.content import View
from app.sessions.reading import read_session
from app.sessions.writing import write
from tests.app.fakes import FakeScience, make_layer, same
from tests.app.running import Run

ANALYSE = View("analyse")
ZOOMED = View("analyse", (1.0, 9.0), 7.0)


class Watch:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def began(run_of: Callable[..., Run]) -> Callable[..., Run]:
    """Begin a run, and wait until it knows what was open last time."""

    def make(science: FakeScience | None = None) -> Run:
        run = run_of(science)
        run.watch = run.session.keeper._clock = Watch()
        run.views = []
        run.session.keeper.view_wanted.connect(run.views.append)
        run.start()
        run.session.warm_up()
        run.pump.until(lambda: run.session.keeper._known_last)
        return run

    return make


def pause(run: Run, view: View = ANALYSE) -> None:
    """Let some seconds go by."""
    run.watch.now += 60.0
    run.session.keeper.tick(view)
    written(run)


def written(run: Run) -> None:
    """Wait until what is to be written has been, or could not be."""
    keeper = run.session.keeper
    run.pump.until(lambda: keeper._writing is None and keeper._noting is None)


def fill(run: Run, music: Path) -> None:
    """Open three recordings, and set something in two of them."""
    run.open(music)
    run.idle()
    run.session.select_track(run.id("b"))
    run.session.add_mark(3.0, "Coda")
    run.session.select_track(run.id("a"))
    run.pump.flush(0.05)
    run.session.add_mark(1.5, "Theme")
    run.session.add_moment(2.0, 3.0, 4.0, "Entry")
    run.session.add_layers(run.id("a"), [make_layer()])
    run.session.set_selection(5.0, 6.0)
    run.session.compare(run.id("c"))
    run.session.compare(run.id("a"))


def saved_as(run: Run, file: Path, view: View = ZOOMED) -> Path:
    keeper = run.session.keeper
    keeper.tick(view)
    keeper.save_as(file)
    written(run)
    assert file.exists()
    return file


def titles(run: Run) -> list[str]:
    return [run.document.track(i).path.stem for i in run.document.order]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Callable[[], None]:
    """Let the next run be another person's, who has no library yet."""

    def forget() -> None:
        for file in tmp_path.glob("library.sqlite3*"):
            file.unlink()

    return forget


def test_what_is_open_comes_back_on_another_computer(began, music: Path, tmp_path: Path, elsewhere) -> None:
    run = began()
    assert not run.session.keeper.save()  # nothing to save it in yet
    fill(run, music)
    file = saved_as(run, tmp_path / "Étude.affekt")
    assert run.session.keeper.name == "Étude"
    assert run.notices[-1] == (f"Saved the session {file}.", "info")
    before = run.document.moments(run.id("a"))
    run.end()
    elsewhere()

    again = began()
    assert len(again.document) == 0
    again.session.keeper.open(file)
    again.pump.until(lambda: len(again.document) == 3)
    again.idle()
    a, b = again.id("a"), again.id("b")
    assert again.document.marks(a) == (Mark(1.5, "Theme"),)
    assert again.document.marks(b) == (Mark(3.0, "Coda"),)
    assert [replace(moment, track_id=0) for moment in again.document.moments(a)] == [
        replace(moment, track_id=0) for moment in before
    ]
    assert same(again.document.layers(a)[0].layer, make_layer())
    assert (again.document.current, again.document.selection) == (a, (5.0, 6.0))
    assert again.document.compared == (again.id("c"), a)
    assert again.views == [View("analyse", (1.0, 9.0), 7.0)]
    assert again.notices[-1][0] == "Opened “Étude”: 3 recordings; 2 marks, 1 climax and 1 layer came in."
    # It is in the library, too.
    again.end()
    library = Library(tmp_path / "library.sqlite3")
    assert len(library.marks.of_all()) == 2
    assert len(library.moments.of_all()) == len(library.layers.of_all()) == 1
    library.close()


def test_opening_is_one_step_and_loses_nothing(began, music: Path, tmp_path: Path) -> None:
    run = began()
    fill(run, music)
    file = saved_as(run, tmp_path / "x.affekt")
    run.session.keeper.let_go()
    a = run.id("a")
    run.session.remove_tracks([run.id("c")])
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "d.wav").write_text("d")
    run.open(tmp_path / "more" / "d.wav")
    run.idle()
    run.session.select_track(a)
    run.session.name_mark(Mark(1.5, "Theme"), "Thema")
    run.session.add_mark(8.0)
    run.session.select_track(run.id("d"))
    run.session.compare_no_more(a)
    here = (titles(run), run.document.marks(a), run.document.current, run.document.compared)
    run.session.keeper.open(file)
    run.pump.until(lambda: run.session.keeper.name == "x")
    assert titles(run) == ["a", "b", "c"]
    assert run.document.marks(a) == (Mark(1.5, "Thema"), Mark(1.501, "Theme"), Mark(8.0))
    assert run.document.current == a
    words = run.notices[-1][0]
    assert words == (
        "Opened “x”: 3 recordings; 1 mark came in. 1 other recording left the list; Undo brings all of it back."
    )
    assert run.session.undo() == "Opened the session “x”"
    assert (titles(run), run.document.marks(a), run.document.current, run.document.compared) == here
    assert run.session.keeper.file is None  # what is on the list now is not what that file keeps
    run.session.redo()
    assert titles(run) == ["a", "b", "c"]
    assert run.session.keeper.file == file


def test_each_change_is_written_a_little_later_and_nothing_else(began, music: Path, tmp_path: Path) -> None:
    run = began()
    fill(run, music)
    file = saved_as(run, tmp_path / "x.affekt")
    pause(run)
    first = file.read_bytes()
    pause(run)
    assert file.read_bytes() == first  # nothing has changed
    pause(run, View("analyse", playhead_s=3.0))
    assert file.read_bytes() == first  # the playhead alone is not worth it
    run.session.add_mark(9.0, "New")
    pause(run)
    assert Mark(9.0, "New") in read_session(file)[0].tracks[0].marks
    run.session.undo()
    pause(run)
    assert Mark(9.0, "New") not in read_session(file)[0].tracks[0].marks
    pause(run, View("label", (0.0, 5.0)))
    assert read_session(file)[0].view.workspace == "label"
    run.session.set_model("other")
    run.pump.until(lambda: run.document.model.id == "other" and run.document.model.status == "ready")
    pause(run)
    assert read_session(file)[0].model.id == "other"
    run.session.select_track(run.id("b"))
    run.session.add_mark(2.0)
    run.end()  # before its turn has come
    assert [len(track.marks) for track in read_session(file)[0].tracks] == [1, 2, 0]
    assert file.with_name("x.affekt.bak").exists() is False  # it was new, and saved by hand once


def test_saving_by_hand_keeps_what_was_there(began, music: Path, tmp_path: Path) -> None:
    run = began()
    fill(run, music)
    file = saved_as(run, tmp_path / "x.affekt")
    run.session.add_mark(9.0)
    assert run.session.keeper.save()
    written(run)
    assert len(read_session(file)[0].tracks[0].marks) == 2
    assert len(read_session(tmp_path / "x.affekt.bak")[0].tracks[0].marks) == 1
    run.session.keeper.save_as(tmp_path / "y.mine")
    written(run)
    assert (tmp_path / "y.mine.affekt").exists()
    assert run.session.keeper.recent == [tmp_path / "y.mine.affekt", file]


def test_a_session_that_was_only_opened_is_not_written(began, music: Path, tmp_path: Path) -> None:
    run = began()
    fill(run, music)
    file = saved_as(run, tmp_path / "x.affekt")
    run.session.keeper.let_go()
    assert run.session.keeper.name == ""
    before = file.read_bytes()
    run.session.keeper.open(file)
    run.pump.until(lambda: run.session.keeper.name == "x")
    run.session.keeper.tick(View("analyse", (0.0, 3.0)))  # the window follows
    pause(run, View("analyse", (0.0, 3.0)))
    assert file.read_bytes() == before


def full(*_args: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_once_tried_again_and_costs_nothing(
    began, music: Path, tmp_path: Path, monkeypatch
) -> None:
    run = began()
    fill(run, music)
    file = saved_as(run, tmp_path / "x.affekt")
    pause(run)
    whole = file.read_bytes()
    run.notices.clear()
    monkeypatch.setattr(os, "fsync", full)
    run.session.add_mark(9.0)
    for _ in range(3):
        pause(run)
    assert file.read_bytes() == whole
    assert [level for _, level in run.notices] == ["warning"]
    assert "no room left" in run.notices[0][0]
    assert file.name in run.notices[0][0]
    assert "no room left" in run.session.keeper.trouble
    assert Mark(9.0) in run.document.marks(run.id("a"))
    run.session.keeper.save()  # asked for by hand: told again
    written(run)
    assert len(run.notices) == 2
    monkeypatch.undo()
    pause(run)
    assert len(read_session(file)[0].tracks[0].marks) == 2
    assert run.notices[-1] == (f"Saved the session {file}.", "info")
    assert run.session.keeper.trouble == ""


def test_it_is_not_tried_at_every_moment(began, music: Path, tmp_path: Path, monkeypatch) -> None:
    run = began()
    fill(run, music)
    saved_as(run, tmp_path / "x.affekt")
    pause(run)
    tried: list[int] = []

    def count(number: int) -> None:
        tried.append(number)
        full()

    monkeypatch.setattr(os, "fsync", count)
    run.session.add_mark(9.0)
    pause(run)
    n = len(tried)
    for _ in range(5):
        run.watch.now += 2.0
        run.session.keeper.tick(View("analyse"))
        run.pump.flush(0.05)
    assert len(tried) == n
    run.watch.now += 6.0
    run.session.keeper.tick(View("analyse"))
    written(run)
    assert len(tried) > n


def test_a_fault_while_writing_does_not_end_the_writing(
    began, music: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    run = began()
    fill(run, music)
    file = saved_as(run, tmp_path / "x.affekt")

    def fault(*_args: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr("app.jobs.session_files.encode", fault)
    run.session.add_mark(9.0)
    pause(run)
    assert "fault in the program" in run.session.keeper.trouble
    monkeypatch.undo()
    pause(run)
    assert len(read_session(file)[0].tracks[0].marks) == 2
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_what_was_asked_for_by_hand_is_written_over_once_there_is_room(
    began, music: Path, tmp_path: Path, monkeypatch
) -> None:
    run = began()
    fill(run, music)
    file = tmp_path / "x.affekt"
    file.write_text("of another day")
    monkeypatch.setattr(os, "fsync", full)
    run.session.keeper.save_as(file)
    written(run)
    assert file.read_text() == "of another day"
    monkeypatch.undo()
    pause(run)
    assert len(read_session(file)[0].tracks) == 3
    assert file.with_name("x.affekt.bak").read_text() == "of another day"


def test_a_session_that_another_program_changed_is_left_alone(began, music: Path, tmp_path: Path) -> None:
    run = began()
    fill(run, music)
    file = saved_as(run, tmp_path / "x.affekt")
    document = json.loads(file.read_bytes())
    document["tracks"][0]["marks"].append({"time_s": 11.0, "label": "Theirs"})
    theirs = json.dumps(document).encode()
    write(file, theirs)
    run.session.add_mark(9.0)
    pause(run)
    assert file.read_bytes() == theirs
    assert "changed by another program" in run.notices[-1][0]
    run.session.keeper.open(file)  # theirs and mine
    run.pump.until(lambda: Mark(11.0, "Theirs") in run.document.marks(run.id("a")))
    assert Mark(9.0) in run.document.marks(run.id("a"))
    run.session.add_mark(10.0)
    pause(run)
    assert len(read_session(file)[0].tracks[0].marks) == 4


@pytest.mark.parametrize(
    "data", [b"", b'{"schema": "affekt.session/9"}', b'{"schema": "affekt.session/1", "tracks": 1}']
)
def test_what_cannot_be_used_changes_nothing(began, music: Path, tmp_path: Path, data: bytes) -> None:
    run = began()
    fill(run, music)
    bad = tmp_path / "bad.affekt"
    bad.write_bytes(data)
    undo, list_ = run.session.commands.undo_text, titles(run)
    run.session.keeper.open(bad)
    run.pump.until(lambda: run.notices and run.notices[-1][1] == "error")
    assert bad.name in run.notices[-1][0]
    assert (run.session.commands.undo_text, titles(run), run.session.keeper.file) == (undo, list_, None)


def test_missing_recordings_are_listed_and_keep_what_was_set_in_them(
    began, music: Path, tmp_path: Path, elsewhere
) -> None:
    run = began()
    fill(run, music)
    file = saved_as(run, tmp_path / "x.affekt")
    run.end()
    elsewhere()
    (music / "b.wav").unlink()
    (tmp_path / "put away").mkdir()
    shutil.move(music / "a.wav", tmp_path / "put away" / "a.wav")
    again = began()
    again.session.keeper.open(file)
    again.pump.until(lambda: len(again.document) == 3)
    again.idle()
    assert again.status() == {"a": "done", "b": "missing", "c": "done"}
    b = again.id("b")
    assert again.document.marks(b) == (Mark(3.0, "Coda"),)
    assert again.document.track(b).duration_s == 12.0
    words = again.notices[-1][0]
    assert "Found 1 moved file." in words
    assert "Not found: “B”; the marks are kept." in words
    pause(again)
    assert [len(track.marks) for track in read_session(file)[0].tracks] == [1, 1, 0]


def test_a_session_names_its_model_and_says_when_it_is_not_here(began, music: Path, tmp_path: Path) -> None:
    run = began()
    fill(run, music)
    run.session.set_model("other")
    run.pump.until(lambda: run.document.model.id == "other" and run.document.model.status == "ready")
    file = saved_as(run, tmp_path / "x.affekt")
    run.session.set_model("")
    run.session.keeper.open(file)
    run.pump.until(lambda: run.session._desk.answering[0] == "other")
    document = json.loads(file.read_bytes())
    document["model"] = {"id": "theirs-7", "version": "1", "name": "Their model"}
    write(tmp_path / "y.affekt", json.dumps(document).encode())
    run.session.keeper.open(tmp_path / "y.affekt")
    run.pump.until(lambda: run.session.keeper.name == "y")
    assert run.notices[-1][0].endswith("Its model, Their model, is not here.")
    assert run.session._desk.answering[0] == "other"


# Through the end of the program


def crash(run: Run) -> None:
    """End a run as if the power had gone: nothing more is written."""
    run.session.keeper._closed = True
    run.end()


def test_after_a_crash_what_was_shown_is_shown_again(began, music: Path) -> None:
    run = began()
    fill(run, music)
    b = run.id("b")
    run.session.select_track(b)
    run.session.set_selection(2.0, 4.0)
    view = View("label", (1.0, 5.0), 2.5, {"analyse": {"descriptors": ["tempo"]}})
    pause(run, view)
    crash(run)
    again = began()
    assert ("Recovered what was open when the program ended unexpectedly.", "info") in again.notices
    assert (again.document.current, again.document.selection) == (b, (2.0, 4.0))
    assert again.views == [view]
    again.end()
    third = began()  # this time it was closed as it should be
    assert third.views == []
    assert not any("Recovered" in words for words, _ in third.notices)


def test_a_proper_end_on_a_full_disk_is_no_crash(began, music: Path, monkeypatch) -> None:
    run = began()
    fill(run, music)
    pause(run)
    run.session.set_selection(1.0, 2.0)
    monkeypatch.setattr(os, "fsync", full)
    run.end()
    monkeypatch.undo()
    again = began()
    assert not any("Recovered" in words for words, _ in again.notices)


def test_after_a_crash_the_session_is_open_again_and_goes_on(began, music: Path, tmp_path: Path) -> None:
    run = began()
    fill(run, music)
    file = saved_as(run, tmp_path / "x.affekt")
    pause(run)
    run.session.add_mark(9.0)  # in the library at once, in the file not yet
    written(run)
    crash(run)
    assert len(read_session(file)[0].tracks[0].marks) == 1
    again = began()
    assert again.session.keeper.file == file
    assert Mark(9.0) in again.document.marks(again.id("a"))
    again.session.select_track(again.id("a"))
    again.session.add_mark(10.0)
    pause(again)
    assert len(read_session(file)[0].tracks[0].marks) == 3


def test_the_next_day_the_session_is_still_open(began, music: Path, tmp_path: Path) -> None:
    run = began()
    fill(run, music)
    file = saved_as(run, tmp_path / "x.affekt")
    run.session.add_mark(9.0)
    run.end()  # the last change is written on the way
    before = file.read_bytes()
    again = began()
    assert again.session.keeper.file == file
    assert again.session.commands.undo_text == ""  # nothing was opened anew
    again.end()
    assert file.read_bytes() == before
    document = json.loads(before)
    document["tracks"][0]["marks"].append({"time_s": 11.0, "label": "Theirs"})
    write(file, json.dumps(document).encode())  # in the night, on another computer
    third = began()
    third.pump.until(lambda: Mark(11.0, "Theirs") in third.document.marks(third.id("a")))
    third.end()
    file.unlink()
    fourth = began()
    assert fourth.session.keeper.file is None
    assert "is not where it was" in fourth.notices[-1][0]
    assert titles(fourth) == ["a", "b", "c"]


@pytest.mark.parametrize("noted", [b"", b"[]", b"{}", b'{"schema": "affekt.state/1", "view": 3, "session": 7}'])
def test_what_was_noted_and_is_damaged_is_as_nothing(began, music: Path, tmp_path: Path, noted: bytes) -> None:
    run = began()
    fill(run, music)
    pause(run)
    crash(run)
    state: list[Any] = list(tmp_path.glob("*-open.json"))
    state[0].write_bytes(noted)
    again = began()
    assert titles(again) == ["a", "b", "c"]
    assert again.session.keeper.file is None


def test_a_second_window_leaves_what_is_noted_alone(began, music: Path, tmp_path: Path) -> None:
    run = began()
    fill(run, music)
    pause(run)
    noted = next(tmp_path.glob("*-open.json"))
    before = noted.read_bytes()
    second = began()
    second.session.select_track(second.id("c"))
    pause(second, View("train"))
    second.end()
    assert noted.read_bytes() == before
    assert list(tmp_path.glob("*-running"))
    run.end()
    assert not list(tmp_path.glob("*-running"))


def test_a_copy_of_session_and_music_takes_nothing_from_the_first(began, music: Path, tmp_path: Path) -> None:
    run = began()
    fill(run, music)
    file = saved_as(run, music / "x.affekt")
    a = run.id("a")
    here = (run.document.moments(a), run.document.layers(a))
    shutil.copytree(music, tmp_path / "copy")
    run.session.keeper.open(tmp_path / "copy" / file.name)
    run.pump.until(lambda: run.session.keeper.file == tmp_path / "copy" / file.name)
    assert run.id("a") != a
    assert len(run.document.moments(run.id("a"))) == len(run.document.layers(run.id("a"))) == 1
    run.end()
    library = Library(tmp_path / "library.sqlite3")
    assert library.moments.of_all()[a] == here[0]
    assert [kept.id for kept in library.layers.of_track(a)] == [kept.id for kept in here[1]]
    library.close()


def test_two_recordings_that_are_one_file_by_now_keep_what_was_set_in_both(began, music: Path, tmp_path: Path) -> None:
    (music / "twin.wav").write_bytes((music / "a.wav").read_bytes())
    run = began()
    fill(run, music)
    run.session.select_track(run.id("twin"))
    run.session.add_mark(6.0, "Reprise")
    run.session.add_moment(5.0, 6.0, 7.0, "Return")
    file = saved_as(run, tmp_path / "x.affekt")
    run.session.keeper.let_go()
    (music / "twin.wav").unlink()
    run.session.keeper.open(file)
    run.pump.until(lambda: run.session.keeper.file == file)
    assert titles(run) == ["a", "b", "c"]
    a = run.id("a")
    assert run.document.marks(a) == (Mark(1.5, "Theme"), Mark(6.0, "Reprise"))
    assert [moment.label for moment in run.document.moments(a)] == ["Entry", "Return"]
