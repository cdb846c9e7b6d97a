"""`affekt prepare NAME SRC DEST`: turn a data set, as it is handed out, into a labelled folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from models.data.prepare import READERS
from models.errors import JobError

NAME = "prepare"


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    parser = subcommands.add_parser(
        NAME,
        help="turn a data set into a labelled folder",
        description="Turn a data set into a labelled folder.",
    )
    parser.add_argument("name", choices=sorted(READERS), metavar="NAME", help="one of " + ", ".join(sorted(READERS)))
    parser.add_argument("source", type=Path, metavar="SRC", help="the data set's folder")
    parser.add_argument("destination", type=Path, metavar="DEST", help="the labelled folder to make")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prepare; 0 when done."""
    from tqdm import tqdm

    try:
        with tqdm(unit="file", disable=sys.stderr is None or not sys.stderr.isatty()) as bar:
            for done, total in READERS[arguments.name](arguments.source, arguments.destination):
                bar.total = total
                bar.update(done - bar.n)
    except JobError as error:
        print(f"affekt prepare: {error.message}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"affekt prepare: {error.filename}: {error.strerror}.", file=sys.stderr)
        return 1
    print(f"The labelled folder is {arguments.destination}.")
    return 0
