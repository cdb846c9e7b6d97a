"""The right panel's further parts: music-specific emotions, descriptors and their lanes, folding."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui.analysis.descriptors import MOST_LANES, rows_of
from app.ui.analysis.lane_stack import RULER_PX
from app.ui.analysis.lanes.descriptor import DescriptorLane, span
from app.ui.descriptor_words import MAIN, info, with_unit
from app.ui.theme import THEME
from models.analysis import DescriptorCurves, GemsEstimate
from tests.app.fakes import FakeCard, make_full_analysis
from tests.ui.conftest import colours_in, give

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


@dataclass(frozen=True)
class ScoredCard(FakeCard):
    raw: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
def science(science):
    quality = {
        "calmness": {"r": 0.66, "low": 0.6, "high": 0.71},
        "power": {"r": 0.12, "low": -0.02, "high": 0.26},
        "tension": {"r": 0.41, "low": -0.01, "high": 0.7},
    }
    science.cards[""] = ScoredCard(raw={"name": "A fake", "scores": {"gems": quality}})
    return science


GEMS = (
    GemsEstimate("power", 0.7),
    GemsEstimate("calmness", 0.9),
    GemsEstimate("tension", 0.1),
    GemsEstimate("joyful_activation", 0.5),
)


def test_emotions_are_bars_with_their_share_and_quality(shown):
    give(shown, gems=GEMS, domain=None)
    gems = shown.panel.gems
    assert gems.isVisible()
    assert gems.text.splitlines() == [
        "power 70\u202f%, weakly predicted, r 0.12",
        "calmness 90\u202f%, r 0.66",
        "tension 10\u202f%, weakly predicted, r 0.41",  # the interval holds zero
        "joyful activation 50\u202f%, not measured",
    ]
    assert "power 70" in gems.accessibleDescription()
    assert gems.bar(1).width() == pytest.approx(0.9 * gems.width())
    about = gems.about(GEMS[1])
    assert "0.66 (0.60 to 0.71)" in about
    assert "95%" in about
    assert "weakly" not in about
    assert "Weakly predicted" in gems.about(GEMS[0])
    assert "has not been measured" in gems.about(GEMS[3])
    assert "listeners" in shown.panel.gems_note.text()


def test_a_weak_bar_is_hatched_and_a_good_one_plain(shown):
    give(shown, gems=GEMS, domain=None)
    gems = shown.panel.gems
    plain = colours_in(gems, gems.bar(1).adjusted(6, 2, -6, -2))
    assert plain == {THEME.tokens.accent.lower()}
    assert len(colours_in(gems, gems.bar(0).adjusted(6, 2, -6, -2))) > 1


def test_the_largest_share_goes_on_top_by_button_and_key_and_stays_so(shown, make_window):
    give(shown, gems=GEMS)
    names = [row.name for row in shown.panel.gems.rows]
    assert names == [estimate.name for estimate in GEMS]
    QTest.mouseClick(shown.panel.sort, LEFT)
    assert [row.name for row in shown.panel.gems.rows] == ["calmness", "power", "joyful_activation", "tension"]
    QTest.keyClick(shown, Qt.Key.Key_G, CTRL)
    assert [row.name for row in shown.panel.gems.rows] == names
    QTest.keyClick(shown, Qt.Key.Key_G, CTRL)
    shown.close()
    assert shown.session.wait_closed()
    assert make_window().panel.sort.isChecked()


def test_no_figure_is_cut_off_where_the_panel_is_narrowest(shown):
    QTest.keyClick(shown, Qt.Key.Key_C)  # with the card that corrects, the widest
    panel = shown.panel
    room = panel.minimumWidth() - panel.verticalScrollBar().sizeHint().width()
    assert panel.widget().minimumSizeHint().width() <= room


def test_a_model_without_emotions_or_descriptors_says_so(shown):
    assert not shown.panel.gems.isVisible()
    assert not shown.panel.sort.isVisible()
    assert "does not estimate them" in shown.panel.gems_note.text()
    assert not shown.panel.descriptors.isVisible()
    assert "gives none" in shown.panel.descriptors_note.text()
    shown.session.remove_tracks([shown.document.current])
    assert "once the track has been analysed" in shown.panel.gems_note.text()


def summed() -> DescriptorCurves:
    """The fake's descriptors with a figure of the whole for each curve, and nothing besides."""
    curves = make_full_analysis("0" * 64).descriptors
    return replace(curves, summary={"tempo.p50": 96.0, "key_clarity.mean": 0.61, "loudness.mean": -18.5})


def test_descriptors_are_listed_with_units(shown):
    give(shown, descriptors=summed())
    lines = [shown.panel.descriptors.model().index(i, 0).data() for i in range(3)]
    assert lines == ["tempo 96.0 BPM", "key clarity 0.61 (0 to 1)", "loudness \u221218.5 dBFS"]
    first = shown.panel.descriptors.model().index(0, 0)
    assert "median" in first.data(Qt.ItemDataRole.ToolTipRole)


def test_rows_take_the_best_figure_of_the_whole():
    values = np.array([[1, 5], [3, np.nan], [8, 7]], np.float32)
    times_s = np.arange(3, dtype=np.float32) / 2
    summary = {"a.mean": 4.0, "a.std": 1.0, "a.p50": 3.5, "key": 2.0}
    rows = rows_of(DescriptorCurves(("a", "b"), ("Hz", "dB"), times_s, values, summary))
    assert [(row.name, row.value, row.statistic, row.over_time) for row in rows] == [
        ("a", 3.5, "p50", True),
        ("b", 6.0, "median", True),
        ("key", 2.0, "", False),
    ]
    assert rows_of(None) == []


def descriptor_lane(window) -> DescriptorLane:
    (lane,) = (lane for lane in window.workspace.timeline.lanes if isinstance(lane, DescriptorLane))
    return lane


def click_row(window, row: int) -> None:
    listing = window.panel.descriptors
    window.panel.ensureWidgetVisible(listing)
    QTest.mouseClick(listing.viewport(), LEFT, pos=listing.visualRect(listing.model().index(row, 0)).center())


def test_a_tick_draws_a_lane_on_the_same_axis_and_playhead(shown):
    timeline = shown.workspace.timeline
    before = [lane.title for lane in timeline.lanes]
    analysis = give(shown)
    click_row(shown, 2)
    below = before.index("Loudness") + 1  # the level, which all tracks have
    assert [lane.title for lane in timeline.lanes] == [*before[:below], "Loudness", *before[below:]]
    lane = descriptor_lane(shown)
    assert lane.ready
    shown.workspace.axis.set_range(4.0, 4.0)
    assert lane.shown_s == pytest.approx((4.0, 8.0))
    shown.player.seek(6.1)
    value = float(analysis.descriptors.values[12, 2])
    assert f"{value:.1f} dBFS" in timeline.readout.text.split("Loudness\n")[2]
    place = lane.rect.translated(timeline.view.x(), RULER_PX)
    drawn = colours_in(timeline, place.adjusted(20, 2, -place.width() + 220, -2))
    assert len(drawn) > 2  # a curve on the panel's ground
    click_row(shown, 2)
    assert [lane.title for lane in timeline.lanes] == before
    assert timeline.lanes[-1].rect.bottom() <= timeline.view.height()


def test_lanes_are_chosen_by_keys_and_remembered(shown, make_window, qtbot):
    give(shown)
    listing = shown.panel.descriptors
    listing.setFocus()
    listing.setCurrentIndex(listing.model().index(0, 0))
    QTest.keyClick(listing, Qt.Key.Key_Space)
    assert not shown.player.playing
    QTest.keyClick(listing, Qt.Key.Key_Down)
    QTest.keyClick(listing, Qt.Key.Key_Return)
    assert listing.chosen == ("tempo", "key_clarity")
    state = listing.model().index(0, 0).data(Qt.ItemDataRole.CheckStateRole)
    assert state == Qt.CheckState.Checked
    shown.close()
    assert shown.session.wait_closed()
    again = make_window()
    assert [lane.title for lane in again.workspace.timeline.lanes][5:7] == ["Tempo", "Key clarity"]
    assert not again.workspace.timeline.lanes[5].ready  # a quiet place, until its data come
    qtbot.waitUntil(lambda: len(again.document.order) == 1, timeout=60_000)


def test_a_further_lane_takes_the_place_of_the_oldest(shown, qtbot):
    curves = DescriptorCurves(
        tuple("abcde"),
        ("Hz",) * 5,
        np.arange(24, dtype=np.float32) / 2,
        np.random.default_rng(0).uniform(1, 9, (24, 5)).astype(np.float32),
    )
    give(shown, descriptors=curves)
    before = len(shown.workspace.timeline.lanes)
    for row in range(5):
        click_row(shown, row)
    assert shown.panel.descriptors.chosen == ("c", "d", "e")
    assert len(shown.workspace.timeline.lanes) == before + MOST_LANES
    QApplication.sendPostedEvents()
    shown.resize(shown.width(), 100)
    QApplication.sendPostedEvents()
    timeline = shown.workspace.timeline
    # The window may hear of the room that the lanes need some turns of the event loop later, and grows then.
    qtbot.waitUntil(lambda: timeline.height() >= timeline.minimumSizeHint().height(), timeout=10_000)
    timeline.setFocus()
    for _ in range(3):
        QTest.keyClick(timeline, Qt.Key.Key_PageDown)
    assert timeline.lanes[-1].rect.bottom() <= timeline.view.height()  # what lies below can be reached


def test_gaps_in_a_descriptor_stay_gaps(shown):
    analysis = give(shown)
    curves = analysis.descriptors
    values = curves.values.copy()
    values[:12] = np.nan
    give(shown, descriptors=replace(curves, values=values))
    click_row(shown, 0)
    timeline = shown.workspace.timeline
    lane = descriptor_lane(shown)
    shown.player.seek(2.0)
    assert timeline.readout.text.split("Tempo\n")[1].startswith("here \u2014")
    half = lane.rect.width() / 2
    place = lane.rect.translated(timeline.view.x(), RULER_PX)
    ground = THEME.tokens.panel.lower()
    shown.player.seek(12.0)
    empty = QRectF(place.left() + 4, place.top() + 3, half - 20, place.height() - 6)
    assert colours_in(timeline, empty) == {ground}
    assert len(colours_in(timeline, empty.translated(half, 0))) > 1


def test_the_range_of_a_lane_is_round_and_holds_its_curve():
    assert span(np.array([0.2, 0.4], np.float32), "0..1") == (0.0, 1.0)
    low, high = span(np.array([103.0, 127.0, np.nan], np.float32), "BPM")
    assert (low, high) == (100.0, 130.0)
    assert span(np.full(3, np.nan, np.float32), "Hz") == (0.0, 1.0)
    assert span(np.array([0.1], np.float32), "-2 to 2", (-0.4, 0.4)) == (-0.4, 0.4)  # a narrow part of its range
    assert span(np.array([0.7], np.float32), "share", (0.3, 0.95))[1] <= 1.0
    low, high = span(np.full(3, 5.0, np.float32), "Hz")
    assert low <= 5.0 <= high
    assert low < high


def test_parts_fold_away_and_stay_so(shown, make_window):
    section = shown.panel.sections["gems"]
    assert section.body.isVisible()
    QTest.mouseClick(section.button, LEFT)
    assert not section.body.isVisible()
    assert "folded" in section.button.accessibleName()
    shown.close()
    assert shown.session.wait_closed()
    again = make_window()
    assert not again.panel.sections["gems"].is_open
    assert again.panel.sections["whole"].is_open


def test_the_main_descriptors_come_first_and_all_on_request(shown):
    names = ("mfcc_1", "mode", "tempo", "skewness")
    curves = DescriptorCurves(
        names, ("", "-2 to 2", "BPM", ""), np.arange(24, dtype=np.float32) / 2,
        np.ones((24, 4), np.float32), {"tempo.p50": 96.0, "tuning": 0.1},
    )  # fmt: skip
    give(shown, descriptors=curves)
    listing, button = shown.panel.descriptors, shown.panel.all_descriptors
    assert [row.name for row in listing.rows] == ["tempo", "mode"]
    assert button.text() == "All 5 descriptors"
    QTest.mouseClick(button, LEFT)
    assert [row.name for row in listing.rows] == [*names, "tuning"]
    assert listing.rows[-1].unit == "semitones"
    click_row(shown, 0)
    QTest.mouseClick(button, LEFT)
    assert [row.name for row in listing.rows] == ["tempo", "mode", "mfcc_1"]  # what is drawn stays in reach
    tip = listing.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "pulse" in tip  # its definition
    assert "Cepstral" in descriptor_lane(shown).about
    give(shown, descriptors=summed())
    assert not button.isVisible()


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.305, "share", "30\u202f%"),
        (-0.25, "-1 to 1", "\u22120.25 (\u22121 to 1)"),
        (0.614, "0..1", "0.61 (0 to 1)"),
        (1.0, "octaves re 1 kHz", "2.0 kHz"),
        (61.8, "MIDI note", "D4 (61.8)"),
        (-3.27, "dB/s", "\u22123.27 dB/s"),
        (-0.001, "dB/s", "0.00 dB/s"),
        (128.4, "BPM", "128 BPM"),
        (4.0, "", "4.00"),
    ],
)
def test_figures_have_units_as_a_musician_reads_them(value, unit, text):
    assert with_unit(value, unit) == text


def test_every_main_descriptor_exists():
    known = [info(name) for name in MAIN]
    assert all(known)
    assert all(descriptor.definition for descriptor in known)
