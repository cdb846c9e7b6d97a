"""The training loop: one network on one split. A generator; it knows no thread, no file and no progress bar."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from models.errors import JobError
from models.jobs import CancelToken
from models.networks.base import N_QUADRANTS, ContextNetwork, LogMelNetwork
from models.networks.registry import build
from models.runtime import fast_bfloat16, tune_allocator
from models.training.augment import change_level, mask, mix
from models.training.features import Features
from models.training.recipes import Recipe

#: Share of the averaged network in which the average still follows closely, so that it does not start from noise.
_AVERAGING_WARM_UP_STEPS = 10


@dataclass(frozen=True)
class EpochReport:
    """What one epoch did. `validation_loss` is NaN without a validation part."""

    epoch: int
    epochs: int
    train_loss: float
    validation_loss: float
    seconds: float


@dataclass(frozen=True)
class TrainedNetwork:
    """The result: a network in evaluation mode on the CPU, and how many epochs it took."""

    network: LogMelNetwork
    epochs: int


class _Average:
    """Exponential moving average of a network's weights and batch-norm statistics."""

    def __init__(self, network: LogMelNetwork, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self.steps = 0

    def update(self, network: LogMelNetwork) -> None:
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + _AVERAGING_WARM_UP_STEPS))
        live = network.state_dict()
        for name, mean in self.network.state_dict().items():
            if mean.dtype.is_floating_point:
                mean.lerp_(live[name], 1 - decay)
            else:
                mean.copy_(live[name])


class _Best:
    """The weights with the least validation loss so far."""

    def __init__(self) -> None:
        self.loss = float("inf")
        self.epoch = 0
        self.state: dict[str, torch.Tensor] = {}

    def judge(
        self, network: LogMelNetwork, epoch: int, validation: tuple[Features, NDArray[np.int64]], device: str
    ) -> float:
        """Return the validation loss, and keep the weights if it is the least."""
        features, labels = validation
        logits = torch.from_numpy(predict(network, features, device))
        loss = F.cross_entropy(logits, torch.from_numpy(labels)).item()
        if loss < self.loss or not self.state:
            self.loss, self.epoch, self.state = loss, epoch, copy.deepcopy(network.state_dict())
        return loss


def _crop(features: Features, chosen: NDArray[np.int64], frames: int, random: np.random.Generator) -> torch.Tensor:
    latest = features.shape[2] - frames
    starts = random.integers(0, latest + 1, len(chosen))
    stretches = [features[i, :, s : s + frames] for i, s in zip(chosen, starts, strict=True)]
    return torch.from_numpy(np.stack(stretches).astype(np.float32))


def _automatic_precision(device: str) -> torch.autocast:
    enabled = device == "cuda" or (device == "cpu" and fast_bfloat16())
    return torch.autocast(device, torch.bfloat16, enabled=enabled)


def predict(network: LogMelNetwork, features: Features, device: str = "cpu", batch: int = 16) -> NDArray[np.float32]:
    """Logits [shape=(n, 4)] of whole clips [shape=(n, 128, frames)], in float32."""
    network = network.to(device).eval()
    out = []
    with torch.inference_mode():
        for start in range(0, len(features), batch):
            part = torch.from_numpy(features[start : start + batch].astype(np.float32)).to(device)
            out.append(network(part).float().cpu().numpy())
    return np.concatenate(out) if out else np.empty((0, N_QUADRANTS), np.float32)


class _TagHead(nn.Module):
    """Asks the context vector for tags, while training only: richer targets than one quadrant in four."""

    def __init__(self, network: ContextNetwork, tags: NDArray[np.bool_]) -> None:
        super().__init__()
        device = network.classifier.weight.device
        self.linear = nn.Linear(network.classifier.in_features, tags.shape[1], device=device)
        share = torch.from_numpy(tags[tags.any(axis=1)].mean(axis=0)).float().clamp(1e-3, 1 - 1e-3)
        with torch.no_grad():
            self.linear.bias.copy_(torch.logit(share))

    def forward(self, context: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Mean binary cross-entropy over the clips that carry tags; the last column of `targets` says which do."""
        carries = (targets[:, -1] > 0.999).float()  # a mixture with an untagged clip does not
        losses = F.binary_cross_entropy_with_logits(self.linear(context), targets[:, :-1], reduction="none")
        return (losses.mean(dim=1) * carries).sum() / carries.sum().clamp_min(1)


def _draw(shares: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.int64]:
    """Clips of one epoch in random order: all of share 1, and as many others as their shares add up to."""
    whole = np.flatnonzero(shares >= 1)
    others = np.flatnonzero(shares < 1)
    count = round(float(shares[others].sum()))
    if count:
        drawn = random.choice(others, count, replace=False, p=shares[others] / shares[others].sum())
        whole = np.concatenate((whole, drawn))
    return random.permutation(whole)


def _optimiser(
    parameters: list[nn.Parameter], recipe: Recipe, steps_per_epoch: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimiser == "adamw":
        adamw = torch.optim.AdamW(parameters, rate, weight_decay=decay)
        steps = recipe.epochs * steps_per_epoch
        return adamw, torch.optim.lr_scheduler.OneCycleLR(adamw, rate, total_steps=steps)
    adam = torch.optim.Adam(parameters, rate, weight_decay=decay)
    return adam, torch.optim.lr_scheduler.StepLR(adam, 20 * steps_per_epoch, 0.1)


class _Trainer:
    """One network being trained: its weights, their average, and a step from one batch."""

    def __init__(
        self, network: LogMelNetwork, tags: NDArray[np.bool_] | None, recipe: Recipe, steps_per_epoch: int, seed: int
    ) -> None:
        self.network = network
        self.recipe = recipe
        self.device = network.classifier.weight.device.type
        self.head = _TagHead(network, tags) if tags is not None and isinstance(network, ContextNetwork) else None
        self.parameters = [*network.parameters(), *(self.head.parameters() if self.head else ())]
        self.optimiser, self.schedule = _optimiser(self.parameters, recipe, steps_per_epoch)
        self.average = _Average(network, recipe.averaging) if recipe.averaging else None
        self.random = torch.Generator().manual_seed(seed)

    @property
    def judged(self) -> LogMelNetwork:
        """The network that counts: the average where there is one."""
        return self.average.network if self.average is not None else self.network

    def step(self, log_mel: torch.Tensor, targets: torch.Tensor) -> float:
        """Learn from one batch of raw log-mel; returns the quadrants' cross-entropy."""
        how, random = self.recipe.augmentation, self.random
        x, targets = mix(change_level(log_mel, how, random), targets, how, random)
        x = mask(self.network.normalise(x.to(self.device)).cpu(), how, random).to(self.device)
        targets = targets.to(self.device)
        quadrant_loss, loss = self._losses(x, targets)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.parameters, 5.0)
        self.optimiser.step()
        self.schedule.step()
        if self.average is not None:
            self.average.update(self.network)
        return quadrant_loss.item()

    def _losses(self, x: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the quadrants' cross-entropy, and what is descended: with the tags' where there are any."""
        network, quadrants = self.network, targets[:, :N_QUADRANTS]
        if self.head is None:
            with _automatic_precision(self.device):
                logits = network.answer(x)
            loss = F.cross_entropy(logits.float(), quadrants)
            return loss, loss
        assert isinstance(network, ContextNetwork)
        with _automatic_precision(self.device):
            logits, context = network.answer_and_context(x)
        loss = F.cross_entropy(logits.float(), quadrants)
        return loss, loss + self.recipe.tag_weight * self.head(context.float(), targets[:, N_QUADRANTS:])


def _new_network(features: Features, recipe: Recipe) -> LogMelNetwork:
    """A network with random weights, standardised by up to 400 of the clips."""
    network = build(recipe.network, **recipe.arguments)
    if not isinstance(network, LogMelNetwork):
        raise JobError("bad_data", f"The recipe {recipe.name} is for a network that has a training of its own.")
    sample = features[:: max(1, len(features) // 400)].astype(np.float32)
    network.set_normalisation(
        torch.from_numpy(sample.mean(axis=(0, 2))), torch.from_numpy(sample.std(axis=(0, 2)) + 1e-3)
    )
    return network


def _targets(labels: NDArray[np.int64], tags: NDArray[np.bool_] | None) -> torch.Tensor:
    """Quadrant as one of four, then tags, then whether the clip carries any; all are mixed alike."""
    targets = F.one_hot(torch.from_numpy(labels), N_QUADRANTS).float()
    if tags is None:
        return targets
    carried = torch.from_numpy(tags).float()
    return torch.cat((targets, carried, carried.any(dim=1, keepdim=True).float()), dim=1)


def train_network(
    features: Features,
    labels: NDArray[np.int64],
    recipe: Recipe,
    *,
    seed: int = 0,
    tags: NDArray[np.bool_] | None = None,
    shares: NDArray[np.float64] | None = None,
    validation: tuple[Features, NDArray[np.int64]] | None = None,
    device: str = "cpu",
    cancel: CancelToken | None = None,
) -> Iterator[EpochReport | TrainedNetwork]:
    """Train a network.

    Parameters
    ----------
    features : np.ndarray [shape=(n, 128, frames), dtype=float16]
        Log-mel of the clips.
    labels : np.ndarray [shape=(n,)]
        0..3.
    recipe : Recipe
        How.
    seed : int
        Of weights, order, crops and augmentation.
    tags : np.ndarray, optional [shape=(n, k)]
        Further targets (see `tag_table`); a clip with none at all is not asked for any.
    shares : np.ndarray, optional [shape=(n,)]
        In which share of the epochs each clip is met, (0, 1]; 1 without.
    validation : tuple, optional
        Features and labels that early stopping watches; required when the recipe has a patience.
    device : str
        "cpu", "cuda" or "mps".
    cancel : CancelToken, optional
        Looked at between steps.

    Yields
    ------
    EpochReport or TrainedNetwork
        A report per epoch, and the network last.

    Raises
    ------
    JobError
        "bad_data" with fewer than two clips, or a patience without a validation part.
    Cancelled
        When asked to stop.
    """
    if len(features) < 2:
        raise JobError("bad_data", "Training needs two labelled clips or more.")
    if recipe.patience and validation is None:
        raise JobError("bad_data", f"The recipe {recipe.name} stops early and needs a validation part.")
    cancel = cancel or CancelToken()
    tune_allocator()
    torch.manual_seed(seed)
    order = np.random.default_rng(seed)
    if tags is not None and not (recipe.tag_weight and tags.any()):
        tags = None
    if shares is None:
        shares = np.ones(len(features))
    steps_per_epoch = max(1, -(-round(shares.sum()) // recipe.batch))
    network = _new_network(features, recipe).to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    trainer = _Trainer(network, tags, recipe, steps_per_epoch, seed)
    targets = _targets(labels, tags)
    crop = min(recipe.crop_frames, features.shape[2])
    best = _Best()
    for epoch in range(1, recipe.epochs + 1):
        began = time.monotonic()
        network.train()
        losses = []
        # Even shares, so that no batch is left with a single clip for batch norm to choke on.
        for chosen in np.array_split(_draw(shares, order), steps_per_epoch):
            cancel.check()
            losses.append(trainer.step(_crop(features, chosen, crop, order), targets[torch.from_numpy(chosen)]))
        loss = float("nan")
        if validation is not None:
            loss = best.judge(trainer.judged, epoch, validation, device)
        yield EpochReport(epoch, recipe.epochs, float(np.mean(losses)), loss, time.monotonic() - began)
        if recipe.patience and epoch - best.epoch >= recipe.patience:
            break
    final = trainer.judged
    if recipe.patience:
        final.load_state_dict(best.state)
        epoch = best.epoch
    yield TrainedNetwork(final.cpu().eval().requires_grad_(False), epoch)


def shortened(recipe: Recipe, epochs: int) -> Recipe:
    """Return the recipe with a fixed number of epochs: what a final run on all data uses after early stopping."""
    return replace(recipe, epochs=epochs, patience=0)
