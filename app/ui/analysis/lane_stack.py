"""Lanes under one ruler, whatever they are: their places, axes, read-out column and keys."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QElapsedTimer, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QRegion, QWheelEvent
from PySide6.QtWidgets import QScrollBar, QSizePolicy, QWidget

from app.ui.analysis.lanes import Lane
from app.ui.analysis.overlay import Overlay
from app.ui.analysis.readout import Readout
from app.ui.strings import tr
from app.ui.theme import AXIS_PX, THEME, font
from app.ui.timescale import TimeAxis

RULER_PX = 24
AXIS_LEFT_PX = 42
READOUT_PX = 160
GAP_PX = 5
#: A folded lane has room for its name.
FOLDED_PX = 18
#: Lanes that need more height than this are scrolled, so that the window need not grow.
MOST_LEAST_PX = 470
_SCROLL_PX = 9
#: A pointer that has not moved for so long no longer holds the read-out while music plays.
RESTING_MS = 2000


class _LanesView(QWidget):
    """The plots themselves, drawn by software."""

    def __init__(self, axis: TimeAxis, lanes: list[Lane], parent: QWidget) -> None:
        super().__init__(parent)
        self._axis = axis
        self._lanes = lanes
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw each lane's ground, frame and quiet lines, then what is in it, then its labels."""
        tokens = THEME.tokens
        painter = QPainter(self)
        between = QRegion(event.rect())
        for lane in self._lanes:
            between -= lane.rect.toRect().adjusted(2, 2, -2, -2)  # all of a frame lies upon the surface
        for rect in between:
            painter.fillRect(rect, QColor(tokens.surface))
        for lane in self._lanes:
            if not lane.rect.intersects(event.rect()):
                continue
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QColor(tokens.line))
            painter.setBrush(QColor(tokens.panel))
            painter.drawRect(lane.rect.adjusted(0, 0, -1, -1))
            if lane.folded:
                continue
            for value in lane.grid():
                y = round(lane.y_of(value))
                painter.drawLine(QPointF(lane.rect.left(), y), QPointF(lane.rect.right() - 1, y))
            if not lane.ready:
                continue
            painter.setClipRect(lane.rect.adjusted(1, 1, -1, -1))
            lane.paint_items(painter, QRectF(event.rect()))
            painter.setClipRect(lane.rect)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            lane.paint_over(painter, self._axis, tokens)
            painter.setClipping(False)
        painter.end()


class LaneStack(QWidget):
    """Ruler, lanes, their axes on the left, and what they read at the pointer or the playhead on the right.

    Parameters
    ----------
    axis : TimeAxis
        The time that all lanes share.
    lanes : list of Lane
        Top to bottom; the stack holds this very list.
    """

    seek_asked = Signal(float)
    selection_made = Signal(object)
    panned = Signal()
    folded_changed = Signal(object)  # the keys of the lanes that are folded

    def __init__(self, axis: TimeAxis, lanes: list[Lane], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axis = axis
        self.lanes = lanes
        self.view = _LanesView(axis, self.lanes, self)
        self.overlay = Overlay(axis, RULER_PX, self)
        self.readout = Readout(self.lanes, RULER_PX, self)
        self._scroll = QScrollBar(Qt.Orientation.Vertical, self)
        self._scroll.setAccessibleName(tr("Lanes out of view"))
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._folded: set[str] = set()
        self._playhead_s = 0.0
        self._pointer: QPointF | None = None
        self._pointer_moved = QElapsedTimer()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Lanes over time"))
        self.overlay.setAccessibleName(tr("Time ruler and lanes"))
        self.overlay.double_clicked.connect(self.double_clicked)
        self.overlay.selection_made.connect(self.selection_made)
        self.overlay.panned.connect(self.panned)
        self.overlay.pointer_moved.connect(self._point)
        self.readout.fold_asked.connect(self.toggle)
        self._scroll.valueChanged.connect(self._place_lanes)
        axis.changed.connect(self._show_range)
        THEME.changed.connect(self._apply)
        self._apply()

    def sizeHint(self) -> QSize:
        """Room for the least height of every lane."""
        return QSize(720, self.minimumSizeHint().height() + 120)

    def minimumSizeHint(self) -> QSize:
        """Return the least that can be read."""
        height = min(self._least_px, MOST_LEAST_PX) + RULER_PX
        return QSize(AXIS_LEFT_PX + READOUT_PX + 220, height)

    @property
    def _least_px(self) -> int:
        """Height below which not all lanes can be read."""
        return sum(FOLDED_PX if lane.folded else lane.least_px for lane in self.lanes) + GAP_PX * len(self.lanes)

    # Folding

    def allow_folding(self, folded: Iterable[str]) -> None:
        """Let lanes be folded; those with these keys are from the start, also when they come later."""
        self.readout.can_fold = True
        self._folded = set(folded)
        self.updateGeometry()
        self._place_lanes()

    @property
    def folded(self) -> list[str]:
        """The keys of the lanes that are folded."""
        return sorted(self._folded)

    def reveal_lane(self, lane: Lane) -> None:
        """Scroll to a lane that is out of view; nothing moves when it is in view."""
        over = lane.rect.bottom() - self.view.height()
        if over > 0 or lane.rect.top() < 0:
            self._scroll.setValue(self._scroll.value() + round(over if over > 0 else lane.rect.top()))

    def toggle(self, lane: Lane) -> None:
        """Fold a lane to its name, or unfold it."""
        self._folded ^= {lane.key}
        self.updateGeometry()
        self._place_lanes()
        self.update()
        self._read()
        self.folded_changed.emit(self.folded)

    def data_changed(self) -> None:
        """Draw anew: the lanes hold other data."""
        self.overlay.active = self.axis.duration_s > 0
        self._show_range()
        self.update()

    def set_playhead(self, time_s: float) -> None:
        """Move the playhead in every lane; a pointer that was left lying gives the read-out back to the music."""
        if self._pointer is not None and time_s != self._playhead_s and self._pointer_moved.elapsed() > RESTING_MS:
            self._pointer = None
            self.point_at(None)
        self._playhead_s = time_s
        self.overlay.set_playhead(time_s if self.axis.duration_s > 0 else None)
        if self._pointer is None:
            self._read()

    def set_selection(self, selection: tuple[float, float] | None) -> None:
        """Show the selected region."""
        self.overlay.set_selection(selection)

    def double_clicked(self, position: QPointF) -> None:
        """Put the playhead there."""
        self.seek_asked.emit(self.overlay.time_at(position.x()))

    def point_at(self, position: QPointF | None) -> None:
        """Hear where the pointer is, in pixels of the overlay; None when it no longer holds the read-out."""

    # Places

    def resizeEvent(self, _event: object) -> None:
        """Share the height among the lanes."""
        width = max(self.width() - AXIS_LEFT_PX - READOUT_PX, 50)
        height = max(self.height() - RULER_PX, 10)
        self.view.setGeometry(AXIS_LEFT_PX, RULER_PX, width, height)
        self.overlay.setGeometry(AXIS_LEFT_PX + 1, 0, width - 2, self.height())
        self.readout.setGeometry(self.width() - READOUT_PX, 0, READOUT_PX, self.height())
        self._scroll.setGeometry(self.width() - _SCROLL_PX, RULER_PX, _SCROLL_PX, height)
        self.overlay.raise_()
        self._place_lanes()

    def _place_lanes(self, _scrolled_px: int = 0) -> None:
        width, height = self.view.width(), self.view.height()
        for lane in self.lanes:
            lane.folded = lane.key in self._folded
        over = max(self._least_px - GAP_PX + 1 - height, 0)
        self._scroll.blockSignals(True)
        self._scroll.setRange(0, over)
        self._scroll.setPageStep(height)
        self._scroll.setSingleStep(40)
        self._scroll.blockSignals(False)
        self._scroll.setVisible(over > 0)
        spare = max(height - self._least_px + GAP_PX - 1, 0)
        weights = sum(lane.weight for lane in self.lanes if not lane.folded) or 1.0
        top = -float(self._scroll.value())
        for lane in self.lanes:
            lane_px = FOLDED_PX if lane.folded else round(lane.least_px + spare * lane.weight / weights)
            lane.place(QRectF(0, top, width, lane_px))
            top += lane_px + GAP_PX
        self._show_range()
        self.readout.update()

    @property
    def pixel_s(self) -> float:
        """Seconds that one logical pixel across a lane stands for."""
        return self.axis.span_s / max(self.overlay.width(), 1)

    @property
    def columns(self) -> int:
        """Physical pixels across a lane."""
        return max(1, int((self.view.width() - 2) * self.devicePixelRatioF()))

    def _show_range(self) -> None:
        for lane in self.lanes:
            if not lane.folded:
                lane.show_range(self.axis, self.columns)
        self.view.update()
        self.update(QRect(0, 0, self.width() - READOUT_PX, RULER_PX))
        self._read()

    def _apply(self) -> None:
        for lane in self.lanes:
            lane.apply(THEME.tokens)
        self._show_range()
        self.update()
        self.readout.update()
        self.overlay.update()

    # Read-out

    def _point(self, position: QPointF | None) -> None:
        self._pointer = position
        self._pointer_moved.start()
        self.point_at(position)
        self._read()

    def _read(self) -> None:
        if self.axis.duration_s <= 0:
            self.readout.clear()
        elif self._pointer is not None:
            at_s = min(max(self.overlay.time_at(self._pointer.x()), 0.0), self.axis.duration_s)
            self.readout.read(at_s, at_pointer=True)
        else:
            self.readout.read(self._playhead_s, at_pointer=False)

    # Axes

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ruler and the axes."""
        tokens = THEME.tokens
        painter = QPainter(self)
        painter.setFont(font(AXIS_PX, tabular=True))
        metrics = QFontMetrics(painter.font())
        painter.fillRect(event.rect(), QColor(tokens.surface))
        # The overlay lies over all of this: a playhead that moves on asks for strips that the axes have no part in.
        asked = event.region()
        if self.axis.duration_s > 0 and asked.intersects(QRect(0, 0, self.width(), RULER_PX)):
            self._paint_ruler(painter, metrics)
        if asked.intersects(QRect(0, RULER_PX, AXIS_LEFT_PX, self.height())):
            self._paint_axes(painter, metrics)
        painter.end()

    def _paint_axes(self, painter: QPainter, metrics: QFontMetrics) -> None:
        tokens = THEME.tokens
        painter.setPen(QColor(tokens.soft))
        painter.setClipRect(0, RULER_PX, self.width(), self.height())  # lanes may be scrolled beneath the ruler
        for lane in self.lanes:
            if lane.folded:
                continue
            last = -1e9
            for value, label in sorted(lane.ticks(), key=lambda tick: -tick[0]):
                y = RULER_PX + lane.y_of(value)
                top = RULER_PX + lane.rect.top()
                text_y = min(max(y - metrics.height() / 2, top), top + lane.rect.height() - metrics.height())
                if text_y - last < metrics.height() - 1:
                    continue
                last = text_y
                box = QRectF(0, text_y, AXIS_LEFT_PX - 6, metrics.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, label)
                painter.drawLine(QPointF(AXIS_LEFT_PX - 3, round(y)), QPointF(AXIS_LEFT_PX - 1, round(y)))
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.drawLine(0, RULER_PX, 0, self.height())

    def _paint_ruler(self, painter: QPainter, metrics: QFontMetrics) -> None:
        tokens = THEME.tokens
        left = self.overlay.x()
        width = self.overlay.width()
        large, small = self.axis.ticks(width)
        painter.setPen(QColor(tokens.line))
        for at_s in small:
            x = left + self.overlay.x_at(at_s)
            painter.drawLine(QPointF(x, RULER_PX - 4), QPointF(x, RULER_PX - 1))
        for at_s, label in large:
            x = left + self.overlay.x_at(at_s)
            painter.setPen(QColor(tokens.soft))
            painter.drawLine(QPointF(x, RULER_PX - 7), QPointF(x, RULER_PX - 1))
            text_px = metrics.horizontalAdvance(label)
            text_x = min(max(x - text_px / 2, left), left + width - text_px)
            painter.drawText(QPointF(text_x, metrics.ascent() + 2), label)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll, zoom, go to the ends."""
        if not self.handle_key(event):
            super().keyPressEvent(event)

    def handle_key(self, event: QKeyEvent) -> bool:
        """Do what a key means on lanes and time axis; False if it means nothing here."""
        if self._fold_key(event):
            return True
        if self.axis.duration_s <= 0 or event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        ):
            return False
        key = event.key()
        large = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = self.axis.span_s * (0.5 if large else 0.1)
            self.axis.pan(step if key == Qt.Key.Key_Right else -step)
            self.panned.emit()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            middle = self.axis.start_s + self.axis.span_s / 2
            inside = self.axis.start_s <= self._playhead_s <= self.axis.end_s
            self.axis.zoom(1.5 if key == Qt.Key.Key_Up else 1 / 1.5, self._playhead_s if inside else middle)
            self.panned.emit()
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) and not self._scroll.isHidden():
            step = self.view.height() // 2
            self._scroll.setValue(self._scroll.value() + (step if key == Qt.Key.Key_PageDown else -step))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.seek_asked.emit(0.0 if key == Qt.Key.Key_Home else self.axis.duration_s)
        else:
            return False
        return True

    def _fold_key(self, event: QKeyEvent) -> bool:
        """Fold the lane of a number, counted from the top, with Alt."""
        number = event.key() - Qt.Key.Key_1
        alone = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.AltModifier
        if not alone or not self.readout.can_fold or not 0 <= number < min(len(self.lanes), 9):
            return False
        self.toggle(self.lanes[number])
        return True

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Beside the lanes, the wheel scrolls through them."""
        self._scroll.setValue(self._scroll.value() - event.angleDelta().y() // 2)

    def focusInEvent(self, event: object) -> None:
        """Show the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: object) -> None:
        """Hide the focus."""
        super().focusOutEvent(event)
        self.update()
