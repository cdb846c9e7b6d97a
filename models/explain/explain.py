"""Explain a model's answer to one recording: coarse first, fine after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.analysis import QUADRANTS
from models.audio.decode import open_audio
from models.audio.files import shown_name
from models.errors import JobError
from models.explain.asked import Asked, Features, ask
from models.explain.explanation import DEFAULT_METHOD, METHODS, TARGETS, Explanation, Method, Target
from models.explain.gradients import integrated_gradients, saliency
from models.explain.occlusion import COARSE, FINE, Patches, occlude
from models.explain.sound import Sound, front_ends
from models.hub import LoadedModel
from models.jobs import CancelToken, Decoder, Progress

_READING = 0.05
_WEIGHTED = "Where the model weighted, not what pushed its answer."


@dataclass(frozen=True)
class ExplainRequest:
    """One answer to explain: a recording, a target of `TARGETS`, a method of `METHODS`.

    With `start_s` and `end_s` only that stretch is explained: the rest of the recording stays as it is, and the map has
    the columns of the stretch.
    """

    job_id: int
    path: Path
    target: Target
    method: Method = DEFAULT_METHOD
    start_s: float | None = None
    end_s: float | None = None


def explain(
    request: ExplainRequest, model: LoadedModel, cancel: CancelToken, fallback: Decoder | None = None
) -> Iterator[Progress | Explanation]:
    """Say which moments and sounds of a recording carry a model's answer.

    Parameters
    ----------
    request : ExplainRequest
        What to explain.
    model : LoadedModel
        Whose answer.
    cancel : CancelToken
        Looked at after each piece of audio and each hearing.
    fallback : callable, optional
        Decodes what soundfile cannot.

    Yields
    ------
    Progress or Explanation
        A coarse explanation, where there is one, comes as soon as it is there, with ``is_final`` false; the final one
        comes last.

    Raises
    ------
    JobError
        With a message that names the file and the cause; "bad_data" for a target or a method that there is not.
    Cancelled
        When `cancel` was set.
    """
    _check(request)
    asked = ask(model, request.target)
    with open_audio(request.path, fallback) as stream:
        sound = front_ends(_watched(stream, cancel))
    yield Progress(request.job_id, _READING, "reading")
    yield from explain_sound(request, asked, sound, model, cancel)


def explain_sound(
    request: ExplainRequest, asked: Asked, sound: Sound, model: LoadedModel, cancel: CancelToken
) -> Iterator[Progress | Explanation]:
    """`explain`, of a recording that was read already."""
    _check(request)

    def made(map_: NDArray[np.floating], over_time: NDArray[np.floating], note: str, final: bool) -> Explanation:
        if not (np.isfinite(map_).all() and np.isfinite(over_time).all()):
            raise JobError("bad_model", f"The model {model.card.id} answered with what is no number. Install it again.")
        return Explanation(
            target=request.target,
            method=request.method,
            model_id=model.card.id,
            model_version=model.card.version,
            number=number,
            times_s=sound.grid.times_s,
            over_time=over_time.astype(np.float32),
            frequencies_hz=sound.grid.frequencies_hz if map_.size else np.empty(0, np.float32),
            map=map_.astype(np.float32),
            is_final=final,
            note=note,
        )

    features = asked.read(sound)
    number = asked.answer_of(features)
    cancel.check()
    if request.method == "occlusion":
        done, passes = 0, COARSE.passes + FINE.passes
        map_ = np.zeros(sound.grid.shape)
        for patches in (COARSE, FINE):
            for so_far in occlude(asked, sound, features, patches):
                cancel.check()
                map_ = so_far
                done += 1
                yield Progress(request.job_id, _READING + (1 - _READING) * min(1.0, done / passes), "listening again")
            # A recording shorter than the distance between patches needs fewer passes.
            done = COARSE.passes
            yield made(map_, map_.sum(axis=0), _occluded(patches), patches is FINE)
        return
    if request.method in ("attention", "contribution"):
        over_time = _weighed(asked, sound, features, request.method)
        yield made(np.empty((0, len(over_time))), over_time, _WEIGHTED if request.method == "attention" else "", True)
        return
    attribute = saliency if request.method == "saliency" else integrated_gradients
    map_ = attribute(asked, sound, features, cancel.check)
    yield made(map_, map_.sum(axis=0), asked.way, True)


def _check(request: ExplainRequest) -> None:
    name = shown_name(request.path)
    if request.target not in TARGETS:
        raise JobError(
            "bad_data", f"{name}: there is no target {request.target!r}. Choose one of {', '.join(TARGETS)}."
        )
    if request.method not in METHODS:
        raise JobError(
            "bad_data", f"{name}: there is no method {request.method!r}. Choose one of {', '.join(METHODS)}."
        )
    if request.method == "contribution" and request.target not in QUADRANTS:
        raise JobError(
            "bad_data",
            f"{name}: contributions add up to the quadrants only. For {request.target} choose another method, "
            f"for instance {DEFAULT_METHOD}.",
        )


def _occluded(patches: Patches) -> str:
    return (
        f"Patches of {patches.columns / 2:g} s and {patches.rows * 4} of 128 mel bands filled with the mean; "
        "above 0: without it the answer would be lower."
    )


def _watched(chunks: Iterable[NDArray[np.float32]], cancel: CancelToken) -> Iterator[NDArray[np.float32]]:
    for chunk in chunks:
        cancel.check()
        yield chunk


def _weighed(asked: Asked, sound: Sound, features: Features, method: Method) -> NDArray[np.float64]:
    with torch.inference_mode():
        attention, contributions = (x.double().numpy() for x in asked.weighing(features))
    along = attention
    if method == "contribution":
        along = contributions[:, QUADRANTS.index(asked.target)] - contributions.mean(axis=1)
    out = np.zeros(sound.grid.columns)
    np.add.at(out, asked.columns_of_steps(sound, len(along)), along)
    return out
