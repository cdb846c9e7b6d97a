"""The fused network: what its parts say adds up, over any length."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from models.hub import load_model, write_model
from models.networks.fusion import (
    GEMS_COLUMNS,
    MEMORY_COLUMNS,
    QUADRANT_COLUMNS,
    RATING_COLUMNS,
    REGRESSOR_STEPS,
    Fusion,
)
from models.networks.memory import Memory
from models.networks.regressor import RegressorSteps

STEPS, SUMMARY, KNOWN = 6, 5, 12
ARGUMENTS: dict[str, Any] = {
    "step_features": STEPS,
    "summary_features": SUMMARY,
    "listeners": 2,
    "regressors": 2,
    "known": KNOWN,
    "listener": {"hidden": 8, "attention_size": 4},
    "regressor": {"hidden": 8, "levels": 1, "heads": 2},
}


def _fusion(**changes: Any) -> Fusion:
    torch.manual_seed(0)
    network = Fusion(**{**ARGUMENTS, **changes}).eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(KNOWN, SUMMARY, generator=generator)
    y = torch.rand(KNOWN, MEMORY_COLUMNS, generator=generator) * 2 - 1
    fitted = Memory.fit(x, y, [str(i) for i in range(KNOWN)], width=1.0, ridge=0.3)
    network.memory.load_state_dict(fitted.state_dict())
    for value, name in ((0.7, "listener_weight"), (1.9, "memory_weight")):
        network.get_buffer(name).fill_(value)
    network.get_buffer("band_factor").copy_(torch.tensor([1.5, 2.5]))
    network.get_buffer("whole_band").copy_(torch.tensor([0.2, 0.3]))
    for listener in network.listeners:
        listener.attention_context.weight.mul_(20.0)  # type: ignore[union-attr,operator]
    return network


def _music(steps: int, seed: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(steps, STEPS, generator=generator), torch.randn(SUMMARY, generator=generator)


def test_the_parts_add_up_to_the_weighed_logits() -> None:
    network = _fusion()
    steps, summary = _music(40)
    answer = network(steps, summary)
    assert answer.scores.shape == (2, 40)
    assert answer.evidence.shape == (2, 40, 4)
    attention = torch.softmax(answer.scores, dim=1)
    split = (attention[..., None] * answer.evidence).sum(dim=(0, 1)) + answer.bias
    listened = torch.stack([listener(steps[None])[0] for listener in network.listeners]).mean(dim=0)
    remembered = network.memory(summary[None])[0]
    torch.testing.assert_close(split, 0.7 * listened + 1.9 * remembered[QUADRANT_COLUMNS], atol=1e-5, rtol=1e-5)


def test_every_field_is_what_its_part_says() -> None:
    network = _fusion()
    steps, summary = _music(40)
    answer = network(steps, summary)
    remembered = network.memory(summary[None])[0]
    values, deviations, whole = network.trajectory(steps, remembered[RATING_COLUMNS])
    assert answer.values.shape == answer.deviations.shape == (40, 2)
    torch.testing.assert_close(answer.values, values)
    torch.testing.assert_close(answer.whole, whole)
    torch.testing.assert_close(answer.deviations, deviations * torch.tensor([1.5, 2.5]))
    assert bool((deviations > 0).all())
    assert answer.whole_deviations.tolist() == pytest.approx([0.2, 0.3])
    torch.testing.assert_close(answer.gems, remembered[GEMS_COLUMNS].clamp(0, 1))
    assert answer.novelty == pytest.approx(float(network.memory.novelty(summary[None])[0]))


def test_the_curves_mean_is_the_blended_whole() -> None:
    network = _fusion()
    steps, _ = _music(300)
    moving, _ = network.moving(steps)
    for remembered in (torch.tensor([0.3, -0.2]), torch.tensor([-0.1, 0.5])):
        values, _, whole = network.trajectory(steps, remembered)
        torch.testing.assert_close(whole, 0.5 * (moving.mean(dim=0) + remembered), atol=1e-6, rtol=1e-6)
        assert bool((values.abs() < 1).all())  # nothing was cut off
        torch.testing.assert_close(values.mean(dim=0), whole, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(values - values.mean(dim=0), moving - moving.mean(dim=0), atol=1e-5, rtol=1e-4)


def test_what_would_leave_the_plane_is_cut_off() -> None:
    network = _fusion()
    values, _, whole = network.trajectory(_music(20)[0], torch.tensor([9.0, -9.0]))
    assert whole.tolist() == [1.0, -1.0]
    assert float(values.abs().max()) <= 1


def _raw(network: Fusion, steps: torch.Tensor) -> torch.Tensor:
    """What the regressors say in one pass, neither joined nor smoothed [shape=(t, 2)]."""
    return torch.stack([r.estimate(r.normalise(steps[None])).values[0] for r in network.regressors]).mean(dim=0)  # type: ignore[union-attr,operator]


def _smoothed(curve: np.ndarray) -> np.ndarray:
    """A Gaussian mean of three seconds' deviation that knows its ends."""
    at = np.arange(len(curve))
    weight = np.exp(-0.5 * ((at[:, None] - at[None]) / 6.0) ** 2) * (np.abs(at[:, None] - at[None]) <= 18)
    return np.asarray(weight @ curve / weight.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("steps", [1, 7, 240])
def test_up_to_two_minutes_are_a_single_pass_smoothed(steps: int) -> None:
    network = _fusion()
    x, _ = _music(steps)
    said, _ = network.moving(x)
    np.testing.assert_allclose(said.numpy(), _smoothed(_raw(network, x).numpy()), atol=1e-5)


def test_smoothing_keeps_a_constant_up_to_the_ends() -> None:
    network = _fusion()
    same = torch.ones(500, STEPS)
    for regressor in network.regressors:  # without its surroundings a step says what the one before it said
        regressor.head.weight.zero_()  # type: ignore[union-attr,operator]
        regressor.head.bias.copy_(torch.tensor([0.4, -0.6]))  # type: ignore[union-attr,operator]
    said, _ = network.moving(same)
    np.testing.assert_allclose(said.numpy(), np.tanh([[0.4, -0.6]]) * np.ones((500, 1)), atol=1e-5)


def _without_attention(network: Fusion) -> None:
    """Leave the regressors' attention out: then a step hardly knows of others far away."""
    for regressor in network.regressors:
        regressor.attention.out_proj.weight.zero_()  # type: ignore[union-attr,operator]
        regressor.attention.out_proj.bias.zero_()  # type: ignore[union-attr,operator]


@pytest.mark.parametrize("steps", [300, 420, 777])
def test_longer_music_in_windows_says_what_one_pass_does(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    network = _fusion()
    _without_attention(network)
    x, _ = _music(steps)
    joined, deviations = network.moving(x)
    assert joined.shape == deviations.shape == (steps, 2)
    monkeypatch.setattr("models.networks.fusion.REGRESSOR_STEPS", 10_000)
    single, single_deviations = network.moving(x)
    assert float(single.std(dim=0).min()) > 1e-3
    torch.testing.assert_close(joined, single, atol=1e-4, rtol=0)
    torch.testing.assert_close(deviations, single_deviations, atol=1e-4, rtol=0)


@pytest.mark.parametrize("steps", [250, 480, 777])
def test_windows_that_disagree_fade_into_each_other(steps: int) -> None:
    network = _fusion(regressors=1)
    asked: list[int] = []

    def by_turns(x: torch.Tensor, mask: torch.Tensor | None = None) -> RegressorSteps:
        asked.append(x.shape[1])
        say = 0.5 if len(asked) % 2 else -0.5
        return RegressorSteps(torch.full((1, x.shape[1], 2), say), torch.zeros(1, x.shape[1], 2))

    network.regressors[0].estimate = by_turns  # type: ignore[assignment]
    said, deviations = network.moving(_music(steps)[0])
    assert asked == [REGRESSOR_STEPS] * (1 + -(-(steps - REGRESSOR_STEPS) // (REGRESSOR_STEPS // 2)))
    assert float(said.diff(dim=0).abs().max()) < 0.04  # a seam would be a step of 1 (0.07 once smoothed)
    assert float(said.abs().max()) <= 0.5
    assert float(said[0, 0]) > 0.3
    torch.testing.assert_close(deviations, torch.ones(steps, 2))


def test_a_written_model_says_the_same(tmp_path: Any) -> None:
    network = _fusion(width=0.5)
    card = {"name": "Tiny", "version": "1", "summary": "Knows nothing."}
    write_model(tmp_path / "fused", network, {"kind": "fusion", **ARGUMENTS, "width": 0.5}, card)
    loaded = load_model(str(tmp_path / "fused"), "cpu")
    steps, summary = _music(30)
    mine, theirs = network(steps, summary), loaded.network(steps, summary)
    for name in ("scores", "evidence", "bias", "values", "deviations", "whole", "whole_deviations", "gems"):
        torch.testing.assert_close(getattr(theirs, name), getattr(mine, name))
    assert theirs.novelty == mine.novelty
