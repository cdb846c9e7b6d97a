"""Agreement between raters as JSON, schema `affekt.agreement/1` (described in docs/json.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from models.analysis import QUADRANTS
from models.evaluation.intervals import Score
from models.evaluation.rater_agreement import Agreement
from models.export.json_file import write_document

SCHEMA = "affekt.agreement/1"


def agreement_to_dict(agreement: Agreement) -> dict[str, Any]:
    """All of it as plain data; what is not defined is null."""

    def plain(value: float) -> float | None:
        return round(float(value), 6) if np.isfinite(value) else None

    def score(one: Score) -> dict[str, float | None]:
        return {"value": plain(one.value), "low": plain(one.low), "high": plain(one.high)}

    table, said = agreement.table, agreement.quadrants
    return {
        "schema": SCHEMA,
        "range": [-1, 1],
        "recordings": len(table.items),
        "recordings_of_two_raters": agreement.shared,
        "raters": [
            {
                "name": line.name,
                "labels": line.labels,
                "points": line.points,
                "cant_say": line.cant_say,
                "with_others": plain(line.with_others),
                "valence_shift": plain(line.valence_shift),
                "arousal_shift": plain(line.arousal_shift),
            }
            for line in agreement.raters
        ],
        "krippendorff_alpha": {name: score(one) for name, one in agreement.alpha.items()},
        "icc": {
            name: [
                {"kind": one.kind, **score(one.score), "recordings": one.items, "left_out": one.left_out}
                for one in found
            ]
            for name, found in agreement.icc.items()
        },
        "consensus": [
            {
                "file": str(file),
                "quadrant": QUADRANTS[q] if (q := int(said.quadrant[i])) >= 0 else None,
                "raters": int(said.n[i]),
                "shares": [plain(share) for share in said.shares[i]],
                **{
                    f"{name}{part}": plain(values[i])
                    for name, one in agreement.points.items()
                    for part, values in (("", one.mean), ("_spread", one.spread))
                },
            }
            for i, file in enumerate(table.items)
        ],
        "discuss_first": [
            {"file": str(one.file), "disagreement": plain(one.apart), "said": one.words} for one in agreement.discuss
        ],
    }


def write_agreement(destination: Path | None, agreement: Agreement) -> None:
    """Write to a file, replaced as a whole, or to standard output when there is none.

    Raises
    ------
    JobError
        "no_space" when the file cannot be written; an earlier one is then still there.
    """
    write_document(destination, agreement_to_dict(agreement))
