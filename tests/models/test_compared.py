"""What is compared as plain data: curves on one axis, how far apart, and both tables."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest

from models.export.comparison_csv import TABLE_COLUMNS, write_comparison_curves, write_comparison_table
from models.inference.compared import Recording, axis_duration, difference
from models.structure.align import Alignment
from tests.app.fakes import make_full_analysis, make_overview, make_structure


def recording(seconds: float = 12.0, seed: int = 0, **fields) -> Recording:
    analysis = make_full_analysis("a" * 64, seconds, seed=seed)
    whole = {"title": "One", "analysis": analysis, "overview": make_overview(seconds, seed), "duration_s": seconds}
    return Recording(**{**whole, **fields})


def slower(first: Recording, factor: float) -> Recording:
    """The same performance at another tempo, aligned with the first."""
    analysis = first.analysis
    stretched = replace(
        analysis,
        duration_s=analysis.duration_s * factor,
        times_s=analysis.times_s * np.float32(factor),
        step_s=analysis.step_s * factor,
    )
    ends = np.array([0.0, first.duration_s])
    alignment = Alignment("a" * 64, "b" * 64, ends, ends * factor, first.duration_s, first.duration_s * factor)
    return replace(
        first, title="Two", analysis=stretched, alignment=alignment, duration_s=first.duration_s * factor, overview=None
    )


def test_the_same_performance_at_another_tempo_does_not_differ_by_music_but_by_time() -> None:
    first = recording()
    second = slower(first, 1.5)
    found = difference(first, second)
    assert found.distance < 0.01
    assert found.moments == ()
    assert axis_duration([first, second]) == 12.0
    by_time = replace(second, alignment=None)
    assert difference(first, by_time).distance > 0.1
    assert axis_duration([first, by_time]) == 18.0


def test_places_go_there_and_back() -> None:
    second = slower(recording(), 1.5)
    assert second.here(4.0) == pytest.approx(6.0)
    assert second.there(6.0) == pytest.approx(4.0)
    assert second.here(99.0) == second.duration_s
    assert recording().here(4.0) == 4.0


def test_beyond_its_ends_a_recording_says_nothing() -> None:
    first = recording()
    at = np.array([-1.0, 3.0, 12.5])
    assert np.isfinite(first.on_axis("valence", at)).tolist() == [False, True, False]
    earlier = replace(first, analysis=replace(first.analysis, intensity_over_time=None))
    assert np.isnan(earlier.on_axis("intensity", at)).all()
    alignment = Alignment("a" * 64, "b" * 64, np.array([2.0, 8.0]), np.array([4.0, 10.0]), 12.0, 12.0)
    part = replace(first, alignment=alignment)
    assert np.isfinite(part.on_axis("valence", np.array([1.0, 5.0, 9.0]))).tolist() == [False, True, False]
    assert np.isnan(Recording("None", duration_s=3.0).on_axis("loudness", at)).all()


def test_a_planted_difference_is_where_it_is_said_to_be() -> None:
    first = recording(60.0)
    calm = np.zeros_like(first.analysis.valence_over_time)
    quarter = np.full((len(calm), 4), 0.25, np.float32)
    analysis = replace(first.analysis, valence_over_time=calm, arousal_over_time=calm, quadrants_over_time=quarter)
    first = replace(first, analysis=analysis)
    moved = calm.copy()
    moved[(analysis.times_s > 30) & (analysis.times_s < 36)] = 0.8
    found = difference(first, replace(first, analysis=replace(analysis, valence_over_time=moved)))
    (moment,) = found.moments
    assert moment.aspect == "valence"
    assert 30 <= moment.peak_s <= 36
    assert moment.start_s == pytest.approx(30, abs=1)
    assert moment.end_s == pytest.approx(36, abs=1)
    assert found.distance == pytest.approx(0.8 * 6 / 60, abs=0.01)
    assert difference(first, Recording("None", duration_s=60.0)) is None


def test_figures_of_the_whole() -> None:
    first = recording()
    level = first.overview.loudness_db.astype(float)
    assert first.loudness_db == pytest.approx(10 * np.log10(np.mean(10 ** (level / 10))))
    described = replace(first.analysis.descriptors, summary={"track_tempo": 96.0})
    described = replace(first, analysis=replace(first.analysis, descriptors=described))
    assert described.tempo_bpm == 96.0  # the descriptor's, where no beat was looked for
    assert replace(described, structure=make_structure("a" * 64)).tempo_bpm == 120.0
    assert first.main_climax is first.analysis.climaxes[0]
    nothing = Recording("None")
    assert (nothing.loudness_db, nothing.tempo_bpm, nothing.main_climax) == (None, None, None)


def test_the_table_has_a_row_per_recording_and_leaves_out_what_is_not_known(tmp_path) -> None:
    first = recording(title="A, \u201cquoted\u201d \u97f3\u6a02")
    second, third = slower(first, 1.5), Recording("Three", duration_s=5.0)
    differences = [None, *(difference(first, one) for one in (second, third))]
    write_comparison_table(tmp_path / "t.csv", [first, second, third], differences)
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == TABLE_COLUMNS
    assert rows[0]["title"] == first.title
    assert float(rows[0]["valence"]) == pytest.approx(first.analysis.valence, abs=1e-4)
    assert float(rows[0]["valence_low"]) <= float(rows[0]["valence"]) <= float(rows[0]["valence_high"])
    assert rows[0]["distance_to_1"] == rows[0]["fit_to_1_0_to_1"] == ""
    assert float(rows[1]["distance_to_1"]) < 0.01
    assert rows[1]["semitones_above_1"] == "0"
    assert rows[2]["quadrant"] == rows[2]["climaxes"] == ""
    assert rows[2]["duration_s"] == "5"


def test_curves_stand_on_one_axis(tmp_path) -> None:
    first = recording()
    second = slower(first, 1.5)
    write_comparison_curves(tmp_path / "c.csv", [first, second], step_s=1.0)
    with (tmp_path / "c.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["axis_s"]) for row in rows] == list(range(12))
    assert float(rows[4]["2_time_s"]) == 6.0
    assert rows[4]["1_arousal"] == rows[4]["2_arousal"]
    assert rows[4]["1_loudness_dbfs"] != ""
    assert rows[4]["2_loudness_dbfs"] == ""


def test_what_is_matched_with_nothing_is_left_out_of_a_figure() -> None:
    from types import SimpleNamespace

    from app.ui.figures.sources import compared_of
    from models.figures.comparison import _span

    first = recording()
    alignment = Alignment("a" * 64, "b" * 64, np.array([2.0, 8.0]), np.array([6.0, 12.0]), 12.0, 12.0)
    late = replace(first, alignment=alignment)
    assert late.is_on_axis(np.array([5.0, 6.0, 12.0])).tolist() == [False, True, True]
    session = SimpleNamespace(comparer=SimpleNamespace(recordings=(first, late)))
    (one, two), _ = compared_of(session)
    assert np.isfinite(one.axis_s).all()
    times_s = late.analysis.times_s
    assert np.isnan(two.axis_s[times_s < 6.0]).all()  # they do not pile up at the beginning
    assert two.axis_s[times_s >= 6.0] == pytest.approx(times_s[times_s >= 6.0] - 4.0, abs=1e-4)
    assert _span([two], 0.0)[1] == pytest.approx(8.0, abs=0.6)


def test_where_a_recording_has_nothing_its_time_is_empty(tmp_path) -> None:
    first = recording()
    alignment = Alignment("a" * 64, "b" * 64, np.array([4.0, 8.0]), np.array([1.0, 5.0]), 12.0, 12.0)
    short = recording(6.0)
    write_comparison_curves(tmp_path / "c.csv", [first, replace(first, alignment=alignment), short], step_s=1.0)
    with (tmp_path / "c.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["2_time_s"] for row in rows] == [""] * 4 + ["1", "2", "3", "4", "5"] + [""] * 3
    assert [row["3_time_s"] for row in rows] == [str(second) for second in range(7)] + [""] * 5


def test_of_two_tempi_an_octave_apart_the_other_is_known_too() -> None:
    first = recording()
    for described, other in ((61.0, 61.0), (238.0, 238.0), (118.0, None), (88.0, None)):
        summary = replace(first.analysis.descriptors, summary={"track_tempo": described})
        analysis = replace(first.analysis, descriptors=summary)
        one = replace(first, analysis=analysis, structure=make_structure("a" * 64))
        assert (one.tempo_bpm, one.other_tempo_bpm) == (120.0, other)
