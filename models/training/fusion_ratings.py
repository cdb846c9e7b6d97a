"""Held-out valence, arousal and GEMS profiles of the fused model: their scores, and how wide its bands must be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.audio.tagger import STEP_S
from models.data.labelled import GEMS
from models.errors import JobError
from models.evaluation.regression import regression_scores
from models.evaluation.traces import Curve, trace_scores
from models.networks.fusion import GEMS_COLUMNS, RATING_COLUMNS
from models.networks.regressor import Regressor
from models.training.fusion import Floats, Mask, Step, assemble, indices, remember, remembered, train_trajectories
from models.training.fusion_state import State, apart, kept_networks, mask, networks_of
from models.training.loop import Notice
from models.training.record import RunProgress
from models.training.splits import grouped_folds
from models.training.workplace import PartResult

_DIMENSIONS = ("valence", "arousal")


def _rating_folds(state: State, chosen: Mask) -> NDArray[np.int64]:
    groups = state.material.groups(chosen)
    folds = min(state.recipe.rated_folds, len(set(groups)))
    try:
        return grouped_folds([0] * len(groups), groups, folds, state.run.seed)
    except ValueError as error:
        raise JobError("bad_data", f"The rated clips cannot be divided: {error}.") from None


def measure_ratings(state: State) -> Iterator[RunProgress | Notice]:
    """Held-out valence and arousal, over time and of the whole, their scores, and how wide the band must be.

    Nothing is measured, and no band drawn, when the run is told to finish before every clip was held out.
    """
    material = state.material
    where = indices(material.rated)
    fold_of = _rating_folds(state, material.rated)
    curves: list[Floats] = [np.empty(0)] * len(where)
    deviations: list[Floats] = [np.empty(0)] * len(where)
    whole, epochs = np.zeros((len(where), 2)), []
    for fold in range(int(fold_of.max()) + 1):
        key = f"rated-{fold}"
        held = mask(material, where, fold_of == fold)
        kept = state.work.result(key)
        if kept is None:
            yield from _rating_fold(state, key, fold, held)
            kept = state.work.result(key)
        else:
            state.pass_over(_part(fold), kept)
        if kept is None:  # told to finish
            return
        features, how = material.heard[0].steps.shape[1], state.recipe.regressor.arguments
        state.regressors = networks_of(kept, [Regressor(features, **how) for _ in range(state.recipe.regressors)])
        epochs.append(kept.epochs)
        for i, number in enumerate(np.flatnonzero(fold_of == fold)):
            curves[number] = kept.tensors[f"curve{i}"].double().numpy()
            deviations[number] = kept.tensors[f"deviation{i}"].double().numpy()
        whole[fold_of == fold] = kept.tensors["whole"].numpy()
    state.epochs = max(1, round(float(np.mean(epochs))))
    _score_ratings(state, where, curves, deviations, whole)


def _part(fold: int) -> str:
    return f"trajectory, fold {fold + 1}"


def _rating_fold(state: State, key: str, fold: int, held: Mask) -> Iterator[RunProgress | Notice]:
    if state.cancel.stopping:
        return
    material, recipe = state.material, state.recipe
    training = apart(material, held)
    regressors: list[Regressor] = []
    epochs = 0
    clips = material.as_sequences((material.rated | material.judged) & training)
    for event in train_trajectories(clips, recipe, state.run.seed + fold, state.cancel, state.clock):
        if isinstance(event, Step):
            yield state.tell(_part(fold), event)
        else:
            regressors, epochs = event
    if state.cancel.stopping:
        state.regressors = state.regressors or regressors
        return
    memory = remember(material, training, recipe)
    network, _ = assemble([], memory, regressors, recipe)
    said = torch.from_numpy(remembered(memory, material, held)).float()[:, RATING_COLUMNS]
    tensors, whole = {}, []
    for i, index in enumerate(indices(held)):
        with torch.inference_mode():
            curve, deviation, middle = network.trajectory(torch.from_numpy(material.heard[index].steps), said[i])
        tensors[f"curve{i}"], tensors[f"deviation{i}"] = curve.contiguous(), deviation.contiguous()
        whole.append(middle)
    tensors = {**tensors, "whole": torch.stack(whole), **kept_networks(regressors)}
    state.work.keep(key, PartResult(epochs, "", tuple(state.history[_part(fold)]), (), tensors))


def _score_ratings(
    state: State, where: list[int], curves: list[Floats], deviations: list[Floats], whole: Floats
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


def measure_profiles(state: State) -> None:
    """Held-out GEMS profiles and how well each emotion is told."""
    material, recipe = state.material, state.recipe
    where = indices(material.profiled)
    fold_of = _rating_folds(state, material.profiled)
    truth, said = material.profiles(material.profiled), np.zeros((len(where), len(GEMS)))
    for fold in range(int(fold_of.max()) + 1):
        held = mask(material, where, fold_of == fold)
        memory = remember(material, apart(material, held), recipe)
        said[fold_of == fold] = remembered(memory, material, held)[:, GEMS_COLUMNS]
    groups = material.groups(material.profiled)
    gems: dict[str, Any] = {}
    for i, name in enumerate(GEMS):
        score = regression_scores(truth[:, i], said[:, i], groups)["pearson"].as_dict()
        gems[name] = {"r": score["value"], "low": score["low"], "high": score["high"]}
    state.scores["gems"] = gems
