"""The read-out column: every lane's values at one time, always in the same place, right of the lane."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from app.ui.analysis.lanes import Lane, Reading
from app.ui.icons import draw_marker
from app.ui.strings import clock, tr
from app.ui.theme import AXIS_PX, THEME, font

_ROW_PX = 16

#: A swatch in strokes is longer, so that its line is known by it.
_DASHED_PX, _DASHED_WIDTH_PX = 20, 1.5


class Readout(QWidget):
    """Lane titles and their readings; a click on a title asks to fold the lane, where lanes can be folded."""

    fold_asked = Signal(object)  # Lane

    def __init__(self, lanes: list[Lane], ruler_px: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._ruler_px = ruler_px
        self._readings: list[list[Reading]] = [lane.readings(0.0) for lane in lanes]
        self._time = ""
        self._where = ""
        self._over: Lane | None = None
        self.can_fold = False
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Values at the pointer or the playhead"))

    @property
    def text(self) -> str:
        """Everything that is read out, as one text."""
        lines = [f"{self._time} {self._where}".strip()]
        for lane, readings in zip(self._lanes, self._readings, strict=True):
            lines.append(lane.title)
            if lane.folded:
                continue
            every = [one for reading in readings for one in (reading, reading.other) if one is not None]
            lines += [f"{one.label} {one.value}" for one in every]
        return "\n".join(lines)

    def clear(self) -> None:
        """Nothing is open."""
        self._show("", "", [lane.readings(0.0) for lane in self._lanes])

    def read(self, time_s: float, *, at_pointer: bool) -> None:
        """Read every lane at a time."""
        where = tr("at pointer") if at_pointer else tr("at playhead")
        self._show(clock(time_s, tenths=True), where, [lane.readings(time_s) for lane in self._lanes])

    def _show(self, time: str, where: str, readings: list[list[Reading]]) -> None:
        if (time, where, readings) != (self._time, self._where, self._readings):
            self._time, self._where, self._readings = time, where, readings
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw titles and readings beside their lanes."""
        tokens = THEME.tokens
        painter = QPainter(self)
        plain = font(AXIS_PX, tabular=True)
        strong = font(AXIS_PX, strong=True, tabular=True)
        metrics = QFontMetrics(plain)
        left, right = 8.0, self.width() - 10.0
        if self._time:
            painter.setFont(strong)
            painter.setPen(QColor(tokens.text))
            painter.drawText(QPointF(left, metrics.ascent() + 3), self._time)
            painter.setFont(plain)
            painter.setPen(QColor(tokens.soft))
            box = QRectF(left, 3, right - left, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight, self._where)
        painter.setClipRect(0, self._ruler_px, self.width(), self.height())  # lanes may be scrolled beneath the time
        for lane, readings in zip(self._lanes, self._readings, strict=True):
            y = self._ruler_px + lane.rect.top()
            painter.setFont(strong)
            painter.setPen(QColor(tokens.text if lane.ready else tokens.soft))
            title_px = int(right - left - (12 if self.can_fold else 0))
            title = QFontMetrics(strong).elidedText(lane.title, Qt.TextElideMode.ElideRight, title_px)
            painter.drawText(QPointF(left, y + metrics.ascent()), title)
            if self.can_fold and (lane.folded or lane is self._over):
                self._paint_chevron(painter, QPointF(right - 4, y + metrics.ascent() - 4), folded=lane.folded)
            if lane.folded:
                continue
            painter.setFont(plain)
            y += _ROW_PX + 1
            for reading in readings:
                if y + metrics.height() > self._ruler_px + lane.rect.bottom() + 3:
                    break
                self._paint_reading(painter, metrics, reading, QRectF(left, y, right - left, _ROW_PX))
                y += _ROW_PX
        painter.end()

    @staticmethod
    def _paint_chevron(painter: QPainter, middle: QPointF, *, folded: bool) -> None:
        """Draw what a click on the title does: an angle to the side unfolds, one downwards folds."""
        points = ((-2, -4), (2, 0), (-2, 4)) if folded else ((-4, -2), (0, 2), (4, -2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPolyline(QPolygonF([middle + QPointF(x, y) for x, y in points]))

    def _titled(self, position: QPointF) -> Lane | None:
        """Return the lane whose title is there."""
        y = position.y() - self._ruler_px
        if not self.can_fold or y < 0:
            return None
        return next((lane for lane in self._lanes if lane.rect.top() <= y <= lane.rect.top() + _ROW_PX), None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show which title is under the mouse."""
        self._point(self._titled(event.position()))

    def leaveEvent(self, _event: object) -> None:
        """None is."""
        self._point(None)

    def _point(self, lane: Lane | None) -> None:
        if lane is not self._over:
            self._over = lane
            self.setCursor(Qt.CursorShape.PointingHandCursor) if lane is not None else self.unsetCursor()
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Fold or unfold the lane whose title is there."""
        lane = self._titled(event.position()) if event.button() == Qt.MouseButton.LeftButton else None
        if lane is None:
            event.ignore()
        else:
            self.fold_asked.emit(lane)

    def lanes_changed(self) -> None:
        """Read anew: there are other lanes now."""
        self._readings = [lane.readings(0.0) for lane in self._lanes]
        self.update()

    def _paint_reading(self, painter: QPainter, metrics: QFontMetrics, reading: Reading, box: QRectF) -> None:
        tokens = THEME.tokens
        if reading.other is not None:
            half = QRectF(box.left(), box.top(), (box.width() - 6) / 2, box.height())
            self._paint_reading(painter, metrics, reading.other, half.translated(half.width() + 6, 0))
            box = half
        text = QRectF(box)
        if reading.quadrant:
            draw_marker(painter, reading.quadrant, QPointF(box.left() + 5, box.top() + 7), 9)
            text.setLeft(box.left() + 15)
        elif reading.colour:
            pen = QPen(QColor(reading.colour), 2.0)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            length = 10
            if reading.dashes:
                pen.setWidthF(_DASHED_WIDTH_PX)
                pen.setDashPattern(reading.dashes)
                pen.setDashOffset(reading.dashes[0] / 2)  # so that also the longest stroke shows its gap
                length = _DASHED_PX
            painter.setPen(pen)
            painter.drawLine(QPointF(box.left(), box.top() + 7), QPointF(box.left() + length, box.top() + 7))
            text.setLeft(box.left() + length + (5 if length < _DASHED_PX else 3))
        elif reading.indent:
            text.setLeft(box.left() + 15)
        painter.setPen(QColor(tokens.soft))
        value_px = metrics.horizontalAdvance(reading.value)
        label = metrics.elidedText(reading.label, Qt.TextElideMode.ElideRight, int(text.width() - value_px - 6))
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft, label)
        painter.setPen(QColor(tokens.text))
        painter.drawText(text, Qt.AlignmentFlag.AlignRight, reading.value)

    def event(self, event: QEvent) -> bool:
        """Explain a lane when the pointer rests on its title."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            y = event.pos().y() - self._ruler_px
            for lane in self._lanes:
                if lane.rect.top() <= y <= lane.rect.bottom():
                    how = f"<br>{tr('A click on the name folds it, or Alt with its number.')}" if self.can_fold else ""
                    QToolTip.showText(event.globalPos(), f"<b>{lane.title}</b><br>{lane.about}{how}", self)
                    return True
            QToolTip.hideText()
            return True
        return super().event(event)
