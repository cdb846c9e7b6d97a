"""Saliency and integrated gradients (captum), from a model's number back to the sound."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from models.explain.asked import Asked, Features
from models.explain.sound import Sound

#: Points on the way from the mean to the recording. More changed no map by a rank correlation of more than 0.01.
IG_POINTS = 12
#: Points between a recording and one with a few cells filled, which are near to each other.
_NEAR_POINTS = 3


def saliency(asked: Asked, sound: Sound, features: Features, tick: Callable[[], None]) -> NDArray[np.float64]:
    """Absolute gradient of the number, times how far the sound is from its mean, per cell [shape=(rows, columns)].

    Simonyan, Vedaldi, Zisserman 2014, in captum's words `Saliency`. A gradient alone is large where a band is nearly
    silent too, so it is weighed by the distance that a filling with the mean would go.
    """
    from captum.attr import Saliency

    front = asked.front(sound)
    given = Saliency(_forward(asked, features, tick)).attribute(front[None].clone().requires_grad_(), abs=True)[0]
    return asked.on_grid(sound, (given * (front - _mean_of(asked, sound)).abs()).detach().numpy())


def integrated_gradients(
    asked: Asked, sound: Sound, features: Features, tick: Callable[[], None]
) -> NDArray[np.float64]:
    """Sundararajan, Taly, Yan 2017: gradients along the way from the mean of each band, per cell.

    What is attributed [shape=(rows, columns)] sums to what the recording's number has over that of its mean.
    """
    from captum.attr import IntegratedGradients

    front = asked.front(sound)
    given = IntegratedGradients(_forward(asked, features, tick)).attribute(
        front[None], baselines=_mean_of(asked, sound)[None].expand_as(front[None]).clone(), n_steps=IG_POINTS,
        internal_batch_size=1,
    )[0]  # fmt: skip
    return asked.on_grid(sound, given.detach().numpy())


def between(asked: Asked, features: Features, without: Features) -> Features:
    """Attribute the difference of the number between two readings to their features (integrated gradients)."""
    from captum.attr import IntegratedGradients

    def forward(*inputs: torch.Tensor) -> torch.Tensor:
        return torch.stack([asked.number(one) for one in zip(*inputs, strict=True)])

    given = IntegratedGradients(forward).attribute(
        tuple(x[None] for x in features),
        baselines=tuple(x[None] for x in without),
        n_steps=_NEAR_POINTS,
        internal_batch_size=1,
    )
    return tuple(x[0].detach() for x in given)


def _forward(asked: Asked, features: Features, tick: Callable[[], None]) -> Callable[[torch.Tensor], torch.Tensor]:
    def forward(fronts: torch.Tensor) -> torch.Tensor:
        tick()
        return torch.stack([asked.number(asked.through(front, features)) for front in fronts])

    return forward


def _mean_of(asked: Asked, sound: Sound) -> torch.Tensor:
    """Return the front end of the recording with everything filled."""
    return asked.front(sound.without(np.ones(sound.grid.shape, np.bool_)))
