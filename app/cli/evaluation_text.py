"""An evaluation in words and columns, as `affekt evaluate` prints it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from models.analysis import QUADRANTS
from models.evaluation.comprehensive import INDICATORS
from models.evaluation.intervals import Score
from models.evaluation.measure import Comparison, Evaluation, GemsResult, PlaneResult, QuadrantResult
from models.evaluation.reliability import Reliability
from models.evaluation.traces import TraceScores

_WIDTH = 100
_NAME = 50
#: Shares of the recordings answered, of the risk-coverage curve.
_COVERAGES = (0.2, 0.4, 0.6, 0.8, 1.0)
_WORDS = {
    "accuracy": "accuracy",
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "macro_f1": "macro F1",
    "balanced_accuracy": "balanced accuracy",
    "arousal_accuracy": "right side of arousal",
    "valence_accuracy": "right side of valence",
    "brier": "Brier score, 0 to 2",
    "negative_log_likelihood": "negative log-likelihood, nats",
    "risk_coverage_area": "area under the risk-coverage curve, 0 to 1",
    "r2": "R2",
    "rmse": "RMSE, scale [-1, 1]",
    "mae": "MAE, scale [-1, 1]",
    "mape": "MAPE, scale 0..1, truth floored at 0.05",
    "pearson": "Pearson r",
    "ccc": "concordance (CCC)",
    "truth_between": "of the ratings' variance, between pieces",
    "answer_between": "of the model's variance, between pieces",
    "width": "mean width of the band",
}
_PERCENT = ("mape",)
_ORIGIN = {"derived": "derived from the quadrant probabilities", "regressor": "by the regressor"}


def evaluation_text(evaluation: Evaluation) -> str:
    """The whole evaluation of one model on one labelled folder."""
    which = f", split {evaluation.split}" if evaluation.split else ""
    lines = [
        f"{evaluation.folder}{which}: {evaluation.model_id} version {evaluation.model_version}, "
        f"{_counted(evaluation.clips, 'recording')} of {_counted(evaluation.groups, 'group')}"
    ]
    for warning in evaluation.warnings:
        lines += _wrapped("  WARNING  ", warning, "           ")
    if evaluation.quadrants:
        lines += _quadrants(evaluation.quadrants)
        lines += _calibration(evaluation.quadrants.reliability)
    for name, result in evaluation.plane.items():
        lines += _plane(name, result, evaluation)
    for name, scores in evaluation.traces.items():
        lines += _traces(name, scores, evaluation.band_coverage)
    if evaluation.gems:
        lines += _gems(evaluation.gems)
    return "\n".join([*lines, "", *_wrapped("  Protocol: ", evaluation.protocol, "    ")])


def comparison_text(comparison: Comparison) -> str:
    """The second paper's comprehensive score of several models."""
    weights = zip(INDICATORS, comparison.comprehensive.weights, strict=True)
    lines = [
        f"{comparison.folder}, {comparison.dimension}: comprehensive score, from 0 (worst by all figures) to 1 (best)",
        *(
            f"    {f'{model} version {version}':{_NAME}}  {score:6.3f}"
            for (model, version), score in zip(comparison.models, comparison.comprehensive.scores, strict=True)
        ),
        "  Entropy weights: "
        + ", ".join(f"{_WORDS[name].split(',')[0]} {weight:.2f}" for name, weight in weights)
        + " (equations 2 to 8 of Qiu, Lin and Lin 2025).",
    ]
    return "\n".join(lines)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _wrapped(first: str, text: str, then: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False
    )


def _heading(title: str) -> list[str]:
    return ["", f"  {title:{_NAME + 2}}   value  95% interval"]


def _row(name: str, score: Score, *, percent: bool = False, signed: bool = False) -> str:
    sign = "+" if signed else ""
    value, low, high = (f"{x:{sign}.1%}" if percent else f"{x:{sign}.3f}" for x in (score.value, score.low, score.high))
    return f"    {name:{_NAME}}  {value:>6}  {low} to {high}"


def _rows(scores: Mapping[str, Score], before: str = "") -> list[str]:
    return [_row(before + _WORDS.get(name, name), score, percent=name in _PERCENT) for name, score in scores.items()]


def _quadrants(result: QuadrantResult) -> list[str]:
    counts = result.confusion
    given, asked = counts.sum(axis=0), counts.sum(axis=1)
    title = f"Quadrants: {_counted(result.clips, 'recording')} of {_counted(result.groups, 'group')}"
    lines = [*_heading(title), *_rows(result.scores), ""]
    lines.append("    label, then answers " + "".join(f"{name:>7}" for name in QUADRANTS) + "  recall")
    for i, name in enumerate(QUADRANTS):
        recall = f"{counts[i, i] / asked[i]:.3f}" if asked[i] else "none"
        lines.append(f"    {name:20}" + "".join(f"{n:7d}" for n in counts[i]) + f"  {recall:>6}")
    precision = (f"{counts[i, i] / given[i]:.3f}" if given[i] else "none" for i in range(len(QUADRANTS)))
    lines.append(f"    {'precision':20}" + "".join(f"{text:>7}" for text in precision))
    return lines


def _calibration(result: Reliability) -> list[str]:
    scores = dict(result.scores)
    error, excess = scores.pop("expected_calibration_error"), scores.pop("calibration_excess")
    chance = Score(result.calibrated_error, *result.calibrated_error_range)
    lines = [
        *_heading("Calibration of the quadrants' probabilities"),
        _row("expected calibration error (ECE, 10 bins)", error),
        _row("  of a perfectly calibrated model, by chance", chance),
        _row("  excess over chance", excess, signed=True),
        *_rows(scores),
        "",
        "    confidence     recordings  mean confidence  right",
    ]
    lines += [
        f"    {b.low:.1f} to {b.high:.1f}   {b.clips:12d}  {b.confidence:15.3f}  {b.accuracy:5.3f}" for b in result.bins
    ]
    at = [next(p for p in result.coverage if p.coverage >= share - 1e-9) for share in _COVERAGES]
    at = list(dict.fromkeys(at))  # where many are equally sure, a step answers more than was asked
    lines += ["", "    answered, the surest first " + "".join(f"{p.coverage:8.0%}" for p in at)]
    return [*lines, "    wrong among the answered   " + "".join(f"{p.risk:8.1%}" for p in at)]


def _plane(name: str, result: PlaneResult, evaluation: Evaluation) -> list[str]:
    counts = f"{_counted(result.clips, 'recording')} of {_counted(result.groups, 'group')}"
    origin = _ORIGIN.get(evaluation.plane_source, evaluation.plane_source)
    return [
        *_heading(f"{name.capitalize()}: {counts}"),
        f"    {origin}",
        *_rows(result.scores),
        *_band(result.band, evaluation.band_coverage),
    ]


def _traces(name: str, result: TraceScores, coverage: float) -> list[str]:
    pieces = f"{_counted(result.pieces, 'piece')}, {_counted(result.points, 'rating')}"
    lines = [*_heading(f"{name.capitalize()} over time: {pieces}")]
    if result.pieces_left_out:
        lines.append(f"    {result.pieces_left_out} of them hold no movement to follow: not in the means within pieces")
    return [
        *lines,
        *_rows(result.within, "within pieces: mean "),
        *_rows(result.over_all_points, "all ratings: "),
        *_rows(result.variance),
        *_band(result.band, coverage),
    ]


def _band(band: Mapping[str, Score], coverage: float) -> Iterable[str]:
    if band:
        yield _row(f"ratings inside the band, which claims {coverage:.0%}", band["inside"], percent=True)
        yield _row(_WORDS["width"], band["width"])


def _gems(result: GemsResult) -> list[str]:
    title = f"GEMS, Pearson r: {_counted(result.clips, 'recording')} of {_counted(result.groups, 'group')}"
    lines = _heading(title)
    if result.mean_pearson:
        lines.append(_row("mean over emotions", result.mean_pearson))
    return lines + [
        _row(name.replace("_", " "), scores["pearson"])
        for name, scores in result.emotions.items()
        if "pearson" in scores
    ]


def report_text(evaluations: Sequence[Evaluation], comparisons: Sequence[Comparison]) -> str:
    """Everything, with how to read it at the end."""
    parts = [evaluation_text(evaluation) for evaluation in evaluations]
    parts += [comparison_text(comparison) for comparison in comparisons]
    if any(evaluation.plane for evaluation in evaluations) and not comparisons:
        parts.append(
            "The second paper's comprehensive score ranks models by R2, RMSE, MAE and MAPE together: name --model twice"
            "\nor more, for models that can be told apart."
        )
    parts.append("Estimates of the emotion the music expresses, not of how a listener feels.")
    return "\n\n".join(parts)
