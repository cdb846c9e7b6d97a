"""Lines on standard input that steer a training: pause, resume, stop, cancel."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

from models.jobs import Control

#: What a line may say, and what it does.
WORDS = ("pause", "resume", "stop", "cancel")


def follow_input(control: Control, descriptor: int = 0) -> threading.Thread:
    """Let the lines of a file descriptor steer the work; its end cancels it: nobody is there any more to steer.

    The thread reads the descriptor itself and holds no lock of `sys.stdin`, and it is a daemon: neither a reader that
    waits for a line that never comes nor the interpreter's end waits for the other, on Windows as elsewhere.
    """

    def follow() -> None:
        for word in _lines(descriptor):
            if word in WORDS:
                getattr(control, word)()
        control.cancel()

    thread = threading.Thread(target=follow, name="control", daemon=True)
    thread.start()
    return thread


def _lines(descriptor: int) -> Iterator[str]:
    """Words of complete lines until the end of input; a descriptor that cannot be read has ended."""
    left = b""
    while True:
        try:
            piece = os.read(descriptor, 4096)
        except OSError:
            return
        if not piece:
            return
        *whole, left = (left + piece).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace").strip().casefold()
