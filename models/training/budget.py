"""Training within a given time: how long an epoch takes here, and how many epochs fit."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data.labelled import LabelledClip
from models.training.features import Features
from models.training.hints import hints_for
from models.training.loop import batches_per_epoch, crop, draw, new_network, predict, targets_of
from models.training.material import Material, Part, gather, parts_by_folds, parts_by_splits, tag_table
from models.training.recipes import Recipe
from models.training.record import TrainingRun
from models.training.splits import read_splits
from models.training.trainer import Trainer
from models.training.trouble import Diverged

#: Steps that are timed, after one that is not: the first pays for what is only done once.
_TIMED_STEPS = 3
#: Clips that are judged to see how long that takes.
_TIMED_CLIPS = 8
#: Share of the time that is planned with; the rest is for reading, writing and bad luck.
_PLANNED = 0.9
#: What early stopping watches, and judges after each epoch, is about this part of what is trained on.
_WATCHED = 9


@dataclass(frozen=True)
class Pace:
    """Seconds that one clip takes in an epoch of training, and to be judged as a whole."""

    training_s: float
    judging_s: float


def measure_pace(material: Material, recipe: Recipe, device: str) -> Pace:
    """Time a few steps of a network that is thrown away."""
    network = new_network(material.features, recipe).to(device)
    tags = tag_table(list(material.tags)) if recipe.tag_weight else None
    tags = tags if tags is not None and tags.any() else None
    random = np.random.default_rng(0)
    hints = material.hints if recipe.hint_weight else None
    count = 0 if hints is None else hints.shape[1]
    trainer = Trainer(network, tags, recipe, max(1, _TIMED_STEPS + 1), 0, hints=count)
    trainer.start_epoch()
    targets = targets_of(material.labels, tags, hints)
    frames = min(recipe.crop_frames, material.features.shape[2])
    batches = np.array_split(draw(material.shares, random), batches_per_epoch(material.shares, recipe))
    seconds = []
    for i in range(_TIMED_STEPS + 1):
        chosen = batches[i % len(batches)]
        began = time.monotonic()
        try:
            trainer.step(crop(material.features, chosen, frames, random), targets[chosen])
        except Diverged:  # the training itself will say so
            break
        seconds.append((time.monotonic() - began) / len(chosen))
    sample = material.features[:_TIMED_CLIPS]
    predict(network, sample[:1], trainer.device)
    began = time.monotonic()
    predict(network, sample, trainer.device)
    judging_s = (time.monotonic() - began) / len(sample)
    return Pace(float(np.median(seconds[1:] or seconds or [0.0])), judging_s)


def weight(part: Part, material: Material) -> float:
    """Clips that an epoch of a part meets: what its share of the time goes by."""
    return float(material.shares[part.training].sum())


def epochs_that_fit(parts: Sequence[Part], material: Material, recipe: Recipe, pace: Pace, left_s: float) -> int:
    """Epochs, the same for all parts, after which all is done in time: at least 1, at most the recipe's."""
    judged_once = sum(int(part.judged.sum()) for part in parts) * pace.judging_s
    clips = sum(weight(part, material) for part in parts)
    per_epoch = clips * (pace.training_s + (pace.judging_s / _WATCHED if recipe.patience else 0.0))
    fit = math.floor((_PLANNED * left_s - judged_once) / max(per_epoch, 1e-9))
    return max(1, min(recipe.epochs, fit))


def run_seconds(
    run: TrainingRun,
    recipe: Recipe,
    clips: Sequence[LabelledClip],
    sample: Sequence[LabelledClip],
    features: Features,
    hints: NDArray[np.float32] | None,
    device: str,
) -> tuple[float, int]:
    """Seconds of a whole run on all clips, and how many networks it trains, from the pace on a sample of them.

    A recipe that stops early is counted with all its epochs.
    """
    pace = measure_pace(gather(sample, features, run.shares, hints_for(recipe, hints)), recipe, device)
    if run.use_splits:
        splits = read_splits(clips, allow_shared_groups=run.allow_shared_groups)
        parts = parts_by_splits(clips, splits, run.seed)
    else:
        parts = parts_by_folds(clips, run.folds, run.seed)
    shares = np.array([run.shares.get(clip.source, 1.0) for clip in clips])
    met = sum(float(shares[part.training].sum()) for part in parts)
    judged = sum(int(part.judged.sum()) for part in parts) * pace.judging_s
    watching_s = pace.judging_s / _WATCHED if recipe.patience else 0.0
    return recipe.epochs * met * (pace.training_s + watching_s) + judged, len(parts)


class Clock:
    """Deals the time that is left out to the parts that are still to be trained, by their weight."""

    def __init__(self, ends_s: float) -> None:
        self._ends_s = ends_s

    @property
    def left_s(self) -> float:
        """Seconds until the end; below 0 after it."""
        return self._ends_s - time.monotonic()

    def stop_at_s(self, this: float, with_the_rest: float) -> float:
        """When a part of one weight should stop, if all that are left together have the other (`time.monotonic`)."""
        if math.isinf(self._ends_s):
            return math.inf
        return time.monotonic() + max(0.0, self.left_s) * this / max(with_the_rest, 1e-9)
