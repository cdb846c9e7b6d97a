from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.analysis import Climax
from models.audio.descriptors import describe
from models.audio.log_mel import FRAME_S, log_mel
from models.inference.climaxes import MOST_CLIMAXES, find_climaxes
from models.inference.cues import intensity, measure_cues
from tests import corpus

RATE = corpus.RATE_HZ
STEP_S = 16 * FRAME_S
Signal = NDArray[Any]


def _climaxes(y: Signal, arousal: Signal | None = None) -> tuple[Climax, ...]:
    """Climaxes of a signal for a model that finds all of it equally arousing, unless told otherwise."""
    samples = np.asarray(y, np.float32)
    mel = log_mel(samples)
    n = max(1, mel.shape[1] // 16)
    cues = measure_cues(mel, describe(samples), n)
    rising = intensity(cues, np.zeros(n) if arousal is None else arousal[:n], np.ones((n, 4)), STEP_S)
    return find_climaxes(rising.contour, np.arange(n) * STEP_S + 7.5 * FRAME_S, STEP_S, rising.cues)


def _piece(seconds: float, peaks: list[tuple[float, float, float]], seed: int) -> Signal:
    """Notes that grow in level, register and density before each of (peak_s, height 0..1, seconds of ebbing)."""
    rng = np.random.default_rng(seed)
    y = np.zeros(round((seconds + 3) * RATE))
    at_s = 0.0
    while at_s < seconds:
        x = max(
            height * (np.clip((at_s - peak_s + 12) / 12, 0, 1) if at_s <= peak_s else np.exp(-(at_s - peak_s) / ebb_s))
            for peak_s, height, ebb_s in peaks
        )
        semitones = rng.choice((0, 2, 4, 7, 9)) + 12 * round(2 * x * rng.random())
        note = (0.05 + 0.9 * x) * corpus.pluck(165.0 * 2 ** (semitones / 12), 1.0, RATE, 0.3 + 0.5 * x, 0.4)
        start = round(at_s * RATE)
        y[start : start + note.size] += note
        at_s += 0.5 - 0.3 * x
    out: Signal = 0.9 * y[: round(seconds * RATE)] / np.abs(y).max()
    return out


def _high_and_thin(seconds: float, peak_s: float, seed: int) -> Signal:
    """A tune over a bass; around `peak_s` the bass drops out and the tune climbs two octaves, no louder than before."""
    rng = np.random.default_rng(seed)
    y = np.zeros(round((seconds + 2) * RATE))
    for at_s in np.arange(0, seconds, 0.5):
        up = np.exp(-(((at_s - peak_s) / 6) ** 2))
        start = round(at_s * RATE)
        tune = corpus.pluck(220 * 2 ** (rng.choice((0, 2, 4, 7, 9)) / 12 + 2 * up), 1.0, RATE, 0.4, 0.6)
        y[start : start + tune.size] += (0.3 if up < 0.3 else 0.25) * tune
        if up < 0.3:
            bass = corpus.pluck(110, 1.0, RATE, 0.4, 0.6)
            y[start : start + bass.size] += 0.2 * bass
    return y[: round(seconds * RATE)]


_build_up = functools.cache(corpus.build_up)


def _silence(seconds: float) -> Signal:
    return np.zeros(round(seconds * RATE))


@pytest.mark.parametrize(("seconds", "peak_s", "seed"), [(40, 28, 0), (40, 28, 1), (45, 12, 0), (32, 30, 2)])
def test_a_planted_build_up_is_the_one_climax(seconds: float, peak_s: float, seed: int) -> None:
    (climax,) = _climaxes(_build_up(seconds, peak_s, seed))
    assert climax.start_s < peak_s < climax.end_s
    assert climax.peak_s == pytest.approx(peak_s, abs=2.0)
    # The region is a region: approach and abatement, not the whole piece.
    assert climax.end_s - climax.start_s < 0.6 * seconds
    assert climax.strength > 0.5


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_climax_may_be_high_and_thin_and_no_louder(seed: int) -> None:
    (climax,) = _climaxes(_high_and_thin(50, 32, seed))
    assert climax.start_s < 32 < climax.end_s
    assert climax.peak_s == pytest.approx(32, abs=3)


@pytest.mark.parametrize("seed", [3, 4])
def test_a_climax_that_is_denied_ranks_below_the_one_that_comes(seed: int) -> None:
    found = _climaxes(_piece(70, [(25, 0.5, 0.5), (50, 1.0, 4.0)], seed))
    assert len(found) == 2
    assert found[0].start_s < 50 < found[0].end_s
    assert found[1].end_s < 30
    assert found[0].strength > found[1].strength


def test_two_equal_climaxes_are_two_that_do_not_overlap() -> None:
    a, b = sorted(_climaxes(_piece(90, [(25, 1.0, 4.0), (65, 1.0, 4.0)], 3)), key=lambda c: c.peak_s)
    assert a.start_s < 25 < a.end_s < b.start_s < 65 < b.end_s
    assert a.strength == pytest.approx(b.strength, abs=0.08)


@pytest.mark.parametrize("gain", [0.5, 0.05])
def test_the_playback_level_does_not_matter(gain: float) -> None:
    y = _build_up(40, 28)
    (plain,), (changed,) = _climaxes(y), _climaxes(gain * y)
    assert changed.peak_s == pytest.approx(plain.peak_s, abs=1.0)
    assert changed.strength == pytest.approx(plain.strength, abs=0.1)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_steady_music_has_no_climax(seed: int) -> None:
    assert _climaxes(corpus.melody(45, seed)) == ()


def test_a_stationary_signal_and_loud_noise_have_no_climax() -> None:
    assert _climaxes(corpus.stationary(30)) == ()
    assert _climaxes(0.3 * np.random.default_rng(0).standard_normal(30 * RATE)) == ()


@pytest.mark.parametrize(("before_s", "after_s"), [(5, 5), (0, 8), (8, 0), (30, 40)])
def test_silence_around_steady_music_makes_no_climax(before_s: float, after_s: float) -> None:
    y = np.concatenate((_silence(before_s), corpus.melody(30, 1), _silence(after_s)))
    assert _climaxes(y) == ()


def test_a_fade_makes_no_climax() -> None:
    y = corpus.melody(60, 5)
    y[-15 * RATE :] *= np.linspace(1, 0, 15 * RATE)
    assert _climaxes(y) == ()
    assert _climaxes(y[::-1]) == ()


def test_silence_around_a_build_up_does_not_hide_or_widen_it() -> None:
    y = _build_up(40, 28)
    (alone,), (framed,) = _climaxes(y), _climaxes(np.concatenate((_silence(6), y, _silence(6))))
    assert framed.peak_s == pytest.approx(alone.peak_s + 6, abs=1.0)
    assert framed.end_s - framed.start_s < 1.4 * (alone.end_s - alone.start_s)


def test_the_models_arousal_raises_a_climax_that_the_sound_alone_does_not_make() -> None:
    y = _piece(60, [(35, 0.16, 4.0)], 0)
    n = round(60 / STEP_S) + 2
    bump = np.exp(-((np.arange(n) * STEP_S - 35) ** 2) / 50)
    heard = _climaxes(y)
    told = _climaxes(y, -0.6 + 1.4 * bump)
    assert told
    assert told[0].start_s < 35 < told[0].end_s
    assert not heard or told[0].strength > heard[0].strength + 0.05


@pytest.mark.parametrize("seconds", [0.2, 1.0, 3.0, 9.0])
def test_short_music_has_no_surroundings_to_rise_above(seconds: float) -> None:
    assert _climaxes(_build_up(40, 28)[: round(seconds * RATE)]) == ()


# The contour alone ---------------------------------------------------------------------------------------------------


def _find(contour: Signal) -> tuple[Climax, ...]:
    return find_climaxes(contour, (np.arange(len(contour)) + 0.5) * STEP_S, STEP_S)


def test_ripples_on_the_way_up_are_part_of_the_approach() -> None:
    contour = np.concatenate((np.linspace(0, 2, 150), np.linspace(2, 0, 60), np.zeros(200)))
    contour += 0.08 * np.sin(np.arange(len(contour)))
    (climax,) = _find(contour)
    assert climax.start_s < 150 * STEP_S < climax.end_s
    assert climax.start_s == pytest.approx(75 * STEP_S, abs=4)
    assert climax.end_s == pytest.approx(180 * STEP_S, abs=4)


def test_a_piece_may_open_or_end_on_its_climax() -> None:
    contour = np.maximum(0, np.linspace(-3, 1.5, 300))
    (climax,) = _find(contour)
    assert climax.end_s == pytest.approx(300 * STEP_S)
    (climax,) = _find(contour[::-1].copy())
    assert climax.start_s == 0.0


def test_many_climaxes_are_cut_to_the_strongest_and_sorted() -> None:
    heights = np.linspace(0.5, 2.0, 14)
    rng = np.random.default_rng(0)
    rng.shuffle(heights)
    bump = np.hanning(20)
    contour = np.concatenate([np.concatenate((height * bump, np.zeros(30))) for height in heights])
    found = _find(contour)
    assert len(found) == MOST_CLIMAXES
    strengths = [c.strength for c in found]
    assert strengths == sorted(strengths, reverse=True)
    assert all(0 < s < 1 for s in strengths)
    expected = sorted(np.argsort(-heights)[:MOST_CLIMAXES])
    assert sorted(int(c.peak_s / STEP_S) // 50 for c in found) == expected
    for c in found:
        assert c.start_s < c.peak_s < c.end_s


def test_a_flat_or_tiny_contour_has_none() -> None:
    assert _find(np.zeros(100)) == ()
    assert _find(np.zeros(1)) == ()
    assert _find(0.1 * np.sin(np.arange(400) / 5)) == ()
