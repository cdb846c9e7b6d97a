"""What is no music is told from music: from sound made here to the verdict."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio.overview import LOUDNESS_BIN_SAMPLES
from models.audio.tagger import N_FEATURES, tags
from models.inference import domain
from models.inference.domain import heard_steps, judge_domain, windows
from tests.corpus import RATE_HZ, melody

SECONDS = 12


def loudness_db(y: np.ndarray) -> np.ndarray:
    whole = y[: y.size - y.size % LOUDNESS_BIN_SAMPLES].reshape(-1, LOUDNESS_BIN_SAMPLES)
    return (10 * np.log10(np.maximum((whole**2).mean(axis=1), 1e-9))).astype(np.float32)


def judged(y: np.ndarray, novelty: float | None = None):
    y = np.asarray(y, np.float32)
    return judge_domain(tags(y), loudness_db(y), novelty)


def chords(seconds: float, peak: float = 0.5) -> np.ndarray:
    """C, A minor, F, G of tones with harmonics, two seconds each, plucked, with a bass."""
    y = np.zeros(round(seconds * RATE_HZ))
    t = np.arange(2 * RATE_HZ) / RATE_HZ
    for bar in range(int(seconds / 2)):
        keys = ((48, 64, 67, 72), (45, 64, 69, 72), (41, 65, 69, 72), (43, 62, 67, 71))[bar % 4]
        for beat in range(4):
            for key in keys:
                f = 440 * 2 ** ((key - 69) / 12)
                tone = sum(0.7**k / k * np.sin(2 * np.pi * k * f * t) for k in range(1, 9))
                start = (4 * bar + beat) * RATE_HZ // 2
                part = (tone * np.minimum(1, t / 0.01) * np.exp(-t / 0.4))[: y.size - start]
                y[start : start + part.size] += part
    return (peak * y / np.abs(y).max()).astype(np.float32)


def noise(seconds: float, slope: float, peak: float = 0.5) -> np.ndarray:
    """Noise whose power goes with frequency to the `slope`."""
    white = np.random.default_rng(1).standard_normal(round(seconds * RATE_HZ))
    f = np.maximum(np.fft.rfftfreq(white.size, 1 / RATE_HZ), 20)
    y = np.fft.irfft(np.fft.rfft(white) * f ** (slope / 2), white.size)
    return (peak * y / np.abs(y).max()).astype(np.float32)


def beat(seconds: float) -> np.ndarray:
    """Kick, snare and hat at 120 beats a minute."""
    rng = np.random.default_rng(2)
    t = np.arange(RATE_HZ // 4) / RATE_HZ
    kick = np.sin(2 * np.pi * np.cumsum(50 + 150 * np.exp(-t / 0.02)) / RATE_HZ) * np.exp(-t / 0.1)
    snare = (0.6 * rng.standard_normal(t.size) + 0.4 * np.sin(2 * np.pi * 190 * t)) * np.exp(-t / 0.07)
    hat = 0.3 * np.diff(rng.standard_normal(t.size + 2), 2) * np.exp(-t / 0.02)
    y = np.zeros(round(seconds * RATE_HZ))
    for eighth in range(int(seconds * 4)):
        start = eighth * RATE_HZ // 4
        stroke = hat + (kick if eighth % 4 == 0 else snare if eighth % 4 == 2 else 0)
        y[start : start + t.size] += stroke[: y.size - start]
    return (0.5 * y / np.abs(y).max()).astype(np.float32)


@pytest.mark.parametrize("slope", [0.0, -1.0, -2.0], ids=["white", "pink", "brown"])
def test_noise_is_no_music(slope):
    verdict = judged(noise(SECONDS, slope))
    assert (verdict.is_familiar, verdict.kind) == (False, "noise")
    assert verdict.familiarity < 0.5
    assert "noise" in verdict.message


def test_clicks_are_no_music():
    y = np.zeros(SECONDS * RATE_HZ, np.float32)
    y[np.random.default_rng(4).integers(0, y.size, 200)] = 0.5
    assert not judged(y).is_familiar


def test_drums_alone_are_no_music_to_rate():
    verdict = judged(beat(SECONDS))
    assert (verdict.is_familiar, verdict.kind) == (False, "drum loop")
    assert "drums alone" in verdict.message


@pytest.mark.parametrize("peak", [0.9, 0.03])
def test_chords_are_music_at_any_level(peak):
    verdict = judged(chords(SECONDS, peak))
    assert (verdict.is_familiar, verdict.kind, verdict.message) == (True, "music", "")
    assert verdict.familiarity > 0.5


def test_music_with_drums_is_music():
    assert judged(0.6 * chords(SECONDS) + 0.4 * beat(SECONDS)).is_familiar


def test_a_tune_of_few_seconds_is_music():
    assert judged(melody(4.0)).is_familiar


@pytest.mark.parametrize("y", [np.zeros(10 * RATE_HZ), noise(10, 0, peak=5e-4)], ids=["digital", "hiss"])
def test_silence_goes_by_level(y):
    verdict = judged(y)
    assert (verdict.is_familiar, verdict.kind, verdict.familiarity) == (False, "silence", 0.0)


def test_a_sound_in_long_silence_is_silence():
    y = np.zeros(60 * RATE_HZ, np.float32)
    y[: 2 * RATE_HZ] = melody(2.0)
    assert judged(y).kind == "silence"


def test_silence_around_music_plays_no_part():
    y = np.concatenate((np.zeros(9 * RATE_HZ, np.float32), chords(SECONDS), np.zeros(9 * RATE_HZ, np.float32)))
    verdict = judged(y)
    assert (verdict.is_familiar, verdict.message) == (True, "")


def test_a_part_that_is_no_music_is_named_with_its_share():
    verdict = judged(np.concatenate((chords(40), noise(20, -1))))
    assert (verdict.is_familiar, verdict.kind) == (True, "music")
    assert "sounds like noise" in verdict.message
    share = int(verdict.message.split("(")[1].split("%")[0])
    assert 25 <= share <= 42


def test_mostly_noise_is_noise():
    verdict = judged(np.concatenate((chords(20), noise(40, -1))))
    assert (verdict.is_familiar, verdict.kind) == (False, "noise")


# What the base model knows of its training music joins in -----------------------------------------------------------


@pytest.fixture(scope="module")
def music() -> tuple[np.ndarray, np.ndarray]:
    y = chords(SECONDS)
    return tags(y), loudness_db(y)


def test_novelty_takes_familiarity_away_and_calls_music_unusual(music):
    plain = judge_domain(*music)
    found = [judge_domain(*music, novelty) for novelty in (0.0, 0.5, 0.92, 0.985, 0.99, 1.0)]
    familiarity = [verdict.familiarity for verdict in found]
    assert familiarity == sorted(familiarity, reverse=True)
    assert familiarity[0] == plain.familiarity
    assert familiarity[-1] == 0.0
    assert familiarity[2] == pytest.approx(0.5 * plain.familiarity, rel=0.05)
    assert [verdict.kind for verdict in found] == ["music"] * 4 + ["unusual music"] * 2
    assert [verdict.is_familiar for verdict in found] == [True] * 4 + [False] * 2
    assert found[-1].message


def test_what_is_no_music_stays_so_whatever_its_novelty():
    y = noise(SECONDS, 0)
    assert [judge_domain(tags(y), loudness_db(y), novelty).kind for novelty in (0.0, 1.0)] == ["noise", "noise"]


# Parts ------------------------------------------------------------------------------------------------------------


def test_a_step_is_heard_if_any_of_its_tenths_is():
    levels = np.full(20, -90.0)
    levels[7] = -30.0
    assert heard_steps(levels, 4).tolist() == [False, True, False, False]
    assert heard_steps(levels[:10], 4).tolist() == [False, True, False, False]  # what is not known is not heard


@pytest.mark.parametrize("steps", [1, 3, 19, 20, 21, 30, 47, 360])
def test_windows_cover_every_step(steps):
    spans = windows(np.ones(steps, bool))
    covered = np.zeros(steps, int)
    for start, end in spans:
        assert end - start == min(steps, domain.WINDOW_STEPS)
        covered[start:end] += 1
    assert covered.min() >= 1
    assert len(set(spans)) == len(spans)


def test_probabilities_of_kinds_sum_to_one_where_something_is_heard():
    found = domain.kinds_over_time(tags(melody(30.0)), np.ones(60, bool))
    assert found.shape == (60, 4)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("shape", [(0, N_FEATURES), (10, 50), (N_FEATURES,)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="shape"):
        judge_domain(np.zeros(shape, np.float32), np.zeros(50, np.float32))


def test_the_weights_are_small():
    assert domain.WEIGHTS.stat().st_size < 200_000
