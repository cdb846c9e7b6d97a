"""An explanation as JSON: schema `affekt.explanation/1` (docs/json.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.explain.explanation import Explanation
from models.export.json_file import write_document

SCHEMA = "affekt.explanation/1"
_DIGITS = 6


def explanation_document(file: Path, explanation: Explanation) -> dict[str, Any]:
    """Return the document; see docs/json.md for its fields, units and ranges."""
    ends = {"start_s": explanation.start_s, "end_s": explanation.end_s}
    return {
        "schema": SCHEMA,
        "file": str(file),
        "target": explanation.target,
        "method": explanation.method,
        "model": {"id": explanation.model_id, "version": explanation.model_version},
        "number": round(explanation.number, _DIGITS),
        "note": explanation.note,
        **{name: round(value, _DIGITS) for name, value in ends.items() if value is not None},
        "times_s": _numbers(explanation.times_s),
        "over_time": _numbers(explanation.over_time),
        "frequencies_hz": _numbers(explanation.frequencies_hz),
        "map": [_numbers(row) for row in explanation.map],
    }


def write_explanation(destination: Path | None, file: Path, explanation: Explanation) -> None:
    """Write it to a file, replaced as a whole, or to standard output when there is none.

    Raises
    ------
    JobError
        "no_space" when the file cannot be written.
    """
    write_document(destination, explanation_document(file, explanation))


def _numbers(values: NDArray[np.floating]) -> list[float]:
    # Significant digits, not decimals: what a single cell carries may be a millionth.
    return [float(f"{value:.{_DIGITS}g}") for value in values]
