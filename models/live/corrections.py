"""What a person says of a recording, and what a personal model answers to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.analysis import QUADRANTS
from models.audio.tagger import STEP_S
from models.errors import JobError


class HeardMusic(Protocol):
    """What was heard of a recording: `models.audio.heard.Heard`, or the same from a cache."""

    @property
    def steps(self) -> NDArray[np.float32]: ...  # noqa: D102
    @property
    def summary(self) -> NDArray[np.float32]: ...  # noqa: D102


@dataclass(frozen=True)
class Correction:
    """One judgement: a quadrant, a point, or both, of a whole recording or of a passage.

    Attributes
    ----------
    heard : HeardMusic
        Of the whole recording, also for a passage.
    quadrant : str or None
        "Q1".."Q4".
    valence, arousal : float or None
        [-1, 1]; both or neither.
    start_s, end_s : float or None
        The passage; both None for the whole.
    """

    heard: HeardMusic
    quadrant: str | None = None
    valence: float | None = None
    arousal: float | None = None
    start_s: float | None = None
    end_s: float | None = None

    @property
    def is_passage(self) -> bool:
        """Whether it is of a part only."""
        return self.start_s is not None

    def steps(self) -> slice:
        """Steps of the passage, at least one.

        Raises
        ------
        JobError
            "bad_data" when it lies outside the recording.
        """
        assert self.start_s is not None
        assert self.end_s is not None
        count = len(self.heard.steps)
        first, last = round(self.start_s / STEP_S), round(self.end_s / STEP_S)
        if first >= count:
            raise JobError(
                "bad_data", f"The passage starts at {self.start_s:g} s, but the recording ends at {count * STEP_S:g} s."
            )
        return slice(first, min(count, max(first + 1, last)))


@dataclass(frozen=True)
class Answer:
    """What the model says of what was corrected.

    Attributes
    ----------
    probabilities : tuple of float
        Of Q1..Q4, of the whole recording.
    valence, arousal : float
        [-1, 1], of the whole, or the mean over the passage.
    """

    probabilities: tuple[float, float, float, float]
    valence: float
    arousal: float


@dataclass(frozen=True)
class Update:
    """What one correction did.

    Attributes
    ----------
    step : int
        How many corrections the model holds now.
    seconds : float
        How long it took, from what was heard of the recording to the answer after.
    migrated : bool
        Whether it went back to the pretrained weights first.
    why : str
        For the person: what happened, in a sentence; "" for an ordinary step.
    before, after : Answer
        Of the corrected recording.
    """

    step: int
    seconds: float
    migrated: bool
    why: str
    before: Answer
    after: Answer


def check(correction: Correction) -> None:
    """Refuse what nothing can be learned from.

    Raises
    ------
    JobError
        "bad_data": numbers that are none or out of range, nothing said, a passage the wrong way round.
    """
    point = (correction.valence, correction.arousal)
    if correction.quadrant is not None and correction.quadrant not in QUADRANTS:
        raise JobError("bad_data", f"There is no quadrant {correction.quadrant!r}; there are {', '.join(QUADRANTS)}.")
    if (point[0] is None) != (point[1] is None):
        raise JobError("bad_data", "A correction needs both valence and arousal, or neither.")
    if correction.quadrant is None and point[0] is None:
        raise JobError("bad_data", "A correction needs a quadrant, or valence and arousal.")
    if any(value is not None and not -1 <= value <= 1 for value in point):
        raise JobError("bad_data", f"Valence and arousal go from -1 to 1, not {point[0]:g} and {point[1]:g}.")
    times = (correction.start_s, correction.end_s)
    if (times[0] is None) != (times[1] is None):
        raise JobError("bad_data", "A passage needs a start and an end.")
    if times[0] is not None and times[1] is not None and not 0 <= times[0] < times[1] < np.inf:
        raise JobError(
            "bad_data", f"A passage goes from an earlier to a later second, not {times[0]:g} to {times[1]:g}."
        )
    steps, summary = correction.heard.steps, correction.heard.summary
    if len(steps) == 0 or not (np.isfinite(steps).all() and np.isfinite(summary).all()):
        raise JobError(
            "bad_data", "What was heard of this recording is no number in places: nothing was learned from it."
        )
