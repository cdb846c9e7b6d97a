"""The second paper's lag-order study (its figures 6 and 7), done twice: without the target's own past, and with it.

The paper: "the lag order refers to the number of previous time points used as predictors", best at 25 half-seconds, and
every score improves up to there. It does not say that the predictors exclude earlier values of valence and arousal
themselves. Ratings are held and smoothed; the value of half a second ago is nearly the value now. A model that is given
it scores near 1 without listening, and has nothing to say about a piece that nobody has rated yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.comprehensive import INDICATORS, comprehensive_scores
from models.evaluation.intervals import GroupDraws
from models.evaluation.regression import regression_figures, regression_figures_of, regression_sums
from models.training.selection import forest_importance
from models.training.splits import grouped_folds

#: The paper's orders, in steps of half a second.
ORDERS = tuple(range(1, 30))
MOST = ORDERS[-1]
DIMENSIONS = ("valence", "arousal")
PARTS = ("train", "validation", "test")
#: Strengths of ridge regression; the validation part chooses.
STRENGTHS = (1e1, 1e2, 1e3, 1e4, 1e5)
FOLDS = 5
#: Features that enter, the most important ones of a random forest over the training part: 29 lags of each are a lot.
BEST = 20
_TREES = 20
#: Fewer points of a piece have no movement to follow.
_FEWEST = 3

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Piece:
    """Features [shape=(t, f)] and ratings [shape=(t, 2)] of one piece at 2 Hz, without gaps; its group for splits."""

    x: NDArray[np.floating]
    y: NDArray[np.floating]
    group: str


def lagged(values: NDArray[np.floating], orders: Sequence[int]) -> Array:
    """Values at t, or at so many steps before it, side by side.

    Parameters
    ----------
    values : np.ndarray [shape=(t, f)]
        Of one piece.
    orders : sequence of int
        Lags in steps, 0 .. 29.

    Returns
    -------
    np.ndarray [shape=(t - 29, len(orders) * f)]
        One row per step that has 29 before it: every order is judged on the same steps, and no value is made up for
        before the start.
    """
    steps = len(values)
    parts = [np.asarray(values[MOST - lag : steps - lag], np.float64) for lag in orders]
    return np.concatenate(parts, axis=1) if parts else np.empty((max(0, steps - MOST), 0))


@dataclass(frozen=True)
class _Table:
    """Rows of all pieces of a part: predictors, ratings, and the piece that each row is of."""

    x: Array
    y: Array
    piece: NDArray[np.int64]


def _table(pieces: Sequence[Piece], *, past: bool) -> _Table:
    """Features of the moment, then lag by lag features (with `past`, features and ratings) of before.

    So the predictors of a model of any order are the first columns (see `_width`).
    """
    rows = []
    for piece in pieces:
        now = lagged(piece.x, (0,))
        before = np.concatenate((piece.x, piece.y), axis=1) if past else piece.x
        rows.append(np.concatenate((now, lagged(before, ORDERS)), axis=1))
    y = np.concatenate([np.asarray(piece.y[MOST:], np.float64) for piece in pieces])
    which = np.concatenate([np.full(len(row), i) for i, row in enumerate(rows)])
    return _Table(np.concatenate(rows), y, which)


def _width(order: int, features: int, *, past: bool) -> int:
    """How many columns of `_table` a model of this order sees."""
    return features + order * (features + (2 if past else 0))


class _Ridge:
    """Ridge regression on the first columns of tables that it standardises once, in place."""

    def __init__(self, tables: Mapping[str, _Table]) -> None:
        train = tables["train"]
        mean, scale = train.x.mean(axis=0), train.x.std(axis=0)
        scale[scale < 1e-9] = 1.0
        for table in tables.values():
            table.x[:] = (table.x - mean) / scale
        self.tables = tables
        self.offset = train.y.mean(axis=0)
        self.gram = train.x.T @ train.x
        self.moment = train.x.T @ (train.y - self.offset)

    def fit(self, width: int, strength: float) -> Array:
        """Weights [shape=(width, 2)] of the first columns."""
        gram = self.gram[:width, :width] + strength * np.eye(width)
        weights: Array = np.linalg.solve(gram, self.moment[:width])
        return weights

    def predict(self, part: str, weights: Array) -> Array:
        """Valence and arousal [shape=(n, 2)], held inside [-1, 1]."""
        answer: Array = np.clip(self.tables[part].x[:, : len(weights)] @ weights + self.offset, -1, 1)
        return answer


def divide(pieces: Sequence[Piece], fold: int) -> dict[str, list[int]]:
    """Indices of pieces for training, validation and test in one of five rotations; no group is in two parts."""
    # Grouped folds balance classes; here the class is the side of arousal, the clearer dimension.
    sides = [int(piece.y[:, 1].mean() >= 0) for piece in pieces]
    fold_of = grouped_folds(sides, [piece.group for piece in pieces], FOLDS)
    watched = (fold + 1) % FOLDS
    return {
        "train": [i for i, f in enumerate(fold_of) if f not in (fold, watched)],
        "validation": [i for i, f in enumerate(fold_of) if f == watched],
        "test": [i for i, f in enumerate(fold_of) if f == fold],
    }


def figures_01(truth: Array, answer: Array) -> dict[str, float]:
    """R2, MAE, RMSE and MAPE of one dimension on the paper's scale of 0..1, from values in [-1, 1]."""
    figures = regression_figures_of(truth, answer)
    return {
        "r2": round(figures["r2"], 4),
        "mae": round(figures["mae"] / 2, 4),
        "rmse": round(figures["rmse"] / 2, 4),
        "mape": round(figures["mape"], 4),
    }


def within_correlation(truth: Array, answer: Array, piece: NDArray[np.int64]) -> float:
    """Mean Pearson correlation inside pieces; 0 for a flat answer, pieces whose rating does not move left out."""
    found = []
    for i in np.unique(piece):
        t, a = truth[piece == i], answer[piece == i]
        if len(t) >= _FEWEST and t.std() > 1e-4:
            found.append(float(np.corrcoef(t, a)[0, 1]) if a.std() > 1e-9 else 0.0)
    return round(float(np.mean(found)), 4) if found else float("nan")


def r2_interval(truth: Array, answer: Array, groups: Sequence[str]) -> list[float]:
    """95% interval of R2, low and high, from a bootstrap over the groups that rows belong to."""
    sums = regression_sums(truth, answer)
    score = GroupDraws(groups).scores(lambda s: {"r2": regression_figures(s)["r2"]}, sums)["r2"]
    return [round(score.low, 4), round(score.high, 4)]


class _Pool:
    """Answers to all rotations, each row of a part as often as it was in it."""

    def __init__(self) -> None:
        self.truth: list[Array] = []
        self.answer: list[Array] = []
        self.piece: list[NDArray[np.int64]] = []

    def add(self, truth: Array, answer: Array, piece: NDArray[np.int64]) -> None:
        self.truth.append(truth)
        self.answer.append(answer)
        self.piece.append(piece)

    def figures(self, groups: Sequence[str] | None = None) -> dict[str, Any]:
        truth, answer = np.concatenate(self.truth), np.concatenate(self.answer)
        piece = np.concatenate(self.piece)
        out: dict[str, Any] = {}
        for d, name in enumerate(DIMENSIONS):
            out[name] = figures_01(truth[:, d], answer[:, d])
            if groups is not None:  # of the test part: movement inside pieces, and the 95% interval of R2 over groups
                out[name]["within_piece_r"] = within_correlation(truth[:, d], answer[:, d], piece)
                out[name]["r2_interval"] = r2_interval(truth[:, d], answer[:, d], [groups[i] for i in piece])
        return out


def _best_features(pieces: Sequence[Piece]) -> NDArray[np.int64]:
    x, y = np.concatenate([piece.x for piece in pieces]), np.concatenate([piece.y for piece in pieces])
    if x.shape[1] <= BEST:
        return np.arange(x.shape[1])
    return np.sort(np.argsort(-forest_importance(x, y, trees=_TREES))[:BEST])


def _study(
    pieces: Sequence[Piece], orders: Sequence[int], best: Sequence[NDArray[np.int64]], *, past: bool
) -> list[dict[str, Any]]:
    groups = [piece.group for piece in pieces]
    pools = {(order, part): _Pool() for order in orders for part in PARTS}
    chosen: dict[int, list[float]] = {order: [] for order in orders}
    for fold in range(FOLDS):
        parts = divide(pieces, fold)
        narrow = [Piece(piece.x[:, best[fold]], piece.y, piece.group) for piece in pieces]
        tables = {part: _table([narrow[i] for i in indices], past=past) for part, indices in parts.items()}
        ridge = _Ridge(tables)
        for order in orders:
            width = _width(order, len(best[fold]), past=past)
            fits = [ridge.fit(width, strength) for strength in STRENGTHS]
            errors = [((ridge.predict("validation", w) - tables["validation"].y) ** 2).mean() for w in fits]
            winner = int(np.argmin(errors))
            chosen[order].append(STRENGTHS[winner])
            for part, table in tables.items():
                answer = ridge.predict(part, fits[winner])
                pools[order, part].add(table.y, answer, np.array(parts[part])[table.piece])
    return [
        {
            "order": order,
            "strengths": chosen[order],
            **{part: pools[order, part].figures(groups if part == "test" else None) for part in PARTS},
        }
        for order in orders
    ]


def _repeat_last(pieces: Sequence[Piece]) -> dict[str, Any]:
    """The baseline that says the rating of half a second ago again."""
    pool = _Pool()
    for i, piece in enumerate(pieces):
        y = np.asarray(piece.y, np.float64)
        pool.add(y[MOST:], y[MOST - 1 : -1], np.full(len(y) - MOST, i))
    return pool.figures([piece.group for piece in pieces])


def comprehensive_by_order(study: Sequence[dict[str, Any]]) -> dict[str, list[float]]:
    """The paper's entropy-weighted score of each order (its figure 7), from 4 indicators of 3 parts per dimension."""
    out = {}
    for name in DIMENSIONS:
        table = [[entry[part][name][key] for part in PARTS for key in INDICATORS] for entry in study]
        try:
            scores = comprehensive_scores(
                np.array(table), [INDICATORS[key] for _ in PARTS for key in INDICATORS]
            ).scores
        except ValueError:  # all orders score alike to the last digit
            scores = np.full(len(study), np.nan)
        out[name] = [round(float(score), 4) for score in scores]
    return out


def lag_study(pieces: Sequence[Piece], features: str, orders: Sequence[int] = ORDERS) -> dict[str, Any]:
    """Ridge regression on lagged features, and again with the target's own past, per lag order.

    Parameters
    ----------
    pieces : sequence of Piece
        Pieces of 30 steps or more; shorter ones are left out. Nine groups or so at least.
    features : str
        What the features are, for the report.
    orders : sequence of int
        Lag orders, 1 .. 29.

    Returns
    -------
    dict
        For the report: figures of each order for train, validation and test on the 0..1 scale, pooled over five
        rotations of a grouped split; the same with the ratings' own past; and the baseline that repeats the last
        value. R2 of the test part with its 95% interval over groups.
    """
    usable = [piece for piece in pieces if len(piece.y) > MOST]
    best = [_best_features([usable[i] for i in divide(usable, fold)["train"]]) for fold in range(FOLDS)]
    honest = _study(usable, orders, best, past=False)
    leaking = _study(usable, orders, best, past=True)
    return {
        "experiment": "lag order",
        "model": "ridge regression, strength chosen on the validation part",
        "features": features,
        "n_features": int(usable[0].x.shape[1]),
        "n_features_used": len(best[0]),
        "pieces": len(usable),
        "pieces_too_short": len(pieces) - len(usable),
        "groups": len({piece.group for piece in usable}),
        "steps": int(sum(len(piece.y) - MOST for piece in usable)),
        "honest": honest,
        "with_own_past": leaking,
        "comprehensive_honest": comprehensive_by_order(honest),
        "comprehensive_with_own_past": comprehensive_by_order(leaking),
        "repeat_last_value": _repeat_last(usable),
    }
