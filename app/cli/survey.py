"""`affekt survey FOLDER...`: what labelled folders hold, and what is wrong with them, before training."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from app.cli.common import json_target

NAME = "survey"
#: Programs are told of so many recordings at once.
_EVERY = 10


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    parser = subcommands.add_parser(
        NAME,
        help="look at labelled folders before training",
        description="Count what labelled folders hold, and name what is wrong with them and its cure. Nothing is "
        "changed. The exit status is 1 where training would refuse.",
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="labelled folders")
    parser.add_argument("--json", type=json_target, metavar="FILE", help="write the survey as JSON; - is the screen")
    parser.add_argument("--progress", choices=("text", "jsonl"), default="text", help="(default: text)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Survey; 0 when training would begin, 1 when not."""
    from app.jobs.fallback import decode_with_qt
    from models.data.survey import Surveyed, survey

    found: dict[str, Any] = {}
    for event in survey(options.folders, decode_with_qt):
        if not isinstance(event, Surveyed):
            found = event
        elif options.progress == "jsonl" and (event.clips % _EVERY == 0 or event.clips == event.of):
            print(json.dumps({"event": "surveyed", "clips": event.clips, "of": event.of}), flush=True)
    if options.progress == "jsonl":
        print(json.dumps({"event": "survey", "survey": found}), flush=True)
    if options.json == "-":
        print(json.dumps(found, indent=2, ensure_ascii=False))
    elif options.json:
        part = Path(options.json + ".part")
        try:
            part.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            part.replace(options.json)
        except OSError as error:
            print(f"affekt survey: {options.json} could not be written: {error.strerror}.", file=sys.stderr)
            return 1
    elif options.progress == "text":
        print(_text(found))
    return 0 if found["can_train"] else 1


def _text(found: dict[str, Any]) -> str:
    length = found["duration_s"]
    groups = found["groups"]
    lines = [
        f"{found['usable']} of {found['clips']} recordings can be used, {length['total'] / 60:.1f} minutes "
        f"({length['shortest']:.0f} to {length['longest']:.0f} s each), {groups['count']} groups.",
        "  ".join(f"{name} {count}" for name, count in found["quadrants"].items())
        + f"  (with valence and arousal {found['rated']}, traces {found['traced']}, GEMS {found['profiled']})",
    ]
    for problem in found["problems"]:
        sign = "Error" if problem["severity"] == "error" else "Note"
        lines += [f"{sign}: {problem['text']}", f"  {problem['cure']}"]
    return "\n".join([*lines, found["advice"]["text"]])
