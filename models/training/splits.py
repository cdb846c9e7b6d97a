"""Splits that never share a song or an artist, and what one that does would reward."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.data.labelled import LabelledClip
from models.errors import JobError

#: What data sets call the parts of their splits.
_PART_OF = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "validate"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
#: Early stopping watches one ninth of the training part, or one group of fewer than nine.
VALIDATION_FOLDS = 9
#: Groups that an error names before it only counts.
_NAMED = 3


class Grouped(Protocol):
    """What belongs to a song or an artist of a data set."""

    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def group(self) -> str: ...  # noqa: D102


def group_names(clips: Sequence[Grouped]) -> list[str]:
    """Group of each clip; two sources may use the same name for different groups."""
    return [f"{clip.source}/{clip.group}" for clip in clips]


def grouped_folds(labels: Sequence[int], groups: Sequence[str], folds: int, seed: int = 0) -> NDArray[np.int64]:
    """Assign each item to a fold so that no group is divided and the classes stay balanced.

    Groups go, largest first and otherwise in a seeded random order, to the fold whose class counts they leave most
    even. (Scikit-learn's StratifiedGroupKFold does the same; training runs without scikit-learn in the frozen program.)

    Parameters
    ----------
    labels : sequence of int [length n]
        Class of each item, 0 or more.
    groups : sequence of str [length n]
        Group of each item.
    folds : int
        Number of folds, at least 2 and at most the number of groups.
    seed : int
        Of the order among groups of one size.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=int64]
        The fold of each item, 0 .. folds - 1.

    Raises
    ------
    ValueError
        If there are fewer groups than folds, or `folds` is below 2.
    """
    label_array = np.asarray(labels, dtype=np.int64)
    names, group_of = np.unique(np.asarray(groups), return_inverse=True)
    if folds < 2:
        raise ValueError("a split needs two folds or more")
    if len(names) < folds:
        raise ValueError(f"{folds} folds need {folds} groups or more; there are {len(names)}")
    n_classes = int(label_array.max()) + 1
    counts = np.zeros((len(names), n_classes))
    np.add.at(counts, (group_of, label_array), 1)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    share = counts.sum(axis=0) / folds
    filled = np.zeros((folds, n_classes))
    fold_of_group = np.empty(len(names), np.int64)
    # A class that is nowhere has no share to be far from.
    share[share == 0] = 1.0
    for done, group in enumerate(order):
        after = filled + counts[group]
        # How far each fold would then be from its fair share of every class, against where it is now.
        cost = (((after - share) / share) ** 2 - ((filled - share) / share) ** 2).sum(axis=1)
        empty = filled.sum(axis=1) == 0
        if len(order) - done <= np.count_nonzero(empty):
            cost[~empty] = np.inf  # the last groups go where there is none yet
        best = int(np.argmin(cost))
        filled[best] += counts[group]
        fold_of_group[group] = best
    return fold_of_group[group_of]


def read_splits(clips: Sequence[LabelledClip], *, allow_shared_groups: bool = False) -> list[str]:
    """Part of each clip by the data set's own split: "train", "val" or "test".

    Raises
    ------
    JobError
        "bad_data" when a clip has no split or one that is not known, when there is no train or no test part, or when
        a group lies in two parts, unless that is allowed.
    """
    parts = []
    for clip in clips:
        part = _PART_OF.get(clip.split.casefold())
        if part is None:
            said = f"the split {clip.split!r}" if clip.split else "no split"
            raise JobError("bad_data", f"{clip.path} has {said}; with --use-splits it must be train, val or test.")
        parts.append(part)
    missing = [part for part in ("train", "test") if part not in parts]
    if missing:
        raise JobError("bad_data", f"The column split has no {' and no '.join(missing)}: nothing could be measured.")
    shared = shared_groups(clips, parts)
    if shared and not allow_shared_groups:
        names = ", ".join(repr(name) for name in shared[:_NAMED])
        more = f" and {len(shared) - _NAMED} more" if len(shared) > _NAMED else ""
        raise JobError(
            "bad_data",
            f"The split has clips of one group in two of its parts: {names}{more}. A model would be rewarded for "
            "knowing the song or artist. Mend the column split, leave out --use-splits, or say --allow-shared-groups.",
        )
    return parts


def shared_groups(clips: Sequence[LabelledClip], parts: Sequence[str]) -> list[str]:
    """Groups that lie in more than one part, sorted."""
    parts_of: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for clip, part in zip(clips, parts, strict=True):
        parts_of[clip.source, clip.group].add(part)
    return sorted(group for (_, group), found in parts_of.items() if len(found) > 1)


@dataclass(frozen=True)
class SiblingCopy:
    """What copying labels between clips of one group would score.

    Attributes
    ----------
    clips : int
        Clips whose group has another clip.
    of : int
        All clips.
    accuracy : float
        Share of those clips whose label is that of another clip of the group, drawn at random.
    chance : float
        The same for a label drawn from all of them.
    """

    clips: int
    of: int
    accuracy: float
    chance: float


def sibling_copy(clips: Sequence[LabelledClip]) -> SiblingCopy:
    """Score of the trivial answer that a split by clips would allow: the label of a sibling in the training part.

    Under random folds every sibling is as likely as any other to lie in the training part, so the expected accuracy is
    the share of siblings with the same label; nothing needs to be drawn. Clips without a quadrant do not count.
    """
    labelled = [clip for clip in clips if clip.quadrant is not None]
    members: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for clip in labelled:
        members[clip.source, clip.group].append(clip.quadrant or 0)
    agreement: list[float] = []
    counts = np.zeros(4)
    for quadrants in members.values():
        if len(quadrants) > 1:
            here = np.bincount(quadrants, minlength=4)
            agreement += [(here[quadrant] - 1) / (len(quadrants) - 1) for quadrant in quadrants]
            counts += here
    if not agreement:
        return SiblingCopy(0, len(labelled), 0.0, 0.0)
    shares = counts / counts.sum()
    return SiblingCopy(len(agreement), len(labelled), float(np.mean(agreement)), float(shares @ shares))
