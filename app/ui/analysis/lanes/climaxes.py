"""Climaxes as regions: approach, peak, abatement; where the mood turns; and what a person marked, as flags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPolygon, QPolygonF

from app.library import Mark
from app.ui.analysis.climax_words import mood, sentence, turn
from app.ui.analysis.lanes.base import Lane, Reading
from app.ui.strings import NOTHING, clock, tr
from app.ui.theme import AXIS_PX, Tokens, font
from app.ui.timescale import TimeAxis
from models.analysis import Analysis, Climax, Transition

if TYPE_CHECKING:
    from app.exploration import ShownClimax

#: A triangle on a line, around its point.
_PEAK = QPolygonF([QPointF(x, y) for x, y in ((-5, -9), (5, -9), (0.75, -1.35), (0.75, 9), (-0.75, 9), (-0.75, -1.35))])
#: So near to a mark, an edge or a turn is at it.
MARK_REACH_PX = 6.0


class ClimaxLane(Lane):
    """A bar from start to end, a triangle at the peak, the rank beside it (1 = strongest); a flag at each mark.

    The chosen climax has a frame and a handle at each edge.
    """

    weight = 0.12
    least_px = 38  # names of marks above the regions
    range = (0.0, 1.0)

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[ShownClimax, ...] = ()
        self._chosen: Climax | None = None
        self._edge = ""
        self._transitions: tuple[Transition, ...] = ()
        self._known = False
        self._found = False  # whether a model found a climax
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
            "strongest. An estimate: a climax is not simply the loudest second. A dot marks one of yours; the chosen "
            "one has handles that can be dragged. Small angles at the bottom: the mood turns here. Flags are your own "
            "marks: a click puts the playhead there, a double click names them."
        )

    @property
    def ready(self) -> bool:
        """Whether a model has spoken, or a person has marked something."""
        return self._known or bool(self._marks) or bool(self._shown)

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Take where the mood turns; climaxes come by themselves (`set_climaxes`)."""
        self._known = analysis is not None
        self._found = analysis is not None and bool(analysis.climaxes)
        self._transitions = analysis.transitions if analysis is not None else ()

    def set_climaxes(self, shown: Sequence[ShownClimax]) -> None:
        """Take the climaxes, strongest first."""
        self._shown = tuple(shown)

    def choose(self, climax: Climax | None, edge: str = "") -> None:
        """Give a climax handles, as it is or as it is being dragged; `edge` is the one that keys move."""
        self._chosen, self._edge = climax, edge

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Take the marks, in the order of time."""
        self._marks = tuple(marks)

    def show_range(self, axis: TimeAxis, columns: int) -> None:
        """Learn how many seconds a pixel is."""
        self._reach_s = MARK_REACH_PX * axis.span_s / max(self.rect.width(), 1.0)
        super().show_range(axis, columns)

    # What is where

    def mark_at(self, time_s: float) -> Mark | None:
        """Return the mark nearest to a time, if it is a few pixels away at most."""
        mark = min(self._marks, key=lambda mark: abs(mark.time_s - time_s), default=None)
        return mark if mark is not None and abs(mark.time_s - time_s) <= self._reach_s else None

    def climax_at(self, time_s: float) -> ShownClimax | None:
        """Return the strongest climax whose region holds a time."""
        return next((one for one in self._shown if one.climax.start_s <= time_s <= one.climax.end_s), None)

    def edge_at(self, time_s: float) -> str:
        """Return which edge of the chosen climax is at a time, "start", "peak" or "end"; empty for none."""
        if self._chosen is None:
            return ""
        # Where a narrow region has all three within reach, the peak is the last to be meant.
        edges = sorted(
            (abs(getattr(self._chosen, f"{edge}_s") - time_s), order, edge)
            for order, edge in enumerate(("start", "end", "peak"))
        )
        return edges[0][2] if edges[0][0] <= self._reach_s else ""

    def in_bars(self, y: float) -> bool:
        """Whether a pixel is where the regions are drawn, not the names above them."""
        return self.rect.bottom() - 26 <= y <= self.rect.bottom()

    # Drawing

    def paint_over(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        """Draw the regions in view, the strongest last, over the weaker; then turns and flags."""
        painter.setFont(font(AXIS_PX, strong=True))
        middle = self.rect.bottom() - 14
        for rank, shown in reversed(list(enumerate(self._shown, start=1))):
            if shown.climax.end_s >= axis.start_s and shown.climax.start_s <= axis.end_s:
                self._paint_climax(painter, axis, tokens, shown, rank, middle)
        self._paint_handles(painter, axis, tokens, middle)
        self._paint_turns(painter, axis, tokens)
        self._paint_marks(painter, axis, tokens)

    def _paint_climax(
        self, painter: QPainter, axis: TimeAxis, tokens: Tokens, shown: ShownClimax, rank: int, middle: float
    ) -> None:
        climax = shown.climax
        left = max(self.x_of(climax.start_s, axis), self.rect.left() + 1)
        right = min(self.x_of(climax.end_s, axis), self.rect.right() - 1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.colour("accent", 0.18 + 0.42 * climax.strength))
        painter.drawRoundedRect(QRectF(left, middle - 5, max(right - left, 2.0), 10), 3, 3)
        peak = self.x_of(climax.peak_s, axis)
        if not self.rect.left() <= peak <= self.rect.right():
            return
        painter.setBrush(QColor(tokens.accent))
        painter.drawPolygon(_PEAK.translated(peak, middle))
        painter.setPen(QColor(tokens.text))
        # Beside the handle where that would cover it.
        beside = right + 6 if climax == self._chosen and right - peak < 22 else peak + 7
        number = QPointF(min(beside, self.rect.right() - 9), middle + 4.5)
        painter.drawText(number, str(rank))
        after = number.x() + QFontMetrics(painter.font()).horizontalAdvance(str(rank)) + 3
        if shown.is_own and after + 4 < self.rect.right():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.text))
            painter.drawEllipse(QPointF(after + 1.5, middle), 2, 2)
            after += 7
        room = right - after - 3
        if shown.label and room > 24:
            painter.save()
            painter.setFont(font(AXIS_PX))
            painter.setPen(QColor(tokens.text))
            text = QFontMetrics(painter.font()).elidedText(shown.label, Qt.TextElideMode.ElideRight, int(room))
            painter.drawText(QPointF(after, middle + 4), text)
            painter.restore()

    def _paint_handles(self, painter: QPainter, axis: TimeAxis, tokens: Tokens, middle: float) -> None:
        if self._chosen is None:
            return
        left, peak, right = (self.x_of(getattr(self._chosen, f"{edge}_s"), axis) for edge in ("start", "peak", "end"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tokens.accent), 1.5))
        painter.drawRoundedRect(QRectF(left, middle - 6, max(right - left, 2.0), 12), 3, 3)
        for edge, x in (("start", left), ("peak", peak), ("end", right)):
            if not self.rect.left() - 3 <= x <= self.rect.right() + 3:
                continue
            inside = min(max(x, self.rect.left() + 3.5), self.rect.right() - 3.5)
            painter.setPen(QPen(QColor(tokens.accent), 1.5))
            painter.setBrush(QColor(tokens.accent if edge == self._edge else tokens.panel))
            if edge == "peak":
                painter.drawEllipse(QPointF(inside, middle - 7), 3.5, 3.5)
            else:
                painter.drawRoundedRect(QRectF(inside - 3, middle - 8, 6, 16), 2, 2)

    def _paint_turns(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        """Draw an angle, open upwards, where the mood turns."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tokens.text), 1.3))
        base = self.rect.bottom() - 1.5
        for transition in self._transitions:
            if axis.start_s <= transition.time_s <= axis.end_s:
                x = self.x_of(transition.time_s, axis)
                painter.drawPolyline(QPolygonF([QPointF(x - 3, base - 4), QPointF(x, base), QPointF(x + 3, base - 4)]))

    def _paint_marks(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        seen = [mark for mark in self._marks if axis.start_s <= mark.time_s <= axis.end_s]
        if not seen:
            return
        places = [round(self.x_of(mark.time_s, axis)) for mark in seen]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.text))
        top, edge = round(self.rect.top() + 1), self.rect.right()
        painter.drawRects([QRect(x, top, 1, round(self.rect.bottom() - 1) - top) for x in places])
        flag = QPolygon([QPoint(0, top), QPoint(8, top + 3), QPoint(0, top + 7)])
        turned = QPolygon([QPoint(0, top), QPoint(-8, top + 3), QPoint(0, top + 7)])
        for x in places:
            # At the right edge it points the other way, so that it is seen.
            painter.drawPolygon((flag if x + 8 < edge else turned).translated(x, 0))
        self._paint_names(painter, tokens, seen, places)

    def _paint_names(self, painter: QPainter, tokens: Tokens, seen: Sequence[Mark], places: Sequence[int]) -> None:
        """Write each name from its flag to the next one, on a ground that keeps it readable over a region."""
        painter.setFont(font(AXIS_PX))
        metrics = QFontMetrics(painter.font())
        top, edge = self.rect.top() + 1, self.rect.right()
        for mark, x, following in zip(seen, places, [*places[1:], 1e9], strict=True):
            left = x + 11
            room = min(following, edge) - left - 4
            if not mark.label or room < 18:
                continue
            text = metrics.elidedText(mark.label, Qt.TextElideMode.ElideRight, int(room))
            ground = QRectF(left - 2, top, metrics.horizontalAdvance(text) + 4, metrics.height())
            painter.fillRect(ground, tokens.colour("panel", 0.8))
            painter.setPen(QColor(tokens.text))
            painter.drawText(QPointF(left, top + metrics.ascent()), text)

    # Words

    def readings(self, time_s: float) -> list[Reading]:
        """Which mark is at a time, then which climax holds it, then where the mood turns."""
        readings = []
        mark = self.mark_at(time_s)
        if mark is not None:
            readings.append(Reading(mark.label or tr("mark"), clock(mark.time_s, tenths=True)))
        transition = self.turn_at(time_s)
        if transition is not None:
            readings.append(Reading(tr("turns"), turn(transition)))
        if not readings or self._known or self._shown:
            readings += self._climax_readings(time_s)
        return readings

    def turn_at(self, time_s: float) -> Transition | None:
        """Return the turn nearest to a time, if it is a few pixels away at most."""
        nearest = min(self._transitions, key=lambda transition: abs(transition.time_s - time_s), default=None)
        return nearest if nearest is not None and abs(nearest.time_s - time_s) <= self._reach_s else None

    def explain(self, time_s: float) -> str:
        """Return all that is known of what is drawn at a time, for a tooltip; empty where nothing is."""
        transition = self.turn_at(time_s)
        if transition is None:
            here = self.climax_at(time_s)
            return "" if here is None else sentence(self._shown.index(here) + 1, here)
        return tr(
            "At {time} the mood turns: {words}. Before {before}, after {after}; strength {strength} of 1."
        ).format(
            time=clock(transition.time_s, tenths=True),
            words=turn(transition),
            before=mood(transition.before),
            after=mood(transition.after),
            strength=f"{transition.strength:.2f}",
        )

    def _climax_readings(self, time_s: float) -> list[Reading]:
        if not self._known and not self._shown:
            return [Reading(tr("here"), NOTHING)]
        here = self.climax_at(time_s)
        if here is not None:
            number = tr("no. {rank}").format(rank=self._shown.index(here) + 1)
            peak = tr("peak {time}").format(time=clock(here.climax.peak_s, tenths=True))
            return [Reading(f"{number} {here.label}".strip(), peak)]
        if not self._shown:
            return [Reading(tr("taken away") if self._found else tr("none found"), "")]
        return [Reading(tr("here"), tr("none"))]
