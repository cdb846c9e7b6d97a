"""What stronger listeners hear in a clip, as targets for a network that hears less: distillation without labels.

The listeners are those of `models.audio.heard`: a tagger that was trained by others on much more music, and the musical
descriptors (mode, key, tempo, ...), which read pitch more finely than log-mel. A small network that is asked for what
they hear learns to listen for it; the question is dropped after training. Compare "hints" in Romero et al., "FitNets"
(2015): features of a teacher as regression targets of a student.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from models.errors import JobError
from models.networks.base import ContextNetwork
from models.training.recipes import Recipe

#: z-scores beyond this are outliers of a descriptor that would pull at the network.
_FARTHEST = 3.0


def hints_for(recipe: Recipe, hints: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
    """Return the hints that a recipe learns from: those given, or None where it has no use for any.

    Raises
    ------
    JobError
        "bad_data" when it has, and there are none.
    """
    if not recipe.hint_weight:
        return None
    if hints is None:
        raise JobError("bad_data", f"The recipe {recipe.name} learns from hints too, and there are none.")
    return hints


def standardised_hints(hints: NDArray[np.float32]) -> NDArray[np.float32]:
    """z-scores over the clips [shape=(n, m)], within three deviations; what is alike in all clips becomes 0."""
    mean, std = hints.mean(axis=0, dtype=np.float64), hints.std(axis=0, dtype=np.float64)
    z = np.nan_to_num((hints - mean) / np.where(std < 1e-6, 1.0, std))
    out: NDArray[np.float32] = np.clip(z, -_FARTHEST, _FARTHEST).astype(np.float32)
    return out


class HintHead(nn.Module):
    """Asks the context vector for the hints, while training only."""

    def __init__(self, network: ContextNetwork, hints: int) -> None:
        super().__init__()
        self.linear = nn.Linear(network.classifier.in_features, hints, device=network.classifier.weight.device)

    def forward(self, context: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Mean squared error of z-scores [shape=(b, m)]: 1 for a head that knows nothing but their mean."""
        return F.mse_loss(self.linear(context), targets)
