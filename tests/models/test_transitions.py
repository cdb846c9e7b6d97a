from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.inference.transitions import MOST_TRANSITIONS, find_transitions
from models.numerics import smooth

STEP_S = 0.5
Curve = NDArray[Any]


def _wobble(seconds: float, seed: int, size: float, sigma_s: float = 1.0) -> Curve:
    """A curve [shape=(t, 2)] that wanders around the origin and goes nowhere."""
    noise: Curve = smooth(np.random.default_rng(seed).standard_normal((round(seconds / STEP_S), 2)), sigma_s / STEP_S)
    return noise * (size / float(noise.std()))


def _times(n: int) -> Curve:
    return (np.arange(n) + 0.5) * STEP_S


def _step(n: int, turn_s: float, by: tuple[float, float]) -> Curve:
    """A turn, as soft as a model's curve over time is."""
    return np.asarray(smooth(np.outer(_times(n) > turn_s, by).astype(float), 2.0 / STEP_S))


@pytest.mark.parametrize("by", [(0.4, 0.0), (0.0, -0.4), (-0.3, 0.3)])
@pytest.mark.parametrize("seed", range(3))
def test_a_planted_turn_is_the_one_that_is_found_with_the_moods_on_both_sides(
    by: tuple[float, float], seed: int
) -> None:
    curve = _wobble(120, seed, 0.03) + np.array((0.1, -0.2)) + _step(240, 70.0, by)
    (turn,) = find_transitions(curve[:, 0], curve[:, 1], _times(240), STEP_S)
    assert turn.time_s == pytest.approx(70.0, abs=1.5)
    assert turn.before == pytest.approx((0.1, -0.2), abs=0.08)
    assert turn.after == pytest.approx((0.1 + by[0], -0.2 + by[1]), abs=0.08)
    assert 0.3 < turn.strength < 0.8


def test_several_turns_come_in_the_order_of_time_and_the_farther_apart_is_the_stronger() -> None:
    curve = _wobble(180, 1, 0.02) + _step(360, 60, (0.3, 0.0)) + _step(360, 120, (-0.3, 0.7))
    first, second = find_transitions(curve[:, 0], curve[:, 1], _times(360), STEP_S)
    assert [first.time_s, second.time_s] == pytest.approx([60, 120], abs=1.5)
    assert second.strength > first.strength + 0.1


@pytest.mark.parametrize("sigma_s", [0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("size", [0.02, 0.1, 0.4])
def test_a_curve_that_only_wobbles_has_none(sigma_s: float, size: float) -> None:
    found = 0
    for seed in range(20):
        curve = np.clip(_wobble(240, seed, size, sigma_s), -1, 1)
        found += len(find_transitions(curve[:, 0], curve[:, 1], _times(480), STEP_S))
    assert found <= 4  # of 20 pieces of four minutes: chance alone reaches that far once in a while


def test_the_wobble_of_a_restless_curve_hides_a_turn_that_a_calm_one_shows() -> None:
    turn = _step(240, 60, (0.3, 0.0))
    calm, restless = turn + _wobble(120, 2, 0.02), turn + _wobble(120, 2, 0.3)
    assert len(find_transitions(calm[:, 0], calm[:, 1], _times(240), STEP_S)) == 1
    assert find_transitions(restless[:, 0], restless[:, 1], _times(240), STEP_S) == ()


def test_a_slow_drift_is_no_row_of_turns() -> None:
    drift = np.linspace(-0.3, 0.3, 480)
    assert find_transitions(drift, drift, _times(480), STEP_S) == ()
    once = np.interp(_times(480), (100, 125), (-0.4, 0.4))
    assert len(find_transitions(once, 0 * once, _times(480), STEP_S)) == 1


def test_silence_has_no_mood_and_turns_into_none() -> None:
    curve = _wobble(120, 3, 0.02) + _step(240, 80, (0.5, -0.5))
    heard = _times(240) < 75
    assert find_transitions(curve[:, 0], curve[:, 1], _times(240), STEP_S, heard) == ()
    assert find_transitions(curve[:, 0], curve[:, 1], _times(240), STEP_S, np.zeros(240, bool)) == ()


@pytest.mark.parametrize("n", [1, 2, 9, 15])
def test_short_music_has_no_before_and_after(n: int) -> None:
    curve = np.linspace(-1, 1, n)
    assert find_transitions(curve, -curve, _times(n), STEP_S) == ()


def test_a_flat_curve_has_none_and_a_long_one_no_more_than_can_be_looked_through() -> None:
    assert find_transitions(np.zeros(400), np.zeros(400), _times(400), STEP_S) == ()
    n = 40 * 120
    square = np.sign(np.sin(2 * np.pi * _times(n) / 120)) * np.linspace(0.3, 0.6, n)
    found = find_transitions(square, np.zeros(n), _times(n), STEP_S)
    assert len(found) == MOST_TRANSITIONS
    assert [one.time_s for one in found] == sorted(one.time_s for one in found)
    assert min(one.time_s for one in found) > 900  # the strongest ones: the later half swings wider
