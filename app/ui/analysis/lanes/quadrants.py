"""The probabilities of the four quadrants over time, stacked to 1."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor

from app.ui.analysis.lanes.base import Lane, Reading
from app.ui.analysis.lanes.items import Stack
from app.ui.analysis.pyramid import MAX_POINTS, ColumnPyramid
from app.ui.strings import NOTHING, percent, quadrant_label, tr
from app.ui.theme import Tokens
from app.ui.timescale import TimeAxis
from models.analysis import QUADRANTS, Analysis
from models.figures.palette import QUADRANT_COLOURS


class QuadrantLane(Lane):
    """Q1 on top, then Q2, Q3, Q4: the edge between Q2 and Q3 parts the aroused from the quiet."""

    weight = 1.15
    least_px = 92
    range = (0.0, 1.0)

    def __init__(self) -> None:
        super().__init__()
        self._over_time: ColumnPyramid | None = None
        self._areas = Stack()
        self.items = [self._areas]

    @property
    def title(self) -> str:
        """Name of the lane."""
        return tr("Quadrants")

    @property
    def about(self) -> str:
        """What is drawn."""
        return tr(
            "Estimated probability of each quadrant at each moment, from about six seconds of music around it; "
            "the four add up to 1."
        )

    @property
    def ready(self) -> bool:
        """Whether a model has spoken."""
        return self._over_time is not None

    def ticks(self) -> list[tuple[float, str]]:
        """Probability."""
        return [(1.0, "1"), (0.5, "0.5"), (0.0, "0")]

    def grid(self) -> list[float]:
        """An even chance of high and low arousal."""
        return [0.5]

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Take the probabilities over time."""
        self._over_time = None
        if analysis is not None and len(analysis.times_s):
            first_s = float(analysis.times_s[0]) - analysis.step_s / 2
            self._over_time = ColumnPyramid(analysis.quadrants_over_time, analysis.step_s, offset_s=first_s)
        self._areas.visible = self._over_time is not None

    def apply(self, tokens: Tokens) -> None:
        """Colours of the quadrants, parted by a line of the page's own colour."""
        ground = QColor(tokens.panel)
        fills = []
        for quadrant in QUADRANTS:
            fill = QColor(QUADRANT_COLOURS[quadrant])
            mixed = [0.86 * a + 0.14 * b for a, b in zip(fill.getRgbF(), ground.getRgbF(), strict=True)]
            fills.append(QColor.fromRgbF(*mixed))
        self._areas.set_colours(fills, ground)

    def refresh(self, axis: TimeAxis, columns: int) -> None:
        """Hand the visible stack to the areas."""
        assert self._over_time is not None
        left_s, bin_s, slices = self._over_time.view(axis.start_s, axis.end_s, min(columns, MAX_POINTS - 8))
        if not len(slices):
            return
        times_s = left_s + (np.arange(len(slices)) + 0.5) * bin_s
        # The first and last half step, which have no centre of their own, are as their neighbours.
        times_s = np.concatenate(([left_s], times_s, [left_s + len(slices) * bin_s]))
        from_below = np.cumsum(slices[:, ::-1], axis=1)[:, ::-1]  # column q: the sum of q..Q4
        from_below = np.concatenate((from_below[:1], from_below, from_below[-1:]))
        from_below[:, 0] = 1.0
        self._areas.set_edges(times_s, from_below)

    def readings(self, time_s: float) -> list[Reading]:
        """Return the four probabilities at a time, in the order of the stack."""
        values = self._over_time.at(time_s) if self._over_time is not None else None
        return [
            Reading(
                quadrant_label(quadrant, short=True),
                NOTHING if values is None else percent(float(values[index])),
                quadrant=quadrant,
            )
            for index, quadrant in enumerate(QUADRANTS)
        ]
