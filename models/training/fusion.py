"""The fused model's parts, trained on some clips and asked about others."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.audio.tagger import STEP_S
from models.data.labelled import LabelledClip
from models.data.traces import read_trace
from models.jobs import CancelToken
from models.networks.fusion import GEMS_COLUMNS, MEMORY_COLUMNS, QUADRANT_COLUMNS, RATING_COLUMNS, Fusion
from models.networks.listener import Listener
from models.networks.memory import Memory
from models.networks.regressor import Regressor
from models.training.fusion_recipe import FusionRecipe
from models.training.heard_features import HeardClip
from models.training.listener import train_listener
from models.training.loop import EpochReport, Notice
from models.training.material import tag_table
from models.training.sequence import TrainedRegressor, train_regressor
from models.training.sequence_data import SequenceClip, hold_out
from models.training.sequence_loss import QUADRANT_SIGNS
from models.training.splits import VALIDATION_FOLDS, group_names

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass
class Clock:
    """The time that a run has, shared out evenly over the networks that it has still to train.

    Attributes
    ----------
    stop_at_s : float
        End of the run's time (`time.monotonic`); infinite for as long as it takes.
    networks : int
        How many are still to be trained.
    """

    stop_at_s: float = math.inf
    networks: int = 1

    def next_stop_s(self) -> float:
        """When the next network has had its share."""
        left = max(0.0, self.stop_at_s - time.monotonic())
        share = left / max(1, self.networks)
        self.networks -= 1
        return time.monotonic() + share


def indices(chosen: Mask) -> list[int]:
    """Where a mask is true."""
    return [int(i) for i in np.flatnonzero(chosen)]


@dataclass(frozen=True)
class FusionMaterial:
    """Clips, what was heard of them, and which carry which labels; every field has one entry per clip."""

    clips: Sequence[LabelledClip]
    heard: Sequence[HeardClip]

    @property
    def judged(self) -> Mask:
        """Clips with a quadrant that somebody gave; where nobody gave any, those whose ratings say one."""
        given = np.array([clip.quadrant is not None and clip.valence is None for clip in self.clips])
        return given if given.any() else np.array([clip.quadrant is not None for clip in self.clips])

    @property
    def rated(self) -> Mask:
        """Clips with valence and arousal."""
        return np.array([clip.valence is not None for clip in self.clips])

    @property
    def profiled(self) -> Mask:
        """Clips with a GEMS profile."""
        return np.array([clip.gems is not None for clip in self.clips])

    def summaries(self, chosen: Mask) -> torch.Tensor:
        """Summaries of the chosen clips [shape=(n, s)]."""
        return torch.from_numpy(np.stack([self.heard[i].summary for i in indices(chosen)]))

    def groups(self, chosen: Mask) -> list[str]:
        """Groups of the chosen clips; two sources may use one name for different groups."""
        return group_names([self.clips[i] for i in indices(chosen)])

    def quadrants(self, chosen: Mask) -> NDArray[np.int64]:
        """Quadrants of the chosen clips [shape=(n,)], 0..3."""
        return np.array([self.clips[i].quadrant for i in indices(chosen)], np.int64)

    def ratings(self, chosen: Mask) -> Floats:
        """Valence and arousal of the chosen clips [shape=(n, 2)]."""
        return np.array([(self.clips[i].valence, self.clips[i].arousal) for i in indices(chosen)], np.float64)

    def profiles(self, chosen: Mask) -> Floats:
        """GEMS profiles of the chosen clips [shape=(n, 9)]."""
        return np.array([self.clips[i].gems for i in indices(chosen)], np.float64)

    def known(self, chosen: Mask, corner: float) -> Floats:
        """All that is known of the chosen clips, in the memory's columns [shape=(n, 15)]; NaN where nothing is."""
        out = np.full((int(chosen.sum()), MEMORY_COLUMNS), np.nan)
        judged = self.judged
        for row, i in enumerate(indices(chosen)):
            clip = self.clips[i]
            if clip.valence is not None and clip.arousal is not None:
                out[row, RATING_COLUMNS] = clip.valence, clip.arousal
            elif clip.quadrant is not None:
                out[row, RATING_COLUMNS] = corner * np.array(QUADRANT_SIGNS[clip.quadrant])
            if judged[i] and clip.quadrant is not None:
                out[row, QUADRANT_COLUMNS] = np.eye(4)[clip.quadrant]
            if clip.gems is not None:
                out[row, GEMS_COLUMNS] = clip.gems
        return out

    @cached_property
    def _sequences(self) -> list[SequenceClip]:
        """All clips as the regressors read them: each trace is read from its file once."""
        return [_as_sequence(clip, heard.steps) for clip, heard in zip(self.clips, self.heard, strict=True)]

    def as_sequences(self, chosen: Mask) -> list[SequenceClip]:
        """What regressors learn from: traces where there are any, else ratings of the whole, else quadrants."""
        return [self._sequences[i] for i in indices(chosen)]


def _as_sequence(clip: LabelledClip, steps: NDArray[np.float32]) -> SequenceClip:
    trace = None
    if clip.trace is not None:
        there = read_trace(clip.trace)
        at_s: Floats = (np.arange(len(steps), dtype=np.float64) + 0.5) * STEP_S
        trace = np.stack(
            [_between(at_s, there.times_s, values) for values in (there.valence, there.arousal)], axis=1
        ).astype(np.float32)
    static = None if clip.valence is None or clip.arousal is None else (clip.valence, clip.arousal)
    quadrant = clip.quadrant if static is None else None
    return SequenceClip(steps, clip.group, trace, static, quadrant, clip.source)


def _between(at_s: Floats, times_s: Floats, values: Floats) -> Floats:
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(at_s), np.nan)
    return np.interp(at_s, times_s[known], values[known], left=np.nan, right=np.nan)


@dataclass(frozen=True)
class Step:
    """What one of several networks says while it is trained: its name, and an epoch or a notice."""

    network: str
    event: EpochReport | Notice


def train_listeners(
    material: FusionMaterial, chosen: Mask, recipe: FusionRecipe, seed: int, cancel: CancelToken, clock: Clock
) -> Iterator[Step | list[Listener]]:
    """Train the listeners on the chosen clips; the list of them comes last, shorter if they were told to finish."""
    where = indices(chosen)
    steps = [material.heard[i].steps for i in where]
    tags = tag_table([material.clips[i].tags for i in where])
    listeners: list[Listener] = []
    for number in range(recipe.listeners):
        if listeners and cancel.stopping:
            break
        for event in train_listener(
            steps,
            material.quadrants(chosen),
            tags,
            recipe.listener,
            shares=np.array([recipe.shares.get(material.clips[i].source, 1.0) for i in where]),
            seed=seed * 100 + number,
            stop_at_s=clock.next_stop_s(),
            cancel=cancel,
        ):
            if isinstance(event, Listener):
                listeners.append(event)
            else:
                yield Step(f"listener {number + 1} of {recipe.listeners}", event)
    yield listeners


def listened(listeners: Sequence[Listener], material: FusionMaterial, chosen: Mask) -> Floats:
    """Mean logits [shape=(n, 4)] of the listeners about the chosen clips, whole."""
    with torch.inference_mode():
        return np.array(
            [
                torch.stack([net(torch.from_numpy(material.heard[i].steps)[None])[0] for net in listeners])
                .mean(dim=0)
                .numpy()
                for i in indices(chosen)
            ],
            np.float64,
        ).reshape(-1, 4)


def remember(material: FusionMaterial, chosen: Mask, recipe: FusionRecipe) -> Memory:
    """Fit a memory of all that is known of the chosen clips."""
    y = torch.from_numpy(material.known(chosen, recipe.corner).astype(np.float32))
    return Memory.fit(material.summaries(chosen), y, material.groups(chosen), width=recipe.width, ridge=recipe.ridge)


def remembered(memory: Memory, material: FusionMaterial, chosen: Mask) -> Floats:
    """What a memory says of the chosen clips [shape=(n, 15)]."""
    with torch.inference_mode():
        out: Floats = memory(material.summaries(chosen)).double().numpy()
    return out


def train_trajectories(
    clips: Sequence[SequenceClip],
    recipe: FusionRecipe,
    seed: int,
    cancel: CancelToken,
    clock: Clock,
    epochs: int = 0,
) -> Iterator[Step | tuple[list[Regressor], int]]:
    """Train the regressors, stopping early on a part of the rated clips, or for a fixed number of epochs.

    The list of them and their mean number of epochs come last; it is shorter if they were told to finish.
    """
    out: list[Regressor] = []
    took = []
    for number in range(recipe.regressors):
        if out and cancel.stopping:
            break
        how, inner, learned = recipe.regressor, None, list(clips)
        if epochs:
            how = replace(how, epochs=epochs, patience=0)
        else:
            # Ratings say more than quadrants about when to stop; without any, quadrants must do.
            watched = [clip for clip in clips if clip.static is not None] or list(clips)
            kept, inner = hold_out(watched, VALIDATION_FOLDS, seed * 100 + number)
            if len(watched) < len(clips):
                unrated = [clip for clip in clips if clip.static is None]
                # A song may have a row with ratings and another with a quadrant: what is watched is not learned from.
                met = set(group_names(inner))
                kept += [clip for clip, name in zip(unrated, group_names(unrated), strict=True) if name not in met]
            learned = kept
        for event in train_regressor(
            learned,
            how,
            seed=seed * 100 + number,
            validation=inner,
            stop_at_s=clock.next_stop_s(),
            cancel=cancel,
        ):
            if isinstance(event, TrainedRegressor):
                assert isinstance(event.network, Regressor)
                out.append(event.network)
                took.append(event.epochs)
            else:
                yield Step(f"regressor {number + 1} of {recipe.regressors}", event)
    yield out, round(float(np.mean(took)))


def assemble(
    listeners: Sequence[Listener], memory: Memory, regressors: Sequence[Regressor], recipe: FusionRecipe
) -> tuple[Fusion, dict[str, Any]]:
    """Put trained parts into one network; also gives the arguments that build it again."""
    arguments: dict[str, Any] = {
        "step_features": regressors[0].features,
        "summary_features": memory.get_buffer("feature_mean").numel(),
        "listeners": len(listeners),
        "regressors": len(regressors),
        "known": len(memory.get_buffer("known")),
        "width": memory.width,
        "regressor": {k: v for k, v in recipe.regressor.arguments.items() if k != "uncertainty"},
    }
    network = Fusion(**arguments)
    trained = nn.ModuleList([*listeners, memory, *regressors])
    places = nn.ModuleList([*network.listeners, network.memory, *network.regressors])
    places.load_state_dict(trained.state_dict())
    return network.eval().requires_grad_(False), arguments
