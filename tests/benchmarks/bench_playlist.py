"""How long the solver takes on a large library, and how near it comes to the best there is."""

from __future__ import annotations

import time
from itertools import permutations

import numpy as np

from app.playlists.candidates import Candidates
from app.playlists.cost import costs
from app.playlists.path import through
from app.playlists.solver import solve
from app.playlists.wishes import Wishes

BUDGET_S = 1.0
SAD, HAPPY = (-0.6, -0.5), (0.6, 0.5)


def a_library(count: int, seed: int = 0) -> Candidates:
    """Return made-up tracks that are spread as music is: most near the middle, valence and arousal a little alike."""
    rng = np.random.default_rng(seed)
    means = np.clip(rng.multivariate_normal((0.1, 0.0), ((0.12, 0.04), (0.04, 0.12)), count), -0.95, 0.95)
    courses = np.clip(means[:, None] + rng.normal(0, 0.06, (count, 5, 2)).cumsum(axis=1), -1, 1)
    return Candidates(
        np.arange(count), rng.uniform(120, 360, count), courses, rng.integers(0, max(2, count // 8), count),
        rng.uniform(55, 190, count), rng.uniform(-32, -7, count), rng.random(count) < 0.05,
        np.where(rng.random(count) < 0.5, np.nan, 1.0), ("",) * count,
    )  # fmt: skip


def main() -> None:
    """Print the figures."""
    wishes = Wishes(minutes=45, tempo_bpm=(60, 140), step_limit=0.5)
    for count in (1_000, 10_000, 100_000):
        library = a_library(count)
        took = []
        for _ in range(3):
            begin = time.perf_counter()
            plan = solve(through((SAD, HAPPY)), library, wishes)
            took.append(time.perf_counter() - begin)
        print(
            f"{count:,} candidates, 45 minutes: {min(took):.2f} s ({min(took) / BUDGET_S:.2f} of {BUDGET_S:.0f} s), "
            f"{len(plan.ids)} tracks, distance from the path {plan.follow:.3f}, limits bent {len(plan.bends)}"
        )
    ratios = []
    for seed in range(30):
        plan = solve(through((SAD, HAPPY)), a_library(30, seed), Wishes(tracks=3))
        every = np.array(list(permutations(range(30), 3)))
        ratios.append(plan.cost / float(costs(plan.task, every).min()))
    print(
        f"Against brute force (30 libraries of 30 tracks, 3 slots): the best was found in "
        f"{np.mean(np.array(ratios) < 1 + 1e-9):.0%}, worst ratio of costs {max(ratios):.3f}"
    )


if __name__ == "__main__":
    main()
