"""Budgets of the window: pan and zoom on an hour of music, stalls while fifty tracks are analysed, first paint.

Run it by `make bench`, or alone: ``QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.bench_window``. It needs no
display. Times depend on the machine; the budgets beside them are what the window is held to.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

FRAMES = 120
TRACKS = 50
TRACK_S = 20.0
BUDGET_FRAME_MS = 1000 / 60
BUDGET_STALL_MS = 50.0


def _settle(application, seconds: float) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def hour_of_music(duration_s: float = 3600.0):
    """An hour as the overview builder would leave it, and an analysis of it with bands and descriptors."""
    from models.analysis import Analysis, Climax, DescriptorCurves, Overview

    rng = np.random.default_rng(0)
    bins = int(duration_s * 22_050 / 128)
    height = rng.uniform(0.05, 0.9, bins).astype(np.float32)
    columns = int(duration_s * 22_050 / 512 / 4)
    overview = Overview(
        duration_s, 44_100, 2, np.stack((-height, height), axis=1), 128 / 22_050,
        rng.integers(0, 255, (128, columns), dtype=np.uint8), 4 * 512 / 22_050, (-60.0, 30.0),
        np.geomspace(30, 10_500, 128).astype(np.float32),
        rng.uniform(-50, -6, int(duration_s * 10)).astype(np.float32), 0.1,
    )  # fmt: skip
    step_s = 16 * 512 / 22_050
    steps = int(duration_s / step_s)
    over_time = rng.dirichlet(np.ones(4), steps).astype(np.float32)
    p = over_time.mean(axis=0)
    attention = rng.random(steps).astype(np.float32)
    valence = over_time @ np.array([1, -1, -1, 1], np.float32)
    arousal = over_time @ np.array([1, 1, -1, -1], np.float32)
    climaxes = tuple(Climax(t - 15, t, t + 10, 0.5) for t in np.linspace(60, duration_s - 60, 40))
    analysis = Analysis(
        "0" * 64, duration_s, 44_100, "bench", "1", p / p.sum(), (np.arange(steps) + 0.5).astype(np.float32) * step_s,
        step_s, over_time, np.zeros_like(over_time), np.zeros(4, np.float32), attention / attention.sum(),
        0.0, 0.0, valence, arousal, "derived", climaxes,
    )  # fmt: skip
    width = rng.uniform(0.1, 0.5, (2, steps)).astype(np.float32)
    half_seconds = int(2 * duration_s)
    descriptors = DescriptorCurves(
        ("tempo", "mode", "key_clarity"), ("BPM", "-1..1", "0..1"), np.arange(half_seconds, dtype=np.float32) / 2,
        rng.uniform(0, 1, (half_seconds, 3)).astype(np.float32) * np.float32((180, 1, 1)),
    )  # fmt: skip
    analysis = replace(
        analysis,
        valence_band_over_time=np.stack((valence - width[0], valence + width[0]), axis=1),
        arousal_band_over_time=np.stack((arousal - width[1], arousal + width[1]), axis=1),
        band_coverage=0.8,
        descriptors=descriptors,
    )
    return overview, analysis


def everything_over_it(analysis):
    """All that a person may lay over that hour: climaxes, structure, an explanation, layers, and marks."""
    from app.exploration import shown_climaxes
    from app.library.rows import KeptLayer, Mark, Moment
    from models.explain.explanation import Explanation
    from models.layers import Layer
    from models.structure.structure import Section, Structure

    rng = np.random.default_rng(1)
    duration_s = analysis.duration_s
    own = [Moment(f"m{i}", 1, 90.0 * i + 40, 90.0 * i + 45, 90.0 * i + 60, f"Climax {i}", "Noted.") for i in range(20)]
    climaxes = shown_climaxes(analysis.climaxes, own, analysis)
    beats_s = np.arange(0, duration_s, 0.5, dtype=np.float32)
    edges = np.linspace(0, duration_s, 41)
    sections = tuple(Section(a, b, "ABCD"[i % 4]) for i, (a, b) in enumerate(pairwise(edges)))
    chroma = np.zeros((12, int(duration_s * 2)), np.float32)
    structure = Structure("0" * 64, duration_s, 120.0, beats_s, beats_s[::4], sections, chroma, 0.5)
    half_seconds = int(2 * duration_s)
    cells = rng.normal(0, 1, (32, half_seconds)).astype(np.float32)
    explanation = Explanation(
        "arousal", "occlusion", "bench", "1", 0.3, (np.arange(half_seconds, dtype=np.float32) + 0.5) / 2,
        cells.sum(axis=0), np.geomspace(60, 9000, 32).astype(np.float32), cells,
    )  # fmt: skip
    at_20_hz = np.arange(0, duration_s, 0.05)
    starts_s = np.arange(0, duration_s, 7.0)
    layers = [
        Layer("another rater", "values", at_20_hz, np.sin(at_20_hz / 9) * np.cos(at_20_hz / 2), range=(-1.0, 1.0)),
        Layer("tempo", "values", beats_s.astype(np.float64), rng.uniform(60, 180, len(beats_s)), unit="bpm"),
        Layer("onsets", "instants", np.sort(rng.uniform(0, duration_s, 20_000))),
        Layer(
            "chords", "regions", starts_s, None, np.full(len(starts_s), 6.5),
            tuple(f"Chord {i}" for i in range(len(starts_s))),
        ),
    ]  # fmt: skip
    kept = [KeptLayer(f"l{i}", 1, i, layer) for i, layer in enumerate(layers)]
    marks = [Mark(float(time_s), f"Mark {i}") for i, time_s in enumerate(np.linspace(5, duration_s - 5, 200))]
    return climaxes, structure, explanation, kept, marks


def _frames(name: str, step: Callable[[int], None], draw: Callable[[], None]) -> tuple[float, float]:
    """Print how long frames take; return the median and the longest of the thread's own times, in ms."""
    wall, own, every = [], [], []
    for index in range(FRAMES):
        begin, begin_own, begin_every = time.perf_counter(), time.thread_time(), time.process_time()
        step(index)
        draw()
        wall.append((time.perf_counter() - begin) * 1000)
        own.append((time.thread_time() - begin_own) * 1000)
        every.append((time.process_time() - begin_every) * 1000)
    # The thread's own time is what an idle machine would need, but for what Qt hands to threads of its own and waits
    # for (counted in all threads'); the wall's depends on who else works on this one.
    median = np.median(own)
    print(
        f"  {name:32s} own time: median {median:5.1f} ms, 95 % {np.percentile(own, 95):5.1f} ms, slowest "
        f"{max(own):5.1f} ms; all threads': median {np.median(every):5.1f} ms; by the clock: median "
        f"{np.median(wall):5.1f} ms"
    )
    return float(median), max(own)


def bench_frames() -> None:
    """Time of one frame of the lanes, drawn by software, at two sizes."""
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    from app.ui.analysis.timeline import Timeline
    from app.ui.theme import THEME
    from app.ui.timescale import TimeAxis

    application = QApplication.instance() or QApplication([])
    THEME.start(application)
    overview, analysis = hour_of_music()
    climaxes, structure, explanation, layers, marks = everything_over_it(analysis)
    held = True
    for width, height in ((780, 560), (1360, 880), (1360, 1600)):
        axis = TimeAxis()
        timeline = Timeline(axis)
        timeline.resize(width, height)
        timeline.show()
        begin = time.perf_counter()
        axis.set_duration(overview.duration_s)
        timeline.set_overview(overview)
        timeline.set_analysis(analysis)
        timeline.show_descriptors(("tempo", "mode", "key_clarity"))
        timeline.show_layers(layers)
        timeline.set_climaxes(climaxes)
        timeline.set_structure(structure)
        timeline.set_explanation(explanation)
        timeline.set_marks(marks)
        _settle(application, 0.2)
        ready_ms = (time.perf_counter() - begin) * 1000 - 200
        print(
            f"One hour, every lane on ({len(timeline.lanes)} lanes; bands, climaxes, sections, beats, an explanation, "
            f"four layers, 200 marks), {width} x {height} px (first picture {ready_ms:.0f} ms)"
        )

        def draw(timeline=timeline) -> None:
            # What the event loop would do next: paint what has been marked, into the window's own store.
            QCoreApplication.sendPostedEvents(timeline, QEvent.Type.UpdateRequest)

        took = []
        for name, span_s in (
            ("pan, 20 s in view", 20.0),
            ("pan, 5 min in view", 300.0),
            ("pan, 55 min in view", 3300.0),
        ):
            axis.set_range(0.0, span_s)
            took.append(
                _frames(name, lambda i, axis=axis, s=span_s: axis.set_range((i % 60) / 60 * (3600 - s), s), draw)
            )
        took.append(
            _frames(
                "zoom, the whole to 2 s and back",
                lambda i, axis=axis: axis.set_range(1800 - 1800 * 0.9 ** (i % 60), 3600 * 0.9 ** (i % 60)),
                draw,
            )
        )
        axis.set_range(0.0, 60.0)
        took.append(_frames("playhead alone", lambda i, timeline=timeline: timeline.set_playhead(1 + i / 2), draw))
        median, slowest = (max(part) for part in zip(*took, strict=True))
        holds = median <= BUDGET_FRAME_MS
        held = held and holds
        print(
            f"  Budget {BUDGET_FRAME_MS:.1f} ms a frame: {'holds' if holds else 'MISSED'} (largest median "
            f"{median:.1f} ms, slowest single frame {slowest:.1f} ms)"
        )
        timeline.close()
        timeline.deleteLater()
        _settle(application, 0.05)
    print(f"60 frames per second with every lane on: {'holds at every size' if held else 'MISSED at some size'}")


def bench_stall(model_id: str = "") -> None:
    """Longest pause of the event loop while fifty tracks are analysed by the shipped model (or another)."""
    import soundfile
    from PySide6.QtWidgets import QApplication

    from app.session import Session
    from app.ui.theme import THEME
    from app.ui.window import Window
    from tests.benchmarks.watch import LoopWatch

    application = QApplication.instance() or QApplication([])
    THEME.start(application)
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(0)
        for index in range(TRACKS):
            y = np.cumsum(rng.normal(0, 0.01, int(TRACK_S * 22_050)))
            soundfile.write(Path(folder) / f"{index:02d}.wav", (0.5 * np.sin(y)).astype(np.float32), 22_050)
        session = Session(Path(folder) / "library.sqlite3")
        window = Window(session, sound=False)
        session.start()
        if model_id:
            session.set_model(model_id)
        window.show()
        watch = LoopWatch()
        session.warm_up()
        until = time.perf_counter() + 120
        while session.document.model.status == "loading" and time.perf_counter() < until:
            _settle(application, 0.05)
        model = session.document.model
        print(f"While the model loads (torch is imported): longest stall {max(watch.stalls):.0f} ms")
        if model.status != "ready":
            print(f"  The model could not be loaded ({model.message}): stalls while analysing were not measured.")
        else:
            watch.forget()
            begin = time.perf_counter()
            session.open_paths([Path(folder)])
            done = 0
            while done < TRACKS and time.perf_counter() - begin < 600:
                _settle(application, 0.1)
                states = [session.document.track(i).status for i in session.document.order]
                done = sum(status in ("done", "failed") for status in states)
                if done and session.document.order:
                    session.select_track(session.document.order[done % len(session.document.order)])
            took = time.perf_counter() - begin
            worst = max(watch.stalls)
            print(
                f"While {done} tracks of {TRACK_S:.0f} s are analysed in {took:.1f} s, each shown in turn: longest "
                f"stall {worst:.0f} ms ({worst / BUDGET_STALL_MS:.2f} of {BUDGET_STALL_MS:.0f} ms), "
                f"99 % below {np.percentile(watch.stalls, 99):.0f} ms; longest work of its own "
                f"{max(watch.works):.0f} ms, 99 % below {np.percentile(watch.works, 99):.0f} ms"
            )
        watch.stop()
        window.close()
        session.wait_closed()


_FIRST_PAINT = """
import sys, time
begin = time.perf_counter()
from PySide6.QtWidgets import QApplication
from app.session import Session
from app.ui.theme import THEME
from app.ui.window import Window
from pathlib import Path
application = QApplication([])
THEME.start(application)
session = Session(Path(sys.argv[1]) / "library.sqlite3")
window = Window(session)
session.start()
def painted():
    heavy = [n for n in ("torch", "librosa", "scipy", "matplotlib", "numba", "captum") if n in sys.modules]
    print((time.perf_counter() - begin) * 1000, ",".join(heavy) or "none")
    window.close()
window.painted.connect(painted)
window.show()
application.exec()
session.wait_closed()
"""


def bench_first_paint() -> None:
    """From the start of Python's imports to the first paint, in fresh processes."""
    times, heavy = [], set()
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            out = subprocess.run(
                [sys.executable, "-c", _FIRST_PAINT, folder],
                capture_output=True, text=True, check=True, env={**os.environ, "AFFEKT_HOME": folder},
            ).stdout.split()  # fmt: skip
            times.append(float(out[-2]))
            heavy.add(out[-1])
    print(
        f"First paint in a fresh process: median {np.median(times):.0f} ms, best {min(times):.0f} ms; "
        f"heavy libraries loaded by then: {', '.join(sorted(heavy))}"
    )


def main() -> None:
    """Print all measurements."""
    bench_first_paint()
    bench_frames()
    bench_stall()


if __name__ == "__main__":
    main()
