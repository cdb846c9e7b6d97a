"""`affekt train FOLDER...`: labelled folders in, a model folder with its scores out."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.train_options import add_options, settle
from models.errors import JobError
from models.training.recipes import DEFAULT_RECIPE, FINETUNE_RECIPE, FUSION_RECIPE, RECIPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.data.labelled import LabelledClip
    from models.hub import Card
    from models.training.heard_features import HeardClip
    from models.training.loop import Notice
    from models.training.record import FoldScore, RunProgress

NAME = "train"


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    parser = subcommands.add_parser(
        NAME,
        help="train a model on labelled folders and measure it",
        description="Train on labelled folders (audio/ and labels.csv, or subfolders Q1..Q4 or named by moods), "
        "measure by grouped cross-validation, and write a model folder with weights and a card.",
        epilog="Groups, which folds never divide, are the column group of labels.csv, else the subfolder below the "
        "class, else each file by itself.",
    )
    add_options(parser)
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="JSON or TOML with the same options by name (and folders); the command line wins, paths are from the "
        "file's folder on",
    )
    parser.set_defaults(run=run, wrong_usage=parser.error)


def run(given: argparse.Namespace) -> int:
    """Train; 0 when a model was written, 1 when not."""
    jsonl = getattr(given, "progress", "") == "jsonl"
    try:
        options = settle(vars(given), given.config)
        jsonl = options.progress == "jsonl"
        if not options.folders or options.out is None:
            given.wrong_usage("a labelled FOLDER and --out DIR are needed")
        if options.use_splits and "folds" in given:
            given.wrong_usage("--folds and --use-splits exclude each other")
        if options.allow_shared_groups and not options.use_splits:
            given.wrong_usage("--allow-shared-groups belongs to --use-splits; folds never share a group")
        _train(options)
    except JobError as error:
        _say(jsonl, f"affekt train: {error.message}", event="error", kind=error.kind, message=error.message)
        return 1
    except OSError as error:
        message = f"{error.filename}: {error.strerror}."
        _say(jsonl, f"affekt train: {message}", event="error", kind="no_space", message=message)
        return 1
    except KeyboardInterrupt:
        _say(jsonl, "Stopped. What is finished is kept; --resume goes on.", event="cancelled")
        return 1
    return 0


def _say(jsonl: bool, text: str, /, **event: Any) -> None:
    if jsonl:
        print(json.dumps(event), flush=True)
    else:
        print(text, file=sys.stderr if event["event"] == "error" else sys.stdout, flush=True)


def _note(jsonl: bool, text: str, /, **more: Any) -> None:
    _say(jsonl, text, event="note", text=text, **more)


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


def _read_clips(options: argparse.Namespace, jsonl: bool, *, profiles: bool) -> list[LabelledClip]:
    """Clips of all folders that the recipe can use; says what is left out, and what their groups are.

    All need a quadrant, but for recipes that learn from GEMS profiles too.
    """
    from models.data.labelled import is_group_of_its_own, read_labelled_folders

    everything = read_labelled_folders(options.folders)
    clips = [clip for clip in everything if clip.quadrant is not None or (profiles and clip.gems is not None)]
    if not clips:
        raise JobError(
            "bad_data", "None of the clips has a quadrant, or valence and arousal: there is nothing to learn."
        )
    if len(clips) < len(everything):
        left_out = len(everything) - len(clips)
        text = (
            f"{left_out} of {len(everything)} clips have neither a quadrant nor valence and arousal: they are left out."
        )
        _note(jsonl, text, left_out=left_out)
    alone = sum(is_group_of_its_own(clip) for clip in clips)
    if alone:
        _note(jsonl, f"{alone} of {len(clips)} clips name no group: each counts as its own.", ungrouped=alone)
    unknown = {name for name, _ in options.share} - {clip.source for clip in clips}
    if unknown:
        raise JobError("bad_data", f"--share names {', '.join(sorted(unknown))}, which is none of the folders.")
    return clips


def _say_what_siblings_give_away(clips: Sequence[LabelledClip], jsonl: bool) -> None:
    from models.training.splits import sibling_copy

    for source in sorted({clip.source for clip in clips}):
        copied = sibling_copy([clip for clip in clips if clip.source == source])
        if copied.clips:
            text = (
                f"{source}: {copied.clips} of {copied.of} clips share their song or artist with another clip. Copying "
                f"such a clip's label without listening would score {copied.accuracy:.3f} under folds by clip (chance "
                f"{copied.chance:.3f}), so clips of one group stay together."
            )
            _note(jsonl, text, source=source, sibling_copy=dataclasses.asdict(copied))


def _command(options: argparse.Namespace, recipe: str, out: Path) -> str:
    """Say it in one line, without the paths of this machine."""
    words = [*(folder.resolve().name for folder in options.folders), "--out", out.name, "--recipe", recipe]
    if options.start_from:
        words += ["--start-from", Path(options.start_from).name]
    words += ["--epochs", str(options.epochs)] if options.epochs else []
    if options.use_splits:
        words += ["--use-splits", *(["--allow-shared-groups"] if options.allow_shared_groups else [])]
    else:
        words += ["--folds", str(options.folds)]
    words += ["--seed", str(options.seed)]
    words += ["--minutes", f"{options.minutes:g}"] if options.minutes else []
    words += [word for name, share in options.share for word in ("--share", f"{name}={share:g}")]
    return shlex.join(["affekt", "train", *words])


def _train(options: argparse.Namespace) -> None:
    import numpy as np

    from app.paths import own_models
    from models.hub import check_destination
    from models.runtime import choose_device
    from models.training.features import load_features
    from models.training.fusion import FusionMaterial
    from models.training.fusion_recipe import FusionRecipe
    from models.training.fusion_run import run_fusion
    from models.training.parent import content_of, load_parent
    from models.training.record import TrainingRun
    from models.training.run import run_training

    began_s = time.monotonic()
    jsonl = options.progress == "jsonl"
    recipe = options.recipe or (FINETUNE_RECIPE if options.start_from else DEFAULT_RECIPE)
    fused = recipe == FUSION_RECIPE
    if fused:
        _refuse_for_fusion(options, recipe)
    clips = _read_clips(options, jsonl, profiles=fused)
    out: Path = options.out.resolve()
    check_destination(out)
    card = _read_card(options.card) if options.card else {}
    device = choose_device(options.device)
    parent = load_parent(options.start_from, own_models()) if options.start_from else None
    _say_what_siblings_give_away(clips, jsonl)
    training = TrainingRun(
        out=out,
        recipe=RECIPES.get(recipe, RECIPES["crnn"]),
        epochs=options.epochs or 0,
        folds=options.folds,
        seed=options.seed,
        command=_command(options, recipe, out),
        name=card.get("name", out.name),
        version=str(card.get("version", "")),
        summary=card.get("summary", ""),
        licence=card.get("licence", ""),
        data=tuple(card.get("data", ())),
        limits=tuple(card.get("limits", ())),
        notes=tuple(card.get("notes", ())),
        shares=dict(options.share),
        parent=parent,
        use_splits=options.use_splits,
        allow_shared_groups=options.allow_shared_groups,
        minutes=options.minutes,
        content=tuple(content_of(clips)),
    )
    cache = options.cache or out.with_name(out.name + ".features")
    events: Iterator[RunProgress | FoldScore | Notice | Card]
    if fused:
        material = FusionMaterial(clips, _heard(clips, cache, jsonl))
        events = run_fusion(training, FusionRecipe(), material, resume=options.resume, began_s=began_s)
    else:
        for done in load_features(clips, cache):
            if not isinstance(done, int):
                features = done
            elif done % 100 == 0 or done == len(clips):
                _say(jsonl, f"{done} of {len(clips)} clips are ready.", event="features", clips=done, of=len(clips))
        hints = None
        if RECIPES[recipe].hint_weight:
            hints = np.stack([heard.summary for heard in _heard(clips, cache, jsonl)])
        events = run_training(
            training, clips, features, hints=hints, device=device, resume=options.resume, began_s=began_s
        )
    for event in events:
        _tell(event, training.use_splits, jsonl)


def _refuse_for_fusion(options: argparse.Namespace, recipe: str) -> None:
    """Name what this recipe has no use for, instead of passing over it."""
    given = [
        option
        for option, value in (
            ("--start-from", options.start_from),
            ("--use-splits", options.use_splits),
            ("--share", options.share),
        )
        if value
    ]
    if given:
        raise JobError(
            "bad_data", f"The recipe {recipe} cannot be used with {', '.join(given)}. Name another one by --recipe."
        )


def _heard(clips: Sequence[LabelledClip], cache: Path, jsonl: bool) -> list[HeardClip]:
    """What the tagger and the descriptors hear in each clip, kept beside the log-mel."""
    from models.training.heard_features import load_heard

    for done in load_heard(clips, cache):
        if not isinstance(done, int):
            return done
        if done % 100 == 0 or done == len(clips):
            _say(jsonl, f"{done} of {len(clips)} clips are heard.", event="heard", clips=done, of=len(clips))
    raise AssertionError("the last is all of them")


def _tell(event: RunProgress | FoldScore | Notice | Card, by_split: bool, jsonl: bool) -> None:
    from models.training.loop import Notice
    from models.training.record import FoldScore, RunProgress

    if isinstance(event, RunProgress):
        report = event.report
        text = f"{event.part}, epoch {report.epoch} of {report.epochs}: loss {report.train_loss:.3f}"
        if math.isfinite(report.validation_loss):
            text += f", validation {report.validation_loss:.3f}"
        if math.isfinite(report.validation_accuracy):
            text += f" ({report.validation_accuracy:.0%} right)"
        numbers = _without_nan(dataclasses.asdict(report))
        _say(jsonl, f"{text} ({report.seconds:.0f} s)", event="epoch", part=event.part, **numbers)
    elif isinstance(event, FoldScore):
        scores = ", ".join(f"{source} {value:.3f}" for source, value in event.macro_f1.items())
        where = "test split" if by_split else f"fold {event.fold + 1}"
        _say(jsonl, f"{where}: macro-F1 {scores}", event="fold", fold=event.fold, macro_f1=event.macro_f1)
    elif isinstance(event, Notice):
        _note(jsonl, event.text)
    else:
        text = f"The model is in {event.folder}."
        _say(jsonl, text, event="done", folder=str(event.folder), scores=event.raw["scores"])
