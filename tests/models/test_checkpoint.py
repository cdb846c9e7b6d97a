"""A training that was killed goes on where it stood, to the result that it would have had."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.errors import Cancelled, JobError
from models.hub import Card, load_model
from models.jobs import CancelToken
from models.training import checkpoint
from models.training import run as run_module
from models.training.checkpoint import Checkpoint, Snapshot, read_snapshot, write_snapshot
from models.training.loop import EpochReport, TrainedNetwork, train_network
from models.training.recipes import RECIPES, Recipe
from models.training.record import RunProgress, TrainingRun
from models.training.run import run_training
from tests.models.training_toys import RECIPE, clips, features

LABELS = np.arange(16) % 4
TAGS = np.stack([LABELS == 0, LABELS == 1], axis=1)


def _trained(events: Iterator[Any]) -> TrainedNetwork:
    *_, last = events
    assert isinstance(last, TrainedNetwork)
    return last


def _same(a: TrainedNetwork, b: TrainedNetwork) -> None:
    for name, value in a.network.state_dict().items():
        torch.testing.assert_close(value, b.network.state_dict()[name], atol=1e-6, rtol=1e-5, msg=name)
    assert a.epochs == b.epochs
    assert [r.epoch for r in a.history] == [r.epoch for r in b.history]
    for one, other in zip(a.history, b.history, strict=True):
        assert one.train_loss == pytest.approx(other.train_loss, abs=1e-6)
        assert one.validation_loss == pytest.approx(other.validation_loss, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    "recipe",
    [
        # Everything that draws at random, tags, an average, a one-cycle schedule.
        replace(RECIPE, augmentation=RECIPES["crnn"].augmentation, arguments={**RECIPE.arguments, "dropout": 0.4}),
        # The paper's optimiser and early stopping, whose best weights lie behind the interruption.
        replace(RECIPE, optimiser="adam", averaging=0.0, patience=3, tag_weight=0.0, epochs=6),
    ],
)
def test_an_interrupted_training_ends_as_if_it_had_not_been(recipe: Recipe, tmp_path: Path) -> None:
    mel = features(24)
    given: dict[str, Any] = {"tags": TAGS, "seed": 3, "validation": (mel[16:], np.arange(8) % 4)}
    whole = _trained(train_network(mel[:16], LABELS, recipe, **given))
    keep = Checkpoint(tmp_path / "part.checkpoint", every_s=0)
    for event in train_network(mel[:16], LABELS, recipe, keep=keep, **given):
        assert isinstance(event, EpochReport)
        if event.epoch == 3:  # the snapshot after the second epoch is the latest
            break
    torch.manual_seed(99)  # as in another process
    kept = [file.name for file in tmp_path.iterdir()]
    assert kept == ["part.checkpoint"]
    events = list(train_network(mel[:16], LABELS, recipe, keep=Checkpoint(tmp_path / "part.checkpoint"), **given))
    assert isinstance(events[0], EpochReport)
    assert events[0].epoch == 3
    _same(whole, _trained(iter(events)))


def test_a_snapshot_comes_back_as_it_was(tmp_path: Path) -> None:
    state = np.random.default_rng(5).bit_generator.state
    snapshot = Snapshot({"a.x": torch.arange(3), "a.y": torch.tensor(1.5), "b.x": torch.ones(2, 2).T}, {"rng": state})
    write_snapshot(tmp_path / "one", snapshot)
    back = read_snapshot(tmp_path / "one")
    assert back is not None
    assert back.values == {"rng": state}  # numbers of 128 bits among them
    assert {name: t.tolist() for name, t in back.tensors_of("a").items()} == {"x": [0, 1, 2], "y": 1.5}
    assert [file.name for file in tmp_path.iterdir()] == ["one"]


@pytest.mark.parametrize("content", [None, b"", b"half of a file that was", b"\xff" * 64])
def test_what_is_no_snapshot_counts_as_none(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "one").write_bytes(content)
    assert read_snapshot(tmp_path / "one") is None


def test_a_writer_that_dies_leaves_the_earlier_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_snapshot(tmp_path / "one", Snapshot({"x": torch.zeros(1)}, {"epoch": 1}))

    def half(tensors: Any, file: Path, metadata: Any) -> None:
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", half)
    with pytest.raises(JobError) as caught:
        write_snapshot(tmp_path / "one", Snapshot({"x": torch.ones(1)}, {"epoch": 2}))
    assert caught.value.kind == "no_space"
    kept = read_snapshot(tmp_path / "one")
    assert kept is not None
    assert kept.values == {"epoch": 1}


def test_snapshots_are_kept_only_every_so_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    keep = Checkpoint(tmp_path / "one", every_s=30)
    written = []

    def make() -> Snapshot:
        written.append(clock[0])
        return Snapshot({}, {})

    for clock[0] in (110.0, 129.0, 130.0, 131.0, 159.0, 165.0):
        keep.offer(make)
    assert written == [130.0, 165.0]
    keep.remove()
    keep.remove()
    assert keep.load() is None


_KILLED = """
import os, signal, sys
from pathlib import Path
from models.training.record import RunProgress, TrainingRun
from models.training.run import run_training
from tests.models.training_toys import RECIPE, clips, features
run = TrainingRun(Path(sys.argv[1]), RECIPE, folds=2)
seen = 0
for event in run_training(run, clips(), features(), checkpoint_every_s=0):
    if isinstance(event, RunProgress) and event.part == "fold 2 of 2" and event.report.epoch == 3:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_run_that_was_killed_in_a_fold_is_resumed_within_it(tmp_path: Path) -> None:
    out = tmp_path / "killed"
    done = subprocess.run([sys.executable, "-c", _KILLED, str(out)], capture_output=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not out.exists()
    files = sorted(file.name for file in out.with_name("killed.work").iterdir())
    assert files == ["fold-0.safetensors", "fold-1.checkpoint", "settings.json"]
    events = list(run_training(TrainingRun(out, RECIPE, folds=2), clips(), features(), resume=True))
    epochs = [(e.part, e.report.epoch) for e in events if isinstance(e, RunProgress)]
    assert epochs[:2] == [("fold 2 of 2", 3), ("fold 2 of 2", 4)]
    assert [part for part, _ in epochs[2:]] == ["final"] * 4
    *_, card = run_training(TrainingRun(tmp_path / "whole", RECIPE, folds=2), clips(), features())
    assert isinstance(card, Card)
    resumed = events[-1]
    assert isinstance(resumed, Card)
    assert resumed.raw["scores"] == card.raw["scores"]
    a, b = (load_model(str(c.folder), "cpu").network.state_dict() for c in (resumed, card))
    for name, value in a.items():
        torch.testing.assert_close(value, b[name], atol=1e-5, rtol=1e-4, msg=name)
    assert (out / "history.json").is_file()
    assert not out.with_name("killed.work").exists()


def test_a_stopped_run_keeps_its_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cancel = CancelToken()
    run = TrainingRun(tmp_path / "m", RECIPE, folds=0)
    with pytest.raises(Cancelled):
        for event in run_training(run, clips(), features(), cancel=cancel, checkpoint_every_s=0):
            if isinstance(event, RunProgress) and event.report.epoch == 2:
                cancel.cancel()
    began: list[int] = []
    original = run_module.train_network

    def watched(*given: Any, **how: Any) -> Any:
        for event in original(*given, **how):
            if isinstance(event, EpochReport):
                began.append(event.epoch)
            yield event

    monkeypatch.setattr(run_module, "train_network", watched)
    list(run_training(run, clips(), features(), resume=True))
    # Stopped in the third epoch; the snapshot after the second is gone on from.
    assert began == [3, 4]
    assert all(b == a + 1 for a, b in pairwise(began))
