"""Why here, as a person asks: a key at a climax, what is drawn and said, another target, a selection, Esc."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from app.ui.analysis.lane_stack import RULER_PX
from app.ui.theme import DARK, THEME, contrast
from models.analysis import Climax, DescriptorCurves
from models.explain.method_words import METHOD_WORDS
from tests.app.fakes import FakeCard, explained, make_overview
from tests.ui.conftest import colours_in, give, settled, turn_wheel


def press(window, key: Qt.Key, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window, key, modifiers)


def why(window):
    return window.workspace.why


def panel(window):
    return window.workspace._panel.why


def state(window):
    return window.session.explainer.state


def ready(window) -> bool:
    return state(window) is not None and state(window).status == "ready"


def loud_from(start_s: float, end_s: float, duration_s: float = 60.0) -> DescriptorCurves:
    """A piece of -30 dBFS, with 12 dB more between two times."""
    times_s = (np.arange(int(duration_s * 2), dtype=np.float32) + 0.5) / 2
    loudness = np.where((times_s >= start_s) & (times_s < end_s), -18.0, -30.0) + 0.3 * np.sin(times_s)
    return DescriptorCurves(("loudness",), ("dBFS",), times_s, loudness[:, None].astype(np.float32), {})


@pytest.fixture
def piece(shown):
    """A track of 12 s whose climax, from 4 to 8 s, is loud; Q3 is the most probable quadrant throughout."""
    steps = len(shown.document.analysis(shown.document.current).times_s)
    give(
        shown,
        domain=None,
        probabilities=np.array([0.1, 0.2, 0.6, 0.1], np.float32),
        quadrants_over_time=np.tile(np.array([[0.1, 0.2, 0.6, 0.1]], np.float32), (steps, 1)),
        climaxes=(Climax(4.0, 6.0, 8.0, 0.7),),
        descriptors=loud_from(4.0, 8.0),
    )
    shown.player.seek(0.0)
    return shown


def lane_colours(window, lane, left_s: float, right_s: float, low: float, high: float) -> set[str]:
    """Colours of a piece of a lane between two times and two values."""
    timeline = window.workspace.timeline
    axis = window.workspace.axis
    left, right = (timeline.view.x() + lane.x_of(at_s, axis) for at_s in (left_s, right_s))
    top, bottom = RULER_PX + lane.y_of(high), RULER_PX + lane.y_of(low)
    return colours_in(timeline, QRectF(left, top, right - left, bottom - top))


def hues(colours: set[str], least: int = 50) -> set[str]:
    """Which of the two ends of the diverging map are among them; `least` is the saturation that counts, of 255."""
    found = set()
    for name in colours:
        colour = QColor(name)
        if colour.hsvSaturation() > least:
            found.add("for" if colour.hue() < 60 else "against" if 240 <= colour.hue() <= 290 else "other")
    return found


def test_at_a_climax_one_key_explains_it_and_another_reads_on(qtbot, piece, science):
    press(piece, Qt.Key.Key_N)
    assert piece.player.position_s == pytest.approx(6.0, abs=0.05)
    press(piece, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: ready(piece), timeout=20_000)
    assert science.asked == [("one.wav", "Q3", "occlusion", (4.0, 8.0))]
    assert panel(piece).target.currentText() == "Q3 sad"
    assert "0:04" in panel(piece).scope.text()
    assert "faster" in panel(piece).scope.text()
    qtbot.waitUntil(lambda: "The climax" in panel(piece).stretch.text(), timeout=5_000)
    first = panel(piece).reasons.rows[0]
    assert (first.descriptor, "louder by 12 dB" in first.words) == ("loudness", True)
    assert "Loudness, high: power, aggression" in panel(piece).reasons.text
    assert "Table 2" in panel(piece).reasons_note.text()
    qtbot.waitUntil(lambda: not panel(piece).visibleRegion().isEmpty(), timeout=5_000)
    press(piece, Qt.Key.Key_E)
    assert not why(piece).on
    assert panel(piece).overlay.isHidden()


def test_what_speaks_for_and_against_is_drawn_over_grey_and_named(qtbot, piece):
    lane, wave = piece.workspace.timeline.spectrogram, piece.workspace.timeline.waveform
    piece.player.seek(11.9)
    before = lane_colours(piece, lane, 9.0, 9.2, 70, 120)
    press(piece, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: ready(piece), timeout=20_000)
    # The explanation is invented: high sounds speak for it in the first half, low ones against it in the second.
    assert hues(lane_colours(piece, lane, 4.5, 5.5, 70, 120)) == {"for"}
    assert hues(lane_colours(piece, lane, 9.0, 9.5, 30, 55)) == {"against"}
    grey = lane_colours(piece, lane, 9.0, 9.2, 70, 120)
    assert hues(grey) == set()
    assert hues(before) != set()
    assert "for" in hues(lane_colours(piece, wave, 4.5, 5.5, -0.9, 0.9))
    assert "for" not in hues(lane_colours(piece, wave, 9.0, 9.5, -0.4, 0.9))
    assert "against" in hues(lane_colours(piece, wave, 9.0, 9.5, -0.4, 0.9), least=20)
    assert "what carries Q3 sad" in wave.about
    press(piece, Qt.Key.Key_E)
    assert hues(lane_colours(piece, lane, 9.0, 9.2, 70, 120)) != set()
    assert "attention" in wave.about


def test_what_it_comes_to_is_said_in_a_sentence(qtbot, piece, science):
    science.hold.add("explain")
    press(piece, Qt.Key.Key_E)
    said = panel(piece).finding.text()  # no verdict by another method than the one that was asked
    assert said == "Until Occlusion answers, the lanes show Contribution, which asks something else."
    # The fake's coarse answer is the reverse of its fine one.
    qtbot.waitUntil(lambda: "In sum it speaks against Q3 sad" in panel(piece).finding.text(), timeout=20_000)
    assert "Coarse" in panel(piece).state.text()
    science.go.set()
    qtbot.waitUntil(lambda: ready(piece), timeout=20_000)
    said = panel(piece).finding.text()
    assert said.startswith("In sum it speaks for Q3 sad, most at 0:00, 5,000 to 6,300 Hz.")  # no finer than a patch
    for method, words in (("saliency", "Most sensitive at"), ("attention", "The model weighted 0:0")):
        panel(piece).method_chosen.emit(method)
        qtbot.waitUntil(lambda words=words: words in panel(piece).finding.text(), timeout=20_000)
    panel(piece).method_chosen.emit("contribution")
    assert " pushed " in panel(piece).finding.text()
    panel(piece).method_chosen.emit("occlusion")
    panel(piece).target_chosen.emit("valence")
    qtbot.waitUntil(lambda: "In sum it raises valence" in panel(piece).finding.text(), timeout=20_000)


def test_the_read_out_has_the_value_where_the_pointer_is(qtbot, piece):
    press(piece, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: ready(piece), timeout=20_000)
    timeline = piece.workspace.timeline
    x = timeline.overlay.x_at(2.1)
    y = RULER_PX + timeline.spectrogram.y_of(100)
    timeline.overlay._set_pointer(QPointF(x, y))
    assert "for Q3 sad +0.500" in timeline.readout.text  # of the cell
    assert "for Q3 sad +8.000" in timeline.readout.text  # of the moment
    timeline.overlay._set_pointer(QPointF(x, RULER_PX + timeline.spectrogram.y_of(10)))
    assert "for Q3 sad 0.000" in timeline.readout.text


def test_attention_and_contribution_are_there_at_once_and_never_one_for_the_other(qtbot, piece, science):
    press(piece, Qt.Key.Key_E)
    wave = piece.workspace.timeline.waveform
    texts = {}
    for method in ("attention", "contribution"):
        box = panel(piece).method
        box.setCurrentIndex(box.findData(method))
        box.activated.emit(box.currentIndex())
        explanation = why(piece).explanation
        assert explanation is not None
        assert explanation.method == method
        assert not explanation.map.size
        assert not panel(piece).progress.isVisible()
        assert METHOD_WORDS[method].standing in panel(piece).standing.text()
        texts[method] = wave.about
    assert "where the model weighted" in texts["attention"]
    assert "pushed" not in texts["attention"]
    assert "what pushed it to Q3 sad" in texts["contribution"]
    assert "ttention" not in texts["contribution"]
    assert [asked for asked in science.asked if asked[2] in ("attention", "contribution")] == []


def test_contributions_come_first_then_the_coarse_then_the_fine_answer(qtbot, piece, science):
    science.hold.add("explain")
    kinds = []
    lane = piece.workspace.timeline.waveform
    original = lane.set_explanation
    lane.set_explanation = lambda one: (kinds.append((one.method, one.is_final) if one else None), original(one))
    press(piece, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: state(piece).explanation is not None, timeout=20_000)
    assert "coarse" in lane.about
    assert panel(piece).progress.isVisible()
    science.go.set()
    qtbot.waitUntil(lambda: ready(piece), timeout=20_000)
    assert list(dict.fromkeys(kinds)) == [("contribution", True), ("occlusion", False), ("occlusion", True)]
    assert not panel(piece).progress.isVisible()
    assert "coarse" not in lane.about


def test_esc_stops_at_once_and_what_is_known_stays_then_it_clears_the_selection(qtbot, piece, science):
    science.hold.add("explain")
    piece.session.set_selection(2.0, 5.0)
    press(piece, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: state(piece).explanation is not None, timeout=20_000)
    assert piece.workspace.timeline.why.cancel.isVisible()
    press(piece, Qt.Key.Key_Escape)
    assert state(piece).status == "cancelled"
    assert "Stopped" in panel(piece).state.text()
    about = piece.workspace.timeline.waveform.about
    assert ("(coarse)" in about, "follows" in about) == (True, False)  # nothing finer comes now
    assert why(piece).explanation.method == "occlusion"
    assert not piece.workspace.timeline.why.cancel.isVisible()
    assert piece.document.selection == (2.0, 5.0)
    press(piece, Qt.Key.Key_Escape)
    assert piece.document.selection is None


def test_a_selection_is_explained_alone_and_the_whole_track_on_request(qtbot, piece, science):
    press(piece, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: ready(piece), timeout=20_000)
    assert science.asked[-1][3] is None  # no climax is at the beginning
    piece.session.set_selection(2.0, 5.0)
    qtbot.waitUntil(lambda: science.asked[-1][3] == (2.0, 5.0), timeout=20_000)
    qtbot.waitUntil(lambda: ready(piece), timeout=20_000)
    assert "0:02" in panel(piece).scope.text()
    qtbot.waitUntil(lambda: panel(piece).stretch.text().startswith("The selection"), timeout=5_000)
    panel(piece).whole.click()
    qtbot.waitUntil(lambda: state(piece).question.region is None and ready(piece), timeout=20_000)
    assert "whole track" in panel(piece).scope.text()


def test_between_climaxes_what_is_shown_stays_and_the_next_one_is_explained(qtbot, piece, science):
    give(
        piece,
        domain=None,
        probabilities=np.array([0.1, 0.2, 0.6, 0.1], np.float32),
        climaxes=(Climax(1.0, 2.0, 3.0, 0.9), Climax(8.0, 9.0, 10.0, 0.7)),
    )
    press(piece, Qt.Key.Key_N)
    press(piece, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: ready(piece), timeout=20_000)
    piece.player.seek(5.0)
    QTest.qWait(500)
    assert state(piece).question.region == (1.0, 3.0)
    press(piece, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: state(piece).question.region == (8.0, 10.0), timeout=20_000)


def test_what_a_method_lacks_is_disabled_with_the_reason(qtbot, piece, science):
    piece.session.set_setting("why.method", "contribution")
    press(piece, Qt.Key.Key_E)
    box = panel(piece).target
    assert [box.itemData(i) for i in range(box.count())] == ["Q3", "Q1", "Q2", "Q4", "valence", "arousal"]
    assert why(piece).method == "contribution"
    box.setCurrentIndex(box.findData("arousal"))
    box.activated.emit(box.currentIndex())
    methods = panel(piece).method
    index = methods.findData("contribution")
    assert not methods.model().item(index).isEnabled()
    assert "quadrants only" in methods.itemData(index, Qt.ItemDataRole.ToolTipRole)
    qtbot.waitUntil(lambda: ready(piece), timeout=20_000)
    assert science.asked[-1][1:3] == ("arousal", "occlusion")


def test_what_cannot_be_explained_says_why(qtbot, piece, science):
    science.inexplicable.add("one.wav")
    press(piece, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: state(piece).status == "failed", timeout=20_000)
    assert "one.wav" in panel(piece).state.text()
    assert panel(piece).state.property("error")
    assert "could not be explained" in piece.workspace.timeline.why.state.text()


def test_another_track_is_explained_for_its_own_quadrant(qtbot, piece, science, music):
    press(piece, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: ready(piece), timeout=20_000)
    piece.open_paths([music("two.wav")])
    qtbot.waitUntil(lambda: len(piece.document) == 2 and settled(piece), timeout=60_000)
    other = next(i for i in piece.document.order if piece.document.track(i).path.stem == "two")
    piece.session.select_track(other)
    qtbot.waitUntil(lambda: piece.document.analysis(other) is not None, timeout=20_000)
    qtbot.waitUntil(lambda: science.asked[-1][0] == "two.wav" and ready(piece), timeout=20_000)
    assert science.asked[-1][1] == piece.document.analysis(other).quadrant
    assert why(piece).explanation.target == piece.document.analysis(other).quadrant


def test_reasons_follow_the_playhead_without_the_heat(qtbot, piece):
    qtbot.waitUntil(lambda: "Around the playhead" in panel(piece).stretch.text(), timeout=5_000)
    piece.player.seek(6.0)
    qtbot.waitUntil(lambda: "The climax" in panel(piece).stretch.text(), timeout=5_000)
    give(piece, domain=None, climaxes=(), descriptors=loud_from(70.0, 80.0))
    qtbot.waitUntil(lambda: "Nothing stands out" in panel(piece).reasons.text, timeout=5_000)
    give(piece, domain=None, climaxes=(), descriptors=None)
    qtbot.waitUntil(lambda: "gives no descriptors" in panel(piece).reasons.text, timeout=5_000)


def test_reasons_keep_their_room_whatever_they_are(qtbot, piece):
    height = panel(piece).reasons.height()
    give(piece, domain=None, climaxes=(), descriptors=None)
    qtbot.waitUntil(lambda: "gives no descriptors" in panel(piece).reasons.text, timeout=5_000)
    assert panel(piece).reasons.height() == height


def test_there_is_room_for_about_three_reasons_and_for_more_on_request(qtbot, piece):
    qtbot.waitUntil(lambda: bool(panel(piece).reasons.rows) or bool(panel(piece).reasons.text), timeout=5_000)
    piece.player.seek(6.0)
    qtbot.waitUntil(lambda: len(panel(piece).reasons.rows) == 1, timeout=5_000)
    part, one = panel(piece), panel(piece).reasons.rows[0]
    assert part.reasons.height() < 150
    assert part.more.isHidden()
    part.reasons.set_reasons([replace(one, words=f"It is louder {i}") for i in range(6)])
    shown = len(part.reasons.rows)
    assert 2 <= shown < 6
    assert part.more.text() == f"{6 - shown} more"
    part.more.click()
    assert len(part.reasons.rows) > shown
    assert part.more.text() == "Show fewer"
    part.more.click()
    assert len(part.reasons.rows) == shown


def test_what_if_says_what_the_model_said_before_and_after(qtbot, piece, science):
    row = panel(piece).what_if
    piece.session.set_selection(2.0, 5.0)
    science.hold.add("suppose")
    row.buttons["quieter"].click()
    qtbot.waitUntil(lambda: "10 dB quieter" in row.state.text() and row.cancel.isVisibleTo(row), timeout=20_000)
    row.cancel.click()
    assert piece.session.explainer.supposing.status == "cancelled"
    science.hold.clear()
    row.buttons["slower"].click()
    qtbot.waitUntil(lambda: "valence, \u22121 to 1 +0.25 \u2192 +0.50" in row.text, timeout=20_000)
    assert science.asked[-1][2:] == (2.0, 5.0)
    assert "Q1 happy 10\u202f% \u2192 60\u202f%" in row.text
    assert "Whole track: Q4 calm 40\u202f% \u2192 Q1 happy 60\u202f%" in row.text
    assert "The recording was changed, not the music." in row.text


def test_what_if_says_when_it_fails_and_when_the_answer_means_little(qtbot, piece, science):
    row = panel(piece).what_if
    science.strange.add("one.wav")
    row.buttons["brighter"].click()
    qtbot.waitUntil(lambda: "mean little" in row.text, timeout=20_000)
    science.inexplicable.add("one.wav")
    row.buttons["louder"].click()
    qtbot.waitUntil(lambda: "one.wav" in row.state.text(), timeout=20_000)
    assert row.state.property("error")
    assert row.table.isHidden()


def test_everything_has_a_name_and_is_reached_by_keys(qtbot, piece):
    press(piece, Qt.Key.Key_E)
    part = panel(piece)
    controls = [part.toggle, part.target, part.method, part.whole, part.cancel, part.reasons, part.progress]
    controls += [*part.what_if.buttons.values(), part.what_if.cancel, piece.workspace.timeline.why.button]
    for control in controls:
        assert control.accessibleName()
        if control is not part.progress:
            assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
    piece.workspace.timeline.why.button.setFocus()
    press(piece.workspace.timeline.why.button, Qt.Key.Key_Return)
    assert not why(piece).on


@pytest.mark.parametrize("dark", [False, True])
def test_both_ends_of_the_map_stand_out_from_the_ground(qtbot, piece, dark):
    from app.ui.analysis.lanes.heat import diverging

    if dark:
        THEME.use(DARK)
    tints = diverging(THEME.tokens, 230)
    assert tints[128, 3] == 0
    for end in (tints[0], tints[255]):
        assert end[3] >= 220
        assert contrast(QColor(*(int(part) for part in end[:3])).name(), THEME.tokens.panel) >= 3


def test_nothing_is_explained_before_there_is_an_answer(qtbot, window):
    press(window, Qt.Key.Key_E)
    assert not why(window).on
    assert window.workspace.timeline.why.isHidden()


def test_an_analysis_that_is_replaced_is_explained_anew(qtbot, piece, science):
    press(piece, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: ready(piece), timeout=20_000)
    analysis = piece.document.analysis(piece.document.current)
    order = [0, 2, 1, 3]  # Q2 and Q3 change places
    turned = replace(
        analysis,
        probabilities=analysis.probabilities[order],
        quadrants_over_time=analysis.quadrants_over_time[:, order],
    )
    piece.document.put_analysis(piece.document.current, turned)
    qtbot.waitUntil(lambda: science.asked[-1][1] == "Q2" and ready(piece), timeout=20_000)
    assert why(piece).explanation.target == "Q2"


def test_what_another_version_of_the_model_said_is_not_kept_for_this_one(qtbot, piece, science):
    science.hold.add("explain")
    press(piece, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: state(piece).explanation is not None, timeout=20_000)
    science.cards[""] = FakeCard(version="2")
    science.hold.clear()
    current = piece.document.current
    piece.document.put_analysis(current, replace(piece.document.analysis(current), model_version="2"))
    qtbot.waitUntil(lambda: ready(piece), timeout=20_000)
    assert why(piece).explanation.model_version == "2"


def test_a_wheel_over_a_list_scrolls_the_panel(qtbot, piece):
    press(piece, Qt.Key.Key_E)
    method = why(piece).method
    turn_wheel(panel(piece).method, 10, 10, -1)
    assert why(piece).method == method
    assert panel(piece).method.currentData() == method


def test_what_if_says_of_which_stretch_it_speaks_after_the_playhead_has_moved(qtbot, piece):
    row = panel(piece).what_if
    piece.session.set_selection(2.0, 5.0)
    row.buttons["darker"].click()
    qtbot.waitUntil(lambda: row.table.isVisibleTo(row), timeout=20_000)
    piece.session.set_selection(6.0, 9.0)
    assert row.state.text().startswith("0:02\u20130:05, darker")
    qtbot.waitUntil(lambda: "(not the part named above)" in row.state.text(), timeout=5_000)
    piece.session.set_selection(2.0, 5.0)
    mine = "0:02\u20130:05, darker, 12 dB less above 2 kHz:"
    qtbot.waitUntil(lambda: row.state.text() == mine, timeout=5_000)


def test_at_a_climax_that_differs_from_its_track_its_own_quadrant_is_asked_about(qtbot, piece, science):
    analysis = piece.document.analysis(piece.document.current)
    turns = analysis.quadrants_over_time.copy()
    turns[(analysis.times_s > 4) & (analysis.times_s < 8)] = (0.1, 0.7, 0.1, 0.1)
    piece.document.put_analysis(piece.document.current, replace(analysis, quadrants_over_time=turns))
    press(piece, Qt.Key.Key_N)
    press(piece, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: ready(piece), timeout=20_000)
    assert science.asked[-1][1:] == ("Q2", "occlusion", (4.0, 8.0))
    assert panel(piece).target.itemData(0) == "Q2"
    panel(piece).whole.click()
    qtbot.waitUntil(lambda: science.asked[-1][1:] == ("Q3", "occlusion", None), timeout=20_000)


def test_at_a_climax_the_quadrant_of_its_peak_is_asked_about_in_a_selection_that_of_the_mean(qtbot, piece, science):
    analysis = piece.document.analysis(piece.document.current)
    turns = analysis.quadrants_over_time.copy()
    turns[(analysis.times_s > 5) & (analysis.times_s < 7)] = (0.1, 0.53, 0.27, 0.1)
    turns[(analysis.times_s > 4) & (analysis.times_s < 5)] = (0.1, 0.0, 0.1, 0.8)
    turns[(analysis.times_s > 7) & (analysis.times_s < 8)] = (0.1, 0.0, 0.1, 0.8)
    piece.document.put_analysis(piece.document.current, replace(analysis, quadrants_over_time=turns))
    press(piece, Qt.Key.Key_N)
    press(piece, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: ready(piece), timeout=20_000)
    assert science.asked[-1][1:] == ("Q2", "occlusion", (4.0, 8.0))
    assert panel(piece).probable.text() == "Q2 tense: 53\u202f% at the peak, 0:06."
    piece.session.set_selection(4.1, 7.9)
    qtbot.waitUntil(lambda: science.asked[-1][1:] == ("Q4", "occlusion", (4.1, 7.9)), timeout=20_000)
    assert "on average over 0:04\u20130:08." in panel(piece).probable.text()


def test_of_a_long_recording_only_what_is_near_is_explained_unasked(qtbot, piece, science):
    current = piece.document.current
    piece.document.put_overview(current, make_overview(900.0))
    piece.document.put_analysis(current, replace(piece.document.analysis(current), duration_s=900.0))
    qtbot.waitUntil(lambda: piece.workspace.axis.duration_s == 900.0, timeout=5_000)
    piece.player.seek(600.0)
    press(piece, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: ready(piece), timeout=20_000)
    assert science.asked[-1][3] == (585.0, 615.0)
    assert panel(piece).whole.isVisibleTo(panel(piece))
    panel(piece).whole.click()
    qtbot.waitUntil(lambda: science.asked[-1][3] is None and ready(piece), timeout=20_000)


def test_a_coarse_answer_speaks_of_a_quarter_of_the_range_a_fine_one_of_an_eighth():
    fine = explained("Q3")
    assert fine.range_of(17) == pytest.approx((5_050, 6_327), abs=1)
    coarse = replace(fine, is_final=False)
    assert coarse.range_of(17)[1] - coarse.range_of(17)[0] == pytest.approx(8 * 9_900 / 31, rel=0.01)
    assert (coarse.range_of(0)[0], coarse.range_of(31)[1]) == (0.0, np.inf)
    assert np.diff(replace(fine, method="saliency").range_of(17)) == pytest.approx(9_900 / 31, rel=0.01)
