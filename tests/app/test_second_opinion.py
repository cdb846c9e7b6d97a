"""Asking another model about a track while the one that judges goes on judging."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.jobs.tools import Tools
from app.session import Session
from tests.app.fakes import FakeScience, HandPump
from tests.app.running import find_audio, read_tags
from tests.ui.conftest import write_music


class Asking:
    """A session over a fake science, with all its messages delivered by hand."""

    def __init__(self, file: Path, science: FakeScience) -> None:
        self.pumps: list[HandPump] = []

        def make(deliver: Any, wanted: Any) -> HandPump:
            self.pumps.append(HandPump(deliver, wanted))
            return self.pumps[-1]

        self.session = Session(file, worker=science.worker(), tools=Tools(find_audio, read_tags), pump=make)
        self.document = self.session.document
        self.opinions = self.session.second_opinion
        self.seen: list[tuple[str, float]] = []
        self.opinions.changed.connect(self._note)
        self.session.start()

    def _note(self, track_id: int, model: str) -> None:
        opinion = self.opinions.of(track_id, model)
        assert opinion is not None
        self.seen.append((opinion.status, opinion.fraction))

    def until(self, condition: Any) -> None:
        def over() -> bool:
            for pump in self.pumps[1:]:
                pump.flush(0.005)
            return bool(condition())

        self.pumps[0].until(over)

    def open(self, path: Path) -> int:
        count = len(self.document)
        self.session.open_paths([path])
        self.until(lambda: len(self.document) > count)
        self.until(lambda: self.document.track(self.document.order[-1]).status == "done")
        return self.document.order[-1]


@pytest.fixture
def science() -> FakeScience:
    return FakeScience()


@pytest.fixture
def asking(tmp_path: Path, science: FakeScience) -> Iterator[Asking]:
    asking = Asking(tmp_path / "library.sqlite3", science)
    yield asking
    science.go.set()
    asking.session.close()
    assert asking.session.wait_closed()


def test_another_model_answers_and_the_first_goes_on_judging(
    asking: Asking, science: FakeScience, tmp_path: Path
) -> None:
    path = write_music(tmp_path / "one.wav")
    track = asking.open(path)
    before = asking.document.track(track)
    asking.opinions.ask(track, path, "other")
    asking.opinions.ask(track, path, "other")  # once is enough
    asking.until(lambda: asking.opinions.of(track, "other").status == "ready")
    answer = asking.opinions.of(track, "other")
    assert answer is not None
    assert answer.analysis is not None
    assert answer.overview is not None
    assert answer.analysis.model_id == "other"
    assert asking.document.track(track) == before
    assert asking.document.analysis(track).model_id == "fake"
    assert asking.document.model.id == "fake"
    assert asking.session.setting("model", "") == ""
    assert science.analysed == ["one.wav", "one.wav"]
    assert [status for status, _ in asking.seen][:2] == ["asked", "working"]
    fractions = [fraction for status, fraction in asking.seen if status == "working"]
    assert fractions == sorted(fractions)


def test_what_the_library_has_is_not_asked_again(asking: Asking, science: FakeScience, tmp_path: Path) -> None:
    path = write_music(tmp_path / "one.wav")
    track = asking.open(path)
    for _ in range(2):
        asking.opinions.ask(track, path, "other")
        asking.until(lambda: asking.opinions.of(track, "other").status == "ready")
    asking.opinions.ask(track, path, "fake")  # nor is the model that judges
    asking.until(lambda: asking.opinions.of(track, "fake").status == "ready")
    assert asking.opinions.of(track, "fake").analysis is not None
    assert science.analysed == ["one.wav", "one.wav"]


def test_it_can_be_cancelled_and_asked_again(asking: Asking, science: FakeScience, tmp_path: Path) -> None:
    path = write_music(tmp_path / "one.wav")
    track = asking.open(path)
    science.hold.add("one.wav")
    asking.opinions.ask(track, path, "other")
    assert science.held.wait(20)
    asking.opinions.cancel(track, "other")
    assert asking.opinions.of(track, "other").status == "cancelled"
    asking.until(lambda: True)
    assert asking.document.track(track).status == "done"
    science.hold.clear()
    asking.opinions.ask(track, path, "other")
    asking.until(lambda: asking.opinions.of(track, "other").status == "ready")


def test_a_failure_is_the_answers_and_not_the_tracks(asking: Asking, science: FakeScience, tmp_path: Path) -> None:
    path = write_music(tmp_path / "one.wav")
    track = asking.open(path)
    science.bad.add("one.wav")
    asking.opinions.ask(track, path, "other")
    asking.until(lambda: asking.opinions.of(track, "other").status == "failed")
    assert "one.wav" in asking.opinions.of(track, "other").message
    assert asking.document.track(track).status == "done"
    asking.opinions.ask(track, path, "nobody")
    asking.until(lambda: asking.opinions.of(track, "nobody").status == "failed")
    assert "nobody" in asking.opinions.of(track, "nobody").message


def test_a_question_leaves_the_tracks_own_status_in_the_library(
    asking: Asking, science: FakeScience, tmp_path: Path
) -> None:
    path = write_music(tmp_path / "one.wav")
    science.bad.add("one.wav")
    asking.session.open_paths([path])
    asking.until(lambda: asking.document.order and asking.document.track(asking.document.order[0]).status == "failed")
    track = asking.document.order[0]
    science.bad.clear()
    asking.opinions.ask(track, path, "other")
    asking.until(lambda: asking.opinions.of(track, "other").status == "ready")
    assert asking.session._desk.librarian.library().track(track).status == "failed"
    assert asking.document.track(track).status == "failed"


def test_answers_in_memory_are_few(asking: Asking, tmp_path: Path) -> None:
    tracks = []
    for i in range(12):
        path = write_music(tmp_path / f"{i}.wav", seed=i)
        tracks.append(asking.open(path))
        asking.opinions.ask(tracks[-1], path, "other")
        asking.until(lambda track=tracks[-1]: asking.opinions.of(track, "other").status == "ready")
    assert sum(asking.opinions.of(track, "other") is not None for track in tracks) == 8
    assert asking.opinions.of(tracks[-1], "other") is not None
