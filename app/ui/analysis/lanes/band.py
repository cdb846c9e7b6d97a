"""The shaded band around a curve: a tint, a texture and thin edges, so that colour is not all that tells two apart."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from app.ui.analysis.lanes.items import Item, Pixels, Place, polygon, whole
from app.ui.analysis.pyramid import MinMaxPyramid
from app.ui.timescale import TimeAxis

#: Edges that climb and fall more than this on screen are jagged.
_SMOOTH_PX = 6000
#: From one line of the texture to the next, as Qt has it; a power of two.
_HATCH_PX = 8


class Band(Item):
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

    def paint(self, painter: QPainter, place: Place) -> None:
        """Draw it as a shape where it is calm, as a picture where it is jagged."""
        times_s, low, high = self._edges
        if len(times_s) < 2:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self._climb * place.px_per_unit < _SMOOTH_PX:
            self._paint_shape(painter, place.x(times_s), place.y(high), place.y(low))
            return
        near = place.needed(times_s)
        if len(times_s[near]) > 1:
            self._paint_columns(painter, place, place.x(times_s[near]), place.y(high[near]), place.y(low[near]))

    def _tints(self) -> tuple[QColor, QColor]:
        """Colours of the ground and of the texture drawn over it."""
        ground, texture = QColor(self._colour), QColor(self._colour)
        ground.setAlphaF(self._tint)
        texture.setAlphaF(2.0 * self._tint)
        return ground, texture

    def _paint_shape(self, painter: QPainter, x: np.ndarray, top: np.ndarray, bottom: np.ndarray) -> None:
        """Draw the area at once, and its edges."""
        area = polygon(np.concatenate((x, x[::-1])), np.concatenate((top, bottom[::-1])))
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
            painter.drawPolyline(polygon(x, y))

    def _paint_columns(
        self, painter: QPainter, place: Place, x: np.ndarray, top: np.ndarray, bottom: np.ndarray
    ) -> None:
        """Draw the area as a picture of two tints."""
        pixels = Pixels.under(place, x, 1.0)  # a texture of the same size on every screen
        tops, bottoms = whole(pixels.of(x, top)), whole(np.ceil(pixels.of(x, bottom)))
        # 0 outside, 1 tint, 2 texture.
        cells = ((pixels.rows >= tops) & (pixels.rows < bottoms)).view(np.uint8)
        if self._texture is not Qt.BrushStyle.SolidPattern:
            cells += cells & (((pixels.rows + pixels.columns) & (_HATCH_PX - 1)) == 0).view(np.uint8)
        pixels.draw(painter, cells, [0, *(tint.rgba() for tint in self._tints())])
