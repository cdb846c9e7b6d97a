"""Saliency and integrated gradients (captum), from a model's number back to the sound."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from models.explain.asked import Asked
from models.explain.hearing import Features
from models.explain.sound import Sound

#: Points on the way from the mean to the recording. More changed no map by a rank correlation of more than 0.01.
IG_POINTS = 12


def saliency(
    asked: Asked, sound: Sound, features: Features, columns: slice, tick: Callable[[], None]
) -> NDArray[np.float64]:
    """Absolute gradient of the number, times how far the sound is from its mean, per cell [shape=(rows, columns)].

    Simonyan, Vedaldi, Zisserman 2014, in captum's words `Saliency`. A gradient alone is large where a band is nearly
    silent too, so it is weighed by the distance that a filling with the mean would go.

    Parameters
    ----------
    asked : Asked
        The model and the number.
    sound : Sound
        The recording.
    features : tuple of torch.Tensor
        What the model reads of it.
    columns : slice
        Of the map: the others stay as they are, and are 0.
    tick : callable
        Called at each pass.
    """
    from captum.attr import Saliency

    front = asked.front(sound)
    mask = sound.grid.filled(columns)
    forward = _forward(asked, features, mask[0], tick)
    given = Saliency(forward).attribute(front[None].clone().requires_grad_(), abs=True)[0]
    return asked.on_grid(sound, (given * (front - asked.front(sound.without(mask))).abs()).detach().numpy())


def integrated_gradients(
    asked: Asked, sound: Sound, features: Features, columns: slice, tick: Callable[[], None]
) -> NDArray[np.float64]:
    """Sundararajan, Taly, Yan 2017: gradients along the way from the mean of each band, per cell; see `saliency`.

    What is attributed [shape=(rows, columns)] sums to what the recording's number has over that of its mean.
    """
    from captum.attr import IntegratedGradients

    front = asked.front(sound)
    mask = sound.grid.filled(columns)
    given = IntegratedGradients(_forward(asked, features, mask[0], tick)).attribute(
        front[None], baselines=asked.front(sound.without(mask))[None].expand_as(front[None]).clone(),
        n_steps=IG_POINTS, internal_batch_size=1,
    )[0]  # fmt: skip
    return asked.on_grid(sound, given.detach().numpy())


def slope(asked: Asked, features: Features) -> tuple[float, Features]:
    """Return the number, and its gradient by each feature."""
    given = tuple(x.detach().clone().requires_grad_() for x in features)
    with torch.enable_grad():
        number = asked.number(given)
        gradients = torch.autograd.grad(number, given, allow_unused=True)
    # A number may not read all that there is.
    slopes = (torch.zeros_like(x) if g is None else g.detach() for x, g in zip(given, gradients, strict=True))
    return float(number.detach()), tuple(slopes)


def between(asked: Asked, features: Features, here: tuple[float, Features], without: Features) -> Features:
    """Attribute the difference of the number between two readings to their features.

    Integrated gradients by the trapezium of both ends, which lie near to each other; what that leaves of the difference
    is shared out in proportion, so that the sum is the difference.

    Parameters
    ----------
    asked : Asked
        The model and the number.
    features, without : tuple of torch.Tensor
        Both readings.
    here : tuple
        `slope` at `features`.
    """
    there = slope(asked, without)
    given = [
        (x - y).double() * 0.5 * (g.double() + h.double())
        for x, y, g, h in zip(features, without, here[1], there[1], strict=True)
    ]
    rest = here[0] - there[0] - float(sum(x.sum() for x in given))
    size = float(sum(x.abs().sum() for x in given))
    return tuple(x + (rest / size if size > 0 else 0.0) * x.abs() for x in given)


def _forward(
    asked: Asked, features: Features, columns: NDArray[np.bool_], tick: Callable[[], None]
) -> Callable[[torch.Tensor], torch.Tensor]:
    def forward(fronts: torch.Tensor) -> torch.Tensor:
        tick()
        return torch.stack([asked.number(asked.through(front, features, columns)) for front in fronts])

    return forward
