"""Train and measure: cross-validation over groups, then the final network on all clips, written as a model folder."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.analysis import QUADRANTS
from models.data.labelled import LabelledClip
from models.hub import Card, check_destination, write_model
from models.jobs import CancelToken
from models.networks.base import LogMelNetwork
from models.numerics import softmax
from models.provenance import TRAINED_ON_FILE
from models.training.budget import Clock, epochs_that_fit, measure_pace, weight
from models.training.checkpoint import named
from models.training.features import Features
from models.training.hints import hints_for
from models.training.loop import EpochReport, Notice, TrainedNetwork, new_network, predict, shortened, train_network
from models.training.material import Material, Part, gather, hold_out, parts_by_folds, parts_by_splits, tag_table
from models.training.parent import adopt, trained_on, warn_of_overlap
from models.training.recipes import Recipe
from models.training.record import (
    HISTORY_FILE,
    FoldScore,
    HeldOut,
    RunProgress,
    TrainingRun,
    card_of,
    history_of,
)
from models.training.scoring import (
    calibrated_by_fold,
    copying_a_siblings_label,
    macro_f1_by_source,
    score_folds,
    score_split,
)
from models.training.splits import read_splits, shared_groups
from models.training.workplace import PartResult, Workplace


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
) -> Iterator[RunProgress | FoldScore | Notice | HeldOut | Card]:
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
    RunProgress, FoldScore, Notice, HeldOut or Card
        What held-out clips were told (where there are any), and the card, come last. A run that is told to finish with
        what it has (`Control.stop`) begins no further fold; the card then says so.

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
    if run.recipe is None:
        raise ValueError("a network on log-mel needs a recipe")
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

    results, logits = yield from _train_parts(under, parts, clips)
    done = [part for part, result in zip(parts, results, strict=False) if _counts(part, result)]
    stopped = len(results) < len(parts) or results[-1].ending == "stopped"
    scores, held = _scores(under, clips, done, results, logits, splits, stopped)
    if held is not None:
        yield held
    if scores and overlap:
        scores["warning"] = overlap
    which = _best_of(results)
    if stopped:
        said.append(_said_of_stop(parts, which, results[which], len(done)))
        yield Notice(said[-1])
    network = _network_of(results[which], under)
    temperature = float(scores.get("temperature", 1.0))
    # Dividing the last layer divides the logits: what is shown as contribution sums to what is shown as logit.
    network.classifier.weight.div_(temperature)
    network.classifier.bias.div_(temperature)
    notices = [f"{part.name}: {text}" for part, result in zip(parts, results, strict=False) for text in result.notices]
    said += [*([overlap] if overlap else []), *notices]
    card = _write(under, network, scores, results[which], said, parts, results)
    work.remove()
    yield card


def _train_parts(
    under: _Under, parts: Sequence[Part], clips: Sequence[LabelledClip]
) -> Generator[RunProgress | FoldScore | Notice, None, tuple[list[PartResult], NDArray[np.float32]]]:
    """Train one part after the other, all or until told to finish: what is kept of them, and held-out logits."""
    material, clock = under.material, under.clock
    results: list[PartResult] = []
    logits = np.zeros((len(clips), len(QUADRANTS)), np.float32)
    total = sum(weight(part, material) for part in parts)
    for i, part in enumerate(parts):
        if under.cancel.stopping and results:
            break
        if part.key == "final" and results:
            under.recipe = shortened(under.recipe, max(1, round(float(np.mean([r.epochs for r in results])))))
        if under.work.result(part.key) is None:
            this, rest = weight(part, material), sum(weight(later, material) for later in parts[i:])
            yield from _train_part(under, part, clock.stop_at_s(this, rest), (total - rest, this, total))
        kept = under.work.result(part.key)
        assert kept is not None
        results.append(kept)
        if _counts(part, kept):
            logits[part.judged] = kept.tensors["judged"].numpy()
            yield FoldScore(len(results) - 1, macro_f1_by_source(clips, material.labels, logits, part.judged))
    return results, logits


def _counts(part: Part, result: PartResult) -> bool:
    """Whether what a part says of held-out clips is what the recipe's training gives: no fold that was stopped is."""
    return bool(part.judged.any()) and not (result.ending == "stopped" and part.key.startswith("fold"))


def _best_of(results: Sequence[PartResult]) -> int:
    """Which network is written: the last one, but a finished one before one that was stopped in its first half."""
    last = results[-1]
    if last.ending == "stopped" and len(results) > 1 and last.epochs < results[-2].epochs / 2:
        return len(results) - 2
    return len(results) - 1


def _said_of_stop(parts: Sequence[Part], which: int, result: PartResult, folds: int) -> str:
    part = parts[which]
    epochs = f"{result.epochs} epoch{'s' if result.epochs != 1 else ''}"
    text = f"Training was stopped by hand. The model is the network of the part “{part.name}” after {epochs}"
    if part.key.startswith("fold"):
        text += ", which learned from the clips of the other folds"
    return f"{text}; folds that were measured: {folds} of {sum(p.key.startswith('fold') for p in parts)}."


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


def _train_part(
    under: _Under, part: Part, stop_at_s: float, share: tuple[float, float, float]
) -> Iterator[RunProgress | Notice]:
    """Train one network and keep it with what it says of the clips that it is judged by.

    `share` is how much of the run's work is done, how much this part is, and all of it.
    """
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
        start=_start_of(under.run),
        device=under.device,
        keep=under.work.checkpoint(part.key, under.every_s),
        stop_at_s=stop_at_s,
        cancel=under.cancel,
    ):
        if isinstance(event, EpochReport):
            before, this, total = share
            yield RunProgress(part.name, event, "", (before + this * event.epoch / event.epochs) / total)
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


def _start_of(run: TrainingRun) -> LogMelNetwork | None:
    return run.parent.network if run.parent and isinstance(run.parent.network, LogMelNetwork) else None


def _keep(under: _Under, part: Part, trained: TrainedNetwork, said: list[str], validation: Material | None) -> None:
    tensors = {}
    if part.judged.any():
        judged = predict(trained.network, under.material.features[np.flatnonzero(part.judged)])
        tensors["judged"] = torch.from_numpy(judged)
    if part.validation is not None and validation is not None:
        tensors["validation"] = torch.from_numpy(predict(trained.network, validation.features))
    # Those of folds too: if the run is stopped, one of them may be the best there is.
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
    judged: Sequence[Part],
    results: Sequence[PartResult],
    logits: np.ndarray[Any, np.dtype[np.float32]],
    splits: Sequence[str],
    stopped: bool,
) -> tuple[dict[str, Any], HeldOut | None]:
    """Scores for the card, and the answers that they are of; none for a run without folds."""
    labels = under.material.labels
    assert under.run.recipe is not None
    length = (
        "early stopping on a part of the training clips" if under.run.recipe.patience else "fixed length of training"
    )
    if under.run.minutes:
        length += f" within a budget of {under.run.minutes:g} minutes"
    if stopped:
        length += ", stopped by hand"
    if not judged:
        return {}, None
    if splits:
        (part,) = judged
        validation = None
        if part.validation is not None:
            validation = (labels[part.validation], results[0].tensors["validation"].numpy())
            length = length.replace("a part of the training clips", "its validation part")
        mine = np.flatnonzero(part.judged)
        shared = shared_groups(clips, splits)
        test = [clips[int(i)] for i in mine]
        scores = score_split(test, labels[mine], logits[mine], validation, length, shared)
        probabilities = softmax(logits[mine].astype(np.float64) / scores["temperature"])
    else:
        mine = np.flatnonzero(np.any([part.judged for part in judged], axis=0))
        fold_of = np.asarray(sum(i * part.judged[mine].astype(np.int64) for i, part in enumerate(judged)), np.int64)
        scores = score_folds([clips[int(i)] for i in mine], labels[mine], logits[mine], fold_of, length)
        probabilities = calibrated_by_fold(logits[mine].astype(np.float64), labels[mine], fold_of)
    copied = copying_a_siblings_label(clips)
    scores = {**scores, **({"copying_a_siblings_label": copied} if copied else {})}
    return scores, HeldOut(mine, probabilities, scores["protocol"])


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
    history = history_of((part.name, result.history) for part, result in zip(parts, results, strict=False))
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
