"""The plane on which a result is corrected: the model's point, and another that is dragged to where it belongs."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.labelling.answer_plane import AnswerPlane
from app.ui.strings import MINUS, signed, tr
from app.ui.theme import THEME


class CorrectPlane(AnswerPlane):
    """A click or the end of a drag answers with a point; arrow keys move it, Enter answers."""

    surface = "panel"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: tuple[float, float] | None = None
        self._dragging = False
        self.set_answering("point")
        self.setMinimumSize(0, 0)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setToolTip(
            tr(
                "Click, or drag the point, to where the music belongs; or move it with the arrow keys and press Enter. "
                "The ring is what the model says. Valence and arousal, both {minus}1 to 1."
            ).format(minus=MINUS)
        )

    @property
    def pointer_text(self) -> str:
        """The pointer in few words: the plane is small, and its axes have names and ranges."""
        valence, arousal = self.pointer
        return tr("V {valence}  A {arousal}").format(valence=signed(valence), arousal=signed(arousal))

    def sizeHint(self) -> QSize:
        """As large as the plane of the results, in whose place it stands."""
        return QSize(240, self.heightForWidth(240))

    def hasHeightForWidth(self) -> bool:
        """The square decides."""
        return True

    def show_model(self, point: tuple[float, float] | None) -> None:
        """Show what the model says, and begin from there."""
        self._model = point
        if point is not None and not self._dragging:
            self.set_pointer(*point)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the point along."""
        if event.button() == Qt.MouseButton.LeftButton and self._square().contains(event.position()):
            self._dragging = True
            self.set_pointer(*self.place(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag it."""
        if self._dragging:
            self.set_pointer(*self.place(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Answer with where it was let go."""
        if self._dragging and event.button() == Qt.MouseButton.LeftButton:
            self._dragging = False
            self.set_pointer(*self.place(event.position()))
            self.point_chosen.emit(*self.pointer)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the plane and the two points."""
        super().paintEvent(event)
        if self._model is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(THEME.tokens.text), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(self.point(*self._model), 11, 11)
        painter.end()
