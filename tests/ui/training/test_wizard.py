"""The whole way through the wizard, with a child that speaks the protocol."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QListWidget,
    QProgressBar,
    QPushButton,
    QTextBrowser,
)

from app.paths import own_models
from app.ui.training.page import CHOICES, FOUND, KEEP, RUNNING, SOURCE, VERDICT
from tests.ui.conftest import drop, write_music
from tests.ui.training.conftest import texts


def cure(wizard: object, text: str) -> QPushButton:
    QApplication.processEvents()
    buttons = wizard.page.found.findChildren(QPushButton)
    return next(one for one in buttons if one.text() == text and one.isVisibleTo(wizard.page.found))


def test_from_a_dropped_folder_to_a_kept_model(wizard) -> None:
    w = wizard()
    assert w.at() == SOURCE and not w.page.next.isEnabled() and w.page.why.text()
    drop(w.window, [w.folder])
    assert not w.window.document.order  # learned from, not analysed
    w.until(lambda: w.folder.name in texts(w.page.source))
    w.go_on()
    assert w.at() == FOUND and not w.page.next.isEnabled()
    w.until(lambda: not w.training.survey.busy)
    said = texts(w.page.found)
    assert "38" in said and "of 42 recordings" in said and "cannot be read" in said and "Label more." in said
    assert w.page.found.balance.accessibleDescription().startswith("Q1 happy, excited: 20")
    w.go_on()
    assert w.at() == CHOICES
    assert "Few clips" in w.page.choices.advice.label.text()
    w.until(lambda: w.training.estimate.total_s is not None)
    assert "about 2 minutes" in w.page.choices.time.text()
    w.go_on()
    assert w.at() == RUNNING
    w.until(lambda: w.at() == VERDICT)  # it goes there by itself
    assert "No clear difference" in w.page.verdict.title.text()
    assert "could be chance" in texts(w.page.verdict)
    w.go_on()
    assert w.at() == KEEP and w.page.keeping.name.text() == w.folder.name
    w.page.keeping.name.setText("Quiet evenings")
    w.page.keeping.keep.click()
    assert "Quiet evenings" in texts(w.page.keeping)
    (card,) = own_models().glob("*/card.json")
    assert "Quiet evenings" in card.read_text()
    assert w.training.unfinished() == []
    w.page.keeping.again_asked.emit()
    assert w.at() == SOURCE


def test_using_it_lets_it_answer(wizard, monkeypatch: pytest.MonkeyPatch) -> None:
    w = wizard()
    w.to_keep()
    asked = []
    monkeypatch.setattr(w.window.session, "set_model", asked.append)
    w.page.keeping.use.click()
    assert [Path(model).parent for model in asked] == [own_models()] and w.page.keeping.decided


def test_thrown_away_and_brought_back(wizard) -> None:
    w = wizard()
    w.to_keep()
    folder = Path(w.training.plan.out)
    w.page.keeping.throw.click()
    assert not folder.exists() and w.page.keeping.decided
    w.page.keeping.back_asked.emit()
    assert folder.is_dir() and not w.page.keeping.decided
    w.page.go_back()
    assert w.at() == VERDICT and "No clear difference" in w.page.verdict.title.text()


def test_the_keyboard_alone_does_it(wizard) -> None:
    w = wizard()
    w.page.take_drop([w.folder])
    for page in (FOUND, CHOICES, RUNNING):
        QTest.keyClick(w.window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
        assert w.at() == page
        if page == FOUND:
            w.until(w.page.next.isEnabled)
            QTest.keyClick(w.window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
            assert w.at() == SOURCE
            QTest.keyClick(w.window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
            w.until(w.page.next.isEnabled)
    w.until(lambda: w.at() == VERDICT)
    QTest.keyClick(w.window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert w.at() == KEEP and w.page.keeping.name.hasFocus()
    QTest.keyClick(w.page.keeping.name, Qt.Key.Key_Return)
    assert w.page.keeping.decided


def test_space_and_enter_listen_to_what_it_got_wrong(wizard) -> None:
    w = wizard()
    for number in range(2):
        write_music(w.folder / f"song {number}.wav", 1.0)
    w.to_verdict()
    player, wrong = w.window.player, w.page.verdict.wrong
    assert wrong.count() == 3 and "Q2 tense" in wrong.item(0).text()
    wrong.setFocus()
    QTest.keyClick(wrong, Qt.Key.Key_Space)
    assert player.playing and player.path == w.folder / "song 0.wav"
    QTest.keyClick(wrong, Qt.Key.Key_Space)
    assert not player.playing
    QTest.keyClick(wrong, Qt.Key.Key_Down)
    QTest.keyClick(wrong, Qt.Key.Key_Return)
    assert player.playing and player.path == w.folder / "song 1.wav"
    w.window.show_workspace("analyse")
    assert not player.playing and player.path is None


def test_a_problem_in_the_way_is_cured_by_its_button(wizard) -> None:
    w = wizard("hopeless")
    w.to_found()
    assert not w.page.next.isEnabled() and "keeps a model from" in w.page.why.text()
    w.until(cure(w, "Leave them out").hasFocus)
    QTest.keyClick(cure(w, "Leave them out"), Qt.Key.Key_Return)
    assert w.page.next.isEnabled() and w.page.next.hasFocus()
    assert not cure(w, "They are left out").isEnabled()
    cure(w, "Label more recordings").click()
    assert w.window.workspaces.shown == "label"


def test_nothing_to_learn_from_is_said(wizard) -> None:
    w = wizard("refuse")
    w.to_found()
    assert "nothing to learn" in w.page.found.state_text.text()
    assert not w.page.next.isEnabled()
    w.page.go_back()
    assert w.at() == SOURCE


def test_labels_of_the_library_are_learned_from(wizard, tmp_path: Path) -> None:
    w = wizard("slow")
    session, document = w.window.session, w.window.document
    paths = [write_music(tmp_path / f"{name}.wav", 0.2, seed=i) for i, name in enumerate("abcd")]
    session.open_paths(paths)
    w.until(lambda: len(document) == 4)
    assert w.page.source.rater.isHidden()
    session.set_rater("Anna")
    for track_id, quadrant in zip(document.order, ("Q1", "Q2", "Q3", "Q4"), strict=True):
        session.label(track_id, quadrant)
    session.set_rater("Bo")
    session.label(document.order[0], "Q1")
    session.label(document.order[1], cant_say=True)
    source = w.page.source
    shown = [source.rater.itemText(i) for i in range(source.rater.count())]
    assert shown[0].startswith("Anna: 4") and shown[1].startswith("Bo: 1") and shown[2].endswith(": 4 recordings")
    source.take_library.click()
    w.go_on()
    (folder,) = w.page.draft.folders
    table = (folder / "labels.csv").read_text(encoding="utf-8").splitlines()
    assert len(table) == 5 and str(paths[0]) in table[1]
    w.until(lambda: not w.training.survey.busy)
    w.go_on()
    assert "Anna" in w.page.draft.title
    w.go_on()
    w.until(lambda: w.training.state.phase == "training")
    plan = w.training.plan
    w.page.running.cancel.click()
    w.until(lambda: w.training.state.phase == "cancelled")
    w.training.drop(plan)
    assert not folder.exists()


def test_every_control_has_a_name(wizard) -> None:
    w = wizard()
    w.to_keep()
    nameless = [
        one
        for kind in (QAbstractButton, QComboBox, QLineEdit, QListWidget, QProgressBar)
        for one in w.page.findChildren(kind)
        if not (one.accessibleName() or getattr(one, "text", str)()) and not one.isHidden()
    ]
    assert nameless == []


def test_the_first_papers_tables_by_one_choice(wizard) -> None:
    w = wizard()
    w.to_choices()
    w.page.choices.tables.click()
    assert "30 minutes" in w.page.choices.time.text()
    w.go_on()
    w.until(lambda: w.at() == VERDICT)
    (table,) = w.page.verdict.findChildren(QTextBrowser)
    assert "CRNN" in table.toPlainText()
    folder = Path(w.training.state.folder)
    w.go_on()
    assert w.at() == SOURCE and (folder / "tables.md").is_file() and w.training.unfinished() == []
    assert not list(own_models().glob("*/card.json"))


def test_a_disk_that_takes_no_plan_is_said_and_nothing_begins(wizard, tmp_path: Path) -> None:
    w = wizard()
    w.to_choices()
    (tmp_path / "training").write_text("in the way of a folder")
    w.go_on()
    assert w.at() == CHOICES and not w.training.state.busy
    assert "cannot be written" in w.window.topbar.notice.text()
