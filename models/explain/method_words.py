"""What each method is called, what it asks and how it measured: one place for window, figures and terminal.

The standings are those of the table in docs/explanations.md, which `tests/benchmarks/bench_explain.py` prints.
"""

from __future__ import annotations

from typing import NamedTuple

from models.explain.explanation import Method


class MethodWords(NamedTuple):
    """A method in words.

    Attributes
    ----------
    name : str
        A short name.
    meaning : str
        What its numbers are, after "shows".
    standing : str
        How faithful it measured, in a sentence.
    """

    name: str
    meaning: str
    standing: str


METHOD_WORDS: dict[Method, MethodWords] = {
    "occlusion": MethodWords(
        "Occlusion",
        "what the answer loses when a patch of time and frequency is filled with the mean",
        "Measured better than chance on all of 12 excerpts; one of the two most faithful methods here.",
    ),
    "integrated-gradients": MethodWords(
        "Integrated gradients",
        "what the answer gained on the way from the mean to the recording, through the tagger only",
        "Measured better than chance on all of 12 excerpts; one of the two most faithful methods here.",
    ),
    "saliency": MethodWords(
        "Saliency",
        "where a small change of the sound would move the answer most; no sign",
        "Not shown to be better than chance: it was on 9 of 12 excerpts.",
    ),
    "contribution": MethodWords(
        "Contribution",
        "what pushed the answer there: the exact share of each step in the quadrant's logit",
        "Measured a little better than chance, on 11 of 12 excerpts; it knows no frequencies.",
    ),
    "attention": MethodWords(
        "Attention",
        "where the model weighted, not what pushed its answer",
        "Not shown to be better than chance: it was on 6 of 12 excerpts. Where a model looks is not why it answers so.",
    ),
}
