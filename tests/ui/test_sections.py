"""Sections and beats in their lane: drawn, read out, and stepped through."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from app.ui.analysis.lane_stack import RULER_PX
from app.ui.analysis.lanes.sections import _GROUNDS
from app.ui.theme import DARK, LIGHT, contrast
from models.structure.structure import Section, Structure
from tests.app.fakes import make_structure


@pytest.fixture
def known(qtbot, shown):
    """The shown track of 12 s: two sections, a beat each half second, four to a bar."""
    current = shown.document.current
    qtbot.waitUntil(lambda: shown.document.structure(current) is not None, timeout=60_000)
    return shown


def pixels_of_row(timeline, y: int) -> list[str]:
    image = timeline.view.grab().toImage()
    ratio = image.devicePixelRatio()
    return [image.pixelColor(int(x * ratio), int(y * ratio)).name() for x in range(int(timeline.view.width()))]


def put(window, structure: Structure) -> None:
    window.document.put_structure(window.document.current, structure)


def test_the_lane_is_there_before_its_data_and_does_not_move(qtbot, shown):
    timeline = shown.workspace.timeline
    before = [lane.rect for lane in timeline.lanes]
    current = shown.document.current
    qtbot.waitUntil(lambda: shown.document.structure(current) is not None, timeout=60_000)
    assert [lane.rect for lane in timeline.lanes] == before
    assert timeline.sections.ready


def test_sections_differ_in_letter_and_in_ground(known):
    timeline = known.workspace.timeline
    lane = timeline.sections
    row = pixels_of_row(timeline, int(lane.rect.top()) + 4)
    width = timeline.view.width()
    assert row[width // 4] != row[3 * width // 4]
    assert lane.section_at(1.0).letter == "A"
    assert lane.section_at(11.9).letter == "B"
    assert lane.section_at(12.0).letter == "B"


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_letters_can_be_read_on_every_ground(tokens):
    panel = QColor(tokens.panel).getRgbF()[:3]
    for name, strength in _GROUNDS:
        tint = tokens.colour(name).getRgbF()[:3]
        mixed = QColor.fromRgbF(*(strength * a + (1 - strength) * b for a, b in zip(tint, panel, strict=True)))
        assert contrast(tokens.text, mixed.name()) >= 4.5


def test_beats_are_drawn_where_there_is_room(known):
    timeline = known.workspace.timeline
    base = int(timeline.sections.rect.bottom()) - 4
    ground = pixels_of_row(timeline, base)
    common = max(set(ground), key=ground.count)
    assert sum(colour != common for colour in ground) >= 20, "24 beats in 12 s have room"
    put(known, replace(make_structure("x"), beats_s=np.arange(0, 12, 0.01, dtype=np.float32)))
    crowded = pixels_of_row(timeline, base)
    assert sum(colour != common for colour in crowded) < 12, "a tick each hundredth has not"


def test_letter_bar_and_beat_are_read_out(known):
    timeline = known.workspace.timeline
    overlay = timeline.overlay
    y = int(timeline.sections.rect.center().y()) + RULER_PX
    x = next(x for x in range(overlay.width()) if overlay.time_at(x) > 2.6)  # the sixth beat: bar 2, beat 2
    QTest.mouseMove(overlay, QPoint(x, y))
    assert "section A bar 2, beat 2" in timeline.readout.text


def test_without_bars_the_beat_is_counted_and_without_beats_nothing_is(known):
    lane = known.workspace.timeline.sections
    nothing = np.empty(0, np.float32)
    put(known, replace(make_structure("x"), downbeats_s=nothing))
    assert lane.readings(2.6)[0].value == "beat 6"
    put(known, replace(make_structure("x"), downbeats_s=nothing, beats_s=nothing, tempo_bpm=None))
    assert lane.readings(2.6)[0].value == ""
    assert "beats a minute" not in lane.about


def test_where_the_pulse_pauses_no_bar_is_named(known):
    lane = known.workspace.timeline.sections
    beats_s = np.concatenate((np.arange(0, 4, 0.5), np.arange(8, 12, 0.5))).astype(np.float32)
    put(known, replace(make_structure("x"), beats_s=beats_s, downbeats_s=beats_s[::4]))
    said = [lane.readings(time_s)[0].value for time_s in (3.6, 6.0, 8.6)]
    assert said == ["bar 2, beat 4", "", "beat 2 of the bar"]  # how many bars went by in between is not known
    put(known, replace(make_structure("x"), beats_s=beats_s, downbeats_s=beats_s[:8:4]))
    assert lane.readings(8.6)[0].value == ""  # not counted on from the bar before the pause


def test_bars_that_begin_late_have_no_numbers(known):
    lane = known.workspace.timeline.sections
    beats_s = np.arange(6, 12, 0.5).astype(np.float32)
    put(known, replace(make_structure("x"), beats_s=beats_s, downbeats_s=beats_s[1::4]))
    assert [lane.readings(time_s)[0].value for time_s in (6.1, 6.6, 9.1)] == [
        "",
        "beat 1 of the bar",
        "beat 2 of the bar",
    ]


def test_i_goes_to_the_next_section_and_shift_i_back(known):
    sections = tuple(Section(a, b, letter) for a, b, letter in ((0, 4, "A"), (4, 8, "B"), (8, 12, "A")))
    put(known, replace(make_structure("x"), sections=sections))
    timeline = known.workspace.timeline
    timeline.setFocus()
    seen = []
    for key, modifier in (("I", "No"), ("I", "No"), ("I", "No"), ("I", "Shift"), ("I", "Shift")):
        QTest.keyClick(timeline, getattr(Qt.Key, f"Key_{key}"), getattr(Qt.KeyboardModifier, f"{modifier}Modifier"))
        seen.append(round(known.player.position_s, 1))
    assert seen == [4.0, 8.0, 8.0, 4.0, 0.0]


def test_one_section_leaves_nothing_to_step_to(known):
    put(known, replace(make_structure("x"), sections=(Section(0, 12, "A"),)))
    assert not known.actions_by_name["next_section"].isEnabled()


def test_what_fails_is_said_in_the_lane(qtbot, shown, monkeypatch):
    from app.jobs.structures import Looking

    lane = shown.workspace.timeline.sections
    structures = shown.session.structures
    shown.document.forget_structure(shown.document.current)
    monkeypatch.setattr(structures, "of", lambda _track: Looking("failed", message="“one.wav” is damaged."))
    structures.changed.emit(shown.document.current)
    assert lane.message == "“one.wav” is damaged."
    assert lane.explain(1.0) == "“one.wav” is damaged."
    monkeypatch.setattr(structures, "of", lambda _track: Looking("working", 0.4))
    structures.changed.emit(shown.document.current)
    assert lane.message.startswith("Looking for")


def test_a_tooltip_says_where_a_section_is_and_how_often_it_comes(known):
    sections = tuple(Section(a, b, letter) for a, b, letter in ((0, 4, "A"), (4, 8, "B"), (8, 12, "A")))
    put(known, replace(make_structure("x"), sections=sections))
    assert known.workspace.timeline.sections.explain(1.0) == "Section A, 0:00\u20130:04. Like it is 1 other."
