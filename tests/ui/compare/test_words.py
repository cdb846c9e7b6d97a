"""What is said of the aligning, and of a recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.jobs.comparer import Aligning
from app.ui.compare.words import TEMPO, cells, columns, explained, key_words, state_text
from models.inference.compared import Recording
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
