"""The Train workspace: six pages from labelled recordings to a model that is in use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.jobs.training_plan import TrainingPlan
from app.jobs.training_state import TrainingState
from app.session import Session
from app.ui.buttons import rule
from app.ui.files import ask_folder
from app.ui.player import Player
from app.ui.strings import tr
from app.ui.theme import BODY_PX, font
from app.ui.training.choices import ChoicesPage
from app.ui.training.draft import Draft
from app.ui.training.ending import Ending
from app.ui.training.found import FoundPage
from app.ui.training.keeping import KeepPage
from app.ui.training.running import RunningPage
from app.ui.training.source import SourcePage
from app.ui.training.step import Step
from app.ui.training.verdict import VerdictPage
from app.ui.workspaces import Page
from models.errors import JobError

SOURCE, FOUND, CHOICES, RUNNING, VERDICT, KEEP = range(6)


class TrainPage(Page):
    """The pages, where one is among them, and Back and Next.

    Parameters
    ----------
    session : Session
        Its `training` does the work.
    player : Player
        Of the window; recordings that were told wrong are played by it.
    """

    label_asked = Signal()

    def __init__(self, session: Session, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._player = session, player
        self._training = session.training
        self._shown = False
        self.draft = Draft(session)
        self.source = SourcePage(session)
        self.found = FoundPage(session)
        self.choices = ChoicesPage(session)
        self.running = RunningPage(session)
        self.verdict = VerdictPage(session, player)
        self.keeping = KeepPage()
        self.ending = Ending(session, self.keeping)
        self.steps: list[Step] = [self.source, self.found, self.choices, self.running, self.verdict, self.keeping]
        self.stack = QStackedWidget()
        for step in self.steps:
            self.stack.addWidget(step)
            step.changed.connect(self._changed)
        self._names: list[QLabel] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head())
        layout.addWidget(rule())
        layout.addWidget(self.stack, 1)
        layout.addWidget(rule())
        layout.addWidget(self._foot())
        self._connect()
        self._training.clear_away()
        self._show(self._place())

    def _head(self) -> QWidget:
        head = QWidget()
        layout = QHBoxLayout(head)
        layout.setContentsMargins(24, 8, 24, 8)
        layout.setSpacing(10)
        names = (tr("Recordings"), tr("Found"), tr("What to train"), tr("Training"), tr("Result"), tr("Decide"))
        for number, name in enumerate(names, 1):
            label = QLabel(f"{number}  {name}")
            self._names.append(label)
            layout.addWidget(label)
            if number < len(names):
                layout.addWidget(QLabel("\u203a"))
        layout.addStretch(1)
        return head

    def _foot(self) -> QWidget:
        foot = QWidget()
        foot.setFixedHeight(48)
        layout = QHBoxLayout(foot)
        layout.setContentsMargins(24, 8, 24, 8)
        self.back = QPushButton(tr("Back"))
        self.back.setAutoDefault(False)
        self.back.setToolTip(tr("Back  (Alt+Left)"))
        self.back.clicked.connect(self.go_back)
        self.next = QPushButton()
        self.next.setAutoDefault(False)
        self.next.setDefault(True)
        self.next.clicked.connect(self.go_on)
        self.why = QLabel()
        self.why.setProperty("soft", True)
        layout.addWidget(self.back)
        layout.addStretch(1)
        layout.addWidget(self.why)
        layout.addSpacing(8)
        layout.addWidget(self.next)
        return foot

    def _connect(self) -> None:
        self.source.go_on_asked.connect(self._take_up)
        self.source.let_go_asked.connect(self._let_go)
        self.found.label_asked.connect(self.label_asked)
        self.found.look_again_asked.connect(self._look)
        self.choices.trial_asked.connect(self._try_out)
        self.running.resume_asked.connect(self._resume)
        self.keeping.again_asked.connect(self.begin_anew)
        self._training.state_changed.connect(self._state_changed)

    # The workspace

    def enter(self) -> None:
        """Show where the training is."""
        self._shown = True
        if self.stack.currentIndex() == SOURCE:
            self.source.show_unfinished(self._training.unfinished())
        if self.stack.currentIndex() == RUNNING and self._training.state.phase == "done":
            self._show(VERDICT)

    def leave(self) -> None:
        """The player goes back to the track of the other workspaces."""
        self._shown = False
        document = self._session.document
        track = document.track(document.current) if document.current is not None else None
        path = track.path if track is not None else None
        if self._player.path != path:
            self._player.open(path, (track.duration_s or 0.0) if track is not None else 0.0)

    def close_views(self) -> None:
        """Observe nothing any longer."""
        self._training.state_changed.disconnect(self._state_changed)
        for step in self.steps:
            step.close_views()

    def take_focus(self) -> None:
        """Give the keyboard to the page's first control."""
        self.step.take_focus()

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the workspace's keys do."""
        return {
            "train_next": self.go_on,
            "train_back": self.go_back,
            "train_folder": lambda: ask_folder(self, self._session, self.take_drop),
            "train_pause": self.running.toggle_pause,
            "train_stop": self.running.stop_now,
            "train_cancel": self.running.cancel_now,
        }

    def possible(self, name: str) -> bool:
        """Whether an action can do something now."""
        return {
            "train_next": self.next.isEnabled() and not self.next.isHidden(),
            "train_back": self.back.isEnabled(),
            "train_folder": self.stack.currentIndex() <= CHOICES,
            "train_pause": self.running.pause.isEnabled() and self._training.state.busy,
            "train_stop": self.running.stop.isEnabled() and self._training.state.busy,
            "train_cancel": self.running.cancel.isEnabled() and self._training.state.busy,
        }.get(name, True)

    def handle_key(self, event: QKeyEvent) -> bool:
        """Enter presses the button under the focus, and goes on from wherever no control wants it."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focus = self.focusWidget()
            if isinstance(focus, QPushButton) and focus.hasFocus():
                focus.click()
                return True
            if self.possible("train_next"):
                self.go_on()
                return True
        return self.step.handle_key(event)

    def toggle_play(self) -> bool:
        """Space presses the control under the focus, or plays what the model got wrong."""
        focus = self.focusWidget()
        if isinstance(focus, QAbstractButton) and focus.hasFocus():
            focus.click()
            return True
        if isinstance(focus, QComboBox) and focus.hasFocus():
            focus.showPopup()
            return True
        return self.step.toggle_play()

    def take_drop(self, paths: Sequence[Path]) -> bool:
        """Learn from what was dropped; whether it may be now."""
        if self.stack.currentIndex() > CHOICES:
            return False
        if self.stack.currentIndex() != SOURCE:
            self._show(SOURCE)
        self.source.take_paths(paths)
        return True

    def drop_words(self, _paths: Sequence[Path]) -> str:
        """What letting go will do."""
        return tr("Let go to learn from it") if self.stack.currentIndex() <= CHOICES else tr("Let go to analyse")

    # From page to page

    @property
    def step(self) -> Step:
        """The page that is shown."""
        return self.steps[self.stack.currentIndex()]

    def _place(self) -> int:
        phase = self._training.state.phase
        if phase == "done":
            return VERDICT
        return SOURCE if phase == "idle" else RUNNING

    def _show(self, index: int) -> None:
        before = self.step
        if self.stack.currentIndex() != index:
            before.leave()
        self.stack.setCurrentIndex(index)
        if index == SOURCE:
            self.source.show_unfinished(self._training.unfinished())
        self.step.enter()
        self._changed()
        if self._shown:
            self.step.take_focus()

    def go_on(self) -> None:
        """Show the next page, and do what it is about."""
        at = self.stack.currentIndex()
        if not self.possible("train_next"):
            return
        if at == SOURCE and self.draft.take(self.source.source):
            self.choices.forget()
            self._show(FOUND)
            self._look()
        elif at == FOUND:
            self.choices.offer(self.found.survey)
            self._show(CHOICES)
        elif at == CHOICES and self._start():
            self._show(RUNNING)
        elif at == RUNNING:
            self._show(VERDICT)
        elif at == VERDICT and self._training.plan is not None and self._training.plan.tables:
            self._training.drop(self._training.plan)
            self.begin_anew()
        elif at == VERDICT:
            self.ending.ask()
            self._show(KEEP)

    def go_back(self) -> None:
        """Show the page before."""
        at = self.stack.currentIndex()
        if at == SOURCE or not self.step.can_go_back:
            return
        if at == CHOICES:
            self._training.forget_estimate()
        if at == RUNNING and not self.found.survey:
            at = CHOICES  # a training of an earlier start: what it learns from was not looked at since
            self._show(SOURCE)
            return
        self._show(at - 1)

    def begin_anew(self) -> None:
        """Begin with another model."""
        self.found.skip_bad = False
        self._training.forget_survey()
        self._show(SOURCE)

    def _changed(self) -> None:
        step, at = self.step, self.stack.currentIndex()
        for number, label in enumerate(self._names):
            label.setProperty("soft", number != at)
            label.style().unpolish(label)
            label.style().polish(label)
            label.setFont(font(BODY_PX, strong=number == at))
            label.setAccessibleName(tr("{name} (here)").format(name=label.text()) if number == at else label.text())
        self.back.setVisible(at not in (SOURCE, KEEP) or (at == KEEP and step.can_go_back))
        self.back.setEnabled(step.can_go_back)
        self.next.setText(step.next_text)
        self.next.setToolTip(f"{step.next_text}  (Alt+\u2192)")
        self.next.setVisible(bool(step.next_text))
        could = self.next.isEnabled()
        self.next.setEnabled(step.can_go_on)
        if at == FOUND and self._shown and not could and step.can_go_on:
            self.next.setFocus()
        self.why.setText(self._why_not())
        self.possible_changed.emit()

    def _why_not(self) -> str:
        at = self.stack.currentIndex()
        if self.step.can_go_on:
            return ""
        if at == SOURCE:
            return tr("Choose what to learn from.")
        if at == FOUND and self.found.survey:
            return tr("Something above keeps a model from being trained.")
        return ""

    # What the pages are about

    def _look(self) -> None:
        self.found.skip_bad = False
        self.found.from_library = self.source.source.rater is not None
        self._training.look_at(self.draft.folders)

    def _plan(self) -> TrainingPlan:
        return self.draft.plan(self.choices.choice, self.found.survey)

    def _try_out(self) -> None:
        if self.stack.currentIndex() == CHOICES:
            self._asked(self._training.try_out, self._plan())

    def _start(self) -> bool:
        return self._asked(self._training.start, self._plan())

    def _resume(self) -> None:
        if self._training.plan is not None:
            self._asked(self._training.resume, self._training.plan)
            self._changed()
            self.running.take_focus()

    def _asked(self, do: Callable[[TrainingPlan], object], plan: TrainingPlan) -> bool:
        try:
            do(plan)
        except JobError as error:
            self._session.document.tell(error.message, "error")
            return False
        return True

    def _state_changed(self, state: TrainingState) -> None:
        if state.phase == "done":
            self._session.models_changed.emit()
        if state.phase == "done" and self.stack.currentIndex() == RUNNING:
            if self._shown:
                self._show(VERDICT)
            else:
                self._session.document.tell(tr("The model is trained: its result is in Train (Ctrl+4)."))
        elif state.phase == "failed" and not self._shown and state.error:
            self._session.document.tell(state.error, "error")
        if self.stack.currentIndex() == RUNNING:
            self._changed()
            if self._shown and not state.busy:
                self.running.take_focus()  # what had it is gone

    # Trainings of an earlier start

    def _take_up(self, plan: TrainingPlan) -> None:
        if plan.finished:
            self.ending.take_up(plan)
            self._show(VERDICT)
        elif self._asked(self._training.resume, plan):
            self._show(RUNNING)

    def _let_go(self, plan: TrainingPlan) -> None:
        self.ending.let_go(plan)
        self.source.show_unfinished(self._training.unfinished())
        QTimer.singleShot(0, self, self.source.take_focus)
