"""A person's layer over the fused model: a linear correction of its answer, nothing where nothing was learned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import nn

from models.networks.base import N_QUADRANTS
from models.networks.fusion import RATING_COLUMNS, FusedAnswer, FusedNetwork, Fusion
from models.networks.regressor import N_DIMENSIONS, Regressor

#: Columns of the layer's input: a constant, the base's logits, its valence and arousal, then components of the summary.
CONSTANT, LOGITS, VALUES = slice(0, 1), slice(1, 1 + N_QUADRANTS), slice(5, 5 + N_DIMENSIONS)
FIRST_COMPONENT = 7
#: Columns of its output: what is added to the logits, and to valence and arousal.
ADDED_LOGITS, ADDED_VALUES = slice(0, N_QUADRANTS), slice(N_QUADRANTS, N_QUADRANTS + N_DIMENSIONS)
OUTPUTS = N_QUADRANTS + N_DIMENSIONS
#: Movement below this (root mean square over steps and states) is none.
_STILL = 1e-6


class Layer(nn.Module):
    """What a personal model holds of its own; these are the weights in its folder.

    Attributes
    ----------
    components : torch.Tensor [shape=(s, k)]
        From a summary's z-scores (as the base's memory takes them) to principal components of the music it knows.
    scales : torch.Tensor [shape=(7 + k,)]
        How far each row of the weights is expected to go (standard deviation of a Gaussian prior): weights are kept
        in this unit.
    weights : torch.Tensor [shape=(7 + k, 6)]
        From the base's answer and the components to what is added to logits, valence and arousal.
    moving : torch.Tensor [shape=(m, 2)]
        From the regressors' states to what is added to the curves' movement.
    kept_components, kept_logits, kept_values, kept_moving, kept_targets, kept_when : torch.Tensor [shape=(n, ...)]
        Corrections that are rehearsed (see `models.live.rehearsal`).
    kept_keys : torch.Tensor [shape=(n, 2), dtype=int64]
        Which recording each is of.
    running : torch.Tensor [shape=(4,)]
        What `models.live.migration` remembers between corrections.
    """

    def __init__(self, summary_features: int, states: int, components: int, kept: int) -> None:
        super().__init__()
        rows = FIRST_COMPONENT + components
        for name, shape in {
            "components": (summary_features, components),
            "scales": (rows,),
            "weights": (rows, OUTPUTS),
            "moving": (states, N_DIMENSIONS),
            "kept_components": (kept, components),
            "kept_logits": (kept, N_QUADRANTS),
            "kept_values": (kept, N_DIMENSIONS),
            "kept_moving": (kept, states),
            "kept_targets": (kept, 5),
            "kept_when": (kept, 2),
            "running": (4,),
        }.items():
            self.register_buffer(name, torch.zeros(shape))
        self.register_buffer("kept_keys", torch.zeros((kept, 2), dtype=torch.int64))

    @property
    def is_zero(self) -> bool:
        """Whether nothing was learned."""
        return not (bool(self.get_buffer("weights").any()) or bool(self.get_buffer("moving").any()))


def rows_of(logits: torch.Tensor, values: torch.Tensor, components: torch.Tensor) -> torch.Tensor:
    """Inputs of the layer [shape=(n, 7 + k)] from the base's logits, valence and arousal, and components of n clips."""
    return torch.cat((torch.ones(len(logits), 1), logits, values, components), dim=1)


class Personal(FusedNetwork):
    """A fused model with a layer over it.

    With x the base's logits L, valence and arousal w and k components c of the summary:
    ``L' = L + A^T L + b(w, c)`` and ``w' = w + B^T w + d(L, c)``, all linear. A is applied to the evidence of each step
    and everything else to the bias, so contributions over time still sum exactly to the logits. Curves move as the
    base's do, scaled by B, plus a linear map of the regressors' states about their mean over the recording.

    Parameters
    ----------
    base : Fusion
        The model under the layer; it stays as it is.
    components : int
        k.
    kept : int
        Corrections that the layer holds.
    """

    def __init__(self, base: Fusion, *, components: int, kept: int = 0) -> None:
        super().__init__()
        self.base = base
        self.layer = Layer(base.memory.get_buffer("feature_mean").numel(), states_of(base), components, kept)

    def components_of(self, summary: torch.Tensor) -> torch.Tensor:
        """Components [shape=(n, k)] of raw summaries [shape=(n, s)], on the CPU."""
        return self.base.memory.standardise(summary).cpu() @ self.layer.get_buffer("components").cpu()

    def forward(self, steps: torch.Tensor, summary: torch.Tensor) -> FusedAnswer:
        """Judge one recording (see `FusedNetwork`)."""
        answer: FusedAnswer = self.base(steps, summary)
        if self.layer.is_zero:
            return answer
        moves = bool(self.layer.get_buffer("moving").any())
        return self.over(answer, self.components_of(summary[None])[0], self.movement(steps) if moves else None)

    def over(self, answer: FusedAnswer, components: torch.Tensor, movement: torch.Tensor | None) -> FusedAnswer:
        """Put the layer over what the base answered.

        Parameters
        ----------
        answer : FusedAnswer
            The base's.
        components : torch.Tensor [shape=(k,)]
            See `components_of`.
        movement : torch.Tensor or None [shape=(t, m)]
            See `movement`; None where the layer does not look at it.
        """
        if self.layer.is_zero:
            return answer
        added = (rows_of(whole_logits(answer)[None], answer.whole[None], components[None]) @ self.weights())[0]
        of_logits = self.weights()[LOGITS, ADDED_LOGITS]
        of_values = self.weights()[VALUES, ADDED_VALUES]
        # What the evidence now carries of the added logits is taken from the bias' share of them.
        spoken = _spoken(answer) @ of_logits
        moved = (answer.values - answer.whole) @ of_values
        if movement is not None:
            moved = moved + movement @ self.layer.get_buffer("moving").cpu()
        return replace(
            answer,
            evidence=answer.evidence + answer.evidence @ of_logits,
            bias=answer.bias + added[ADDED_LOGITS] - spoken,
            values=(answer.values + added[ADDED_VALUES] + moved).clamp(-1, 1),
            whole=(answer.whole + added[ADDED_VALUES]).clamp(-1, 1),
        )

    def weights(self) -> torch.Tensor:
        """Weights of the layer [shape=(7 + k, 6)] in plain units, on the CPU."""
        return (self.layer.get_buffer("weights") * self.layer.get_buffer("scales")[:, None]).cpu()

    def movement(self, steps: torch.Tensor) -> torch.Tensor:
        """The regressors' states about their mean over the recording, with a mean square of 1 [shape=(t, m)]."""
        states = self.base.moving_states(steps)
        about = states - states.mean(dim=0)
        size = about.square().sum(dim=1).mean().sqrt()
        return about / size if float(size) > _STILL else torch.zeros_like(about)


def whole_logits(answer: FusedAnswer) -> torch.Tensor:
    """Logits [shape=(4,)] of the whole: attention times evidence, summed, and the bias."""
    return _spoken(answer) + answer.bias


def _spoken(answer: FusedAnswer) -> torch.Tensor:
    out: torch.Tensor = (torch.softmax(answer.scores, dim=1)[..., None] * answer.evidence).sum(dim=(0, 1))
    return out


def states_of(base: Fusion) -> int:
    """How many states of regressors `Personal.movement` has."""
    return sum(regressor.head.in_features for regressor in base.regressors if isinstance(regressor, Regressor))


def known_music(base: Fusion) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What the base's memory holds: z-scores [shape=(n, s)], and logits and ratings that it remembers of them.

    The listeners' part of the logits cannot be had without the half seconds, which are not kept: the memory's part,
    doubled, stands for both.
    """
    memory = base.memory
    known = memory.get_buffer("known").cpu().float()
    likeness = torch.exp(-memory.width * torch.cdist(known, known).square() / known.shape[1])
    said = memory.get_buffer("mean").cpu() + likeness @ memory.get_buffer("weights").cpu()
    return known, 2 * base.get_buffer("memory_weight").cpu() * said[:, :N_QUADRANTS], said[:, RATING_COLUMNS]


def described(components: int, kept: int) -> dict[str, Any]:
    """Arguments in a card that build the network again, beside its base."""
    return {"components": components, "kept": kept}
