from __future__ import annotations

import threading

import pytest

from app.document import QueueState
from app.jobs.inbox import Inbox
from app.jobs.ledger import Ledger
from app.jobs.messages import Notice, Progressed, Started


def test_the_queue_is_counted_and_its_end_estimated() -> None:
    now = [100.0]
    ledger = Ledger(lambda: now[0])
    assert ledger.state() == QueueState()
    for i in range(1, 5):
        ledger.register(i, i * 10)
    assert ledger.state() == QueueState(0, 4, None, 0.0, None)
    ledger.start(1)
    now[0] += 6.0
    ledger.progress(1, 0.5)
    ledger.progress(2, 0.9)  # not the one that runs
    assert ledger.state() == QueueState(0, 4, 1, 0.125, pytest.approx(42.0))
    now[0] += 6.0
    ledger.settle(1)
    assert ledger.state() == QueueState(1, 4, None, 0.25, pytest.approx(36.0))
    ledger.settle(2, worked=False)
    assert ledger.state().remaining_s == pytest.approx(24.0)
    assert ledger.withdraw([3, 99]) == {3: 30}
    assert ledger.state().total == 3
    ledger.settle(4)
    assert ledger.state() == QueueState(3, 3, None, 1.0, None)
    ledger.register(5, 50)
    assert (ledger.state().done, ledger.state().total) == (0, 1)


def test_only_the_latest_job_of_a_track_counts() -> None:
    ledger = Ledger(lambda: 0.0)
    ledger.register(1, 10)
    ledger.register(1, 11)
    assert not ledger.is_latest(1, 10)
    assert ledger.is_latest(1, 11)
    assert ledger.tracks() == [1]
    ledger.settle(1)
    assert not ledger.is_latest(1, 11)
    ledger.settle(1)
    assert ledger.state().done == 1


def test_only_the_newest_progress_is_kept_and_in_its_place() -> None:
    inbox = Inbox()
    inbox.put(Started(1, 5))
    for i in range(1000):
        inbox.put(Progressed(1, 5, i / 1000, "listening"))
    inbox.put(Notice("later"))
    taken = []
    while (message := inbox.take()) is not None:
        taken.append(message)
    assert taken == [Started(1, 5), Progressed(1, 5, 0.999, "listening"), Notice("later")]
    inbox.put(Progressed(1, 5, 1.0, "writing"))
    assert inbox.take() == Progressed(1, 5, 1.0, "writing")


def test_the_receiver_is_woken_once() -> None:
    inbox = Inbox()
    assert inbox.put(Notice("a"))
    assert not inbox.put(Notice("b"))
    assert not inbox.rest()
    inbox.take()
    inbox.take()
    assert not inbox.put(Notice("c"))  # the receiver has not gone to rest
    inbox.take()
    assert inbox.rest()
    assert inbox.put(Notice("d"))
    inbox.clear()
    assert inbox.take() is None


def test_many_threads_lose_nothing() -> None:
    inbox = Inbox()

    def put(name: int) -> None:
        for i in range(2000):
            inbox.put(Notice(f"{name} {i}"))

    threads = [threading.Thread(target=put, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    taken: list[str] = []
    while any(thread.is_alive() for thread in threads) or not inbox.rest():
        message = inbox.take()
        if isinstance(message, Notice):
            taken.append(message.message)
    assert len(set(taken)) == 8000
    for name in range(4):
        own = [text for text in taken if text.startswith(f"{name} ")]
        assert own == [f"{name} {i}" for i in range(2000)]
