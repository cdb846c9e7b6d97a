"""A window over recordings of which some are performances of one piece."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from models.analysis import Analysis
from models.jobs import Progress
from tests.app.fakes import FakeScience
from tests.ui.conftest import settled

CTRL = Qt.KeyboardModifier.ControlModifier
#: "late.wav" plays what the others play so much later (s).
LATE_S = 2.0


class Performers(FakeScience):
    """All recordings are the same music; "late" ones begin two seconds late, "other" ones are another piece."""

    def look(self, request, cancel, fallback):
        for step in super().look(request, cancel, fallback):
            if isinstance(step, Progress):
                yield step
                continue
            chroma = step.chroma
            if "late" in request.path.name:
                silence = np.zeros((12, round(LATE_S / step.chroma_step_s)), np.float32)
                chroma = np.concatenate((silence, chroma), axis=1)[:, : chroma.shape[1]]
            if "other" in request.path.name:
                chroma = np.random.default_rng(7).uniform(0, 1, chroma.shape).astype(np.float32)
            yield replace(step, chroma=chroma)


@pytest.fixture
def science() -> FakeScience:
    return Performers()


def press(window, key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window, key, modifier)


def known(window) -> bool:
    """Whether everything about the compared recordings has come, and is drawn."""
    comparer, view = window.session.comparer, window.workspaces.page.view
    return (
        comparer.state.status in ("nothing", "ready", "failed")
        and all(one.analysis is not None and one.overview is not None for one in view.recordings)
        and len(view.recordings) == len(comparer.ids)
        and all(a.alignment is b.alignment for a, b in zip(view.recordings, comparer.recordings, strict=True))
    )


@pytest.fixture
def opened(qtbot, window, music):
    """Open recordings by their names, and return the window once they are analysed."""

    def open_all(*names: str):
        window.open_paths([music(name) for name in names])
        qtbot.waitUntil(lambda: len(window.document) == len(names) and settled(window), timeout=60_000)
        return window

    return open_all


@pytest.fixture
def compared(qtbot, opened):
    """Compare recordings by their names."""

    def compare(*names: str):
        window = opened(*names)
        for track_id in window.document.order:
            window.session.compare(track_id)
        press(window, Qt.Key.Key_2, CTRL)
        qtbot.waitUntil(lambda: known(window), timeout=60_000)
        return window

    return compare


def shifted(analysis: Analysis, valence: float) -> Analysis:
    """The same with another valence in its second half."""
    curve = analysis.valence_over_time.copy()
    curve[len(curve) // 2 :] = valence
    return replace(analysis, valence_over_time=curve)
