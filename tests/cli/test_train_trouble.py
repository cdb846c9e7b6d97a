"""`affekt train` when something goes wrong: what is said, and that the last good model stays."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from app.__main__ import main
from models.data.labelled import LabelledClip, write_labels
from models.training import checkpoint, features, trainer
from models.training.recipes import RECIPES
from tests import corpus
from tests.cli.test_train_control import Child
from tests.tiny_model import DESCRIPTION

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eight short clips, and a recipe of a moment."""
    sizes = {name: value for name, value in DESCRIPTION.items() if name != "kind"}
    tiny = dataclasses.replace(RECIPES["crnn"], arguments=sizes, crop_frames=32, epochs=2, batch=8)
    monkeypatch.setitem(RECIPES, "crnn", tiny)
    monkeypatch.setattr(features, "CLIP_FRAMES", 64)
    monkeypatch.setattr(features, "fit_length", lambda mel: np.tile(mel, 2)[:, :64])
    _write(tmp_path / "toy", [i % 4 for i in range(8)])
    return tmp_path / "toy"


def _write(folder: Path, quadrants: list[int]) -> Path:
    files = [corpus.write(folder / "audio" / f"{i}.wav", corpus.melody(1, i)) for i in range(len(quadrants))]
    write_labels(
        folder, [LabelledClip(f, q, f"artist {i}") for i, (f, q) in enumerate(zip(files, quadrants, strict=True))]
    )
    return folder


def _train(folder: Path, *more: str) -> int:
    words = ["train", str(folder), "--out", str(folder.parent / "m"), "--recipe", "crnn", "--folds", "2"]
    return main([*words, "--progress", "jsonl", *more])


def _events(capfd: Capture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def _model(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder.parent / "m").iterdir()}


@pytest.mark.parametrize("trouble", ["no number", "no memory", "no space", "gone", "one class"])
def test_the_last_good_model_stays(toy: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture, trouble: str) -> None:
    assert _train(toy) == 0
    before = _model(toy)
    capfd.readouterr()
    if trouble == "no number":
        losses = trainer.Trainer._losses
        monkeypatch.setattr(trainer.Trainer, "_losses", lambda *a: tuple(x * float("nan") for x in losses(*a)))
    elif trouble == "no memory":

        def none_left(*_: Any) -> Any:
            raise MemoryError

        monkeypatch.setattr(trainer.Trainer, "_losses", none_left)
    elif trouble == "no space":

        def full(*_: Any) -> Any:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(checkpoint, "save_file", full)
    elif trouble == "gone":
        shutil.rmtree(toy / "audio")
    else:
        _write(toy, [0] * 8)
    assert _train(toy) == 1
    error = _events(capfd)[-1]
    kind = {"no memory": "out_of_memory", "no space": "no_space"}.get(trouble, "bad_data")
    assert (error["event"], error["kind"]) == ("error", kind)
    assert error["message"].endswith(".")
    assert _model(toy) == before


def test_a_disk_that_is_full_while_recordings_are_heard_is_said(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(features.np, "save", full)
    assert _train(toy) == 1
    error = _events(capfd)[-1]
    assert error["kind"] == "no_space"
    assert "no space left on the disk" in error["message"]


def test_a_folder_that_is_emptied_while_it_is_heard_is_named(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    original, heard = features._features, []

    def then_gone(path: Path, *rest: Any) -> Any:
        out = original(path, *rest)
        heard.append(path)
        if len(heard) == 3:
            for name in ("5.wav", "6.wav"):
                (toy / "audio" / name).unlink()
        return out

    monkeypatch.setattr(features, "_features", then_gone)
    assert _train(toy) == 1
    error = _events(capfd)[-1]
    assert error["kind"] == "not_found"
    assert "5.wav is not there any more" in error["message"]
    assert "--resume" in error["message"]
    _write(toy, [i % 4 for i in range(8)])
    heard.clear()
    assert _train(toy, "--skip-bad") == 0
    events = _events(capfd)
    assert sum("is not there any more" in e.get("text", "") for e in events) == 2
    assert events[-1]["scores"]["sources"]["toy"]["clips"] == 6


def test_what_is_bad_is_left_out_when_asked(toy: Path, capfd: Capture) -> None:
    _write(toy, [i % 4 for i in range(16)])
    table = toy / "labels.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("7.wav,Q4", "7.wav,Q9"), encoding="utf-8")
    (toy / "audio" / "6.wav").write_bytes(b"no music")
    shutil.copy(toy / "audio" / "0.wav", toy / "audio" / "4.wav")  # Q1 both
    assert _train(toy) == 1
    assert "Q9" in _events(capfd)[-1]["message"]
    assert _train(toy, "--skip-bad") == 0
    events = _events(capfd)
    said = [e["text"] for e in events if e["event"] == "note"]
    assert any("Q9" in text for text in said)
    assert any("6.wav" in text for text in said)
    assert any("0.wav is there more than once (4.wav): one is kept" in text for text in said)
    assert events[-1]["scores"]["sources"]["toy"]["clips"] == 13
    shutil.copy(toy / "audio" / "0.wav", toy / "audio" / "5.wav")  # Q1 and Q2
    assert _train(toy, "--skip-bad") == 0
    assert any("contradict each other" in e.get("text", "") for e in _events(capfd))


def test_a_copy_in_another_format_is_left_out_too(toy: Path, capfd: Capture) -> None:
    _write(toy, [i % 4 for i in range(12)])
    y, rate = soundfile.read(toy / "audio" / "3.wav", dtype="int16")
    soundfile.write(toy / "audio" / "7.flac", y, rate)
    table = toy / "labels.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("7.wav", "7.flac"), encoding="utf-8")
    assert _train(toy, "--skip-bad") == 0
    events = _events(capfd)
    assert any("3.wav is there more than once (7.flac): one is kept" in e.get("text", "") for e in events)
    assert events[-1]["scores"]["sources"]["toy"]["clips"] == 11


@pytest.mark.parametrize(
    ("quadrants", "message"),
    [([2, 2, 2], "All 3 clips are Q3"), ([0, 1, 2, 3], "one clip per quadrant")],
)
def test_what_cannot_be_learned_or_tested_is_refused(
    tmp_path: Path, toy: Path, capfd: Capture, quadrants: list[int], message: str
) -> None:
    assert _train(_write(tmp_path / "few", quadrants)) == 1
    assert message in _events(capfd)[-1]["message"]
    if len(set(quadrants)) > 1:  # without a test it is trained all the same
        assert (
            main(["train", str(tmp_path / "few"), "--out", str(tmp_path / "m"), "--recipe", "crnn", "--folds", "0"])
            == 0
        )


def test_there_are_no_more_folds_than_groups_unless_somebody_asked(toy: Path, tmp_path: Path, capfd: Capture) -> None:
    rows = [LabelledClip(toy / "audio" / f"{i}.wav", i % 4, f"artist {i % 3}") for i in range(8)]
    write_labels(toy, rows)
    words = ["train", str(toy), "--out", str(tmp_path / "m"), "--recipe", "crnn", "--progress", "jsonl"]
    assert main(words) == 0
    events = _events(capfd)
    assert "toy has 3 groups, so there are 3 folds." in [e.get("text") for e in events]
    assert sum(e["event"] == "fold" for e in events) == 3
    assert main([*words, "--folds", "5"]) == 1


def test_the_time_is_estimated_by_a_trial_and_nothing_is_trained(toy: Path, tmp_path: Path, capfd: Capture) -> None:
    assert _train(toy, "--estimate", "--epochs", "100") == 0
    events = _events(capfd)
    told = events[-1]
    assert told["event"] == "estimate"
    assert (told["clips"], told["to_hear"], told["networks"]) == (8, 0, 3)
    assert told["total_s"] == pytest.approx(told["features_s"] + told["training_s"], abs=0.11)
    assert told["training_s"] > 0
    assert not (tmp_path / "m").exists()
    assert _train(toy) == 0  # what was heard in the trial is not heard again
    assert [e for e in _events(capfd) if e["event"] == "features"][-1]["seconds"] < 5


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_process_that_is_killed_is_gone_on_with(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    words = [str(toy), "--out", str(tmp_path / "m"), "--recipe", "crnn", "--folds", "2", "--epochs", "12"]
    child = Child(*words)
    child.until("fold")
    child.until("epoch")
    os.kill(child.process.pid, signal.SIGKILL)
    assert child.end() == -signal.SIGKILL
    assert not (tmp_path / "m").exists()
    capfd.readouterr()
    monkeypatch.setitem(RECIPES, "crnn", dataclasses.replace(RECIPES["crnn"], batch=4))  # as the process had it
    assert main(["train", *words, "--resume", "--progress", "jsonl"]) == 0
    parts = [event["part"] for event in _events(capfd) if event["event"] == "epoch"]
    assert set(parts) == {"fold 2 of 2", "final"}  # the first fold was finished
    assert (tmp_path / "m" / "card.json").is_file()
