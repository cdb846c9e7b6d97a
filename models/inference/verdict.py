"""What a model said of a recording, before it becomes an analysis; the same for every kind of model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.analysis import FloatArray, GemsEstimate

Numbers = NDArray[np.floating]


@dataclass(frozen=True)
class Verdict:
    """A model's answer; t steps, `step_s` apart.

    Attributes
    ----------
    times_s : np.ndarray [shape=(t,)]
        Centre of each step.
    step_s, frames_per_step : float
        Length of a step in seconds and in frames of log-mel.
    attention : np.ndarray [shape=(t,)]
        Sums to 1.
    contributions : np.ndarray [shape=(t, 4)]
        Sum over time to the logits without `bias`.
    bias : np.ndarray [shape=(4,)]
        What does not depend on a moment.
    over_time : np.ndarray [shape=(t, 4)]
        Probabilities around each moment.
    values_over_time : np.ndarray [shape=(t, 2)]
        Valence and arousal, [-1, 1].
    values : np.ndarray [shape=(2,)]
        Of the whole.
    source : {"derived", "regressor"}
        Where they come from.
    half_widths_over_time, half_widths : np.ndarray [shape=(t, 2)] and [shape=(2,)], or None
        Of the bands around them.
    coverage : float
        Of the bands; 0 without.
    novelty : float or None
        How far the recording lies from all music that the model knows, [0, 1], where it can say.
    gems : tuple of GemsEstimate
        Empty where the model gives none.
    notes : list of str
        For the reader.
    """

    times_s: Numbers
    step_s: float
    frames_per_step: float
    attention: Numbers
    contributions: Numbers
    bias: FloatArray
    over_time: Numbers
    values_over_time: Numbers
    values: Numbers
    source: Literal["derived", "regressor"]
    half_widths_over_time: Numbers | None = None
    half_widths: Numbers | None = None
    coverage: float = 0.0
    novelty: float | None = None
    gems: tuple[GemsEstimate, ...] = ()
    notes: list[str] = field(default_factory=list)
