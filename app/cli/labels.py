"""`affekt labels`: labels in and out of the library, and how far raters agree."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.common import json_target, opened, owned
from models.errors import JobError
from models.export.label_files import FORMATS

if TYPE_CHECKING:
    from app.library import Library, Track
    from models.data.label_import import LabelImport
    from models.data.label_rows import LabelRow
    from models.data.label_scales import Scale
    from models.export.label_files import Format

NAME = "labels"
#: Problems that are printed before the rest is only counted.
_SHOWN = 20


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    parser = subcommands.add_parser(
        NAME,
        help="import and export labels, and measure how far raters agree",
        description="Import and export the labels of the library, and measure how far raters agree.",
        epilog="Exit status: 0 all done, 1 something failed or was left out, 2 wrong usage.",
    )
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    taking = actions.add_parser(
        "import",
        help="take labels from a file or folder into the library",
        description="Take labels into the library: a table (CSV), JAMS files, a labelled folder, DEAM's or PMEmo's "
        "layout. Recordings that are not on the list come onto it. Nothing is taken while a scale is unclear.",
    )
    taking.add_argument("path", type=Path, metavar="PATH")
    _scale_option(taking)
    taking.add_argument("--rater", default="", metavar="NAME", help="rater of labels that name nobody")
    taking.add_argument("--dry-run", action="store_true", help="only say what would be taken")
    giving = actions.add_parser(
        "export",
        help="write the library's labels to a file or folder",
        description="Write all labels: as a labelled folder with the raters' consensus (what affekt train reads), as a "
        "table with one row per rater and recording, as JAMS, or in DEAM's or PMEmo's layout.",
    )
    giving.add_argument("destination", type=Path, metavar="DEST", help="a new folder, or a table for csv")
    giving.add_argument("--format", choices=FORMATS, help="default: csv where DEST ends in .csv, else folder")
    giving.add_argument("--copy-audio", action="store_true", help="copy the recordings into the folder")
    giving.add_argument("--rater", action="append", default=[], metavar="NAME", help="only the labels of NAME")
    agreeing = actions.add_parser(
        "agree",
        help="measure how far raters agree",
        description="Krippendorff's alpha and intraclass correlations with 95% intervals, each rater beside the "
        "others, and the recordings worth discussing first.",
    )
    agreeing.add_argument(
        "path", nargs="?", type=Path, metavar="PATH", help="labels in a file or folder instead of the library's"
    )
    _scale_option(agreeing)
    agreeing.add_argument("--json", type=json_target, metavar="FILE", help="write JSON to FILE, - for standard output")
    for each in (taking, giving, agreeing):
        each.add_argument("--library", type=Path, metavar="FILE", help="another library than yours")


def _scale_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scale",
        action="append",
        default=[],
        metavar="[RATER=]LOW..HIGH",
        help="scale of valence and arousal where the file does not declare it, of all or of one rater: 1..9",
    )


def run(arguments: argparse.Namespace) -> int:
    """Do it; 0 when all was done, 1 when something failed or was left out."""
    actions = {"import": _import, "export": _export, "agree": _agree}
    try:
        return actions[arguments.action](arguments)
    except JobError as error:
        print(f"affekt labels: {error.message}", file=sys.stderr)
        return 1


def _rows(library: Library) -> list[LabelRow]:
    from app.library.exchange import rows_of

    everything = library.labels.raters(), library.labels.of_all(), library.ratings.of_all()
    return rows_of(library.tracks(), *everything)


def _told(words: Sequence[str]) -> Mapping[str, Scale]:
    from models.data.label_scales import read_scale

    pairs = (word.rpartition("=") for word in words)
    return {rater: read_scale(scale) for rater, _, scale in pairs}


def _read(path: Path, scales: Sequence[str]) -> LabelImport:
    """Read labels and say what is wrong with them."""
    from models.data.label_import import import_labels

    found = import_labels(path, _told(scales))
    for problem in found.problems[:_SHOWN]:
        print(f"affekt labels: {problem.message}", file=sys.stderr)
    if len(found.problems) > _SHOWN:
        print(f"affekt labels: and {len(found.problems) - _SHOWN} more of the kind.", file=sys.stderr)
    for notice in found.notices:
        print(f"affekt labels: {notice}", file=sys.stderr)
    if found.question is not None:
        options = " ".join(
            f'--scale "{rater}={scale}"' if rater else f"--scale={scale}"
            for rater, scale in found.question.suggested.items()
        )
        raise JobError("bad_data", f"{found.question.message} For example: {options}")
    return found


def _import(arguments: argparse.Namespace) -> int:
    from app.library.exchange import take_rows

    found = _read(arguments.path, arguments.scale)
    unnamed = arguments.rater or arguments.path.resolve().stem
    there = sorted({row.file for row in found.rows if row.file.is_file()})
    with owned(arguments.library) as library:
        held = library.labels.raters(), library.labels.of_all(), library.ratings.of_all()
        if arguments.dry_run:
            on_list = {track.path for track in library.tracks()}
            fresh = [path for path in there if path not in on_list]
            stay = [row for row in found.rows if row.file not in fresh]
            taken = take_rows(stay, library.tracks(), *held, unnamed=unnamed)
            coming = len(found.rows) - len(stay)
        else:
            _describe(library, library.add_tracks(there)[0])
            taken, coming = take_rows(found.rows, library.tracks(), *held, unnamed=unnamed), 0
            library.name_artists(taken.artists)
            for rater in taken.raters:
                library.labels.add_rater(rater)
            for label in taken.labels:
                library.labels.put(label)
            for rating in taken.ratings:
                library.ratings.put(rating)
    for row in taken.lost[:_SHOWN]:
        print(
            f"affekt labels: {row.file}: there is no such recording, and none of this name on the list.",
            file=sys.stderr,
        )
    verb = "would be taken" if arguments.dry_run else "were taken"
    news = len(taken.labels) + len(taken.ratings) + coming
    print(f"{news} labels {verb}; {taken.known} were there already; {len(taken.lost)} have no recording here.")
    return 1 if found.problems or taken.lost else 0


def _describe(library: Library, tracks: Sequence[Track]) -> None:
    """Give new tracks their tags."""
    from models.audio.tags import read_tags

    library.set_tags({track.id: read_tags(track.path) for track in tracks})


def _export(arguments: argparse.Namespace) -> int:
    from models.export.label_files import export_labels

    library = opened(arguments.library)
    try:
        rows = _rows(library)
        durations_s = {track.path: track.duration_s for track in library.tracks() if track.duration_s is not None}
    finally:
        library.close()
    if arguments.rater:
        wanted = {name.casefold() for name in arguments.rater}
        missing = [name for name in arguments.rater if name.casefold() not in {row.rater.casefold() for row in rows}]
        if missing:
            raise JobError("bad_data", f"There is no label by {missing[0]!r}.")
        rows = [row for row in rows if row.rater.casefold() in wanted]
    destination: Path = arguments.destination
    layout: Format = arguments.format or ("csv" if destination.suffix.lower() == ".csv" else "folder")
    if layout == "csv" and arguments.copy_audio:
        raise JobError("bad_data", "A table holds no recordings: choose a folder format for --copy-audio.")
    notices = export_labels(
        rows, destination.absolute(), layout, copy_audio=arguments.copy_audio, durations_s=durations_s
    )
    for notice in notices:
        print(f"affekt labels: {notice}", file=sys.stderr)
    print(f"{len(rows)} labels were written to {destination}.")
    return 0


def _agree(arguments: argparse.Namespace) -> int:
    from app.cli.labels_text import agreement_text
    from models.evaluation.rater_agreement import agreement_of
    from models.export.agreement_json import write_agreement

    status = 0
    if arguments.path is not None:
        found = _read(arguments.path, arguments.scale)
        rows, status = list(found.rows), 1 if found.problems else 0
    else:
        library = opened(arguments.library)
        try:
            rows = _rows(library)
        finally:
            library.close()
    agreement = agreement_of(rows)
    if not agreement.table.items:
        raise JobError("bad_data", "There are no labels of whole recordings to compare.")
    if arguments.json is not None:
        write_agreement(None if arguments.json == "-" else Path(arguments.json), agreement)
    if arguments.json != "-":
        print(agreement_text(agreement))
    return status
