"""`affekt explain FILE --what-if KIND=AMOUNT`: the sound is changed, and the model is asked again."""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.common import load, progress_bar
from app.jobs.fallback import decode_with_qt
from models.analysis import QUADRANTS
from models.audio.files import shown_name
from models.errors import JobError
from models.explain.changes import CHANGE_KINDS, CHANGES, Change
from models.jobs import CancelToken, Progress

if TYPE_CHECKING:
    from models.explain.counterfactual import Answer, WhatIf

_WIDTH = 120


def change(text: str) -> Change:
    """Read "gain=-6"."""
    kind, _, amount = text.partition("=")
    if kind not in CHANGE_KINDS:
        raise argparse.ArgumentTypeError(f"{kind!r} is no change; choose one of {', '.join(CHANGE_KINDS)}")
    try:
        return Change(kind, float(amount))
    except ValueError:
        low, high, unit = CHANGES[kind].low, CHANGES[kind].high, CHANGES[kind].unit
        raise argparse.ArgumentTypeError(f"{kind} needs a number ({low:g} to {high:g} {unit}): {kind}=N") from None


def run_what_if(arguments: argparse.Namespace) -> None:
    """Ask, and write or print the answers.

    Raises
    ------
    JobError
        As `models.explain.counterfactual.what_if`; "bad_data" when a figure is asked for.
    """
    from models.explain.counterfactual import what_if
    from models.export.what_if_json import write_what_if

    if arguments.figures:
        raise JobError("bad_data", "--figures draws an explanation; --what-if has none to draw. Leave one of them out.")
    model = load(arguments.model, "cpu")
    answers: list[WhatIf] = []
    with progress_bar() as bar:
        for event in what_if(
            arguments.file, model, arguments.what_if, arguments.start_s, arguments.end_s, CancelToken(), decode_with_qt
        ):
            if isinstance(event, Progress):
                bar.n = event.fraction
                bar.refresh()
            else:
                answers.append(event)
    destinations: list[Path | None] = []
    if arguments.json is not None:
        destinations.append(None if arguments.json == "-" else Path(arguments.json))
    if arguments.out is not None:
        destinations.append(arguments.out / "what-if.json")
    for destination in destinations:
        write_what_if(destination, arguments.file, answers)
    if not destinations:
        _print(arguments.file, answers)


def _print(file: Path, answers: list[WhatIf]) -> None:
    first = answers[0]
    print(f"{shown_name(file)}, changed from {first.start_s:.1f} to {first.end_s:.1f} s: the whole, and that stretch.")
    heads = "".join(f"{name:>6}" for name in QUADRANTS) + f"{'valence':>9}{'arousal':>9}"
    print(f"{'':18}{heads}   {heads}")
    print(f"{'as it is':18}{_row(first.before)}   {_row(first.stretch_before)}")
    for one in answers:
        name = f"{one.change.kind} {one.change.amount:g}"
        print(f"{name:18}{_row(one.after)}   {_row(one.stretch_after)}")
    notes = dict.fromkeys(one.note for one in answers)
    strange = [
        f"After {one.change.kind} {one.change.amount:g} it is nothing the model knows: {one.domain_after.message}"
        for one in answers
        if one.domain_after is not None and not one.domain_after.is_familiar
    ]
    for line in (*notes, *strange, "Valence and arousal are in [-1, 1]."):
        print("\n".join(textwrap.wrap(line, _WIDTH)))


def _row(answer: Answer) -> str:
    shares = "".join(f"{p:>6.0%}" for p in answer.probabilities)
    return f"{shares}{answer.valence:>+9.2f}{answer.arousal:>+9.2f}"
