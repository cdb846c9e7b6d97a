"""Musical descriptors on music whose answer is known: synthetic chords, scales, clicks and crescendos."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio.descriptors import DESCRIPTORS, SUMMARY_NAMES, Descriptors, describe
from models.audio.descriptors.chords import CHORDS
from models.audio.descriptors.notes import tuning_semitones
from models.audio.log_mel import SAMPLE_RATE_HZ

NAMES = [d.name for d in DESCRIPTORS]
#: Roots above C3 of a cadence, I IV V I, one second each.
CADENCE = (0, 5, 7, 0)


def tone(note: float, seconds: float, decay_s: float = 1.5, brightness: float = 0.6) -> np.ndarray:
    """A plucked note of twelve partials, each weaker than the last by `brightness`; its MIDI number."""
    t = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    f = 440 * 2 ** ((note - 69) / 12)
    y = sum(brightness**h * np.sin(2 * np.pi * (h + 1) * f * t) for h in range(12) if (h + 1) * f < 10_000)
    return np.asarray(y * np.minimum(1, t / 0.01) * np.exp(-t / decay_s) * np.minimum(1, (seconds - t) / 0.01))


def chord(root: float, tones: tuple[int, ...], seconds: float = 1.0) -> np.ndarray:
    """A chord in close position on the root, with the root an octave below."""
    return np.sum([tone(root + k, seconds) for k in (-12, *tones)], axis=0)


def signal(parts: list[np.ndarray], peak: float = 0.5) -> np.ndarray:
    y = np.concatenate(parts)
    return (peak * y / np.abs(y).max()).astype(np.float32)


def cadence(third: int, above: float = 0, times: int = 2) -> np.ndarray:
    """I IV V I, or i iv v i where `third` is 3, on C3 and `above` semitones more."""
    return signal([chord(48 + above + root, (0, third, 7)) for _ in range(times) for root in CADENCE])


def value(d: Descriptors, name: str) -> float:
    """Of the whole recording, or the mean over time."""
    return float(d.summary[SUMMARY_NAMES.index(name if name in SUMMARY_NAMES else f"{name}.mean")])


def column(d: Descriptors, name: str) -> np.ndarray:
    return d.values[:, NAMES.index(name)]


@pytest.fixture(scope="module")
def major() -> Descriptors:
    return describe(cadence(4))


@pytest.fixture(scope="module")
def minor() -> Descriptors:
    return describe(cadence(3))


@pytest.mark.parametrize("name", ["mode", "mode_on_tonic", "mode_belief", "mode_parallel", "chord_mode", "third"])
def test_mode_has_the_sign_of_the_mode(major: Descriptors, minor: Descriptors, name: str) -> None:
    assert value(major, name) > 0.03
    assert value(minor, name) < -0.03


def test_every_profile_tells_the_mode(major: Descriptors, minor: Descriptors) -> None:
    for profile in ("krumhansl", "temperley", "albrecht"):
        assert value(major, f"mode_{profile}") > 0 > value(minor, f"mode_{profile}")
        assert value(major, f"key_clarity_{profile}") > 0.7


def test_degrees_are_told_from_the_tonic(major: Descriptors, minor: Descriptors) -> None:
    degrees = np.array([value(major, f"degree_{k}") for k in range(12)])
    assert degrees.sum() == pytest.approx(1, abs=1e-4)
    assert set(np.argsort(degrees)[-3:]) >= {0, 7}
    assert value(major, "diatonicity") > 0.85
    assert value(minor, "degree_3") > 2 * value(minor, "degree_4")
    on_tonic = [value(major, f"chord_major_on_{k}") for k in range(12)]
    assert int(np.argmax(on_tonic)) == 0
    # Roots move by fourths and fifths: 5 or 7 semitones up.
    motion = np.array([value(major, f"root_motion_{k}") for k in range(1, 12)])
    assert set(np.argsort(motion)[-2:] + 1) <= {2, 5, 7}


@pytest.mark.parametrize("above", [5, -4, 12])
def test_transposition_moves_the_register_and_not_the_mode(major: Descriptors, above: int) -> None:
    moved = describe(cadence(4, above))
    assert value(moved, "register") - value(major, "register") == pytest.approx(above, abs=0.8)
    assert value(moved, "melody_pitch") > value(major, "melody_pitch") if above > 0 else True
    assert value(moved, "mode_parallel") == pytest.approx(value(major, "mode_parallel"), abs=0.05)
    assert value(moved, "third") == pytest.approx(value(major, "third"), abs=0.03)
    assert value(moved, "key_clarity") == pytest.approx(value(major, "key_clarity"), abs=0.05)


@pytest.mark.parametrize("cents", [-40, 0, 30])
def test_tuning_is_found_and_does_not_matter(cents: int) -> None:
    d = describe(cadence(4, cents / 100))
    assert value(d, "tuning") == pytest.approx(cents / 100, abs=0.06)
    assert value(d, "mode_parallel") > 0.05
    assert tuning_semitones(np.zeros(252)) == 0


@pytest.mark.parametrize("name", [n for n in CHORDS if n != "half_diminished"])
def test_each_chord_is_called_by_its_name(name: str) -> None:
    d = describe(signal([chord(root, CHORDS[name], 1.0) for root in (50, 55, 52)]))
    shares = {n: value(d, f"chord_{n}") for n in CHORDS}
    assert max(shares, key=shares.__getitem__) == name


def test_a_minor_second_is_rough_and_a_fifth_is_not() -> None:
    second = describe(signal([tone(60, 3) + tone(61, 3)]))
    fifth = describe(signal([tone(60, 3) + tone(67, 3)]))
    assert value(second, "roughness") > 2 * value(fifth, "roughness")
    assert value(second, "consonance") < 0 < value(fifth, "consonance")
    for d, k in ((second, 1), (fifth, 5)):
        assert int(np.argmax([value(d, f"interval_class_{i}") for i in range(1, 7)])) == k - 1


def test_one_note() -> None:
    d = describe(signal([tone(72, 1, brightness=0.4) for _ in range(5)]))
    # Overtones that are stronger than the fit expects count as soft notes and raise the mean a little.
    assert value(d, "register") == pytest.approx(72, abs=3)
    assert value(d, "register_low") == pytest.approx(72, abs=1.5)
    assert value(d, "melody_pitch") == pytest.approx(72, abs=0.2)
    assert value(d, "polyphony") < 2.5
    assert value(d, "note_count") < 1.6
    assert value(d, "melody_motion") < 0.05


def test_a_rising_scale_rises() -> None:
    notes = [tone(note, 0.5) for note in (60, 62, 64, 65, 67, 69, 71, 72, 74, 76)]
    up, down = describe(signal(notes)), describe(signal(notes[::-1]))
    assert value(up, "melody_contour") > 2 and value(down, "melody_contour") < -2
    assert value(up, "melody_ascent") > 0.85 and value(down, "melody_ascent") < 0.15
    assert value(up, "melody_seconds") > 0.85
    assert value(up, "diatonicity") > 0.85


@pytest.mark.parametrize("bpm", [80.0, 120.0, 160.0])
def test_clicks_have_their_tempo(bpm: float) -> None:
    n = 20 * SAMPLE_RATE_HZ
    y = np.zeros(n)
    burst = np.random.default_rng(0).standard_normal(500) * np.exp(-np.arange(500) / 100)
    for start in (np.arange(0, 19.9, 60 / bpm) * SAMPLE_RATE_HZ).astype(int):
        y[start : start + 500] += burst[: n - start]
    d = describe(signal([y]))
    assert value(d, "track_tempo") == pytest.approx(bpm, rel=0.01)
    assert np.median(column(d, "tempo")) == pytest.approx(bpm, rel=0.015)
    assert value(d, "track_pulse_clarity") > 0.5
    assert np.median(column(d, "onset_rate")) == pytest.approx(bpm / 60, rel=0.1)
    assert value(d, "onset_interval") == pytest.approx(60 / bpm, abs=0.025)
    assert value(d, "onset_interval_variation") < 0.1
    assert value(d, "percussiveness") > 0.8


def test_a_crescendo_has_its_slope() -> None:
    t = np.arange(12 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    y = np.sin(2 * np.pi * 1000 * t) * 10 ** (2 * (t - 12) / 20)
    d = describe(y.astype(np.float32))
    inner = slice(5, -5)
    np.testing.assert_allclose(column(d, "loudness_slope")[inner], 2, atol=0.1)
    # A full-scale sine at 1 kHz reads 0 dBFS.
    np.testing.assert_allclose(column(d, "loudness")[inner], 2 * (d.times_s[inner] - 12), atol=0.6)
    assert value(d, "dynamic_range") == pytest.approx(0.9 * 24, abs=1.5)


def test_staccato_and_legato() -> None:
    long = describe(signal([tone(60 + k, 0.5, 5) for k in (0, 4, 7, 4) * 3]))
    gap = np.zeros(round(0.35 * SAMPLE_RATE_HZ))
    short = describe(signal([np.concatenate((tone(60 + k, 0.15, 5), gap)) for k in (0, 4, 7, 4) * 3]))
    assert value(short, "staccato") > value(long, "staccato") + 10
    assert value(short, "decay_slope") > 2 * value(long, "decay_slope")


def test_noise_is_noise(major: Descriptors) -> None:
    noise = describe((0.1 * np.random.default_rng(0).standard_normal(6 * SAMPLE_RATE_HZ)).astype(np.float32))
    assert value(noise, "flatness") > value(major, "flatness") + 1
    assert value(noise, "inharmonicity") > value(major, "inharmonicity") + 0.2
    assert value(noise, "tonalness_middle") < value(major, "tonalness_middle")
    assert value(noise, "chroma_entropy") > value(major, "chroma_entropy")
    assert value(noise, "intonation") < 0.3 < value(major, "intonation")


def test_filtered_sound_is_darker() -> None:
    y = 0.1 * np.random.default_rng(0).standard_normal(5 * SAMPLE_RATE_HZ)
    bright = describe(y.astype(np.float32))
    dark = describe(np.convolve(y, np.hanning(25) / 12, mode="same").astype(np.float32))
    for name in ("brightness", "rolloff", "tilt", "high_share"):
        assert value(dark, name) < value(bright, name) - 1, name
    assert value(dark, "low_share") > value(bright, "low_share") + 1
