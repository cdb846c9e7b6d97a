"""`affekt explain FILE`: which moments and sounds of a recording carry the model's answer."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.common import json_target, load, progress_bar
from app.cli.explain_text import explanation_lines
from app.cli.what_if import change, run_what_if
from app.jobs.fallback import decode_with_qt
from models.errors import JobError
from models.explain.changes import CHANGES
from models.explain.explanation import DEFAULT_METHOD, METHODS, TARGETS
from models.jobs import CancelToken, Progress

if TYPE_CHECKING:
    from models.explain.explanation import Explanation

NAME = "explain"


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    parser = subcommands.add_parser(
        NAME,
        help="say which moments and sounds of a recording carry the model's answer",
        description="Explain a model's answer to one recording, over time and frequency. Without --out and --json the "
        "moments that carry most are printed. With --what-if the sound is changed and the model asked again.",
        epilog="How faithful each method is was measured: see docs/explanations.md. What carries a model's answer is "
        "not what moves a listener.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="an audio file")
    question = parser.add_mutually_exclusive_group(required=True)
    question.add_argument("--target", choices=TARGETS, help="the quadrant or dimension to explain")
    kinds = ", ".join(f"{kind} ({facts.low:g} to {facts.high:g} {facts.unit})" for kind, facts in CHANGES.items())
    question.add_argument(
        "--what-if", nargs="+", type=change, metavar="KIND=AMOUNT",
        help=f"instead, change the sound and ask the model again: {kinds}",
    )  # fmt: skip
    parser.add_argument(
        "--method", default=DEFAULT_METHOD, choices=METHODS, metavar="NAME",
        help=f"one of {', '.join(METHODS)}; without it {DEFAULT_METHOD}",
    )  # fmt: skip
    parser.add_argument(
        "--from",
        dest="start_s",
        type=float,
        metavar="S",
        help="only from here on, in seconds; the rest stays as it is",
    )
    parser.add_argument("--to", dest="end_s", type=float, metavar="S", help="and up to here")
    parser.add_argument(
        "--json", type=json_target, metavar="FILE", help="write JSON to FILE, or to standard output with -"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write explanation.json there (and figures)")
    parser.add_argument("--figures", action="store_true", help="write a figure into --out (or here)")
    parser.add_argument("--model", default="", metavar="ID", help="a model's id (see affekt models) or folder")
    parser.set_defaults(run=run, wrong_usage=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Explain; 0 when it was done, 1 when it failed or was stopped, 2 for a stretch that is none."""
    start_s, end_s = arguments.start_s or 0.0, arguments.end_s
    if not 0 <= start_s < math.inf or (end_s is not None and not start_s < end_s < math.inf):
        arguments.wrong_usage("a stretch must end after it begins: --from S --to S, in seconds from 0 on")
    try:
        if arguments.what_if:
            run_what_if(arguments)
            return 0
        # Explanations go back through the network, and models are small: the processor does it.
        explanation = _explain(arguments)
        _write(arguments, explanation)
    except JobError as error:
        print(f"affekt: {error.message}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 1
    return 0


def _explain(arguments: argparse.Namespace) -> Explanation:
    from models.explain.explain import ExplainRequest, explain

    model = load(arguments.model, "cpu")
    request = ExplainRequest(1, arguments.file, arguments.target, arguments.method, arguments.start_s, arguments.end_s)
    final: Explanation | None = None
    with progress_bar() as bar:
        for event in explain(request, model, CancelToken(), decode_with_qt):
            if isinstance(event, Progress):
                bar.n = event.fraction
                bar.refresh()
            else:
                final = event
    assert final is not None  # the last that it yields, or it raises
    return final


def _write(arguments: argparse.Namespace, explanation: Explanation) -> None:
    from models.export.explanation_json import write_explanation

    destinations: list[Path | None] = []
    if arguments.json is not None:
        destinations.append(None if arguments.json == "-" else Path(arguments.json))
    if arguments.out is not None:
        destinations.append(arguments.out / "explanation.json")
    for destination in destinations:
        write_explanation(destination, arguments.file, explanation)
    if arguments.figures:
        from models.figures.explanation import write_explanation_figure

        write_explanation_figure(arguments.out or Path(), arguments.file, explanation)
    if not destinations:
        print("\n".join(explanation_lines(arguments.file, explanation)))
