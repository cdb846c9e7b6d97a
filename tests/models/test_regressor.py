from __future__ import annotations

import numpy as np
import pytest
import torch

from models.networks.regressor import Regressor
from models.networks.tpa import TPABiLSTM

NETWORKS = {
    "ours": lambda: Regressor(5, hidden=16, levels=2),
    "without CNN": lambda: Regressor(5, hidden=16, cnn=False),
    "without BiLSTM": lambda: Regressor(5, hidden=16, levels=2, recurrent=False),
    "without both": lambda: Regressor(5, hidden=16, cnn=False, recurrent=False),
    "TPA": lambda: TPABiLSTM(5, hidden=8, window=4, filters=3),
}


@pytest.fixture(params=NETWORKS)
def network(request: pytest.FixtureRequest) -> Regressor | TPABiLSTM:
    torch.manual_seed(1)
    return NETWORKS[request.param]().eval()


def test_a_value_per_step_between_minus_one_and_one(network: Regressor | TPABiLSTM) -> None:
    out = network(1000 * torch.randn(3, 7, 5))
    assert out.shape == (3, 7, 2)
    assert out.abs().max() <= 1


def test_padding_changes_nothing(network: Regressor | TPABiLSTM) -> None:
    x = torch.randn(2, 9, 5)
    mask = torch.tensor([[True] * 9, [True] * 6 + [False] * 3])
    x[1, 6:] = 77.0
    padded = network(x, mask)
    torch.testing.assert_close(padded[1, :6], network(x[1:, :6])[0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(padded[0], network(x[:1])[0], atol=1e-5, rtol=1e-4)


def test_padding_does_not_enter_the_statistics_of_batch_norm() -> None:
    torch.manual_seed(1)
    plain, padded = Regressor(5, hidden=16, levels=1, dropout=0.0), Regressor(5, hidden=16, levels=1, dropout=0.0)
    padded.load_state_dict(plain.state_dict())
    x = torch.randn(2, 6, 5)
    plain.train()(x)
    padded.train()(torch.cat((x, torch.zeros(2, 30, 5)), dim=1), torch.arange(36).expand(2, 36) < 6)
    for a, b in zip(plain.buffers(), padded.buffers(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


def test_a_hole_inside_a_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match="end of a sequence"):
        Regressor(5, hidden=16)(torch.zeros(1, 4, 5), torch.tensor([[True, False, True, True]]))
    with pytest.raises(ValueError, match="never all"):
        Regressor(5, hidden=16)(torch.zeros(1, 4, 5), torch.zeros(1, 4, dtype=torch.bool))


def test_every_weight_learns(network: Regressor | TPABiLSTM) -> None:
    network.train()(torch.randn(4, 12, 5)).pow(2).sum().backward()
    still = [name for name, p in network.named_parameters() if p.grad is None or not bool(p.grad.abs().max() > 0)]
    assert still == []


def test_ablations_lack_their_part() -> None:
    def parts(network: Regressor) -> set[str]:
        return {name.split(".")[0] for name, _ in network.named_parameters()}

    assert {"blocks", "lstm", "attention"} <= parts(Regressor(5))
    assert "blocks" not in parts(Regressor(5, cnn=False))
    assert "lstm" not in parts(Regressor(5, recurrent=False))
    assert {"blocks", "lstm"} & parts(Regressor(5, cnn=False, recurrent=False)) == set()


def test_what_each_part_hears_of_its_neighbours() -> None:
    torch.manual_seed(1)
    x = torch.randn(1, 60, 5)
    turned = x.flip(1)
    bag = Regressor(5, hidden=16, cnn=False, recurrent=False).eval()
    ordered = Regressor(5, hidden=16, levels=1).eval()
    # Without CNN and BiLSTM there is no order: the sequence played backwards gives the answers backwards.
    torch.testing.assert_close(bag(turned).flip(1), bag(x), atol=1e-5, rtol=1e-4)
    assert (ordered(turned).flip(1) - ordered(x)).abs().max() > 1e-3


def test_selection_and_z_scores_travel_with_the_weights() -> None:
    torch.manual_seed(1)
    network = Regressor(3, hidden=16).eval()
    network.set_normalisation(torch.tensor([10.0, -4.0, 5.0]), torch.tensor([2.0, 0.5, 0.0]))
    network.set_selection(torch.tensor([True, False, True]))
    raw = torch.tensor([[[12.0, -4.5, 6.0]]])
    torch.testing.assert_close(network.normalise(raw), torch.tensor([[[1.0, 0.0, 1.0]]]))
    other = Regressor(3, hidden=16).eval()
    other.load_state_dict(network.state_dict())
    torch.testing.assert_close(other(raw), network(raw))
    unheard = raw.clone()
    unheard[..., 1] = 1e6
    torch.testing.assert_close(network(unheard), network(raw))


def test_the_variance_head_teaches_the_values_nothing() -> None:
    torch.manual_seed(1)
    network = Regressor(5, hidden=16, uncertainty=True)
    steps = network.estimate(torch.randn(2, 8, 5))
    assert steps.log_variance is not None
    assert steps.log_variance.shape == (2, 8, 2)
    steps.log_variance.sum().backward()
    learned = {name for name, p in network.named_parameters() if p.grad is not None}
    assert learned == {"variance_head.weight", "variance_head.bias"}
    assert Regressor(5, hidden=16).estimate(torch.randn(2, 8, 5)).log_variance is None


def test_kernels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="odd"):
        Regressor(5, hidden=16, kernels=(2, 3))


class TestTemporalPatternAttention:
    def test_filters_see_the_window_before_a_step_and_not_the_step(self) -> None:
        torch.manual_seed(1)
        network = TPABiLSTM(5, hidden=2, window=3, filters=2).eval()
        h = torch.randn(1, 8, 4)
        found = network.patterns(h)
        assert found.shape == (1, 8, 4, 2)
        filters = network.filters.weight[:, 0]  # (k, w)
        for t in (3, 7):
            expected = torch.einsum("lm,kl->mk", h[0, t - 3 : t], filters)
            torch.testing.assert_close(found[0, t], expected)
        torch.testing.assert_close(found[0, 0], torch.zeros(4, 2))

    def test_the_attention_is_the_equation(self) -> None:
        torch.manual_seed(1)
        network = TPABiLSTM(5, hidden=2, window=3, filters=2).eval()
        x = torch.randn(1, 6, 5)
        h = network.lstm(x)[0]
        found = network.patterns(h)[0].detach().numpy()
        states = h[0].detach().numpy()
        relevance = network.relevance.weight.detach().numpy()  # (k, m)
        t = 5
        alpha = 1 / (1 + np.exp(-found[t] @ relevance @ states[t]))
        v = (alpha[:, None] * found[t]).sum(axis=0)
        z = network.of_state.weight.detach().numpy() @ states[t] + network.of_patterns.weight.detach().numpy() @ v
        y = np.tanh(network.head.weight.detach().numpy() @ z + network.head.bias.detach().numpy())
        np.testing.assert_allclose(network(x)[0, t].detach().numpy(), y, atol=1e-5)
