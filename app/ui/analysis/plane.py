"""The valence-arousal plane with the track's path as a worm: recent past bright, the dot is now."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.analysis.pyramid import ColumnPyramid
from app.ui.icons import draw_marker
from app.ui.strings import MINUS, between, percent, quadrant_name, tr
from app.ui.theme import AXIS_PX, THEME, blank_picture, font
from models.analysis import Analysis
from models.figures.palette import QUADRANT_COLOURS

#: Seconds of the past that are drawn bright.
WORM_S = 12.0
_LEFT_PX, _RIGHT_PX, _TOP_PX, _BOTTOM_PX = 34, 10, 8, 34


class Plane(QWidget):
    """Valence to the right, arousal upwards, both -1..1, one unit as long on either axis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._analysis: Analysis | None = None
        self._now_s = 0.0
        self._ground: QPixmap | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(tr("Valence-arousal plane"))
        self._explain()
        THEME.changed.connect(self._redraw)

    def sizeHint(self) -> QSize:
        """Square, plus the axes."""
        return QSize(280, self.heightForWidth(280))

    def hasHeightForWidth(self) -> bool:
        """The square decides."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of a square plane in this width."""
        return max(width - _LEFT_PX - _RIGHT_PX, 40) + _TOP_PX + _BOTTOM_PX

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Take a track's path."""
        self._analysis = analysis if analysis is not None and len(analysis.times_s) else None
        self._explain()
        self._redraw()

    def _explain(self) -> None:
        text = tr(
            "Valence (unpleasant to pleasant) and arousal (quiet to excited), both {minus}1 to 1. The dot is "
            "now, the bright line the last {seconds:.0f} seconds, the cross the whole track."
        ).format(minus=MINUS, seconds=WORM_S)
        described = ""
        a = self._analysis
        if a is not None and self.frame is not None and a.valence_band is not None and a.arousal_band is not None:
            coverage = percent(a.band_coverage)
            text += " " + tr(
                "The frame around it: with {coverage} the whole track's valence lies between its sides, and with "
                "{coverage} its arousal between its upper and lower edge."
            ).format(coverage=coverage)
            described = tr("Whole track, {coverage}: valence {valence}, arousal {arousal}").format(
                coverage=coverage, valence=between(*a.valence_band), arousal=between(*a.arousal_band)
            )
        self.setToolTip(text)
        self.setAccessibleDescription(described)

    def set_playhead(self, time_s: float) -> None:
        """Move the dot."""
        self._now_s = time_s
        self.update(self._square().adjusted(-8, -8, 8, 8).toAlignedRect())

    @property
    def now(self) -> tuple[float, float] | None:
        """Valence and arousal of the dot, between the two nearest steps."""
        a = self._analysis
        if a is None:
            return None
        return (
            float(np.interp(self._now_s, a.times_s, a.valence_over_time)),
            float(np.interp(self._now_s, a.times_s, a.arousal_over_time)),
        )

    def point(self, valence: float, arousal: float) -> QPointF:
        """Pixel of a place in the plane."""
        square = self._square()
        return QPointF(
            square.left() + (min(max(valence, -1), 1) + 1) / 2 * square.width(),
            square.bottom() - (min(max(arousal, -1), 1) + 1) / 2 * square.height(),
        )

    def _square(self) -> QRectF:
        side = max(min(self.width() - _LEFT_PX - _RIGHT_PX, self.height() - _TOP_PX - _BOTTOM_PX), 10)
        return QRectF(_LEFT_PX, _TOP_PX, side, side)

    def _redraw(self) -> None:
        self._ground = None
        self.update()

    def resizeEvent(self, _event: object) -> None:
        """Draw anew at the new size."""
        self._redraw()

    def _draw_ground(self) -> QPixmap:
        tokens = THEME.tokens
        picture = blank_picture(self)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        square = self._square()
        middle = square.center()
        half = square.width() / 2
        corners = {
            "Q1": QRectF(middle.x(), square.top(), half, half),
            "Q2": QRectF(square.left(), square.top(), half, half),
            "Q3": QRectF(square.left(), middle.y(), half, half),
            "Q4": QRectF(middle.x(), middle.y(), half, half),
        }
        for quadrant, corner in corners.items():
            tint = QColor(QUADRANT_COLOURS[quadrant])
            tint.setAlphaF(0.13 if tokens.dark else 0.09)
            painter.fillRect(corner, tint)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(square)
        painter.drawLine(QPointF(middle.x(), square.top()), QPointF(middle.x(), square.bottom()))
        painter.drawLine(QPointF(square.left(), middle.y()), QPointF(square.right(), middle.y()))
        if self._analysis is not None:
            self._draw_path(painter, self._analysis)
        self._draw_names(painter, corners)
        self._draw_axes(painter, square)
        if self._analysis is not None:
            self._draw_cross(painter, self._analysis)
        painter.end()
        return picture

    def _draw_names(self, painter: QPainter, corners: dict[str, QRectF]) -> None:
        tokens = THEME.tokens
        painter.setFont(font(AXIS_PX))
        metrics = QFontMetrics(painter.font())
        for quadrant, corner in corners.items():
            upper, right = quadrant in ("Q1", "Q2"), quadrant in ("Q1", "Q4")
            text = f"{quadrant} {quadrant_name(quadrant)}"
            if metrics.horizontalAdvance(text) > corner.width() - 26:
                text = f"{quadrant} {quadrant_name(quadrant, short=True)}"
            text_px = metrics.horizontalAdvance(text)
            y = corner.top() + 6 if upper else corner.bottom() - 6 - metrics.height()
            x = corner.right() - 6 - text_px if right else corner.left() + 20
            mark_x = x - 9 if right else corner.left() + 11
            # The path may run through a name: it keeps a clear ground.
            ground = QRectF(mark_x - 6, y, x + text_px - mark_x + 9, metrics.height())
            painter.fillRect(ground, tokens.colour("panel", 0.75))
            draw_marker(painter, quadrant, QPointF(mark_x, y + metrics.height() / 2), 8)
            painter.setPen(QColor(tokens.soft))
            painter.drawText(QPointF(x, y + metrics.ascent()), text)

    def _draw_axes(self, painter: QPainter, square: QRectF) -> None:
        tokens = THEME.tokens
        painter.setFont(font(AXIS_PX, tabular=True))
        metrics = QFontMetrics(painter.font())
        painter.setPen(QColor(tokens.soft))
        for value, label in ((-1.0, f"{MINUS}1"), (0.0, "0"), (1.0, "1")):
            at = self.point(value, value)
            width = metrics.horizontalAdvance(label)
            x = min(max(at.x() - width / 2, square.left() - 4), square.right() - width + 4)
            painter.drawText(QPointF(x, square.bottom() + metrics.ascent() + 3), label)
            y = min(max(at.y() + metrics.ascent() / 2 - 1, square.top() + metrics.ascent() - 1), square.bottom())
            painter.drawText(QPointF(square.left() - width - 5, y), label)
        box = QRectF(square.left(), square.bottom() + metrics.height() + 2, square.width(), metrics.height() + 2)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, tr("valence"))
        painter.save()
        painter.translate(8, square.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-80, -8, 160, 16), Qt.AlignmentFlag.AlignCenter, tr("arousal"))
        painter.restore()

    def _draw_path(self, painter: QPainter, analysis: Analysis) -> None:
        tokens = THEME.tokens
        both = np.stack((analysis.valence_over_time, analysis.arousal_over_time), axis=1)
        path = ColumnPyramid(both, analysis.step_s).view(0.0, len(both) * analysis.step_s, 900)[2]
        painter.setPen(QPen(tokens.colour("soft", 0.28), 1))
        painter.drawPolyline(QPolygonF([self.point(v, a) for v, a in path.tolist()]))

    @property
    def frame(self) -> QRectF | None:
        """Where the whole track is expected to lie, in pixels: the bands of valence and arousal; None without them."""
        a = self._analysis
        if a is None or a.valence_band is None or a.arousal_band is None or a.band_coverage <= 0:
            return None
        left_top = self.point(a.valence_band[0], a.arousal_band[1])
        return QRectF(left_top, self.point(a.valence_band[1], a.arousal_band[0]))

    def _draw_frame(self, painter: QPainter, frame: QRectF) -> None:
        """Draw both bands as one frame."""
        tokens = THEME.tokens
        painter.setPen(QPen(tokens.colour("text", 0.5), 1, Qt.PenStyle.DashLine))
        painter.setBrush(tokens.colour("text", 0.07))
        painter.drawRoundedRect(frame, 3, 3)

    def _draw_cross(self, painter: QPainter, analysis: Analysis) -> None:
        tokens = THEME.tokens
        frame = self.frame
        if frame is not None:
            self._draw_frame(painter, frame)
        cross = self.point(analysis.valence, analysis.arousal)
        for colour, width in ((tokens.panel, 5.0), (tokens.text, 2.0)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawLine(cross + QPointF(-5, 0), cross + QPointF(5, 0))
            painter.drawLine(cross + QPointF(0, -5), cross + QPointF(0, 5))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the ground, the bright recent past, and the dot."""
        if self._ground is None:
            self._ground = self._draw_ground()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._ground)
        now = self.now
        if now is not None and self._analysis is not None:
            tokens = THEME.tokens
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            a = self._analysis
            first = int(np.searchsorted(a.times_s, self._now_s - WORM_S))
            last = int(np.searchsorted(a.times_s, self._now_s))
            points = [
                self.point(float(v), float(w))
                for v, w in zip(a.valence_over_time[first:last], a.arousal_over_time[first:last], strict=True)
            ]
            points.append(self.point(*now))
            for index in range(1, len(points)):
                age = 1.0 - index / len(points)
                pen = QPen(tokens.colour("accent", 1.0 - 0.85 * age), 2.5)
                pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                painter.setPen(pen)
                painter.drawLine(points[index - 1], points[index])
            painter.setPen(QPen(QColor(tokens.panel), 2))
            painter.setBrush(QColor(tokens.accent))
            painter.drawEllipse(points[-1], 6, 6)
        painter.end()
