from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from models.analysis import Analysis, DescriptorCurves
from models.audio.descriptors import describe
from models.audio.descriptors.table import SUMMARY_NAMES
from models.audio.tagger import N_FEATURES
from models.explain.associations import TABLE
from models.explain.measures import MEASURES
from models.explain.reasons import FEWEST_TRACKS, LEAST_EFFECT, LibraryNorms, Reason, library_norms, reasons
from models.inference.shown import SHOWN, shown
from tests import corpus
from tests.app.fakes import make_analysis


def _with(duration_s: float, **columns: NDArray[np.float64]) -> Analysis:
    """An analysis that knows some descriptors; a second of them is two values."""
    times_s = (np.arange(1 + int(2 * duration_s)) / 2).astype(np.float32)
    values = np.stack(list(columns.values()), axis=1).astype(np.float32)
    curves = DescriptorCurves(tuple(columns), ("",) * len(columns), times_s, values)
    return replace(make_analysis("a" * 64, duration_s), descriptors=curves)


def _curve(duration_s: float, inside: float, outside: float, noise: float = 0.0) -> NDArray[np.float64]:
    """`inside` from 20 to 30 s, `outside` elsewhere."""
    times_s = np.arange(1 + int(2 * duration_s)) / 2
    rng = np.random.default_rng(0)
    return np.where((times_s >= 20) & (times_s <= 30), inside, outside) + noise * rng.standard_normal(times_s.size)


def _by_name(found: tuple[Reason, ...]) -> dict[str, Reason]:
    return {reason.descriptor: reason for reason in found}


def test_a_louder_stretch_is_told_with_its_decibels_and_what_the_table_associates() -> None:
    (reason,) = reasons(_with(60, loudness=_curve(60, -11, -20, noise=0.5)), 20, 30)
    assert reason.words == "louder by 9 dB than the rest of the track"
    assert (reason.feature, reason.pole, reason.association) == ("Loudness", "High", "power, aggression")
    assert reason.value == pytest.approx(-11, abs=0.5)
    assert reason.against_track_value == pytest.approx(-20, abs=0.5)
    assert reason.against_track == pytest.approx(9 / 2, abs=0.5)  # below 2 dB nobody could tell: that is the unit
    assert reason.against_library is None


@pytest.mark.parametrize(
    ("name", "inside", "outside", "pole"),
    [
        ("loudness", -30.0, -20.0, "Low"),
        ("brightness", 0.4, -0.6, "Bright"),
        ("brightness", -1.6, -0.6, "Dark"),
        ("roughness", 0.03, 0.01, "Dissonant"),
        ("roughness", 0.005, 0.02, "Consonant"),
        ("mode", -0.3, 0.2, "Minor"),
        ("loudness_slope", 3.0, 0.0, "Crescendo"),
        ("melody_contour", -3.0, 0.5, "Descending"),
        ("polyphony", 16.0, 9.0, "Thick"),
        ("staccato", 15.0, 8.0, "Staccato"),
        ("register", 50.0, 60.0, "Low"),
        ("pulse_clarity", 0.1, 0.6, "Irregular"),
    ],
)
def test_each_descriptor_is_named_for_its_own_end_of_the_row(
    name: str, inside: float, outside: float, pole: str
) -> None:
    (reason,) = reasons(_with(60, **{name: _curve(60, inside, outside)}), 20, 30)
    row = TABLE[reason.feature]
    assert reason.pole == pole
    assert reason.association == {row.high: row.of_high, row.low: row.of_low}[pole]


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("loudness", -18.5, -20.0),  # nobody hears 1.5 dB
        ("mode", -0.02, -0.4),  # less minor is not major
        ("loudness_slope", 0.2, -4.0),  # flat is no crescendo
        ("register", 61.0, 60.0),
    ],
)
def test_what_does_not_count_is_not_told(name: str, inside: float, outside: float) -> None:
    assert reasons(_with(60, **{name: _curve(60, inside, outside)}), 20, 30) == ()


def test_music_that_always_moves_so_much_has_no_reason() -> None:
    rng = np.random.default_rng(1)
    assert reasons(_with(60, loudness=rng.normal(-20, 6, 121)), 20, 30) == ()


def test_a_pulse_counted_twice_is_not_faster_and_without_a_pulse_there_is_no_tempo() -> None:
    clear = np.full(121, 0.5)
    twice = _with(60, tempo=_curve(60, 160, 80), pulse_clarity=clear)
    assert "tempo" not in _by_name(reasons(twice, 20, 30))
    faster = _with(60, tempo=_curve(60, 120, 95), pulse_clarity=clear)
    reason = _by_name(reasons(faster, 20, 30))["tempo"]
    assert reason.words == "faster than the rest of the track: 120 against 95 BPM"
    assert reason.value == pytest.approx(120, rel=1e-3)
    unclear = _with(60, tempo=_curve(60, 120, 95), pulse_clarity=np.full(121, 0.05))
    assert "tempo" not in _by_name(reasons(unclear, 20, 30))


def test_the_strongest_comes_first() -> None:
    found = reasons(
        _with(60, brightness=_curve(60, 0.0, -0.5), loudness=_curve(60, -2, -40), polyphony=_curve(60, 13, 9)), 20, 30
    )
    assert [reason.descriptor for reason in found] == ["loudness", "polyphony", "brightness"]
    assert all(0 < reason.strength <= 1 for reason in found)


def test_a_moment_is_the_two_seconds_around_it_and_ends_may_be_swapped() -> None:
    analysis = _with(60, loudness=_curve(60, -11, -20))
    assert [r.words for r in reasons(analysis, 25, 25)] == ["louder by 9 dB than the rest of the track"]
    assert reasons(analysis, 30, 20) == reasons(analysis, 20, 30)


def test_missing_values_and_missing_descriptors_are_no_reasons() -> None:
    assert reasons(make_analysis("a" * 64), 2, 4) == ()
    assert reasons(_with(60, loudness=np.full(121, np.nan)), 20, 30) == ()
    assert reasons(_with(60, loudness=np.full(121, -20.0)), 100, 110) == ()  # beyond the end


def _heard(loudness: list[float], spread: float = 2.0) -> NDArray[np.float32]:
    heard = np.zeros((len(loudness), N_FEATURES + len(SUMMARY_NAMES)), np.float32)
    for name, shift in (("p10", -1.28 * spread), ("p50", 0.0), ("p90", 1.28 * spread)):
        heard[:, N_FEATURES + SUMMARY_NAMES.index(f"loudness.{name}")] = np.array(loudness) + shift
    return heard


def test_norms_are_medians_and_robust_spreads_and_stand_on_ten_tracks_at_least() -> None:
    levels = np.random.default_rng(2).normal(-25, 3, 400).tolist()
    levels[0] = 1000.0  # one broken track moves nothing
    norms = library_norms(_heard(levels))
    assert norms is not None
    assert norms.tracks == 400
    assert norms.medians["loudness"] == pytest.approx(-25, abs=0.5)
    assert norms.spreads["loudness"] == pytest.approx(np.hypot(3, 2), rel=0.15)
    assert set(norms.medians) == {measure.name for measure in MEASURES}
    assert library_norms(_heard(levels[: FEWEST_TRACKS - 1])) is None
    assert library_norms(_heard(levels)[:, :-1]) is None  # heard by another version


def test_against_the_library_a_track_that_is_loud_throughout_is_loud() -> None:
    library = LibraryNorms(40, {"loudness": -25.0}, {"loudness": 4.0})
    (reason,) = reasons(_with(60, loudness=np.full(121, -10.0)), 20, 30, library)
    assert reason.words == "louder by 15 dB than what is usual in the library (40 tracks)"
    assert reason.against_track == 0
    assert reason.against_library == pytest.approx(15 / 4)
    assert reason.against_library_value == -25


def test_every_measure_is_a_shown_descriptor_and_every_row_is_the_tables() -> None:
    assert {measure.name for measure in MEASURES} <= set(SHOWN)
    assert {measure.row for measure in MEASURES} - {""} <= set(TABLE)
    assert all(measure.least > 0 for measure in MEASURES)
    assert LEAST_EFFECT > 1


def test_in_real_sound_the_loud_middle_is_found() -> None:
    y = corpus.melody(40, seed=3)
    y[: 15 * 22_050] *= 0.2
    y[25 * 22_050 :] *= 0.2
    analysis = replace(make_analysis("a" * 64, 40.0), descriptors=shown(describe(y)))
    loud, rest = (_by_name(reasons(analysis, *ends)) for ends in ((16, 24), (2, 12)))
    louder = loud["loudness"].value - loud["loudness"].against_track_value
    assert louder == pytest.approx(20 * np.log10(5), abs=2)  # but for the tune's own ups and downs
    assert "loudness" not in rest or rest["loudness"].pole == "Low"
