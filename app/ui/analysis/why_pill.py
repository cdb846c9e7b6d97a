"""The small button on the spectrogram that shows what carries the answer, and says how far that is."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from app.jobs.explainer import Explaining
from app.ui.buttons import IconButton, KeyButton
from app.ui.strings import clock, percent, tr
from app.ui.theme import AXIS_PX, font


class WhyPill(QFrame):
    """Lies over the upper left corner of the spectrogram."""

    toggled = Signal()
    cancel_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("chooser")
        self.button = KeyButton()
        self.button.setText(tr("Why here?"))
        self.button.setCheckable(True)
        self.button.setProperty("narrow", True)
        self.button.setFont(font(AXIS_PX))
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setToolTip(tr("Show which sounds and moments carry the model's answer  (E)"))
        self.button.setAccessibleName(tr("Why here? Show what carries the answer"))
        self.button.clicked.connect(self.toggled)
        self.state = QLabel()
        self.state.setFont(font(AXIS_PX, tabular=True))
        self.cancel = IconButton("cancel", tr("Stop explaining"), "Esc")
        self.cancel.setProperty("narrow", True)
        self.cancel.setIconSize(QSize(12, 12))
        self.cancel.clicked.connect(self.cancel_asked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.button)
        layout.addWidget(self.state)
        layout.addWidget(self.cancel)
        self.show_state(None, on=False)

    def show_state(self, state: Explaining | None, *, on: bool) -> None:
        """Say whether the heat is shown, and how far it is."""
        self.button.setChecked(on)
        busy = on and state is not None and state.busy
        text = ""
        if busy and state is not None:
            text = percent(state.fraction)
            if state.remaining_s is not None:
                text = tr("{percent}, {time} left").format(percent=text, time=clock(max(state.remaining_s, 1.0)))
        elif on and state is not None and state.status == "failed":
            text = tr("could not be explained")
        self.state.setText(text)
        self.button.setAccessibleDescription(text)
        self.state.setVisible(bool(text))
        self.cancel.setVisible(busy)
        self.adjustSize()
