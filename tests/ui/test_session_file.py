"""Sessions as a person meets them: by key, menu, drop and command line; the title bar says which one is open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from app.library import Mark
from app.sessions.reading import read_session
from app.sessions.writing import write
from app.ui.window import Window
from tests.ui.conftest import drop, settled


def choose(qtbot, window: Window, file: Path) -> None:
    """Answer the dialog that is open."""
    dialog = window.findChild(QFileDialog)
    dialog.selectFile(str(file))
    (dialog.fileSelected if dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave else dialog.filesSelected).emit(
        str(file) if dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave else [str(file)]
    )
    dialog.close()
    qtbot.waitUntil(lambda: window.findChild(QFileDialog) is None)
    window.activateWindow()  # as a desktop does once the dialog is gone
    qtbot.waitUntil(window.isActiveWindow)


@pytest.fixture
def saved(qtbot, shown: Window, tmp_path: Path) -> Path:
    """The shown track in a session, with a mark, a selection and a part of it in view."""
    shown.session.add_mark(3.0, "Theme")
    shown.session.set_selection(4.0, 6.0)
    shown.workspace.axis.set_range(2.0, 8.0)
    shown.player.seek(5.0)
    shown.show_workspace("train")
    qtbot.keyClick(shown, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    file = tmp_path / "Étude No. 3.affekt"
    choose(qtbot, shown, file)
    qtbot.waitUntil(file.exists)
    return file


def test_saving_asks_for_a_name_once_and_the_title_bar_says_it(qtbot, shown: Window, saved: Path) -> None:
    assert shown.windowTitle() == "one \u2013 Étude No. 3 \u2013 Affekt"
    content, _ = read_session(saved)
    assert content.view.workspace == "train"
    assert (content.view.range_s, content.view.playhead_s) == ((2.0, 10.0), 5.0)
    assert content.view.pages["analyse"]["bands"] is True
    shown.session.add_mark(7.0)
    qtbot.keyClick(shown, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert shown.findChild(QFileDialog) is None
    qtbot.waitUntil(lambda: len(read_session(saved)[0].tracks[0].marks) == 2)


def test_a_change_is_in_the_file_by_itself(qtbot, shown: Window, saved: Path) -> None:
    shown.session.add_mark(9.0)
    qtbot.waitUntil(lambda: len(read_session(saved)[0].tracks[0].marks) == 2, timeout=15_000)
    shown.session.add_mark(10.0)
    shown.close()
    assert shown.session.wait_closed()
    assert len(read_session(saved)[0].tracks[0].marks) == 3


def test_what_was_seen_is_seen_again(qtbot, shown: Window, saved: Path) -> None:
    session = shown.session
    session.keeper.let_go()
    assert shown.windowTitle() == "one \u2013 Affekt"
    session.set_selection(None)
    shown.show_workspace("analyse")
    shown.workspace.axis.set_range(0.0, 12.0)
    shown.player.seek(0.0)
    session.remove_mark(3.0)
    qtbot.keyClick(shown, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    choose(qtbot, shown, saved)
    qtbot.waitUntil(lambda: session.keeper.name == "Étude No. 3")
    assert shown.workspaces.shown == "train"
    assert (shown.workspace.axis.start_s, shown.workspace.axis.end_s) == (2.0, 10.0)
    assert shown.player.position_s == 5.0
    assert shown.document.selection == (4.0, 6.0)
    assert "1 mark came in" in shown.topbar.notice.text()
    shown.undo()
    assert shown.document.marks(shown.document.current) == ()
    assert shown.windowTitle() == "one \u2013 Affekt"


def test_a_dropped_session_opens_wherever_it_is_dropped(
    qtbot, make_window, shown: Window, saved: Path, tmp_path
) -> None:
    shown.close()
    assert shown.session.wait_closed()
    for file in tmp_path.glob("library.sqlite3*"):
        file.unlink()
    window = make_window()
    window.show_workspace("train")
    drop(window, [saved])
    assert window.drop_sheet._words == "Let go to open the session"
    qtbot.waitUntil(lambda: len(window.document) == 1 and settled(window), timeout=60_000)
    # Nothing was known of this recording: its part in view waits for its length.
    qtbot.waitUntil(lambda: window.workspace.axis.duration_s == 12.0, timeout=60_000)
    assert (window.workspace.axis.start_s, window.workspace.axis.end_s) == (2.0, 10.0)
    assert window.document.marks(window.document.current) == (Mark(3.0, "Theme"),)


def test_sessions_and_recordings_are_told_apart(qtbot, shown: Window, saved: Path, music) -> None:
    shown.session.keeper.let_go()
    shown.open_paths([music("two.wav"), saved])
    qtbot.waitUntil(lambda: shown.session.keeper.file == saved and len(shown.document) == 2)


def test_recent_sessions_are_a_menu_and_closing_keeps_the_list(qtbot, shown: Window, saved: Path) -> None:
    menu = shown.session_file.recent
    menu.aboutToShow.emit()
    assert [(action.text(), action.isEnabled()) for action in menu.actions()] == [("None yet", False)]  # it is open
    action = shown.actions_by_name["close_session"]
    assert action.isEnabled()
    action.trigger()
    assert not action.isEnabled()
    assert len(shown.document) == 1
    menu.aboutToShow.emit()
    (again,) = menu.actions()
    assert (again.text(), again.toolTip()) == ("Étude No. 3", str(saved))
    again.trigger()
    qtbot.waitUntil(lambda: shown.session.keeper.file == saved)


def test_a_session_that_cannot_be_written_says_so_in_the_title(qtbot, shown: Window, saved: Path, tmp_path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    shown.session.keeper.save_as(folder / "x.affekt")
    qtbot.waitUntil((folder / "x.affekt").exists)
    (folder / "x.affekt").unlink()
    folder.rmdir()
    shown.session.add_mark(9.0)
    shown.session_file.save()
    qtbot.waitUntil(lambda: "(not saved)" in shown.windowTitle())
    assert "is not there any more" in shown.topbar.notice.text()
    folder.mkdir()
    shown.session_file.save()
    qtbot.waitUntil(lambda: shown.windowTitle() == "one \u2013 x \u2013 Affekt")


@pytest.mark.parametrize(
    "pages",
    [
        {"analyse": {"descriptors": ["no such thing"] * 500, "bands": "yes"}, "nowhere": {"x": 1}},
        {"analyse": {"descriptors": {"a": 1}}, "compare": {"tracks": [None, "x", 99, -1, 0, 0]}, "label": {"x": []}},
        {name: {"tracks": "x", "descriptors": 3, "bands": None} for name in ("analyse", "compare", "label", "train")},
    ],
)
def test_what_strangers_wrote_of_the_view_does_no_harm(qtbot, shown: Window, saved: Path, pages) -> None:
    document = json.loads(saved.read_bytes())
    document["view"] = {"workspace": "no such place", "range_s": [0, 30000000.0], "playhead_s": 9e6, "pages": pages}
    hostile = saved.with_name("hostile.affekt")
    write(hostile, json.dumps(document).encode())
    shown.session_file.open(hostile)
    qtbot.waitUntil(lambda: shown.session.keeper.file == hostile)
    assert shown.workspaces.shown == "train"
    assert (shown.workspace.axis.start_s, shown.workspace.axis.end_s) == (0.0, 12.0)
    assert shown.player.position_s == 12.0
    assert len(shown.panel.descriptor_lanes) <= 3
    shown.show_workspace("analyse")
    shown.grab()
    shown.session_file.tick()
