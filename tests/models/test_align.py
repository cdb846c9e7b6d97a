"""Aligning performances: a plain loop finds the same path, composed pieces their own moments, others do not fit."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from models.audio.cqt import log_cqt
from models.audio.descriptors.notes import note_frames
from models.errors import Cancelled
from models.jobs import CancelToken, Progress
from models.structure import align as room
from models.structure.align import SAME_MUSIC, Alignment, align, aligning
from models.structure.align_features import features
from models.structure.chroma import STEP_S, Harmony
from models.structure.structure import Structure
from tests.corpus import RATE_HZ
from tests.performances import Performance, compose, perform

NOTHING = np.zeros(0, np.float32)


def built(y: np.ndarray, sha256: str = "a" * 64) -> Structure:
    chroma = Harmony.of(note_frames(log_cqt(y))).shown()
    return Structure(sha256, len(y) / RATE_HZ, None, NOTHING, NOTHING, (), chroma, STEP_S)


def of_chroma(chroma: np.ndarray, step_s: float = 0.1) -> Structure:
    return Structure("c" * 64, chroma.shape[1] * step_s, None, NOTHING, NOTHING, (), chroma.astype(np.float32), step_s)


def errors_s(alignment: Alignment, first: Performance, second: Performance) -> np.ndarray:
    """How far each moment of the first is carried from where the same note of the score sounds in the second."""
    at = np.arange(first.heard_s[0] + 0.5, first.heard_s[-1] - 0.5, 0.25)
    true = np.interp(np.interp(at, first.heard_s, first.score_s), second.score_s, second.heard_s)
    return np.abs(alignment.to_second(at) - true)


@pytest.fixture(scope="module")
def plain() -> tuple[Performance, Structure]:
    first = perform(compose(24.0, 1))
    return first, built(first.y)


@pytest.mark.parametrize(
    "way",
    [
        {"tempi": (0.8, 1.3)},
        {"tempi": (0.8, 1.3), "brightness": 0.1},
        {"tempi": (0.8, 1.3), "semitones": 2},
        {"tempi": (0.8, 1.3), "lead_s": 6.0},
        {"tempi": (0.8, 1.3), "lead_s": 6.0, "applause": True, "brightness": 0.7},
    ],
    ids=["tempo", "timbre", "key", "silence", "applause"],
)
def test_another_performance_is_followed(plain, way) -> None:
    first, one = plain
    second = perform(compose(24.0, 1), seed=3, **way)
    alignment = align(one, built(second.y, "b" * 64))
    assert np.median(errors_s(alignment, first, second)) < 0.3
    assert np.quantile(errors_s(alignment, first, second), 0.9) < 1.0
    assert alignment.semitones == way.get("semitones", 0)
    assert alignment.is_same_music


def test_there_and_back_is_where_one_was(plain) -> None:
    _, one = plain
    second = perform(compose(24.0, 1), seed=5, tempi=(0.8, 1.3))
    alignment = align(one, built(second.y))
    at = np.linspace(alignment.first_s[0], alignment.first_s[-1], 50)
    assert alignment.to_first(alignment.to_second(at)) == pytest.approx(at, abs=0.02)
    whole = np.linspace(-5, one.duration_s + 30, 400)
    there = alignment.to_second(whole)
    assert (np.diff(there) >= 0).all()
    assert there.min() >= 0
    assert there.max() <= alignment.second_duration_s
    assert isinstance(alignment.to_second(3.0), float)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_another_piece_does_not_fit(plain, seed) -> None:
    _, one = plain
    other = align(one, built(perform(compose(24.0, seed), tempi=(0.8, 1.3)).y))
    assert other.fit < SAME_MUSIC
    assert not other.is_same_music


def test_the_same_recording_is_its_own_axis(plain) -> None:
    _, one = plain
    alignment = align(one, one)
    at = np.linspace(0, one.duration_s, 30)
    assert alignment.to_second(at) == pytest.approx(at, abs=0.06)
    assert alignment.fit > 0.95


def reference_cost(a: np.ndarray, b: np.ndarray, step_s: float) -> float:
    """The cheapest path by a plain loop over all pairs."""
    n, m = len(a), len(b)
    most = min(room._MOST_SHARE * min(n, m), room._MOST_SKIP_S / step_s)
    cost = 0.5 * (1 - a @ b.T)
    total = np.full((n, m), np.inf)
    best = np.inf
    for i in range(n):
        for j in range(m):
            ways = []
            if (i == 0 or j == 0) and i + j <= most:
                ways.append(2.0 * cost[i, j] + room._SKIP * (i + j))
            if i and j:
                ways.append(total[i - 1, j - 1] + 2.0 * cost[i, j])
            if i:
                ways.append(total[i - 1, j] + 1.5 * cost[i, j])
            if j:
                ways.append(total[i, j - 1] + 1.5 * cost[i, j])
            total[i, j] = min(ways, default=np.inf)
            rest = (n - 1 - i) + (m - 1 - j)
            if (i == n - 1 or j == m - 1) and rest <= most:
                best = min(best, total[i, j] + room._SKIP * rest)
    return best


@pytest.mark.parametrize(("n", "m", "seed"), [(2, 2, 0), (2, 9, 1), (17, 11, 2), (30, 31, 3), (40, 25, 4)])
def test_the_path_is_the_one_a_plain_loop_finds(n, m, seed) -> None:
    rng = np.random.default_rng(seed)
    a, b = (features(rng.uniform(size=(k, 12)).astype(np.float32)) for k in (n, m))
    path, total = room._warp(a, b, 0.1)
    assert total == pytest.approx(reference_cost(a, b, 0.1), rel=1e-4)
    steps = np.diff(path, axis=0)
    assert ((steps >= 0) & (steps <= 1)).all()
    assert (steps.sum(axis=1) >= 1).all()
    # A band that holds everything changes nothing.
    assert room._warp(a, b, 0.1, near=path)[1] == pytest.approx(total, rel=1e-4)


def test_twenty_minutes_stay_small_and_are_followed() -> None:
    rng = np.random.default_rng(0)
    score = np.repeat(rng.uniform(size=(12, 600)), 20, axis=1)  # a chord of two seconds after the other
    played = np.repeat(score[:, ::20], rng.integers(15, 26, 600), axis=1)
    asked = {"pairs": 0}
    costs = room._costs

    def counting(a, b, offset, width, first, last):
        asked["pairs"] = max(asked["pairs"], width * (last - first))
        return costs(a, b, offset, width, first, last)

    room._costs = counting
    try:
        alignment = align(of_chroma(score), of_chroma(played))
    finally:
        room._costs = costs
    assert asked["pairs"] <= 2 * room._BLOCK
    assert alignment.fit > 0.8
    # The chords' own borders are where they should be.
    borders = np.flatnonzero((np.diff(played, axis=1) != 0).any(axis=0)) * 0.1 + 0.1
    assert np.median(np.abs(alignment.to_second(np.arange(1, 600) * 2.0) - borders)) < 0.3


def test_a_moment_against_a_long_recording_takes_little_memory() -> None:
    rng = np.random.default_rng(0)
    long, short = of_chroma(rng.random((12, 6000))), of_chroma(rng.random((12, 20)))
    tracemalloc.start()
    for pair in ((long, short), (short, long)):
        align(*pair)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24 * 2**20


def test_what_has_no_sound_is_aligned_time_for_time() -> None:
    silent, tune = of_chroma(np.zeros((12, 50))), built(perform(compose(8.0, 2)).y)
    for first, second in ((silent, tune), (tune, silent), (of_chroma(np.zeros((12, 0))), tune)):
        alignment = align(first, second)
        assert alignment.fit == 0.0
        assert alignment.to_second(min(2.0, second.duration_s)) == min(2.0, second.duration_s)


def test_work_says_how_far_it_is_and_can_be_stopped(plain) -> None:
    _, one = plain
    steps = list(aligning(one, one))
    fractions = [step.fraction for step in steps[:-1] if isinstance(step, Progress)]
    assert fractions == sorted(fractions)
    assert isinstance(steps[-1], Alignment)
    token = CancelToken()
    work = aligning(one, one, token)
    next(work)
    token.cancel()
    with pytest.raises(Cancelled):
        list(work)


@pytest.mark.parametrize(("start", "end"), [(0, 240), (120, 360), (50, 250)])
@pytest.mark.parametrize("semitones", [0, 2])
def test_an_excerpt_lies_where_it_was_cut_and_the_rest_is_not_matched(start, end, semitones) -> None:
    rng = np.random.default_rng(3)
    whole = np.repeat(rng.uniform(size=(12, 90)), 4, axis=1)  # 36 s of chords
    part = np.roll(whole[:, start:end], semitones, axis=0) + rng.uniform(0, 0.2, (12, end - start))
    for first, second in ((whole, part), (part, whole)):
        alignment = align(of_chroma(first), of_chroma(second))
        at_s = np.arange(1.0, (end - start) * 0.1 - 1, 0.5)
        there = alignment.to_first(at_s) if first is whole else alignment.to_second(at_s)
        assert there == pytest.approx(at_s + start * 0.1, abs=0.3)
        assert alignment.fit > 0.8
        long, short = alignment.part_of_first, alignment.part_of_second
        if first is part:
            long, short = short, long
        assert short is None
        assert long == pytest.approx((start * 0.1, end * 0.1), abs=0.4)


def test_other_music_is_no_excerpt() -> None:
    rng = np.random.default_rng(4)
    for seconds in (20, 40, 80):
        long, short = (np.repeat(rng.uniform(size=(12, count)), 5, axis=1) for count in (240, 2 * seconds))
        assert align(of_chroma(long), of_chroma(short)).fit < SAME_MUSIC
        assert align(of_chroma(short), of_chroma(long)).fit < SAME_MUSIC
