"""The read-out column: every lane's values at one time, always in the same place, right of the lane."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from app.ui.analysis.lanes import Lane, Reading
from app.ui.icons import draw_marker
from app.ui.strings import clock, tr
from app.ui.theme import AXIS_PX, THEME, font

_ROW_PX = 16


class Readout(QWidget):
    """Lane titles and their readings."""

    def __init__(self, lanes: list[Lane], ruler_px: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._ruler_px = ruler_px
        self._readings: list[list[Reading]] = [lane.readings(0.0) for lane in lanes]
        self._time = ""
        self._where = ""
        self.setAccessibleName(tr("Values at the pointer or the playhead"))

    @property
    def text(self) -> str:
        """Everything that is read out, as one text."""
        lines = [f"{self._time} {self._where}".strip()]
        for lane, readings in zip(self._lanes, self._readings, strict=True):
            lines.append(lane.title)
            lines += [f"{reading.label} {reading.value}" for reading in readings]
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
        for lane, readings in zip(self._lanes, self._readings, strict=True):
            y = self._ruler_px + lane.rect.top()
            painter.setFont(strong)
            painter.setPen(QColor(tokens.text if lane.ready else tokens.soft))
            painter.drawText(QPointF(left, y + metrics.ascent()), lane.title)
            painter.setFont(plain)
            y += _ROW_PX + 1
            for reading in readings:
                if y + metrics.height() > self._ruler_px + lane.rect.bottom() + 3:
                    break
                self._paint_reading(painter, metrics, reading, QRectF(left, y, right - left, _ROW_PX))
                y += _ROW_PX
        painter.end()

    def lanes_changed(self) -> None:
        """Read anew: there are other lanes now."""
        self._readings = [lane.readings(0.0) for lane in self._lanes]
        self.update()

    def _paint_reading(self, painter: QPainter, metrics: QFontMetrics, reading: Reading, box: QRectF) -> None:
        tokens = THEME.tokens
        text = QRectF(box)
        if reading.quadrant:
            draw_marker(painter, reading.quadrant, QPointF(box.left() + 5, box.top() + 7), 9)
            text.setLeft(box.left() + 15)
        elif reading.colour:
            painter.fillRect(QRectF(box.left(), box.top() + 6, 10, 2), QColor(reading.colour))
            text.setLeft(box.left() + 15)
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
                    QToolTip.showText(event.globalPos(), f"<b>{lane.title}</b><br>{lane.about}", self)
                    return True
            QToolTip.hideText()
            return True
        return super().event(event)
