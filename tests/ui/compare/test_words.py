"""What is said of the aligning, and of a recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.jobs.comparer import Aligning
from app.ui.compare.words import TEMPO, cells, columns, explained, key_words, moment_text, state_text
from models.inference.compared import Recording, difference
from models.structure.align import Alignment
from tests.app.fakes import make_full_analysis, make_structure


def other(semitones: int = 0, fit: float = 0.9) -> Recording:
    ends = np.array([0.0, 10.0])
    return Recording("Two", alignment=Alignment("a", "b", ends, ends, 10.0, 10.0, semitones, fit), duration_s=10.0)


@pytest.mark.parametrize(
    ("semitones", "words"),
    [(1, "a semitone higher"), (-1, "a semitone lower"), (3, "3 semitones higher"), (-4, "4 semitones lower")],
)
def test_keys_in_words(semitones, words) -> None:
    assert key_words(semitones) == words
    text, warns = state_text(Aligning("ready", 1, 1, 1.0), [Recording("One"), other(semitones)])
    assert (text, warns) == (f"2 sounds {words}.", False)


def test_each_state_has_its_words_and_troubles_warn() -> None:
    pair = [Recording("One"), other()]
    assert state_text(Aligning("ready", 1, 1, 1.0), pair) == ("", False)
    assert state_text(Aligning("nothing"), pair) == ("", False)
    assert "2 of 3" in state_text(Aligning("working", 1, 3, 0.4), pair)[0]
    assert state_text(Aligning("needs", 0, 1), pair)[0]
    assert state_text(Aligning("failed", 0, 1), pair)[1]
    strange = [Recording("One"), other(fit=0.1), other(), other(fit=0.2)]
    text, warns = state_text(Aligning("ready", 3, 3, 1.0), strange)
    assert "2, 4" in text
    assert warns


def test_a_row_has_a_cell_for_each_column_whatever_is_known() -> None:
    for recording in (Recording("Nothing"), other(), other(fit=0.1)):
        for reference in (True, False):
            assert len(cells(recording, None, reference=reference, by_music=True)) == len(columns())
    assert cells(other(), None, reference=False, by_music=True)[-1] == "fits 90\u202f%"
    assert cells(other(fit=0.1), None, reference=False, by_music=True)[-1] == "other music?"
    assert cells(other(), None, reference=False, by_music=False)[-1] == "by time"


def test_what_is_matched_in_part_only_is_said_above_the_lanes_and_in_the_table() -> None:
    ends = np.array([0.0, 60.0])
    excerpt = Recording("Start", alignment=Alignment("a", "b", ends, ends, 90.0, 60.0, 0, 0.98), duration_s=60.0)
    text, warns = state_text(Aligning("ready", 1, 1, 1.0), [Recording("Whole"), excerpt])
    assert (text, warns) == ("Only 0:00\u20131:00 of 1 (\u201cWhole\u201d) is matched by 2.", False)
    assert cells(excerpt, None, reference=False, by_music=True)[-1] == "fits 98\u202f%, 0:00\u20131:00 of 1"
    whole = Recording("Whole", alignment=Alignment("b", "a", ends, ends, 60.0, 90.0, 0, 0.98), duration_s=90.0)
    text, _ = state_text(Aligning("ready", 1, 1, 1.0), [Recording("Start"), whole])
    assert text == "Only 0:00\u20131:00 of 2 (\u201cWhole\u201d) is matched."
    assert cells(whole, None, reference=False, by_music=True)[-1] == "fits 98\u202f%, only 0:00\u20131:00"


def test_which_of_two_tempi_is_shown_is_said() -> None:
    analysis = make_full_analysis("a" * 64, 12.0)
    analysis = replace(analysis, descriptors=replace(analysis.descriptors, summary={"track_tempo": 61.0}))
    both = Recording("One", analysis=analysis, structure=make_structure("a" * 64))
    assert columns()[TEMPO][0] == "Tempo"
    assert cells(both, None, reference=True, by_music=True)[TEMPO] == "120, not 61"
    assert "by the model's descriptor of the whole it is 61" in explained(both)[TEMPO]
    alone = replace(both, structure=None)
    assert cells(alone, None, reference=True, by_music=True)[TEMPO] == "61"
    assert explained(alone) == {}


def moved(recording: Recording, start_s: float, end_s: float, by: float, half: float) -> Recording:
    """Valence of 0, moved in a stretch, in bands of a half width; arousal of 0."""
    analysis = recording.analysis
    times_s = analysis.times_s
    valence = np.where((times_s > start_s) & (times_s < end_s), by, 0.0).astype(np.float32)
    flat = np.zeros_like(valence)
    wide = np.where(times_s < 20, half, 0.1).astype(np.float32)
    band = np.stack((valence - wide, valence + wide), axis=1)
    return replace(
        recording,
        analysis=replace(
            analysis,
            valence_over_time=valence,
            arousal_over_time=flat,
            quadrants_over_time=np.full((len(flat), 4), 0.25, np.float32),
            valence_band_over_time=band,
            arousal_band_over_time=np.stack((flat - 0.2, flat + 0.2), axis=1),
        ),
    )


def test_places_beyond_the_bands_come_first_and_those_within_are_said_to_be() -> None:
    plain = Recording("One", analysis=make_full_analysis("a" * 64, 40.0), duration_s=40.0)
    first, second = moved(plain, 0, 0, 0.0, 0.6), moved(plain, 5, 10, 0.8, 0.6)
    later = moved(plain, 25, 30, 0.5, 0.6).analysis.valence_over_time
    values = second.analysis.valence_over_time + later
    band = second.analysis.valence_band_over_time + later[:, None]
    second = replace(second, analysis=replace(second.analysis, valence_over_time=values, valence_band_over_time=band))
    narrow, wide = difference(first, second).moments
    assert 25 <= narrow.peak_s <= 30  # a smaller difference, but one that the bands do not explain
    assert narrow.beyond == pytest.approx(0.3, abs=0.01)
    assert wide.beyond == 0.0
    text = moment_text(wide, 1, first, second)
    assert "within the bands" in text
    assert "1: valence 0.00, arousal 0.00" in text
    assert "2: valence +0.80, arousal 0.00" in text
    assert "0.30 beyond the bands" in moment_text(narrow, 1, first, second)
