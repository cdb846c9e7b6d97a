"""Train and measure the fused model: cross-validation by groups, then all parts on all clips, written as a folder."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.data.labelled import LabelledClip
from models.errors import JobError
from models.evaluation.stacking import cross_fitted, fit_weights
from models.hub import Card, check_destination, write_model
from models.jobs import CancelToken
from models.networks.fusion import QUADRANT_COLUMNS, Fusion
from models.networks.listener import Listener
from models.numerics import softmax
from models.provenance import TRAINED_ON_FILE
from models.training.fusion import (
    Floats,
    FusionMaterial,
    Mask,
    Step,
    assemble,
    indices,
    listened,
    remember,
    remembered,
    train_listeners,
    train_trajectories,
)
from models.training.fusion_ratings import measure_profiles, measure_ratings
from models.training.fusion_recipe import FusionRecipe
from models.training.fusion_state import (
    FEWEST_MEASURED,
    State,
    apart,
    kept_networks,
    mask,
    networks_of,
    plan,
    set_measured,
)
from models.training.loop import Notice
from models.training.material import assign_folds
from models.training.parent import trained_on
from models.training.record import HISTORY_FILE, FoldScore, HeldOut, RunProgress, TrainingRun, card_of, history_of
from models.training.scoring import copying_a_siblings_label, macro_f1_by_source, score_folds
from models.training.workplace import PartResult, Workplace

#: A model of fewer clips says so in its card.
_FEW = 200


def run_fusion(
    run: TrainingRun,
    recipe: FusionRecipe,
    material: FusionMaterial,
    *,
    resume: bool = False,
    cancel: CancelToken | None = None,
    began_s: float | None = None,
) -> Iterator[RunProgress | FoldScore | Notice | HeldOut | Card]:
    """Cross-validate each part over groups, then train all on all clips and write the model.

    Parameters
    ----------
    run : TrainingRun
        What to do; its own recipe is not looked at. Its shares hold for listeners and regressors; the memory knows all.
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
    RunProgress, FoldScore, Notice, HeldOut or Card
        What held-out clips were told (where there are any), and the card, come last. A run that is told to finish with
        what it has (`Control.stop`) begins no further fold, and takes the networks of the last one that was finished
        where the final ones are not; the card then says so.

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
    if run.shares:
        met = {**recipe.regressor.shares, **run.shares}
        recipe = replace(recipe, shares=dict(run.shares), regressor=replace(recipe.regressor, shares=met))
    work = Workplace(run.out, _settings(run, recipe, material), resume)
    if run.epochs:
        recipe = replace(recipe, listener=replace(recipe.listener, epochs=run.epochs))
    clock, course = plan(run, recipe, material, began_s)
    state = State(run, recipe, material, work, cancel or CancelToken(), clock, course)
    if run.minutes:
        text = (
            f"{run.minutes:g} minutes are shared by {state.clock.networks} networks; one that is not done stops there."
        )
        state.said.append(text)
        yield Notice(text)
    if run.folds:
        held = yield from _measure_quadrants(state)
        if held is not None:
            yield held
        if material.rated.sum() >= FEWEST_MEASURED:
            yield from measure_ratings(state)
        if material.profiled.sum() >= FEWEST_MEASURED and not state.cancel.stopping:
            measure_profiles(state)
    network, arguments = yield from _train_all(state)
    if state.cancel.stopping:
        state.said.append("Training was stopped by hand: the model is made of what had been trained by then.")
        yield Notice(state.said[-1])
    yield _write(state, network, arguments)
    work.remove()


def _write(state: State, network: Fusion, arguments: dict[str, Any]) -> Card:
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
        {
            HISTORY_FILE: history_of(state.history.items()),
            **({TRAINED_ON_FILE: trained_on(run.content, None)} if run.content else {}),
        },
    )


def _limits(state: State) -> list[str]:
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


def _measure_quadrants(state: State) -> Generator[RunProgress | FoldScore | Notice, None, HeldOut | None]:
    """Held-out logits of listeners and memory, how they are weighed, and their scores."""
    run, material = state.run, state.material
    where = indices(material.judged)
    clips = [material.clips[i] for i in where]
    labels = material.quadrants(material.judged)
    fold_of = assign_folds(clips, run.folds, run.seed)
    parts = np.zeros((2, len(where), 4))
    measured = 0
    for fold in range(run.folds):
        key, name, held = f"quadrants-{fold}", f"fold {fold + 1} of {run.folds}", fold_of == fold
        kept = state.work.result(key)
        if kept is None:
            yield from _quadrant_fold(state, key, name, run.seed + fold, mask(material, where, held))
            kept = state.work.result(key)
        else:
            state.pass_over(name, kept)
        if kept is None:  # told to finish
            break
        features = material.heard[0].steps.shape[1]
        state.listeners = networks_of(kept, [Listener(features) for _ in range(state.recipe.listeners)])
        measured += 1
        parts[:, held] = kept.tensors["judged"].numpy()
        both = parts[0] / parts[0][held].std() + parts[1] / parts[1][held].std()
        yield FoldScore(fold, macro_f1_by_source(clips, labels, both, held))
    if not measured:
        return None
    done = fold_of < measured
    return _score(state, [clip for clip, yes in zip(clips, done, strict=True) if yes], done, parts, fold_of)


def _score(state: State, clips: list[LabelledClip], done: Mask, parts: Floats, fold_of: NDArray[np.int64]) -> HeldOut:
    """Weigh and score what was held out in the folds that were measured."""
    run, where = state.run, np.array(indices(state.material.judged))[done]
    labels = state.material.quadrants(state.material.judged)[done]
    parts, fold_of = parts[:, done], fold_of[done]
    state.weights = fit_weights(parts, labels)
    if fold_of.max() > 0:
        fused = cross_fitted(parts, labels, fold_of)
    else:  # there are no other folds to fit weights on
        fused = np.tensordot(1 / parts.std(axis=(1, 2)), parts, axes=1)
    length = "fixed length of training" + (f" within {run.minutes:g} minutes for all" if run.minutes else "")
    if int(fold_of.max()) + 1 < run.folds:
        length += f", stopped by hand after {int(fold_of.max()) + 1} of {run.folds} folds"
    state.scores = score_folds(clips, labels, fused, fold_of, length)
    state.scores["parts"] = {
        name: {k: round(v, 4) for k, v in macro_f1_by_source(clips, labels, part, np.ones(len(where), bool)).items()}
        for name, part in zip(("listeners_macro_f1", "memory_macro_f1"), parts, strict=True)
    }
    copied = copying_a_siblings_label(clips)
    if copied:
        state.scores["copying_a_siblings_label"] = copied
    return HeldOut(where, softmax(fused), state.scores["protocol"])


def _quadrant_fold(state: State, key: str, name: str, seed: int, held: Mask) -> Iterator[RunProgress | Notice]:
    if state.cancel.stopping:
        return
    material, recipe = state.material, state.recipe
    training = apart(material, held)
    listeners: list[Listener] = []
    for event in train_listeners(material, material.judged & training, recipe, seed, state.cancel, state.clock):
        if isinstance(event, Step):
            yield state.tell(name, event)
        else:
            listeners = event
    if state.cancel.stopping:
        state.listeners = state.listeners or listeners
        return
    said = remembered(remember(material, training, recipe), material, held)[:, QUADRANT_COLUMNS]
    judged = np.stack((listened(listeners, material, held), said))
    tensors = {"judged": torch.from_numpy(judged), **kept_networks(listeners)}
    state.work.keep(key, PartResult(recipe.listener.epochs, "", tuple(state.history[name]), (), tensors))


def _train_all(state: State) -> Generator[RunProgress | Notice, None, tuple[Fusion, dict[str, Any]]]:
    """Train every part on all its clips; gives the network and what builds it again."""
    material, recipe, seed = state.material, state.recipe, state.run.seed + state.run.folds
    listeners = state.listeners
    if not (state.cancel.stopping and listeners):
        for event in train_listeners(material, material.judged, recipe, seed, state.cancel, state.clock):
            if isinstance(event, Step):
                yield state.tell("final", event)
            elif not (state.cancel.stopping and listeners):
                listeners = event
    regressors = state.regressors
    if not (state.cancel.stopping and regressors):
        clips = material.as_sequences(material.rated | material.judged)
        for step in train_trajectories(clips, recipe, seed, state.cancel, state.clock, state.epochs):
            if isinstance(step, Step):
                yield state.tell("trajectory, final", step)
            elif not (state.cancel.stopping and regressors):
                regressors = step[0]
    everything = np.ones(len(material.clips), bool)
    network, arguments = assemble(listeners, remember(material, everything, recipe), regressors, recipe)
    set_measured(network, state.weights, state.band_factor, state.whole_band)
    return network, arguments
