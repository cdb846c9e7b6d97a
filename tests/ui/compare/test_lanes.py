"""Lanes of several recordings: lines, numbers, readings, and what is drawn where there is nothing."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from app.ui.analysis.lane_stack import LaneStack
from app.ui.compare.lanes import CurveLane, DistanceLane
from app.ui.compare.plane import ComparedPlane
from app.ui.compare.style import DASHES, colour_of
from app.ui.theme import DARK, LIGHT, THEME, contrast
from app.ui.timescale import TimeAxis
from models.figures.palette import RECORDING_COLOURS
from models.inference.compared import MOST_RECORDINGS, Recording, difference
from tests.app.fakes import make_full_analysis, make_overview


def recordings(count: int) -> tuple[Recording, ...]:
    return tuple(
        Recording(
            f"Recording {seed}",
            analysis=make_full_analysis("a" * 64, 12.0, seed=seed),
            overview=make_overview(12.0, seed),
            duration_s=12.0,
        )
        for seed in range(count)
    )


@pytest.fixture
def stack(qtbot):
    THEME.start(QApplication.instance())
    THEME.use(LIGHT)
    made = []

    def make(lanes):
        axis = TimeAxis()
        axis.set_duration(12.0)
        made.append(LaneStack(axis, lanes))
        qtbot.addWidget(made[-1])
        made[-1].resize(900, 300)
        made[-1].show()
        return made[-1]

    return make


def test_each_recording_has_a_colour_and_a_line_of_its_own() -> None:
    assert len(set(DASHES)) == len(set(RECORDING_COLOURS)) == MOST_RECORDINGS
    for tokens in (LIGHT, DARK):
        colours = [colour_of(index, tokens) for index in range(MOST_RECORDINGS)]
        assert len(set(colours)) == MOST_RECORDINGS
    for index in range(MOST_RECORDINGS):
        assert contrast(colour_of(index, DARK), DARK.panel) > 4.5


def test_the_value_of_each_is_read_out_in_one_line_or_two_in_one(stack) -> None:
    lane = CurveLane("valence")
    shown = stack([lane])
    for count in (2, 6):
        every = recordings(count)
        lane.set_recordings(every, 12.0)
        shown.data_changed()
        readings = lane.readings(5.0)
        assert len(readings) == (2 if count == 2 else 3)
        value = float(every[1].on_axis("valence", np.array([5.0]))[0])
        assert float(readings[1].value.replace("\u2212", "-")) == pytest.approx(value, abs=0.12)  # a value each quarter
        each = [one for reading in readings for one in (reading, reading.other) if one is not None]
        assert sorted(one.label for one in each) == [str(number + 1) for number in range(count)]
        assert {one.label: one.dashes for one in each} == {str(n + 1): DASHES[n] for n in range(count)}
        assert {one.label: one.colour for one in each} == {str(n + 1): colour_of(n, LIGHT) for n in range(count)}
        assert all(one.value != "\u2014" for one in each)


def test_an_odd_one_stands_in_its_own_half(stack) -> None:
    lane = CurveLane("valence")
    shown = stack([lane])
    lane.set_recordings(recordings(5), 12.0)
    shown.data_changed()
    assert [one.other.label for one in lane.readings(5.0)] == ["4", "5", ""]


def test_a_swatch_is_drawn_in_the_strokes_of_its_curve(stack) -> None:
    lane = CurveLane("valence")
    shown = stack([lane])
    lane.set_recordings(recordings(2), 12.0)
    shown.data_changed()
    shown.readout.lanes_changed()
    picture = shown.readout.grab().toImage()
    for index, whole in ((0, True), (1, False)):
        ink = colour_of(index, LIGHT).lower()
        rows = [[picture.pixelColor(x, y).name() == ink for x in range(40)] for y in range(picture.height())]
        inked = np.flatnonzero(max(rows, key=sum))
        assert len(inked) > 8
        assert (len(inked) == inked[-1] - inked[0] + 1) == whole


def test_lines_are_drawn_in_their_colours_and_numbered_apart(stack) -> None:
    lane = CurveLane("arousal")
    shown = stack([lane])
    lane.set_recordings(recordings(3), 12.0)
    lane.set_heard(0)
    shown.data_changed()
    picture = shown.view.grab().toImage()
    seen = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert {colour_of(index, LIGHT).lower() for index in range(3)} <= seen
    places = sorted(y for y, _ in lane._tags(shown.axis))
    assert all(second - first >= 15 for first, second in itertools.pairwise(places))
    assert all(lane.rect.top() <= y <= lane.rect.bottom() for y in places)


def test_where_there_is_nothing_nothing_is_drawn_or_said(stack) -> None:
    lane, distance = CurveLane("intensity"), DistanceLane()
    shown = stack([lane, distance])
    lane.set_recordings([Recording("None", duration_s=12.0)], 12.0)
    distance.set_differences([None], [], 12.0)
    shown.data_changed()
    assert not lane.ready
    assert not distance.ready
    assert [reading.value for reading in lane.readings(3.0)] == ["\u2014"]


def test_the_distance_is_that_to_the_first(stack) -> None:
    first, second = recordings(2)
    lane = DistanceLane()
    shown = stack([lane])
    found = difference(first, second)
    lane.set_differences([None, found], [(1, found.moments[0].peak_s)], 12.0)
    shown.data_changed()
    assert lane.readings(6.0)[0].value == "\u2014"
    assert 0 <= float(lane.readings(6.0)[1].value) <= 2.83
    assert 0 <= float(lane.readings(0.0)[1].value) <= 2.83  # also at the very beginning


def test_worms_go_to_the_same_place_of_the_music(qtbot) -> None:
    plane = ComparedPlane()
    qtbot.addWidget(plane)
    first, second = recordings(2)
    plane.set_recordings((first, second))
    plane.set_heard(1)
    plane.set_playhead(6.0)
    plane.resize(240, 260)
    plane.show()
    valence, arousal = plane.trail(1)[-1]
    analysis = second.analysis
    assert valence == pytest.approx(float(np.interp(6.0, analysis.times_s, analysis.valence_over_time)), abs=1e-6)
    assert arousal == pytest.approx(float(np.interp(6.0, analysis.times_s, analysis.arousal_over_time)), abs=1e-6)
    plane.grab()
    plane.set_recordings((first, Recording("None", duration_s=12.0)))
    assert plane.trail(1) == []
    plane.grab()
