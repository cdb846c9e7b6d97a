"""How long training the fused model would take here, by real steps on some of its clips."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from models.data.labelled import LabelledClip
from models.jobs import CancelToken
from models.training.fusion import FusionMaterial, indices
from models.training.fusion_recipe import FusionRecipe
from models.training.fusion_state import FEWEST_MEASURED
from models.training.heard_features import HeardClip
from models.training.listener import train_listener
from models.training.loop import EpochReport
from models.training.material import tag_table
from models.training.record import RunProgress, TrainingRun
from models.training.sequence import train_regressor
from models.training.tuned import TuningRecipe
from models.training.tuned_run import begin_tuning, teach

#: Epochs that are timed, after one that pays for what is done only once.
_TIMED_EPOCHS = 2
#: Rows of the system of equations that is timed for the memory, whose cost grows with their third power.
_TIMED_ROWS = 300


def fusion_seconds(
    run: TrainingRun,
    clips: Sequence[LabelledClip],
    sample: Sequence[LabelledClip],
    heard: Sequence[HeardClip],
    recipe: FusionRecipe | None = None,
) -> tuple[float, int]:
    """Seconds of training on all clips, and of how many networks, from the pace on a sample that was heard.

    Regressors that stop early are counted with all their epochs.
    """
    recipe = recipe or FusionRecipe()
    few = FusionMaterial(sample, heard)
    # What is not heard yet counts as if it were: only labels are looked at.
    whole = FusionMaterial(clips, [heard[0]] * len(clips))
    rated = bool(run.folds) and int(whole.rated.sum()) >= FEWEST_MEASURED
    listeners, regressors = recipe.listeners * (run.folds + 1), recipe.regressors * (1 + rated * recipe.rated_folds)
    epochs = run.epochs or recipe.listener.epochs
    shares = recipe.regressor.shares
    taught = [clips[i] for i in indices(whole.judged | whole.rated)]
    listening = listeners * epochs * float(whole.judged.sum()) * _listener_pace(few, recipe)
    tracing = regressors * recipe.regressor.epochs * sum(shares.get(c.source, 1.0) for c in taught)
    memories = run.folds + 1 + rated * recipe.rated_folds
    remembering = memories * _memory_seconds(len(clips))
    return listening + tracing * _regressor_pace(few, recipe) + remembering, listeners + regressors


def tuned_seconds(
    run: TrainingRun,
    clips: Sequence[LabelledClip],
    sample: Sequence[LabelledClip],
    heard: Sequence[HeardClip],
    recipe: TuningRecipe | None = None,
) -> tuple[float, int]:
    """Seconds of teaching a trained fused model further, and how many listeners are taught, from the pace on a sample.

    Raises
    ------
    JobError
        "bad_model" when there is no fused model to start from.
    """
    recipe = recipe or TuningRecipe()
    began_s = time.monotonic()
    state = begin_tuning(run, recipe, FusionMaterial(sample, heard), CancelToken())
    # Solving for the old recordings takes most of it, however many are new.
    once_s = time.monotonic() - began_s
    listeners = len(state.states) * state.parts
    trial = replace(state, recipe=replace(recipe, reports=1))
    for _ in teach(trial, "trial", np.ones(len(sample), bool), 0):  # pays for what is done only once
        continue
    reports_s: list[float] = []
    began_s = time.monotonic()
    for event in teach(trial, "trial", np.ones(len(sample), bool), 0):
        reports_s += [event.report.seconds] if isinstance(event, RunProgress) else []
    # The memory and the new network take as long for many clips as for few; what listeners learn does not.
    fixed_s = max(0.0, time.monotonic() - began_s - sum(reports_s))
    steps_s = float(np.median(reports_s or [0.0])) * len(state.states) * recipe.reports * len(clips) / len(sample)
    part_s = fixed_s + steps_s
    return once_s + state.parts * part_s, listeners


def _pace(training: Callable[[], Iterator[Any]], clips: int) -> float:
    """Seconds per clip and epoch."""
    took = [event.seconds for event in training() if isinstance(event, EpochReport)]
    return float(np.mean(took[1:])) / clips


def _listener_pace(few: FusionMaterial, recipe: FusionRecipe) -> float:
    where = indices(few.judged)
    if len(where) < 2:
        return 0.0
    steps, tags = [few.heard[i].steps for i in where], tag_table([few.clips[i].tags for i in where])
    how = replace(recipe.listener, epochs=1 + _TIMED_EPOCHS)
    return _pace(lambda: train_listener(steps, few.quadrants(few.judged), tags, how), len(where))


def _regressor_pace(few: FusionMaterial, recipe: FusionRecipe) -> float:
    clips = few.as_sequences(few.judged | few.rated)
    if len(clips) < 2:
        return 0.0
    how = replace(recipe.regressor, epochs=1 + _TIMED_EPOCHS, patience=0, shares={})
    return _pace(lambda: train_regressor(clips, how), len(clips))


def _memory_seconds(clips: int) -> float:
    a = torch.eye(_TIMED_ROWS, dtype=torch.float64)
    torch.linalg.solve(a, a[0])
    began_s = time.monotonic()
    torch.linalg.solve(a + 0.5, a[0])
    return float(15 * (time.monotonic() - began_s) * (clips / _TIMED_ROWS) ** 3)
