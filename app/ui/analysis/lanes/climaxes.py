"""Climaxes as regions: approach, peak, abatement."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

from app.ui.analysis.lanes.base import Lane, Reading
from app.ui.strings import NOTHING, clock, tr
from app.ui.theme import AXIS_PX, Tokens, font
from app.ui.timescale import TimeAxis
from models.inference.analysis import Analysis, Climax


class ClimaxLane(Lane):
    """A bar from start to end, a mark at the peak, the rank beside it (1 = strongest)."""

    weight = 0.12
    least_px = 34
    range = (0.0, 1.0)

    def __init__(self) -> None:
        super().__init__()
        self._climaxes: tuple[Climax, ...] = ()
        self._known = False

    @property
    def title(self) -> str:
        """Name of the lane."""
        return tr("Climaxes")

    @property
    def about(self) -> str:
        """What is drawn."""
        return tr(
            "Regions of heightened intensity: approach, peak (mark), abatement. The number is the rank, 1 the "
            "strongest. An estimate: a climax is not simply the loudest second."
        )

    @property
    def ready(self) -> bool:
        """Whether a model has spoken."""
        return self._known

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Take the climaxes, strongest first."""
        self._known = analysis is not None
        self._climaxes = analysis.climaxes if analysis is not None else ()

    def paint_over(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        """Draw the regions in view; the strongest last, over the weaker."""
        painter.setFont(font(AXIS_PX, strong=True))
        middle = self.rect.center().y()
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

    def readings(self, time_s: float) -> list[Reading]:
        """Which climax holds a time."""
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
