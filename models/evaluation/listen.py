"""Ask a model about labelled recordings, one after the other, by the path that every user takes."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.analysis import Analysis
from models.audio.files import shown_name
from models.data.labelled import GEMS, LabelledClip
from models.data.traces import read_trace
from models.errors import Cancelled, JobError
from models.evaluation.traces import Curve
from models.jobs import AnalysisRequest, CancelToken, Decoder

if TYPE_CHECKING:
    from models.hub import LoadedModel

#: The two dimensions of the plane, in the order of every table.
DIMENSIONS = ("valence", "arousal")


@dataclass(frozen=True)
class Answer:
    """What a model says of one labelled recording.

    Attributes
    ----------
    clip : LabelledClip
        With the labels.
    probabilities : np.ndarray [shape=(4,)]
        Of Q1..Q4; they sum to 1.
    plane : dict of str to float
        "valence" and "arousal" of the whole recording, [-1, 1].
    source : str
        Where these come from: "derived" from the probabilities, or "regressor".
    band_coverage : float
        What share of ratings the model's bands claim to hold; 0 without bands.
    bands : dict of str to tuple of float
        Lower and upper end for the whole recording, for the dimensions that have one.
    curves : dict of str to Curve
        The recording's traces, if it has any, and the model's curves at the same times. Between its steps a curve is
        interpolated; no lag is subtracted from ratings or curves, and the first seconds count like all others. Ratings
        beyond the end of the recording are left out.
    gems : np.ndarray [shape=(9,)] or None
        Shares of the GEMS emotions in the order of `GEMS`.
    is_familiar : bool or None
        Whether the model knows this kind of music; None where it cannot tell.
    sha256 : str
        Of the recording's content.
    """

    clip: LabelledClip
    probabilities: NDArray[np.float64]
    plane: dict[str, float]
    source: str
    band_coverage: float = 0.0
    bands: dict[str, tuple[float, float]] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    gems: NDArray[np.float64] | None = None
    is_familiar: bool | None = None
    sha256: str = ""


@dataclass(frozen=True)
class Failure:
    """A recording that could not be analysed, and why."""

    clip: LabelledClip
    error: JobError


def listen(
    clips: Sequence[LabelledClip], model: LoadedModel, cancel: CancelToken, fallback: Decoder | None = None
) -> Iterator[Answer | Failure]:
    """Analyse each clip with `models.inference.analyse`; one answer or failure per clip, in their order.

    Raises
    ------
    Cancelled
        When `cancel` was set.
    """
    for number, clip in enumerate(clips):
        try:
            yield answer_of(clip, _analyse(number, clip, model, cancel, fallback))
        except JobError as error:
            yield Failure(clip, error)
        except Cancelled:
            raise
        except Exception as error:
            # A fault of ours: the other recordings must not pay for it.
            message = f"{shown_name(clip.path)} could not be analysed because of a fault in the program: {error}"
            yield Failure(clip, JobError("internal", message, traceback.format_exc()))


def _analyse(
    number: int, clip: LabelledClip, model: LoadedModel, cancel: CancelToken, fallback: Decoder | None
) -> Analysis:
    from models.inference.analyse import analyse

    *_, analysis = analyse(AnalysisRequest(number, clip.path, model.card.id, model.device), model, cancel, fallback)
    assert isinstance(analysis, Analysis)
    return analysis


def answer_of(clip: LabelledClip, analysis: Analysis) -> Answer:
    """Keep of an analysis what is measured.

    Raises
    ------
    JobError
        "bad_data" when the clip's trace cannot be read.
    """
    probabilities = np.asarray(analysis.probabilities, np.float64)
    shares = {estimate.name: estimate.share for estimate in analysis.gems}
    ends = {"valence": analysis.valence_band, "arousal": analysis.arousal_band}
    return Answer(
        clip=clip,
        probabilities=probabilities / probabilities.sum(),
        plane={"valence": analysis.valence, "arousal": analysis.arousal},
        source=analysis.valence_arousal_source,
        band_coverage=analysis.band_coverage,
        bands={name: band for name, band in ends.items() if band is not None},
        curves=_curves(clip, analysis),
        gems=np.array([shares[name] for name in GEMS]) if set(GEMS) <= set(shares) else None,
        is_familiar=None if analysis.domain is None else analysis.domain.is_familiar,
        sha256=analysis.sha256,
    )


def _curves(clip: LabelledClip, analysis: Analysis) -> dict[str, Curve]:
    if clip.trace is None:
        return {}
    trace = read_trace(clip.trace)
    inside = trace.times_s <= analysis.duration_s
    at_s = trace.times_s[inside]

    def sampled(values: NDArray[np.floating]) -> NDArray[np.float64]:
        out: NDArray[np.float64] = np.interp(at_s, analysis.times_s, values)
        return out

    curves = {}
    for name, truth, values, band in (
        ("valence", trace.valence, analysis.valence_over_time, analysis.valence_band_over_time),
        ("arousal", trace.arousal, analysis.arousal_over_time, analysis.arousal_band_over_time),
    ):
        if np.isfinite(truth[inside]).any():
            ends = None if band is None else np.column_stack((sampled(band[:, 0]), sampled(band[:, 1])))
            curves[name] = Curve(truth[inside], sampled(values), ends)
    return curves
