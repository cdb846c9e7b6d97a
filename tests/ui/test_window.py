"""The window from outside: what a person does, what the document says then, and what can be seen."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from app.library import Mark
from app.ui.files import demo_files
from app.ui.strings import quadrant_label
from tests.ui.conftest import drop, settled, write_music


def button(window, text):
    return next(b for b in window.workspace.message.buttons if b.text().startswith(text))


def test_an_empty_window_says_what_to_do(window):
    page = window.workspace.message
    assert page.isVisible()
    assert "Drop" in page.title.text()
    assert [b.text() for b in page.buttons] == ["Open files…", "Try the demo"]
    assert not window.transport.play.isEnabled()
    assert not window.workspace.timeline.isVisible()


def test_the_demo_is_one_click_away(window, qtbot):
    assert len(demo_files()) == 2
    QTest.mouseClick(button(window, "Try"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(window.document.order) == 2, timeout=60_000)
    qtbot.waitUntil(lambda: settled(window), timeout=60_000)
    assert window.workspace.timeline.isVisible()


def test_dropped_files_are_listed_analysed_and_shown(window, qtbot, music):
    paths = [music("a.wav"), music("b.wav")]
    drop(window, paths)
    assert not window.drop_sheet.isVisible()
    qtbot.waitUntil(lambda: settled(window), timeout=60_000)
    qtbot.waitUntil(lambda: "%" in window.workspace.header.chip.text, timeout=60_000)
    track = window.document.track(window.document.current)
    assert track.title == "a"
    assert window.workspace.header.title.shown == "a"
    assert window.workspace.header.chip.text.startswith(quadrant_label(track.quadrant))
    assert window.tracks.shown.rowCount() == 2
    qtbot.waitUntil(lambda: window.panel.bars.text != "", timeout=60_000)
    assert track.quadrant in window.panel.bars.text
    assert "derived from the quadrant probabilities" in window.panel.source.text().lower()
    assert "A test's invention." in window.panel.notes.text()
    assert "not a medical device" in window.panel.estimates.text()
    assert "A fake" in window.topbar.model.text()
    assert "CPU" in window.topbar.model.text()


def test_no_part_of_the_window_keeps_a_drop_to_itself(shown):
    # A drag goes to the innermost widget under it that accepts drops: only the window itself may.
    assert shown.acceptDrops()
    assert [w for w in shown.findChildren(QWidget) if w.acceptDrops()] == []


def test_a_folder_can_be_dropped(window, qtbot, music):
    folder = music("x.wav").parent
    music("y.flac")
    drop(window, [folder])
    qtbot.waitUntil(lambda: len(window.document.order) == 2, timeout=60_000)
    qtbot.waitUntil(lambda: settled(window), timeout=60_000)


def test_lanes_keep_their_place_while_the_analysis_runs(window, qtbot, music, science):
    science.hold.add("slow.wav")
    window.open_paths([music("slow.wav"), music("next.wav")])
    qtbot.waitUntil(lambda: window.workspace.timeline.waveform.ready, timeout=60_000)
    timeline = window.workspace.timeline
    before = [lane.rect for lane in timeline.lanes]
    assert not timeline.quadrants.ready
    assert "Q1 happy —" in timeline.readout.text
    assert "analysing 1 of 2" in window.transport.queue_text.text()
    assert window.transport.cancel.isVisible()
    bar = window.transport.queue_bar.geometry()
    science.go.set()
    qtbot.waitUntil(lambda: settled(window), timeout=60_000)
    qtbot.waitUntil(lambda: timeline.quadrants.ready, timeout=60_000)
    assert [lane.rect for lane in timeline.lanes] == before
    qtbot.waitUntil(lambda: not window.transport.cancel.isVisible(), timeout=60_000)
    assert window.transport.queue_bar.geometry() == bar


def test_cancel_answers_at_once(window, qtbot, music, science):
    science.hold.add("slow.wav")
    window.open_paths([music("slow.wav"), music("other.wav")])
    qtbot.waitUntil(science.held.is_set, timeout=60_000)
    qtbot.waitUntil(window.transport.cancel.isVisible, timeout=60_000)
    QTest.mouseClick(window.transport.cancel, Qt.MouseButton.LeftButton)
    assert {window.document.track(i).status for i in window.document.order} == {"waiting"}
    qtbot.waitUntil(lambda: not window.transport.cancel.isVisible(), timeout=60_000)
    assert "not analysed" in window.workspace.header.chip.text


def test_an_error_stands_where_the_result_would_have_stood(window, qtbot, music, science):
    science.bad.add("bad.wav")
    window.open_paths([music("bad.wav"), music("good.wav")])
    qtbot.waitUntil(lambda: settled(window), timeout=60_000)
    bad = next(i for i in window.document.order if window.document.track(i).title == "bad")
    window.session.select_track(bad)
    page = window.workspace.message
    qtbot.waitUntil(page.isVisible, timeout=60_000)
    assert "“bad.wav” is damaged." in page.text.text()
    assert "bad.wav" in page.text.text().splitlines()[-1]
    row = window.tracks.model.index(window.tracks.model.row_of(bad))
    assert "“bad.wav” is damaged." in row.data(Qt.ItemDataRole.ToolTipRole)
    assert "“bad.wav” is damaged." in row.data(Qt.ItemDataRole.AccessibleTextRole)
    assert QApplication.activeModalWidget() is None
    science.bad.clear()
    QTest.mouseClick(button(window, "Try again"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.document.track(bad).status == "done", timeout=60_000)
    qtbot.waitUntil(window.workspace.timeline.isVisible, timeout=60_000)


def test_an_error_stands_where_an_older_result_stood(window, qtbot, music, science):
    window.open_paths([music("a.wav")])
    qtbot.waitUntil(lambda: settled(window), timeout=60_000)
    (track_id,) = window.document.order
    qtbot.waitUntil(window.workspace.timeline.isVisible, timeout=60_000)
    science.bad.add("a.wav")
    window.session.analyse_again([track_id])
    qtbot.waitUntil(lambda: window.document.track(track_id).status == "failed", timeout=60_000)
    page = window.workspace.message
    qtbot.waitUntil(page.isVisible, timeout=60_000)
    assert "“a.wav” is damaged." in page.text.text()
    assert not window.workspace.timeline.isVisible()


def test_a_missing_file_says_so(window, qtbot, tmp_path):
    window.open_paths([tmp_path / "gone.wav"])
    qtbot.waitUntil(lambda: settled(window), timeout=60_000)
    page = window.workspace.message
    qtbot.waitUntil(page.isVisible, timeout=60_000)
    assert "gone.wav" in page.text.text()
    assert page.title.text() != "Drop music here"
    QTest.mouseClick(button(window, "Choose"), Qt.MouseButton.LeftButton)
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible())
    assert dialog.windowTitle() == "Where is gone.wav?"
    write_music(tmp_path / "here.wav")
    dialog.filesSelected.emit([str(tmp_path / "here.wav")])
    dialog.reject()
    qtbot.waitUntil(window.workspace.timeline.isVisible, timeout=60_000)
    assert window.player.path == tmp_path / "here.wav"
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.topbar.notice.text() == "Undone: Found 1 track again"
    qtbot.waitUntil(page.isVisible, timeout=60_000)


def test_a_model_that_cannot_be_loaded_is_said_in_the_header(window, qtbot, science):
    science.unloadable = True
    window.session.warm_up()
    qtbot.waitUntil(lambda: "could not be loaded" in window.topbar.model.text(), timeout=60_000)
    assert "damaged" in window.topbar.model.toolTip()


def test_removing_is_undone_and_said(window, qtbot, music):
    window.open_paths([music("a.wav"), music("b.wav"), music("c.wav")])
    qtbot.waitUntil(lambda: settled(window), timeout=60_000)
    order = window.document.order
    window.session.select_track(order[1])
    window.tracks.list.setFocus()
    QTest.keyClick(window.tracks.list, Qt.Key.Key_Delete)
    assert window.document.order == (order[0], order[2])
    assert window.tracks.shown.rowCount() == 2
    assert window.tracks.count.text() == "2"
    assert "Removed 1 track. Ctrl+Z" in window.topbar.notice.text()
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.document.order == order
    assert "Undone: Remove" in window.topbar.notice.text()
    QTest.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert len(window.document.order) == 2
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert len(window.document.order) == 2  # nothing to do again: nothing happens


def test_going_through_the_list_selects_one_track_at_a_time(window, qtbot, music):
    window.open_paths([music("a.wav"), music("b.wav"), music("c.wav")])
    qtbot.waitUntil(lambda: settled(window), timeout=60_000)
    order = window.document.order
    window.session.select_track(order[0])
    # Ctrl of Ctrl+Down is still held when the list moves: without care that adds to the selection.
    for _ in range(2):
        QTest.keyPress(window, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert window.document.current == order[2]
    assert window.tracks.selected_ids() == [order[2]]


def test_what_was_open_is_open_again(make_window, qtbot, music):
    first = make_window()
    first.open_paths([music("kept.wav")])
    qtbot.waitUntil(lambda: settled(first), timeout=60_000)
    first.fold(first.panel, False)
    first.player.set_volume(0.35)
    first.resize(1100, 700)
    first.close()
    assert first.session.wait_closed()
    second = make_window()
    qtbot.waitUntil(lambda: len(second.document.order) == 1, timeout=60_000)
    qtbot.waitUntil(lambda: second.document.track(second.document.order[0]).status == "done", timeout=60_000)
    assert second.panel.isHidden()
    assert not second.topbar.right.isChecked()
    assert second.transport.volume.value() == 35


def test_panels_fold_by_key_and_button(window):
    QTest.keyClick(window, Qt.Key.Key_F9)
    assert window.tracks.isHidden()
    assert not window.topbar.left.isChecked()
    QTest.mouseClick(window.topbar.left, Qt.MouseButton.LeftButton)
    assert not window.tracks.isHidden()


def test_the_view_is_saved_as_a_picture(shown, tmp_path, qtbot):
    path = tmp_path / "view.png"
    picture = shown.workspaces.stack.grab()
    assert picture.save(str(path))
    shown.actions_by_name["copy_view"].trigger()
    assert not QApplication.clipboard().pixmap().isNull()
    assert "copied" in shown.topbar.notice.text()


def test_the_analysis_is_saved_as_json_with_what_the_person_set(shown, tmp_path):
    import json

    from app.ui.files import save_analysis

    document, session = shown.document, shown.session
    current = document.current
    path = tmp_path / "out.json"
    first, *rest = document.climaxes(current)
    session.hide_climax(first)
    own = session.add_moment(0.1, 0.2, 0.3, "mine")
    session.change_moment(own, note="softly")
    document.set_marks(current, (Mark(0.5, "here"), Mark(0.7)))
    assert save_analysis(path, document, current) == ""
    (result,) = json.loads(path.read_text())["results"]
    assert result["file"] == str(document.track(current).path)
    assert [c["peak_s"] for c in result["climaxes"] if c["origin"] == "found"] == [
        round(c.climax.peak_s, 3) for c in rest
    ]
    (entry,) = [c for c in result["climaxes"] if c["origin"] == "own"]
    assert (entry["start_s"], entry["peak_s"], entry["label"], entry["note"]) == (0.1, 0.2, "mine", "softly")
    assert result["marks"] == [{"time_s": 0.5, "label": "here"}, {"time_s": 0.7}]
    assert save_analysis(path / "below-a-file.json", document, current)
    assert save_analysis(path, document, -1)


def test_dialogs_do_not_stop_the_window(shown, qtbot):
    for name in ("keys", "about", "open_files", "open_folder", "save_analysis"):
        before = {w for w in QApplication.topLevelWidgets() if w.isVisible()}
        shown.actions_by_name[name].trigger()
        fresh = {w for w in QApplication.topLevelWidgets() if w.isVisible()} - before
        assert len(fresh) == 1, name
        dialog = fresh.pop()
        if name == "about":
            words = dialog.text.toPlainText()
            assert "not a medical device" in words
            assert "Apache-2.0" in words
            assert "CC BY-NC-SA 4.0" in words
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda shown=dialog: not shiboken6.isValid(shown) or not shown.isVisible(), timeout=60_000)


def test_the_window_closes_while_work_goes_on(window, qtbot, music, science):
    science.hold.add("slow.wav")
    window.open_paths([music("slow.wav")])
    qtbot.waitUntil(science.held.is_set, timeout=60_000)
    window.close()
    assert window.session.wait_closed(10.0)


def test_nothing_visible_lies_outside_the_smallest_window(shown):
    shown.resize(shown.minimumSizeHint())
    shown.resize(820, 100)
    QApplication.sendPostedEvents()
    assert shown.height() < 700
    timeline = shown.workspace.timeline
    for lane in timeline.lanes:
        assert lane.rect.height() >= lane.least_px
    assert timeline.lanes[-1].rect.bottom() <= timeline.view.height()
    for part in (shown.transport.cancel, shown.topbar.model, shown.workspace.header.chip, shown.panel.plane):
        corner = part.mapTo(shown, QPoint(part.width(), part.height()))
        assert corner.x() <= shown.width()
        assert corner.y() <= shown.height()


def test_a_missing_file_is_chosen_where_it_lies_now(make_window, qtbot, music, tmp_path):
    first = make_window()
    first.open_paths([music("a.wav"), music("b.wav")])
    qtbot.waitUntil(lambda: settled(first), timeout=60_000)
    first.close()
    assert first.session.wait_closed()
    moved = tmp_path / "moved"
    (tmp_path / "music").rename(moved)

    window = make_window()
    qtbot.waitUntil(lambda: len(window.document.order) == 2, timeout=60_000)
    document = window.document
    qtbot.waitUntil(lambda: {document.track(i).status for i in document.order} == {"missing"}, timeout=60_000)
    a, b = document.order
    window.session.select_track(a)
    choose = next(action for action in window.tracks.menu().actions() if action.text().startswith("Choose"))
    choose.trigger()  # its results are shown, so no page stands in their place
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible())
    assert dialog.windowTitle() == "Where is a.wav?"
    dialog.filesSelected.emit([str(moved / "a.wav")])
    dialog.reject()
    qtbot.waitUntil(lambda: settled(window) and document.track(b).status == "done", timeout=60_000)
    qtbot.waitUntil(window.workspace.timeline.isVisible, timeout=60_000)
    assert window.player.path == moved / "a.wav"
    assert document.track(b).path == moved / "b.wav"
    assert "Found 2 files" in window.topbar.notice.text()
