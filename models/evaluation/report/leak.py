"""What a split by clips is worth: the same simple classifiers under random folds and under grouped folds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.labelled import LabelledClip
from models.errors import JobError
from models.evaluation.metrics import quadrant_scores
from models.evaluation.report.quadrants import Material
from models.training.features import Features
from models.training.splits import grouped_folds, sibling_copy

FOLDS = 5
SEEDS = (0, 1, 2)
_TREES = 200

Rows = NDArray[np.float64]
Classifier = Callable[[Rows, NDArray[np.int64], Rows], NDArray[np.int64]]


def band_statistics(features: Features) -> Rows:
    """Mean and standard deviation of each mel band over each clip [shape=(n, 256)]."""
    return np.stack([np.r_[clip.mean(axis=1), clip.std(axis=1)] for clip in (f.astype(np.float64) for f in features)])


def _trees(x: Rows, y: NDArray[np.int64], fresh: Rows) -> NDArray[np.int64]:
    try:
        from sklearn.ensemble import ExtraTreesClassifier
    except ImportError as error:
        raise JobError("bad_data", "This experiment needs scikit-learn: install it.", str(error)) from None

    answer: NDArray[np.int64] = ExtraTreesClassifier(_TREES, random_state=0, n_jobs=1).fit(x, y).predict(fresh)
    return answer


def _nearest(x: Rows, y: NDArray[np.int64], fresh: Rows) -> NDArray[np.int64]:
    """The label of the clip that sounds most alike: hardly a recogniser, but very good at finding siblings."""
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    a, b = (fresh - mean) / scale, (x - mean) / scale
    distance = (a**2).sum(axis=1)[:, None] - 2 * a @ b.T + (b**2).sum(axis=1)
    nearest: NDArray[np.int64] = y[distance.argmin(axis=1)]
    return nearest


CLASSIFIERS: dict[str, Classifier] = {"extra trees": _trees, "nearest neighbour": _nearest}


def sibling_leak(data: Material, clips: Sequence[LabelledClip]) -> dict[str, Any]:
    """Score classifiers on mel-band statistics under folds by clip and folds by group, and copying alone.

    Parameters
    ----------
    data : Material
        One source.
    clips : sequence of LabelledClip
        The same clips.

    Returns
    -------
    dict
        For the report: accuracy with 95% interval over groups, over 5 folds and three divisions; what copying the
        label of another clip of the group scores without listening.
    """
    x = band_statistics(data.features)
    each_its_own = [str(i) for i in range(len(data.groups))]
    entries = []
    for name, classify in CLASSIFIERS.items():
        for by, groups in (("clip", each_its_own), ("group", data.groups)):
            answers = []
            for seed in SEEDS:
                fold_of = grouped_folds(data.labels.tolist(), groups, FOLDS, seed)
                answer = np.empty_like(data.labels)
                for fold in range(FOLDS):
                    held = fold_of == fold
                    answer[held] = classify(x[~held], data.labels[~held], x[held])
                answers.append(answer)
            scores = quadrant_scores(
                np.tile(data.labels, len(SEEDS)), np.concatenate(answers), data.groups * len(SEEDS)
            )
            chosen = {figure: scores[figure].as_dict() for figure in ("accuracy", "macro_f1")}
            entries.append({"classifier": name, "folds_by": by, **chosen})
    copied = sibling_copy(clips)
    return {
        "experiment": "sibling leak",
        "source": data.source,
        "features": "mean and standard deviation of 128 mel bands per clip",
        "clips": len(data.labels),
        "groups": len(set(data.groups)),
        "clips_with_siblings": copied.clips,
        "copying_a_sibling": round(copied.accuracy, 4),
        "copying_any_clip": round(copied.chance, 4),
        "entries": entries,
    }
