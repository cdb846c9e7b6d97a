"""How faithful each way of explaining is, and what it costs: deletion and insertion against random order.

Run with `make bench`. On the bundled pieces, for the most probable quadrant, valence and arousal. Figures are areas
under the curves of what is explained against the share of cells that are filled with the mean (deletion, lower is
better) or that are all there is (insertion, higher is better); gain is insertion less deletion, and `over chance` what
it has over random order of the same cells. `like random weights` is the rank correlation of a map with that of a model
whose weights are shuffled: near 1, a method does not look at the model. Other music may be named as
arguments. It takes ten to twenty minutes.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from models.analysis import QUADRANTS
from models.audio.decode import decode
from models.audio.log_mel import SAMPLE_RATE_HZ
from models.explain.asked import ask
from models.explain.explain import ExplainRequest, explain_sound
from models.explain.explanation import METHODS, Explanation, Target
from models.explain.faithfulness import measure, order_of, rank_correlation, with_random_weights
from models.explain.sound import N_ROWS, Sound, front_ends
from models.hub import DEFAULT_MODEL, LoadedModel, load_model
from models.jobs import CancelToken

#: Of each piece so many seconds are explained, from its middle.
EXCERPT_S = 20
RANDOM_ORDERS = 3
DEMO = Path(__file__).parents[2] / "resources" / "demo"


def _excerpt(file: Path) -> Sound:
    y = decode(file)
    n = min(len(y), EXCERPT_S * SAMPLE_RATE_HZ)
    first = (len(y) - n) // 2
    return front_ends([y[first : first + n]])


def _chance(sound: Sound, whole_moments: bool) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    if whole_moments:
        return [order_of(np.empty((0, 0)), rng.random(sound.grid.columns), N_ROWS) for _ in range(RANDOM_ORDERS)]
    return [rng.permutation(N_ROWS * sound.grid.columns) for _ in range(RANDOM_ORDERS)]


def _of_one(model: LoadedModel, sound: Sound, target: Target, rows: dict[str, list[tuple[float, ...]]]) -> None:
    asked, shuffled = ask(model, target), with_random_weights(model, 0)
    asked_shuffled = ask(shuffled, target)
    chance = {
        whole: np.mean([measure(asked, sound, order).gain for order in _chance(sound, whole)])
        for whole in (True, False)
    }
    for method in METHODS:
        if method == "contribution" and target not in QUADRANTS:
            continue
        request = ExplainRequest(1, Path("excerpt"), target, method)
        began = time.thread_time()
        given = [x for x in explain_sound(request, asked, sound, model, CancelToken()) if isinstance(x, Explanation)]
        cost = (time.thread_time() - began) / sound.duration_s
        for one in given:
            name = method if one.is_final else f"{method}, coarse" if one.map.size else f"{method}, first"
            orders = {"moments": order_of(np.empty((0, 0)), one.over_time, N_ROWS)}
            if one.map.size:
                orders["cells"] = order_of(one.map, one.over_time, N_ROWS)
            for what, order in orders.items():
                found = measure(asked, sound, order)
                over = found.gain - float(chance[what == "moments"])
                rows[f"{name} ({what})"].append((found.deletion, found.insertion, over, cost, np.nan))
        if method != "occlusion":  # it asks nothing of a model but its answer
            *_, other = explain_sound(request, asked_shuffled, sound, shuffled, CancelToken())
            assert isinstance(other, Explanation)
            last = rows[f"{method} (moments)"][-1]
            rows[f"{method} (moments)"][-1] = (*last[:4], rank_correlation(given[-1].over_time, other.over_time))


def main(files: list[Path]) -> None:
    """Print the table."""
    model = load_model(DEFAULT_MODEL, "cpu")
    rows: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    targets: tuple[Target, ...] = ("valence", "arousal")
    for file in files:
        sound = _excerpt(file)
        best = max(QUADRANTS, key=lambda name: ask(model, name).answer(sound))  # type: ignore[arg-type]
        for target in (best, *targets):
            _of_one(model, sound, target, rows)  # type: ignore[arg-type]
    print(f"{len(files)} excerpts of {EXCERPT_S} s, {model.card.id}; the most probable quadrant, valence, arousal.")
    print(f"{'':38}{'deletion':>10}{'insertion':>10}{'over chance (95%)':>24}{'s per s':>9}{'like random weights':>21}")
    for name, values in rows.items():
        table = np.array(values)
        mean = np.nanmean(table[:, :4], axis=0)
        half = 1.96 * table[:, 2].std(ddof=1) / np.sqrt(len(table)) if len(table) > 1 else np.nan
        like = f"{np.nanmean(table[:, 4]):.2f}" if np.isfinite(table[:, 4]).any() else ""
        over = f"{mean[2]:+.2f} ({mean[2] - half:+.2f} to {mean[2] + half:+.2f})"
        print(f"{name:38}{mean[0]:10.2f}{mean[1]:10.2f}{over:>24}{mean[3]:9.2f}{like:>21}", flush=True)


if __name__ == "__main__":
    named = [Path(word) for word in sys.argv[1:]]
    main(named or sorted(DEMO.glob("*.ogg")))
