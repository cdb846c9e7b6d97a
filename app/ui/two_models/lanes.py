"""Lanes of two models: each one's quadrants, both in valence and in arousal, and how far they are apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.ui.analysis.lanes import Lane, QuadrantLane, Reading
from app.ui.analysis.lanes.band import Band
from app.ui.analysis.lanes.items import Line
from app.ui.analysis.pyramid import MinMaxPyramid
from app.ui.strings import DASH, MINUS, NOTHING, between, percent, signed, tr
from app.ui.theme import AXIS_PX, Tokens, font
from app.ui.timescale import TimeAxis
from models.analysis import Analysis
from models.inference.differences import Differences, DifferingMoment

_SIDES = ("A", "B")


class SideQuadrants(QuadrantLane):
    """The quadrants of one of the two models."""

    def __init__(self, side: Literal["A", "B"]) -> None:
        super().__init__()
        self._side = side

    @property
    def title(self) -> str:
        """Whose they are."""
        return tr("{side}: quadrants").format(side=self._side)


class PairLane(Lane):
    """Valence or arousal as both models have it: A a line and a plain band, B broken and hatched."""

    weight = 1.2
    least_px = 82  # four readings beside it
    range = (-1.0, 1.0)

    def __init__(self, aspect: Literal["valence", "arousal"]) -> None:
        super().__init__()
        self._aspect = aspect
        self._levels: list[MinMaxPyramid | None] = [None, None]
        self._coverage = [0.0, 0.0]
        self._colours = ("", "")
        self.bands = (
            Band(Qt.BrushStyle.SolidPattern, Qt.PenStyle.SolidLine),
            Band(Qt.BrushStyle.BDiagPattern, Qt.PenStyle.DashLine),
        )
        self._curves = (Line(), Line())
        self.items = [*self.bands, *self._curves]

    @property
    def title(self) -> str:
        """What both lines show."""
        return tr("Valence") if self._aspect == "valence" else tr("Arousal")

    @property
    def about(self) -> str:
        """What is drawn."""
        return tr(
            "Estimated by both models, {minus}1{dash}1: A as a line with a plain band, B broken with a hatched one. A "
            "model without bands has none."
        ).format(minus=MINUS, dash=DASH)

    @property
    def ready(self) -> bool:
        """Whether one of them has spoken."""
        return any(levels is not None for levels in self._levels)

    def ticks(self) -> list[tuple[float, str]]:
        """Both ends and the middle."""
        return [(1.0, "1"), (0.0, "0"), (-1.0, f"{MINUS}1")]

    def grid(self) -> list[float]:
        """Neither one nor the other."""
        return [0.0]

    def set_side(self, side: int, analysis: Analysis | None) -> None:
        """Take what model A (0) or B (1) says, or that it says nothing yet."""
        levels = edges = None
        step_s = first_s = 0.0
        self._coverage[side] = 0.0
        if analysis is not None and len(analysis.times_s):
            valence = self._aspect == "valence"
            step_s = analysis.step_s
            first_s = float(analysis.times_s[0]) - step_s / 2
            values = np.clip(analysis.valence_over_time if valence else analysis.arousal_over_time, -1, 1)
            levels = MinMaxPyramid(values, values, step_s, first_s)
            if analysis.band_coverage > 0:
                edges = analysis.valence_band_over_time if valence else analysis.arousal_band_over_time
                self._coverage[side] = analysis.band_coverage
        self._levels[side] = levels
        self.bands[side].set_band(edges, step_s, first_s)
        self.bands[side].visible = self.bands[side].levels is not None
        self._curves[side].visible = levels is not None

    def apply(self, tokens: Tokens) -> None:
        """A in the colour of valence or arousal, B in that of the text."""
        own = tokens.valence if self._aspect == "valence" else tokens.arousal
        self._colours = (own, tokens.text)
        for band, colour in zip(self.bands, (own, tokens.soft), strict=True):
            band.set_colour(colour, dark=tokens.dark)

    def refresh(self, axis: TimeAxis, columns: int) -> None:
        """Hand the visible stretch to both curves."""
        styles = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine)
        for item, levels, band, colour, style in zip(
            self._curves, self._levels, self.bands, self._colours, styles, strict=True
        ):
            if levels is None:
                continue
            if band.visible:
                band.show_range(axis, columns)
            times_s, values = levels.view(axis.start_s, axis.end_s, columns)
            item.set_points(times_s, values, QPen(QColor(colour), 1.5, style), smooth=True)

    def paint_over(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        """Name both lines where they leave the view on the right."""
        at_s = axis.end_s - axis.span_s * 10 / max(self.rect.width(), 1)
        ends = [
            [self.y_of(levels.at(at_s)[1]), side, colour]
            for side, levels, colour in zip(_SIDES, self._levels, self._colours, strict=True)
            if levels is not None
        ]
        ends.sort(key=lambda end: end[0])
        above = self.rect.top() - 7
        painter.setFont(font(AXIS_PX, strong=True))
        for index, (y, side, colour) in enumerate(ends):
            lowest = self.rect.bottom() - 8 - 15 * (len(ends) - 1 - index)
            above = min(max(y, above + 15), lowest)
            tag = QRectF(self.rect.right() - 17, above - 7.5, 15, 15)
            painter.setPen(QColor(colour))
            painter.setBrush(QColor(tokens.panel))
            painter.drawRoundedRect(tag, 3, 3)
            painter.setPen(QColor(tokens.text))
            painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, side)

    def readings(self, time_s: float) -> list[Reading]:
        """Both values at a time, each with the band around it."""
        out = []
        for side, levels, band, colour, coverage in zip(
            _SIDES, self._levels, self.bands, self._colours, self._coverage, strict=True
        ):
            value = signed(levels.at(time_s)[0]) if levels is not None else NOTHING
            out.append(Reading(side, value, colour=colour))
            if band.levels is not None:
                out.append(Reading(percent(coverage), between(*band.levels.at(time_s)), indent=True))
        return out


class DifferenceLane(Lane):
    """How far the two are apart, 0..1, and the moments where they are furthest."""

    weight = 0.6
    least_px = 66
    range = (0.0, 1.0)

    def __init__(self) -> None:
        super().__init__()
        self._levels: MinMaxPyramid | None = None
        self._aspects: list[MinMaxPyramid] = []
        self._moments: Sequence[DifferingMoment] = ()
        self._area = Line()
        self._pen = QPen()
        self.items = [self._area]

    @property
    def title(self) -> str:
        """Name of the lane."""
        return tr("Difference")

    @property
    def about(self) -> str:
        """What is drawn."""
        return tr(
            "How far the two are apart at each moment, 0 to 1: the largest of the share of belief that differs between "
            "the quadrants, half the difference in valence, and half that in arousal. Marks: where they differ most."
        )

    @property
    def ready(self) -> bool:
        """Whether both have spoken."""
        return self._levels is not None

    def ticks(self) -> list[tuple[float, str]]:
        """The range."""
        return [(1.0, "1"), (0.0, "0")]

    def set_differences(self, found: Differences | None, moments: Sequence[DifferingMoment]) -> None:
        """Take how far they are apart."""
        self._levels, self._aspects, self._moments = None, [], moments
        if found is not None and len(found.times_s):
            first_s = float(found.times_s[0]) - found.step_s / 2
            columns = [np.ascontiguousarray(found.over_time[:, index]) for index in range(3)]
            self._levels = MinMaxPyramid(found.size, found.size, found.step_s, first_s)
            self._aspects = [MinMaxPyramid(column, column, found.step_s, first_s) for column in columns]
        self._area.visible = self._levels is not None

    def apply(self, tokens: Tokens) -> None:
        """The accent's colour."""
        self._area.fill = tokens.colour("accent", 0.35)
        self._pen = QPen(QColor(tokens.accent), 1)

    def refresh(self, axis: TimeAxis, columns: int) -> None:
        """Hand the visible stretch to the area."""
        assert self._levels is not None
        times_s, values = self._levels.view(axis.start_s, axis.end_s, columns)
        self._area.set_points(times_s, values, self._pen)

    def paint_over(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        """Mark the moments with a bar along the top and a point at the peak."""
        top = self.rect.top() + 3
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.accent))
        for moment in self._moments:
            left, right = self.x_of(moment.start_s, axis), self.x_of(moment.end_s, axis)
            painter.drawRect(QRectF(left, top, max(right - left, 2.0), 2))
            x = self.x_of(moment.peak_s, axis)
            painter.drawPolygon(QPolygonF([QPointF(x - 4, top), QPointF(x + 4, top), QPointF(x, top + 7)]))

    def readings(self, time_s: float) -> list[Reading]:
        """The three differences at a time."""
        names = (tr("quadrants"), tr("valence"), tr("arousal"))
        if not self._aspects:
            return [Reading(name, NOTHING) for name in names]
        return [Reading(name, f"{levels.at(time_s)[1]:.2f}") for name, levels in zip(names, self._aspects, strict=True)]
