"""Evaluations as JSON, schema `affekt.evaluation/1` (described in docs/json.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.analysis import QUADRANTS
from models.evaluation.comprehensive import INDICATORS
from models.evaluation.intervals import Score
from models.evaluation.measure import INTERVAL, Comparison, Evaluation, GemsResult, PlaneResult, QuadrantResult
from models.evaluation.reliability import Reliability
from models.evaluation.traces import TraceScores
from models.export.analysis_json import error_to_dict
from models.export.json_file import write_document

SCHEMA = "affekt.evaluation/1"


def _scores(scores: Mapping[str, Score]) -> dict[str, dict[str, float]]:
    return {name: score.as_dict() for name, score in scores.items()}


def _quadrants(result: QuadrantResult) -> dict[str, Any]:
    return {
        "labels": list(QUADRANTS),
        "clips": result.clips,
        "groups": result.groups,
        "scores": _scores(result.scores),
        "confusion": result.confusion.tolist(),
        "calibration": _calibration(result.reliability),
    }


def _calibration(result: Reliability) -> dict[str, Any]:
    low, high = result.calibrated_error_range
    return {
        "scores": _scores(result.scores),
        "error_if_calibrated": Score(result.calibrated_error, low, high).as_dict(),
        "reliability": [
            {
                "low": round(b.low, 4),
                "high": round(b.high, 4),
                "clips": b.clips,
                "confidence": round(b.confidence, 4),
                "accuracy": round(b.accuracy, 4),
            }
            for b in result.bins
        ],
        "risk_coverage": [
            {"confidence": round(p.confidence, 4), "coverage": round(p.coverage, 4), "risk": round(p.risk, 4)}
            for p in result.coverage
        ],
    }


def _plane(result: PlaneResult) -> dict[str, Any]:
    return {
        "clips": result.clips,
        "groups": result.groups,
        "scores": _scores(result.scores),
        "band": _scores(result.band),
    }


def _traces(result: TraceScores) -> dict[str, Any]:
    return {
        "pieces": result.pieces,
        "points": result.points,
        "pieces_left_out": result.pieces_left_out,
        "within": _scores(result.within),
        "over_all_points": _scores(result.over_all_points),
        "variance": _scores(result.variance),
        "band": _scores(result.band),
    }


def _gems(result: GemsResult) -> dict[str, Any]:
    return {
        "clips": result.clips,
        "groups": result.groups,
        "mean_pearson": result.mean_pearson.as_dict() if result.mean_pearson else None,
        "emotions": {name: _scores(scores) for name, scores in result.emotions.items()},
    }


def evaluation_to_dict(evaluation: Evaluation) -> dict[str, Any]:
    """One entry of "results"; what the labels did not allow to measure is null or has no entry."""
    return {
        "folder": evaluation.folder,
        "split": evaluation.split,
        "model": {"id": evaluation.model_id, "version": evaluation.model_version},
        "clips": evaluation.clips,
        "groups": evaluation.groups,
        "protocol": evaluation.protocol,
        "warnings": list(evaluation.warnings),
        "quadrants": _quadrants(evaluation.quadrants) if evaluation.quadrants else None,
        "valence_arousal": {
            "range": [-1, 1],
            "source": evaluation.plane_source,
            "band_coverage": round(evaluation.band_coverage, 4),
            "tracks": {name: _plane(result) for name, result in evaluation.plane.items()},
            "traces": {name: _traces(result) for name, result in evaluation.traces.items()},
        },
        "gems": _gems(evaluation.gems) if evaluation.gems else None,
        "errors": [error_to_dict(failure.clip.path, failure.error) for failure in evaluation.failures],
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "folder": comparison.folder,
        "dimension": comparison.dimension,
        "ranking": [
            {"model": {"id": model, "version": version}, "score": round(float(score), 4)}
            for (model, version), score in zip(comparison.models, comparison.comprehensive.scores, strict=True)
        ],
        "weights": {
            name: round(float(weight), 4)
            for name, weight in zip(INDICATORS, comparison.comprehensive.weights, strict=True)
        },
    }


def evaluation_report(evaluations: Sequence[Evaluation], comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Assemble the whole document."""
    return {
        "schema": SCHEMA,
        "interval": INTERVAL,
        "results": [evaluation_to_dict(evaluation) for evaluation in evaluations],
        "comprehensive": [_comparison(comparison) for comparison in comparisons],
    }


def write_evaluation(
    destination: Path | None, evaluations: Sequence[Evaluation], comparisons: Sequence[Comparison]
) -> None:
    """Write evaluations to a file, replaced as a whole, or to standard output when there is none.

    Raises
    ------
    JobError
        "no_space" when the file cannot be written; an earlier one is then still there.
    """
    write_document(destination, evaluation_report(evaluations, comparisons))
