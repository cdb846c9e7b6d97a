"""A rating that is made while a recording plays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.labelling import Take
from app.library.rows import Rating


def test_samples_fill_a_grid_of_20_hz_whatever_the_clock_steps_by(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music / "a.wav")
    run.idle()
    take = Take("both", 12.0)
    time_s = 0.0
    while time_s < 12.0:
        take.sample(time_s, np.sin(time_s), np.cos(time_s))
        time_s += 0.093
    rating = take.keep(run.session, run.id("a"))
    assert np.allclose(np.diff(rating.times_s), 0.05, atol=1e-5)
    assert len(rating.times_s) == 241
    assert np.abs(rating.valence - np.sin(rating.times_s)).max() < 0.12
    assert np.abs(rating.arousal - np.cos(rating.times_s)).max() < 0.12
    assert take.coverage == pytest.approx(1.0, abs=0.01)
    assert run.session.ratings(run.id("a")) == (rating,)


def test_one_dimension_is_rated_alone(run_of, music: Path) -> None:
    run = run_of().start()
    run.open(music / "a.wav")
    take = Take("arousal", 12.0)
    with pytest.raises(ValueError, match="arousal"):
        take.sample(0.0, valence=0.5)
    assert take.keep(run.session, run.id("a")) is None
    take.sample(0.0, valence=0.5, arousal=2.0)
    rating = take.keep(run.session, run.id("a"))
    assert rating.valence is None
    assert rating.arousal.tolist() == [1.0]


def test_a_pause_leaves_no_gap_filled_and_a_jump_neither() -> None:
    take = Take("valence", 10.0)
    take.sample(1.0, 0.1)
    take.sample(1.4, 0.2)
    take.pause()
    take.sample(1.8, 0.3)
    take.sample(5.0, 0.4)
    assert take.gaps(0.1) == [(0.0, 1.0), (1.45, 1.8), (1.85, 5.0), (5.05, 10.0)]
    assert take.gaps(4.0) == [(5.05, 10.0)]


def test_a_passage_is_done_again() -> None:
    take = Take("valence", 4.0)
    for n in range(81):
        take.sample(n / 20, 0.5)
    take.chill(1.0)
    take.chill(3.0)
    take.forget(2.0, 3.0)
    assert take.gaps(0.5) == [(2.0, 3.05)]
    assert take.chills == (1.0,)
    for n in range(40, 61):
        take.sample(n / 20, -0.5)
    assert take.coverage == 1.0
    assert take.trail(4.0, 9.0)[[0, 39, 40, 60, 61, 80], 0].tolist() == [0.5, 0.5, -0.5, -0.5, 0.5, 0.5]
    take.forget(1.0)
    assert take.gaps(0.5) == [(1.0, 4.0)]
    assert take.chills == ()


def test_the_trail_ends_at_the_instant() -> None:
    take = Take("both", 4.0)
    for n in range(41):
        take.sample(n / 20, n / 40, 0.0)
    trail = take.trail(1.0, 0.2)
    assert trail[:, 0] == pytest.approx([17 / 40, 18 / 40, 19 / 40, 20 / 40])
    assert len(take.trail(0.0)) == 1
    assert len(take.trail(99.0, 1.0)) == 0


def test_chills_are_marked_once() -> None:
    take = Take("both", 4.0)
    assert take.chill(2.0)
    assert not take.chill(2.3)
    assert take.chill(1.0)
    assert not take.chill(5.0)
    assert take.chills == (1.0, 2.0)


def test_what_lies_outside_the_recording_is_not_taken() -> None:
    take = Take("valence", 1.0)
    take.sample(-0.5, 0.5)
    take.sample(1.5, 0.5)
    assert take.coverage == 0.0
    with pytest.raises(ValueError, match="length"):
        Take("valence", 0.0)


def test_a_take_can_begin_with_what_was_rated_before() -> None:
    times_s = np.arange(80) / 20
    before = Rating(
        "r", 1, "me", "valence", "", times_s.astype(np.float32), np.full(80, 0.5, np.float32), None, (1.0, 3.0)
    )
    take = Take.again(before, 4.0)
    assert take.coverage == pytest.approx(80 / 81)
    assert take.chills == (1.0, 3.0)
    for time_s in np.arange(1.0, 2.0, 0.016).tolist():
        take.sample(time_s, valence=-1.0)
    trace = take.at_2_hz()
    assert trace.valence[0] == pytest.approx(0.5)
    assert trace.valence[3] == pytest.approx(-1.0)
    assert trace.valence[-1] == pytest.approx(0.5)
    assert np.isnan(trace.arousal).all()
