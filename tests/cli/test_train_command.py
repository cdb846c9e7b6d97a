from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.__main__ import main
from models.data.labelled import GEMS, LabelledClip, write_labels
from models.training import features
from models.training.recipes import RECIPES
from tests import corpus
from tests.tiny_model import DESCRIPTION, write_tiny_model

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A labelled folder of eight short clips, and a recipe that takes seconds."""
    sizes = {name: value for name, value in DESCRIPTION.items() if name != "kind"}
    tiny = dataclasses.replace(RECIPES["crnn"], arguments=sizes, crop_frames=32, epochs=1, batch=8)
    monkeypatch.setitem(RECIPES, "crnn", tiny)
    # The default recipe has tests of its own (test_train_base.py).
    monkeypatch.setattr("app.cli.train.DEFAULT_RECIPE", "crnn")
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
    assert written["notes"][0] == "tried twice"
    assert "8 clips are few" in written["notes"][1]
    assert written["command"] == "affekt train toy --out 'my model' --recipe crnn --folds 2 --seed 3"
    assert written["scores"]["sources"]["toy"]["clips"] == 8
    song = toy / "audio" / "0.wav"
    assert main(["analyse", str(song), "--model", str(out), "--device", "cpu", "--json", "-"]) == 0
    assert json.loads(capfd.readouterr().out)["results"][0]["model"]["id"] == "my model"


def test_progress_as_json_lines(toy: Path, tmp_path: Path, capfd: Capture) -> None:
    words = ["train", str(toy), "--out", str(tmp_path / "m"), "--folds", "0", "--epochs", "2", "--progress", "jsonl"]
    assert main(words) == 0
    lines = capfd.readouterr().out.splitlines()
    events = [json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} in JSON")) for line in lines]
    told = [e["event"] for i, e in enumerate(events) if e["event"] != "features" or e["clips"] == 8]
    assert told == ["note", "begin", "features", "note", "epoch", "epoch", "done"]
    events = [e for e in events if e["event"] != "features"]
    assert "8 clips are few" in events[2]["text"]
    assert [(e["epoch"], e["fraction"]) for e in events[3:5]] == [(1, 0.5), (2, 1.0)]
    assert events[3]["part"] == "final"
    assert events[3]["validation_loss"] is None
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
        (["nowhere"], "is no folder, or is not there"),
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


def _events(capfd: Capture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def test_a_model_goes_on_from_another_and_its_card_says_so(
    toy: Path, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = dataclasses.replace(RECIPES["finetune-few"], crop_frames=32, epochs=1)
    monkeypatch.setitem(RECIPES, "finetune-few", few)
    write_tiny_model(tmp_path / "old")
    config = tmp_path / "options.json"
    config.write_text(
        json.dumps({"folders": ["toy"], "out": "m", "start-from": "old", "folds": 2, "progress": "jsonl"}),
        encoding="utf-8",
    )
    assert main(["train", "--config", str(config), "--seed", "4"]) == 0
    events = _events(capfd)
    assert events[-1]["event"] == "done"
    assert any("8 clips are few, so the recipe is finetune-few" in e["text"] for e in events if e["event"] == "note")
    card = json.loads((tmp_path / "m" / "card.json").read_text(encoding="utf-8"))
    assert card["parent"]["id"] == "old"
    assert card["network"]["channels"] == [4, 8, 8, 8]
    assert card["recipe"]["name"] == "finetune-few"
    assert card["command"] == "affekt train toy --out m --recipe finetune --start-from old --folds 2 --seed 4"
    assert main(["models", str(tmp_path / "m")]) == 0
    assert "from: old, version 7" in capfd.readouterr().out
    # Whoever goes on from this one is told that it has heard these clips, whatever their folder is called.
    (tmp_path / "toy").rename(tmp_path / "renamed")
    again = ["train", str(tmp_path / "renamed"), "--out", str(tmp_path / "n"), "--start-from", str(tmp_path / "m")]
    assert main([*again, "--folds", "2"]) == 0
    assert "8 of 8 clips were among those that m was trained on" in capfd.readouterr().out
    assert main(["train", str(tmp_path / "renamed"), "--out", str(tmp_path / "o"), "--start-from", "nobody"]) == 1
    assert "There is no model 'nobody'" in capfd.readouterr().err


def test_what_copying_a_siblings_label_would_score_is_said_and_kept(toy: Path, tmp_path: Path, capfd: Capture) -> None:
    rows = [LabelledClip(toy / "audio" / f"{i}.wav", i // 4, f"song {i // 2}") for i in range(8)]
    write_labels(toy, rows)
    assert main(["train", str(toy), "--out", str(tmp_path / "m"), "--folds", "2"]) == 0
    assert "toy: 8 of 8 clips share their song or artist" in (said := capfd.readouterr().out)
    assert "would score 1.000 under folds by clip (chance 0.500)" in said
    card = json.loads((tmp_path / "m" / "card.json").read_text(encoding="utf-8"))
    assert card["scores"]["copying_a_siblings_label"]["toy"] == {"clips": 8, "of": 8, "accuracy": 1.0, "chance": 0.5}


def test_clips_without_a_quadrant_are_left_out_and_counted(toy: Path, tmp_path: Path, capfd: Capture) -> None:
    gems = tuple(0.5 for _ in GEMS)
    rows = [LabelledClip(toy / "audio" / f"{i}.wav", i % 4 if i < 6 else None, str(i), gems=gems) for i in range(8)]
    write_labels(toy, rows)
    words = ["train", str(toy), "--out", str(tmp_path / "m"), "--folds", "0", "--progress", "jsonl"]
    assert main(words) == 0
    events = _events(capfd)
    assert events[0]["left_out"] == 2
    assert "2 of 8 clips have neither a quadrant" in events[0]["text"]
    assert next(e for e in events if e["event"] == "features")["of"] == 6
    write_labels(toy, [dataclasses.replace(row, quadrant=None) for row in rows])
    assert main(words) == 1
    assert "nothing to learn" in _events(capfd)[-1]["message"]


def test_the_folders_own_split_is_used_when_asked(toy: Path, tmp_path: Path, capfd: Capture) -> None:
    rows = [
        LabelledClip(toy / "audio" / f"{i}.wav", i % 4, f"artist {i % 4}", split="train" if i < 4 else "test")
        for i in range(8)
    ]
    write_labels(toy, rows)
    words = ["train", str(toy), "--out", str(tmp_path / "m"), "--use-splits"]
    assert main(words) == 1
    assert "two of its parts: 'artist 0', 'artist 1', 'artist 2' and 1 more" in capfd.readouterr().err
    assert main([*words, "--allow-shared-groups"]) == 0
    said = capfd.readouterr().out
    assert "train split, epoch 1 of 1" in said
    assert "test split: macro-F1 toy" in said


def test_a_time_budget_is_kept_and_said(toy: Path, tmp_path: Path, capfd: Capture) -> None:
    words = ["train", str(toy), "--out", str(tmp_path / "m"), "--folds", "2", "--epochs", "500", "--minutes", "0.02"]
    began = time.monotonic()
    assert main(words) == 0
    assert time.monotonic() - began < 60
    assert "0.02 minutes are enough for" in capfd.readouterr().out
    card = json.loads((tmp_path / "m" / "card.json").read_text(encoding="utf-8"))
    assert 1 <= card["recipe"]["epochs"] < 500
    assert any("0.02 minutes" in note for note in card["notes"])


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["toy"],
        ["--out", "m"],
        ["toy", "--out", "m", "--use-splits", "--folds", "3"],
        ["toy", "--out", "m", "--allow-shared-groups"],
        ["toy", "--out", "m", "--minutes", "-1"],
    ],
)
def test_wrong_usage_is_told_from_failure(toy: Path, capfd: Capture, words: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["train", *words])
    assert stopped.value.code == 2
    assert "usage: affekt train" in capfd.readouterr().err


def test_an_error_in_the_options_file_is_an_event_too(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "o.json").write_text('{"fold": 2}', encoding="utf-8")
    assert main(["train", "--config", str(tmp_path / "o.json"), "--progress", "jsonl"]) == 1
    (event,) = _events(capfd)
    assert (event["event"], event["kind"]) == ("error", "bad_data")
    assert "'fold'" in event["message"]
