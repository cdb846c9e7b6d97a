"""Train and measure: cross-validation over groups, then the final network on all clips, written as a model folder."""

from __future__ import annotations

import datetime
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from models.analysis import QUADRANTS
from models.data.labelled import LabelledClip
from models.errors import JobError
from models.evaluation.calibration import fit_temperature, negative_log_likelihood
from models.evaluation.metrics import METRICS, bootstrap, confusion, expected_calibration_error, macro_f1
from models.hub import Card, check_destination, write_model
from models.jobs import CancelToken
from models.networks.base import LogMelNetwork
from models.networks.registry import build
from models.numerics import softmax
from models.training.features import Features
from models.training.loop import EpochReport, TrainedNetwork, predict, shortened, train_network
from models.training.recipes import Recipe
from models.training.splits import grouped_folds

#: Early stopping watches one ninth of the training part, or one group of fewer than nine.
_VALIDATION_FOLDS = 9
#: A tag that fewer clips carry is no target: a held-out fold would hardly hold one.
_RAREST_TAG = 10


@dataclass(frozen=True)
class TrainingRun:
    """All that decides a run; kept in the card.

    Attributes
    ----------
    out : Path
        The model folder to write; its name is the model's id.
    recipe : Recipe
        How each network is trained.
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
    """

    out: Path
    recipe: Recipe
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


@dataclass(frozen=True)
class RunProgress:
    """One epoch of one part of a run: part is "fold 1 of 5" or "final"."""

    part: str
    report: EpochReport


@dataclass(frozen=True)
class FoldScore:
    """Macro-F1 of one held-out fold, per source."""

    fold: int
    macro_f1: dict[str, float]


def assign_folds(clips: Sequence[LabelledClip], folds: int, seed: int) -> NDArray[np.int64]:
    """Fold of each clip: every source is divided by its own groups, so that each fold holds a share of each."""
    fold_of = np.empty(len(clips), np.int64)
    for source in sorted({clip.source for clip in clips}):
        mine = [i for i, clip in enumerate(clips) if clip.source == source]
        try:
            fold_of[mine] = grouped_folds(
                [clips[i].quadrant for i in mine], [clips[i].group for i in mine], folds, seed
            )
        except ValueError as error:
            raise JobError("bad_data", f"{source} cannot be divided: {error}.") from None
    return fold_of


@dataclass(frozen=True)
class _Material:
    """Clips with all that training needs of them; every field has one entry per clip."""

    features: Features
    labels: NDArray[np.int64]
    groups: NDArray[np.str_]
    tags: NDArray[np.object_]
    shares: NDArray[np.float64]

    def part(self, chosen: NDArray[np.bool_]) -> _Material:
        where = np.flatnonzero(chosen)
        return _Material(
            self.features[where], self.labels[where], self.groups[where], self.tags[where], self.shares[where]
        )


def tag_table(tags: Sequence[frozenset[str]]) -> NDArray[np.bool_]:
    """Which clip carries which tag [shape=(n, k)], for the tags that ten clips or more carry."""
    counts = Counter(tag for carried in tags for tag in carried)
    names = sorted(tag for tag, count in counts.items() if count >= _RAREST_TAG)
    return np.array([[name in carried for name in names] for carried in tags], bool).reshape(len(tags), len(names))


def _train_part(
    part: str, material: _Material, recipe: Recipe, seed: int, device: str, cancel: CancelToken
) -> Iterator[RunProgress | TrainedNetwork]:
    """Train once; a recipe that stops early gets its validation part from the training part, by group."""
    validation = None
    if recipe.patience:
        groups = list(material.groups)
        try:
            inner = grouped_folds(list(material.labels), groups, min(_VALIDATION_FOLDS, len(set(groups))), seed)
        except ValueError as error:
            raise JobError("bad_data", f"There is too little music to stop early by: {error}.") from None
        held = material.part(inner == 0)
        validation = (held.features, held.labels)
        material = material.part(inner != 0)
    for event in train_network(
        material.features,
        material.labels,
        recipe,
        seed=seed,
        tags=tag_table(list(material.tags)),
        shares=material.shares,
        validation=validation,
        device=device,
        cancel=cancel,
    ):
        yield RunProgress(part, event) if isinstance(event, EpochReport) else event


def run_training(
    run: TrainingRun,
    clips: Sequence[LabelledClip],
    features: Features,
    *,
    device: str = "cpu",
    resume: bool = False,
    cancel: CancelToken | None = None,
) -> Iterator[RunProgress | FoldScore | Card]:
    """Cross-validate over groups, then train on all clips and write the model.

    The length of training is fixed by the recipe or found inside the training part; the held-out fold is looked at
    once, for its scores. Each finished fold is kept in `<out>.work`, from where `resume` goes on.

    Parameters
    ----------
    run : TrainingRun
        What to do.
    clips : sequence of LabelledClip
        The labelled recordings.
    features : np.ndarray [shape=(n, 128, frames), dtype=float16]
        Their log-mel.
    device : str
        "cpu", "cuda" or "mps".
    resume : bool
        Use the folds that an interrupted run of the same settings left.
    cancel : CancelToken, optional
        Looked at between steps.

    Yields
    ------
    RunProgress, FoldScore or Card
        The card last.

    Raises
    ------
    JobError
        "bad_data" when the clips cannot be divided or the model folder is taken; "no_space" when it cannot be written.
    Cancelled
        When asked to stop; finished folds are kept.
    """
    check_destination(run.out)
    cancel = cancel or CancelToken()
    material = _material(run, clips, features)
    labels = material.labels
    work = _open_work_folder(run, clips, resume)

    logits = np.zeros((len(clips), 4), np.float32)
    epochs: list[int] = []
    fold_of = assign_folds(clips, run.folds, run.seed) if run.folds else np.zeros(len(clips), np.int64)
    for fold in range(run.folds):
        held = fold_of == fold
        yield from _train_fold(run, fold, material, fold_of, work, device, cancel)
        with np.load(_fold_file(work, fold), allow_pickle=False) as stored:
            logits[held] = stored["logits"]
            epochs.append(int(stored["epochs"]))
        yield FoldScore(fold, _macro_f1_by_source(clips, labels, logits, held))

    scores = score(clips, labels, logits, fold_of, run.folds, run.recipe) if run.folds else {}
    final_recipe = shortened(run.recipe, round(float(np.mean(epochs)))) if epochs else run.recipe
    network = None
    for event in _final(work, material, final_recipe, run.seed + run.folds, device, cancel):
        if isinstance(event, RunProgress):
            yield event
        else:
            network = event
    assert network is not None
    temperature = float(scores.get("temperature", 1.0))
    # Dividing the last layer divides the logits: what is shown as contribution sums to what is shown as logit.
    network.classifier.weight.div_(temperature)
    network.classifier.bias.div_(temperature)
    card = write_model(
        run.out,
        network,
        {"kind": run.recipe.network, **run.recipe.arguments},
        {
            "name": run.name or run.out.name,
            "version": run.version or datetime.datetime.now(datetime.UTC).strftime("%Y.%m.%d-%H.%M.%S"),
            "summary": run.summary,
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "labels": list(QUADRANTS),
            "licence": run.licence,
            "data": list(run.data),
            "command": run.command,
            "seed": run.seed,
            "recipe": {**asdict(final_recipe), "device": device, "shares": dict(run.shares)},
            "scores": scores,
            "notes": list(run.notes),
            "limits": list(run.limits),
        },
    )
    shutil.rmtree(work, ignore_errors=True)
    yield card


def _material(run: TrainingRun, clips: Sequence[LabelledClip], features: Features) -> _Material:
    tags = np.empty(len(clips), object)
    tags[:] = [clip.tags for clip in clips]
    return _Material(
        features,
        np.array([clip.quadrant for clip in clips], np.int64),
        np.array([f"{clip.source}/{clip.group}" for clip in clips]),
        tags,
        np.array([run.shares.get(clip.source, 1.0) for clip in clips]),
    )


def _fold_file(work: Path, fold: int) -> Path:
    return work / f"fold-{fold}.npz"


def _train_fold(
    run: TrainingRun,
    fold: int,
    material: _Material,
    fold_of: NDArray[np.int64],
    work: Path,
    device: str,
    cancel: CancelToken,
) -> Iterator[RunProgress]:
    """Train without one fold and keep what the network says of it, unless an interrupted run has done so."""
    file = _fold_file(work, fold)
    if file.is_file():
        return
    name = f"fold {fold + 1} of {run.folds}"
    training = material.part(fold_of != fold)
    for event in _train_part(name, training, run.recipe, run.seed + fold, device, cancel):
        if isinstance(event, RunProgress):
            yield event
        else:
            part = file.with_suffix(".part")
            with part.open("wb") as stream:
                logits = predict(event.network, material.features[fold_of == fold])
                np.savez(stream, logits=logits, epochs=event.epochs)
            part.replace(file)


def _final(
    work: Path, material: _Material, recipe: Recipe, seed: int, device: str, cancel: CancelToken
) -> Iterator[RunProgress | LogMelNetwork]:
    """Train on all clips, or take the network that an interrupted run had finished."""
    kept = work / "final.safetensors"
    if kept.is_file():
        network = build(recipe.network, **recipe.arguments)
        network.load_state_dict(load_file(kept))
        assert isinstance(network, LogMelNetwork)
        yield network.eval().requires_grad_(False)
        return
    for event in _train_part("final", material, recipe, seed, device, cancel):
        if isinstance(event, TrainedNetwork):
            part = kept.with_suffix(".part")
            save_file({name: value.contiguous() for name, value in event.network.state_dict().items()}, part)
            part.replace(kept)
            yield event.network
        else:
            yield event


def _open_work_folder(run: TrainingRun, clips: Sequence[LabelledClip], resume: bool) -> Path:
    """Make the folder for what is finished, or find the one that an interrupted run of these settings left."""
    work = run.out.with_name(run.out.name + ".work")
    decides = {
        "recipe": asdict(run.recipe),
        "folds": run.folds,
        "seed": run.seed,
        "shares": dict(run.shares),
        "clips": [[clip.path.name, clip.quadrant, clip.group, sorted(clip.tags)] for clip in clips],
    }
    settings = json.dumps(decides, sort_keys=True)
    kept = work / "settings.json"
    if work.exists() and not kept.is_file():
        raise JobError("bad_data", f"{work} exists and is no training's: move it, or choose another model folder.")
    if work.exists() and not (resume and kept.read_text(encoding="utf-8") == settings):
        if resume:
            raise JobError("bad_data", f"{work} was left by a run with other settings: remove it, or do not resume.")
        shutil.rmtree(work)
    work.mkdir(parents=True, exist_ok=True)
    kept.write_text(settings, encoding="utf-8")
    return work


def _macro_f1_by_source(
    clips: Sequence[LabelledClip],
    labels: NDArray[np.int64],
    logits: NDArray[np.float32],
    chosen: NDArray[np.bool_],
) -> dict[str, float]:
    answers = logits.argmax(axis=1)
    return {
        source: macro_f1(labels[mine], answers[mine])
        for source in sorted({clip.source for clip in clips})
        if (mine := chosen & np.array([clip.source == source for clip in clips])).any()
    }


def score(
    clips: Sequence[LabelledClip],
    labels: NDArray[np.int64],
    logits: NDArray[np.float32],
    fold_of: NDArray[np.int64],
    folds: int,
    recipe: Recipe,
) -> dict[str, Any]:
    """Scores of held-out logits for the card: per source, with intervals, the protocol beside them.

    The temperature that calibrates is fitted on all held-out logits; the calibration figures are of a temperature
    fitted on the other folds only.
    """
    exact = logits.astype(np.float64)
    answers = exact.argmax(axis=1)
    calibrated = np.empty_like(exact)
    for fold in range(folds):
        held = fold_of == fold
        calibrated[held] = softmax(exact[held] / fit_temperature(exact[~held], labels[~held]))
    length = "early stopping on a part of the training clips" if recipe.patience else "fixed length of training"
    out: dict[str, Any] = {
        "protocol": f"{folds} folds grouped by artist or song; every clip judged once, whole, by a network that met no "
        f"clip of its group; {length}; nothing was chosen by what a held-out fold said within the run",
        "interval": "95%, bootstrap over groups, 2,000 draws",
        "temperature": fit_temperature(exact, labels),
        "negative_log_likelihood_before_and_after": [
            round(negative_log_likelihood(exact, labels, 1.0), 4),
            round(float(-np.log(calibrated[np.arange(len(labels)), labels]).mean()), 4),
        ],
        "sources": {},
    }
    for source in sorted({clip.source for clip in clips}):
        mine = np.array([clip.source == source for clip in clips])
        groups = [clip.group for clip in clips if clip.source == source]
        figures: dict[str, Any] = {
            name: bootstrap(metric, labels[mine], answers[mine], groups).as_dict() for name, metric in METRICS.items()
        }
        figures["expected_calibration_error"] = round(expected_calibration_error(calibrated[mine], labels[mine]), 4)
        figures["confusion_rows_truth"] = confusion(labels[mine], answers[mine]).tolist()
        figures["macro_f1_by_fold"] = [
            round(macro_f1(labels[mine & (fold_of == f)], answers[mine & (fold_of == f)]), 4) for f in range(folds)
        ]
        figures["clips"], figures["groups"] = int(mine.sum()), len(set(groups))
        out["sources"][source] = figures
    return out
