"""The model manager: what is there, what two cards say, and what a person does with their own models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from app.jobs.tools import Worker
from app.session import Session
from app.ui.model_manager.dialog import ModelManager
from app.ui.model_manager.side_by_side import side_by_side_html
from app.ui.theme import LIGHT, THEME
from app.ui.window import Window
from models import hub
from models.hub import DEFAULT_MODEL, find_model, list_models
from models.shelf.archive import export_model
from tests.app.fakes import FakeScience
from tests.tiny_model import write_tiny_model
from tests.ui.conftest import drop

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def own(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's models, none yet; two are shipped."""
    monkeypatch.setattr(hub, "SHIPPED", tmp_path / "shipped")
    write_tiny_model(tmp_path / "shipped" / DEFAULT_MODEL, seed=1)
    write_tiny_model(tmp_path / "shipped" / "small", seed=2)
    return own_home / "models"


@pytest.fixture
def window(qtbot, own: Path, tmp_path: Path) -> Iterator[Window]:
    THEME.start(QApplication.instance())
    THEME.use(LIGHT)
    fake = FakeScience().worker()
    worker = Worker(fake.load_model, fake.analyse, lambda model: find_model(model, own), lambda: list_models(own))
    session = Session(tmp_path / "library.sqlite3", worker=worker)
    window = Window(session, sound=False)
    session.start()
    session.warm_up()
    window.show()
    qtbot.waitExposed(window)
    qtbot.waitUntil(lambda: window.document.model.id == DEFAULT_MODEL, timeout=60_000)
    yield window
    window.close()
    assert session.wait_closed()
    window.deleteLater()


def opened(window: Window) -> ModelManager:
    QTest.keyClick(window, Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier)
    manager = window.models.manager
    assert manager is not None
    assert manager.isVisible()
    return manager


def lines(manager: ModelManager) -> list[str]:
    return [manager.list.item(i).text().replace("\n", " | ") for i in range(manager.list.count())]


def press(manager: ModelManager, button: QPushButton) -> None:
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_without_own_models_it_says_how_to_get_one(window: Window) -> None:
    manager = opened(window)
    assert lines(manager) == [
        "Come with the program",
        "Tiny | judges now, default",
        "Tiny",
        "Your own",
        "None yet. Train one (Ctrl+4), or import one that somebody gave you.",
    ]
    assert manager.name.isReadOnly()
    assert not manager.delete.isEnabled()
    press(manager, manager.train)
    assert window.workspaces.shown == "train"


def test_it_is_one_window_and_closes_with_the_main_one(window: Window, qtbot) -> None:
    manager = opened(window)
    assert opened(window) is manager
    QTest.keyClick(manager, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.models.manager is None, timeout=60_000)
    again = opened(window)
    window.close()
    assert not again.isVisible()


def test_a_model_is_renamed_noted_and_undone_by_keys(window: Window, own: Path) -> None:
    write_tiny_model(own / "mine")
    manager = opened(window)
    manager.show_model("mine")
    QTest.keyClick(manager, Qt.Key.Key_F2)
    manager.name.selectAll()
    QTest.keyClicks(manager.name, "Evening")
    QTest.keyClick(manager.name, Qt.Key.Key_Return)
    assert find_model("mine", own).name == "Evening"
    assert "Evening" in lines(manager)
    QTest.keyClicks(manager.notes, "for strings")
    manager.list.choose(DEFAULT_MODEL)  # going elsewhere keeps them
    assert window.session.model_notes("mine") == "for strings"
    assert manager.notes.toPlainText() == ""
    manager.show_model("mine")
    assert manager.notes.toPlainText() == "for strings"
    for _ in range(2):
        QTest.keyClick(manager, Qt.Key.Key_Z, CTRL)
    assert find_model("mine", own).name == "Tiny"
    assert window.session.model_notes("mine") == ""
    # Which of the two windows is active is not for a test's platform to say; the key works in both.
    assert "Undone: Renamed the model Tiny to Evening" in manager.status.text() + window.topbar.notice.text()
    manager.name.setText("   ")
    manager.name.editingFinished.emit()
    assert manager.name.text() == "Tiny"
    assert "1 to 80 characters" in manager.status.text()


def test_the_model_that_judges_is_called_by_its_new_name_at_once(window: Window, own: Path, qtbot) -> None:
    write_tiny_model(own / "mine")
    window.session.set_model("mine")
    qtbot.waitUntil(lambda: window.document.model.id == "mine", timeout=60_000)
    long = "Evening piano with a name as long as a name may be, which is eighty characters"
    assert window.session.rename_model("mine", long)
    assert window.document.model.name == long
    assert long in window.topbar.model.accessibleName()
    assert long in window.topbar.model.toolTip()
    assert "\u2026" in window.topbar.model.text()
    assert window.topbar.model.sizeHint().width() < 420
    window.session.undo()
    assert "Tiny" in window.topbar.model.text()


def test_into_the_bin_back_and_gone_for_good(window: Window, own: Path, qtbot) -> None:
    write_tiny_model(own / "mine")
    manager = opened(window)
    assert not manager.empty.isVisible()
    manager.show_model("mine")
    QTest.keyClick(manager.list, Qt.Key.Key_Delete)
    assert "mine" not in [card.id for card in list_models(own)]
    assert lines(manager)[-2] == "In the bin"
    QTest.keyClick(manager, Qt.Key.Key_Z, CTRL)
    assert find_model("mine", own).id == "mine"
    manager.show_model("mine")
    press(manager, manager.delete)
    manager.list.setCurrentRow(manager.list.count() - 1)
    assert not manager.use.isVisible()
    assert manager.facts.text().startswith("mine, version 7")
    press(manager, manager.restore)
    assert find_model("mine", own).id == "mine"
    manager.show_model("mine")
    press(manager, manager.delete)
    press(manager, manager.empty)
    box = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible())
    assert "cannot be undone" in box.text()
    press(manager, next(button for button in box.buttons() if button.text() == "Delete for good"))
    assert window.session.binned_models() == []
    assert "In the bin" not in lines(manager)


def test_the_model_that_judges_is_not_deleted(window: Window, own: Path, qtbot) -> None:
    write_tiny_model(own / "mine")
    manager = opened(window)
    manager.show_model("mine")
    QTest.keyClick(manager.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Tiny | judges now" in lines(manager)[4], timeout=60_000)
    assert not manager.delete.isEnabled()
    QTest.keyClick(manager.list, Qt.Key.Key_Delete)
    assert "judges now" in manager.status.text()
    assert find_model("mine", own).id == "mine"


def test_the_default_is_chosen_and_undone(window: Window, own: Path, qtbot) -> None:
    write_tiny_model(own / "mine")
    manager = opened(window)
    manager.show_model("mine")
    press(manager, manager.make_default)
    qtbot.waitUntil(lambda: window.document.model.id == "mine", timeout=60_000)
    assert find_model("", own).id == "mine"
    assert not manager.make_default.isEnabled()
    QTest.keyClick(manager, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: window.document.model.id == DEFAULT_MODEL, timeout=60_000)
    assert find_model("", own).id == DEFAULT_MODEL


def test_a_model_file_dropped_on_the_window_is_imported(window: Window, own: Path, tmp_path: Path, qtbot) -> None:
    file = tmp_path / "given.affekt-model"
    export_model(find_model("small", own), file)
    manager = opened(window)
    drop(window, [file])
    qtbot.waitUntil(lambda: find_model_or_none("small-2", own), timeout=60_000)
    qtbot.waitUntil(lambda: "among your own models" in manager.status.text(), timeout=60_000)
    assert len(window.document) == 0
    QTest.keyClick(manager, Qt.Key.Key_Z, CTRL)
    assert not find_model_or_none("small-2", own)
    file.write_bytes(b"PK\x03\x04 nonsense")
    drop(window, [file])
    qtbot.waitUntil(lambda: "was not imported" in manager.status.text(), timeout=60_000)
    assert manager.status.property("error") is True


def find_model_or_none(model: str, own: Path) -> bool:
    return model in [card.id for card in list_models(own)]


def test_two_cards_stand_side_by_side(window: Window, own: Path) -> None:
    manager = opened(window)
    manager.other.setCurrentIndex(manager.other.findData("small"))
    manager.other.activated.emit(manager.other.currentIndex())
    words = manager.text.toPlainText()
    assert "Two models side by side" in words
    assert words.count("Knows nothing.") == 2
    manager.other.setCurrentIndex(0)
    manager.other.activated.emit(0)
    assert "Two models side by side" not in manager.text.toPlainText()


def test_figures_that_only_one_card_has_are_a_dash() -> None:
    from tests.ui.test_models import RAW, WholeCard

    other = {"scores": {"protocol": "otherwise", "sources": {"4qaed": {"macro_f1": {"value": 0.5}, "new": 0.25}}}}
    page = side_by_side_html(WholeCard(raw=RAW), WholeCard(raw=other))
    assert "measured by different protocols" in page
    row = page[page.index("macro-F1") :]
    assert row.index("0.69 (0.65 to 0.72)") < row.index("0.50")
    assert page.count("<td valign='top' width='34%'>\u2014</td>") > 5
    assert "<only>" not in page


def test_every_control_has_a_name(window: Window) -> None:
    manager = opened(window)
    for part in (manager.list, manager.name, manager.other, manager.text, manager.notes, manager.status):
        assert part.accessibleName()
    for button in manager.findChildren(QPushButton):
        assert button.text()
        assert button.accessibleDescription()
