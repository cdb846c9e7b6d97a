"""Tags as further targets, and sources that an epoch meets only in part."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from models.networks.crnn import CRNN
from models.training import loop, trainer
from models.training.material import tag_table
from models.training.recipes import Recipe

FRAMES = 64


def _clips(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.normal(-7, 2, (n, 128, FRAMES)).astype(np.float16), np.arange(n) % 4


def test_only_tags_that_enough_clips_carry_become_targets() -> None:
    tags = [frozenset({"mood: Calm", f"rare {i}"}) for i in range(10)] + [frozenset({"genre: Jazz"})] * 9
    table = tag_table(tags)
    assert table.shape == (19, 1)
    assert table[:, 0].tolist() == [True] * 10 + [False] * 9
    assert tag_table([frozenset()] * 3).shape == (3, 0)


def test_an_epoch_meets_whole_sources_wholly_and_others_by_their_share() -> None:
    shares = np.array([1.0] * 20 + [0.25] * 40)
    random = np.random.default_rng(0)
    met = np.zeros(60)
    for _ in range(200):
        drawn = loop.draw(shares, random)
        assert len(drawn) == 30 == len(set(drawn))
        assert set(range(20)) <= set(drawn.tolist())
        met[drawn] += 1
    # Every clip of the others has its turn about equally often: 50 of 200 epochs.
    assert met[20:].min() > 25
    assert met[20:].max() < 80


def test_the_tag_head_asks_only_clips_that_carry_tags_and_no_mixtures_with_others() -> None:
    torch.manual_seed(0)
    network = CRNN()
    tags = np.zeros((4, 3), bool)
    tags[0, 1] = tags[1, 2] = True
    head = trainer.TagHead(network.classifier, tags)
    _, context = network.answer_and_context(torch.randn(4, 128, FRAMES))
    targets = loop.targets_of(np.array([0, 1, 2, 3]), tags)[:, 4:]
    asked = head(context, targets)
    # What the untagged clips' targets say makes no difference, nor what a mixture's do.
    other = targets.clone()
    other[2:, :3] = 1.0
    assert torch.equal(asked, head(context, other))
    mixture = targets.clone()
    mixture[1, -1] = 0.6
    only_first = head(context[:1], targets[:1])
    assert torch.allclose(head(context, mixture), only_first, atol=1e-6)


def test_tags_change_what_is_learned_and_leave_no_trace_in_the_network() -> None:
    features, labels = _clips(24)
    tags = np.stack([labels == 0, labels == 1], axis=1)
    recipe = Recipe("try", crop_frames=FRAMES, epochs=1, batch=8, averaging=0.0)

    def trained(tags: np.ndarray | None, shares: np.ndarray | None = None) -> Any:
        *_, last = loop.train_network(features, labels, recipe, tags=tags, shares=shares)
        assert isinstance(last, loop.TrainedNetwork)
        return last.network

    plain, tagged = trained(None), trained(tags)
    assert plain.state_dict().keys() == tagged.state_dict().keys()
    assert not torch.equal(plain.lstm.weight_ih_l0, tagged.lstm.weight_ih_l0)
    without = trained(np.zeros((24, 0), bool))
    assert torch.equal(plain.lstm.weight_ih_l0, without.lstm.weight_ih_l0)
    assert not torch.equal(plain.lstm.weight_ih_l0, trained(None, np.full(24, 0.5)).lstm.weight_ih_l0)
