from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from app.__main__ import main
from models.data.labelled import LabelledClip, write_labels
from models.training import features
from models.training.recipes import RECIPES
from tests import corpus

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A labelled folder of eight short clips, and a recipe that takes seconds."""
    tiny = dataclasses.replace(RECIPES["crnn"], name="crnn", crop_frames=32, epochs=1, batch=8)
    monkeypatch.setitem(RECIPES, "crnn", tiny)
    monkeypatch.setattr(features, "CLIP_FRAMES", 64)
    monkeypatch.setattr(features, "fit_length", lambda mel: np.tile(mel, 2)[:, :64])
    rows = []
    for i in range(8):
        corpus.write(tmp_path / "toy" / "audio" / f"{i}.wav", corpus.melody(1, i))
        rows.append(LabelledClip(tmp_path / "toy" / "audio" / f"{i}.wav", i % 4, f"artist {i}" if i else ""))
    write_labels(tmp_path / "toy", rows)
    return tmp_path / "toy"


def test_train_writes_a_model_that_models_and_analyse_can_use(toy: Path, tmp_path: Path, capfd: Capture) -> None:
    card = tmp_path / "card.json"
    card.write_text(
        json.dumps({"name": "Toy", "summary": "A toy.", "limits": ["toys only"], "notes": ["tried twice"]}),
        encoding="utf-8",
    )
    out = tmp_path / "my model"
    assert main(["train", str(toy), "--out", str(out), "--folds", "2", "--seed", "3", "--card", str(card)]) == 0
    said, err = capfd.readouterr()
    assert err == ""
    assert "1 of 8 clips name no group" in said
    assert "fold 1 of 2, epoch 1 of 1: loss" in said
    assert "fold 2: macro-F1 toy" in said
    assert f"The model is in {out}." in said
    written = json.loads((out / "card.json").read_text(encoding="utf-8"))
    assert (written["name"], written["summary"], written["limits"]) == ("Toy", "A toy.", ["toys only"])
    assert written["notes"] == ["tried twice"]
    assert written["command"] == "affekt train toy --out 'my model' --recipe crnn --epochs 1 --folds 2 --seed 3"
    assert written["scores"]["sources"]["toy"]["clips"] == 8
    song = toy / "audio" / "0.wav"
    assert main(["analyse", str(song), "--model", str(out), "--device", "cpu", "--json", "-"]) == 0
    assert json.loads(capfd.readouterr().out)["results"][0]["model"]["id"] == "my model"


def test_progress_as_json_lines(toy: Path, tmp_path: Path, capfd: Capture) -> None:
    words = ["train", str(toy), "--out", str(tmp_path / "m"), "--folds", "0", "--epochs", "2", "--progress", "jsonl"]
    assert main(words) == 0
    lines = capfd.readouterr().out.splitlines()
    events = [json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} in JSON")) for line in lines]
    assert [e["event"] for e in events] == ["note", "features", "epoch", "epoch", "done"]
    assert [e["epoch"] for e in events[2:4]] == [1, 2]
    assert events[2]["part"] == "final"
    assert events[2]["validation_loss"] is None
    assert events[-1]["scores"] == {}


def test_errors_as_json_lines(tmp_path: Path, capfd: Capture) -> None:
    assert main(["train", str(tmp_path), "--out", str(tmp_path / "m"), "--progress", "jsonl"]) == 1
    (line,) = capfd.readouterr().out.splitlines()
    assert json.loads(line)["kind"] == "bad_data"


def test_a_stop_keeps_finished_folds_and_says_how_to_go_on(
    toy: Path, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.training import run as module

    original = module.train_network

    def stop_at_second(*args: object, seed: int, **rest: object) -> object:
        if seed == 1:
            raise KeyboardInterrupt
        return original(*args, seed=seed, **rest)  # type: ignore[arg-type]

    words = ["train", str(toy), "--out", str(tmp_path / "m"), "--folds", "2"]
    monkeypatch.setattr(module, "train_network", stop_at_second)
    assert main(words) == 1
    assert "--resume goes on" in capfd.readouterr().out
    monkeypatch.setattr(module, "train_network", original)
    assert main([*words, "--resume"]) == 0
    said = capfd.readouterr().out
    assert "fold 1 of 2, epoch" not in said
    assert "fold 2 of 2, epoch" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "neither a labels.csv"),
        (["toy", "--card", "gone.json"], "gone.json cannot be read"),
        (["toy", "--card", "toy/labels.csv"], "cannot be read as JSON"),
        (["toy", "--card", "list.json"], "must hold an object"),
        (["toy", "--folds", "9"], "9 folds need 9 groups"),
        (["toy", "--cache", "toy/labels.csv"], "labels.csv"),
        (["toy", "--out", "toy"], "no model folder"),
        (["toy", "--share", "tony=0.5"], "tony, which is none of the folders"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    toy: Path, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    assert main(["train", "--out", "m", *words]) == 1
    err = capfd.readouterr().err
    assert err.startswith("affekt train: ")
    assert message in err
    assert len(err.splitlines()) == 1
    assert (toy / "labels.csv").is_file()
    assert not (tmp_path / "m").exists()
