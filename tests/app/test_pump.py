from __future__ import annotations

import itertools
import threading
import time
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QTimer

from app.jobs.messages import Finished, Message, Notice, Progressed, Started, Summary
from app.jobs.qt import BATCH_S, INTERVAL_MS, MessagePump


@pytest.fixture
def pump_of(qtbot):
    """Make pumps, and stop them at the end."""
    made: list[MessagePump] = []

    def make(deliver: Any, wanted: Any = lambda message: True) -> MessagePump:
        pump = MessagePump(deliver, wanted)
        made.append(pump)
        return pump

    yield make
    for pump in made:
        pump.stop()


def in_thread(work: Any) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_messages_come_in_order_on_the_thread_of_the_window(qtbot, pump_of) -> None:
    got: list[tuple[Message, str]] = []
    pump = pump_of(lambda message: got.append((message, threading.current_thread().name)))
    here = threading.current_thread().name
    in_thread(lambda: [pump.post(Notice(str(i))) for i in range(100)])
    assert got == []
    qtbot.waitUntil(lambda: len(got) == 100)
    assert got == [(Notice(str(i)), here) for i in range(100)]


def test_a_message_that_comes_to_rest_is_delivered_at_once(qtbot, pump_of) -> None:
    got: list[float] = []
    pump = pump_of(lambda message: got.append(time.perf_counter()))
    for n in range(1, 4):
        sent = time.perf_counter()
        pump.post(Notice("a"))
        qtbot.waitUntil(lambda n=n: len(got) == n)
        assert got[-1] - sent < 5.0
        qtbot.wait(3 * INTERVAL_MS)


def test_no_more_than_twenty_batches_a_second(qtbot, pump_of) -> None:
    got: list[float] = []
    turns: set[int] = set()  # of the event loop, in which something was delivered: a batch lies within one
    turn = itertools.count()
    now = [next(turn)]

    def deliver(message: Any) -> None:
        turns.add(now[0])
        got.append(message.fraction)

    pump = pump_of(deliver)
    timer = QTimer()
    timer.timeout.connect(lambda: now.__setitem__(0, next(turn)))
    stop = threading.Event()

    def work() -> None:
        i = 0
        while not stop.is_set():
            i += 1
            pump.post(Progressed(1, 1, i / 1e9, "listening"))
            time.sleep(0.0005)

    thread = threading.Thread(target=work)
    began = time.perf_counter()
    timer.start(0)
    thread.start()
    try:
        qtbot.waitUntil(lambda: len(turns) >= 15, timeout=60_000)
    finally:
        stop.set()
        thread.join()
        timer.stop()
    assert len(turns) <= _batches_in(time.perf_counter() - began)
    assert got == sorted(set(got))


def _batches_in(elapsed_s: float) -> float:
    """How many batches there may be in this time, by timers that may be a tenth early."""
    return 1 + elapsed_s / (INTERVAL_MS / 1000 * 0.9)


def test_a_flood_does_not_hold_up_the_window(qtbot, pump_of) -> None:
    got: list[Message] = []

    def deliver(message: Message) -> None:
        end = time.perf_counter() + 0.0005  # what a view takes to draw a row
        while time.perf_counter() < end:
            pass
        got.append(message)

    pump = pump_of(deliver)
    ticks: list[tuple[float, int]] = []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append((time.perf_counter(), len(got))))
    timer.start(0)
    ticks.append((time.perf_counter(), 0))
    in_thread(lambda: [pump.post(Finished(i, i, Summary("Q1", 1.0), 1.0)) for i in range(200)])
    qtbot.waitUntil(lambda: len(got) == 200, timeout=60_000)
    timer.stop()
    ticks.append((time.perf_counter(), len(got)))
    # Between two turns of the event loop there was never more than a batch, or more than the time between them allows.
    batch = BATCH_S / 0.0005 + 2
    assert [b for a, b in pairwise(ticks) if b[1] - a[1] > batch * _batches_in(b[0] - a[0])] == []


def test_messages_of_overtaken_jobs_are_dropped(qtbot, pump_of) -> None:
    latest = {7: 2}
    got: list[Message] = []
    pump = pump_of(got.append, lambda m: not isinstance(m, Started | Progressed) or latest.get(m.track_id) == m.job_id)
    pump.post(Started(1, 7))
    pump.post(Progressed(1, 7, 0.5, ""))
    pump.post(Started(2, 7))
    pump.post(Progressed(2, 7, 0.1, ""))
    pump.post(Notice("end"))
    qtbot.waitUntil(lambda: Notice("end") in got)
    assert got == [Started(2, 7), Progressed(2, 7, 0.1, ""), Notice("end")]


def test_wanted_is_asked_when_the_message_is_delivered(qtbot, pump_of) -> None:
    cancelled: set[int] = set()
    got: list[Message] = []

    def deliver(message: Message) -> None:
        got.append(message)
        cancelled.add(2)  # a view reacts by cancelling what is next

    pump = pump_of(deliver, lambda m: not isinstance(m, Started) or m.job_id not in cancelled)
    for message in (Started(1, 1), Started(2, 2), Notice("end")):
        pump.post(message)
    qtbot.waitUntil(lambda: Notice("end") in got)
    assert got == [Started(1, 1), Notice("end")]


def test_a_view_that_fails_does_not_stop_the_rest(qtbot, pump_of) -> None:
    got: list[Message] = []

    def deliver(message: Message) -> None:
        if message == Notice("bad"):
            raise RuntimeError("a fault in a view")
        got.append(message)

    pump = pump_of(deliver)
    with qtbot.captureExceptions() as caught:
        pump.post(Notice("bad"))
        pump.post(Notice("good"))
        qtbot.waitUntil(lambda: got == [Notice("good")])
    assert [str(error[1]) for error in caught] == ["a fault in a view"]


def test_nothing_comes_after_stop(qtbot, pump_of) -> None:
    got: list[Message] = []
    pump = pump_of(got.append)
    pump.post(Notice("late"))
    pump.stop()
    in_thread(lambda: pump.post(Notice("later")))
    qtbot.wait(3 * INTERVAL_MS)
    assert got == []


def test_stopping_while_threads_post(qtbot, pump_of) -> None:
    got: list[Message] = []
    for _ in range(20):
        pump = pump_of(got.append)
        before = len(got)
        go = threading.Event()

        def work(pump: MessagePump = pump, go: threading.Event = go) -> None:
            while not go.is_set():
                pump.post(Notice("x"))

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            qtbot.waitUntil(lambda before=before: len(got) > before, timeout=60_000)
            pump.stop()
            delivered = len(got)
            qtbot.wait(5)
        finally:
            go.set()
            for thread in threads:
                thread.join()
        assert len(got) == delivered
    qtbot.wait(3 * INTERVAL_MS)
    assert len(got) == delivered
