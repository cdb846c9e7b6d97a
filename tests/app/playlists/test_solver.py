"""The solver against brute force, and under each limit."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from app.playlists import solver
from app.playlists.candidates import Candidates, artist_numbers
from app.playlists.cost import costs
from app.playlists.path import bent, ordered, through
from app.playlists.solver import alternatives, solve
from app.playlists.wishes import Wishes
from models.errors import JobError
from models.inference.course import course_of

SAD, HAPPY = (-0.6, -0.5), (0.6, 0.5)


def a_library(count: int, seed: int = 0, **columns) -> Candidates:
    rng = np.random.default_rng(seed)
    means = rng.uniform(-0.9, 0.9, (count, 1, 2))
    courses = np.clip(means + rng.normal(0, 0.08, (count, 5, 2)).cumsum(axis=1), -1, 1)
    made = Candidates(
        ids=np.arange(100, 100 + count),
        durations_s=rng.uniform(120, 300, count),
        courses=courses,
        artists=artist_numbers([f"artist {i}" for i in range(count)]),
        tempi_bpm=rng.uniform(60, 180, count),
        loudness_db=rng.uniform(-30, -8, count),
        favourite=np.zeros(count, bool),
        instrumental=np.full(count, np.nan),
        languages=("",) * count,
    )
    return replace(made, **columns)


def the_best(plan) -> float:
    """The lowest cost of all playlists of that many tracks."""
    n, k = len(plan.task.candidates), len(plan.rows)
    return float(costs(plan.task, np.array(list(permutations(range(n), k)))).min())


@pytest.mark.parametrize("seed", range(8))
def test_it_finds_what_brute_force_finds(seed):
    plan = solve(through((SAD, HAPPY)), a_library(8, seed), Wishes(tracks=4, step_limit=0.4))
    assert plan.cost == pytest.approx(the_best(plan), abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_it_finds_what_brute_force_finds_where_minutes_are_wished(seed):
    wishes = Wishes(minutes=12, tempo_bpm=(60, 150), favourites_first=True)
    library = a_library(7, seed)
    library = replace(library, favourite=np.arange(7) % 3 == 0)
    plan = solve(through((SAD, HAPPY)), library, wishes)
    every = [costs(plan.task, np.array(list(permutations(range(7), k)))).min() for k in range(1, 8)]
    assert plan.cost == pytest.approx(min(every), abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_in_a_larger_library_it_comes_near_the_best(seed):
    plan = solve(through((SAD, HAPPY)), a_library(40, seed), Wishes(tracks=3))
    assert plan.cost <= the_best(plan) * 1.02 + 1e-9


def test_it_travels_along_the_path():
    plan = solve(through((SAD, HAPPY)), a_library(2000), Wishes(minutes=40))
    assert plan.bends == ()
    assert plan.length_s / 60 == pytest.approx(40, abs=4)
    means = plan.task.candidates.means[plan.rows]
    assert means[0] == pytest.approx(SAD, abs=0.25)
    assert means[-1] == pytest.approx(HAPPY, abs=0.25)
    assert plan.follow < 0.2
    assert len(set(plan.ids)) == len(plan.ids)


def test_the_compensatory_order_stays_at_the_target():
    plan = solve(ordered("compensatory", SAD, HAPPY), a_library(2000), Wishes(tracks=6))
    assert np.abs(plan.task.candidates.means[plan.rows] - HAPPY).max() < 0.3


def test_a_bent_path_is_followed():
    over = bent(SAD, HAPPY, [(-1.0, 1.0)])
    assert over.at(0.5)[0] < 0 < over.at(0.5)[1]
    plan = solve(over, a_library(3000), Wishes(tracks=9))
    middle = plan.task.candidates.means[plan.rows][4]
    assert np.linalg.norm(middle - over.at(0.5)) < 0.2


def test_joins_are_of_ends_and_beginnings_not_of_means():
    """Of two tracks with one mean the one that begins where the last ended is taken."""
    rising = np.linspace((-0.8, 0.0), (0.8, 0.0), 5)
    library = a_library(3, courses=np.stack([np.linspace((-1, 0), (-0.8, 0), 5), rising, rising[::-1]]))
    plan = solve(through(((-1, 0), (0.0, 0))), library, Wishes(tracks=2, locked={0: 100}))
    assert plan.ids == (100, 101)


def test_the_avoid_list_is_kept_whatever_else_gives_way():
    library = a_library(4)
    wishes = Wishes(tracks=3, avoid=frozenset({100, 101}))
    plan = solve(through((SAD, HAPPY)), library, wishes)
    assert set(plan.ids) == {102, 103}


def test_no_artist_twice_but_unknown_artists_are_not_one():
    names = ["Same", "same ", " SAME", "", "", ""]
    library = a_library(6, artists=artist_numbers(names))
    plan = solve(through((SAD, HAPPY)), library, Wishes(tracks=4, low_valence_in_a_row=None))
    assert plan.bends == ()
    assert sum(i < 103 for i in plan.ids) == 1
    five = solve(through((SAD, HAPPY)), library, Wishes(tracks=5, low_valence_in_a_row=None))
    assert [bend.kind for bend in five.bends] == ["artist"]


@pytest.mark.parametrize(
    ("wishes", "kind"),
    [
        ({"tempo_bpm": (500, 600)}, "tempo"),
        ({"loudness_db": (-2, -1)}, "loudness"),
        ({"instrumental": True}, "instrumental"),
        ({"languages": frozenset({"de"})}, "language"),
        ({"step_limit": 1e-6}, "step"),
    ],
)
def test_a_limit_that_cannot_be_kept_is_named_with_its_places(wishes, kind):
    plan = solve(through((SAD, HAPPY)), a_library(12), Wishes(tracks=3, low_valence_in_a_row=None, **wishes))
    assert [bend.kind for bend in plan.bends] == [kind]
    assert "tracks 1, 2, 3" in plan.bends[0].words or kind == "step"


def test_a_limit_that_can_be_kept_is_kept_though_others_fit_better():
    library = a_library(300)
    plan = solve(through((SAD, HAPPY)), library, Wishes(tracks=6, tempo_bpm=(60, 80)))
    assert plan.bends == ()
    assert (plan.task.candidates.tempi_bpm[plan.rows] <= 80).all()


def test_runs_of_low_valence_are_capped():
    low = a_library(30)
    courses = low.courses.copy()
    courses[:25, :, 0] = -0.7  # nearly all is low, and fits better
    library = replace(low, courses=courses)
    plan = solve(through(((-0.7, -0.5), (-0.7, 0.5))), library, Wishes(tracks=6, low_valence_in_a_row=2))
    assert plan.bends == ()
    lows = (plan.task.candidates.means[plan.rows, 0] < -0.1).tolist()
    assert lows.count(False) >= 2
    runs = "".join("x" if one else " " for one in lows).split()
    assert max(map(len, runs)) <= 2


def test_favourites_come_first_where_they_fit_about_as_well():
    library = a_library(2)
    twin = np.repeat(library.courses[:1], 2, axis=0)
    library = replace(library, courses=twin, durations_s=np.full(2, 200.0), favourite=np.array([False, True]))
    assert solve(through((SAD, HAPPY)), library, Wishes(tracks=1)).ids == (101,)


def test_locked_tracks_stay_in_their_slots():
    library = a_library(60)
    plan = solve(through((SAD, HAPPY)), library, Wishes(tracks=5, locked={0: 130, 3: 150}))
    assert (plan.ids[0], plan.ids[3]) == (130, 150)
    assert len(set(plan.ids)) == 5


def test_alternatives_are_the_next_best_for_a_slot():
    plan = solve(through((SAD, HAPPY)), a_library(50), Wishes(tracks=4))
    others = alternatives(plan, 2)
    assert len(others) == 5
    assert [p.cost for p in others] == sorted(p.cost for p in others)
    assert others[0].cost >= plan.cost
    assert all(p.ids[:2] == plan.ids[:2] and p.ids[3:] == plan.ids[3:] for p in others)


@pytest.mark.parametrize(("slots", "rounds"), [(1, 6), (15, 6), (100, 2), (200, 1), (500, 0)])
def test_long_lists_are_improved_as_far_as_the_time_allows(slots: int, rounds: int) -> None:
    assert solver._rounds(slots, slots, 1000) == rounds


def test_nothing_is_weighed_again_where_there_is_no_time_for_it(monkeypatch) -> None:
    monkeypatch.setattr(solver, "_MOST_WORK", 0)
    monkeypatch.setattr(solver, "_LARGEST_ROUND", 0)
    weighed: list[int] = []
    monkeypatch.setattr(solver, "costs", lambda task, rows: weighed.append(len(rows)) or costs(task, rows))
    assert len(solve(ordered("iso", (-0.5, -0.5), (0.5, 0.5)), a_library(30), Wishes(tracks=8)).ids) == 8
    assert max(weighed) == 1


def test_too_little_music_is_said():
    plan = solve(through((SAD, HAPPY)), a_library(2), Wishes(minutes=60))
    assert "length" in [bend.kind for bend in plan.bends]
    assert len(plan.ids) == 2


@pytest.mark.parametrize(
    ("library", "wishes", "why"),
    [
        (a_library(3), Wishes(tracks=2, avoid=frozenset({100, 101, 102})), "avoid-list"),
        (a_library(3).only(np.zeros(3, bool)), Wishes(tracks=2), "none that is analysed"),
        (a_library(3), Wishes(), "how long"),
        (a_library(3), Wishes(tracks=2, minutes=3), "how long"),
        (a_library(3), Wishes(minutes=-1), "minutes"),
        (a_library(3), Wishes(tracks=2, tempo_bpm=(90, 60)), "lowest tempo"),
        (a_library(3), Wishes(tracks=2, locked={0: 7}), "locked"),
        (a_library(3), Wishes(tracks=2, locked={0: 100}, avoid=frozenset({100})), "locked"),
    ],
)
def test_impossible_wishes_say_why(library, wishes, why):
    with pytest.raises(JobError, match=why):
        solve(through((SAD, HAPPY)), library, wishes)


@pytest.mark.parametrize("points", [[(0, 0)], [(0, 0), (2, 0)], [(0, 0), (np.nan, 0)]])
def test_paths_outside_the_plane_are_refused(points):
    with pytest.raises(JobError, match=r"path|between"):
        through(points)


def test_a_drawn_path_is_walked_at_an_even_pace():
    drawn = through([(-1, 0), (-0.9, 0), (-0.9, 0), (1, 0)])  # the mouse rested
    assert drawn.at(0.5) == pytest.approx((0, 0), abs=1e-9)
    assert drawn.length == pytest.approx(2)


def test_the_course_of_a_track():
    times_s = np.arange(0.25, 100, 0.5)
    values = np.stack((times_s / 100, np.zeros_like(times_s)), axis=1)
    course = course_of(times_s, values, 100.0)
    assert course[:, 0] == pytest.approx([0.05, 0.2333, 0.5, 0.7667, 0.95], abs=0.01)
    short = course_of(np.array([0.2]), np.array([[0.5, -0.5]]), 0.4)
    assert short.tolist() == [[0.5, -0.5]] * 5
