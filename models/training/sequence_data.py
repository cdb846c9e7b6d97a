"""Feature sequences with what is known of their emotion: batches, gaps, grouped splits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from models.errors import JobError
from models.training.selection import forward_fill
from models.training.sequence_loss import Targets
from models.training.splits import group_names, grouped_folds


@dataclass(frozen=True)
class SequenceClip:
    """Features of one recording and what is known of its emotion.

    Attributes
    ----------
    x : np.ndarray [shape=(t, f), dtype=float32]
        Features, one row per half second; NaN where there is no value.
    group : str
        What must never lie on both sides of a split.
    trace : np.ndarray, optional [shape=(t, 2)]
        Valence and arousal at the same steps, [-1, 1]; NaN where not rated.
    static : tuple of float, optional
        Valence and arousal of the whole, [-1, 1]; either may be NaN.
    quadrant : int, optional
        0..3.
    source : str
        Data set, for shares.
    """

    x: NDArray[np.float32]
    group: str
    trace: NDArray[np.float32] | None = None
    static: tuple[float, float] | None = None
    quadrant: int | None = None
    source: str = ""


@dataclass(frozen=True)
class Batch:
    """Clips padded to one length [shape=(b, t, f)], which steps are real [shape=(b, t)], and what is known."""

    x: torch.Tensor
    mask: torch.Tensor
    targets: Targets


def stack(clips: Sequence[SequenceClip], crop: int, random: np.random.Generator | None) -> Batch:
    """Pad stretches of clips to one length; without `random` the clips are whole."""
    stretches = []
    for clip in clips:
        length = min(crop, len(clip.x)) if crop and random is not None else len(clip.x)
        # A static label or a quadrant is of the whole clip: the longer the stretch, the truer it is of it.
        start = int(random.integers(0, len(clip.x) - length + 1)) if random is not None else 0
        stretches.append(slice(start, start + length))
    longest = max(s.stop - s.start for s in stretches)
    x = np.zeros((len(clips), longest, clips[0].x.shape[1]), np.float32)
    mask = np.zeros((len(clips), longest), np.bool_)
    trace = np.full((len(clips), longest, 2), np.nan, np.float32)
    for i, (clip, part) in enumerate(zip(clips, stretches, strict=True)):
        length = part.stop - part.start
        x[i, :length], mask[i, :length] = clip.x[part], True
        if clip.trace is not None:
            trace[i, :length] = clip.trace[part]
    static = [(math.nan, math.nan) if clip.static is None else clip.static for clip in clips]
    quadrant = [-1 if clip.quadrant is None else clip.quadrant for clip in clips]
    targets = Targets(torch.from_numpy(trace), torch.tensor(static, dtype=torch.float32), torch.tensor(quadrant))
    return Batch(torch.from_numpy(x), torch.from_numpy(mask), targets)


def whole_batches(clips: Sequence[SequenceClip], size: int) -> Iterator[tuple[list[int], Batch]]:
    """Whole clips, those of like length together."""
    order = sorted(range(len(clips)), key=lambda i: len(clips[i].x))
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        yield chosen, stack([clips[i] for i in chosen], 0, None)


def filled(clips: Sequence[SequenceClip]) -> list[SequenceClip]:
    """Fill the gaps in the features of all clips forward.

    Raises
    ------
    JobError
        "bad_data" when a trace is not as long as its features, or clips have different features or none.
    """
    for clip in clips:
        if clip.trace is not None and len(clip.trace) != len(clip.x):
            raise JobError("bad_data", f"{clip.group}: {len(clip.trace)} trace steps beside {len(clip.x)} of features.")
    if len({clip.x.shape[1] for clip in clips}) > 1 or any(len(clip.x) == 0 for clip in clips):
        raise JobError("bad_data", "All clips need the same features, and one step or more.")
    return [replace(clip, x=forward_fill(clip.x)) for clip in clips]


def known_steps(clip: SequenceClip) -> NDArray[np.float32]:
    """Valence and arousal at each step [shape=(t, 2)] as far as known: the trace, or the static rating throughout."""
    if clip.trace is not None:
        return clip.trace
    return np.tile(np.asarray(clip.static or (np.nan, np.nan), np.float32), (len(clip.x), 1))


def sides(clips: Sequence[SequenceClip]) -> list[int]:
    """Quadrant of each clip as far as known (0..3, by the signs of its mean valence and arousal), 4 where it is not.

    For balanced splits only: clips on an axis have to go somewhere.
    """
    out = []
    for clip in clips:
        if clip.quadrant is not None:
            out.append(clip.quadrant)
            continue
        known = known_steps(clip)
        there = np.isfinite(known).all(axis=1)
        if not there.any():
            out.append(4)
            continue
        valence, arousal = known[there].mean(axis=0)
        out.append((0 if arousal >= 0 else 3) if valence >= 0 else (1 if arousal >= 0 else 2))
    return out


def hold_out(clips: Sequence[SequenceClip], folds: int, seed: int = 0) -> tuple[list[SequenceClip], list[SequenceClip]]:
    """Divide clips by group into a training part and one of `folds` parts that is held out (as few as groups allow)."""
    folds = min(folds, len(set(group_names(clips))))
    try:
        fold_of = grouped_folds(sides(clips), group_names(clips), folds, seed)
    except ValueError as error:
        raise JobError("bad_data", f"There is too little music to hold a part of it out: {error}.") from None
    return (
        [clip for clip, fold in zip(clips, fold_of, strict=True) if fold != 0],
        [clip for clip, fold in zip(clips, fold_of, strict=True) if fold == 0],
    )
