"""The flag beside the judgement: the model does not know such a recording, and its numbers say little."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.icons import icon
from app.ui.strings import tr, unfamiliar_explanation, unfamiliar_name
from app.ui.theme import BODY_PX, THEME, font

_ICON_PX = 16
_LEFT_PX = 10 + _ICON_PX + 6
_RIGHT_PX = 11


class UnfamiliarBadge(QWidget):
    """A sign and words, in a frame; where room is short the words are fewer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts: tuple[str, ...] = ()
        self._words = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        THEME.changed.connect(self.update)
        self.hide()

    def show_kind(self, kind: str, message: str = "") -> None:
        """Say that the recording is unfamiliar, and what it sounds like; an empty kind says nothing."""
        sounds = unfamiliar_name(kind)
        self._texts = (
            (
                tr("Unfamiliar to the model: {sounds}").format(sounds=sounds),
                tr("Unfamiliar: {kind}").format(kind=unfamiliar_name(kind, short=True)),
                tr("Unfamiliar"),
            )
            if kind
            else ()
        )
        self.setAccessibleName(self.text)
        explanation = unfamiliar_explanation(kind, message) if kind else ""
        self.setAccessibleDescription(explanation)
        self.setToolTip(f"<b>{self.text}</b><br>{explanation}" if kind else "")
        self.setVisible(bool(kind))
        self.updateGeometry()
        self.update()

    def fit(self, room_px: int, most_px: int) -> None:
        """Say as much as fits into `room_px`, at the cost of others at least what fits into `most_px`."""
        fitting = [index for index, text in enumerate(self._texts) if self._width(text) <= max(room_px, most_px)]
        words = fitting[0] if fitting else max(len(self._texts) - 1, 0)
        if words != self._words:
            self._words = words
            self.updateGeometry()
            self.update()

    @property
    def text(self) -> str:
        """All it has to say."""
        return self._texts[0] if self._texts else ""

    @property
    def shown(self) -> str:
        """As much of it as fits."""
        return self._texts[self._words] if self._texts else ""

    def _width(self, text: str) -> int:
        return _LEFT_PX + QFontMetrics(font(BODY_PX)).horizontalAdvance(text) + _RIGHT_PX

    def sizeHint(self) -> QSize:
        """Room for the words that are shown."""
        return QSize(self._width(self.shown) if self._texts else 0, 28)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw frame, sign and words."""
        if not self._texts:
            return
        tokens = THEME.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = QColor(tokens.accent if self.hasFocus() else tokens.error)
        painter.setPen(QPen(edge, 1.5 if self.hasFocus() else 1))
        painter.setBrush(tokens.colour("error", 0.08))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        top = (self.height() - _ICON_PX) // 2
        icon("unfamiliar", tokens.error, size=_ICON_PX).paint(painter, 10, top, _ICON_PX, _ICON_PX)
        painter.setFont(font(BODY_PX))
        painter.setPen(QColor(tokens.text))
        box = QRectF(_LEFT_PX, 0, self.width() - _LEFT_PX, self.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, self.shown)
        painter.end()

    def focusInEvent(self, event: object) -> None:
        """Show the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: object) -> None:
        """Hide the focus."""
        super().focusOutEvent(event)
        self.update()
