"""Scores of quadrant recognition, each with a bootstrap interval over groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_CLASSES = 4
#: Q1 and Q2 are high in arousal, Q1 and Q4 high in valence.
_HIGH_AROUSAL = np.array([True, True, False, False])
_HIGH_VALENCE = np.array([True, False, False, True])

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Score:
    """A figure with its 95% interval."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """Rounded for a card: more digits would claim more than was measured."""
        return {"value": round(self.value, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


def confusion(truth: Labels, answer: Labels) -> NDArray[np.int64]:
    """Count [shape=(4, 4)]: rows are the truth, columns the answer."""
    counts = np.zeros((N_CLASSES, N_CLASSES), np.int64)
    np.add.at(counts, (truth, answer), 1)
    return counts


def accuracy(truth: Labels, answer: Labels) -> float:
    """Share of right answers."""
    return float(np.mean(truth == answer))


def macro_f1(truth: Labels, answer: Labels) -> float:
    """Mean F1 over the classes that occur in the truth or the answers (the paper's equation 9 per class)."""
    counts = confusion(truth, answer)
    hits, asked, given = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    there = asked + given > 0
    return float(np.mean(2 * hits[there] / (asked + given)[there]))


def arousal_accuracy(truth: Labels, answer: Labels) -> float:
    """Share of answers on the right side of the arousal axis."""
    return float(np.mean(_HIGH_AROUSAL[truth] == _HIGH_AROUSAL[answer]))


def valence_accuracy(truth: Labels, answer: Labels) -> float:
    """Share of answers on the right side of the valence axis."""
    return float(np.mean(_HIGH_VALENCE[truth] == _HIGH_VALENCE[answer]))


def expected_calibration_error(probabilities: NDArray[np.float64], truth: Labels, bins: int = 10) -> float:
    """Mean gap between confidence and accuracy over equal-width bins of confidence, weighted by their size."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gap = 0.0
    for b in range(bins):
        inside = which == b
        if inside.any():
            gap += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return float(gap)


def bootstrap(
    metric: Callable[[Labels, Labels], float],
    truth: Labels,
    answer: Labels,
    groups: Sequence[str],
    *,
    draws: int = 2000,
    seed: int = 0,
) -> Score:
    """Score with the 95% percentile interval of a bootstrap that draws whole groups.

    Clips of one artist or song are not independent: drawing clips would give an interval that is too narrow.
    """
    names, group_of = np.unique(np.asarray(groups), return_inverse=True)
    members = [np.flatnonzero(group_of == g) for g in range(len(names))]
    random = np.random.default_rng(seed)
    values = np.empty(draws)
    for i in range(draws):
        drawn = np.concatenate([members[g] for g in random.integers(0, len(names), len(names))])
        values[i] = metric(truth[drawn], answer[drawn])
    low, high = np.quantile(values, [0.025, 0.975])
    # With a handful of groups the percentiles can miss the figure itself.
    value = metric(truth, answer)
    return Score(value, min(float(low), value), max(float(high), value))


METRICS: dict[str, Callable[[Labels, Labels], float]] = {
    "macro_f1": macro_f1,
    "accuracy": accuracy,
    "arousal_accuracy": arousal_accuracy,
    "valence_accuracy": valence_accuracy,
}
