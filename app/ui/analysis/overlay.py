"""One transparent sheet over ruler and lanes: playhead, pointer, selection, marks, and everything a mouse does there.

It moves the playhead by updating two strips of four pixels, so that the lanes beneath are not drawn anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from app.ui.analysis.one_row import paint_row
from app.ui.theme import THEME
from app.ui.timescale import TimeAxis

_STRIP_PX = 4
#: A press that moves less than this is a click.
_SLACK_PX = 4


class _Drag(Enum):
    NONE = 0
    PAN = 1
    ZOOM = 2
    SELECT = 3
    GRIP = 4


class Overlay(QWidget):
    """Sheet over the lanes; its width is the visible range of the axis."""

    clicked = Signal(object)  # QPointF on the sheet: a press that did not move, below the ruler
    double_clicked = Signal(object)
    pointer_moved = Signal(object)  # QPointF on the sheet, or None when it leaves
    selection_made = Signal(object)  # (start_s, end_s), or None to clear
    panned = Signal()
    grip_moved = Signal(float)  # seconds: what is under the mouse is dragged there
    grip_released = Signal(bool)  # whether it was dragged

    def __init__(self, axis: TimeAxis, ruler_px: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._axis = axis
        self._ruler_px = ruler_px
        self._playhead_s: float | None = None
        self._pointer_x: float | None = None
        self._selection: tuple[float, float] | None = None
        self._marks_s: list[float] = []
        self._drag = _Drag.NONE
        self._pressed = QPointF()
        self._pressed_start_s = 0.0
        self._zoom_x = 0.0
        self.active = False
        #: Whether there is something at a place that a mouse can take hold of.
        self.has_grip: Callable[[QPointF], bool] = lambda _position: False
        #: What is to be said of a place where the pointer rests; empty for nothing.
        self.explain: Callable[[QPointF], str] = lambda _position: ""
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        axis.changed.connect(self.update)

    # Times and pixels

    def time_at(self, x: float) -> float:
        """Time at a pixel of the sheet."""
        return self._axis.start_s + x / max(self.width(), 1) * self._axis.span_s

    def x_at(self, time_s: float) -> float:
        """Pixel of a time."""
        return (time_s - self._axis.start_s) / self._axis.span_s * self.width()

    @property
    def playhead_x(self) -> float | None:
        """Pixel of the playhead, None while there is nothing to play."""
        return None if self._playhead_s is None else self.x_at(self._playhead_s)

    def _strip(self, x: float | None) -> QRect:
        if x is None:
            return QRect()
        return QRect(round(x) - _STRIP_PX // 2, 0, _STRIP_PX, self.height())

    # What is shown

    def set_playhead(self, time_s: float | None) -> None:
        """Move the playhead."""
        old = self._strip(self.playhead_x)
        self._playhead_s = time_s
        new = self._strip(self.playhead_x)
        if old != new:
            self.update(old)
            self.update(new)

    def set_selection(self, selection: tuple[float, float] | None) -> None:
        """Show a selected region."""
        if selection != self._selection:
            self._selection = selection
            self.update()

    def set_marks(self, times_s: Sequence[float]) -> None:
        """Show a faint line through all lanes at each of these instants."""
        if list(times_s) != self._marks_s:
            self._marks_s = list(times_s)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw only what lies in the strip asked for."""
        tokens = THEME.tokens
        painter = QPainter(self)
        area = QRectF(event.rect())
        if self._selection is not None:
            left, right = (self.x_at(edge) for edge in self._selection)
            band = QRectF(left, 0, right - left, self.height())
            if band.intersects(area):
                painter.fillRect(band, tokens.colour("accent", 0.14))
                painter.fillRect(QRectF(left, 0, right - left, self._ruler_px), tokens.colour("accent", 0.22))
                painter.setPen(tokens.colour("accent", 0.8))
                painter.drawLine(QPointF(left, 0), QPointF(left, self.height()))
                painter.drawLine(QPointF(right, 0), QPointF(right, self.height()))
        if self._marks_s:
            self._paint_marks(painter, area)
        if self._drag is _Drag.ZOOM:
            left, right = sorted((self._pressed.x(), self._zoom_x))
            painter.fillRect(QRectF(left, self._ruler_px, right - left, self.height()), tokens.colour("text", 0.12))
        if self._pointer_x is not None:
            painter.fillRect(
                QRectF(round(self._pointer_x), self._ruler_px, 1, self.height()), tokens.colour("text", 0.35)
            )
        x = self.playhead_x
        if x is not None and -2 <= x <= self.width() + 2:
            # A light edge beside the line keeps it visible on any heat.
            painter.fillRect(QRectF(round(x) - 1.5, 0, 3, self.height()), tokens.colour("panel", 0.7))
            painter.fillRect(QRectF(round(x) - 0.5, 0, 1, self.height()), QColor(tokens.text))
        painter.end()

    def _paint_marks(self, painter: QPainter, area: QRectF) -> None:
        start_s, scale = self._axis.start_s, self.width() / self._axis.span_s
        left, right = max(area.left() - 1, 0), min(area.right() + 1, self.width() - 1)
        lines = np.zeros(self.width())
        for x in ((time_s - start_s) * scale for time_s in self._marks_s):
            if left <= x <= right:
                lines[min(round(x), len(lines) - 1)] = 1.0
        below = QRect(0, self._ruler_px, self.width(), self.height() - self._ruler_px)
        paint_row(painter, below, lines, THEME.tokens.colour("accent", 0.45))

    # What a mouse does

    def _set_pointer(self, position: QPointF | None) -> None:
        x = None if position is None else position.x()
        self.update(self._strip(self._pointer_x))
        self._pointer_x = x
        self.update(self._strip(x))
        self.pointer_moved.emit(position)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to pan, to zoom (Shift), to select (Ctrl, or in the ruler), or to drag what is there."""
        if event.button() != Qt.MouseButton.LeftButton or not self.active:
            event.ignore()
            return
        self._pressed = event.position()
        self._pressed_start_s = self._axis.start_s
        keys = event.modifiers()
        if not keys and self.has_grip(self._pressed):
            self._drag = _Drag.GRIP
        elif keys & Qt.KeyboardModifier.ControlModifier or self._pressed.y() < self._ruler_px:
            self._drag = _Drag.SELECT
        elif keys & Qt.KeyboardModifier.ShiftModifier:
            self._drag = _Drag.ZOOM
            self._zoom_x = self._pressed.x()
        else:
            self._drag = _Drag.PAN

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan, zoom, select, drag, or read out."""
        if not self.active:
            return
        x = min(max(event.position().x(), 0.0), float(self.width()))
        moved = abs(event.position().x() - self._pressed.x()) >= _SLACK_PX
        if self._drag is _Drag.PAN and moved:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            seconds = (self._pressed.x() - event.position().x()) / max(self.width(), 1) * self._axis.span_s
            self._axis.set_range(self._pressed_start_s + seconds, self._axis.span_s)
            self.panned.emit()
        elif self._drag is _Drag.ZOOM:
            self._zoom_x = x
            self.update()
        elif self._drag is _Drag.SELECT and moved:
            pair = tuple(sorted((self.time_at(self._pressed.x()), self.time_at(x))))
            self.set_selection((pair[0], pair[1]))
        elif self._drag is _Drag.GRIP and moved:
            self.grip_moved.emit(self.time_at(x))
        elif self._drag is _Drag.NONE:
            over = self.has_grip(event.position())
            if over != (self.cursor().shape() == Qt.CursorShape.SizeHorCursor):
                self.setCursor(Qt.CursorShape.SizeHorCursor) if over else self.unsetCursor()
        self._set_pointer(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Finish what was begun; a plain click in the ruler clears the selection."""
        drag, self._drag = self._drag, _Drag.NONE
        self.unsetCursor()
        x = min(max(event.position().x(), 0.0), float(self.width()))
        moved = abs(x - self._pressed.x()) >= _SLACK_PX
        if drag in (_Drag.PAN, _Drag.GRIP) and not moved:
            self.clicked.emit(event.position())
        if drag is _Drag.GRIP:
            self.grip_released.emit(moved)
        if drag is _Drag.ZOOM:
            if moved:
                first, last = sorted((self.time_at(self._pressed.x()), self.time_at(x)))
                self._axis.set_range(first, last - first)
                self.panned.emit()
            self.update()
        elif drag is _Drag.SELECT:
            if moved:
                first, last = sorted((self.time_at(self._pressed.x()), self.time_at(x)))
                self.selection_made.emit((max(first, 0.0), last))
            elif self._selection is not None:
                self.selection_made.emit(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Put the playhead there, or name the mark that is there."""
        if event.button() == Qt.MouseButton.LeftButton and self.active:
            self.double_clicked.emit(event.position())

    def event(self, event: QEvent) -> bool:
        """Explain what the pointer rests on."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.explain(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def leaveEvent(self, _event: object) -> None:
        """Read out the playhead again."""
        self._set_pointer(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; sideways, or with Shift, scroll."""
        if not self.active:
            event.ignore()
            return
        turn = event.angleDelta()
        fine: QPoint = event.pixelDelta()
        if abs(turn.x()) > abs(turn.y()) or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            share = fine.x() / max(self.width(), 1) if fine.x() else (turn.x() or turn.y()) / 120 * 0.08
            self._axis.pan(-share * self._axis.span_s)
        elif turn.y():
            self._axis.zoom(1.2 ** (turn.y() / 120), self.time_at(event.position().x()))
        self.panned.emit()
        self._set_pointer(event.position())
        event.accept()
