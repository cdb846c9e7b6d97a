"""How often planted turns of the mood are found, how far off in time, and how often one is found where none is.

Run with `make bench`; it takes seconds. Curves of four minutes that wobble by so much, correlated over one or two
seconds, with three turns in random directions, and curves without any.
"""

from __future__ import annotations

import numpy as np

from models.inference.transitions import find_transitions
from tests.planted import STEP_S, planted_turn, step_times_s, wobble

PIECES = 100
SECONDS = 240.0
NEAR_S = 3.0
_N = round(SECONDS / STEP_S)


def _found_s(curve: np.ndarray) -> np.ndarray:
    return np.array([t.time_s for t in find_transitions(curve[:, 0], curve[:, 1], step_times_s(_N), STEP_S)])


def _planted(size: float, sigma_s: float, by: float) -> str:
    errors, hits, false = [], 0, 0
    for seed in range(PIECES):
        rng = np.random.default_rng([seed, 1])
        turns_s = np.sort(rng.choice(np.arange(30, 210, 25), 3, replace=False)) + rng.uniform(-5, 5, 3)
        curve = wobble(SECONDS, seed, size, sigma_s)
        for at_s, angle in zip(turns_s, rng.uniform(0, 2 * np.pi, 3), strict=True):
            curve = curve + planted_turn(_N, float(at_s), (by * float(np.cos(angle)), by * float(np.sin(angle))))
        found_s = _found_s(curve)
        apart = np.abs(found_s[:, None] - turns_s)
        near = apart.min(axis=0, initial=np.inf)
        hits += int((near < NEAR_S).sum())
        errors += near[near < NEAR_S].tolist()
        false += int((apart.min(axis=1) >= NEAR_S).sum()) if len(found_s) else 0
    late = f"{np.median(errors):.1f} | {np.quantile(errors, 0.9):.1f}" if errors else "- | -"
    return f"{hits / 3 / PIECES:.0%} | {late} | {false / PIECES:.2f}"


def main() -> None:
    """Print the tables."""
    print("| wobble | over, s | turn by | hits | median error, s | 90% of errors within, s | false ones per piece |")
    print("|---|---|---|---|---|---|---|")
    for size in (0.02, 0.05, 0.1):
        for sigma_s in (1.0, 2.0):
            for by in (0.2, 0.3, 0.5):
                print(f"| {size} | {sigma_s:.0f} | {by} | {_planted(size, sigma_s, by)} |")
    for size in (0.05, 0.1, 0.3):
        false = [
            len(_found_s(wobble(SECONDS, seed, size, sigma_s))) for seed in range(PIECES) for sigma_s in (1.0, 2.0)
        ]
        print(f"no turn, wobble {size}: {np.mean(false):.2f} false ones per piece of four minutes")


if __name__ == "__main__":
    main()
