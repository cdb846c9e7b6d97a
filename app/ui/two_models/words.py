"""What two models say of one recording, in words and figures."""

from __future__ import annotations

import html

from app.ui.strings import NOTHING, between, clock, percent, quadrant_label, signed, tr
from models.analysis import QUADRANTS, Analysis
from models.inference.differences import Differences, DifferingMoment


def aspect_name(aspect: str) -> str:
    """Return what a moment's difference is in."""
    return {"quadrants": tr("quadrants"), "valence": tr("valence"), "arousal": tr("arousal")}[aspect]


def _at(analysis: Analysis, time_s: float) -> int:
    return int(abs(analysis.times_s - time_s).argmin())


def _said(analysis: Analysis, moment: DifferingMoment) -> str:
    step = _at(analysis, moment.peak_s)
    if moment.aspect == "quadrants":
        row = analysis.quadrants_over_time[step]
        best = int(row.argmax())
        return f"{quadrant_label(QUADRANTS[best], short=True)} {percent(float(row[best]))}"
    values = analysis.valence_over_time if moment.aspect == "valence" else analysis.arousal_over_time
    return signed(float(values[step]))


def moment_text(moment: DifferingMoment, first: Analysis, second: Analysis) -> str:
    """Return a moment as two lines: when and in what, then what each says."""
    head = tr("{time}  {aspect}, {size}").format(
        time=clock(moment.peak_s), aspect=aspect_name(moment.aspect), size=f"{moment.size:.2f}"
    )
    body = tr("A {first}, B {second}").format(first=_said(first, moment), second=_said(second, moment))
    return f"{head}\n{body}"


def figures_html(first: Analysis | None, second: Analysis | None, found: Differences | None) -> str:
    """Return what both say of the whole track, side by side."""
    rows = [
        (
            quadrant_label(quadrant, short=True),
            *(_share(one, index) for one in (first, second)),
        )
        for index, quadrant in enumerate(QUADRANTS)
    ]
    rows.append((tr("valence"), *(_whole(one, "valence") for one in (first, second))))
    rows.append((tr("arousal"), *(_whole(one, "arousal") for one in (first, second))))
    rows.append((tr("climaxes"), *(NOTHING if one is None else str(len(one.climaxes)) for one in (first, second))))
    cells = "".join(
        "<tr>" + "".join(f"<td style='padding-right:12px'>{cell}</td>" for cell in row) + "</tr>" for row in rows
    )
    head = "".join(f"<th align='left'>{text}</th>" for text in ("", "A", "B"))
    text = f"<table cellspacing='2'><tr>{head}</tr>{cells}</table>"
    if found is not None and first is not None and second is not None:
        quadrants, valence, arousal = found.mean
        apart = tr(
            "On average {quadrants} of the belief in quadrants differs, valence by {valence}, arousal by {arousal}."
        ).format(quadrants=percent(quadrants), valence=f"{2 * valence:.2f}", arousal=f"{2 * arousal:.2f}")
        agree = (
            tr("Both say {quadrant}.").format(quadrant=quadrant_label(first.quadrant))
            if first.quadrant == second.quadrant
            else tr("They disagree about the quadrant.")
        )
        text = f"{text}<p>{html.escape(agree)} {html.escape(apart)}</p>"
    return text


def _share(analysis: Analysis | None, index: int) -> str:
    return NOTHING if analysis is None else html.escape(percent(float(analysis.probabilities[index])))


def _whole(analysis: Analysis | None, aspect: str) -> str:
    if analysis is None:
        return NOTHING
    value, band = (
        (analysis.valence, analysis.valence_band) if aspect == "valence" else (analysis.arousal, analysis.arousal_band)
    )
    return f"{signed(value)}<br><small>{between(*band)}</small>" if band is not None else signed(value)
