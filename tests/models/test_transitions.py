from __future__ import annotations

import numpy as np
import pytest

from models.inference.transitions import MOST_TRANSITIONS, find_transitions
from tests.planted import STEP_S, planted_turn, step_times_s, wobble


@pytest.mark.parametrize("by", [(0.4, 0.0), (0.0, -0.4), (-0.3, 0.3)])
@pytest.mark.parametrize("seed", range(3))
def test_a_planted_turn_is_the_one_that_is_found_with_the_moods_on_both_sides(
    by: tuple[float, float], seed: int
) -> None:
    curve = wobble(120, seed, 0.03) + np.array((0.1, -0.2)) + planted_turn(240, 70.0, by)
    (turn,) = find_transitions(curve[:, 0], curve[:, 1], step_times_s(240), STEP_S)
    assert turn.time_s == pytest.approx(70.0, abs=1.5)
    assert turn.before == pytest.approx((0.1, -0.2), abs=0.08)
    assert turn.after == pytest.approx((0.1 + by[0], -0.2 + by[1]), abs=0.08)
    assert 0.3 < turn.strength < 0.8


def test_several_turns_come_in_the_order_of_time_and_the_farther_apart_is_the_stronger() -> None:
    curve = wobble(180, 1, 0.02) + planted_turn(360, 60, (0.3, 0.0)) + planted_turn(360, 120, (-0.3, 0.7))
    first, second = find_transitions(curve[:, 0], curve[:, 1], step_times_s(360), STEP_S)
    assert [first.time_s, second.time_s] == pytest.approx([60, 120], abs=1.5)
    assert second.strength > first.strength + 0.1


@pytest.mark.parametrize("sigma_s", [0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("size", [0.02, 0.1, 0.4])
def test_a_curve_that_only_wobbles_has_none(sigma_s: float, size: float) -> None:
    found = 0
    for seed in range(20):
        curve = np.clip(wobble(240, seed, size, sigma_s), -1, 1)
        found += len(find_transitions(curve[:, 0], curve[:, 1], step_times_s(480), STEP_S))
    assert found <= 4  # of 20 pieces of four minutes: chance alone reaches that far once in a while


def test_the_wobble_of_a_restless_curve_hides_a_turn_that_a_calm_one_shows() -> None:
    turn = planted_turn(240, 60, (0.3, 0.0))
    calm, restless = turn + wobble(120, 2, 0.02), turn + wobble(120, 2, 0.3)
    assert len(find_transitions(calm[:, 0], calm[:, 1], step_times_s(240), STEP_S)) == 1
    assert find_transitions(restless[:, 0], restless[:, 1], step_times_s(240), STEP_S) == ()


def test_a_slow_drift_is_no_row_of_turns() -> None:
    drift = np.linspace(-0.3, 0.3, 480)
    assert find_transitions(drift, drift, step_times_s(480), STEP_S) == ()
    once = np.interp(step_times_s(480), (100, 125), (-0.4, 0.4))
    assert len(find_transitions(once, 0 * once, step_times_s(480), STEP_S)) == 1


def test_silence_has_no_mood_and_turns_into_none() -> None:
    curve = wobble(120, 3, 0.02) + planted_turn(240, 80, (0.5, -0.5))
    heard = step_times_s(240) < 75
    assert find_transitions(curve[:, 0], curve[:, 1], step_times_s(240), STEP_S, heard) == ()
    assert find_transitions(curve[:, 0], curve[:, 1], step_times_s(240), STEP_S, np.zeros(240, bool)) == ()


@pytest.mark.parametrize("n", [1, 2, 9, 15])
def test_short_music_has_no_before_and_after(n: int) -> None:
    curve = np.linspace(-1, 1, n)
    assert find_transitions(curve, -curve, step_times_s(n), STEP_S) == ()


def test_a_flat_curve_has_none_and_a_long_one_no_more_than_can_be_looked_through() -> None:
    assert find_transitions(np.zeros(400), np.zeros(400), step_times_s(400), STEP_S) == ()
    n = 40 * 120
    square = np.sign(np.sin(2 * np.pi * step_times_s(n) / 120)) * np.linspace(0.3, 0.6, n)
    found = find_transitions(square, np.zeros(n), step_times_s(n), STEP_S)
    assert len(found) == MOST_TRANSITIONS
    assert [one.time_s for one in found] == sorted(one.time_s for one in found)
    assert min(one.time_s for one in found) > 900  # the strongest ones: the later half swings wider
