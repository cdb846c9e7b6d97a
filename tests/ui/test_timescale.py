from __future__ import annotations

import pytest

from app.ui.strings import MINUS, clock, decibels, hertz, hertz_range, percent, signed
from app.ui.timescale import SHORTEST_SPAN_S, TimeAxis
from models.audio.files import clock as rounded_clock


@pytest.fixture
def axis(qapp) -> TimeAxis:
    axis = TimeAxis()
    axis.set_duration(100.0)
    return axis


def test_zooming_keeps_the_moment_under_the_pointer(axis):
    axis.set_range(20.0, 40.0)
    axis.zoom(2.0, 30.0)
    assert axis.span_s == pytest.approx(20.0)
    assert (30.0 - axis.start_s) / axis.span_s == pytest.approx(0.25)


def test_the_range_never_leaves_the_recording(axis):
    axis.set_range(90.0, 40.0)
    assert (axis.start_s, axis.span_s) == (60.0, 40.0)
    axis.pan(-500.0)
    assert axis.start_s == 0.0
    axis.zoom(1e9)
    assert axis.span_s == SHORTEST_SPAN_S
    axis.zoom(1e-9)
    assert (axis.start_s, axis.span_s) == (0.0, 100.0)


def test_a_recording_shorter_than_the_shortest_span_is_shown_whole(axis):
    axis.set_duration(0.2)
    axis.zoom(4.0)
    assert (axis.start_s, axis.span_s) == (0.0, 0.2)


def test_the_exact_length_does_not_move_what_is_in_view(axis):
    axis.set_range(20.0, 40.0)
    axis.correct_duration(99.7)
    assert (axis.start_s, axis.span_s, axis.duration_s) == (20.0, 40.0, 99.7)
    axis.set_range(0.0, 99.7)
    axis.correct_duration(101.0)
    assert (axis.start_s, axis.span_s) == (0.0, 101.0)


def test_pages_turn_and_reveal(axis):
    axis.set_range(0.0, 10.0)
    axis.turn_page(10.1)
    assert axis.start_s < 10.1 < axis.end_s
    assert axis.start_s > 9.0
    before = axis.start_s
    axis.reveal(12.0)
    assert axis.start_s == before
    axis.reveal(50.0)
    assert axis.start_s < 50.0 < axis.end_s


@pytest.mark.parametrize("span_s", [0.5, 2.0, 37.0, 600.0, 3600.0, 10_800.0])
def test_ticks_are_few_round_and_in_view(qapp, span_s):
    axis = TimeAxis()
    axis.set_duration(10_800.0)
    axis.set_range(1000.0, span_s)
    large, small = axis.ticks(600)
    assert 2 <= len(large) <= 9
    assert len({label for _, label in large}) == len(large)
    assert all(axis.start_s <= at <= axis.end_s for at in [at for at, _ in large] + small)


def test_words_for_numbers():
    assert clock(67.34, tenths=True) == "1:07.3"
    assert clock(59.999) == "1:00"
    assert clock(187.3) == rounded_clock(187.3) == "3:07"  # as on the command line
    assert clock(187.6) == rounded_clock(187.6) == "3:08"
    assert clock(3725) == "1:02:05"
    assert clock(3599.96, tenths=True) == "1:00:00.0"
    assert clock(-0.5, tenths=True) == f"{MINUS}0:00.5"
    assert signed(0.42) == "+0.42"
    assert signed(-0.42) == f"{MINUS}0.42"
    assert signed(-0.001) == "0.00"
    assert percent(0.712).startswith("71")
    assert percent(0.001).startswith("<1")
    assert percent(0.999).startswith(">99")
    assert decibels(-18.34) == f"{MINUS}18.3 dB"
    assert hertz(440) == "440 Hz"
    assert hertz(1234) == "1.2 kHz"


def test_ranges_of_frequencies_are_no_more_exact_than_they_are_known():
    ends = ((0.0, 848.3), (603.7, 1412.0), (6180.0, float("inf")), (0.0, float("inf")))
    said = [hertz_range(low, high) for low, high in ends]
    assert said == ["below 850 Hz", "600 to 1,400 Hz", "above 6,200 Hz", "all frequencies"]
