"""The shaded band around a curve: a tint, a texture and thin edges, so that colour is not all that tells two apart."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.ui.analysis.pyramid import MinMaxPyramid
from app.ui.timescale import TimeAxis

#: Edges that climb and fall more than this on screen are jagged.
_SMOOTH_PX = 6000
#: From one line of the texture to the next, as Qt has it; a power of two.
_HATCH_PX = 8


def _polygon(x: np.ndarray, y: np.ndarray) -> QPolygonF:
    return pg.functions.arrayToQPolygonF(x, y)


def _placed(place: QTransform, times_s: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return times, upper and lower edge in pixels."""
    x = times_s * place.m11() + place.dx()
    top, bottom = (values.astype(np.float64) * place.m22() + place.dy() for values in (high, low))
    return x, top, bottom


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
        nothing = np.empty(0)
        self._edges = nothing, nothing, nothing  # seconds, lower and upper edge, as far as in view
        self._climb = 0.0  # how much both edges climb and fall, in the units of the lane
        self.setFlag(self.GraphicsItemFlag.ItemUsesExtendedStyleOption)
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
        self._edges = self._levels.edges(axis.start_s, axis.end_s, columns // 2)
        self._climb = sum(float(np.abs(np.diff(edge)).sum()) for edge in self._edges[1:])
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        """All that is in view."""
        view = self.getViewBox()
        return QRectF() if view is None else view.viewRect()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw in pixels: a texture would be stretched with the axes."""
        if len(self._edges[0]) < 2:
            return
        place = painter.transform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self._climb * abs(place.m22()) < _SMOOTH_PX:
            self._paint_shape(painter, *_placed(place, *self._edges))
        else:
            # A playhead that moves on asks for two narrow strips: no more is drawn than they need.
            times_s = self._edges[0]
            first = max(int(np.searchsorted(times_s, option.exposedRect.left())) - 1, 0)
            last = int(np.searchsorted(times_s, option.exposedRect.right())) + 1
            if last - first > 1:
                self._paint_columns(painter, *_placed(place, *(part[first:last] for part in self._edges)))
        painter.restore()

    def _tints(self) -> tuple[QColor, QColor]:
        """Colours of the ground and of the texture drawn over it."""
        ground, texture = QColor(self._colour), QColor(self._colour)
        ground.setAlphaF(self._tint)
        texture.setAlphaF(2.0 * self._tint)
        return ground, texture

    def _paint_shape(self, painter: QPainter, x: np.ndarray, top: np.ndarray, bottom: np.ndarray) -> None:
        """Draw the area at once, and its edges."""
        area = _polygon(np.concatenate((x, x[::-1])), np.concatenate((top, bottom[::-1])))
        ground, texture = self._tints()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawPolygon(area)
        if self._texture is not Qt.BrushStyle.SolidPattern:
            painter.setBrush(QBrush(texture, self._texture))
            painter.drawPolygon(area)
        edge = QColor(self._colour)
        edge.setAlphaF(0.75)
        painter.setPen(QPen(edge, 1, self._edge))
        for y in (top, bottom):
            painter.drawPolyline(_polygon(x, y))

    def _paint_columns(self, painter: QPainter, x: np.ndarray, top: np.ndarray, bottom: np.ndarray) -> None:
        """Draw the area as a picture of two tints: as one shape, what is jagged would take Qt thirty times as long."""
        columns = np.arange(int(np.floor(x[0])), int(np.ceil(x[-1])))
        highest = int(np.floor(top.min()))
        rows = np.arange(highest, int(np.ceil(bottom.max())))[:, None]
        tops, bottoms = np.interp(columns + 0.5, x, top), np.interp(columns + 0.5, x, bottom)
        # One byte a pixel: 0 outside, 1 tint, 2 texture.
        pixels = ((rows >= np.floor(tops)) & (rows < np.ceil(bottoms))).astype(np.uint8)
        if self._texture is not Qt.BrushStyle.SolidPattern:
            pixels += pixels & (((rows + columns) & (_HATCH_PX - 1)) == 0)
        height, width = pixels.shape
        picture = QImage(pixels.data, width, height, width, QImage.Format.Format_Indexed8)
        picture.setColorTable([0, *(tint.rgba() for tint in self._tints())])
        painter.drawImage(QPoint(int(columns[0]), highest), picture)
