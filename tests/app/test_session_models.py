"""Choosing among models: whose results are shown, and what becomes of a model that is gone."""

from __future__ import annotations

from pathlib import Path

from app.document import ModelState
from app.jobs import messages as say
from tests.app.fakes import FakeCard, FakeScience


def test_another_model_answers_for_what_is_shown(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music)
    run.idle()
    assert [card.id for card in run.session.models()] == ["fake", "other"]
    run.session.set_model("other")
    assert run.document.analysis(run.document.order[0]) is None
    run.pump.until(lambda: run.document.model.status == "ready" and run.document.model.id == "other")
    run.pump.until(lambda: run.status()["a"] == "done")
    run.pump.flush()
    assert run.status() == {"a": "done", "b": "waiting", "c": "waiting"}
    assert run.document.track(run.id("b")).quadrant == ""
    analysis = run.document.analysis(run.id("a"))
    assert analysis is not None
    assert analysis.model_id == "other"
    run.session.set_model("")
    run.pump.until(lambda: set(run.status().values()) == {"done"})
    run.pump.until(lambda: run.document.analysis(run.id("a")) is not None)
    assert run.science.analysed == ["a.wav", "b.wav", "c.wav", "a.wav"]
    run.session.set_model("other")
    run.end()
    again = run_of().start()
    assert again.status()["a"] == "done"
    assert again.status()["b"] == "waiting"


def test_the_default_by_its_name_is_no_other_model(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music)
    run.idle()
    run.session.set_model("fake")
    run.pump.flush()
    assert set(run.status().values()) == {"done"}
    assert run.science.analysed == ["a.wav", "b.wav", "c.wav"]
    assert run.session.setting("model", "") == ""


def test_a_model_that_is_not_there_changes_nothing(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music)
    run.idle()
    run.session.set_model("jazz")
    run.pump.flush()
    assert run.notices == [("There is no model “jazz”.", "error")]
    assert (run.document.model.id, run.document.model.status) == ("fake", "ready")
    assert set(run.status().values()) == {"done"}
    assert run.session.setting("model", "") == ""


def test_a_chosen_model_that_is_gone_makes_way_for_the_default_and_says_so_once(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music / "a.wav")
    run.idle()
    run.session.set_model("other")
    run.idle()
    run.pump.until(lambda: run.document.model.id == "other" and run.document.model.status == "ready")
    run.end()
    gone = run_of(FakeScience(cards={"": FakeCard()})).start()
    gone.session.warm_up()
    gone.pump.until(lambda: gone.document.model.status == "ready")
    assert gone.document.model.id == "fake"
    gone.pump.until(lambda: gone.document.analysis(gone.id("a")) is not None)
    analysis = gone.document.analysis(gone.id("a"))
    assert analysis is not None
    assert analysis.model_id == "fake"  # from the library: nothing was analysed again
    assert gone.science.analysed == []
    ((notice, level),) = gone.notices
    assert level == "warning"
    assert "“other”, is gone or damaged" in notice
    gone.end()
    again = run_of().start()  # the other model is back, but the default was told to answer
    again.pump.flush()
    assert again.notices == []
    assert again.session.setting("model") == ""


def test_what_one_model_failed_at_may_be_tried_by_another(run_of, music: Path) -> None:
    run = run_of(FakeScience(bad={"c.wav"})).start()
    run.open(music / "c.wav")
    run.idle()
    run.science.unloadable = True
    run.session.set_model("other")
    run.open(music / "a.wav", music / "b.wav")
    run.idle()
    assert run.status() == {"c": "failed", "a": "failed", "b": "failed"}
    assert run.document.track(run.id("b")).error == "The model's weights are damaged."
    run.session.select_track(run.id("a"))
    run.science.unloadable = False
    run.session.set_model("")
    run.pump.until(lambda: run.status()["a"] == "done")
    run.pump.flush()
    assert run.status() == {"c": "failed", "a": "done", "b": "waiting"}  # the file is damaged for every model
    assert run.document.track(run.id("b")).error == ""
    run.end()
    assert run_of().start().status() == {"c": "failed", "a": "done", "b": "waiting"}


def test_choices_in_a_row_end_with_the_last(run_of, music: Path) -> None:
    """What the first model says of itself late, when it has been loaded, is not shown as the chosen one's."""
    science = FakeScience(cards={name: FakeCard(name or "fake") for name in ("", "other", "third")})
    run = run_of(science).start()
    shown: list[str] = []
    run.document.model_changed.connect(lambda state: shown.append(state.id))
    run.open(music / "a.wav")
    run.idle()
    run.pump.flush()
    shown.clear()
    run.session.set_model("other")
    run.session.set_model("third")
    run.pump.post(say.ModelChanged("other", ModelState("other", status="ready")))  # as when its loading had begun
    run.pump.until(lambda: run.document.model.id == "third" and run.document.model.status == "ready")
    run.idle()
    run.pump.flush()
    assert shown[0] == "other"
    assert set(shown[1:]) == {"third"}
    analysis = run.document.analysis(run.id("a"))
    assert analysis is not None
    assert analysis.model_id == "third"


def test_a_missing_model_is_told_and_the_list_is_there(run_of, music: Path) -> None:
    run = run_of(FakeScience(cards={})).start()
    run.session.warm_up()
    run.open(music / "a.wav")
    run.idle()
    assert run.document.model.status == "failed"
    assert run.document.track(run.id("a")).status == "failed"
    assert "no model" in run.document.track(run.id("a")).error
