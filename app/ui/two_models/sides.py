"""The two models that are compared: which they are, how far each is with the track, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from app.jobs.second_opinion import Opinion
from app.jobs.tools import Card
from app.ui.strings import percent, tr, unfamiliar_name

#: The buttons come and go; nothing is to move with them.
_HEIGHT_PX = 34


class Side(QWidget):
    """One line: the letter, the model, and its progress with a way to stop it, or what went wrong."""

    model_chosen = Signal()
    cancel_asked = Signal()
    again_asked = Signal()

    def __init__(self, letter: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = QLabel(f"&{letter}")
        self.model = QComboBox()
        self.model.setAccessibleName(tr("Model {letter}").format(letter=letter))
        self.model.setMinimumWidth(220)
        name.setBuddy(self.model)
        self.state = QLabel()
        self.state.setProperty("soft", True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setFixedWidth(120)
        self.bar.setAccessibleName(tr("Progress of model {letter}").format(letter=letter))
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setAccessibleDescription(tr("Stop asking this model"))
        self.again = QPushButton(tr("Ask it"))
        self.again.setAccessibleDescription(tr("Ask this model about the track"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for part in (name, self.model, self.bar, self.cancel, self.again):
            layout.addWidget(part)
        layout.addWidget(self.state, 1)
        self.setFixedHeight(_HEIGHT_PX)
        for button in (self.cancel, self.again):
            button.setAutoDefault(False)
        self.model.activated.connect(lambda _index: self.model_chosen.emit())
        self.cancel.clicked.connect(self.cancel_asked)
        self.again.clicked.connect(self.again_asked)
        self.show_opinion(None)

    @property
    def id(self) -> str:
        """Of the model."""
        return str(self.model.currentData() or "")

    @property
    def name(self) -> str:
        """Of the model, for people."""
        return self.model.currentText()

    def fill(self, cards: Sequence[Card], model: str) -> None:
        """Offer these models, and choose one."""
        self.model.clear()
        for card in cards:
            self.model.addItem(card.name, card.id)
        self.model.setCurrentIndex(max(0, self.model.findData(model)))

    def show_opinion(self, opinion: Opinion | None) -> None:
        """Show how far the model is."""
        status = opinion.status if opinion is not None else ""
        busy = status in ("asked", "working")
        self.bar.setVisible(busy)
        self.cancel.setVisible(busy)
        self.again.setVisible(status in ("failed", "cancelled"))
        self.state.setProperty("error", status == "failed")
        self.state.style().polish(self.state)
        text = ""
        if opinion is not None and busy:
            self.bar.setValue(round(1000 * opinion.fraction))
            text = tr("waits for its turn")
            if status == "working":
                text = tr("analyses, {share}").format(share=percent(opinion.fraction))
        elif opinion is not None and status == "failed":
            text = opinion.message
        elif status == "cancelled":
            text = tr("has not analysed this track")
        elif opinion is not None and opinion.analysis is not None and opinion.analysis.unfamiliar:
            text = tr("does not know such music: {what}").format(
                what=unfamiliar_name(opinion.analysis.unfamiliar, short=True)
            )
        self.state.setText(text)
        self.state.setToolTip(text)
