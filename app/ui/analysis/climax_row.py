"""How a row of the climaxes is drawn: number, time, name, strength; below them its course and what makes it one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui.analysis.climax_words import cue_words, region
from app.ui.row_state import paint_row_state
from app.ui.strings import clock, tr
from app.ui.theme import AXIS_PX, BODY_PX, THEME, font
from models.analysis import Climax

if TYPE_CHECKING:
    from app.exploration import ShownClimax
    from app.ui.analysis.climax_shape import Course

ROW_PX = 62
_PLOT = QRectF(24, 23, 96, 35)
_Index = QModelIndex | QPersistentModelIndex
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


class ClimaxRow(QStyledItemDelegate):
    """Paints rows.

    Attributes
    ----------
    span_s : tuple of float
        Seconds before and after the peak that every small plot shows.
    range : tuple of float
        Bottom and top of every small plot, in the contour's unit.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.span_s = (1.0, 1.0)
        self.range = (0.0, 1.0)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        """All rows are equally high."""
        return QSize(200, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one row."""
        shown: ShownClimax = index.data(Qt.ItemDataRole.UserRole + 1)
        course: Course | None = index.data(Qt.ItemDataRole.UserRole + 2)
        painter.save()
        paint_row_state(painter, option)
        painter.translate(option.rect.topLeft())
        self._head(painter, index.row() + 1, shown, float(option.rect.width()))
        left = _PLOT.left()
        if course is not None and len(course.values) > 1:
            paint_course(painter, _PLOT, course, shown.climax, self.span_s, self.range)
            left = _PLOT.right() + 8
        self._words(painter, shown, QRectF(left, 20, option.rect.width() - left - 6, 40))
        painter.restore()

    def _head(self, painter: QPainter, rank: int, shown: ShownClimax, width: float) -> None:
        tokens = THEME.tokens
        line = QRectF(6, 3, width - 12, 18)
        painter.setPen(QColor(tokens.text))
        painter.setFont(font(BODY_PX, strong=True, tabular=True))
        painter.drawText(line, _LEFT, str(rank))
        painter.setFont(font(BODY_PX, tabular=True))
        time = clock(shown.climax.peak_s, tenths=True)
        painter.drawText(line.adjusted(_PLOT.left() - 6, 0, 0, 0), _LEFT, time)
        name_left = _PLOT.left() + QFontMetrics(painter.font()).horizontalAdvance("00:00.0") + 4
        painter.setFont(font(AXIS_PX, tabular=True))
        number = f"{shown.climax.strength:.2f}"
        painter.drawText(line, _RIGHT, number)
        right = line.right() - QFontMetrics(painter.font()).horizontalAdvance(number) - 6
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not shown.label:  # a name needs the room more
            bar = QRectF(right - 60, line.center().y() - 2, 60, 5)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.line))
            painter.drawRoundedRect(bar, 2.5, 2.5)
            painter.setBrush(QColor(tokens.accent))
            filled = max(bar.width() * min(max(shown.climax.strength, 0.0), 1.0), 3.0)
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), filled, bar.height()), 2.5, 2.5)
            right = bar.left() - 6
        if shown.note:
            right -= 13
            _paint_note(painter, QPointF(right, line.center().y() - 5.5))
            right -= 4
        if shown.label and right - name_left > 16:
            painter.setPen(QColor(tokens.text))
            painter.setFont(font(BODY_PX, strong=True))
            name = QFontMetrics(painter.font()).elidedText(
                shown.label, Qt.TextElideMode.ElideRight, int(right - name_left)
            )
            painter.drawText(QRectF(name_left, line.top(), right - name_left, line.height()), _LEFT, name)

    def _words(self, painter: QPainter, shown: ShownClimax, box: QRectF) -> None:
        tokens = THEME.tokens
        painter.setFont(font(AXIS_PX, tabular=True))
        metrics = QFontMetrics(painter.font())
        painter.setPen(QColor(tokens.soft))
        times = region(shown.climax)
        if shown.is_own:
            times = f"{times}  {tr('yours')}"
        room = int(box.width())
        line = QRectF(box.left(), box.top() + 1, box.width(), metrics.height())
        painter.drawText(line, _LEFT, metrics.elidedText(times, Qt.TextElideMode.ElideRight, room))
        painter.setPen(QColor(tokens.text))
        for words in _two_lines(cue_words(shown.climax.cues), metrics, room):
            line.translate(0, metrics.height())
            painter.drawText(line, _LEFT, words)


def _two_lines(text: str, metrics: QFontMetrics, room: int) -> list[str]:
    """Break a text at a comma into two lines at most; what is too long even then is cut."""
    if metrics.horizontalAdvance(text) <= room:
        return [text]
    parts = text.split(", ")
    count = max(
        (n for n in range(1, len(parts)) if metrics.horizontalAdvance(", ".join(parts[:n]) + ",") <= room), default=1
    )
    lines = [", ".join(parts[:count]) + ("," if count < len(parts) else ""), ", ".join(parts[count:])]
    return [metrics.elidedText(line, Qt.TextElideMode.ElideRight, room) for line in lines if line]


def paint_course(
    painter: QPainter,
    box: QRectF,
    course: Course,
    climax: Climax,
    span_s: tuple[float, float],
    height: tuple[float, float],
) -> None:
    """Draw the contour around a peak: the region filled, the peak as a line, what lies around it soft."""
    tokens = THEME.tokens
    before_s, after_s = span_s
    low, high = height

    def x_of(seconds: float) -> float:
        return box.left() + (seconds + before_s) / (before_s + after_s) * box.width()

    def y_of(value: float) -> float:
        return box.bottom() - (value - low) / (high - low) * box.height()

    step = max(1, len(course.values) // 200)
    points = [
        QPointF(x_of(float(at)), y_of(float(value)))
        for at, value in zip(course.times_s[::step], course.values[::step], strict=True)
    ]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(box.adjusted(-1, -1, 1, 1))
    if low < 0 < high:  # the piece's typical moment
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(QPointF(box.left(), y_of(0.0)), QPointF(box.right(), y_of(0.0)))
    painter.setPen(QPen(QColor(tokens.soft), 1))
    painter.drawPolyline(QPolygonF(points))
    inside = QRectF(x_of(climax.start_s - climax.peak_s), box.top() - 1, 0, box.height() + 2)
    inside.setRight(x_of(climax.end_s - climax.peak_s))
    painter.setClipRect(inside.intersected(box.adjusted(-1, -1, 1, 1)))
    area = QPainterPath(QPointF(points[0].x(), box.bottom()))
    for point in points:
        area.lineTo(point)
    area.lineTo(points[-1].x(), box.bottom())
    painter.fillPath(area, tokens.colour("accent", 0.25))
    painter.setPen(QPen(QColor(tokens.accent), 1.6))
    painter.drawPolyline(QPolygonF(points))
    painter.setPen(QPen(QColor(tokens.accent), 1, Qt.PenStyle.DotLine))
    painter.drawLine(QPointF(x_of(0.0), box.top()), QPointF(x_of(0.0), box.bottom()))
    painter.restore()


def _paint_note(painter: QPainter, corner: QPointF) -> None:
    """Draw a sheet with two lines: there is a note."""
    tokens = THEME.tokens
    painter.save()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(tokens.soft), 1))
    painter.drawRoundedRect(QRectF(corner.x() + 1.5, corner.y() + 0.5, 9, 11), 1.5, 1.5)
    for down in (4.0, 7.0):
        painter.drawLine(QPointF(corner.x() + 4, corner.y() + down), QPointF(corner.x() + 8, corner.y() + down))
    painter.restore()
