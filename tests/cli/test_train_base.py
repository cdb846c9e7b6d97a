"""`affekt train` with the recipe of the default model: what it cannot take, and a whole small run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.__main__ import main
from models.audio.heard import N_STEP_FEATURES, N_SUMMARY_FEATURES
from models.data.labelled import GEMS, LabelledClip, write_labels
from models.training import fusion_recipe, heard_features
from tests import corpus
from tests.models.test_fusion_training import RECIPE

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """Nine clips: eight with a quadrant, one with a GEMS profile only."""
    rows = []
    for i in range(9):
        path = corpus.write(tmp_path / "toy" / "audio" / f"{i}.wav", corpus.melody(0.5, i))
        gems = tuple([0.5] * len(GEMS)) if i == 8 else None
        rows.append(LabelledClip(path, None if gems else i % 4, f"artist {i}", gems=gems))
    write_labels(tmp_path / "toy", rows)
    return tmp_path / "toy"


def test_what_the_recipe_has_no_use_for_is_refused(toy: Path, tmp_path: Path, capfd: Capture) -> None:
    assert main(["train", str(toy), "--out", str(tmp_path / "m"), "--recipe", "base", "--use-splits"]) == 1
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "The recipe base cannot be used with --use-splits, unless it goes on from a fused model" in said.err
    assert not list(tmp_path.glob("m*"))


def test_a_small_run_writes_a_model(toy: Path, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    heard = []

    class Heard:
        """Stands for what is heard of a clip: quicker, and of the same shape."""

        def __init__(self, y: np.ndarray) -> None:
            heard.append(y.size)
            self.steps = random.normal(size=(4, N_STEP_FEATURES)).astype(np.float32)
            self.summary = random.normal(size=N_SUMMARY_FEATURES).astype(np.float32)

    monkeypatch.setattr(heard_features, "hear", Heard)
    monkeypatch.setattr(fusion_recipe, "FusionRecipe", lambda: RECIPE)
    out = tmp_path / "my base"
    words = ["train", str(toy), "--out", str(out), "--folds", "2", "--recipe", "base", "--progress", "jsonl"]
    assert main(words) == 0
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert len(heard) == 9
    told = [e["event"] for e in events if e["event"] not in ("epoch", "heard")]
    assert told == ["note", "begin", "fold", "fold", "done"]
    assert "--start-from affekt-base keeps what it knows" in events[0]["text"]
    begin = events[1]
    assert (begin["protocol"], begin["clips"], begin["recipe"], begin["device"]) == ("affekt.train/1", 9, "base", "cpu")
    epochs = [e for e in events if e["event"] == "epoch"]
    assert [e["network"] for e in epochs if e["part"] == "final"] == ["listener 1 of 1"] * 3
    assert [e["fraction"] for e in epochs] == sorted(e["fraction"] for e in epochs)
    assert epochs[-1]["left_s"] >= 0
    history = json.loads((out / "history.json").read_text(encoding="utf-8"))
    assert [r["epoch"] for r in history["fold 2 of 2"]] == [1, 2, 3]
    assert {"final", "trajectory, final"} < set(history)
    assert {e["part"] for e in events if e["event"] == "epoch"} == {
        "fold 1 of 2", "fold 2 of 2", "final", "trajectory, final",
    }  # fmt: skip
    card = json.loads((out / "card.json").read_text(encoding="utf-8"))
    assert card["command"] == "affekt train toy --out 'my base' --recipe base --folds 2 --seed 0"
    assert card["network"]["known"] == 9  # the profile is remembered too
    assert card["scores"]["sources"]["toy"]["clips"] == 8
    assert main(words) == 0
    assert len(heard) == 9  # kept beside the model
    own = ["train", str(toy), "--out", str(tmp_path / "mine"), "--folds", "2", "--cache", str(out) + ".features"]
    assert main([*own, "--start-from", str(out), "--progress", "jsonl"]) == 0
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    begin = [e for e in events if e["event"] == "begin"][-1]
    assert (begin["recipe"], begin["parent"]) == ("base", "my base")
    assert any("8 of 9 clips were among those" in e["text"] or "9 of 9" in e["text"] for e in events if "text" in e)
    mine = json.loads((tmp_path / "mine" / "card.json").read_text(encoding="utf-8"))
    assert mine["network"]["known"] == 18
    assert main([*own, "--start-from", str(out), "--recipe", "crnn"]) == 1
    assert "it is trained further by the recipe base" in capfd.readouterr().err
    assert main([*own, "--start-from", "affekt-crnn", "--recipe", "base"]) == 1
    assert "starts from a fused model" in capfd.readouterr().err
