"""A letter box between threads: of each job only the newest progress is kept."""

from __future__ import annotations

import threading
from collections import deque

from app.jobs.messages import Message, Progressed


class Inbox:
    """Holds messages until the GUI thread takes them; put from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: deque[Message] = deque()
        self._progress: dict[int, Progressed] = {}
        self._awake = False

    def put(self, message: Message) -> bool:
        """Take a message; whether the receiver sleeps and must be woken."""
        with self._lock:
            if isinstance(message, Progressed):
                if message.job_id in self._progress:
                    self._progress[message.job_id] = message
                    return False
                self._progress[message.job_id] = message
            self._messages.append(message)
            asleep, self._awake = not self._awake, True
            return asleep

    def take(self) -> Message | None:
        """Return the oldest message, None if there is none."""
        with self._lock:
            if not self._messages:
                return None
            message = self._messages.popleft()
            if isinstance(message, Progressed):
                return self._progress.pop(message.job_id)
            return message

    def rest(self) -> bool:
        """Whether the receiver may sleep: nothing is here, and the next `put` will wake it."""
        with self._lock:
            if self._messages:
                return False
            self._awake = False
            return True

    def clear(self) -> None:
        """Throw everything away."""
        with self._lock:
            self._messages.clear()
            self._progress.clear()
