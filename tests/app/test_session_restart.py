"""What survives the end of the program, tidy or not, and what the librarian's troubles come to."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.jobs.tools import Tools
from app.library import Library, Mark, Ownership
from models.audio.tags import Tags
from models.errors import JobError
from tests.app.fakes import FakeScience
from tests.app.running import find_audio, read_tags


def test_the_list_survives_a_restart_and_results_are_instant(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music)
    run.idle()
    run.session.select_track(run.id("b"))
    shown = run.document.track(run.id("b"))
    run.pump.flush()
    run.end()

    science = FakeScience()
    again = run_of(science).start()
    assert again.status() == {"a": "done", "b": "done", "c": "done"}
    assert again.document.track(shown.id) == shown
    assert again.document.current == shown.id
    assert again.document.analysis(shown.id) is None
    again.pump.until(lambda: again.document.analysis(shown.id) is not None)
    assert again.document.overview(shown.id) is not None
    again.session.select_track(again.id("c"))
    again.pump.until(lambda: again.document.analysis(again.id("c")) is not None)
    assert science.loads == science.analysed == []


def test_what_became_of_a_track_is_not_overwritten_by_what_was(run_of, music: Path) -> None:
    """The librarian is late with writing "queued": by then the worker has written "failed"."""
    busy = threading.Event()

    def slow(path: Path) -> Tags:
        busy.wait(20.0)
        return read_tags(path)

    run = run_of(FakeScience(bad={"a.wav"}), Tools(find_audio, slow)).start()
    run.open(music / "a.wav")
    run.idle()
    run.science.bad.clear()
    run.science.hold = {"a.wav"}
    run.session.analyse_again(run.document.order)
    run.session.cancel_all()
    run.science.bad = {"a.wav"}
    run.session.analyse_again(run.document.order)
    run.idle()
    busy.set()
    run.end()
    again = run_of().start()
    again.pump.flush()
    assert again.status() == {"a": "failed"}
    assert again.science.analysed == []


def test_missing_and_changed_files_are_noticed_at_start(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music)
    run.idle()
    run.end()
    (music / "a.wav").rename(music / "moved.away")
    (music / "b.wav").write_text("another recording")
    os.utime(music / "b.wav", ns=(1, 1))
    science = FakeScience()
    again = run_of(science).start()
    assert len(again.document) == 3
    again.pump.until(lambda: again.status()["a"] == "missing")
    again.idle()
    again.pump.until(lambda: again.science.analysed == ["b.wav"] and again.status()["b"] == "done")
    assert again.document.track(again.id("a")).path == music / "a.wav"
    again.end()
    (music / "moved.away").rename(music / "a.wav")
    third = run_of().start()
    assert third.status()["a"] == "missing"
    third.pump.until(lambda: third.status()["a"] == "done")


def test_what_was_queued_goes_on_after_a_restart(run_of, music: Path) -> None:
    run = run_of(FakeScience(hold={"a.wav"})).start()
    run.open(music)
    run.pump.until(run.science.held.is_set)
    began = time.perf_counter()
    run.session.close()
    assert time.perf_counter() - began < 1.0
    assert run.session.wait_closed(20.0)
    science = FakeScience()
    again = run_of(science).start()
    again.idle()
    assert set(again.status().values()) == {"done"}
    assert again.notices == []


def test_what_ended_the_program_is_not_begun_again(run_of, music: Path, tmp_path: Path) -> None:
    library = Library(tmp_path / "library.sqlite3")
    a = library.add_tracks([music / "a.wav", music / "b.wav"])[0][0].id
    library.set_status([a], "analysing")
    library.close()
    run = run_of().start()
    run.idle()
    run.pump.flush()
    assert run.status() == {"a": "waiting", "b": "done"}
    assert run.document.current == a
    assert "ended unexpectedly" in run.notices[0][0]
    run.session.analyse_again([a])
    run.idle()
    assert run.status()["a"] == "done"


def test_a_second_window_leaves_the_work_of_the_first_alone(run_of, music: Path, tmp_path: Path) -> None:
    first = run_of(FakeScience(hold={"a.wav"})).start()
    first.open(music)
    first.pump.until(lambda: first.status()["a"] == "analysing")
    assert first.science.held.wait(20.0)

    second = run_of().start()
    second.pump.flush()
    assert second.status() == {"a": "waiting", "b": "waiting", "c": "waiting"}
    assert second.science.analysed == []
    assert len(second.notices) == 1
    assert second.notices[0][0].startswith("Another window has this library open.")

    library = Library(tmp_path / "library.sqlite3")
    assert [track.status for track in library.tracks()] == ["analysing", "queued", "queued"]
    library.close()
    second.end()
    first.science.go.set()
    first.idle()
    assert set(first.status().values()) == {"done"}
    first.end()
    third = run_of().start()
    third.pump.flush()
    assert third.notices == []


def test_a_library_is_the_next_windows_once_it_is_let_go(tmp_path: Path) -> None:
    file = tmp_path / "library.sqlite3"
    first, second = Ownership(file), Ownership(file)
    assert (first.held, second.held) == (True, False)
    first.release()
    third = Ownership(file)
    assert third.held
    third.release()
    second.release()
    assert Ownership(tmp_path / "no folder" / "library.sqlite3").held


def test_a_result_that_the_library_lost_is_made_again(run_of, music: Path, tmp_path: Path) -> None:
    run = run_of().start()
    run.open(music / "a.wav")
    run.idle()
    run.end()
    library = Library(tmp_path / "library.sqlite3")
    with library._database.writing() as connection:
        connection.exec_driver_sql("UPDATE analyses SET arrays = x'00'")
    library.close()
    again = run_of().start()
    again.pump.until(lambda: again.document.analysis(again.id("a")) is not None)


def test_a_result_on_a_torn_page_is_told_and_made_again(run_of, music: Path, tmp_path: Path) -> None:
    run = run_of().start()
    run.open(music / "a.wav")
    run.idle()
    run.end()
    file = tmp_path / "library.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'overviews'").fetchone()[0]
    torn = bytearray(file.read_bytes())
    torn[(page - 1) * 4096 : page * 4096] = os.urandom(4096)
    file.write_bytes(torn)
    again = run_of().start()
    again.pump.until(lambda: again.document.analysis(again.id("a")) is not None)
    assert any("damaged" in message for message, _ in again.notices)


def test_no_room_for_any_library_is_told(run_of, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: Path | None) -> None:
        raise JobError("no_space", "There is no room left anywhere.")

    monkeypatch.setattr("app.library.opening.open_library", full)
    run = run_of()
    run.session.start()
    run.pump.until(lambda: run.notices)
    run.notices.clear()
    run.session.open_paths([music])
    run.pump.until(lambda: run.notices)
    assert run.notices == [("There is no room left anywhere.", "error")]


def test_a_damaged_library_is_told_and_work_goes_on(run_of, music: Path, tmp_path: Path) -> None:
    (tmp_path / "library.sqlite3").write_bytes(b"torn" * 1000)
    run = run_of().start()
    assert run.notices[0][1] == "warning"
    assert "damaged" in run.notices[0][0]
    run.open(music)
    run.idle()
    assert set(run.status().values()) == {"done"}


def test_a_trouble_of_the_librarian_is_told(run_of, music: Path) -> None:
    def bad(paths: Any) -> list[Path]:
        raise JobError("unreadable", "The network drive is gone.")

    faults: list[str] = []

    def fault(path: Path) -> Tags:
        faults.append(path.name)
        raise ZeroDivisionError

    run = run_of(tools=Tools(bad, read_tags)).start()
    run.session.open_paths([music])
    run.pump.until(lambda: run.notices)
    assert run.notices == [("The network drive is gone.", "error")]
    run.end()
    other = run_of(tools=Tools(find_audio, fault)).start()
    other.open(music)
    other.pump.until(lambda: other.notices)
    other.idle()
    other.pump.flush()
    assert set(other.status().values()) == {"done"}
    assert faults == ["a.wav", "b.wav", "c.wav"]
    assert len(other.notices) == 1  # three bad files, one fault, told once


def test_settings_are_there_at_once_and_survive(run_of, tmp_path: Path) -> None:
    run = run_of()
    assert run.session.setting("theme", "system") == "system"
    run.session.set_setting("theme", "dark")  # before the library is open
    assert run.session.setting("theme") == "dark"
    run.session.start()
    for width in range(300):
        run.session.set_setting("width", width)
    run.end()
    again = run_of()
    assert again.session.setting("theme") == "dark"
    assert again.session.setting("width") == 299


def test_closing_before_or_while_the_library_opens(run_of, music: Path) -> None:
    for start in (False, True):
        run = run_of()
        if start:
            run.session.start()
        run.session.warm_up()
        run.session.open_paths([music])
        run.end()
        run.session.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("affekt")]


def test_what_lies_elsewhere_is_found_again_with_its_marks(run_of, music: Path, tmp_path: Path) -> None:
    run = run_of().start()
    run.open(music)
    run.idle()
    a = run.id("a")
    run.session.select_track(a)
    run.session.add_mark(3.0, "Theme")
    run.end()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("a.wav", "b.wav"):
        (music / name).rename(elsewhere / name)

    again = run_of(FakeScience()).start()
    again.pump.until(lambda: again.status() == {"a": "missing", "b": "missing", "c": "done"})
    b, c = again.id("b"), again.id("c")
    assert again.session.find_again(a, music / "c.wav") == 0  # which belongs to another track
    assert again.document.current == c
    assert again.session.find_again(a, elsewhere / "a.wav") == 2
    again.idle()
    assert again.status() == {"a": "done", "b": "done", "c": "done"}
    assert again.science.analysed == []  # it is the same music: nothing is judged anew
    assert again.document.track(b).path == elsewhere / "b.wav"
    assert again.document.marks(a) == (Mark(3.0, "Theme"),)
    assert again.session.undo() == "Found 2 tracks again"
    again.idle()
    assert again.document.track(a).path == music / "a.wav"
    again.pump.until(lambda: again.status()["a"] == "missing")
    assert again.session.redo() == "Found 2 tracks again"
    again.idle()
    again.end()

    third = run_of().start()
    third.pump.flush()
    assert third.status() == {"a": "done", "b": "done", "c": "done"}
    assert third.document.marks(a) == (Mark(3.0, "Theme"),)
