"""When a personal model goes back to the pretrained weights (the third paper's migration learning, section 3.3).

The paper loads the pretrained weights "when there is a significant change in the sentiment data" and gives no rule.
Ours: each correction is a test before it is a lesson. What the personal model and the shipped one would have said are
set against it, and both errors are remembered, fading. The layer is given up where it has become worse than none by
`WORSE_BY`, or where the music has gone far from what was corrected before (`FAR`) and the layer is of no use there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: What is left of an error after the next correction.
FADING = 0.8
#: Corrections before anything is concluded, and how many make the recent music.
FEWEST, RECENT = 6, 6
#: How much larger than the shipped model's running error that of the personal one may be, both [0, 1].
WORSE_BY = 0.12
#: Distance of the recent music from that corrected before, in units of the spread of all music the model knows.
FAR = 1.0
#: Corrections that are learned again after going back.
TAKEN_ALONG = 8


@dataclass(frozen=True)
class Running:
    """Fading means of errors, [0, 1], since the layer was last empty.

    Attributes
    ----------
    personal, base : float
        Of the personal model's answers and of the shipped model's, each before it was corrected.
    count : int
        Corrections since.
    """

    personal: float = 0.0
    base: float = 0.0
    count: int = 0

    def after(self, personal: float, base: float) -> Running:
        """With one more correction; the first ones count alike."""
        share = max(1 - FADING, 1 / (self.count + 1))
        return Running(
            self.personal + share * (personal - self.personal), self.base + share * (base - self.base), self.count + 1
        )


def error_of(probabilities: Floats, values: Floats, quadrant: int, point: Floats | None) -> float:
    """How far an answer is from a correction, [0, 1]: half the distance of the points, or the probability missed."""
    if point is not None:
        return float(min(1.0, 0.5 * np.hypot(*(values - point))))
    return float(1 - probabilities[quadrant])


def distance(components: Floats) -> float:
    """How far the `RECENT` last rows lie from those before them [shape=(n, k)]; 0 where there are too few.

    Components have a mean square length of 1 over the music that the model knows.
    """
    if len(components) < RECENT + FEWEST:
        return 0.0
    return float(np.linalg.norm(components[-RECENT:].mean(axis=0) - components[:-RECENT].mean(axis=0)))


def reason(running: Running, far: float) -> str:
    """Why to go back to the pretrained weights, for the person; "" to go on."""
    if running.count < FEWEST:
        return ""
    if running.personal > running.base + WORSE_BY:
        return (
            f"What it had learned no longer fits your corrections (error {running.personal:.2f}, without it "
            f"{running.base:.2f})"
        )
    if far > FAR and running.personal >= running.base:
        return f"This music is far from what you corrected before (distance {far:.1f}), and nothing learned there helps"
    return ""
