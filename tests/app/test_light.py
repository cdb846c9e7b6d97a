"""What the window waits for must stay light: torch, SQLAlchemy and Qt come later, on their own threads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def imported_by(code: str, *modules: str) -> set[str]:
    code += f"\nimport sys\nprint([m for m in {modules!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    return set(eval(done.stdout.splitlines()[-1]))


def test_a_session_is_made_without_anything_heavy(tmp_path: Path) -> None:
    code = f"from pathlib import Path\nimport app.session\napp.session.Session(Path({str(tmp_path / 'l.sqlite3')!r}))"
    # Qt is there for the pump alone; the rest comes when it is needed.
    heavy = ("torch", "sqlalchemy", "alembic", "librosa", "captum", "matplotlib", "soundfile", "models.hub")
    assert imported_by(code, *heavy) == set()
    assert imported_by("import app.session", "PySide6") == set()


def test_known_results_are_shown_without_torch(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from app.session import Session
from app.jobs.tools import Worker
from app.library import Library
from tests.app.fakes import FakeScience, HandPump, make_analysis, make_overview, sha_of

folder = Path({str(tmp_path)!r})
wave = folder / "a.wav"
wave.write_text("a")
library = Library(folder / "l.sqlite3")
track = library.add_track(wave)
library.save_analysis(track.id, make_overview(), make_analysis(sha_of(wave)))
library.close()
pumps = []
def pump(*args):
    pumps.append(HandPump(*args))
    return pumps[-1]
science = FakeScience()
session = Session(folder / "l.sqlite3", worker=science.worker(), pump=pump)
session.start()
pumps[0].until(lambda: session.document.analysis(track.id) is not None)
session.close()
assert session.wait_closed(20)
assert science.loads == []
"""
    assert imported_by(code, "torch", "librosa", "models.hub") == set()
