from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.document import RESULTS_KEPT, Document, ModelState, QueueState, TrackState
from tests.app.fakes import make_analysis, make_overview

SIGNALS = [
    "tracks_reset",
    "tracks_inserted",
    "tracks_removed",
    "track_changed",
    "current_changed",
    "overview_changed",
    "analysis_changed",
    "marks_changed",
    "selection_changed",
    "queue_changed",
    "model_changed",
    "undo_changed",
    "notice",
]


def rows(*ids: int) -> tuple[list[TrackState], dict[int, int]]:
    return [TrackState(i, Path(f"/{i}.wav"), str(i)) for i in ids], {i: i * 10 for i in ids}


class Listener:
    """Writes down every signal, and follows the list as a view would, checking it at each step."""

    def __init__(self, document: Document) -> None:
        self.log: list[tuple[str, tuple[Any, ...]]] = []
        self.seen: list[int] = list(document.order)
        self._document = document
        for name in SIGNALS:
            # psygnal holds methods weakly and looks at how many arguments a callback takes.
            getattr(document, name).connect(self._writer(name))

    def _writer(self, name: str) -> Any:
        def write(*args: Any) -> None:
            self.log.append((name, args))
            if name == "tracks_inserted":
                ids, at = args
                self.seen[at:at] = ids
            elif name == "tracks_removed":
                self.seen = [i for i in self.seen if i not in args[0]]
            elif name == "tracks_reset":
                self.seen = list(self._document.order)
            if name.startswith("tracks"):
                assert tuple(self.seen) == self._document.order
                for i in self._document.order:
                    self._document.track(i)
                assert self._document.current is None or self._document.current in self._document

        return write

    def names(self) -> list[str]:
        names = [name for name, _ in self.log]
        self.log.clear()
        return names


@pytest.fixture
def document() -> Document:
    return Document()


@pytest.fixture
def listener(document: Document) -> Listener:
    return Listener(document)


def test_tracks_are_inserted_where_they_belong(document: Document, listener: Listener) -> None:
    document.insert(*rows(2, 4, 6))
    document.insert(*rows(7, 1, 5, 3))
    assert document.order == (1, 2, 3, 4, 5, 6, 7)
    runs = [args for name, args in listener.log if name == "tracks_inserted"]
    assert runs == [([2, 4, 6], 0), ([1], 0), ([3], 2), ([5], 4), ([7], 6)]


def test_what_is_open_is_not_inserted_again(document: Document, listener: Listener) -> None:
    document.insert(*rows(1))
    document.change(1, title="mine")
    listener.names()
    document.insert(*rows(1))
    assert document.track(1).title == "mine"
    assert listener.names() == []


def test_reset_replaces_everything(document: Document, listener: Listener) -> None:
    document.insert(*rows(1, 2))
    document.set_current(1)
    document.set_selection((0.0, 1.0))
    document.put_overview(1, make_overview())
    listener.names()
    document.reset(*rows(3, 1))
    assert document.order == (1, 3)
    assert document.current is None
    assert document.selection is None
    assert document.overview(1) is None
    assert listener.names() == ["tracks_reset", "current_changed", "selection_changed"]


def test_the_current_track_gives_way_to_its_neighbour(document: Document, listener: Listener) -> None:
    document.insert(*rows(1, 2, 3, 4))
    document.set_current(3)
    document.remove([3, 2])
    assert document.current == 4
    document.remove([4])
    assert document.current == 1
    document.remove([1])
    assert document.current is None
    assert [args for name, args in listener.log if name == "current_changed"] == [(3,), (4,), (1,), (None,)]


def test_removing_another_leaves_the_current_one(document: Document, listener: Listener) -> None:
    document.insert(*rows(1, 2))
    document.set_current(2)
    listener.names()
    document.remove([1, 99])
    assert document.current == 2
    assert listener.names() == ["tracks_removed"]


def test_only_changes_are_told(document: Document, listener: Listener) -> None:
    document.insert(*rows(1))
    listener.names()
    document.change(1, status="queued")
    document.change(1, status="queued")
    document.change(99, status="queued")
    document.set_queue(QueueState())
    document.set_model(ModelState())
    document.set_current(None)
    document.set_current(99)
    document.set_selection(None)
    assert listener.names() == ["track_changed"]
    document.set_queue(QueueState(1, 2))
    document.set_model(ModelState("a"))
    document.tell("Hello.", "warning")
    assert listener.log[-1] == ("notice", ("Hello.", "warning"))
    assert listener.names() == ["queue_changed", "model_changed", "notice"]


def test_a_selection_has_an_order_and_a_length(document: Document) -> None:
    document.set_selection((1.0, 2.0))
    assert document.selection is None  # nothing is shown
    document.insert(*rows(1, 2))
    document.set_current(1)
    document.set_selection((5.0, -2.0))
    assert document.selection == (0.0, 5.0)
    document.set_selection((3.0, 3.0))
    assert document.selection is None
    document.set_selection((1.0, 2.0))
    document.set_current(2)
    assert document.selection is None


def test_few_results_stay_in_memory_and_the_current_one_always(document: Document) -> None:
    ids = range(1, RESULTS_KEPT + 6)
    document.insert(*rows(*ids))
    document.set_current(1)
    overview = make_overview(1.0)
    for i in ids:
        document.put_overview(i, overview)
        document.put_analysis(i, make_analysis("ab" * 32, 1.0))
    kept = [i for i in ids if document.overview(i) is not None]
    assert len(kept) == RESULTS_KEPT
    assert kept[0] == 1
    assert kept[-1] == ids[-1]
    assert document.analysis(2) is None
    document.put_overview(99, overview)
    assert document.overview(99) is None


def test_analyses_are_dropped_for_another_model(document: Document, listener: Listener) -> None:
    document.insert(*rows(1))
    document.put_overview(1, make_overview())
    document.put_analysis(1, make_analysis("ab" * 32))
    listener.names()
    document.forget_analyses()
    assert document.analysis(1) is None
    assert document.overview(1) is not None
    assert listener.log == [("analysis_changed", (1,))]
