"""Correcting the model as a person does: the key, the card, what it made of it, and all of it taken back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui.tracks import LINE_ROLE
from tests.app.fakes import FakeCard
from tests.ui.conftest import settled


@pytest.fixture
def card(shown):
    shown.session.set_rater("Anna")
    return shown.workspace.card


def press(window, key, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the keyboard is."""
    QTest.keyClick(window.focusWidget() or window, key, modifiers)


def learned(window, qtbot) -> None:
    current = window.document.current
    qtbot.waitUntil(lambda: not window.document.is_learning(current), timeout=30_000)


def row_text(window) -> str:
    model = window.tracks.list.model()
    return model.index(0, 0).data(LINE_ROLE)


def test_two_keys_correct_a_track_and_what_came_of_it_is_shown(shown, card, qtbot):
    header, current = shown.workspace.header, shown.document.current
    assert not card.isVisible()
    assert header.corrected.isHidden()
    press(shown, Qt.Key.Key_C)
    assert card.isVisible()
    assert not shown.panel.plane.isVisible()  # the card's stands in its place
    assert card.says.text().startswith("The model says: Q")
    assert card.outcome.isHidden()
    press(shown, Qt.Key.Key_4)
    assert [label.quadrant for label in shown.session.labels(current)] == ["Q4"]
    assert card.outcome.text() == "Learning…"
    learned(shown, qtbot)
    assert card.outcome.text().splitlines() == [
        "Q1 happy 70\u202f%  →  Q4 calm 70\u202f%",
        "valence +0.50  →  +0.50",
        "arousal +0.50  →  −0.50",
        "Step 1 of “Anna”, learned in 0.0 s. Ctrl+Z takes it back.",
    ]
    assert header.corrected.text() == "corrected by you: Q4 calm"
    assert "corrected: Q4" in row_text(shown)
    spoken = shown.tracks.list.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "corrected by you: Q4 calm" in spoken
    qtbot.waitUntil(lambda: shown.document.model.id == "Anna", timeout=30_000)
    press(shown, Qt.Key.Key_Escape)
    assert not card.isVisible()
    assert shown.panel.plane.isVisible()
    press(shown, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert shown.session.labels(current) == ()
    assert header.corrected.isHidden()
    assert "corrected" not in row_text(shown)
    qtbot.waitUntil(lambda: shown.document.model.id == "fake", timeout=30_000)
    qtbot.waitUntil(lambda: shown.document.analysis(current).model_id == "fake", timeout=30_000)


def test_another_persons_correction_bears_their_name(shown, card, qtbot):
    shown.session.correct(shown.document.current, "Q2")
    learned(shown, qtbot)
    shown.session.set_rater("Ben")
    assert shown.workspace.header.corrected.text() == "corrected by Anna: Q2 tense"


def test_a_correction_that_moves_the_model_too_little_says_why(shown, card, qtbot):
    press(shown, Qt.Key.Key_C)
    press(shown, Qt.Key.Key_2)  # the fake always learns to say Q4
    learned(shown, qtbot)
    assert "one moves it a little" in card.outcome.text()


def test_a_point_of_the_selection_is_dragged_to_where_it_belongs(shown, card, qtbot):
    shown.session.set_selection(2.0, 5.0)
    press(shown, Qt.Key.Key_C)
    assert card.about.value == "passage"
    assert card.about.buttons["passage"].text() == "0:02 to 0:05"
    plane = card.plane
    qtbot.waitUntil(lambda: plane.height() == plane.heightForWidth(plane.width()))  # it is laid out
    press_at, let_go = plane.point(0.0, 0.0).toPoint(), plane.point(-0.5, 0.8).toPoint()
    QTest.mousePress(plane, Qt.MouseButton.LeftButton, pos=press_at)
    QTest.mouseMove(plane, let_go)
    assert shown.session.all_labels() == ()  # not before it is let go
    QTest.mouseRelease(plane, Qt.MouseButton.LeftButton, pos=let_go)
    (label,) = shown.session.all_labels()
    assert (label.start_s, label.end_s, label.quadrant) == (2.0, 5.0, None)
    assert label.valence == pytest.approx(-0.5, abs=0.02)
    assert label.arousal == pytest.approx(0.8, abs=0.02)
    learned(shown, qtbot)
    assert card.outcome.text().splitlines()[0].startswith("valence")
    assert shown.workspace.header.corrected.text() == "corrected by you, a passage"
    card.about.buttons["whole"].click()
    assert card.passage is None
    shown.session.set_selection(None)
    assert card.about.value == "whole"
    assert not card.about.buttons["passage"].isEnabled()


def test_arrow_keys_move_the_point_from_where_the_model_has_it(shown, card):
    analysis = shown.document.analysis(shown.document.current)
    press(shown, Qt.Key.Key_C)
    assert card.plane.pointer == pytest.approx((analysis.valence, analysis.arousal), abs=1e-3)
    press(shown, Qt.Key.Key_Right)
    press(shown, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    press(shown, Qt.Key.Key_Return)
    (label,) = shown.session.all_labels()
    assert label.valence == pytest.approx(analysis.valence + 0.1, abs=1e-3)
    assert label.arousal == pytest.approx(analysis.arousal - 0.02, abs=1e-3)


def test_escape_closes_the_card_and_leaves_the_selection(shown, card):
    shown.session.set_selection(2.0, 5.0)
    press(shown, Qt.Key.Key_C)
    press(shown, Qt.Key.Key_Escape)
    assert not card.isVisible()
    assert shown.document.selection == (2.0, 5.0)
    press(shown, Qt.Key.Key_Escape)
    assert shown.document.selection is None


def test_the_key_and_the_button_open_and_close_it_and_give_the_keyboard_back(shown, card):
    shown.tracks.list.setFocus()
    press(shown, Qt.Key.Key_C)
    assert card.isAncestorOf(QApplication.focusWidget())
    press(shown, Qt.Key.Key_C)
    assert not card.isVisible()
    assert QApplication.focusWidget() is shown.tracks.list
    QTest.mouseClick(shown.workspace.header.correct, Qt.MouseButton.LeftButton)
    assert card.isVisible()
    QTest.mouseClick(card.shut, Qt.MouseButton.LeftButton)
    assert not card.isVisible()


def test_it_stands_among_the_results_also_where_these_are_folded_away(shown, card):
    shown.actions_by_name["fold_right"].trigger()
    assert not shown.panel.isVisible()
    press(shown, Qt.Key.Key_C)
    assert card.isVisible()
    press(shown, Qt.Key.Key_Escape)
    assert not shown.panel.isVisible()


def test_numbers_mean_nothing_while_the_card_is_closed(shown, card):
    press(shown, Qt.Key.Key_4)
    assert shown.session.all_labels() == ()


def test_a_model_that_cannot_learn_says_so_and_takes_no_correction(shown, card, science, qtbot):
    science.cards["deaf"] = FakeCard("deaf")
    shown.session.set_model("deaf")
    qtbot.waitUntil(lambda: settled(shown) and shown.document.model.id == "deaf", timeout=30_000)
    qtbot.waitUntil(lambda: shown.document.analysis(shown.document.current) is not None, timeout=30_000)
    press(shown, Qt.Key.Key_C)
    assert card.outcome.text() == "It cannot learn: choose affekt-base."
    assert not card.buttons["Q1"].isEnabled()
    press(shown, Qt.Key.Key_4)
    assert shown.session.all_labels() == ()


def test_it_stays_open_for_the_next_track(shown, card, music, qtbot):
    shown.open_paths([music("two.wav")])
    qtbot.waitUntil(lambda: len(shown.document) == 2 and settled(shown), timeout=30_000)
    one, two = shown.document.order
    shown.session.select_track(one)
    press(shown, Qt.Key.Key_C)
    press(shown, Qt.Key.Key_1)
    learned(shown, qtbot)
    shown.session.select_track(two)
    qtbot.waitUntil(lambda: shown.document.analysis(two) is not None, timeout=30_000)
    assert card.isVisible()
    assert card.outcome.isHidden()
    qtbot.waitUntil(card.plane.isEnabled, timeout=30_000)
    press(shown, Qt.Key.Key_3)
    learned(shown, qtbot)
    assert {label.track_id: label.quadrant for label in shown.session.all_labels()} == {one: "Q1", two: "Q3"}


def test_every_control_of_the_card_has_a_name(card):
    for control in (*card.buttons.values(), *card.about.buttons.values(), card.shut, card.plane, card):
        assert control.accessibleName()
