"""`affekt evaluate FOLDER...`: how well a model does on labelled recordings, with intervals."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.cli.common import json_target, load, positive
from models.errors import JobError

if TYPE_CHECKING:
    from models.data.labelled import LabelledClip
    from models.evaluation.listen import Failure
    from models.evaluation.measure import Evaluation
    from models.hub import LoadedModel

NAME = "evaluate"
#: Of the draw of --limit.
_SEED = 0


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    parser = subcommands.add_parser(
        NAME,
        help="measure how well a model does on labelled folders",
        description="Analyse every recording of labelled folders (see affekt prepare) and measure the answers: "
        "quadrants, calibration, valence and arousal of recordings and over time, GEMS, as far as there are labels. "
        "Each figure has a 95% interval from a bootstrap over groups (artists, songs).",
        epilog="Exit status: 0 all done, 1 some recordings failed or it was stopped, 2 wrong usage. A recording that "
        "fails is named with its cause and left out.",
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="labelled folders, measured apart")
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="ID",
        help="a model's id (see affekt models) or folder; name several to compare them",
    )
    parser.add_argument("--split", default="", metavar="NAME", help="only the clips of this split of labels.csv")
    parser.add_argument(
        "--limit",
        type=positive,
        metavar="N",
        help="only N recordings of each folder, drawn at random but always the same",
    )
    parser.add_argument(
        "--json", type=json_target, metavar="FILE", help="write JSON to FILE too, or only to standard output with -"
    )
    parser.add_argument(
        "--figures", type=Path, metavar="DIR", help="draw reliability and risk-coverage there (PNG and SVG)"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class _Part:
    """The recordings of one folder that are asked about."""

    folder: str
    split: str
    clips: Sequence[LabelledClip]
    notes: tuple[str, ...]


class _Bar(Protocol):
    """What is used of tqdm."""

    def update(self, n: float) -> object: ...
    def set_postfix_str(self, s: str) -> object: ...


class _Bench:
    """Evaluations as they come in, and what went wrong."""

    def __init__(self) -> None:
        self.evaluations: list[Evaluation] = []
        self.failures: list[Failure] = []
        self.nothing: list[str] = []
        self.stopped = ""

    def ask(self, model: LoadedModel, part: _Part, bar: _Bar) -> None:
        """Measure one model on one folder; Ctrl-C ends it early, and what is done by then is measured."""
        from app.jobs.fallback import decode_with_qt
        from models.evaluation.listen import Answer, Failure, listen
        from models.evaluation.measure import measure
        from models.jobs import CancelToken
        from models.provenance import heard_by

        done: list[Answer | Failure] = []
        try:
            for event in listen(part.clips, model, CancelToken(), decode_with_qt):
                done.append(event)
                bar.update(1)
                bar.set_postfix_str(event.clip.path.name[:40])
        except KeyboardInterrupt:
            self.stopped = f"Stopped after {len(done)} of {len(part.clips)} recordings of {part.folder}."
        answers = [event for event in done if isinstance(event, Answer)]
        failures = [event for event in done if isinstance(event, Failure)]
        self.failures += failures
        if not answers:
            self.nothing.append(f"No recording of {part.folder} could be analysed by {model.card.id}.")
            return
        card = model.card
        heard = heard_by(card)
        notes = (*part.notes, *([self.stopped] if self.stopped else []))
        self.evaluations.append(
            measure(part.folder, part.split, (card.id, card.version), heard, answers, failures, notes)
        )


def run(arguments: argparse.Namespace) -> int:
    """Evaluate; 0 when every recording was measured, 1 when not."""
    try:
        bench = _evaluate(arguments)
    except JobError as error:
        print(f"affekt evaluate: {error.message}", file=sys.stderr)
        return 1
    written = _write(arguments, bench)
    for file, message in dict.fromkeys((f.clip.path, f.error.message) for f in bench.failures):
        print(f"{file}: {message}", file=sys.stderr)
    for message in (*bench.nothing, *([bench.stopped] if bench.stopped else [])):
        print(message, file=sys.stderr)
    return 1 if bench.failures or bench.nothing or bench.stopped or not written else 0


def _evaluate(arguments: argparse.Namespace) -> _Bench:
    from tqdm import tqdm

    from app.paths import own_models
    from models.hub import find_model

    parts = _parts(arguments.folders, arguments.split, arguments.limit)
    names = list(dict.fromkeys(arguments.model or [""]))
    for name in names:
        find_model(name, own_models())  # an unknown one is not found out after an hour of work
    bench = _Bench()
    total = len(names) * sum(len(part.clips) for part in parts)
    with tqdm(total=total, unit="file", disable=sys.stderr is None or not sys.stderr.isatty()) as bar:
        for name in names:
            model = load(name, arguments.device)
            for part in parts:
                if not bench.stopped:
                    bench.ask(model, part, bar)
    return bench


def _parts(folders: Sequence[Path], split: str, limit: int | None) -> list[_Part]:
    """What is asked about, folder by folder.

    Raises
    ------
    JobError
        "bad_data" when a folder is no labelled folder, or holds no clip of the split.
    """
    import numpy as np

    from models.data.labelled import read_labelled_folders

    clips = read_labelled_folders(folders)
    parts = []
    for folder in dict.fromkeys(clip.source for clip in clips):
        mine = [clip for clip in clips if clip.source == folder]
        chosen = [clip for clip in mine if not split or clip.split == split]
        if not chosen:
            there = ", ".join(sorted({clip.split for clip in mine} - {""})) or "none"
            raise JobError("bad_data", f"{folder} has no clip of the split {split!r}. Splits there: {there}.")
        notes: tuple[str, ...] = ()
        if limit is not None and limit < len(chosen):
            drawn = np.sort(np.random.default_rng(_SEED).permutation(len(chosen))[:limit])
            notes = (f"Only {limit} of {len(chosen)} recordings, drawn at random (seed {_SEED}).",)
            chosen = [chosen[i] for i in drawn]
        parts.append(_Part(folder, split, chosen, notes))
    return parts


def _write(arguments: argparse.Namespace, bench: _Bench) -> bool:
    """Print, and write what was asked for; False when something could not be written."""
    from app.cli.evaluation_text import report_text
    from models.evaluation.measure import compare
    from models.export.evaluation_json import write_evaluation

    comparisons = compare(bench.evaluations)
    if arguments.json != "-" and bench.evaluations:
        print(report_text(bench.evaluations, comparisons))
    written = True
    if arguments.json is not None:
        try:
            write_evaluation(None if arguments.json == "-" else Path(arguments.json), bench.evaluations, comparisons)
        except JobError as error:
            print(f"affekt evaluate: {error.message}", file=sys.stderr)
            written = False
    if arguments.figures is not None:
        written &= _draw(arguments.figures, bench, quiet=arguments.json == "-")
    return written


def _draw(folder: Path, bench: _Bench, *, quiet: bool) -> bool:
    from models.figures.reliability import write_reliability

    for evaluation in bench.evaluations:
        if evaluation.quadrants is None:
            print(f"{evaluation.folder} has no quadrants, so there is nothing to draw.", file=sys.stderr)
            continue
        try:
            files = write_reliability(folder, evaluation)
        except JobError as error:
            print(f"affekt evaluate: {error.message}", file=sys.stderr)
            return False
        if not quiet:
            print(f"Drawn: {', '.join(str(file) for file in files)}")
    return True
