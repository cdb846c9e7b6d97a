"""`affekt train --estimate`: a real trial of some seconds, and how long the whole run would take."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.cli.train_telling import Telling
from models.jobs import Control
from models.training.recipes import RECIPES

if TYPE_CHECKING:
    from app.cli.train import Job
    from models.data.labelled import LabelledClip

#: Seconds of the trial that go to hearing recordings.
_HEARING_S = 5.0
#: Recordings that are heard at least, kept ones among them: training steps are timed on them.
_FEWEST = 4


@dataclass(frozen=True)
class _Hearing:
    """Recordings that were heard in the trial, how many are still to be heard, and what all of these will take."""

    clips: list[LabelledClip]
    to_hear: int
    seconds: float


def estimate(job: Job, telling: Telling, control: Control) -> None:
    """Say how long the run would take; what is heard for it is kept."""
    began_s = time.monotonic()
    hearing = _hear(job, control)
    training_s, networks = _train(job, hearing)
    trial_s = time.monotonic() - began_s
    total_s = hearing.seconds + training_s
    text = (
        f"About {_words(total_s)} on {job.device if not job.fused else 'cpu'}: {_words(hearing.seconds)} for hearing "
        f"{hearing.to_hear} recordings, {_words(training_s)} for training {networks} networks."
    )
    telling.say(
        text,
        event="estimate",
        text=text,
        clips=len(job.clips),
        to_hear=hearing.to_hear,
        features_s=round(hearing.seconds, 1),
        training_s=round(training_s, 1),
        total_s=round(total_s, 1),
        networks=networks,
        trial_s=round(trial_s, 1),
        device="cpu" if job.fused else job.device,
    )


def _words(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _hear(job: Job, control: Control) -> _Hearing:
    """Hear recordings that were not heard yet for some seconds, spread over all; then say what the rest will take."""
    from models.training import features, heard_features

    kinds = [heard_features] if job.fused else [features]
    if not job.fused and RECIPES[job.recipe].hint_weight:
        kinds.append(heard_features)
    order = np.random.default_rng(0).permutation(len(job.clips))
    waiting = [i for i in order if not all(kind.kept_file(job.clips[i].path, job.cache).is_file() for kind in kinds)]
    ready = [i for i in order if i not in set(waiting)]
    took: list[float] = []
    heard: list[int] = []
    began_s = time.monotonic()
    for i in waiting:
        control.check()
        if took and time.monotonic() - began_s >= _HEARING_S and len(ready) + len(heard) >= _FEWEST:
            break
        each_s = time.monotonic()
        failed: dict[int, object] = {}
        for kind in kinds:
            load = kind.load_heard if kind is heard_features else kind.load_features
            *_, _ = load([job.clips[i]], job.cache, failed)
        took.append(time.monotonic() - each_s)
        if not failed:
            heard.append(i)
    # The first pays for what is done only once: compilation, the tagger's weights.
    each_s = float(np.mean(took[1:] if len(took) > 1 else took or [0.0]))
    chosen = [int(i) for i in [*heard, *ready]][:64]
    return _Hearing([job.clips[i] for i in chosen], len(waiting) - len(took), each_s * (len(waiting) - len(took)))


def _train(job: Job, hearing: _Hearing) -> tuple[float, int]:
    """Seconds of training, and of how many networks, by a few real steps."""
    if job.fused:
        from models.training.fusion_pace import fusion_seconds, tuned_seconds
        from models.training.heard_features import load_heard

        *_, heard = load_heard(hearing.clips, job.cache)
        assert not isinstance(heard, int)
        seconds = fusion_seconds if job.run.parent is None else tuned_seconds
        return seconds(job.run, job.clips, hearing.clips, heard)
    from dataclasses import replace

    from models.training.budget import run_seconds
    from models.training.features import load_features
    from models.training.heard_features import load_heard
    from models.training.parent import adopt

    assert job.run.recipe is not None
    recipe, _ = adopt(job.run.recipe, len(job.clips), job.run.parent)
    recipe = replace(recipe, epochs=job.run.epochs or recipe.epochs)
    *_, mel = load_features(hearing.clips, job.cache)
    hints = None
    if recipe.hint_weight:
        *_, heard = load_heard(hearing.clips, job.cache)
        assert not isinstance(heard, int)
        hints = np.stack([one.summary for one in heard])
    assert not isinstance(mel, int)
    return run_seconds(job.run, recipe, job.clips, hearing.clips, mel, hints, job.device)
