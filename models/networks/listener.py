"""A small network over half seconds of features: what each weighs, and what it speaks for."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from models.networks.base import AttentionPooling
from models.networks.regressor import Standardised

#: z-scores beyond this are what the training music never did; they are taken for the extreme of what it did.
CLIP = 5.0


class Listener(AttentionPooling, Standardised):
    """Feature sequences -> logits of Q1..Q4, with the attention of the first paper (equations 3 to 5).

    A projection, convolutions of several lengths beside each other with a shortcut, attention pooling. Without a
    recurrent layer: on sequences of learned features a BiLSTM scored no better in cross-validation, and a step of
    this network depends on its neighbours only, so that a recording of any length is one pass.

    Parameters
    ----------
    features : int
        Per step.
    hidden : int
        Channels; a multiple of four.
    attention_size : int
        Length of u_t (equation 3).
    dropout, input_dropout : float
        Of the hidden channels, and of the features.
    """

    def __init__(
        self,
        features: int,
        *,
        hidden: int = 192,
        attention_size: int = 64,
        dropout: float = 0.4,
        input_dropout: float = 0.2,
    ) -> None:
        super().__init__(features)
        self.input_dropout = nn.Dropout(input_dropout)
        self.project = nn.Linear(features, hidden)
        self.scales = nn.ModuleList(nn.Conv1d(hidden, hidden // 4, k, padding=k // 2) for k in (1, 3, 5, 9))
        self.dropout = nn.Dropout(dropout)
        self.add_pooling(hidden, attention_size, score_bias=True)

    def normalise(self, x: torch.Tensor) -> torch.Tensor:
        """z-scores of raw features [shape=(b, t, f)], within five deviations."""
        return super().normalise(x).clamp(-CLIP, CLIP)

    def hidden_states(self, x: torch.Tensor) -> torch.Tensor:
        """States [shape=(b, t, hidden)] of standardised features [shape=(b, t, f)]."""
        h = self.dropout(F.relu(self.project(self.input_dropout(x))))
        scales = torch.cat([scale(h.transpose(1, 2)) for scale in self.scales], dim=1).transpose(1, 2)
        out: torch.Tensor = self.dropout(h + self.dropout(F.relu(scales)))
        return out

    def answer_and_context(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits [shape=(b, 4)] of standardised features, and the context vector [shape=(b, hidden)] (equation 5)."""
        h = self.hidden_states(x)
        context = self.context_of(h, self.judge(h))
        return self.classifier(context), context

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits [shape=(b, 4)] of raw features [shape=(b, t, f)]."""
        return self.answer_and_context(self.normalise(x))[0]
