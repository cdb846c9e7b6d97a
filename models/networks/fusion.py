"""The fused model: listeners, what is remembered of like music, and the second paper's regressor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from models.audio.tagger import STEP_S
from models.networks.listener import Listener
from models.networks.memory import Memory
from models.networks.regressor import N_DIMENSIONS, Regressor

#: Columns of the memory: quadrants, valence and arousal, GEMS profile.
QUADRANT_COLUMNS, RATING_COLUMNS, GEMS_COLUMNS = slice(0, 4), slice(4, 6), slice(6, 15)
MEMORY_COLUMNS = 15
#: Ratings move slowly and our estimate of them is noisy: curves are smoothed by a Gaussian of this deviation (s).
SMOOTHING_S = 3.0
#: The regressor hears so many steps at once (two minutes, what it was trained on), half-overlapping.
REGRESSOR_STEPS = 240


@dataclass(frozen=True)
class FusedAnswer:
    """What the fused model says of one recording of t steps.

    Attributes
    ----------
    scores : torch.Tensor [shape=(listeners, t)]
        How much each step weighs for each listener, before the softmax over time.
    evidence : torch.Tensor [shape=(listeners, t, 4)]
        What each step speaks for. Attention times evidence, summed over steps and listeners, plus `bias`, are the
        logits of the whole.
    bias : torch.Tensor [shape=(4,)]
        What does not depend on a moment: the listeners' biases, and what is remembered of like music.
    values : torch.Tensor [shape=(t, 2)]
        Valence and arousal over time, [-1, 1].
    deviations : torch.Tensor [shape=(t, 2)]
        Half width of the band around them.
    whole : torch.Tensor [shape=(2,)]
        Valence and arousal of the whole, [-1, 1].
    whole_deviations : torch.Tensor [shape=(2,)]
        Half width of the band around them.
    gems : torch.Tensor [shape=(9,)]
        Shares of raters, [0, 1].
    novelty : float
        See `models.networks.memory.Memory.novelty`.
    """

    scores: torch.Tensor
    evidence: torch.Tensor
    bias: torch.Tensor
    values: torch.Tensor
    deviations: torch.Tensor
    whole: torch.Tensor
    whole_deviations: torch.Tensor
    gems: torch.Tensor
    novelty: float


class FusedNetwork(nn.Module, ABC):
    """What answers like the fused model: a recording's features in, a `FusedAnswer` out."""

    @abstractmethod
    def forward(self, steps: torch.Tensor, summary: torch.Tensor) -> FusedAnswer:
        """Judge one recording.

        Parameters
        ----------
        steps : torch.Tensor [shape=(t, step_features)]
            Raw features of each half second.
        summary : torch.Tensor [shape=(summary_features,)]
            Raw features of the whole.
        """


class Fusion(FusedNetwork):
    """Listeners, a memory and regressors that read the same features (see `models.audio.heard`).

    Quadrants: ``logits = (u * mean_m listener_m + v * memory) / T``, with u, v and T fitted on held-out answers and
    folded into u and v. Each listener's logits are a sum over steps (equation 5 of the first paper), so the whole
    still splits exactly over time.

    Valence and arousal: the regressors (second paper) say how they move, and the mean of what they say is drawn
    halfway to what the memory says of the whole.

    Parameters
    ----------
    step_features, summary_features : int
        Columns of the features.
    listeners, regressors : int
        How many, each trained from other random weights.
    known : int
        Recordings that the memory holds.
    width : float
        See `Memory`.
    listener, regressor : mapping, optional
        Further arguments of these networks.
    """

    def __init__(
        self,
        *,
        step_features: int,
        summary_features: int,
        listeners: int,
        regressors: int,
        known: int,
        width: float = 1.0,
        listener: Mapping[str, Any] | None = None,
        regressor: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.listeners = nn.ModuleList(Listener(step_features, **(listener or {})) for _ in range(listeners))
        self.memory = Memory(summary_features, MEMORY_COLUMNS, known, width=width)
        self.regressors = nn.ModuleList(
            Regressor(step_features, uncertainty=True, **(regressor or {})) for _ in range(regressors)
        )
        self.register_buffer("listener_weight", torch.ones(()))
        self.register_buffer("memory_weight", torch.ones(()))
        #: The band's half width in deviations that the regressors expect of themselves, and that of the whole.
        self.register_buffer("band_factor", torch.ones(N_DIMENSIONS))
        self.register_buffer("whole_band", torch.ones(N_DIMENSIONS))

    def quadrant_parts(
        self, steps: torch.Tensor, remembered: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Scores, evidence and bias (see `FusedAnswer`) from features [shape=(t, f)] and the memory's [shape=(4,)]."""
        scores, evidence = [], []
        share = self.get_buffer("listener_weight") / len(self.listeners)
        bias = self.get_buffer("memory_weight") * remembered
        for module in self.listeners:
            assert isinstance(module, Listener)
            said = module.judge(module.hidden_states(module.normalise(steps[None])))
            scores.append(said.scores[0])
            evidence.append(share * said.evidence[0])
            bias = bias + share * module.classifier.bias
        return torch.stack(scores), torch.stack(evidence), bias

    def in_windows(
        self, module: Regressor, steps: torch.Tensor, ask: Callable[[torch.Tensor], torch.Tensor]
    ) -> torch.Tensor:
        """What one regressor is asked of each window of its standardised features, faded into one [shape=(t, n)]."""
        n, window = len(steps), REGRESSOR_STEPS
        starts = [0] if n <= window else [*range(0, n - window, window // 2), n - window]
        # Squared sine, never zero: where windows overlap they fade into each other.
        fade = torch.sin(torch.pi * (torch.arange(min(n, window)) + 0.5) / min(n, window)).square() + 1e-3
        normal = module.normalise(steps[None])
        pieces = [ask(normal[:, start : start + window])[0].cpu() for start in starts]
        total, weight = torch.zeros(n, pieces[0].shape[1]), torch.zeros(n, 1)
        for start, said in zip(starts, pieces, strict=True):
            total[start : start + window] += fade[:, None] * said
            weight[start : start + window] += fade[:, None]
        return total / weight

    def moving(self, steps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Valence and arousal over time, and the deviation the regressors expect of themselves, each [shape=(t, 2)]."""
        said = []
        for module in self.regressors:
            assert isinstance(module, Regressor)
            said.append(self.in_windows(module, steps, partial(_values_and_deviations, module)))
        mean = smoothed(torch.stack(said).mean(dim=0))
        return mean[:, :N_DIMENSIONS], mean[:, N_DIMENSIONS:]

    def moving_states(self, steps: torch.Tensor) -> torch.Tensor:
        """States of the regressors that the curves are read from [shape=(t, regressors * hidden)], smoothed as they."""
        states = []
        for module in self.regressors:
            assert isinstance(module, Regressor)
            states.append(self.in_windows(module, steps, module.hidden_states))
        return smoothed(torch.cat(states, dim=1))

    def trajectory(
        self, steps: torch.Tensor, remembered: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Curves and deviations [shape=(t, 2)] and the whole [shape=(2,)], given what the memory says [shape=(2,)]."""
        values, deviations = self.moving(steps)
        level = values.mean(dim=0)
        whole = (0.5 * (level + remembered.cpu())).clamp(-1, 1)
        return (values + whole - level).clamp(-1, 1), deviations, whole

    def forward(self, steps: torch.Tensor, summary: torch.Tensor) -> FusedAnswer:
        """Judge one recording (see `FusedNetwork`)."""
        remembered = self.memory(summary[None])[0]
        scores, evidence, bias = self.quadrant_parts(steps, remembered[QUADRANT_COLUMNS])
        values, deviations, whole = self.trajectory(steps, remembered[RATING_COLUMNS])
        return FusedAnswer(
            scores.cpu(),
            evidence.cpu(),
            bias.cpu(),
            values,
            deviations * self.get_buffer("band_factor").cpu(),
            whole,
            self.get_buffer("whole_band").cpu(),
            remembered[GEMS_COLUMNS].clamp(0, 1).cpu(),
            float(self.memory.novelty(summary[None])[0]),
        )


def _values_and_deviations(module: Regressor, x: torch.Tensor) -> torch.Tensor:
    """Valence, arousal and the deviation of each [shape=(1, t, 4)] of standardised features [shape=(1, t, f)]."""
    said = module.estimate(x)
    assert said.log_variance is not None
    return torch.cat((said.values, (0.5 * said.log_variance).exp()), dim=2)


def smoothed(curves: torch.Tensor) -> torch.Tensor:
    """Curves [shape=(t, n)] smoothed by `SMOOTHING_S`, as `models.numerics.smooth` does it, but differentiable."""
    sigma_steps = SMOOTHING_S / STEP_S
    reach = round(3 * sigma_steps)
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1).double() / sigma_steps).square())[None, None]
    columns = curves.double().T[:, None]
    sums = nn.functional.conv1d(columns, kernel, padding=reach)
    weights = nn.functional.conv1d(torch.ones_like(columns[:1]), kernel, padding=reach)
    return (sums / weights)[:, 0].T.float()
