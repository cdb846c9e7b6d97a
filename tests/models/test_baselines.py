from __future__ import annotations

import pytest
import torch
from torch import nn

from models.networks.base import ContextNetwork
from models.networks.registry import build

BASELINES = ("cnn5", "lstm2", "resnet50")


@pytest.fixture(scope="module", params=BASELINES)
def network(request: pytest.FixtureRequest) -> ContextNetwork:
    torch.manual_seed(1)
    built = build(request.param)
    assert isinstance(built, ContextNetwork)
    return built


def test_logits_of_clips_of_several_lengths(network: ContextNetwork) -> None:
    network.eval()
    for frames in (32, 97):
        logits, context = network.answer_and_context(torch.randn(2, 128, frames))
        assert logits.shape == (2, 4)
        torch.testing.assert_close(network.classifier(context), logits)


def test_every_weight_learns(network: ContextNetwork) -> None:
    network.train().zero_grad()
    network(torch.randn(4, 128, 64)).square().sum().backward()
    assert [n for n, p in network.named_parameters() if p.grad is None or not bool(p.grad.abs().max() > 0)] == []


def test_what_the_papers_name_is_there() -> None:
    def count(network: nn.Module, kind: type[nn.Module]) -> int:
        return sum(isinstance(part, kind) for part in network.modules())

    assert count(build("cnn5"), nn.Conv2d) == 5
    assert count(build("cnn5"), nn.LSTM) == 0
    lstm = build("lstm2")
    assert count(lstm, nn.Conv2d) == 0
    assert [part.num_layers for part in lstm.modules() if isinstance(part, nn.LSTM)] == [2]
    resnet = build("resnet50")
    on_the_main_path = [m for n, m in resnet.named_modules() if isinstance(m, nn.Conv2d) and "shortcut" not in n]
    assert len(on_the_main_path) + 1 == 50  # and one linear layer
    # torchvision's has 25,557,032 with three channels and 1,000 classes; ours has one and four.
    weights = sum(p.numel() for p in resnet.parameters())
    assert weights == 25_557_032 - 2 * 64 * 49 - 2048 * 1000 - 1000 + 2048 * 4 + 4


def test_the_cnn_hears_no_order_of_distant_events_and_the_lstm_hears_rise_from_fall() -> None:
    torch.manual_seed(1)
    x = torch.zeros(1, 128, 640)
    early, late = x.clone(), x.clone()
    early[..., 128:160], late[..., 384:416] = 1.0, 1.0  # apart by a multiple of 32 frames, far from both ends
    cnn, lstm = build("cnn5").eval(), build("lstm2").eval()
    rise = torch.linspace(-2, 2, 40).expand(1, 128, 40)
    torch.testing.assert_close(cnn.answer(early), cnn.answer(late), atol=1e-5, rtol=1e-4)  # type: ignore[operator]
    assert (lstm.answer(rise) - lstm.answer(rise.flip(2))).abs().max() > 1e-3  # type: ignore[operator]
