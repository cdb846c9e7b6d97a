"""What the second paper does to features before its network: fill gaps, rank by a random forest, drop the useless."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.errors import JobError

#: The paper's threshold on random-forest importance.
IMPORTANCE_THRESHOLD = 0.0015
#: A forest learns its ranking from a sample: neighbouring half-seconds are nearly copies.
_FOREST_ROWS = 4000


def forward_fill(x: NDArray[np.floating]) -> NDArray[np.float32]:
    """Put the last value before a gap into it, per feature; a gap at the start takes the first value after it.

    Parameters
    ----------
    x : np.ndarray [shape=(t, f)]
        A feature sequence; NaN or infinite where there is no value.

    Returns
    -------
    np.ndarray [shape=(t, f), dtype=float32]
        Without gaps. A feature without any value is 0 throughout.
    """
    there = np.isfinite(x)
    steps = np.arange(len(x))[:, None]
    last = np.maximum.accumulate(np.where(there, steps, -1), axis=0)
    first = np.where(there.any(axis=0), there.argmax(axis=0), 0)
    filled = np.take_along_axis(np.asarray(x, np.float32), np.where(last < 0, first, last), axis=0)
    return np.where(np.isfinite(filled), filled, np.float32(0))


def forest_importance(
    x: NDArray[np.floating], y: NDArray[np.floating], *, trees: int = 100, seed: int = 0
) -> NDArray[np.float64]:
    """Importance of each feature in a random forest: its share of all reduction of variance, summing to 1.

    Needs scikit-learn, and so does training only: what is selected is kept with the network.

    Parameters
    ----------
    x : np.ndarray [shape=(n, f)]
        Features of the training part, without gaps; up to 4,000 rows are drawn of them.
    y : np.ndarray [shape=(n, d)]
        Targets, for instance valence and arousal; their importances are averaged.
    trees, seed : int
        Of the forest.

    Returns
    -------
    np.ndarray [shape=(f,)]
        Not negative, sum 1 (0 where y never changes).

    Raises
    ------
    JobError
        "bad_data" without scikit-learn.
    """
    try:
        from sklearn.ensemble import RandomForestRegressor
    except ImportError as error:
        raise JobError(
            "bad_data", "Ranking features needs scikit-learn: install it, or train with a threshold of 0.", str(error)
        ) from None
    random = np.random.default_rng(seed)
    rows = random.permutation(len(x))[:_FOREST_ROWS]
    total = np.zeros(x.shape[1])
    for target in y.T:
        forest = RandomForestRegressor(trees, max_features=1 / 3, min_samples_leaf=3, random_state=seed, n_jobs=1)
        total += forest.fit(x[rows], target[rows]).feature_importances_
    out: NDArray[np.float64] = total / y.shape[1]
    return out


def select(importance: NDArray[np.floating], threshold: float = IMPORTANCE_THRESHOLD) -> NDArray[np.bool_]:
    """Which features reach the threshold; all of them if none does.

    A threshold on a share depends on how many features share: 0.0015 drops what does worse than average among more
    than 667 features, and almost nothing among 50.
    """
    kept: NDArray[np.bool_] = importance >= threshold
    return kept if kept.any() else np.ones_like(kept)
