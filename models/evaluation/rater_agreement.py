"""What is to be said of the agreement of raters over a set of labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.analysis import QUADRANTS
from models.data.label_rows import LabelRow, RaterTable, rater_table
from models.evaluation.agreement import (
    Consensus,
    Icc,
    QuadrantConsensus,
    alpha_score,
    consensus,
    disagreement,
    discuss_first,
    icc,
    quadrant_consensus,
)
from models.evaluation.intervals import Score

#: Krippendorff (2004, Content Analysis, p. 241): conclusions from 0.8 on, tentative ones from 0.667 on.
RELIABLE, TENTATIVE = 0.8, 0.667
DIMENSIONS = ("valence", "arousal")


@dataclass(frozen=True)
class RaterLine:
    """One rater beside the others.

    Attributes
    ----------
    name : str
        "" where nobody is named.
    labels, points, cant_say : int
        Whole recordings that were labelled, those of them with a point, and those of which nothing could be said.
    with_others : float
        Share of quadrants that are those that most of the others say; NaN without any to compare with.
    valence_shift, arousal_shift : float
        Mean difference to the others' mean, on the scale [-1, 1]; NaN without any to compare with.
    """

    name: str
    labels: int
    points: int
    cant_say: int
    with_others: float
    valence_shift: float
    arousal_shift: float


@dataclass(frozen=True)
class Discussion:
    """A recording worth talking about.

    Attributes
    ----------
    file : Path
        The recording.
    apart : float
        Of `models.evaluation.agreement.disagreement`, [0, 1].
    words : str
        What each rater said: "Anna Q1, Ben Q3".
    """

    file: Path
    apart: float
    words: str


@dataclass(frozen=True)
class Agreement:
    """Agreement over a set of labels of whole recordings.

    Warm-ups, passages and corrections do not count: who corrects has seen what the model says.

    Attributes
    ----------
    table : RaterTable
        The labels.
    shared : int
        Recordings that two raters or more labelled.
    raters : tuple of RaterLine
        By name.
    alpha : dict of str to Score
        Krippendorff's, of "quadrant" (nominal), "valence" and "arousal" (interval), as far as there are any; NaN where
        nothing can be told.
    icc : dict of str to tuple of Icc
        ICC(2,1) and ICC(2,k) of valence and of arousal over the recordings that every rater of points rated; nothing
        with fewer than two of these raters.
    quadrants : QuadrantConsensus
        Per recording of the table.
    points : dict of str to Consensus
        "valence" and "arousal", per recording of the table.
    discuss : tuple of Discussion
        Those that the raters disagree on most first.
    """

    table: RaterTable
    shared: int
    raters: tuple[RaterLine, ...]
    alpha: dict[str, Score]
    icc: dict[str, tuple[Icc, ...]]
    quadrants: QuadrantConsensus
    points: dict[str, Consensus]
    discuss: tuple[Discussion, ...]


def agreement_of(rows: Sequence[LabelRow]) -> Agreement:
    """Compute all of it; rows of any kind, of which free labels of whole recordings are taken."""
    rows = [row for row in rows if row.origin != "correction"]
    table = rater_table(rows)
    planes = {"valence": table.valence, "arousal": table.arousal}
    apart = disagreement(table.quadrants, table.valence, table.arousal)
    alpha = {"quadrant": alpha_score(table.quadrants, "nominal")}
    correlations: dict[str, tuple[Icc, ...]] = {}
    for name, values in planes.items():
        mine = values[np.isfinite(values).any(axis=1)]
        if len(mine):
            alpha[name] = alpha_score(mine, "interval")
        if len(mine) > 1:
            correlations[name] = (icc(mine.T, "ICC2"), icc(mine.T, "ICC2k"))
    return Agreement(
        table=table,
        shared=int((np.isfinite(table.quadrants).sum(axis=0) > 1).sum()),
        raters=tuple(_line(table, i, rows) for i in range(len(table.raters))),
        alpha=alpha,
        icc=correlations,
        quadrants=quadrant_consensus(table.quadrants),
        points={name: consensus(values) for name, values in planes.items()},
        discuss=tuple(Discussion(table.items[i], float(apart[i]), _words(table, i)) for i in discuss_first(apart)),
    )


def _line(table: RaterTable, rater: int, rows: Sequence[LabelRow]) -> RaterLine:
    others = np.arange(len(table.raters)) != rater
    mine = table.quadrants[rater]
    said = quadrant_consensus(table.quadrants[others]).quadrant
    both = np.isfinite(mine) & (said >= 0)
    name = table.raters[rater]

    def shift(values: NDArray[np.float64]) -> float:
        apart = values[rater] - consensus(values[others]).mean
        there = apart[np.isfinite(apart)]
        return float(there.mean()) if there.size else float("nan")

    return RaterLine(
        name=name,
        labels=int(np.isfinite(mine).sum()),
        points=int(np.isfinite(table.valence[rater]).sum()),
        cant_say=sum(row.cant_say and row.rater == name and not row.warm_up for row in rows),
        with_others=float((mine[both] == said[both]).mean()) if both.any() else float("nan"),
        valence_shift=shift(table.valence),
        arousal_shift=shift(table.arousal),
    )


def _words(table: RaterTable, item: int) -> str:
    out = []
    for i, name in enumerate(table.raters):
        said = table.quadrants[i, item]
        if np.isfinite(said):
            point = table.valence[i, item], table.arousal[i, item]
            where = f" ({point[0]:+.2f}, {point[1]:+.2f})" if np.isfinite(point).all() else ""
            out.append(f"{name or 'unnamed'} {QUADRANTS[int(said)]}{where}")
    return ", ".join(out)


def verdict(alpha: Score) -> str:
    """Say what an alpha is good for."""
    if not np.isfinite(alpha.value):
        return "not defined: no two raters labelled the same recordings, or all labels are alike"
    if alpha.value >= RELIABLE:
        return "reliable"
    return "enough for tentative conclusions" if alpha.value >= TENTATIVE else "too low to conclude from single labels"
