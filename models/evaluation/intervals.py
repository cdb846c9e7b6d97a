"""Figures with 95% intervals from a bootstrap that draws whole groups.

Clips of one artist or song are not independent: drawing clips would give an interval that is too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
#: Draws that are worked on at once; more would only take memory.
_CHUNK = 250

Numbers = NDArray[np.float64]
#: From sums over items [shape=(..., k)] to figures by name [shape=(...)]; NaN where a figure is not defined.
Figures = Callable[[Numbers], Mapping[str, Numbers]]


@dataclass(frozen=True)
class Score:
    """A figure with its 95% interval."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """Rounded for a card: more digits would claim more than was measured."""
        return {"value": round(self.value, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


def score_of(value: float, drawn: NDArray[np.floating]) -> Score:
    """Score with the 95% percentile interval of what the draws gave; draws in which it is not defined are left out."""
    defined = drawn[np.isfinite(drawn)]
    if defined.size == 0:
        return Score(value, value, value)
    low, high = np.quantile(defined, [0.025, 0.975])
    # With a handful of groups the percentiles can miss the figure itself.
    return Score(value, min(float(low), value), max(float(high), value))


def honest_at_the_ends(score: Score, n_groups: int) -> Score:
    """Interval of a share that was all or nothing: no draw of what was seen differs, yet another group may.

    Where every group is right, the share of groups that are is above ``0.025^(1 / groups)`` (Clopper and Pearson 1934);
    at 0 it is the mirror image.
    """
    if score.low < score.high or score.value not in (0.0, 1.0) or not n_groups:
        return score
    least = 0.025 ** (1 / n_groups)
    return Score(1.0, least, 1.0) if score.value == 1.0 else Score(0.0, 0.0, 1 - least)


class GroupDraws:
    """The same draws of groups for many figures.

    Most figures are functions of sums over the items (hits, squared errors). Then a draw is a weighted sum: how often
    each group was drawn, times the group's sums. Thousands of draws of dozens of figures take a moment.

    Parameters
    ----------
    groups : sequence of str [length n]
        The group of each item.
    draws : int
        Number of draws.
    seed : int
        Of the draws.
    """

    def __init__(self, groups: Sequence[str], *, draws: int = DRAWS, seed: int = 0) -> None:
        names, self._group_of = np.unique(np.asarray(groups), return_inverse=True)
        self.n_items = len(self._group_of)
        self.n_groups = len(names)
        self.draws = draws
        self._seed = seed

    def counts(self) -> Iterator[Numbers]:
        """How often each group is drawn [shape=(chunk, groups)], in chunks of draws."""
        random = np.random.default_rng(self._seed)
        for start in range(0, self.draws, _CHUNK):
            rows = min(_CHUNK, self.draws - start)
            drawn = [random.integers(0, self.n_groups, self.n_groups) for _ in range(rows)]
            yield np.array([np.bincount(groups, minlength=self.n_groups) for groups in drawn], np.float64)

    def weights(self) -> Iterator[Numbers]:
        """How often each item is drawn [shape=(chunk, n)], in chunks of draws."""
        for counts in self.counts():
            yield counts[:, self._group_of]

    def scores(self, figures: Figures, sums: NDArray[np.floating]) -> dict[str, Score]:
        """Scores of figures that are functions of sums over the items.

        Parameters
        ----------
        figures : callable
            From summed columns [shape=(..., k)] to figures by name.
        sums : np.ndarray [shape=(n, k)]
            What each item adds.

        Returns
        -------
        dict of str to Score
            Without the figures that are not defined for these items.
        """
        by_group = np.zeros((self.n_groups, sums.shape[1]))
        np.add.at(by_group, self._group_of, sums)
        drawn = [figures(counts @ by_group) for counts in self.counts()]
        return {
            name: score_of(float(value), np.concatenate([chunk[name] for chunk in drawn]))
            for name, value in figures(by_group.sum(axis=0)).items()
            if np.isfinite(value)
        }


def ratio(above: NDArray[np.floating], below: NDArray[np.floating], nothing: float = np.nan) -> Numbers:
    """Divide, with `nothing` where there is nothing to divide by."""
    above, below = np.broadcast_arrays(np.asarray(above, np.float64), np.asarray(below, np.float64))
    out: Numbers = np.divide(above, below, out=np.full(above.shape, nothing), where=below > 0)
    return out
