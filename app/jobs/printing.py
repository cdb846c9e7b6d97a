"""Figures and reports, drawn and written beside the window's thread, with what is printed of a recording."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app import PROGRAM
from app.exploration import shown_climaxes
from app.jobs.aside import Aside
from app.jobs.tools import Card, lineage
from app.library.rows import Mark, Moment
from models.errors import JobError
from models.structure.structure import VERSION

if TYPE_CHECKING:
    from app.jobs.desk import PumpMaker
    from app.library import Library
    from models.analysis import Analysis
    from models.figures.comparison import Compared
    from models.figures.order import Order
    from models.figures.recording import Recording
    from models.figures.saving import Drawn


@dataclass(frozen=True)
class Picture:
    """A figure as it is seen: a PNG, its size in print, its title and its legend."""

    png: bytes
    size_mm: tuple[float, float]
    title: str
    caption: str


@dataclass(frozen=True)
class Listed:
    """A track of the list, as far as a report needs what a person did to it."""

    id: int
    title: str
    artist: str
    marks: tuple[Mark, ...]
    moments: tuple[Moment, ...]


class Printing(Aside):
    """Draws figures and writes reports, one at a time. Called on the GUI thread; answers there.

    Parameters
    ----------
    pump : callable
        Makes the carrier of outcomes.
    library : callable
        Returns the library, waiting until it is open.
    identify : callable
        Finds the card of a model.
    model : callable
        Says which model answers now.
    """

    def __init__(
        self,
        pump: PumpMaker,
        library: Callable[[], Library],
        identify: Callable[[str], Card],
        model: Callable[[], str],
    ) -> None:
        super().__init__("affekt-printing", pump)
        self._library = library
        self._identify = identify
        self._model = model

    def preview(
        self, order: Order, recording: Recording | None, compared: Sequence[Compared], width_px: int,
        done: Callable[[Picture | JobError], None],
    ) -> None:  # fmt: skip
        """Draw a figure so many pixels wide."""

        def work() -> Picture:
            from models.figures.preset import MM_PER_INCH
            from models.figures.saving import figure_bytes

            drawn = self._draw(order, recording, compared)
            dpi = max(20, round(width_px / (drawn.size_mm[0] / MM_PER_INCH)))
            return Picture(figure_bytes(drawn, "png", dpi=dpi), drawn.size_mm, drawn.title, drawn.caption)

        self.ask(work, done)

    def picture(
        self, order: Order, recording: Recording | None, compared: Sequence[Compared],
        done: Callable[[Picture | JobError], None],
    ) -> None:  # fmt: skip
        """Draw a figure as finely as its preset prints it."""

        def work() -> Picture:
            from models.figures.saving import figure_bytes

            drawn = self._draw(order, recording, compared)
            return Picture(figure_bytes(drawn, "png", program=PROGRAM), drawn.size_mm, drawn.title, drawn.caption)

        self.ask(work, done)

    def save(
        self, order: Order, recording: Recording | None, compared: Sequence[Compared], files: Sequence[Path],
        done: Callable[[list[Path] | JobError], None],
    ) -> None:  # fmt: skip
        """Write a figure into files, by their endings: png, pdf, svg, or txt for its legend."""

        def work() -> list[Path]:
            from models.export.whole_file import write_whole
            from models.figures.saving import figure_bytes

            drawn = self._draw(order, recording, compared)
            for file in files:
                ending = file.suffix.lower().lstrip(".")
                if ending == "txt":
                    write_whole(file, f"{drawn.caption}\n".encode())
                else:
                    write_whole(file, figure_bytes(drawn, ending, program=PROGRAM))
            return list(files)

        self.ask(work, done)

    def report(self, track: Listed, file: Path, done: Callable[[Path | JobError], None]) -> None:
        """Write the one-page report of a track of the list, from what the library knows of it."""

        def work() -> Path:
            from models.figures.report_page import write_report_page

            write_report_page(file, self.recording_of(track), program=PROGRAM)
            return file

        self.ask(work, done)

    def _draw(self, order: Order, recording: Recording | None, compared: Sequence[Compared]) -> Drawn:
        from models.figures.order import draw

        try:
            dated = replace(recording, made=self.day_of(recording.analysis)) if recording is not None else None
            return draw(order, dated, [replace(each, made=self.day_of(each.analysis)) for each in compared])
        except ValueError as error:
            words = str(error)
            raise JobError("bad_data", f"{words[0].upper()}{words[1:]}.") from None

    # On the thread

    def day_of(self, analysis: Analysis) -> str:
        """Return the day on which an analysis was made, as the calendar here has it; empty where it is not known."""
        by = (analysis.sha256, analysis.model_id, analysis.model_version)
        made = self._library().portraits.analysed_at(*by)
        return "" if made is None else datetime.fromisoformat(made).astimezone().date().isoformat()

    def recording_of(self, track: Listed) -> Recording:
        """Return what the library knows of a track, by the model that answers.

        Raises
        ------
        JobError
            "bad_data" where this model has not analysed it.
        """
        from models.explain.reasons import reasons
        from models.figures.recording import Recording

        library = self._library()
        sha256 = library.track(track.id).sha256
        by = lineage(self._identify(self._model())) if sha256 is not None else []
        found = next((both for one in by if (both := library.find_analysis(str(sha256), *one)) is not None), None)
        if found is None:
            message = f"{track.title} has not been analysed by this model: analyse it first."
            raise JobError("bad_data", message)
        overview, analysis = found
        shown = shown_climaxes(analysis.climaxes, track.moments, analysis)
        return Recording(
            track.title, overview, analysis, track.artist, self.day_of(analysis), shown, track.marks,
            library.structures.get(analysis.sha256, VERSION), None,
            reasons(analysis, shown[0].climax.start_s, shown[0].climax.end_s) if shown else (),
        )  # fmt: skip
