"""Climaxes as regions: approach, peak, abatement; and the instants that a person marked, as flags."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPolygonF

from app.library import Mark
from app.ui.analysis.lanes.base import Lane, Reading
from app.ui.strings import NOTHING, clock, tr
from app.ui.theme import AXIS_PX, Tokens, font
from app.ui.timescale import TimeAxis
from models.analysis import Analysis, Climax

#: So near to a mark is at it.
MARK_REACH_PX = 6.0


class ClimaxLane(Lane):
    """A bar from start to end, a triangle at the peak, the rank beside it (1 = strongest); a flag at each mark."""

    weight = 0.12
    least_px = 38  # names of marks above the regions
    range = (0.0, 1.0)

    def __init__(self) -> None:
        super().__init__()
        self._climaxes: tuple[Climax, ...] = ()
        self._known = False
        self._marks: tuple[Mark, ...] = ()
        self._reach_s = 0.0  # `MARK_REACH_PX` at the present zoom

    @property
    def title(self) -> str:
        """Name of the lane."""
        return tr("Climaxes, marks")

    @property
    def about(self) -> str:
        """What is drawn."""
        return tr(
            "Regions of heightened intensity: approach, peak (triangle), abatement. The number is the rank, 1 the "
            "strongest. An estimate: a climax is not simply the loudest second. Flags are your own marks: a click puts "
            "the playhead there, a double click names them."
        )

    @property
    def ready(self) -> bool:
        """Whether a model has spoken, or a person has marked something."""
        return self._known or bool(self._marks)

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Take the climaxes, strongest first."""
        self._known = analysis is not None
        self._climaxes = analysis.climaxes if analysis is not None else ()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Take the marks, in the order of time."""
        self._marks = tuple(marks)

    def show_range(self, axis: TimeAxis, columns: int) -> None:
        """Learn how many seconds a pixel is."""
        self._reach_s = MARK_REACH_PX * axis.span_s / max(self.rect.width(), 1.0)
        super().show_range(axis, columns)

    def mark_at(self, time_s: float) -> Mark | None:
        """Return the mark nearest to a time, if it is a few pixels away at most."""
        mark = min(self._marks, key=lambda mark: abs(mark.time_s - time_s), default=None)
        return mark if mark is not None and abs(mark.time_s - time_s) <= self._reach_s else None

    def paint_over(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        """Draw the regions in view, the strongest last, over the weaker; then the flags."""
        painter.setFont(font(AXIS_PX, strong=True))
        middle = self.rect.bottom() - 11
        for rank, climax in reversed(list(enumerate(self._climaxes, start=1))):
            if climax.end_s < axis.start_s or climax.start_s > axis.end_s:
                continue
            left = max(self.x_of(climax.start_s, axis), self.rect.left() + 1)
            right = min(self.x_of(climax.end_s, axis), self.rect.right() - 1)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.colour("accent", 0.18 + 0.42 * climax.strength))
            painter.drawRoundedRect(QRectF(left, middle - 5, max(right - left, 2.0), 10), 3, 3)
            peak = self.x_of(climax.peak_s, axis)
            if not self.rect.left() <= peak <= self.rect.right():
                continue
            painter.setBrush(QColor(tokens.accent))
            painter.drawPolygon(
                QPolygonF([QPointF(peak - 5, middle - 9), QPointF(peak + 5, middle - 9), QPointF(peak, middle)])
            )
            painter.drawRect(QRectF(peak - 0.75, middle - 9, 1.5, 18))
            painter.setPen(QColor(tokens.text))
            painter.drawText(QPointF(min(peak + 7, self.rect.right() - 9), middle + 4.5), str(rank))

        self._paint_marks(painter, axis, tokens)

    def _paint_marks(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.text))
        top, bottom = self.rect.top() + 1, self.rect.bottom() - 1
        for mark in self._marks:
            if axis.start_s <= mark.time_s <= axis.end_s:
                x = round(self.x_of(mark.time_s, axis))
                painter.fillRect(QRectF(x, top, 1, bottom - top), QColor(tokens.text))
                # At the right edge it points the other way, so that it is seen.
                point = x + 8 if x + 8 < self.rect.right() else x - 8
                painter.drawPolygon(QPolygonF([QPointF(x, top), QPointF(point, top + 3.5), QPointF(x, top + 7)]))
        self._paint_names(painter, axis, tokens)

    def _paint_names(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        """Write each name from its flag to the next one, on a ground that keeps it readable over a region."""
        painter.setFont(font(AXIS_PX))
        metrics = QFontMetrics(painter.font())
        top = self.rect.top() + 1
        for index, mark in enumerate(self._marks):
            if not mark.label or not axis.start_s <= mark.time_s <= axis.end_s:
                continue
            left = self.x_of(mark.time_s, axis) + 11
            following = self.x_of(self._marks[index + 1].time_s, axis) if index + 1 < len(self._marks) else 1e9
            room = min(following, self.rect.right()) - left - 4
            if room < 18:
                continue
            text = metrics.elidedText(mark.label, Qt.TextElideMode.ElideRight, int(room))
            ground = QRectF(left - 2, top, metrics.horizontalAdvance(text) + 4, metrics.height())
            painter.fillRect(ground, tokens.colour("panel", 0.8))
            painter.setPen(QColor(tokens.text))
            painter.drawText(QPointF(left, top + metrics.ascent()), text)

    def readings(self, time_s: float) -> list[Reading]:
        """Which mark is at a time, then which climax holds it."""
        mark = self.mark_at(time_s)
        if mark is None:
            return self._climax_readings(time_s)
        marked = Reading(mark.label or tr("mark"), clock(mark.time_s, tenths=True))
        return [marked, *(self._climax_readings(time_s) if self._known else [])]

    def _climax_readings(self, time_s: float) -> list[Reading]:
        if not self._known:
            return [Reading(tr("here"), NOTHING)]
        for rank, climax in enumerate(self._climaxes, start=1):
            if climax.start_s <= time_s <= climax.end_s:
                return [
                    Reading(
                        tr("no. {rank}").format(rank=rank),
                        tr("peak {time}").format(time=clock(climax.peak_s, tenths=True)),
                    )
                ]
        if not self._climaxes:
            return [Reading(tr("none found"), "")]
        return [Reading(tr("here"), tr("none"))]
