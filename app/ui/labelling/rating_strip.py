"""The whole track with what was rated of it: curves at 2 Hz, chills, gaps, and a passage to rate again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.analysis.pyramid import MinMaxPyramid
from app.ui.analysis.strip import wave_lines
from app.ui.strings import MINUS, percent, tr
from app.ui.theme import AXIS_PX, THEME, blank_picture, font
from models.analysis import Analysis, Overview
from models.data.traces import TRACE_STEP_S, Trace

_HEIGHT_PX = 132
_AXIS_PX = 26
_TOP_PX, _BOTTOM_PX = 8, 6
#: A drag that is shorter is a click.
_DRAG_PX = 4


class RatingStrip(QWidget):
    """Click to go somewhere, drag to select a passage.

    Signals
    -------
    seek_asked(float)
        Seconds.
    selected(object)
        (start_s, end_s), or None.
    """

    seek_asked = Signal(float)
    selected = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.duration_s = 0.0
        self.trace: Trace | None = None
        self.chills: tuple[float, ...] = ()
        self.selection: tuple[float, float] | None = None
        self.model_shown = False
        self._wave: MinMaxPyramid | None = None
        self._analysis: Analysis | None = None
        self._playhead_s = 0.0
        self._grip: float | None = None
        self._ground: QPixmap | None = None
        self.setFixedHeight(_HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Rating of the whole track"))
        self.setToolTip(
            tr(
                "Valence and arousal as you rated them, {minus}1 to 1, at 2 Hz. Click to go there; drag to select a "
                "passage, and press R to rate it again."
            ).format(minus=MINUS)
        )
        THEME.changed.connect(self._redraw)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(600, _HEIGHT_PX)

    def show_track(self, duration_s: float, overview: Overview | None) -> None:
        """Take another track, or its waveform."""
        self.duration_s = max(0.0, duration_s)
        self._wave = None
        if overview is not None and len(overview.waveform):
            self._wave = MinMaxPyramid(overview.waveform[:, 0], overview.waveform[:, 1], overview.waveform_bin_s)
        self._redraw()

    def show_model(self, analysis: Analysis | None) -> None:
        """Draw the model's curves behind the rating; None hides them."""
        self._analysis = analysis
        self.model_shown = analysis is not None
        self._redraw()

    def show_rating(self, trace: Trace | None, chills: tuple[float, ...]) -> None:
        """Take what was rated."""
        self.trace, self.chills = trace, chills
        self.setAccessibleDescription(self.text)
        self.update()

    @property
    def text(self) -> str:
        """What is drawn, in words."""
        if self.trace is None or not len(self.trace.times_s) or self.duration_s <= 0:
            return tr("nothing rated")
        share = min(1.0, len(self.trace.times_s) * TRACE_STEP_S / self.duration_s)
        rated = tr("{share} rated").format(share=percent(share))
        if not self.chills:
            return rated
        chills = tr("1 chill") if len(self.chills) == 1 else tr("{count} chills").format(count=len(self.chills))
        return f"{rated}, {chills}"

    def set_selection(self, selection: tuple[float, float] | None) -> None:
        """Select a passage, or nothing."""
        self.selection = selection
        self.update()

    def set_playhead(self, time_s: float) -> None:
        """Move the playhead."""
        old, self._playhead_s = self._x(self._playhead_s), time_s
        for x in (old, self._x(time_s)):
            self.update(int(x) - 2, 0, 5, self.height())

    # Where things are

    def _x(self, time_s: float) -> float:
        return _AXIS_PX + time_s / (self.duration_s or 1.0) * (self.width() - _AXIS_PX)

    def _time(self, x: float) -> float:
        return min(max((x - _AXIS_PX) / max(self.width() - _AXIS_PX, 1), 0.0), 1.0) * self.duration_s

    def _y(self, value: float) -> float:
        room = self.height() - _TOP_PX - _BOTTOM_PX
        return _TOP_PX + (1 - value) / 2 * room

    def _redraw(self) -> None:
        self._ground = None
        self.update()

    def resizeEvent(self, _event: object) -> None:
        """Draw anew at the new width."""
        self._redraw()

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        if event.button() == Qt.MouseButton.LeftButton and self.duration_s > 0:
            self._grip = event.position().x()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Select what is dragged over."""
        if self._grip is not None and abs(event.position().x() - self._grip) >= _DRAG_PX:
            start_s, end_s = sorted((self._time(self._grip), self._time(event.position().x())))
            self.set_selection((start_s, end_s) if end_s > start_s else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Keep the selection; a click drops it and goes there."""
        grip, self._grip = self._grip, None
        if grip is None:
            return
        if abs(event.position().x() - grip) < _DRAG_PX:
            self.set_selection(None)
            self.seek_asked.emit(self._time(grip))
        self.selected.emit(self.selection)

    # Drawing

    def _draw_ground(self) -> QPixmap:
        tokens = THEME.tokens
        picture = blank_picture(self)
        painter = QPainter(picture)
        middle = self._y(0.0)
        if self._wave is not None and self.duration_s > 0:
            painter.setPen(tokens.colour("soft", 0.22))
            painter.translate(_AXIS_PX, 0)
            width = self.width() - _AXIS_PX
            painter.drawLines(wave_lines(self._wave, self.duration_s, width, middle, self.height() / 2 - 10))
            painter.translate(-_AXIS_PX, 0)
        painter.setPen(QPen(QColor(tokens.line), 1))
        for value in (-1.0, 0.0, 1.0):
            painter.drawLine(QPointF(_AXIS_PX, self._y(value)), QPointF(self.width(), self._y(value)))
        painter.setFont(font(AXIS_PX, tabular=True))
        metrics = QFontMetrics(painter.font())
        painter.setPen(QColor(tokens.soft))
        for value, label in ((1.0, "1"), (0.0, "0"), (-1.0, f"{MINUS}1")):
            y = min(max(self._y(value) + metrics.ascent() / 2 - 1, metrics.ascent()), self.height() - 2)
            painter.drawText(QPointF(_AXIS_PX - 6 - metrics.horizontalAdvance(label), y), label)
        analysis = self._analysis
        if analysis is not None and len(analysis.times_s):
            for values, colour in (
                (analysis.valence_over_time, tokens.valence),
                (analysis.arousal_over_time, tokens.arousal),
            ):
                pen = QPen(QColor(colour), 1, Qt.PenStyle.DashLine)
                self._draw_curve(painter, np.asarray(analysis.times_s, np.float64), values, pen, gap_s=np.inf)
        self._draw_legend(painter)
        painter.end()
        return picture

    def _draw_legend(self, painter: QPainter) -> None:
        tokens = THEME.tokens
        painter.setFont(font(AXIS_PX))
        metrics = QFontMetrics(painter.font())
        names = [(tr("valence"), tokens.valence, Qt.PenStyle.SolidLine)]
        names.append((tr("arousal"), tokens.arousal, Qt.PenStyle.SolidLine))
        if self._analysis is not None:
            names.append((tr("the model"), tokens.soft, Qt.PenStyle.DashLine))
        x = self.width() - 8.0
        for name, colour, style in reversed(names):
            x -= metrics.horizontalAdvance(name)
            box = QRectF(x - 22, 2, metrics.horizontalAdvance(name) + 26, metrics.height())
            painter.fillRect(box, tokens.colour("panel", 0.8))
            painter.setPen(QColor(tokens.soft))
            painter.drawText(QPointF(x, 2 + metrics.ascent()), name)
            painter.setPen(QPen(QColor(colour), 2, style))
            painter.drawLine(QPointF(x - 18, box.center().y()), QPointF(x - 4, box.center().y()))
            x -= 32

    def _draw_curve(
        self, painter: QPainter, times_s: NDArray, values: NDArray, pen: QPen, *, gap_s: float = 1.5 * TRACE_STEP_S
    ) -> None:
        """Draw a curve with its gaps, thinned to two points per pixel."""
        there = np.isfinite(values)
        times_s, values = times_s[there], np.asarray(values)[there]
        if not len(times_s):
            return
        step = max(1, len(times_s) // (2 * max(self.width(), 1)))
        times_s, values = times_s[::step], values[::step]
        painter.setPen(pen)
        for run in np.split(np.arange(len(times_s)), np.flatnonzero(np.diff(times_s) > gap_s * step) + 1):
            points = [QPointF(self._x(times_s[i]), self._y(float(values[i]))) for i in run]
            if len(points) == 1:
                points.append(points[0] + QPointF(1, 0))
            painter.drawPolyline(QPolygonF(points))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw ground, curves, chills, selection and playhead."""
        if self._ground is None:
            self._ground = self._draw_ground()
        tokens = THEME.tokens
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._ground)
        if self.selection is not None:
            left, right = self._x(self.selection[0]), self._x(self.selection[1])
            painter.fillRect(QRectF(left, 0, right - left, self.height()), tokens.colour("accent", 0.16))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.trace is not None:
            for values, colour in ((self.trace.valence, tokens.valence), (self.trace.arousal, tokens.arousal)):
                self._draw_curve(painter, self.trace.times_s, values, QPen(QColor(colour), 2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.text))
        for chill in self.chills:
            x = self._x(chill)
            painter.drawPolygon(QPolygonF([QPointF(x - 4, 0), QPointF(x + 4, 0), QPointF(x, 7)]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self.duration_s > 0:
            painter.fillRect(QRectF(round(self._x(self._playhead_s)), 0, 1, self.height()), QColor(tokens.text))
        painter.end()
