"""What the window says of how sure the model is: bands, the frame in the plane, and the flag of the unfamiliar."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui.analysis.lane_stack import RULER_PX
from app.ui.strings import signed, unfamiliar_explanation
from app.ui.theme import DARK, LIGHT, THEME, contrast
from app.ui.tracks import ID_ROLE
from models.analysis import Domain
from tests.ui.conftest import colours_in, give, settled

NARROW = 0.02


def banded(window, half: float):
    """Level curves at 0.5 and -0.5, with bands of +-half."""
    analysis = window.document.analysis(window.document.current)
    t = len(analysis.times_s)
    up, down = np.full(t, 0.5, np.float32), np.full(t, -0.5, np.float32)

    def around(curve):
        return np.stack((curve - half, curve + half), axis=1)

    return give(
        window,
        valence_over_time=up,
        arousal_over_time=down,
        valence_band_over_time=around(up),
        arousal_band_over_time=around(down),
        domain=None,
    )


def in_lane(window, low: float, high: float, left: int = 120, width: int = 40) -> set[str]:
    """Colours of a piece of the lane between two values."""
    timeline = window.workspace.timeline
    lane = timeline.affect
    top, bottom = RULER_PX + lane.y_of(high), RULER_PX + lane.y_of(low)
    return colours_in(timeline, QRectF(timeline.view.x() + left, top, width, bottom - top))


def test_a_band_is_drawn_as_wide_as_it_is(shown):
    shown.player.seek(12.0)
    ground = THEME.tokens.panel.lower()
    banded(shown, 0.4)
    assert ground not in in_lane(shown, 0.25, 0.35)  # inside the valence band
    assert ground not in in_lane(shown, 0.65, 0.75)
    assert in_lane(shown, 0.93, 0.98, left=200) == {ground}  # above it
    assert len(in_lane(shown, -0.85, -0.65)) == 2  # hatched: arousal
    assert len(in_lane(shown, 0.65, 0.75)) == 1  # plain: valence
    banded(shown, NARROW)
    assert in_lane(shown, 0.25, 0.35) == {ground}


def test_a_jagged_band_is_drawn_too_and_a_passing_playhead_leaves_no_trace(shown):
    low = np.where(np.arange(4000) % 2, -0.9, 0.1).astype(np.float32)
    banded(shown, NARROW)
    timeline = shown.workspace.timeline
    timeline.affect.arousal_band.set_band(None, 1.0, 0.0)
    timeline.affect.valence_band.set_band(np.stack((low, low + 0.5), axis=1), 12.0 / 4000, 0.0)
    shown.workspace.axis.set_range(0.0, 11.9)
    shown.player.seek(11.9)
    before = timeline.view.grab().toImage()
    ground = THEME.tokens.panel.lower()
    assert ground not in in_lane(shown, 0.3, 0.4, left=200)
    assert in_lane(shown, 0.7, 0.9, left=200) == {ground}
    for at_s in (3.0, 3.1, 3.2):
        shown.player.seek(at_s)
        QApplication.processEvents()
    shown.player.seek(11.9)
    QApplication.processEvents()
    assert timeline.view.grab().toImage() == before


def test_the_band_is_named_and_read_out(shown):
    analysis = give(shown)
    timeline = shown.workspace.timeline
    assert "80\u202f%" in timeline.affect.about
    QTest.mouseMove(timeline.overlay, QPoint(200, 300))
    step = int(timeline.overlay.time_at(200) / analysis.step_s)
    for name, band in (("V", analysis.valence_band_over_time), ("A", analysis.arousal_band_over_time)):
        low, high = (signed(float(edge)) for edge in band[step])
        lines = timeline.readout.text.splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{name} "))
        assert lines[at + 1] == f"80\u202f% {low} to {high}"
    low, high = (signed(edge) for edge in analysis.valence_band)
    assert f"valence {signed(analysis.valence)}  (80\u202f%: {low} to {high})" in shown.panel.whole.text()
    assert f"valence {signed(analysis.valence)}, 80\u202f% between {low} and {high}" in shown.panel.whole.toolTip()


def test_without_a_band_nothing_speaks_of_one(shown):
    give(shown)
    assert shown.workspace.timeline.affect.bands_shown
    give(shown, valence_band_over_time=None, arousal_band_over_time=None, valence_band=None, arousal_band=None)
    timeline = shown.workspace.timeline
    assert not timeline.affect.bands_shown
    assert not timeline.affect.valence_band.visible
    text = timeline.readout.text.split("Valence, arousal\n")[1].split("Loudness")[0]
    assert len(text.splitlines()) == 2
    assert "Shaded" not in timeline.affect.about
    assert "(80" not in shown.panel.whole.text()
    assert shown.panel.plane.frame is None
    give(shown, band_coverage=0.0)
    assert not timeline.affect.bands_shown
    assert shown.panel.plane.frame is None


def test_u_hides_the_bands_and_it_is_kept(shown, make_window, qtbot):
    banded(shown, 0.4)
    ground = THEME.tokens.panel.lower()
    QTest.keyClick(shown, Qt.Key.Key_U)
    assert in_lane(shown, 0.25, 0.35, left=200) == {ground}
    assert "80" not in shown.workspace.timeline.readout.text.split("V valence")[1].split("Loudness")[0]
    assert not shown.actions_by_name["bands"].isChecked()
    shown.close()
    assert shown.session.wait_closed()
    again = make_window()
    assert not again.actions_by_name["bands"].isChecked()
    again.actions_by_name["bands"].trigger()
    assert again.actions_by_name["bands"].isChecked()


def test_the_plane_frames_the_whole_track(shown):
    analysis = give(shown)
    plane = shown.panel.plane
    frame = plane.frame
    assert frame.contains(plane.point(analysis.valence, analysis.arousal))
    assert frame.left() == pytest.approx(plane.point(analysis.valence_band[0], 0).x())
    assert frame.top() == pytest.approx(plane.point(0, analysis.arousal_band[1]).y())
    assert "80\u202f%" in plane.toolTip()
    assert signed(analysis.arousal_band[0]) in plane.accessibleDescription()
    assert "frame: 80" in shown.panel.source.text()
    inside = frame.adjusted(3, 3, -frame.width() * 0.8, -frame.height() * 0.8)
    framed = colours_in(plane, inside)
    give(shown, valence_band=None)
    assert colours_in(plane, inside) != framed


def test_an_hour_s_band_reaches_the_screen_as_few_points(shown):
    rng = np.random.default_rng(0)
    n = 9_730
    low = rng.uniform(-0.9, 0.0, n).astype(np.float32)
    band = shown.workspace.timeline.affect.valence_band
    band.set_band(np.stack((low, low + 0.5), axis=1), 0.37, 0.0)
    times_s, lower, upper = band.levels.edges(0.0, 3600.0, 400)
    assert len(times_s) <= 404
    assert lower.min() == low.min()  # what reaches furthest is never lost
    assert upper.max() == (low + np.float32(0.5)).max()
    times_s, lower, _ = band.levels.edges(100.0, 110.0, 400)
    assert lower.tolist() == low[int(times_s[1] / 0.37) - 1 : int(times_s[1] / 0.37) - 1 + len(lower)].tolist()


SPEECH = Domain(0.1, False, "speech", "This sounds like speech.")


def test_the_unfamiliar_is_flagged_beside_the_number(shown):
    give(shown, domain=SPEECH)
    badge, chip = shown.workspace.header.badge, shown.workspace.header.chip
    assert badge.isVisible()
    assert badge.text == "Unfamiliar to the model: sounds like speech"
    assert badge.accessibleName() == badge.text
    assert "This sounds like speech." in badge.toolTip()
    assert "The model was not measured on such recordings" in badge.toolTip()
    assert badge.geometry().right() < chip.geometry().left()
    assert "This sounds like speech." in shown.panel.unfamiliar.text()
    assert shown.panel.unfamiliar.isVisible()
    # The number is still there, dimmed.
    assert "%" in chip.text
    tokens = THEME.tokens
    inked = colours_in(chip, QRectF(28, 4, chip.width() - 34, chip.height() - 8))
    assert tokens.text.lower() not in inked
    assert tokens.soft.lower() in inked
    give(shown, domain=Domain(0.9, True))
    assert not badge.isVisible()
    assert not shown.panel.unfamiliar.isVisible()
    assert THEME.tokens.text.lower() in colours_in(chip, QRectF(28, 4, chip.width() - 34, chip.height() - 8))


def test_the_badge_has_a_sign_and_says_less_where_room_is_short(shown):
    give(shown, domain=SPEECH)
    badge = shown.workspace.header.badge
    red = QColor(THEME.tokens.error).lightness()
    assert min(QColor(name).lightness() for name in colours_in(badge, QRectF(10, 6, 16, 16))) < red + 10
    shown.resize(1900, 800)
    assert badge.shown == "Unfamiliar to the model: sounds like speech"
    assert badge.width() > badge.fontMetrics().horizontalAdvance(badge.shown)
    shown.document.change(shown.document.current, title="A long title " * 20)
    shown.resize(1280, 800)
    QApplication.sendPostedEvents()
    assert badge.shown == "Unfamiliar: speech"
    shown.resize(820, 800)
    QApplication.sendPostedEvents()
    assert badge.shown == "Unfamiliar"
    assert badge.accessibleName() == "Unfamiliar to the model: sounds like speech"
    assert badge.mapTo(shown, QPoint(badge.width(), 0)).x() <= shown.width()


@pytest.mark.parametrize("kind", ["unusual music", "speech", "noise", "silence", "drum loop"])
def test_every_kind_has_its_words(shown, kind):
    give(shown, domain=Domain(0.1, False, kind, "A sentence."))
    words = shown.workspace.header.badge.text
    assert words.startswith("Unfamiliar to the model: ")
    assert len(words) > len("Unfamiliar to the model: ") + 5


def test_unusual_music_is_not_called_no_music(shown):
    sentence = "Is unlike nearly all music that the model learned from: trust your ear more than the numbers."
    give(shown, domain=Domain(0.1, False, "unusual music", sentence))
    assert shown.panel.unfamiliar.text() == f"{sentence} The numbers are less sure here than the model's scores say."
    alone = unfamiliar_explanation("unusual music")
    for said in (shown.panel.unfamiliar.text(), shown.workspace.header.badge.toolTip(), alone):
        assert "not measured" not in said
        assert "off the list" not in said
    assert alone.startswith("This is music unlike nearly all that the model learned from.")


@pytest.mark.parametrize("kind", ["unusual music", "speech", "noise", "silence", "drum loop"])
@pytest.mark.parametrize("message", ["", "One.", "One. Two.", "One. Two. Three."])
def test_an_explanation_has_three_sentences_at_most(kind, message):
    text = unfamiliar_explanation(kind, message)
    assert text.startswith(message)
    assert 2 <= text.count(".") <= 3
    assert ("Judge by ear." in text) == (not message)  # the model's own sentence says what to do


def row_of(window, title: str):
    model = window.tracks.shown
    rows = [model.index(row, 0) for row in range(model.rowCount())]
    return next(index for index in rows if index.data() == title)


def test_the_list_marks_the_unfamiliar_and_finds_it_the_next_day_too(make_window, qtbot, music, science):
    science.strange.add("talk.wav")
    window = make_window()
    window.open_paths([music("song.wav"), music("talk.wav")])
    qtbot.waitUntil(lambda: settled(window), timeout=60_000)

    def check(window) -> None:
        talk, song = row_of(window, "talk"), row_of(window, "song")
        assert "Unfamiliar to the model: sounds like speech" in talk.data(Qt.ItemDataRole.AccessibleTextRole)
        assert "Judge by ear" in talk.data(Qt.ItemDataRole.ToolTipRole)
        assert "Unfamiliar" not in song.data(Qt.ItemDataRole.AccessibleTextRole)
        listing = window.tracks.list

        def sign(index) -> set[str]:
            box = QRectF(listing.visualRect(index))
            return colours_in(listing.viewport(), QRectF(box.right() - 26, box.top() + 6, 16, 16))

        assert len(sign(talk)) > 3
        assert len(sign(song)) == 1
        window.tracks.search.setText("unfamiliar")
        assert [window.tracks.shown.index(i, 0).data() for i in range(window.tracks.shown.rowCount())] == ["talk"]
        window.tracks.search.clear()

    check(window)
    window.close()
    assert window.session.wait_closed()
    science.strange.clear()  # nothing is analysed again
    again = make_window()
    qtbot.waitUntil(lambda: settled(again), timeout=60_000)
    check(again)
    # Shown before its arrays have been read, it is flagged already.
    again.session.select_track(row_of(again, "talk").data(ID_ROLE))
    assert again.workspace.header.badge.isVisible()


def test_bars_are_dimmed_but_can_be_read(shown):
    bars = shown.panel.bars
    give(shown, domain=SPEECH)
    assert "%" in bars.text
    numbers = QRectF(bars.width() - 40, 0, 40, bars.height())
    assert THEME.tokens.text.lower() not in colours_in(bars, numbers)
    give(shown, domain=None)
    assert THEME.tokens.text.lower() in colours_in(bars, numbers)
    for tokens in (LIGHT, DARK):
        assert contrast(tokens.soft, tokens.panel) >= 4.5


def test_valence_and_arousal_say_where_they_come_from(shown):
    q1 = np.array([0.4, 0.3, 0.2, 0.1], np.float32)
    give(shown, valence_arousal_source="derived", probabilities=q1)
    assert shown.panel.source.text().endswith("Derived from the quadrant probabilities.")
    learned = "Learned from listeners' ratings, apart from the quadrants: near an axis its side may differ from theirs."
    for valence, arousal, end in (
        (0.3, 0.4, ""),
        (-0.004, 0.4, ""),  # reads 0.00: on neither side
        (-0.3, 0.4, " Here the side of valence differs from Q1."),
        (0.3, -0.4, " Here the side of arousal differs from Q1."),
        (-0.3, -0.4, " Here the side of valence and arousal differs from Q1."),
    ):
        give(shown, valence=valence, arousal=arousal, valence_arousal_source="regressor", probabilities=q1)
        assert shown.panel.source.text().endswith(learned + end)


def test_what_one_must_know_is_seen_without_scrolling(shown):
    notes = (
        "Only 5.0 s long: the model learned from longer music, so take its answer as a guess.",
        "Undecided: Q1 (35%) and Q2 (33%) are nearly equally probable.",
    )
    give(shown, domain=SPEECH, valence_arousal_source="regressor", notes=notes)
    QApplication.sendPostedEvents()
    panel = shown.panel
    assert (shown.width(), shown.height()) == (1280, 800)
    top, bottom = (panel.notes.mapTo(panel.viewport(), QPoint(0, y)).y() for y in (0, panel.notes.height()))
    assert panel.notes.text() == "\n".join(notes)
    assert panel.sections["whole"].mapTo(panel.viewport(), QPoint(0, panel.sections["whole"].height())).y() <= top
    assert bottom <= panel.viewport().height()
    QTest.mouseClick(panel.sections["whole"].button, Qt.MouseButton.LeftButton)
    assert panel.notes.isVisible()


def test_a_short_clip_is_called_short_beside_its_length(shown):
    duration = shown.workspace.header.duration
    assert duration.text() == "0:12"
    shown.document.change(shown.document.current, duration_s=5.0)
    assert duration.text() == "0:05, short"
    assert "take its answer as a guess" in duration.toolTip()
    shown.document.change(shown.document.current, duration_s=10.0)
    assert duration.text() == "0:10"
    assert duration.toolTip() == "Duration"
