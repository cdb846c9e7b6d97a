"""A watch on the event loop: how long it stood still, and how much of that was work of its own."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer

_EVERY_MS = 10


class LoopWatch:
    """Looks at the clocks every 10 ms, from when it is made until `stop`.

    Attributes
    ----------
    stalls : list of float
        By how many ms each look was late, on the wall's clock.
    works : list of float
        What the GUI thread itself did between two looks, in ms: the rest it waited for a processor.
    """

    def __init__(self) -> None:
        self.stalls: list[float] = []
        self.works: list[float] = []
        self._last, self._own = time.perf_counter(), time.thread_time()
        self._timer = QTimer()
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        now, now_own = time.perf_counter(), time.thread_time()
        self.stalls.append((now - self._last) * 1000 - _EVERY_MS)
        self.works.append((now_own - self._own) * 1000)
        self._last, self._own = now, now_own

    def forget(self) -> None:
        """Begin anew."""
        self.stalls.clear()
        self.works.clear()
        self._last, self._own = time.perf_counter(), time.thread_time()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()
