"""Figures become files that are whole or not there."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import JobError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 200


def save_figure(
    figure: Figure, folder: Path, name: str, of: str, endings: tuple[str, ...] = ("png", "pdf")
) -> list[Path]:
    """Write a figure, each file whole or not there.

    Parameters
    ----------
    figure : Figure
        What to write.
    folder : Path
        Where; made when missing.
    name : str
        Of the files, without their endings.
    of : str
        What it shows, for messages.
    endings : tuple of str
        Formats.

    Raises
    ------
    JobError
        "no_space" when a file cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for ending in endings:
            target = folder / f"{name}.{ending}"
            part = target.with_name(target.name + ".part")
            with warnings.catch_warnings():
                # Without a font for its script a title is drawn as boxes; matplotlib would say so once a letter.
                warnings.filterwarnings("ignore", "Glyph .* missing from font")
                figure.savefig(part, format=ending, dpi=_DPI)
            part.replace(target)
            written.append(target)
    except OSError as error:
        raise JobError("no_space", f"The figure of {of} could not be written: {error.strerror}.", str(error)) from None
    return written
