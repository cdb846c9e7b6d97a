"""The first paper's tables 3 and 4 under one grouped split; its networks on other sources and after quiet intros."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from models.audio.log_mel import DB_PER_UNIT, EPSILON, FRAME_S
from models.data.labelled import LabelledClip, quadrants_of
from models.errors import JobError
from models.evaluation.metrics import confusion, quadrant_scores
from models.networks.base import LogMelNetwork, SteppedNetwork
from models.networks.registry import build
from models.training.features import Features
from models.training.loop import EpochReport, TrainedNetwork, predict, train_network
from models.training.recipes import RECIPES, Recipe
from models.training.splits import grouped_folds

#: A fifth of the groups is held out; of the others a ninth is what early stopping watches.
TEST_FOLDS, VALIDATION_FOLDS = 5, 9
SEED = 0
#: 10 s.
CROP_FRAMES = 431
#: Decay per step of the moving average of the weights. The paper has none; after so few epochs the raw weights swing
#: from one epoch to the next (macro-F1 0.49 against 0.67 averaged at epoch 10 of a longer run), whatever the network.
AVERAGING = 0.98
#: A lead-in is this much quieter than the music it is made of.
LEAD_IN_DB = 30.0
LEAD_INS_S = (10.0, 20.0)

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Row:
    """One network of the paper and the budget it is given here, in epochs over the training part."""

    recipe: str
    name: str
    epochs: int


#: In the order in which they are run; epochs so that each takes minutes. The paper trains up to 100 on a GPU.
ROWS = (
    Row("crnn-paper", "CRNN with attention (proposed)", 8),
    Row("crnn-paper-no-attention", "CRNN without attention", 8),
    Row("lstm2-paper", "LSTM only, 2 layers", 30),
    Row("cnn5-paper", "standard CNN, 5 layers", 4),
    Row("resnet50-paper", "ResNet-50, from random weights", 3),
)


@dataclass(frozen=True)
class Material:
    """Clips of one source and their log-mel [shape=(n, 128, 1292)]."""

    source: str
    features: Features
    labels: Labels
    groups: list[str]

    def part(self, chosen: NDArray[np.bool_]) -> Material:
        """Some of the clips."""
        groups = [group for group, mine in zip(self.groups, chosen, strict=True) if mine]
        return Material(self.source, self.features[chosen], self.labels[chosen], groups)


def material(source: str, clips: Sequence[LabelledClip], features: Features) -> Material:
    """Put clips and their features together."""
    return Material(source, features, np.array(quadrants_of(clips), np.int64), [clip.group for clip in clips])


@dataclass(frozen=True)
class Split:
    """Which clips are trained on, watched for early stopping, and tested on [shape=(n,), dtype=bool]."""

    train: NDArray[np.bool_]
    validation: NDArray[np.bool_]
    test: NDArray[np.bool_]


def grouped_split(labels: Labels, groups: Sequence[str]) -> Split:
    """Divide so that no group is on two sides: about 71% to train, 9% to watch, 20% to test."""
    test = grouped_folds(labels.tolist(), groups, TEST_FOLDS, SEED) == 0
    rest = np.flatnonzero(~test)
    others = [groups[int(i)] for i in rest]
    inner = grouped_folds(labels[rest].tolist(), others, min(VALIDATION_FOLDS, len(set(others))), SEED) == 0
    validation = np.zeros(len(labels), np.bool_)
    validation[rest[inner]] = True
    return Split(~test & ~validation, validation, test)


def middle(features: Features, frames: int = CROP_FRAMES) -> Features:
    """The middle of each clip."""
    start = (features.shape[2] - frames) // 2
    return features[:, :, start : start + frames]


def scores_of(labels: Labels, answers: Labels, groups: Sequence[str]) -> dict[str, Any]:
    """Counts, confusion matrix and scores with intervals, for a result."""
    figures = {name: score.as_dict() for name, score in quadrant_scores(labels, answers, groups).items()}
    return {
        "clips": len(labels),
        "groups": len(set(groups)),
        "confusion_rows_truth": confusion(labels, answers).tolist(),
        "scores": figures,
    }


def weights_file(work: Path, row: Row, source: str) -> Path:
    """Where a trained network is kept between experiments."""
    return work / f"{row.recipe}-{source}.safetensors"


def load_network(work: Path, row: Row, source: str) -> LogMelNetwork:
    """The network that `train_row` left.

    Raises
    ------
    JobError
        "missing_model" when it left none.
    """
    recipe = RECIPES[row.recipe]
    network = build(recipe.network, **recipe.arguments)
    file = weights_file(work, row, source)
    if not file.is_file():
        raise JobError(
            "missing_model", f"There is no {file}: run the experiment quadrants with this work folder first."
        )
    network.load_state_dict(load_file(file))
    assert isinstance(network, LogMelNetwork)
    return network.eval().requires_grad_(False)


def budgeted(row: Row, crop_frames: int = CROP_FRAMES) -> Recipe:
    """The paper's recipe for a row, on 10-s crops, with the row's number of epochs and averaged weights."""
    return replace(RECIPES[row.recipe], crop_frames=crop_frames, epochs=row.epochs, averaging=AVERAGING)


def train_row(row: Row, data: Material, work: Path) -> Iterator[EpochReport | dict[str, Any]]:
    """Train one network on one source and test it on held-out groups, once, on whole clips.

    Parameters
    ----------
    row : Row
        What to train, and for how long.
    data : Material
        One source.
    work : Path
        Folder for the weights.

    Yields
    ------
    EpochReport or dict
        Reports of epochs; last, the result for the report.
    """
    split = grouped_split(data.labels, data.groups)
    recipe = budgeted(row)
    training, watched, test = data.part(split.train), data.part(split.validation), data.part(split.test)
    began = time.process_time()
    curve = []
    trained: TrainedNetwork | None = None
    for event in train_network(
        training.features,
        training.labels,
        recipe,
        seed=SEED,
        validation=(middle(watched.features), watched.labels),
    ):
        if isinstance(event, EpochReport):
            curve.append([round(event.train_loss, 4), round(event.validation_loss, 4)])
            yield event
        elif isinstance(event, TrainedNetwork):
            trained = event
    assert trained is not None
    minutes = (time.process_time() - began) / 60
    work.mkdir(parents=True, exist_ok=True)
    state = {name: value.contiguous() for name, value in trained.network.state_dict().items()}
    save_file(state, weights_file(work, row, data.source))
    answers = predict(trained.network, test.features).argmax(axis=1)
    yield {
        "experiment": "tables 3 and 4",
        "recipe": asdict(recipe),
        "source": data.source,
        "epochs": len(curve),
        "kept_epoch": trained.epochs,
        "processor_minutes": round(minutes, 1),
        "weights": sum(p.numel() for p in trained.network.parameters()),
        "trained_on": {"clips": len(training.labels), "groups": len(set(training.groups))},
        "losses_train_validation": curve,
        **scores_of(test.labels, answers, test.groups),
    }


def judge_elsewhere(row: Row, source: str, other: Material, work: Path) -> dict[str, Any]:
    """Test a network that was trained on one source on the whole of another."""
    answers = predict(load_network(work, row, source), other.features).argmax(axis=1)
    return {
        "experiment": "across sources",
        "recipe": row.recipe,
        "trained_on": source,
        "source": other.source,
        **scores_of(other.labels, answers, other.groups),
    }


def quieter(log_mel: NDArray[np.floating], decibels: float) -> NDArray[np.float16]:
    """Log-mel of the same sound at a lower level: ``log((e^S - epsilon) 10^(-dB/10) + epsilon)`` (equation 1)."""
    power = np.maximum(np.exp(log_mel.astype(np.float64)) - EPSILON, 0)
    quiet: NDArray[np.float16] = np.log(power * np.exp(-decibels / DB_PER_UNIT) + EPSILON).astype(np.float16)
    return quiet


def with_lead_in(features: Features, seconds: float) -> Features:
    """Put a quiet lead-in before clips, at the same length: their own first seconds, 30 dB down, then the clip.

    Parameters
    ----------
    features : np.ndarray [shape=(n, 128, frames), dtype=float16]
        Log-mel of clips.
    seconds : float
        Length of the lead-in.

    Returns
    -------
    np.ndarray [shape=(n, 128, frames), dtype=float16]
        The lead-in, and as much of the clip from its start as then fits.
    """
    frames = round(seconds / FRAME_S)
    return np.concatenate((quieter(features[:, :, :frames], LEAD_IN_DB), features[:, :, : -frames or None]), axis=2)


def _attention_on_start(network: SteppedNetwork, features: Features, share: float) -> float:
    """Mean share of the attention that falls on the first `share` of the steps."""
    total = 0.0
    with torch.inference_mode():
        for clip in features:
            x = network.normalise(torch.from_numpy(clip.astype(np.float32))[None])
            weights = torch.softmax(network.steps(x).scores, dim=1)[0]
            total += float(weights[: round(share * len(weights))].sum())
    return total / len(features)


def judge_quiet_intros(row: Row, data: Material, work: Path) -> dict[str, Any]:
    """Test a network on held-out clips behind quiet lead-ins, and on as much music without the lead-in.

    The second says what the shorter music costs by itself: only the rest is the lead-in's doing.
    """
    test = data.part(grouped_split(data.labels, data.groups).test)
    network = load_network(work, row, data.source)
    frames = test.features.shape[2]
    conditions: list[dict[str, Any]] = []
    for seconds in LEAD_INS_S:
        led = with_lead_in(test.features, seconds)
        alone = test.features[:, :, : frames - round(seconds / FRAME_S)]
        entry: dict[str, Any] = {"lead_in_s": seconds, "lead_in_share": round(seconds / FRAME_S) / frames}
        for name, features in (("behind_lead_in", led), ("as_much_alone", alone)):
            answers = predict(network, features).argmax(axis=1)
            entry[name] = scores_of(test.labels, answers, test.groups)
        if isinstance(network, SteppedNetwork):
            entry["attention_on_lead_in"] = round(_attention_on_start(network, led, entry["lead_in_share"]), 4)
        conditions.append(entry)
    return {
        "experiment": "quiet intros",
        "recipe": row.recipe,
        "source": data.source,
        "lead_in_db": LEAD_IN_DB,
        "conditions": conditions,
    }
