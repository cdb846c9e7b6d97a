"""What several subcommands share: kinds of arguments, the model that is asked for, the library."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from models.errors import JobError

if TYPE_CHECKING:
    from tqdm import tqdm

    from app.library import Library
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


def opened(file: Path | None, *, make: bool = False) -> Library:
    """Open a library, the user's where none is named, for reading; one that is not there is made only where asked.

    Raises
    ------
    JobError
        "not_found", or what keeps it from being opened.
    """
    from app.library import Library
    from app.paths import library_file

    chosen = file or library_file()
    if not make and not chosen.is_file():
        raise JobError("not_found", f"There is no library {chosen}: nothing has been opened or labelled yet.")
    chosen.parent.mkdir(parents=True, exist_ok=True)
    return Library(chosen)


@contextmanager
def owned(file: Path | None) -> Iterator[Library]:
    """Open a library to change it, made when it is missing; no window may have it open, which would not see the change.

    Raises
    ------
    JobError
        "bad_data" where a window has it open; or what keeps it from being opened.
    """
    from app.library.ownership import Ownership
    from app.paths import library_file

    chosen = file or library_file()
    try:
        chosen.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JobError("unreadable", f"{chosen.parent} could not be made: {error.strerror}.", str(error)) from None
    owner = Ownership(chosen)
    try:
        if not owner.held:
            raise JobError("bad_data", "The window has this library open: close it first, so that it sees what comes.")
        library = opened(chosen, make=True)
        try:
            yield library
        finally:
            library.close()
    finally:
        owner.release()
