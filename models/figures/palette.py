"""Colours of the data (Okabe-Ito, told apart by colour-blind readers), each with a name and a marker beside it."""

from __future__ import annotations

QUADRANT_COLOURS = {"Q1": "#E69F00", "Q2": "#D55E00", "Q3": "#0072B2", "Q4": "#009E73"}
VALENCE_COLOUR = "#CC79A7"
AROUSAL_COLOUR = "#56B4E9"
LOUDNESS_COLOUR = "#8A8D93"
WARNING_COLOUR = "#A32A1E"
#: Ink of print figures: words and marks, what is less than these, and thin rules.
TEXT_COLOUR, SOFT_COLOUR, LINE_COLOUR = "#22242A", "#5C6068", "#DEDCD5"
ACCENT_COLOUR = "#3A6EA5"
#: What stands beside each quadrant's number where room is short.
QUADRANT_SHORT = {"Q1": "happy", "Q2": "tense", "Q3": "sad", "Q4": "calm"}
#: Of the cues of intensity; each has a line of its own beside. Those of other names take the last.
CUE_COLOURS = {
    "contribution": "#D55E00",
    "arousal": AROUSAL_COLOUR,
    "loudness": LOUDNESS_COLOUR,
    "register": "#009E73",
    "brightness": "#E69F00",
    "density": "#CC79A7",
    "": SOFT_COLOUR,
}
#: Of recordings that are compared, in their order; each has a line of its own beside.
RECORDING_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#22242A")
