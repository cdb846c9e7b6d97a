"""What to label next: the recordings from which a model would learn most, each with its reason.

A recording is worth a label when the model is unsure about it, when it sounds like many that nobody has labelled, when
it is unlike all that was labelled, or when raters disagree about it. Ten recordings that sound alike are worth little
more than one: each choice takes into account those before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from models.analysis import QUADRANTS

Reason = Literal["unsure", "unlike", "typical", "disagree", "random", "unknown"]
Order = Literal["mix", "unsure", "unlike", "typical", "random"]
ORDERS: tuple[Order, ...] = get_args(Order)
#: Measured best of these on two sources (`docs/labelling.md`).
DEFAULT_ORDER: Order = "mix"
#: Choices that are made one after the other; the rest follows in the order of its worth then.
MOST = 30

#: As in `models.networks.memory`, whose likeness this is: width of the kernel, and where z-scores are cut.
_WIDTH = 1.0
_CLIP = 5.0
#: Recordings that likeness is computed to; of more, so many are drawn.
_MOST_COMPARED = 1000
#: Raters so far apart (a share of the plane's diagonal) are a reason by themselves: neighbouring quadrants.
_APART = 0.25
_WORDS: dict[Reason, str] = {
    "unlike": "unlike what you labelled",
    "typical": "like many that you have not labelled",
    "disagree": "raters disagree",
    "random": "drawn at random",
    "unknown": "not analysed yet",
}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Suggestion:
    """A recording to label.

    Attributes
    ----------
    index : int
        Which of those that were given.
    reason : str
        One of `Reason`: for programs.
    words : str
        For people.
    """

    index: int
    reason: Reason
    words: str


def rank(
    summaries: NDArray[np.floating],
    probabilities: NDArray[np.floating] | None,
    labelled: NDArray[np.bool_],
    disagreement: NDArray[np.floating] | None = None,
    *,
    order: Order = DEFAULT_ORDER,
    most: int = MOST,
    seed: int = 0,
) -> list[Suggestion]:
    """Put recordings that are not labelled in order.

    Parameters
    ----------
    summaries : np.ndarray [shape=(n, s)]
        Features of whole recordings (`models.audio.heard.Heard.summary`); a row of NaN for one not analysed yet.
    probabilities : np.ndarray [shape=(n, 4)] or None
        Of the quadrants, by the model as it is now; a row of NaN where there are none. None before there is a model.
    labelled : np.ndarray [shape=(n,)]
        What the person has labelled.
    disagreement : np.ndarray [shape=(n,)], optional
        Of other raters (`models.evaluation.agreement.disagreement`), [0, 1]; NaN where fewer than two rated.
    order : {"mix", "unsure", "unlike", "typical", "random"}
        mix: ``u_i sum_j max(0, k(j, i) - max_l k(j, l))``, where k is the likeness of the personal model's kernel, l
        what was labelled or chosen before, and u how unsure the model is, ``1 - (p_1 - p_2)`` of its two highest
        probabilities, or twice the raters' disagreement where that is more. typical: the sum alone (facility location).
        unlike: the distance to the nearest l. unsure: u alone.
    most : int
        How many are chosen one after the other.
    seed : int
        Of random orders, and of what is drawn among equals.

    Returns
    -------
    list of Suggestion
        Every recording that is not labelled, the most useful first; those not analysed last.

    Raises
    ------
    ValueError
        If the arrays do not fit, or the order is unknown.
    """
    if order not in ORDERS:
        raise ValueError(f"the order is {order!r}; it must be one of {', '.join(ORDERS)}")
    x, done = np.asarray(summaries, np.float32), np.asarray(labelled, np.bool_)
    n = len(done)
    doubt = _doubt(probabilities, n)
    apart = np.full(n, np.nan) if disagreement is None else np.asarray(disagreement, np.float64)
    if x.ndim != 2 or len(x) != n or len(apart) != n:
        raise ValueError("there must be one summary, one mask and one disagreement per recording")
    random = np.random.default_rng(seed)
    known = np.isfinite(x).all(axis=1)
    unknown = [int(i) for i in random.permutation(np.flatnonzero(~known & ~done))]
    rest = [Suggestion(i, "unknown", _WORDS["unknown"]) for i in unknown]
    if order == "random" or not (known & ~done).any():
        drawn = random.permutation(np.flatnonzero(known & ~done))
        return [Suggestion(int(i), "random", _WORDS["random"]) for i in drawn] + rest
    where = np.flatnonzero(known)
    field = _Field(_z_scores(x[where]), done[where], random)
    unclear = np.fmax(doubt[where], np.minimum(1.0, 2 * np.nan_to_num(apart[where])))
    worth = _WORTH[order]
    # Among equals one is drawn: a list may be sorted by what is to be learned.
    drawn = random.permutation(len(where))
    chosen: list[Suggestion] = []
    free = ~done[where]

    def suggest(picked: list[int]) -> None:
        standing = _standing(field, free, doubt[where])
        for i in picked:
            reason = _reason(i, standing, doubt[where], apart[where])
            chosen.append(Suggestion(int(where[i]), reason, _words(reason, int(where[i]), probabilities)))

    for _ in range(min(most, int(free.sum()))):
        best = int(drawn[np.argmax(np.where(free, worth(field, unclear), -np.inf)[drawn])])
        suggest([best])
        free[best] = False
        field.take(best)
    if free.any():
        values = worth(field, unclear)
        suggest(sorted((int(i) for i in drawn if free[i]), key=lambda i: -values[i]))
    return chosen + rest


def _doubt(probabilities: NDArray[np.floating] | None, n: int) -> Floats:
    """How unsure the model is, [0, 1]: 1 where two quadrants are equally probable; 1 too where it said nothing."""
    if probabilities is None:
        return np.ones(n)
    p = np.asarray(probabilities, np.float64)
    if p.shape != (n, len(QUADRANTS)):
        raise ValueError("there must be four probabilities per recording")
    first = np.sort(p, axis=1)
    margin = first[:, -1] - first[:, -2]
    return np.where(np.isfinite(margin), 1.0 - margin, 1.0)


def _z_scores(x: NDArray[np.float32]) -> NDArray[np.float32]:
    std = x.std(axis=0)
    out: NDArray[np.float32] = np.clip((x - x.mean(axis=0)) / np.where(std < 1e-6, 1, std), -_CLIP, _CLIP)
    return out


class _Field:
    """How the recordings lie to each other, and to those that are labelled or chosen.

    Attributes
    ----------
    nearest : np.ndarray [shape=(n,)]
        Distance of each to the nearest that is labelled or chosen; infinite before there is one.
    gain : np.ndarray [shape=(n,)]
        How much likeness to all of them each would add to that of the labelled ones.
    """

    def __init__(self, z: NDArray[np.float32], done: NDArray[np.bool_], random: np.random.Generator) -> None:
        count = len(z)
        self._z, self._squares = z, np.square(z).sum(axis=1)
        compared = np.arange(count)
        if count > _MOST_COMPARED:
            compared = np.sort(random.permutation(count)[:_MOST_COMPARED])
        self._compared = compared
        self._likeness = np.exp(-_WIDTH * self._distances(compared))
        self._usual = self._likeness.sum(axis=0).astype(np.float64)
        self._covered = np.zeros(len(compared), np.float32)
        self.nearest: Floats = np.full(count, np.inf)
        self.gain = self._usual
        if done.any():
            self._cover(np.flatnonzero(done))

    def _distances(self, to: NDArray[np.int64]) -> NDArray[np.float32]:
        """Mean squared difference of z-scores [shape=(len(to), n)]."""
        square = self._squares[to][:, None] + self._squares - 2 * self._z[to] @ self._z.T
        out: NDArray[np.float32] = np.maximum(square, 0) / self._z.shape[1]
        return out

    def _cover(self, those: NDArray[np.int64]) -> None:
        away = self._distances(those).min(axis=0)
        self.nearest = np.minimum(self.nearest, away)
        self._covered = np.maximum(self._covered, np.exp(-_WIDTH * away[self._compared]))
        self.gain = np.maximum(self._likeness - self._covered[:, None], 0).sum(axis=0).astype(np.float64)

    def take(self, i: int) -> None:
        """Count one as labelled."""
        self._cover(np.array([i]))

    def gain_of_others(self) -> Floats:
        """The gain without what each adds to itself: large where many others are like it."""
        out: Floats = self.gain - (1 - np.exp(-_WIDTH * self.nearest))
        return out

    def far(self) -> Floats:
        """Distance to what is labelled; before there is any, nearness to the middle: an outlier is a bad start."""
        return self.nearest if np.isfinite(self.nearest).all() else self._usual


_WORTH: dict[Order, Callable[[_Field, Floats], Floats]] = {
    "mix": lambda field, unclear: field.gain * unclear,
    "typical": lambda field, unclear: field.gain,
    "unlike": lambda field, unclear: field.far(),
    "unsure": lambda field, unclear: unclear,
}


def _standing(field: _Field, free: NDArray[np.bool_], doubt: Floats) -> dict[Reason, Floats]:
    """Share of those that could be chosen that each is above, by each reason."""
    standing: dict[Reason, Floats] = {"typical": _above(field.gain_of_others(), free)}
    if np.isfinite(field.nearest).all():
        standing["unlike"] = _above(field.nearest, free)
    if np.ptp(doubt[free]) > 0:
        standing["unsure"] = _above(doubt, free)
    return standing


def _above(values: Floats, free: NDArray[np.bool_]) -> Floats:
    among = np.sort(values[free])
    out: Floats = np.searchsorted(among, values) / len(among)
    return out


def _reason(i: int, standing: dict[Reason, Floats], doubt: Floats, apart: Floats) -> Reason:
    """What sets a recording apart most from the others that could be chosen."""
    if np.isfinite(apart[i]) and apart[i] >= _APART and 2 * apart[i] >= doubt[i]:
        return "disagree"
    return max(standing, key=lambda reason: float(standing[reason][i]))


def _words(reason: Reason, i: int, probabilities: NDArray[np.floating] | None) -> str:
    if reason != "unsure" or probabilities is None:
        return _WORDS.get(reason, "the model is unsure")
    first, second = np.argsort(-np.asarray(probabilities[i], np.float64))[:2]
    said = f"{QUADRANTS[first]} {probabilities[i][first]:.0%}, {QUADRANTS[second]} {probabilities[i][second]:.0%}"
    return f"the model is unsure ({said})"
