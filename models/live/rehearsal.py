"""Corrections as a personal model keeps them, and as its layer meets them when they are learned and rehearsed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.analysis import QUADRANTS
from models.audio.tagger import STEP_S
from models.live.corrections import Correction, HeardMusic
from models.live.learning import SIGNS, Examples
from models.networks.fusion import SMOOTHING_S, FusedAnswer, Fusion
from models.networks.personal import Layer, Personal, known_music, rows_of, whole_logits

Floats = NDArray[np.float64]

#: Corrections that are kept; the oldest make way.
MOST_KEPT = 512
#: A quadrant alone is taken to mean at least so much valence and arousal.
CORNER = 0.15
#: A point so far from an axis is on its side of it with a probability of 0.73.
SOFTNESS = 0.1
#: Around a corrected passage so many pieces of a recording, of so many steps or more, are kept as they are.
MOST_PIECES, SHORTEST_PIECE = 12, 6
#: What the rows of one correction are: of a whole recording, of a passage, and of what lies around the passage.
WHOLE, PASSAGE, REST = 0, 1, 2


@dataclass(frozen=True)
class Kept:
    """One row of what is rehearsed; see `Examples` for the fields that go by the same names.

    Attributes
    ----------
    key : tuple of int
        Which recording, by what was heard of it.
    when : tuple of float
        The passage in seconds; (-1, -1) for the whole.
    kind : int
        `WHOLE`, `PASSAGE` or `REST`.
    quadrant : int
        0..3, or -1.
    point : tuple of float or None
        Valence and arousal.
    """

    key: tuple[int, int]
    when: tuple[float, float]
    kind: int
    components: Floats
    moving: Floats
    logits: Floats
    values: Floats
    quadrant: int
    point: tuple[float, float] | None


def key_of(summary: NDArray[np.float32]) -> tuple[int, int]:
    """Tell recordings apart by what was heard of them."""
    digest = hashlib.sha256(np.ascontiguousarray(summary, np.float32).tobytes()).digest()
    first, second = np.frombuffer(digest[:16], np.int64)
    return int(first), int(second)


@dataclass(frozen=True)
class Listened:
    """What a base says of a recording, and what a layer over it reads (see `Personal.over`)."""

    answer: FusedAnswer
    components: torch.Tensor
    movement: torch.Tensor


def listen(network: Personal, heard: HeardMusic) -> Listened:
    """Ask the base about a recording, once for all that follows."""
    device = network.base.memory.get_buffer("mean").device
    steps, summary = torch.from_numpy(heard.steps).to(device), torch.from_numpy(heard.summary).to(device)
    with torch.inference_mode():
        return Listened(network.base(steps, summary), network.components_of(summary[None])[0], network.movement(steps))


def rows_of_correction(correction: Correction, heard: Listened, now: FusedAnswer) -> list[Kept]:
    """Rows that a correction is kept as; its own comes last.

    Parameters
    ----------
    correction : Correction
        Of a whole recording, or of a passage: then pieces of what lies around it are kept too, which are to stay as
        they are.
    heard : Listened
        See there.
    now : FusedAnswer
        What the personal model says before it learns.
    """
    base, components = heard.answer, heard.components.double().numpy()
    logits = whole_logits(base).double().numpy()
    quadrant = -1 if correction.quadrant is None else QUADRANTS.index(correction.quadrant)
    point = None
    if correction.valence is not None and correction.arousal is not None:
        point = (float(correction.valence), float(correction.arousal))
    key = key_of(correction.heard.summary)
    movement = heard.movement.double().numpy()
    if correction.start_s is None or correction.end_s is None:
        nowhere = np.zeros(movement.shape[1])
        whole = base.whole.double().numpy()
        return [Kept(key, (-1.0, -1.0), WHOLE, components, nowhere, logits, whole, quadrant, point)]
    when = (float(correction.start_s), float(correction.end_s))
    curves, current = base.values.double().numpy(), now.values.double().numpy()
    passage = correction.steps()
    rows = []
    for piece in _around(passage, len(curves)):
        stay = current[piece].mean(axis=0)
        moving, said = (_rounded(of[piece].mean(axis=0)) for of in (movement, curves))
        rows.append(Kept(key, when, REST, components, moving, logits, said, -1, (float(stay[0]), float(stay[1]))))
    moving, said = (_rounded(of[passage].mean(axis=0)) for of in (movement, curves))
    return [*rows, Kept(key, when, PASSAGE, components, moving, logits, said, quadrant, point)]


def _around(passage: slice, count: int) -> list[slice]:
    """Pieces of a recording of `count` steps around a passage, farther from it than curves are smoothed."""
    gap = round(2 * SMOOTHING_S / STEP_S)
    sides = [(0, passage.start - gap), (passage.stop + gap, count)]
    length = max(SHORTEST_PIECE, -(-sum(max(0, end - start) for start, end in sides) // MOST_PIECES))
    return [
        slice(first, min(end, first + length))
        for start, end in sides
        for first in range(start, end, length)
        if min(end, first + length) > first
    ]


def _rounded(numbers: Floats) -> Floats:
    """As they are kept in a file: going on after it was opened again is the same as going on now."""
    return numbers.astype(np.float32).astype(np.float64)


def as_examples(rows: Sequence[Kept], scales: Floats) -> Examples:
    """Rows as the layer learns from them.

    A point also teaches quadrants, softly: near an axis it says little about the side. A quadrant alone also teaches
    valence and arousal: to lie at `CORNER` on its side of each axis, or farther. A passage teaches curves only.
    """
    logits = np.array([row.logits for row in rows]).reshape(len(rows), 4)
    values = np.array([row.values for row in rows]).reshape(len(rows), 2)
    components = np.array([row.components for row in rows]).reshape(len(rows), -1)
    quadrants, points, sides = np.zeros((len(rows), 4)), np.zeros((len(rows), 2)), np.zeros((len(rows), 2))
    for i, row in enumerate(rows):
        if row.quadrant >= 0:
            points[i] = CORNER * SIGNS[row.quadrant]
            quadrants[i, row.quadrant] = 1
        if row.point is not None:
            points[i], sides[i] = row.point, 1
            if row.quadrant < 0:
                quadrants[i] = soft_quadrant(row.point)
        if row.kind != WHOLE:
            quadrants[i] = 0
    x = np.concatenate((np.ones((len(rows), 1)), logits, values, components), axis=1) * scales
    moving = np.array([row.moving for row in rows]).reshape(len(rows), -1)
    return Examples(x, moving, logits, values, quadrants, points, sides)


def soft_quadrant(point: tuple[float, float]) -> Floats:
    """Probabilities of Q1..Q4 that a point on the plane speaks for."""
    positive = 1 / (1 + np.exp(-np.asarray(point) / SOFTNESS))
    sides = np.where(SIGNS > 0, positive, 1 - positive)
    out: Floats = sides.prod(axis=1)
    return out


def known_examples(base: Fusion, layer: Layer, scales: Floats, count: int, seed: int) -> Examples:
    """Draw from the music that the base remembers: what the base says of it is what the layer is to leave as it is."""
    known, logits, values = known_music(base)
    chosen = torch.from_numpy(np.sort(np.random.default_rng(seed).permutation(len(known))[:count]))
    components = known[chosen] @ layer.get_buffer("components").cpu()
    x = rows_of(logits[chosen], values[chosen], components).double().numpy() * scales
    said = logits[chosen].double().numpy()
    points = values[chosen].double().numpy()
    shares = np.exp(said - said.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    still = np.zeros((len(chosen), len(layer.get_buffer("moving"))))
    return Examples(x, still, said, points, shares, points, np.ones_like(points))
