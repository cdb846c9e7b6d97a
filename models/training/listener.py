"""Training of the fused model's listeners. A generator; it knows no thread, no file and no progress bar."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from models.jobs import CancelToken
from models.networks.base import N_QUADRANTS
from models.networks.listener import Listener
from models.training.loop import EpochReport, Notice, draw, targets_of
from models.training.trainer import Average, TagHead
from models.training.trouble import Descent, Diverged, said_of_divergence


@dataclass(frozen=True)
class ListenerRecipe:
    """How a listener is trained.

    Attributes
    ----------
    epochs, batch : int
        Passes over the clips; clips per step.
    crop_steps : int
        Length in half seconds of the random stretch that each clip shows per epoch.
    learning_rate, weight_decay : float
        Peak of AdamW under a one-cycle schedule.
    noise : float
        Standard deviation of Gaussian noise on z-scores.
    mixup : float
        Parameter of the Beta distribution that two clips and their labels are mixed by.
    averaging : float
        Decay per step of the moving average of the weights that is kept.
    tag_weight : float
        Of the clips' mood and genre tags as further targets (targets only, never inputs).
    """

    epochs: int = 16
    batch: int = 32
    crop_steps: int = 24
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    noise: float = 0.1
    mixup: float = 0.3
    averaging: float = 0.99
    tag_weight: float = 5.0


def _standardise(network: Listener, steps: Sequence[NDArray[np.float32]]) -> None:
    every = np.concatenate(steps)
    mean, std = every.mean(axis=0, dtype=np.float64), every.std(axis=0, dtype=np.float64)
    network.set_normalisation(torch.from_numpy(mean).float(), torch.from_numpy(std).float())


def _stretches(
    steps: Sequence[NDArray[np.float32]], chosen: NDArray[np.int64], length: int, random: np.random.Generator
) -> torch.Tensor:
    """Take a random stretch of each; a shorter clip is repeated."""
    out = []
    for i in chosen:
        one = steps[i]
        if len(one) < length:
            one = np.tile(one, (-(-length // len(one)), 1))
        start = random.integers(0, len(one) - length + 1)
        out.append(one[start : start + length])
    return torch.from_numpy(np.stack(out))


def _count(shares: NDArray[np.float64], recipe: ListenerRecipe) -> int:
    """Batches of an epoch."""
    return max(1, -(-round(float(shares.sum())) // recipe.batch))


def _batches(
    network: Listener,
    steps: Sequence[NDArray[np.float32]],
    targets: torch.Tensor,
    shares: NDArray[np.float64],
    recipe: ListenerRecipe,
    random: np.random.Generator,
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Noisy, mixed stretches of an epoch's clips in random order, and their targets."""
    for chosen in np.array_split(draw(shares, random), _count(shares, recipe)):
        x = network.normalise(_stretches(steps, chosen, recipe.crop_steps, random))
        x = x + recipe.noise * torch.randn_like(x)
        y = targets[torch.from_numpy(chosen)]
        if recipe.mixup:
            share, other = float(random.beta(recipe.mixup, recipe.mixup)), torch.randperm(len(x))
            x, y = share * x + (1 - share) * x[other], share * y + (1 - share) * y[other]
        yield x, y


def train_listener(
    steps: Sequence[NDArray[np.float32]],
    labels: NDArray[np.int64],
    tags: NDArray[np.bool_],
    recipe: ListenerRecipe,
    *,
    shares: NDArray[np.float64] | None = None,
    seed: int = 0,
    stop_at_s: float = math.inf,
    cancel: CancelToken | None = None,
) -> Iterator[EpochReport | Notice | Listener]:
    """Train a listener.

    Parameters
    ----------
    steps : sequence of np.ndarray [shape=(t, f)]
        Features of each clip.
    labels : np.ndarray [shape=(n,)]
        Quadrants, 0..3.
    tags : np.ndarray [shape=(n, k)]
        Further targets; a clip with none at all is not asked for any.
    recipe : ListenerRecipe
        How.
    shares : np.ndarray, optional [shape=(n,)]
        In which share of the epochs each clip is met, (0, 1]; 1 without.
    seed : int
        Of weights, order, stretches and noise.
    stop_at_s : float
        No further epoch begins after this (`time.monotonic`).
    cancel : CancelToken, optional
        Looked at between steps.

    Yields
    ------
    EpochReport, Notice or Listener
        A report per epoch, and the averaged network last, in evaluation mode. One that is told to finish with what it
        has (`Control.stop`) ends after its step.

    Raises
    ------
    JobError
        "out_of_memory" when two clips at once are too many; "bad_data" when the loss is no number from the start.
    """
    cancel = cancel or CancelToken()
    shares = np.ones(len(steps)) if shares is None else shares
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    network = Listener(steps[0].shape[1])
    _standardise(network, steps)
    head = TagHead(network.classifier, tags) if recipe.tag_weight and tags.any() else None
    parameters: list[nn.Parameter] = [*network.parameters(), *(head.parameters() if head else ())]
    optimiser = torch.optim.AdamW(parameters, recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.learning_rate, total_steps=recipe.epochs * _count(shares, recipe)
    )
    average = Average(network, recipe.averaging)
    targets = targets_of(labels, tags)
    good = copy.deepcopy(average.network.state_dict())

    def losses_of(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        logits, context = network.answer_and_context(x)
        loss = F.cross_entropy(logits, y[:, :N_QUADRANTS])
        return loss, loss if head is None else loss + recipe.tag_weight * head(context, y[:, N_QUADRANTS:])

    def after() -> None:
        schedule.step()
        average.update(network)

    descent = Descent(parameters, optimiser, losses_of, 5.0)
    for epoch in range(1, recipe.epochs + 1):
        began = time.monotonic()
        network.train()
        losses: list[float] = []
        try:
            drawn = _batches(network, steps, targets, shares, recipe, random)
            yield from map(Notice, descent.epoch(drawn, cancel, losses, after))
        except Diverged:
            yield Notice(said_of_divergence(recipe.learning_rate, epoch - 1, recipe.epochs))
            average.network.load_state_dict(good)
            break
        yield EpochReport(epoch, recipe.epochs, float(np.mean(losses)), float("nan"), time.monotonic() - began)
        good = copy.deepcopy(average.network.state_dict())
        if time.monotonic() >= stop_at_s or cancel.stopping:
            break
    kept = average.network
    assert isinstance(kept, Listener)
    yield kept
