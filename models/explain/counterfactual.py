"""What if it were louder, faster, darker: the recording is changed, and the model is asked again.

What is changed is the recording, not the music: a filtered recording is no darker instrumentation, and a stretched one
no other performance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.analysis import Analysis, Domain, FloatArray, Overview
from models.audio.files import shown_name
from models.audio.log_mel import SAMPLE_RATE_HZ
from models.errors import JobError
from models.explain.changes import CHANGE_KINDS, CHANGES, Change, applied
from models.jobs import AnalysisRequest, CancelToken, Decoder, Progress

if TYPE_CHECKING:
    from models.hub import LoadedModel

__all__ = ["CHANGES", "CHANGE_KINDS", "Answer", "Change", "WhatIf", "what_if"]


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
    from models.audio.decode import open_audio

    name = shown_name(path)
    _check(changes, start_s, end_s, name)
    cancel = cancel or CancelToken()
    pieces = []
    with open_audio(path, fallback) as stream:
        for chunk in stream:
            cancel.check()
            pieces.append(chunk)
    y = np.concatenate(pieces)
    first, last = _ends(start_s, end_s, y.size, name)
    before: Analysis | None = None
    stretch_s = (first / SAMPLE_RATE_HZ, last / SAMPLE_RATE_HZ)
    for number, change in enumerate((None, *changes)):
        share = number / (1 + len(changes))
        yield Progress(0, share, "listening" if change is None else "changing the sound")
        changed = y if change is None else applied(y, change, first, last)
        cancel.check()
        analysis: Analysis | None = None
        for event in _asked(changed, model, cancel, name, change):
            if isinstance(event, Progress):
                yield Progress(0, share + event.fraction / (1 + len(changes)), "listening again")
            else:
                analysis = event
        assert analysis is not None
        if change is None:
            before = analysis
            continue
        assert before is not None
        # A change of tempo moves the end of the stretch.
        then_s = (stretch_s[0], stretch_s[1] + (changed.size - y.size) / SAMPLE_RATE_HZ)
        yield WhatIf(
            change=change,
            start_s=stretch_s[0],
            end_s=stretch_s[1],
            before=_whole(before),
            after=_whole(analysis),
            stretch_before=_within(before, *stretch_s),
            stretch_after=_within(analysis, *then_s),
            domain_before=before.domain,
            domain_after=analysis.domain,
            note=CHANGES[change.kind].note,
        )


def _check(changes: Sequence[Change], start_s: float | None, end_s: float | None, name: str) -> None:
    for change in changes:
        if change.kind not in CHANGES:
            raise JobError(
                "bad_data", f"{name}: there is no change {change.kind!r}. Choose one of {', '.join(CHANGE_KINDS)}."
            )
        low, high, unit = CHANGES[change.kind].low, CHANGES[change.kind].high, CHANGES[change.kind].unit
        if not low <= change.amount <= high:
            raise JobError(
                "bad_data",
                f"{name}: {change.kind} can be changed by {low:g} to {high:g} {unit}, not by {change.amount:g}.",
            )
    if start_s is not None and end_s is not None and not start_s < end_s:
        raise JobError(
            "bad_data",
            f"{name}: a stretch must end after it begins: from {start_s:g} s to {end_s:g} s nothing can be changed.",
        )


def _ends(start_s: float | None, end_s: float | None, samples: int, name: str) -> tuple[int, int]:
    duration_s = samples / SAMPLE_RATE_HZ
    first_s, last_s = start_s or 0.0, duration_s if end_s is None else end_s
    # Who selects up to the end may be a moment beyond it.
    if not 0 <= first_s < min(last_s, duration_s) <= last_s <= duration_s + 0.5:
        raise JobError(
            "bad_data",
            f"{name}: the stretch from {first_s:g} s to {last_s:g} s does not lie in the recording, which lasts "
            f"{duration_s:.1f} s. Choose one that does.",
        )
    return round(first_s * SAMPLE_RATE_HZ), min(samples, round(last_s * SAMPLE_RATE_HZ))


def _asked(
    y: FloatArray, model: LoadedModel, cancel: CancelToken, name: str, change: Change | None
) -> Iterator[Progress | Analysis]:
    """Ask the model as it is asked of any file: the samples go through one."""
    import soundfile

    from models.inference.analyse import analyse

    with TemporaryDirectory(prefix="affekt-") as folder:
        file = Path(folder) / "changed.wav"
        try:
            soundfile.write(file, y, SAMPLE_RATE_HZ, subtype="FLOAT")
        except (OSError, soundfile.SoundFileError) as error:
            raise JobError(
                "no_space", "There is no room for a copy of the recording in the folder of temporary files.", str(error)
            ) from error
        try:
            for event in analyse(AnalysisRequest(0, file), model, cancel):
                if not isinstance(event, Overview):
                    yield event
        except JobError as error:
            if error.kind not in ("no_sound", "too_short") or change is None:
                raise
            raise JobError(
                "bad_data",
                f"{name}: after {change.kind} {change.amount:g} {CHANGES[change.kind].unit} no sound is left that the "
                "model could be asked about. Choose a smaller change.",
                error.message,
            ) from error


def _whole(analysis: Analysis) -> Answer:
    return Answer(analysis.probabilities, analysis.valence, analysis.arousal)


def _within(analysis: Analysis, start_s: float, end_s: float) -> Answer:
    """Means of the curves; of the nearest step where none lies within."""
    inside = (analysis.times_s >= start_s) & (analysis.times_s <= end_s)
    if not inside.any():
        inside[np.abs(analysis.times_s - 0.5 * (start_s + end_s)).argmin()] = True
    return Answer(
        analysis.quadrants_over_time[inside].mean(axis=0),
        float(analysis.valence_over_time[inside].mean()),
        float(analysis.arousal_over_time[inside].mean()),
    )
