"""Markdown tables of the report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

NOT_RUN = "not run"
NOT_GIVEN = "-"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def interval(score: Mapping[str, float] | None, digits: int = 3) -> str:
    """A figure with its 95% interval, as "0.612 (0.540-0.680)"."""
    if score is None:
        return NOT_RUN
    return f"{score['value']:.{digits}f} ({score['low']:.{digits}f} to {score['high']:.{digits}f})"


def number(value: float | None, digits: int = 3) -> str:
    """A figure, or "-" where there is none."""
    return NOT_GIVEN if value is None or math.isnan(value) else f"{value:.{digits}f}"


def budget(result: Mapping[str, Any] | None) -> str:
    """What was spent: epochs, and minutes of one processor core."""
    if result is None:
        return NOT_RUN
    return (
        f"{result['epochs']} epochs (kept: {result['kept_epoch']}), {result['processor_minutes']:.0f} min of one core"
    )
