"""What stands in the place of the lanes when there is nothing to draw: why, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.icons import icon
from app.ui.theme import BODY_PX, THEME, TITLE_PX, font


class Message(QWidget):
    """An icon, a title, a sentence, and buttons, in the middle of the room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = "note"
        self._bad = False
        self.picture = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.title = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setFont(font(TITLE_PX, strong=True))
        self.title.setWordWrap(True)
        self.text = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setFont(font(BODY_PX))
        self.text.setWordWrap(True)
        self.text.setProperty("soft", True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.buttons: list[QPushButton] = []
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        card = QFrame()
        card.setMaximumWidth(520)
        inner = QVBoxLayout(card)
        inner.setSpacing(8)
        inner.addWidget(self.picture)
        inner.addWidget(self.title)
        inner.addWidget(self.text)
        inner.addSpacing(8)
        inner.addLayout(self._row)
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(card, 4)
        across.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addLayout(across)
        layout.addStretch(3)
        THEME.changed.connect(self._tint)

    def show_message(
        self,
        name: str,
        title: str,
        text: str,
        actions: Sequence[tuple[str, Callable[[], object]]] = (),
        *,
        bad: bool = False,
    ) -> None:
        """Say something; the first action is the one to take."""
        self._icon, self._bad = name, bad
        self.title.setText(title)
        self.text.setText(text)
        while self._row.count():
            widget = self._row.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.buttons = []
        self._row.addStretch(1)
        for index, (label, run) in enumerate(actions):
            button = QPushButton(label)
            button.setDefault(index == 0)
            button.setAutoDefault(True)
            button.clicked.connect(lambda _checked=False, do=run: do())
            self._row.addWidget(button)
            self.buttons.append(button)
        self._row.addStretch(1)
        self._tint()

    def _tint(self) -> None:
        tokens = THEME.tokens
        size = QSize(40, 40)
        self.picture.setPixmap(
            icon(self._icon, tokens.error if self._bad else tokens.soft, size=40).pixmap(size, self.devicePixelRatioF())
        )
