"""What training does when the loss is no number, when memory is short, and when time is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.errors import JobError
from models.hub import Card, load_model
from models.networks.crnn import CRNN
from models.training import budget, trainer
from models.training import run as run_module
from models.training.budget import Clock, Pace, epochs_that_fit, measure_pace
from models.training.loop import EpochReport, Notice, predict, train_network
from models.training.material import gather, parts_by_folds
from models.training.record import RunProgress, TrainingRun
from models.training.run import run_training
from models.training.trainer import Trainer
from tests.models.training_toys import RECIPE, clips, features
from tests.tiny_model import tiny_network

LABELS = np.arange(16) % 4


def _train(recipe: Any = RECIPE, **how: Any) -> list[Any]:
    return list(train_network(features(16), LABELS, recipe, **how))


# No number -----------------------------------------------------------------------------------------------------------


def _diverge_after(monkeypatch: pytest.MonkeyPatch, steps: int, *, in_gradient: bool = False) -> None:
    """Let the loss, or only its gradient, be NaN from some step on."""
    original = Trainer._losses
    taken = 0

    def losses(self: Trainer, x: torch.Tensor, targets: torch.Tensor) -> Any:
        nonlocal taken
        taken += 1
        quadrant, loss = original(self, x, targets)
        if taken <= steps:
            return quadrant, loss
        if in_gradient:
            return quadrant, loss * torch.tensor(float("nan"))
        return quadrant * float("nan"), loss * float("nan")

    monkeypatch.setattr(Trainer, "_losses", losses)


@pytest.mark.parametrize("in_gradient", [False, True])
def test_a_loss_that_is_no_number_stops_training_and_the_weights_from_before_are_kept(
    monkeypatch: pytest.MonkeyPatch, in_gradient: bool
) -> None:
    recipe = replace(RECIPE, averaging=0.0, optimiser="adam", augmentation=RECIPE.augmentation)
    two_epochs = _train(replace(recipe, epochs=2))[-1]
    _diverge_after(monkeypatch, 5, in_gradient=in_gradient)  # in the third epoch of two steps each
    *reports, notice, last = _train(replace(recipe, epochs=8))
    assert [type(report) for report in reports] == [EpochReport, EpochReport]
    assert isinstance(notice, Notice)
    assert "no number any more in epoch 3 of 8" in notice.text
    assert "0.005 may be too high" in notice.text
    assert (last.epochs, last.ending) == (2, "no number")
    for name, value in last.network.state_dict().items():
        assert torch.isfinite(value).all(), name
        torch.testing.assert_close(value, two_epochs.network.state_dict()[name], atol=1e-6, rtol=1e-5)


def test_a_loss_that_never_was_a_number_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    _diverge_after(monkeypatch, 0)
    with pytest.raises(JobError, match="no number in the first epoch") as caught:
        _train()
    assert caught.value.kind == "bad_data"


def test_the_card_says_that_training_ended_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _diverge_after(monkeypatch, 6 * 4 + 7)  # 6 steps an epoch on all clips; the fold-less run diverges in epoch 6
    run = TrainingRun(tmp_path / "m", replace(RECIPE, epochs=9), folds=0)
    events = list(run_training(run, clips(), features()))
    assert any(
        "final: The loss was no number any more in epoch 6 of 9" in e.text for e in events if isinstance(e, Notice)
    )
    card = events[-1].raw
    assert card["recipe"]["epochs"] == 5
    assert "no number any more in epoch 6" in card["notes"][-1]
    answers = predict(load_model(str(tmp_path / "m"), "cpu").network, features())
    assert np.isfinite(answers).all()


# Too little memory ---------------------------------------------------------------------------------------------------


def _full_above(monkeypatch: pytest.MonkeyPatch, clips_at_once: int, error: BaseException | None = None) -> list[int]:
    """A device that holds so many clips; returns how many it was asked for each time."""
    asked: list[int] = []
    original = CRNN.hidden_states

    def hidden_states(self: CRNN, x: torch.Tensor) -> torch.Tensor:
        asked.append(len(x))
        if len(x) > clips_at_once:
            raise error or torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return original(self, x)

    monkeypatch.setattr(CRNN, "hidden_states", hidden_states)
    return asked


def test_too_little_memory_halves_the_batch_for_good_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _full_above(monkeypatch, 3)
    events = _train(replace(RECIPE, epochs=2, batch=8))
    said = [event.text for event in events if isinstance(event, Notice)]
    assert len(said) == 2
    assert "8 clips at once" in said[0]
    assert "pieces of 4 clips" in said[0]
    assert "pieces of 2 clips" in said[1]
    assert asked == [8, 4, *[2] * 4 * 4]  # four steps of four pieces; the failures are not repeated
    assert events[-1].epochs == 2


def test_the_pieces_of_a_batch_teach_what_the_whole_does(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without batch norm's statistics and dropout, which see the pieces, the gradients add up exactly.
    x, targets = torch.from_numpy(features(8).astype(np.float32)), torch.eye(4).repeat(2, 1)
    gradients = []
    for room in (8, 3):
        with monkeypatch.context() as patch:
            _full_above(patch, room)
            network = tiny_network().requires_grad_(True)
            learner = Trainer(network, None, replace(RECIPE, optimiser="adam", averaging=0.0), 1, 0)
            patch.setattr(learner.schedule, "step", lambda: None)
            patch.setattr(learner.optimiser, "step", lambda: None)
            network.eval()
            learner.step(x, targets)
            gradients.append({name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None})
    assert gradients[0].keys() == gradients[1].keys()
    for name, value in gradients[0].items():
        torch.testing.assert_close(value, gradients[1][name], atol=2e-3, rtol=2e-2, msg=name)


def test_no_memory_for_two_clips_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    _full_above(monkeypatch, 1, RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"))
    with pytest.raises(JobError, match="too little free memory to train on two clips") as caught:
        _train()
    assert caught.value.kind == "out_of_memory"


def test_a_gpu_without_room_hands_over_to_the_cpu_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = Trainer(tiny_network().requires_grad_(True), None, RECIPE, 4, 0)
    x, targets = torch.zeros(4, 128, 32), torch.eye(4)
    learner.step(x, targets)  # so that the optimiser has a state to take along
    learner.device = "cuda"  # it only says so: what would go there stays here, and has no room
    original, to = CRNN.hidden_states, torch.Tensor.to

    def stay(x: torch.Tensor, where: Any, *rest: Any) -> torch.Tensor:
        return x if where == "cuda" else to(x, where, *rest)

    def hidden_states(self: CRNN, x: torch.Tensor) -> torch.Tensor:
        if learner.device == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return original(self, x)

    monkeypatch.setattr(CRNN, "hidden_states", hidden_states)
    monkeypatch.setattr(
        torch.Tensor, "to", lambda x, where, *rest, **how: x if where == "cuda" else to(x, where, *rest)
    )
    monkeypatch.setattr(trainer, "automatic_precision", lambda device: torch.autocast("cpu", enabled=False))
    assert np.isfinite(learner.step(x, targets))
    halved, handed_over = learner.take_notices()
    assert "pieces of 2 clips" in halved
    assert handed_over == "The cuda device ran out of memory, so the CPU goes on."
    assert learner.device == "cpu"
    assert learner.take_notices() == []


def test_another_fault_is_not_taken_for_want_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    _full_above(monkeypatch, 0, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes"):
        _train()


def test_judging_goes_on_in_smaller_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    network = tiny_network()
    whole = predict(network, features(16))
    asked = _full_above(monkeypatch, 5)
    np.testing.assert_allclose(predict(network, features(16)), whole, atol=1e-4)
    assert asked == [16, 8, 4, 4, 4, 4]
    _full_above(monkeypatch, 0)
    with pytest.raises(JobError, match="too little free memory"):
        predict(network, features(2))


# Too little time -----------------------------------------------------------------------------------------------------


class _Time:
    """A clock that moves by a second with each step of training."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        original = Trainer.step

        def step(learner: Trainer, *given: Any) -> float:
            self.now += 1.0
            return original(learner, *given)

        monkeypatch.setattr(Trainer, "step", step)
        monkeypatch.setattr("time.monotonic", lambda: self.now)


def test_training_stops_at_its_deadline_with_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    _Time(monkeypatch)
    *reports, last = _train(replace(RECIPE, epochs=9), stop_at_s=1005.0)
    assert [report.epoch for report in reports] == [1, 2, 3]  # two steps an epoch: the third is cut short
    assert (last.epochs, last.ending) == (3, "out of time")
    assert np.isfinite(predict(last.network, features(16))).all()


def test_a_deadline_that_is_past_still_leaves_a_network_that_learned_something(monkeypatch: pytest.MonkeyPatch) -> None:
    _Time(monkeypatch)
    *reports, last = _train(stop_at_s=0.0)
    assert len(reports) == 1
    assert last.ending == "out of time"


def test_what_ends_in_time_was_not_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    _Time(monkeypatch)
    last = _train(stop_at_s=1000.0 + 8)[-1]
    assert (last.epochs, last.ending) == (4, "")


@pytest.mark.parametrize(
    ("left_s", "folds", "epochs"),
    [
        (1e9, 2, 4),  # never more than the recipe's
        # 48 clips at 0.1 s and 0.02 s to be judged: two folds and the final network are 96 clips an epoch.
        ((2.5 * 9.6 + 0.96) / 0.9, 2, 2),
        ((1.5 * 4.8) / 0.9, 0, 1),
        (0.0, 2, 1),
    ],
)
def test_as_many_epochs_are_planned_as_fit(left_s: float, folds: int, epochs: int) -> None:
    given = clips()
    material = gather(given, features(), {})
    parts = parts_by_folds(given, folds, 0)
    assert epochs_that_fit(parts, material, RECIPE, Pace(0.1, 0.02), left_s) == epochs


def test_the_pace_is_that_of_steps_after_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Time(monkeypatch)
    original = budget.crop

    def slow_at_first(*given: Any) -> torch.Tensor:
        clock.now += 50.0 if clock.now == 1000.0 else 0.0
        return original(*given)

    monkeypatch.setattr(budget, "crop", slow_at_first)
    assert measure_pace(gather(clips(), features(), {}), RECIPE, "cpu").training_s == pytest.approx(1 / 8)


def test_time_is_dealt_out_by_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    assert Clock(160.0).stop_at_s(1.0, 3.0) == 120.0
    assert Clock(90.0).stop_at_s(1.0, 3.0) == 100.0
    assert Clock(float("inf")).stop_at_s(1.0, 3.0) == float("inf")


def test_a_run_within_minutes_says_what_it_chose_and_the_card_what_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "measure_pace", lambda *given: Pace(0.125, 0.0))
    _Time(monkeypatch)
    # 40 s, 36 of which are planned with: 3 epochs of 96 clips at an eighth of a second.
    run = TrainingRun(tmp_path / "m", RECIPE, folds=2, minutes=40 / 60)
    events = list(run_training(run, clips(), features()))
    said = [event.text for event in events if isinstance(event, Notice)]
    assert "0.666667 minutes are enough for 3 of the recipe's 4 epochs of 3 networks." in said
    assert not any("Time was up" in text for text in said)
    epochs = [event.report.epoch for event in events if isinstance(event, RunProgress)]
    assert epochs == [1, 2, 3] * 3
    card = events[-1].raw
    assert card["recipe"]["epochs"] == 3
    assert "within a budget of 0.666667 minutes" in card["scores"]["protocol"]
    assert said[0] in card["notes"]


def test_a_run_that_is_slower_than_it_measured_is_cut_short_and_still_writes_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "measure_pace", lambda *given: Pace(0.02, 0.0))
    _Time(monkeypatch)
    run = TrainingRun(tmp_path / "m", RECIPE, folds=2, minutes=18 / 60)
    events = list(run_training(run, clips(), features()))
    assert isinstance(events[-1], Card)
    late = [event.text for event in events if isinstance(event, Notice) and "Time was up" in event.text]
    assert [text.split(":")[0] for text in late] == ["fold 1 of 2", "fold 2 of 2", "final"]
    assert all(text in events[-1].raw["notes"] for text in late)
    history = json.loads((tmp_path / "m" / "history.json").read_text(encoding="utf-8"))
    assert len(history["final"]) == events[-1].raw["recipe"]["epochs"] < 4
    load_model(str(tmp_path / "m"), "cpu")


def test_a_resumed_run_keeps_to_the_epochs_that_were_planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paces: Iterator[Pace] = iter([Pace(0.125, 0.0)])
    monkeypatch.setattr(run_module, "measure_pace", lambda *given: next(paces))
    _Time(monkeypatch)
    run = TrainingRun(tmp_path / "m", RECIPE, folds=2, minutes=40 / 60)
    for event in run_training(run, clips(), features()):
        if isinstance(event, RunProgress) and event.part == "fold 2 of 2":
            break
    events = list(run_training(run, clips(), features(), resume=True))
    assert {event.report.epochs for event in events if isinstance(event, RunProgress)} == {3}
