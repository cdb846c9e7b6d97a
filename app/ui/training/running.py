"""Fourth page: the training as it goes on."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from app.jobs.training_state import TrainingState
from app.session import Session
from app.ui.strings import percent, tr
from app.ui.training.curves import Curves
from app.ui.training.step import Card, Sign, Step, button, clear, row, words
from app.ui.training.words import doing, length

_NOTES_SHOWN = 4


class RunningPage(Step):
    """What is being done, its curves, the time that is left, and the ways to end it."""

    resume_asked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(tr("Training"), "", parent)
        self._training = session.training
        self.doing = words()
        self.doing.setAccessibleName(tr("What is being done"))
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 1000)
        self.progress.setAccessibleName(tr("Progress of the training"))
        self.left = words(soft=True)
        self.pause = button(tr("Pause"), self.toggle_pause)
        self.stop = button(
            tr("Stop and keep the best"), self.stop_now, tr("A model is made of what was learned so far")
        )
        self.cancel = button(tr("Cancel"), self.cancel_now, tr("No model; what was finished is kept, to go on later"))
        self.resume = button(tr("Go on from the last checkpoint"), self.resume_asked.emit)
        self.resume.setDefault(True)
        self.trouble = Sign(bad=True)
        self.curves = Curves()
        self.notes = Card()
        self.hint = words(
            tr("You can go on working in Analyse and Label meanwhile; the line at the top says how far it is."),
            soft=True,
        )
        for part in (self.doing, self.progress, self.left, self.trouble):
            self.body.addWidget(part)
        self.body.addLayout(row(self.pause, self.stop, self.cancel, self.resume))
        self.body.addWidget(self.curves)
        self.body.addWidget(self.notes)
        self.body.addWidget(self.hint)
        self.body.addStretch(1)
        self._notes: tuple[str, ...] | None = None
        self._training.state_changed.connect(self.show_state)
        self.show_state(self._training.state)

    def close_views(self) -> None:
        """Observe the training no longer."""
        self._training.state_changed.disconnect(self.show_state)

    @property
    def can_go_on(self) -> bool:
        """Whether there is a result."""
        return self._training.state.phase == "done"

    @property
    def can_go_back(self) -> bool:
        """Not while it runs: what it learns from stays as it is."""
        return not self._training.state.busy and self._training.state.phase != "done"

    @property
    def next_text(self) -> str:
        """What the button says."""
        return tr("See the result")

    def take_focus(self) -> None:
        """Begin with what can be done now."""
        for one in (self.resume, self.pause):
            if not one.isHidden():
                one.setFocus()
                return

    # What a person does

    def toggle_pause(self) -> None:
        """Stand still, or go on."""
        if self._training.state.phase == "paused":
            self._training.go_on()
        else:
            self._training.pause()

    def stop_now(self) -> None:
        """Make a model of the best so far."""
        self._training.stop()

    def cancel_now(self) -> None:
        """End it without a model."""
        self._training.cancel()

    def show_state(self, state: TrainingState) -> None:
        """Show one moment."""
        self.doing.setText(doing(state))
        running = state.phase in ("starting", "listening", "training", "paused")
        self.progress.setVisible(state.busy)
        known = state.fraction
        if state.phase in ("listening", "judging") and state.of:
            known = state.heard / state.of
        self.progress.setRange(0, 1000 if known is not None else 0)
        if known is not None:
            self.progress.setValue(round(known * 1000))
        parts = []
        if known is not None and running:
            parts.append(percent(known))
        if state.left_s is not None and state.phase in ("listening", "training", "judging"):
            left = tr("{time} of listening left") if state.phase == "listening" else tr("{time} left")
            parts.append(left.format(time=length(state.left_s)))
        self.left.setText(" \u00b7 ".join(parts))
        self.left.setVisible(state.busy)
        self.pause.setText(tr("Go on") if state.phase == "paused" else tr("Pause"))
        if self.pause.hasFocus() and state.busy and not running:
            self.cancel.setFocus()
        for one in (self.pause, self.stop, self.cancel):
            one.setVisible(state.busy)
            one.setEnabled(running)
        # While it only listens nothing has been learned that could be kept.
        self.stop.setEnabled(state.phase in ("training", "paused") and bool(state.curves))
        self.cancel.setEnabled(running or state.phase in ("stopping", "judging"))
        self.resume.setVisible(state.can_resume and not state.busy)
        kept = tr("What was finished is kept: you can go on from there.") if state.can_resume else ""
        self.trouble.label.setText(f"{state.error} {kept}".strip())
        self.trouble.setVisible(bool(state.error) and not state.busy)
        self.hint.setVisible(state.busy)
        self.curves.setVisible(bool(state.curves))
        self.curves.show_state(state)
        self._show_notes(state.notes)
        self.changed.emit()

    def _show_notes(self, notes: tuple[str, ...]) -> None:
        if notes == self._notes:
            return
        self._notes = notes
        clear(self.notes.body)
        self.notes.setVisible(bool(notes))
        for note in notes[-_NOTES_SHOWN:]:
            self.notes.body.addWidget(words(note))
        if len(notes) > _NOTES_SHOWN:
            self.notes.setToolTip("\n".join(notes))
