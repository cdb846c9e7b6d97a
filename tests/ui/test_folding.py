"""Lanes fold to their names and unfold, by mouse and keys; what is folded stays so; many lanes scroll."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui.analysis.lane_stack import FOLDED_PX, RULER_PX
from tests.ui.conftest import give, settled, turn_wheel

LEFT = Qt.MouseButton.LeftButton
ALT = Qt.KeyboardModifier.AltModifier


def title_of(window, lane) -> QPoint:
    return QPoint(30, RULER_PX + int(lane.rect.top()) + 6)


def test_a_click_on_a_name_folds_the_lane_and_gives_its_room_to_the_others(shown):
    timeline = shown.workspace.timeline
    before = timeline.affect.rect.height()
    below = timeline.waveform.rect.bottom()
    assert "signal" in timeline.readout.text
    QTest.mouseClick(timeline.readout, LEFT, pos=title_of(shown, timeline.waveform))
    assert timeline.waveform.rect.height() == FOLDED_PX
    assert timeline.affect.rect.height() > before
    assert timeline.spectrogram.rect.top() < below
    assert timeline.waveform.folded
    assert "signal" not in timeline.readout.text
    assert "Waveform" in timeline.readout.text
    QTest.mouseClick(timeline.readout, LEFT, pos=title_of(shown, timeline.waveform))
    assert timeline.affect.rect.height() == before
    assert not timeline.waveform.folded


def test_a_click_beside_a_name_folds_nothing(shown):
    timeline = shown.workspace.timeline
    QTest.mouseClick(timeline.readout, LEFT, pos=title_of(shown, timeline.waveform) + QPoint(0, 30))
    QTest.mouseClick(timeline.readout, LEFT, pos=QPoint(30, 6))
    assert not any(lane.folded for lane in timeline.lanes)


def test_alt_with_a_number_folds_and_it_is_so_the_next_day(make_window, qtbot, music):
    first = make_window()
    first.open_paths([music("a.wav")])
    qtbot.waitUntil(lambda: settled(first), timeout=60_000)
    first.workspace.timeline.setFocus()
    QTest.keyClick(first.workspace.timeline, Qt.Key.Key_2, ALT)
    QTest.keyClick(first.workspace.timeline, Qt.Key.Key_3, ALT)
    QTest.keyClick(first.workspace.timeline, Qt.Key.Key_3, ALT)
    assert [lane.folded for lane in first.workspace.timeline.lanes][:3] == [False, True, False]
    first.close()
    assert first.session.wait_closed()
    second = make_window()
    qtbot.waitUntil(lambda: len(second.document.order) == 1, timeout=60_000)
    assert second.workspace.timeline.spectrogram.folded
    assert not second.workspace.timeline.quadrants.folded
    kept = second.workspaces.page.kept()
    second.workspace.timeline.toggle(second.workspace.timeline.spectrogram)
    second.workspaces.page.show_kept(kept)  # as a session file has it
    assert second.workspace.timeline.spectrogram.folded


def test_a_descriptors_lane_is_folded_again_when_it_comes_back(shown):
    give(shown)
    timeline = shown.workspace.timeline
    timeline.show_descriptors(["loudness"])
    lane = next(lane for lane in timeline.lanes if lane.key == "descriptor loudness")
    timeline.toggle(lane)
    timeline.show_descriptors([])
    timeline.show_descriptors(["tempo", "loudness"])
    assert [lane.folded for lane in timeline.lanes if lane.key.startswith("descriptor")] == [False, True]


def test_what_has_no_room_is_reached_by_scrolling(shown, qtbot):
    give(shown)
    timeline = shown.workspace.timeline
    timeline.show_descriptors(["tempo", "key_clarity", "loudness"])
    shown.resize(shown.width(), 100)  # as small as it can be
    QApplication.sendPostedEvents()
    qtbot.waitUntil(lambda: timeline.height() >= timeline.minimumSizeHint().height(), timeout=10_000)
    last = timeline.lanes[-1]
    assert last.rect.bottom() > timeline.view.height()
    top = timeline.lanes[0].rect.top()
    turn_wheel(timeline, 10, RULER_PX + 50, -30)  # beside the lanes
    assert last.rect.bottom() <= timeline.view.height()
    assert timeline.lanes[0].rect.top() < top
    axis = timeline.axis
    assert (axis.start_s, axis.span_s) == (0.0, 12.0)  # the wheel did not zoom
    picture = timeline.grab().toImage()
    ruler = {picture.pixelColor(x, 3).name() for x in range(200, 400)}
    assert len(ruler) <= 12  # no lane is drawn over the ruler
    assert not timeline.view.geometry().contains(QPointF(0, RULER_PX - 1).toPoint())
    timeline.setFocus()
    QTest.keyClick(timeline, Qt.Key.Key_PageUp)
    QTest.keyClick(timeline, Qt.Key.Key_PageUp)
    assert timeline.lanes[0].rect.top() == top
    shown.session.add_moment(2.0, 3.0, 4.0)
    QTest.keyClick(shown, Qt.Key.Key_N)
    assert last.rect.bottom() <= timeline.view.height()  # its handles are seen
