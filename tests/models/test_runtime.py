from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
import torch

from models.runtime import one_core_here


@pytest.fixture
def two_threads() -> Iterator[None]:
    usual = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(usual)


def _on_a_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


@pytest.mark.usefixtures("two_threads")
def test_one_core_is_for_the_thread_that_asks_and_no_other() -> None:
    seen: list[int] = []

    def ask() -> None:
        one_core_here()
        one_core_here()  # again, as with each question
        seen.append(torch.get_num_threads())

    _on_a_thread(ask)
    _on_a_thread(lambda: seen.append(torch.get_num_threads()))
    assert seen == [1, 2]
    assert torch.get_num_threads() == 2
