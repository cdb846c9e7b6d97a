"""A recording of 20 s with all that a figure may draw, and the words of a figure."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from models.analysis import Climax
from models.explain.explanation import Explanation
from models.figures.recording import FoundClimax, Recording
from models.figures.saving import Drawn
from models.structure.structure import Section, Structure
from tests.app.fakes import make_full_analysis, make_overview

CUES = ("loudness", "arousal", "brightness", "density", "register")


class Mark(NamedTuple):
    """An instant with a name."""

    time_s: float
    label: str = ""


def make_recording(
    duration_s: float = 20.0, *, title: str = "A long night", artist: str = "Someone", climaxes: int = 2
) -> Recording:
    """A familiar recording with cues, sections, marks and climaxes, the first of which has a name and a note."""
    rng = np.random.default_rng(3)
    analysis = make_full_analysis("ab" * 32, duration_s)
    t = len(analysis.times_s)
    cues = (0.3 * rng.normal(size=(t, len(CUES)))).astype(np.float32)
    peaks = np.linspace(0.75, 0.15, climaxes) * duration_s
    reach = min(2.0, duration_s / (2 * climaxes + 2))
    found = tuple(
        Climax(
            float(peak - reach), float(peak), float(peak + 0.8 * reach), 0.9 - 0.05 * i,
            dict(zip(CUES, (0.4, 0.2, 0.15, 0.1, -0.05), strict=True)),
        )
        for i, peak in enumerate(peaks)
    )  # fmt: skip
    analysis = replace(
        analysis, domain=None, cue_names=CUES, cues_over_time=cues, intensity_over_time=cues.sum(axis=1), climaxes=found
    )
    shown = tuple(
        FoundClimax(climax, *(("the storm", "brass alone", True) if i == 0 else ())) for i, climax in enumerate(found)
    )
    beats = np.arange(0, duration_s, 0.5, dtype=np.float32)
    sections = (Section(0.0, duration_s / 2, "A"), Section(duration_s / 2, duration_s, "B"))
    structure = Structure("ab" * 32, duration_s, 120.0, beats, beats[::4], sections, np.zeros((12, 4), np.float32), 5.0)
    return Recording(
        title, make_overview(duration_s), analysis, artist, "2026-11-20", shown, (Mark(3.0, "entry of the cello"),),
        structure,
    )  # fmt: skip


def explained(duration_s: float = 20.0) -> Explanation:
    """An explanation with a map."""
    rng = np.random.default_rng(4)
    times_s = np.arange(0.25, duration_s, 0.5, dtype=np.float32)
    cells = rng.normal(size=(32, len(times_s))).astype(np.float32)
    hertz = np.linspace(100, 10_000, 32, dtype=np.float32)
    return Explanation("arousal", "occlusion", "fake", "1", 0.3, times_s, cells.sum(axis=0), hertz, cells)


def words_of(drawn: Drawn) -> str:
    """All that is written in a figure."""
    figure = drawn.figure
    words = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        words += [text.get_text() for text in axes.texts]
        words += [axes.get_xlabel(), axes.get_ylabel(), axes.get_title()]
        words += [label.get_text() for label in (*axes.get_xticklabels(), *axes.get_yticklabels())]
    return "\n".join(words)
