"""Labels and ratings in the document, through undo, and through the end of the program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.library import Label, Rater
from app.library.exchange import Taken
from app.library.rows import Rating
from tests.app.running import Run


@pytest.fixture
def run(run_of, music: Path) -> Run:
    run = run_of().start()
    run.open(music)
    run.idle()
    return run


def restarted(run: Run, run_of) -> Run:
    run.end()
    again = run_of().start()
    again.pump.flush(0.05)
    return again


def test_a_label_stands_is_replaced_and_comes_back_by_undo(run: Run) -> None:
    session, document, a = run.session, run.document, run.id("a")
    told: list[int] = []
    document.labels_changed.connect(told.append)
    session.set_rater("Anna")
    first = session.label(a, "Q1", seconds=2.5, blind=True)
    assert session.labels(a) == (first,)
    assert (first.quadrant, first.seconds, first.blind, first.origin, first.is_whole) == (
        "Q1",
        2.5,
        True,
        "label",
        True,
    )
    assert session.commands.undo_text == "Labelled “A”: Q1"
    second = session.label(a, valence=-0.25, arousal=0.5)
    assert session.labels(a) == (second,)
    assert session.commands.undo_text == "Labelled “A”: valence −0.25, arousal 0.50"
    third = session.label(a, cant_say=True)
    assert session.labels(a) == (third,)
    for stands in ((second,), (first,), ()):
        session.undo()
        assert session.labels(a) == stands
    session.redo()
    session.redo()
    assert session.labels(a) == (second,)
    assert told == [a] * 8
    assert session.all_labels() == (second,)


def test_labels_are_kept_at_once_and_survive_a_restart(run: Run, run_of) -> None:
    a, b = run.id("a"), run.id("b")
    run.session.set_rater("Anna")
    kept = run.session.label(a, "Q2")
    run.session.label(b, "Q3")
    run.session.undo()
    run.session.set_rater("Ben")
    passage = run.session.label(a, "Q4", start_s=7.5, end_s=2.25)
    replaced = run.session.label(a, "Q1")
    run.session.label(a, "Q2")
    run.session.undo()
    again = restarted(run, run_of)
    assert again.session.labels(a) == (kept, passage, replaced)
    assert (passage.start_s, passage.end_s) == (2.25, 7.5)
    assert again.session.labels(b) == ()
    assert [rater.name for rater in again.session.raters()] == ["Anna", "Ben"]
    assert again.session.rater == again.session.raters()[1]


def test_raters_do_not_touch_each_others_labels(run: Run) -> None:
    session, document, a = run.session, run.document, run.id("a")
    anna = session.set_rater(" Anna \n Li ")
    assert anna == Rater(anna.id, "Anna Li")
    hers = session.label(a, "Q1")
    ben = session.set_rater("Ben")
    his = session.label(a, "Q4")
    assert session.labels(a) == (hers, his)
    assert document.label_of(a, anna.id) == hers
    assert document.label_of(a, ben.id) == his
    assert session.set_rater("anna li") == anna
    assert session.set_rater("  ") is None
    assert session.rater == anna
    assert document.rater_of(ben.id) == ben
    with pytest.raises(KeyError):
        document.rater_of("nobody")


def test_a_name_that_is_given_before_the_library_is_open_is_no_second_person(run: Run, run_of) -> None:
    anna = run.session.set_rater("Anna")
    run.session.set_rater("Ben")
    run.end()
    again = run_of()
    assert again.session.set_rater("anna") is None
    again.start()
    assert again.session.rater == anna
    assert [rater.name for rater in again.session.raters()] == ["Anna", "Ben"]


def test_who_gives_no_name_has_one(run: Run) -> None:
    assert run.session.rater is None
    label = run.session.label(run.id("a"), "Q1")
    assert run.session.rater == Rater(label.rater_id, "Me")


def test_a_label_is_taken_away_and_put_back(run: Run) -> None:
    a = run.id("a")
    label = run.session.label(a, "Q3")
    assert run.session.clear_label(label)
    assert not run.session.clear_label(label)
    assert run.session.labels(a) == ()
    assert run.session.undo() == "Removed the label of “A”"
    assert run.session.labels(a) == (label,)


def test_labels_and_ratings_from_elsewhere_are_kept(run: Run, run_of) -> None:
    a, b = run.id("a"), run.id("b")
    run.session.label(a, "Q1")
    rater = run.session.rater
    read = [Label(f"i{i}", i, rater.id, quadrant="Q2", origin="import", made="2027") for i in (a, b)]
    rating = Rating("r", a, "new", "valence", "2027", *np.float32([[0.0, 0.5], [0.1, 0.2]]))
    theirs = Label("x", b, "new", quadrant="Q4", origin="import", made="2028")
    taken = Taken((Rater("new", "Anna"),), (*read, theirs), (rating,), 0, ())
    assert run.session.take_opinions(taken) == 4
    assert set(run.session.all_labels()) == {*read, theirs}
    assert run.session.ratings(a) == (rating,)
    assert [other.name for other in run.session.raters()] == ["Anna", rater.name]
    assert run.session.rater == rater
    assert restarted(run, run_of).session.ratings(a)[0].id == "r"


def test_artists_that_labels_name_are_kept(run: Run, run_of) -> None:
    a, b = run.id("a"), run.id("b")
    run.session.take_opinions(Taken((), (), (), 3, (), {b: "The Band"}))
    assert [run.session.document.track(i).artist for i in (a, b)] == ["An artist", "The Band"]
    again = restarted(run, run_of)
    assert again.session.document.track(b).artist == "The Band"


def test_what_was_imported_goes_out_together(run: Run) -> None:
    a, b = run.id("a"), run.id("b")
    mine = run.session.label(a, "Q1")
    rater = run.session.rater
    read = tuple(Label(f"i{i}", i, rater.id, quadrant="Q2", origin="import", made="2027") for i in (a, b))
    run.session.take_opinions(Taken((), read, (), 0, ()))
    assert run.session.undo() == "Imported 2 labels"
    assert run.session.all_labels() == (mine,)
    assert run.session.take_opinions(Taken((), (), (), 5, ())) == 0


def test_labels_outlive_the_removal_of_their_track(run: Run, run_of, music: Path) -> None:
    a = run.id("a")
    label = run.session.label(a, "Q3")
    run.session.remove_tracks([a])
    assert run.session.all_labels() == (label,)
    again = restarted(run, run_of)
    again.open(music / "a.wav")
    assert again.session.labels(again.id("a")) == (label,)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"quadrant": "Q5"},
        {"quadrant": "Q1", "cant_say": True},
        {"quadrant": "Q1", "valence": 0.0, "arousal": 0.0},
        {"valence": 0.5},
        {"quadrant": "Q1", "arousal": 0.5},
        {"valence": 0.5, "arousal": 1.01},
        {"valence": 0.5, "arousal": float("nan")},
        {"quadrant": "Q1", "start_s": 1.0},
        {"quadrant": "Q1", "start_s": 1.0, "end_s": 1.0},
        {"quadrant": "Q1", "start_s": 50.0, "end_s": 60.0},  # the recording ends after 12 s
    ],
)
def test_what_cannot_be_said_is_not(run: Run, said: dict) -> None:
    with pytest.raises(ValueError):
        run.session.label(run.id("a"), **said)
    assert run.session.all_labels() == ()
    assert not run.session.commands.undo_text.startswith("Labelled")


def test_a_track_that_is_not_open_has_no_label(run: Run) -> None:
    with pytest.raises(KeyError):
        run.session.label(999, "Q1")


def test_a_rating_is_kept_raw_and_comes_back(run: Run, run_of) -> None:
    a = run.id("a")
    told: list[int] = []
    run.document.ratings_changed.connect(told.append)
    times_s = np.arange(200) * 0.05
    run.session.set_rater("Anna")
    rating = run.session.add_rating(a, "both", times_s, np.sin(times_s), np.cos(times_s), [1.0004, 2.5])
    assert run.session.commands.undo_text == "Rated “A”"
    assert rating.chills == (1.0, 2.5)
    gone = run.session.add_rating(a, "valence", times_s, np.sin(times_s))
    assert run.session.ratings(a) == (rating, gone)
    assert run.session.remove_rating(gone)
    assert not run.session.remove_rating(gone)
    assert run.session.undo() == "Removed a rating of “A”"
    assert run.session.redo() == "Removed a rating of “A”"
    assert told == [a] * 5
    again = restarted(run, run_of)
    (kept,) = again.session.ratings(a)
    assert (kept.id, kept.dimension, kept.chills) == (rating.id, "both", (1.0, 2.5))
    assert kept.valence.dtype == np.float32
    assert np.array_equal(kept.valence, rating.valence)
    assert np.array_equal(kept.arousal, rating.arousal)
    assert again.document.all_ratings() == (kept,)


@pytest.mark.parametrize(
    ("dimension", "times_s", "valence", "arousal"),
    [
        ("both", [0.0, 0.05], [0.0, 0.0], None),
        ("valence", [0.0, 0.05], [0.0, 0.0], [0.0, 0.0]),
        ("valence", [0.0, 0.05], [0.0], None),
        ("valence", [0.0, 0.05], [0.0, 1.5], None),
        ("valence", [0.0, 0.05], [0.0, float("nan")], None),
        ("valence", [0.05, 0.0], [0.0, 0.0], None),
        ("valence", [], [], None),
    ],
)
def test_what_is_no_rating_is_not_kept(run: Run, dimension, times_s, valence, arousal) -> None:
    with pytest.raises(ValueError):
        run.session.add_rating(run.id("a"), dimension, times_s, valence, arousal)
    assert run.session.ratings(run.id("a")) == ()
