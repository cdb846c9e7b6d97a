"""Choosing the model, reading about it, and going back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.document import ModelState
from app.ui.about_model import AboutModel, card_html
from app.ui.cards import gems_quality, macro_f1, offers_text, score_text
from app.ui.models import quality_text, summary_lines
from models.cards import Score
from tests.app.fakes import FakeCard
from tests.ui.conftest import settled

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton

RAW: dict[str, Any] = {
    "summary": "Listens twice.",
    "band_coverage": 0.8,
    "gems": True,
    "licence": "CC BY-NC-SA 4.0",
    "command": "affekt train here --out there",
    "data": [{"name": "4QAED", "what": "720 clips", "source": "Panda 2018", "terms": "research use"}],
    "limits": ["Western raters <only>."],
    "scores": {
        "protocol": "4 folds grouped by artist",
        "interval": "95%, bootstrap",
        "temperature": 0.82,
        "sources": {
            "4qaed": {
                "macro_f1": {"value": 0.6854, "low": 0.6503, "high": 0.7207},
                "expected_calibration_error": 0.0327,
                "confusion_rows_truth": [[136, 20, 15, 9], [28, 143, 4, 5], [16, 5, 98, 61], [19, 3, 41, 117]],
                "macro_f1_by_fold": [0.6, 0.7],
                "clips": 1720,
            },
            "emopia": {"macro_f1": {"value": 0.54}},
        },
        "gems": {"calmness": {"r": 0.66, "low": 0.6, "high": 0.71}, "power": {"r": 0.1, "low": -0.1, "high": 0.3}},
    },
}


@dataclass(frozen=True)
class WholeCard(FakeCard):
    summary: str = ""
    raw: dict[str, Any] = field(default_factory=dict)
    folder: Path = Path()


@pytest.fixture
def science(science, tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "weights.safetensors").write_bytes(b"0" * 5_230_000)
    science.cards["other"] = WholeCard("other", "2", "Another", summary="Listens twice.", raw=RAW, folder=folder)
    return science


def chooser_of(window):
    QTest.keyClick(window, Qt.Key.Key_M, CTRL)
    chooser = window.models.chooser
    assert chooser.isVisible()
    return chooser


def test_models_are_listed_with_what_they_are_worth(shown):
    chooser = chooser_of(shown)
    spoken = [
        chooser.list.model().index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole)
        for row in range(chooser.list.model().rowCount())
    ]
    assert spoken == [
        "A fake 1, judges now, Gives quadrants, valence and arousal, no bands, no GEMS, macro-F1 not measured",
        "Another 2, 5.2 MB, Listens twice., Gives quadrants, valence and arousal, 80\u202f% bands, GEMS, "
        "macro-F1 0.69 (0.65 to 0.72) on 4QAED, 0.54 on EMOPIA",
    ]
    assert chooser.card.id == "fake"
    corner = chooser.mapToGlobal(QPoint(chooser.width(), 0)) - shown.mapToGlobal(QPoint(0, 0))
    assert corner.x() <= shown.width()
    QTest.keyClick(chooser, Qt.Key.Key_Escape)
    assert not shiboken6.isValid(chooser) or not chooser.isVisible()
    assert shown.document.model.id == "fake"


def test_a_model_is_chosen_by_keys_and_there_is_a_way_back(shown, qtbot):
    chooser = chooser_of(shown)
    QTest.keyClick(chooser.list, Qt.Key.Key_Down)
    QTest.keyClick(chooser.list, Qt.Key.Key_Return)
    current = shown.document.current
    qtbot.waitUntil(lambda: "Another 2" in shown.topbar.model.text(), timeout=60_000)
    assert "Another judges from now on." in shown.topbar.notice.text()
    assert "Ctrl+Shift+M goes back to A fake." in shown.topbar.notice.text()
    qtbot.waitUntil(lambda: shown.document.analysis(current) is not None, timeout=60_000)
    assert shown.document.analysis(current).model_id == "other"
    QTest.keyClick(shown, Qt.Key.Key_M, CTRL | SHIFT)
    qtbot.waitUntil(lambda: "A fake 1" in shown.topbar.model.text(), timeout=60_000)
    qtbot.waitUntil(lambda: shown.document.analysis(current) is not None, timeout=60_000)
    assert shown.document.analysis(current).model_id == "fake"
    assert shown.document.track(current).status == "done"


def test_there_is_a_way_back_whatever_switched_the_model(shown, qtbot):
    shown.session.set_model("other")  # as a training that is kept and used does, or a correction
    qtbot.waitUntil(lambda: "Another 2" in shown.topbar.model.text(), timeout=60_000)
    QTest.keyClick(shown, Qt.Key.Key_M, CTRL | SHIFT)
    qtbot.waitUntil(lambda: "A fake 1" in shown.topbar.model.text(), timeout=60_000)


def test_a_click_on_the_name_and_on_a_row_chooses(shown, qtbot, music):
    shown.open_paths([music("two.wav")])
    qtbot.waitUntil(lambda: len(shown.document) == 2 and settled(shown), timeout=60_000)
    QTest.mouseClick(shown.topbar.model, LEFT)
    listing = shown.models.chooser.list
    QTest.mouseClick(listing.viewport(), LEFT, pos=listing.visualRect(listing.model().index(1, 0)).center())
    qtbot.waitUntil(lambda: shown.document.model.id == "other", timeout=60_000)
    assert "Ctrl+F5" in shown.topbar.notice.text()
    qtbot.waitUntil(lambda: settled(shown), timeout=60_000)
    QTest.keyClick(shown, Qt.Key.Key_F5, CTRL)
    qtbot.waitUntil(lambda: all(shown.document.track(i).status == "done" for i in shown.document.order), timeout=60_000)


def test_choosing_the_same_model_changes_nothing(shown):
    analysis = shown.document.analysis(shown.document.current)
    chooser = chooser_of(shown)
    assert chooser.use.text() == "Use this model"
    QTest.mouseClick(chooser.use, LEFT)
    assert shown.document.analysis(shown.document.current) is analysis
    assert "judges from now on" not in shown.topbar.notice.text()
    QTest.keyClick(shown, Qt.Key.Key_M, CTRL | SHIFT)
    assert "No other model has judged before." in shown.topbar.notice.text()


def test_the_card_of_a_model_can_be_read_before_it_is_chosen(shown):
    chooser = chooser_of(shown)
    QTest.keyClick(chooser.list, Qt.Key.Key_Down)
    QTest.mouseClick(chooser.about, LEFT)
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, AboutModel) and w.isVisible())
    words = dialog.text.toPlainText()
    for part in (
        "Another",
        "version 2, 5.2 MB",
        "0.69 (0.65 to 0.72)",
        "4 folds grouped by artist",
        "temperature",
        "0.82",
        "expected calibration error",
        "Panda 2018",
        "Western raters <only>.",
        "CC BY-NC-SA 4.0",
        "r = 0.66 (0.60 to 0.71)",
        "weakly predicted",
        "not of how a listener feels",
        "1,720",
    ):
        assert part in words, part
    assert words.index("temperature") > words.index("Calibration")
    assert "143" in words  # the confusion matrix
    dialog.close()
    QTest.keyClick(shown, Qt.Key.Key_I, CTRL)
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, AboutModel) and w.isVisible())
    assert "It has not been measured." in dialog.text.toPlainText()
    assert dialog.windowTitle() == "About the model A fake"
    dialog.close()


@pytest.mark.parametrize(
    "scores",
    [None, [], {"sources": 3}, {"sources": {"a": {"macro_f1": "good"}}, "gems": {"calmness": 1}}, {"gems": []}],
)
def test_a_card_written_by_hand_breaks_nothing(scores):
    card = WholeCard(
        raw={"name": "X", "scores": scores, "data": "some music", "limits": None, "licence": 3, "band_coverage": "x"}
    )
    assert "A fake" in card_html(card)
    assert macro_f1(card) == []
    assert quality_text(card) == "macro-F1 not measured"
    assert offers_text(card) == "Gives quadrants, valence and arousal, no bands, no GEMS"
    assert set(gems_quality(card)) <= {"calmness"}


def test_a_long_description_is_wrapped_and_told_whole_in_the_tooltip(shown, science):
    long = "A small network that was taught by the labels and by what stronger listeners hear in them. " * 2
    science.cards["other"] = WholeCard("other", "2", "Another", summary=long.strip(), raw=RAW)
    lines = summary_lines(science.cards["other"])
    assert 2 <= len(lines) <= 4
    assert " ".join(lines) == long.strip()  # nothing is cut
    chooser = chooser_of(shown)
    row = chooser.list.visualRect(chooser.list.model().index(1, 0))
    assert row.height() > chooser.list.visualRect(chooser.list.model().index(0, 0)).height()
    assert row.bottom() <= chooser.list.viewport().height()
    endless = WholeCard("other", "2", "Another", summary=long * 20, raw=RAW)
    assert len(summary_lines(endless)) == 4
    assert summary_lines(endless)[-1].endswith("\u2026")
    tip = chooser.list.model().index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.startswith(long.strip() + "\n")
    chooser.close()


def test_weak_is_what_is_low_or_may_be_chance():
    assert Score(0.29).is_weak
    assert not Score(0.31).is_weak
    assert Score(0.5, -0.01, 0.9).is_weak
    assert not Score(0.5, 0.01, 0.9).is_weak
    assert score_text(Score(-0.05, -0.2, 0.1)) == "\u22120.05 (\u22120.20 to 0.10)"


def test_the_bar_names_a_trained_model_without_its_time_of_day(window):
    bar = window.topbar
    bar.show_model(ModelState("mine", "My ears", "2026.11.20-22.23.30", "cpu", "ready"))
    assert bar.model.text() == "My ears · CPU"
    bar.show_model(ModelState("affekt-base", "Affekt base", "1", "cpu", "ready"))
    assert bar.model.text() == "Affekt base 1 · CPU"
