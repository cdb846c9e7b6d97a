"""The page on what to label next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.evaluation.report.drawing import draw_label_orders, save_svg
from models.evaluation.report.label_order import (
    FOLDS,
    REFERENCES,
    difference_curve,
    labels_needed,
    mean_curve,
)
from models.evaluation.report.tables import NOT_RUN, table
from models.training.next_clips import DEFAULT_ORDER

Results = Mapping[str, Mapping[str, Any]]
SOURCES = {"4qaed": "4QAED (real pop)", "emopia": "EMOPIA (piano, rendered)"}
_TITLES = {
    "random": "random",
    "mix": "mix (the default)",
    "unsure": "the model is unsure",
    "unlike": "unlike what was labelled",
    "typical": "like many not labelled",
}

_PROTOCOL = f"""A person labels clips in an order; the labels are those that the data sets give. A model of nothing
but these clips (kernel ridge regression on what the default model hears of a clip, `models/networks/memory.py`) is made
anew after every ten labels, says what it is unsure about, and is tested on clips of artists (4QAED) or songs (EMOPIA)
that it is never given: one of {FOLDS} grouped folds, another for each seed. The orders are those of
`models/training/next_clips.py`. Brackets are 95% intervals from a bootstrap over the seeds; they speak of these two
collections, not of other music.
"""

_LIMITS = """## What to hold against it

- The order was chosen by this comparison, on these clips; the figures of the chosen one are a little flattered by that.
- The simulated person never errs, and has all clips at hand. Disagreement between raters cannot be simulated with one
  label per clip: that part of the order is not measured.
- The model knows nothing but the labels. A personal layer over the shipped model starts from much more, and what is
  useful to it may be something else: that is not measured here.
- With ten or twenty labels any order is a lottery: the intervals say so.
"""


def label_order_page(results: Results, folder: Path) -> str:
    """Markdown of the page; draws its figure into `folder`."""
    parts = [
        "# What to label next, by simulation\n\nMade by `python -m models.evaluation.report pages`; do not edit.\n",
        _PROTOCOL,
    ]
    found = {source: results[f"next-{source}"] for source in SOURCES if f"next-{source}" in results}
    if found:
        save_svg(draw_label_orders(list(found.values()), _TITLES), folder / "figures" / "label-order.svg")
        parts.append("![Macro-F1 over labels, by order](figures/label-order.svg)\n")
    parts.append("## Labels needed for what random order reaches\n")
    for source, title in SOURCES.items():
        parts += [f"### {title}\n", _needed(found[source]) if source in found else f"{NOT_RUN}\n"]
    parts.append("## Macro-F1 by number of labels\n\nIn brackets: difference to random order at as many labels.\n")
    for source, title in SOURCES.items():
        parts.append(f"### {title}\n")
        if source not in found:
            parts.append(f"{NOT_RUN}\n")
            continue
        result = found[source]
        clips = f"{result['clips']} clips, {result['groups']} groups, {len(result['seeds'])} seeds."
        parts += [f"{clips}\n", _scores(result)]
    if set(found) == set(SOURCES):
        parts.append(_verdict(found))
    return "\n".join([*parts, _LIMITS])


def _scores(result: Mapping[str, Any]) -> str:
    means = {order: mean_curve(result, order) for order in _TITLES}
    apart = {order: difference_curve(result, order) for order in _TITLES}
    rows = []
    for i, budget in enumerate(result["budgets"]):
        row = [str(budget)]
        for order in _TITLES:
            value, low, high = means[order][:, i]
            if order == "random":
                row.append(f"{value:.3f} ({low:.3f} to {high:.3f})")
            else:
                value_apart, low, high = apart[order][:, i]
                row.append(f"{value:.3f} ({value_apart:+.3f}; {low:+.3f} to {high:+.3f})")
        rows.append(row)
    return table(["labels", *_TITLES.values()], rows) + "\n"


def _count(value: float, most: int) -> str:
    return f"{value:.0f}" if math.isfinite(value) else f"more than {most}"


def _needed(result: Mapping[str, Any]) -> str:
    most = result["budgets"][-1]
    rows = []
    for reference in sorted({*REFERENCES} & {*result["budgets"]}):
        row = [str(reference)]
        for order in list(_TITLES)[1:]:
            value, low, high = labels_needed(result, order, reference)
            row.append(f"{_count(value, most)} ({_count(low, most)} to {_count(high, most)})")
        rows.append(row)
    return table(["random", *list(_TITLES.values())[1:]], rows) + "\n"


def _verdict(found: Results) -> str:
    """Say in a sentence per source what the default saves, as far as its interval allows."""
    lines = ["## In short\n"]
    for source, result in found.items():
        for reference in sorted({40, 80} & {*result["budgets"]}):
            value, low, high = labels_needed(result, DEFAULT_ORDER, reference)
            most = result["budgets"][-1]
            words = (
                f"{_count(value, most)} labels ({_count(low, most)} to {_count(high, most)}) do the work of {reference}"
            )
            shown = "a saving" if high < reference else "no saving is shown"
            lines.append(f"- {SOURCES[source]}: in the default order {words} in random order: {shown}.")
        _, _, highest = difference_curve(result, DEFAULT_ORDER)
        worse = [str(budget) for budget, high in zip(result["budgets"], highest, strict=True) if high < 0]
        if worse:
            lines.append(
                f"- {SOURCES[source]}: with {' and '.join(worse)} labels the default order is worse than random."
            )
    return "\n".join(lines) + "\n"
