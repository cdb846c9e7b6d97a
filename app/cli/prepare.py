"""`affekt prepare NAME SRC DEST`: turn a data set, as it is handed out, into a labelled folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.cli.common import positive
from models.data.ensembles import ENSEMBLES, PIANO
from models.data.prepare import Step, prepare
from models.data.readers import MIDI_SETS, READERS
from models.data.render import RenderOptions
from models.errors import JobError

NAME = "prepare"


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    parser = subcommands.add_parser(
        NAME,
        help="turn a data set into a labelled folder",
        description="Turn a data set into a labelled folder: audio/, labels.csv and, where the set rates the course of "
        "time, traces/. What was made before is kept, so that an interrupted preparation goes on.",
    )
    parser.add_argument("name", choices=sorted(READERS), metavar="NAME", help="one of " + ", ".join(sorted(READERS)))
    parser.add_argument("source", type=Path, metavar="SRC", help="the data set's folder, as its owners hand it out")
    parser.add_argument("destination", type=Path, metavar="DEST", help="the labelled folder to make")
    midi = parser.add_argument_group(f"for MIDI ({', '.join(MIDI_SETS)}), which is rendered with fluidsynth")
    midi.add_argument(
        "--ensemble",
        action="append",
        choices=list(ENSEMBLES),
        metavar="E",
        help="play it with this ensemble; given several times, one of them is drawn for each piece. One of "
        f"{', '.join(ENSEMBLES)} (default: {PIANO})",
    )
    midi.add_argument(
        "--soundfont",
        action="append",
        type=Path,
        metavar="FILE",
        help="use this SoundFont; given several times, one is drawn for each piece (default: the installed FluidR3_GM)",
    )
    midi.add_argument(
        "--renderings",
        type=positive,
        default=1,
        metavar="N",
        help="make N different renderings of each piece; they share its labels and its group (default: 1)",
    )
    midi.add_argument("--seed", type=int, default=0, help="of what is drawn (default: 0)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prepare; 0 when done, 1 when something failed or was left out."""
    from tqdm import tqdm

    options = RenderOptions(
        ensembles=tuple(arguments.ensemble or (PIANO,)),
        soundfonts=tuple(arguments.soundfont or ()),
        renderings=arguments.renderings,
        seed=arguments.seed,
    )
    left_out = 0
    try:
        with tqdm(unit="file", disable=sys.stderr is None or not sys.stderr.isatty()) as bar:
            for event in prepare(arguments.name, arguments.source, arguments.destination, options):
                if isinstance(event, Step):
                    bar.total = event.total
                    bar.update(event.done - bar.n)
                else:
                    left_out += event.left_out
                    tqdm.write(f"affekt prepare: {event.message}", file=sys.stderr)
    except JobError as error:
        print(f"affekt prepare: {error.message}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"affekt prepare: {error.filename}: {error.strerror}.", file=sys.stderr)
        return 1
    print(f"The labelled folder is {arguments.destination}.")
    if left_out:
        print(f"{left_out} {'recording was' if left_out == 1 else 'recordings were'} left out, as said above.")
    return 1 if left_out else 0
