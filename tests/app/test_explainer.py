"""Asking why: coarse before final, one question at a time, cancelled at once, kept in the library."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.jobs import norms as norms_room
from app.jobs.explainer import Explaining
from app.jobs.tools import Tools
from app.session import Session
from models.explain.counterfactual import Change
from models.explain.reasons import LibraryNorms
from tests.app.fakes import FakeCard, FakeScience, FakeSound, HandPump, explained, same
from tests.app.running import find_audio, read_tags


class Asking:
    """A session over a fake science, with all its messages delivered by hand."""

    def __init__(self, file: Path, science: FakeScience) -> None:
        self.pumps: list[HandPump] = []

        def make(deliver: Any, wanted: Any) -> HandPump:
            self.pumps.append(HandPump(deliver, wanted))
            return self.pumps[-1]

        self.session = Session(file, worker=science.worker(), tools=Tools(find_audio, read_tags), pump=make)
        self.explainer = self.session.explainer
        self.seen: list[tuple[str, bool | None]] = []
        self.explainer.changed.connect(self._note)
        self.session.start()

    def _note(self, _track_id: int) -> None:
        explanation = self.state.explanation
        seen = (self.state.status, None if explanation is None else explanation.is_final)
        if self.seen[-1:] != [seen]:
            self.seen.append(seen)

    @property
    def state(self) -> Explaining:
        assert self.explainer.state is not None
        return self.explainer.state

    def until(self, condition: Any) -> None:
        def over() -> bool:
            for pump in self.pumps[1:]:
                pump.flush(0.005)
            return bool(condition())

        self.pumps[0].until(over)

    def open(self, path: Path) -> int:
        document = self.session.document
        self.session.open_paths([path])
        self.until(
            lambda: any(document.track(i).path == path and document.track(i).status == "done" for i in document.order)
        )
        return next(i for i in document.order if document.track(i).path == path)


@pytest.fixture
def science() -> FakeScience:
    return FakeScience()


@pytest.fixture
def asking(tmp_path: Path, science: FakeScience) -> Iterator[Asking]:
    asking = Asking(tmp_path / "library.sqlite3", science)
    yield asking
    science.go.set()
    asking.session.close()
    assert asking.session.wait_closed(20.0)


def ready(asking: Asking) -> bool:
    return asking.state.status == "ready"


def test_a_coarse_answer_comes_before_the_final_one_and_the_library_keeps_that(
    asking: Asking, music: Path, science: FakeScience
) -> None:
    track = asking.open(music / "a.wav")
    asking.explainer.ask(track, "Q3", "occlusion")
    asking.until(lambda: ready(asking))
    order = [("asked", None), ("working", None), ("working", False), ("ready", True)]
    assert asking.seen == order
    assert same(asking.state.explanation, explained("Q3"))
    assert asking.state.fraction == 1.0
    assert science.asked == [("a.wav", "Q3", "occlusion", None)]
    assert "affekt-explainer" in science.threads
    assert ("", "cpu") in science.loads

    asking.session._desk.librarian.write(lambda library: kept.set())  # after what is being written
    kept = threading.Event()
    assert kept.wait(5)
    asking.explainer.ask(track, "Q3", "occlusion")
    asking.until(lambda: ready(asking))
    assert len(science.asked) == 1, "it was asked again what the library has"
    assert same(asking.state.explanation, explained("Q3"))


@pytest.mark.parametrize(
    "other", [("Q1", "occlusion", None), ("Q3", "saliency", None), ("Q3", "occlusion", (2.0, 5.0))]
)
def test_another_question_is_not_answered_with_what_was_kept(
    asking: Asking, music: Path, science: FakeScience, other: Any
) -> None:
    track = asking.open(music / "a.wav")
    for question in (("Q3", "occlusion", None), other):
        asking.explainer.ask(track, *question)
        asking.until(lambda: ready(asking))
    assert science.asked[-1] == ("a.wav", *other)
    assert same(asking.state.explanation, explained(*other))


def test_another_version_of_the_model_is_asked_anew(asking: Asking, music: Path, science: FakeScience) -> None:
    track = asking.open(music / "a.wav")
    for version in ("1", "2"):
        science.cards[""] = FakeCard(version=version)
        asking.explainer.ask(track, "Q3", "occlusion")
        asking.until(lambda: ready(asking))
        assert asking.state.explanation is not None
        assert asking.state.explanation.model_version == version
    assert len(science.asked) == 2


def test_cancel_answers_at_once_and_what_is_known_stays(asking: Asking, music: Path, science: FakeScience) -> None:
    track = asking.open(music / "a.wav")
    science.hold.add("explain")
    asking.explainer.ask(track, "Q3", "occlusion")
    asking.until(lambda: asking.state.explanation is not None)
    asking.explainer.cancel()
    assert asking.state.status == "cancelled"
    assert asking.state.explanation is not None
    assert not asking.state.explanation.is_final
    science.go.set()
    asking.pumps[0].flush(0.05)
    asking.until(lambda: True)
    assert asking.state.status == "cancelled"

    asking.explainer.ask(track, "Q3", "occlusion")  # what was given up was not kept as if it were whole
    asking.until(lambda: ready(asking))
    assert len(science.asked) == 2


def test_a_new_question_takes_the_place_of_the_old_one(asking: Asking, music: Path, science: FakeScience) -> None:
    track = asking.open(music / "a.wav")
    science.hold.add("explain")
    asking.explainer.ask(track, "Q3", "occlusion")
    asking.until(lambda: asking.state.explanation is not None)
    science.hold.clear()
    asking.explainer.ask(track, "arousal", "saliency", (5.0, 2.0))
    assert (asking.state.status, asking.state.explanation) == ("asked", None)
    asking.until(lambda: ready(asking))
    assert same(asking.state.explanation, explained("arousal", "saliency", (2.0, 5.0)))


def test_the_same_question_twice_is_one(asking: Asking, music: Path, science: FakeScience) -> None:
    track = asking.open(music / "a.wav")
    science.hold.add("explain")
    asking.explainer.ask(track, "Q3", "occlusion")
    asking.until(lambda: asking.state.explanation is not None)
    asking.explainer.ask(track, "Q3", "occlusion")
    assert asking.state.explanation is not None
    science.go.set()
    asking.until(lambda: ready(asking))
    assert len(science.asked) == 1


def test_a_recording_is_read_once_for_many_questions(asking: Asking, music: Path, science: FakeScience) -> None:
    first, second = asking.open(music / "a.wav"), asking.open(music / "b.wav")
    questions: list[tuple[int, Any]] = [(first, "Q1"), (first, "Q2"), (second, "Q1"), (first, "valence")]
    for track, target in questions:
        asking.explainer.ask(track, target, "occlusion")
        asking.until(lambda: ready(asking))
    assert science.read == ["a.wav", "b.wav"]


def test_only_so_many_short_recordings_are_kept(asking: Asking, music: Path, science: FakeScience) -> None:
    first, second = asking.open(music / "a.wav"), asking.open(music / "b.wav")
    science.sound = FakeSound(duration_s=500.0)
    for track in (first, second, first):
        asking.explainer.ask(track, "Q1", "occlusion", (1.0, 2.0 + len(science.read)))
        asking.until(lambda: ready(asking))
    assert science.read == ["a.wav", "b.wav", "a.wav"]  # together they are longer than what is kept
    science.sound = FakeSound(duration_s=3600.0)
    for target in ("Q2", "Q3"):
        asking.explainer.ask(second, target, "occlusion")  # type: ignore[arg-type]
        asking.until(lambda: ready(asking))
    assert science.read[3:] == ["b.wav", "b.wav"]


def test_what_the_analysis_heard_is_not_heard_again(asking: Asking, music: Path, science: FakeScience) -> None:
    track = asking.open(music / "a.wav")
    asking.explainer.ask(track, "Q1", "occlusion")
    asking.until(lambda: ready(asking))
    assert science.known == [music / "a.wav"]  # as the fake hears: its path


@pytest.mark.parametrize(("fault", "words"), [("inexplicable", "is damaged"), ("crash", "A fault in the program")])
def test_a_failure_names_the_file_and_the_next_question_is_answered(
    asking: Asking, music: Path, science: FakeScience, fault: str, words: str, capsys: Any
) -> None:
    track = asking.open(music / "a.wav")
    getattr(science, fault).add("a.wav")
    asking.explainer.ask(track, "Q3", "occlusion")
    asking.until(lambda: asking.state.status == "failed")
    assert words in asking.state.message
    assert "a.wav" in asking.state.message
    assert not asking.state.busy
    getattr(science, fault).clear()
    asking.explainer.ask(track, "Q3", "occlusion")
    asking.until(lambda: ready(asking))


def test_too_little_memory_says_what_to_do(asking: Asking, music: Path, science: FakeScience, monkeypatch: Any) -> None:
    track = asking.open(music / "a.wav")
    monkeypatch.setattr(science, "load_model", lambda model, device: (_ for _ in ()).throw(MemoryError()))
    object.__setattr__(asking.explainer._worker, "load_model", science.load_model)
    asking.explainer.ask(track, "Q3", "occlusion")
    asking.until(lambda: asking.state.status == "failed")
    assert "select a shorter part" in asking.state.message


def test_the_time_left_follows_the_pace(asking: Asking, music: Path, science: FakeScience) -> None:
    track = asking.open(music / "a.wav")
    now = [100.0]
    asking.explainer._clock = lambda: now[0]
    science.hold.add("explain")
    asking.explainer.ask(track, "Q3", "occlusion")
    now[0] = 110.0
    asking.until(lambda: asking.state.explanation is not None)
    assert asking.state.fraction == pytest.approx(0.1)
    assert asking.state.remaining_s == pytest.approx(90.0)


def test_what_if_goes_in_between_and_the_explanation_goes_on(asking: Asking, music: Path, science: FakeScience) -> None:
    track = asking.open(music / "a.wav")
    science.steps, science.slow_s = 400, 0.005
    asking.explainer.ask(track, "Q3", "occlusion")
    asking.until(lambda: asking.state.explanation is not None)
    asking.explainer.suppose(track, Change("gain", -10.0), (2.0, 5.0))
    supposing = lambda: asking.explainer.supposing  # noqa: E731
    asking.until(lambda: supposing() is not None and supposing().status == "ready")
    assert asking.state.status == "working", "the explanation was given up, or it had to be waited for"
    assert supposing().answer.change == Change("gain", -10.0)
    assert (supposing().answer.start_s, supposing().answer.end_s) == (2.0, 5.0)
    science.slow_s = 0.0
    asking.until(lambda: ready(asking))
    assert [name for name, *_ in science.asked] == ["a.wav", "a.wav"], "the explanation began anew"


def test_what_if_is_cancelled_fails_and_is_remembered(asking: Asking, music: Path, science: FakeScience) -> None:
    track = asking.open(music / "a.wav")
    change = Change("tempo", 0.8)
    supposing = lambda: asking.explainer.supposing  # noqa: E731
    science.hold.add("suppose")
    asking.explainer.suppose(track, change)
    asking.until(lambda: supposing().status == "working")
    asking.explainer.cancel_supposing()
    assert supposing().status == "cancelled"
    science.hold.clear()
    science.inexplicable.add("a.wav")
    asking.explainer.suppose(track, change)
    asking.until(lambda: supposing().status == "failed")
    assert "a.wav" in supposing().message
    science.inexplicable.clear()
    before = len(science.asked)
    for _ in range(2):
        asking.explainer.suppose(track, change)
        asking.until(lambda: supposing().status == "ready")
    assert len(science.asked) == before + 1


def test_closing_does_not_wait_for_what_is_asked(asking: Asking, music: Path, science: FakeScience) -> None:
    track = asking.open(music / "a.wav")
    science.hold.add("explain")
    asking.explainer.ask(track, "Q3", "occlusion")
    asking.until(lambda: asking.state.explanation is not None)
    asking.session.close()
    assert asking.session.wait_closed(5.0)


def test_what_is_usual_is_read_of_a_library_that_is_large_enough(
    asking: Asking, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The fake hears less than a model does: who makes norms of it has tests of its own.
    monkeypatch.setattr(norms_room, "library_norms", lambda heard: LibraryNorms(len(heard), {}, {}))
    for i in range(12):
        (music / f"more{i}.wav").write_text(f"more {i}")
    document, norms = asking.session.document, asking.session.norms
    changed: list[None] = []
    norms.changed.connect(lambda: changed.append(None))
    asking.open(music / "a.wav")
    norms.ask()
    asking.until(lambda: True)
    assert norms.norms is None
    asking.session.open_paths([music])
    asking.until(lambda: len(document) == 15 and all(document.track(i).status == "done" for i in document.order))
    norms.ask()
    asking.until(lambda: changed)
    norms.ask()  # nothing is new: nothing is read
    asking.until(lambda: True)
    assert len(changed) == 1
    assert norms.norms == LibraryNorms(15, {}, {})
