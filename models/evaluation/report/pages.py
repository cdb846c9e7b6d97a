"""From stored results to Markdown pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.errors import JobError
from models.evaluation.report.adaptation_page import adaptation_page
from models.evaluation.report.first_paper import first_paper_page
from models.evaluation.report.label_order_page import label_order_page
from models.evaluation.report.own_model_page import own_model_page
from models.evaluation.report.second_paper import second_paper_page

_INDEX = """# The papers' numbers beside ours

Three papers claim figures for music emotion recognition; two of them are built here as networks and measured under
protocols that keep songs, artists and series apart.

- [The first paper](first-paper.md): CRNN with self-attention and its baselines, siblings, other sources, quiet intros.
- [The second paper](second-paper.md): CNN-BiLSTM with attention, its ablations, the lag-order study and its leak.
- [The personal model](adaptation.md): a person's own clips after so many corrections, by simulation and on real users.
- [One's own model](own-model.md): what training on forty labelled clips is worth, by simulation.
- [What to label next](label-order.md): how many labels an order of labelling saves, by simulation.

These pages compare networks under one small, stated budget. What the models that come with the program score is in
their cards (`affekt models`), measured by cross-validation.

Every figure comes from a file in `results/`. `python -m models.evaluation.report pages` makes the pages again from
them; `python -m models.evaluation.report run --help` says how to run the experiments again. A row that says "not run"
was not run within the budget.
"""


def read_results(folder: Path) -> dict[str, dict[str, Any]]:
    """Stored results by name.

    Raises
    ------
    JobError
        "bad_data" for a file that is no result; the message names it.
    """
    results = {}
    for file in sorted(folder.glob("*.json")):
        try:
            results[file.stem] = json.loads(file.read_text(encoding="utf-8"))
        except (ValueError, OSError) as error:
            raise JobError(
                "bad_data", f"{file} is no stored result: remove it and run its experiment.", str(error)
            ) from None
    return results


def write_pages(results: Mapping[str, Mapping[str, Any]], folder: Path) -> list[Path]:
    """Write the pages and their figures; what has no result says "not run"."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {
        "README.md": _INDEX,
        "first-paper.md": first_paper_page(results, folder),
        "second-paper.md": second_paper_page(results, folder),
        "adaptation.md": adaptation_page(results, folder),
        "own-model.md": own_model_page(results),
        "label-order.md": label_order_page(results, folder),
    }
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in pages]
