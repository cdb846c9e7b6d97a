"""Told to finish, each kind of training writes the best that it has; short memory and NaN end no base run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.errors import JobError
from models.hub import Card, load_model
from models.jobs import Control
from models.networks.listener import Listener
from models.networks.regressor import Regressor
from models.training import listener, trouble
from models.training.fusion import FusionMaterial
from models.training.fusion_run import run_fusion
from models.training.listener import ListenerRecipe, train_listener
from models.training.loop import EpochReport, Notice
from models.training.record import FoldScore, HeldOut, RunProgress, TrainingRun
from models.training.run import run_training
from models.training.sequence import TrainedRegressor, train_regressor
from models.training.sequence_data import SequenceClip
from tests.models.test_fusion_training import RECIPE as FUSED
from tests.models.test_fusion_training import _material
from tests.models.training_toys import RECIPE, clips, features

When = Callable[[Any], bool]


def _log_mel(out: Path, when: When, **how: Any) -> list[Any]:
    control, events = Control(), []
    run = TrainingRun(out, dataclasses.replace(RECIPE, epochs=6), folds=3, **how)
    for event in run_training(run, clips(), features(), cancel=control):
        events.append(event)
        if when(event):
            control.stop()
    return events


def _at(part: str, epoch: int) -> When:
    return lambda event: isinstance(event, RunProgress) and (event.part, event.report.epoch) == (part, epoch)


@pytest.mark.parametrize(
    ("part", "epoch", "measured", "model"),
    [
        ("fold 1 of 3", 2, 0, "fold 1 of 3"),
        ("fold 2 of 3", 1, 1, "fold 1 of 3"),  # the first is finished, the second hardly begun
        ("fold 2 of 3", 5, 1, "fold 2 of 3"),
        ("final", 1, 3, "fold 3 of 3"),
        ("final", 4, 3, "final"),
    ],
)
def test_a_network_on_log_mel(tmp_path: Path, part: str, epoch: int, measured: int, model: str) -> None:
    *events, card = _log_mel(tmp_path / "m", _at(part, epoch))
    assert isinstance(card, Card)
    assert len([e for e in events if isinstance(e, FoldScore)]) == measured
    (note,) = [text for text in card.raw["notes"] if "stopped by hand" in text]
    assert f"of the part “{model}”" in note
    assert f"measured: {measured} of 3" in note
    assert bool(card.raw["scores"]) == bool(measured)
    if measured:
        (held,) = [e for e in events if isinstance(e, HeldOut)]
        assert card.raw["scores"]["sources"]["toy"]["clips"] == len(held.indices)
        assert "stopped by hand" in card.raw["scores"]["protocol"]
        np.testing.assert_allclose(held.probabilities.sum(axis=1), 1)
    assert load_model(str(tmp_path / "m"), "cpu")
    assert not (tmp_path / "m.work").exists()


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> FusionMaterial:
    return _material(tmp_path_factory.mktemp("traces"))


@pytest.mark.parametrize(
    ("part", "folds", "rated"),
    [("fold 1 of 3", 0, False), ("fold 3 of 3", 2, False), ("trajectory, fold 2", 3, False), ("final", 3, True)],
)
def test_the_fused_model(tmp_path: Path, material: FusionMaterial, part: str, folds: int, rated: bool) -> None:
    control, events = Control(), []
    run = TrainingRun(tmp_path / "m", folds=3)
    for event in run_fusion(run, FUSED, material, cancel=control):
        events.append(event)
        if _at(part, 1)(event):
            control.stop()
    card = events[-1]
    assert isinstance(card, Card)
    assert [e.fold for e in events if isinstance(e, FoldScore)] == list(range(folds))
    assert ("valence_arousal" in card.raw["scores"]) == rated
    assert bool(card.raw["band_coverage"]) == rated  # without a measurement there is no band
    assert any("stopped by hand" in text for text in card.raw["notes"])
    network: Any = load_model(str(tmp_path / "m"), "cpu").network
    answer = network(torch.from_numpy(material.heard[0].steps), torch.from_numpy(material.heard[0].summary))
    assert np.isfinite(answer.values.numpy()).all()
    if rated:  # regressors of the last fold are used, not one of a single step
        kept = [e for e in events if isinstance(e, RunProgress) and e.part == "trajectory, final"]
        assert not kept


def test_a_fused_run_that_was_resumed_knows_the_networks_of_its_folds(tmp_path: Path, material: FusionMaterial) -> None:
    run = TrainingRun(tmp_path / "m", folds=2)
    going = run_fusion(run, FUSED, material)
    for event in going:
        if isinstance(event, FoldScore) and event.fold == 1:
            break
    going.close()
    control = Control()
    control.stop()
    *events, card = run_fusion(run, FUSED, material, resume=True, cancel=control)
    assert isinstance(card, Card)
    assert not [e for e in events if isinstance(e, RunProgress) and e.part.startswith(("fold", "final"))]
    assert card.raw["scores"]["sources"]["judged"]["macro_f1"]["value"] > 0.6


def test_a_folder_of_which_an_epoch_meets_a_share(
    tmp_path: Path, material: FusionMaterial, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    original = listener._batches

    def batches(network: Any, steps: Any, targets: Any, shares: Any, *rest: Any) -> Any:
        for x, y in original(network, steps, targets, shares, *rest):
            drawn.append(len(x))
            yield x, y

    monkeypatch.setattr(listener, "_batches", batches)
    run = TrainingRun(tmp_path / "m", folds=0, shares={"judged": 0.25})
    *_, card = run_fusion(run, FUSED, material)
    assert isinstance(card, Card)
    assert drawn == [6] * FUSED.listener.epochs  # of 24 clips
    assert card.raw["recipe"]["shares"] == {"judged": 0.25}
    assert card.raw["recipe"]["regressor"]["shares"]["judged"] == 0.25
    assert card.raw["network"]["known"] == 66  # the memory knows all


# Trouble in listeners and regressors ---------------------------------------------------------------------------------

STEPS = [np.random.default_rng(i).normal(size=(8, 6)).astype(np.float32) for i in range(12)]
LABELS = np.arange(12) % 4
LISTENER = ListenerRecipe(epochs=3, batch=12, crop_steps=4, tag_weight=0.0)


def _listen() -> list[Any]:
    return list(train_listener(STEPS, LABELS, np.zeros((12, 0), bool), LISTENER))


def _regress() -> list[Any]:
    from models.training.sequence import SequenceRecipe

    recipe = SequenceRecipe(
        arguments={"levels": 1, "hidden": 8, "heads": 2}, epochs=3, patience=0, threshold=0.0, batch=12
    )
    sequences = [SequenceClip(x, f"g{i}", quadrant=int(LABELS[i])) for i, x in enumerate(STEPS)]
    return list(train_regressor(sequences, recipe))


@pytest.mark.parametrize(("train", "kind"), [(_listen, Listener), (_regress, Regressor)])
def test_short_memory_halves_the_batch_and_says_so(
    monkeypatch: pytest.MonkeyPatch, train: Callable[[], list[Any]], kind: Any
) -> None:
    method = "answer_and_context" if kind is Listener else "estimate"
    original = getattr(kind, method)

    def short(self: Any, x: torch.Tensor, *rest: Any) -> Any:
        if len(x) > 3:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return original(self, x, *rest)

    monkeypatch.setattr(kind, method, short)
    *events, last = train()
    notices = [e.text for e in events if isinstance(e, Notice)]
    assert [n.split("pieces of ")[1] for n in notices] == ["6 clips.", "3 clips."]
    assert len([e for e in events if isinstance(e, EpochReport)]) == 3
    network = last.network if isinstance(last, TrainedRegressor) else last
    assert all(bool(torch.isfinite(p).all()) for p in network.parameters())

    def none_at_all(self: Any, x: torch.Tensor, *rest: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(kind, method, none_at_all)
    with pytest.raises(JobError, match="too little free memory") as error:
        train()
    assert error.value.kind == "out_of_memory"


@pytest.mark.parametrize("train", [_listen, _regress])
def test_a_loss_that_is_no_number_keeps_the_last_good_weights(
    monkeypatch: pytest.MonkeyPatch, train: Callable[[], list[Any]]
) -> None:
    original, taken = trouble.Descent._step, 0

    def step(self: trouble.Descent, *batch: torch.Tensor) -> float:
        nonlocal taken
        taken += 1
        if taken > 2:
            raise trouble.Diverged
        return original(self, *batch)

    monkeypatch.setattr(trouble.Descent, "_step", step)
    *events, last = train()
    assert [type(e) for e in events] == [EpochReport, EpochReport, Notice]
    assert "no number any more in epoch 3 of 3" in events[-1].text
    network = last.network if isinstance(last, TrainedRegressor) else last
    assert all(bool(torch.isfinite(p).all()) for p in network.parameters())
    taken = 2
    with pytest.raises(JobError, match="no number in the first epoch"):
        train()


def test_a_gradient_that_is_no_number_is_no_step() -> None:
    layer = torch.nn.Linear(2, 1)
    before = layer.weight.detach().clone()

    def losses(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        loss = (layer(x) ** 2).mean()
        return loss, loss * torch.tensor(float("nan"))

    descent = trouble.Descent(list(layer.parameters()), torch.optim.SGD(layer.parameters(), 0.1), losses, 1.0)
    with pytest.raises(trouble.Diverged):
        list(descent.epoch([(torch.ones(4, 2),)], Control(), []))
    torch.testing.assert_close(layer.weight, before)
