"""The bootstrap over groups as it is told in words, one draw after the other: what the fast one is held against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Metric = Callable[[NDArray[Any], NDArray[Any]], float]


def plain_bootstrap(
    metric: Metric, truth: NDArray[Any], answer: NDArray[Any], groups: Sequence[str], draws: int, seed: int
) -> tuple[float, float, float]:
    """The metric, and the 2.5% and 97.5% quantiles of its values over draws of whole groups."""
    names, group_of = np.unique(np.asarray(groups), return_inverse=True)
    members = [np.flatnonzero(group_of == g) for g in range(len(names))]
    random = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        drawn = np.concatenate([members[g] for g in random.integers(0, len(names), len(names))])
        values.append(metric(truth[drawn], answer[drawn]))
    low, high = np.quantile(values, [0.025, 0.975])
    return metric(truth, answer), float(low), float(high)
