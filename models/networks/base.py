"""What the rooms around them ask of networks on log-mel: to be trained, and to say when in the music they heard it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import nn

from models.audio.log_mel import FLOOR, N_BANDS

N_QUADRANTS = 4


class LogMelNetwork(nn.Module, ABC):
    """A network that the training loop can train: raw log-mel in, logits of Q1..Q4 out.

    A subclass defines `answer` and `classifier`, the linear layer that its logits come from: calibration divides its
    weights, and fine-tuning on few clips trains little else.
    """

    classifier: nn.Linear

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("band_mean", torch.full((N_BANDS,), FLOOR / 2))
        self.register_buffer("band_std", torch.full((N_BANDS,), -FLOOR / 4))

    def set_normalisation(self, mean: torch.Tensor, std: torch.Tensor) -> None:
        """Set mean and standard deviation of each band [shape=(128,)] over the training data."""
        self.get_buffer("band_mean").copy_(mean)
        self.get_buffer("band_std").copy_(std)

    def normalise(self, log_mel: torch.Tensor) -> torch.Tensor:
        """Standardise each band; the fills of masks are 0 afterwards, the mean."""
        mean, std = self.get_buffer("band_mean"), self.get_buffer("band_std")
        return (log_mel - mean[:, None]) / std[:, None]

    def forward(self, log_mel: torch.Tensor) -> torch.Tensor:
        """Logits [shape=(b, 4)] of raw log-mel [shape=(b, 128, frames)]."""
        return self.answer(self.normalise(log_mel))

    @abstractmethod
    def answer(self, x: torch.Tensor) -> torch.Tensor:
        """Logits [shape=(b, 4)] of standardised log-mel [shape=(b, 128, frames)], whatever their length."""

    def early_layers(self) -> list[nn.Module]:
        """Parts that hear sound rather than decide: fine-tuning on few clips leaves them as they are."""
        return []


class ContextNetwork(LogMelNetwork):
    """A network whose `classifier` reads one vector per clip, which other heads may read too while training."""

    @abstractmethod
    def answer_and_context(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits [shape=(b, 4)] and the vector that the classifier reads [shape=(b, classifier.in_features)]."""

    def answer(self, x: torch.Tensor) -> torch.Tensor:
        """Logits [shape=(b, 4)] of standardised log-mel [shape=(b, 128, frames)]."""
        return self.answer_and_context(x)[0]


@dataclass(frozen=True)
class Steps:
    """What a network says at each step, before pooling over time.

    Attributes
    ----------
    scores : torch.Tensor [shape=(b, t)]
        How much each step weighs: attention is their softmax over time (u_t . u_w of the first paper's equation 4).
        All zero when attention is off.
    evidence : torch.Tensor [shape=(b, t, 4)]
        What each step would say on its own, as logits without bias (W h_t).
    """

    scores: torch.Tensor
    evidence: torch.Tensor


class SteppedNetwork(LogMelNetwork):
    """A network that says at each step of 16 frames what it hears: what an analysis over time needs.

    Its logits are the sum over steps of attention times evidence, plus the classifier's bias.
    """

    @abstractmethod
    def steps(self, x: torch.Tensor) -> Steps:
        """Say at each step what it weighs and what it speaks for.

        Parameters
        ----------
        x : torch.Tensor [shape=(b, 128, frames)]
            Standardised log-mel (see `normalise`); frames >= 16.
        """

    def pool(self, steps: Steps) -> torch.Tensor:
        """Sum the evidence weighted by attention over time (equation 5) and add the bias."""
        weights = torch.softmax(steps.scores, dim=1)
        return (weights[..., None] * steps.evidence).sum(dim=1) + self.classifier.bias


class AttentionPooling(nn.Module):
    """Pools hidden states over time by the attention of the first paper (equations 3 to 5); a part of a network.

    Because the last layer is linear in the context vector (equation 5), the logits split exactly over time:
    ``logit_c = sum_t alpha_t (W h_t)_c + b_c``.
    """

    attention = True
    classifier: nn.Linear

    def add_pooling(self, width: int, attention_size: int, *, attention: bool = True, score_bias: bool = False) -> None:
        """Add what pools states of a width: called once, after the layers that make them.

        Parameters
        ----------
        width : int
            Of h_t.
        attention_size : int
            Length of u_t (equation 3); the paper does not give it.
        attention : bool
            False averages all steps alike.
        score_bias : bool
            Whether scores have a bias, which changes no weight.
        """
        self.attention = attention
        if attention:
            self.attention_projection = nn.Linear(width, attention_size)  # W_w, b_w of equation 3
            self.attention_context = nn.Linear(attention_size, 1, bias=score_bias)  # u_w of equation 4
        self.classifier = nn.Linear(width, N_QUADRANTS)

    def judge(self, h: torch.Tensor) -> Steps:
        """Scores and evidence of hidden states [shape=(b, t, width)]."""
        evidence = h @ self.classifier.weight.T
        if self.attention:
            scores = self.attention_context(torch.tanh(self.attention_projection(h)))[..., 0]
        else:
            scores = torch.zeros_like(evidence[..., 0])
        return Steps(scores.float(), evidence.float())

    def context_of(self, h: torch.Tensor, steps: Steps) -> torch.Tensor:
        """Return the context vector of equation 5 [shape=(b, width)] of hidden states and what was judged of them."""
        return (torch.softmax(steps.scores, dim=1)[..., None] * h.float()).sum(dim=1)


class AttendingNetwork(AttentionPooling, ContextNetwork, SteppedNetwork):
    """A network on log-mel that pools by attention: `steps` gives the parts of its logits, `forward` their sum."""

    @abstractmethod
    def hidden_states(self, x: torch.Tensor) -> torch.Tensor:
        """h_t [shape=(b, t, width)] from standardised log-mel [shape=(b, 128, frames)]."""

    def steps(self, x: torch.Tensor) -> Steps:
        """Say at each step what it weighs and what it speaks for (standardised log-mel; frames >= 16)."""
        return self.judge(self.hidden_states(x))

    def answer(self, x: torch.Tensor) -> torch.Tensor:
        """Logits [shape=(b, 4)] of standardised log-mel [shape=(b, 128, frames)] (equations 3 to 5)."""
        return self.pool(self.steps(x))

    def answer_and_context(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits [shape=(b, 4)], and the context vector of equation 5 [shape=(b, width)] that they come from."""
        h = self.hidden_states(x)
        steps = self.judge(h)
        return self.pool(steps), self.context_of(h, steps)
