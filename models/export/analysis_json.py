"""Analyses as JSON, schema `affekt.analysis/1` (described in docs/json.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.analysis import QUADRANTS, Analysis, Climax, Transition
from models.errors import JobError
from models.export.json_file import write_document

if TYPE_CHECKING:
    from models.figures.recording import Marked, ShownClimax

SCHEMA = "affekt.analysis/1"


def _rounded(values: NDArray[np.floating], digits: int) -> list[Any]:
    out: list[Any] = np.round(np.asarray(values, np.float64), digits).tolist()
    return out


def analysis_to_dict(file: Path, analysis: Analysis) -> dict[str, Any]:
    """One entry of "results". Probabilities and attention sum to 1 within 1e-6; times are in seconds."""
    probabilities = np.asarray(analysis.probabilities, np.float64)
    over_time = np.asarray(analysis.quadrants_over_time, np.float64)
    attention = np.asarray(analysis.attention, np.float64)
    result: dict[str, Any] = {
        "file": str(file),
        "sha256": analysis.sha256,
        "duration_s": round(analysis.duration_s, 3),
        "sample_rate_hz": analysis.sample_rate_hz,
        "model": {"id": analysis.model_id, "version": analysis.model_version},
        "quadrants": {
            "labels": list(QUADRANTS),
            "probabilities": _rounded(probabilities / probabilities.sum(), 9),
            "times_s": _rounded(analysis.times_s, 3),
            "over_time": _rounded(over_time / over_time.sum(axis=1, keepdims=True), 7),
        },
        "attention": {
            "times_s": _rounded(analysis.times_s, 3),
            "weights": _rounded(attention / attention.sum(), 12),
        },
        "valence_arousal": {
            "range": [-1, 1],
            "valence": round(analysis.valence, 5),
            "arousal": round(analysis.arousal, 5),
            "times_s": _rounded(analysis.times_s, 3),
            "valence_over_time": _rounded(analysis.valence_over_time, 5),
            "arousal_over_time": _rounded(analysis.arousal_over_time, 5),
            "source": analysis.valence_arousal_source,
        },
        "climaxes": [_climax(climax) for climax in analysis.climaxes],
        "notes": list(analysis.notes),
    }
    band = _band(analysis)
    if band:
        result["valence_arousal"]["band"] = band
    return result | _optional(analysis)


def _climax(climax: Climax) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "start_s": round(climax.start_s, 3),
        "peak_s": round(climax.peak_s, 3),
        "end_s": round(climax.end_s, 3),
        "strength": round(climax.strength, 4),
    }
    if climax.cues:
        entry["cues"] = {name: round(given, 4) for name, given in climax.cues.items()}
    return entry


def _shown(shown: ShownClimax) -> dict[str, Any]:
    """A climax as a person sees it, with its origin, and with what they wrote where they wrote something."""
    words = {name: text for name, text in (("label", shown.label), ("note", shown.note)) if text}
    return _climax(shown.climax) | {"origin": "own" if shown.is_own else "found"} | words


def _turn(turn: Transition) -> dict[str, Any]:
    return {
        "time_s": round(turn.time_s, 3),
        "before": [round(value, 5) for value in turn.before],
        "after": [round(value, 5) for value in turn.after],
        "strength": round(turn.strength, 4),
    }


def _band(analysis: Analysis) -> dict[str, Any]:
    """The confidence band, of what the model states one for."""
    band: dict[str, Any] = {}
    for name, ends in (("valence", analysis.valence_band), ("arousal", analysis.arousal_band)):
        if ends is not None:
            band[name] = [round(end, 5) for end in ends]
    for name, curve in (
        ("valence_over_time", analysis.valence_band_over_time),
        ("arousal_over_time", analysis.arousal_band_over_time),
    ):
        if curve is not None:
            band[name] = _rounded(curve, 5)
    return {"coverage": round(analysis.band_coverage, 4), **band} if band else {}


def _optional(analysis: Analysis) -> dict[str, Any]:
    """Entries that are there only where the model has something to say."""
    parts: dict[str, Any] = {}
    domain, curves = analysis.domain, analysis.descriptors
    if domain is not None:
        parts["domain"] = {
            "familiarity": round(domain.familiarity, 4),
            "is_familiar": domain.is_familiar,
            "kind": domain.kind,
            "message": domain.message,
        }
    if analysis.intensity_over_time is not None and analysis.cues_over_time is not None:
        # A result of an earlier version knows neither cues nor transitions: then an empty list would claim too much.
        parts["transitions"] = [_turn(turn) for turn in analysis.transitions]
        parts["intensity"] = {
            "times_s": _rounded(analysis.times_s, 3),
            "over_time": _rounded(analysis.intensity_over_time, 4),
            "cues": list(analysis.cue_names),
            "by_cue": _rounded(analysis.cues_over_time, 4),
        }
    if analysis.gems:
        parts["gems"] = {estimate.name: round(estimate.share, 4) for estimate in analysis.gems}
    if curves is not None:
        parts["descriptors"] = {
            "names": list(curves.names),
            "units": list(curves.units),
            "times_s": _rounded(curves.times_s, 3),
            "values": [[_number(value) for value in row] for row in np.asarray(curves.values, np.float64)],
            "summary": {name: _number(value) for name, value in curves.summary.items()},
        }
    return parts


def _number(value: float) -> float | None:
    """Six significant digits; null for what the music does not have at that moment."""
    return float(f"{value:.6g}") if np.isfinite(value) else None


def error_to_dict(file: Path, error: JobError) -> dict[str, str]:
    """One entry of "errors"."""
    return {"file": str(file), "kind": error.kind, "message": error.message}


def report(results: Iterable[tuple[Path, Analysis]], errors: Sequence[tuple[Path, JobError]]) -> dict[str, Any]:
    """Assemble the whole document."""
    return {
        "schema": SCHEMA,
        "results": [analysis_to_dict(file, analysis) for file, analysis in results],
        "errors": [error_to_dict(file, error) for file, error in errors],
    }


def write_json(
    destination: Path | None,
    results: Iterable[tuple[Path, Analysis]],
    errors: Sequence[tuple[Path, JobError]],
) -> None:
    """Write analyses and errors to a file, replaced as a whole, or to standard output when there is none.

    Raises
    ------
    JobError
        "no_space" when the file cannot be written; an earlier one is then still there.
    """
    write_document(destination, report(results, errors))


def write_shown(
    destination: Path, file: Path, analysis: Analysis, climaxes: Sequence[ShownClimax], marks: Sequence[Marked]
) -> None:
    """Write one recording's analysis with what a person made of it: their climaxes in place of the found ones, marks.

    Parameters
    ----------
    destination, file : Path
        What is written, replaced as a whole, and the recording.
    analysis : Analysis
        The model's answer; all but its climaxes is written as it is.
    climaxes : sequence of ShownClimax
        As they are shown, the strongest first: what was taken away is not among them.
    marks : sequence of Marked
        In the order of time.

    Raises
    ------
    JobError
        "no_space" when the file cannot be written; an earlier one is then still there.
    """
    document = report([(file, analysis)], [])
    document["results"][0] |= {
        "climaxes": [_shown(shown) for shown in climaxes],
        "marks": [{"time_s": round(mark.time_s, 3)} | ({"label": mark.label} if mark.label else {}) for mark in marks],
    }
    write_document(destination, document)
