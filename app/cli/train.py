"""`affekt train FOLDER...`: labelled folders in, a model folder with its scores out."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import shlex
import sys
from pathlib import Path
from typing import Any

from models.errors import JobError
from models.training.recipes import DEFAULT_RECIPE, RECIPES

NAME = "train"


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    parser = subcommands.add_parser(
        "train",
        help="train a model on labelled folders and measure it",
        description="Train on labelled folders (audio/ and labels.csv, or subfolders Q1..Q4), measure by grouped "
        "cross-validation, and write a model folder with weights and a card.",
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="labelled folders")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="the model folder to write; its name is the model's id",
    )
    parser.add_argument(
        "--recipe",
        choices=sorted(RECIPES),
        default=DEFAULT_RECIPE,
        help="how to train (default: %(default)s)",
    )
    parser.add_argument("--epochs", type=_positive, help="passes over the data, instead of the recipe's")
    parser.add_argument(
        "--folds",
        type=_folds,
        default=5,
        help="folds of the cross-validation, 0 for none (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--share",
        type=_share,
        action="append",
        default=[],
        metavar="FOLDER=S",
        help="meet only the share S, (0, 1], of a folder's clips in each epoch (another draw each time)",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    parser.add_argument("--resume", action="store_true", help="go on with the folds that an interrupted run finished")
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="where log-mels are kept (default: DIR of --out, .features beside it)",
    )
    parser.add_argument(
        "--card",
        type=Path,
        metavar="FILE",
        help="JSON with name, version, summary, licence, data, notes and limits for the card",
    )
    parser.add_argument("--progress", choices=("text", "jsonl"), default="text", help="how progress is printed")
    parser.set_defaults(run=run)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("it must be a whole number, 1 or more")
    return int(text)


def _share(text: str) -> tuple[str, float]:
    name, _, number = text.rpartition("=")
    try:
        share = float(number)
    except ValueError:
        share = 0.0
    if not name or not 0 < share <= 1:
        raise argparse.ArgumentTypeError("it must look like FOLDER=0.5, above 0 and at most 1")
    return Path(name).name, share


def _folds(text: str) -> int:
    if not text.isdecimal() or int(text) == 1:
        raise argparse.ArgumentTypeError("it must be a whole number, 2 or more, or 0 for none")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Train; 0 when a model was written, 1 when not."""
    try:
        _train(arguments)
    except JobError as error:
        _say(
            arguments,
            f"affekt train: {error.message}",
            {"event": "error", "kind": error.kind, "message": error.message},
        )
        return 1
    except OSError as error:
        message = f"{error.filename}: {error.strerror}."
        _say(arguments, f"affekt train: {message}", {"event": "error", "kind": "no_space", "message": message})
        return 1
    except KeyboardInterrupt:
        _say(arguments, "Stopped. Finished folds are kept; --resume goes on.", {"event": "cancelled"})
        return 1
    return 0


def _say(arguments: argparse.Namespace, text: str, event: dict[str, Any]) -> None:
    if arguments.progress == "jsonl":
        print(json.dumps(event), flush=True)
    else:
        print(text, file=sys.stderr if event["event"] == "error" else sys.stdout, flush=True)


def _without_nan(numbers: dict[str, float]) -> dict[str, float | None]:
    """JSON knows no NaN."""
    return {name: number if math.isfinite(number) else None for name, number in numbers.items()}


def _read_card(file: Path) -> dict[str, Any]:
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise JobError("bad_data", f"{file} cannot be read as JSON.", str(error)) from None
    if not isinstance(card, dict):
        raise JobError(
            "bad_data", f"{file} must hold an object with name, version, summary, licence, data, notes and limits."
        )
    return card


def _train(arguments: argparse.Namespace) -> None:
    from models.data.labelled import read_labelled_folders
    from models.hub import check_destination
    from models.runtime import choose_device
    from models.training.features import load_features
    from models.training.run import FoldScore, RunProgress, TrainingRun, run_training

    clips = read_labelled_folders(arguments.folders)
    own_groups = sum(clip.group.endswith(clip.path.name) for clip in clips)
    if own_groups:
        _say(
            arguments,
            f"{own_groups} of {len(clips)} clips name no group: each counts as its own.",
            {"event": "note", "ungrouped": own_groups},
        )
    unknown = {name for name, _ in arguments.share} - {clip.source for clip in clips}
    if unknown:
        raise JobError("bad_data", f"--share names {', '.join(sorted(unknown))}, which is none of the folders.")
    out: Path = arguments.out.resolve()
    check_destination(out)
    card = _read_card(arguments.card) if arguments.card else {}
    for done in load_features(clips, arguments.cache or out.with_name(out.name + ".features")):
        if not isinstance(done, int):
            features = done
        elif done % 100 == 0 or done == len(clips):
            text = f"{done} of {len(clips)} clips are ready."
            _say(arguments, text, {"event": "features", "clips": done, "of": len(clips)})
    recipe = RECIPES[arguments.recipe]
    if arguments.epochs:
        recipe = dataclasses.replace(recipe, epochs=arguments.epochs)
    given = [*(folder.resolve().name for folder in arguments.folders), "--out", out.name, "--recipe", arguments.recipe]
    given += ["--epochs", str(recipe.epochs), "--folds", str(arguments.folds), "--seed", str(arguments.seed)]
    given += [word for name, share in arguments.share for word in ("--share", f"{name}={share:g}")]
    training = TrainingRun(
        out=out,
        recipe=recipe,
        folds=arguments.folds,
        seed=arguments.seed,
        command=shlex.join(["affekt", "train", *given]),
        name=card.get("name", out.name),
        version=str(card.get("version", "")),
        summary=card.get("summary", ""),
        licence=card.get("licence", ""),
        data=tuple(card.get("data", ())),
        limits=tuple(card.get("limits", ())),
        notes=tuple(card.get("notes", ())),
        shares=dict(arguments.share),
    )
    for event in run_training(
        training, clips, features, device=choose_device(arguments.device), resume=arguments.resume
    ):
        if isinstance(event, RunProgress):
            report = event.report
            _say(
                arguments,
                f"{event.part}, epoch {report.epoch} of {report.epochs}: loss {report.train_loss:.3f} "
                f"({report.seconds:.0f} s)",
                {"event": "epoch", "part": event.part, **_without_nan(dataclasses.asdict(report))},
            )
        elif isinstance(event, FoldScore):
            scores = ", ".join(f"{source} {value:.3f}" for source, value in event.macro_f1.items())
            _say(
                arguments,
                f"fold {event.fold + 1}: macro-F1 {scores}",
                {"event": "fold", "fold": event.fold, "macro_f1": event.macro_f1},
            )
        else:
            _say(
                arguments,
                f"The model is in {event.folder}.",
                {"event": "done", "folder": str(event.folder), "scores": event.raw["scores"]},
            )
