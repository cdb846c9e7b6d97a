"""How faithful each way of explaining is, and what it costs: deletion and insertion against random order.

Run with `make bench`. On the bundled pieces, for the most probable quadrant, valence and arousal; other music may be
named as arguments. Figures are areas under the curves of what is explained against the share of cells that are filled
with the mean (deletion, lower is better) or that are all there is (insertion, higher is better), and gain is insertion
less deletion. A random order gains exactly 0 on average: its deletion is the insertion of the reverse order, which is
as probable. One such order is measured beside the methods, so that the other two figures have something to stand
against. Figures are medians over excerpts (each the mean of its targets), because an excerpt whose filling hardly moves
the answer has large ones; the interval is that of the sign test, and needs six excerpts; `over IG` counts those where a
method gains more than integrated gradients. `like random weights` is the rank correlation of a map with that of a model
whose weights are shuffled: near 1, a method does not look at the model.
A table is printed after each excerpt; each takes a minute or two of one core.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from dataclasses import replace
from math import comb
from pathlib import Path

import numpy as np

from models.analysis import QUADRANTS
from models.audio.decode import decode
from models.audio.log_mel import SAMPLE_RATE_HZ
from models.explain.asked import Asked, ask
from models.explain.explain import ExplainRequest, explain_sound
from models.explain.explanation import METHODS, Explanation, Method, Target
from models.explain.faithfulness import ends_of, measure, order_of, rank_correlation, with_random_weights
from models.explain.sound import N_ROWS, Sound, front_ends
from models.hub import DEFAULT_MODEL, LoadedModel, load_model
from models.jobs import CancelToken

#: Of each piece so many seconds are explained, from its middle.
EXCERPT_S = 20
DEMO = Path(__file__).parents[2] / "resources" / "demo"
#: Deletion, insertion, gain, seconds per second of music, correlation with shuffled weights: by method, of one target.
Rows = dict[str, list[tuple[float, float, float, float, float]]]


def _excerpt(file: Path) -> Sound:
    y = decode(file)
    n = min(len(y), EXCERPT_S * SAMPLE_RATE_HZ)
    first = (len(y) - n) // 2
    return front_ends([y[first : first + n]])


def _random_orders(asked: Asked, sound: Sound, ends: tuple[float, float], rows: Rows) -> None:
    rng = np.random.default_rng(len(rows["random order (cells)"]))
    for what, order in (
        ("cells", rng.permutation(N_ROWS * sound.grid.columns)),
        ("moments", order_of(np.empty((0, 0)), rng.random(sound.grid.columns), N_ROWS)),
    ):
        found = measure(asked, sound, order, ends)
        rows[f"random order ({what})"].append((found.deletion, found.insertion, found.gain, np.nan, np.nan))


def _of_one(model: LoadedModel, shuffled: LoadedModel, sound: Sound, target: Target, rows: Rows) -> None:
    asked, asked_shuffled = ask(model, target), ask(shuffled, target)
    ends = ends_of(asked, sound)
    _random_orders(asked, sound, ends, rows)
    for method in METHODS:
        if method == "contribution" and target not in QUADRANTS:
            continue
        given, cost = _explained(model, asked, sound, method)
        for one in given:
            name = method if one.is_final else f"{method}, coarse" if one.map.size else f"{method}, first"
            orders = {"moments": order_of(np.empty((0, 0)), one.over_time, N_ROWS)}
            if one.map.size:
                orders["cells"] = order_of(one.map, one.over_time, N_ROWS)
            for what, order in orders.items():
                found = measure(asked, sound, order, ends)
                like = np.nan
                # Occlusion asks nothing of a model but its answer.
                if one.is_final and what == "moments" and method != "occlusion" and target in QUADRANTS:
                    others, _ = _explained(shuffled, asked_shuffled, sound, method)
                    like = rank_correlation(one.over_time, others[-1].over_time)
                rows[f"{name} ({what})"].append((found.deletion, found.insertion, found.gain, cost, like))


def _explained(model: LoadedModel, asked: Asked, sound: Sound, method: Method) -> tuple[list[Explanation], float]:
    """Explanations, and seconds of one core for each second of music."""
    request = ExplainRequest(1, Path("excerpt"), asked.target, method)
    began = time.thread_time()
    events = explain_sound(request, asked, replace(sound), model, CancelToken())  # with nothing of it heard before
    given = [event for event in events if isinstance(event, Explanation)]
    return given, (time.thread_time() - began) / sound.duration_s


def _print(by_excerpt: list[Rows], model: LoadedModel) -> None:
    print(
        f"\n{len(by_excerpt)} excerpts of {EXCERPT_S} s, {model.card.id}; the most probable quadrant, valence, arousal."
    )
    print(
        f"{'':34}{'deletion':>10}{'insertion':>10}{'gain (95%)':>24}{'above 0':>10}{'over IG':>9}{'s per s':>9}"
        f"{'like random weights':>21}"
    )
    best = _column(by_excerpt, "integrated-gradients (cells)", 2)
    for name in by_excerpt[0]:
        deletion, insertion, gains, costs, likes = (_column(by_excerpt, name, i) for i in range(5))
        low, high = _interval(gains)
        gain = f"{np.median(gains):+.2f} ({low:+.2f} to {high:+.2f})"
        cost, like = (f"{np.mean(x):.2f}" if np.isfinite(x).all() else "" for x in (costs, likes))
        print(
            f"{name:34}{np.median(deletion):10.2f}{np.median(insertion):10.2f}{gain:>24}{(gains > 0).sum():>10}"
            f"{(gains > best).sum():>9}{cost:>9}{like:>21}",
            flush=True,
        )


def _column(by_excerpt: list[Rows], name: str, number: int) -> np.ndarray:
    """One figure of a method, the mean over the targets of each excerpt."""
    return np.array([_mean(tuple(row[number] for row in rows[name])) for rows in by_excerpt])


def _interval(values: np.ndarray) -> tuple[float, float]:
    """The sign test's interval of the median, at 95% at least; nothing below six values."""
    n = len(values)
    tails = np.cumsum([comb(n, k) for k in range(n + 1)]) / 2**n
    outside = int((tails <= 0.025).sum())
    if outside == 0:
        return np.nan, np.nan
    ordered = np.sort(values)
    return float(ordered[outside - 1]), float(ordered[n - outside])


def _mean(values: tuple[float, ...]) -> float:
    there = [value for value in values if np.isfinite(value)]
    return float(np.mean(there)) if there else np.nan


def main(files: list[Path]) -> None:
    """Print the table."""
    model = load_model(DEFAULT_MODEL, "cpu")
    shuffled = with_random_weights(model, 0)
    by_excerpt: list[Rows] = []
    for file in files:
        sound = _excerpt(file)
        quadrants: tuple[Target, ...] = ("Q1", "Q2", "Q3", "Q4")
        best = max(quadrants, key=lambda name: ask(model, name).answer(sound))
        rows: Rows = defaultdict(list)
        for target in (best, "valence", "arousal"):
            _of_one(model, shuffled, sound, target, rows)
        by_excerpt.append(rows)
        _print(by_excerpt, model)


if __name__ == "__main__":
    named = [Path(word) for word in sys.argv[1:]]
    main(named or sorted(DEMO.glob("*.ogg")))
