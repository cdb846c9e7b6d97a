from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.analysis import Climax, DescriptorCurves, Domain, GemsEstimate, Transition
from models.export.words import (
    climax_words,
    descriptor_words,
    domain_words,
    gems_words,
    transition_words,
    valence_arousal_words,
    with_band,
)
from tests.app.fakes import make_analysis


@pytest.mark.parametrize(
    ("value", "band", "words"),
    [
        (0.21, (-0.05, 0.44), "+0.21 (80% band -0.05 to +0.44)"),
        (0.21, None, "+0.21"),
        (-0.001, (-1.0, 1.0), "+0.00 (80% band -1.00 to +1.00)"),
    ],
)
def test_a_number_stands_with_its_band(value: float, band: tuple[float, float] | None, words: str) -> None:
    assert with_band(value, band, 0.8) == words


def test_valence_may_have_a_band_where_arousal_has_none() -> None:
    analysis = replace(make_analysis("ab" * 32), valence=0.2, arousal=-0.5, valence_band=(0.1, 0.3), band_coverage=0.9)
    assert valence_arousal_words(analysis) == "valence +0.20 (90% band +0.10 to +0.30), arousal -0.50"


def test_only_what_is_not_known_is_flagged() -> None:
    assert domain_words(None) == ""
    assert domain_words(Domain(0.9, True)) == ""
    assert domain_words(Domain(0.1, False, "speech", "Somebody talks.")) == (
        "not music the model knows (speech): Somebody talks."
    )
    bare = domain_words(Domain(0.1, False, "noise"))
    assert bare == "not music the model knows (noise): its answer stands on nothing."


def test_the_strongest_emotions_come_first() -> None:
    gems = (GemsEstimate("power", 0.1), GemsEstimate("joyful_activation", 0.52), GemsEstimate("sadness", 0.3))
    assert gems_words(gems, 2) == "joyful activation 52%, sadness 30%"


def test_descriptors_are_told_by_their_medians_with_units_and_without_what_is_not_there() -> None:
    values = np.array([[1, 96, np.nan], [2, 97, np.nan], [3, np.nan, np.nan], [9, 120, np.nan]], np.float32)
    curves = DescriptorCurves(("odd", "tempo", "mode"), ("", "BPM", "-1 to 1"), np.arange(4, dtype=np.float32), values)
    assert descriptor_words(curves) == "tempo 97 BPM"
    assert descriptor_words(replace(curves, names=("odd", "other", "mode"))) == ""
    with_mode = replace(curves, values=np.nan_to_num(values, nan=0.5))
    assert descriptor_words(with_mode) == "tempo 96.5 BPM, mode 0.5 (-1 to 1)"
    unknown = replace(curves, names=("odd", "stranger", "third"))
    assert descriptor_words(unknown) == "odd 2.5, stranger 97 BPM"
    assert descriptor_words(None) == ""


def test_a_climax_is_told_with_its_region_and_the_cues_that_make_it() -> None:
    made = Climax(45.2, 55.4, 61.6, 0.5, {"arousal": 0.1, "loudness": 0.4, "register": -0.2, "density": 0.15})
    bare = Climax(5.0, 7.0, 9.0, 0.4)
    assert climax_words((made, bare)) == "0:55 (0:45 to 1:02; loudness, density), 0:07 (0:05 to 0:09)"
    assert climax_words((made, bare), 1) == "0:55 (0:45 to 1:02; loudness, density)"
    assert climax_words((Climax(0.0, 1.0, 2.0, 0.3, {"loudness": -0.1}),)) == "0:01 (0:00 to 0:02)"
    assert climax_words(()) == ""


def test_the_strongest_turns_are_told_in_the_order_of_time_by_what_moves() -> None:
    up = Transition(47.5, (0.0, -0.17), (0.02, 0.07), 0.4)
    both = Transition(20.0, (0.3, 0.1), (-0.1, -0.2), 0.6)
    faint = Transition(10.0, (0.0, 0.0), (0.1, 0.1), 0.1)
    assert transition_words((faint, both, up), 2) == (
        "0:20 (valence +0.30 to -0.10, arousal +0.10 to -0.20), 0:48 (arousal -0.17 to +0.07)"
    )
    assert transition_words(()) == ""
