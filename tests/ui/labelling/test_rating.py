"""Rating while it plays: what is taken down is where the music was, whatever the clock on the wall says."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.labelling.take import RATE_HZ
from tests.ui.labelling.conftest import CTRL, press

ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def rate(label, window, qtbot):
    """The page on the view for ratings, with tracks of 12 s."""

    def make(tracks: int = 1, *, begun: bool = True):
        page = label(tracks)
        press(window, Qt.Key.Key_2, ALT)
        view = page.rating
        assert view.isVisible()
        qtbot.waitUntil(lambda: window.player.duration_s == 12.0 and view.strip.duration_s == 12.0, timeout=10_000)
        if begun:
            press(window, Qt.Key.Key_Return)
            assert view.recording.state == "countdown"
            press(window, Qt.Key.Key_Space)  # no need to wait for the three seconds
            assert view.recording.state == "rating"
        return view

    return make


def rated(window, n: int = 0):
    return window.document.ratings(window.document.current)[n]


def test_the_stored_times_are_those_of_the_player(rate, window, qtbot):
    """A person follows the music with the mouse, pauses, plays slower and faster; nothing drifts."""
    view = rate(begun=False)
    player = window.player
    heard: list[tuple[float, float, float]] = []  # where the player was, and what the person said there

    def follow(at_s: float) -> None:
        # The person says what time it is: what is stored at a time must be that time.
        view.plane.set_pointer(at_s / 6 - 1, 1 - at_s / 6)
        view._pointed(*view.plane.pointer)
        heard.append((at_s, *view.plane.pointer))

    # Before the recording hears of it: the pointer is where the music is.
    player.position_changed.disconnect(view.recording._follow)
    player.position_changed.connect(follow)
    player.position_changed.connect(view.recording._follow)
    view._point(-1, 1)
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: player.position_s > 0.8, timeout=10_000)
    press(window, Qt.Key.Key_Space)
    assert view.recording.state == "paused"
    taken, rested_s = view.recording.take.coverage, player.position_s
    qtbot.wait(400)
    assert (view.recording.take.coverage, player.position_s) == (taken, rested_s)
    player.set_speed(2.0)
    press(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: player.position_s > 2.4, timeout=10_000)
    player.set_speed(0.5)
    qtbot.waitUntil(lambda: player.position_s > 2.8, timeout=10_000)
    player.set_speed(2.0)
    qtbot.waitUntil(lambda: not view.busy, timeout=20_000)
    rating = rated(window)
    assert rating.dimension == "both"
    assert np.allclose(np.diff(rating.times_s), 1 / RATE_HZ, atol=1e-4)  # every 50 ms of music, none left out
    assert rating.times_s[0] == 0.0
    assert rating.times_s[-1] == pytest.approx(12.0, abs=0.06)
    # What the person said at each time, within the step between two looks at the clock.
    behind_s = (rating.valence + 1) * 6 - rating.times_s
    times = np.array([0.0, *(at_s for at_s, _, _ in heard)])
    step_s = np.diff(np.sort(times)).max()  # a busy machine looks rarely
    assert np.abs(behind_s).max() < step_s + 0.1
    assert abs(np.median(behind_s)) < 0.1  # it neither runs ahead nor falls behind


def test_a_window_that_had_no_time_to_look_leaves_no_gap_but_a_seek_does(rate, window, qtbot):
    rate()
    window.player.set_speed(2.0)
    qtbot.waitUntil(lambda: window.player.position_s > 0.3, timeout=10_000)
    time.sleep(0.8)  # the event loop stands still, the music does not
    qtbot.waitUntil(lambda: window.player.position_s > 2.2, timeout=10_000)
    window.player.seek(8.0)
    qtbot.waitUntil(lambda: window.player.position_s > 8.3, timeout=10_000)
    press(window, Qt.Key.Key_Escape)
    gaps = np.diff(rated(window).times_s)
    assert (gaps > 0.06).sum() == 1
    assert gaps.max() > 5


def test_the_trace_at_2_hz_is_what_the_strip_shows(rate, window, qtbot):
    view = rate()
    window.player.set_speed(2.0)
    view._point(0.5, -0.25)
    qtbot.waitUntil(lambda: view.strip.trace is not None and len(view.strip.trace.times_s) > 2, timeout=10_000)
    press(window, Qt.Key.Key_Escape)
    trace = rated(window).at_2_hz()
    assert set(np.diff(trace.times_s)) == {0.5}
    assert np.array_equal(view.strip.trace.times_s, trace.times_s)
    assert trace.valence[-1] == pytest.approx(0.5)
    assert trace.arousal[-1] == pytest.approx(-0.25)
    assert "Your rating was kept" in window.topbar.notice.text()


def test_the_countdown_counts_three_seconds_and_takes_nothing_down(rate, window, qtbot):
    view = rate(begun=False)
    press(window, Qt.Key.Key_Return)
    assert (view.plane.count, window.player.playing) == (3, False)
    qtbot.waitUntil(lambda: view.plane.count == 2, timeout=3_000)
    press(window, Qt.Key.Key_Escape)
    assert (view.recording.state, view.plane.count) == ("ready", 0)
    assert window.document.ratings(window.document.current) == ()
    assert not window.player.playing


def test_arrow_keys_mouse_and_slider_move_one_pointer(rate, window):
    view = rate()
    press(window, Qt.Key.Key_Right)
    press(window, Qt.Key.Key_Up)
    assert view.recording.pointer == pytest.approx((0.1, 0.1))
    assert view.valence.value() == 10
    QTest.mouseMove(view.plane, view.plane.point(-0.5, 0.5).toPoint())
    assert view.recording.pointer == pytest.approx((-0.5, 0.5), abs=0.02)
    view.arousal.setValue(-40)
    assert view.recording.pointer[1] == pytest.approx(-0.4)
    assert "[−1, 1]" in view.plane.pointer_text


@pytest.mark.parametrize("dimension", ["valence", "arousal"])
def test_one_dimension_alone(rate, window, qtbot, dimension):
    view = rate(begun=False)
    QTest.mouseClick(view.dimension.buttons[dimension], Qt.MouseButton.LeftButton)
    assert view.valence.isVisible() == (dimension == "valence")
    view.plane.setFocus()
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_Space)
    view._point(0.7, 0.7)
    qtbot.waitUntil(lambda: window.player.position_s > 0.4, timeout=10_000)
    press(window, Qt.Key.Key_Escape)
    rating = rated(window)
    other = {"valence": rating.arousal, "arousal": rating.valence}[dimension]
    assert rating.dimension == dimension
    assert other is None
    assert getattr(rating, dimension)[-1] == pytest.approx(0.7)


def test_a_chill_is_marked_by_a_key(rate, window, qtbot):
    view = rate()
    qtbot.waitUntil(lambda: window.player.position_s > 0.5, timeout=10_000)
    press(window, Qt.Key.Key_X)
    at_s = window.player.position_s
    assert "Chill marked at 0:0" in window.topbar.notice.text()
    qtbot.waitUntil(lambda: window.player.position_s > at_s + 0.2, timeout=10_000)
    press(window, Qt.Key.Key_Escape)
    assert rated(window).chills == pytest.approx((at_s,), abs=0.1)
    assert view.strip.chills == rated(window).chills
    assert not window.actions_by_name["label_chill"].isEnabled()


def make_rating(window, value: float = 0.5):
    times = np.arange(0, 12, 1 / RATE_HZ)
    return window.session.add_rating(
        window.document.current, "both", times, np.full(240, value), np.zeros(240), chills=[2.0, 8.0]
    )


def test_a_passage_is_rated_again_and_the_rest_stays(rate, window, qtbot):
    view = rate(begun=False)
    before = make_rating(window)
    strip = view.strip
    assert not window.actions_by_name["label_again"].isEnabled()
    left, right = (round(strip._x(at_s)) for at_s in (7.0, 9.0))
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(left, 40))
    QTest.mouseMove(strip, QPoint(right, 40))
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=QPoint(right, 40))
    assert strip.selection == pytest.approx((7.0, 9.0), abs=0.05)
    press(window, Qt.Key.Key_R)
    press(window, Qt.Key.Key_Space)
    view._point(-0.5, 0.25)
    window.player.set_speed(2.0)
    qtbot.waitUntil(lambda: not view.busy, timeout=10_000)  # it ends by itself where the passage ends
    assert window.player.position_s == pytest.approx(9.0, abs=0.1)
    assert view.start.text() == "Rate  (Enter)"  # no passage is selected any more
    (rating,) = window.document.ratings(window.document.current)
    assert rating is not before
    inside = (rating.times_s > 7.3) & (rating.times_s < 8.9)
    outside = (rating.times_s < 6.9) | (rating.times_s > 9.1)
    assert set(rating.valence[inside]) == {np.float32(-0.5)}
    assert set(rating.valence[outside]) == {np.float32(0.5)}
    assert len(rating.times_s) == 240
    press(window, Qt.Key.Key_Z, CTRL)
    assert "Undone: Rated a passage of “clip 00” again" in window.topbar.notice.text()
    assert [r.id for r in window.document.ratings(window.document.current)] == [before.id]


def test_blind_hides_the_models_curve_and_other_raters(rate, window):
    view = rate(begun=False)
    window.session.set_rater("Anna")
    make_rating(window)
    window.session.set_rater("Ben")
    assert not view.strip.model_shown
    assert view.rows.ratings == []
    press(window, Qt.Key.Key_B, CTRL)
    assert view.strip.model_shown
    assert [button.text().split(" ")[0] for button in view.rows.buttons] == ["Anna"]
    spoken = view.tracks.rows.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "clip 00"  # no quadrant, for whoever reads it out


def test_going_to_another_track_keeps_what_was_rated(rate, window, qtbot):
    view = rate(2)
    first = window.document.current
    qtbot.waitUntil(lambda: window.player.position_s > 0.3, timeout=10_000)
    press(window, Qt.Key.Key_Down, CTRL)
    assert window.document.current != first
    assert len(window.document.ratings(first)) == 1
    assert not view.busy
    assert "rated" in view.tracks.rows.index(0).data(Qt.ItemDataRole.AccessibleTextRole)


def test_leaving_pauses_and_closing_keeps(rate, window, qtbot):
    view = rate()
    qtbot.waitUntil(lambda: window.player.position_s > 0.3, timeout=10_000)
    press(window, Qt.Key.Key_1, CTRL)
    assert view.recording.state == "paused"
    track = window.document.current
    window.close()
    assert len(window.document.ratings(track)) == 1


def test_a_rating_can_be_taken_away(rate, window):
    view = rate(begun=False)
    rating = make_rating(window)
    window.session.remove_rating(rating)
    assert view.rows.ratings == []
    assert view.strip.text == "nothing rated"
    assert math.isclose(view.strip.duration_s, 12.0)
