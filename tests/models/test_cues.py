from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.audio.descriptors import Descriptors, describe
from models.audio.log_mel import FRAME_S, log_mel
from models.inference.cues import CUES, NAMES, Cues, Intensity, intensity, measure_cues
from tests import corpus
from tests.planted import compose

RATE = corpus.RATE_HZ
STEP_S = 0.5
Samples = NDArray[np.float32]


def _cues(y: Samples, n: int | None = None) -> Cues:
    mel = log_mel(y)
    frames_per_step = STEP_S / FRAME_S
    steps = max(1, int(mel.shape[1] // frames_per_step)) if n is None else n
    return measure_cues(mel, describe(y), steps, frames_per_step)


@functools.cache
def _tune(midi: float, decline: float, notes_per_s: int, level: float) -> Cues:
    """Measure a repeated chord of two notes an octave apart."""
    y = np.zeros(12 * RATE)
    for at in range(0, y.size, RATE // notes_per_s):
        t = np.arange(min(RATE // notes_per_s, y.size - at)) / RATE
        for octave in (0, 12):
            for k in range(1, 9):
                frequency_hz = k * 440 * 2 ** ((midi + octave - 69) / 12)
                y[at : at + t.size] += np.sin(2 * np.pi * frequency_hz * t) * np.exp(-4 * t) / k**decline
    return _cues((level * y / y.std()).astype(np.float32))


def _typical(cues: Cues, name: str) -> float:
    return float(np.median(getattr(cues, name)[3:-3]))


def test_each_cue_follows_what_it_is_called_after_and_little_else() -> None:
    plain = _tune(57, 1.5, 2, 0.05)
    louder, higher = _tune(57, 1.5, 2, 0.1), _tune(69, 1.5, 2, 0.05)
    brighter, denser = _tune(57, 0.5, 2, 0.05), _tune(57, 1.5, 8, 0.05)
    for changed, name, least in (
        (louder, "loudness", 5.5),
        (higher, "register", 6.0),
        (brighter, "brightness", 0.15),
        (denser, "density", 0.4),
    ):
        assert _typical(changed, name) - _typical(plain, name) > least
        sizes = {c.name: c.step for c in CUES}
        own = (_typical(changed, name) - _typical(plain, name)) / sizes[name]
        for other in ("loudness", "register", "brightness", "density"):
            # Strong overtones are taken for high notes, and start in more bands: limits that docs/climaxes.md names.
            if other != name and (name != "brightness" or other == "loudness"):
                moved = abs(_typical(changed, other) - _typical(plain, other)) / sizes[other]
                assert moved < own, (name, other)
    assert _typical(louder, "loudness") - _typical(plain, "loudness") == pytest.approx(6.02, abs=0.2)  # dB


def test_only_loudness_knows_the_playback_level() -> None:
    y = corpus.melody(12, 2)
    plain, soft = _cues(y), _cues(0.1 * y)
    np.testing.assert_allclose(plain.loudness - soft.loudness, 20, atol=0.5)
    for name in ("register", "brightness", "density"):
        assert _typical(plain, name) == pytest.approx(_typical(soft, name), abs=0.1)


def test_loudness_of_a_long_track_does_not_depend_on_the_pieces_it_is_measured_in() -> None:
    mel = np.tile(log_mel(corpus.melody(20, 2)), (1, 8))  # 430 steps: more than one piece
    n = -(-mel.shape[1] // 16)
    times_s = np.arange(2 * 160) / 2
    described = describe(corpus.melody(20, 2))
    values = np.resize(described.values, (len(times_s), described.values.shape[1]))
    descriptors = Descriptors(times_s, values, described.summary_names, described.summary)
    whole, tail = measure_cues(mel, descriptors, n), measure_cues(mel[:, 16 * 200 :], descriptors, n - 200)
    np.testing.assert_allclose(whole.loudness[200:], tail.loudness, rtol=1e-6)
    assert all(np.isfinite(getattr(whole, name)).all() for name in ("loudness", "register", "brightness", "density"))


@pytest.mark.parametrize("samples", [1, 600, 9000, 25_000])
def test_a_few_samples_have_cues_too(samples: int) -> None:
    cues = _cues(corpus.melody(2)[:samples])
    n = len(cues.loudness)
    rising = intensity(cues, np.zeros(n), np.ones((n, 4)), STEP_S)
    assert np.isfinite(rising.contour).all()
    assert np.isfinite(rising.cues).all()


def test_digital_silence_has_a_flat_contour() -> None:
    cues = _cues(np.zeros(20 * RATE, np.float32))
    rising = intensity(cues, np.zeros(len(cues.loudness)), np.zeros((len(cues.loudness), 4)), STEP_S)
    assert np.abs(rising.contour).max() < 1e-6


# The contour ---------------------------------------------------------------------------------------------------------


def _flat(n: int = 160) -> dict[str, NDArray[np.float64]]:
    return {
        "loudness": np.zeros(n), "register": np.full(n, 60.0), "brightness": np.zeros(n), "density": np.zeros(n),
        "arousal": np.zeros(n), "contribution": np.ones(n),
    }  # fmt: skip


def _rising(given: dict[str, NDArray[np.float64]]) -> Intensity:
    pushed = given["contribution"][:, None] * np.array((0.3, -0.1, -0.1, -0.1))
    cues = Cues(*(given[name] for name in ("loudness", "register", "brightness", "density")))
    return intensity(cues, given["arousal"], pushed, STEP_S)


@pytest.mark.parametrize("name", NAMES)
def test_every_cue_alone_lifts_the_contour_by_its_weight(name: str) -> None:
    given, cue = _flat(), CUES[NAMES.index(name)]
    given[name][90:110] += np.e - 1 if name == "contribution" else cue.step  # contributions count as nepers
    rising = _rising(given)
    assert rising.contour[100] == pytest.approx(cue.weight, rel=0.03)
    assert rising.contour[100] == pytest.approx(rising.cues[100, NAMES.index(name)], abs=1e-3)
    assert abs(rising.contour[30]) < 1e-3


def test_the_cues_sum_to_the_contour_and_the_weights_to_one() -> None:
    rng = np.random.default_rng(0)
    given = {name: values + rng.standard_normal(160) for name, values in _flat().items()}
    rising = _rising(given)
    np.testing.assert_allclose(rising.cues.sum(axis=1), rising.contour, atol=1e-12)
    assert np.median(rising.contour) == pytest.approx(0, abs=1e-9)
    assert sum(cue.weight for cue in CUES) == pytest.approx(1)


def test_what_all_quadrants_get_alike_pushes_nothing() -> None:
    n = 160
    alike = np.ones((n, 4)) + np.where(np.arange(n) == 80, 5.0, 0.0)[:, None]
    cues = Cues(*(_flat(n)[name] for name in ("loudness", "register", "brightness", "density")))
    np.testing.assert_allclose(intensity(cues, np.zeros(n), alike, STEP_S).contour, 0, atol=1e-12)


def test_one_cue_alone_does_not_decide_and_low_ones_hold_back_little() -> None:
    given = _flat()
    given["loudness"][90:110] = 60.0
    assert _rising(given).contour[100] < 0.6
    given = _flat()
    given["register"][90:110] += 20
    high = _rising(given).contour[100]
    given["loudness"][90:110] -= 10
    given["density"][90:110] -= 0.7
    assert 0.75 * high < _rising(given).contour[100] < high


def test_a_general_pause_is_part_of_what_it_stands_in_and_silence_around_a_piece_is_not() -> None:
    given = _flat()
    given["loudness"][80:110] = 15.0
    whole = _rising(given).contour
    given["loudness"][94:97] = -40.0
    np.testing.assert_allclose(_rising(given).contour[94:97], whole[94:97], atol=0.02)
    given["loudness"][:5] = given["loudness"][-5:] = -70.0
    rising = _rising(given).contour
    assert rising[:2].max() < -0.5
    assert rising[-2:].max() < -0.5


def test_a_long_silence_is_no_pause() -> None:
    given = _flat()
    given["loudness"][70:90] = -70.0
    assert _rising(given).contour[80] < -0.5


def test_the_cues_of_a_planted_climax_name_what_was_planted() -> None:
    thin, loud = compose("high and thin", 2, 45.0), compose("loud", 1, 45.0)
    for piece, first in ((thin, "register"), (loud, "loudness")):
        cues = _cues(piece.y)
        n = len(cues.loudness)
        rising = intensity(cues, np.zeros(n), np.ones((n, 4)), STEP_S)
        assert piece.peak_s is not None
        at = int(piece.peak_s / STEP_S) - 1
        given = dict(zip(NAMES, rising.cues[at], strict=True))
        assert max(given, key=lambda name: given[name]) == first


def test_the_documentation_names_every_cue_with_its_weight() -> None:
    text = (Path(__file__).parents[2] / "docs" / "climaxes.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    told = {row[0].strip("`"): float(row[-1]) for row in rows if len(row) == 4}
    assert told == {cue.name: cue.weight for cue in CUES}
