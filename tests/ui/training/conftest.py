"""A window whose trainings are done by a script that speaks the protocol."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app.jobs import child
from app.jobs.training_state import TrainingState
from app.ui.training.page import TrainPage
from app.ui.window import Window
from tests.app import fake_train

FAKE = [sys.executable, str(Path(fake_train.__file__))]


def texts(widget: QWidget) -> str:
    """All that a page says."""
    QApplication.processEvents()  # what is new in a layout is shown by an event
    return " | ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


class Wizard:
    """A person at the Train workspace."""

    def __init__(self, window: Window, qtbot: object, folder: Path) -> None:
        self.window = window
        self.bot = qtbot
        self.folder = folder
        self.training = window.session.training
        window.activateWindow()  # keys are for the active window
        self.until(window.isActiveWindow)
        window.show_workspace("train")
        page = window.workspaces.page
        assert isinstance(page, TrainPage)
        self.page = page

    def until(self, condition: Callable[[], object]) -> None:
        self.bot.waitUntil(lambda: bool(condition()), timeout=20_000)

    def at(self) -> int:
        return self.page.stack.currentIndex()

    def go_on(self) -> None:
        """Press Next by its key."""
        action = self.window.actions_by_name["train_next"]
        assert action.isEnabled(), self.page.why.text()
        action.trigger()

    def to_found(self) -> None:
        self.page.take_drop([self.folder])
        self.go_on()
        self.until(lambda: not self.training.survey.busy)

    def to_choices(self) -> None:
        self.to_found()
        self.go_on()

    def to_running(self) -> None:
        self.to_choices()
        self.go_on()

    def to_verdict(self) -> None:
        self.to_running()
        self.until(lambda: self.training.state.phase == "done")

    def to_keep(self) -> None:
        self.to_verdict()
        self.go_on()


@pytest.fixture
def wizard(make_window, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Wizard]]:
    monkeypatch.setattr(child, "own_command", lambda: FAKE)
    folder = tmp_path / "My songs 我的歌"
    folder.mkdir()

    def make(modes: str = "") -> Wizard:
        monkeypatch.setenv("FAKE_TRAIN", modes)
        made.append(Wizard(make_window(), qtbot, folder))
        return made[-1]

    made: list[Wizard] = []
    yield make
    for one in made:  # a window with a training at work would ask before it closes
        one.training.close()
        one.training.state = TrainingState()
