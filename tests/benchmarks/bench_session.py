"""How long the window is held up by opening thousands of files, and how soon a known result is there.

    PYTHONPATH=. python tests/benchmarks/bench_session.py

Each line says what was measured, the figure, and the aim. Times on the GUI thread are those of one turn of its loop.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

N = 5_000
NONE = (0.0, 0.0)


class Clock:
    """Seconds since it was made: by the wall, and spent by this thread (which a busy machine does not lengthen)."""

    def __init__(self) -> None:
        self._wall, self._own = time.perf_counter(), time.thread_time()

    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self._wall, time.thread_time() - self._own


def say(what: str, seconds: tuple[float, float], aim: str) -> None:
    print(f"{what:<70} {1000 * seconds[0]:8.1f} ms ({1000 * seconds[1]:7.1f} of this thread)   aim: {aim}")


def imports() -> None:
    began = Clock()
    import app.session

    say("import app.session", began.read(), "no torch, no SQLAlchemy, no Qt")
    heavy = {"torch", "sqlalchemy", "alembic", "PySide6", "librosa", "soundfile"} & set(sys.modules)
    print(f"  of {app.session.__name__}, heavy modules imported: {sorted(heavy) or 'none'}")


def opening(folder: Path) -> None:
    from PySide6.QtCore import QCoreApplication

    from app.jobs.tools import Tools
    from app.session import Session
    from models.audio.tags import Tags
    from tests.app.fakes import FakeScience

    application = QCoreApplication.instance() or QCoreApplication([])
    music = folder / "music"
    music.mkdir()
    for i in range(N):
        (music / f"{i:05d}.wav").write_text(str(i))
    science = FakeScience(hold={"00000.wav"})
    session = Session(
        folder / "library.sqlite3",
        worker=science.worker(),
        tools=Tools(read_tags=lambda path: Tags(path.stem, "An artist", "", 200.0)),
    )
    desk = session._desk
    longest = {"turn": NONE}
    apply = desk._pump._deliver  # type: ignore[attr-defined]

    def timed(message: object) -> None:
        began = Clock()
        apply(message)
        name = type(message).__name__
        longest[name] = max(longest.get(name, NONE), began.read())

    desk._pump._deliver = timed  # type: ignore[attr-defined]

    def until(condition: Callable[[], bool]) -> tuple[float, float]:
        began = Clock()
        while not condition():
            turn = Clock()
            application.processEvents()
            longest["turn"] = max(longest["turn"], turn.read())
            time.sleep(0.001)
        return began.read()

    began = Clock()
    session.start()
    say("start the session (GUI thread)", began.read(), "below a frame, 16 ms")
    began = Clock()
    session.open_paths([music])
    say(f"ask for a folder of {N} files (GUI thread)", began.read(), "below a frame, 16 ms")
    whole = until(lambda: len(session.document) == N)
    say(f"until the {N} files are on the list (in the background)", whole, "-")
    say(f"put the {N} files on the list and queue them (GUI thread)", longest["Scanned"], "below 300 ms")
    until(lambda: session.document.track(session.document.order[-1]).artist != "")
    say(f"longest turn of the loop while {N} tags were read", longest["turn"], "the line above")
    longest["turn"] = NONE
    science.go.set()
    until(lambda: session.document.queue.done >= 300)
    say("longest turn of the loop while 300 tracks were analysed", longest["turn"], "below 50 ms")
    began = Clock()
    session.cancel_all()
    say(f"cancel the other {N - 300} (GUI thread)", began.read(), "below 300 ms")
    began = Clock()
    session.clear_list()
    session.undo()
    say("clear the list and undo it (GUI thread)", began.read(), "below 300 ms")
    began = Clock()
    session.close()
    say("close (GUI thread)", began.read(), "below 50 ms")
    session.wait_closed()


def results(folder: Path) -> None:
    from app.library import Library
    from tests.app.fakes import make_analysis, make_overview

    library = Library(folder / "results.sqlite3")
    for minutes in (4, 60):
        track = library.add_track(Path(f"/{minutes}.wav"))
        sha = f"{minutes:064d}"
        overview, analysis = make_overview(60.0 * minutes), make_analysis(sha, 60.0 * minutes)
        began = Clock()
        library.save_analysis(track.id, overview, analysis)
        say(f"keep the result of a {minutes}-minute track (worker)", began.read(), "-")
        began = Clock()
        library.find_analysis(sha, "fake", "1")
        say(f"read the result of a {minutes}-minute track (librarian)", began.read(), "below 100 ms")
    library.close()
    began = Clock()
    Library(folder / "results.sqlite3").close()
    say("open a library that is of this version", began.read(), "-")


def main() -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    imports()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AFFEKT_HOME"] = folder
        opening(Path(folder))
        results(Path(folder))


if __name__ == "__main__":
    main()
