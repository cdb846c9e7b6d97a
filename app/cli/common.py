"""What several subcommands share: kinds of arguments, and loading the model that is asked for."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from tqdm import tqdm

    from models.hub import LoadedModel


def positive(text: str) -> int:
    """Read a whole number of 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("it must be a whole number, 1 or more")
    return int(text)


def json_target(text: str) -> str:
    """Read where JSON goes: a file that may be written, or - for standard output."""
    if text != "-" and (not text or Path(text).is_dir()):
        raise argparse.ArgumentTypeError("it must name a file, or be - for standard output")
    return text


def load(model: str, device: str) -> LoadedModel:
    """Load a model; where the graphics card has no room for it, on the processor, and say so.

    Raises
    ------
    JobError
        "missing_model" or "bad_model".
    """
    from app.paths import own_models
    from models.hub import load_model
    from models.runtime import is_graphics_card_full

    try:
        return load_model(model, device, own_models())
    except Exception as error:
        if not is_graphics_card_full(error):
            raise
    # Outside the handler, whose traceback keeps the half loaded model alive.
    print("The graphics card has no room for the model. The processor analyses instead, slower.", file=sys.stderr)
    return load_model(model, "cpu", own_models())


def progress_bar() -> tqdm[NoReturn]:
    """Return a bar from 0 to 1, shown where there is a terminal."""
    from tqdm import tqdm

    hidden = sys.stderr is None or not sys.stderr.isatty()
    return tqdm(total=1.0, disable=hidden, bar_format="{l_bar}{bar}|")
