"""The first paper's "LSTM-only" baseline: two LSTM layers over the frames of the spectrogram (its table 3)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from models.networks.base import N_QUADRANTS, ContextNetwork


class LSTM2(ContextNetwork):
    """A 2-layer LSTM over log-mel frames, the mean of its states over time, and a linear layer.

    The paper says "a 2-layer LSTM network processing raw features". Which features, how many units, one direction or
    two, and the last state or all of them is not said. Here: log-mel, 128 units, forward only, the mean of all states
    (the last one remembers little of a clip of 1,292 frames).

    Parameters
    ----------
    hidden : int
        Units of each layer.
    stride : int
        Frames that are averaged into one step: 4 is 93 ms, and four times cheaper than every frame.
    dropout : float
        Between the layers and before the last one.
    """

    def __init__(self, *, hidden: int = 128, stride: int = 4, dropout: float = 0.3) -> None:
        super().__init__()
        self.stride = stride
        self.lstm = nn.LSTM(self.get_buffer("band_mean").numel(), hidden, 2, batch_first=True, dropout=dropout)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(hidden, N_QUADRANTS)

    def answer_and_context(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits [shape=(b, 4)] and what they are made of, of [shape=(b, 128, frames)]; frames >= `stride`."""
        states, _ = self.lstm(F.avg_pool1d(x, self.stride).transpose(1, 2))
        context = self.dropout(states.mean(dim=1))
        return self.classifier(context), context
