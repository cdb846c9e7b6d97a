"""The listener: its logits split exactly over time, and it can be taught."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from models.errors import Cancelled
from models.jobs import CancelToken
from models.networks.listener import CLIP, Listener
from models.training.listener import ListenerRecipe, train_listener
from models.training.loop import EpochReport

FEATURES = 6
RECIPE = ListenerRecipe(epochs=6, batch=12, crop_steps=8, learning_rate=1e-2, averaging=0.8, tag_weight=0.0)


def _listener(seed: int = 0, features: int = FEATURES) -> Listener:
    torch.manual_seed(seed)
    network = Listener(features, hidden=16, attention_size=8).eval()
    network.set_normalisation(torch.linspace(-1, 1, features), torch.linspace(0.5, 2, features))
    network.requires_grad_(False)
    network.attention_context.weight.mul_(20.0)
    return network


def _clips(n: int, steps: int = 10, seed: int = 0) -> tuple[list[np.ndarray], np.ndarray]:
    """Noise whose first four features stand higher in the quadrant's own."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 4
    x = [rng.normal(size=(steps + i % 3, FEATURES)).astype(np.float32) for i in range(n)]
    for one, label in zip(x, labels, strict=True):
        one[:, label] += 2
    return x, labels


def test_logits_are_attention_times_evidence_and_bias() -> None:
    network = _listener()
    x = torch.randn(3, 17, FEATURES, generator=torch.Generator().manual_seed(1))
    steps = network.judge(network.hidden_states(network.normalise(x)))
    assert steps.scores.shape == (3, 17)
    assert steps.evidence.shape == (3, 17, 4)
    attention = torch.softmax(steps.scores, dim=1)
    assert float(attention.std(dim=1).min()) > 1e-3  # not every step alike, or the sum would say nothing
    logits = (attention[..., None] * steps.evidence).sum(dim=1) + network.classifier.bias
    torch.testing.assert_close(network(x), logits, atol=1e-5, rtol=1e-5)
    answer, context = network.answer_and_context(network.normalise(x))
    torch.testing.assert_close(network.classifier(context), answer)
    torch.testing.assert_close(answer, logits, atol=1e-5, rtol=1e-5)


def test_scores_are_the_papers_equations() -> None:
    network = _listener()
    h = torch.randn(1, 5, 16, generator=torch.Generator().manual_seed(2))
    w, b = network.attention_projection.weight, network.attention_projection.bias
    u = network.attention_context.weight[0]
    expected = torch.stack([u @ torch.tanh(w @ h[0, t] + b) for t in range(5)])
    said = network.judge(h).scores[0]
    # A constant on all scores leaves their softmax as it is.
    torch.testing.assert_close(said - said[0], expected - expected[0], atol=1e-5, rtol=1e-5)


def test_a_step_depends_on_its_neighbours_only() -> None:
    network = _listener()
    x = torch.randn(1, 30, FEATURES, generator=torch.Generator().manual_seed(3))
    other = x.clone()
    other[:, 20:] += 3
    a, b = (network.judge(network.hidden_states(network.normalise(y))) for y in (x, other))
    torch.testing.assert_close(a.evidence[:, :16], b.evidence[:, :16])
    torch.testing.assert_close(a.scores[:, :16], b.scores[:, :16])
    assert float((a.evidence[:, 16:20] - b.evidence[:, 16:20]).abs().min(dim=2).values.max()) > 1e-3


def test_what_training_never_met_is_taken_for_the_extreme() -> None:
    network = _listener()
    wild = torch.full((1, 4, FEATURES), 1e6)
    assert float(network.normalise(wild).max()) == CLIP
    assert float(network.normalise(-wild).min()) == -CLIP
    assert bool(torch.isfinite(network(wild)).all())


def test_a_listener_learns_what_tells_the_quadrants_apart() -> None:
    x, labels = _clips(48)
    none = np.zeros((48, 0), bool)
    *reports, network = train_listener(x, labels, none, RECIPE, seed=1)
    assert isinstance(network, Listener)
    assert not network.training
    assert [r.epoch for r in reports if isinstance(r, EpochReport)] == list(range(1, 7))
    fresh, truth = _clips(40, seed=7)
    with torch.inference_mode():
        said = [int(network(torch.from_numpy(one)[None]).argmax()) for one in fresh]
    assert np.mean(np.array(said) == truth) > 0.8
    every = np.concatenate(x)
    np.testing.assert_allclose(network.get_buffer("feature_mean").numpy(), every.mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(network.get_buffer("feature_std").numpy(), every.std(axis=0), atol=1e-4)


def test_a_seed_decides_and_tags_are_targets_too() -> None:
    x, labels = _clips(16)
    short = dataclasses.replace(RECIPE, epochs=2)
    tags = np.stack((labels % 2 == 0, labels > 1), axis=1)

    def weights(recipe: ListenerRecipe, seed: int, tags: np.ndarray) -> torch.Tensor:
        *_, network = train_listener(x, labels, tags, recipe, seed=seed)
        assert isinstance(network, Listener)
        return torch.cat([p.detach().flatten() for p in network.parameters()])

    plain = weights(short, 1, tags)
    torch.testing.assert_close(weights(short, 1, tags), plain)
    assert not torch.allclose(weights(short, 2, tags), plain)
    assert not torch.allclose(weights(dataclasses.replace(short, tag_weight=5.0), 1, tags), plain)


def test_a_clip_shorter_than_a_stretch_is_repeated_and_training_can_be_stopped() -> None:
    x, labels = _clips(8, steps=2)
    short = dataclasses.replace(RECIPE, epochs=1)
    *_, network = train_listener(x, labels, np.zeros((8, 0), bool), short)
    assert isinstance(network, Listener)
    token = CancelToken()
    training = train_listener(x, labels, np.zeros((8, 0), bool), RECIPE, cancel=token)
    next(training)
    token.cancel()
    with pytest.raises(Cancelled):
        next(training)
