"""Train and measure the fused model: cross-validation by groups, then all parts on all clips, written as a folder."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.audio.tagger import STEP_S
from models.data.labelled import GEMS
from models.errors import JobError
from models.evaluation.regression import regression_scores
from models.evaluation.stacking import cross_fitted, fit_weights
from models.evaluation.traces import Curve, trace_scores
from models.hub import Card, check_destination, write_model
from models.jobs import CancelToken
from models.networks.fusion import GEMS_COLUMNS, QUADRANT_COLUMNS, RATING_COLUMNS, Fusion
from models.networks.listener import Listener
from models.networks.regressor import Regressor
from models.provenance import TRAINED_ON_FILE
from models.training.fusion import (
    Clock,
    Floats,
    FusionMaterial,
    Mask,
    assemble,
    indices,
    listened,
    remember,
    remembered,
    train_listeners,
    train_trajectories,
)
from models.training.fusion_recipe import FusionRecipe
from models.training.loop import EpochReport, Notice
from models.training.material import assign_folds
from models.training.parent import trained_on
from models.training.run import FoldScore, RunProgress, TrainingRun, card_of
from models.training.scoring import copying_a_siblings_label, macro_f1_by_source, score_folds
from models.training.splits import grouped_folds
from models.training.workplace import PartResult, Workplace

_DIMENSIONS = ("valence", "arousal")
#: With fewer clips of a kind nothing is measured on them, and no band is drawn.
_FEWEST_MEASURED = 20
#: A model of fewer clips says so in its card.
_FEW = 200


@dataclass
class _State:
    """What a run knows while it goes on."""

    run: TrainingRun
    recipe: FusionRecipe
    material: FusionMaterial
    work: Workplace
    cancel: CancelToken
    clock: Clock
    scores: dict[str, Any] = field(default_factory=dict)
    weights: Floats = field(default_factory=lambda: np.ones(2))
    band_factor: Floats = field(default_factory=lambda: np.ones(2))
    whole_band: Floats = field(default_factory=lambda: np.ones(2))
    epochs: int = 0
    said: list[str] = field(default_factory=list)


def _clock(run: TrainingRun, recipe: FusionRecipe, material: FusionMaterial, began_s: float | None) -> Clock:
    """Time for the whole run, if it is bounded, and for how many networks."""
    rated = run.folds and material.rated.sum() >= _FEWEST_MEASURED
    networks = recipe.listeners * (run.folds + 1) + recipe.regressors * (1 + (recipe.rated_folds if rated else 0))
    began_s = time.monotonic() if began_s is None else began_s
    return Clock(began_s + 60 * run.minutes if run.minutes else math.inf, networks)


def run_fusion(
    run: TrainingRun,
    recipe: FusionRecipe,
    material: FusionMaterial,
    *,
    resume: bool = False,
    cancel: CancelToken | None = None,
    began_s: float | None = None,
) -> Iterator[RunProgress | FoldScore | Notice | Card]:
    """Cross-validate each part over groups, then train all on all clips and write the model.

    Parameters
    ----------
    run : TrainingRun
        What to do; its own recipe and shares are not looked at.
    recipe : FusionRecipe
        How.
    material : FusionMaterial
        Clips with quadrants, with valence and arousal (and traces), and with GEMS profiles. Without ratings the curves
        are learned from quadrants alone, and there is no band; without profiles there is no GEMS panel.
    resume : bool
        Go on with the folds that an interrupted run of the same settings finished.
    cancel : CancelToken, optional
        Looked at between steps.
    began_s : float, optional
        When the time that the run has began to count (`time.monotonic`); without it, now.

    Yields
    ------
    RunProgress, FoldScore, Notice or Card
        The card last.

    Raises
    ------
    JobError
        "bad_data" when the clips cannot be divided, or are too few; "no_space".
    Cancelled
        When asked to stop; finished folds are kept.
    """
    check_destination(run.out)
    if material.judged.sum() < 2:
        raise JobError("bad_data", "Training needs two labelled clips or more.")
    work = Workplace(run.out, _settings(run, recipe, material), resume)
    if run.epochs:
        recipe = replace(recipe, listener=replace(recipe.listener, epochs=run.epochs))
    state = _State(run, recipe, material, work, cancel or CancelToken(), _clock(run, recipe, material, began_s))
    if run.minutes:
        text = (
            f"{run.minutes:g} minutes are shared by {state.clock.networks} networks; one that is not done stops there."
        )
        state.said.append(text)
        yield Notice(text)
    if run.folds:
        yield from _measure_quadrants(state)
        if material.rated.sum() >= _FEWEST_MEASURED:
            yield from _measure_ratings(state)
        if material.profiled.sum() >= _FEWEST_MEASURED:
            _measure_profiles(state)
    network, arguments = yield from _train_all(state)
    yield _write(state, network, arguments)
    work.remove()


def _write(state: _State, network: Fusion, arguments: dict[str, Any]) -> Card:
    run = state.run
    return write_model(
        run.out,
        network,
        {"kind": "fusion", **arguments},
        {
            **card_of(run, asdict(state.recipe), state.scores, state.said, _limits(state)),
            "band_coverage": state.recipe.band_coverage if "valence_arousal" in state.scores else 0.0,
            "gems": "gems" in state.scores,
        },
        {TRAINED_ON_FILE: trained_on(run.content, None)} if run.content else {},
    )


def _limits(state: _State) -> list[str]:
    clips = int(state.material.judged.sum())
    few = f"It learned from {clips} clips with quadrants only: its scores are rough, and other music may be beyond it."
    return [few] if clips < _FEW else []


def _settings(run: TrainingRun, recipe: FusionRecipe, material: FusionMaterial) -> dict[str, Any]:
    return {
        "recipe": asdict(recipe),
        "folds": run.folds,
        "seed": run.seed,
        "epochs": run.epochs,
        "minutes": run.minutes,
        "clips": [
            [c.path.name, c.quadrant, c.valence, c.arousal, c.gems, c.group, sorted(c.tags)] for c in material.clips
        ],
    }


def _measure_quadrants(state: _State) -> Iterator[RunProgress | FoldScore]:
    """Held-out logits of listeners and memory, how they are weighed, and their scores."""
    run, material = state.run, state.material
    where = indices(material.judged)
    clips = [material.clips[i] for i in where]
    labels = material.quadrants(material.judged)
    fold_of = assign_folds(clips, run.folds, run.seed)
    parts = np.zeros((2, len(where), 4))
    for fold in range(run.folds):
        key = f"quadrants-{fold}"
        if state.work.result(key) is None:
            yield from _quadrant_fold(state, key, fold, _mask(material, where, fold_of == fold))
        kept = state.work.result(key)
        assert kept is not None
        held = fold_of == fold
        parts[:, held] = kept.tensors["judged"].numpy()
        both = parts[0] / parts[0][held].std() + parts[1] / parts[1][held].std()
        yield FoldScore(fold, macro_f1_by_source(clips, labels, both, held))
    state.weights = fit_weights(parts, labels)
    fused = cross_fitted(parts, labels, fold_of)
    state.scores = score_folds(
        clips,
        labels,
        fused,
        fold_of,
        "fixed length of training" + (f" within {run.minutes:g} minutes for all" if run.minutes else ""),
    )
    state.scores["parts"] = {
        name: {k: round(v, 4) for k, v in macro_f1_by_source(clips, labels, part, np.ones(len(where), bool)).items()}
        for name, part in zip(("listeners_macro_f1", "memory_macro_f1"), parts, strict=True)
    }
    copied = copying_a_siblings_label(clips)
    if copied:
        state.scores["copying_a_siblings_label"] = copied


def _mask(material: FusionMaterial, where: list[int], chosen: Mask) -> Mask:
    out = np.zeros(len(material.clips), bool)
    out[np.array(where)[chosen]] = True
    return out


def _apart(material: FusionMaterial, held: Mask) -> Mask:
    """Clips of other groups than the held-out ones: a song with a quadrant may have another row with ratings."""
    groups = material.groups(np.ones(len(held), bool))
    met = set(material.groups(held))
    return np.array([group not in met for group in groups])


def _quadrant_fold(state: _State, key: str, fold: int, held: Mask) -> Iterator[RunProgress]:
    material, recipe = state.material, state.recipe
    apart = _apart(material, held)
    training = material.judged & apart
    listeners: list[Listener] = []
    for event in train_listeners(material, training, recipe, state.run.seed + fold, state.cancel, state.clock):
        if isinstance(event, EpochReport):
            yield RunProgress(f"fold {fold + 1} of {state.run.folds}", event)
        else:
            listeners = event
    said = remembered(remember(material, apart, recipe), material, held)[:, QUADRANT_COLUMNS]
    judged = np.stack((listened(listeners, material, held), said))
    tensors = {"judged": torch.from_numpy(judged)}
    state.work.keep(key, PartResult(recipe.listener.epochs, "", (), (), tensors))


def _rating_folds(state: _State, chosen: Mask) -> NDArray[np.int64]:
    groups = state.material.groups(chosen)
    folds = min(state.recipe.rated_folds, len(set(groups)))
    try:
        return grouped_folds([0] * len(groups), groups, folds, state.run.seed)
    except ValueError as error:
        raise JobError("bad_data", f"The rated clips cannot be divided: {error}.") from None


def _measure_ratings(state: _State) -> Iterator[RunProgress]:
    """Held-out valence and arousal, over time and of the whole, their scores, and how wide the band must be."""
    material = state.material
    where = indices(material.rated)
    fold_of = _rating_folds(state, material.rated)
    curves: list[Floats] = [np.empty(0)] * len(where)
    deviations: list[Floats] = [np.empty(0)] * len(where)
    whole, epochs = np.zeros((len(where), 2)), []
    for fold in range(int(fold_of.max()) + 1):
        key = f"rated-{fold}"
        held = _mask(material, where, fold_of == fold)
        if state.work.result(key) is None:
            yield from _rating_fold(state, key, fold, held)
        kept = state.work.result(key)
        assert kept is not None
        epochs.append(kept.epochs)
        for i, number in enumerate(np.flatnonzero(fold_of == fold)):
            curves[number] = kept.tensors[f"curve{i}"].double().numpy()
            deviations[number] = kept.tensors[f"deviation{i}"].double().numpy()
        whole[fold_of == fold] = kept.tensors["whole"].numpy()
    state.epochs = max(1, round(float(np.mean(epochs))))
    _score_ratings(state, where, curves, deviations, whole)


def _rating_fold(state: _State, key: str, fold: int, held: Mask) -> Iterator[RunProgress]:
    material, recipe = state.material, state.recipe
    apart = _apart(material, held)
    regressors: list[Regressor] = []
    epochs = 0
    clips = material.as_sequences((material.rated | material.judged) & apart)
    for event in train_trajectories(clips, recipe, state.run.seed + fold, state.cancel, state.clock):
        if isinstance(event, EpochReport):
            yield RunProgress(f"trajectory, fold {fold + 1}", event)
        else:
            regressors, epochs = event
    memory = remember(material, apart, recipe)
    network, _ = assemble([], memory, regressors, recipe)
    said = torch.from_numpy(remembered(memory, material, held)).float()[:, RATING_COLUMNS]
    tensors, whole = {}, []
    for i, index in enumerate(indices(held)):
        with torch.inference_mode():
            curve, deviation, middle = network.trajectory(torch.from_numpy(material.heard[index].steps), said[i])
        tensors[f"curve{i}"], tensors[f"deviation{i}"] = curve.contiguous(), deviation.contiguous()
        whole.append(middle)
    state.work.keep(key, PartResult(epochs, "", (), (), {**tensors, "whole": torch.stack(whole)}))


def _score_ratings(
    state: _State, where: list[int], curves: list[Floats], deviations: list[Floats], whole: Floats
) -> None:
    material, coverage = state.material, state.recipe.band_coverage
    groups = material.groups(material.rated)
    truth = material.ratings(material.rated)
    state.whole_band = np.quantile(np.abs(whole - truth), coverage, axis=0)
    traces = [clip.trace for clip in material.as_sequences(material.rated)]
    traced = [i for i, trace in enumerate(traces) if trace is not None]
    said: dict[str, Any] = {
        "protocol": f"{state.recipe.rated_folds} folds by series or song; the regressors stop early inside their "
        "training part; every piece judged once, whole; how wide the band must be was fitted on these same curves, so "
        "what lies inside it is no independent figure",
        "clips": len(where),
        "groups": len(set(groups)),
    }
    for d, name in enumerate(_DIMENSIONS):
        figures = regression_scores(truth[:, d], whole[:, d], groups)
        said[name] = {"whole": {k: score.as_dict() for k, score in figures.items()}}
        if not traced:
            state.band_factor[d] = state.whole_band[d] / np.mean(np.concatenate([x[:, d] for x in deviations]))
            continue
        pairs = [(traces[i], curves[i], deviations[i]) for i in traced]
        ratios = [np.abs(c[:, d] - t[:, d]) / s[:, d] for t, c, s in pairs if t is not None]
        # Each piece counts alike, however long.
        factor = _weighted_quantile([r[np.isfinite(r)] for r in ratios], coverage)
        state.band_factor[d] = factor
        judged = [
            Curve(t[:, d], c[:, d], np.stack((c[:, d] - factor * s[:, d], c[:, d] + factor * s[:, d]), axis=1))
            for t, c, s in pairs
            if t is not None
        ]
        over_time = trace_scores(judged, [groups[i] for i in traced])
        said[name]["within_piece"] = {k: score.as_dict() for k, score in over_time.within.items()}
        said[name]["band"] = {k: score.as_dict() for k, score in over_time.band.items()}
        said[name]["pieces_without_movement"] = over_time.pieces_left_out
    said["step_s"] = STEP_S
    state.scores["valence_arousal"] = said


def _weighted_quantile(pieces: list[NDArray[np.floating]], share: float) -> float:
    values = np.concatenate(pieces)
    weights = np.concatenate([np.full(len(p), 1 / max(1, len(p))) for p in pieces])
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(reached, share)])


def _measure_profiles(state: _State) -> None:
    """Held-out GEMS profiles and how well each emotion is told."""
    material, recipe = state.material, state.recipe
    where = indices(material.profiled)
    fold_of = _rating_folds(state, material.profiled)
    truth, said = material.profiles(material.profiled), np.zeros((len(where), len(GEMS)))
    for fold in range(int(fold_of.max()) + 1):
        held = _mask(material, where, fold_of == fold)
        memory = remember(material, _apart(material, held), recipe)
        said[fold_of == fold] = remembered(memory, material, held)[:, GEMS_COLUMNS]
    groups = material.groups(material.profiled)
    gems: dict[str, Any] = {}
    for i, name in enumerate(GEMS):
        score = regression_scores(truth[:, i], said[:, i], groups)["pearson"].as_dict()
        gems[name] = {"r": score["value"], "low": score["low"], "high": score["high"]}
    state.scores["gems"] = gems


def _train_all(state: _State) -> Generator[RunProgress, None, tuple[Fusion, dict[str, Any]]]:
    """Train every part on all its clips; gives the network and what builds it again."""
    material, recipe, seed = state.material, state.recipe, state.run.seed + state.run.folds
    listeners: list[Listener] = []
    for event in train_listeners(material, material.judged, recipe, seed, state.cancel, state.clock):
        if isinstance(event, EpochReport):
            yield RunProgress("final", event)
        else:
            listeners = event
    regressors: list[Regressor] = []
    clips = material.as_sequences(material.rated | material.judged)
    for step in train_trajectories(clips, recipe, seed, state.cancel, state.clock, state.epochs):
        if isinstance(step, EpochReport):
            yield RunProgress("trajectory, final", step)
        else:
            regressors = step[0]
    everything = np.ones(len(material.clips), bool)
    network, arguments = assemble(listeners, remember(material, everything, recipe), regressors, recipe)
    for name, value in (
        ("listener_weight", state.weights[0]),
        ("memory_weight", state.weights[1]),
        ("band_factor", state.band_factor),
        ("whole_band", state.whole_band),
    ):
        network.get_buffer(name).copy_(torch.as_tensor(value, dtype=torch.float32))
    return network, arguments
