"""Agreement of raters as text."""

from __future__ import annotations

import math

from models.evaluation.intervals import Score
from models.evaluation.rater_agreement import DIMENSIONS, Agreement, verdict

#: Recordings to discuss that are printed.
_SHOWN = 10
_LEVELS = {"quadrant": "nominal", "valence": "interval", "arousal": "interval"}


def _with_interval(score: Score) -> str:
    if not math.isfinite(score.value):
        return "-"
    low, high = (f"{end:.3f}" if math.isfinite(end) else "?" for end in (score.low, score.high))
    return f"{score.value:.3f} (95% {low} to {high})"


def _share(value: float) -> str:
    return f"{value:.0%}" if math.isfinite(value) else "-"


def _shift(value: float) -> str:
    return f"{value:+.2f}" if math.isfinite(value) else "-"


def agreement_text(agreement: Agreement) -> str:
    """Lines for the terminal: raters, alpha, ICC, what to discuss first."""
    table = agreement.table
    lines = [
        f"{len(table.items)} recordings, {len(table.raters)} raters; {agreement.shared} recordings by two or more.",
        "",
    ]
    width = max([len(line.name or "unnamed") for line in agreement.raters] + [5])
    head = f"{'rater':{width}}  labels  points  can't say  as most others  valence shift  arousal shift"
    lines.append(head)
    lines += [
        f"{line.name or 'unnamed':{width}}  {line.labels:6}  {line.points:6}  {line.cant_say:9}  "
        f"{_share(line.with_others):>14}  {_shift(line.valence_shift):>13}  {_shift(line.arousal_shift):>13}"
        for line in agreement.raters
    ]
    lines += ["", "Krippendorff's alpha (1 perfect, 0 chance; interval: bootstrap over recordings)"]
    for name, score in agreement.alpha.items():
        lines.append(f"  {name:9} {_LEVELS[name]:9} {_with_interval(score)}: {verdict(score)}")
    for name in DIMENSIONS:
        for one in agreement.icc.get(name, ()):
            what = "one rater" if one.kind == "ICC2" else f"the mean of {one.raters}"
            lines.append(
                f"  ICC(2,{'1' if one.kind == 'ICC2' else 'k'}) {name:9} {_with_interval(one.score)}: {what}, "
                f"{one.items} recordings that all rated"
            )
    if agreement.discuss:
        lines += ["", "Worth discussing first (0 agree, 1 opposite corners of the plane)"]
        lines += [f"  {one.apart:.2f}  {one.file.name}: {one.words}" for one in agreement.discuss[:_SHOWN]]
        more = len(agreement.discuss) - _SHOWN
        lines += [f"  and {more} more"] if more > 0 else []
    lines += ["", "Shifts are against the mean of the others; valence and arousal are in [-1, 1]."]
    return "\n".join(lines)
