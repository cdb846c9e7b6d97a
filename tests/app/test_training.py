"""The training process: what its child says, how it is steered and ended, and what a crash leaves."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.jobs.child import Child, Ended, Steady, own_command
from app.jobs.training import Training
from app.jobs.training_plan import KeptPlans, TrainingPlan, new_id
from app.jobs.training_state import Account, TrainingState
from tests.app.fakes import HandPump

FAKE = [sys.executable, str(Path(__file__).with_name("fake_train.py"))]


class Desk:
    """Trainings with a pump that the test works by hand."""

    def __init__(self, folder: Path) -> None:
        pumps: list[HandPump] = []

        def make(deliver: Any, wanted: Any) -> HandPump:
            pumps.append(HandPump(deliver, wanted))
            return pumps[-1]

        self.training = Training(make, folder / "training", FAKE)
        self.pump = pumps[0]
        self.plan = TrainingPlan(str(folder / "models" / "mine"), (str(folder),), "My music", against="affekt-base")

    def until(self, *phases: str) -> TrainingState:
        self.pump.until(lambda: self.training.state.phase in phases)
        return self.training.state


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(modes: str = "") -> Desk:
        monkeypatch.setenv("FAKE_TRAIN", modes)
        made.append(Desk(tmp_path))
        return made[-1]

    yield make
    for one in made:
        one.training.close()
        assert one.training.join(20.0)


def test_a_training_is_followed_to_its_verdict(desk) -> None:
    d = desk()
    d.training.start(d.plan)
    state = d.until("done", "failed")
    assert state.phase == "done"
    assert [curve.part for curve in state.curves] == ["fold 1 of 2", "fold 2 of 2", "final"]
    assert [len(curve.points) for curve in state.curves] == [5, 5, 5]
    assert [fold.macro_f1["music"] for fold in state.folds] == [0.5, 0.6]
    assert state.verdict is not None and state.verdict["better"] == "unclear"
    assert (state.heard, state.of, state.fraction) == (38, 38, 1.0)
    assert Path(state.folder).is_dir()
    (kept,) = d.training.unfinished()
    assert kept.finished
    d.training.drop(kept)
    assert d.training.unfinished() == [] and d.training.state.phase == "idle"


def test_it_pauses_goes_on_and_stops_with_the_best(desk) -> None:
    d = desk("slow")
    d.training.start(d.plan)
    d.until("training")
    d.training.pause()
    epochs = sum(len(curve.points) for curve in d.until("paused").curves)
    d.pump.flush(0.3)
    assert d.training.state.phase == "paused"
    assert sum(len(curve.points) for curve in d.training.state.curves) <= epochs + 1
    d.training.go_on()
    d.until("training")
    d.training.stop()
    assert d.training.state.phase == "stopping"
    state = d.until("done", "failed")
    assert state.phase == "done" and len(state.curves) == 1


def test_cancel_ends_it_and_keeps_the_way_back(desk) -> None:
    d = desk("slow")
    d.training.start(d.plan)
    d.until("training")
    d.training.cancel()
    assert d.training.state.phase == "cancelling"
    state = d.until("cancelled", "failed")
    assert state.phase == "cancelled" and state.can_resume
    (kept,) = d.training.unfinished()
    d.training.resume(kept)
    assert d.until("done", "failed").phase == "done"


@pytest.mark.parametrize(
    ("mode", "kind", "word"),
    [("segfault", "internal", "fault"), ("kill", "out_of_memory", "memory"), ("memory", "out_of_memory", "memory")],
)
def test_a_crash_says_its_cause_and_can_be_gone_on_from(desk, mode: str, kind: str, word: str) -> None:
    d = desk(mode)
    d.training.start(d.plan)
    state = d.until("done", "failed")
    assert state.phase == "failed" and state.error_kind == kind and word in state.error
    assert state.can_resume
    assert state.curves  # what was drawn stays
    d.training.resume(d.training.unfinished()[0])
    assert d.until("done", "failed").phase == "done"


def test_an_error_of_its_own_is_said_as_it_is(desk) -> None:
    d = desk("refuse")
    d.training.start(d.plan)
    state = d.until("done", "failed")
    assert state.phase == "failed" and "emptied" in state.error and not state.can_resume
    d.training.look_at([Path("empty")])
    d.pump.until(lambda: not d.training.survey.busy)
    assert "nothing to learn" in d.training.survey.error


def test_a_child_that_does_not_hear_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_TRAIN", "deaf")
    heard = threading.Event()
    ended: list[Ended] = []
    words = ["train", "x", "--out", str(tmp_path / "m")]
    child = Child(words, lambda _: heard.set(), ended.append, command=FAKE, grace_s=0.2)
    assert heard.wait(20)
    child.end()
    assert child.join(10)
    assert ended[0].asked and ended[0].status != 0


def test_a_command_that_cannot_be_started_is_an_end_too() -> None:
    ended: list[Ended] = []
    assert Child(["x"], lambda _: None, ended.append, command=["/no/such/program"]).join(10)
    assert ended[0].status == 1 and "such" in ended[0].errors


def test_the_survey_and_the_trial_answer(desk) -> None:
    d = desk()
    d.training.look_at([Path("/music")])
    assert d.training.survey.busy
    d.pump.until(lambda: not d.training.survey.busy)
    assert d.training.survey.survey["usable"] == 38 and d.training.survey.of == 40
    d.training.try_out(d.plan)
    d.pump.until(lambda: not d.training.estimate.busy)
    assert d.training.estimate.total_s == 120.0
    assert d.training.unfinished() == []  # trying is not beginning


def test_what_an_earlier_child_said_is_dropped(desk) -> None:
    d = desk("slow")
    d.training.look_at([Path("/one")])
    d.pump.until(lambda: d.training.survey.seen > 0)
    d.training.look_at([Path("/two")])
    assert d.training.survey.seen == 0
    d.pump.until(lambda: not d.training.survey.busy)
    assert d.training.survey.survey["folders"] == ["/two"]


def test_a_flood_comes_twenty_times_a_second(desk) -> None:
    d = desk("flood")
    began_s = time.monotonic()
    d.training.start(d.plan)
    state = d.until("done", "failed")
    took_s = time.monotonic() - began_s
    assert state.phase == "done"
    assert len(d.pump.delivered) <= 22 * took_s + 3
    assert all(len(curve.points) <= 1001 for curve in state.curves)
    assert state.curves[0].points[-1].epoch > 5_900


def test_an_end_that_comes_while_something_is_told_is_heard() -> None:
    told: list[int] = []
    steady = Steady(lambda: told.append(1), every_s=0.0)

    class Late(threading.Event):
        """The end comes just before the flag is taken down."""

        def clear(self) -> None:
            if not told:
                steady._state = "ending"
                self.set()
            super().clear()

    steady._due.__class__ = Late
    steady.ask()
    steady._thread.join(5.0)
    assert not steady._thread.is_alive()
    assert told


def test_plans_are_left_to_the_next_run_of_the_program(tmp_path: Path) -> None:
    plan = TrainingPlan(str(tmp_path / "models" / "mine"), ("/music",), "Mine", made="2030-01-01T00:00:00+00:00")
    draft = TrainingPlan(str(tmp_path / "models" / "draft"), ("/music",))
    first, second = KeptPlans(tmp_path / "plans"), KeptPlans(tmp_path / "plans")
    first.keep(plan)
    first.keep(draft)
    assert first.unfinished() == [plan]
    assert second.unfinished() == []  # another window is at work on it
    first.release()
    assert second.unfinished() == [plan]
    features = tmp_path / "models" / "draft.features"
    features.mkdir(parents=True)
    second.drop_drafts()
    assert not features.exists()
    (tmp_path / "plans" / "broken.run.json").write_text("{")
    (tmp_path / "plans" / "list.run.json").write_text("[1]")
    assert second.unfinished() == [plan]
    (tmp_path / "models" / "mine").mkdir()
    (tmp_path / "models" / "mine" / "card.json").touch()  # the end came before it could be noted
    assert [kept.finished for kept in second.unfinished()] == [True]
    second.drop(plan)
    assert second.unfinished() == []


def test_ids_are_free_and_can_be_a_folder() -> None:
    assert new_id("Trauer & Trost: 2024/25", []) == "Trauer-Trost-2024-25"
    assert new_id("快乐的歌", []) == "快乐的歌"
    assert new_id("...", ["my-model"]) == "my-model-2"
    assert new_id("Mine", ["mine", "Mine-2"]) == "Mine-3"


def test_events_that_are_odd_are_passed_over() -> None:
    account = Account()
    odd: list[dict[str, Any]] = [
        {},
        {"event": "new"},
        {"event": "note", "text": "3 of 4 clips name no group.", "ungrouped": 3},
        {"event": "heard", "clips": float("nan")},
        {"event": "fold", "macro_f1": 3},
        {"event": "epoch", "part": None, "train_loss": None, "fraction": "x"},
    ]
    for event in odd:
        account.take(event)
    assert account.state().phase == "training" and account.state().fraction is None
    assert account.state().notes == ()  # the survey has said that


def test_going_on_repeats_no_epoch_in_the_curve() -> None:
    account = Account()
    for epoch in (1, 2, 3, 2, 3, 4):
        account.take({"event": "epoch", "part": "final", "epoch": epoch, "epochs": 4, "train_loss": 1.0})
    assert [point.epoch for point in account.state().curves[0].points] == [1, 2, 3, 4]


def test_a_frozen_program_starts_its_own_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_command() == [sys.executable, "-m", "app"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "affekt-window.exe"))
    assert own_command() == [str(tmp_path / "affekt-window.exe")]
    (tmp_path / "affekt.exe").touch()
    assert own_command() == [str(tmp_path / "affekt.exe")]
