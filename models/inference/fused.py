"""The fused model on a whole recording: quadrants, curves with bands, GEMS, descriptors, and whether it is music."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from models.analysis import DescriptorCurves, FloatArray, GemsEstimate
from models.audio.descriptors import DESCRIPTORS, Descriptors
from models.audio.heard import Heard, HearingStream
from models.audio.log_mel import FRAME_S
from models.audio.tagger import STEP_S
from models.data.labelled import GEMS
from models.errors import JobError
from models.inference.domain import judge_domain
from models.inference.verdict import Verdict
from models.inference.windows import TrackSteps, local_logits
from models.networks.fusion import FusedAnswer, Fusion
from models.numerics import softmax
from models.runtime import is_out_of_memory

if TYPE_CHECKING:
    from models.hub import LoadedModel

#: The descriptors that a reader is shown: one or two of each family, those with a name that musicians use.
SHOWN = (
    "loudness", "loudness_slope", "brightness", "tempo", "pulse_clarity", "onset_rate", "percussiveness",
    "attack_slope", "register", "register_range", "polyphony", "melody_pitch", "melody_contour", "roughness",
    "harmonic_change", "chord_major", "chord_minor", "mode", "key_clarity",
)  # fmt: skip
#: Of the whole: what is measured on it at once rather than at each moment.
SHOWN_OF_TRACK = ("dynamic_range", "track_tempo", "track_pulse_clarity", "diatonicity")
#: Share of the work that is hearing; the networks behind it are quick.
_HEARING = 0.95


def judge_fused(
    model: LoadedModel,
    hearing: HearingStream,
    log_mel: NDArray[np.floating],
    loudness_db: FloatArray,
    duration_s: float,
) -> Iterator[float | Verdict]:
    """Judge a recording.

    Parameters
    ----------
    model : LoadedModel
        Its network is a `models.networks.fusion.Fusion`.
    hearing : HearingStream
        All samples were pushed into it.
    log_mel : np.ndarray [shape=(128, frames)]
        Of the whole recording.
    loudness_db : np.ndarray
        See `models.analysis.Overview`.
    duration_s : float
        Of the recording.

    Yields
    ------
    float or Verdict
        The fraction done, (0, 1], and the verdict last.
    """
    heard: Heard | None = None
    for event in hearing.listen(log_mel):
        if isinstance(event, Heard):
            heard = event
        else:
            yield _HEARING * event
    assert heard is not None
    answer, notes = _ask(model, torch.from_numpy(heard.steps), torch.from_numpy(heard.summary))
    scores, evidence, bias = (x.numpy() for x in (answer.scores, answer.evidence, answer.bias))
    attention = softmax(scores, axis=1)
    # Each listener looks at the neighbourhood of a moment for itself.
    nearby = sum(
        local_logits(TrackSteps(s, e), np.zeros_like(bias), STEP_S) for s, e in zip(scores, evidence, strict=True)
    )
    domain = judge_domain(heard.tags, loudness_db, answer.novelty)
    if domain.is_familiar and domain.message:
        notes.append(domain.message)
    coverage = float(model.card.raw.get("band_coverage", 0.0))
    gems = tuple(GemsEstimate(name, float(share)) for name, share in zip(GEMS, answer.gems, strict=True))
    yield Verdict(
        times_s=np.minimum(heard.times_s, duration_s),
        step_s=STEP_S,
        frames_per_step=STEP_S / FRAME_S,
        attention=attention.mean(axis=0),
        contributions=(attention[..., None] * evidence).sum(axis=0),
        bias=bias,
        over_time=softmax(nearby + bias),
        values_over_time=answer.values.numpy(),
        values=answer.whole.numpy(),
        source="regressor",
        half_widths_over_time=answer.deviations.numpy() if coverage else None,
        half_widths=answer.whole_deviations.numpy() if coverage else None,
        coverage=coverage,
        domain=domain,
        gems=gems if model.card.raw.get("gems") else (),
        descriptors=shown(heard.descriptors),
        notes=notes,
    )


def _ask(model: LoadedModel, steps: torch.Tensor, summary: torch.Tensor) -> tuple[FusedAnswer, list[str]]:
    """Ask the network, on the CPU where the device has no room."""
    network, notes = model.network, []
    assert isinstance(network, Fusion)
    with torch.inference_mode():
        try:
            answer = network(steps.to(model.device), summary.to(model.device))
        except RuntimeError as error:
            if model.device == "cpu" or not is_out_of_memory(error):
                raise
            notes.append(f"The {model.device} device ran out of memory, so the CPU did the rest.")
            answer = copy.deepcopy(network).cpu()(steps, summary)
    assert isinstance(answer, FusedAnswer)
    if not all(bool(torch.isfinite(x).all()) for x in (answer.scores, answer.evidence, answer.bias, answer.values)):
        raise JobError("bad_model", f"The model {model.card.id} answered with what is no number. Install it again.")
    return answer, notes


def shown(descriptors: Descriptors) -> DescriptorCurves:
    """Return the descriptors that a reader is shown."""
    columns = {d.name: (i, d.unit) for i, d in enumerate(DESCRIPTORS)}
    summary = dict(zip(descriptors.summary_names, descriptors.summary.tolist(), strict=True))
    return DescriptorCurves(
        names=SHOWN,
        units=tuple(columns[name][1] for name in SHOWN),
        times_s=descriptors.times_s.astype(np.float32),
        values=descriptors.values[:, [columns[name][0] for name in SHOWN]],
        summary={name: float(summary[name]) for name in SHOWN_OF_TRACK},
    )
