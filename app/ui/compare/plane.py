"""The valence-arousal plane with every recording in it: where each is now, where it came from, and its whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.ui.affect_plane import AffectPlane
from app.ui.analysis.plane import WORM_S
from app.ui.compare.style import colour_of, draw_tag, pen_of
from app.ui.strings import MINUS, tr
from app.ui.theme import THEME
from models.inference.compared import Recording

#: The past is drawn with so many points.
_POINTS = 30


class ComparedPlane(AffectPlane):
    """A worm for each recording, all at the same place of the music."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recordings: Sequence[Recording] = ()
        self._heard = -1
        self._now_s = 0.0
        self.setToolTip(
            tr(
                "Valence (unpleasant to pleasant) and arousal (quiet to excited), both {minus}1 to 1. Each number is "
                "a recording now, its line the last {seconds:.0f} seconds, the cross in its colour the whole of it."
            ).format(minus=MINUS, seconds=WORM_S)
        )

    def set_recordings(self, recordings: Sequence[Recording]) -> None:
        """Take the recordings."""
        self._recordings = recordings
        self._redraw()

    def set_heard(self, index: int) -> None:
        """Draw the one that is heard over the others."""
        self._heard = index
        self.update()

    def set_playhead(self, time_s: float) -> None:
        """Move all of them to a time of the axis."""
        self._now_s = time_s
        self.update()

    def trail(self, index: int) -> list[tuple[float, float]]:
        """Where a recording was in the last seconds, the last of them now; empty where it says nothing."""
        recording = self._recordings[index]
        times_s = np.linspace(max(0.0, self._now_s - WORM_S), self._now_s, _POINTS)
        both = np.stack([recording.on_axis(name, times_s) for name in ("valence", "arousal")], axis=1)
        return [(float(v), float(a)) for v, a in both if np.isfinite(v) and np.isfinite(a)]

    def _draw_above(self, painter: QPainter) -> None:
        tokens = THEME.tokens
        for index, recording in enumerate(self._recordings):
            if recording.analysis is None:
                continue
            cross = self.point(recording.analysis.valence, recording.analysis.arousal)
            for colour, width in ((tokens.panel, 4.0), (colour_of(index, tokens), 2.0)):
                painter.setPen(QPen(QColor(colour), width))
                painter.drawLine(cross + QPointF(-5, 0), cross + QPointF(5, 0))
                painter.drawLine(cross + QPointF(0, -5), cross + QPointF(0, 5))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the ground, and each recording's recent past and present."""
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self.ground())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        order = sorted(range(len(self._recordings)), key=lambda index: index == self._heard)
        for index in order:
            trail = [self.point(v, a) for v, a in self.trail(index)]
            if not trail:
                continue
            painter.setPen(pen_of(index, THEME.tokens, 2.4 if index == self._heard else 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF(trail))
            draw_tag(painter, index, trail[-1], heard=index == self._heard)
        painter.end()
