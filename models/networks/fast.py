"""A small network for live use: strided convolutions, a little context in time, and the first paper's attention."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from models.audio.log_mel import N_BANDS
from models.networks import FRAMES_PER_STEP
from models.networks.base import AttendingNetwork


class HalvingBlock(nn.Module):
    """A 3x3 convolution at every other band and frame, batch norm, ReLU, with a shortcut around it.

    Against the CRNN's convolution with pooling after it, a quarter of the work. (Depthwise-separable convolutions
    have fewer multiplications still, but move as much memory: on a CPU they train at half the speed.)
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels_out)
        self.shortcut = nn.Conv2d(channels_in, channels_out, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [shape=(b, c_in, f, t)] to [shape=(b, c_out, f // 2, t // 2)]; f and t even."""
        y = F.relu(self.norm(self.conv(x)), inplace=True)
        shortcut: torch.Tensor = self.shortcut(F.avg_pool2d(x, 2))
        return y + shortcut


class ContextBlock(nn.Module):
    """Each channel's course over five steps, then a mixture of channels, added to what was there."""

    def __init__(self, width: int, reach: int = 2) -> None:
        super().__init__()
        self.course = nn.Conv1d(width, width, 2 * reach + 1, padding=reach, groups=width, bias=False)
        self.norm = nn.BatchNorm1d(width)
        self.mixture = nn.Conv1d(width, width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map [shape=(b, width, t)] to the same shape."""
        return x + F.relu(self.mixture(self.norm(self.course(x))))


class FastNet(AttendingNetwork):
    """Log-mel of any length from 16 frames on -> logits of Q1..Q4, for a fifteenth of the CRNN's multiplications.

    Nothing is recurrent: a step hears its own 16 frames, and at most `REACH_STEPS` steps (1.9 s) to either side. A
    window of live music therefore says of its inner steps exactly what a pass over all of the music would say.

    Parameters
    ----------
    channels : tuple of int
        Filters of the four halvings: a step of the network must be 16 frames.
    width : int
        Length of h_t.
    attention_size : int
        Length of u_t (equation 3 of the first paper).
    dropout : float
        Before the pooling.
    """

    #: Two context blocks look two steps to either side each; the convolutions before look into the next one.
    REACH_STEPS = 5

    def __init__(
        self,
        *,
        channels: tuple[int, ...] = (16, 32, 64, 128),
        width: int = 160,
        attention_size: int = 64,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if 1 << len(channels) != FRAMES_PER_STEP:
            raise ValueError(f"the network halves four times, not {len(channels)} times")
        first, *others = channels
        # The first layer has one channel to add to: a shortcut would only copy it.
        self.first = nn.Conv2d(1, first, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(first)
        self.blocks = nn.Sequential(*(HalvingBlock(a, b) for a, b in zip(channels, others, strict=False)))
        self.gather = nn.Conv1d(channels[-1] * (N_BANDS >> len(channels)), width, 1, bias=False)
        self.gather_norm = nn.BatchNorm1d(width)
        self.context = nn.Sequential(ContextBlock(width), ContextBlock(width))
        self.dropout = nn.Dropout(dropout)
        self.add_pooling(width, attention_size)

    def hidden_states(self, x: torch.Tensor) -> torch.Tensor:
        """h_t [shape=(b, t, width)] from standardised log-mel [shape=(b, 128, frames)]; t = frames // 16."""
        whole = x[:, None, :, : x.shape[2] // FRAMES_PER_STEP * FRAMES_PER_STEP]
        y = F.relu(self.norm(self.first(whole.contiguous(memory_format=torch.channels_last))), inplace=True)
        y = self.blocks(y).flatten(1, 2)  # (b, channels * bands, steps)
        y = self.context(F.relu(self.gather_norm(self.gather(y)), inplace=True))
        dropped: torch.Tensor = self.dropout(y.transpose(1, 2))
        return dropped

    def early_layers(self) -> list[nn.Module]:
        """Return the convolutions on log-mel."""
        return [self.first, self.norm, self.blocks]
