"""What a model's confidence is worth, for print: reliability diagram and risk-coverage curve."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from models.evaluation.measure import Evaluation
from models.evaluation.reliability import Reliability
from models.figures.palette import LINE_COLOUR, SOFT_COLOUR
from models.figures.saving import save_figure
from models.figures.style import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BLUE, _ORANGE = "#0072B2", "#D55E00"


def draw_reliability(evaluation: Evaluation) -> Figure:
    """Draw how often answers of each confidence are right, and how many are wrong if only the surest are given.

    Raises
    ------
    ValueError
        If no quadrants were measured.
    """
    if evaluation.quadrants is None:
        raise ValueError("there are no quadrants to draw")
    from matplotlib.figure import Figure

    reliability = evaluation.quadrants.reliability
    with drawing():
        figure = Figure(figsize=(7.2, 4.6), layout="constrained")
        axes = figure.subplot_mosaic([["accuracy", "risk"], ["clips", "risk"]], height_ratios=(4, 1))
        _diagram(axes["accuracy"], reliability)
        _histogram(axes["clips"], reliability)
        _risk(axes["risk"], reliability, evaluation.quadrants.scores["accuracy"].value)
        for each in axes.values():
            each.spines[["top", "right"]].set_visible(False)
        name = evaluation.folder + (f", split {evaluation.split}" if evaluation.split else "")
        figure.suptitle(f"{evaluation.model_id} {evaluation.model_version} on {name}", fontsize=10, parse_math=False)
        figure.supxlabel(
            f"{evaluation.quadrants.clips} recordings of {evaluation.quadrants.groups} groups, quadrants Q1 to Q4. "
            "Confidence: the probability of the most probable quadrant.",
            fontsize=7,
            color=SOFT_COLOUR,
        )
    return figure


def _diagram(axes: Axes, reliability: Reliability) -> None:
    error, excess = (reliability.scores[name] for name in ("expected_calibration_error", "calibration_excess"))
    axes.bar(
        [b.low for b in reliability.bins],
        [b.accuracy for b in reliability.bins],
        width=[b.high - b.low for b in reliability.bins],
        align="edge",
        color=_BLUE,
        alpha=0.55,
        edgecolor="white",
        label="share of right answers",
    )
    axes.plot([0, 1], [0, 1], color=SOFT_COLOUR, linewidth=0.8, linestyle=(0, (4, 2)), label="perfectly calibrated")
    axes.plot(
        [b.confidence for b in reliability.bins],
        [b.confidence for b in reliability.bins],
        "o",
        color=_ORANGE,
        markersize=3,
        label="mean confidence",
    )
    axes.set(xlim=(0, 1), ylim=(0, 1), ylabel="share of right answers, 0..1")
    axes.set_title(
        f"calibration error {error.value:.3f}; {reliability.calibrated_error:.3f} is chance alone,\n"
        f"excess {excess.value:+.3f} ({excess.low:+.3f} to {excess.high:+.3f})",
        fontsize=8,
    )
    axes.legend(loc="upper left", frameon=True, framealpha=0.85, edgecolor="none")
    axes.tick_params(labelbottom=False)


def _histogram(axes: Axes, reliability: Reliability) -> None:
    axes.bar(
        [b.low for b in reliability.bins],
        [b.clips for b in reliability.bins],
        width=[b.high - b.low for b in reliability.bins],
        align="edge",
        color=LINE_COLOUR,
        edgecolor="white",
    )
    axes.set(xlim=(0, 1), xlabel="confidence, 0..1", ylabel="recordings")


def _risk(axes: Axes, reliability: Reliability, accuracy: float) -> None:
    area = reliability.scores["risk_coverage_area"]
    axes.axhline(1 - accuracy, color=SOFT_COLOUR, linewidth=0.8, linestyle=(0, (4, 2)), label="in any order")
    axes.plot(
        [p.coverage for p in reliability.coverage],
        [p.risk for p in reliability.coverage],
        color=_BLUE,
        marker="o",
        markersize=2.5,
        label="the surest first",
    )
    axes.set(
        xlim=(0, 1.02),
        ylim=(0, None),
        xlabel="coverage: share of recordings answered, 0..1",
        ylabel="risk: share of wrong answers, 0..1",
    )
    axes.set_title(f"area under the curve {area.value:.3f}\n({area.low:.3f} to {area.high:.3f})", fontsize=8)
    axes.legend(loc="lower right", frameon=False)


def write_reliability(folder: Path, evaluation: Evaluation) -> list[Path]:
    """Write the figure as PNG and SVG; one pair of files per model, labelled folder and split.

    Raises
    ------
    JobError
        "no_space" when a file cannot be written.
    """
    parts = [evaluation.folder, evaluation.split, evaluation.model_id, "reliability"]
    stem = "-".join(re.sub(r"[^\w.]+", "_", part) for part in parts if part)
    return save_figure(draw_reliability(evaluation), folder, stem, endings=("png", "svg"))
