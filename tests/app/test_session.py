from __future__ import annotations

import threading
import time
from pathlib import Path

from app.jobs import messages as say
from app.jobs.tools import Tools
from models.audio.tags import Tags
from tests.app.fakes import FakeScience
from tests.app.running import find_audio


def test_tags_that_come_late_leave_the_duration_alone(run_of, music: Path) -> None:
    go = threading.Event()

    def late(path: Path) -> Tags:
        go.wait(20.0)
        return Tags("Late", "", "", None)

    run = run_of(tools=Tools(find_audio, late)).start()
    run.open(music / "a.wav")
    run.idle()
    track_id = run.id("a")
    assert run.document.track(track_id).duration_s == 12.0
    go.set()
    run.pump.until(lambda: run.document.track(track_id).title == "Late")
    assert run.document.track(track_id).duration_s == 12.0


def test_a_failure_takes_the_place_of_the_result_before_it(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music / "a.wav", music / "b.wav")
    run.idle()
    a = run.id("a")
    assert run.document.analysis(a) is not None
    changes: list[int] = []
    run.document.overview_changed.connect(changes.append)
    run.document.analysis_changed.connect(changes.append)
    run.science.bad = {"a.wav"}
    run.session.analyse_again([a])
    run.idle()
    assert run.document.track(a).error == "“a.wav” is damaged."
    for track_id in (run.id("b"), a):  # also after coming back to it, with the old result still in the library
        run.session.select_track(track_id)
        run.pump.flush()
        assert run.document.overview(a) is None
        assert run.document.analysis(a) is None
    assert changes == [a, a]
    run.science.bad = set()
    run.session.analyse_again([a])
    run.idle()
    assert run.document.analysis(a) is not None


def test_files_are_opened_analysed_and_shown(run_of, music: Path) -> None:
    run = run_of().start()
    changes: list[int] = []
    run.document.analysis_changed.connect(changes.append)
    run.open(music)
    assert set(run.status().values()) == {"queued"}
    assert run.document.track(run.document.order[0]).title == "a"
    run.idle()
    assert run.status() == {"a": "done", "b": "done", "c": "done"}
    run.pump.until(lambda: run.document.track(run.id("c")).title == "C")
    first = run.document.track(run.id("a"))
    assert run.document.current == first.id
    assert first.artist == "An artist"
    assert first.duration_s == 12.0
    assert first.quadrant in ("Q1", "Q2", "Q3", "Q4")
    assert 0.25 <= first.probability <= 1.0
    analysis, overview = run.document.analysis(first.id), run.document.overview(first.id)
    assert analysis is not None
    assert overview is not None
    assert analysis.quadrant == first.quadrant
    assert changes == list(run.document.order)
    assert run.document.model.status == "ready"
    assert run.document.queue.done == run.document.queue.total == 3
    assert run.document.queue.fraction == 1.0


def test_a_copy_of_a_known_file_is_instant_even_behind_a_long_queue(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music / "a.wav")
    run.idle()
    run.science.hold = {"b.wav"}
    run.open(music / "b.wav")
    run.pump.until(run.science.held.is_set)
    copy = music / "copy of a.wav"
    copy.write_text("a")
    run.open(copy)
    run.pump.until(lambda: run.status()["copy of a"] == "done")
    assert run.status()["b"] == "analysing"
    run.pump.until(lambda: run.document.analysis(run.id("copy of a")) is not None)
    assert run.science.analysed == ["a.wav", "b.wav"]


def test_what_was_asked_for_anew_is_not_answered_from_the_library(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music / "a.wav")
    run.idle()
    run.science.hold = {"b.wav"}
    run.open(music / "b.wav")
    run.pump.until(run.science.held.is_set)
    (music / "a.wav").touch()
    run.session.remove_tracks([run.id("a")])
    run.open(music / "a.wav")
    run.session.analyse_again([run.id("a")])
    run.pump.flush()
    assert run.status()["a"] == "queued"
    run.science.go.set()
    run.idle()
    assert run.science.analysed == ["a.wav", "b.wav", "a.wav"]


def test_cancel_answers_at_once_and_late_messages_are_dropped(run_of, music: Path) -> None:
    run = run_of(FakeScience(hold={"a.wav"})).start()
    run.open(music)
    run.pump.until(lambda: run.status()["a"] == "analysing" and run.science.held.is_set())
    began = time.perf_counter()
    run.session.cancel(run.id("a"))
    assert time.perf_counter() - began < 1.0
    assert run.status()["a"] == "waiting"
    assert run.document.queue.total == 2
    run.idle()
    run.pump.flush()
    assert run.status() == {"a": "waiting", "b": "done", "c": "done"}
    assert any(isinstance(m, say.Stopped) for m in run.pump.dropped)
    run.session.select_track(run.id("b"))
    run.session.select_track(run.id("a"))  # being looked at does not begin it again
    run.pump.flush()
    assert run.status()["a"] == "waiting"
    run.science.go.set()
    run.session.analyse_again([run.id("a")])
    assert run.status()["a"] == "queued"
    run.idle()
    assert run.status()["a"] == "done"


def test_messages_of_an_overtaken_job_are_dropped(run_of, music: Path) -> None:
    run = run_of(FakeScience(hold={"a.wav"})).start()
    run.open(music / "a.wav")
    run.pump.until(run.science.held.is_set)
    run.session.analyse_again(run.document.order)
    run.session.analyse_again(run.document.order)
    run.science.go.set()
    run.idle()
    run.pump.flush()
    finished = [m for m in run.pump.delivered if isinstance(m, say.Finished)]
    assert [m.job_id for m in finished] == [3]
    assert run.status() == {"a": "done"}
    assert run.document.queue.done == 1


def test_cancel_all(run_of, music: Path) -> None:
    run = run_of(FakeScience(hold={"a.wav"})).start()
    run.open(music)
    run.pump.until(run.science.held.is_set)
    run.session.cancel_all()
    assert set(run.status().values()) == {"waiting"}
    assert run.document.queue.total == 0
    run.pump.flush()
    assert run.science.analysed == ["a.wav"]
    run.science.go.set()
    run.session.analyse_waiting()
    run.idle()
    assert set(run.status().values()) == {"done"}


def test_a_bad_file_says_why_and_the_rest_goes_on(run_of, music: Path) -> None:
    run = run_of(FakeScience(bad={"a.wav"}, crash={"b.wav"})).start()
    run.open(music)
    run.session.open_paths([music / "never there.wav"])
    run.pump.until(lambda: len(run.document) == 4)
    run.idle()
    assert run.status() == {"a": "failed", "b": "failed", "c": "done", "never there": "missing"}
    assert run.document.track(run.id("a")).error == "“a.wav” is damaged."
    assert "never there.wav" in run.document.track(run.id("never there")).error
    run.end()
    again = run_of().start()
    assert again.status() == {"a": "failed", "b": "failed", "c": "done", "never there": "failed"}
    assert again.document.queue.total == 0
    assert again.document.track(again.id("a")).error == "“a.wav” is damaged."
    again.pump.until(lambda: again.status()["never there"] == "missing")


def test_undo_and_redo_reach_the_library(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music)
    run.idle()
    order = run.document.order
    run.session.remove_tracks([order[0], order[2]])
    assert run.document.order == (order[1],)
    assert run.session.undo() == "Removed 2 tracks"
    assert run.document.order == order
    assert run.status() == {"a": "done", "b": "done", "c": "done"}
    assert run.session.redo() == "Removed 2 tracks"
    assert run.session.undo() == "Removed 2 tracks"
    assert run.session.undo() == "Opened 3 tracks"
    assert run.document.order == ()
    assert run.session.redo() == "Opened 3 tracks"
    run.session.clear_list()
    assert run.session.undo() == "Cleared the list (3 tracks)"
    run.session.remove_tracks([order[1]])
    run.end()
    again = run_of().start()
    assert again.document.order == (order[0], order[2])
    assert again.session.undo() is None


def test_removing_cancels_and_undo_takes_it_up_again(run_of, music: Path) -> None:
    run = run_of(FakeScience(hold={"a.wav"})).start()
    run.open(music)
    run.pump.until(run.science.held.is_set)
    run.session.clear_list()
    assert run.document.queue.total == 0
    run.pump.flush()
    run.science.go.set()
    run.session.undo()
    assert set(run.status().values()) == {"queued"}
    run.idle()
    assert set(run.status().values()) == {"done"}


def test_a_removed_file_can_be_opened_again(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music)
    run.idle()
    track_id = run.id("a")
    run.session.remove_tracks([track_id])
    run.open(music / "a.wav")
    assert run.document.order[-1] == track_id
    assert run.status()["a"] == "done"  # at once: its content is known
    assert run.session.undo() == "Opened 1 track"
    run.session.undo()
    assert run.document.order[0] == track_id


def test_opening_what_is_open_shows_it(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music)
    run.idle()
    depth = run.session.commands.undo_text
    run.session.open_paths([music / "c.wav"])
    run.pump.until(lambda: run.document.current == run.id("c"))
    assert len(run.document) == 3
    assert run.session.commands.undo_text == depth


def test_a_folder_without_music_is_told(run_of, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    run = run_of().start()
    run.session.open_paths([empty])
    run.pump.until(lambda: run.notices)
    assert run.notices == [("No audio files were found in “empty”.", "warning")]


def test_looking_at_a_queued_track_brings_it_forward(run_of, music: Path) -> None:
    run = run_of(FakeScience(hold={"a.wav"})).start()
    run.open(music)
    run.pump.until(run.science.held.is_set)
    run.session.select_track(run.id("c"))
    run.science.go.set()
    run.idle()
    assert run.science.analysed == ["a.wav", "c.wav", "b.wav"]


def test_the_selection_belongs_to_the_current_track(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music)
    run.session.set_selection(3.0, 1.0)
    assert run.document.selection == (1.0, 3.0)
    assert run.session.commands.undo_text == "Opened 3 tracks"
    run.session.set_selection(None)
    assert run.document.selection is None
    run.session.set_selection(1.0, 3.0)
    run.session.select_track(run.id("b"))
    assert run.document.selection is None
    run.session.select_track(None)
    assert run.document.current is None


def test_two_thousand_files_at_once(run_of, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(2000):
        (folder / f"{i:04d}.wav").write_text(str(i))
    run = run_of(FakeScience(steps=1, bad={f"{i:04d}.wav" for i in range(0, 2000, 10)})).start()
    longest = [0.0]
    deliver = run.pump._deliver

    def timed(message: say.Message) -> None:
        began = time.thread_time()  # a busy machine does not lengthen it
        deliver(message)
        longest[0] = max(longest[0], time.thread_time() - began)

    run.pump._deliver = timed
    began = time.perf_counter()
    run.session.open_paths([folder])
    assert time.perf_counter() - began < 1.0  # the folder is looked through elsewhere
    run.pump.until(lambda: len(run.document) == 2000)
    run.pump.until(lambda: run.document.queue.done > 50)
    run.session.cancel_all()
    assert "queued" not in run.status().values()
    ids = run.document.order
    run.session.analyse_again(ids[:100])
    run.idle()
    statuses = list(run.status().values())
    assert statuses[:100].count("failed") == 10
    assert statuses[:100].count("done") == 90
    run.session.clear_list()
    assert run.session.undo() == "Cleared the list (2,000 tracks)"
    assert run.document.order == ids
    assert longest[0] < 0.5
