"""The training loop: one network on one split. A generator; it knows no thread, no file and no progress bar."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from models.errors import JobError
from models.inference.analysis import CancelToken
from models.networks.crnn import CRNN, N_QUADRANTS
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

    network: CRNN
    epochs: int


class _Average:
    """Exponential moving average of a network's weights and batch-norm statistics."""

    def __init__(self, network: CRNN, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self.steps = 0

    def update(self, network: CRNN) -> None:
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

    def judge(self, network: CRNN, epoch: int, validation: tuple[Features, NDArray[np.int64]], device: str) -> float:
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


def predict(network: CRNN, features: Features, device: str = "cpu", batch: int = 16) -> NDArray[np.float32]:
    """Logits [shape=(n, 4)] of whole clips [shape=(n, 128, frames)], in float32."""
    network = network.to(device).eval()
    out = []
    with torch.inference_mode():
        for start in range(0, len(features), batch):
            part = torch.from_numpy(features[start : start + batch].astype(np.float32)).to(device)
            out.append(network(part).float().cpu().numpy())
    return np.concatenate(out) if out else np.empty((0, N_QUADRANTS), np.float32)


def _optimiser(
    network: CRNN, recipe: Recipe, steps_per_epoch: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimiser == "adamw":
        adamw = torch.optim.AdamW(network.parameters(), rate, weight_decay=decay)
        steps = recipe.epochs * steps_per_epoch
        return adamw, torch.optim.lr_scheduler.OneCycleLR(adamw, rate, total_steps=steps)
    adam = torch.optim.Adam(network.parameters(), rate, weight_decay=decay)
    return adam, torch.optim.lr_scheduler.StepLR(adam, 20 * steps_per_epoch, 0.1)


def train_network(
    features: Features,
    labels: NDArray[np.int64],
    recipe: Recipe,
    *,
    seed: int = 0,
    validation: tuple[Features, NDArray[np.int64]] | None = None,
    device: str = "cpu",
    cancel: CancelToken | None = None,
) -> Iterator[EpochReport | TrainedNetwork]:
    """Train a CRNN.

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
    random = torch.Generator().manual_seed(seed)

    network = CRNN(attention=recipe.attention)
    sample = features[:: max(1, len(features) // 400)].astype(np.float32)
    network.set_normalisation(
        torch.from_numpy(sample.mean(axis=(0, 2))), torch.from_numpy(sample.std(axis=(0, 2)) + 1e-3)
    )
    network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    steps_per_epoch = -(-len(features) // recipe.batch)
    optimiser, schedule = _optimiser(network, recipe, steps_per_epoch)
    average = _Average(network, recipe.averaging) if recipe.averaging else None
    one_hot = F.one_hot(torch.from_numpy(labels), N_QUADRANTS).float()
    crop = min(recipe.crop_frames, features.shape[2])

    best = _Best()
    for epoch in range(1, recipe.epochs + 1):
        began = time.monotonic()
        network.train()
        losses = []
        # Even shares, so that no batch is left with a single clip for batch norm to choke on.
        for chosen in np.array_split(order.permutation(len(features)), steps_per_epoch):
            cancel.check()
            x = change_level(_crop(features, chosen, crop, order), recipe.augmentation, random)
            x, targets = mix(x, one_hot[torch.from_numpy(chosen)], recipe.augmentation, random)
            x = mask(network.normalise(x.to(device)).cpu(), recipe.augmentation, random).to(device)
            with _automatic_precision(device):
                steps = network.steps(x)
            loss = F.cross_entropy(network.pool(steps), targets.to(device))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            if average is not None:
                average.update(network)
            losses.append(loss.item())
        judged = average.network if average is not None else network
        validation_loss = best.judge(judged, epoch, validation, device) if validation is not None else float("nan")
        yield EpochReport(epoch, recipe.epochs, float(np.mean(losses)), validation_loss, time.monotonic() - began)
        if recipe.patience and epoch - best.epoch >= recipe.patience:
            break
    final = average.network if average is not None else network
    if recipe.patience:
        final.load_state_dict(best.state)
        epoch = best.epoch
    yield TrainedNetwork(final.cpu().eval().requires_grad_(False), epoch)


def shortened(recipe: Recipe, epochs: int) -> Recipe:
    """Return the recipe with a fixed number of epochs: what a final run on all data uses after early stopping."""
    return replace(recipe, epochs=epochs, patience=0)
