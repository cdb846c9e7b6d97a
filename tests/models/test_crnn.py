from __future__ import annotations

import pytest
import torch

from models.networks.crnn import CRNN, ConvBlock
from tests.tiny_model import tiny_network


def _log_mel(batch: int, frames: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(batch, 128, frames, generator=torch.Generator().manual_seed(seed)) * 3 - 7


@pytest.fixture(scope="module")
def network() -> CRNN:
    torch.manual_seed(0)
    return CRNN().eval()


def test_thirty_seconds_give_eighty_steps_and_four_logits(network: CRNN) -> None:
    with torch.inference_mode():
        steps = network.steps(network.normalise(_log_mel(1, 1292)))
        assert steps.scores.shape == (1, 80)
        assert steps.evidence.shape == (1, 80, 4)
        assert network.pool(steps).shape == (1, 4)


def test_the_layers_are_those_of_the_paper(network: CRNN) -> None:
    blocks = [block for block in network.blocks if isinstance(block, ConvBlock)]
    assert [block.conv.out_channels for block in blocks] == [32, 64, 128, 256]
    assert all(block.conv.kernel_size == (3, 3) and block.conv.padding == (1, 1) for block in blocks)
    assert network.lstm.bidirectional
    assert network.lstm.hidden_size == 128
    assert network.lstm.input_size == 256 * 8  # 128 bands halved four times
    assert network.dropout.p == 0.3
    assert network.classifier.in_features == 256
    assert network.classifier.out_features == 4


def test_parameter_count_is_that_of_the_documentation(network: CRNN) -> None:
    assert sum(p.numel() for p in network.parameters()) == 2_695_684


def test_a_block_halves_both_axes_and_adds_a_shortcut() -> None:
    torch.manual_seed(0)
    block = ConvBlock(3, 5).eval()
    x = torch.randn(2, 3, 8, 10)
    with torch.inference_mode():
        y = block(x)
        main = torch.max_pool2d(torch.relu(block.norm(block.conv(x))), 2)
        shortcut = block.shortcut(torch.nn.functional.avg_pool2d(x, 2))
    assert y.shape == (2, 5, 4, 5)
    torch.testing.assert_close(y, main + shortcut)


def test_logits_are_the_sum_of_each_steps_contribution(network: CRNN) -> None:
    x = _log_mel(2, 500)
    with torch.inference_mode():
        steps = network.steps(network.normalise(x))
        alpha = torch.softmax(steps.scores, dim=1)
        h = network.hidden_states(network.normalise(x))
        context = (alpha[..., None] * h).sum(dim=1)  # equation 5, as the paper writes it
        logits = context @ network.classifier.weight.T + network.classifier.bias
        parts = (alpha[..., None] * steps.evidence).sum(dim=1) + network.classifier.bias
        torch.testing.assert_close(alpha.sum(dim=1), torch.ones(2))
        torch.testing.assert_close(parts, network(x), atol=1e-5, rtol=0)
        torch.testing.assert_close(logits, network(x), atol=1e-5, rtol=0)


def test_attention_follows_equations_3_and_4() -> None:
    network = tiny_network()
    x = network.normalise(_log_mel(1, 320))
    with torch.inference_mode():
        h = network.hidden_states(x)
        u = torch.tanh(h @ network.attention_projection.weight.T + network.attention_projection.bias)
        expected = u @ network.attention_context.weight[0]
        scores = network.steps(x).scores
    torch.testing.assert_close(scores, expected)
    assert scores.std() > 0.1  # the test would mean nothing on constant scores


def test_without_attention_the_logits_are_those_of_the_plain_mean() -> None:
    network = tiny_network(attention=False)
    x = _log_mel(2, 400)
    with torch.inference_mode():
        steps = network.steps(network.normalise(x))
        mean = network.classifier(network.hidden_states(network.normalise(x)).mean(dim=1))
        torch.testing.assert_close(network(x), mean, atol=1e-5, rtol=0)
    assert torch.equal(steps.scores, torch.zeros(2, 25))
    assert not any("attention" in name for name, _ in network.named_parameters())


@pytest.mark.parametrize("frames", [16, 17, 31, 32, 336, 1000, 2500])
def test_any_length_from_sixteen_frames_gives_a_step_per_sixteen(frames: int) -> None:
    network = tiny_network()
    with torch.inference_mode():
        steps = network.steps(network.normalise(_log_mel(1, frames)))
    assert steps.scores.shape == (1, frames // 16)
    assert torch.isfinite(steps.evidence).all()


@pytest.mark.parametrize("attention", [True, False])
def test_the_gradient_reaches_every_parameter(attention: bool) -> None:
    torch.manual_seed(0)
    network = CRNN(attention=attention).train()
    loss = torch.nn.functional.cross_entropy(network(_log_mel(4, 64)), torch.tensor([0, 1, 2, 3]))
    loss.backward()
    silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]
    assert silent == []


def test_dropout_is_at_work_only_in_training(network: CRNN) -> None:
    x = _log_mel(1, 64)
    with torch.inference_mode():
        assert torch.equal(network(x), network(x))
    lively = tiny_network(dropout=0.3).train()
    with torch.no_grad():
        assert not torch.equal(lively.hidden_states(x), lively.hidden_states(x))


def test_normalisation_standardises_each_band_and_is_stored_with_the_weights() -> None:
    network = tiny_network()
    x = _log_mel(3, 200) + torch.arange(128.0)[:, None]
    network.set_normalisation(x.mean(dim=(0, 2)), x.std(dim=(0, 2)))
    y = network.normalise(x)
    torch.testing.assert_close(y.mean(dim=(0, 2)), torch.zeros(128), atol=1e-4, rtol=0)
    torch.testing.assert_close(y.std(dim=(0, 2)), torch.ones(128), atol=1e-4, rtol=0)
    assert {"band_mean", "band_std"} <= set(network.state_dict())


def test_a_network_whose_steps_are_not_sixteen_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="four blocks"):
        CRNN(channels=(8, 8, 8))
