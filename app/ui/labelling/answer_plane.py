"""The plane as a place to answer: a quadrant by its number, or a point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.affect_plane import AffectPlane
from app.ui.icons import draw_marker
from app.ui.strings import MINUS, quadrant_name, signed, tr
from app.ui.theme import AXIS_PX, BODY_PX, THEME, font
from models.analysis import QUADRANTS
from models.figures.palette import QUADRANT_COLOURS

Answering = Literal["quadrant", "point", "follow"]
#: How far an arrow key moves the pointer, without and with Shift.
STEP, FINE_STEP = 0.1, 0.02
#: How long the quadrant that was answered stays bright: motion at most 150 ms.
_FLASH_MS = 150
_NUMBER_PX = 28


class AnswerPlane(AffectPlane):
    """Numbers in the quarters to answer with a key, or a pointer to answer with a point.

    Signals
    -------
    quadrant_chosen(str)
        A quarter was clicked.
    point_chosen(float, float)
        Valence and arousal, [-1, 1]: a point was clicked, or Enter pressed.
    pointer_moved(float, float)
        While "follow"ing: the pointer is there now.
    """

    surface = "surface"
    quadrant_chosen = Signal(str)
    point_chosen = Signal(float, float)
    pointer_moved = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answering: Answering = "quadrant"
        self.pointer = (0.0, 0.0)
        self.moves_valence = self.moves_arousal = True
        #: Returns the pixels' worm: valence and arousal, the oldest first.
        self.trail: Callable[[], Sequence[tuple[float, float]]] = tuple
        self._hovered = ""
        self._flashed = ""
        self._flash = QTimer(self)
        self._flash.setSingleShot(True)
        self._flash.setInterval(_FLASH_MS)
        self._flash.timeout.connect(lambda: self._show_flash(""))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(220, 220)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_answering("quadrant")

    def sizeHint(self) -> QSize:
        """As large as there is room."""
        return QSize(480, 480)

    def hasHeightForWidth(self) -> bool:
        """It takes what it gets, and stays square inside."""
        return False

    def set_answering(self, answering: Answering) -> None:
        """Take quadrants, points, or a pointer that is followed."""
        self.answering = answering
        self.setToolTip(
            {
                "quadrant": tr("Press 1 to 4, or click in a quadrant."),
                "point": tr(
                    "Click where the music belongs; or move the pointer with the arrow keys and press Enter. "
                    "Valence and arousal, both {minus}1 to 1."
                ),
                "follow": tr(
                    "Move the mouse or press the arrow keys: valence to the right, arousal upwards, both {minus}1 to 1."
                ),
            }[answering].format(minus=MINUS)
        )
        cursor = Qt.CursorShape.CrossCursor if answering != "quadrant" else Qt.CursorShape.PointingHandCursor
        self.setCursor(cursor)
        self.set_pointer(*self.pointer)
        self._redraw()

    def set_pointer(self, valence: float, arousal: float) -> None:
        """Put the pointer somewhere; a dimension that is not asked for stays at 0."""
        valence = min(max(valence, -1.0), 1.0) if self.moves_valence else 0.0
        arousal = min(max(arousal, -1.0), 1.0) if self.moves_arousal else 0.0
        self.pointer = (round(valence, 4) + 0.0, round(arousal, 4) + 0.0)
        self.setAccessibleDescription(self.pointer_text)
        self.update()

    @property
    def pointer_text(self) -> str:
        """The pointer in words, with its range."""
        parts = []
        if self.moves_valence:
            parts.append(tr("valence {value}").format(value=signed(self.pointer[0])))
        if self.moves_arousal:
            parts.append(tr("arousal {value}").format(value=signed(self.pointer[1])))
        return f"{', '.join(parts)}  [{MINUS}1, 1]"

    def flash(self, quadrant: str) -> None:
        """Show for a moment which quadrant was answered."""
        self._show_flash(quadrant)
        self._flash.start()

    def _show_flash(self, quadrant: str) -> None:
        self._flashed = quadrant
        self.update()

    # Keys and mouse

    def handle_key(self, event: QKeyEvent) -> bool:
        """Move the pointer with the arrow keys, answer with Enter; whether the key meant something."""
        if self.answering == "quadrant":
            return False
        step = FINE_STEP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP
        valence, arousal = self.pointer
        moves = {
            Qt.Key.Key_Left: (-step, 0.0),
            Qt.Key.Key_Right: (step, 0.0),
            Qt.Key.Key_Down: (0.0, -step),
            Qt.Key.Key_Up: (0.0, step),
        }
        if event.key() in moves:
            right, up = moves[Qt.Key(event.key())]
            self.set_pointer(valence + right, arousal + up)
            if self.answering == "follow":
                self.pointer_moved.emit(*self.pointer)
            return True
        if self.answering == "point" and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.point_chosen.emit(*self.pointer)
            return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take what means something here; all else belongs to the window."""
        if not self.handle_key(event):
            event.ignore()

    def _quadrant_at(self, at: QPointF) -> str:
        return next((quadrant for quadrant, corner in self.corners().items() if corner.contains(at)), "")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Answer with what was clicked."""
        if event.button() != Qt.MouseButton.LeftButton or not self._square().contains(event.position()):
            return
        if self.answering == "quadrant":
            quadrant = self._quadrant_at(event.position())
            if quadrant:
                self.quadrant_chosen.emit(quadrant)
            return
        self.set_pointer(*self.place(event.position()))
        if self.answering == "point":
            self.point_chosen.emit(*self.pointer)
        else:
            self.pointer_moved.emit(*self.pointer)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up the quadrant under the mouse, or take it as the pointer."""
        if self.answering == "quadrant":
            hovered = self._quadrant_at(event.position())
            if hovered != self._hovered:
                self._hovered = hovered
                self.update()
        elif self.answering == "follow":
            self.set_pointer(*self.place(event.position()))
            self.pointer_moved.emit(*self.pointer)

    def leaveEvent(self, _event: QEvent) -> None:
        """Nothing is under the mouse."""
        self._hovered = ""
        self.update()

    # Drawing

    def _draw_names(self, painter: QPainter, corners: dict[str, QRectF]) -> None:
        if self.answering != "quadrant":
            super()._draw_names(painter, corners)
            return
        tokens = THEME.tokens
        for number, quadrant in enumerate(QUADRANTS, 1):
            middle = corners[quadrant].center()
            painter.setFont(font(_NUMBER_PX, tabular=True))
            painter.setPen(QColor(tokens.text))
            box = QRectF(middle.x() - 60, middle.y() - 44, 120, 40)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number))
            painter.setFont(font(BODY_PX))
            metrics = QFontMetrics(painter.font())
            text = f"{quadrant} {quadrant_name(quadrant)}"
            if metrics.horizontalAdvance(text) > corners[quadrant].width() - 28:
                text = f"{quadrant} {quadrant_name(quadrant, short=True)}"
            width = metrics.horizontalAdvance(text)
            draw_marker(painter, quadrant, QPointF(middle.x() - width / 2 - 2, middle.y() + 12), 11)
            painter.setPen(QColor(tokens.text))
            painter.drawText(QPointF(middle.x() - width / 2 + 11, middle.y() + 12 + metrics.ascent() / 2 - 1), text)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the plane, the quadrant that is meant, and the pointer with its worm."""
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self.ground())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for quadrant, strength in ((self._hovered, 0.10), (self._flashed, 0.45)):
            if quadrant:
                tint = QColor(QUADRANT_COLOURS[quadrant])
                tint.setAlphaF(strength)
                painter.fillRect(self.corners()[quadrant], tint)
        if self.answering != "quadrant":
            self._draw_pointer(painter)
        painter.end()

    def _draw_pointer(self, painter: QPainter) -> None:
        tokens = THEME.tokens
        points = [self.point(valence, arousal) for valence, arousal in self.trail()]
        for index in range(1, len(points)):
            pen = QPen(tokens.colour("accent", 0.15 + 0.85 * index / len(points)), 2.5)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawLine(points[index - 1], points[index])
        at, square = self.point(*self.pointer), self._square()
        painter.setPen(QPen(tokens.colour("soft", 0.5), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(square.left(), at.y()), QPointF(square.right(), at.y()))
        painter.drawLine(QPointF(at.x(), square.top()), QPointF(at.x(), square.bottom()))
        painter.setPen(QPen(QColor(tokens.panel), 2))
        painter.setBrush(QColor(tokens.accent))
        painter.drawEllipse(at, 7, 7)
        painter.setFont(font(AXIS_PX, tabular=True))
        text = self.pointer_text
        metrics = QFontMetrics(painter.font())
        width = metrics.horizontalAdvance(text) + 8
        x = min(max(at.x() + 12, square.left()), square.right() - width)
        y = at.y() - 12 - metrics.height() if at.y() - 14 - metrics.height() > square.top() else at.y() + 12
        painter.fillRect(QRectF(x, y, width, metrics.height() + 2), tokens.colour("panel", 0.85))
        painter.setPen(QColor(tokens.text))
        painter.drawText(QPointF(x + 4, y + metrics.ascent() + 1), text)
