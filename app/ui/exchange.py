"""What all dialogs have by which something comes in or goes out: they stand beside the window, which goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.jobs.aside import Aside
from app.session import Session
from app.ui.strings import tr
from app.ui.theme import TITLE_PX, font

_WIDTH_PX = 620
_LINES_SHOWN = 500


class Exchange(QDialog):
    """A dialog beside the window, which goes on."""

    def __init__(self, parent: QWidget, session: Session, aside: Aside, title: str) -> None:
        super().__init__(parent)
        self._session = session
        self._document = session.document
        self._aside = aside
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH_PX)
        self._open = True
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(20, 16, 20, 14)
        self.body.setSpacing(10)
        heading = QLabel(title)
        heading.setFont(font(TITLE_PX, strong=True))
        self.body.addWidget(heading)

    def add_text(self, *, soft: bool = False) -> QLabel:
        """Add a line or more of words."""
        label = QLabel()
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setProperty("soft", soft)
        self.body.addWidget(label)
        return label

    def add_list(self, name: str) -> QPlainTextEdit:
        """Add a list that can be read and copied; it is seen once it holds something (`show_list`)."""
        text = QPlainTextEdit()
        text.setReadOnly(True)
        text.setAcceptDrops(False)
        text.setAccessibleName(name)
        text.setMaximumHeight(180)
        text.hide()
        self.body.addWidget(text)
        self.list = text
        return text

    def show_list(self, lines: Sequence[str]) -> None:
        """Fill the list; without a line it is not seen."""
        more = len(lines) - _LINES_SHOWN
        shown = [*lines[:_LINES_SHOWN], *([tr("and {count} more").format(count=more)] if more > 0 else [])]
        self.list.setPlainText("\n".join(shown))
        self.list.setVisible(bool(lines))

    def end_with(self, main: QPushButton | None = None) -> None:
        """Add the last row: what the dialog is for, if anything is left to do, and the way out."""
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        if main is not None:
            main.setDefault(True)
            buttons.addWidget(main)
        buttons.addWidget(close)
        self.body.addLayout(buttons)

    def fit(self) -> None:
        """Take the room that all words need; what is larger already stays so."""
        self.layout().activate()
        height = max(self.height(), self.layout().totalHeightForWidth(self.width()))
        self.resize(self.width(), height)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Take no outcome any more."""
        self._open = False
        super().closeEvent(event)

    def done(self, result: int) -> None:
        """Take no outcome any more."""
        self._open = False
        super().done(result)

    def ask(self, work: Callable[[], object], then: Callable[[object], None]) -> None:
        """Do a work beside the window's thread; a dialog that was closed meanwhile hears nothing of it."""
        self._aside.ask(work, lambda outcome: then(outcome) if self._open else None)
