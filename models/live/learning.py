"""Small-batch gradient updates of a personal layer, with rehearsal; an update takes milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from models.networks.personal import ADDED_LOGITS, ADDED_VALUES, OUTPUTS
from models.numerics import softmax

Floats = NDArray[np.float64]


#: Signs of valence and arousal in Q1..Q4.
SIGNS: Floats = np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
#: Projection of logits onto these two directions.
_ALONG_AXES: Floats = SIGNS @ SIGNS.T / 4


@dataclass(frozen=True)
class Examples:
    """Corrections, or known music, as the layer meets them; every field has one row per example.

    Attributes
    ----------
    x : np.ndarray [shape=(n, f)]
        Inputs of the layer, in units of the prior (see `Layer.scales`).
    moving : np.ndarray [shape=(n, m)]
        Mean of the regressors' states over the passage, about that of the recording; 0 for a whole recording.
    logits, values : np.ndarray [shape=(n, 4)] and [shape=(n, 2)]
        What the base says.
    quadrants : np.ndarray [shape=(n, 4)]
        Probabilities that are taught; all 0 where none are.
    points : np.ndarray [shape=(n, 2)]
        Valence and arousal that are taught.
    sides : np.ndarray [shape=(n, 2)]
        1 where `points` is to be met, 0 where it is only to be reached or passed (a quadrant says no more than its
        side of each axis), -1 where nothing is taught.
    """

    x: Floats
    moving: Floats
    logits: Floats
    values: Floats
    quadrants: Floats
    points: Floats
    sides: Floats

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: NDArray[np.int64]) -> Examples:
        """Some of the rows."""
        return Examples(*(getattr(self, field.name)[rows] for field in fields(self)))


def joined(parts: Sequence[Examples]) -> Examples:
    """Several as one."""
    return Examples(*(np.concatenate([getattr(p, field.name) for p in parts]) for field in fields(Examples)))


@dataclass(frozen=True)
class Settings:
    """How a personal layer learns. Chosen on simulated people other than those it was measured on (docs/adaptation.md).

    Attributes
    ----------
    steps : int
        Gradient steps per correction.
    batch : int
        Corrections in a step, and as many examples of known music.
    learning_rate : float
        Of the first step; it falls to a tenth by half a cosine.
    rehearsal, rehearsal_values : float
        How many corrections all known music is worth together, for quadrants, and for valence and arousal.
    spread : float
        Deviation with which a person's point is expected to lie about what they mean.
    migrates : bool
        Whether it goes back to the pretrained weights when what was learned no longer fits.
    constant, logits, values, components : float
        Deviations of the prior: of what is added everywhere, of the maps from the base's logits, from its valence and
        arousal, and from the components of the summary (as a whole). That of the movement of curves is 1.
    plane : float
        What is added to valence and arousal is expected to be so many times as large as what is added to logits.
    """

    steps: int = 60
    batch: int = 32
    learning_rate: float = 0.1
    rehearsal: float = 20.0
    rehearsal_values: float = 2.0
    spread: float = 0.25
    migrates: bool = True
    constant: float = 0.5
    logits: float = 0.1
    values: float = 0.6
    components: float = 0.2
    plane: float = 0.4


@dataclass
class Weights:
    """Weights of a layer in units of its prior: `whole` [shape=(f, 6)], `moving` [shape=(m, 2)]."""

    whole: Floats
    moving: Floats

    def copy(self) -> Weights:
        """A snapshot."""
        return Weights(self.whole.copy(), self.moving.copy())


def corrected(weights: Weights, of: Examples) -> tuple[Floats, Floats]:
    """Logits [shape=(n, 4)], and valence and arousal [shape=(n, 2)], with the layer."""
    added = of.x @ weights.whole
    return of.logits + added[:, ADDED_LOGITS], of.values + added[:, ADDED_VALUES] + of.moving @ weights.moving


def slopes(weights: Weights, of: Examples, spread: float) -> tuple[Floats, Floats]:
    """Gradient of each example's loss in its logits and in its valence and arousal.

    The loss is cross-entropy for quadrants, and half the squared distance, in units of `spread`, for points. Logits are
    moved along the axes only: people differ in what is pleasant and what is energetic, and two numbers are learned
    from fewer corrections than four.
    """
    logits, values = corrected(weights, of)
    by_logits = (softmax(logits) * of.quadrants.sum(axis=1, keepdims=True) - of.quadrants) @ _ALONG_AXES
    short = values - of.points
    # A side is reached where the answer lies as far out as the point, or farther.
    passed = np.sign(of.points) * short >= 0
    short[(of.sides < 0) | ((of.sides == 0) & passed)] = 0
    return by_logits, short / spread**2


def learn(
    weights: Weights,
    corrections: Examples,
    known: Examples,
    settings: Settings,
    random: np.random.Generator,
    newest: int = 1,
) -> Weights:
    """Learn from corrections by small batches: the newest in each, earlier ones and known music drawn beside it.

    Adam on the mean loss over a batch, weighed so that each correction counts as one, known music as
    `settings.rehearsal` together, and the prior as it stands.

    Parameters
    ----------
    weights : Weights
        Before; they stay as they are.
    corrections : Examples
        All that are kept, the newest last.
    known : Examples
        Music the base knows, with what the base says of it for targets.
    settings : Settings
        How.
    random : np.random.Generator
        Draws the batches.
    newest : int
        How many at the end of `corrections` are new.
    """
    now = weights.copy()
    count, old = len(corrections), len(corrections) - newest
    parameters = (now.whole, now.moving)
    first = [np.zeros_like(p) for p in parameters]
    second = [np.zeros_like(p) for p in parameters]
    # The prior of what is added to valence and arousal is narrower than that of what is added to logits.
    tightness = (np.where(np.arange(OUTPUTS) < ADDED_VALUES.start, 1.0, settings.plane**-2), 1.0)
    for step in range(settings.steps):
        drawn = np.arange(old)
        room = max(1, settings.batch - newest)
        weight = np.ones(count)
        if old > room:
            drawn = np.sort(random.choice(old, room, replace=False))
            weight = np.full(room + newest, old / room)
            weight[room:] = 1.0
        batch = corrections.take(np.concatenate((drawn, np.arange(old, count))))
        past = known.take(random.choice(len(known), min(settings.batch, len(known)), replace=False))
        gradient = _gradient(now, batch, weight, settings.spread)
        if len(past):
            each = np.full(len(past), 1 / len(past))
            rehearsed = _gradient(
                now, past, settings.rehearsal * each, settings.spread, settings.rehearsal_values * each
            )
            gradient = tuple(a + b for a, b in zip(gradient, rehearsed, strict=True))
        rate = settings.learning_rate * (0.1 + 0.9 * 0.5 * (1 + np.cos(np.pi * step / settings.steps)))
        for i in range(len(parameters)):
            slope = gradient[i] + parameters[i] * tightness[i]
            first[i] = 0.9 * first[i] + 0.1 * slope
            second[i] = 0.99 * second[i] + 0.01 * slope**2
            ahead = first[i] / (1 - 0.9 ** (step + 1))
            size = np.sqrt(second[i] / (1 - 0.99 ** (step + 1)))
            parameters[i][...] -= rate * ahead / (size + 1e-8)
    # As it is kept in its file: going on after it was opened again is the same as going on now.
    return Weights(*(p.astype(np.float32).astype(np.float64) for p in parameters))


def _gradient(
    weights: Weights, of: Examples, weight: Floats, spread: float, weight_values: Floats | None = None
) -> tuple[Floats, ...]:
    by_logits, by_values = slopes(weights, of, spread)
    by_values *= (weight if weight_values is None else weight_values)[:, None]
    both = np.empty((len(of), OUTPUTS))
    both[:, ADDED_LOGITS], both[:, ADDED_VALUES] = by_logits * weight[:, None], by_values
    return of.x.T @ both, of.moving.T @ by_values
