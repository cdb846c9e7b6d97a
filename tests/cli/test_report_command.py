"""`affekt report`: the first paper's tables for one's own folders, small here, under one protocol."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.__main__ import main
from models.data.labelled import LabelledClip, write_labels
from models.errors import JobError
from models.evaluation.report import faithful, quadrants
from models.evaluation.report.faithful import RowDone, as_markdown, paper_tables
from models.evaluation.report.quadrants import Row, grouped_split, material
from models.jobs import Control
from models.training import features
from models.training.recipes import RECIPES
from models.training.record import RunProgress
from tests import corpus
from tests.models.training_toys import clips
from tests.models.training_toys import features as toy_features
from tests.tiny_model import DESCRIPTION

ROW_NAMES = ("crnn-paper", "crnn-paper-no-attention")
TINY_ROWS = tuple(Row(name, name, 3) for name in ROW_NAMES)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {name: value for name, value in DESCRIPTION.items() if name != "kind"}
    for name in ROW_NAMES:
        recipe = RECIPES[name]
        arguments = {**recipe.arguments, **sizes}
        monkeypatch.setitem(RECIPES, name, dataclasses.replace(recipe, arguments=arguments, batch=8))
    monkeypatch.setattr(quadrants, "CROP_FRAMES", 32)
    monkeypatch.setattr(quadrants.budgeted, "__defaults__", (32,))
    monkeypatch.setattr(quadrants.middle, "__defaults__", (32,))


def _tables(**how: Any) -> list[Any]:
    return list(paper_tables(clips(), toy_features(), rows=TINY_ROWS, **how))


def test_each_network_is_trained_on_one_part_and_tested_on_another() -> None:
    events = _tables()
    results = events[-1]
    data = material("toy", clips(), toy_features())
    split = grouped_split(data.labels, data.groups)
    assert [e.result["recipe"] for e in events if isinstance(e, RowDone)] == list(ROW_NAMES)
    for entry in results["sources"]["toy"]:
        assert entry["clips"] == int(split.test.sum())
        assert entry["trained_on"]["clips"] == int(split.train.sum())
        assert np.sum(entry["confusion_rows_truth"]) == entry["clips"]
        assert entry["epochs"] == 3
    progress = [e.fraction for e in events if isinstance(e, RunProgress)]
    assert progress == sorted(progress)
    assert progress[-1] == pytest.approx(1)


def test_the_tables_stand_beside_the_papers_figures() -> None:
    page = as_markdown(_tables()[-1])
    (row,) = [line for line in page.splitlines() if line.startswith("| crnn-paper |")]
    assert "0.884 (0.87)" in row  # the paper's 88.4%, F1 0.87
    assert "Attention is worth" in page
    assert "No group" in page or "no group is on two sides" in page


def test_time_decides_the_epochs_and_stopping_keeps_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faithful, "_MOST_EPOCHS", 2)
    assert [entry["epochs"] for entry in _tables(minutes=5)[-1]["sources"]["toy"]] == [2, 2]
    control, results = Control(), {}
    for event in paper_tables(clips(), toy_features(), rows=TINY_ROWS, cancel=control):
        if isinstance(event, RunProgress):
            control.stop()
        if isinstance(event, dict):
            results = event
    (only,) = results["sources"]["toy"]
    assert (only["recipe"], only["ending"]) == ("crnn-paper", "stopped")
    assert "not run" in as_markdown(results)
    assert any("Stopped by hand after 1 of 2" in text for text in results["notices"])


def test_a_folder_that_cannot_be_divided_is_refused() -> None:
    few = [dataclasses.replace(clip, group=f"g{i % 3}") for i, clip in enumerate(clips(12))]
    with pytest.raises(JobError, match="toy is too small to be divided") as error:
        list(paper_tables(few, toy_features(12), rows=TINY_ROWS))
    assert error.value.kind == "bad_data"


def test_the_command_writes_tables_as_text_sheet_and_json(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "CLIP_FRAMES", 64)
    monkeypatch.setattr(features, "fit_length", lambda mel: np.tile(mel, 2)[:, :64])
    monkeypatch.setattr(paper_tables, "__kwdefaults__", {**paper_tables.__kwdefaults__, "rows": TINY_ROWS})
    files = [corpus.write(tmp_path / "toy" / "audio" / f"{i}.wav", corpus.melody(1, i)) for i in range(24)]
    write_labels(tmp_path / "toy", [LabelledClip(file, i % 4, f"artist {i}") for i, file in enumerate(files)])
    words = ["report", str(tmp_path / "toy"), "--out", str(tmp_path / "out"), "--progress", "jsonl"]
    assert main(words) == 0
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    kinds = [e["event"] for e in events]
    assert kinds[0] == "begin"
    assert [kind for kind in kinds if kind == "row"] == ["row"] * 2
    assert (kinds[-1], events[-1]["folder"]) == ("done", str(tmp_path / "out"))
    rows = list(csv.DictReader((tmp_path / "out" / "tables.csv").open(encoding="utf-8")))
    assert [row["recipe"] for row in rows] == list(ROW_NAMES)
    kept = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert kept == events[-1]["results"]
    assert float(rows[0]["macro_f1"]) == kept["sources"]["toy"][0]["scores"]["macro_f1"]["value"]
    assert "## toy" in (tmp_path / "out" / "tables.md").read_text(encoding="utf-8")
    (tmp_path / "empty").mkdir()
    assert main(["report", str(tmp_path / "empty"), "--out", str(tmp_path / "none"), "--progress", "jsonl"]) == 1
    assert json.loads(capfd.readouterr().out.splitlines()[-1])["event"] == "error"
    assert not (tmp_path / "none").exists()
