"""The quadrants of the whole track as four bars with their numbers."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.icons import draw_marker
from app.ui.strings import NOTHING, percent, quadrant_label, tr
from app.ui.theme import BODY_PX, DIMMED, THEME, font
from models.analysis import QUADRANTS, Analysis
from models.figures.palette import QUADRANT_COLOURS

_ROW_PX = 30


class QuadrantBars(QWidget):
    """Probability of Q1..Q4 for the whole recording, 0 to 100 %."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._probabilities: list[float] | None = None
        self._dimmed = False
        self.setFixedHeight(_ROW_PX * len(QUADRANTS))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Quadrants of the whole track"))
        self.setToolTip(
            tr("Estimated probability of each quadrant for the whole track; the four add up to 100\u202f%.")
        )
        THEME.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Four rows."""
        return QSize(240, _ROW_PX * len(QUADRANTS))

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Take the probabilities of the whole track; they are dimmed where the model does not know such music."""
        self._probabilities = None if analysis is None else [float(p) for p in analysis.probabilities]
        self._dimmed = analysis is not None and bool(analysis.unfamiliar)
        self.setAccessibleDescription(self.text)
        self.update()

    @property
    def text(self) -> str:
        """The bars in words."""
        if self._probabilities is None:
            return ""
        pairs = zip(QUADRANTS, self._probabilities, strict=True)
        return ", ".join(f"{quadrant_label(quadrant)} {percent(value)}" for quadrant, value in pairs)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw marker, name, bar and number of each quadrant."""
        tokens = THEME.tokens
        painter = QPainter(self)
        values = self._probabilities
        best = max(range(4), key=lambda index: values[index]) if values else -1
        for index, quadrant in enumerate(QUADRANTS):
            y = index * _ROW_PX
            painter.setOpacity(DIMMED if self._dimmed else 1.0)
            draw_marker(painter, quadrant, QPointF(7, y + 9), 10)
            painter.setOpacity(1.0)
            painter.setFont(font(BODY_PX, strong=index == best and not self._dimmed, tabular=True))
            painter.setPen(QColor(tokens.text if values and not self._dimmed else tokens.soft))
            row = QRectF(20, y, self.width() - 20, 18)
            painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, quadrant_label(quadrant))
            number = percent(values[index]) if values else NOTHING
            painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, number)
            track = QRectF(20, y + 20, self.width() - 20, 4)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.line))
            painter.drawRoundedRect(track, 2, 2)
            if values:
                bar = QRectF(track)
                bar.setWidth(max(track.width() * values[index], 3.0))
                painter.setOpacity(DIMMED if self._dimmed else 1.0)
                painter.setBrush(QColor(QUADRANT_COLOURS[quadrant]))
                painter.drawRoundedRect(bar, 2, 2)
                painter.setOpacity(1.0)
        painter.end()
