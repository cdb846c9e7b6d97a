"""Which part of a recording is played for a label."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.labelling.passage import CLIP_S, passage
from tests.app.fakes import make_analysis


def test_the_telling_passage_is_where_the_attention_lies():
    analysis = make_analysis("0" * 64, 120.0)
    attention = np.full(len(analysis.times_s), 1e-4, np.float32)
    there = (analysis.times_s > 60) & (analysis.times_s < 80)
    attention[there] = 1.0
    start_s, end_s = passage("telling", 120.0, replace(analysis, attention=attention))
    assert end_s - start_s == pytest.approx(CLIP_S)
    assert start_s < 60.5
    assert end_s > 79.5


@pytest.mark.parametrize("clip", ["telling", "start"])
def test_without_attention_it_is_the_start(clip):
    assert passage(clip, 120.0, None) == (0.0, CLIP_S)
    flat = make_analysis("0" * 64, 120.0)
    assert passage(clip, 120.0, flat) == (0.0, CLIP_S)


def test_short_music_is_played_as_a_whole():
    attention = np.eye(1, 32, 20, dtype=np.float32)[0]
    analysis = replace(make_analysis("0" * 64, 12.0), attention=attention)
    assert passage("telling", 12.0, analysis) == (0.0, 12.0)
    assert passage("whole", 300.0, analysis) == (0.0, 300.0)


def test_a_passage_never_leaves_the_recording():
    analysis = make_analysis("0" * 64, 60.0)
    attention = np.zeros(len(analysis.times_s), np.float32)
    attention[-1] = 1.0
    start_s, end_s = passage("telling", 60.0, replace(analysis, attention=attention))
    assert start_s >= 0
    assert end_s <= 60.0
