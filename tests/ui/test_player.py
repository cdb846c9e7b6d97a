from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QElapsedTimer

from app.ui.player import SPEEDS, Player
from tests.ui.conftest import write_music


@pytest.fixture
def player(qtbot, tmp_path):
    player = Player(sound=False)
    player.open(tmp_path / "any.wav", 10.0)
    yield player
    player.close()


def test_the_playhead_moves_with_the_clock_and_smoothly(player, qtbot):
    seen: list[float] = []
    player.position_changed.connect(seen.append)
    watch = QElapsedTimer()
    player.play_from(2.0)
    watch.start()
    qtbot.wait(600)
    elapsed = watch.elapsed() / 1000
    at = player.position_s
    player.pause()
    assert at == pytest.approx(2.0 + elapsed, abs=0.05)
    steps = [b - a for a, b in itertools.pairwise(seen)]
    assert min(steps) >= 0
    assert len(steps) > 10


def test_speed_changes_without_a_jump(player, qtbot):
    player.play_from(1.0)
    qtbot.wait(50)
    before = player.position_s
    player.set_speed(2.0)
    assert player.position_s == pytest.approx(before, abs=0.03)
    watch = QElapsedTimer()
    watch.start()
    start = player.position_s
    qtbot.wait(300)
    assert player.position_s - start == pytest.approx(2 * watch.elapsed() / 1000, abs=0.1)
    player.pause()


def test_speeds_have_ends(player):
    for _ in range(30):
        player.step_speed(1)
    assert player.speed == SPEEDS[-1] == 2.0
    for _ in range(30):
        player.step_speed(-1)
    assert player.speed == SPEEDS[0] == 0.5


def test_it_rests_at_the_end_and_begins_anew(player, qtbot):
    player.play_from(9.9)
    qtbot.waitUntil(lambda: not player.playing, timeout=5000)
    assert player.position_s == 10.0
    player.play()
    assert player.position_s < 0.5
    player.pause()


def test_the_whole_is_repeated_without_a_selection(player, qtbot):
    player.set_loop(True)
    player.play_from(9.95)
    qtbot.waitUntil(lambda: player.position_s < 1.0, timeout=5000)
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
    qtbot.wait(100)
    assert player.position_s > 0.02
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
    qtbot.waitUntil(lambda: player._media is None or player._media.position() > 2300, timeout=15_000)
    if player._media is None:
        pytest.skip("this system could not play the file")
    assert player.position_s == pytest.approx(player._media.position() / 1000, abs=0.3)
    player.close()
    assert not player.playing
