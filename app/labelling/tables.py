"""What raters said of whole recordings, as tables of raters by recordings: what agreement is counted from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.document import Document
from app.library.rows import Label, Rater
from models.analysis import QUADRANTS
from models.data.labelled import quadrant_of

#: Labels that were given to hear what a model makes of it are no rater's free judgement.
_COUNTING = ("label", "import")


@dataclass(frozen=True, eq=False)
class LabelTable:
    """One row per rater, one column per recording that anyone labelled.

    Attributes
    ----------
    raters : tuple of Rater
        Those who labelled a recording as a whole.
    track_ids : tuple of int
        In the order of the list.
    quadrants : np.ndarray [shape=(raters, items)]
        0..3; a point stands in the quadrant that it lies in; NaN where nothing was said.
    valence, arousal : np.ndarray [shape=(raters, items)]
        [-1, 1]; NaN where no point was given.
    unsure : np.ndarray [shape=(raters, items), dtype=bool]
        Who could not say.
    """

    raters: tuple[Rater, ...]
    track_ids: tuple[int, ...]
    quadrants: NDArray[np.float64]
    valence: NDArray[np.float64]
    arousal: NDArray[np.float64]
    unsure: NDArray[np.bool_]


def label_table(document: Document) -> LabelTable:
    """Gather the labels of whole recordings; warm-ups and corrections are left out."""
    counting = [label for label in _whole(document.all_labels()) if label.track_id in document]
    raters = tuple(rater for rater in document.raters if any(label.rater_id == rater.id for label in counting))
    of_anyone = {label.track_id for label in counting}
    track_ids = tuple(track_id for track_id in document.order if track_id in of_anyone)
    row = {rater.id: index for index, rater in enumerate(raters)}
    column = {track_id: index for index, track_id in enumerate(track_ids)}
    shape = (len(raters), len(track_ids))
    quadrants, valence, arousal = (np.full(shape, np.nan) for _ in range(3))
    unsure = np.zeros(shape, np.bool_)
    for label in counting:
        if label.rater_id not in row:
            continue
        at = row[label.rater_id], column[label.track_id]
        unsure[at] = label.cant_say
        if label.quadrant is not None:
            quadrants[at] = QUADRANTS.index(label.quadrant)
        elif label.valence is not None and label.arousal is not None:
            valence[at], arousal[at] = label.valence, label.arousal
            quadrants[at] = quadrant_of(label.valence, label.arousal)
    return LabelTable(raters, track_ids, quadrants, valence, arousal, unsure)


def _whole(labels: Iterable[Label]) -> list[Label]:
    return [label for label in labels if label.is_whole and not label.warm_up and label.origin in _COUNTING]
