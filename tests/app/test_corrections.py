"""Corrections: the label, the lesson, the model that answers, and all of it taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.jobs.corrector import RECORDINGS_KEPT
from app.library import Library
from tests.app.correcting import learned, shown_by
from tests.app.fakes import FakeCard, FakeScience, sha_of
from tests.app.running import Run


def test_the_first_correction_makes_the_personal_model_answer(run: Run) -> None:
    a = run.id("a")
    told: list[int] = []
    run.document.adapted.connect(told.append)
    quadrants = {stem: run.document.track(run.id(stem)).quadrant for stem in "abc"}
    label = run.session.correct(a, "Q4")
    assert run.session.labels(a) == (label,)
    assert (label.origin, label.quadrant) == ("correction", "Q4")
    assert run.document.is_learning(a)
    assert run.session.commands.undo_text == "Corrected “A” to Q4"
    learned(run, a)
    assert told == [a]
    adaptation = run.document.adaptation(a)
    assert (adaptation.model, adaptation.step, adaptation.label_id) == ("Anna", 1, label.id)
    assert (adaptation.before.arousal, adaptation.after.arousal) == (0.5, -0.5)
    assert shown_by(run, "a") == ("Anna", "1+1")
    assert (run.document.model.id, run.document.model.version, run.document.model.status) == ("Anna", "1+1", "ready")
    assert run.session.setting("model") == "Anna"
    assert run.notices == [("“Anna” answers from now on: A fake with your corrections. Ctrl+Z goes back.", "info")]
    assert run.science.lessons == [("a", "Q4")]
    assert run.science.analysed == ["a.wav", "b.wav", "c.wav"]  # it was heard once
    # Nobody became blank.
    assert {stem: run.document.track(run.id(stem)).quadrant for stem in "abc"} == quadrants
    assert set(run.status().values()) == {"done"}


def test_other_tracks_are_analysed_anew_when_they_are_shown(run: Run) -> None:
    a, b = run.id("a"), run.id("b")
    run.session.correct(a, "Q4")
    learned(run, a)
    run.session.select_track(b)
    assert shown_by(run, "b") == ("fake", "1")  # the last that is known, at once
    run.pump.until(lambda: shown_by(run, "b") == ("Anna", "1+1"))
    run.pump.flush(0.05)
    assert run.science.analysed == ["a.wav", "b.wav", "c.wav", "b.wav"]
    assert run.status()["c"] == "done"
    run.session.correct(b, "Q1", start_s=2.0, end_s=4.0)
    assert run.session.commands.undo_text == "Corrected a passage of “B” to Q1"
    learned(run, b)
    assert run.document.adaptation(b).passage == (2.0, 4.0)
    assert run.document.adaptation(b).step == 2
    assert len(run.notices) == 1  # it was said once
    run.session.select_track(a)
    run.pump.until(lambda: shown_by(run, "a") == ("Anna", "1+2"))


def test_undo_takes_label_lesson_and_model_back(run: Run) -> None:
    a = run.id("a")
    run.session.correct(a, "Q4")
    learned(run, a)
    run.session.correct(a, "Q1")
    learned(run, a)
    assert shown_by(run, "a") == ("Anna", "1+2")
    assert run.session.undo() == "Corrected “A” to Q1"
    run.pump.until(lambda: shown_by(run, "a") == ("Anna", "1+1"))
    assert [label.quadrant for label in run.session.labels(a)] == ["Q4"]
    assert run.document.adaptation(a) is None
    assert run.session.undo() == "Corrected “A” to Q4"
    run.pump.until(lambda: shown_by(run, "a") == ("fake", "1"))
    run.pump.until(lambda: run.document.model.id == "fake" and run.document.model.status == "ready")
    run.pump.flush(0.05)
    assert run.session.labels(a) == ()
    assert run.session.setting("model") == ""
    assert list(run.science.cards) == ["", "other"]  # nothing is left of a model that holds nothing
    assert set(run.status().values()) == {"done"}
    assert run.science.analysed == ["a.wav", "b.wav", "c.wav"]
    run.session.redo()
    learned(run, a)
    assert shown_by(run, "a") == ("Anna", "1+1")
    assert run.document.model.id == "Anna"


def test_a_correction_that_is_taken_back_at_once_leaves_nothing(run: Run) -> None:
    a = run.id("a")
    run.session.correct(a, "Q4")
    run.session.undo()
    run.pump.flush()
    assert run.session.labels(a) == ()
    assert not run.document.is_learning(a)
    assert shown_by(run, "a") == ("fake", "1")
    assert run.document.model.id == "fake"
    assert list(run.science.cards) == ["", "other"]
    assert run.notices == []


@pytest.mark.parametrize("trouble", [{"unteachable": "It would have led to no number."}, {"full_disk": True}])
def test_what_cannot_be_learned_is_kept_as_a_label(run: Run, trouble: dict) -> None:
    a = run.id("a")
    for name, value in trouble.items():
        setattr(run.science, name, value)
    label = run.session.correct(a, "Q4")
    learned(run, a)
    assert run.session.labels(a) == (label,)
    ((words, level),) = run.notices
    assert level == "warning"
    assert words.startswith("Your correction is kept, but nothing was learned from it. ")
    assert run.document.model.id == "fake"
    assert shown_by(run, "a") == ("fake", "1")
    run.session.undo()
    run.pump.flush(0.05)
    assert run.session.labels(a) == ()
    assert len(run.notices) == 1
    run.science.unteachable, run.science.full_disk = "", False
    run.session.correct(a, "Q1")
    learned(run, a)
    assert shown_by(run, "a") == ("Anna", "1+1")  # a step that was not kept was not kept in memory either


def test_a_model_that_cannot_learn_says_what_to_do(run: Run) -> None:
    run.science.cards["deaf"] = FakeCard("deaf")
    assert run.session.why_not_correct() == ""
    run.session.set_model("deaf")
    run.idle()
    assert "choose affekt-base" in run.session.why_not_correct()
    before = run.session.commands.undo_text
    assert run.session.correct(run.id("a"), "Q4") is None
    assert run.notices == [("It cannot learn: choose affekt-base.", "warning")]
    assert run.session.all_labels() == ()
    assert run.session.commands.undo_text == before


def test_the_personal_model_and_its_corrections_survive_a_restart(run: Run, run_of) -> None:
    a = run.id("a")
    run.session.correct(a, "Q4")
    learned(run, a)
    cards = dict(run.science.cards)
    run.end()
    science = FakeScience(cards=cards)
    again = run_of(science).start()
    again.pump.until(lambda: again.document.analysis(a) is not None)
    assert shown_by(again, "a") == ("Anna", "1+1")
    assert set(again.status().values()) == {"done"}
    assert [label.origin for label in again.session.labels(a)] == ["correction"]
    again.pump.flush(0.05)
    assert science.analysed == []
    again.session.select_track(again.id("b"))
    again.pump.until(lambda: shown_by(again, "b") == ("Anna", "1+1"))


def test_what_was_heard_is_heard_again_only_where_it_must_be(run: Run, run_of) -> None:
    run.end()
    science = FakeScience()
    again = run_of(science).start()
    again.pump.flush(0.05)
    again.session.correct(again.id("a"), "Q4")
    learned(again, again.id("a"))
    assert science.analysed == ["a.wav"]  # nothing of it was in memory
    assert [path.name for path in science.kept_heard] == ["a.wav"]
    assert shown_by(again, "a") == ("Anna", "1+1")
    again.end()
    cards = dict(science.cards)
    third = run_of(FakeScience(cards=cards, kept_heard=dict(science.kept_heard))).start()
    third.pump.flush(0.05)
    third.session.correct(third.id("a"), "Q1")
    learned(third, third.id("a"))
    third.idle()
    assert third.science.lessons == [("a", "Q1")]
    assert third.science.analysed == ["a.wav"]  # for what is shown; it learned from what lay beside the library


def test_a_lesson_comes_before_the_queue_and_the_running_track_goes_on_after_it(run_of, music: Path) -> None:
    science = FakeScience(hold={"c.wav"})
    run = run_of(science).start()
    run.open(music)
    science.held.wait(20.0)
    run.pump.until(lambda: run.status() == {"a": "done", "b": "done", "c": "analysing"})
    a = run.id("a")
    run.session.correct(a, "Q4")
    learned(run, a)
    assert science.lessons == [("a", "Q4")]
    assert run.status()["c"] in ("queued", "analysing")
    science.go.set()
    run.idle()
    assert run.status() == {"a": "done", "b": "done", "c": "done"}
    assert shown_by(run, "c") == ("Me", "1+1")


def test_a_track_that_made_way_and_is_cancelled_then_does_not_go_on(run_of, music: Path) -> None:
    science = FakeScience(hold={"c.wav"})
    run = run_of(science).start()
    run.open(music)
    science.held.wait(20.0)
    run.pump.until(lambda: run.status() == {"a": "done", "b": "done", "c": "analysing"})
    a, c = run.id("a"), run.id("c")
    run.session.correct(a, "Q4")
    run.session.cancel(c)
    learned(run, a)
    science.go.set()
    run.pump.flush(0.2)
    assert run.status()["c"] == "waiting"
    assert science.analysed.count("c.wav") == 1


def test_features_of_hours_of_music_stay_in_memory_and_drawings_of_little(run_of, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(RECORDINGS_KEPT + 2):
        (folder / f"{n}.wav").write_text(str(n))
    run = run_of().start()
    run.open(folder)
    run.idle()
    heard = len(run.science.analysed)
    for n in range(RECORDINGS_KEPT + 2):
        run.session.label(run.id(str(n)), "Q1")
    run.session.teach_labels()
    learned(run, run.id(str(RECORDINGS_KEPT + 1)))
    assert len(run.science.lessons) == RECORDINGS_KEPT + 2
    run.idle()
    assert run.science.analysed[heard:] == ["0.wav"]  # which is shown, and drawn anew; not to be learned from


def test_one_result_of_a_personal_model_is_kept_per_recording(run: Run, tmp_path: Path) -> None:
    a = run.id("a")
    for quadrant in ("Q4", "Q1", "Q2"):
        run.session.correct(a, quadrant)
        learned(run, a)
    sha = sha_of(run.document.track(a).path)
    run.end()
    library = Library(tmp_path / "library.sqlite3")
    with library._database.reading() as connection:
        kept = connection.exec_driver_sql("SELECT model_version FROM analyses WHERE model_id = 'Anna'").all()
    assert kept == [("1+3",)]
    assert library.find_analysis(sha, "fake", "1") is not None
    library.close()


def test_learning_happens_on_the_thread_of_the_worker(run: Run) -> None:
    run.session.correct(run.id("a"), "Q4")
    learned(run, run.id("a"))
    assert run.science.threads == {"affekt-analysis"}


def test_what_was_heard_of_labelled_tracks_is_kept_for_a_training(run: Run) -> None:
    a, b = run.id("a"), run.id("b")
    run.session.label(a, "Q1")
    run.pump.until(lambda: [path.name for path in run.science.kept_heard] == ["a.wav"])
    run.session.correct(b, "Q2")
    learned(run, b)
    assert [path.name for path in run.science.kept_heard] == ["a.wav", "b.wav"]


def test_a_labelled_track_that_is_analysed_later_is_kept_for_a_training_too(run_of, music: Path) -> None:
    science = FakeScience(hold={"a.wav"})
    run = run_of(science).start()
    run.open(music / "a.wav")
    science.held.wait(20.0)
    run.session.label(run.id("a"), "Q1")
    run.pump.flush(0.05)
    assert science.kept_heard == {}
    science.go.set()
    run.pump.until(lambda: [path.name for path in science.kept_heard] == ["a.wav"])


def test_a_personal_model_that_is_gone_is_begun_anew(run: Run) -> None:
    a, b = run.id("a"), run.id("b")
    run.session.correct(a, "Q4")
    learned(run, a)
    run.session.set_model("")
    run.idle()
    run.pump.flush(0.05)
    del run.science.cards["Anna"]  # somebody threw it away
    run.session.correct(b, "Q1")
    learned(run, b)
    assert run.document.adaptation(b).step == 1
    assert run.document.model.id == "Anna"


def test_a_personal_model_that_is_the_default_is_corrected_as_such(run: Run) -> None:
    a = run.id("a")
    run.session.correct(a, "Q4")
    learned(run, a)
    run.session.set_model("")
    run.idle()
    run.science.cards[""] = run.science.cards["Anna"]
    run.session.set_model("other")
    run.session.set_model("")
    run.pump.until(lambda: shown_by(run, "a") == ("Anna", "1+1"))
    run.notices.clear()
    run.session.correct(a, "Q1")
    run.science.cards[""] = run.science.cards["Anna"]
    learned(run, a)
    assert run.notices == []  # it answered before
    assert run.session.setting("model") == ""


def test_two_raters_have_two_models_and_each_takes_back_its_own(run: Run) -> None:
    a, b = run.id("a"), run.id("b")
    run.session.correct(a, "Q4")
    learned(run, a)
    run.session.set_model("")
    run.idle()
    run.session.set_rater("Ben")
    run.session.correct(b, "Q1")
    learned(run, b)
    assert run.document.model.id == "Ben"
    assert list(run.science.cards) == ["", "other", "Anna", "Ben"]
    run.session.undo()
    run.session.undo()
    run.pump.until(lambda: list(run.science.cards) == ["", "other"])
    run.pump.flush(0.05)
    assert run.session.all_labels() == ()
    assert run.document.model.id == "fake"


def test_the_personal_model_is_opened_ahead_of_the_first_correction(run: Run) -> None:
    a = run.id("a")
    loads = list(run.science.loads)
    run.session.prepare_correction(a)
    run.session.prepare_correction(a)
    run.pump.until(lambda: run.science.opened)
    run.pump.flush(0.1)
    assert run.science.opened == ["Anna"]
    assert list(run.science.cards) == ["", "other"]  # nothing is written before it has learned
    run.session.correct(a, "Q4")
    learned(run, a)
    assert run.science.opened == ["Anna"]
    assert run.science.loads == loads  # the model under it was in memory


def test_what_is_not_to_be_corrected_is_not_prepared_for(run: Run) -> None:
    run.science.cards["deaf"] = FakeCard("deaf")
    run.session.set_model("deaf")
    run.idle()
    run.session.prepare_correction(run.id("a"))
    run.pump.flush(0.1)
    assert run.science.opened == []
    assert run.notices == []


def test_a_raters_labels_are_learned_together_and_taken_back_together(run: Run) -> None:
    a, b, c = (run.id(stem) for stem in "abc")
    run.session.label(c, "Q3")
    run.session.label(a, "Q1")
    run.session.label(b, "Q2", warm_up=True)
    run.session.label(b, "Q2", start_s=1.0, end_s=2.0)
    run.session.set_rater("Ben")
    run.session.label(b, "Q4")
    run.session.set_rater("Anna")
    assert run.session.teach_labels() == 2
    learned(run, a)
    assert run.science.lessons == [("c", "Q3"), ("a", "Q1")]
    assert [words for words, _ in run.notices] == [
        "“Anna” answers from now on: A fake with your corrections. Ctrl+Z goes back.",
        "Your model learned from 2 labels. Ctrl+Z takes them back.",
    ]
    assert [label.origin for label in run.session.labels(a)] == ["label"]
    assert shown_by(run, "a") == ("Anna", "1+2")
    assert run.session.undo() == "Taught the model 2 labels"
    run.pump.until(lambda: list(run.science.cards) == ["", "other"])
    run.pump.until(lambda: shown_by(run, "a") == ("fake", "1"))
    assert len(run.session.all_labels()) == 5


def test_of_labels_that_cannot_be_learned_is_told_once(run: Run) -> None:
    for stem in "abc":
        run.session.label(run.id(stem), "Q1")
    run.science.unteachable = "It would have led to no number."
    assert run.session.teach_labels() == 3
    learned(run, run.id("c"))
    assert run.notices == [("Your model learned from 0 of 3 labels. It would have led to no number.", "warning")]


def test_without_labels_nothing_is_taught(run: Run) -> None:
    before = run.session.commands.undo_text
    assert run.session.teach_labels() == 0
    assert run.notices == [("There are no labels of yours to learn from: label some recordings first.", "warning")]
    assert run.session.commands.undo_text == before
