"""Climaxes as a person explores them: list, shapes, keys, handles, and what they set, name, note and take away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from app.exploration import ShownClimax
from app.ui.analysis.climax_shape import common_range, common_span, course, nearest_step, place_of_peak
from app.ui.analysis.climax_shapes import MOST_SHAPES, pen_of
from app.ui.analysis.climax_words import cue_words, sentence, turn
from app.ui.analysis.lane_stack import RULER_PX
from models.analysis import Climax, Transition
from models.structure.structure import Section, Structure
from tests.app.fakes import make_full_analysis, make_overview

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT, NONE = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)
PEAKS = ((2.0, 0.9), (6.0, 0.5), (9.5, 0.7))


def three_climaxes():
    """Three peaks of a contour that is known, the strongest first."""
    analysis = make_full_analysis("0" * 64, 12.0)
    times_s = analysis.times_s
    contour = sum(height * np.exp(-((times_s - at_s) ** 2)) for at_s, height in PEAKS).astype(np.float32)
    cues = {"loudness": 0.4, "register": 0.2, "density": -0.1, "brightness": 0.01}
    climaxes = tuple(
        Climax(at_s - 1, at_s, at_s + 1.5, height, cues) for at_s, height in sorted(PEAKS, key=lambda peak: -peak[1])
    )
    turns = (Transition(4.0, (-0.4, -0.3), (0.3, 0.5), 0.6),)
    return replace(
        analysis, model_id="fake", climaxes=climaxes, intensity_over_time=contour, transitions=turns,
        cue_names=("loudness",), cues_over_time=contour[:, None],
    )  # fmt: skip


@pytest.fixture
def browsing(shown, qtbot):
    shown.document.put_analysis(shown.document.current, three_climaxes())
    shown.panel.sections["climaxes"].open()
    qtbot.wait(1)
    return shown


def climaxes_of(window) -> tuple[ShownClimax, ...]:
    return window.document.climaxes(window.document.current)


def listing(window):
    return window.panel.climaxes.list


def choose(window, peak_s: float) -> None:
    listing(window).choose(next(one for one in listing(window).shown if one.climax.peak_s == peak_s))


def press(window, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    listing(window).setFocus()
    QTest.keyClick(listing(window), key, held)


def notice(window) -> str:
    return window.topbar.notice.text()


# The list and going from one to the next


def test_rows_say_when_why_and_how_strong(browsing):
    index = listing(browsing).model().index(0, 0)
    said = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert "peak 0:02.0" in said
    assert "0.90 of 1" in said
    assert "louder, higher, sparser than" in said
    assert "brighter" not in said  # too little of it to be named
    assert [one.climax.peak_s for one in listing(browsing).shown] == [2.0, 9.5, 6.0]


def test_the_shapes_of_all_rows_stand_on_one_scale(browsing):
    delegate = listing(browsing).itemDelegate()
    courses = [listing(browsing).model().index(row, 0).data(Qt.ItemDataRole.UserRole + 2) for row in range(3)]
    assert delegate.range == common_range(courses)
    assert delegate.range[1] == pytest.approx(0.9, abs=0.05)
    assert delegate.span_s == common_span(listing(browsing).climaxes)
    assert all(abs(course.times_s[int(np.argmax(course.values))]) < 0.5 for course in courses)  # the peak in the middle


def test_n_goes_through_them_in_time_and_chooses_each_in_the_list(browsing):
    seen = []
    for _ in range(4):
        QTest.keyClick(browsing, Qt.Key.Key_N)
        seen.append(browsing.player.position_s)
        assert listing(browsing).current.climax.peak_s == browsing.player.position_s
    assert seen == [2.0, 6.0, 9.5, 2.0]
    QTest.keyClick(browsing, Qt.Key.Key_N, SHIFT)
    assert browsing.player.position_s == 9.5
    assert browsing.panel.climaxes.details.isVisible()


def test_a_click_plays_from_the_approach_and_ctrl_only_selects(browsing):
    rows = listing(browsing)
    QTest.mouseClick(rows.viewport(), LEFT, pos=rows.visualRect(rows.model().index(1, 0)).center())
    assert browsing.player.playing
    assert 8.5 <= browsing.player.position_s < 9.5
    browsing.player.pause()
    browsing.player.seek(0.0)
    QTest.mouseClick(rows.viewport(), LEFT, CTRL, pos=rows.visualRect(rows.model().index(2, 0)).center())
    assert not browsing.player.playing
    assert [one.climax.peak_s for one in rows.selected] == [9.5, 6.0]


def test_enter_plays_the_row_with_the_focus(browsing):
    choose(browsing, 6.0)
    press(browsing, Qt.Key.Key_Return)
    assert browsing.player.playing
    assert 5.0 <= browsing.player.position_s < 6.0
    browsing.player.pause()


def test_a_track_without_climaxes_says_so_and_what_to_do(browsing):
    browsing.document.put_analysis(browsing.document.current, replace(three_climaxes(), climaxes=()))
    browser = browsing.panel.climaxes
    assert not browser.list.isVisibleTo(browser)
    assert not browser.details.isVisibleTo(browser)
    assert "No moment rises clearly" in browser.empty.text()
    assert "press K" in browser.empty.text()
    assert not browsing.actions_by_name["compare_shapes"].isEnabled()
    QTest.keyClick(browsing, Qt.Key.Key_N)
    assert "press K" in notice(browsing)


# Repeating


def test_g_repeats_the_climax_and_lets_it_go(browsing):
    browsing.player.seek(6.2)
    QTest.keyClick(browsing, Qt.Key.Key_G)
    assert browsing.player.playing
    assert browsing.player.loop
    assert browsing.document.selection == (5.0, 7.5)
    assert 5.0 <= browsing.player.position_s < 5.5
    QTest.keyClick(browsing, Qt.Key.Key_N)  # the next one is repeated then
    assert browsing.document.selection == (8.5, 11.0)
    QTest.keyClick(browsing, Qt.Key.Key_G)
    assert browsing.document.selection is None
    assert not browsing.player.loop
    browsing.player.pause()


def test_esc_lets_go_and_leaves_repeating_as_it_was(browsing):
    browsing.player.set_loop(True)
    choose(browsing, 2.0)
    QTest.keyClick(browsing, Qt.Key.Key_G)
    assert browsing.document.selection == (1.0, 3.5)
    QTest.keyClick(browsing, Qt.Key.Key_Escape)
    assert browsing.document.selection is None
    assert browsing.player.loop  # the whole was repeated before
    choose(browsing, 9.5)
    QTest.keyClick(browsing, Qt.Key.Key_G)
    browsing.session.set_selection(0.0, 1.0)  # a selection of one's own ends it too
    assert browsing.player.loop
    browsing.player.pause()


def test_g_where_there_is_none_says_so(browsing):
    browsing.player.seek(4.5)
    QTest.keyClick(browsing, Qt.Key.Key_G)
    assert not browsing.player.playing
    assert "No climax is here" in notice(browsing)


# By hand


def test_k_makes_a_climax_of_the_selection_with_its_peak_at_the_highest(browsing):
    QTest.keyClick(browsing, Qt.Key.Key_K)
    assert "Nothing is selected" in notice(browsing)
    browsing.session.set_selection(1.5, 5.0)
    QTest.keyClick(browsing, Qt.Key.Key_K)
    (own,) = [one for one in climaxes_of(browsing) if one.is_own]
    assert (own.climax.start_s, own.climax.end_s) == (1.5, 5.0)
    assert own.climax.peak_s == pytest.approx(2.0, abs=0.2)
    assert listing(browsing).current == own
    assert len(climaxes_of(browsing)) == 3  # it stands in the place of the one found there
    QTest.keyClick(browsing, Qt.Key.Key_Z, CTRL)
    assert not any(one.is_own for one in climaxes_of(browsing))


def test_f2_names_and_what_was_found_becomes_ones_own(browsing):
    choose(browsing, 9.5)
    press(browsing, Qt.Key.Key_F2)
    field = browsing.panel.climaxes.details.name
    assert field.hasFocus()
    QTest.keyClicks(field, "Coda; n")
    QTest.keyClick(field, Qt.Key.Key_Return)
    current = listing(browsing).current
    assert (current.label, current.is_own) == ("Coda; n", True)
    assert listing(browsing).hasFocus()
    said = listing(browsing).currentIndex().data()
    assert said.startswith("Coda; n. Climax ")
    assert "set by you" in said
    press(browsing, Qt.Key.Key_F2)
    QTest.keyClicks(field, "other")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert listing(browsing).current.label == "Coda; n"
    QTest.keyClick(browsing, Qt.Key.Key_Z, CTRL)
    assert listing(browsing).current.label == ""
    assert not any(one.is_own for one in climaxes_of(browsing))


def test_f2_elsewhere_names_the_climax_at_the_playhead_and_shows_where(browsing):
    browsing.workspaces.page.fold(browsing.panel, False)
    browsing.player.seek(6.0)
    browsing.tracks.list.setFocus()
    QTest.keyClick(browsing, Qt.Key.Key_F2)
    assert browsing.panel.isVisible()
    assert browsing.panel.climaxes.details.name.hasFocus()
    assert listing(browsing).current.climax.peak_s == 6.0


def test_a_note_is_kept_when_one_leaves_it(browsing):
    choose(browsing, 2.0)
    note = browsing.panel.climaxes.details.note
    note.setFocus()
    QTest.keyClicks(note, "Pedal, bar 112.")
    QTest.keyClick(note, Qt.Key.Key_Escape)
    assert listing(browsing).current.note == "Pedal, bar 112."
    assert listing(browsing).hasFocus()
    choose(browsing, 9.5)
    assert note.toPlainText() == ""
    note.setFocus()
    QTest.keyClicks(note, "Half a")
    browsing.workspaces.page.step_track(1)
    assert listing(browsing).current.note == "Half a"


def test_arrows_choose_an_edge_and_move_it(browsing, monkeypatch):
    choose(browsing, 2.0)
    browser = browsing.panel.climaxes
    assert browser.edge == "peak"
    press(browsing, Qt.Key.Key_Left)
    press(browsing, Qt.Key.Key_Left)  # no further than the first
    assert browser.edge == "start"
    press(browsing, Qt.Key.Key_Left, SHIFT)
    assert listing(browsing).current.climax.start_s == pytest.approx(0.9)
    press(browsing, Qt.Key.Key_Right, SHIFT)
    assert listing(browsing).current.climax.start_s == pytest.approx(1.0)
    monkeypatch.setattr(browsing.document, "structure", lambda _track_id: None)
    press(browsing, Qt.Key.Key_Right, SHIFT | CTRL)
    assert listing(browsing).current.climax.start_s == 2.0
    assert "1 s" in notice(browsing)
    press(browsing, Qt.Key.Key_Right, SHIFT | CTRL)
    assert listing(browsing).current.climax.start_s == 2.0  # no edge passes the peak
    assert listing(browsing).current.is_own
    for _ in range(3):
        QTest.keyClick(browsing, Qt.Key.Key_Z, CTRL)
    assert listing(browsing).current.climax.start_s == 1.0
    assert not listing(browsing).current.is_own


def test_an_arrow_that_is_held_moves_the_edge_in_one_step(browsing):
    choose(browsing, 9.5)
    rows = listing(browsing)
    rows.setFocus()
    for _ in range(5):
        QTest.keyPress(rows, Qt.Key.Key_Right, SHIFT)
    assert not rows.current.is_own  # nothing is kept while the key is held
    assert browsing.panel.climaxes.details.edges.buttons["peak"].text().endswith("0:10.0")
    QTest.keyRelease(rows, Qt.Key.Key_Right, SHIFT)
    assert rows.current.climax.peak_s == pytest.approx(10.0)
    QTest.keyClick(browsing, Qt.Key.Key_Z, CTRL)
    assert rows.current.climax.peak_s == 9.5
    assert not rows.current.is_own
    QTest.keyPress(rows, Qt.Key.Key_Right, SHIFT)
    browsing.tracks.list.setFocus()  # letting go is not heard in the list
    assert rows.current.climax.peak_s == pytest.approx(9.6)


def test_del_takes_one_away_and_brings_it_back(browsing):
    choose(browsing, 2.0)
    press(browsing, Qt.Key.Key_Delete)
    assert [one.climax.peak_s for one in climaxes_of(browsing)] == [9.5, 6.0]
    assert listing(browsing).current.climax.peak_s == 9.5  # the next one, so that Del may be pressed again
    assert browsing.document.order  # the track stays
    assert "Ctrl+Z" in notice(browsing)
    browser = browsing.panel.climaxes
    assert browser.hidden.isVisibleTo(browser)
    browser.hidden.click()
    assert len(climaxes_of(browsing)) == 3
    assert not browser.hidden.isVisibleTo(browser)
    QTest.keyClick(browsing, Qt.Key.Key_Z, CTRL)
    QTest.keyClick(browsing, Qt.Key.Key_Z, CTRL)
    assert len(climaxes_of(browsing)) == 3


def test_what_was_said_of_one_action_does_not_stay_under_the_next(browsing, qtbot):
    choose(browsing, 2.0)
    press(browsing, Qt.Key.Key_Delete)
    assert "taken away" in notice(browsing)
    qtbot.wait(1)
    browsing.session.set_selection(7.0, 8.0)
    QTest.keyClick(browsing, Qt.Key.Key_K)
    assert notice(browsing) == "The selection is a climax of yours now: F2 names it, Ctrl+Z takes it back."
    qtbot.wait(1)
    browsing.session.change_climax(listing(browsing).current, label="mine")  # says nothing itself
    assert notice(browsing) == ""
    browsing.document.tell("The disk is full.", "error")
    qtbot.wait(1)
    browsing.session.change_climax(listing(browsing).current, label="still mine")
    assert notice(browsing) == "The disk is full."  # no action has made that untrue


def test_del_takes_all_that_are_selected_away(browsing):
    choose(browsing, 2.0)
    listing(browsing).select_also([listing(browsing).shown[2]])
    press(browsing, Qt.Key.Key_Delete)
    assert [one.climax.peak_s for one in climaxes_of(browsing)] == [9.5]
    assert "2 climaxes" in notice(browsing)
    QTest.keyClick(browsing, Qt.Key.Key_Z, CTRL)
    assert len(climaxes_of(browsing)) == 2
    listing(browsing).selectAll()
    press(browsing, Qt.Key.Key_Delete)
    assert climaxes_of(browsing) == ()
    assert browsing.workspace.timeline.hasFocus()  # not on a button that Space would press
    assert browsing.panel.climaxes.empty.text().startswith("What was found here was taken away.")
    assert browsing.workspace.timeline.climaxes.readings(3.0)[0].label == "taken away"
    QTest.keyClick(browsing, Qt.Key.Key_N)
    assert notice(browsing).startswith("What was found here was taken away.")


def in_lane(window, time_s: float) -> QPoint:
    timeline = window.workspace.timeline
    return QPoint(round(timeline.overlay.x_at(time_s)), RULER_PX + int(timeline.climaxes.rect.bottom()) - 14)


def drag(window, from_s: float, to_s: float) -> None:
    overlay = window.workspace.timeline.overlay
    QTest.mousePress(overlay, LEFT, pos=in_lane(window, from_s))
    QTest.mouseMove(overlay, in_lane(window, (from_s + to_s) / 2))
    QTest.mouseMove(overlay, in_lane(window, to_s))
    QTest.mouseRelease(overlay, LEFT, pos=in_lane(window, to_s))


def test_a_region_is_chosen_in_the_lane_and_its_edges_dragged(browsing):
    axis = browsing.workspace.axis
    before = (axis.start_s, axis.span_s)
    drag(browsing, 7.5, 7.0)  # no climax is chosen: nothing is there to drag
    assert not any(one.is_own for one in climaxes_of(browsing))
    QTest.mouseClick(browsing.workspace.timeline.overlay, LEFT, pos=in_lane(browsing, 6.5))
    assert listing(browsing).current.climax.peak_s == 6.0
    assert not browsing.player.playing
    drag(browsing, 7.5, 8.2)
    assert listing(browsing).current.climax.end_s == pytest.approx(8.2, abs=0.05)
    drag(browsing, 5.0, 10.0)
    assert listing(browsing).current.climax.start_s == 6.0  # not past the peak
    QTest.keyClick(browsing, Qt.Key.Key_Z, CTRL)
    drag(browsing, 6.0, 6.6)
    assert listing(browsing).current.climax.peak_s == pytest.approx(6.6, abs=0.05)
    drag(browsing, 5.0, 6.4)  # past where one was found: that one shows again, and the own one stays chosen
    assert listing(browsing).current.climax.start_s == pytest.approx(6.4, abs=0.05)
    assert (axis.start_s, axis.span_s) == before  # the view was not panned
    QTest.keyClick(browsing, Qt.Key.Key_Z, CTRL)
    assert listing(browsing).current.climax.start_s == 5.0


def test_nothing_is_lost_where_no_length_would_be_left(browsing):
    choose(browsing, 6.0)
    drag(browsing, 5.0, 8.5)  # the start onto the peak
    before = listing(browsing).current
    assert before.climax.start_s == before.climax.peak_s == 6.0
    drag(browsing, 7.5, 3.0)  # and the end too
    assert listing(browsing).current == before
    assert "needs some length" in notice(browsing)


def test_handles_are_drawn_on_the_chosen_one_only(browsing):
    timeline = browsing.workspace.timeline

    def pixels() -> bytes:
        picture = timeline.grab(timeline.climaxes.rect.toRect().translated(timeline.view.x(), RULER_PX))
        return bytes(picture.toImage().constBits())

    before = pixels()
    choose(browsing, 2.0)
    assert pixels() != before
    browsing.panel.climaxes.choose(None)
    assert pixels() == before


def test_where_the_mood_turns_is_read_out_and_explained(browsing):
    timeline = browsing.workspace.timeline
    browsing.player.seek(4.0)
    assert "turns more aroused, more pleasant" in timeline.readout.text
    told = timeline.climaxes.explain(4.0)
    assert "Before V \u22120.40 A \u22120.30, after V +0.30 A +0.50" in told
    assert timeline.climaxes.explain(4.5) == ""
    assert timeline.climaxes.explain(7.0).startswith("Climax 3: from 0:05.0")
    place = in_lane(browsing, 4.0)
    QApplication.sendEvent(
        timeline.overlay, QHelpEvent(QEvent.Type.ToolTip, place, timeline.overlay.mapToGlobal(place))
    )
    assert QToolTip.text() == told
    QToolTip.hideText()


# Beats and bars


def structure(beats_s, bars_s=()) -> Structure:
    none = np.zeros((12, 1), np.float32)
    beats, bars = np.array(beats_s, np.float32), np.array(bars_s, np.float32)
    return Structure("0" * 64, 12.0, 120.0, beats, bars, (Section(0.0, 12.0, "A"),), none, 0.5)


def test_beats_and_bars_are_stepped_through(browsing, monkeypatch):
    built = structure(np.arange(0.5, 12, 0.5), np.arange(0.5, 12, 2.0))
    monkeypatch.setattr(browsing.document, "structure", lambda _track_id: built)
    seen = []
    browsing.player.seek(3.1)
    for key in (Qt.Key.Key_Period, Qt.Key.Key_Period, Qt.Key.Key_Comma, Qt.Key.Key_Greater, Qt.Key.Key_Less):
        QTest.keyClick(browsing, key)
        seen.append(browsing.player.position_s)
    assert seen == [3.5, 4.0, 3.5, 4.5, 2.5]
    browsing.player.seek(11.9)
    QTest.keyClick(browsing, Qt.Key.Key_Period)
    assert browsing.player.position_s == 12.0  # beyond the last beat lies the end
    choose(browsing, 2.0)
    press(browsing, Qt.Key.Key_Right)
    press(browsing, Qt.Key.Key_Right, SHIFT | CTRL)
    assert listing(browsing).current.climax.end_s == 4.0  # from 3.5 to the next beat


def test_without_beats_a_step_is_a_second_and_it_is_said(browsing, monkeypatch):
    known = {"structure": None}
    monkeypatch.setattr(browsing.document, "structure", lambda _track_id: known["structure"])
    browsing.player.seek(3.0)
    QTest.keyClick(browsing, Qt.Key.Key_Period)
    assert browsing.player.position_s == 4.0
    assert notice(browsing) == "Beats are not known yet: the step is 1 s."
    known["structure"] = structure(())
    QTest.keyClick(browsing, Qt.Key.Key_Less)
    assert browsing.player.position_s == 0.0
    assert notice(browsing) == "No beats were found here: the step is 4 s."
    known["structure"] = structure(np.arange(0.0, 12, 0.5))
    QTest.keyClick(browsing, Qt.Key.Key_Greater)
    assert browsing.player.position_s == 2.0
    assert "4 beats" in notice(browsing)


def test_a_step_does_not_leap_over_music_without_beats(browsing, monkeypatch):
    beats_s = np.concatenate((np.arange(0.5, 3.1, 0.5), np.arange(8.0, 10.1, 0.5)))
    built = structure(beats_s, (0.5, 1.5, 2.5, 8.0, 9.0))
    monkeypatch.setattr(browsing.document, "structure", lambda _track_id: built)
    told = []
    browsing.document.notice.connect(lambda text, _level: told.append(text))
    seen = []

    def go(key: Qt.Key, from_s: float, times: int) -> list[float]:
        browsing.player.seek(from_s)
        seen.clear()
        for _ in range(times):
            QTest.keyClick(browsing, key)
            seen.append(browsing.player.position_s)
        return seen

    assert go(Qt.Key.Key_Period, 2.5, 7) == [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 8.5]
    assert told == ["No beats were found here: the step is 1 s."]  # once, not at each
    assert go(Qt.Key.Key_Comma, 8.0, 2) == [7.0, 6.0]
    assert go(Qt.Key.Key_Period, 10.0, 2) == [11.0, 12.0]  # not to the end at once
    assert go(Qt.Key.Key_Greater, 2.5, 2) == [6.5, 8.0]
    assert told[-1] == "No bars were found here: the step is 4 s."
    choose(browsing, 2.0)
    press(browsing, Qt.Key.Key_Right)
    press(browsing, Qt.Key.Key_Right, SHIFT | CTRL)
    assert listing(browsing).current.climax.end_s == 4.5  # from 3.5, not on to 8.0


# Shapes over each other


def test_shapes_are_compared_by_what_is_selected(browsing):
    QTest.keyClick(browsing, Qt.Key.Key_K, SHIFT)
    shapes = browsing.workspace.climaxes.shapes
    assert shapes.isVisible()
    assert not shapes.isModal()
    assert [rank for rank, _, _ in shapes.plot.curves] == [1, 2, 3]
    choose(browsing, 2.0)
    listing(browsing).select_also([listing(browsing).shown[2]])
    assert [rank for rank, _, _ in shapes.plot.curves] == [1, 3]
    assert shapes.plot.text == "1: 1.0 s to the peak, 1.5 s after it\n3: 1.0 s to the peak, 1.5 s after it"
    assert shapes.plot.point(0.0, 0.0).x() == pytest.approx(
        shapes.plot.point(-1.0, 0.0).x() + (shapes.plot.point(1.0, 0.0).x() - shapes.plot.point(-1.0, 0.0).x()) / 2
    )
    intensity = shapes.plot.range
    QTest.mouseClick(shapes.kind.buttons["loudness"], LEFT)
    assert shapes.plot.range[1] < 0 < intensity[1]  # dBFS
    QTest.mouseClick(shapes.kind.buttons["arousal"], LEFT)
    assert -1 <= shapes.plot.range[0] < shapes.plot.range[1] <= 1
    shapes.close()


def test_more_shapes_than_can_be_told_apart_are_the_strongest(browsing):
    many = tuple(Climax(at_s / 2, at_s / 2 + 0.1, at_s / 2 + 0.2, 1 - at_s / 30) for at_s in range(20))
    browsing.document.put_analysis(browsing.document.current, replace(three_climaxes(), climaxes=many))
    QTest.keyClick(browsing, Qt.Key.Key_K, SHIFT)
    shapes = browsing.workspace.climaxes.shapes
    ranks = [rank for rank, _, _ in shapes.plot.curves]
    assert ranks == list(range(1, MOST_SHAPES + 1))
    assert len({(pen_of(rank).color().name(), pen_of(rank).style()) for rank in ranks}) == MOST_SHAPES
    assert "Of 20 the 12 strongest" in shapes.hint.text()
    shapes.close()


def test_what_has_no_contour_says_so(browsing):
    bare = replace(three_climaxes(), intensity_over_time=None, cues_over_time=None, cue_names=())
    browsing.document.put_analysis(browsing.document.current, bare)
    QTest.keyClick(browsing, Qt.Key.Key_K, SHIFT)
    browser = browsing.panel.climaxes
    assert browser.bare.isVisibleTo(browser)
    assert "F5" in browser.bare.text()
    shapes = browsing.workspace.climaxes.shapes
    assert shapes.plot.curves == []
    assert "not known of this track" in shapes.hint.text()
    QTest.mouseClick(shapes.kind.buttons["arousal"], LEFT)
    assert len(shapes.plot.curves) == 3
    shapes.close()


# Without a window


@pytest.mark.parametrize(
    ("at_s", "steps", "expected"),
    [(1.0, 1, 2.0), (1.2, -1, 1.0), (1.0, -1, 0.0), (3.0, 1, None), (0.0, -1, None), (0.98, 1, 2.0), (0.5, 3, 3.0)],
)
def test_the_nearest_step(at_s, steps, expected):
    assert nearest_step(np.array([0.0, 1.0, 2.0, 3.0], np.float32), at_s, steps) == expected


def test_the_peak_of_a_region_is_found_by_what_is_known():
    analysis, overview = three_climaxes(), make_overview(12.0)
    assert place_of_peak(5.0, 8.0, analysis, overview) == pytest.approx(6.0, abs=0.2)
    known = course("loudness", None, overview)
    inside = (known.times_s >= 5.0) & (known.times_s < 8.0)
    assert place_of_peak(5.0, 8.0, None, overview) == known.times_s[inside][np.argmax(known.values[inside])]
    assert place_of_peak(5.0, 8.0, None, None) == 6.5
    assert place_of_peak(5.0, 5.05, analysis, None) == pytest.approx(5.025, abs=0.03)  # between two steps


def test_words_of_cues_and_turns():
    assert cue_words({}) == ""
    assert cue_words({"loudness": 0.0}) == ""
    assert cue_words({"register": 0.5, "loudness": -0.3, "density": 0.01}) == "higher, softer"
    assert turn(Transition(0.0, (0.0, 0.0), (-0.5, 0.05), 0.5)) == "less pleasant"
    shown = ShownClimax(Climax(0.0, 1.0, 2.0, 0.5))
    assert sentence(3, shown) == "Climax 3: from 0:00.0, peak 0:01.0, until 0:02.0; strength 0.50 of 1"
