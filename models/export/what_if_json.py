"""Answers before and after a change of the sound as JSON: schema `affekt.what-if/1` (docs/json.md)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.analysis import QUADRANTS
from models.export.json_file import write_document

if TYPE_CHECKING:
    from models.analysis import Domain
    from models.explain.counterfactual import Answer, WhatIf

SCHEMA = "affekt.what-if/1"
_DIGITS = 6


def what_if_document(file: Path, answers: Sequence[WhatIf]) -> dict[str, Any]:
    """Return the document; see docs/json.md for its fields, units and ranges."""
    return {
        "schema": SCHEMA,
        "file": str(file),
        "start_s": round(answers[0].start_s, _DIGITS),
        "end_s": round(answers[0].end_s, _DIGITS),
        "before": {
            "whole": _answer(answers[0].before),
            "stretch": _answer(answers[0].stretch_before),
            "unfamiliar": _unfamiliar(answers[0].domain_before),
        },
        "changes": [
            {
                "kind": one.change.kind,
                "amount": one.change.amount,
                "whole": _answer(one.after),
                "stretch": _answer(one.stretch_after),
                "unfamiliar": _unfamiliar(one.domain_after),
                "note": one.note,
            }
            for one in answers
        ],
    }


def write_what_if(destination: Path | None, file: Path, answers: Sequence[WhatIf]) -> None:
    """Write it to a file, replaced as a whole, or to standard output when there is none.

    Raises
    ------
    JobError
        "no_space" when the file cannot be written.
    """
    write_document(destination, what_if_document(file, answers))


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "probabilities": {
            name: round(float(p), _DIGITS) for name, p in zip(QUADRANTS, answer.probabilities, strict=True)
        },
        "valence": round(answer.valence, _DIGITS),
        "arousal": round(answer.arousal, _DIGITS),
    }


def _unfamiliar(domain: Domain | None) -> str:
    return "" if domain is None or domain.is_familiar else domain.kind
