"""Works beside the window's thread: outcomes come back in order, faults as something to say."""

from __future__ import annotations

import threading

from app.jobs.aside import Aside
from models.errors import JobError
from tests.app.fakes import HandPump


def aside_of() -> tuple[Aside, HandPump]:
    pumps: list[HandPump] = []

    def make(deliver, wanted):
        pumps.append(HandPump(deliver, wanted))
        return pumps[0]

    return Aside("test-aside", make), pumps[0]


def test_an_outcome_comes_back_on_the_asking_thread() -> None:
    aside, pump = aside_of()
    seen: list[object] = []
    aside.ask(lambda: threading.current_thread().name, lambda name: seen.append((name, threading.current_thread())))
    pump.until(lambda: seen)
    assert seen == [("test-aside", threading.current_thread())]
    assert aside.join(5.0)


def test_one_at_a_time() -> None:
    aside, pump = aside_of()
    go, running, most = threading.Event(), [0], [0]

    def work() -> int:
        running[0] += 1
        most[0] = max(most[0], running[0])
        go.wait(5.0)
        running[0] -= 1
        return most[0]

    seen: list[object] = []
    for _ in range(3):
        aside.ask(work, seen.append)
    assert aside.busy
    go.set()
    pump.until(lambda: len(seen) == 3)
    assert seen == [1, 1, 1]
    assert aside.join(5.0)
    assert not aside.busy


def test_what_kept_it_is_said(capsys) -> None:
    aside, pump = aside_of()
    seen: list[object] = []

    def refuse() -> None:
        raise JobError("no_space", "The disk is full.")

    def fail() -> None:
        raise ZeroDivisionError

    aside.ask(refuse, seen.append)
    aside.ask(fail, seen.append)
    pump.until(lambda: len(seen) == 2)
    messages = sorted(error.message for error in seen if isinstance(error, JobError))
    assert messages == ["A fault in the program kept it from finishing.", "The disk is full."]
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert aside.join(5.0)


def test_nothing_is_delivered_once_it_is_closed() -> None:
    aside, pump = aside_of()
    aside.close()
    assert pump.stopped
