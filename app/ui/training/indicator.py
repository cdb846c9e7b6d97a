"""A small word at the top, wherever one is: how far the training is; a click goes there."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from app.jobs.training import Training
from app.jobs.training_state import TrainingState
from app.ui.strings import percent, tr
from app.ui.theme import BODY_PX, font
from app.ui.training.words import length


class TrainingIndicator(QToolButton):
    """Is there while a training runs, or waits to be looked at or gone on with where it is shown at large.

    Parameters
    ----------
    training : Training
        What is observed.
    """

    def __init__(self, training: Training, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._training = training
        self._seen = True
        self._here = False
        self._unfinished = bool(training.unfinished())  # of an earlier start
        self.setFont(font(BODY_PX, tabular=True))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        training.state_changed.connect(self.show_state)
        self.show_state(training.state)

    def close_views(self) -> None:
        """Observe the training no longer."""
        self._training.state_changed.disconnect(self.show_state)

    def set_here(self, here: bool) -> None:
        """Say whether the person is where it is shown at large."""
        self._here = here
        self._unfinished = bool(self._training.unfinished())
        self.show_state(self._training.state)

    def show_state(self, state: TrainingState) -> None:
        """Say how far it is."""
        if state.busy or self._here:
            self._seen = self._here and not state.busy
        ended = not self._seen and state.phase in ("done", "failed")
        waits = state.phase == "idle" and self._unfinished
        self.setVisible(not self._here and (state.busy or ended or waits))
        text = {
            "paused": tr("Training paused"),
            "done": tr("Training finished"),
            "failed": tr("Training has ended"),
            "idle": tr("A training to go on with"),
        }.get(state.phase, tr("Training"))
        if state.phase == "training" and state.fraction is not None:
            text = tr("Training {share}").format(share=percent(state.fraction))
            if state.left_s is not None:
                text = tr("{training}, {time} left").format(training=text, time=length(state.left_s))
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(tr("Show the training"))
