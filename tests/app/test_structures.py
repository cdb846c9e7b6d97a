"""Looking how recordings are built: when it is begun, what goes first, what the library keeps, and what fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from models.structure.structure import VERSION
from tests.app.fakes import FakeScience, make_structure, same, sha_of
from tests.app.running import Run


@pytest.fixture
def science() -> FakeScience:
    return FakeScience()


@pytest.fixture
def opened(run_of: Callable[..., Run], music: Path, science: FakeScience) -> Run:
    """Four tracks are analysed; the first is shown, and looked at."""
    (music / "d.wav").write_text("d")
    run = run_of(science).start()
    run.session.warm_up()
    run.session.open_paths([music])
    run.until(lambda: run.status() == dict.fromkeys("abcd", "done"))
    show(run, "a")
    run.until(lambda: run.document.structure(run.id("a")) is not None)
    return run


def show(run: Run, stem: str) -> int:
    run.session.select_track(run.id(stem))
    return run.id(stem)


def failed(run: Run, track_id: int) -> bool:
    looking = run.session.structures.of(track_id)
    return looking is not None and looking.status == "failed"


def test_the_shown_track_is_looked_at_once_it_has_its_analysis(opened: Run, science: FakeScience, music: Path) -> None:
    document = opened.document
    track = show(opened, "b")
    opened.until(lambda: document.structure(track) is not None)
    assert same(document.structure(track), make_structure(sha_of(music / "b.wav")))
    assert opened.session.structures.of(track) is None
    assert science.lookers == {"affekt-structures"}
    assert science.looked == ["a.wav", "b.wav"]


def test_what_the_library_has_is_not_looked_for_again(
    opened: Run, science: FakeScience, run_of: Callable[..., Run]
) -> None:
    written = threading.Event()
    opened.session._desk.librarian.write(lambda library: written.set())  # after what is being written
    assert written.wait(5)
    opened.end()

    again = FakeScience()
    run = run_of(again).start()
    track = show(run, "a")
    run.until(lambda: run.document.structure(track) is not None)
    assert again.looked == []


def test_another_version_looks_anew(opened: Run, run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    opened.end()
    monkeypatch.setattr("app.jobs.structures.VERSION", VERSION + " another")
    again = FakeScience()
    run = run_of(again).start()
    track = show(run, "a")
    run.until(lambda: run.document.structure(track) is not None)
    assert again.looked == ["a.wav"]


def test_the_track_shown_last_goes_first_and_the_others_follow(opened: Run, science: FakeScience) -> None:
    science.hold.add("look at b.wav")
    structures, document = opened.session.structures, opened.document
    b, c, d = (opened.id(stem) for stem in "bcd")
    show(opened, "b")
    opened.until(science.held.is_set)
    opened.session.ask_structure(d)  # waits its turn
    show(opened, "c")
    opened.until(lambda: document.structure(c) is not None)
    looking = structures.of(b)
    assert looking is not None
    assert looking.status != "failed"
    science.go.set()
    opened.until(lambda: document.structure(b) is not None and document.structure(d) is not None)
    assert science.looked == ["a.wav", "b.wav", "c.wav", "b.wav", "d.wav"]


def test_many_may_be_asked(opened: Run, science: FakeScience) -> None:
    for stem in "bcdbcd":
        opened.session.ask_structure(opened.id(stem))
    opened.until(lambda: all(opened.document.structure(opened.id(stem)) is not None for stem in "bcd"))
    assert sorted(science.looked) == ["a.wav", "b.wav", "c.wav", "d.wav"]


def test_cancel_is_at_once(opened: Run, science: FakeScience) -> None:
    science.hold.add("look at b.wav")
    track = show(opened, "b")
    opened.until(science.held.is_set)
    opened.session.structures.cancel(track)
    assert opened.session.structures.of(track) is None
    opened.until(lambda: True)
    assert opened.document.structure(track) is None
    science.go.set()
    opened.session.ask_structure(track)
    opened.until(lambda: opened.document.structure(track) is not None)


def test_a_failure_is_said_and_the_next_track_is_looked_at(opened: Run, science: FakeScience) -> None:
    science.shapeless.add("b.wav")
    science.crash.add("c.wav")
    structures = opened.session.structures
    messages = {}
    for stem in "bc":
        track = show(opened, stem)
        opened.until(partial(failed, opened, track))
        looking = structures.of(track)
        assert looking is not None
        messages[stem] = looking.message
        assert opened.document.structure(track) is None
    assert messages["b"] == "“b.wav” is damaged."
    assert messages["c"].startswith("A fault in the program")
    track = show(opened, "d")
    opened.until(lambda: opened.document.structure(track) is not None)


def test_what_was_found_in_a_file_that_was_replaced_is_dropped(opened: Run, science: FakeScience, music: Path) -> None:
    science.hold.add("look at b.wav")
    track = show(opened, "b")
    opened.until(science.held.is_set)
    (music / "b.wav").write_text("another piece")
    before = len(science.analysed)
    opened.session.analyse_again([track])
    opened.until(lambda: len(science.analysed) > before and opened.document.track(track).status == "done")
    analysis = opened.document.analysis(track)
    assert analysis is not None
    assert analysis.sha256 == sha_of(music / "b.wav")
    science.go.set()
    opened.until(lambda: opened.session.structures.of(track) is None or opened.document.structure(track) is not None)
    structure = opened.document.structure(track)
    assert structure is None or structure.sha256 == analysis.sha256
    opened.session.ask_structure(track)
    opened.until(lambda: opened.document.structure(track) is not None)
    structure = opened.document.structure(track)
    assert structure is not None
    assert structure.sha256 == analysis.sha256
