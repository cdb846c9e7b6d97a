"""Scores of quadrant recognition: all are functions of one table of counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import DRAWS, GroupDraws, Numbers, Score, honest_at_the_ends, ratio

N_CLASSES = 4
#: Q1 and Q2 are high in arousal, Q1 and Q4 high in valence.
_HIGH_AROUSAL = np.array([True, True, False, False])
_HIGH_VALENCE = np.array([True, False, False, True])

Labels = NDArray[np.int64]


def confusion(truth: Labels, answer: Labels) -> NDArray[np.int64]:
    """Count [shape=(4, 4)]: rows are the truth, columns the answer."""
    counts = np.zeros((N_CLASSES, N_CLASSES), np.int64)
    np.add.at(counts, (truth, answer), 1)
    return counts


def quadrant_figures(counts: NDArray[np.number]) -> dict[str, Numbers]:
    """All figures of a confusion matrix.

    Parameters
    ----------
    counts : np.ndarray [shape=(..., 4, 4)]
        Rows are the truth, columns the answer.

    Returns
    -------
    dict of str to np.ndarray [shape=(...)]
        Each in [0, 1], NaN without any count. `accuracy`; `macro_precision`, `macro_recall` and `macro_f1`: means over
        the classes that occur in the truth or the answers (equations 7 to 9 of Lu and Kim per class), where a class
        that is never answered has precision 0 and one that is never the truth has recall 0, as scikit-learn has it;
        `balanced_accuracy`: mean recall over the classes that occur in the truth; `arousal_accuracy` and
        `valence_accuracy`: share on the right side of the axis.
    """
    counts = np.asarray(counts, np.float64)
    total = counts.sum(axis=(-2, -1))
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    asked, given = counts.sum(axis=-1), counts.sum(axis=-2)
    classes = np.count_nonzero(asked + given, axis=-1)
    recall = ratio(hits, asked, 0.0)

    def macro(per_class: Numbers) -> Numbers:
        return ratio(per_class.sum(axis=-1), classes)

    def same_side(high: NDArray[np.bool_]) -> Numbers:
        return ratio((counts * (high[:, None] == high)).sum(axis=(-2, -1)), total)

    return {
        "accuracy": ratio(hits.sum(axis=-1), total),
        "macro_precision": macro(ratio(hits, given, 0.0)),
        "macro_recall": macro(recall),
        "macro_f1": macro(ratio(2 * hits, asked + given, 0.0)),
        "balanced_accuracy": ratio(recall.sum(axis=-1), np.count_nonzero(asked, axis=-1)),
        "arousal_accuracy": same_side(_HIGH_AROUSAL),
        "valence_accuracy": same_side(_HIGH_VALENCE),
    }


def quadrant_scores(
    truth: Labels, answer: Labels, groups: Sequence[str], *, draws: int = DRAWS, seed: int = 0
) -> dict[str, Score]:
    """All of `quadrant_figures`, each with its 95% interval over groups."""
    cells = np.zeros((len(truth), N_CLASSES * N_CLASSES))
    cells[np.arange(len(truth)), truth * N_CLASSES + answer] = 1.0

    def figures(sums: Numbers) -> dict[str, Numbers]:
        return quadrant_figures(sums.reshape(*sums.shape[:-1], N_CLASSES, N_CLASSES))

    resampled = GroupDraws(groups, draws=draws, seed=seed)
    scores = resampled.scores(figures, cells)
    return {name: honest_at_the_ends(score, resampled.n_groups) for name, score in scores.items()}


def macro_f1(truth: Labels, answer: Labels) -> float:
    """Mean F1 over the classes that occur in the truth or the answers."""
    return float(quadrant_figures(confusion(truth, answer))["macro_f1"])
