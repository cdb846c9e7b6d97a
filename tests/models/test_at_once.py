"""What an analysis already says of why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.explain.at_once import at_once
from tests.app.fakes import make_analysis


def test_contributions_sum_to_what_is_explained_but_for_the_bias() -> None:
    analysis = replace(make_analysis("0" * 64), bias=np.array([0.1, -0.2, 0.3, 0.4], np.float32))
    explanation = at_once(analysis, "Q2", "contribution")
    assert explanation is not None
    assert explanation.is_signed
    share_of_bias = -0.2 - 0.15
    assert explanation.over_time.sum() + share_of_bias == pytest.approx(explanation.number, abs=1e-5)
    logits = analysis.contributions.sum(axis=0) + analysis.bias
    assert explanation.number == pytest.approx(logits[1] - logits.mean(), abs=1e-5)
    assert not explanation.map.size


def test_attention_is_the_same_for_every_target_and_has_no_sign() -> None:
    analysis = make_analysis("0" * 64)
    explanation = at_once(analysis, "valence", "attention")
    assert explanation is not None
    assert not explanation.is_signed
    assert explanation.number == pytest.approx(analysis.valence)
    np.testing.assert_array_equal(explanation.over_time, analysis.attention)


def test_of_a_stretch_only_its_steps_are_told() -> None:
    explanation = at_once(make_analysis("0" * 64), "Q1", "contribution", 3.0, 5.0)
    assert explanation is not None
    assert (explanation.start_s, explanation.end_s) == (3.0, 5.0)
    assert len(explanation.times_s) == len(explanation.over_time) == explanation.map.shape[1]
    assert 2.8 < explanation.times_s[0] < explanation.times_s[-1] < 5.2


@pytest.mark.parametrize(("target", "method"), [("valence", "contribution"), ("Q1", "occlusion"), ("Q1", "saliency")])
def test_what_no_analysis_says_is_not_made_up(target, method) -> None:
    assert at_once(make_analysis("0" * 64), target, method) is None


def test_a_stretch_past_the_end_has_nothing_to_tell() -> None:
    assert at_once(make_analysis("0" * 64), "Q1", "attention", 50.0, 60.0) is None
