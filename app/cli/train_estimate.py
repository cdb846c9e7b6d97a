"""`affekt train --estimate`: a real trial of some seconds, and how long the whole run would take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.cli.train_telling import Telling
from models.errors import JobError
from models.jobs import Control
from models.training.recipes import RECIPES

if TYPE_CHECKING:
    from app.cli.train_job import Job
    from models.data.labelled import LabelledClip

#: Seconds of the trial that go to hearing recordings.
_HEARING_S = 5.0
#: Recordings that are heard at least, kept ones among them: training steps are timed on them.
_FEWEST = 4
#: And at most.
_MOST = 64


@dataclass(frozen=True)
class _Hearing:
    """Recordings that were heard in the trial, how many are still to be heard, and what all of these will take."""

    clips: list[LabelledClip]
    to_hear: int
    seconds: float


@dataclass(frozen=True)
class _Hearer:
    """One way in which recordings are heard: whether one was, and hearing some."""

    is_kept: Callable[[Path], bool]
    load: Callable[[Sequence[LabelledClip], dict[int, JobError]], Iterator[Any]]


def _hearers(job: Job) -> list[_Hearer]:
    from app.jobs.fallback import decode_with_qt
    from app.paths import heard_folder
    from models.training import features, heard_features

    known = heard_folder()
    tags = _Hearer(
        lambda path: any(heard_features.kept_file(path, folder).is_file() for folder in (job.cache, known)),
        lambda clips, failed: heard_features.load_heard(clips, job.cache, failed, known, decode_with_qt),
    )
    mel = _Hearer(
        lambda path: features.kept_file(path, job.cache).is_file(),
        lambda clips, failed: features.load_features(clips, job.cache, failed, decode_with_qt),
    )
    if job.fused:
        return [tags]
    return [mel, tags] if RECIPES[job.recipe].hint_weight else [mel]


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
    hear = _hearers(job)
    order = [int(i) for i in np.random.default_rng(0).permutation(len(job.clips))]
    waiting = [i for i in order if not all(one.is_kept(job.clips[i].path) for one in hear)]
    ready = [i for i in order if i not in set(waiting)]
    took: list[float] = []
    heard: list[int] = []
    began_s = time.monotonic()
    for i in waiting:
        control.check()
        if took and time.monotonic() - began_s >= _HEARING_S and len(ready) + len(heard) >= _FEWEST:
            break
        each_s = time.monotonic()
        failed: dict[int, JobError] = {}
        for one in hear:
            *_, _ = one.load([job.clips[i]], failed)
        took.append(time.monotonic() - each_s)
        if not failed:
            heard.append(i)
    # The first pays for what is done only once: compilation, the tagger's weights.
    each_s = float(np.mean(took[1:] if len(took) > 1 else took or [0.0]))
    chosen = [*heard, *ready][:_MOST]
    if not chosen:
        raise JobError("bad_data", "None of the recordings that were tried can be read: there is nothing to learn.")
    return _Hearing([job.clips[i] for i in chosen], len(waiting) - len(took), each_s * (len(waiting) - len(took)))


def _train(job: Job, hearing: _Hearing) -> tuple[float, int]:
    """Seconds of training, and of how many networks, by a few real steps."""
    loaded = []
    for one in _hearers(job):
        *_, last = one.load(hearing.clips, {})
        loaded.append(last)
    if job.fused:
        from models.training.fusion_pace import fusion_seconds, tuned_seconds

        seconds = fusion_seconds if job.run.parent is None else tuned_seconds
        return seconds(job.run, job.clips, hearing.clips, loaded[0])

    from models.training.budget import run_seconds
    from models.training.parent import adopt

    assert job.run.recipe is not None
    recipe, _ = adopt(job.run.recipe, len(job.clips), job.run.parent)
    recipe = replace(recipe, epochs=job.run.epochs or recipe.epochs)
    hints = np.stack([one.summary for one in loaded[1]]) if recipe.hint_weight else None
    return run_seconds(job.run, recipe, job.clips, hearing.clips, loaded[0], hints, job.device)
