"""`affekt analyse PATH...`: what the window shows, as a table, JSON and figures."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app import PROGRAM
from app.cli.common import json_target, load
from app.cli.table import print_table
from app.jobs.fallback import decode_with_qt
from models.analysis import Analysis, Overview
from models.audio.files import shown_name
from models.errors import JobError
from models.export.layer_files import FORMATS, Format
from models.jobs import AnalysisRequest, CancelToken, Progress

if TYPE_CHECKING:
    from models.hub import LoadedModel
    from models.structure.structure import Structure

NAME = "analyse"


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    parser = subcommands.add_parser(
        NAME,
        help="analyse recordings without a window",
        description="Analyse audio files and folders. Without --out and --json a short table is printed.",
        epilog="Exit status: 0 all done, 1 some failed or stopped, 2 wrong usage. A file that fails is named with its "
        "cause; the rest goes on. Estimates of the emotion the music expresses, not of how a listener feels.",
    )
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="audio files, or folders (searched through)"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write analysis.json there (and figures)")
    parser.add_argument(
        "--json", type=json_target, metavar="FILE", help="write JSON to FILE, or to standard output with -"
    )
    parser.add_argument("--figures", action="store_true", help="write a figure per recording into --out (or here)")
    parser.add_argument(
        "--report-page", type=Path, metavar="DIR", help="write a report on one page (PDF) per recording into DIR"
    )
    parser.add_argument(
        "--layers", type=_formats, default=(), metavar="FORMAT[,FORMAT...]",
        help=f"write all that lies over time into --out (or here): {', '.join(FORMATS)}, or all",
    )  # fmt: skip
    parser.add_argument("--model", default="", metavar="ID", help="a model's id (see affekt models) or folder")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    parser.set_defaults(run=run)


def _formats(text: str) -> tuple[Format, ...]:
    """Read formats of layers, parted by commas."""
    named = [word.strip() for word in text.split(",")]
    chosen = tuple(name for name in FORMATS if name in named or "all" in named)
    unknown = [name for name in named if name != "all" and name not in FORMATS]
    if unknown or not chosen:
        raise argparse.ArgumentTypeError(f"it must be some of {', '.join(FORMATS)}, or all")
    return chosen


class _Bar(Protocol):
    """What is used of tqdm."""

    n: float

    def refresh(self) -> object: ...
    def set_postfix_str(self, s: str) -> object: ...
    def close(self) -> None: ...


class _Batch:
    """The recordings of one call, their results and failures."""

    def __init__(
        self, model: LoadedModel, figures: Path | None, reports: Path | None, layers: Path, formats: Sequence[Format]
    ) -> None:
        self.results: list[tuple[Path, Analysis]] = []
        self.errors: list[tuple[Path, JobError]] = []
        self.written: dict[Path, list[Path]] = {}
        self._model = model
        self._figures, self._reports = figures, reports
        self._layers, self._formats = layers, formats

    def run(self, files: list[Path]) -> Iterator[float]:
        """Analyse all; yields the number of files done, in fractions."""
        for number, file in enumerate(files):
            try:
                for fraction in self._one(number, file):
                    yield number + fraction
            except JobError as error:
                self.errors.append((file, error))
            except Exception as error:
                # A fault of ours: the other recordings must not pay for it.
                message = f"{shown_name(file)} could not be analysed because of a fault in the program: {error}"
                self.errors.append((file, JobError("internal", message, traceback.format_exc())))
            yield number + 1.0

    def _one(self, number: int, file: Path) -> Iterator[float]:
        from models.inference.analyse import analyse

        overview: Overview | None = None
        request = AnalysisRequest(number, file, self._model.card.id, self._model.device)
        for event in analyse(request, self._model, CancelToken(), decode_with_qt):
            if isinstance(event, Progress):
                yield event.fraction
            elif isinstance(event, Overview):
                overview = event
            else:
                self.results.append((file, event))
                assert overview is not None  # it comes first
                self._write(replace(request, sha256=event.sha256), overview, event)

    def _write(self, request: AnalysisRequest, overview: Overview, analysis: Analysis) -> None:
        """Write what was asked for of one recording."""
        structure: Structure | None = None
        if self._formats or self._reports is not None:
            from models.structure.look import look

            for found in look(request, CancelToken(), decode_with_qt):
                structure = structure if isinstance(found, Progress) else found
        if self._figures is not None or self._reports is not None:
            self._print(request.path, overview, analysis, structure)
        if self._formats:
            self._write_layers(request.path, overview, analysis, structure)

    def _print(self, file: Path, overview: Overview, analysis: Analysis, structure: Structure | None) -> None:
        """Write the figure and the report that were asked for."""
        from models.audio.tags import read_tags
        from models.explain.reasons import reasons
        from models.figures import panels, report_page
        from models.figures.recording import Recording

        tags, first = read_tags(file), analysis.climaxes[:1]
        recording = Recording(
            tags.title, overview, analysis, tags.artist, date.today().isoformat(), structure=structure,
            reasons=reasons(analysis, first[0].start_s, first[0].end_s) if first else (),
        )  # fmt: skip
        if self._figures is not None:
            self._keep(self._figures, panels.write_figure(self._figures, file, recording, program=PROGRAM))
        if self._reports is not None:
            target = self._reports / f"{file.stem}-{analysis.sha256[:8]}-report.pdf"
            report_page.write_report_page(target, recording, program=PROGRAM)
            self._keep(self._reports, [target])

    def _write_layers(self, file: Path, overview: Overview, analysis: Analysis, structure: Structure | None) -> None:
        from models.audio.tags import read_tags
        from models.export.layer_files import export_layers
        from models.export.layers_of import layers_of

        tags = read_tags(file)
        stem = f"{file.stem}-{analysis.sha256[:8]}"  # two files of one name do not overwrite each other
        files = export_layers(
            layers_of(analysis, overview, structure), self._layers, stem, self._formats,
            duration_s=analysis.duration_s, sample_rate_hz=analysis.sample_rate_hz,
            title=tags.title, artist=tags.artist,
        )  # fmt: skip
        self._keep(self._layers, files)

    def _keep(self, folder: Path, files: Sequence[Path]) -> None:
        """Remember what was written beside the JSON, by folder."""
        self.written.setdefault(folder, []).extend(files)


def run(arguments: argparse.Namespace) -> int:
    """Analyse; 0 when all was done, 1 when something failed."""
    from models.audio.decode import find_audio

    try:
        files = find_audio(arguments.paths)
        if not files:
            print("affekt: there is no audio file in what was named.", file=sys.stderr)
        _make_folders(arguments)
        model = load(arguments.model, arguments.device)
        figures = (arguments.out or Path()) if arguments.figures else None
        batch = _Batch(model, figures, arguments.report_page, arguments.out or Path(), arguments.layers)
        stopped = not _with_bar(batch, files)
    except JobError as error:
        print(f"affekt: {error.message}", file=sys.stderr)
        return 1
    written = _write(arguments, batch)
    if not written and arguments.json != "-":
        print_table(batch.results)  # also when the JSON could not be written: the work is not thrown away
    elif written and arguments.out is not None and arguments.json != "-":
        print(f"{len(batch.results)} of {len(files)} recordings are in {arguments.out}.")
    if arguments.json != "-":
        for folder, named in batch.written.items():
            count = len(set(named))
            print(f"{count} file{'' if count == 1 else 's'} written to {folder.absolute()}.")
    for file, failure in batch.errors:
        print(f"{file}: {failure.message}", file=sys.stderr)
    if stopped:
        print(f"Stopped after {len(batch.results) + len(batch.errors)} of {len(files)}.", file=sys.stderr)
    return 1 if stopped or batch.errors or not files or written is False else 0


def _make_folders(arguments: argparse.Namespace) -> None:
    """Make the folders of what is written per recording, before hours of work that could not be kept.

    Raises
    ------
    JobError
        "no_space" where one cannot be made or written to.
    """
    beside = arguments.figures or arguments.layers
    for folder in (arguments.report_page, (arguments.out or Path()) if beside else None):
        if folder is None:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise JobError("no_space", f"{folder} cannot be written to: {error.strerror}.", str(error)) from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise JobError("no_space", f"{folder} cannot be written to: choose another folder.")


def _write(arguments: argparse.Namespace, batch: _Batch) -> bool | None:
    """Write the JSON where it was asked for: whether all could be written, None when none was asked for."""
    from models.export.analysis_json import write_json

    destinations: list[Path | None] = []
    if arguments.json is not None:
        destinations.append(None if arguments.json == "-" else Path(arguments.json))
    if arguments.out is not None:
        destinations.append(arguments.out / "analysis.json")
    written = True
    for destination in destinations:
        try:
            write_json(destination, batch.results, batch.errors)
        except JobError as error:
            print(f"affekt: {error.message}", file=sys.stderr)
            written = False
    return written if destinations else None


def _with_bar(batch: _Batch, files: list[Path]) -> bool:
    """Run the batch under a progress bar, shown on a terminal only; False when Ctrl-C ended it early."""
    from tqdm import tqdm

    bar: _Bar = tqdm(
        total=len(files),
        unit="file",
        disable=sys.stderr is None or not sys.stderr.isatty(),
        bar_format="{l_bar}{bar}| {n:.1f}/{total} {postfix}",
    )
    try:
        for done in batch.run(files):
            bar.n = done
            bar.set_postfix_str(files[min(int(done), len(files) - 1)].name[:40])
            bar.refresh()
    except KeyboardInterrupt:
        return False  # what is done by now is written all the same: it may be the work of hours
    finally:
        bar.close()
    return True
