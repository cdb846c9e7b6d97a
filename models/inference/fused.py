"""The fused model on a whole recording: quadrants, curves with bands, GEMS."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from models.analysis import GemsEstimate
from models.audio.heard import Heard
from models.audio.log_mel import FRAME_S
from models.audio.tagger import STEP_S
from models.data.labelled import GEMS
from models.inference.stepped import derive_valence_arousal
from models.inference.verdict import Verdict
from models.inference.windows import TrackSteps, local_logits
from models.networks.fusion import FusedAnswer, FusedNetwork
from models.numerics import softmax
from models.runtime import is_out_of_memory

if TYPE_CHECKING:
    from models.hub import LoadedModel


def judge_fused(model: LoadedModel, heard: Heard, duration_s: float) -> Verdict:
    """Judge a recording of `duration_s` seconds by what was heard of it; the network is a `FusedNetwork`.

    A model that never met ratings says nothing of its own about valence and arousal: they are derived from its
    quadrants then, as they are for networks on log-mel.
    """
    answer, notes = _ask(model, torch.from_numpy(heard.steps), torch.from_numpy(heard.summary))
    scores, evidence, bias = (x.numpy() for x in (answer.scores, answer.evidence, answer.bias))
    attention = softmax(scores, axis=1)
    contributions = (attention[..., None] * evidence).sum(axis=0)
    # Each listener looks at the neighbourhood of a moment for itself.
    nearby = sum(
        local_logits(TrackSteps(s, e), np.zeros_like(bias), STEP_S) for s, e in zip(scores, evidence, strict=True)
    )
    over_time = softmax(nearby + bias)
    coverage = float(model.card.raw.get("band_coverage", 0.0))
    gems = tuple(GemsEstimate(name, float(share)) for name, share in zip(GEMS, answer.gems, strict=True))
    verdict = Verdict(
        times_s=np.minimum(heard.times_s, duration_s),
        step_s=STEP_S,
        frames_per_step=STEP_S / FRAME_S,
        attention=attention.mean(axis=0),
        contributions=contributions,
        bias=bias,
        over_time=over_time,
        values_over_time=np.stack(derive_valence_arousal(over_time), axis=1),
        values=np.stack(derive_valence_arousal(softmax(contributions.sum(axis=0) + bias))),
        source="derived",
        novelty=answer.novelty,
        gems=gems if model.card.raw.get("gems") else (),
        notes=notes,
    )
    if not coverage:
        return verdict
    return replace(
        verdict,
        values_over_time=answer.values.numpy(),
        values=answer.whole.numpy(),
        source="regressor",
        half_widths_over_time=answer.deviations.numpy(),
        half_widths=answer.whole_deviations.numpy(),
        coverage=coverage,
    )


def _ask(model: LoadedModel, steps: torch.Tensor, summary: torch.Tensor) -> tuple[FusedAnswer, list[str]]:
    """Ask the network, on the CPU where the device has no room."""
    network, notes = model.network, []
    assert isinstance(network, FusedNetwork)
    with torch.inference_mode():
        try:
            answer = network(steps.to(model.device), summary.to(model.device))
        except RuntimeError as error:
            if model.device == "cpu" or not is_out_of_memory(error):
                raise
            notes.append(f"The {model.device} device ran out of memory, so the CPU did the rest.")
            answer = copy.deepcopy(network).cpu()(steps, summary)
    assert isinstance(answer, FusedAnswer)
    return answer, notes
