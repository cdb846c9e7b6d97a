"""A window over a session with a fake science, and a person's hands."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QEvent, QMimeData, QPointF, QRectF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.session import Session
from app.ui.theme import LIGHT, THEME
from app.ui.window import Window
from models.analysis import Analysis
from tests.app.fakes import FakeScience, make_full_analysis


@pytest.fixture
def science() -> FakeScience:
    return FakeScience()


@pytest.fixture
def make_window(qtbot, tmp_path: Path, science: FakeScience) -> Iterator[Callable[[], Window]]:
    made: list[Window] = []

    def make() -> Window:
        THEME.start(QApplication.instance())
        THEME.use(LIGHT)
        session = Session(tmp_path / "library.sqlite3", worker=science.worker())
        window = Window(session, sound=False)
        made.append(window)
        session.start()
        window.resize(1280, 800)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield make
    science.go.set()
    for window in made:
        window.close()
        assert window.session.wait_closed()
        window.deleteLater()


@pytest.fixture
def window(make_window) -> Window:
    return make_window()


def write_music(path: Path, seconds: float = 1.0, seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    soundfile.write(path, rng.normal(0, 0.1, int(seconds * 22_050)).astype(np.float32), 22_050)
    return path


@pytest.fixture
def music(tmp_path: Path) -> Callable[..., Path]:
    folder = tmp_path / "music"
    folder.mkdir()

    def make(name: str, seconds: float = 1.0) -> Path:
        return write_music(folder / name, seconds, seed=len(list(folder.iterdir())))

    return make


def settled(window: Window) -> bool:
    """Whether every track has its result or its error."""
    document = window.document
    return bool(document.order) and all(
        document.track(i).status in ("done", "failed", "missing", "waiting") for i in document.order
    )


@pytest.fixture
def shown(qtbot, window: Window, music) -> Window:
    """A window that shows one analysed track of 12 s."""
    window.open_paths([music("one.wav")])
    qtbot.waitUntil(lambda: settled(window) and window.document.current is not None, timeout=60_000)
    qtbot.waitUntil(lambda: window.document.analysis(window.document.current) is not None, timeout=60_000)
    qtbot.waitUntil(lambda: window.workspace.axis.duration_s == 12.0, timeout=60_000)
    return window


def drop(window: Window, paths: list[Path]) -> None:
    """Drag files over the window and let them go."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    where = QPointF(window.width() / 2, window.height() / 2)
    enter = QDragEnterEvent(
        where.toPoint(), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    assert window.drop_sheet.isVisible()
    QApplication.sendEvent(
        window,
        QDropEvent(where, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier),
    )


def turn_wheel(widget: QWidget, x: float, y: float, notches: int) -> None:
    where = QPointF(x, y)
    QApplication.sendEvent(
        widget,
        QWheelEvent(
            where,
            widget.mapToGlobal(where),
            QPointF(0, 0).toPoint(),
            QPointF(0, 120 * notches).toPoint(),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )


def dark_columns(widget: QWidget, y: int, colour: str, slack: int = 24) -> list[int]:
    """Pixels of a row of a widget that have (nearly) a colour."""
    image = widget.grab().toImage()
    wanted = THEME.tokens.colour(colour)
    ratio = image.width() / widget.width()
    found = []
    for x in range(image.width()):
        pixel = image.pixelColor(x, int(y * ratio))
        if all(abs(a - b) <= slack for a, b in zip(pixel.getRgb()[:3], wanted.getRgb()[:3], strict=True)):
            found.append(round(x / ratio))
    return found


def give(window: Window, **changes: object) -> Analysis:
    """Let the model have said all that one may say of the current track, but for these changes."""
    current = window.document.current
    assert current is not None
    analysis = replace(make_full_analysis("0" * 64, 12.0), model_id="fake", **changes)
    window.document.put_analysis(current, analysis)
    # Parts that are shown now have their places, as they have when a person sees them.
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
    return analysis


def colours_in(widget: QWidget, box: QRectF) -> set[str]:
    """Names of the colours in a rectangle of a widget."""
    picture = widget.grab().toImage()
    ratio = picture.width() / widget.width()
    return {
        picture.pixelColor(int(x * ratio), int(y * ratio)).name()
        for x in range(math.ceil(box.left()), math.floor(box.right()))
        for y in range(math.ceil(box.top()), math.floor(box.bottom()))
    }
