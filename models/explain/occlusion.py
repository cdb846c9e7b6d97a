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

from models.explain.asked import Asked, Features
from models.explain.gradients import between
from models.explain.sound import N_ROWS, Sound


@dataclass(frozen=True)
class Patches:
    """How finely a recording is occluded: rows and columns of the map per patch, and columns from one to the next."""

    rows: int
    columns: int
    apart: int

    @property
    def passes(self) -> int:
        """How often the recording is heard."""
        return N_ROWS // self.rows * (self.apart // self.columns)


#: 4 s by eight rows, then 1 s by four. Patches that are filled together leave at least 7 s between them: the tagger
#: hears 3 s at a time, the slowest of the descriptors a little more.
COARSE, FINE = Patches(8, 8, 24), Patches(4, 2, 16)


def occlude(asked: Asked, sound: Sound, features: Features, patches: Patches) -> Iterator[NDArray[np.float64]]:
    """Fill patches, one pass after the other; `features` are what the model reads of the recording.

    Yields
    ------
    np.ndarray [shape=(rows, columns)]
        After each pass, what was lost by filling each cell; 0 where no pass has been yet.
    """
    columns = np.arange(sound.grid.columns)
    out = np.zeros(sound.grid.shape)
    for first in range(0, patches.apart, patches.columns):
        filled = (columns - first) % patches.apart < patches.columns
        if not filled.any():
            continue
        # Each column belongs to the patch whose middle is nearest to it.
        firsts = np.arange(first - patches.apart, sound.grid.columns + patches.apart, patches.apart)
        middles = firsts + (patches.columns - 1) / 2
        owner = np.abs(columns[:, None] - middles[None, :]).argmin(axis=1)
        of_filled = owner[filled]
        for row in range(0, N_ROWS, patches.rows):
            mask = np.zeros(sound.grid.shape, np.bool_)
            mask[row : row + patches.rows, filled] = True
            without = asked.read(sound.without(mask))
            lost = asked.over_time(
                sound,
                between(asked, features, without),
                tuple(a - b for a, b in zip(features, without, strict=True)),
            )
            of_patch = np.bincount(owner, weights=lost, minlength=len(middles))
            cells = np.bincount(of_filled, minlength=len(middles)) * patches.rows
            out[row : row + patches.rows, filled] = (of_patch / np.maximum(cells, 1))[of_filled]
            yield out
