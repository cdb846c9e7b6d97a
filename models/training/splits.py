"""Splits that never share a song or an artist."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


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
