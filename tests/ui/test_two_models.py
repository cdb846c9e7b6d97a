"""Two models on one track: both asked, drawn on one time axis, and where they differ a key away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from app.ui.two_models.dialog import ModelComparison
from app.ui.two_models.words import figures_html, moment_text
from models.analysis import Analysis
from models.inference.differences import differences, differing_moments
from tests.app.fakes import make_full_analysis
from tests.ui.conftest import settled

SHIFT = Qt.KeyboardModifier.ShiftModifier


def opened(window) -> ModelComparison:
    QTest.keyClick(window, Qt.Key.Key_F7)
    comparison = window.models.comparison
    assert comparison is not None
    assert comparison.isVisible()
    return comparison


def both(comparison: ModelComparison) -> bool:
    return all(analysis is not None for analysis in comparison._drawn)


@pytest.fixture
def compared(qtbot, shown) -> ModelComparison:
    """The comparison of a track of 12 s that both models have analysed."""
    comparison = opened(shown)
    qtbot.waitUntil(lambda: both(comparison), timeout=60_000)
    return comparison


def differing(analysis: Analysis) -> Analysis:
    """The same, but for a leap in arousal in the middle."""
    arousal = np.clip(analysis.arousal_over_time, -0.4, 0.4)
    there = np.abs(analysis.times_s - 6.0) < 1.0
    return replace(analysis, model_id="other", arousal_over_time=np.where(there, 1.0, arousal).astype(np.float32))


def test_the_other_model_is_asked_and_the_first_goes_on_judging(shown, compared, science) -> None:
    first, second = compared._drawn
    assert (first.model_id, second.model_id) == ("fake", "other")
    assert [side.id for side in compared.sides] == ["fake", "other"]
    assert shown.document.model.id == "fake"
    assert shown.document.analysis(shown.document.current) is first
    assert science.analysed == ["one.wav", "one.wav"]
    assert compared.axis.duration_s == shown.workspace.axis.duration_s
    assert all(lane.ready for lane in compared.stack.lanes)
    text = compared.stack.readout.text
    for words in ("A: quadrants", "B: quadrants", "Valence", "Arousal", "Difference"):
        assert words in text


def test_progress_is_shown_and_cancelled(shown, science, qtbot) -> None:
    science.hold.add("one.wav")
    comparison = opened(shown)
    side = comparison.sides[1]
    assert side.bar.isVisible()
    assert science.held.wait(20)
    QTest.mouseClick(side.cancel, Qt.MouseButton.LeftButton)
    assert side.state.text() == "has not analysed this track"
    assert not side.bar.isVisible()
    assert comparison._drawn[0] is not None  # what is known is drawn
    assert "Shown once both" in comparison.no_moments.text()
    assert not comparison.difference.ready
    science.hold.clear()
    QTest.mouseClick(side.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: both(comparison), timeout=60_000)
    assert not side.again.isVisible()


def test_a_model_that_fails_says_why(shown, science, qtbot) -> None:
    science.bad.add("one.wav")
    comparison = opened(shown)
    side = comparison.sides[1]
    qtbot.waitUntil(lambda: "one.wav" in side.state.text(), timeout=60_000)
    assert side.again.isVisible()
    assert shown.document.track(shown.document.current).status == "done"


def test_another_track_is_compared_too(shown, compared, qtbot, music) -> None:
    was = compared._drawn
    shown.open_paths([music("two.wav")])
    qtbot.waitUntil(lambda: len(shown.document) == 2 and settled(shown), timeout=60_000)
    shown.session.select_track(shown.document.order[1])
    qtbot.waitUntil(lambda: both(compared) and compared._drawn != was, timeout=60_000)
    assert compared._drawn[1].sha256 == compared._drawn[0].sha256 != was[0].sha256
    assert "two" in compared.title.text()
    shown.session.clear_list()
    assert compared._drawn == (None, None)
    assert "Open music" in compared.title.text()


def test_where_they_differ_is_a_key_away_and_the_playhead_is_one(shown, compared, qtbot) -> None:
    first = make_full_analysis(compared._drawn[0].sha256, 12.0)
    first = replace(first, model_id="fake", arousal_over_time=np.full(len(first.times_s), -0.5, np.float32))
    compared._draw(first, differing(first), None)
    assert compared.moments.count() == len(compared._moments) >= 1
    largest = max(compared._moments, key=lambda moment: moment.size)
    assert largest.aspect == "arousal"
    assert abs(largest.peak_s - 6.0) < 1.1
    for _ in range(len(compared._moments)):
        QTest.keyClick(compared.stack, Qt.Key.Key_N)
        assert shown.player.position_s in [pytest.approx(moment.peak_s, abs=0.01) for moment in compared._moments]
    QTest.keyClick(compared.stack, Qt.Key.Key_N, SHIFT)
    row = compared.moments.currentRow()
    assert shown.player.position_s == pytest.approx(compared._moments[row].peak_s, abs=0.01)
    assert shown.workspace.timeline._playhead_s == compared.stack._playhead_s == shown.player.position_s
    compared.moments.itemActivated.emit(compared.moments.currentItem())
    assert shown.player.playing
    QTest.keyClick(compared.stack, Qt.Key.Key_Space)
    assert not shown.player.playing


def test_bands_of_both_and_readings_of_both(compared) -> None:
    first = make_full_analysis(compared._drawn[0].sha256, 12.0)
    compared._draw(first, differing(first), None)
    valence, arousal = compared.pairs
    assert all(band.visible for band in (*valence.bands, *arousal.bands))
    assert [reading.label for reading in arousal.readings(6.0)] == ["A", "80\u202f%", "B", "80\u202f%"]
    assert arousal.readings(6.0)[2].value == "+1.00"
    without = replace(first, band_coverage=0.0)
    compared._draw(first, without, None)
    assert [band.visible for band in valence.bands] == [True, False]
    assert [reading.label for reading in valence.readings(6.0)] == ["A", "80\u202f%", "B"]


def test_the_same_model_twice_agrees(compared) -> None:
    compared.compare("fake", "fake")
    first, second = compared._drawn
    assert first is second
    assert compared._moments == []
    assert "they agree" in compared.no_moments.text()
    assert "Both say" in compared.figures.text()


def test_figures_and_moments_in_words() -> None:
    first = make_full_analysis("a" * 64, 12.0)
    first = replace(first, arousal_over_time=np.full(len(first.times_s), -0.5, np.float32), arousal=-0.5)
    second = replace(differing(first), arousal=0.25, arousal_band=None, probabilities=first.probabilities[::-1].copy())
    found = differences(first, second)
    page = figures_html(first, second, found)
    assert "\u22120.50" in page
    assert "+0.25" in page
    assert "They disagree about the quadrant." in page
    assert "\u2014" in figures_html(first, None, None)
    hardly = np.array([0.004, 0.99, 0.004, 0.002], np.float32)
    page = figures_html(replace(first, probabilities=hardly), None, None)
    assert "&lt;1" in page  # "<1 %" bare would be read as a tag, and the cell be empty
    (moment, *_) = differing_moments(found)
    text = moment_text(moment, first, second)
    assert "arousal, 0.75" in text
    assert "A \u22120.50, B +1.00" in text


def test_it_is_opened_from_the_manager_and_closes_with_the_window(shown, qtbot) -> None:
    shown.models.manage()
    manager = shown.models.manager
    manager.show_model("other")
    manager.other.setCurrentIndex(manager.other.findData("fake"))
    manager.other.activated.emit(manager.other.currentIndex())
    QTest.mouseClick(manager.on_track, Qt.MouseButton.LeftButton)
    comparison = shown.models.comparison
    assert [side.id for side in comparison.sides] == ["other", "fake"]
    qtbot.waitUntil(lambda: both(comparison), timeout=60_000)
    shown.close()
    assert not comparison.isVisible()
    assert not manager.isVisible()


def test_one_model_alone_is_not_compared(shown, science) -> None:
    del science.cards["other"]
    QTest.keyClick(shown, Qt.Key.Key_F7)
    assert shown.models.comparison is None
    assert "only one model" in shown.topbar.notice.text()


def test_every_control_has_a_name(compared) -> None:
    for part in (compared.stack, compared.strip, compared.moments, compared.figures):
        assert part.accessibleName()
    for side in compared.sides:
        assert side.model.accessibleName()
        assert side.bar.accessibleName()
        assert any(label.buddy() is side.model for label in side.findChildren(QLabel))
