"""One answer per clip, driven as a person does: by keys, by the mouse, with undo, and with mistakes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.conftest import settled
from tests.ui.labelling.conftest import CTRL, press

KEYS = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4)


class Person:
    """Has a keyboard and no mouse; counts the keys."""

    def __init__(self, window) -> None:
        self.window = window
        self.keys = 0

    def press(self, key: Qt.Key) -> None:
        self.keys += 1
        QTest.keyClick(self.window.windowHandle(), key)


def test_forty_clips_take_forty_keys_and_no_mouse(label, window, qtbot):
    page = label(40, count="40")
    person = Person(window)
    person.press(Qt.Key.Key_Return)
    assert (person.keys, window.document.all_labels()) == (1, ())
    while page.static.at_work:
        done = len(window.document.all_labels())
        qtbot.waitUntil(lambda: window.player.playing, timeout=10_000)  # the next one plays by itself
        assert page.static.running.count.text() == f"{done} of 40"
        person.press(KEYS[done % 4])
        assert len(window.document.all_labels()) == done + 1
    assert person.keys == 1 + 40
    labels = sorted(window.document.all_labels(), key=lambda label: label.made)
    assert [label.quadrant for label in labels] == ["Q1", "Q2", "Q3", "Q4"] * 10
    assert [label.track_id for label in labels] == list(window.document.order)
    assert all(label.blind and label.is_whole and label.seconds is not None for label in labels)
    assert page.static.stack.currentWidget() is page.static.summary
    assert page.static.summary.title.text() == "40 clips labelled by Me"
    assert page.static.summary.counts.counts == dict.fromkeys(("Q1", "Q2", "Q3", "Q4"), 10)
    assert not window.player.playing


def test_an_empty_list_says_what_belongs_here(label, window):
    page = label(0)
    assert page.message.isVisible()
    assert page.message.title.text() == "Music to label"
    assert [button.text() for button in page.message.buttons] == ["Open files…", "Open folder…", "Try the demo"]
    assert not window.actions_by_name["say_q1"].isEnabled()


def test_what_cannot_be_said_is_kept_as_that(label, window):
    page = label(3)
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_0)
    press(window, Qt.Key.Key_Minus)
    first, second, third = window.document.order
    assert [window.document.labels(i)[0].cant_say for i in (first, second)] == [True, True]
    assert page.static.running.last.rows[0][1] == "can’t say"
    assert page.static.sitting.current.track_id == third


def test_back_skip_and_a_new_answer(label, window):
    page = label(3)
    first, second, third = window.document.order
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_1)
    press(window, Qt.Key.Key_S)
    assert page.static.sitting.current.track_id == third
    press(window, Qt.Key.Key_Backspace)
    press(window, Qt.Key.Key_Backspace)
    assert page.static.sitting.current.track_id == first
    assert "You said: Q1" in page.static.running.hint.text()
    press(window, Qt.Key.Key_3)
    assert [label.quadrant for label in window.document.labels(first)] == ["Q3"]
    assert page.static.sitting.current.track_id == second  # what was skipped comes again
    press(window, Qt.Key.Key_2)
    press(window, Qt.Key.Key_4)
    assert page.static.stack.currentWidget() is page.static.summary


def test_undo_says_what_it_undid_and_asks_again(label, window):
    page = label(2)
    first, second = window.document.order
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_1)
    assert page.static.sitting.current.track_id == second
    press(window, Qt.Key.Key_Z, CTRL)
    assert window.topbar.notice.text() == "Undone: Labelled “clip 00”: Q1"
    assert window.document.labels(first) == ()
    assert page.static.sitting.current.track_id == first
    assert page.static.running.last.rows == []
    press(window, Qt.Key.Key_2)
    press(window, Qt.Key.Key_2)
    assert page.static.stack.currentWidget() is page.static.summary
    press(window, Qt.Key.Key_Z, CTRL)
    assert page.static.stack.currentWidget() is page.static.running
    press(window, Qt.Key.Key_Y, CTRL)
    assert page.static.stack.currentWidget() is page.static.summary


def test_space_pauses_and_the_clip_is_played_again(label, window, qtbot):
    page = label(1)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.player.playing and window.player.position_s > 0.05, timeout=10_000)
    press(window, Qt.Key.Key_Space)
    assert not window.player.playing
    at_s = window.player.position_s
    press(window, Qt.Key.Key_Space)
    assert window.player.playing
    assert window.player.position_s >= at_s
    window.player.seek(window.player.duration_s)
    window.player.pause()
    press(window, Qt.Key.Key_Space)
    assert window.player.playing
    assert window.player.position_s < 0.5
    assert page.static.at_work


def test_a_point_is_given_by_click_or_by_keys(label, window):
    page = label(3, answering="point")
    press(window, Qt.Key.Key_Return)
    plane = page.static.running.plane
    first, second, third = window.document.order
    QTest.mouseClick(plane, Qt.MouseButton.LeftButton, pos=plane.point(0.5, -0.5).toPoint())
    said = window.document.labels(first)[0]
    assert said.quadrant is None
    assert (said.valence, said.arousal) == pytest.approx((0.5, -0.5), abs=0.02)
    for _ in range(3):
        press(window, Qt.Key.Key_Right)
    press(window, Qt.Key.Key_Up)
    press(window, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert "valence +0.30, arousal +0.08" in plane.pointer_text
    press(window, Qt.Key.Key_Return)
    said = window.document.labels(second)[0]
    assert (said.valence, said.arousal) == pytest.approx((0.3, 0.08))
    assert plane.pointer == (0.0, 0.0)
    press(window, Qt.Key.Key_3)  # a number goes to the middle of its quadrant, and Enter says it
    assert window.document.labels(third) == ()
    press(window, Qt.Key.Key_Return)
    said = window.document.labels(third)[0]
    assert (said.valence, said.arousal) == pytest.approx((-0.5, -0.5))


def test_a_quadrant_can_be_clicked(label, window):
    page = label(2)
    QTest.mouseClick(page.static.setup.begin, Qt.MouseButton.LeftButton)
    plane = page.static.running.plane
    QTest.mouseClick(plane, Qt.MouseButton.LeftButton, pos=plane.corners()["Q4"].center().toPoint())
    assert window.document.labels(window.document.order[0])[0].quadrant == "Q4"


def test_blind_hides_the_model_and_the_others(label, window):
    page = label(2)
    first, _ = window.document.order
    window.session.set_rater("Anna")
    window.session.label(first, "Q2")
    window.session.set_rater("Ben")
    press(window, Qt.Key.Key_Return)
    running = page.static.running
    assert page.head.blind.isChecked()
    assert not running.others.isVisible()
    press(window, Qt.Key.Key_B, CTRL)
    assert running.others.isVisible()
    lines = running.others.text().splitlines()
    assert lines[0].startswith("Model: Q")
    assert lines[1] == "Anna: Q2 angry, tense"
    press(window, Qt.Key.Key_1)
    said = {label.rater_id: label for label in window.document.labels(first)}
    assert len(said) == 2
    assert not said[window.session.rater.id].blind


def test_warm_ups_come_first_and_count_for_nothing(label, window):
    page = label(3, warm_up="2")
    press(window, Qt.Key.Key_Return)
    assert "Warm-up" in page.static.running.hint.text()
    assert page.static.running.count.text() == "0 of 3"
    press(window, Qt.Key.Key_1)
    press(window, Qt.Key.Key_1)
    assert page.static.running.count.text() == "0 of 3"
    assert "Warm-up" not in page.static.running.hint.text()
    for key in KEYS[:3]:
        press(window, key)
    assert page.static.summary.title.text() == "3 clips labelled by Me"
    counting = [label for label in window.document.all_labels() if not label.warm_up]
    assert sorted(label.quadrant for label in counting) == ["Q1", "Q2", "Q3"]


def test_the_rater_is_named_and_remembered(label, window, make_window, qtbot):
    page = label(2)
    page.head.rater.setFocus()
    QTest.keyClicks(page.head.rater, "Dr 1 Weiß")  # figures are letters here
    QTest.keyClick(page.head.rater, Qt.Key.Key_Return)
    assert window.session.rater.name == "Dr 1 Weiß"
    assert not page.head.rater.hasFocus()
    assert window.document.all_labels() == ()
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_1)
    assert window.document.rater_of(window.document.all_labels()[0].rater_id).name == "Dr 1 Weiß"
    window.close()
    assert window.session.wait_closed()
    again = make_window()
    assert again.workspaces.shown == "label"
    qtbot.waitUntil(lambda: len(again.document.order) == 2, timeout=60_000)
    qtbot.waitUntil(lambda: again.session.rater is not None, timeout=60_000)
    page = again.workspaces.page
    assert page.head.rater.text() == "Dr 1 Weiß"
    qtbot.waitUntil(lambda: "1 of 2" in page.static.setup.resume.text(), timeout=10_000)
    QTest.mouseClick(page.static.setup.resume, Qt.MouseButton.LeftButton)
    assert page.static.sitting.current.track_id == again.document.order[1]


def test_another_rater_begins_anew(label, window):
    page = label(2)
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_1)
    window.session.set_rater("Ben")
    assert page.static.stack.currentWidget() is page.static.setup
    assert "0 of 2 are labelled by Ben" in page.static.setup.text.text()
    assert not window.player.playing


def test_esc_sums_up_and_one_can_go_on(label, window):
    page = label(3)
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_1)
    press(window, Qt.Key.Key_Escape)
    assert page.static.summary.title.text() == "1 clip labelled by Me"
    assert not window.player.playing
    assert page.static.summary.buttons[0].text() == "Go on"
    press(window, Qt.Key.Key_Return)
    assert page.static.stack.currentWidget() is page.static.running
    assert page.static.sitting.current.track_id == window.document.order[1]


def test_leaving_the_workspace_rests_the_clip(label, window, qtbot):
    page = label(2)
    press(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.player.playing, timeout=10_000)
    press(window, Qt.Key.Key_1, CTRL)
    assert not window.player.playing
    QTest.keyClick(window, Qt.Key.Key_1)  # means nothing in Analyse
    assert window.document.all_labels() == ()
    window.session.select_track(window.document.order[1])
    press(window, Qt.Key.Key_3, CTRL)
    assert page.static.at_work
    press(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.player.playing, timeout=10_000)
    assert window.document.current == page.static.sitting.current.track_id


def test_a_missing_file_is_left_out_and_music_may_come_later(label, window, qtbot, music, tmp_path):
    window.open_paths([tmp_path / "gone.wav", music("here.wav")])
    qtbot.waitUntil(lambda: len(window.document.order) == 2 and settled(window), timeout=60_000)
    page = label(0)
    assert page.static.setup.begin.text().startswith("Begin with 1 clip ")
    press(window, Qt.Key.Key_Return)
    assert window.document.track(page.static.sitting.current.track_id).title == "here"


def test_the_button_that_begins_stays_the_one_to_press(label):
    setup = label(2).static.setup
    setup.begin.setFocus()
    setup.skip_labelled.setFocus()
    assert setup.begin.isDefault()


def test_removing_the_list_leaves_no_ghost(label, window):
    page = label(2)
    press(window, Qt.Key.Key_Return)
    window.session.clear_list()
    assert page.message.isVisible()
    assert not window.actions_by_name["say_q1"].isEnabled()
    window.session.undo()
    assert not page.message.isVisible()
