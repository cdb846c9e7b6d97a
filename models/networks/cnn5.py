"""The first paper's "standard CNN": five convolutions on the spectrogram, no modelling of time (its table 3)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from models.networks.base import N_QUADRANTS, ContextNetwork


class CNN5(ContextNetwork):
    """Five times conv 3x3, batch norm, ReLU, 2x2 max pooling; then the mean over bands and time, and a linear layer.

    The paper says "a 5-layer CNN operating directly on the spectrogram without temporal modeling" and no more. The
    widths here are those of its CRNN (32, 64, 128, 256) and 256 once more; taking the mean over what is left of bands
    and time is what lets it read clips of any length.

    Parameters
    ----------
    channels : tuple of int
        Filters of the layers.
    dropout : float
        Before the last layer.
    """

    def __init__(self, *, channels: tuple[int, ...] = (32, 64, 128, 256, 256), dropout: float = 0.3) -> None:
        super().__init__()
        pairs = list(zip((1, *channels[:-1]), channels, strict=True))
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1, bias=False) for a, b in pairs)
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for b in channels)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(channels[-1], N_QUADRANTS)

    def answer_and_context(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits [shape=(b, 4)] and what they are made of, of [shape=(b, 128, frames)]; frames >= 32."""
        y = x[:, None].contiguous(memory_format=torch.channels_last)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            y = F.relu(F.max_pool2d(norm(convolution(y)), 2), inplace=True)  # ReLU commutes with max pooling
        context = self.dropout(y.mean(dim=(2, 3)))
        return self.classifier(context), context

    def early_layers(self) -> list[nn.Module]:
        """All convolutions."""
        return [self.convolutions, self.norms]
