"""The recordings that are compared, one small row each: number, title, state, overview, and what can be done."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPixmap, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.document import TrackState
from app.ui.analysis.pyramid import MinMaxPyramid
from app.ui.analysis.strip import wave_lines
from app.ui.buttons import IconButton
from app.ui.compare.style import colour_of, draw_tag, pen_of
from app.ui.elided import ElidedLabel
from app.ui.strings import clock, tr
from app.ui.theme import AXIS_PX, BODY_PX, THEME, blank_picture, font
from app.ui.tracks import second_line
from models.figures.palette import QUADRANT_COLOURS
from models.inference.compared import Recording

_ROW_PX, _STRIP_PX = 66, 22


class SmallStrip(QWidget):
    """A whole recording in its own time: waveform, quadrants, climaxes and the playhead; a click goes there."""

    seek_asked = Signal(float)  # share of the recording

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recording: Recording | None = None
        self._picture: QPixmap | None = None
        self._at = 0.0
        self.setFixedHeight(_STRIP_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        THEME.changed.connect(self._redraw)

    def set_recording(self, recording: Recording) -> None:
        """Take what is drawn."""
        before, self._recording = self._recording, recording
        if before is None or before.overview is not recording.overview or before.analysis is not recording.analysis:
            self._redraw()

    def set_playhead(self, share: float) -> None:
        """Move the playhead, [0, 1] of the recording."""
        x = round(self._at * self.width())
        self._at = share
        if round(share * self.width()) != x:
            self.update()

    def _redraw(self) -> None:
        self._picture = None
        self.update()

    def resizeEvent(self, _event: object) -> None:
        """Draw anew at the new width."""
        self._redraw()

    def _draw(self) -> QPixmap:
        tokens = THEME.tokens
        picture = blank_picture(self)
        painter = QPainter(picture)
        recording, width, height = self._recording, self.width(), self.height()
        if recording is not None and recording.duration_s > 0:
            overview, analysis = recording.overview, recording.analysis
            if overview is not None and len(overview.waveform):
                wave = MinMaxPyramid(overview.waveform[:, 0], overview.waveform[:, 1], overview.waveform_bin_s)
                painter.setPen(QColor(tokens.wave))
                painter.drawLines(wave_lines(wave, recording.duration_s, width, height / 2, height / 2 - 5))
            if analysis is not None and len(analysis.times_s):
                best = np.asarray(analysis.quadrants_over_time).argmax(axis=1)
                edges = np.flatnonzero(np.diff(best)) + 1
                scale = width / len(best)
                for first, last in zip([0, *edges], [*edges, len(best)], strict=True):
                    colour = QColor(QUADRANT_COLOURS[f"Q{int(best[first]) + 1}"])
                    painter.fillRect(QRectF(first * scale, height - 3, (last - first) * scale, 3), colour)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(tokens.accent))
                for climax in analysis.climaxes:
                    x = climax.peak_s / recording.duration_s * width
                    painter.drawPolygon(QPolygonF([QPointF(x - 3, 0), QPointF(x + 3, 0), QPointF(x, 5)]))
        painter.end()
        return picture

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the picture and the playhead."""
        if self._picture is None:
            self._picture = self._draw()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        painter.fillRect(QRectF(round(self._at * (self.width() - 1)), 0, 1, self.height()), QColor(THEME.tokens.text))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        if event.button() == Qt.MouseButton.LeftButton and self.width():
            self.seek_asked.emit(min(max(event.position().x() / self.width(), 0.0), 1.0))


class RecordingRow(QWidget):
    """One recording; a click hears it from the same place."""

    hear_asked = Signal(int)
    remove_asked = Signal(int)
    seek_asked = Signal(int, float)

    def __init__(self, index: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.index = index
        self._heard = False
        self.title = ElidedLabel()
        self.title.setFont(font(BODY_PX))
        self.line = ElidedLabel()
        self.line.setFont(font(AXIS_PX, tabular=True))
        self.line.setProperty("soft", True)
        self.strip = SmallStrip()
        self.remove = IconButton("cancel", tr("Take recording {number} away").format(number=index + 1))
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(4)
        top.addWidget(self.title, 1)
        top.addWidget(self.remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(34, 2, 6, 3)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.line)
        layout.addWidget(self.strip)
        self.remove.setFixedSize(20, 20)
        self.setFixedHeight(_ROW_PX)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.remove.clicked.connect(lambda: self.remove_asked.emit(self.index))
        self.strip.seek_asked.connect(lambda share: self.seek_asked.emit(self.index, share))
        THEME.changed.connect(self.update)

    def show_recording(self, recording: Recording, track: TrackState, *, heard: bool) -> None:
        """Say which it is and how far it is."""
        self._heard = heard
        self.title.setText(recording.title)
        self.title.setFont(font(BODY_PX, strong=heard))
        failed = track.status in ("failed", "missing")
        first = tr("reference") if self.index == 0 else ""
        done = " \u00b7 ".join(p for p in (first, clock(recording.duration_s), recording.artist) if p)
        self.line.setText(done if track.status == "done" else second_line(track))
        self.line.setProperty("error", failed)
        self.line.setProperty("soft", not failed)
        self.line.style().unpolish(self.line)
        self.line.style().polish(self.line)
        self.strip.set_recording(recording)
        spoken = tr("Recording {number}: {title}, {line}").format(
            number=self.index + 1, title=recording.title, line=self.line.text()
        )
        self.setAccessibleName(spoken)
        self.strip.setAccessibleName(tr("Overview of recording {number}").format(number=self.index + 1))
        self.setToolTip(tr("Hear it from the same place  ({number})").format(number=self.index + 1))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Hear it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.hear_asked.emit(self.index)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw its number and its line; the one that is heard stands on a ground of its own."""
        tokens = THEME.tokens
        painter = QPainter(self)
        if self._heard:
            painter.fillRect(self.rect(), QColor(tokens.chosen))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_tag(painter, self.index, QPointF(17, 14), heard=self._heard)
        painter.setPen(pen_of(self.index, tokens, 2.0))
        painter.drawLine(QPointF(6, 30), QPointF(28, 30))
        painter.fillRect(QRectF(0, 0, 3, self.height()), QColor(colour_of(self.index, tokens)))
        painter.end()
