"""The default model trained on half of the groups, so that the other half can stand for music a person brings."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data.labelled import LabelledClip, read_labelled_folder
from models.errors import JobError
from models.hub import LoadedModel, load_model
from models.training.fusion import FusionMaterial
from models.training.fusion_recipe import FusionRecipe
from models.training.fusion_run import run_fusion
from models.training.heard_features import HeardClip, load_heard
from models.training.recipes import FUSION_RECIPE, Recipe
from models.training.record import TrainingRun
from models.training.splits import group_names, grouped_folds

#: What the default model is made of.
SOURCES = ("4qaed", "emopia", "vgmidi", "emotify")
#: The half that a base which is reported learned from; the other half is for the people. Settings of the personal layer
#: were chosen with the halves exchanged, so was the pull of a model's own training.
MEASURED = 1
#: Of the division of each source's groups into two halves.
_HALVES_SEED = 11
#: Fewer folds than the shipped model's: they only weigh its parts and fit its bands.
_FOLDS, _RATED_FOLDS = 4, 3


@dataclass(frozen=True)
class Music:
    """Clips of all sources, what was heard of them, and in which half (0 or 1) each lies."""

    clips: list[LabelledClip]
    heard: list[HeardClip]
    half: NDArray[np.int64]


def read_music(data: Path, cache: Path) -> Music:
    """Read the labelled folders and hear their clips (kept in `cache`); groups are divided into halves by source.

    Raises
    ------
    JobError
        "bad_data" where a folder is missing.
    """
    clips, halves = [], []
    for source in SOURCES:
        if not (data / source).is_dir():
            raise JobError("bad_data", f"{data / source} is missing: this experiment needs {', '.join(SOURCES)}.")
        found = read_labelled_folder(data / source)
        labels = [clip.quadrant if clip.quadrant is not None else 0 for clip in found]
        clips += found
        halves.append(grouped_folds(labels, group_names(found), 2, _HALVES_SEED))
    *_, heard = load_heard(clips, cache)
    assert not isinstance(heard, int)
    return Music(clips, heard, np.concatenate(halves))


def measured_base(data: Path, cache: Path, work: Path) -> Generator[str, None, tuple[LoadedModel, Music]]:
    """Read the music and train the half base that is reported, one for every study of people; returns both.

    Yields
    ------
    str
        How it goes, in words.
    """
    music = read_music(data, cache)
    base = yield from half_base(music, MEASURED, work / "adaptation")
    return base, music


def half_base(music: Music, half: int, folder: Path) -> Generator[str, None, LoadedModel]:
    """Train the default model on one half of the groups, unless it lies in `folder` already; returns the model.

    Yields
    ------
    str
        How training goes, in words.
    """
    out = folder / f"half{half}"
    if not (out / "card.json").is_file():
        chosen = [i for i, where in enumerate(music.half) if where == half]
        material = FusionMaterial([music.clips[i] for i in chosen], [music.heard[i] for i in chosen])
        run = TrainingRun(
            out, Recipe(FUSION_RECIPE), folds=_FOLDS, seed=1, name=f"Half {half}", summary="Half the groups."
        )
        recipe = replace(FusionRecipe(), rated_folds=_RATED_FOLDS)
        for event in run_fusion(run, recipe, material):
            yield f"half {half}: {type(event).__name__} {getattr(event, 'part', '')}"
    return load_model(str(out), "cpu")
