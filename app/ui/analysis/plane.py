"""The valence-arousal plane with the track's path as a worm: recent past bright, the dot is now."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.ui.affect_plane import AffectPlane
from app.ui.analysis.pyramid import ColumnPyramid
from app.ui.strings import MINUS, between, percent, tr
from app.ui.theme import THEME
from models.analysis import Analysis

#: Seconds of the past that are drawn bright.
WORM_S = 12.0


class Plane(AffectPlane):
    """Valence to the right, arousal upwards, both -1..1, one unit as long on either axis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._analysis: Analysis | None = None
        self._now_s = 0.0
        self._explain()

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

    def _draw_below(self, painter: QPainter) -> None:
        if self._analysis is not None:
            self._draw_path(painter, self._analysis)

    def _draw_above(self, painter: QPainter) -> None:
        if self._analysis is not None:
            self._draw_cross(painter, self._analysis)

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
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self.ground())
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
