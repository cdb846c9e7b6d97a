"""From files to a printed figure: a climax is found, understood, compared and taken out in twelve actions at most."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QWidget

from app.ui.figures.dialog import FigureDialog
from tests.pdf import read_pdf
from tests.ui.compare.conftest import CTRL, known
from tests.ui.conftest import settled

MOST = 12


class Person:
    """Presses keys, and counts."""

    def __init__(self) -> None:
        self.actions: list[str] = []

    def press(self, where: QWidget, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
        self.actions.append(f"{modifier.name} {key.name}")
        QTest.keyClick(where, key, modifier)


@pytest.fixture
def person() -> Person:
    return Person()


def focused(dialog: QWidget) -> QWidget:
    """Return what hears the keys of a dialog."""
    return dialog.focusWidget() or dialog


def test_from_files_to_a_figure(qtbot, window, music, tmp_path, person) -> None:
    window.session.set_setting("folder", str(tmp_path))
    person.actions.append("drop two recordings")
    window.open_paths([music("first.wav"), music("late.wav")])
    qtbot.waitUntil(lambda: len(window.document) == 2 and settled(window), timeout=60_000)
    first = window.document.order[0]
    qtbot.waitUntil(lambda: window.document.analysis(window.document.current) is not None)

    person.press(window, Qt.Key.Key_N)  # find a climax
    analysis = window.document.analysis(first)
    assert window.document.current == first
    assert window.player.position_s == pytest.approx(min(c.peak_s for c in analysis.climaxes), abs=0.01)

    person.press(window, Qt.Key.Key_E)  # understand it
    qtbot.waitUntil(lambda: window.session.explainer.state is not None and not window.session.explainer.state.busy)
    assert window.session.explainer.state.explanation is not None
    shown = window.workspace.timeline.waveform.readings(window.player.position_s)
    assert any("for Q" in reading.label for reading in shown)  # the heat over the waveform is read out
    said = " ".join(label.text() for label in window.panel.why.findChildren(QLabel))
    assert "In sum it speaks for" in said

    person.press(window, Qt.Key.Key_T, CTRL)  # compare it with another recording
    person.press(window, Qt.Key.Key_Down, CTRL)
    assert window.document.current != first
    person.press(window, Qt.Key.Key_T, CTRL)
    person.press(window, Qt.Key.Key_2, CTRL)
    qtbot.waitUntil(lambda: known(window), timeout=60_000)
    assert len(window.workspaces.page.view.recordings) == 2

    person.press(window, Qt.Key.Key_P, CTRL)  # take it out as a figure
    dialog = window.findChild(FigureDialog)
    assert dialog.order().what == "comparison"
    qtbot.waitUntil(dialog.save.isEnabled, timeout=60_000)
    person.press(focused(dialog), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.findChild(QFileDialog) is not None)
    asked = dialog.findChild(QFileDialog)
    person.press(focused(asked), Qt.Key.Key_Return)
    figure = tmp_path / "comparison.pdf"
    qtbot.waitUntil(figure.is_file, timeout=60_000)
    qtbot.waitUntil(lambda: "Saved" in dialog.said.text(), timeout=60_000)
    assert "first" in read_pdf(figure.read_bytes()).words
    assert len(person.actions) <= MOST, person.actions
    dialog.close()
    QApplication.processEvents()
