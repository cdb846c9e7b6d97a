"""Settings read without SQLAlchemy, for a window that wants to be painted."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any


def peek_settings(file: Path) -> dict[str, Any]:
    """Read all settings of a library, as far as they can be read; never raises for a bad or missing one."""
    if not file.is_file():
        return {}
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=0.05)) as connection:
            rows = connection.execute("SELECT name, value FROM settings").fetchall()
        return {name: json.loads(value) for name, value in rows}
    except (sqlite3.Error, ValueError, OSError):
        return {}
