"""Clips with all that training needs of them, and the parts that a run trains and judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data.labelled import LabelledClip, quadrants_of
from models.errors import JobError
from models.training.features import Features
from models.training.splits import VALIDATION_FOLDS, group_names, grouped_folds

#: A tag that fewer clips carry is no target: a held-out fold would hardly hold one.
_RAREST_TAG = 10

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Material:
    """Every field has one entry per clip; `hints` [shape=(n, m)] may be missing (see `models.training.hints`)."""

    features: Features
    labels: NDArray[np.int64]
    groups: NDArray[np.str_]
    tags: NDArray[np.object_]
    shares: NDArray[np.float64]
    hints: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, chosen: Mask) -> Material:
        """Those of the clips."""
        where = np.flatnonzero(chosen)
        hints = self.hints[where] if self.hints is not None else None
        return Material(
            self.features[where], self.labels[where], self.groups[where], self.tags[where], self.shares[where], hints
        )


def gather(
    clips: Sequence[LabelledClip],
    features: Features,
    shares: Mapping[str, float],
    hints: NDArray[np.float32] | None = None,
) -> Material:
    """Put clips, their log-mel and hints together; `shares` is by source, 1 for those not named.

    Raises
    ------
    JobError
        "bad_data" when a clip has no quadrant.
    """
    tags = np.empty(len(clips), object)
    tags[:] = [clip.tags for clip in clips]
    return Material(
        features,
        np.array(quadrants_of(clips), np.int64),
        np.array(group_names(clips)),
        tags,
        np.array([shares.get(clip.source, 1.0) for clip in clips]),
        hints,
    )


def tag_table(tags: Sequence[frozenset[str]]) -> NDArray[np.bool_]:
    """Which clip carries which tag [shape=(n, k)], for the tags that ten clips or more carry."""
    counts = Counter(tag for carried in tags for tag in carried)
    names = sorted(tag for tag, count in counts.items() if count >= _RAREST_TAG)
    return np.array([[name in carried for name in names] for carried in tags], bool).reshape(len(tags), len(names))


def hold_out(material: Material, seed: int) -> tuple[Material, Material]:
    """Divide into what is trained on and what early stopping watches, by group.

    Raises
    ------
    JobError
        "bad_data" when there is but one group.
    """
    groups = list(material.groups)
    try:
        inner = grouped_folds(list(material.labels), groups, min(VALIDATION_FOLDS, len(set(groups))), seed)
    except ValueError as error:
        raise JobError("bad_data", f"There is too little music to stop early by: {error}.") from None
    return material.part(inner != 0), material.part(inner == 0)


@dataclass(frozen=True)
class Part:
    """One network of a run: what it learns from, and what it is judged by, if anything.

    `key` names its files, `name` is for people. `validation` is what early stopping watches where the user's own split
    says so; without one it is taken from `training`.
    """

    key: str
    name: str
    seed: int
    training: Mask
    judged: Mask
    validation: Mask | None = None


def assign_folds(clips: Sequence[LabelledClip], folds: int, seed: int) -> NDArray[np.int64]:
    """Fold of each clip: every source is divided by its own groups, so that each fold holds a share of each."""
    fold_of = np.empty(len(clips), np.int64)
    for source in sorted({clip.source for clip in clips}):
        mine = [i for i, clip in enumerate(clips) if clip.source == source]
        try:
            fold_of[mine] = grouped_folds(
                quadrants_of([clips[i] for i in mine]), [clips[i].group for i in mine], folds, seed
            )
        except ValueError as error:
            raise JobError("bad_data", f"{source} cannot be divided: {error}.") from None
    return fold_of


def parts_by_folds(clips: Sequence[LabelledClip], folds: int, seed: int) -> list[Part]:
    """A part per fold, and last the final one, which learns from all clips and is judged by none."""
    fold_of = assign_folds(clips, folds, seed) if folds else np.zeros(len(clips), np.int64)
    everything = np.ones(len(clips), bool)
    parts = [
        Part(f"fold-{fold}", f"fold {fold + 1} of {folds}", seed + fold, fold_of != fold, fold_of == fold)
        for fold in range(folds)
    ]
    return [*parts, Part("final", "final", seed + folds, everything, ~everything)]


def parts_by_splits(clips: Sequence[LabelledClip], splits: Sequence[str], seed: int) -> list[Part]:
    """One part: train as the data set's own split says, judged by its test part (see `read_splits`)."""
    of = np.array(splits)
    validation = of == "val"
    return [Part("split", "train split", seed, of == "train", of == "test", validation if validation.any() else None)]
