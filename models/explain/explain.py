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
from models.explain.asked import Asked, ask
from models.explain.explanation import DEFAULT_METHOD, METHODS, TARGETS, Explanation, Method, Target
from models.explain.gradients import integrated_gradients, saliency, slope
from models.explain.hearing import Features
from models.explain.occlusion import COARSE, FINE, MOMENTS, Patches, occlude
from models.explain.sound import CELL_S, Sound, front_ends
from models.hub import LoadedModel
from models.jobs import CancelToken, Decoder, Progress
from models.live.corrections import HeardMusic

_READING = 0.05
_NO_MAP = np.empty((0, 0))
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
    sound = read_sound(request.path, cancel, fallback)
    yield Progress(request.job_id, _READING, "reading")
    yield from explain_sound(request, asked, sound, model, cancel)


def read_sound(
    path: Path, cancel: CancelToken, fallback: Decoder | None = None, heard: HeardMusic | None = None
) -> Sound:
    """Read a recording, of which several questions may be asked by `explain_sound`; raises as `explain` does.

    What was heard of it by an analysis (`models.audio.heard.Heard`) need not be heard again.
    """
    with open_audio(path, fallback) as stream:
        sound = front_ends(_watched(stream, cancel))
    if heard is not None:
        sound.hearing.know(heard)
    return sound


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
            times_s=sound.grid.times_s[columns],
            over_time=over_time[columns].astype(np.float32),
            frequencies_hz=sound.grid.frequencies_hz if map_.size else np.empty(0, np.float32),
            map=map_[:, columns].astype(np.float32),
            is_final=final,
            note=note,
            start_s=request.start_s,
            end_s=request.end_s,
        )

    columns = _columns(request, sound)
    features = asked.read(sound)
    number = asked.answer_of(features)
    cancel.check()
    if request.method == "occlusion":
        here = slope(asked, features)
        kinds, many = (MOMENTS, COARSE, FINE), columns.stop - columns.start
        done, passes = 0, sum(patches.passes(many) for patches in kinds)
        map_ = np.zeros(sound.grid.shape)
        for patches in kinds:
            for so_far in occlude(asked, sound, features, patches, columns, here):
                cancel.check()
                map_ = so_far
                done += 1
                yield Progress(request.job_id, _READING + (1 - _READING) * min(1.0, done / passes), "listening again")
            over_time = map_.sum(axis=0)
            yield made(map_ if patches is not MOMENTS else _NO_MAP, over_time, _occluded(patches), patches is FINE)
        return
    if request.method in ("attention", "contribution"):
        over_time = _weighed(asked, sound, features, request.method)
        yield made(_NO_MAP, over_time, _WEIGHTED if request.method == "attention" else "", True)
        return
    attribute = saliency if request.method == "saliency" else integrated_gradients
    map_ = attribute(asked, sound, features, columns, cancel.check)
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
    ends = (request.start_s or 0.0, request.end_s)
    if ends[1] is not None and not ends[0] < ends[1]:
        raise JobError(
            "bad_data",
            f"{name}: a stretch must end after it begins: from {ends[0]:g} s to {ends[1]:g} s there is nothing to "
            "explain.",
        )


def _columns(request: ExplainRequest, sound: Sound) -> slice:
    """Columns of the map that are explained; a stretch that lies outside the recording is an error."""
    start_s = request.start_s or 0.0
    end_s = sound.duration_s if request.end_s is None else request.end_s
    # Who selects up to the end may be a moment beyond it.
    if not 0 <= start_s < min(end_s, sound.duration_s) <= end_s <= sound.duration_s + CELL_S:
        raise JobError(
            "bad_data",
            f"{shown_name(request.path)}: the stretch from {start_s:g} s to {end_s:g} s does not lie in the recording, "
            f"which lasts {sound.duration_s:.1f} s. Choose one that does.",
        )
    return sound.grid.within(start_s, end_s)


def _occluded(patches: Patches) -> str:
    bands = "" if patches is MOMENTS else f" and {patches.rows * 4} of 128 mel bands"
    return (
        f"Patches of {patches.columns / 2:g} s{bands} filled with the mean; "
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
