"""`affekt report FOLDER...`: the first paper's networks and baselines on one's own labelled folders, as its tables."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from app.cli.train_clips import log_mel_of, read_clips, refuse_hopeless
from app.cli.train_control import follow_input
from app.cli.train_options import minutes
from app.cli.train_telling import Telling, said_of
from models.errors import Cancelled, JobError
from models.jobs import Control

NAME = "report"
PROTOCOL = "affekt.report/1"


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    parser = subcommands.add_parser(
        NAME,
        help="the first paper's tables 3 and 4 for labelled folders",
        description="Train the CRNN of Lu and Kim (2026), with and without attention, and its baselines on labelled "
        "folders, one after the other under one protocol, and write the paper's tables 3 and 4 for them.",
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="labelled folders, a table for each")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where tables.md, .csv and JSON go")
    parser.add_argument("--minutes", type=minutes, default=0.0, metavar="N", help="be done in about this time")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="(default: auto)")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where log-mels are kept (default: beside --out)")
    parser.add_argument("--skip-bad", action="store_true", help="leave out what cannot be read, and name it")
    parser.add_argument("--progress", choices=("text", "jsonl"), default="text", help="(default: text)")
    parser.add_argument("--control", choices=("stdin",), help="obey pause, resume, stop and cancel, as affekt train")
    parser.set_defaults(run=run, share=[])


def run(options: argparse.Namespace) -> int:
    """Write the tables; 0 when they are there, 1 when not."""
    telling = Telling(options.progress == "jsonl")
    try:
        _report(options, telling)
    except JobError as error:
        telling.say(f"affekt report: {error.message}", event="error", kind=error.kind, message=error.message)
        return 1
    except OSError as error:
        message = said_of(error)
        telling.say(f"affekt report: {message}", event="error", kind="no_space", message=message)
        return 1
    except (KeyboardInterrupt, Cancelled):
        telling.say("Stopped.", event="cancelled", text="Stopped.")
        return 1
    return 0


def _report(options: argparse.Namespace, telling: Telling) -> None:
    from models.evaluation.report.faithful import RowDone, as_markdown, paper_tables, write_tables
    from models.runtime import choose_device

    began_s = time.monotonic()
    control = Control(telling.state)
    telling.control = control
    if options.control:
        follow_input(control)
    clips = read_clips(options, telling, profiles=False)
    refuse_hopeless(clips, held_out=True)
    device = choose_device(options.device)
    sources = {name: sum(clip.source == name for clip in clips) for name in sorted({clip.source for clip in clips})}
    groups = len({(clip.source, clip.group) for clip in clips})
    telling.say(
        f"{len(clips)} clips of {groups} groups; on {device}.",
        event="begin", protocol=PROTOCOL, clips=len(clips), groups=groups, device=device, sources=sources,
    )  # fmt: skip
    out: Path = options.out.resolve()
    cache = options.cache or out.with_name(out.name + ".features")
    clips, features = log_mel_of(clips, cache, options.skip_bad, telling, control)
    telling.training_begins()
    for event in paper_tables(clips, features, minutes=options.minutes, device=device, cancel=control, began_s=began_s):
        if isinstance(event, RowDone):
            score = event.result["scores"]["macro_f1"]["value"]
            text = f"{event.source}: {event.result['name']}: macro-F1 {score:.3f}"
            telling.say(text, event="row", source=event.source, **event.result)
        elif isinstance(event, dict):
            files = [str(file) for file in write_tables(out, event)]
            text = f"{as_markdown(event)}\nWritten: {', '.join(files)}"
            telling.say(text, event="done", folder=str(out), files=files, results=event)
        else:
            telling.tell(event, by_split=True)
