"""The training loop: one network on one split. A generator; it knows no thread and no progress bar."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from models.errors import JobError
from models.jobs import CancelToken
from models.networks.base import N_QUADRANTS, LogMelNetwork
from models.networks.registry import build
from models.runtime import is_out_of_memory, tune_allocator
from models.training.checkpoint import Checkpoint, Snapshot, named
from models.training.features import Features
from models.training.hints import standardised_hints
from models.training.recipes import Recipe
from models.training.trainer import Trainer
from models.training.trouble import Diverged, said_of_divergence

#: Why a training ended before the recipe's last epoch, or that it did not.
Ending = Literal["", "no better", "out of time", "stopped", "no number"]
#: Clips that are judged at once.
_JUDGED_AT_ONCE = 16


@dataclass(frozen=True)
class EpochReport:
    """What one epoch did. What there is of validation is NaN without a validation part."""

    epoch: int
    epochs: int
    train_loss: float
    validation_loss: float
    seconds: float
    validation_accuracy: float = math.nan


@dataclass(frozen=True)
class Notice:
    """What a user should be told of how training goes."""

    text: str


@dataclass(frozen=True)
class TrainedNetwork:
    """The result: a network in evaluation mode on the CPU.

    Attributes
    ----------
    network : LogMelNetwork
        With the weights that count: the average, the best, the last.
    epochs : int
        How many it took; those after the best are not counted, one that was cut short is.
    ending : str
        Why it was not trained for all of the recipe's epochs; "" when it was.
    history : tuple of EpochReport
        All epochs, also those before an interruption.
    """

    network: LogMelNetwork
    epochs: int
    ending: Ending = ""
    history: tuple[EpochReport, ...] = ()


class _Best:
    """The weights with the least validation loss so far."""

    def __init__(self) -> None:
        self.loss = float("inf")
        self.epoch = 0
        self.state: dict[str, torch.Tensor] = {}

    def judge(
        self, network: LogMelNetwork, epoch: int, validation: tuple[Features, NDArray[np.int64]], device: str
    ) -> tuple[float, float]:
        """Return the validation loss and accuracy, and keep the weights if the loss is the least."""
        features, labels = validation
        logits = torch.from_numpy(predict(network, features, device))
        loss = F.cross_entropy(logits, torch.from_numpy(labels)).item()
        if loss < self.loss or not self.state:
            self.loss, self.epoch, self.state = loss, epoch, copy.deepcopy(network.state_dict())
        return loss, float(np.mean(logits.numpy().argmax(axis=1) == labels))


@dataclass
class _Course:
    """How far a training has come: everything about it but the trainer."""

    order: np.random.Generator
    best: _Best
    reports: list[EpochReport]

    def snapshot(self, trainer: Trainer) -> Snapshot:
        kept = trainer.snapshot()
        values = {
            "trainer": kept.values,
            "order": self.order.bit_generator.state,
            "best": [self.best.loss, self.best.epoch],
            "reports": [asdict(report) for report in self.reports],
        }
        return Snapshot({**kept.tensors, **named("best", self.best.state)}, values)

    def restore(self, snapshot: Snapshot, trainer: Trainer) -> None:
        trainer.restore(Snapshot(snapshot.tensors, snapshot.values["trainer"]))
        self.order.bit_generator.state = snapshot.values["order"]
        self.best.loss, self.best.epoch = snapshot.values["best"]
        self.best.state = snapshot.tensors_of("best")
        self.reports = [EpochReport(**report) for report in snapshot.values["reports"]]


def crop(features: Features, chosen: NDArray[np.int64], frames: int, random: np.random.Generator) -> torch.Tensor:
    """Random stretches of the chosen clips [shape=(b, 128, frames)], in float32."""
    latest = features.shape[2] - frames
    starts = random.integers(0, latest + 1, len(chosen))
    stretches = [features[i, :, s : s + frames] for i, s in zip(chosen, starts, strict=True)]
    return torch.from_numpy(np.stack(stretches).astype(np.float32))


def predict(
    network: LogMelNetwork, features: Features, device: str = "cpu", batch: int = _JUDGED_AT_ONCE
) -> NDArray[np.float32]:
    """Logits [shape=(n, 4)] of whole clips [shape=(n, 128, frames)], in float32; in smaller batches if need be.

    Raises
    ------
    JobError
        "out_of_memory" when one clip is too much.
    """
    network = network.to(device).eval()
    out: list[NDArray[np.float32]] = []
    start = 0
    while start < len(features):
        try:
            with torch.inference_mode():
                part = torch.from_numpy(features[start : start + batch].astype(np.float32)).to(device)
                out.append(network(part).float().cpu().numpy())
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if batch == 1:
                raise JobError(
                    "out_of_memory", "There is too little free memory to judge one clip.", str(error)
                ) from None
            batch //= 2
            continue
        start += batch
    return np.concatenate(out) if out else np.empty((0, N_QUADRANTS), np.float32)


def draw(shares: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.int64]:
    """Clips of one epoch in random order: all of share 1, and as many others as their shares add up to."""
    whole = np.flatnonzero(shares >= 1)
    others = np.flatnonzero(shares < 1)
    count = round(float(shares[others].sum()))
    if count:
        drawn = random.choice(others, count, replace=False, p=shares[others] / shares[others].sum())
        whole = np.concatenate((whole, drawn))
    return random.permutation(whole)


def batches_per_epoch(shares: NDArray[np.float64], recipe: Recipe) -> int:
    """Steps that one epoch takes."""
    return max(1, -(-round(float(shares.sum())) // recipe.batch))


def new_network(features: Features, recipe: Recipe) -> LogMelNetwork:
    """A network with random weights, standardised by up to 400 of the clips.

    Raises
    ------
    JobError
        "bad_data" when the recipe's network is none that this loop can train.
    """
    network = build(recipe.network, **recipe.arguments)
    if not isinstance(network, LogMelNetwork):
        raise JobError("bad_data", f"The recipe {recipe.name} is for a network that has a training of its own.")
    sample = features[:: max(1, len(features) // 400)].astype(np.float32)
    network.set_normalisation(
        torch.from_numpy(sample.mean(axis=(0, 2))), torch.from_numpy(sample.std(axis=(0, 2)) + 1e-3)
    )
    return network


def targets_of(
    labels: NDArray[np.int64], tags: NDArray[np.bool_] | None, hints: NDArray[np.float32] | None = None
) -> torch.Tensor:
    """Quadrant as one of four, then tags and whether the clip carries any, then hints; all are mixed alike."""
    targets = [F.one_hot(torch.from_numpy(labels), N_QUADRANTS).float()]
    if tags is not None:
        carried = torch.from_numpy(tags).float()
        targets += [carried, carried.any(dim=1, keepdim=True).float()]
    if hints is not None:
        targets.append(torch.from_numpy(standardised_hints(hints)))
    return torch.cat(targets, dim=1)


@dataclass(frozen=True)
class _Lesson:
    """What an epoch goes through, and when it has to stop."""

    features: Features
    targets: torch.Tensor
    shares: NDArray[np.float64]
    frames: int
    batches: int
    stop_at_s: float
    cancel: CancelToken


def _ended_from_outside(lesson: _Lesson) -> Ending:
    if lesson.cancel.stopping:
        return "stopped"
    return "out of time" if time.monotonic() >= lesson.stop_at_s else ""


def _epoch(
    lesson: _Lesson, trainer: Trainer, order: np.random.Generator, losses: list[float]
) -> Generator[Notice, None, Ending]:
    """Go once through the clips; the losses are added as they come. Returns why it had to stop, or "" at its end."""
    trainer.start_epoch()
    # Even shares, so that no batch is left with a single clip for batch norm to choke on.
    for chosen in np.array_split(draw(lesson.shares, order), lesson.batches):
        lesson.cancel.check()
        if losses and (ending := _ended_from_outside(lesson)):
            return ending
        x = crop(lesson.features, chosen, lesson.frames, order)
        try:
            losses.append(trainer.step(x, lesson.targets[torch.from_numpy(chosen)]))
        except Diverged:
            return "no number"
        finally:
            for text in trainer.take_notices():
                yield Notice(text)
    return ""


def train_network(
    features: Features,
    labels: NDArray[np.int64],
    recipe: Recipe,
    *,
    seed: int = 0,
    tags: NDArray[np.bool_] | None = None,
    hints: NDArray[np.float32] | None = None,
    shares: NDArray[np.float64] | None = None,
    validation: tuple[Features, NDArray[np.int64]] | None = None,
    start: LogMelNetwork | None = None,
    device: str = "cpu",
    keep: Checkpoint | None = None,
    stop_at_s: float = math.inf,
    cancel: CancelToken | None = None,
) -> Iterator[EpochReport | Notice | TrainedNetwork]:
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
    hints : np.ndarray, optional [shape=(n, m)]
        Further targets: what stronger listeners hear in each clip.
    shares : np.ndarray, optional [shape=(n,)]
        In which share of the epochs each clip is met, (0, 1]; 1 without.
    validation : tuple, optional
        Features and labels that early stopping watches; required when the recipe has a patience.
    start : LogMelNetwork, optional
        Begin with a copy of its weights and its standardisation instead of random ones.
    device : str
        "cpu", "cuda" or "mps".
    keep : Checkpoint, optional
        Holds where an interrupted training of the same settings stood, from where this one goes on to the same result;
        is given snapshots between epochs.
    stop_at_s : float
        On the clock of `time.monotonic`: after the next step, training ends and keeps what it has.
    cancel : CancelToken, optional
        Looked at between steps.

    Yields
    ------
    EpochReport, Notice or TrainedNetwork
        A report per epoch, and the network last.

    Raises
    ------
    JobError
        "bad_data" with fewer than two clips, a patience without a validation part, or a loss that is no number from
        the start; "out_of_memory".
    Cancelled
        When asked to stop.
    """
    if len(features) < 2:
        raise JobError("bad_data", "Training needs two labelled clips or more.")
    if recipe.patience and validation is None:
        raise JobError("bad_data", f"The recipe {recipe.name} stops early and needs a validation part.")
    tune_allocator()
    torch.manual_seed(seed)
    if tags is not None and not (recipe.tag_weight and tags.any()):
        tags = None
    hints = hints if recipe.hint_weight else None
    shares = np.ones(len(features)) if shares is None else shares
    lesson = _Lesson(
        features, targets_of(labels, tags, hints), shares, min(recipe.crop_frames, features.shape[2]),
        batches_per_epoch(shares, recipe), stop_at_s, cancel or CancelToken(),
    )  # fmt: skip
    network = copy.deepcopy(start).requires_grad_(True) if start is not None else new_network(features, recipe)
    network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    trainer = Trainer(network, tags, recipe, lesson.batches, seed, hints=0 if hints is None else hints.shape[1])
    course = _Course(np.random.default_rng(seed), _Best(), [])
    if keep is not None and (left := keep.load()) is not None:
        course.restore(left, trainer)
    good: Mapping[str, torch.Tensor] = copy.deepcopy(trainer.judged.state_dict())
    ending: Ending = ""
    while len(course.reports) < recipe.epochs and not ending:
        began = time.monotonic()
        losses: list[float] = []
        ending = yield from _epoch(lesson, trainer, course.order, losses)
        if ending == "no number":
            yield Notice(said_of_divergence(recipe.learning_rate, len(course.reports), recipe.epochs))
            break
        epoch = len(course.reports) + 1
        loss, accuracy = math.nan, math.nan
        if validation is not None:
            loss, accuracy = course.best.judge(trainer.judged, epoch, validation, trainer.device)
        seconds = time.monotonic() - began
        course.reports.append(EpochReport(epoch, recipe.epochs, float(np.mean(losses)), loss, seconds, accuracy))
        yield course.reports[-1]
        good = copy.deepcopy(trainer.judged.state_dict())
        if recipe.patience and epoch - course.best.epoch >= recipe.patience:
            ending = "no better"
        elif not ending and epoch < recipe.epochs:
            ending = _ended_from_outside(lesson)
        if keep is not None and not ending and epoch < recipe.epochs:
            keep.offer(lambda: course.snapshot(trainer))
    final, epochs = trainer.judged, len(course.reports)
    if recipe.patience:
        final.load_state_dict(course.best.state)
        epochs = course.best.epoch
    elif ending == "no number":
        final.load_state_dict(good)
    yield TrainedNetwork(final.cpu().eval().requires_grad_(False), epochs, ending, tuple(course.reports))


def shortened(recipe: Recipe, epochs: int) -> Recipe:
    """Return the recipe with a fixed number of epochs: what a final run on all data uses after early stopping."""
    return replace(recipe, epochs=epochs, patience=0)
