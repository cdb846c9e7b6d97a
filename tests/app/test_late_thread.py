from __future__ import annotations

import threading

from app.jobs.late_thread import LateThread


def test_it_is_begun_once_and_waited_for_so_long() -> None:
    go, runs = threading.Event(), []

    def work() -> None:
        runs.append(threading.current_thread().name)
        go.wait(20.0)

    thread = LateThread("late", work)
    thread.begin()
    thread.begin()
    assert thread.begun
    assert not thread.join(0.01)
    go.set()
    assert thread.join(20.0)
    assert runs == ["late"]


def test_one_that_never_began_has_nothing_to_wait_for() -> None:
    thread = LateThread("never", lambda: None)
    assert not thread.begun
    assert thread.join(20.0)
