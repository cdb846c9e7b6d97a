"""The whole track in one thin strip: waveform, quadrant by quadrant, climaxes, and the window in view."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.analysis.pyramid import ColumnPyramid, MinMaxPyramid
from app.ui.strings import tr
from app.ui.theme import THEME, blank_picture
from app.ui.timescale import TimeAxis
from models.analysis import QUADRANTS, Analysis, Climax, Overview
from models.figures.palette import QUADRANT_COLOURS

_BAND_PX = 4
_STRIP_PX = 4


def wave_lines(wave: MinMaxPyramid, duration_s: float, width: int, middle: float, half: float) -> list[QLineF]:
    """Return a whole recording as one line per pixel, the loudest `half` pixels to either side of `middle`."""
    left_s, column_s, low, high = wave.columns(0.0, duration_s, width)
    most = max(float(high.max()), float(-low.min()), 1e-6) if len(low) else 1.0
    x = left_s / column_s + 0.5
    return [
        QLineF(x + i, middle - b / most * half, x + i, middle - a / most * half + 0.5)
        for i, (a, b) in enumerate(zip(low.tolist(), high.tolist(), strict=True))
    ]


class OverviewStrip(QWidget):
    """Click or drag to bring another part into view; double-click to play from there."""

    seek_asked = Signal(float)
    panned = Signal()

    def __init__(self, axis: TimeAxis, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axis = axis
        self._wave: MinMaxPyramid | None = None
        self._quadrants: ColumnPyramid | None = None
        self._climaxes: tuple[Climax, ...] = ()
        self._picture: QPixmap | None = None
        self._playhead_s: float | None = None
        self._grip_s: float | None = None
        self.setFixedHeight(46)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Overview of the whole track"))
        self.setToolTip(
            tr(
                "The whole track. Below the waveform the most probable quadrant at each moment; marks above are "
                "climaxes. Drag to move the window in view, double-click to put the playhead there."
            )
        )
        axis.changed.connect(self.update)
        THEME.changed.connect(self._redraw)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(600, 46)

    def set_overview(self, overview: Overview | None) -> None:
        """Take the waveform."""
        self._wave = None
        if overview is not None and len(overview.waveform):
            self._wave = MinMaxPyramid(overview.waveform[:, 0], overview.waveform[:, 1], overview.waveform_bin_s)
        self._redraw()

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Take the quadrants; climaxes come by themselves (`set_climaxes`)."""
        self._quadrants = None
        if analysis is not None and len(analysis.times_s):
            first_s = float(analysis.times_s[0]) - analysis.step_s / 2
            self._quadrants = ColumnPyramid(analysis.quadrants_over_time, analysis.step_s, offset_s=first_s)
        self._redraw()

    def set_climaxes(self, climaxes: Iterable[Climax]) -> None:
        """Take the climaxes."""
        self._climaxes = tuple(climaxes)
        self._redraw()

    def set_playhead(self, time_s: float) -> None:
        """Move the playhead."""
        old, self._playhead_s = self._playhead_s, time_s
        for moment in (old, time_s):
            if moment is not None and self._axis.duration_s > 0:
                self.update(int(self._x(moment)) - _STRIP_PX // 2, 0, _STRIP_PX, self.height())

    def _redraw(self) -> None:
        self._picture = None
        self.update()

    def resizeEvent(self, _event: object) -> None:
        """Draw anew at the new width."""
        self._redraw()

    def _x(self, time_s: float) -> float:
        return time_s / (self._axis.duration_s or 1.0) * self.width()

    def _time(self, x: float) -> float:
        return min(max(x / max(self.width(), 1), 0.0), 1.0) * self._axis.duration_s

    def _draw(self) -> QPixmap:
        tokens = THEME.tokens
        picture = blank_picture(self)
        painter = QPainter(picture)
        duration_s = self._axis.duration_s
        top, bottom = 7.0, self.height() - _BAND_PX - 3.0
        middle, half = (top + bottom) / 2, (bottom - top) / 2
        if self._wave is not None and duration_s > 0:
            painter.setPen(QColor(tokens.wave))
            painter.drawLines(wave_lines(self._wave, duration_s, self.width(), middle, half))
        else:
            painter.setPen(QColor(tokens.line))
            painter.drawLine(QPointF(0, middle), QPointF(self.width(), middle))
        if self._quadrants is not None and duration_s > 0:
            left_s, bin_s, slices = self._quadrants.view(0.0, duration_s, self.width())
            best = slices.argmax(axis=1)
            edges = np.flatnonzero(np.diff(best)) + 1
            for first, last in zip([0, *edges], [*edges, len(best)], strict=True):
                x0, x1 = self._x(left_s + first * bin_s), self._x(left_s + last * bin_s)
                colour = QColor(QUADRANT_COLOURS[QUADRANTS[int(best[first])]])
                painter.fillRect(QRectF(x0, self.height() - _BAND_PX - 1, x1 - x0, _BAND_PX), colour)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.accent))
        for climax in self._climaxes:
            x = self._x(climax.peak_s)
            painter.drawPolygon(QPolygonF([QPointF(x - 4, 1), QPointF(x + 4, 1), QPointF(x, 7)]))
        painter.end()
        return picture

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the picture, the window in view and the playhead."""
        if self._picture is None:
            self._picture = self._draw()
        tokens = THEME.tokens
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        if self._axis.duration_s > 0:
            left, right = self._x(self._axis.start_s), self._x(self._axis.end_s)
            if right - left < self.width() - 1:
                shade = tokens.colour("surface", 0.66)
                painter.fillRect(QRectF(0, 0, left, self.height()), shade)
                painter.fillRect(QRectF(right, 0, self.width() - right, self.height()), shade)
                painter.setPen(QPen(QColor(tokens.accent), 1))
                painter.drawRect(QRectF(round(left), 0, max(round(right - left) - 1, 3), self.height() - 1))
            if self._playhead_s is not None:
                painter.fillRect(QRectF(round(self._x(self._playhead_s)), 0, 1, self.height()), QColor(tokens.text))
        painter.setPen(QColor(tokens.line))
        painter.drawRect(QRectF(0, 0, self.width() - 1, self.height() - 1))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the window in view, or bring it to where the pointer is."""
        if event.button() != Qt.MouseButton.LeftButton or self._axis.duration_s <= 0:
            return
        at_s = self._time(event.position().x())
        if not self._axis.start_s <= at_s <= self._axis.end_s:
            self._axis.set_range(at_s - self._axis.span_s / 2, self._axis.span_s)
            self.panned.emit()
        self._grip_s = at_s - self._axis.start_s

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the window in view."""
        if self._grip_s is not None:
            self._axis.set_range(self._time(event.position().x()) - self._grip_s, self._axis.span_s)
            self.panned.emit()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        self._grip_s = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Put the playhead there."""
        if event.button() == Qt.MouseButton.LeftButton and self._axis.duration_s > 0:
            self.seek_asked.emit(self._time(event.position().x()))
