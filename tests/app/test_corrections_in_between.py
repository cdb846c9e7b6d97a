"""Corrections that cross each other, another window's, or a training of the model that answers."""

from __future__ import annotations

from tests.app.correcting import learned, shown_by
from tests.app.fakes import FakeCard
from tests.app.running import Run


def test_of_two_quick_corrections_the_first_stays_when_the_second_is_taken_back(run: Run) -> None:
    a, b = run.id("a"), run.id("b")
    run.session.correct(a, "Q4")
    run.session.correct(b, "Q1")  # before the first one has been learned
    learned(run, a)
    learned(run, b)
    run.pump.until(lambda: shown_by(run, "a") == ("Anna", "1+2"))
    run.session.undo()
    run.pump.until(lambda: shown_by(run, "a") == ("Anna", "1+1"))
    run.pump.flush(0.1)
    assert run.session.setting("model") == "Anna"
    run.session.undo()
    run.pump.until(lambda: run.document.model.id == "fake" and run.document.model.status == "ready")
    run.pump.flush(0.1)
    assert run.session.setting("model") == ""
    assert list(run.science.cards) == ["", "other"]


def test_the_track_that_is_shown_is_judged_anew_when_the_model_learns_from_others(run: Run) -> None:
    run.session.label(run.id("b"), "Q1")
    run.session.label(run.id("c"), "Q2")
    run.session.teach_labels()
    run.pump.until(lambda: shown_by(run, "a") == ("Anna", "1+2"))
    run.session.undo()
    run.pump.until(lambda: shown_by(run, "a") == ("fake", "1"))


def test_what_cannot_be_unlearned_is_said(run: Run) -> None:
    a = run.id("a")
    run.session.correct(a, "Q4")
    learned(run, a)
    run.science.cards["Anna"] = FakeCard("Anna", "of another window", "Anna", run.science.cards["Anna"].raw)
    run.session.correct(run.id("b"), "Q1")
    learned(run, run.id("b"))
    run.session.undo()
    run.notices.clear()
    run.session.undo()
    run.pump.flush(0.1)
    assert run.notices == [("The label is gone, but the model keeps what it learned.", "warning")]


def test_a_model_that_is_trained_anew_under_its_name_is_asked_once(run: Run) -> None:
    before = len(run.science.analysed)
    run.science.cards[""] = FakeCard(version="2")
    run.session.analyse_again([run.id("a")])
    run.pump.until(lambda: shown_by(run, "a") == ("fake", "2"))
    run.pump.flush(0.2)
    assert run.science.analysed[before:] == ["a.wav"]
