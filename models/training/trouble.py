"""When a step of training does not go well: too little memory, or a loss that is no number."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import nn

from models.errors import JobError
from models.jobs import CancelToken
from models.runtime import is_out_of_memory

#: Fewer clips at once are too few for batch norm, and for a correlation.
_LEAST_PIECE = 2


class Diverged(Exception):  # noqa: N818 - what happened, not a fault of the program
    """The loss, or its gradient, is no number any more; the weights are those from before the step."""


def said_of_divergence(learning_rate: float, epochs: int, of: int) -> str:
    """Say that the loss is no number any more; raise when there are no good weights to go back to.

    Raises
    ------
    JobError
        "bad_data" when no epoch was finished.
    """
    why = f"a learning rate of {learning_rate:g} may be too high for this music"
    if not epochs:
        raise JobError(
            "bad_data",
            f"The loss was no number in the first epoch, so nothing was learned: {why}, or a recording is damaged.",
        )
    return (
        f"The loss was no number any more in epoch {epochs + 1} of {of}, so training stopped there and the "
        f"weights from before are kept: {why}."
    )


class Pieces:
    """In how many pieces each batch is worked on to fit into memory; their gradients add up to the whole's."""

    def __init__(self) -> None:
        self.count = 1

    def of(self, clips: int) -> int:
        """Pieces that a batch of so many clips makes."""
        return max(1, min(self.count, clips // _LEAST_PIECE))

    def split(self, *batch: torch.Tensor) -> Iterator[tuple[float, tuple[torch.Tensor, ...]]]:
        """Pieces of tensors with one row per clip, each with its share of the clips."""
        clips = len(batch[0])
        for part in zip(*(torch.tensor_split(x, self.of(clips)) for x in batch), strict=True):
            yield len(part[0]) / clips, part

    def halve(self, clips: int) -> str:
        """Work in smaller pieces from now on, and say so; "" when they cannot be smaller."""
        if self.count * 2 > clips // _LEAST_PIECE:
            return ""
        self.count *= 2
        return (
            f"There was too little memory for {-(-2 * clips // self.count)} clips at once: "
            f"each batch is now worked on in pieces of {-(-clips // self.count)} clips."
        )


class Descent:
    """Steps of a network on the CPU, in ever smaller pieces where memory is short.

    Parameters
    ----------
    parameters : list of nn.Parameter
        What learns.
    optimiser : torch.optim.Optimizer
        How.
    losses : callable
        From a batch's tensors, with one row per clip, to the loss that is reported and the one that is descended.
    longest : float
        Longer gradients are shortened to this.
    """

    def __init__(
        self,
        parameters: list[nn.Parameter],
        optimiser: torch.optim.Optimizer,
        losses: Callable[..., tuple[torch.Tensor, torch.Tensor]],
        longest: float,
    ) -> None:
        self._parameters = parameters
        self._optimiser = optimiser
        self._losses = losses
        self._longest = longest
        self._pieces = Pieces()

    def epoch(
        self,
        batches: Iterable[tuple[torch.Tensor, ...]],
        cancel: CancelToken,
        losses: list[float],
        after: Callable[[], None] = lambda: None,
    ) -> Iterator[str]:
        """Take a step per batch and add its loss to `losses`; `after` is called after each. Yields what should be said.

        Ends after a step when told to finish.

        Raises
        ------
        Diverged
            When a loss is no number; nothing was learned from that batch.
        JobError
            "out_of_memory" when two clips at once are too many.
        """
        for batch in batches:
            cancel.check()
            if losses and cancel.stopping:
                return
            while True:
                try:
                    losses.append(self._step(*batch))
                    break
                except (RuntimeError, MemoryError) as error:
                    if not is_out_of_memory(error):
                        raise
                    said = self._pieces.halve(len(batch[0]))
                    if not said:
                        raise no_room(str(error)) from None
                    yield said
            after()

    def _step(self, *batch: torch.Tensor) -> float:
        self._optimiser.zero_grad(set_to_none=True)
        total = 0.0
        for share, part in self._pieces.split(*batch):
            reported, loss = self._losses(*part)
            (loss * share).backward()  # type: ignore[no-untyped-call]
            total += share * reported.item()
        norm = nn.utils.clip_grad_norm_(self._parameters, self._longest)
        if not (math.isfinite(total) and torch.isfinite(norm)):
            raise Diverged
        self._optimiser.step()
        return total


def no_room(detail: str) -> JobError:
    """When even two clips are too many."""
    return JobError(
        "out_of_memory",
        "There is too little free memory to train on two clips at once. Close other programs and try again "
        "with --resume.",
        detail,
    )
