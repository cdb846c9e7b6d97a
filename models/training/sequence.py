"""Training of regressors on feature sequences. A generator; it knows no thread, no file and no progress bar."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.errors import JobError
from models.jobs import CancelToken
from models.networks.registry import build
from models.networks.regressor import RegressorSteps
from models.runtime import tune_allocator
from models.training.loop import EpochReport, Notice
from models.training.selection import IMPORTANCE_THRESHOLD, forest_importance, select
from models.training.sequence_data import (
    SequenceClip,
    filled,
    hold_out,
    known_steps,
    sides,
    stack,
    whole_batches,
)
from models.training.sequence_loss import LossWeights, Targets, regression_loss
from models.training.splits import VALIDATION_FOLDS, group_names, grouped_folds
from models.training.trouble import Descent, Diverged, said_of_divergence


class SequenceNetwork(Protocol):
    """What this loop needs of a network (see `models.networks.regressor.Regressor`)."""

    def set_normalisation(self, mean: torch.Tensor, std: torch.Tensor) -> None: ...  # noqa: D102
    def set_selection(self, kept: torch.Tensor) -> None: ...  # noqa: D102
    def normalise(self, x: torch.Tensor) -> torch.Tensor: ...  # noqa: D102
    def estimate(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> RegressorSteps: ...  # noqa: D102


@dataclass(frozen=True)
class SequenceRecipe:
    """How a regressor is trained; the defaults are the paper's where it gives any.

    Attributes
    ----------
    network : str
        Kind of network (see `models.networks.registry`).
    arguments : dict
        Of the network; the number of features is added.
    batch, learning_rate : int, float
        Clips per step; rate of Adam.
    epochs, patience : int
        Most passes; epochs without a better validation loss before stopping (0 for a fixed length).
    weight_decay : float
        0 in the paper; otherwise decoupled (AdamW).
    noise : float
        Standard deviation of the Gaussian noise that is added to z-scores while training (the paper adds "noise"
        and gives no strength).
    shift : float
        Standard deviation of noise that is the same at all steps of a clip, per feature: other instruments and
        recordings move a descriptor for good, not from step to step.
    crop_steps : int
        Longest stretch of a clip that one step sees, drawn at random; 0 for all of it.
    threshold : float
        On random-forest importance (see `models.training.selection`); 0 keeps every feature, and needs no
        scikit-learn.
    loss : LossWeights
        See there.
    shares : dict
        Source to the share of its clips that an epoch meets, > 0; 2.0 meets each twice.
    """

    network: str = "regressor"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    batch: int = 32
    learning_rate: float = 1e-3
    epochs: int = 100
    patience: int = 10
    weight_decay: float = 0.0
    noise: float = 0.1
    shift: float = 0.0
    crop_steps: int = 120
    threshold: float = IMPORTANCE_THRESHOLD
    loss: LossWeights = field(default_factory=LossWeights)
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainedRegressor:
    """The result: a network in evaluation mode on the CPU, and at which epoch its weights were kept."""

    network: nn.Module
    epochs: int


def fit_input(network: SequenceNetwork, clips: Sequence[SequenceClip], threshold: float, seed: int = 0) -> None:
    """Set a network's z-scores, and its selection of features, from training clips without gaps.

    The forest sees what is known of valence and arousal at each step; clips with only a quadrant do not take part.
    Each clip weighs alike in the z-scores.
    """
    means = np.stack([clip.x.mean(axis=0, dtype=np.float64) for clip in clips])
    squares = np.stack([(clip.x.astype(np.float64) ** 2).mean(axis=0) for clip in clips])
    mean = means.mean(axis=0)
    std = np.sqrt(np.maximum(squares.mean(axis=0) - mean**2, 0))
    network.set_normalisation(torch.from_numpy(mean).float(), torch.from_numpy(std).float())
    if threshold <= 0:
        return
    x, y = np.concatenate([clip.x for clip in clips]), np.concatenate([known_steps(clip) for clip in clips])
    rated = np.isfinite(y).all(axis=1)
    if rated.sum() >= 10:
        network.set_selection(torch.from_numpy(select(forest_importance(x[rated], y[rated], seed=seed), threshold)))


def predict_sequences(
    network: nn.Module, clips: Sequence[SequenceClip], device: str = "cpu", batch: int = 16
) -> list[RegressorSteps]:
    """What a network says of whole clips, each without padding and without the batch axis ([shape=(t, 2)])."""
    clips = filled(clips)
    network = network.to(device).eval()
    regressor = cast(SequenceNetwork, network)
    out: list[RegressorSteps] = [RegressorSteps(torch.empty(0, 2), None)] * len(clips)
    with torch.inference_mode():
        for chosen, part in whole_batches(clips, batch):
            steps = regressor.estimate(regressor.normalise(part.x.to(device)), part.mask.to(device))
            for row, i in enumerate(chosen):
                length = len(clips[i].x)
                variance = None if steps.log_variance is None else steps.log_variance[row, :length].cpu()
                out[i] = RegressorSteps(steps.values[row, :length].cpu(), variance)
    return out


def _validation_loss(network: nn.Module, clips: Sequence[SequenceClip], loss: LossWeights, device: str) -> float:
    """Loss over all clips at once: a correlation within small batches is another quantity than over all."""
    predicted = predict_sequences(network, clips, device)
    whole = stack(clips, 0, None)
    values = torch.zeros_like(whole.targets.trace)
    for i, steps in enumerate(predicted):
        values[i, : len(steps.values)] = steps.values
    return float(regression_loss(RegressorSteps(values, None), whole.mask, whole.targets, loss))


def _draw(clips: Sequence[SequenceClip], shares: Mapping[str, float], random: np.random.Generator) -> NDArray[np.int64]:
    """Clips of one epoch in random order, each as often as its source's share says, fractions by chance."""
    wanted = np.array([shares.get(clip.source, 1.0) for clip in clips])
    times = np.floor(wanted + random.random(len(clips))).astype(np.int64)
    if not times.any():
        times[random.integers(len(clips))] = 1
    return random.permutation(np.repeat(np.arange(len(clips)), times))


def _batches(
    network: nn.Module,
    clips: Sequence[SequenceClip],
    recipe: SequenceRecipe,
    random: np.random.Generator,
    noise: torch.Generator,
) -> Iterator[tuple[torch.Tensor, ...]]:
    """Noisy z-scores of an epoch's clips, where they are real, and what is known of them (see `Targets`)."""
    drawn = _draw(clips, recipe.shares, random)
    # Even parts, so that no batch is left with a single clip for the correlation to choke on.
    for chosen in np.array_split(drawn, max(1, round(len(drawn) / recipe.batch))):
        batch = stack([clips[i] for i in chosen], recipe.crop_steps, random)
        device = network.get_buffer("feature_kept").device
        x = cast(SequenceNetwork, network).normalise(batch.x.to(device)).cpu()
        kept = network.get_buffer("feature_kept").cpu()  # a dropped feature stays dropped
        jitter = recipe.noise * torch.randn(x.shape, generator=noise)
        jitter += recipe.shift * torch.randn((len(x), 1, x.shape[2]), generator=noise)
        known = batch.targets
        yield x + jitter * kept, batch.mask, known.trace, known.static, known.quadrant


def train_regressor(
    clips: Sequence[SequenceClip],
    recipe: SequenceRecipe,
    *,
    seed: int = 0,
    validation: Sequence[SequenceClip] | None = None,
    device: str = "cpu",
    stop_at_s: float = math.inf,
    cancel: CancelToken | None = None,
) -> Iterator[EpochReport | Notice | TrainedRegressor]:
    """Train a regressor.

    Parameters
    ----------
    clips : sequence of SequenceClip
        The training part. Gaps in features are filled forward; z-scores and the selection of features come from here.
    recipe : SequenceRecipe
        How.
    seed : int
        Of weights, order, crops and noise.
    validation : sequence of SequenceClip, optional
        What early stopping watches, of other groups than `clips`; required when the recipe has a patience.
    device : str
        "cpu", "cuda" or "mps".
    stop_at_s : float
        No further epoch begins after this (`time.monotonic`).
    cancel : CancelToken, optional
        Looked at between steps.

    Yields
    ------
    EpochReport, Notice or TrainedRegressor
        A report per epoch, and the network last. One that is told to finish with what it has (`Control.stop`) ends
        after its step.

    Raises
    ------
    JobError
        "bad_data" with fewer than two clips, clips whose parts do not fit, a patience without a validation part, or a
        validation part that shares a group with the training part, or a loss that is no number from the start;
        "out_of_memory" when two clips at once are too many.
    Cancelled
        When asked to stop.
    """
    if len(clips) < 2:
        raise JobError("bad_data", "Training needs two labelled clips or more.")
    if recipe.patience and not validation:
        raise JobError("bad_data", "A recipe that stops early needs a validation part.")
    shared = {(c.source, c.group) for c in clips} & {(c.source, c.group) for c in validation or ()}
    if shared:
        raise JobError("bad_data", f"The validation part shares {len(shared)} groups with the training part.")
    cancel = cancel or CancelToken()
    tune_allocator()
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    noise = torch.Generator().manual_seed(seed)
    clips = filled(clips)
    held = filled(validation) if validation else []
    network = build(recipe.network, features=clips[0].x.shape[1], **recipe.arguments)
    regressor = cast(SequenceNetwork, network)
    fit_input(regressor, clips, recipe.threshold, seed)
    network = network.to(device)
    optimiser = torch.optim.AdamW(network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)

    def losses_of(x: torch.Tensor, mask: torch.Tensor, *known: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        steps = regressor.estimate(x.to(device), mask.to(device))
        on_cpu = RegressorSteps(steps.values.cpu(), None if steps.log_variance is None else steps.log_variance.cpu())
        loss = regression_loss(on_cpu, mask, Targets(*known), recipe.loss)
        return loss, loss

    descent = Descent(list(network.parameters()), optimiser, losses_of, 1.0)
    best_loss, best_epoch, best_state = float("inf"), 0, copy.deepcopy(network.state_dict())
    done = 0
    while done < recipe.epochs:
        began = time.monotonic()
        network.train()
        losses: list[float] = []
        last = copy.deepcopy(network.state_dict())
        try:
            yield from map(Notice, descent.epoch(_batches(network, clips, recipe, random, noise), cancel, losses))
        except Diverged:
            yield Notice(said_of_divergence(recipe.learning_rate, done, recipe.epochs))
            network.load_state_dict(last)
            break
        done += 1
        held_loss = _validation_loss(network, held, recipe.loss, device) if held else float("nan")
        if held_loss < best_loss:
            best_loss, best_epoch, best_state = held_loss, done, copy.deepcopy(network.state_dict())
        yield EpochReport(done, recipe.epochs, float(np.mean(losses)), held_loss, time.monotonic() - began)
        no_better = recipe.patience and done - best_epoch >= recipe.patience
        if no_better or cancel.stopping or time.monotonic() >= stop_at_s:
            break
    if recipe.patience:
        network.load_state_dict(best_state)
        done = best_epoch
    yield TrainedRegressor(network.cpu().eval().requires_grad_(False), done)


@dataclass(frozen=True)
class HeldOut:
    """What a fold's network says of the clips that it never met."""

    fold: int
    indices: NDArray[np.int64]
    steps: list[RegressorSteps]
    epochs: int


def cross_validate(
    clips: Sequence[SequenceClip],
    recipe: SequenceRecipe,
    folds: int,
    *,
    seed: int = 0,
    only: Sequence[int] | None = None,
    device: str = "cpu",
    cancel: CancelToken | None = None,
) -> Iterator[EpochReport | Notice | HeldOut]:
    """Train once per fold of a grouped split, stopping early inside each training part; judge the held-out clips once.

    Parameters
    ----------
    clips : sequence of SequenceClip
        All of them.
    recipe : SequenceRecipe
        How.
    folds : int
        Number of folds, at most the number of groups.
    seed : int
        Of the division and of the networks.
    only : sequence of int, optional
        Which folds to run; all without.
    device : str
        "cpu", "cuda" or "mps".
    cancel : CancelToken, optional
        Looked at between steps.

    Yields
    ------
    EpochReport, Notice or HeldOut
        Reports of epochs, and a HeldOut at the end of each fold.

    Raises
    ------
    JobError
        "bad_data" when the clips cannot be divided.
    Cancelled
        When asked to stop.
    """
    try:
        fold_of = grouped_folds(sides(clips), group_names(clips), folds, seed)
    except ValueError as error:
        raise JobError("bad_data", f"The clips cannot be divided into {folds} parts: {error}.") from None
    for fold in only if only is not None else range(folds):
        training = [clip for clip, f in zip(clips, fold_of, strict=True) if f != fold]
        inner: list[SequenceClip] = []
        if recipe.patience:
            training, inner = hold_out(training, VALIDATION_FOLDS, seed + fold)
        held = np.flatnonzero(fold_of == fold)
        for event in train_regressor(
            training, recipe, seed=seed + fold, validation=inner or None, device=device, cancel=cancel
        ):
            if isinstance(event, TrainedRegressor):
                steps = predict_sequences(event.network, [clips[int(i)] for i in held], device)
                yield HeldOut(fold, held, steps, event.epochs)
            else:
                yield event
