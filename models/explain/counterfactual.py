"""What if it were louder, faster, darker: the recording is changed, and the model is asked again.

What is changed is the recording, not the music: a filtered recording is no darker instrumentation, and a stretched one
no other performance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from models.analysis import Domain
from models.jobs import CancelToken, Decoder, Progress

if TYPE_CHECKING:
    from models.hub import LoadedModel

ChangeKind = Literal["gain", "tempo", "pitch", "treble", "low-pass", "high-pass"]
CHANGE_KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)


@dataclass(frozen=True)
class Change:
    """Something done to a recording.

    Attributes
    ----------
    kind : str
        "gain" (dB, -40 to 20), "tempo" (factor, 0.5 to 2; the pitch stays), "pitch" (semitones, -12 to 12; the tempo
        stays), "treble" (dB above 2 kHz, -24 to 12), "low-pass" or "high-pass" (Hz, 40 to 10,000).
    amount : float
        How much, in that unit.
    """

    kind: ChangeKind
    amount: float


@dataclass(frozen=True)
class Answer:
    """What a model says: probabilities of Q1..Q4 [shape=(4,)], valence and arousal, [-1, 1]."""

    probabilities: NDArray[np.float32]
    valence: float
    arousal: float


@dataclass(frozen=True)
class WhatIf:
    """A model's answers before and after a change.

    Attributes
    ----------
    change : Change
        What was done.
    start_s, end_s : float
        The stretch that was changed, in the recording as it was.
    before, after : Answer
        Of the whole recording.
    stretch_before, stretch_after : Answer
        Means of the curves over the stretch (after a change of tempo, where it lies then).
    domain_before, domain_after : Domain or None
        Whether it was and is music that the model knows.
    note : str
        What this change is and is not, in a sentence or two.
    """

    change: Change
    start_s: float
    end_s: float
    before: Answer
    after: Answer
    stretch_before: Answer
    stretch_after: Answer
    domain_before: Domain | None
    domain_after: Domain | None
    note: str


def what_if(
    path: Path,
    model: LoadedModel,
    changes: Sequence[Change],
    start_s: float | None = None,
    end_s: float | None = None,
    cancel: CancelToken | None = None,
    fallback: Decoder | None = None,
) -> Iterator[Progress | WhatIf]:
    """Change a recording in one way after another, and ask the model each time.

    Parameters
    ----------
    path : Path
        The recording.
    model : LoadedModel
        Who is asked.
    changes : sequence of Change
        Each is made of the recording as it is, not of the one before.
    start_s, end_s : float, optional
        The stretch that is changed (its ends are cross-faded); the whole without them.
    cancel : CancelToken, optional
        Looked at between steps.
    fallback : callable, optional
        Decodes what soundfile cannot.

    Yields
    ------
    Progress or WhatIf
        One of the latter per change, in their order.

    Raises
    ------
    JobError
        "bad_data" for a stretch or an amount that there is not.
    Cancelled
        When `cancel` was set.
    """
    raise NotImplementedError
