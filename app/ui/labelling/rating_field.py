"""Where one rates: the plane with a countdown over it, and a slider along each of its axes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from app.ui.labelling.answer_plane import AnswerPlane
from app.ui.strings import MINUS, tr
from app.ui.theme import THEME, font

_COUNT_PX = 96
#: Steps of a slider from -1 to 1.
STEPS = 200
_SLIDER_PX = 22


class RatingPlane(AnswerPlane):
    """The plane with the countdown over it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.count = 0
        self.set_answering("follow")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the plane, and the seconds that are left."""
        super().paintEvent(event)
        if self.count:
            painter = QPainter(self)
            square = self._square()
            painter.fillRect(square, THEME.tokens.colour("surface", 0.7))
            painter.setFont(font(_COUNT_PX, tabular=True))
            painter.setPen(QColor(THEME.tokens.text))
            painter.drawText(square, Qt.AlignmentFlag.AlignCenter, str(self.count))
            painter.end()


class Field(QWidget):
    """The plane with a slider along each of its axes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 240)
        self.plane = RatingPlane(self)
        self.valence = self._slider(Qt.Orientation.Horizontal, tr("Valence"))
        self.arousal = self._slider(Qt.Orientation.Vertical, tr("Arousal"))

    def _slider(self, orientation: Qt.Orientation, name: str) -> QSlider:
        slider = QSlider(orientation, self)
        slider.setRange(-STEPS // 2, STEPS // 2)
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        slider.setAccessibleName(name)
        slider.setToolTip(tr("{name}, {minus}1 to 1").format(name=name, minus=MINUS))
        return slider

    def resizeEvent(self, _event: object) -> None:
        """Lay the sliders along the square."""
        self.plane.setGeometry(_SLIDER_PX, 0, self.width() - 2 * _SLIDER_PX, self.height() - _SLIDER_PX)
        corners = self.plane.corners()
        left_top, right_bottom = corners["Q2"].topLeft(), corners["Q4"].bottomRight()
        left, top = _SLIDER_PX + left_top.x(), left_top.y()
        width, height = right_bottom.x() - left_top.x(), right_bottom.y() - left_top.y()
        # The handle's middle is where the value is.
        self.valence.setGeometry(round(left) - 6, self.plane.height(), round(width) + 12, _SLIDER_PX)
        self.arousal.setGeometry(round(left + width) + 8, round(top) - 6, _SLIDER_PX, round(height) + 12)
