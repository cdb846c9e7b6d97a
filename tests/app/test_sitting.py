"""A labelling session from the first key to the last, over undo, removal and the end of the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.labelling import KEYS, Item, Plan, Sitting, items_of
from app.labelling.sitting import SETTING
from app.library import Rater
from tests.app.running import Run


class Clock:
    """Seconds that go on when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def run(run_of, tmp_path: Path) -> Run:
    folder = tmp_path / "music"
    folder.mkdir()
    for name in "abcdef":
        (folder / f"{name}.wav").write_text(name)
    run = run_of().start()
    run.open(folder)
    run.idle()
    run.session.set_rater("Anna")
    return run


def stems(run: Run, items) -> str:
    """Names of the recordings, those to warm up with in capitals."""
    names = ((run.document.track(item.track_id).path.stem, item.warm_up) for item in items)
    return "".join(name.upper() if warm_up else name for name, warm_up in names)


def quadrants(run: Run) -> dict[str, str | None]:
    said = {run.document.track(label.track_id).path.stem: label.quadrant for label in run.session.all_labels()}
    return dict(sorted(said.items()))


def test_one_key_labels_one_clip(run: Run) -> None:
    sitting = Sitting.begin(run.session, Plan())
    keystrokes = 0
    script = iter("143201")
    while sitting.current is not None:
        assert sitting.press(next(script)) is not None
        keystrokes += 1
    assert keystrokes == len(run.document) == 6
    assert quadrants(run) == {"a": "Q1", "b": "Q4", "c": "Q3", "d": "Q2", "e": None, "f": "Q1"}
    assert [label.cant_say for label in run.session.all_labels()].count(True) == 1
    assert all(label.blind for label in run.session.all_labels())
    assert sitting.press("1") is None
    assert keystrokes == 6
    sitting.close()


def test_other_keys_say_nothing(run: Run) -> None:
    sitting = Sitting.begin(run.session, Plan())
    for key in ("5", "a", "", " "):
        assert sitting.press(key) is None
    assert run.session.all_labels() == ()
    assert set(KEYS) == set("01234")


def test_the_order_is_the_lists_or_shuffled_for_each_rater_or_the_most_helpful_first(run: Run) -> None:
    document, anna = run.document, run.session.rater
    assert stems(run, items_of(document, Plan(), anna)) == "abcdef"
    hers = stems(run, items_of(document, Plan("random"), anna))
    assert sorted(hers) == list("abcdef")
    assert hers == stems(run, items_of(document, Plan("random"), anna))
    orders = {stems(run, items_of(document, Plan("random"), Rater(str(n), str(n)))) for n in range(20)}
    assert len(orders) > 10
    helpful = [run.id("e"), run.id("b")]
    assert stems(run, items_of(document, Plan("helpful"), anna, helpful)) == "ebacdf"


def test_a_part_of_the_list_is_labelled(run: Run) -> None:
    run.session.label(run.id("b"), "Q1")
    run.session.label(run.id("c"), "Q1", warm_up=True)
    run.session.set_rater("Ben")
    run.session.label(run.id("a"), "Q1")
    anna = run.session.set_rater("Anna")
    assert stems(run, items_of(run.document, Plan(), anna)) == "acdef"
    assert stems(run, items_of(run.document, Plan(skip_labelled=False), anna)) == "abcdef"
    chosen = (run.id("d"), run.id("a"), 999, run.id("d"), run.id("b"))
    assert stems(run, items_of(run.document, Plan(track_ids=chosen), anna)) == "da"
    run.document.change(run.id("d"), status="missing")
    assert stems(run, items_of(run.document, Plan(track_ids=chosen), anna)) == "a"


def test_clips_to_warm_up_come_first_count_for_nothing_and_come_again(run: Run) -> None:
    sitting = Sitting.begin(run.session, Plan(warm_up=2, blind=False))
    assert stems(run, sitting.items) == "EFabcdef"
    assert (sitting.progress.done, sitting.progress.total, sitting.progress.warm_up_left) == (0, 6, 2)
    first = sitting.press("1")
    assert (first.warm_up, first.blind) == (True, False)
    sitting.press("1")
    assert (sitting.progress.done, sitting.progress.warm_up_left) == (0, 0)
    for _ in range(6):
        sitting.press("2")
    assert sitting.current is None
    assert sitting.progress.done == 6
    counting = [label for label in run.session.all_labels() if not label.warm_up]
    assert [label.quadrant for label in counting] == ["Q2"] * 6
    assert (
        stems(
            run, items_of(run.document, Plan(warm_up=20, track_ids=(run.id("a"),), skip_labelled=False), sitting.rater)
        )
        == "Aa"
    )


def test_the_time_left_is_told_from_the_pace(run: Run) -> None:
    clock = Clock()
    sitting = Sitting.begin(run.session, Plan(), clock=clock)
    seconds = []
    for wait_s in (4.0, 6.0, 5.0):
        assert sitting.progress.remaining_s is None
        clock.now += wait_s
        seconds.append(sitting.press("1").seconds)
    assert seconds == [4.0, 6.0, 5.0]
    assert sitting.progress.remaining_s == 15.0
    clock.now += 2.0
    sitting.pause()
    sitting.pause()
    clock.now += 1000.0
    sitting.go_on()
    clock.now += 1.0
    assert sitting.press("1").seconds == 3.0
    clock.now += 50.0
    sitting.restart_clock()
    clock.now += 1.5
    assert sitting.press("1").seconds == 1.5
    sitting.press("1")
    assert sitting.progress.remaining_s == 0.0


def test_going_back_to_say_something_else(run: Run) -> None:
    sitting = Sitting.begin(run.session, Plan())
    sitting.back()  # there is nothing before the first
    assert stems(run, [sitting.current]) == "a"
    sitting.press("1")
    sitting.press("2")
    sitting.back()
    assert stems(run, [sitting.current]) == "b"
    assert sitting.said.quadrant == "Q2"
    sitting.back()
    sitting.press("3")
    assert quadrants(run) == {"a": "Q3", "b": "Q2"}
    assert stems(run, [sitting.current]) == "c"  # what is labelled is not asked for again
    assert sitting.said is None
    assert sitting.progress.done == 2


def test_what_is_left_for_later_comes_after_the_others(run: Run) -> None:
    sitting = Sitting.begin(run.session, Plan())
    sitting.skip()
    seen = ""
    while sitting.current is not None:
        seen += stems(run, [sitting.current])
        sitting.press("1")
    assert seen == "bcdefa"


def test_undo_leads_back_and_redo_leads_on(run: Run) -> None:
    sitting = Sitting.begin(run.session, Plan())
    told: list[None] = []
    sitting.changed.connect(lambda: told.append(None))
    sitting.press("1")
    sitting.press("2")
    run.session.undo()
    assert stems(run, [sitting.current]) == "b"
    assert sitting.progress.done == 1
    run.session.undo()
    assert stems(run, [sitting.current]) == "a"
    run.session.redo()
    run.session.redo()
    assert stems(run, [sitting.current]) == "c"
    assert sitting.progress.done == 2
    assert len(told) == 6
    sitting.close()
    run.session.undo()
    assert len(told) == 6


def test_undo_of_a_second_thought_leads_back_too(run: Run) -> None:
    run.session.label(run.id("a"), "Q4")
    sitting = Sitting.begin(run.session, Plan(skip_labelled=False))
    sitting.press("1")
    assert quadrants(run) == {"a": "Q1"}
    run.session.undo()
    assert quadrants(run) == {"a": "Q4"}
    assert stems(run, [sitting.current]) == "a"
    assert sitting.progress.done == 0


def test_tracks_that_leave_the_list_are_not_asked_for(run: Run) -> None:
    sitting = Sitting.begin(run.session, Plan())
    sitting.press("1")
    run.session.remove_tracks([run.id("b"), run.id("d")])
    assert stems(run, [sitting.current]) == "c"
    assert (sitting.progress.done, sitting.progress.total) == (1, 4)
    run.session.undo()
    sitting.press("1")
    assert stems(run, [sitting.current]) == "d"
    run.session.clear_list()
    assert sitting.current is None
    assert sitting.progress.total == 0


def test_a_sitting_goes_on_after_the_end_of_the_program(run: Run, run_of) -> None:
    sitting = Sitting.begin(run.session, Plan("random", warm_up=1))
    for key in "1234":
        sitting.press(key)
    order, at, progress = stems(run, sitting.items), sitting.current, sitting.progress
    run.session.set_rater("Ben")
    assert Sitting.resume(run.session) is None
    bens = Sitting.begin(run.session, Plan(blind=False))
    bens.press("1")
    run.end()
    again = run_of().start()
    assert again.session.rater.name == "Ben"
    assert stems(again, [Sitting.resume(again.session).current]) == "b"
    again.session.set_rater("Anna")
    resumed = Sitting.resume(again.session)
    assert stems(again, resumed.items) == order
    assert resumed.current == at
    assert resumed.plan == sitting.plan
    assert (resumed.progress.done, resumed.progress.total) == (progress.done, progress.total) == (3, 6)
    while resumed.current is not None:
        resumed.press("1")
    assert len([label for label in again.session.all_labels() if not label.warm_up]) == 7
    assert Sitting.resume(again.session) is None  # it is over


@pytest.mark.parametrize("kept", [None, 3, {"plan": 1}, {"plan": {"mood": "good"}, "items": [], "done": [], "at": 0}])
def test_what_cannot_be_gone_on_with_is_not(run: Run, kept: object) -> None:
    run.session.set_setting(SETTING, {run.session.rater.id: kept})
    assert Sitting.resume(run.session) is None
    assert Sitting.begin(run.session, Plan()).current == Item(run.id("a"))


def test_an_empty_list_has_nothing_to_label(run_of) -> None:
    run = run_of().start()
    sitting = Sitting.begin(run.session, Plan(warm_up=3))
    assert sitting.current is None
    assert sitting.progress.remaining_s == 0.0
    sitting.skip()
    sitting.back()
    assert sitting.press("1") is None
