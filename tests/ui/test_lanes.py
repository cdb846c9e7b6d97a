"""Lanes, plane and player together: one time axis, one playhead, one selection."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from app.ui.analysis.lane_stack import RULER_PX
from tests.ui.conftest import dark_columns, turn_wheel

LEFT = Qt.MouseButton.LeftButton


def middle_of(window, lane) -> QPoint:
    rect = lane.rect
    overlay = window.workspace.timeline.overlay
    return QPoint(overlay.width() // 2, int(rect.center().y()) + RULER_PX)


def press_move_release(overlay, start: QPoint, end: QPoint, keys=Qt.KeyboardModifier.NoModifier):
    QTest.mousePress(overlay, LEFT, keys, start)
    QTest.mouseMove(overlay, (start + end) / 2)
    QTest.mouseMove(overlay, end)
    QTest.mouseRelease(overlay, LEFT, keys, end)


def test_a_double_click_moves_the_playhead_in_every_lane_and_the_plane(shown):
    timeline = shown.workspace.timeline
    x = int(timeline.overlay.width() * 0.25)
    before = shown.panel.plane.now
    QTest.mouseDClick(timeline.overlay, LEFT, pos=QPoint(x, 120))
    at_s = timeline.overlay.time_at(x)
    assert shown.player.position_s == pytest.approx(at_s, abs=0.02)
    for lane in timeline.lanes:
        y = RULER_PX + int(lane.rect.top()) + 3
        columns = dark_columns(timeline, y, "text")
        assert any(abs(c - (timeline.overlay.x() + x)) <= 1 for c in columns), lane.title
    analysis = shown.document.analysis(shown.document.current)
    expected = float(np.interp(at_s, analysis.times_s, analysis.valence_over_time))
    assert shown.panel.plane.now[0] == pytest.approx(expected, abs=0.02)
    assert shown.panel.plane.now != before
    assert shown.transport.time.text().startswith("0:0")
    dot = shown.panel.plane.point(*shown.panel.plane.now)
    pixel = shown.panel.plane.grab().toImage().pixelColor(dot.toPoint())
    assert pixel.name().lower() == "#3a6ea5"


def test_keys_zoom_scroll_and_go_to_the_ends(shown):
    axis = shown.workspace.axis
    timeline = shown.workspace.timeline
    timeline.setFocus()
    whole = axis.span_s
    QTest.keyClick(timeline, Qt.Key.Key_Up)
    assert axis.span_s == pytest.approx(whole / 1.5)
    for _ in range(3):
        QTest.keyClick(timeline, Qt.Key.Key_Up)
    start = axis.start_s
    QTest.keyClick(timeline, Qt.Key.Key_Right)
    assert axis.start_s == pytest.approx(start + axis.span_s * 0.1)
    QTest.keyClick(timeline, Qt.Key.Key_Left)
    assert axis.start_s == pytest.approx(start)
    QTest.keyClick(timeline, Qt.Key.Key_End)
    assert shown.player.position_s == pytest.approx(12.0)
    assert axis.end_s == pytest.approx(12.0)
    QTest.keyClick(timeline, Qt.Key.Key_Home)
    assert shown.player.position_s == 0.0
    assert axis.start_s == 0.0
    for _ in range(10):
        QTest.keyClick(timeline, Qt.Key.Key_Down)
    assert axis.span_s == pytest.approx(whole)


def test_keys_reach_the_axis_from_the_track_list(shown):
    shown.workspace.axis.set_range(4.0, 2.0)
    shown.tracks.list.setFocus()
    QTest.keyClick(shown.tracks.list, Qt.Key.Key_Right)
    assert shown.workspace.axis.start_s == pytest.approx(4.2)


def test_the_wheel_zooms_at_the_pointer(shown):
    axis, overlay = shown.workspace.axis, shown.workspace.timeline.overlay
    x = overlay.width() * 0.75
    under = overlay.time_at(x)
    turn_wheel(overlay, x, 200, 4)
    assert axis.span_s == pytest.approx(12.0 / 1.2**4)
    assert overlay.time_at(x) == pytest.approx(under)


def test_dragging_pans_all_lanes_together(shown):
    axis, timeline = shown.workspace.axis, shown.workspace.timeline
    axis.set_range(4.0, 4.0)
    press_move_release(timeline.overlay, QPoint(300, 100), QPoint(200, 100))
    assert axis.start_s == pytest.approx(4.0 + 100 / timeline.overlay.width() * 4.0, abs=0.05)
    for lane in timeline.lanes:
        assert lane.shown_s == pytest.approx((axis.start_s, axis.end_s))
    assert shown.player.position_s == 0.0  # a drag is no seek


def test_shift_drag_zooms_to_a_region(shown):
    overlay, axis = shown.workspace.timeline.overlay, shown.workspace.axis
    first, last = overlay.time_at(100), overlay.time_at(200)
    press_move_release(overlay, QPoint(100, 100), QPoint(200, 100), Qt.KeyboardModifier.ShiftModifier)
    assert axis.start_s == pytest.approx(first, abs=0.05)
    assert axis.end_s == pytest.approx(last, abs=0.05)


@pytest.mark.parametrize(
    ("y", "keys"), [(8, Qt.KeyboardModifier.NoModifier), (150, Qt.KeyboardModifier.ControlModifier)]
)
def test_the_ruler_and_ctrl_select_a_region(shown, y, keys):
    overlay = shown.workspace.timeline.overlay
    press_move_release(overlay, QPoint(200, y), QPoint(100, y), keys)
    start_s, end_s = shown.document.selection
    assert start_s == pytest.approx(overlay.time_at(100), abs=0.05)
    assert end_s == pytest.approx(overlay.time_at(200), abs=0.05)
    QTest.mouseClick(overlay, LEFT, pos=QPoint(400, 8))
    assert shown.document.selection is None


def test_the_selection_is_seen_over_all_lanes(shown):
    timeline = shown.workspace.timeline
    lane = timeline.loudness
    y = RULER_PX + int(lane.rect.top()) + 3
    x = timeline.overlay.x() + 150
    before = timeline.grab().toImage().pixelColor(x, y)
    shown.session.set_selection(timeline.overlay.time_at(100), timeline.overlay.time_at(200))
    assert timeline.grab().toImage().pixelColor(x, y) != before


def test_the_pointer_reads_out_every_lane_in_one_place(shown):
    timeline = shown.workspace.timeline
    assert "at playhead" in timeline.readout.text
    QTest.mouseMove(timeline.overlay, QPoint(200, 300))
    at_s = timeline.overlay.time_at(200)
    text = timeline.readout.text
    assert "at pointer" in text
    analysis = shown.document.analysis(shown.document.current)
    step = int(at_s / analysis.step_s)
    for index, name in enumerate(("Q1 happy", "Q2 tense", "Q3 sad", "Q4 calm")):
        value = 100 * float(analysis.quadrants_over_time[step, index])
        assert f"{name} {value:.0f}" in text or f"{name} <1" in text
    for words in ("Waveform", "attention", "of max.", "Spectrogram", "V valence", "A arousal", "dB", "Climaxes"):
        assert words in text
    timeline.overlay.leaveEvent(None)
    assert "at playhead" in timeline.readout.text


def test_a_pointer_left_lying_gives_the_read_out_back_to_the_music(shown, monkeypatch):
    timeline = shown.workspace.timeline
    for x in (231, 232):  # where another test left the pointer, a move to the same place would be none
        QTest.mouseMove(timeline.overlay, QPoint(x, 310))
    timeline.set_playhead(1.0)
    assert "at pointer" in timeline.readout.text  # it was moved just now
    monkeypatch.setattr("app.ui.analysis.lane_stack.RESTING_MS", -1)
    timeline.set_playhead(1.0)
    assert "at pointer" in timeline.readout.text  # nothing plays
    timeline.set_playhead(2.0)
    assert "at playhead" in timeline.readout.text
    assert "0:02.0" in timeline.readout.text
    QTest.mouseMove(timeline.overlay, QPoint(240, 310))
    assert "at pointer" in timeline.readout.text


def test_the_spectrogram_reads_the_band_under_the_pointer(shown):
    timeline = shown.workspace.timeline
    rect = timeline.spectrogram.rect
    QTest.mouseMove(timeline.overlay, QPoint(200, RULER_PX + int(rect.top()) + 4))
    assert "at pointer 10." in timeline.readout.text or "at pointer 11." in timeline.readout.text
    QTest.mouseMove(timeline.overlay, QPoint(200, RULER_PX + int(rect.bottom()) - 3))
    assert "kHz" not in timeline.readout.text.split("Spectrogram")[1].splitlines()[1]


def test_lanes_are_drawn_in_their_colours(shown):
    timeline = shown.workspace.timeline
    image = timeline.grab().toImage()
    rect = timeline.quadrants.rect.translated(timeline.view.x(), RULER_PX)
    seen = set()
    for x in range(int(rect.left()) + 4, int(rect.right()) - 4, 3):
        for y in range(int(rect.top()) + 2, int(rect.bottom()) - 2, 3):
            seen.add(image.pixelColor(x, y).hue() // 12)
    assert len(seen) >= 4
    wave = timeline.waveform.rect.translated(timeline.view.x(), RULER_PX)
    inked = [image.pixelColor(int(wave.left()) + i, int(wave.center().y())).lightness() for i in range(10, 300, 5)]
    assert max(inked) < 140  # the wave crosses its middle line everywhere


def test_the_heat_is_the_attention(shown):
    timeline = shown.workspace.timeline
    heat = timeline.waveform._heat.cells
    assert heat.max() == heat.min() == 255  # the fake model attends evenly: everywhere its maximum


def test_a_click_on_a_climax_plays_from_there(shown, qtbot):
    listing = shown.panel.climaxes.list
    assert len(listing.climaxes) == 1
    rect = listing.visualRect(listing.model().index(0))
    QTest.mouseClick(listing.viewport(), LEFT, pos=rect.center())
    assert shown.player.playing
    start_s = listing.climaxes[0].start_s
    assert start_s <= shown.player.position_s < start_s + 5
    assert shown.transport.play.icon_name == "pause"
    QTest.keyClick(shown, Qt.Key.Key_Space)
    assert not shown.player.playing


def test_n_goes_to_the_next_climax(shown):
    QTest.keyClick(shown, Qt.Key.Key_N)
    climax = shown.document.analysis(shown.document.current).climaxes[0]
    assert shown.player.position_s == pytest.approx(climax.peak_s)
    shown.player.seek(0.0)
    QTest.keyClick(shown, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert shown.player.position_s == pytest.approx(climax.peak_s)


def test_s_plays_the_selection_and_l_repeats_it(shown, qtbot):
    QTest.keyClick(shown, Qt.Key.Key_S)
    assert "Nothing is selected" in shown.topbar.notice.text()
    shown.session.set_selection(5.0, 5.15)
    QTest.keyClick(shown, Qt.Key.Key_S)
    assert shown.player.playing
    qtbot.waitUntil(lambda: not shown.player.playing, timeout=60_000)
    assert shown.player.position_s == pytest.approx(5.15)
    QTest.keyClick(shown, Qt.Key.Key_L)
    assert shown.transport.loop.isChecked()
    seen: list[float] = []
    shown.player.position_changed.connect(seen.append)
    shown.player.play()
    qtbot.waitUntil(lambda: seen.count(5.0) >= 3, timeout=60_000)  # each time it turns back
    shown.player.pause()
    assert min(seen) == 5.0
    assert all(at < 5.15 for at in seen[:-1])


def test_the_view_turns_the_page_while_playing(shown, qtbot):
    axis = shown.workspace.axis
    axis.set_range(0.0, 1.0)
    shown.player.play_from(0.8)
    qtbot.waitUntil(lambda: axis.start_s > 0.5, timeout=60_000)
    assert axis.start_s <= shown.player.position_s <= axis.end_s
    shown.player.pause()


def test_the_strip_moves_the_window_in_view(shown):
    axis, strip = shown.workspace.axis, shown.workspace.strip
    axis.set_range(0.0, 2.0)
    QTest.mouseClick(strip, LEFT, pos=QPoint(int(strip.width() * 0.5), 20))
    assert axis.start_s == pytest.approx(5.0, abs=0.1)
    QTest.mouseDClick(strip, LEFT, pos=QPoint(int(strip.width() * 0.75), 20))
    assert shown.player.position_s == pytest.approx(9.0, abs=0.1)


def test_every_axis_states_its_range(shown):
    timeline = shown.workspace.timeline
    minus = "\u2212"
    labels = {lane.title: [text for _, text in lane.ticks()] for lane in timeline.lanes}
    assert labels["Waveform"] == ["1", "0", f"{minus}1"]
    assert labels["Valence, arousal"] == ["1", "0", f"{minus}1"]
    assert labels["Quadrants"] == ["1", "0.5", "0"]
    assert "Hz" in labels["Spectrogram"]
    assert labels["Loudness"] == ["0 dB", f"{minus}60"]
    assert "maximum" in timeline.waveform.about


def test_points_in_the_plane_are_where_their_numbers_say(shown):
    plane = shown.panel.plane
    top_right, bottom_left = plane.point(1, 1), plane.point(-1, -1)
    assert top_right.x() - bottom_left.x() == pytest.approx(bottom_left.y() - top_right.y())
    centre = plane.point(0, 0)
    assert centre == (top_right + bottom_left) / 2
    assert isinstance(centre, QPointF)
