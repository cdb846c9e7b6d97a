"""How many labels an order of labelling saves: simulated on clips whose labels are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import score_of
from models.evaluation.metrics import macro_f1
from models.training.fusion_recipe import FusionRecipe
from models.training.next_clips import ORDERS, Order, rank
from models.training.splits import grouped_folds

FOLDS = 5
SEEDS = tuple(range(20))
#: Labels after which the model is made anew, and asked what to label next.
BATCH = 10
#: Labels at which it is tested.
BUDGETS = (10, 20, 30, 40, 60, 80, 120, 160, 240)
#: Random labels that the other orders are held against.
REFERENCES = (20, 40, 80, 120)
_DRAWS = 2000

Labels = NDArray[np.int64]
Floats = NDArray[np.float64]


def simulate(
    summaries: NDArray[np.float32],
    labels: Labels,
    groups: Sequence[str],
    order: Order,
    seed: int,
    budgets: Sequence[int] = BUDGETS,
) -> list[float]:
    """Macro-F1 on held-out groups after so many labels, chosen in an order.

    Parameters
    ----------
    summaries : np.ndarray [shape=(n, s)]
        What was heard of each clip.
    labels : np.ndarray [shape=(n,)]
        Quadrants 0..3, which the simulated person gives when asked.
    groups : sequence of str [length n]
        Songs or artists; a fifth of them is held out, by the seed, and never chosen from.
    order : str
        Of `models.training.next_clips`.
    seed : int
        Of the division and of random draws.
    budgets : sequence of int
        Rising.

    Returns
    -------
    list of float
        One per budget; a model of nothing but the chosen clips (`models.networks.memory`).
    """
    import torch

    from models.networks.memory import Memory

    recipe = FusionRecipe()
    held = grouped_folds(labels.tolist(), groups, FOLDS, seed) == 0
    pool, test = np.flatnonzero(~held), np.flatnonzero(held)
    x, targets = torch.from_numpy(summaries), torch.eye(4)[torch.from_numpy(labels)]
    done = np.zeros(len(pool), bool)
    probabilities: Floats | None = None
    scores: list[float] = []
    while len(scores) < len(budgets):
        most = min(BATCH, budgets[len(scores)] - int(done.sum()))
        found = rank(summaries[pool], probabilities, done, order=order, most=most, seed=seed * 10_000 + int(done.sum()))
        done[[suggestion.index for suggestion in found[:most]]] = True
        known = pool[done]
        names = [groups[i] for i in known]
        memory = Memory.fit(x[known], targets[known], names, width=recipe.width, ridge=recipe.ridge)
        with torch.inference_mode():
            said = memory(x).double().clamp_min(0).numpy()
        probabilities = (said / np.maximum(said.sum(axis=1, keepdims=True), 1e-9))[pool]
        if int(done.sum()) == budgets[len(scores)]:
            scores.append(macro_f1(labels[test], said[test].argmax(axis=1)))
    return scores


def label_orders(
    source: str,
    summaries: NDArray[np.float32],
    labels: Labels,
    groups: Sequence[str],
    *,
    seeds: Sequence[int] = SEEDS,
    budgets: Sequence[int] = BUDGETS,
) -> dict[str, Any]:
    """Simulate every order with every seed; the result holds all curves, for the report."""
    curves = {
        order: [
            [round(score, 4) for score in simulate(summaries, labels, groups, order, seed, budgets)] for seed in seeds
        ]
        for order in ORDERS
    }
    return {
        "experiment": "what to label next",
        "source": source,
        "clips": len(labels),
        "groups": len(set(groups)),
        "batch": BATCH,
        "budgets": list(budgets),
        "seeds": list(seeds),
        "macro_f1": curves,
    }


def mean_curve(result: Mapping[str, Any], order: str) -> Floats:
    """Mean macro-F1 at each budget, and the ends of its 95% interval over seeds [shape=(3, budgets)]."""
    return _summed_up(np.array(result["macro_f1"][order], np.float64))


def difference_curve(result: Mapping[str, Any], order: str) -> Floats:
    """Mean difference to the random order at each budget, and the ends of its 95% interval [shape=(3, budgets)]."""
    random = np.array(result["macro_f1"]["random"], np.float64)
    return _summed_up(np.array(result["macro_f1"][order], np.float64) - random)


def _drawn(seeds: int) -> NDArray[np.int64]:
    return np.random.default_rng(0).integers(0, seeds, (_DRAWS, seeds))


def _summed_up(values: Floats) -> Floats:
    drawn = values[_drawn(len(values))].mean(axis=1)
    scores = [score_of(float(column.mean()), drawn[:, i]) for i, column in enumerate(values.T)]
    return np.array([[s.value for s in scores], [s.low for s in scores], [s.high for s in scores]])


def labels_needed(result: Mapping[str, Any], order: str, reference: int) -> tuple[float, float, float]:
    """Labels that an order needs for what random order reaches with `reference`, with a 95% interval over seeds.

    Infinite where it does not get there within the budgets.
    """
    budgets = np.array(result["budgets"], np.float64)
    mine = np.array(result["macro_f1"][order], np.float64)
    random = np.array(result["macro_f1"]["random"], np.float64)
    at = result["budgets"].index(reference)
    drawn = _drawn(len(mine))
    needed = np.array([_reached(budgets, mine[seeds].mean(axis=0), random[seeds, at].mean()) for seeds in drawn])
    value = _reached(budgets, mine.mean(axis=0), random[:, at].mean())
    # Ranks, not interpolation between them: some may be infinite.
    low, high = np.quantile(needed, [0.025, 0.975], method="nearest")
    return value, float(low), float(high)


def _reached(budgets: Floats, curve: Floats, target: float) -> float:
    """Where a curve first reaches a height, between budgets by a straight line."""
    above = np.flatnonzero(curve >= target)
    if not above.size:
        return float("inf")
    i = int(above[0])
    if i == 0:
        return float(budgets[0])
    share = (target - curve[i - 1]) / (curve[i] - curve[i - 1])
    return float(budgets[i - 1] + share * (budgets[i] - budgets[i - 1]))
