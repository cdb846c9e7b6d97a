"""The dialog of figures, as a person uses it: seen at once, saved whole, copied, remembered."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QMessageBox,
    QPushButton,
    QStyle,
    QStyleOptionComboBox,
)

from app.jobs import printing
from app.ui.figures.dialog import FigureDialog
from app.ui.window import Window
from models.errors import JobError
from tests.models.figure_toys import make_recording
from tests.pdf import read_pdf
from tests.ui.conftest import give, settled

CTRL = Qt.KeyboardModifier.ControlModifier


def known(window: Window) -> None:
    """Let the track have everything: cues, climaxes, sections, marks."""
    current = window.document.current
    assert current is not None
    recording = make_recording(12.0)
    analysis, structure = recording.analysis, recording.structure
    give(
        window,
        sha256=window.document.analysis(current).sha256,
        domain=None,
        cue_names=analysis.cue_names,
        cues_over_time=analysis.cues_over_time,
        intensity_over_time=analysis.intensity_over_time,
        climaxes=analysis.climaxes,
    )
    assert structure is not None
    window.document.put_structure(current, structure)
    window.session.add_mark(4.0, "entry of the cello")


@pytest.fixture
def dialog(qtbot, shown) -> FigureDialog:
    known(shown)
    QTest.keyClick(shown, Qt.Key.Key_P, CTRL)
    dialog = shown.findChild(FigureDialog)
    assert dialog is not None
    assert dialog.isVisible()
    settle(qtbot, dialog)
    return dialog


def settle(qtbot, dialog: FigureDialog) -> None:
    """Wait until what is chosen is drawn."""
    qtbot.waitUntil(
        lambda: (
            not (dialog._drawing or dialog._stale or dialog._pause.isActive())
            and (dialog.preview.picture is not None or bool(dialog.preview.trouble))
        ),
        timeout=60_000,
    )


def choose(combo: QComboBox, value: object) -> None:
    index = combo.findData(value)
    assert index >= 0
    combo.setCurrentIndex(index)


def test_the_figure_is_seen_in_its_proportions_with_its_size(qtbot, dialog: FigureDialog) -> None:
    picture = dialog.preview.picture
    assert picture is not None
    width, height = picture.size_mm
    assert width == 175.0
    assert dialog.measured.text() == f"175 \u00d7 {height:.0f} mm"
    page = dialog.preview.page
    assert page.width() / page.height() == pytest.approx(width / height, rel=0.01)
    seen = dialog.preview.grab().toImage()
    ratio = seen.width() / dialog.preview.width()
    inside = seen.pixelColor(int((page.left() + 3) * ratio), int((page.top() + 3) * ratio))
    assert inside.name() == "#ffffff"  # a light ground, also in dark colours
    choose(dialog.controls.preset, "one column")
    settle(qtbot, dialog)
    assert dialog.measured.text().startswith("85 \u00d7")
    choose(dialog.controls.preset, "slide")
    dialog.controls.panels["intensity"].setChecked(False)
    dialog.controls.panels["spectrogram"].setChecked(False)
    settle(qtbot, dialog)
    page = dialog.preview.page
    assert page.width() / page.height() == pytest.approx(16 / 9, rel=0.01)
    ratio = dialog.preview.devicePixelRatioF()
    assert dialog.preview._image.width() >= 0.85 * page.width() * ratio  # as sharp as the screen shows


def test_what_cannot_be_drawn_is_said_in_place_of_the_preview(qtbot, dialog: FigureDialog) -> None:
    for box in dialog.controls.panels.values():
        box.setChecked(False)
    settle(qtbot, dialog)
    assert dialog.preview.trouble == "None of the panels that were chosen can be drawn of this recording."
    assert not dialog.save.isEnabled()
    dialog.controls.panels["loudness"].setChecked(True)
    settle(qtbot, dialog)
    assert dialog.preview.picture is not None
    assert dialog.save.isEnabled()


def test_while_it_is_drawn_anew_a_quiet_sign_says_so(qtbot, dialog: FigureDialog, monkeypatch) -> None:
    go_on = threading.Event()
    whole = printing.Printing._draw
    monkeypatch.setattr(printing.Printing, "_draw", lambda *args: (go_on.wait(20), whole(*args))[1])
    assert not dialog.preview.is_redrawing
    choose(dialog.controls.preset, "one column")
    qtbot.waitUntil(lambda: dialog.preview.is_redrawing)
    assert dialog.preview.picture is not None  # the one before stays
    dialog.preview.grab()
    go_on.set()
    settle(qtbot, dialog)
    assert not dialog.preview.is_redrawing


def test_choices_are_not_cut_and_say_why_they_cannot_be_made(qtbot, dialog: FigureDialog) -> None:
    controls = dialog.controls
    for combo in (controls.what, controls.preset, controls.heat):
        option = QStyleOptionComboBox()
        combo.initStyleOption(option)
        style, field = combo.style(), QStyle.SubControl.SC_ComboBoxEditField
        room = style.subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, combo).width()
        for index in range(combo.count()):
            assert combo.fontMetrics().horizontalAdvance(combo.itemText(index)) <= room, combo.itemText(index)
    explanation = controls.heat.model().item(controls.heat.findData("explanation"))
    assert not explanation.isEnabled()
    assert "Why here?" in explanation.toolTip()


def test_every_choice_draws_something_else(qtbot, dialog: FigureDialog, shown) -> None:
    controls, seen = dialog.controls, []

    def drawn() -> None:
        settle(qtbot, dialog)
        assert dialog.preview.picture is not None, dialog.preview.trouble
        seen.append(dialog.preview.picture.caption)

    drawn()
    choose(controls.part, 1)
    drawn()
    choose(controls.part, "whole")
    controls.lag.setValue(2.0)
    drawn()
    assert "drawn 2 s earlier" in seen[-1]
    controls.panels["sections"].setChecked(True)
    drawn()
    assert "Sections" in seen[-1]
    choose(controls.heat, "contribution")
    drawn()
    assert "what pushed it" in seen[-1]
    for what in ("worm", "climax", "approaches"):
        choose(controls.what, what)
        drawn()
    choose(controls.what, "climax")
    choose(controls.climax, 2)
    drawn()
    assert "Climax 2" in seen[-1]
    assert len(set(seen)) == len(seen)
    assert "analysed on " in seen[0]
    # What a figure does not have is not offered.
    assert not controls.panel_box.isVisible()
    assert not controls.part.isVisible()
    model = controls.what.model()
    assert not model.item(controls.what.findData("comparison")).isEnabled()
    assert not controls.heat.model().item(controls.heat.findData("explanation")).isEnabled()


def test_the_selection_can_be_drawn_and_follows(qtbot, dialog: FigureDialog, shown) -> None:
    assert dialog.controls.part.findData("selection") < 0
    shown.session.set_selection(2.0, 6.0)
    settle(qtbot, dialog)
    choose(dialog.controls.part, "selection")
    settle(qtbot, dialog)
    assert "From 0:02.0 to 0:06.0." in dialog.preview.picture.caption
    shown.session.set_selection(3.0, 9.0)
    settle(qtbot, dialog)
    assert "From 0:03.0 to 0:09.0." in dialog.preview.picture.caption
    shown.session.set_selection(None)
    settle(qtbot, dialog)
    assert "From" not in dialog.preview.picture.caption
    shown.session.add_mark(8.0, "a new mark")
    dialog.controls.panels["marks"].setChecked(True)
    settle(qtbot, dialog)


def test_each_ticked_format_becomes_a_file(qtbot, dialog: FigureDialog, shown, tmp_path: Path) -> None:
    for box in dialog.controls.files.values():
        box.setChecked(True)
    assert dialog._stem() == "one-panels"
    dialog._ask_over(tmp_path / "figure.pdf")
    qtbot.waitUntil(lambda: dialog.said.text().startswith("Saved"), timeout=60_000)
    assert sorted(p.name for p in tmp_path.glob("figure*")) == ["figure.pdf", "figure.png", "figure.svg", "figure.txt"]
    assert "figure.pdf, figure.svg, figure.png, figure.txt" in dialog.said.text()
    pdf = read_pdf((tmp_path / "figure.pdf").read_bytes())
    assert pdf.pages[0][0] == pytest.approx(175.0, abs=0.1)
    assert pdf.embedded
    assert "Model fake 1, analysed on " in pdf.words
    assert (tmp_path / "figure.txt").read_text(encoding="utf-8").startswith("one (0:12). ")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert "Affekt 0." in (tmp_path / "figure.svg").read_text(encoding="utf-8")


def test_files_that_are_there_are_asked_about(qtbot, dialog: FigureDialog, tmp_path: Path) -> None:
    there = tmp_path / "figure.svg"
    there.write_text("mine")
    dialog._ask_over(tmp_path / "figure.pdf")
    question = dialog.findChild(QMessageBox)
    assert question is not None
    assert "figure.svg" in question.text()
    question.reject()
    assert there.read_text() == "mine"
    assert not (tmp_path / "figure.pdf").exists()
    dialog._ask_over(tmp_path / "figure.pdf")
    question = [box for box in dialog.findChildren(QMessageBox) if box.isVisible()][-1]
    next(b for b in question.buttons() if b.text() == "Write over").click()
    qtbot.waitUntil(lambda: dialog.said.text().startswith("Saved"), timeout=60_000)
    assert there.read_text().startswith("<?xml")


def test_a_full_disk_is_named_and_the_dialog_stays(
    qtbot, dialog: FigureDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: Path, _content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    dialog._ask_over(tmp_path / "figure.pdf")
    qtbot.waitUntil(lambda: "could not be written" in dialog.said.text(), timeout=60_000)
    assert "figure.pdf" in dialog.said.text()
    assert "No space left on device" in dialog.said.text()
    assert dialog.isVisible()
    assert dialog.save.isEnabled()


def test_without_a_format_it_says_what_to_do(dialog: FigureDialog) -> None:
    for box in dialog.controls.files.values():
        box.setChecked(False)
    QTest.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    assert dialog.said.text() == "Tick a format to save as."


def test_picture_and_legend_are_copied(qtbot, dialog: FigureDialog) -> None:
    choose(dialog.controls.preset, "one column")
    settle(qtbot, dialog)
    QTest.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "clipboard" in dialog.said.text(), timeout=60_000)
    image = QGuiApplication.clipboard().image()
    assert image.width() == pytest.approx(85 / 25.4 * 300, abs=2)
    QTest.mouseClick(dialog.copy_legend, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == dialog.preview.picture.caption


def test_the_newest_choice_wins_and_nothing_waits(qtbot, dialog: FigureDialog, monkeypatch: pytest.MonkeyPatch) -> None:
    go, orders = threading.Event(), []
    whole = printing.Printing._draw

    def slow(self, order, recording, compared):  # type: ignore[no-untyped-def]
        orders.append(order)
        assert go.wait(20)
        assert threading.current_thread() is not threading.main_thread()
        return whole(self, order, recording, compared)

    monkeypatch.setattr(printing.Printing, "_draw", slow)
    dialog.controls.lag.setValue(1.0)
    qtbot.waitUntil(lambda: bool(orders), timeout=20_000)
    for lag in (1.5, 2.0, 2.5, 3.0):
        dialog.controls.lag.setValue(lag)
        qtbot.wait(100)  # longer than choices are gathered
    assert len(orders) == 1  # none is begun while one is drawn
    go.set()
    settle(qtbot, dialog)
    assert [order.lag_s for order in orders] == [1.0, 3.0]
    assert "drawn 3 s earlier" in dialog.preview.picture.caption


def test_choices_are_remembered(qtbot, dialog: FigureDialog, shown) -> None:
    choose(dialog.controls.what, "worm")
    choose(dialog.controls.preset, "one column")
    dialog.controls.lag.setValue(1.5)
    dialog.controls.title.setChecked(False)
    dialog.controls.files["png"].setChecked(True)
    dialog.controls.panels["marks"].setChecked(True)
    settle(qtbot, dialog)
    dialog.close()
    again = shown.figures.figure()
    assert again is not dialog
    settle(qtbot, again)
    order = again.order()
    assert (order.what, order.preset, order.lag_s, order.title) == ("worm", "one column", 1.5, False)
    assert "marks" in order.panels
    assert "png" in again.controls.endings
    assert shown.figures.figure() is again  # open once
    again.controls.restore({"what": 3, "lag_s": "x", "panels": None, "files": 7})  # settings of another hand
    assert again.controls.what.currentData() == "panels"


def test_before_the_analysis_it_says_when_there_will_be_a_figure(qtbot, window) -> None:
    dialog = window.figures.figure()
    settle(qtbot, dialog)
    assert dialog.preview.trouble == "Shown once the track has been analysed."
    assert not dialog.save.isEnabled()
    dialog.close()


def test_it_closes_while_it_draws_and_with_the_window(qtbot, dialog: FigureDialog, shown) -> None:
    dialog.controls.lag.setValue(4.0)
    qtbot.waitUntil(lambda: dialog._drawing, timeout=20_000)
    dialog.close()
    qtbot.waitUntil(lambda: not shown.session.printing.busy, timeout=60_000)
    qtbot.wait(50)
    shown.figures.figure()  # left open: the window's fixture closes it


def test_every_control_has_a_name(dialog: FigureDialog) -> None:
    for kind in (QComboBox, QDoubleSpinBox, QCheckBox, QPushButton):
        for control in dialog.findChildren(kind):
            assert control.accessibleName() or control.text(), control


def test_other_faults_are_told_without_closing_anything(
    qtbot, dialog: FigureDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise JobError("internal", "Something.")

    monkeypatch.setattr(printing.Printing, "_draw", broken)
    dialog.controls.lag.setValue(0.5)
    settle(qtbot, dialog)
    assert dialog.preview.trouble == "Something."
    dialog.recording = replace(dialog.recording, title="x")
    assert dialog.isVisible()


def test_what_is_compared_can_be_drawn(qtbot, shown, music) -> None:
    shown.open_paths([music("two.wav")])
    qtbot.waitUntil(lambda: settled(shown) and len(shown.document.order) == 2, timeout=60_000)
    for track_id in shown.document.order:
        shown.session.compare(track_id)
    shown.session.compare_along("time")
    shown.show_workspace("compare")
    comparer = shown.session.comparer
    qtbot.waitUntil(lambda: [r.analysis is not None for r in comparer.recordings] == [True, True], timeout=60_000)
    dialog = shown.figures.figure()
    choose(dialog.controls.what, "comparison")
    settle(qtbot, dialog)
    picture = dialog.preview.picture
    assert picture is not None, dialog.preview.trouble
    assert picture.title == "one / two"
    assert "Each recording goes by its own time." in picture.caption
    assert "analysed on " in picture.caption
    assert dialog._stem() == "comparison"
    shown.session.compare_no_more(shown.document.order[1])
    settle(qtbot, dialog)
    assert dialog.order().what == "panels"  # what is not there any more gives way


def test_a_slide_has_panels_of_its_own_which_fit(qtbot, dialog) -> None:
    controls = dialog.controls
    controls.panels["sections"].setChecked(True)
    printed = controls.order({}).panels
    controls.preset.setCurrentIndex(controls.preset.findData("slide"))
    settle(qtbot, dialog)
    assert dialog.save.isEnabled()
    assert len(controls.order({}).panels) == 4
    controls.panels["quadrants"].setChecked(False)
    controls.preset.setCurrentIndex(controls.preset.findData("one column"))
    assert controls.order({}).panels == printed
    controls.preset.setCurrentIndex(controls.preset.findData("slide"))
    assert "quadrants" not in controls.order({}).panels
    assert controls.kept()["panels"] == list(printed)
    settle(qtbot, dialog)
