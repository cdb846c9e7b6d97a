from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.document import Document, TrackState
from app.ui.tracks import ID_ROLE, TrackModel, second_line
from tests.ui.conftest import settled

LONG = "A title that no panel could ever hold: Adagio molto e cantabile, then Presto, and on and on for ever"
CHINESE = "二泉映月 — 阿炳 (独奏二胡, 1950年现场录音, 无锡) 第一版本 完整未删节 数字修复版"


def many(count: int) -> list[TrackState]:
    return [
        TrackState(
            i,
            Path(f"/music/{i:05d}.mp3"),
            f"Piece {i}",
            f"Artist {i % 7}",
            200.0,
            "done",
            quadrant="Q1",
            probability=0.5,
        )
        for i in range(1, count + 1)
    ]


def test_five_thousand_tracks_are_listed_scrolled_and_filtered(window, qtbot):
    begin = time.thread_time()
    tracks = many(5000)
    window.document.insert(tracks, {track.id: track.id for track in tracks})
    assert window.tracks.shown.rowCount() == 5000
    assert window.tracks.count.text() == "5000"
    window.tracks.list.scrollToBottom()
    window.tracks.list.grab()
    QTest.keyClicks(window.tracks.search, "Piece 4999")
    assert window.tracks.shown.rowCount() == 1
    assert window.tracks.count.text() == "1/5000"
    window.tracks.search.clear()
    for track in tracks[:500]:
        window.document.change(track.id, probability=0.9)
    window.document.remove([track.id for track in tracks if track.id % 2])
    assert window.tracks.shown.rowCount() == 2500
    assert time.thread_time() - begin < 10  # of this thread's own time: a fraction of a second each


def test_longer_words_have_their_room_at_once(window):
    tracks = many(22)
    window.document.insert(tracks[:2], {1: 1, 2: 2})
    window.document.set_current(1)
    window.document.insert(tracks[2:], {track.id: track.id for track in tracks[2:]})
    count = window.tracks.count
    assert count.text() == "22"
    assert count.width() >= count.sizeHint().width()
    chip = window.workspace.header.chip
    for status in ("missing", "waiting", "queued", "failed"):
        window.document.change(1, status=status, quadrant="", probability=0.0)
        assert chip.width() >= chip.sizeHint().width(), chip.text


def test_the_model_keeps_step_with_the_document(qapp):
    document = Document()
    model = TrackModel(document)
    tracks = many(10)
    document.insert([tracks[0], tracks[4], tracks[9]], {1: 1, 5: 5, 10: 10})
    document.insert([tracks[1], tracks[2], tracks[6]], {2: 2, 3: 3, 7: 7})
    listed = lambda: [model.index(row).data(ID_ROLE) for row in range(model.rowCount())]  # noqa: E731
    assert listed() == list(document.order) == [1, 2, 3, 5, 7, 10]
    document.remove([2, 3, 10])
    assert listed() == list(document.order) == [1, 5, 7]
    changed: list[int] = []
    model.dataChanged.connect(lambda first, _last: changed.append(first.row()))
    document.change(5, title="New")
    assert changed == [1]
    assert model.index(1).data() == "New"
    model.close()
    document.remove([1])
    assert listed() == [1, 5, 7]  # a closed model observes no longer


@pytest.mark.parametrize("title", [LONG, CHINESE])
def test_long_titles_are_shortened_and_told_in_full(window, qtbot, music, title):
    window.open_paths([music(f"{title}.wav")])
    qtbot.waitUntil(lambda: settled(window), timeout=60_000)
    window.resize(900, 700)
    label = window.workspace.header.title
    qtbot.waitUntil(lambda: label.text() == title, timeout=60_000)
    qtbot.waitUntil(lambda: label.shown != title, timeout=60_000)
    assert label.shown.endswith("…")
    assert title.startswith(label.shown[:-1].rstrip())
    assert label.toolTip() == title
    chip = window.workspace.header.chip
    assert chip.mapTo(window, chip.rect().topRight()).x() <= window.width()


def test_filtering_finds_artists_files_and_quadrants(window):
    tracks = [
        TrackState(1, Path("/m/one.wav"), "Alpha", "Nina", status="done", quadrant="Q3"),
        TrackState(2, Path("/m/two.wav"), "Beta", "Björk", status="done", quadrant="Q1"),
    ]
    window.document.insert(tracks, {1: 1, 2: 2})
    for words, left in (("björk", 1), ("two.wav", 1), ("q3", 1), ("m", 0), ("a", 2), ("zzz", 0)):
        window.tracks.search.setText(words)
        assert window.tracks.shown.rowCount() == left, words


def test_letters_in_the_search_field_are_letters(shown):
    shown.tracks.search.setFocus()
    QTest.keyClicks(shown.tracks.search, "slow n l m")
    assert shown.tracks.search.text() == "slow n l m"
    assert not shown.player.playing
    assert not shown.player.loop
    QTest.keyClick(shown.tracks.search, Qt.Key.Key_Escape)
    assert shown.tracks.search.text() == ""
    assert shown.tracks.list.hasFocus()


def test_the_current_row_follows_the_document_and_back(window, qtbot, music):
    window.open_paths([music("a.wav"), music("b.wav")])
    qtbot.waitUntil(lambda: settled(window), timeout=60_000)
    first, second = window.document.order
    window.session.select_track(second)
    assert window.tracks.selected_ids() == [second]
    window.tracks.list.setFocus()
    QTest.keyClick(window.tracks.list, Qt.Key.Key_Up)
    assert window.document.current == first
    QTest.keyClick(window, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert window.document.current == second


def test_taking_all_off_the_list_says_so(shown, qtbot):
    shown.document.tell("Something of before.")
    qtbot.wait(1)
    shown.actions_by_name["clear_list"].trigger()
    assert not shown.document.order
    assert shown.topbar.notice.text() == "Removed 1 track. Ctrl+Z brings back what was removed."


def test_the_menu_of_a_row_offers_what_fits(window, qtbot, music, science):
    science.bad.add("bad.wav")
    window.open_paths([music("bad.wav"), music("good.wav")])
    qtbot.waitUntil(lambda: settled(window), timeout=60_000)
    states = {window.document.track(i).title: i for i in window.document.order}
    window.session.select_track(states["bad"])
    enabled = {a.text(): a.isEnabled() for a in window.tracks.menu().actions() if a.text()}
    assert enabled["Copy error"]
    assert not enabled["Cancel the analysis"]
    assert enabled["Analyse again"]
    window.session.select_track(states["good"])
    menu = window.tracks.menu()
    next(a for a in menu.actions() if a.text() == "Remove from list").trigger()
    assert states["good"] not in window.document


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("queued", "queue"),
        ("analysing", "listening"),
        ("waiting", "not analysed"),
        ("failed", "broken"),
        ("done", "3:20"),
    ],
)
def test_every_state_has_words(status, words):
    track = TrackState(
        1, Path("x"), "x", "", 200.0, status, 0.5, "listening", "It is broken." if status == "failed" else ""
    )
    assert words in second_line(track)
