"""A thread that works at one task of each kind: a newer one takes its place, and urgent kinds go before others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from app.jobs.late_thread import LateThread
from models.errors import Cancelled
from models.jobs import CancelToken


@dataclass(eq=False)
class Task:
    """Work in steps: `steps` is called on the thread and says everything that it comes to itself.

    A step that raises ends the task: `Cancelled` without a word, all else through `failed`.
    """

    steps: Callable[[CancelToken], Iterator[None]]
    failed: Callable[[Exception], None]
    token: CancelToken = field(default_factory=CancelToken)
    begun: Iterator[None] | None = None


class Slots:
    """Does tasks step by step on one thread, so that a short one need not wait for the end of a long one.

    Parameters
    ----------
    name : str
        Of the thread, as debuggers show it.
    kinds : sequence of str
        The most urgent first.
    """

    def __init__(self, name: str, kinds: tuple[str, ...]) -> None:
        self._tasks: dict[str, Task | None] = dict.fromkeys(kinds)
        self._change = threading.Condition()
        self._closing = False
        self._thread = LateThread(name, self._run)
        #: Wait, after `close`, so many seconds for the thread to end; whether it has.
        self.join = self._thread.join

    def put(self, kind: str, task: Task) -> None:
        """Begin a task in the place of the one of its kind, which is cancelled."""
        with self._change:
            if self._closing:
                return
            self._drop(kind)
            self._tasks[kind] = task
            self._thread.begin()
            self._change.notify_all()

    def cancel(self, kind: str) -> None:
        """Give up what is done of a kind; the thread stops at its next look."""
        with self._change:
            self._drop(kind)

    def close(self) -> None:
        """Give up everything and let the thread end."""
        with self._change:
            self._closing = True
            for kind in self._tasks:
                self._drop(kind)
            self._change.notify_all()

    def _drop(self, kind: str) -> None:
        task = self._tasks[kind]
        if task is not None:
            task.token.cancel()
            self._tasks[kind] = None

    def _next(self) -> tuple[str, Task] | None:
        return next(((kind, task) for kind, task in self._tasks.items() if task is not None), None)

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closing or self._next() is not None)
                found = self._next()
                if self._closing or found is None:
                    return
            kind, task = found
            if not self._step(task):
                with self._change:
                    if self._tasks[kind] is task:
                        self._tasks[kind] = None

    def _step(self, task: Task) -> bool:
        """Go one step further; whether there are more."""
        try:
            task.token.check()
            if task.begun is None:
                task.begun = task.steps(task.token)
            next(task.begun)
        except (Cancelled, StopIteration):
            return False
        except Exception as error:
            if not task.token.cancelled:
                task.failed(error)
            return False
        return True
