"""One-page reports from the window: of the track that is shown, and of all that are analysed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.ui.figures.reports import ReportsDialog
from models.errors import JobError
from models.figures import report_page
from tests.pdf import read_pdf
from tests.ui.conftest import settled


def test_the_shown_track_becomes_one_page(qtbot, shown, tmp_path: Path) -> None:
    shown.session.add_mark(4.0, "entry of the cello")
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(shown, Qt.Key.Key_P, keys)
    asking = shown.findChild(QFileDialog)
    assert asking is not None
    assert [Path(name).name for name in asking.selectedFiles()] == ["one-report.pdf"]
    asking.fileSelected.emit(str(tmp_path / "one-report.pdf"))
    asking.close()
    qtbot.waitUntil((tmp_path / "one-report.pdf").exists, timeout=60_000)
    qtbot.waitUntil(lambda: not shown.session.printing.busy, timeout=60_000)
    pdf = read_pdf((tmp_path / "one-report.pdf").read_bytes())
    assert len(pdf.pages) == 1
    assert "entry of the cello" in pdf.words
    assert "analysed on " in pdf.words
    assert "Model fake 1" in pdf.words


@pytest.fixture
def three(qtbot, window, music, tmp_path: Path):  # type: ignore[no-untyped-def]
    """A window with three analysed tracks, two of one name."""
    other = tmp_path / "other"
    other.mkdir()
    twin = other / "one.wav"
    first = music("one.wav")
    twin.write_bytes(first.read_bytes() + b"\0\0")
    window.open_paths([first, twin, music("two.wav")])
    qtbot.waitUntil(lambda: settled(window) and len(window.document.order) == 3, timeout=60_000)
    return window


def finished(dialog: ReportsDialog) -> bool:
    return not dialog._running


def test_all_analysed_tracks_get_a_report_each(qtbot, three, tmp_path: Path) -> None:
    dialog = three.figures.reports()
    assert dialog.said.text() == "One page each for 3 analysed tracks."
    dialog.write(tmp_path / "reports")
    assert dialog.main.text() == "Cancel"
    qtbot.waitUntil(lambda: finished(dialog), timeout=60_000)
    names = sorted(path.name for path in (tmp_path / "reports").iterdir())
    assert names == ["one (2)-report.pdf", "one-report.pdf", "two-report.pdf"]
    assert dialog.said.text() == f"3 reports are in {tmp_path / 'reports'}."
    assert dialog.list.isHidden()
    dialog.close()


def test_one_that_fails_is_named_and_the_rest_goes_on(
    qtbot, three, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = report_page.write_report_page

    def failing(file: Path, recording, *, program: str) -> None:  # type: ignore[no-untyped-def]
        if file.name.startswith("one ("):
            raise JobError("no_space", f"{file} could not be written: disk full.")
        whole(file, recording, program=program)

    monkeypatch.setattr(report_page, "write_report_page", failing)
    dialog = three.figures.reports()
    dialog.write(tmp_path / "reports")
    qtbot.waitUntil(lambda: finished(dialog), timeout=60_000)
    assert len(list((tmp_path / "reports").iterdir())) == 2
    assert dialog.said.text().startswith("2 reports are in ")
    assert "one (2)-report.pdf could not be written: disk full." in dialog.list.toPlainText()
    dialog.close()


def test_cancelled_it_writes_no_more(qtbot, three, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go, begun = threading.Event(), threading.Event()
    whole = report_page.write_report_page

    def slow(file: Path, recording, *, program: str) -> None:  # type: ignore[no-untyped-def]
        begun.set()
        assert go.wait(20)
        whole(file, recording, program=program)

    monkeypatch.setattr(report_page, "write_report_page", slow)
    dialog = three.figures.reports()
    dialog.write(tmp_path / "reports")
    assert begun.wait(20)
    QTest.mouseClick(dialog.main, Qt.MouseButton.LeftButton)
    assert dialog.said.text() == "Cancelled after 0 of 3."
    assert dialog.main.isEnabled()
    go.set()
    qtbot.waitUntil(lambda: not three.session.printing.busy, timeout=60_000)
    qtbot.wait(50)
    assert len(list((tmp_path / "reports").iterdir())) == 1  # what had begun came to its end
    dialog.close()


def test_without_an_analysed_track_there_is_nothing_to_write(window) -> None:
    dialog = window.figures.reports()
    assert dialog.said.text() == "No track has been analysed yet."
    assert not dialog.main.isEnabled()
    window.figures.report()  # says so, and asks for no file
    assert window.findChild(QFileDialog) is None
    dialog.close()
