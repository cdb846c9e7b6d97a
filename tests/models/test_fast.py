"""The small network: its steps, how far one hears, its size; and the hints that teach it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.errors import JobError
from models.hub import WEIGHTS_FILE, find_model, load_model
from models.networks.base import AttendingNetwork
from models.networks.crnn import CRNN
from models.networks.fast import FastNet
from models.training.hints import HintHead, standardised_hints
from models.training.loop import TrainedNetwork, predict, targets_of, train_network
from models.training.recipes import RECIPES, Recipe
from models.training.record import TrainingRun
from models.training.run import run_training
from models.training.trainer import Trainer
from tests.models import training_toys as toys

SMALL = {"channels": (4, 8, 8, 8), "width": 16, "attention_size": 8}


def _log_mel(batch: int, frames: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(batch, 128, frames, generator=torch.Generator().manual_seed(seed)) * 3 - 7


@pytest.fixture(scope="module")
def network() -> FastNet:
    torch.manual_seed(0)
    network = FastNet().eval().requires_grad_(False)
    network.attention_context.weight.mul_(12.0)
    return network


@pytest.mark.parametrize("frames", [16, 17, 31, 32, 336, 1292])
def test_any_length_from_sixteen_frames_gives_a_step_per_sixteen(network: FastNet, frames: int) -> None:
    steps = network.steps(network.normalise(_log_mel(2, frames)))
    assert steps.scores.shape == (2, frames // 16)
    assert steps.evidence.shape == (2, frames // 16, 4)
    assert torch.isfinite(steps.evidence).all()


def test_it_is_about_an_eighth_of_the_crnn(network: FastNet) -> None:
    sizes = [sum(p.numel() for p in one.parameters()) for one in (network, CRNN())]
    assert sizes[0] == 337_076
    assert sizes[0] < sizes[1] / 7.9


def test_logits_are_the_sum_of_each_steps_contribution(network: FastNet) -> None:
    x = network.normalise(_log_mel(2, 500))
    steps = network.steps(x)
    alpha = torch.softmax(steps.scores, dim=1)
    assert alpha.std() > 1e-3  # on constant attention the test would mean little
    parts = (alpha[..., None] * steps.evidence).sum(dim=1) + network.classifier.bias
    torch.testing.assert_close(parts, network.answer(x), atol=1e-5, rtol=0)
    logits, context = network.answer_and_context(x)
    torch.testing.assert_close(logits, parts, atol=1e-5, rtol=0)
    torch.testing.assert_close(network.classifier(context), parts, atol=1e-5, rtol=0)


def test_a_window_says_of_its_inner_steps_what_the_whole_says(network: FastNet) -> None:
    x = network.normalise(_log_mel(1, 60 * 16))
    whole = network.steps(x)
    window = network.steps(x[:, :, 20 * 16 : 45 * 16])
    reach = FastNet.REACH_STEPS
    for part, all_of_it in ((window.scores, whole.scores), (window.evidence, whole.evidence)):
        torch.testing.assert_close(part[:, reach:-reach], all_of_it[:, 20 + reach : 45 - reach], atol=1e-5, rtol=1e-4)
    assert not torch.allclose(window.scores[:, 0], whole.scores[:, 20])  # at its edge it hears less


def test_a_step_hears_no_farther_than_it_says(network: FastNet) -> None:
    x = network.normalise(_log_mel(1, 40 * 16))
    changed = x.clone()
    changed[:, :, 20 * 16 : 21 * 16] += 1
    moved = (network.steps(changed).scores - network.steps(x).scores).abs()[0] > 1e-6
    where = torch.nonzero(moved)[:, 0] - 20
    assert where.abs().max() <= FastNet.REACH_STEPS
    assert {-4, 0, 4} <= set(where.tolist())


def test_the_gradient_reaches_every_parameter() -> None:
    torch.manual_seed(0)
    network = FastNet(**SMALL).train()
    torch.nn.functional.cross_entropy(network(_log_mel(4, 64)), torch.tensor([0, 1, 2, 3])).backward()
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().max() > 0] == []
    assert isinstance(network, AttendingNetwork)


def test_a_network_whose_steps_are_not_sixteen_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="halves four times, not 3 times"):
        FastNet(channels=(8, 8, 8))


def test_the_shipped_one_is_small_and_has_learned_from_hints() -> None:
    card = find_model("affekt-fast")
    assert (card.folder / WEIGHTS_FILE).stat().st_size < 3e6
    loaded = load_model("affekt-fast", "cpu").network
    assert isinstance(loaded, FastNet)
    assert loaded.state_dict().keys() == FastNet().state_dict().keys()
    assert card.raw["recipe"]["hint_weight"] > 0
    with torch.inference_mode():
        soft, loud = (loaded(_log_mel(1, 336) + shift) for shift in (-4, 4))
    assert (soft - loud).abs().max() > 0.1


# Hints ---------------------------------------------------------------------------------------------------------------

RECIPE = Recipe(
    "toy", network="fast", arguments=SMALL, crop_frames=32, epochs=10, batch=8, learning_rate=1e-2, averaging=0.8,
    hint_weight=1.0,
)  # fmt: skip


def test_hints_are_z_scores_without_outliers_and_without_what_is_always_alike() -> None:
    hints = np.random.default_rng(0).normal(5, 2, (200, 3)).astype(np.float32)
    hints[:, 1] = 7.0
    hints[0, 2] = 1e6
    z = standardised_hints(hints)
    assert z.dtype == np.float32
    assert abs(z[:, 0].mean()) < 0.02
    assert abs(z[:, 0].std() - 1) < 0.05
    assert not z[:, 1].any()
    assert z[0, 2] == 3.0
    assert np.isfinite(standardised_hints(np.full((2, 1), np.nan, np.float32))).all()


def test_targets_hold_quadrants_then_tags_then_hints() -> None:
    hints = np.array([[0.0, 3.0], [2.0, 1.0]], np.float32)
    targets = targets_of(np.array([2, 0]), np.array([[True, False, True], [False] * 3]), hints)
    expected = [[0, 0, 1, 0, 1, 0, 1, 1, -1, 1], [1, 0, 0, 0, 0, 0, 0, 0, 1, -1]]
    torch.testing.assert_close(targets, torch.tensor(expected, dtype=torch.float32))


def _taught(hints: np.ndarray | None, recipe: Recipe = RECIPE) -> TrainedNetwork:
    *_, done = train_network(toys.features(), np.arange(48) % 4, recipe, hints=hints, seed=1)
    assert isinstance(done, TrainedNetwork)
    return done


def test_the_head_learns_what_is_asked_and_the_quadrants_beside_it() -> None:
    labels = np.arange(48) % 4
    hints = np.stack([labels == 0, labels < 2, labels * 2.0 - 5], axis=1).astype(np.float32)
    targets = targets_of(labels, None, hints)
    torch.manual_seed(0)
    network = FastNet(**SMALL)
    trainer = Trainer(network, None, RECIPE, 6, 0, hints=3)
    assert trainer.hints is not None
    x = torch.from_numpy(toys.features()[:, :, :32].astype(np.float32))
    trainer.start_epoch()

    def error() -> float:
        network.eval()
        with torch.no_grad():
            _, context = network.answer_and_context(network.normalise(x))
            assert trainer.hints is not None
            out = trainer.hints(context, targets[:, 4:]).item()
        network.train()
        return out

    before = error()
    losses = [trainer.step(x, targets) for _ in range(60)]
    assert before > 0.8
    assert error() < 0.5 * before
    assert losses[-1] < 0.5 * losses[0]


def test_hints_change_what_is_learned_and_leave_no_trace_in_the_network() -> None:
    hints = np.random.default_rng(0).normal(size=(48, 5)).astype(np.float32)
    with_them, without = _taught(hints), _taught(None)
    assert with_them.network.state_dict().keys() == without.network.state_dict().keys()
    assert not torch.equal(with_them.network.classifier.weight, without.network.classifier.weight)
    unasked = _taught(hints, replace(RECIPE, hint_weight=0.0))
    assert torch.equal(unasked.network.classifier.weight, without.network.classifier.weight)
    assert np.mean(predict(with_them.network, toys.features()).argmax(axis=1) == np.arange(48) % 4) > 0.9


def test_tags_and_hints_go_on_from_a_snapshot_to_the_same_result() -> None:
    hints = np.random.default_rng(0).normal(size=(48, 5)).astype(np.float32)
    tags = np.random.default_rng(1).random((48, 2)) < 0.5
    targets = targets_of(np.arange(48) % 4, tags, hints)
    x = torch.from_numpy(toys.features()[:, :, :32].astype(np.float32))

    def new(seed: int) -> Trainer:
        torch.manual_seed(seed)
        trainer = Trainer(FastNet(**SMALL), tags, RECIPE, 8, 0, hints=5)
        trainer.start_epoch()
        return trainer

    first, second = new(0), new(1)
    first.step(x, targets)
    kept = first.snapshot()
    expected = first.step(x, targets)
    second.restore(kept)
    assert second.step(x, targets) == expected
    assert first.hints is not None
    assert second.hints is not None
    assert torch.equal(first.hints.linear.weight, second.hints.linear.weight)


def test_a_run_gives_each_part_its_own_hints_and_refuses_to_do_without(tmp_path: Path) -> None:
    hints = np.random.default_rng(0).normal(size=(48, 5)).astype(np.float32)
    recipe = replace(RECIPE, epochs=2)
    with pytest.raises(JobError, match="learns from hints too"):
        list(run_training(TrainingRun(tmp_path / "m", recipe, folds=2), toys.clips(), toys.features()))
    run = TrainingRun(tmp_path / "m", recipe, folds=2, minutes=5)
    *_, card = run_training(run, toys.clips(), toys.features(), hints=hints)
    assert card.raw["recipe"]["hint_weight"] == 1.0
    assert card.raw["network"]["kind"] == "fast"
    assert card.raw["scores"]["sources"]["toy"]["clips"] == 48


def test_the_recipe_asks_for_hints_and_the_heads_fit_the_network() -> None:
    recipe = RECIPES["fast"]
    assert (recipe.network, recipe.hint_weight > 0) == ("fast", True)
    assert HintHead(FastNet(**SMALL), 7).linear.weight.shape == (7, 16)
