"""Recipes for the rows of the second paper's tables 1 to 3, by name."""

from __future__ import annotations

from dataclasses import replace

from models.training.sequence import SequenceRecipe

_PAPER = SequenceRecipe()

SEQUENCE_RECIPES: dict[str, SequenceRecipe] = {
    "regressor-paper": _PAPER,
    "regressor-paper-no-cnn": replace(_PAPER, arguments={"cnn": False}),
    "regressor-paper-no-bilstm": replace(_PAPER, arguments={"recurrent": False}),
    "regressor-paper-no-cnn-no-bilstm": replace(_PAPER, arguments={"cnn": False, "recurrent": False}),
    "tpa-bilstm-paper": replace(_PAPER, network="tpa"),
}
