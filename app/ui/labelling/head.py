"""The line at the top of Label: what one does there, who does it, and whether one does it blind."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QCheckBox, QCompleter, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from app.session import Session
from app.ui.buttons import Choice
from app.ui.strings import tr

_FIELD_PX = 150


class RaterField(QLineEdit):
    """Who labels: a name that is known, or a new one; taken by Enter or by leaving the field."""

    done = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setFixedWidth(_FIELD_PX)
        self.setMaxLength(60)
        self.setAcceptDrops(False)
        self.setPlaceholderText(tr("your name"))
        self.setAccessibleName(tr("Name of the rater"))
        self.setToolTip(tr("Labels are kept by name, so that several people can label the same music."))
        session.document.raters_changed.connect(self.show_rater)
        self.show_rater()

    def close_views(self) -> None:
        """Observe the document no longer."""
        self._session.document.raters_changed.disconnect(self.show_rater)

    def show_rater(self) -> None:
        """Show who labels now, and offer the others' names."""
        rater = self._session.rater
        self.setText(rater.name if rater is not None else "")
        completer = QCompleter([other.name for other in self._session.raters()], self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setCompleter(completer)

    def _take(self) -> None:
        rater, name = self._session.rater, " ".join(self.text().split())
        if name and (rater is None or rater.name != name):
            self._session.set_rater(name)
        self.show_rater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes the name, Esc leaves it as it was."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take()
            self.done.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.show_rater()
            self.done.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the name; a list of names that opens is no leaving."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._take()


class LabelHead(QWidget):
    """Three ways to label, the rater, blind or not, import and export."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(44)
        self.views = Choice(
            tr("View"),
            [
                ("clips", tr("Clip by clip"), "Alt+1"),
                ("rate", tr("While it plays"), "Alt+2"),
                ("agree", tr("Agreement"), "Alt+3"),
            ],
        )
        self.rater = RaterField(session)
        name = QLabel(tr("Rater"))
        name.setProperty("soft", True)
        name.setBuddy(self.rater)
        self.blind = QCheckBox(tr("Blind"))
        self.blind.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.blind.setToolTip(
            tr("Hides the model\u2019s answer and what other raters said, so that they do not colour yours  (Ctrl+B)")
        )
        self.take_in = QPushButton(tr("Import\u2026"))
        self.take_in.setToolTip(tr("Labels of other programs, data sets and people  (Ctrl+Shift+I)"))
        self.give_out = QPushButton(tr("Export\u2026"))
        self.give_out.setToolTip(tr("All labels as files  (Ctrl+E)"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 4)
        layout.setSpacing(8)
        layout.addWidget(self.views)
        layout.addStretch(1)
        layout.addWidget(name)
        layout.addWidget(self.rater)
        layout.addSpacing(8)
        layout.addWidget(self.blind)
        layout.addSpacing(8)
        for button in (self.take_in, self.give_out):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            layout.addWidget(button)
