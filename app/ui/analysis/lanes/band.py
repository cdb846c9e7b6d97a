"""The shaded band around a curve: a tint, a texture and thin edges, so that colour is not all that tells two apart."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.ui.analysis.pyramid import MinMaxPyramid
from app.ui.timescale import TimeAxis


def _polygon(x: np.ndarray, y: np.ndarray) -> QPolygonF:
    return pg.functions.arrayToQPolygonF(x, y.astype(np.float64))


class Band(pg.GraphicsObject):
    """The area between a lower and an upper curve.

    Parameters
    ----------
    texture : Qt.BrushStyle
        Drawn over the tint.
    edge : Qt.PenStyle
        Of the two thin edges.
    """

    def __init__(self, texture: Qt.BrushStyle, edge: Qt.PenStyle) -> None:
        super().__init__()
        self._texture = texture
        self._edge = edge
        self._colour = QColor()
        self._tint = 0.0
        self._levels: MinMaxPyramid | None = None
        self._shapes = (QPolygonF(), QPolygonF(), QPolygonF())  # area, lower edge, upper edge
        self.setVisible(False)

    @property
    def levels(self) -> MinMaxPyramid | None:
        """Lower and upper edge at all levels of detail; None while there is no band."""
        return self._levels

    def set_band(self, band: np.ndarray | None, bin_s: float, offset_s: float) -> None:
        """Take lower and upper edge [shape=(n, 2)], or None."""
        self._levels = None
        if band is not None and len(band):
            low, high = band[:, 0].astype(np.float32), band[:, 1].astype(np.float32)
            self._levels = MinMaxPyramid(low, high, bin_s, offset_s)

    def set_colour(self, colour: str, *, dark: bool) -> None:
        """Take the colour of the curve; on a dark ground a tint needs to be stronger to be seen."""
        self._colour = QColor(colour)
        self._tint = 0.24 if dark else 0.18

    def show_range(self, axis: TimeAxis, columns: int) -> None:
        """Take the visible stretch, at most one pair of points for each two pixels."""
        if self._levels is None:
            return
        times_s, low, high = self._levels.edges(axis.start_s, axis.end_s, columns // 2)
        around = np.concatenate((times_s, times_s[::-1])), np.concatenate((low, high[::-1]))
        self._shapes = (_polygon(*around), _polygon(times_s, low), _polygon(times_s, high))
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        """All that is in view."""
        view = self.getViewBox()
        return QRectF() if view is None else view.viewRect()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw in pixels: a texture would be stretched with the axes."""
        place = painter.transform()
        area, lower, upper = map(place.map, self._shapes)
        if len(lower) < 2:
            return
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        fill = QColor(self._colour)
        fill.setAlphaF(self._tint)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(area)
        if self._texture is not Qt.BrushStyle.SolidPattern:
            fill.setAlphaF(min(2.0 * self._tint, 1.0))
            painter.setBrush(QBrush(fill, self._texture))
            painter.drawPolygon(area)
        edge = QColor(self._colour)
        edge.setAlphaF(0.75)
        painter.setPen(QPen(edge, 1, self._edge))
        painter.drawPolyline(lower)
        painter.drawPolyline(upper)
        painter.restore()
