"""Train a fused model further on one's own clips: its memory takes them in, its listeners' last layers give way."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.errors import JobError
from models.evaluation.regression import regression_scores
from models.evaluation.stacking import cross_fitted, fit_weights
from models.hub import Card, check_destination, write_model
from models.jobs import CancelToken
from models.networks.fusion import QUADRANT_COLUMNS, RATING_COLUMNS, Fusion
from models.networks.listener import Listener
from models.numerics import softmax
from models.provenance import TRAINED_ON_FILE
from models.training.fusion import Floats, FusionMaterial, Mask, indices
from models.training.fusion_recipe import FusionRecipe
from models.training.fusion_state import FEWEST_MEASURED, apart, mask, set_measured
from models.training.loop import EpochReport, Notice
from models.training.material import assign_folds
from models.training.parent import Parent, trained_on, warn_of_overlap
from models.training.record import HISTORY_FILE, FoldScore, HeldOut, RunProgress, TrainingRun, card_of, history_of
from models.training.scoring import copying_a_siblings_label, macro_f1_by_source, score_folds, score_split
from models.training.splits import read_splits, shared_groups
from models.training.tuned import MoreMemory, TuningRecipe, answers_of, states_of, tune_listener

_FEW = 200
_DIMENSIONS = ("valence", "arousal")


class OwnMaterial(FusionMaterial):
    """Clips of a person: each that has a quadrant teaches it, also one that has valence and arousal besides."""

    @property
    def judged(self) -> Mask:
        """Clips with a quadrant, whether somebody gave it or a point of the plane says it."""
        return np.array([clip.quadrant is not None for clip in self.clips])


@dataclass
class TuningState:
    """What a run knows while it goes on."""

    run: TrainingRun
    parent: Parent
    network: Fusion
    recipe: TuningRecipe
    #: That the parent's memory was fitted with, so that this model can be a parent too.
    ridge: float
    corner: float
    material: FusionMaterial
    cancel: CancelToken
    more: MoreMemory
    states: list[list[torch.Tensor]]
    said: list[str] = field(default_factory=list)
    scores: dict[str, Any] = field(default_factory=dict)
    history: dict[str, list[EpochReport]] = field(default_factory=dict)
    #: Of listeners and memory.
    weights: Floats = field(default_factory=lambda: np.ones(2))
    band_factor: Floats = field(default_factory=lambda: np.ones(2))
    whole_band: Floats = field(default_factory=lambda: np.ones(2))
    parts: int = 1


@dataclass(frozen=True)
class Taught:
    """A memory and listeners that learned from some of the clips."""

    network: Fusion
    listeners: list[Listener]


def run_tuned(
    run: TrainingRun,
    recipe: TuningRecipe,
    material: FusionMaterial,
    *,
    cancel: CancelToken | None = None,
) -> Iterator[RunProgress | FoldScore | Notice | HeldOut | Card]:
    """Teach a trained fused model further, by cross-validation and then on all clips, and write the model.

    The memory takes the clips in beside all that it knew, the listeners' last layers move a little, the regressors stay
    (the level of their curves follows the memory). A minute's work; so an interrupted run begins anew.

    Parameters
    ----------
    run : TrainingRun
        What to do; `parent` is the fused model to start from, `shares` weigh the clips of folders for the listeners.
    recipe : TuningRecipe
        How.
    material : FusionMaterial
        The clips; any of them may have a quadrant, valence and arousal, or a GEMS profile.
    cancel : CancelToken, optional
        Looked at between steps.

    Yields
    ------
    RunProgress, FoldScore, Notice, HeldOut or Card
        What held-out clips were told (where there are any), and the card, come last.

    Raises
    ------
    JobError
        "bad_data" when the clips are too few or cannot be divided; "bad_model" when the parent is no fused model;
        "no_space".
    Cancelled
        When asked to stop.
    """
    check_destination(run.out)
    state = begin_tuning(run, recipe, material, cancel or CancelToken())
    material = state.material
    overlap = warn_of_overlap(state.parent, material.clips, run.content)
    if overlap:
        state.said.append(overlap)
        yield Notice(overlap)
    held, taught = yield from _measure(state)
    if held is not None:
        if overlap:
            state.scores["warning"] = overlap
        yield held
    if not run.use_splits:
        taught = yield from teach(state, "final", np.ones(len(material.clips), bool), run.folds)
    assert taught is not None
    yield _write(state, taught)


def begin_tuning(run: TrainingRun, recipe: TuningRecipe, material: FusionMaterial, cancel: CancelToken) -> TuningState:
    """Make ready: check the parent, solve for what its memory holds, hear the clips through its listeners.

    Raises
    ------
    JobError
        "bad_model" when the run's parent is no fused model.
    """
    parent = run.parent
    if parent is None or not isinstance(parent.network, Fusion):
        named = parent.card.id if parent is not None else "nothing"
        raise JobError("bad_model", f"This recipe starts from a fused model such as affekt-base, not from {named}.")
    material = OwnMaterial(material.clips, material.heard)
    if material.judged.sum() < 2:
        raise JobError("bad_data", "Training needs two labelled clips or more.")
    network = parent.network
    default = FusionRecipe()
    trained = parent.card.raw.get("recipe")
    trained = trained if isinstance(trained, dict) else {}
    ridge, corner = (float(trained.get(name, getattr(default, name))) for name in ("ridge", "corner"))
    everything = np.ones(len(material.clips), bool)
    more = MoreMemory(network.memory, material.summaries(everything), material.known(everything, corner), ridge)
    steps = [one.steps for one in material.heard]
    states = [states_of(listener, steps) for listener in _listeners(network)]
    state = TuningState(run, parent, network, recipe, ridge, corner, material, cancel, more, states)
    state.weights = np.array([float(network.get_buffer(f"{name}_weight")) for name in ("listener", "memory")])
    state.band_factor = network.get_buffer("band_factor").double().numpy()
    state.whole_band = network.get_buffer("whole_band").double().numpy()
    state.parts = 1 if run.use_splits else run.folds + 1
    return state


def _listeners(network: Fusion) -> list[Listener]:
    return [one for one in network.listeners if isinstance(one, Listener)]


def teach(state: TuningState, part: str, training: Mask, number: int) -> Generator[RunProgress | Notice, None, Taught]:
    """Teach memory and listeners the clips of a mask; `number` counts the parts."""
    material, recipe = state.material, state.recipe
    judged = training & material.judged
    where = indices(judged)
    shares = np.array([state.run.shares.get(material.clips[i].source, 1.0) for i in where])
    history = state.history.setdefault(part, [])
    out: list[Listener] = []
    listeners = _listeners(state.network)
    for i, (listener, states) in enumerate(zip(listeners, state.states, strict=True)):
        name = f"listener {i + 1} of {len(listeners)}"
        events = tune_listener(
            listener, [states[j] for j in where], material.quadrants(judged), shares, recipe, state.cancel
        )
        for event in events:
            if isinstance(event, Listener):
                out.append(event)
            elif isinstance(event, Notice):
                state.said.append(f"{part}, {name}: {event.text}")
                yield Notice(state.said[-1])
            else:
                history.append(event)
                done = (i + event.epoch / event.epochs) / len(listeners)
                yield RunProgress(part, event, name, (number + done) / state.parts)
    memory = state.more.extended(training)
    arguments = {**_arguments(state), "known": len(memory.get_buffer("known"))}
    network = Fusion(**arguments)
    network.load_state_dict(
        {
            **state.network.state_dict(),
            **{f"memory.{name}": value for name, value in memory.state_dict().items()},
            **{f"listeners.{i}.{k}": v for i, one in enumerate(out) for k, v in one.state_dict().items()},
        }
    )
    return Taught(network.eval().requires_grad_(False), out)


def _arguments(state: TuningState) -> dict[str, Any]:
    return {key: value for key, value in state.parent.card.raw["network"].items() if key != "kind"}


def _measure(
    state: TuningState,
) -> Generator[RunProgress | FoldScore | Notice, None, tuple[HeldOut | None, Taught | None]]:
    """Held-out answers and their scores; with the clips' own split, also what learned from its train part."""
    run, material = state.run, state.material
    where = indices(material.judged)
    clips = [material.clips[i] for i in where]
    splits = read_splits(clips, allow_shared_groups=run.allow_shared_groups) if run.use_splits else []
    if splits:
        fold_of = np.where(np.array(splits) == "test", 0, 1)
        folds = 1
    elif run.folds:
        fold_of, folds = assign_folds(clips, run.folds, run.seed), run.folds
    else:
        return None, None
    labels = material.quadrants(material.judged)
    parts = np.zeros((2, len(where), 4))
    plane = np.full((len(where), 2), np.nan)
    measured, taught = 0, None
    for fold in range(folds):
        if measured and state.cancel.stopping:
            state.said.append(f"Training was stopped by hand after {measured} of {folds} folds.")
            yield Notice(state.said[-1])
            break
        name = "train split" if splits else f"fold {fold + 1} of {folds}"
        held = mask(material, where, fold_of == fold)
        training = ~held if splits else apart(material, held)
        if splits:
            training &= ~mask(material, where, np.array(splits) == "val")
        taught = yield from teach(state, name, training, fold)
        mine = fold_of == fold
        parts[:, mine], plane[mine] = _ask(state, taught, held)
        measured += 1
        yield FoldScore(fold, macro_f1_by_source(clips, labels, np.tensordot(state.weights, parts, axes=1), mine))
    done = fold_of < measured
    _score_plane(state, [i for i, yes in zip(where, done, strict=True) if yes], plane[done])
    held_out = _score(state, np.array(where)[done], parts[:, done], fold_of[done], splits)
    return held_out, taught


def _ask(state: TuningState, taught: Taught, held: Mask) -> tuple[Floats, Floats]:
    """Logits of listeners and memory [shape=(2, n, 4)], and valence and arousal of the whole [shape=(n, 2)]."""
    material, where = state.material, indices(held & state.material.judged)
    listened = np.mean(
        [
            answers_of(one, [states[i] for i in where])
            for one, states in zip(taught.listeners, state.states, strict=True)
        ],
        axis=0,
    )
    with torch.inference_mode():
        remembered = taught.network.memory(material.summaries(held & material.judged))
        wholes = [
            taught.network.trajectory(torch.from_numpy(material.heard[i].steps), one[RATING_COLUMNS])[2].numpy()
            if material.clips[i].valence is not None
            else np.full(2, np.nan)
            for i, one in zip(where, remembered, strict=True)
        ]
    return np.stack((listened, remembered[:, QUADRANT_COLUMNS].double().numpy())), np.array(wholes)


def _score(
    state: TuningState, where: NDArray[np.int64], parts: Floats, fold_of: NDArray[np.int64], splits: list[str]
) -> HeldOut:
    run, clips = state.run, [state.material.clips[int(i)] for i in where]
    labels = np.array([clip.quadrant for clip in clips], np.int64)
    length = f"fixed length of training, starting from {state.parent.card.id}"
    fused = np.tensordot(state.weights, parts, axes=1)
    if len(where) >= state.recipe.reweighed_from and fold_of.max() > 0:
        fused = cross_fitted(parts, labels, fold_of)
        state.weights = fit_weights(parts, labels)
        length += "; listeners and memory weighed by the other folds"
    if splits:
        own = read_splits(
            [c for c in state.material.clips if c.quadrant is not None], allow_shared_groups=run.allow_shared_groups
        )
        judged = [c for c in state.material.clips if c.quadrant is not None]
        scores = score_split(clips, labels, fused, None, length, shared_groups(judged, own))
    else:
        folds = int(fold_of.max()) + 1
        stopped = f", stopped by hand after {folds} of {run.folds} folds" if folds < run.folds else ""
        scores = score_folds(clips, labels, fused, fold_of, length + stopped)
    state.scores = {**scores, **state.scores}
    copied = copying_a_siblings_label(clips)
    if copied:
        state.scores["copying_a_siblings_label"] = copied
    return HeldOut(where, softmax(fused), state.scores["protocol"])


def _score_plane(state: TuningState, where: list[int], plane: Floats) -> None:
    """Scores of valence and arousal of whole recordings, and bands that are never narrower than what was measured."""
    rated = [(i, said) for i, said in zip(where, plane, strict=True) if np.isfinite(said).all()]
    coverage = float(state.parent.card.raw.get("band_coverage", 0.0))
    if len(rated) < FEWEST_MEASURED:
        return
    clips = [state.material.clips[i] for i, _ in rated]
    truth = np.array([(clip.valence, clip.arousal) for clip in clips], np.float64)
    said = np.array([one for _, one in rated])
    groups = [f"{clip.source}/{clip.group}" for clip in clips]
    scores: dict[str, Any] = {"clips": len(clips), "groups": len(set(groups))}
    for d, name in enumerate(_DIMENSIONS):
        figures = regression_scores(truth[:, d], said[:, d], groups)
        scores[name] = {"whole": {key: score.as_dict() for key, score in figures.items()}}
    state.scores["valence_arousal"] = scores
    if coverage:
        wide = np.maximum(state.whole_band, np.quantile(np.abs(said - truth), coverage, axis=0))
        state.band_factor = state.band_factor * wide / state.whole_band
        state.whole_band = wide


def _write(state: TuningState, taught: Taught) -> Card:
    run, network, raw = state.run, taught.network, state.parent.card.raw
    set_measured(network, state.weights, state.band_factor, state.whole_band)
    clips = int(state.material.judged.sum())
    limits = [str(one) for one in raw.get("limits", [])]
    if clips < _FEW:
        limits.append(f"It learned from {clips} clips of its own beside what {state.parent.card.id} knew.")
    trained = {**asdict(state.recipe), "ridge": state.ridge, "corner": state.corner, "shares": dict(run.shares)}
    return write_model(
        run.out,
        network,
        {"kind": "fusion", **_arguments(state), "known": len(network.memory.get_buffer("known"))},
        {
            **card_of(run, trained, state.scores, state.said, limits),
            "band_coverage": raw.get("band_coverage", 0.0),
            "gems": raw.get("gems", False),
        },
        {
            HISTORY_FILE: history_of(state.history.items()),
            TRAINED_ON_FILE: trained_on(run.content, state.parent),
        },
    )
