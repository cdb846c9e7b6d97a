"""A window in the Label workspace."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.ui.labelling.page import LabelPage
from app.ui.window import Window
from tests.ui.conftest import settled

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def label(qtbot, window: Window, music) -> Callable[..., LabelPage]:
    """Open some music and go to Label by key."""

    def make(tracks: int = 3, **setup: str) -> LabelPage:
        if tracks:
            window.open_paths([music(f"clip {n:02d}.wav") for n in range(tracks)])
            qtbot.waitUntil(lambda: len(window.document.order) == tracks and settled(window), timeout=60_000)
        QTest.keyClick(window, Qt.Key.Key_3, CTRL)
        page = window.workspaces.page
        assert isinstance(page, LabelPage)
        card = page.static.setup
        for name, value in {"clip": "start", "order": "listed", **setup}.items():
            choice = getattr(card, name)
            choice.buttons[value].click()
        page.take_focus()
        return page

    return make


def press(window: Window, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the keyboard is."""
    QTest.keyClick(window.focusWidget() or window, key, modifier)
