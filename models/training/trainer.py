"""One network being trained: its weights, their average, and a step from one batch."""

from __future__ import annotations

import copy
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from models.networks.base import N_QUADRANTS, ContextNetwork, LogMelNetwork
from models.runtime import fast_bfloat16, is_out_of_memory
from models.training.augment import change_level, mask, mix
from models.training.checkpoint import Snapshot, named
from models.training.hints import HintHead
from models.training.recipes import Recipe
from models.training.trouble import Diverged, Pieces, no_room

#: Share of the averaged network in which the average still follows closely, so that it does not start from noise.
_AVERAGING_WARM_UP_STEPS = 10


class Average:
    """Exponential moving average of a network's weights and batch-norm statistics."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self.steps = 0

    def update(self, network: nn.Module) -> None:
        """Take in the weights after one more step."""
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + _AVERAGING_WARM_UP_STEPS))
        live = network.state_dict()
        for name, mean in self.network.state_dict().items():
            if mean.dtype.is_floating_point:
                mean.lerp_(live[name], 1 - decay)
            else:
                mean.copy_(live[name])


class TagHead(nn.Module):
    """Asks the vector that a classifier reads for tags, while training only: richer targets than one in four."""

    def __init__(self, classifier: nn.Linear, tags: NDArray[np.bool_]) -> None:
        super().__init__()
        self.linear = nn.Linear(classifier.in_features, tags.shape[1], device=classifier.weight.device)
        share = torch.from_numpy(tags[tags.any(axis=1)].mean(axis=0)).float().clamp(1e-3, 1 - 1e-3)
        with torch.no_grad():
            self.linear.bias.copy_(torch.logit(share))

    def forward(self, context: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Mean binary cross-entropy over the clips that carry tags; the last column of `targets` says which do."""
        carries = (targets[:, -1] > 0.999).float()  # a mixture with an untagged clip does not
        losses = F.binary_cross_entropy_with_logits(self.linear(context), targets[:, :-1], reduction="none")
        return (losses.mean(dim=1) * carries).sum() / carries.sum().clamp_min(1)


def automatic_precision(device: str) -> torch.autocast:
    """bfloat16 where it is fast."""
    enabled = device == "cuda" or (device == "cpu" and fast_bfloat16())
    return torch.autocast(device, torch.bfloat16, enabled=enabled)


def make_optimiser(
    parameters: list[nn.Parameter], recipe: Recipe, steps_per_epoch: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """Optimiser and schedule of a recipe."""
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimiser == "adamw":
        adamw = torch.optim.AdamW(parameters, rate, weight_decay=decay)
        steps = recipe.epochs * steps_per_epoch
        return adamw, torch.optim.lr_scheduler.OneCycleLR(adamw, rate, total_steps=steps)
    adam = torch.optim.Adam(parameters, rate, weight_decay=decay)
    return adam, torch.optim.lr_scheduler.StepLR(adam, 20 * steps_per_epoch, 0.1)


class Trainer:
    """Learns from one batch after the other.

    When memory runs out a batch is worked on in halves (and quarters, ...), whose gradients add up to the whole's; when
    two clips are too many for a GPU, the CPU takes over. `take_notices` says so.

    Parameters
    ----------
    network : LogMelNetwork
        On the device where it is to be trained.
    tags : np.ndarray, optional [shape=(n, k)]
        Of all clips; asked for where the network has a context vector.
    recipe : Recipe
        How.
    steps_per_epoch : int
        For the schedule.
    seed : int
        Of the augmentation.
    hints : int
        How many numbers per clip, last of its targets, are asked for beside the quadrant (see `HintHead`).
    """

    def __init__(
        self,
        network: LogMelNetwork,
        tags: NDArray[np.bool_] | None,
        recipe: Recipe,
        steps_per_epoch: int,
        seed: int,
        *,
        hints: int = 0,
    ) -> None:
        self.network = network
        self.recipe = recipe
        self.device = network.classifier.weight.device.type
        self.head = (
            TagHead(network.classifier, tags) if tags is not None and isinstance(network, ContextNetwork) else None
        )
        self.hints = HintHead(network, hints) if hints and isinstance(network, ContextNetwork) else None
        self.frozen = network.early_layers() if recipe.freeze else []
        for layer in self.frozen:
            layer.requires_grad_(False)
        learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
        self.parameters = learning + [p for head in (self.head, self.hints) if head for p in head.parameters()]
        self.optimiser, self.schedule = make_optimiser(self.parameters, recipe, steps_per_epoch)
        self.average = Average(network, recipe.averaging) if recipe.averaging else None
        self.random = torch.Generator().manual_seed(seed)
        self._pieces = Pieces()
        self._notices: list[str] = []

    @property
    def judged(self) -> LogMelNetwork:
        """The network that counts: the average where there is one."""
        return cast(LogMelNetwork, self.average.network) if self.average is not None else self.network

    def start_epoch(self) -> None:
        """Make ready for steps; what is frozen keeps its batch-norm statistics too."""
        self.network.train()
        for layer in self.frozen:
            layer.eval()

    def take_notices(self) -> list[str]:
        """What a user should be told, once."""
        said, self._notices = self._notices, []
        return said

    def step(self, log_mel: torch.Tensor, targets: torch.Tensor) -> float:
        """Learn from one batch of raw log-mel; returns the quadrants' cross-entropy.

        Raises
        ------
        Diverged
            When it is no number; nothing was learned from this batch.
        JobError
            "out_of_memory" when two clips at once are too many for the CPU.
        """
        how, random = self.recipe.augmentation, self.random
        x, targets = mix(change_level(log_mel, how, random), targets, how, random)
        mean, std = (self.network.get_buffer(name).cpu()[:, None] for name in ("band_mean", "band_std"))
        x = mask((x - mean) / std, how, random)
        while True:
            try:
                loss = self._descend(x, targets)
                break
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self._ask_for_less(len(x), str(error))
        self.schedule.step()
        if self.average is not None:
            self.average.update(self.network)
        return loss

    def _descend(self, x: torch.Tensor, targets: torch.Tensor) -> float:
        self.optimiser.zero_grad(set_to_none=True)
        total = 0.0
        for weight, (part, asked) in self._pieces.split(x, targets):
            quadrant_loss, loss = self._losses(part.to(self.device), asked.to(self.device))
            (loss * weight if weight < 1 else loss).backward()  # type: ignore[no-untyped-call]
            total += weight * quadrant_loss.item()
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, 5.0)
        if not np.isfinite(total) or not torch.isfinite(norm):
            raise Diverged
        self.optimiser.step()
        return total

    def _losses(self, x: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the quadrants' cross-entropy, and what is descended: with the tags' where there are any."""
        network, quadrants = self.network, targets[:, :N_QUADRANTS]
        if self.head is None and self.hints is None:
            with automatic_precision(self.device):
                logits = network.answer(x)
            loss = F.cross_entropy(logits.float(), quadrants)
            return loss, loss
        assert isinstance(network, ContextNetwork)
        with automatic_precision(self.device):
            logits, context = network.answer_and_context(x)
        loss = F.cross_entropy(logits.float(), quadrants)
        context, further = context.float(), targets[:, N_QUADRANTS:]
        whole = loss
        if self.hints is not None:
            count = self.hints.linear.out_features
            whole = whole + self.recipe.hint_weight * self.hints(context, further[:, -count:])
            further = further[:, :-count]
        if self.head is not None:
            whole = whole + self.recipe.tag_weight * self.head(context, further)
        return loss, whole

    def _ask_for_less(self, clips: int, detail: str) -> None:
        said = self._pieces.halve(clips)
        if said:
            self._notices.append(said)
        elif self.device != "cpu":
            self._notices.append(f"The {self.device} device ran out of memory, so the CPU goes on.")
            self._move_to_cpu()
        else:
            raise no_room(detail) from None

    def _move_to_cpu(self) -> None:
        self.optimiser.zero_grad(set_to_none=True)
        for module in (self.network, self.head, self.hints, self.average.network if self.average else None):
            if module is not None:
                module.cpu()
        for state in self.optimiser.state.values():
            for name, value in state.items():
                if isinstance(value, torch.Tensor):
                    state[name] = value.cpu()
        self.device = "cpu"
        self._pieces = Pieces()

    # Where it stands --------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """All that the next step depends on; dropout draws from torch's own generator, which belongs to it."""
        tensors = {**named("network", self.network.state_dict()), "random.augmentation": self.random.get_state()}
        tensors["random.cpu"] = torch.get_rng_state()
        if self.device == "cuda":
            tensors["random.cuda"] = torch.cuda.get_rng_state()
        if self.head is not None:
            tensors |= named("head", self.head.state_dict())
        if self.hints is not None:
            tensors |= named("hints", self.hints.state_dict())
        if self.average is not None:
            tensors |= named("average", self.average.network.state_dict())
        optimiser = self.optimiser.state_dict()
        for number, state in optimiser["state"].items():
            tensors |= named(f"optimiser.{number}", state)
        groups = [{k: v for k, v in group.items() if k != "params"} for group in optimiser["param_groups"]]
        return Snapshot(
            tensors,
            {
                "groups": groups,
                "schedule": self.schedule.state_dict(),
                "averaged": self.average.steps if self.average else 0,
                "pieces": self._pieces.count,
            },
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Stand where a trainer of the same recipe and data stood.

        Raises
        ------
        KeyError, RuntimeError, ValueError
            When the snapshot is that of another.
        """
        self.network.load_state_dict(snapshot.tensors_of("network"))
        if self.head is not None:
            self.head.load_state_dict(snapshot.tensors_of("head"))
        if self.hints is not None:
            self.hints.load_state_dict(snapshot.tensors_of("hints"))
        if self.average is not None:
            self.average.network.load_state_dict(snapshot.tensors_of("average"))
            self.average.steps = int(snapshot.values["averaged"])
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in snapshot.tensors_of("optimiser").items():
            number, what = name.split(".")
            state.setdefault(int(number), {})[what] = value
        now = self.optimiser.state_dict()["param_groups"]
        groups = [
            {**_with_tuples(kept), "params": group["params"]}
            for kept, group in zip(snapshot.values["groups"], now, strict=True)
        ]
        self.optimiser.load_state_dict({"state": state, "param_groups": groups})
        self.schedule.load_state_dict(dict(snapshot.values["schedule"]))
        self._pieces.count = int(snapshot.values["pieces"])
        self.random.set_state(snapshot.tensors["random.augmentation"])
        torch.set_rng_state(snapshot.tensors["random.cpu"])
        if self.device == "cuda" and "random.cuda" in snapshot.tensors:
            torch.cuda.set_rng_state(snapshot.tensors["random.cuda"])


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    """JSON made lists of the tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
