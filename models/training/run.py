"""Train and measure: cross-validation over groups, then the final network on all clips, written as a model folder."""

from __future__ import annotations

import datetime
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.analysis import QUADRANTS
from models.data.labelled import LabelledClip
from models.hub import Card, check_destination, write_model
from models.jobs import CancelToken
from models.networks.base import LogMelNetwork
from models.provenance import TRAINED_ON_FILE
from models.training.budget import Clock, epochs_that_fit, measure_pace, weight
from models.training.checkpoint import named
from models.training.features import Features
from models.training.hints import hints_for
from models.training.loop import EpochReport, Notice, TrainedNetwork, new_network, predict, shortened, train_network
from models.training.material import Material, Part, gather, hold_out, parts_by_folds, parts_by_splits, tag_table
from models.training.parent import Parent, adopt, trained_on, warn_of_overlap
from models.training.recipes import Recipe
from models.training.scoring import copying_a_siblings_label, macro_f1_by_source, score_folds, score_split
from models.training.splits import read_splits, shared_groups
from models.training.workplace import PartResult, Workplace

#: Beside the card: the curves over epochs of every part.
HISTORY_FILE = "history.json"


@dataclass(frozen=True)
class TrainingRun:
    """All that decides a run; kept in the card.

    Attributes
    ----------
    out : Path
        The model folder to write; its name is the model's id.
    recipe : Recipe
        How each network is trained.
    epochs : int
        Instead of the recipe's; 0 for those.
    folds : int
        Folds of the cross-validation, 0 for none: such a model's card then has no scores and says so.
    seed : int
        Of the folds, and of the networks.
    name, summary, licence, command : str
        For the card.
    version : str
        For the card; the time of writing where it is empty, so that the results of two trainings are never mixed.
    data : list of dict
        What the clips are, for the card.
    limits : list of str
        Known limits, for the card.
    notes : list of str
        What a reader of the scores should know of how they came about, for the card.
    shares : dict
        Source name to the share of its clips that an epoch meets, (0, 1]; 1 for those not named.
    parent : Parent, optional
        Start from this model's weights instead of random ones.
    use_splits : bool
        Train on the train part of the clips' own split and judge by its test part, instead of folds; the network that
        is judged is the one that is written.
    allow_shared_groups : bool
        Let such a split have clips of one group in two parts; the card then says so.
    minutes : float
        Time for the whole run, which then has only as many epochs as fit; 0 for as long as it takes.
    content : sequence of str
        Hash of each clip's content (see `content_of`); kept beside the card, so that it can be told later what the
        model was trained on.
    """

    out: Path
    recipe: Recipe
    epochs: int = 0
    folds: int = 5
    seed: int = 0
    name: str = ""
    summary: str = ""
    licence: str = ""
    command: str = ""
    version: str = ""
    data: tuple[dict[str, Any], ...] = ()
    limits: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    parent: Parent | None = None
    use_splits: bool = False
    allow_shared_groups: bool = False
    minutes: float = 0.0
    content: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunProgress:
    """One epoch of one part of a run: part is "fold 1 of 5", "train split" or "final"."""

    part: str
    report: EpochReport


@dataclass(frozen=True)
class FoldScore:
    """Macro-F1 of one held-out fold, or of the test part of a split (fold 0), per source."""

    fold: int
    macro_f1: dict[str, float]


@dataclass
class _Under:
    """What the parts of a run share while it goes on."""

    run: TrainingRun
    recipe: Recipe
    material: Material
    work: Workplace
    device: str
    cancel: CancelToken
    clock: Clock
    #: Seconds between checkpoints.
    every_s: float


def run_training(
    run: TrainingRun,
    clips: Sequence[LabelledClip],
    features: Features,
    *,
    hints: np.ndarray[Any, np.dtype[np.float32]] | None = None,
    device: str = "cpu",
    resume: bool = False,
    cancel: CancelToken | None = None,
    began_s: float | None = None,
    checkpoint_every_s: float = 30.0,
) -> Iterator[RunProgress | FoldScore | Notice | Card]:
    """Cross-validate over groups, then train on all clips and write the model.

    The length of training is fixed by the recipe, by the time there is, or found inside the training part; the
    held-out part is looked at once, for its scores. What is finished, and where the rest stands, is kept in
    `<out>.work`, from where `resume` goes on.

    Parameters
    ----------
    run : TrainingRun
        What to do.
    clips : sequence of LabelledClip
        The labelled recordings; each has a quadrant.
    features : np.ndarray [shape=(n, 128, frames), dtype=float16]
        Their log-mel.
    hints : np.ndarray, optional [shape=(n, m), dtype=float32]
        What stronger listeners hear in them; needed where the recipe has a `hint_weight`.
    device : str
        "cpu", "cuda" or "mps".
    resume : bool
        Go on with what an interrupted run of the same settings left.
    cancel : CancelToken, optional
        Looked at between steps.
    began_s : float, optional
        When the time that the run has began to count (`time.monotonic`); without it, now.
    checkpoint_every_s : float
        An interrupted run loses at most about this much, and an epoch.

    Yields
    ------
    RunProgress, FoldScore, Notice or Card
        The card last.

    Raises
    ------
    JobError
        "bad_data" when the clips cannot be divided, hints lack, or the model folder is taken; "bad_model" when the
        recipe trains another network than that to start from; "out_of_memory"; "no_space" when it cannot be written.
    Cancelled
        When asked to stop; what is finished is kept.
    """
    began_s = time.monotonic() if began_s is None else began_s
    check_destination(run.out)
    recipe, said = adopt(run.recipe, len(clips), run.parent)
    recipe = replace(recipe, epochs=run.epochs or recipe.epochs)
    material = gather(clips, features, run.shares, hints_for(recipe, hints))
    splits = read_splits(clips, allow_shared_groups=run.allow_shared_groups) if run.use_splits else []
    parts = parts_by_splits(clips, splits, run.seed) if splits else parts_by_folds(clips, run.folds, run.seed)
    overlap = warn_of_overlap(run.parent, clips, run.content) if run.parent else ""
    work = Workplace(run.out, _settings(run, recipe, clips), resume)
    clock = Clock(began_s + run.minutes * 60 if run.minutes else math.inf)
    under = _Under(run, recipe, material, work, device, cancel or CancelToken(), clock, checkpoint_every_s)
    for text in (*said, overlap):
        if text:
            yield Notice(text)
    if run.minutes:
        text = _plan(under, parts)
        said.append(text)
        yield Notice(text)

    results: list[PartResult] = []
    logits = np.zeros((len(clips), len(QUADRANTS)), np.float32)
    for i, part in enumerate(parts):
        if part.key == "final" and results:
            under.recipe = shortened(under.recipe, max(1, round(float(np.mean([r.epochs for r in results])))))
        if work.result(part.key) is None:
            rest = sum(weight(later, material) for later in parts[i:])
            yield from _train_part(under, part, clock.stop_at_s(weight(part, material), rest))
        kept = work.result(part.key)
        assert kept is not None
        results.append(kept)
        if part.judged.any():
            logits[part.judged] = kept.tensors["judged"].numpy()
            yield FoldScore(len(results) - 1, macro_f1_by_source(clips, material.labels, logits, part.judged))

    scores = _scores(under, clips, parts, results, logits, splits)
    if scores and overlap:
        scores["warning"] = overlap
    network = _network_of(results[-1], under)
    temperature = float(scores.get("temperature", 1.0))
    # Dividing the last layer divides the logits: what is shown as contribution sums to what is shown as logit.
    network.classifier.weight.div_(temperature)
    network.classifier.bias.div_(temperature)
    notices = [f"{part.name}: {text}" for part, result in zip(parts, results, strict=True) for text in result.notices]
    said += [*([overlap] if overlap else []), *notices]
    card = _write(under, network, scores, results[-1], said, parts, results)
    work.remove()
    yield card


def _settings(run: TrainingRun, recipe: Recipe, clips: Sequence[LabelledClip]) -> dict[str, Any]:
    """All that decides the result of a run, for JSON."""
    return {
        "recipe": asdict(recipe),
        "folds": run.folds,
        "seed": run.seed,
        "shares": dict(run.shares),
        "use_splits": run.use_splits,
        "parent": run.parent.card.raw["weights_sha256"] if run.parent else "",
        "minutes": run.minutes,
        "clips": [[clip.path.name, clip.quadrant, clip.group, clip.split, sorted(clip.tags)] for clip in clips],
    }


def _plan(under: _Under, parts: Sequence[Part]) -> str:
    """Choose as many epochs as fit into the time, unless an interrupted run has; say which."""
    recipe, minutes = under.recipe, under.run.minutes
    epochs = under.work.epochs_planned()
    if epochs is None:
        pace = measure_pace(under.material, recipe, under.device)
        epochs = epochs_that_fit(parts, under.material, recipe, pace, under.clock.left_s)
        under.work.keep_plan(epochs)
    under.recipe = replace(recipe, epochs=epochs)
    networks = "1 network" if len(parts) == 1 else f"{len(parts)} networks"
    if epochs < recipe.epochs:
        return f"{minutes:g} minutes are enough for {epochs} of the recipe's {recipe.epochs} epochs of {networks}."
    return f"{minutes:g} minutes are enough for all {epochs} epochs of {networks}."


def _train_part(under: _Under, part: Part, stop_at_s: float) -> Iterator[RunProgress | Notice]:
    """Train one network and keep it with what it says of the clips that it is judged by."""
    material = under.material.part(part.training)
    validation = None
    if part.validation is not None:
        validation = under.material.part(part.validation)
    elif under.recipe.patience:
        material, validation = hold_out(material, part.seed)
    said: list[str] = []
    for event in train_network(
        material.features,
        material.labels,
        under.recipe,
        seed=part.seed,
        tags=tag_table(list(material.tags)),
        hints=material.hints,
        shares=material.shares,
        validation=(validation.features, validation.labels) if validation is not None else None,
        start=under.run.parent.network if under.run.parent else None,
        device=under.device,
        keep=under.work.checkpoint(part.key, under.every_s),
        stop_at_s=stop_at_s,
        cancel=under.cancel,
    ):
        if isinstance(event, EpochReport):
            yield RunProgress(part.name, event)
        elif isinstance(event, Notice):
            said.append(event.text)
            yield Notice(f"{part.name}: {event.text}")
        else:
            if event.ending == "out of time":
                said.append(
                    f"Time was up after {event.epochs} of {under.recipe.epochs} epochs, the last one cut short."
                )
                yield Notice(f"{part.name}: {said[-1]}")
            _keep(under, part, event, said, validation)


def _keep(under: _Under, part: Part, trained: TrainedNetwork, said: list[str], validation: Material | None) -> None:
    tensors = {}
    if part.judged.any():
        judged = predict(trained.network, under.material.features[np.flatnonzero(part.judged)])
        tensors["judged"] = torch.from_numpy(judged)
    if part.validation is not None and validation is not None:
        tensors["validation"] = torch.from_numpy(predict(trained.network, validation.features))
    if not part.key.startswith("fold"):
        tensors |= named("network", trained.network.state_dict())
    under.work.keep(part.key, PartResult(trained.epochs, trained.ending, trained.history, tuple(said), tensors))


def _network_of(result: PartResult, under: _Under) -> LogMelNetwork:
    """Build the network that is to be written from what was kept of it."""
    network = new_network(under.material.features[:1], under.recipe)
    prefix = "network."
    state = {k.removeprefix(prefix): v for k, v in result.tensors.items() if k.startswith(prefix)}
    network.load_state_dict(state)
    return network.eval().requires_grad_(False)


def _scores(
    under: _Under,
    clips: Sequence[LabelledClip],
    parts: Sequence[Part],
    results: Sequence[PartResult],
    logits: np.ndarray[Any, np.dtype[np.float32]],
    splits: Sequence[str],
) -> dict[str, Any]:
    """Scores for the card; none for a run without folds."""
    labels = under.material.labels
    length = (
        "early stopping on a part of the training clips" if under.run.recipe.patience else "fixed length of training"
    )
    if under.run.minutes:
        length += f" within a budget of {under.run.minutes:g} minutes"
    judged = [part for part in parts if part.judged.any()]
    if not judged:
        return {}
    if splits:
        (part,) = judged
        validation = None
        if part.validation is not None:
            validation = (labels[part.validation], results[0].tensors["validation"].numpy())
            length = length.replace("a part of the training clips", "its validation part")
        test = [clip for clip, is_test in zip(clips, part.judged, strict=True) if is_test]
        shared = shared_groups(clips, splits)
        scores = score_split(test, labels[part.judged], logits[part.judged], validation, length, shared)
    else:
        fold_of = sum(i * part.judged.astype(np.int64) for i, part in enumerate(judged))
        scores = score_folds(clips, labels, logits, np.asarray(fold_of, np.int64), length)
    copied = copying_a_siblings_label(clips)
    return {**scores, **({"copying_a_siblings_label": copied} if copied else {})}


def _write(
    under: _Under,
    network: LogMelNetwork,
    scores: dict[str, Any],
    last: PartResult,
    said: Sequence[str],
    parts: Sequence[Part],
    results: Sequence[PartResult],
) -> Card:
    run, recipe = under.run, under.recipe
    # After early stopping or an end before the recipe's, what was really done.
    trained = {**asdict(recipe), "epochs": last.epochs, "device": under.device, "shares": dict(run.shares)}
    history = {
        part.name: [
            {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in report.items()}
            for report in map(asdict, result.history)
        ]
        for part, result in zip(parts, results, strict=True)
    }
    beside: dict[str, Any] = {HISTORY_FILE: history}
    if run.content or run.parent:
        beside[TRAINED_ON_FILE] = trained_on(run.content, run.parent)
    return write_model(
        run.out,
        network,
        {"kind": recipe.network, **recipe.arguments},
        card_of(run, trained, scores, said),
        beside,
    )


def card_of(
    run: TrainingRun, recipe: dict[str, Any], scores: dict[str, Any], said: Sequence[str], limits: Sequence[str] = ()
) -> dict[str, Any]:
    """What a card says of any run: who, when, from what, how and how well; `said` and `limits` add to the run's own."""
    now = datetime.datetime.now(datetime.UTC)
    return {
        "name": run.name or run.out.name,
        "version": run.version or now.strftime("%Y.%m.%d-%H.%M.%S"),
        "summary": run.summary,
        "date": now.date().isoformat(),
        "labels": list(QUADRANTS),
        "licence": run.licence,
        "data": list(run.data),
        "command": run.command,
        "seed": run.seed,
        "recipe": recipe,
        **({"parent": run.parent.describe()} if run.parent else {}),
        "scores": scores,
        "notes": [*run.notes, *said],
        "limits": [*run.limits, *limits],
    }
