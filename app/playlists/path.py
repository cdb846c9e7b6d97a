"""The path through the plane that a playlist follows: from a mood to another, straight, bent or drawn by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from models.errors import JobError

Order = Literal["iso", "compensatory", "manual"]
ORDERS: tuple[Order, ...] = get_args(Order)
Point = tuple[float, float]
#: Points between which a path is straight; the eye sees no corners.
_RESOLUTION = 201


@dataclass(frozen=True)
class MoodPath:
    """A curve in the plane of valence and arousal, walked at an even pace.

    Attributes
    ----------
    points : np.ndarray [shape=(p, 2)]
        Valence and arousal, [-1, 1], from the start to the target; equal lengths apart.
    """

    points: NDArray[np.float64]

    @property
    def start(self) -> Point:
        """Where it begins."""
        return float(self.points[0, 0]), float(self.points[0, 1])

    @property
    def target(self) -> Point:
        """Where it ends."""
        return float(self.points[-1, 0]), float(self.points[-1, 1])

    @property
    def length(self) -> float:
        """Its length in the plane; from one corner to the opposite one it is 2.83."""
        return float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).sum())

    def at(self, fraction: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return valence and arousal [shape=(..., 2)] at fractions of the way, [0, 1]."""
        place = np.clip(np.asarray(fraction, np.float64), 0.0, 1.0) * (len(self.points) - 1)
        first = np.minimum(place.astype(np.intp), len(self.points) - 2)
        share = (place - first)[..., None]
        along: NDArray[np.float64] = (1 - share) * self.points[first] + share * self.points[first + 1]
        return along


def through(points: Sequence[Point]) -> MoodPath:
    """Return the path through points in the plane: drawn freehand, or two of them for a straight one.

    Raises
    ------
    JobError
        "bad_data" for fewer than two points, or one outside [-1, 1].
    """
    drawn = np.asarray(points, np.float64)
    if drawn.ndim != 2 or drawn.shape[0] < 2 or drawn.shape[1] != 2:
        raise JobError("bad_data", "A path needs a start and a target.")
    if not np.all(np.abs(drawn) <= 1):  # also where one is no number
        raise JobError("bad_data", "Valence and arousal of a path must lie between -1 and 1.")
    return MoodPath(_evenly(drawn))


def bent(start: Point, target: Point, handles: Sequence[Point] = ()) -> MoodPath:
    """Return a smooth path from start to target that is drawn towards its handles (a Bezier curve over all points).

    Raises
    ------
    JobError
        As `through`.
    """
    if not handles:
        return through((start, target))
    along = np.linspace(0.0, 1.0, _RESOLUTION)[:, None]
    layer = [np.broadcast_to(np.asarray(point, np.float64), (_RESOLUTION, 2)) for point in (start, *handles, target)]
    while len(layer) > 1:  # de Casteljau
        layer = [(1 - along) * first + along * second for first, second in pairwise(layer)]
    return through([(float(valence), float(arousal)) for valence, arousal in layer[0]])


def ordered(order: Order, start: Point, target: Point, handles: Sequence[Point] = ()) -> MoodPath:
    """Return the path that an order means.

    "iso" begins at the present mood and moves to the target by small steps (the iso principle); "compensatory" plays
    the target mood from the first track on; "manual" is the path as it is bent, and the person orders the tracks.
    """
    if order == "compensatory":
        return through((target, target))
    return bent(start, target, handles)


def _evenly(points: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    walked = np.concatenate(([0.0], np.cumsum(steps)))
    if walked[-1] == 0:
        return np.repeat(points[:1], 2, axis=0)
    kept = np.concatenate(([True], steps > 0))
    even = np.linspace(0.0, walked[-1], _RESOLUTION)
    return np.stack([np.interp(even, walked[kept], points[kept, i]) for i in (0, 1)], axis=1)
