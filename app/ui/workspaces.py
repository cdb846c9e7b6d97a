"""The workspaces of the window: one list of them, what each is asked for, and the switch between them.

A workspace is registered by one line of `entries`. Its page is made when it is first shown, so that a start pays only
for what is seen. Player and transport belong to the window; the page that is shown uses them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.ui.compare.keys import compare_keys, compare_mouse
from app.ui.keys import Key, analyse_keys, mouse
from app.ui.labelling.keys import label_keys, label_mouse
from app.ui.strings import tr
from app.ui.training.keys import train_keys, train_mouse

if TYPE_CHECKING:
    from app.ui.window import Window

_SETTING = "window.workspace"


class Page(QWidget):
    """What a workspace shows; what it does by a key is in `handlers`, under the names of its keys."""

    possible_changed = Signal()
    #: Whether it has panels at the left and right that F9 and F10 fold away.
    folds = False

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what each of the workspace's own actions does."""
        return {}

    def possible(self, _name: str) -> bool:
        """Whether an action of its own can do something now; emit `possible_changed` when that changes."""
        return True

    def handle_key(self, _event: QKeyEvent) -> bool:
        """Take a key that no action and no focused control wanted; whether it meant something."""
        return False

    def toggle_play(self) -> bool:
        """Do what Space means here; False if it means playing and resting."""
        return False

    def take_focus(self) -> None:
        """Give the keyboard to what is used most."""
        self.setFocus()

    def take_drop(self, _paths: Sequence[Path]) -> bool:
        """Take files and folders that were dropped on the window; False if they are to be opened."""
        return False

    def drop_words(self, _paths: Sequence[Path]) -> str:
        """Return what letting go of a drag will do."""
        return tr("Let go to analyse")

    def kept(self) -> dict[str, Any]:
        """Return what a session file keeps of it: JSON values by name."""
        return {}

    def show_kept(self, _kept: Mapping[str, Any]) -> None:
        """Show what `kept` returned once; from a file, so each value may be missing, or anything."""

    def enter(self) -> None:
        """Is shown from now on."""

    def leave(self) -> None:
        """Another workspace is shown from now on."""

    def close_views(self) -> None:
        """Observe the document no longer: the window closes."""


@dataclass(frozen=True)
class Entry:
    """One workspace.

    Attributes
    ----------
    name : str
        In settings and in `Key.where`.
    title : str
        On its tab.
    make : callable
        Makes its page, when it is first shown.
    actions : callable
        Its own actions; they are enabled only while it is shown, so two workspaces may use one key.
    mouse : callable
        What the mouse does there, for the sheet of keys.
    """

    name: str
    title: str
    make: Callable[[Window], Page]
    actions: Callable[[], list[Key]]
    mouse: Callable[[], list[tuple[str, str]]] = list

    @property
    def has_menu(self) -> bool:
        """Whether its actions stand in a menu of its own, named as its tab: where `Key.menu` is its name."""
        return any(key.menu == self.name for key in self.actions())


def entries() -> list[Entry]:
    """Return all workspaces, in the order of their tabs and of Ctrl+1, Ctrl+2 and so on: add a line for a new one."""
    return [
        Entry("analyse", tr("Analyse"), _analyse, analyse_keys, mouse),
        Entry("compare", tr("Compare"), _compare, compare_keys, compare_mouse),
        Entry("label", tr("Label"), _label, label_keys, label_mouse),
        Entry("train", tr("Train"), _train, train_keys, train_mouse),
    ]


def _analyse(window: Window) -> Page:
    from app.ui.analysis.page import AnalysePage

    return AnalysePage(window.session, window.player)


def _compare(window: Window) -> Page:
    from app.ui.compare.page import ComparePage

    page = ComparePage(window.session, window.player)
    page.workspace_asked.connect(window.show_workspace)
    page.open_files_asked.connect(window.open_files)
    page.open_demo_asked.connect(window.open_demo)
    return page


def _label(window: Window) -> Page:
    from app.ui.labelling.page import LabelPage

    page = LabelPage(window.session, window.player)
    page.static.can_train = any(entry.name == "train" for entry in window.workspaces.entries)
    page.workspace_asked.connect(window.show_workspace)
    page.open_files_asked.connect(window.open_files)
    page.open_folder_asked.connect(window.open_folder)
    page.open_demo_asked.connect(window.open_demo)
    return page


def _train(window: Window) -> Page:
    from app.ui.training.page import TrainPage

    page = TrainPage(window.session, window.player)
    page.label_asked.connect(lambda: window.show_workspace("label"))
    return page


class Workspaces(QObject):
    """The pages, of which one is shown.

    Parameters
    ----------
    window : Window
        Its session, player and document are what pages work with.
    """

    changed = Signal(str)
    possible_changed = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.entries = entries()
        self.stack = QStackedWidget()
        self.pages: dict[str, Page] = {}
        self.shown = ""

    def keys(self) -> list[Key]:
        """Return the ways to each workspace, and what each brings besides the window's own keys."""
        ways = [
            Key(f"workspace_{entry.name}", entry.title, (f"Ctrl+{number}",), "view")
            for number, entry in enumerate(self.entries, 1)
        ]
        return [Key("-", "", (), "view"), *ways, *(key for entry in self.entries[1:] for key in entry.actions())]

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self.pages[self.shown]

    def get(self, name: str) -> Page:
        """Return a workspace's page; it is made if it was never asked for."""
        if name not in self.pages:
            page = next(entry for entry in self.entries if entry.name == name).make(self._window)
            self.pages[name] = page
            self.stack.addWidget(page)
            page.possible_changed.connect(self.possible_changed)
        return self.pages[name]

    def show_kept(self) -> None:
        """Show the workspace of last time."""
        kept = self._window.session.setting(_SETTING, "")
        self.show(kept if any(entry.name == kept for entry in self.entries) else self.entries[0].name)

    def show(self, name: str) -> None:
        """Show a workspace, and remember it."""
        if name == self.shown:
            return
        page = self.get(name)
        before, self.shown = self.pages.get(self.shown), name
        if before is not None:
            before.leave()
        self.stack.setCurrentWidget(page)
        page.enter()
        if self._window.session.setting(_SETTING, self.entries[0].name) != name:
            self._window.session.set_setting(_SETTING, name)
        self.changed.emit(name)

    def run(self, key: Key) -> None:
        """Do what an action of the workspace that is shown does."""
        if key.where == self.shown:
            self.page.handlers()[key.name]()

    def possible(self, key: Key) -> bool:
        """Whether a workspace's own action can do something now."""
        return key.where == self.shown and self.page.possible(key.name)

    def close(self) -> None:
        """Let no page observe anything any more."""
        for page in self.pages.values():
            page.close_views()
