"""The window. Nothing heavy is imported before it is asked for."""

from __future__ import annotations

from pathlib import Path


def run_window(paths: list[Path], quit_after_s: float | None = None) -> int:
    """Open the window with these files and folders, and return the exit status when it is closed.

    Parameters
    ----------
    paths : list of Path
        What to open, after what was open last time.
    quit_after_s : float, optional
        Close by itself after so many seconds (smoke tests).
    """
    from app.ui.run import run

    return run(paths, quit_after_s)
