"""The second paper's networks on rated traces under a grouped split: its tables 1 to 3, and its network over lags."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.audio.decode import decode
from models.audio.descriptors.table import DESCRIPTORS
from models.data.labelled import LabelledClip
from models.data.traces import TRACE_STEP_S, read_trace
from models.evaluation.report.lags import (
    DIMENSIONS,
    MOST,
    PARTS,
    Piece,
    divide,
    figures_01,
    r2_interval,
    within_correlation,
)
from models.training.loop import EpochReport
from models.training.selection import forward_fill
from models.training.sequence import SequenceRecipe, TrainedRegressor, predict_sequences, train_regressor
from models.training.sequence_data import SequenceClip
from models.training.sequence_recipes import SEQUENCE_RECIPES

SEED = 0
#: Of the five rotations of the split, the one that networks are trained on.
FOLD = 0


#: Row of the paper's tables -> recipe.
VARIANTS = {
    "ours": "regressor-paper",
    "without-cnn": "regressor-paper-no-cnn",
    "without-bilstm": "regressor-paper-no-bilstm",
    "without-both": "regressor-paper-no-cnn-no-bilstm",
    "tpa-bilstm": "tpa-bilstm-paper",
}
EPOCHS, PATIENCE = 60, 12
#: The small network of the lag study: windows of so many steps before, one answer at their end.
NETWORK_ORDERS = (1, 5, 25)
SMALL = {"hidden": 32, "levels": 1, "heads": 2}
#: One window in four steps: neighbouring windows are nearly copies.
_WINDOW_STRIDE = 4
_SMALL_EPOCHS, _SMALL_PATIENCE = 12, 4


def read_pieces(clips: Sequence[LabelledClip], cache: Path) -> Iterator[int | list[Piece]]:
    """Descriptors and traces of all clips that have a trace, yielded last; before it, how many are done.

    Gaps are filled forward as the paper does, in features and ratings alike; steps before the first rating, after the
    last, or after the last descriptor are left out.
    """
    cache.mkdir(parents=True, exist_ok=True)
    pieces = []
    for clip in clips:
        if clip.trace is None:
            continue
        values = _descriptors(clip.path, cache)
        trace = read_trace(clip.trace)
        steps = np.round(trace.times_s / TRACE_STEP_S).astype(np.int64)
        y = np.full((steps.max() + 1, 2), np.nan)
        y[steps] = np.stack((trace.valence, trace.arousal), axis=1)
        start, end = int(steps.min()), min(len(y), len(values))
        if end > start:
            pieces.append(Piece(forward_fill(values[start:end]), forward_fill(y[start:end]), clip.group))
        yield len(pieces)
    yield pieces


def _descriptors(path: Path, cache: Path) -> NDArray[np.float32]:
    """Descriptors [shape=(t, k)] at 2 Hz, kept per file; computed anew for another file or list."""
    stat = path.stat()
    names = ",".join(descriptor.name for descriptor in DESCRIPTORS)
    key = hashlib.sha256(f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}|{names}".encode()).hexdigest()
    file = cache / f"{key[:32]}.npy"
    if file.is_file():
        stored: NDArray[np.float32] = np.load(file, allow_pickle=False)
        return stored
    from models.audio.descriptors import describe

    values = np.asarray(describe(decode(path)).values, np.float32)
    part = file.with_suffix(".part")
    with part.open("wb") as stream:
        np.save(stream, values)
    part.replace(file)
    return values


def _clip(piece: Piece) -> SequenceClip:
    return SequenceClip(np.asarray(piece.x, np.float32), piece.group, trace=np.asarray(piece.y, np.float32))


def _figures(
    pieces: Sequence[Piece], answers: Sequence[NDArray[np.floating]], truths: Sequence[NDArray[np.floating]]
) -> dict[str, Any]:
    truth, answer = np.concatenate(truths).astype(np.float64), np.concatenate(answers).astype(np.float64)
    which = np.concatenate([np.full(len(t), i) for i, t in enumerate(truths)])
    out: dict[str, Any] = {"pieces": len(pieces), "groups": len({piece.group for piece in pieces})}
    for d, name in enumerate(DIMENSIONS):
        out[name] = figures_01(truth[:, d], answer[:, d])
        out[name]["within_piece_r"] = within_correlation(truth[:, d], answer[:, d], which)
        out[name]["r2_interval"] = r2_interval(truth[:, d], answer[:, d], [pieces[i].group for i in which])
    return out


def train_variant(
    variant: str, pieces: Sequence[Piece], features: str, epochs: int = EPOCHS
) -> Iterator[EpochReport | dict[str, Any]]:
    """Train one network of the paper on one grouped split, and measure it on all three parts.

    Parameters
    ----------
    variant : str
        What to train, a key of `VARIANTS`.
    pieces : sequence of Piece
        Rated pieces.
    features : str
        What the features are, for the report.
    epochs : int
        Most passes over the training part; it stops early.

    Yields
    ------
    EpochReport or dict
        Reports of epochs; last, the result for the report.
    """
    parts = {part: [pieces[i] for i in indices] for part, indices in divide(pieces, FOLD).items()}
    recipe = replace(SEQUENCE_RECIPES[VARIANTS[variant]], epochs=epochs, patience=min(PATIENCE, epochs))
    began = time.process_time()
    curve = []
    trained: TrainedRegressor | None = None
    training, watched = ([_clip(piece) for piece in parts[part]] for part in PARTS[:2])
    for event in train_regressor(training, recipe, seed=SEED, validation=watched):
        if isinstance(event, EpochReport):
            curve.append([round(event.train_loss, 4), round(event.validation_loss, 4)])
            yield event
        elif isinstance(event, TrainedRegressor):
            trained = event
    assert trained is not None
    result: dict[str, Any] = {
        "experiment": "traces",
        "variant": variant,
        "features": features,
        "n_features": int(pieces[0].x.shape[1]),
        "features_kept": int(trained.network.get_buffer("feature_kept").sum()),
        "recipe": {**asdict(recipe), "arguments": dict(recipe.arguments)},
        "epochs": len(curve),
        "kept_epoch": trained.epochs,
        "processor_minutes": round((time.process_time() - began) / 60, 1),
        "weights": sum(p.numel() for p in trained.network.parameters()),
        "losses_train_validation": curve,
    }
    for part, mine in parts.items():
        said = predict_sequences(trained.network, [_clip(piece) for piece in mine])
        result[part] = _figures(mine, [steps.values.numpy() for steps in said], [piece.y for piece in mine])
    yield result


def windows(piece: Piece, order: int, *, past: bool, stride: int = _WINDOW_STRIDE) -> list[SequenceClip]:
    """Windows of `order` + 1 steps; only the last step is rated, and counts.

    Parameters
    ----------
    piece : Piece
        Of 30 steps or more, or there are none.
    order : int
        Steps before the last, 1 .. 29.
    past : bool
        Whether each step also carries the rating of the step before it: the leak.
    stride : int
        Steps from one window to the next.
    """
    x = np.asarray(piece.x, np.float32)
    if past:
        before = np.concatenate((piece.y[:1], piece.y[:-1]))
        x = np.concatenate((x, before.astype(np.float32)), axis=1)
    out = []
    for end in range(MOST, len(x), stride):
        trace = np.full((order + 1, 2), np.nan, np.float32)
        trace[-1] = piece.y[end]
        out.append(SequenceClip(x[end - order : end + 1], piece.group, trace=trace))
    return out


def network_lags(
    pieces: Sequence[Piece],
    features: str,
    orders: Sequence[int] = NETWORK_ORDERS,
    epochs: int = _SMALL_EPOCHS,
) -> Iterator[EpochReport | dict[str, Any]]:
    """A small version of the paper's network on windows of a few lag orders, without and with the ratings' own past.

    Yields
    ------
    EpochReport or dict
        Reports of epochs; last, the result for the report.
    """
    usable = [piece for piece in pieces if len(piece.y) > MOST]
    parts = {part: [usable[i] for i in indices] for part, indices in divide(usable, FOLD).items()}
    patience = min(_SMALL_PATIENCE, epochs)
    recipe = SequenceRecipe("regressor", SMALL, epochs=epochs, patience=patience, threshold=0.0, crop_steps=0)
    began = time.process_time()
    entries: list[dict[str, Any]] = []
    for past in (False, True):
        for order in orders:
            cut = {part: [windows(piece, order, past=past) for piece in mine] for part, mine in parts.items()}
            flat = {part: [window for one in mine for window in one] for part, mine in cut.items()}
            trained: TrainedRegressor | None = None
            for event in train_regressor(flat["train"], recipe, seed=SEED, validation=flat["validation"]):
                if isinstance(event, EpochReport):
                    yield event
                elif isinstance(event, TrainedRegressor):
                    trained = event
            assert trained is not None
            entry: dict[str, Any] = {"order": order, "with_own_past": past, "kept_epoch": trained.epochs}
            for part, mine in parts.items():
                last = [steps.values[-1].numpy() for steps in predict_sequences(trained.network, flat[part], batch=256)]
                ends = np.cumsum([len(one) for one in cut[part]])[:-1]
                truths = [np.stack([w.trace[-1] for w in one if w.trace is not None]) for one in cut[part]]
                entry[part] = _figures(mine, np.split(np.stack(last), ends), truths)
            entries.append(entry)
    yield {
        "experiment": "lag order, network",
        "features": features,
        "recipe": {**asdict(recipe), "arguments": dict(SMALL)},
        "window_stride": _WINDOW_STRIDE,
        "processor_minutes": round((time.process_time() - began) / 60, 1),
        "entries": entries,
    }
