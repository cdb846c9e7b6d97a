from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.analysis import DescriptorCurves, Domain, GemsEstimate
from models.export.words import descriptor_words, domain_words, gems_words, valence_arousal_words, with_band
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
