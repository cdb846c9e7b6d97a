"""All that is known of a recording over time, as layers: what every export writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.analysis import QUADRANTS, Analysis, Climax, Overview
from models.layers import Layer
from models.structure.structure import Structure

if TYPE_CHECKING:
    from models.explain.explanation import Explanation

_PLANE = (-1.0, 1.0)
_SHARE = (0.0, 1.0)
_MEASURED = "measured from the sound"
_BY_HAND = "marked by hand"


def layers_of(
    analysis: Analysis,
    overview: Overview | None = None,
    structure: Structure | None = None,
    climaxes: Sequence[tuple[Climax, str]] | None = None,
    marks: Iterable[tuple[float, str]] = (),
    explanation: Explanation | None = None,
) -> tuple[Layer, ...]:
    """Return every layer of a recording, the most asked for first.

    Parameters
    ----------
    analysis : Analysis
        A model's account.
    overview : Overview, optional
        For the level.
    structure : Structure, optional
        For sections, beats and bars.
    climaxes : sequence of (Climax, str), optional
        With what each is called; the analysis' own, unnamed, without it.
    marks : iterable of (float, str)
        Instants in seconds and what they are called.
    explanation : Explanation, optional
        For the course of what carries an answer.

    Returns
    -------
    tuple of Layer
        No layer without an entry is among them.
    """
    if climaxes is None:
        climaxes = [(climax, "") for climax in analysis.climaxes]
    found = (
        *_judged(analysis),
        *_peaks(analysis, climaxes),
        *_turns(analysis),
        *_built(structure),
        *_marked(marks),
        *_explained(explanation),
        *_intensity(analysis),
        *_measured(analysis, overview),
    )
    return tuple(layer for layer in found if len(layer.times_s))


def _curve(
    name: str,
    times_s: NDArray[np.floating],
    values: NDArray[np.floating],
    unit: str = "",
    span: tuple[float, float] | None = None,
    origin: str = "",
) -> Layer:
    return Layer(
        name, "values", np.asarray(times_s, np.float64), np.asarray(values, np.float64), unit=unit, range=span,
        origin=origin,
    )  # fmt: skip


def _instants(name: str, entries: Sequence[tuple[float, str]], origin: str) -> Layer:
    ordered = sorted(entries)
    return Layer(
        name, "instants", np.array([at for at, _ in ordered], np.float64), labels=tuple(label for _, label in ordered),
        origin=origin,
    )  # fmt: skip


def _judge(analysis: Analysis) -> str:
    return f"estimated by {analysis.model_id} {analysis.model_version}"


def _judged(analysis: Analysis) -> Iterator[Layer]:
    origin, times_s = _judge(analysis), analysis.times_s
    coverage = f"{analysis.band_coverage:.0%} band, {origin}"
    for name, values, band in (
        ("valence", analysis.valence_over_time, analysis.valence_band_over_time),
        ("arousal", analysis.arousal_over_time, analysis.arousal_band_over_time),
    ):
        yield _curve(name, times_s, values, span=_PLANE, origin=origin)
        if band is not None:
            yield _curve(f"{name}_low", times_s, band[:, 0], span=_PLANE, origin=coverage)
            yield _curve(f"{name}_high", times_s, band[:, 1], span=_PLANE, origin=coverage)
    for i, quadrant in enumerate(QUADRANTS):
        yield _curve(quadrant, times_s, analysis.quadrants_over_time[:, i], "probability", _SHARE, origin)
    yield _curve("attention", times_s, analysis.attention, "weight", _SHARE, origin)
    for i, quadrant in enumerate(QUADRANTS):
        yield _curve(f"contribution_{quadrant}", times_s, analysis.contributions[:, i], "logits", None, origin)


def _peaks(analysis: Analysis, climaxes: Sequence[tuple[Climax, str]]) -> Iterator[Layer]:
    ordered = sorted(climaxes, key=lambda one: one[0].start_s)
    if not ordered:
        return
    starts, ends = (np.array([getattr(c, end) for c, _ in ordered], np.float64) for end in ("start_s", "end_s"))
    origin = _judge(analysis)
    names = tuple(label for _, label in ordered)
    strengths = np.array([climax.strength for climax, _ in ordered], np.float64)
    yield Layer("climaxes", "regions", starts, strengths, ends - starts, names, "strength", _SHARE, origin)
    yield _instants("climax_peaks", [(climax.peak_s, label) for climax, label in ordered], origin)


def _turns(analysis: Analysis) -> Iterator[Layer]:
    turns = [(turn.time_s, f"from {_point(turn.before)} to {_point(turn.after)}") for turn in analysis.transitions]
    yield _instants("transitions", turns, _judge(analysis))


def _point(values: tuple[float, float]) -> str:
    return f"({values[0]:+.2f}, {values[1]:+.2f})"


def _built(structure: Structure | None) -> Iterator[Layer]:
    if structure is None:
        return
    starts = np.array([section.start_s for section in structure.sections], np.float64)
    lengths = np.array([section.end_s for section in structure.sections], np.float64) - starts
    letters = tuple(section.letter for section in structure.sections)
    yield Layer("sections", "regions", starts, None, lengths, letters, origin=_MEASURED)
    yield _instants("beats", [(float(at), "") for at in structure.beats_s], _MEASURED)
    yield _instants("bars", [(float(at), "") for at in structure.downbeats_s], _MEASURED)


def _marked(marks: Iterable[tuple[float, str]]) -> Iterator[Layer]:
    yield _instants("marks", list(marks), _BY_HAND)


def _explained(explanation: Explanation | None) -> Iterator[Layer]:
    if explanation is not None:
        name = f"{explanation.method}_{explanation.target}".replace("-", "_")
        origin = f"{explanation.method} of {explanation.model_id} {explanation.model_version}"
        yield _curve(name, explanation.times_s, explanation.over_time, origin=origin)


def _intensity(analysis: Analysis) -> Iterator[Layer]:
    origin = "cues of intensity"
    if analysis.intensity_over_time is not None:
        yield _curve("intensity", analysis.times_s, analysis.intensity_over_time, origin=origin)
    if analysis.cues_over_time is not None:
        for i, name in enumerate(analysis.cue_names):
            yield _curve(f"intensity_by_{name}", analysis.times_s, analysis.cues_over_time[:, i], origin=origin)


def _measured(analysis: Analysis, overview: Overview | None) -> Iterator[Layer]:
    if overview is not None:
        times_s = (np.arange(len(overview.loudness_db)) + 0.5) * overview.loudness_bin_s
        yield _curve("level", times_s, overview.loudness_db, "dBFS", origin=_MEASURED)
    curves = analysis.descriptors
    if curves is not None:
        for i, name in enumerate(curves.names):
            yield _curve(name, curves.times_s, curves.values[:, i], curves.units[i], origin=_MEASURED)
