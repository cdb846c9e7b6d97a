from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from app.commands import ClearList, CommandStack, OpenPaths, RemoveTracks
from app.commands.stack import DEPTH
from app.document import Document, TrackState
from tests.app.test_document import Listener


class Bench:
    """Writes down what the commands asked for."""

    def __init__(self) -> None:
        self.log: list[tuple[str, tuple[int, ...]]] = []
        self.listed: set[int] = set()

    def submit(self, track_ids: Sequence[int]) -> None:
        if track_ids:
            self.log.append(("submit", tuple(track_ids)))

    def withdraw(self, track_ids: Sequence[int]) -> None:
        self.log.append(("withdraw", tuple(track_ids)))

    def hide(self, track_ids: Sequence[int]) -> None:
        self.listed.difference_update(track_ids)

    def show(self, positions: Mapping[int, int]) -> None:
        self.listed.update(positions)


def states(*ids: int, status: str = "queued") -> list[TrackState]:
    return [TrackState(i, Path(f"/{i}.wav"), str(i), status=status) for i in ids]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def stack() -> CommandStack:
    return CommandStack(Document())


def document_of(stack: CommandStack) -> Document:
    return stack._document


def open_tracks(stack: CommandStack, bench: Bench, *ids: int, status: str = "queued") -> None:
    document = document_of(stack)
    stack.run(OpenPaths(document, bench, states(*ids, status=status), {i: i for i in ids}))


def test_opening_lists_queues_and_shows(stack: CommandStack, bench: Bench) -> None:
    document = document_of(stack)
    open_tracks(stack, bench, 1, 2, 3)
    assert document.order == (1, 2, 3)
    assert document.current == 1
    assert bench.log == [("submit", (1, 2, 3))]
    assert stack.undo_text == "Opened 3 tracks"
    open_tracks(stack, bench, 4, 5)
    assert document.current == 1  # many are opened: what is looked at stays
    open_tracks(stack, bench, 6)
    assert document.current == 6  # one is opened: to be seen
    assert stack.undo_text == "Opened 1 track"


def test_undoing_says_what_was_undone(stack: CommandStack, bench: Bench) -> None:
    document = document_of(stack)
    open_tracks(stack, bench, 1, 2, 3)
    document.change(2, status="done", title="known by now")
    stack.run(RemoveTracks(document, bench, [1, 2, 3]))
    assert document.order == ()
    assert bench.listed == set()
    assert stack.undo() == "Removed 3 tracks"
    assert document.order == (1, 2, 3)
    assert document.track(2).title == "known by now"
    assert document.track(2).status == "done"
    assert document.current == 1
    assert bench.log[-1] == ("submit", (1, 3))
    assert stack.undo() == "Opened 3 tracks"
    assert document.order == ()
    assert document.current is None
    assert bench.listed == set()
    assert stack.undo() is None
    assert stack.redo() == "Opened 3 tracks"
    assert document.track(2).title == "known by now"
    assert stack.redo() == "Removed 3 tracks"
    assert stack.redo() is None


def test_what_was_running_is_queued_again(stack: CommandStack, bench: Bench) -> None:
    document = document_of(stack)
    open_tracks(stack, bench, 1)
    document.change(1, status="analysing", progress=0.7, stage="listening")
    stack.run(RemoveTracks(document, bench, [1]))
    assert bench.log[-1] == ("withdraw", (1,))
    stack.undo()
    track = document.track(1)
    assert (track.status, track.progress, track.stage) == ("queued", 0.0, "")
    assert bench.log[-1] == ("submit", (1,))


def test_clearing_comes_back_in_order(stack: CommandStack, bench: Bench) -> None:
    document = document_of(stack)
    open_tracks(stack, bench, *range(1, 1201), status="done")
    document.set_current(700)
    stack.run(ClearList(document, bench))
    assert len(document) == 0
    assert stack.undo_text == "Cleared the list (1,200 tracks)"
    stack.undo()
    assert document.order == tuple(range(1, 1201))
    assert document.current == 700


def test_a_new_command_ends_what_could_be_redone(stack: CommandStack, bench: Bench) -> None:
    document = document_of(stack)
    told: list[tuple[bool, bool, str, str]] = []
    document.undo_changed.connect(
        lambda: told.append((stack.can_undo, stack.can_redo, stack.undo_text, stack.redo_text))
    )
    open_tracks(stack, bench, 1)
    stack.undo()
    open_tracks(stack, bench, 2)
    assert told == [
        (True, False, "Opened 1 track", ""),
        (False, True, "", "Opened 1 track"),
        (True, False, "Opened 1 track", ""),
    ]
    assert document.order == (2,)


def test_the_stack_has_a_bottom(stack: CommandStack, bench: Bench) -> None:
    for i in range(1, DEPTH + 51):
        open_tracks(stack, bench, i)
    undone = 0
    while stack.undo():
        undone += 1
    assert undone == DEPTH
    assert document_of(stack).order == tuple(range(1, 51))


def test_any_course_of_commands_can_be_walked_back_and_forth(bench: Bench) -> None:
    rng = random.Random(7)
    for _ in range(20):
        stack = CommandStack(Document())
        document = document_of(stack)
        Listener(document)
        fresh = iter(range(1, 10_000))
        history = [document.order]
        for _ in range(30):
            if rng.random() < 0.5 or not document.order:
                open_tracks(stack, bench, *(next(fresh) for _ in range(rng.randint(1, 6))))
            else:
                stack.run(
                    RemoveTracks(document, bench, rng.sample(document.order, rng.randint(1, len(document.order))))
                )
            history.append(document.order)
        for before in reversed(history[:-1]):
            stack.undo()
            assert document.order == before
        for after in history[1:]:
            stack.redo()
            assert document.order == after
