"""Occlusion: fill patches of time and frequency with the mean, listen again, and see what the answer loses.

A patch at a time would take hours on a song. A patch is heard only in its neighbourhood, so patches of one frequency
range that lie far enough apart are filled together, and what the answer loses is shared out among them: to the
features by integrated gradients between both readings, whose sum is the loss, and from there to the nearest patch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.explain.asked import Asked
from models.explain.explanation import COARSE_RANGES, FINE_RANGES
from models.explain.gradients import between, slope
from models.explain.hearing import Features
from models.explain.sound import N_ROWS, Sound


@dataclass(frozen=True)
class Patches:
    """How finely a recording is occluded: rows and columns of the map per patch, and columns from one to the next."""

    rows: int
    columns: int
    apart: int

    def passes(self, columns: int) -> int:
        """How often a recording is heard of which so many columns are occluded."""
        return N_ROWS // self.rows * -(-min(self.apart, columns) // self.columns)


#: Whole moments of 4 s, for a first answer; then 4 s by eight rows, then 1 s by four. Patches that are filled together
#: leave at least 7 s between them: the tagger hears 3 s at a time, the slowest of the descriptors a little more.
MOMENTS = Patches(N_ROWS, 8, 24)
COARSE, FINE = Patches(N_ROWS // COARSE_RANGES, 8, 24), Patches(N_ROWS // FINE_RANGES, 2, 16)


def occlude(
    asked: Asked,
    sound: Sound,
    features: Features,
    patches: Patches,
    columns: slice,
    here: tuple[float, Features] | None = None,
) -> Iterator[NDArray[np.float64]]:
    """Fill patches, one pass after the other.

    Parameters
    ----------
    asked : Asked
        The model and the number.
    sound : Sound
        The recording.
    features : tuple of torch.Tensor
        What the model reads of it.
    patches : Patches
        How finely.
    columns : slice
        Of the map: the others stay as they are.
    here : tuple, optional
        `models.explain.gradients.slope` at the features, where it is known.

    Yields
    ------
    np.ndarray [shape=(rows, columns)]
        After each pass, what was lost by filling each cell; 0 where no pass has been yet.
    """
    here = here or slope(asked, features)
    everywhere = np.arange(sound.grid.columns)
    inside = np.zeros(sound.grid.columns, np.bool_)
    inside[columns] = True
    out = np.zeros(sound.grid.shape)
    for first in range(columns.start, columns.start + patches.apart, patches.columns):
        filled = inside & ((everywhere - first) % patches.apart < patches.columns)
        if not filled.any():
            continue
        # Each column belongs to the patch whose middle is nearest to it.
        firsts = np.arange(first - patches.apart, columns.stop + patches.apart, patches.apart)
        firsts = firsts[(firsts + patches.columns > columns.start) & (firsts < columns.stop)]
        middles = firsts + (patches.columns - 1) / 2
        owner = np.abs(everywhere[:, None] - middles[None, :]).argmin(axis=1)
        of_filled = owner[filled]
        cells = np.bincount(of_filled, minlength=len(middles)) * patches.rows
        for row in range(0, N_ROWS, patches.rows):
            mask = np.zeros(sound.grid.shape, np.bool_)
            mask[row : row + patches.rows, filled] = True
            without = asked.read_again(sound, mask, columns)
            lost = asked.over_time(
                sound,
                between(asked, features, here, without),
                tuple(a - b for a, b in zip(features, without, strict=True)),
            )
            of_patch = np.bincount(owner, weights=lost, minlength=len(middles))
            out[row : row + patches.rows, filled] = (of_patch / np.maximum(cells, 1))[of_filled]
            yield out
