"""The CRNN with self-attention of the first paper: four conv blocks, a BiLSTM, attention pooling, Q1..Q4."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from models.audio.log_mel import FLOOR, N_BANDS
from models.networks import FRAMES_PER_STEP

N_QUADRANTS = 4


class ConvBlock(nn.Module):
    """Conv 3x3, batch norm, ReLU, 2x2 max pooling (section 3.2.1), with a shortcut around the whole block.

    The paper names "the principles of deep residual learning" and draws no shortcut. Ours is a projection (a 1x1
    convolution, because the number of channels changes) of the average-pooled input: after the pooling it costs a
    quarter of what it would before.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels_out)
        self.shortcut = nn.Conv2d(channels_in, channels_out, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [shape=(b, c_in, f, t)] to [shape=(b, c_out, f // 2, t // 2)]."""
        # ReLU commutes with max pooling, and costs a quarter after it.
        y = F.relu(F.max_pool2d(self.norm(self.conv(x)), 2), inplace=True)
        shortcut: torch.Tensor = self.shortcut(F.avg_pool2d(x, 2))
        return y + shortcut


@dataclass(frozen=True)
class CRNNSteps:
    """What the network says at each step, before pooling over time.

    Attributes
    ----------
    scores : torch.Tensor [shape=(b, t)]
        u_t . u_w of equation 4: attention is their softmax over time. All zero when attention is off.
    evidence : torch.Tensor [shape=(b, t, 4)]
        W h_t: what each step would say on its own, as logits without bias.
    """

    scores: torch.Tensor
    evidence: torch.Tensor


class CRNN(nn.Module):
    """Log-mel of up to any length -> logits of Q1..Q4.

    Because the last layer is linear in the context vector (equation 5), the logits split exactly over time:
    ``logit_c = sum_t alpha_t (W h_t)_c + b_c``. `steps` gives the parts, `forward` their sum.

    Parameters
    ----------
    attention : bool
        False averages all steps alike: the ablation of the paper's table 4.
    channels : tuple of int
        Filters of the four blocks: a step of the network must be 16 frames.
    hidden : int
        LSTM units per direction.
    attention_size : int
        Length of u_t (equation 3); the paper does not give it.
    dropout : float
        After the LSTM.
    """

    def __init__(
        self,
        *,
        attention: bool = True,
        channels: tuple[int, ...] = (32, 64, 128, 256),
        hidden: int = 128,
        attention_size: int = 128,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        if 1 << len(channels) != FRAMES_PER_STEP:
            raise ValueError(f"the network has four blocks, not {len(channels)}")
        self.attention = attention
        self.register_buffer("band_mean", torch.full((N_BANDS,), FLOOR / 2))
        self.register_buffer("band_std", torch.full((N_BANDS,), -FLOOR / 4))
        self.blocks = nn.Sequential(*(ConvBlock(a, b) for a, b in zip((1, *channels[:-1]), channels, strict=True)))
        self.lstm = nn.LSTM(channels[-1] * (N_BANDS >> len(channels)), hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        if attention:
            self.attention_projection = nn.Linear(2 * hidden, attention_size)  # W_w, b_w of equation 3
            self.attention_context = nn.Linear(attention_size, 1, bias=False)  # u_w of equation 4
        self.classifier = nn.Linear(2 * hidden, N_QUADRANTS)

    def set_normalisation(self, mean: torch.Tensor, std: torch.Tensor) -> None:
        """Set mean and standard deviation of each band [shape=(128,)] over the training data."""
        self.get_buffer("band_mean").copy_(mean)
        self.get_buffer("band_std").copy_(std)

    def normalise(self, log_mel: torch.Tensor) -> torch.Tensor:
        """Standardise each band; the fills of masks are 0 afterwards, the mean."""
        mean, std = self.get_buffer("band_mean"), self.get_buffer("band_std")
        return (log_mel - mean[:, None]) / std[:, None]

    def hidden_states(self, x: torch.Tensor) -> torch.Tensor:
        """h_t of equation 2 [shape=(b, t, 256)] from standardised log-mel [shape=(b, 128, frames)]."""
        y = self.blocks(x[:, None].contiguous(memory_format=torch.channels_last))
        y = y.permute(0, 3, 1, 2).flatten(2)  # (b, steps, channels * bands)
        states, _ = self.lstm(y)
        dropped: torch.Tensor = self.dropout(states)
        return dropped

    def steps(self, x: torch.Tensor) -> CRNNSteps:
        """Say at each step what it weighs and what it speaks for.

        Parameters
        ----------
        x : torch.Tensor [shape=(b, 128, frames)]
            Standardised log-mel (see `normalise`); frames >= 16.
        """
        return self.judge(self.hidden_states(x))

    def judge(self, h: torch.Tensor) -> CRNNSteps:
        """Scores and evidence of hidden states [shape=(b, t, 256)]."""
        evidence = h @ self.classifier.weight.T
        if self.attention:
            scores = self.attention_context(torch.tanh(self.attention_projection(h)))[..., 0]
        else:
            scores = torch.zeros_like(evidence[..., 0])
        return CRNNSteps(scores.float(), evidence.float())

    def forward(self, log_mel: torch.Tensor) -> torch.Tensor:
        """Logits [shape=(b, 4)] of log-mel [shape=(b, 128, frames)] (equations 3 to 5)."""
        return self.pool(self.steps(self.normalise(log_mel)))

    def pool(self, steps: CRNNSteps) -> torch.Tensor:
        """Sum the evidence weighted by attention over time (equation 5) and add the bias."""
        weights = torch.softmax(steps.scores, dim=1)
        return (weights[..., None] * steps.evidence).sum(dim=1) + self.classifier.bias
