"""What a run of the fused model knows while it goes on, and what it says of how far it is."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import torch
from torch import nn

from models.jobs import CancelToken
from models.networks.fusion import Fusion
from models.networks.listener import Listener
from models.networks.regressor import Regressor
from models.training.checkpoint import named
from models.training.fusion import Clock, Floats, FusionMaterial, Mask, Step
from models.training.fusion_recipe import FusionRecipe
from models.training.loop import EpochReport, Notice
from models.training.record import RunProgress, TrainingRun
from models.training.workplace import PartResult, Workplace

#: With fewer clips of a kind nothing is measured on them, and no band is drawn.
FEWEST_MEASURED = 20
#: What an epoch of a regressor costs against one of a listener on as many clips of half a minute.
_REGRESSOR_COST = 2.5

AnyNetwork = TypeVar("AnyNetwork", bound=nn.Module)


@dataclass
class Course:
    """How much of the work of a run is done: by networks, each as much as its epochs and clips make."""

    total: float
    done: float = 0.0
    _network: str = ""
    _cost: float = 0.0

    def meet(self, network: str, cost: float, report: EpochReport) -> float:
        """Fraction of all work, [0, 1], after an epoch of a network that costs so much as a whole."""
        if network != self._network:
            self.done += self._cost
            self._network, self._cost = network, cost
        return min(1.0, (self.done + cost * report.epoch / report.epochs) / max(self.total, 1e-9))


@dataclass
class State:
    """What a run knows while it goes on."""

    run: TrainingRun
    recipe: FusionRecipe
    material: FusionMaterial
    work: Workplace
    cancel: CancelToken
    clock: Clock
    course: Course
    scores: dict[str, Any] = field(default_factory=dict)
    weights: Floats = field(default_factory=lambda: np.ones(2))
    band_factor: Floats = field(default_factory=lambda: np.ones(2))
    whole_band: Floats = field(default_factory=lambda: np.ones(2))
    epochs: int = 0
    said: list[str] = field(default_factory=list)
    history: dict[str, list[EpochReport]] = field(default_factory=lambda: defaultdict(list))
    #: Networks of the last fold that was finished, or else those that were being trained when it was stopped.
    listeners: list[Listener] = field(default_factory=list)
    regressors: list[Regressor] = field(default_factory=list)

    def tell(self, part: str, step: Step) -> RunProgress | Notice:
        """Pass on what a network of a part says; what a person should know goes to the card too."""
        if isinstance(step.event, Notice):
            self.said.append(f"{part}, {step.network}: {step.event.text}")
            return Notice(self.said[-1])
        self.history[part].append(step.event)
        listens = step.network.startswith("listener")
        cost = listener_cost(self.recipe, self.material) if listens else regressor_cost(self.recipe, self.material)
        return RunProgress(part, step.event, step.network, self.course.meet(f"{part}/{step.network}", cost, step.event))

    def pass_over(self, part: str, result: PartResult) -> None:
        """Count a part that was finished before."""
        self.history[part] = list(result.history)
        self.course.done += sum(
            listener_cost(self.recipe, self.material)
            if part.startswith("fold")
            else regressor_cost(self.recipe, self.material)
            for report in result.history
            if report.epoch == 1
        )


def listener_cost(recipe: FusionRecipe, material: FusionMaterial) -> float:
    """Epochs times clips."""
    return float(recipe.listener.epochs * material.judged.sum())


def regressor_cost(recipe: FusionRecipe, material: FusionMaterial) -> float:
    """The same, in a listener's clips."""
    shares = recipe.regressor.shares
    taught = material.rated | material.judged
    clips = sum(shares.get(clip.source, 1.0) for clip, yes in zip(material.clips, taught, strict=True) if yes)
    return _REGRESSOR_COST * recipe.regressor.epochs * clips


def plan(
    run: TrainingRun, recipe: FusionRecipe, material: FusionMaterial, began_s: float | None
) -> tuple[Clock, Course]:
    """Time for the whole run, if it is bounded, for how many networks, and how much work they are."""
    rated = run.folds and material.rated.sum() >= FEWEST_MEASURED
    listeners = recipe.listeners * (run.folds + 1)
    regressors = recipe.regressors * (1 + (recipe.rated_folds if rated else 0))
    began_s = time.monotonic() if began_s is None else began_s
    total = listeners * listener_cost(recipe, material) + regressors * regressor_cost(recipe, material)
    return Clock(began_s + 60 * run.minutes if run.minutes else math.inf, listeners + regressors), Course(total)


def mask(material: FusionMaterial, where: list[int], chosen: Mask) -> Mask:
    """The chosen ones of some clips, among all of them."""
    out = np.zeros(len(material.clips), bool)
    out[np.array(where)[chosen]] = True
    return out


def apart(material: FusionMaterial, held: Mask) -> Mask:
    """Clips of other groups than the held-out ones: a song with a quadrant may have another row with ratings."""
    groups = material.groups(np.ones(len(held), bool))
    met = set(material.groups(held))
    return np.array([group not in met for group in groups])


def set_measured(network: Fusion, weights: Floats, band_factor: Floats, whole_band: Floats) -> None:
    """Give a network what was measured on held-out clips: weights of listeners and memory, and its bands."""
    for name, value in (
        ("listener_weight", weights[0]),
        ("memory_weight", weights[1]),
        ("band_factor", band_factor),
        ("whole_band", whole_band),
    ):
        network.get_buffer(name).copy_(torch.as_tensor(value, dtype=torch.float32))


def kept_networks(networks: Sequence[nn.Module]) -> dict[str, Any]:
    """Weights of several networks, for a part's result."""
    return {name: t for i, one in enumerate(networks) for name, t in named(f"network{i}", one.state_dict()).items()}


def networks_of(result: PartResult, empty: Sequence[AnyNetwork]) -> list[AnyNetwork]:
    """Those of a part's result; `empty` holds as many of the same shape."""
    for i, one in enumerate(empty):
        prefix = f"network{i}."
        one.load_state_dict({k.removeprefix(prefix): t for k, t in result.tensors.items() if k.startswith(prefix)})
        one.eval().requires_grad_(False)
    return list(empty)
