"""The order of what helps most, in the window: worked out in the background, and the reason told."""

from __future__ import annotations

from PySide6.QtCore import Qt

from tests.ui.labelling.conftest import press


def test_what_helps_most_comes_first_and_says_why(label, window, qtbot):
    page = label(5, order="helpful")
    adviser = window.session.adviser
    qtbot.waitUntil(lambda: len(adviser.reasons) == 5, timeout=10_000)
    press(window, Qt.Key.Key_Return)
    first = next(iter(adviser.reasons))
    sitting = page.static.sitting
    assert sitting is not None
    assert sitting.current.track_id == first
    assert "Next because" in page.static.running.hint.text()
    press(window, Qt.Key.Key_1)
    assert sitting.current.track_id == list(adviser.reasons)[1]
    press(window, Qt.Key.Key_Escape)
    press(window, Qt.Key.Key_Escape)
    page.static.show_setup()
    qtbot.waitUntil(lambda: first not in adviser.reasons, timeout=10_000)
    assert len(adviser.reasons) == 4


def test_other_orders_give_no_reason(label, window):
    page = label(3, order="listed")
    press(window, Qt.Key.Key_Return)
    assert "Next because" not in page.static.running.hint.text()
    assert not window.session.adviser.reasons
