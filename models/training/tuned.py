"""Parts of a trained fused model, taught further by a few clips: its memory, and its listeners' last layers."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from models.jobs import CancelToken
from models.networks.base import Steps
from models.networks.listener import Listener
from models.networks.memory import Memory
from models.training.loop import EpochReport, Notice
from models.training.recipes import FUSION_RECIPE
from models.training.trouble import Descent, Diverged

Floats = NDArray[np.float64]


class MoreMemory:
    """A trained memory that takes in further recordings, exactly as if it had been fitted on all of them.

    The equations of the memory that is there, ``(K + r I) a = y - m``, hold for its own recordings already; so those of
    all together come down to a small system for the new ones (the Schur complement of its kernel), whose right side is
    what the old memory gets wrong of them. No target of the old recordings is needed, and none is lost.

    Parameters
    ----------
    memory : Memory
        What is there; it is not changed.
    x : torch.Tensor [shape=(n, features)]
        Summaries of the new recordings, of which `extended` then takes in any.
    y : NDArray [shape=(n, outputs)]
        What is known of them; NaN where nothing is.
    ridge : float
        r that the memory was fitted with.
    """

    def __init__(self, memory: Memory, x: torch.Tensor, y: Floats, ridge: float) -> None:
        self._memory, self._ridge = memory, ridge
        self._known = memory.standardise(x).half()
        self._y = y
        with torch.inference_mode():
            self._wrong = torch.from_numpy(y) - memory(x).double()
            old = memory.get_buffer("known").float()
            self._across = _kernel(old, self._known.float(), memory.width)
            self._among = _kernel(self._known.float(), self._known.float(), memory.width)
        #: By columns that the same old recordings take part in: which these are, and (K + r I)^-1 times the new kernel.
        self._solved: dict[bytes, tuple[torch.Tensor, torch.Tensor]] = {}
        for column in np.flatnonzero(np.isfinite(y).any(axis=0)):
            there = memory.get_buffer("weights")[:, int(column)] != 0
            key = there.numpy().tobytes()
            if key not in self._solved:
                mine = old[there]
                kernel = _kernel(mine, mine, memory.width) + ridge * torch.eye(len(mine), dtype=torch.float64)
                solved = torch.cholesky_solve(self._across[there], torch.linalg.cholesky(kernel))
                self._solved[key] = there, solved

    def extended(self, chosen: NDArray[np.bool_]) -> Memory:
        """Take in the chosen ones."""
        memory = self._memory
        old = memory.get_buffer("weights")
        out = Memory(
            memory.get_buffer("known").shape[1], old.shape[1], len(old) + int(chosen.sum()), width=memory.width
        )
        for name in ("feature_mean", "feature_std", "mean", "usual_distances"):
            out.get_buffer(name).copy_(memory.get_buffer(name))
        out.get_buffer("known").copy_(torch.cat((memory.get_buffer("known"), self._known[torch.from_numpy(chosen)])))
        weights = torch.zeros(len(old) + int(chosen.sum()), old.shape[1], dtype=torch.float64)
        weights[: len(old)] = old
        rows = np.cumsum(chosen) - 1 + len(old)
        for column in range(old.shape[1]):
            taught = chosen & np.isfinite(self._y[:, column])
            if not taught.any():
                continue
            there, solved = self._solved[(old[:, column] != 0).numpy().tobytes()]
            mine = torch.from_numpy(np.flatnonzero(taught))
            among = self._among[mine][:, mine] - self._across[there][:, mine].T @ solved[:, mine]
            among = among + self._ridge * torch.eye(len(mine), dtype=torch.float64)
            new = torch.linalg.solve(among, self._wrong[mine, column])
            weights[torch.from_numpy(rows[taught]), column] = new
            weights[: len(old), column][there] -= solved[:, mine] @ new
        out.get_buffer("weights").copy_(weights.float())
        return out.eval().requires_grad_(False)


def _kernel(a: torch.Tensor, b: torch.Tensor, width: float) -> torch.Tensor:
    return torch.exp(-width * torch.cdist(a, b).square() / a.shape[1]).double()


#: The listeners learn from at most so many moments of a recording (all half seconds of two minutes).
MOST_STEPS = 240


@dataclass(frozen=True)
class TuningRecipe:
    """How a trained fused model is taught further.

    Attributes
    ----------
    name : str
        What `affekt train --recipe` calls it.
    reports, steps : int
        So many times so many steps of gradient descent on all clips at once, for each listener; no reports keep the
        listeners as they are.
    learning_rate : float
        Of Adam.
    pull : float
        How strongly the last layers are drawn back to the weights that were there: weight of the mean squared change,
        in units of the mean square of the old weights, against the mean loss of one clip; so it means less the more
        clips there are.
    reweighed_from : int
        With so many held-out answers or more it is fitted anew how listeners and memory are weighed.
    """

    name: str = FUSION_RECIPE
    reports: int = 8
    steps: int = 10
    learning_rate: float = 1e-3
    pull: float = 160.0
    reweighed_from: int = 200


def states_of(listener: Listener, steps: Sequence[NDArray[np.float32]]) -> list[torch.Tensor]:
    """Hidden states [shape=(t, hidden)] of whole clips: what the last layers read."""
    with torch.no_grad():
        return [listener.hidden_states(listener.normalise(torch.from_numpy(one)[None]))[0] for one in steps]


def sample_of(states: torch.Tensor) -> torch.Tensor:
    """Evenly spaced moments of a recording, `MOST_STEPS` at most [shape=(m, hidden)]: neighbours are much alike."""
    return states[:: max(1, math.ceil(len(states) / MOST_STEPS))]


def answers_of(listener: Listener, states: Sequence[torch.Tensor]) -> Floats:
    """Logits [shape=(n, 4)] of whole clips from their states."""
    with torch.no_grad():
        contexts = [listener.context_of(one[None], listener.judge(one[None])) for one in states]
        return np.array([listener.classifier(one)[0].numpy() for one in contexts], np.float64)


def tune_listener(
    listener: Listener,
    states: Sequence[torch.Tensor],
    labels: NDArray[np.int64],
    weights: Floats,
    recipe: TuningRecipe,
    cancel: CancelToken,
) -> Iterator[EpochReport | Notice | Listener]:
    """Teach a copy of a listener's last layers, attention and classifier, a few clips; the layers below stay.

    Parameters
    ----------
    listener : Listener
        The trained one.
    states : sequence of torch.Tensor [shape=(t, hidden)]
        See `states_of`.
    labels : np.ndarray [shape=(n,)]
        Quadrants, 0..3.
    weights : np.ndarray [shape=(n,)]
        How much each clip counts.
    recipe : TuningRecipe
        How.
    cancel : CancelToken
        Looked at between steps.

    Yields
    ------
    EpochReport, Notice or Listener
        The listener last; as it was, or as it was at the last report, if the loss became no number.
    """
    tuned = copy.deepcopy(listener).eval().requires_grad_(False)
    parameters = [
        parameter
        for layer in (tuned.classifier, tuned.attention_projection, tuned.attention_context)
        for parameter in layer.parameters()
    ]
    for parameter in parameters:
        parameter.requires_grad_(True)
    old = [parameter.detach().clone() for parameter in parameters]
    scales = [one.square().mean().clamp_min(1e-6) for one in old]
    moments = [sample_of(one) for one in states]
    padded = nn.utils.rnn.pad_sequence(moments, batch_first=True)
    there = torch.arange(padded.shape[1])[None] < torch.tensor([len(one) for one in moments])[:, None]
    counts = torch.from_numpy(weights / weights.mean()).float()

    def losses(x: torch.Tensor, real: torch.Tensor, y: torch.Tensor, count: torch.Tensor) -> tuple[Any, Any]:
        said = tuned.judge(x)
        context = tuned.context_of(x, Steps(said.scores.masked_fill(~real, -torch.inf), said.evidence))
        logits = tuned.classifier(context)
        loss = (count * F.cross_entropy(logits, y, reduction="none")).mean()
        change = [(now - was).square().mean() / s for now, was, s in zip(parameters, old, scales, strict=True)]
        return loss, loss + recipe.pull / len(states) * torch.stack(change).sum()

    descent = Descent(parameters, torch.optim.Adam(parameters, recipe.learning_rate), losses, 5.0)
    batch = (padded, there, torch.from_numpy(labels), counts)
    for report in range(1, recipe.reports + 1):
        began_s, good, said = time.monotonic(), copy.deepcopy(tuned.state_dict()), list[float]()
        try:
            yield from map(Notice, descent.epoch([batch] * recipe.steps, cancel, said))
        except Diverged:
            tuned.load_state_dict(good)
            yield Notice("The loss was no number any more: the listener is kept as it was before.")
            break
        yield EpochReport(report, recipe.reports, float(np.mean(said)), float("nan"), time.monotonic() - began_s)
        if cancel.stopping:
            break
    yield tuned.requires_grad_(False)
