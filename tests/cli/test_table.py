from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.cli.table import print_table
from models.analysis import Climax
from tests.app.fakes import make_analysis, make_full_analysis

Capture = pytest.CaptureFixture[str]


def test_all_that_a_model_says_stands_below_its_row(capsys: Capture) -> None:
    analysis = replace(
        make_full_analysis("ab" * 32),
        valence=0.21,
        valence_band=(-0.05, 0.44),
        climaxes=(Climax(4.8, 7.2, 10.0, 0.5, {"loudness": 0.3, "register": 0.05}),),
    )
    print_table([(Path("talk.wav"), analysis)])
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[1].startswith("talk.wav")
    assert lines[2].strip() == "Not music the model knows (speech): This sounds like speech."
    assert "valence +0.21 (80% band -0.05 to +0.44), arousal " in lines[3]
    strongest = max(analysis.gems, key=lambda estimate: estimate.share)
    assert lines[4].strip().startswith(f"GEMS: {strongest.name.replace('_', ' ')} {strongest.share:.0%}, ")
    assert "tempo" in lines[5]
    assert "BPM" in lines[5]
    assert lines[6].strip() == "climaxes: 0:07 (0:05 to 0:10; loudness)"
    assert lines[7].strip() == "turns: 0:06 (valence -0.20 to +0.30, arousal +0.10 to +0.40)"
    assert lines[8].strip() == "note: A test's invention."
    assert "A band is where the stated share of ratings lay" in lines[9]
    assert max(map(len, lines[:9])) <= 120


def test_a_model_that_says_less_is_not_made_to_say_more(capsys: Capture) -> None:
    print_table([(Path("song.wav"), replace(make_analysis("ab" * 32), notes=()))])
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 3
    assert not any(word in out for word in ("band", "GEMS", "medians", "not music"))
    assert "derived from the probabilities of all four quadrants" in out
    print_table([(Path("song.wav"), replace(make_analysis("ab" * 32), valence_arousal_source="regressor"))])
    assert "learned from ratings" in capsys.readouterr().out
