"""`affekt train FOLDER...`: labelled folders in, a model folder with its scores out."""

from __future__ import annotations

import argparse
import json
import shlex
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.train_clips import hear_clips, log_mel_of, read_clips, refuse_hopeless, say_what_siblings_give_away
from app.cli.train_control import follow_input
from app.cli.train_job import Job
from app.cli.train_options import add_options, settle
from app.cli.train_telling import PROTOCOL, Telling, said_of
from models.errors import Cancelled, JobError
from models.jobs import Control
from models.training.recipes import DEFAULT_RECIPE, FEW_FROM_NOTHING, FINETUNE_RECIPE, FUSION_RECIPE, RECIPES

if TYPE_CHECKING:
    from models.data.labelled import LabelledClip
    from models.hub import Card
    from models.training.heard_features import HeardClip
    from models.training.loop import Notice
    from models.training.parent import Parent
    from models.training.record import FoldScore, HeldOut, RunProgress, TrainingRun

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
    telling = Telling(getattr(given, "progress", "") == "jsonl")
    try:
        options = settle(vars(given), given.config)
        telling = Telling(options.progress == "jsonl")
        if not options.folders or options.out is None:
            given.wrong_usage("a labelled FOLDER and --out DIR are needed")
        if options.use_splits and "folds" in given:
            given.wrong_usage("--folds and --use-splits exclude each other")
        if options.allow_shared_groups and not options.use_splits:
            given.wrong_usage("--allow-shared-groups belongs to --use-splits; folds never share a group")
        if options.against and not (options.folds or options.use_splits):
            given.wrong_usage("--against compares on held-out clips: it needs --folds or --use-splits")
        _train(options, telling)
    except JobError as error:
        telling.say(f"affekt train: {error.message}", event="error", kind=error.kind, message=error.message)
        return 1
    except OSError as error:
        message = said_of(error)
        telling.say(f"affekt train: {message}", event="error", kind="no_space", message=message)
        return 1
    except MemoryError:
        message = "There is too little free memory for this. Close other programs and try again with --resume."
        telling.say(f"affekt train: {message}", event="error", kind="out_of_memory", message=message)
        return 1
    except (KeyboardInterrupt, Cancelled):
        text = "Stopped. What is finished is kept; --resume goes on."
        telling.say(text, event="cancelled", text=text)
        return 1
    return 0


def _train(options: argparse.Namespace, telling: Telling) -> None:
    control = Control(telling.state)
    telling.control = control
    if options.control:
        follow_input(control)
    job = _prepare(options, telling)
    if options.estimate:
        from app.cli.train_estimate import estimate

        estimate(job, telling, control)
        return
    begun = _begin(job, telling, control)
    held: HeldOut | None = None
    for event in begun.events:
        held, card = _pass_on(event, held, job, telling)
        if card is not None:
            if options.against:
                from app.cli.train_against import compare

                compare(card, options.against, held, begun.clips, begun.heard, begun.content, telling, control)
            telling.done(card)


def _pass_on(
    event: RunProgress | FoldScore | Notice | HeldOut | Card, held: HeldOut | None, job: Job, telling: Telling
) -> tuple[HeldOut | None, Card | None]:
    """Tell of an event; keep what was held out for the comparison, which comes once there is a card."""
    from models.hub import Card
    from models.training.record import HeldOut

    if isinstance(event, HeldOut):
        return event, None
    if isinstance(event, Card):
        return held, event
    telling.tell(event, job.options.use_splits)
    return held, None


@dataclass(frozen=True)
class _Begun:
    """A run that is under way: the clips that could be read, what was heard of them, and what it says."""

    clips: list[LabelledClip]
    heard: list[HeardClip] | None
    content: tuple[str, ...]
    events: Iterator[RunProgress | FoldScore | Notice | HeldOut | Card]


def _begin(job: Job, telling: Telling, control: Control) -> _Begun:
    """Hear the clips and begin to train."""
    import numpy as np

    from models.training.fusion import FusionMaterial
    from models.training.fusion_recipe import FusionRecipe
    from models.training.fusion_run import run_fusion
    from models.training.parent import content_of
    from models.training.run import run_training
    from models.training.tuned import TuningRecipe
    from models.training.tuned_run import run_tuned

    skip, resume = job.options.skip_bad, job.options.resume
    heard: list[HeardClip] | None = None
    if job.fused:
        clips, heard = hear_clips(job.clips, job.cache, skip, telling, control)
    else:
        clips, features = log_mel_of(job.clips, job.cache, skip, telling, control)
    if len(clips) < len(job.clips):
        refuse_hopeless(clips, bool(job.run.folds) or job.run.use_splits)
    run = replace(job.run, content=tuple(content_of(clips)))
    events: Iterator[RunProgress | FoldScore | Notice | HeldOut | Card]
    if heard is not None:
        material = FusionMaterial(clips, heard)
        if run.parent is not None:
            events = run_tuned(run, TuningRecipe(), material, cancel=control)
        else:
            events = run_fusion(run, FusionRecipe(), material, resume=resume, cancel=control, began_s=job.began_s)
    else:
        hints = None
        if RECIPES[job.recipe].hint_weight:
            _, hinting = hear_clips(clips, job.cache, False, telling, control)
            hints = np.stack([one.summary for one in hinting])
        events = run_training(
            run, clips, features, hints=hints, device=job.device, resume=resume, cancel=control, began_s=job.began_s
        )
    telling.training_begins()
    return _Begun(clips, heard, run.content, events)


def _prepare(options: argparse.Namespace, telling: Telling) -> Job:
    from app.paths import own_models
    from models.hub import DEFAULT_MODEL, check_destination, find_model
    from models.runtime import choose_device
    from models.training.parent import load_parent
    from models.training.record import TrainingRun

    began_s = time.monotonic()
    parent = load_parent(options.start_from, own_models()) if options.start_from else None
    recipe = options.recipe or _recipe_for(parent)
    fused = recipe == FUSION_RECIPE
    if fused and parent is None and options.use_splits:
        raise JobError(
            "bad_data",
            f"The recipe {recipe} cannot be used with --use-splits, unless it goes on from a fused model: name one by "
            "--start-from, or another recipe by --recipe.",
        )
    clips = read_clips(options, telling, profiles=fused)
    refuse_hopeless(clips, bool(options.folds) or options.use_splits)
    folds = _folds_that_fit(options, clips, telling)
    out: Path = options.out.resolve()
    check_destination(out)
    card = _read_card(options.card) if options.card else {}
    device = choose_device(options.device)
    if options.against:
        find_model(options.against, own_models())  # an unknown name is said now, not after hours
    say_what_siblings_give_away(clips, telling)
    if fused and parent is None and len(clips) < FEW_FROM_NOTHING:
        few = f"{len(clips)} clips are few to train a model from nothing"
        telling.note(f"{few}; --start-from {DEFAULT_MODEL} keeps what it knows.")
    run = TrainingRun(
        out=out,
        recipe=RECIPES.get(recipe),
        epochs=options.epochs or 0,
        folds=folds,
        seed=options.seed,
        command=_command(options, folds, recipe, out),
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
    )
    cache = options.cache or out.with_name(out.name + ".features")
    _say_what_begins(run, recipe, clips, device, telling)
    return Job(options, run, recipe, clips, cache, device, began_s)


def _folds_that_fit(options: argparse.Namespace, clips: list[LabelledClip], telling: Telling) -> int:
    """Folds as asked for; where nobody asked, no more than the smallest folder has groups."""
    asked: int = options.folds
    if options.folds_given or options.use_splits:
        return asked
    groups = Counter(source for source, _ in {(clip.source, clip.group) for clip in clips})
    source, fewest = min(groups.items(), key=lambda one: one[1])
    if not 2 <= fewest < asked:
        return asked
    telling.note(f"{source} has {fewest} groups, so there are {fewest} folds.")
    return fewest


def _say_what_begins(run: TrainingRun, recipe: str, clips: list[LabelledClip], device: str, telling: Telling) -> None:
    sources = {name: sum(clip.source == name for clip in clips) for name in sorted({clip.source for clip in clips})}
    groups = len({(clip.source, clip.group) for clip in clips})
    device = "cpu" if recipe == FUSION_RECIPE else device
    parent = run.parent.card.id if run.parent is not None else ""
    started = f", starting from {parent}" if parent else ""
    telling.say(
        f"{len(clips)} clips of {groups} groups; recipe {recipe}{started}; on {device}.",
        event="begin",
        protocol=PROTOCOL,
        clips=len(clips),
        groups=groups,
        recipe=recipe,
        parent=parent,
        device=device,
        folds=0 if run.use_splits else run.folds,
        sources=sources,
    )


def _recipe_for(parent: Parent | None) -> str:
    """What is taken where no recipe is named: a fused model is trained further by the recipe that made it."""
    from models.networks.fusion import Fusion

    if parent is None:
        return DEFAULT_RECIPE
    return FUSION_RECIPE if isinstance(parent.network, Fusion) else FINETUNE_RECIPE


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


def _command(options: argparse.Namespace, folds: int, recipe: str, out: Path) -> str:
    """Say it in one line, without the paths of this machine."""
    words = [*(folder.resolve().name for folder in options.folders), "--out", out.name, "--recipe", recipe]
    if options.start_from:
        words += ["--start-from", Path(options.start_from).name]
    words += ["--epochs", str(options.epochs)] if options.epochs else []
    if options.use_splits:
        words += ["--use-splits", *(["--allow-shared-groups"] if options.allow_shared_groups else [])]
    else:
        words += ["--folds", str(folds)]
    words += ["--seed", str(options.seed)]
    words += ["--against", Path(options.against).name] if options.against else []
    words += ["--minutes", f"{options.minutes:g}"] if options.minutes else []
    words += [word for name, share in options.share for word in ("--share", f"{name}={share:g}")]
    return shlex.join(["affekt", "train", *words])
