"""A thread that is begun when there is first something to do."""

from __future__ import annotations

import threading
from collections.abc import Callable


class LateThread:
    """One long-lived thread; its owner begins it, under a lock of its own, with the first work.

    Parameters
    ----------
    name : str
        As debuggers show it.
    run : callable
        What it does, until it returns.
    """

    def __init__(self, name: str, run: Callable[[], None]) -> None:
        # A daemon: a decoder or a drive that hangs must not keep the program from ending.
        self._thread = threading.Thread(target=run, name=name, daemon=True)
        self.begun = False

    def begin(self) -> None:
        """Begin it, unless it has been."""
        if not self.begun:
            self.begun = True
            self._thread.start()

    def join(self, timeout_s: float) -> bool:
        """Wait until it has ended; whether it has, or never began."""
        if self.begun:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()
