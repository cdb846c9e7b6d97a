"""The short table that `affekt analyse` prints."""

from __future__ import annotations

import textwrap
from pathlib import Path

from models.analysis import QUADRANT_NAMES, QUADRANTS, Analysis
from models.audio.files import clock
from models.export.words import (
    climax_words,
    descriptor_words,
    domain_words,
    gems_words,
    transition_words,
    valence_arousal_words,
)

_WIDTH = 120
#: Where valence and arousal come from.
_ORIGIN = {
    "derived": "derived from the probabilities of all four quadrants",
    "regressor": "by a part of the model that learned from ratings",
}


def print_table(results: list[tuple[Path, Analysis]]) -> None:
    """Print one row per recording, with what else must be known below it, and how to read the numbers at the end."""
    if not results:
        return
    width = min(48, max(len(file.name) for file, _ in results))
    print(f"{'file':{width}}  length  quadrant                 valence  arousal  climax")
    for file, analysis in results:
        name = file.name if len(file.name) <= width else file.name[: width - 1] + "…"
        index = QUADRANTS.index(analysis.quadrant)
        label = f"{analysis.quadrant} {QUADRANT_NAMES[analysis.quadrant]} {analysis.probabilities[index]:.0%}"
        climax = clock(analysis.climaxes[0].peak_s) if analysis.climaxes else "none"
        print(
            f"{name:{width}}  {clock(analysis.duration_s):>6}  {label:23}  {analysis.valence:+7.2f}  "
            f"{analysis.arousal:+7.2f}  {climax:>6}"
        )
        for line in _below(analysis):
            print("\n".join(textwrap.wrap(line, _WIDTH, initial_indent="    ", subsequent_indent="      ")))
    analyses = [analysis for _, analysis in results]
    lines = [
        f"Valence and arousal are in [-1, 1], {_ORIGIN[analyses[0].valence_arousal_source]}: near an axis their signs "
        "may differ from those of the most probable quadrant."
    ]
    if any(analysis.valence_band or analysis.arousal_band for analysis in analyses):
        lines.append("A band is where the stated share of ratings lay, of music the model was not trained on.")
    if any(analysis.gems for analysis in analyses):
        lines.append("GEMS: share of listeners who would choose the emotion; they may choose several.")
    lines.append("Estimates of the emotion the music expresses, not of how a listener feels.")
    print(" ".join(lines))


def _below(analysis: Analysis) -> list[str]:
    """What must be known of one recording besides its row."""
    lines = []
    if flag := domain_words(analysis.domain):
        lines.append(flag[0].upper() + flag[1:])
    if analysis.valence_band or analysis.arousal_band:
        lines.append(valence_arousal_words(analysis))
    if analysis.gems:
        lines.append(f"GEMS: {gems_words(analysis.gems)}")
    if descriptors := descriptor_words(analysis.descriptors):
        lines.append(f"medians: {descriptors}")
    if analysis.climaxes and analysis.cue_names:
        lines.append(f"climaxes: {climax_words(analysis.climaxes)}")
    if analysis.transitions:
        lines.append(f"turns: {transition_words(analysis.transitions)}")
    return lines + [f"note: {note}" for note in analysis.notes]
