"""Emotional transitions: moments at which the trajectory in the plane of valence and arousal turns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.analysis import Transition

#: The stretches before and after a moment that are compared (s), and how much of each must be heard.
SIDE_S = 8.0
_LEAST_HEARD = 0.5
#: Stretches this near each other in the plane are one mood, however quiet the curve is around them.
LEAST_DISTANCE = 0.12
#: And they must be apart by so many times the curve's own wobble: the distance that this share of all moments stays
#: below. A few turns leave it as it is; a restless curve, in which nothing is a turn, does not.
_WOBBLES, _CALM_SHARE = 5.0, 0.3
#: Between two transitions the distance falls to this share of the smaller one: a long drift is one, not many.
_VALLEY = 0.7
MOST_TRANSITIONS = 16


def find_transitions(
    valence: NDArray[np.floating],
    arousal: NDArray[np.floating],
    times_s: NDArray[np.floating],
    step_s: float,
    heard: NDArray[np.bool_] | None = None,
) -> tuple[Transition, ...]:
    """Moments at which the mood before and the mood after are farther apart than the curve wobbles.

    Parameters
    ----------
    valence, arousal : np.ndarray [shape=(t,)]
        [-1, 1].
    times_s : np.ndarray [shape=(t,)]
        Centre of each step.
    step_s : float
        Length of a step.
    heard : np.ndarray [shape=(t,), dtype=bool], optional
        False in silence, which has no mood.

    Returns
    -------
    tuple of Transition
        In the order of time, the 16 strongest at most. Each is the place where the distance between the mean of the
        eight seconds before and that of the eight seconds after is largest; it lies between two steps. Strength is
        1 - exp(-2 * distance), the distance being that in the plane, whose sides are 2 long.
    """
    curve = np.stack((valence, arousal), axis=1).astype(np.float64)
    audible = np.ones(len(curve), bool) if heard is None else heard
    side = max(1, round(SIDE_S / step_s))
    if audible.sum() < 2 * side * _LEAST_HEARD:
        return ()
    before, after, enough = _sides(curve, audible, side)
    distance = np.where(enough, np.hypot(*(after - before).T), 0.0)
    if not enough.any():
        return ()
    least = max(LEAST_DISTANCE, _WOBBLES * float(np.quantile(distance[enough], _CALM_SHARE)))
    kept: list[int] = []
    for at in np.argsort(-distance, kind="stable"):
        if distance[at] < least or len(kept) == MOST_TRANSITIONS:
            break
        if all(_apart(distance, int(at), other, side) for other in kept):
            kept.append(int(at))
    return tuple(
        Transition(
            # Between the last step before and the first one after.
            float(times_s[at] - step_s / 2),
            (float(before[at, 0]), float(before[at, 1])),
            (float(after[at, 0]), float(after[at, 1])),
            float(1 - np.exp(-2 * distance[at])),
        )
        for at in sorted(kept)
    )


def _sides(
    curve: NDArray[np.float64], audible: NDArray[np.bool_], side: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Means over what is heard of the `side` steps before each step and of those from it on, and where both are."""
    sums = np.concatenate((np.zeros((1, 2)), np.cumsum(curve * audible[:, None], axis=0)))
    counts = np.concatenate(([0], np.cumsum(audible)))
    at = np.arange(len(curve))
    first, last = np.maximum(at - side, 0), np.minimum(at + side, len(curve))
    n_before, n_after = counts[at] - counts[first], counts[last] - counts[at]
    before = (sums[at] - sums[first]) / np.maximum(n_before, 1)[:, None]
    after = (sums[last] - sums[at]) / np.maximum(n_after, 1)[:, None]
    return before, after, np.minimum(n_before, n_after) >= _LEAST_HEARD * side


def _apart(distance: NDArray[np.float64], at: int, other: int, side: int) -> bool:
    """Whether two peaks of the distance are two: a side or more away, with lower ground between them."""
    first, last = min(at, other), max(at, other)
    valley = float(distance[first : last + 1].min())
    return last - first >= side and valley <= _VALLEY * min(distance[at], distance[other])
