"""The second paper's regressor: multi-scale residual CNN, BiLSTM and multi-head attention over feature sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

#: Valence and arousal.
N_DIMENSIONS = 2
#: Bounds of the log-variance head: standard deviations from 0.03 to 1.6 on a scale of [-1, 1].
_LOG_VARIANCE_RANGE = (-7.0, 1.0)


@dataclass(frozen=True)
class RegressorSteps:
    """What the network says at each step.

    Attributes
    ----------
    values : torch.Tensor [shape=(b, t, 2)]
        Valence and arousal, (-1, 1).
    log_variance : torch.Tensor or None [shape=(b, t, 2)]
        Logarithm of the variance that the network expects of its own errors; None without that head.
    """

    values: torch.Tensor
    log_variance: torch.Tensor | None


def check_mask(x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Return the mask [shape=(b, t), dtype=bool] of real steps; all are real without one.

    Raises
    ------
    ValueError
        When steps are masked elsewhere than at the end, or a sequence has no real step: gaps inside a sequence are
        filled before (`models.training.selection.forward_fill`).
    """
    if mask is None:
        return torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
    lengths = mask.sum(dim=1, keepdim=True)
    if not bool((mask == (torch.arange(x.shape[1], device=x.device) < lengths)).all()) or bool((lengths == 0).any()):
        raise ValueError("only steps at the end of a sequence may be masked, and never all of them")
    return mask


class MaskedBatchNorm(nn.Module):
    """Batch norm over the real steps of [shape=(b, t, c)]: padding does not enter its statistics and stays 0."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(channels)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Normalise the real steps."""
        out = torch.zeros_like(x)
        out[mask] = self.norm(x[mask]).to(out.dtype)
        return out


class MultiScaleBlock(nn.Module):
    """Parallel convolutions of several lengths, max pooling, a transition, and a shortcut around all.

    ``y = x + W_t maxpool(relu(BN([K_1 * x; K_2 * x; ...])))``, with K_i of `kernels` steps. The paper names a
    "multi-scale processing module" with "a sparse structure", residual blocks, BN-ReLU, max pooling and a transition
    layer (its figure 2) and gives neither lengths nor counts. Max pooling has stride 1 here: with the paper's
    downsampling a step would no longer be half a second.
    """

    def __init__(self, channels: int, kernels: Sequence[int], dropout: float) -> None:
        super().__init__()
        if channels % len(kernels) or any(k % 2 == 0 for k in kernels):
            raise ValueError("kernels must be odd, and their number must divide the number of channels")
        width = channels // len(kernels)
        self.scales = nn.ModuleList(nn.Conv1d(channels, width, k, padding=k // 2, bias=False) for k in kernels)
        self.norm = MaskedBatchNorm(channels)
        self.transition = nn.Linear(channels, channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Map [shape=(b, t, c)] to the same shape; padding is 0 before and after."""
        along_time = x.transpose(1, 2)
        y = torch.cat([scale(along_time) for scale in self.scales], dim=1).transpose(1, 2)
        # After ReLU nothing is below 0, so padding (0) never wins a maximum.
        y = F.max_pool1d(F.relu(self.norm(y, mask)).transpose(1, 2), 3, stride=1, padding=1).transpose(1, 2)
        out: torch.Tensor = (x + self.dropout(self.transition(y))) * mask[..., None]
        return out


class Standardised(nn.Module):
    """A network that knows the z-scores and the selection of its features (buffers, so that they travel with it)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.features = features
        self.register_buffer("feature_mean", torch.zeros(features))
        self.register_buffer("feature_std", torch.ones(features))
        self.register_buffer("feature_kept", torch.ones(features))

    def set_normalisation(self, mean: torch.Tensor, std: torch.Tensor) -> None:
        """Set mean and standard deviation of each feature [shape=(f,)] over the training data.

        A feature that (almost) never changes there is given the deviation 1: it says nothing, and must not explode
        when it does change elsewhere.
        """
        self.get_buffer("feature_mean").copy_(mean)
        self.get_buffer("feature_std").copy_(torch.where(std < 1e-6, torch.ones_like(std), std))

    def set_selection(self, kept: torch.Tensor) -> None:
        """Set which features [shape=(f,), dtype=bool] enter; the others count as their mean everywhere."""
        self.get_buffer("feature_kept").copy_(kept)

    def normalise(self, x: torch.Tensor) -> torch.Tensor:
        """z-scores of raw features [shape=(b, t, f)]; those not selected become 0."""
        mean, std = self.get_buffer("feature_mean"), self.get_buffer("feature_std")
        return (x - mean) / std * self.get_buffer("feature_kept")


class Regressor(Standardised):
    """Feature sequences -> valence and arousal at each step.

    The stages of the paper's figure 1, for x [shape=(b, t, f)]: an input projection, `levels` multi-scale residual
    blocks (H1..H4 of figure 2), a BiLSTM with ``h_t = [h_t^f; h_t^b]`` (equation 1), a fully connected layer, and
    multi-head self-attention with a shortcut, ``MultiHead(Q, K, V) = [head_1; ...; head_h] W^O`` with
    ``head_i = softmax(Q_i K_i^T / sqrt(d)) V_i``.

    Where we differ from the paper, and why:

    - The paper ends in a softmax "over the sentiment scores". A softmax gives a distribution over alternatives that
      sums to 1; it cannot give a number in [-1, 1], nor two independent ones. The output here is
      ``tanh(W z_t + b)``.
    - Word2Vec is said to preprocess the audio; there are no words. Features are z-scored.
    - One answer per step of the sequence instead of one per window of lagged steps.
    - The log-variance head is an addition of ours. It is trained on the errors alone and does not change the values.

    Parameters
    ----------
    features : int
        F, the number of features per step.
    hidden : int
        Channels of the CNN, units of the LSTM per direction, and size of the attention (the paper's 128).
    cnn, recurrent : bool
        False leaves the part out: the paper's ablations "w/o CNN", "w/o BiLSTM" and both. Without either, attention
        sees a bag of steps that does not know their order.
    levels : int
        Number of multi-scale blocks.
    kernels : tuple of int
        Their lengths in steps, odd.
    heads : int
        Of the attention; must divide `hidden`.
    dropout : float
        In the blocks, after the LSTM and in the attention.
    uncertainty : bool
        Whether there is a log-variance head.
    """

    def __init__(
        self,
        features: int,
        *,
        hidden: int = 128,
        cnn: bool = True,
        recurrent: bool = True,
        levels: int = 4,
        kernels: tuple[int, ...] = (1, 3, 5, 9),
        heads: int = 4,
        dropout: float = 0.3,
        uncertainty: bool = False,
    ) -> None:
        super().__init__(features)
        self.project = nn.Linear(features, hidden)
        count = levels if cnn else 0
        self.blocks = nn.ModuleList(MultiScaleBlock(hidden, kernels, dropout) for _ in range(count))
        self.lstm = nn.LSTM(hidden, hidden, batch_first=True, bidirectional=True) if recurrent else None
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(2 * hidden if recurrent else hidden, hidden)
        self.attention = nn.MultiheadAttention(hidden, heads, dropout=dropout, batch_first=True)
        self.head = nn.Linear(hidden, N_DIMENSIONS)
        self.variance_head = nn.Linear(hidden, N_DIMENSIONS) if uncertainty else None

    def hidden_states(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """z_t before the output [shape=(b, t, hidden)] of standardised features (see `normalise`)."""
        mask = check_mask(x, mask)
        y = self.project(x) * mask[..., None]
        for block in self.blocks:
            y = block(y, mask)
        if self.lstm is not None:
            packed = pack_padded_sequence(y, mask.sum(dim=1).cpu(), batch_first=True, enforce_sorted=False)
            y, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=x.shape[1])
        y = F.relu(self.dense(self.dropout(y)))
        padding = None if bool(mask.all()) else ~mask
        attended, _ = self.attention(y, y, y, key_padding_mask=padding, need_weights=False)
        out: torch.Tensor = y + self.dropout(attended)
        return out

    def estimate(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> RegressorSteps:
        """Values and, where there is a head for it, log-variance, of standardised features [shape=(b, t, f)].

        Parameters
        ----------
        x : torch.Tensor [shape=(b, t, f)]
            Standardised features (see `normalise`).
        mask : torch.Tensor, optional [shape=(b, t), dtype=bool]
            True where a step is real, False where a shorter sequence was padded at its end. What stands in the
            padding changes nothing; what comes out there means nothing.
        """
        z = self.hidden_states(x, mask)
        values = torch.tanh(self.head(z)).float()
        if self.variance_head is None:
            return RegressorSteps(values, None)
        # The head reads what the values are made of, and teaches it nothing.
        return RegressorSteps(values, self.variance_head(z.detach()).float().clamp(*_LOG_VARIANCE_RANGE))

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Valence and arousal [shape=(b, t, 2)], (-1, 1), of raw features [shape=(b, t, f)]."""
        return self.estimate(self.normalise(x), mask).values
