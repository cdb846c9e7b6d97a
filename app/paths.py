"""Where things lie: the user's data, and what comes with the program."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from models.errors import JobError


def _home_path() -> Path:
    chosen = os.environ.get("AFFEKT_HOME", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("affekt", appauthor=False))


def home() -> Path:
    """Folder of the user's data: `AFFEKT_HOME`, or where the system keeps such things; made when it is missing.

    Raises
    ------
    JobError
        "unreadable" if it cannot be made.
    """
    folder = _home_path()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JobError(
            "unreadable",
            f"The folder {folder} for the library cannot be made: {error.strerror}. "
            "Make room or give access there, or set AFFEKT_HOME to another folder.",
            repr(error),
        ) from error
    return folder


def library_file() -> Path:
    """Return the library's database file."""
    return home() / "library.sqlite3"


def heard_folder(library: Path | None = None) -> Path:
    """Where what was heard of labelled recordings is kept, beside a library; it may not be there yet.

    A training that meets these recordings need not hear them again.
    """
    return (_home_path() if library is None else library.parent) / "heard"


def own_models() -> Path:
    """Folder of the models that the user trained or installed; it may not be there yet."""
    return _home_path() / "models"


def resources() -> Path:
    """Folder of icons, themes, translations and demo music, in a checkout, a wheel or a frozen program."""
    frozen = getattr(sys, "_MEIPASS", None)  # set by PyInstaller
    root = Path(frozen) if frozen else Path(__file__).resolve().parent.parent
    return root / "resources"
