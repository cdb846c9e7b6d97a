"""How faithful an explanation is: what becomes of the answer when what it names is taken away, or is all there is.

Deletion and insertion (Petsiuk, Das, Saenko 2018) on the map's cells, filled with the mean of each band; and a check by
weights drawn at random (Adebayo and others 2018): an explanation that stays the same does not look at the model.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.explain.asked import Asked
from models.explain.sound import Sound
from models.hub import LoadedModel

#: Shares of the cells that are taken away, or are all there is; the same from either end, so that a random order and
#: its reverse gain what the other loses.
SHARES = (0.0, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 1.0)


@dataclass(frozen=True)
class Faithfulness:
    """Areas under the curves of the number against the share of cells, in units of what the whole recording adds.

    Attributes
    ----------
    deletion : float
        The cells that speak most for the target go first: lower is more faithful.
    insertion : float
        They come first: higher is more faithful.
    """

    deletion: float
    insertion: float

    @property
    def gain(self) -> float:
        """Insertion less deletion: 0 is what random order reaches on average."""
        return self.insertion - self.deletion


def order_of(map_: NDArray[np.floating], over_time: NDArray[np.floating], rows: int) -> NDArray[np.int64]:
    """Cells, the one that speaks most for the target first; a map without rows names whole moments.

    Returns
    -------
    np.ndarray [shape=(rows * columns,)]
        Indices into the map laid out row by row.
    """
    if map_.size:
        return _descending(map_.reshape(-1), seed=0)
    columns = _descending(over_time, seed=1)
    out: NDArray[np.int64] = (columns[:, None] + over_time.size * np.arange(rows)[None, :]).reshape(-1)
    return out


def _descending(values: NDArray[np.floating], seed: int) -> NDArray[np.int64]:
    """Indices, the largest first; among equals at random: neither low frequencies nor the beginning are favoured."""
    shuffled = np.random.default_rng(seed).permutation(values.size)
    out: NDArray[np.int64] = shuffled[np.argsort(-values[shuffled], kind="stable")]
    return out


def ends_of(asked: Asked, sound: Sound) -> tuple[float, float]:
    """Return the number of the whole recording, and of one with everything filled."""
    return asked.answer(sound), asked.answer(sound.without(sound.grid.filled(slice(None))))


def measure(
    asked: Asked, sound: Sound, order: NDArray[np.int64], ends: tuple[float, float] | None = None
) -> Faithfulness:
    """Delete and insert cells in an order; `ends` are those of `ends_of`, where they are known.

    The number is rescaled so that the recording with everything filled is 0 and the whole recording 1; where the two
    are nearer than 0.05 the unit is 0.05, so that noise is not blown up.
    """
    shape = sound.grid.shape
    whole, nothing = ends or ends_of(asked, sound)
    numbers = np.array([[whole, *[0.0] * (len(SHARES) - 2), nothing], [nothing, *[0.0] * (len(SHARES) - 2), whole]])
    for i, share in list(enumerate(SHARES))[1:-1]:
        chosen = np.zeros(order.size, np.bool_)
        chosen[order[: round(share * order.size)]] = True
        for j, mask in enumerate((chosen, ~chosen)):
            numbers[j, i] = asked.answer(sound.without(mask.reshape(shape)))
    unit = np.sign(whole - nothing or 1.0) * max(abs(whole - nothing), 0.05)
    curves = (numbers - nothing) / unit
    # Cells are ordered by how much they speak for the target: where the whole speaks against it, the curve is mirrored.
    areas = np.trapezoid(curves, SHARES, axis=1) * np.sign(unit)
    return Faithfulness(float(areas[0]), float(areas[1]))


def with_random_weights(model: LoadedModel, seed: int) -> LoadedModel:
    """Copy a model and shuffle the numbers of each of its weights among themselves; what standardises stays."""
    generator = torch.Generator().manual_seed(seed)
    network = copy.deepcopy(model.network).cpu()
    with torch.no_grad():
        tensors = [*network.parameters(), *(b for name, b in network.named_buffers() if name.endswith(".weights"))]
        for tensor in tensors:
            shuffled = tensor.reshape(-1)[torch.randperm(tensor.numel(), generator=generator)]
            tensor.copy_(shuffled.reshape(tensor.shape))
    return LoadedModel(model.card, network, "cpu")


def rank_correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Spearman's correlation of two maps, cell by cell, [-1, 1]."""
    ranks = np.stack([np.argsort(np.argsort(one.reshape(-1))) for one in (first, second)])
    return float(np.asarray(np.corrcoef(ranks))[0, 1])
