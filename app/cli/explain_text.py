"""An explanation in words: what is explained, and which moments carry most of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from models.analysis import QUADRANTS
from models.audio.files import shown_name
from models.explain.method_words import METHOD_WORDS

if TYPE_CHECKING:
    from models.explain.explanation import Explanation

#: Moments that are named.
_MOMENTS = 5
#: Half of what a value over time stands for.
_HALF_STEP_S = 0.25


def explanation_lines(file: Path, explanation: Explanation) -> list[str]:
    """Return the account that is printed, line by line."""
    lines = [f"{shown_name(file)}: {number_words(explanation)}, by {explanation.method}."]
    lines += [explanation.note] if explanation.note else []
    return [*lines, METHOD_WORDS[explanation.method].standing, *_moments(explanation)]


def number_words(explanation: Explanation) -> str:
    """Return what is explained: "Q1: logit 0.28 below the mean of all four: the model leans away from it"."""
    if explanation.target not in QUADRANTS:
        return f"{explanation.target} of the whole: {explanation.number:+.3f} in [-1, 1]"
    side, way = ("below", "away from") if explanation.number < 0 else ("above", "towards")
    return (
        f"{explanation.target}: logit {abs(explanation.number):.3f} {side} the mean of all four: "
        f"the model leans {way} it"
    )


def _moments(explanation: Explanation) -> list[str]:
    """The stretches that carry most, each told once: what was weighed together has one value."""
    import numpy as np

    stretches: list[tuple[float, float, float, str]] = []
    for at, (time_s, value) in enumerate(zip(explanation.times_s, explanation.over_time, strict=True)):
        start_s, end_s, around = float(time_s) - _HALF_STEP_S, float(time_s) + _HALF_STEP_S, ""
        if explanation.map.size:
            low_hz, high_hz = explanation.range_of(int(explanation.map[:, at].argmax()))
            around = f"  most from {low_hz:.0f}" + (f" to {high_hz:.0f} Hz" if np.isfinite(high_hz) else " Hz on")
        before = stretches[-1] if stretches else None
        if before is not None and before[3] == around and np.isclose(before[2], value, rtol=1e-4, atol=1e-9):
            stretches[-1] = (before[0], end_s, before[2], around)
        else:
            stretches.append((start_s, end_s, float(value), around))
    sign = "+" if explanation.is_signed else ""
    return [
        f"{_clock(start_s)}-{_clock(end_s)}  {value:{sign}.4f}{around}"
        for start_s, end_s, value, around in sorted(stretches, key=lambda each: -each[2])[:_MOMENTS]
    ]


def _clock(time_s: float) -> str:
    minutes, seconds = divmod(round(max(0.0, time_s), 1), 60)
    return f"{int(minutes)}:{seconds:04.1f}"
