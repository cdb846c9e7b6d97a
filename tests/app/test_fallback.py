"""What the program injects for M4A, AAC and WMA, and that it costs nothing before such a file comes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from app.jobs.fallback import decode_with_qt
from app.session import Session
from models.audio.sources import StreamingDecoder


def test_long_recordings_are_handed_out_in_blocks_by_what_the_program_injects(tmp_path: Path) -> None:
    session = Session(tmp_path / "library.sqlite3")
    assert session._worker.fallback is decode_with_qt
    assert isinstance(decode_with_qt, StreamingDecoder)
    session.close()


def test_it_imports_no_qt_by_itself() -> None:
    words = "import sys, app.jobs.fallback, app.cli.analyse; print([n for n in sys.modules if 'PySide6' in n])"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
