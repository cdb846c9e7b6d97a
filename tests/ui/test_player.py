from __future__ import annotations

import pytest

from app.ui.player import SPEEDS, Player
from tests.ui.conftest import write_music


@pytest.fixture
def player(qtbot, tmp_path):
    player = Player(sound=False)
    player.open(tmp_path / "any.wav", 10.0)
    yield player
    player.close()


class HandClock:
    """A clock that goes when the test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def start(self) -> None:
        self.seconds = 0.0

    def nsecsElapsed(self) -> float:  # noqa: N802
        return self.seconds * 1e9


@pytest.fixture
def clock(player) -> HandClock:
    player._clock = HandClock()
    return player._clock


def test_the_playhead_moves_with_the_clock(player, clock):
    player.play_from(2.0)
    for elapsed in (0.0, 0.016, 0.5, 3.0):
        clock.seconds = elapsed
        assert player.position_s == pytest.approx(2.0 + elapsed)
    player.pause()
    assert player.position_s == pytest.approx(5.0)
    clock.seconds = 9.0
    assert player.position_s == pytest.approx(5.0)  # at rest


def test_the_playhead_is_told_of_frame_by_frame(player, qtbot):
    seen: list[float] = []
    player.position_changed.connect(seen.append)
    player.play_from(0.0)
    qtbot.waitUntil(lambda: len(seen) > 10, timeout=60_000)
    player.pause()
    assert seen == sorted(seen)


def test_speed_changes_without_a_jump(player, clock):
    player.play_from(1.0)
    clock.seconds = 2.0
    player.set_speed(2.0)
    assert player.position_s == pytest.approx(3.0)
    clock.seconds = 1.0
    assert player.position_s == pytest.approx(5.0)
    player.set_speed(0.5)
    clock.seconds = 1.0
    assert player.position_s == pytest.approx(5.5)


def test_speeds_have_ends(player):
    for _ in range(30):
        player.step_speed(1)
    assert player.speed == SPEEDS[-1] == 2.0
    for _ in range(30):
        player.step_speed(-1)
    assert player.speed == SPEEDS[0] == 0.5


def test_it_rests_at_the_end_and_begins_anew(player, qtbot):
    player.play_from(9.9)
    qtbot.waitUntil(lambda: not player.playing, timeout=60_000)
    assert player.position_s == 10.0
    player.play()
    assert player.position_s < 9.0
    player.pause()


def test_a_late_look_still_turns_back_at_the_end_of_the_selection(player, clock):
    player.set_region((2.0, 2.2))
    player.set_loop(True)
    player.play_from(2.1)
    clock.seconds = 3.0  # nobody looked for much longer than the selection lasts
    player._tick()
    assert player.position_s == pytest.approx(2.0)
    player.seek(4.0)  # put behind the selection, it plays on
    clock.seconds = 0.5
    player._tick()
    assert player.position_s == pytest.approx(4.5)
    clock.seconds = 99.0
    player._tick()
    assert player.position_s == pytest.approx(2.0)  # the end of all turns back, too


def test_the_whole_is_repeated_without_a_selection(player, qtbot):
    player.set_loop(True)
    player.play_from(9.95)
    qtbot.waitUntil(lambda: player.position_s < 9.0, timeout=60_000)
    assert player.playing
    player.pause()


def test_nothing_open_plays_nothing(qtbot):
    player = Player(sound=False)
    player.play()
    assert not player.playing
    player.close()


def test_a_missing_multimedia_is_said_and_the_clock_goes_on(qtbot, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)  # import fails
    player = Player(sound=True)
    told: list[str] = []
    player.trouble.connect(told.append)
    player.open(tmp_path / "any.wav", 10.0)
    player.play()
    assert len(told) == 1
    assert "no sound" in told[0]
    qtbot.waitUntil(lambda: player.position_s > 0.02, timeout=60_000)
    player.close()


def test_real_playback_follows_the_media(qtbot, tmp_path):
    multimedia = pytest.importorskip("PySide6.QtMultimedia")
    probe = multimedia.QMediaPlayer()
    if not probe.isAvailable():
        pytest.skip("this system has no media support")
    probe.deleteLater()
    path = write_music(tmp_path / "real.wav", 5.0)
    player = Player(sound=True)
    player.open(path, 5.0)
    player.play_from(2.0)
    qtbot.waitUntil(lambda: player._media is None or player._media.position() > 2300, timeout=60_000)
    if player._media is None:
        pytest.skip("this system could not play the file")
    assert player.position_s == pytest.approx(player._media.position() / 1000, abs=0.3)
    player.close()
    assert not player.playing


def test_changing_over_plays_on_in_the_other_file_at_its_place(player, clock, tmp_path, qtbot):
    told = []
    player.playing_changed.connect(told.append)
    player.set_region((1.0, 2.0))
    player.play_from(4.0)
    clock.seconds = 1.0
    player.change_over(tmp_path / "other.wav", 20.0, 12.0)
    assert (player.path.name, player.playing, player.duration_s) == ("other.wav", True, 20.0)
    assert told == [True]  # it never rested
    clock.seconds = 0.5
    assert player.position_s == pytest.approx(12.5)
    player.set_loop(True)
    clock.seconds = 9.0
    player._tick()
    assert player.position_s == pytest.approx(0.0)  # the region was one of the other file: the whole is repeated


def test_changing_over_at_rest_stays_at_rest(player, tmp_path):
    player.seek(4.0)
    player.change_over(tmp_path / "other.wav", 5.0, 9.0)
    assert not player.playing
    assert player.position_s == 5.0
