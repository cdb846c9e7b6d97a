"""Carries the threads' messages to the GUI thread: the one place of `app.jobs` that is made of Qt's event loop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import perf_counter

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from app.jobs.inbox import Inbox
from app.jobs.messages import Message

#: 20 batches a second: more often nobody sees.
INTERVAL_MS = 50
#: A batch ends after this long, so that a flood of messages never holds up a mouse or a repaint.
BATCH_S = 0.008


class MessagePump(QObject):
    """Delivers messages on the thread it was made on, in small batches, at most 20 a second.

    Parameters
    ----------
    deliver : callable
        What to do with a message.
    wanted : callable
        Whether a message is still wanted, asked right before it is delivered.
    """

    _arrived = Signal()

    def __init__(self, deliver: Callable[[Message], None], wanted: Callable[[Message], bool]) -> None:
        super().__init__()
        self._deliver = deliver
        self._wanted = wanted
        self._inbox = Inbox()
        self._lock = threading.Lock()
        self._stopped = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._tick)
        self._arrived.connect(self._tick, Qt.ConnectionType.QueuedConnection)

    def post(self, message: Message) -> None:
        """Take a message, from any thread; nothing happens once stopped."""
        with self._lock:  # so that `stop` never comes between the look and the signal
            if not self._stopped and self._inbox.put(message):
                self._arrived.emit()

    def stop(self) -> None:
        """Deliver nothing more; call on the thread it was made on."""
        with self._lock:
            self._stopped = True
        self._timer.stop()
        self._inbox.clear()

    @Slot()
    def _tick(self) -> None:
        if self._stopped or self._timer.isActive() or self._inbox.rest():
            return
        end = perf_counter() + BATCH_S
        try:
            while not self._stopped and (message := self._inbox.take()) is not None:
                if self._wanted(message):
                    self._deliver(message)
                if perf_counter() > end:
                    break
        finally:
            if not self._stopped:
                self._timer.start()  # also when a view has failed: the rest must still come
