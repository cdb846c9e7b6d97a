"""The CRNN with self-attention of the first paper: four conv blocks, a BiLSTM, attention pooling, Q1..Q4."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from models.audio.log_mel import N_BANDS
from models.networks import FRAMES_PER_STEP
from models.networks.base import AttendingNetwork


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


class CRNN(AttendingNetwork):
    """Log-mel of up to any length -> logits of Q1..Q4.

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
        self.blocks = nn.Sequential(*(ConvBlock(a, b) for a, b in zip((1, *channels[:-1]), channels, strict=True)))
        self.lstm = nn.LSTM(channels[-1] * (N_BANDS >> len(channels)), hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.add_pooling(2 * hidden, attention_size, attention=attention)

    def hidden_states(self, x: torch.Tensor) -> torch.Tensor:
        """h_t of equation 2 [shape=(b, t, 256)] from standardised log-mel [shape=(b, 128, frames)]."""
        y = self.blocks(x[:, None].contiguous(memory_format=torch.channels_last))
        y = y.permute(0, 3, 1, 2).flatten(2)  # (b, steps, channels * bands)
        states, _ = self.lstm(y)
        dropped: torch.Tensor = self.dropout(states)
        return dropped

    def early_layers(self) -> list[nn.Module]:
        """Return the conv blocks."""
        return [self.blocks]
