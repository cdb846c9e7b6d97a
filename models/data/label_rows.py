"""One label by one rater: what the library, files and the measures of agreement speak of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.analysis import QUADRANTS
from models.data.labelled import quadrant_of
from models.data.traces import Trace

#: How far two labels of one rater may differ before they are two opinions.
_SAME = 1e-6
#: Pairs of opposite quadrants.
_OPPOSITE = ({0, 2}, {1, 3})


@dataclass(frozen=True)
class LabelRow:
    """What one rater said of one recording, or of a passage of it, or while it played.

    Attributes
    ----------
    file : Path
        The recording; as a table names it where it was not found.
    rater : str
        Name; "" where nobody is named.
    quadrant : str or None
        "Q1".."Q4".
    valence, arousal : float or None
        A point in [-1, 1]; both or neither.
    start_s, end_s : float or None
        The passage; both None for the whole recording.
    cant_say : bool
        The rater listened and could not tell.
    trace : Trace or None
        Ratings over time at 2 Hz, [-1, 1].
    chills : tuple of float
        Seconds at which the rater marked a chill.
    origin : str
        "label", "correction" or "import".
    blind, warm_up : bool
        Whether other answers were hidden; whether it was to get used to the task, and counts for nothing.
    made : str
        When, ISO 8601, UTC; "" unknown.
    seconds : float or None
        How long the rater took.
    group : str
        Artist or song: what must never lie on both sides of a split; "" unknown.
    """

    file: Path
    rater: str = ""
    quadrant: str | None = None
    valence: float | None = None
    arousal: float | None = None
    start_s: float | None = None
    end_s: float | None = None
    cant_say: bool = False
    trace: Trace | None = field(default=None, compare=False)
    chills: tuple[float, ...] = ()
    origin: str = "label"
    blind: bool = False
    warm_up: bool = False
    made: str = ""
    seconds: float | None = None
    group: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it labels the whole recording with a quadrant or a point, and counts."""
        return self.start_s is None and not self.warm_up and self.said is not None

    @property
    def said(self) -> int | None:
        """Quadrant 0..3 that was said, or in which the point lies; None for neither."""
        if self.quadrant is not None:
            return QUADRANTS.index(self.quadrant)
        if self.valence is not None and self.arousal is not None:
            return quadrant_of(self.valence, self.arousal)
        return None

    @property
    def words(self) -> str:
        """Return "Q1", "(+0.20, -0.50)", "can't say" or "a rating over time"."""
        parts = [] if self.quadrant is None else [self.quadrant]
        if self.valence is not None and self.arousal is not None:
            parts.append(f"({self.valence:+.2f}, {self.arousal:+.2f})")
        if self.cant_say:
            parts.append("can't say")
        return " ".join(parts) or "a rating over time"


@dataclass(frozen=True)
class RaterTable:
    """Labels of whole recordings as tables of raters by items, as `models.evaluation.agreement` takes them.

    Attributes
    ----------
    items : tuple of Path
        The recordings.
    raters : tuple of str
        Names.
    quadrants, valence, arousal : np.ndarray [shape=(raters, items)]
        0..3 and [-1, 1]; NaN where there is none. The quadrant of a point that came without one is that in which it
        lies.
    """

    items: tuple[Path, ...]
    raters: tuple[str, ...]
    quadrants: NDArray[np.float64]
    valence: NDArray[np.float64]
    arousal: NDArray[np.float64]


def rater_table(rows: Iterable[LabelRow]) -> RaterTable:
    """Arrange labels of whole recordings; of several by one rater the last one stands."""
    there = [row for row in rows if row.is_whole]
    items = tuple(dict.fromkeys(row.file for row in there))
    raters = tuple(sorted({row.rater for row in there}))
    item_at = {item: i for i, item in enumerate(items)}
    rater_at = {rater: i for i, rater in enumerate(raters)}
    quadrants, valence, arousal = (np.full((len(raters), len(items)), np.nan) for _ in range(3))
    for row in there:
        place = rater_at[row.rater], item_at[row.file]
        quadrants[place] = math.nan if row.said is None else row.said
        valence[place] = math.nan if row.valence is None else row.valence
        arousal[place] = math.nan if row.arousal is None else row.arousal
    return RaterTable(items, raters, quadrants, valence, arousal)


def mean_trace(traces: Sequence[Trace]) -> Trace:
    """Mean of ratings over time at each half second that anybody rated; NaN where nobody rated a dimension."""
    times_s = np.unique(np.concatenate([trace.times_s for trace in traces])).astype(np.float64)

    def mean(named: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
        total, count = np.zeros(len(times_s)), np.zeros(len(times_s))
        for trace, values in zip(traces, named, strict=True):
            at = np.searchsorted(times_s, trace.times_s)
            total[at] += np.nan_to_num(values)
            count[at] += np.isfinite(values)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    return Trace(times_s, mean([trace.valence for trace in traces]), mean([trace.arousal for trace in traces]))


def contradictions(rows: Sequence[LabelRow]) -> list[str]:
    """Say where one rater said two things of one place, and where raters chose opposite quadrants; nothing is dropped.

    Returns
    -------
    list of str
        Sentences; one for each rater's double label, one for all recordings on which raters are opposed.
    """
    by_place: dict[tuple[Path, str, float | None, float | None], list[LabelRow]] = {}
    for row in rows:
        if row.trace is None and not row.warm_up:
            by_place.setdefault((row.file, row.rater, row.start_s, row.end_s), []).append(row)
    out = []
    for (file, rater, *_), mine in by_place.items():
        different = [row for row in mine[:-1] if not _alike(row, mine[-1])]
        if different:
            said = " and ".join(dict.fromkeys(row.words for row in (*different, mine[-1])))
            out.append(f"{rater or 'One rater'} says {said} of {file.name}: the last one stands.")
    table = rater_table(rows)
    opposed = [
        i for i in range(len(table.items)) if any(pair <= set(table.quadrants[:, i].tolist()) for pair in _OPPOSITE)
    ]
    if opposed:
        first = opposed[0]
        said = ", ".join(
            f"{rater or 'unnamed'} {QUADRANTS[int(q)]}"
            for rater, q in zip(table.raters, table.quadrants[:, first], strict=True)
            if np.isfinite(q)
        )
        out.append(
            f"Raters chose opposite quadrants for {len(opposed)} of {len(table.items)} recordings, "
            f"{table.items[first].name} first ({said}). All labels are kept."
        )
    return out


def _alike(a: LabelRow, b: LabelRow) -> bool:
    def same(x: float | None, y: float | None) -> bool:
        return x is y or (x is not None and y is not None and abs(x - y) < _SAME)

    both = a.quadrant == b.quadrant and a.cant_say == b.cant_say
    return both and same(a.valence, b.valence) and same(a.arousal, b.arousal)


def groups_of(rows: Iterable[LabelRow]) -> Mapping[Path, str]:
    """Group of each recording, the first that is named."""
    out: dict[Path, str] = {}
    for row in rows:
        if row.group:
            out.setdefault(row.file, row.group)
    return out
