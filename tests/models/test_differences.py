"""Where two models differ: known differences are found, in their place and size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.analysis import Analysis
from models.inference.differences import ASPECTS, differences, differing_moments
from tests.app.fakes import make_analysis

DURATION_S = 60.0


def flat(step_s: float, sha256: str = "a" * 64) -> Analysis:
    """An analysis that says the same at every moment."""
    n = int(DURATION_S / step_s)
    return replace(
        make_analysis(sha256, DURATION_S),
        step_s=step_s,
        times_s=((np.arange(n) + 0.5) * step_s).astype(np.float32),
        quadrants_over_time=np.full((n, 4), 0.25, np.float32),
        valence_over_time=np.zeros(n, np.float32),
        arousal_over_time=np.zeros(n, np.float32),
    )


def bump(analysis: Analysis, at_s: float, height: float, width_s: float = 3.0) -> np.ndarray:
    return (height * np.exp(-0.5 * ((analysis.times_s - at_s) / width_s) ** 2)).astype(np.float32)


def test_a_model_does_not_differ_from_itself() -> None:
    analysis = make_analysis("a" * 64, DURATION_S)
    found = differences(analysis, analysis)
    assert found.size.max() == 0
    assert found.mean == (0, 0, 0)
    assert differing_moments(found) == []


@pytest.mark.parametrize("steps_s", [(0.5, 0.5), (0.37, 0.5), (0.5, 0.37)])
def test_known_differences_are_found_in_their_place_and_size(steps_s: tuple[float, float]) -> None:
    first, second = (flat(step_s) for step_s in steps_s)
    second = replace(
        second,
        valence_over_time=bump(second, 15.0, 1.2),
        arousal_over_time=bump(second, 45.0, -0.8),
    )
    found = differences(first, second)
    assert found.step_s == min(steps_s)
    assert found.over_time.shape == (len(found.times_s), 3)
    valence, arousal = differing_moments(found)
    assert (valence.aspect, arousal.aspect) == ("valence", "arousal")
    assert valence.peak_s == pytest.approx(15.0, abs=0.5)
    assert arousal.peak_s == pytest.approx(45.0, abs=0.5)
    assert valence.size == pytest.approx(0.6, abs=0.01)
    assert arousal.size == pytest.approx(0.4, abs=0.01)
    # Three quarters of a Gaussian's height lie within 0.76 of its deviation to either side.
    assert valence.start_s == pytest.approx(15.0 - 0.76 * 3.0, abs=0.6)
    assert valence.end_s == pytest.approx(15.0 + 0.76 * 3.0, abs=0.6)
    swapped = differences(second, first)
    assert np.allclose(swapped.over_time, found.over_time, atol=1e-6)


def test_opposite_beliefs_differ_by_one() -> None:
    first, second = flat(0.5), flat(0.5)
    for analysis, quadrant in ((first, 0), (second, 3)):
        analysis.quadrants_over_time[:] = 0
        analysis.quadrants_over_time[:, quadrant] = 1
    found = differences(first, second)
    assert np.allclose(found.over_time[:, ASPECTS.index("quadrants")], 1)
    assert found.mean[0] == pytest.approx(1)
    moments = differing_moments(found)
    assert moments[0].aspect == "quadrants"
    assert (moments[0].start_s, moments[0].end_s) == (0.0, pytest.approx(DURATION_S))
    assert len(moments) == 1  # the whole recording is one moment


def test_moments_are_few_apart_long_enough_and_the_largest_first() -> None:
    first, second = flat(0.5), flat(0.5)
    rng = np.random.default_rng(0)
    second = replace(second, valence_over_time=rng.uniform(-1, 1, len(second.times_s)).astype(np.float32))
    moments = differing_moments(differences(first, second), most=5)
    assert len(moments) == 5
    assert [moment.size for moment in moments] == sorted((moment.size for moment in moments), reverse=True)
    for moment in moments:
        assert 0 <= moment.start_s <= moment.peak_s <= moment.end_s <= DURATION_S
        assert moment.end_s - moment.start_s >= 1.9 or moment.start_s == 0 or moment.end_s == DURATION_S
    peaks = sorted(moment.peak_s for moment in moments)
    assert min(np.diff(peaks)) >= 6.0


def test_the_flank_of_a_moment_is_none_itself() -> None:
    first, second = flat(0.5), flat(0.5)
    # One long hill: beyond the stretch of the moment it is still high, but only falls.
    second = replace(second, valence_over_time=bump(second, 30.0, 1.0, 14.0))
    (moment,) = differing_moments(differences(first, second))
    assert moment.peak_s == pytest.approx(30.0, abs=0.5)


def test_what_is_not_comparable() -> None:
    with pytest.raises(ValueError, match="different recordings"):
        differences(flat(0.5), flat(0.5, "b" * 64))
    nothing = replace(
        flat(0.5),
        times_s=np.zeros(0, np.float32),
        quadrants_over_time=np.zeros((0, 4), np.float32),
        valence_over_time=np.zeros(0, np.float32),
        arousal_over_time=np.zeros(0, np.float32),
    )
    found = differences(nothing, flat(0.5))
    assert found.mean == (0, 0, 0)
    assert differing_moments(found) == []
