"""A layer that a person laid over the recording, as a lane: a curve, stretches or instants."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from app.library.rows import KeptLayer
from app.ui.analysis.lanes.base import Lane, Reading
from app.ui.analysis.lanes.descriptor import span, tick_text
from app.ui.analysis.lanes.items import Line
from app.ui.analysis.one_row import paint_row
from app.ui.analysis.pyramid import MinMaxPyramid
from app.ui.strings import NOTHING, clock, tr
from app.ui.theme import AXIS_PX, Tokens, font
from app.ui.timescale import TimeAxis
from models.layers import Layer

#: A curve is drawn from at most so many values; that is every 10 ms of an hour.
_MOST_VALUES = 400_000
#: So near to an instant is at it.
_REACH_PX = 4.0
_STRIP_PX = 18
_LEAST_LABEL_PX = 12
_FRAME_PX = 4.0


class LayerLane(Lane):
    """One layer on a scale of its own.

    Parameters
    ----------
    kept : KeptLayer
        What it shows; another layer has another lane.
    """

    def __init__(self, kept: KeptLayer) -> None:
        super().__init__()
        self.kept = kept
        layer = kept.layer
        self.weight, self.least_px = (0.45, 40) if layer.kind == "values" else (0.1, 26)
        self._reach_s = 0.0
        self._colour = ""
        self._levels: MinMaxPyramid | None = None
        self._curve = Line()
        self.items = [self._curve]
        if layer.kind == "values" and layer.values is not None:
            self._levels = _levels(layer)
            self.range = span(np.asarray(layer.values), layer.unit, layer.range)
            self._curve.visible = True

    @property
    def key(self) -> str:
        """What it is called in the settings."""
        return f"layer {self.kept.id}"

    @property
    def title(self) -> str:
        """Name of the layer."""
        return self.kept.layer.name

    @property
    def about(self) -> str:
        """What is drawn, and where it comes from."""
        layer = self.kept.layer
        words = tr("Laid over the recording, not judged by the model. From {origin}.").format(
            origin=layer.origin or NOTHING
        )
        if layer.kind != "values":
            return words
        low, high = (f"{tick_text(end)} {layer.unit}".strip() for end in self.range)
        return f"{words} {tr('The lane spans {low} to {high}.').format(low=low, high=high)}"

    @property
    def ready(self) -> bool:
        """Whether it has entries."""
        return len(self.kept.layer.times_s) > 0

    def ticks(self) -> list[tuple[float, str]]:
        """Return both ends of a curve's lane."""
        return [(value, tick_text(value)) for value in reversed(self.range)] if self._levels is not None else []

    def apply(self, tokens: Tokens) -> None:
        """Ink."""
        self._colour = tokens.wave

    def show_range(self, axis: TimeAxis, columns: int) -> None:
        """Learn how many seconds a pixel is."""
        self._reach_s = _REACH_PX * axis.span_s / max(self.rect.width(), 1.0)
        super().show_range(axis, columns)

    def refresh(self, axis: TimeAxis, columns: int) -> None:
        """Hand the visible stretch to the curve."""
        if self._levels is None:
            return
        times_s, values = self._levels.view(axis.start_s, axis.end_s, columns)
        self.draw_curve(self._curve, times_s, values, self._colour, columns)

    def paint_over(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        """Draw what of stretches and instants is in view."""
        layer = self.kept.layer
        if layer.kind == "values":
            return
        ends_s = layer.times_s if layer.durations_s is None else layer.times_s + layer.durations_s
        seen = np.flatnonzero((layer.times_s <= axis.end_s) & (ends_s >= axis.start_s))
        if not len(seen):
            return
        left, right = self._pixels(layer.times_s[seen], axis), self._pixels(ends_s[seen], axis)
        top = round(self.rect.center().y() - _STRIP_PX / 2)
        if layer.kind == "instants":
            self._paint_columns(painter, QColor(tokens.text), left, left + 1, top)
            left, right = left + 3, np.append(left[1:], round(self.rect.right()))
        else:
            self._paint_stretches(painter, tokens, seen, left, right, top)
            left = left + 4
        self._paint_labels(painter, tokens, seen, left, right)

    def _pixels(self, times_s: NDArray[np.float64], axis: TimeAxis) -> NDArray[np.int64]:
        """Return whole pixels of times, no farther out than the lane's edges."""
        inner = self.rect.adjusted(1, 1, -1, -1)
        x = inner.left() + (times_s - axis.start_s) / axis.span_s * inner.width()
        return np.round(np.clip(x, inner.left(), inner.right())).astype(np.int64)

    def _paint_stretches(
        self,
        painter: QPainter,
        tokens: Tokens,
        seen: NDArray[np.intp],
        left: NDArray[np.int64],
        right: NDArray[np.int64],
        top: int,
    ) -> None:
        """Draw stretches, every other one darker; of those that begin at one pixel the last is seen."""
        last = np.append(np.diff(left) > 0, True)
        for odd in (0, 1):
            ours = last & (seen % 2 == odd)
            if float(np.median(right - left)) < _FRAME_PX:  # frames that touch would only darken the strip
                self._paint_columns(painter, tokens.colour("soft", 0.3 + 0.3 * odd), left[ours], right[ours], top)
                continue
            painter.setPen(QPen(QColor(tokens.soft), 1))
            painter.setBrush(tokens.colour("soft", 0.16 + 0.1 * odd))
            sides = zip(left[ours].tolist(), right[ours].tolist(), strict=True)
            painter.drawRects([QRect(x, top, max(end - x, 1), _STRIP_PX) for x, end in sides])

    def _paint_columns(
        self, painter: QPainter, colour: QColor, left: NDArray[np.int64], right: NDArray[np.int64], top: int
    ) -> None:
        """Fill the strip from pixels to others, without frames."""
        area = QRect(round(self.rect.left()), top, round(self.rect.width()), _STRIP_PX)
        begun, ended = (
            np.bincount(np.clip(edge - area.left(), 0, area.width()), minlength=area.width() + 1)
            for edge in (left, np.maximum(right, left + 1))
        )
        depth = begun - ended
        paint_row(painter, area, np.minimum(np.cumsum(depth[:-1]), 1.0), colour)

    def _paint_labels(
        self,
        painter: QPainter,
        tokens: Tokens,
        seen: NDArray[np.intp],
        left: NDArray[np.int64],
        right: NDArray[np.int64],
    ) -> None:
        """Write labels as far as there is room before what follows."""
        labels = self.kept.layer.labels
        if not labels:
            return
        painter.setFont(font(AXIS_PX))
        painter.setPen(QColor(tokens.text))
        metrics = QFontMetrics(painter.font())
        base = self.rect.center().y() + metrics.ascent() / 2 - 1
        room = right - left - 3
        for place in np.flatnonzero(room > _LEAST_LABEL_PX).tolist():
            label = labels[int(seen[place])]
            if label:
                text = metrics.elidedText(label, Qt.TextElideMode.ElideRight, int(room[place]))
                painter.drawText(QPointF(float(left[place]), base), text)

    def readings(self, time_s: float) -> list[Reading]:
        """Its value, or what is there."""
        layer = self.kept.layer
        if self._levels is not None:
            value = value_at(layer, time_s)
            text = f"{tick_text(value)} {layer.unit}".strip() if np.isfinite(value) else NOTHING
            return [Reading(tr("here"), text)]
        number = entry_at(layer, time_s, self._reach_s)
        if number is None:
            return [Reading(tr("here"), NOTHING)]
        label = layer.labels[number] if layer.labels else ""
        return [Reading(label or tr("here"), clock(float(layer.times_s[number]), tenths=True))]


def value_at(layer: Layer, time_s: float) -> float:
    """Return a curve's value on the line between its entries; NaN in a gap, and before and after them."""
    assert layer.values is not None  # what a curve is made of
    following = int(np.searchsorted(layer.times_s, time_s))
    if following < len(layer.times_s) and layer.times_s[following] == time_s:
        return float(layer.values[following])
    if not 0 < following < len(layer.times_s):
        return float("nan")
    near = slice(following - 1, following + 1)
    return float(np.interp(time_s, layer.times_s[near], layer.values[near]))


def entry_at(layer: Layer, time_s: float, reach_s: float) -> int | None:
    """Return which stretch holds a time, the one that began last, or which instant is near it."""
    if not len(layer.times_s):
        return None
    if layer.durations_s is None:
        nearest = int(np.argmin(np.abs(layer.times_s - time_s)))
        return nearest if abs(layer.times_s[nearest] - time_s) <= reach_s else None
    holds = np.flatnonzero((layer.times_s <= time_s) & (layer.times_s + layer.durations_s >= time_s))
    return int(holds[-1]) if len(holds) else None


def _levels(layer: Layer) -> MinMaxPyramid:
    """Values at even steps: those between two entries lie on the line that joins them; a gap stays one."""
    assert layer.values is not None  # what a curve is made of
    times_s, values = np.asarray(layer.times_s, np.float64), np.asarray(layer.values, np.float64)
    if len(times_s) == 1:
        return MinMaxPyramid(values.astype(np.float32), values.astype(np.float32), 1.0, float(times_s[0]))
    length_s = max(float(times_s[-1] - times_s[0]), 1e-3)
    steps = np.diff(times_s)
    usual = float(np.median(steps[steps > 0])) if np.any(steps > 0) else length_s
    even = np.allclose(steps, usual, rtol=0.02)
    step_s = max(usual if even else usual / 4, length_s / _MOST_VALUES)
    grid = times_s[0] + np.arange(int(np.ceil(length_s / step_s - 1e-6)) + 1) * step_s
    missing = ~np.isfinite(values)
    joined = np.interp(grid, times_s, np.where(missing, 0.0, values))
    joined[np.interp(grid, times_s, missing.astype(np.float64)) > 0] = np.nan
    drawn = joined.astype(np.float32)
    return MinMaxPyramid(drawn, drawn, step_s, float(times_s[0]) - step_s / 2)
