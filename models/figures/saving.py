"""Figures become files that are whole or not there, and the same on every run."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.export.whole_file import write_whole
from models.figures.style import drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 200
#: What titles and labels may hold, and XML cannot.
_NO_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")


@dataclass(frozen=True)
class Drawn:
    """A figure and what is said of it.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    size_mm : tuple of float
        Width and height.
    title : str
        What it shows, in a line.
    caption : str
        The legend for a journal: every panel, scale and unit, the model, its version and day, the lag.
    """

    figure: Figure
    size_mm: tuple[float, float]
    title: str
    caption: str


def _metadata(ending: str, drawn: Drawn | None, program: str) -> dict[str, Any]:
    """Return what stands in a file beside the picture: no date, so that the same figure is the same file."""
    title, caption = (drawn.title, drawn.caption) if drawn is not None else ("", "")
    if ending == "pdf":
        said: dict[str, Any] = {"Title": title, "Subject": caption, "Creator": program}
        return {name: words for name, words in said.items() if words} | {"CreationDate": None}
    if ending == "svg":
        said = {"Title": title, "Description": caption, "Creator": program}
        return {name: words for name, words in said.items() if words} | {"Date": None}
    return {name: words for name, words in (("Title", title), ("Description", caption)) if words} | {
        "Software": program
    }


def figure_bytes(figure: Figure | Drawn, ending: str, *, program: str = "Affekt", dpi: int | None = None) -> bytes:
    """Return a figure as the content of a file.

    Parameters
    ----------
    figure : Figure or Drawn
        What to write; a `Drawn` brings title and caption along.
    ending : {"png", "pdf", "svg"}
    program : str
        What made it, with its version.
    dpi : int, optional
        Of PNG and of images within; by default what the figure's preset has.
    """
    drawn = figure if isinstance(figure, Drawn) else None
    shown = figure.figure if isinstance(figure, Drawn) else figure
    buffer = io.BytesIO()
    with drawing():
        shown.savefig(
            buffer, format=ending, dpi=dpi or (shown.dpi if drawn is not None else _DPI),
            metadata=_metadata(ending, drawn, program),
        )  # fmt: skip
    data = buffer.getvalue()
    return _NO_XML.sub(b"", data) if ending == "svg" else data


def save_figure(
    figure: Figure | Drawn, folder: Path, name: str, endings: tuple[str, ...] = ("png", "pdf"),
    *, program: str = "Affekt",
) -> list[Path]:  # fmt: skip
    """Write a figure, each file whole or not there.

    Parameters
    ----------
    figure : Figure or Drawn
        What to write.
    folder : Path
        Where; made when missing.
    name : str
        Of the files, without their endings.
    endings : tuple of str
        Formats.
    program : str
        What made it, with its version.

    Raises
    ------
    JobError
        "no_space" when a file cannot be written.
    """
    written = []
    for ending in endings:
        target = folder / f"{name}.{ending}"
        write_whole(target, figure_bytes(figure, ending, program=program))
        written.append(target)
    return written
