"""Start, end, translation and reach."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QTranslator
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QAbstractSlider, QLabel, QLineEdit, QProgressBar

from app.__main__ import main
from tests.ui.conftest import settled

ROOT = Path(__file__).resolve().parents[2]

_FIRST_PAINT = """
import sys
from app.ui.window import Window
from app.ui.theme import THEME
from app.session import Session
from PySide6.QtWidgets import QApplication
application = QApplication([])
THEME.start(application)
session = Session()
window = Window(session)
session.start()
def painted():
    heavy = {"torch", "librosa", "scipy", "matplotlib", "captum", "numba", "sklearn"}
    print("heavy:", sorted(heavy & set(sys.modules)))
    window.close()
window.painted.connect(painted)
window.show()
application.exec()
session.wait_closed()
"""


def run(code: list[str], home: Path) -> subprocess.CompletedProcess:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "AFFEKT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *code], capture_output=True, text=True, timeout=240, env=environment, cwd=ROOT, check=False
    )


def test_nothing_heavy_is_loaded_before_the_first_paint(tmp_path):
    done = run(["-c", _FIRST_PAINT], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "heavy: []" in done.stdout


def test_the_program_opens_a_file_and_ends_by_itself(tmp_path, music):
    path = music("small.wav")
    code = f"from pathlib import Path; from app.ui import run_window; print(run_window([Path({str(path)!r})], 1.5))"
    done = run(["-c", code], tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("0")
    assert "Traceback" not in done.stderr


def test_no_two_actions_of_a_workspace_share_a_key(window):
    for entry in window.workspaces.entries:
        here = [key for key in window.keys if key.where in ("", entry.name)]
        taken = [QKeySequence(combination).toString() for key in here for combination in key.keys]
        assert all(taken)
        assert len(set(taken)) == len(taken)


def test_every_control_has_an_accessible_name(shown):
    kinds = (QAbstractButton, QAbstractSlider, QLineEdit, QAbstractItemView, QProgressBar)
    controls = [w for kind in kinds for w in shown.findChildren(kind)]
    assert len(controls) > 12
    nameless = [
        w
        for w in controls
        if not w.accessibleName()
        and not (isinstance(w, QAbstractButton) and w.text())
        and not w.objectName().startswith("qt_")
        and type(w).__name__ not in ("QScrollBar", "QToolButton", "QListView", "QLineEditIconButton")
        and type(w.parent()).__name__ != "QLineEdit"
    ]
    assert nameless == []


def test_the_whole_window_can_be_reached_by_tab(shown, qtbot):
    shown.activateWindow()
    shown.tracks.list.setFocus()
    reached = set()
    for _ in range(60):
        widget = shown.focusWidget()
        reached.add(widget)
        shown.focusNextChild()
    wanted = {
        shown.tracks.list,
        shown.tracks.search,
        shown.workspace.timeline,
        shown.panel.climaxes.list,
        shown.transport.play,
        shown.transport.volume,
        shown.transport.loop,
        shown.transport.speed,
        shown.topbar.left,
    }
    assert wanted <= reached


def test_space_presses_the_button_that_has_the_focus(shown):
    shown.activateWindow()
    shown.transport.loop.setFocus()
    QTest.keyClick(shown.transport.loop, Qt.Key.Key_Space)
    assert shown.player.loop
    assert not shown.player.playing
    shown.tracks.list.setFocus()
    QTest.keyClick(shown.tracks.list, Qt.Key.Key_Space)
    assert shown.player.playing
    shown.player.pause()


class _Marks(QTranslator):
    """Puts every translated text between marks."""

    def translate(self, _context: str, text: str, _disambiguation: str | None = None, _n: int = -1) -> str:
        return f"«{text}»"

    def isEmpty(self) -> bool:  # noqa: N802
        return False


def test_every_visible_word_goes_through_the_translator(qapp, make_window, qtbot, music, science):
    marks = _Marks()
    QCoreApplication.installTranslator(marks)
    try:
        window = make_window()
        window.open_paths([music("one.wav")])
        qtbot.waitUntil(lambda: settled(window), timeout=60_000)
        qtbot.waitUntil(lambda: window.panel.bars.text != "", timeout=60_000)
        texts = {a.text() for a in window.actions_by_name.values()}
        texts |= {a.text() for a in window.menuBar().actions()}
        texts |= {w.text() for w in window.findChildren(QLabel)}
        texts |= {w.text() for w in window.findChildren(QAbstractButton)}
        texts |= {w.placeholderText() for w in window.findChildren(QLineEdit)}
        texts |= {w.accessibleName() for w in window.findChildren(QAbstractButton)}
        texts |= {lane.title for lane in window.workspace.timeline.lanes}
        texts |= {lane.about for lane in window.workspace.timeline.lanes}
        texts |= {window.panel.bars.text, window.workspace.header.chip.text}
        # What is no word: the title, numbers, the model's name, the analysis' own notes, the engine's sentences.
        own = {"one", "A test's invention.", "A fake 1 · CPU", "1×"}
        plain = {
            text for text in texts
            if text and "«" not in text and text not in own and any(c.isalpha() for c in text)
        }  # fmt: skip
        assert plain == set()
    finally:
        QCoreApplication.removeTranslator(marks)


def test_a_session_named_on_the_command_line_goes_to_the_window(tmp_path, monkeypatch):
    # What the window does with it is in test_session_file.py.
    given: list[list[Path]] = []
    monkeypatch.setattr("app.ui.run_window", lambda paths, quit_after_s: given.append(paths) or 0)
    session = tmp_path / "Étude.affekt"
    assert main([str(session)]) == 0
    assert given == [[session]]
