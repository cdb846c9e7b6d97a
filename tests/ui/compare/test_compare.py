"""Comparing recordings as a person does: choosing, hearing one after the other, finding where they differ, saving."""

from __future__ import annotations

import csv

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel

from app.ui.key_sheet import KeySheet
from app.ui.theme import DARK, LIGHT, THEME, contrast
from tests.ui.compare.conftest import CTRL, LATE_S, known, press, shifted
from tests.ui.conftest import settled


def page_of(window):
    return window.workspaces.page


def test_tracks_are_chosen_in_analyse_and_the_notice_says_where_to_go(opened, qtbot) -> None:
    window = opened("a.wav", "b.wav")
    window.session.select_track(window.document.order[0])
    press(window, Qt.Key.Key_T, CTRL)
    assert "add another" in window.topbar.notice.text()
    press(window, Qt.Key.Key_2, CTRL)
    page = page_of(window)
    assert window.workspaces.shown == "compare"
    assert page.view.body.currentIndex() == 1
    assert "One more" in page.view.message.title.text()
    press(window, Qt.Key.Key_1, CTRL)
    window.session.select_track(window.document.order[1])
    press(window, Qt.Key.Key_T, CTRL)
    assert "Ctrl+2" in window.topbar.notice.text()
    press(window, Qt.Key.Key_2, CTRL)
    qtbot.waitUntil(lambda: known(window), timeout=60_000)
    assert page.view.body.currentIndex() == 0
    assert [row.title.text() for row in page.view.rows if row.isVisible()] == ["a", "b"]
    assert window.document.current in page._ids


def test_nothing_to_compare_says_what_belongs_there_and_offers_it(window, qtbot) -> None:
    press(window, Qt.Key.Key_2, CTRL)
    page = page_of(window)
    assert "no music on the list" in page.view.message.text.text()
    assert [button.text() for button in page.view.message.buttons] == ["Open files\u2026", "Try the demo"]
    page.view.message.buttons[1].click()
    qtbot.waitUntil(lambda: len(window.document) == 2, timeout=60_000)
    qtbot.waitUntil(lambda: page.view.message.buttons[0].text() == "Go to Analyse", timeout=10_000)
    page.view.message.buttons[0].click()
    assert window.workspaces.shown == "analyse"
    qtbot.waitUntil(lambda: settled(window), timeout=60_000)


def test_a_tick_in_the_list_adds_and_takes_away_and_can_be_undone(compared, qtbot) -> None:
    window = compared("a.wav", "b.wav", "c.wav")
    page = page_of(window)
    chooser = page.view.chooser
    chooser.list.setFocus()
    chooser.list.setCurrentIndex(chooser.shown.index(2, 0))
    press(chooser.list, Qt.Key.Key_Space)
    assert len(window.document.compared) == 2
    qtbot.waitUntil(lambda: not page.view.rows[2].isVisibleTo(page), timeout=10_000)
    qtbot.waitUntil(lambda: page.view.table.rowCount() == 2, timeout=10_000)
    press(window, Qt.Key.Key_Z, CTRL)
    assert "Took \u201cc\u201d from the comparison" in window.topbar.notice.text()
    assert len(window.document.compared) == 3
    chooser.search.setText("zzz")
    assert chooser.shown.rowCount() == 0


def test_switching_stays_at_the_same_musical_place_and_plays_on(compared) -> None:
    window = compared("a.wav", "late.wav")
    page, player = page_of(window), window.player
    assert page.view.recordings[1].alignment is not None
    press(window, Qt.Key.Key_1)
    page.seek(4.0)
    press(window, Qt.Key.Key_Space)
    press(window, Qt.Key.Key_2)
    assert player.path.name == "late.wav"
    assert player.playing
    assert player.position_s == pytest.approx(4.0 + LATE_S, abs=0.6)
    assert page.heard == 1
    press(window, Qt.Key.Key_1)
    assert player.path.name == "a.wav"
    assert player.playing
    assert player.position_s == pytest.approx(4.0, abs=1.0)
    press(window, Qt.Key.Key_Space)
    at_s = page.at_s
    QTest.mouseClick(page.view.rows[1], Qt.MouseButton.LeftButton)
    assert not player.playing
    assert page.at_s == pytest.approx(at_s, abs=0.3)
    # Analyse shows the one that was heard, at its own time.
    press(window, Qt.Key.Key_1, CTRL)
    assert window.document.track(window.document.current).title == "late"
    assert window.player.position_s == pytest.approx(at_s + LATE_S, abs=0.5)


def test_by_time_each_goes_from_its_own_beginning(compared, qtbot) -> None:
    window = compared("a.wav", "late.wav")
    page = page_of(window)
    press(window, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: page.view.along.value == "time", timeout=10_000)
    assert all(one.alignment is None for one in window.session.comparer.recordings)
    press(window, Qt.Key.Key_1)
    page.seek(4.0)
    press(window, Qt.Key.Key_2)
    assert window.player.position_s == pytest.approx(4.0, abs=0.01)
    assert page.view.state.text() == ""


def test_other_music_is_said_to_be_other_music(compared) -> None:
    window = compared("a.wav", "other.wav")
    page = page_of(window)
    assert "do not seem to be the same music" in page.view.state.text()
    texts = [page.view.table.item(1, column).text() for column in range(page.view.table.columnCount())]
    assert texts[-1] == "other music?"


def test_where_they_differ_is_listed_marked_and_reached(compared, qtbot) -> None:
    window = compared("a.wav", "b.wav")
    page, document = page_of(window), window.document
    second = document.order[1]
    analysis = document.analysis(second)
    document.put_analysis(second, shifted(analysis, -1.0))
    qtbot.waitUntil(lambda: page.view.moments and page.view.recordings[1].analysis is not analysis, timeout=10_000)
    assert page.view.list.count() == len(page.view.moments)
    page.seek(0.0)
    press(window, Qt.Key.Key_N)
    assert page.at_s == pytest.approx(page.view.moments[0][1].peak_s, abs=0.05)
    page.view.table.differs_asked.emit(1)
    assert page.heard == 1
    assert page.at_s == pytest.approx(page.view.differences[1].moments[0].peak_s, abs=0.05)
    assert page.view.distance.readings(page.at_s)[1].value != "\u2014"


def test_a_region_of_the_axis_is_repeated_in_whatever_is_heard(compared) -> None:
    window = compared("a.wav", "late.wav")
    page = page_of(window)
    press(window, Qt.Key.Key_1)
    page.view.stack.selection_made.emit((3.0, 6.0))
    assert window.document.selection == pytest.approx((3.0, 6.0), abs=0.01)
    press(window, Qt.Key.Key_2)
    assert window.document.selection == pytest.approx((3.0 + LATE_S, 6.0 + LATE_S), abs=0.4)
    press(window, Qt.Key.Key_Escape)
    assert page.region is None
    assert window.document.selection is None


def test_what_cannot_be_aligned_is_said_and_tried_again(science, compared, qtbot) -> None:
    science.shapeless.add("b.wav")
    window = compared("a.wav", "b.wav")
    page = page_of(window)
    qtbot.waitUntil(lambda: "could not be aligned" in page.view.state.text(), timeout=10_000)
    assert page.view.again.isVisible()
    science.shapeless.clear()
    page.view.again.click()
    qtbot.waitUntil(lambda: page.view.recordings[1].alignment is not None, timeout=60_000)
    assert not page.view.again.isVisible()


def test_tracks_not_analysed_yet_are_queued_and_a_broken_one_says_why(science, window, music, qtbot) -> None:
    science.bad.add("broken.wav")
    science.hold.add("slow.wav")
    window.open_paths([music("slow.wav"), music("broken.wav"), music("c.wav")])
    qtbot.waitUntil(lambda: len(window.document) == 3, timeout=60_000)
    ids = window.document.order
    qtbot.waitUntil(science.held.is_set, timeout=60_000)
    window.session.cancel(ids[2])
    for track_id in ids:
        window.session.compare(track_id)
    press(window, Qt.Key.Key_2, CTRL)
    page = page_of(window)
    qtbot.waitUntil(lambda: window.document.track(ids[2]).status == "queued", timeout=10_000)
    assert page.view.rows[0].line.text() != ""
    science.go.set()
    qtbot.waitUntil(lambda: window.document.track(ids[2]).status == "done", timeout=60_000)
    qtbot.waitUntil(lambda: page.view.rows[1].line.property("error"), timeout=10_000)
    assert page.view.recordings[1].analysis is None
    assert page.view.table.item(1, 1).text() == "\u2014"


def test_another_model_judges_all_of_them(compared, qtbot) -> None:
    window = compared("a.wav", "b.wav")
    page = page_of(window)
    window.session.set_model("other")
    window.session.analyse_waiting()

    def judged():
        return all(one.analysis is not None and one.analysis.model_id == "other" for one in page.view.recordings)

    qtbot.waitUntil(judged, timeout=60_000)


def test_the_comparison_of_last_time_is_there_again(compared, make_window, qtbot) -> None:
    window = compared("a.wav", "b.wav")
    press(window, Qt.Key.Key_A)
    window.close()
    assert window.session.wait_closed()
    again = make_window()
    qtbot.waitUntil(lambda: len(again.document) == 2, timeout=60_000)
    assert again.workspaces.shown == "compare"
    qtbot.waitUntil(lambda: known(again) and len(page_of(again).view.recordings) == 2, timeout=60_000)
    assert page_of(again).view.along.value == "time"


def test_reference_and_removal_by_key(compared, qtbot) -> None:
    window = compared("a.wav", "b.wav", "c.wav")
    page = page_of(window)
    press(window, Qt.Key.Key_3)
    press(window, Qt.Key.Key_R)
    assert [window.document.track(i).title for i in window.document.compared] == ["c", "a", "b"]
    qtbot.waitUntil(lambda: page.heard == 0, timeout=10_000)
    press(window, Qt.Key.Key_Delete)
    assert window.topbar.notice.text() == "“c” was taken from the comparison; Ctrl+Z brings it back."
    assert [window.document.track(i).title for i in window.document.compared] == ["a", "b"]
    qtbot.waitUntil(lambda: page.heard == 0, timeout=10_000)  # what is heard is one of them


def test_tables_are_saved(compared, tmp_path, qtbot) -> None:
    window = compared("a.wav", "late.wav")
    page = page_of(window)
    for save, name in ((page.save_table, "table.csv"), (page.save_curves, "curves.csv")):
        save()
        dialog = page.findChildren(QFileDialog)[-1]
        dialog.fileSelected.emit(str(tmp_path / name))
        dialog.close()
        assert "Saved" in window.topbar.notice.text()
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["title"] for row in rows] == ["a", "late"]
    assert float(rows[1]["fit_to_1_0_to_1"]) > 0.5
    with (tmp_path / "curves.csv").open(encoding="utf-8", newline="") as stream:
        first = next(csv.DictReader(stream))
    assert "2_valence" in first
    (tmp_path / "no folder").write_text("a file")
    page.save_table()
    dialog = page.findChildren(QFileDialog)[-1]
    dialog.fileSelected.emit(str(tmp_path / "no folder" / "table.csv"))
    dialog.close()
    assert "could not be written" in window.topbar.notice.text()


def test_in_the_smallest_window_the_lanes_go_first(compared, qtbot) -> None:
    window = compared("a.wav", "b.wav", "c.wav", "d.wav", "e.wav", "f.wav")
    view = page_of(window).view
    assert view.right.isVisible()
    assert view.table.height() >= view.table.tall(6)
    window.resize(820, 100)
    qtbot.waitUntil(lambda: not view.right.isVisible(), timeout=10_000)
    lanes = view.stack.lanes
    qtbot.waitUntil(lambda: lanes[-1].rect.bottom() <= view.stack.view.height(), timeout=10_000)
    assert window.width() == 820
    assert window.height() < 720
    for lane in lanes:
        assert lane.rect.height() >= lane.least_px
    assert view.table.mapTo(window, view.table.rect().bottomRight()).y() <= window.height()


def test_every_control_has_a_name_and_the_sheet_lists_its_keys(compared) -> None:
    window = compared("a.wav", "b.wav")
    view = page_of(window).view
    for part in (view.stack, view.table, view.list, view.plane, view.bar, view.chooser.list, view.chooser.search):
        assert part.accessibleName()
    assert "Recording 1: a" in view.rows[0].accessibleName()
    assert view.rows[0].remove.accessibleName() == "Take recording 1 away"
    window.show_keys()
    sheet = window.findChild(KeySheet)
    texts = {label.text() for label in sheet.findChildren(QLabel)}
    assert "Hear recording 6" in texts
    assert "By the music, or by time" in texts
    sheet.close()


def test_boxes_that_are_not_ticked_are_seen_in_the_dark(compared) -> None:
    window = compared("a.wav", "b.wav", "c.wav")
    window.session.compare_no_more(window.document.order[2])
    view = page_of(window).view.chooser.list
    for tokens in (LIGHT, DARK):
        THEME.use(tokens)
        box = view.visualRect(view.model().index(2, 0))
        picture = view.viewport().grab(box).toImage()
        ground = picture.pixelColor(picture.width() - 2, 2).name()
        edge = {picture.pixelColor(x, y).name() for x in range(20) for y in range(picture.height())}
        assert max(contrast(colour, ground) for colour in edge) > 3
    THEME.use(LIGHT)


def test_names_have_their_room_first_and_no_column_is_cut(compared, qtbot) -> None:
    window = compared("a recording of a long and telling name, live.wav", "another one of a name as long.wav")
    for width in (1280, 1000):
        window.resize(width, 800)
        table = page_of(window).view.table
        assert table.columnWidth(0) >= 150
        assert sum(table.columnWidth(column) for column in range(table.columnCount())) <= table.viewport().width()
        qtbot.waitUntil(lambda table=table: table.horizontalScrollBar().maximum() == 0, timeout=10_000)
        assert table.textElideMode() == Qt.TextElideMode.ElideMiddle
        assert "long and telling name, live" in table.item(0, 0).toolTip()
