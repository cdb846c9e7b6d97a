from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from app.jobs import messages as say
from app.jobs.queue import AnalysisQueue
from app.library import Library
from models.errors import JobError
from tests.app.fakes import FakeCard, FakeScience, sha_of

M = TypeVar("M")


@dataclass
class Bench:
    """A queue with a library and a fake science, and what it said."""

    science: FakeScience
    library: Library
    folder: Path
    said: list[Any] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.queue = AnalysisQueue(self.post, lambda: self.library, self.science.worker())

    def post(self, message: Any) -> None:
        with self.arrived:
            self.said.append(message)
            self.arrived.notify_all()

    def until(self, condition: Callable[[], Any], timeout_s: float = 20.0) -> None:
        with self.arrived:
            assert self.arrived.wait_for(condition, timeout_s), self.said

    def of(self, kind: type[M], track_id: int | None = None) -> list[M]:
        return [m for m in self.said if isinstance(m, kind) and track_id in (None, getattr(m, "track_id", None))]

    def track(self, name: str, content: str | None = None) -> tuple[int, Path]:
        path = self.folder / name
        path.write_text(content if content is not None else name)
        return self.library.add_track(path).id, path

    def run(self, *names: str, **options: Any) -> dict[str, int]:
        """Queue files and wait until each has come to an end; return their track ids."""
        tracks = {name: self.track(name) for name in names}
        before = len(self.ended())
        self.queue.submit(tracks.values(), **options)
        self.until(lambda: len(self.ended()) == before + len(names))
        return {name: track_id for name, (track_id, _) in tracks.items()}

    def ended(self) -> list[Any]:
        return [m for m in self.said if isinstance(m, say.Finished | say.Failed | say.Stopped)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    library = Library(tmp_path / "library.sqlite3")
    (tmp_path / "music").mkdir()
    bench = Bench(FakeScience(), library, tmp_path / "music")
    yield bench
    bench.science.go.set()
    bench.queue.close()
    assert bench.queue.join(20.0)
    library.close()


def test_a_job_tells_its_story_in_order(bench: Bench) -> None:
    track_id = bench.run("a.wav")["a.wav"]
    story = [type(m).__name__ for m in bench.said if isinstance(m, say.JobMessage)]
    assert story == ["Started", "Progressed", "OverviewReady", *["Progressed"] * 3, "Finished"]
    assert {(m.job_id, m.track_id) for m in bench.said if isinstance(m, say.JobMessage)} == {(1, track_id)}
    finished = bench.of(say.Finished)[0]
    assert finished.analysis is not None
    assert finished.summary.quadrant == finished.analysis.quadrant
    assert finished.summary.probability == pytest.approx(float(finished.analysis.probabilities.max()))


def test_the_result_is_in_the_library_before_it_is_told(bench: Bench) -> None:
    seen: list[bool] = []
    post = bench.post

    def look(message: Any) -> None:
        if isinstance(message, say.Finished):
            seen.append(bench.library.find_analysis(sha_of(bench.folder / "a.wav"), "fake", "1") is not None)
        post(message)

    bench.queue._post = look
    track_id = bench.run("a.wav")["a.wav"]
    assert seen == [True]
    assert bench.library.track(track_id).status == "done"


def test_one_thread_owns_the_model_and_loads_it_once(bench: Bench) -> None:
    bench.run("a.wav", "b.wav", "c.wav")
    assert bench.science.loads == [("", "cpu")]
    assert bench.science.threads == {"affekt-analysis"}
    states = [m.state for m in bench.of(say.ModelChanged)]
    assert [(s.id, s.name, s.version, s.device, s.status) for s in states] == [
        ("fake", "A fake", "1", "", "loading"),
        ("fake", "A fake", "1", "cpu", "ready"),
    ]


def test_warming_up_loads_the_model_ahead(bench: Bench) -> None:
    bench.queue.warm_up()
    bench.until(lambda: any(m.state.status == "ready" for m in bench.of(say.ModelChanged)))
    bench.run("a.wav")
    assert bench.science.loads == [("", "cpu")]


def test_what_the_library_has_is_found_without_the_model(bench: Bench) -> None:
    bench.run("a.wav")
    again = AnalysisQueue(bench.post, lambda: bench.library, bench.science.worker())
    track = bench.track("the same under another name.wav", content="a.wav")
    loads, analysed = list(bench.science.loads), list(bench.science.analysed)
    again.submit([track])
    bench.until(lambda: bench.of(say.Finished, track[0]))
    finished = bench.of(say.Finished, track[0])[0]
    assert finished.overview is None
    assert finished.analysis is None
    assert finished.summary == bench.of(say.Finished)[0].summary
    assert (bench.science.loads, bench.science.analysed) == (loads, analysed)
    assert bench.library.track(track[0]).status == "done"
    again.close()
    assert again.join(20.0)


def test_fresh_asks_the_model_again(bench: Bench) -> None:
    bench.run("a.wav")
    bench.run("a.wav", fresh=True)
    assert bench.science.analysed == ["a.wav", "a.wav"]


def test_a_file_that_changed_is_analysed_again(bench: Bench) -> None:
    bench.run("a.wav")
    track = bench.track("a.wav", content="quite another piece of music")
    bench.queue.submit([track])
    bench.until(lambda: len(bench.ended()) == 2)
    assert bench.science.analysed == ["a.wav", "a.wav"]
    assert bench.library.track(track[0]).sha256 == sha_of(track[1])


def test_another_version_of_the_model_answers_anew(bench: Bench) -> None:
    bench.run("a.wav")
    bench.science.cards[""] = FakeCard(version="2")
    bench.run("a.wav")
    assert bench.science.analysed == ["a.wav", "a.wav"]
    assert len(bench.science.loads) == 2
    assert bench.library.has_analyses("fake", "1")
    assert bench.library.has_analyses("fake", "2")


def test_another_model_takes_the_place_of_the_first(bench: Bench) -> None:
    bench.run("a.wav")
    bench.run("a.wav", model="other")
    assert bench.science.loads == [("", "cpu"), ("other", "cpu")]
    assert bench.of(say.ModelChanged)[-1].state.id == "other"


def test_a_failure_leaves_the_others_going(bench: Bench) -> None:
    bench.science.bad = {"bad.wav"}
    bench.science.crash = {"crash.wav"}
    ids = bench.run("a.wav", "bad.wav", "crash.wav", "b.wav")
    failures = {m.track_id: m for m in bench.of(say.Failed)}
    assert failures[ids["bad.wav"]].kind == "damaged"
    assert failures[ids["bad.wav"]].message == "“bad.wav” is damaged."
    assert failures[ids["crash.wav"]].kind == "internal"
    assert "crash.wav" in failures[ids["crash.wav"]].message
    assert "ZeroDivision" not in failures[ids["crash.wav"]].message
    assert {m.track_id for m in bench.of(say.Finished)} == {ids["a.wav"], ids["b.wav"]}
    assert bench.library.track(ids["bad.wav"]).status == "failed"
    assert bench.library.track(ids["bad.wav"]).error == "“bad.wav” is damaged."


def test_a_vanished_file_is_told_by_name(bench: Bench) -> None:
    track = bench.track("gone.wav")
    track[1].unlink()
    bench.queue.submit([track])
    bench.until(bench.ended)
    failure = bench.of(say.Failed)[0]
    assert failure.kind == "not_found"
    assert "gone.wav" in failure.message
    assert bench.science.analysed == []


def test_cancelling_mid_job_answers_at_once_and_stops_it(bench: Bench) -> None:
    bench.science.hold = {"a.wav"}
    a, b = bench.track("a.wav"), bench.track("b.wav")
    jobs = bench.queue.submit([a, b])
    assert bench.science.held.wait(20.0)
    began = time.perf_counter()
    bench.queue.cancel([jobs[a[0]]])
    assert time.perf_counter() - began < 1.0
    bench.until(lambda: bench.of(say.Finished, b[0]))
    assert [m.track_id for m in bench.of(say.Stopped)] == [a[0]]
    assert bench.of(say.Finished, a[0]) == []
    assert bench.library.track(a[0]).status == "waiting"
    assert bench.library.find_overview(sha_of(a[1])) is None


def test_cancelled_before_their_turn_they_are_never_begun(bench: Bench) -> None:
    bench.science.hold = {"a.wav"}
    tracks = [bench.track(name) for name in ("a.wav", "b.wav", "c.wav")]
    jobs = bench.queue.submit(tracks)
    assert bench.science.held.wait(20.0)
    bench.queue.cancel([jobs[tracks[1][0]]])
    bench.science.go.set()
    bench.until(lambda: bench.of(say.Finished, tracks[2][0]))
    assert bench.science.analysed == ["a.wav", "c.wav"]


def test_all_can_be_cancelled(bench: Bench) -> None:
    bench.science.hold = {"a.wav"}
    bench.queue.submit([bench.track(name) for name in ("a.wav", "b.wav", "c.wav")])
    assert bench.science.held.wait(20.0)
    bench.queue.cancel_all()
    bench.until(lambda: bench.of(say.Stopped))
    bench.run("d.wav")
    assert bench.science.analysed == ["a.wav", "d.wav"]


def test_first_and_promoted_jobs_go_before_the_others(bench: Bench) -> None:
    bench.science.hold = {"a.wav"}
    tracks = {name: bench.track(name) for name in ("a.wav", "b.wav", "c.wav", "d.wav")}
    jobs = bench.queue.submit([tracks["a.wav"], tracks["b.wav"], tracks["c.wav"]])
    assert bench.science.held.wait(20.0)
    bench.queue.promote(jobs[tracks["c.wav"][0]])
    bench.queue.submit([tracks["d.wav"]], first=True)
    bench.science.go.set()
    bench.until(lambda: len(bench.ended()) == 4)
    assert bench.science.analysed == ["a.wav", "d.wav", "c.wav", "b.wav"]


class OutOfMemoryError(RuntimeError):
    """Torch's, by its name."""


def loading_fails(bench: Bench, error: Exception) -> None:
    """Let loading onto anything but the processor fail."""

    def load(model: str, device: str) -> Any:
        if device != "cpu":
            raise error
        return load_model(model, device)

    load_model = bench.science.load_model
    bench.queue.worker = replace(bench.queue.worker, load_model=load)


@pytest.mark.parametrize(
    "error",
    [
        OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
        RuntimeError("MPS backend out of memory (MPS allocated: 9.0 GB)"),
    ],
)
def test_a_graphics_card_too_small_for_the_model_hands_over_and_says_so(bench: Bench, error: Exception) -> None:
    loading_fails(bench, error)
    ids = bench.run("a.wav", "b.wav")
    assert bench.science.loads == [("", "cpu")]
    assert {m.track_id for m in bench.of(say.Finished)} == set(ids.values())
    assert [(m.level, "graphics card" in m.message) for m in bench.of(say.Notice)] == [("warning", True)]
    assert bench.of(say.ModelChanged)[-1].state.device == "cpu"


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_too_little_main_memory_for_the_model_is_not_the_graphics_cards(bench: Bench, error: Exception) -> None:
    loading_fails(bench, error)
    bench.run("a.wav")
    assert [(m.kind, "Close other programs" in m.message) for m in bench.of(say.Failed)] == [("out_of_memory", True)]
    assert bench.of(say.Notice) == []
    assert bench.science.loads == []


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_out_of_memory_while_analysing_fails_that_one_file(bench: Bench, device: str) -> None:
    bench.science.gpu = device == "cuda"
    bench.science.full = {device}
    bench.run("a.wav")
    bench.science.full = set()
    bench.run("b.wav")
    assert [(m.kind, m.message) for m in bench.of(say.Failed)] == [("out_of_memory", "out of memory")]
    assert bench.science.loads == [("", device)]
    assert len(bench.of(say.Finished)) == 1
    assert bench.of(say.Notice) == []


def test_a_model_that_cannot_be_loaded_says_why(bench: Bench) -> None:
    bench.science.unloadable = True
    bench.queue.warm_up()
    bench.until(lambda: any(m.state.status == "failed" for m in bench.of(say.ModelChanged)))
    assert bench.of(say.ModelChanged)[-1].state.message == "The model's weights are damaged."
    bench.run("a.wav")
    assert bench.of(say.Failed)[0].message == "The model's weights are damaged."
    bench.science.unloadable = False
    bench.run("b.wav")
    assert len(bench.of(say.Finished)) == 1


def test_a_model_that_is_not_there_says_so(bench: Bench) -> None:
    bench.queue.warm_up("lost")
    bench.until(lambda: bench.of(say.ModelChanged))
    state = bench.of(say.ModelChanged)[-1].state
    assert (state.status, state.message) == ("failed", "There is no model “lost”.")


def test_a_result_that_cannot_be_kept_is_shown_and_the_reason_told_once(bench: Bench) -> None:
    def full(*_args: Any, **_kwargs: Any) -> None:
        raise JobError("no_space", "There is no room left on the disk.")

    bench.library.save_analysis = full  # type: ignore[method-assign]
    bench.run("a.wav", "b.wav")
    assert all(m.analysis is not None for m in bench.of(say.Finished))
    assert len(bench.of(say.Finished)) == 2
    assert [m.message for m in bench.of(say.Notice)] == [
        "There is no room left on the disk. Results are shown but not kept."
    ]


def test_an_analysis_without_a_result_is_a_fault(bench: Bench) -> None:
    worker = bench.queue.worker
    bench.queue.worker = type(worker)(worker.load_model, lambda *args: iter(()), worker.identify)
    bench.run("a.wav")
    assert bench.of(say.Failed)[0].kind == "internal"


def test_closing_while_running_is_quick_and_the_work_is_taken_up_again(bench: Bench) -> None:
    bench.science.hold = {"a.wav"}
    a, b = bench.track("a.wav"), bench.track("b.wav")
    bench.queue.submit([a, b])
    assert bench.science.held.wait(20.0)
    began = time.perf_counter()
    bench.queue.close()
    assert time.perf_counter() - began < 1.0
    assert bench.queue.join(20.0)
    assert bench.library.reset_unfinished() == ([], [a[0], b[0]])
    bench.queue.submit([b])
    bench.queue.warm_up()
    assert not any(thread.name == "affekt-analysis" for thread in threading.enumerate())


def test_closing_before_anything_ran(bench: Bench) -> None:
    bench.queue.close()
    assert bench.queue.join(0.0)
