"""Budget of labelling: going to the next clip must not hold up the window, whatever is on the list.

Run it by `make bench`, or alone: ``QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.bench_label``. It needs no
display. What the GUI thread itself does is what an idle machine would need; the wall's time depends on who else works.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.benchmarks.bench_window import BUDGET_STALL_MS, _settle, hour_of_music

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

CLIPS = 40
TRACK_S = 240.0


def _worker():
    """A science that knows every recording at once: four minutes of music with all that is drawn of it."""
    from dataclasses import replace

    from app.jobs.tools import Worker
    from tests.app.fakes import FakeScience, sha_of

    overview, analysis = hour_of_music(TRACK_S)

    class Quick(FakeScience):
        def analyse(self, request, model, cancel, fallback, keep=None):
            yield overview
            yield replace(analysis, sha256=sha_of(request.path), model_id="fake", model_version="1")

    science = Quick()
    return Worker(science.load_model, science.analyse, science.identify, lambda: list(science.cards.values()))


def bench_next_clip(tracks: int, analysed: int) -> None:
    """Longest pause of the event loop, and work of its own, while clip after clip is answered by a key."""
    import soundfile
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from app.session import Session
    from app.ui.theme import THEME
    from app.ui.window import Window
    from tests.benchmarks.watch import LoopWatch

    application = QApplication.instance() or QApplication([])
    THEME.start(application)
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(0)
        for index in range(tracks):
            y = rng.normal(0, 0.1, 100).astype(np.float32)
            soundfile.write(Path(folder) / f"{index:04d}.wav", y, 22_050)
        session = Session(Path(folder) / "library.sqlite3", worker=_worker())
        window = Window(session, sound=False)
        session.start()
        window.show()
        _settle(application, 0.2)
        session.open_paths([Path(folder)])
        until = time.perf_counter() + 300
        document = session.document
        while time.perf_counter() < until:
            _settle(application, 0.2)
            done = sum(document.track(i).status == "done" for i in document.order[:analysed])
            if len(document.order) == tracks and done >= analysed:
                break
        window.show_workspace("label")
        page = window.workspaces.page
        for name, value in (("order", "listed"), ("count", "all")):
            getattr(page.static.setup, name).buttons[value].click()
        page.static.begin()
        watch = LoopWatch()
        _settle(application, 0.5)
        watch.forget()
        keys = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4)
        pressed = []
        for n in range(CLIPS):
            begin = time.thread_time()
            QTest.keyClick(window, keys[n % 4])
            pressed.append((time.thread_time() - begin) * 1000)
            _settle(application, 0.3)  # its results come, and it plays
        assert len(document.all_labels()) == CLIPS
        worst = max(watch.works)
        print(
            f"{CLIPS} clips answered one after the other, {tracks:,} on the list: longest stall "
            f"{max(watch.stalls):.0f} ms; "
            f"longest work of its own {worst:.0f} ms ({worst / BUDGET_STALL_MS:.2f} of {BUDGET_STALL_MS:.0f} ms), "
            f"99 % below {np.percentile(watch.works, 99):.0f} ms; the key itself: median {np.median(pressed):.1f} ms, "
            f"longest {max(pressed):.1f} ms"
        )
        watch.stop()
        window.close()
        session.wait_closed()
        window.deleteLater()
        _settle(application, 0.05)


def main() -> None:
    """Print all measurements."""
    bench_next_clip(60, 60)
    bench_next_clip(5000, 60)


if __name__ == "__main__":
    main()
