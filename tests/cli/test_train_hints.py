"""`affekt train` hands a recipe that asks for hints what is heard in each clip."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from app.__main__ import main
from models.audio.heard import Heard, hear
from models.data.labelled import LabelledClip, write_labels
from models.training import features, heard_features
from models.training.recipes import RECIPES
from tests import corpus

SMALL = {"channels": (4, 8, 8, 8), "width": 16, "attention_size": 8}


def test_what_is_heard_in_each_clip_is_learned_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    tiny = dataclasses.replace(RECIPES["fast"], arguments=SMALL, crop_frames=32, epochs=1, batch=8)
    monkeypatch.setitem(RECIPES, "fast", tiny)
    monkeypatch.setattr(features, "CLIP_FRAMES", 64)
    monkeypatch.setattr(features, "fit_length", lambda mel: np.tile(mel, 2)[:, :64])
    heard: list[int] = []

    def counted(y: np.ndarray) -> Heard:
        heard.append(y.size)
        return hear(y)

    monkeypatch.setattr(heard_features, "hear", counted)
    files = [corpus.write(tmp_path / "toy" / "audio" / f"{i}.wav", corpus.melody(1, i)) for i in range(8)]
    write_labels(tmp_path / "toy", [LabelledClip(file, i % 4, f"artist {i}") for i, file in enumerate(files)])
    cache = tmp_path / "cache"
    command = ["train", str(tmp_path / "toy"), "--recipe", "fast", "--folds", "2", "--cache", str(cache)]
    assert main([*command, "--out", str(tmp_path / "m")]) == 0
    assert "8 of 8 clips are heard." in capfd.readouterr().out
    assert heard == [22_050] * 8
    card = json.loads((tmp_path / "m" / "card.json").read_text(encoding="utf-8"))
    assert card["network"]["kind"] == "fast"
    assert card["recipe"]["hint_weight"] == tiny.hint_weight
    assert main([*command, "--out", str(tmp_path / "again")]) == 0
    assert len(heard) == 8  # from the cache
