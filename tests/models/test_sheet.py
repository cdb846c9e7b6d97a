"""Words in millimetres, and one figure at a time."""

from __future__ import annotations

import threading

import matplotlib as mpl
import pytest

from models.figures.panels import draw_panels
from models.figures.preset import ONE_COLUMN, PRESETS, TWO_COLUMNS
from models.figures.recording import view_of
from models.figures.saving import figure_bytes
from models.figures.sheet import Key, key_rows, width_mm, wrap
from models.figures.style import drawing
from models.figures.timescale import clock, time_ticks
from tests.models.figure_toys import make_recording


@pytest.mark.parametrize(
    "text",
    [
        "A line that is far too long for a column and must be broken where words end, never within one",
        "\u5bc2\u9759\u7684\u7ad9\u53f0\u4e4b\u591c" * 12,
        "Donaudampfschifffahrtsgesellschaftskapitaensmuetzenverkaeuferverband" * 2,
        "one\n\ntwo",
        "",
    ],
)
def test_lines_fit_their_room_and_nothing_is_lost(text: str) -> None:
    with drawing():
        lines = wrap(text, 40.0, 8.0)
        assert all(width_mm(line, 8.0) <= 40.0 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_words_are_not_cut_where_they_need_not_be() -> None:
    with drawing():
        lines = wrap("several words of common length stand here in a row", 40.0, 8.0)
    assert " ".join(lines) == "several words of common length stand here in a row"
    assert len(lines) > 1


def test_what_is_left_gives_way_to_an_ellipsis() -> None:
    with drawing():
        lines = wrap("many words " * 40, 40.0, 8.0, most=2)
        assert len(lines) == 2
        assert lines[-1].endswith("\u2026")
        assert width_mm(lines[-1], 8.0) <= 40.0
        assert wrap("short", 40.0, 8.0, most=1) == ["short"]


def test_keys_stand_in_as_many_rows_as_they_need() -> None:
    keys = [Key(f"a key with words {i}", "black") for i in range(6)]
    with drawing():
        assert [len(row) for row in key_rows(keys, 1000.0, 7.0)] == [6]
        rows = key_rows(keys, 60.0, 7.0)
        assert sum(map(len, rows)) == 6
        assert len(rows) > 2
        assert key_rows([], 60.0, 7.0) == []


def test_ticks_are_those_of_a_clock() -> None:
    assert [words for _, words in time_ticks(0, 73, 8)] == [
        "0:00",
        "0:10",
        "0:20",
        "0:30",
        "0:40",
        "0:50",
        "1:00",
        "1:10",
    ]
    assert [words for _, words in time_ticks(12.2, 13.1, 5)] == ["0:12.2", "0:12.4", "0:12.6", "0:12.8", "0:13.0"]
    assert [t for t, _ in time_ticks(0, 7200, 5)] == [0, 1800, 3600, 5400, 7200]
    assert clock(3725) == "1:02:05"
    assert clock(59.96, tenths=True) == "1:00.0"


def test_the_narrow_place_is_the_column() -> None:
    assert [preset.narrow for preset in PRESETS.values()] == [True, False, False]


def test_figures_drawn_at_once_on_two_threads_are_those_drawn_alone() -> None:
    recording = make_recording()
    alone = {p: figure_bytes(draw_panels(recording, p), "png", dpi=60) for p in (ONE_COLUMN, TWO_COLUMNS)}
    drawn: dict[int, bytes] = {}

    def draw(number: int) -> None:
        preset = (ONE_COLUMN, TWO_COLUMNS)[number % 2]
        drawn[number] = figure_bytes(draw_panels(recording, preset), "png", dpi=60)

    before = mpl.rcParams["font.size"], mpl.rcParams["svg.hashsalt"]
    threads = [threading.Thread(target=draw, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [drawn[n] for n in range(4)] == [alone[ONE_COLUMN], alone[TWO_COLUMNS]] * 2
    assert (mpl.rcParams["font.size"], mpl.rcParams["svg.hashsalt"]) == before


def test_a_view_lies_within_the_recording() -> None:
    recording = make_recording()
    view = view_of(recording, ONE_COLUMN, (99.0, 18.0), 0.0)
    assert (view.start_s, view.end_s) == (18.0, 20.0)
    assert view_of(recording, ONE_COLUMN, (-5.0, 4.0), 0.0).start_s == 0.0
