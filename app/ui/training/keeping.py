"""Last page: name the model and use it, keep it, or throw it away."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from app.ui.strings import tr
from app.ui.training.step import Card, Step, button, clear, row, words

_LONGEST = 80


class KeepPage(Step):
    """Three ways; each says what it does, and the last one can be taken back."""

    use_asked = Signal(str)
    keep_asked = Signal(str)
    throw_asked = Signal()
    back_asked = Signal()  # out of the bin
    again_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("What shall become of it?"), "", parent)
        self.decided = False
        self.name = QLineEdit()
        self.name.setMaxLength(_LONGEST)
        self.name.setFixedWidth(480)
        self.name.setAccessibleName(tr("Name of the model"))
        name = QLabel(tr("&Name:"))
        name.setBuddy(self.name)
        self.card = Card()
        self.card.body.addLayout(row(name, self.name))
        self.use = button(tr("Keep it and use it now"), lambda: self.use_asked.emit(self.called))
        self.use.setDefault(True)
        self.keep = button(tr("Keep it"), lambda: self.keep_asked.emit(self.called))
        self.throw = button(tr("Throw it away"), self.throw_asked.emit)
        for one, text in (
            (self.use, tr("It answers from now on. What other models found stays, and you can change back.")),
            (self.keep, tr("It is among the models (Ctrl+M); the current one goes on answering.")),
            (self.throw, tr("It goes to the bin, from where it can be brought back.")),
        ):
            one.setAccessibleDescription(text)
            one.setMinimumWidth(190)
            line = row(one, stretch=False)
            line.addWidget(words(text, soft=True), 1)
            self.card.body.addLayout(line)
        self.name.textChanged.connect(self._named)
        self.name.returnPressed.connect(self.use.click)
        self.body.addWidget(self.card)
        self._after = QVBoxLayout()
        self.body.addLayout(self._after)
        self.body.addStretch(1)

    @property
    def called(self) -> str:
        """The name."""
        return " ".join(self.name.text().split())

    @property
    def can_go_on(self) -> bool:
        """It is the last page."""
        return False

    @property
    def can_go_back(self) -> bool:
        """The result may be looked at again until it was decided."""
        return not self.decided

    @property
    def next_text(self) -> str:
        """No button: the page has its own."""
        return ""

    def ask(self, name: str) -> None:
        """Ask about a model that is called so."""
        self.decided = False
        self.card.show()
        clear(self._after)
        self.name.setText(name)
        self.changed.emit()

    def take_focus(self) -> None:
        """Begin with its name."""
        self.name.setFocus()
        self.name.setSelection(len(self.name.text()), -len(self.name.text()))  # its beginning is in view

    def say(self, title: str, text: str, *, can_come_back: bool = False) -> None:
        """Say what has become of it."""
        self.decided = True
        self.card.hide()
        clear(self._after)
        self._after.addWidget(words(title, strong=True))
        self._after.addWidget(words(text, soft=True))
        again = button(tr("Train another model"), self.again_asked.emit)
        again.setDefault(True)
        buttons: list[QWidget] = [again]
        if can_come_back:
            buttons.append(button(tr("Bring it back"), self.back_asked.emit))
        self._after.addLayout(row(*buttons))
        QTimer.singleShot(0, again, again.setFocus)  # what is new in a layout is shown by an event
        self.changed.emit()

    def _named(self) -> None:
        for one in (self.use, self.keep):
            one.setEnabled(bool(self.called))
