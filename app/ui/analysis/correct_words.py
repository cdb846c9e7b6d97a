"""What the window says of corrections: who made them, what the model said, and what came of them."""

from __future__ import annotations

import numpy as np

from app.document import Document
from app.opinions import Adaptation
from app.ui.strings import clock, percent, quadrant_label, signed, tr
from models.analysis import QUADRANTS, Analysis

ARROW = "\u2192"


def corrected_by(document: Document, track_id: int) -> str:
    """Return "corrected by you", or by whom, and to what; empty where nobody corrected the track."""
    made = [label for label in document.labels(track_id) if label.origin == "correction"]
    if not made:
        return ""
    rater = document.rater
    mine = [label for label in made if rater is not None and label.rater_id == rater.id]
    label = max(mine or made, key=lambda label: label.is_whole)
    if mine:
        words = tr("corrected by you")
    else:
        words = tr("corrected by {name}").format(name=document.rater_of(label.rater_id).name)
    if not label.is_whole:
        return tr("{corrected}, a passage").format(corrected=words)
    return f"{words}: {quadrant_label(label.quadrant, short=True)}" if label.quadrant else words


def corrected_short(document: Document, track_id: int) -> str:
    """Return "corrected: Q4", where room is short; empty where nobody corrected the track."""
    made = [label for label in document.labels(track_id) if label.origin == "correction"]
    quadrant = next((label.quadrant for label in reversed(made) if label.is_whole and label.quadrant), None)
    if quadrant is None:
        return tr("corrected") if made else ""
    return tr("corrected: {quadrant}").format(quadrant=quadrant)


def passage_text(passage: tuple[float, float]) -> str:
    """Return a passage as "0:12 to 0:30"."""
    return tr("{start} to {end}").format(start=clock(passage[0]), end=clock(passage[1]))


def point_of(analysis: Analysis, passage: tuple[float, float] | None) -> tuple[float, float]:
    """Valence and arousal that the model hears in the whole, or on average in a passage."""
    if passage is None:
        return analysis.valence, analysis.arousal
    inside = (analysis.times_s >= passage[0]) & (analysis.times_s <= passage[1])
    if not inside.any():
        inside = np.arange(len(analysis.times_s)) == int(np.argmin(np.abs(analysis.times_s - passage[0])))
    return float(analysis.valence_over_time[inside].mean()), float(analysis.arousal_over_time[inside].mean())


def point_text(valence: float, arousal: float) -> str:
    """Return "valence +0.50, arousal −0.20"."""
    return tr("valence {valence}, arousal {arousal}").format(valence=signed(valence), arousal=signed(arousal))


def says(analysis: Analysis, passage: tuple[float, float] | None) -> str:
    """What the model says now, of the whole or of a passage."""
    point = point_text(*point_of(analysis, passage))
    if passage is not None:
        return tr("The model says, {passage}: {point}").format(passage=passage_text(passage), point=point)
    judged = f"{quadrant_label(analysis.quadrant, short=True)} {percent(float(max(analysis.probabilities)))}"
    return tr("The model says: {judged}, {point}").format(judged=judged, point=point)


def outcome(adaptation: Adaptation, wanted: str | None = None) -> str:
    """What a correction (to the quadrant `wanted`, if to one) did, before and after, and that it can be taken back."""
    before, after = adaptation.before, adaptation.after
    lines = []
    if adaptation.passage is None:
        lines.append(f"{_judged(before.probabilities)}  {ARROW}  {_judged(after.probabilities)}")
    lines.append(f"{tr('valence')} {signed(before.valence)}  {ARROW}  {signed(after.valence)}")
    lines.append(f"{tr('arousal')} {signed(before.arousal)}  {ARROW}  {signed(after.arousal)}")
    if adaptation.passage is None and wanted and QUADRANTS[int(np.argmax(after.probabilities))] != wanted:
        lines.append(tr("Your word stands beside all the music it knows: one moves it a little, several like it more."))
    lines.append(
        tr("Step {step} of \u201c{model}\u201d, learned in {seconds} s. Ctrl+Z takes it back.").format(
            step=adaptation.step, model=adaptation.model, seconds=f"{adaptation.seconds:.1f}"
        )
    )
    return "\n".join(lines)


def _judged(probabilities: tuple[float, ...]) -> str:
    best = int(np.argmax(probabilities))
    return f"{quadrant_label(QUADRANTS[best], short=True)} {percent(float(probabilities[best]))}"
