"""The switch between workspaces: what is shown, which keys reach what, what is remembered."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from app.ui import workspaces
from app.ui.key_sheet import KeySheet
from app.ui.keys import Key
from app.ui.workspaces import Entry, Page


class Bench(Page):
    """A workspace that counts what it is asked for."""

    made = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).made += 1
        self.done: list[str] = []
        self.free = True
        self.mine = False

    def handlers(self):
        return {"bench_hit": lambda: self.done.append("hit"), "bench_mark": lambda: self.done.append("mark")}

    def possible(self, name):
        return self.free

    def toggle_play(self):
        if self.mine:
            self.done.append("play")
        return self.mine

    def handle_key(self, event):
        if event.text().strip():
            self.done.append(event.text())
        return True

    def enter(self):
        self.done.append("enter")

    def leave(self):
        self.done.append("leave")


def bench_keys() -> list[Key]:
    return [
        Key("bench_hit", "Hit", ("N",), "bench", "bench"),  # Analyse's key for the next climax
        Key("bench_mark", "Mark it", (";",), "bench", "bench"),
    ]


@pytest.fixture
def two(monkeypatch, make_window):
    """A window with a second workspace."""
    Bench.made = 0
    entries = [*workspaces.entries(), Entry("bench", "Bench", lambda _window: Bench(), bench_keys)]
    monkeypatch.setattr(workspaces, "entries", lambda: entries)
    window = make_window()
    window.way = f"Ctrl+{len(entries)}"
    window.key = Qt.Key.Key_0 + len(entries)
    return window


def go(window, key):
    QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)


def test_a_workspace_is_made_when_it_is_first_shown(two):
    assert two.workspaces.shown == "analyse"
    assert Bench.made == 0
    go(two, two.key)
    assert (Bench.made, two.workspaces.shown) == (1, "bench")
    assert two.workspaces.page.isVisible()
    assert not two.analyse.isVisible()
    go(two, Qt.Key.Key_1)
    go(two, two.key)
    assert Bench.made == 1
    assert two.workspaces.page.done == ["enter", "leave", "enter"]


def test_tabs_say_where_one_is(two):
    tab = two.topbar.tabs["bench"]
    assert tab.text() == "Bench"
    assert two.way in tab.toolTip()
    assert tab.accessibleName() == "Workspace Bench"
    QTest.mouseClick(tab, Qt.MouseButton.LeftButton)
    assert two.workspaces.shown == "bench"
    assert tab.isChecked()
    assert not two.topbar.tabs["analyse"].isChecked()
    assert two.actions_by_name["workspace_bench"].isChecked()
    assert not two.topbar.left.isVisible()  # there is nothing to fold
    go(two, Qt.Key.Key_1)
    assert two.topbar.left.isVisible()
    assert not two.actions_by_name["workspace_bench"].isChecked()


def test_bare_keys_reach_only_the_workspace_that_is_shown(two, qtbot, music):
    two.open_paths([music("a.wav")])
    qtbot.waitUntil(lambda: two.workspace.axis.duration_s == 12.0, timeout=60_000)
    current = two.document.current
    go(two, two.key)
    page = two.workspaces.page
    page.done.clear()
    QTest.keyClick(two, Qt.Key.Key_N)
    QTest.keyClick(two, Qt.Key.Key_Semicolon)
    assert page.done == ["hit", "mark"]
    assert two.document.marks(current) == ()
    assert two.player.position_s == 0.0
    QTest.keyClick(page, Qt.Key.Key_U)  # Analyse's bands: here it means nothing, and the page is asked
    assert page.done[-1] == "u"
    assert two.analyse.bands
    go(two, Qt.Key.Key_1)
    page.done.clear()
    QTest.keyClick(two, Qt.Key.Key_Semicolon)
    assert page.done == []
    assert len(two.document.marks(current)) == 1


def test_what_is_not_possible_is_not_done(two):
    go(two, two.key)
    page = two.workspaces.page
    page.done.clear()
    page.free = False
    page.possible_changed.emit()
    assert not two.actions_by_name["bench_hit"].isEnabled()
    page.free = True
    page.possible_changed.emit()
    assert two.actions_by_name["bench_hit"].isEnabled()
    go(two, Qt.Key.Key_1)
    assert not two.actions_by_name["bench_hit"].isEnabled()


def test_playback_is_shared_and_a_workspace_may_take_space(two, qtbot, music):
    two.open_paths([music("a.wav")])
    qtbot.waitUntil(lambda: two.workspace.axis.duration_s == 12.0, timeout=60_000)
    go(two, two.key)
    QTest.keyClick(two, Qt.Key.Key_Space)
    assert two.player.playing
    page = two.workspaces.page
    page.mine = True
    page.done.clear()
    QTest.keyClick(two, Qt.Key.Key_Space)
    QTest.mouseClick(two.transport.play, Qt.MouseButton.LeftButton)
    assert page.done == ["play", "play"]
    assert two.player.playing
    go(two, Qt.Key.Key_1)
    QTest.keyClick(two, Qt.Key.Key_Space)
    assert not two.player.playing


def test_its_menu_and_its_keys_are_there_while_it_is(two):
    menu = two._own_menus["bench"]
    assert not menu.menuAction().isVisible()
    go(two, two.key)
    assert menu.menuAction().isVisible()
    assert [action.text() for action in menu.actions()] == ["Hit", "Mark it"]
    two.show_keys()
    sheet = two.findChild(KeySheet)
    texts = {label.text() for label in sheet.findChildren(QLabel)}
    assert "Hit" in texts
    assert "Next climax" not in texts
    sheet.close()


def test_the_workspace_of_last_time_is_shown_again(two, make_window):
    go(two, two.key)
    two.close()
    assert two.session.wait_closed()
    again = make_window()
    assert again.workspaces.shown == "bench"
    assert again.topbar.tabs["bench"].isChecked()


def test_a_workspace_that_is_no_more_is_not_missed(two, make_window, monkeypatch):
    go(two, two.key)
    two.close()
    assert two.session.wait_closed()
    kept = workspaces.entries()[:-1]
    monkeypatch.setattr(workspaces, "entries", lambda: kept)
    assert make_window().workspaces.shown == "analyse"
