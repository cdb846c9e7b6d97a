"""Marks as a person sets them: the key, what the document says, what is shown, and what is there the next day."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from app.library import Mark
from app.ui.analysis.lane_stack import RULER_PX
from app.ui.key_sheet import KeySheet
from app.ui.theme import THEME
from tests.ui.conftest import settled

CTRL = Qt.KeyboardModifier.ControlModifier


def marks_of(window) -> tuple[Mark, ...]:
    return window.document.marks(window.document.current)


def mark_at(window, time_s: float) -> None:
    window.player.seek(time_s)
    QTest.keyClick(window, Qt.Key.Key_Semicolon)


def pixel(window, lane, time_s: float, right: int = 0, down: int = 0) -> QColor:
    """Colour beside a time in a lane, counted from the lane's upper edge."""
    timeline = window.workspace.timeline
    x = timeline.overlay.x() + round(timeline.overlay.x_at(time_s)) + right
    return timeline.grab().toImage().pixelColor(x, RULER_PX + int(lane.rect.top()) + down)


def lane_text(window) -> str:
    return window.workspace.timeline.readout.text.split("Climaxes, marks\n")[1]


def test_the_key_marks_the_playhead_and_it_is_seen_and_read_out(shown):
    timeline = shown.workspace.timeline
    shown.player.seek(11.0)
    flag = pixel(shown, timeline.climaxes, 3.0, right=2, down=4)
    line = pixel(shown, timeline.loudness, 3.0, down=3)
    assert lane_text(shown) == "here none"
    mark_at(shown, 3.0)
    assert marks_of(shown) == (Mark(3.0),)
    assert lane_text(shown).startswith("mark 0:03.0\n")
    shown.player.seek(11.0)  # away with the playhead, which covers the line
    assert pixel(shown, timeline.climaxes, 3.0, right=2, down=4).name() == THEME.tokens.text.lower()
    assert pixel(shown, timeline.climaxes, 3.0, right=2, down=4) != flag
    assert pixel(shown, timeline.loudness, 3.0, down=3) != line
    assert "mark 0:03" not in lane_text(shown)
    x = round(timeline.overlay.x_at(3.0)) + 4
    QTest.mouseMove(timeline.overlay, QPoint(x, RULER_PX + int(timeline.climaxes.rect.center().y())))
    assert lane_text(shown).startswith("mark 0:03.0\n")
    QTest.mouseMove(timeline.overlay, QPoint(x + 20, RULER_PX + int(timeline.climaxes.rect.center().y())))
    assert "mark 0:03" not in lane_text(shown)


def test_a_flag_at_the_right_edge_is_seen(shown):
    mark_at(shown, 12.0)
    shown.player.seek(0.0)
    lane = shown.workspace.timeline.climaxes
    assert pixel(shown, lane, 12.0, right=-3, down=4).name() == THEME.tokens.text.lower()


def test_a_mark_with_a_label_is_read_out_by_it(shown):
    shown.session.add_mark(5.0, "Coda")
    shown.player.seek(5.0)
    # A climax is there too; the mark is named first, for there may be room for one line only.
    assert lane_text(shown).splitlines() == ["Coda 0:05.0", "no. 1 peak 0:07.2"]


def test_marking_while_it_plays(shown, qtbot):
    seen: list[float] = []
    shown.player.position_changed.connect(seen.append)
    shown.player.play_from(2.0)
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] > 2.1, timeout=60_000)
    before = shown.player.position_s
    QTest.keyClick(shown, Qt.Key.Key_Semicolon)
    after = shown.player.position_s
    (mark,) = marks_of(shown)
    assert before - 0.001 <= mark.time_s <= after + 0.001
    assert shown.player.playing
    shown.player.pause()


def test_setting_and_removing_are_undone_and_said(shown):
    for time_s in (3.0, 9.0):
        mark_at(shown, time_s)
    QTest.keyClick(shown, Qt.Key.Key_Z, CTRL)
    assert marks_of(shown) == (Mark(3.0),)
    assert shown.topbar.notice.text() == "Undone: Marked 0:09.0"
    QTest.keyClick(shown, Qt.Key.Key_Y, CTRL)
    assert marks_of(shown) == (Mark(3.0), Mark(9.0))
    shown.player.seek(8.7)
    QTest.keyClick(shown, Qt.Key.Key_Semicolon, CTRL)
    assert marks_of(shown) == (Mark(3.0),)
    QTest.keyClick(shown, Qt.Key.Key_Z, CTRL)
    assert marks_of(shown) == (Mark(3.0), Mark(9.0))
    assert shown.topbar.notice.text() == "Undone: Removed the mark at 0:09.0"
    shown.player.seek(6.0)
    QTest.keyClick(shown, Qt.Key.Key_Semicolon, CTRL)
    assert marks_of(shown) == (Mark(3.0), Mark(9.0))
    assert shown.topbar.notice.text() == "No mark is near the playhead."


def test_the_actions_are_there_when_they_can_do_something(window, qtbot, music):
    mark, remove = (window.actions_by_name[name] for name in ("mark", "remove_mark"))
    assert not mark.isEnabled()
    assert not remove.isEnabled()
    window.open_paths([music("one.wav")])
    qtbot.waitUntil(mark.isEnabled, timeout=60_000)
    assert not remove.isEnabled()
    QTest.keyClick(window, Qt.Key.Key_Semicolon)
    assert remove.isEnabled()
    QTest.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert not remove.isEnabled()
    qtbot.waitUntil(lambda: settled(window), timeout=60_000)
    window.tracks.search.setFocus()
    QTest.keyClick(window.tracks.search, Qt.Key.Key_Semicolon)  # a letter like any other there
    assert window.tracks.search.text() == ";"
    assert marks_of(window) == ()


def test_the_keys_are_on_the_sheet(shown):
    shown.show_keys()
    sheet = shown.findChild(KeySheet)
    words = [label.text() for label in sheet.findChildren(QLabel)]
    assert words[words.index("Mark this instant") - 1] == ";"
    assert words[words.index("Remove the nearest mark") - 1] == "Ctrl+;"
    assert sheet.height() < shown.height()
    QTest.keyClicks(sheet.search, "remove near")
    seen = [label.text() for label in sheet.findChildren(QLabel) if label.isVisible()]
    assert seen == ["Edit", "Ctrl+;", "Remove the nearest mark"]
    QTest.keyClicks(sheet.search, "xyz")
    seen = [label.text() for label in sheet.findChildren(QLabel) if label.isVisible()]
    assert seen == ["No key does that here. Other workspaces have others."]
    sheet.close()


def test_marks_can_be_set_before_a_model_has_spoken(window, qtbot, music, science):
    science.hold.add("slow.wav")
    window.open_paths([music("slow.wav")])
    qtbot.waitUntil(lambda: window.workspace.timeline.waveform.ready, timeout=60_000)
    mark_at(window, 3.0)
    assert marks_of(window) == (Mark(3.0),)
    assert lane_text(window) == "mark 0:03.0"
    window.player.seek(11.0)
    assert pixel(window, window.workspace.timeline.climaxes, 3.0, 2, 4).name() == THEME.tokens.text.lower()


def test_another_track_shows_its_own_marks_and_all_are_there_the_next_day(make_window, qtbot, music):
    first = make_window()
    first.open_paths([music("a.wav"), music("b.wav")])
    qtbot.waitUntil(lambda: settled(first), timeout=60_000)
    a, b = first.document.order
    first.session.select_track(a)
    qtbot.waitUntil(lambda: first.workspace.axis.duration_s == 12.0, timeout=60_000)
    mark_at(first, 3.0)
    first.session.select_track(b)
    qtbot.waitUntil(lambda: first.workspace.timeline.climaxes.ready, timeout=60_000)
    assert first.workspace.timeline.climaxes.mark_at(3.0) is None
    first.player.seek(3.0)
    assert "mark" not in lane_text(first)
    mark_at(first, 9.0)
    first.session.select_track(a)
    first.player.seek(3.0)
    assert lane_text(first).startswith("mark 0:03.0")
    first.close()
    assert first.session.wait_closed()

    second = make_window()
    qtbot.waitUntil(lambda: len(second.document.order) == 2, timeout=60_000)
    assert second.document.marks(a) == (Mark(3.0),)
    assert second.document.marks(b) == (Mark(9.0),)
    second.session.select_track(b)
    qtbot.waitUntil(lambda: second.workspace.axis.duration_s == 12.0, timeout=60_000)
    second.player.seek(9.0)
    assert lane_text(second).splitlines()[0] == "mark 0:09.0"


@pytest.mark.parametrize(("span_s", "near"), [(12.0, True), (0.5, False)])
def test_what_is_near_depends_on_the_zoom_for_the_eye(shown, span_s, near):
    """0.04 s are a few pixels in the whole of 12 s, and many once half a second fills the lane."""
    shown.session.add_mark(5.0)
    shown.workspace.axis.set_range(4.8, span_s)
    assert (shown.workspace.timeline.climaxes.mark_at(5.04) is not None) == near
    shown.player.seek(5.04)
    assert shown.workspace.remove_mark() == Mark(5.0)  # the key reaches half a second in either case


def flag_of(window, time_s: float) -> QPoint:
    timeline = window.workspace.timeline
    y = RULER_PX + int(timeline.climaxes.rect.top()) + 4
    return QPoint(round(timeline.overlay.x_at(time_s)) + 3, y)


def test_a_click_on_a_flag_puts_the_playhead_on_the_mark(shown):
    mark_at(shown, 3.0)
    shown.player.seek(9.0)
    overlay = shown.workspace.timeline.overlay
    QTest.mouseClick(overlay, Qt.MouseButton.LeftButton, pos=flag_of(shown, 3.0))
    assert shown.player.position_s == 3.0
    shown.player.seek(9.0)
    QTest.mouseClick(overlay, Qt.MouseButton.LeftButton, pos=flag_of(shown, 3.0) + QPoint(60, 0))
    QTest.mouseClick(overlay, Qt.MouseButton.LeftButton, pos=flag_of(shown, 3.0) - QPoint(0, 90))
    assert shown.player.position_s == 9.0  # beside the flag, and in another lane


def test_a_double_click_on_a_flag_names_the_mark(shown):
    mark_at(shown, 3.0)
    shown.player.seek(9.0)
    field = shown.workspace.timeline.mark_name
    before = pixel(shown, shown.workspace.timeline.climaxes, 3.0, 11, 3)
    QTest.mouseDClick(shown.workspace.timeline.overlay, Qt.MouseButton.LeftButton, pos=flag_of(shown, 3.0))
    assert field.isVisible()
    assert "0:03.0" in field.accessibleDescription()
    QTest.keyClicks(field, "Coda; L")  # letters that are keys elsewhere
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert not field.isVisible()
    assert marks_of(shown) == (Mark(3.0, "Coda; L"),)
    shown.player.seek(3.0)
    assert lane_text(shown).splitlines()[0] == "Coda; L 0:03.0"
    shown.player.seek(9.0)
    lane = shown.workspace.timeline.climaxes
    inked = {pixel(shown, lane, 3.0, right, down).lightness() for right in range(11, 40, 2) for down in range(3, 14, 3)}
    assert min(inked) < 120 < before.lightness()  # the name is written at the flag
    QTest.keyClick(shown, Qt.Key.Key_Z, CTRL)
    assert marks_of(shown) == (Mark(3.0),)
    assert shown.topbar.notice.text() == "Undone: Named the mark at 0:03.0 “Coda; L”"


def test_f2_names_the_nearest_mark_and_esc_leaves_it(shown):
    QTest.keyClick(shown, Qt.Key.Key_F2)
    assert not shown.workspace.timeline.mark_name.isVisible()
    mark_at(shown, 12.0)
    shown.player.seek(11.8)
    shown.tracks.list.setFocus()
    QTest.keyClick(shown, Qt.Key.Key_F2)
    field = shown.workspace.timeline.mark_name
    assert field.isVisible()
    assert field.geometry().right() <= shown.workspace.timeline.readout.x()  # also at the right edge
    QTest.keyClicks(field, "End")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not field.isVisible()
    assert marks_of(shown) == (Mark(12.0),)
    QTest.keyClick(shown, Qt.Key.Key_F2)
    QTest.keyClicks(field, "End")
    shown.workspace.timeline.setFocus()  # as a click elsewhere does
    assert marks_of(shown) == (Mark(12.0, "End"),)
    shown.player.seek(1.0)
    shown.document.tell("")
    QTest.keyClick(shown, Qt.Key.Key_F2)
    assert shown.topbar.notice.text() == "No mark is near the playhead, and no climax is chosen."


def test_a_name_being_written_goes_with_its_mark(shown, qtbot, music):
    mark_at(shown, 3.0)
    QTest.keyClick(shown, Qt.Key.Key_F2)
    field = shown.workspace.timeline.mark_name
    QTest.keyClicks(field, "Half a na")
    shown.session.remove_mark(3.0)
    assert not field.isVisible()
    assert marks_of(shown) == ()
