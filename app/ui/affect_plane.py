"""The plane of valence and arousal as it is drawn everywhere: its square, its quarters with their names, its axes."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.icons import draw_marker
from app.ui.strings import MINUS, quadrant_name, tr
from app.ui.theme import AXIS_PX, THEME, blank_picture, font
from models.figures.palette import QUADRANT_COLOURS

_LEFT_PX, _RIGHT_PX, _TOP_PX, _BOTTOM_PX = 34, 10, 8, 34


class AffectPlane(QWidget):
    """Valence to the right, arousal upwards, both -1..1, one unit as long on either axis; subclasses draw on it."""

    #: The token of what it lies upon.
    surface = "panel"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ground: QPixmap | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(tr("Valence-arousal plane"))
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

    def point(self, valence: float, arousal: float) -> QPointF:
        """Pixel of a place in the plane."""
        square = self._square()
        return QPointF(
            square.left() + (min(max(valence, -1), 1) + 1) / 2 * square.width(),
            square.bottom() - (min(max(arousal, -1), 1) + 1) / 2 * square.height(),
        )

    def _square(self) -> QRectF:
        side = max(min(self.width() - _LEFT_PX - _RIGHT_PX, self.height() - _TOP_PX - _BOTTOM_PX), 10)
        return QRectF(_LEFT_PX + max(0.0, (self.width() - _LEFT_PX - _RIGHT_PX - side) / 2), _TOP_PX, side, side)

    def place(self, at: QPointF) -> tuple[float, float]:
        """Valence and arousal of a pixel; what lies outside the plane is moved to its edge."""
        square = self._square()
        valence = (at.x() - square.left()) / square.width() * 2 - 1
        arousal = (square.bottom() - at.y()) / square.height() * 2 - 1
        return min(max(valence, -1.0), 1.0), min(max(arousal, -1.0), 1.0)

    def corners(self) -> dict[str, QRectF]:
        """Where each quadrant lies, in pixels."""
        square = self._square()
        middle, half = square.center(), square.width() / 2
        return {
            "Q1": QRectF(middle.x(), square.top(), half, half),
            "Q2": QRectF(square.left(), square.top(), half, half),
            "Q3": QRectF(square.left(), middle.y(), half, half),
            "Q4": QRectF(middle.x(), middle.y(), half, half),
        }

    def _redraw(self) -> None:
        self._ground = None
        self.update()

    def resizeEvent(self, _event: object) -> None:
        """Draw anew at the new size."""
        self._redraw()

    def ground(self) -> QPixmap:
        """The picture that everything moving is drawn upon."""
        if self._ground is None:
            self._ground = self._draw_ground()
        return self._ground

    def _draw_below(self, painter: QPainter) -> None:
        """Draw what lies under the names."""

    def _draw_above(self, painter: QPainter) -> None:
        """Draw what lies over everything that stands still."""

    def _draw_ground(self) -> QPixmap:
        tokens = THEME.tokens
        picture = blank_picture(self, self.surface)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        square = self._square()
        middle = square.center()
        corners = self.corners()
        for quadrant, corner in corners.items():
            tint = QColor(QUADRANT_COLOURS[quadrant])
            tint.setAlphaF(0.13 if tokens.dark else 0.09)
            painter.fillRect(corner, tint)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(square)
        painter.drawLine(QPointF(middle.x(), square.top()), QPointF(middle.x(), square.bottom()))
        painter.drawLine(QPointF(square.left(), middle.y()), QPointF(square.right(), middle.y()))
        self._draw_below(painter)
        self._draw_names(painter, corners)
        self._draw_axes(painter, square)
        self._draw_above(painter)
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
        painter.translate(square.left() - 26, square.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-80, -8, 160, 16), Qt.AlignmentFlag.AlignCenter, tr("arousal"))
        painter.restore()
