"""What a survey finds in labelled folders: each trouble is put there, and named with its cure."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from app.__main__ import main
from models.data.survey import Surveyed, survey
from tests import corpus


def _folder(parent: Path, labels: list[str], header: str = "file,quadrant,group", **how: Any) -> Path:
    """Write a labelled folder with a recording per row; `labels` hold what stands behind the file's name."""
    folder = parent / str(how.get("name", "music"))
    for i in range(len(labels)):
        corpus.write(folder / "audio" / f"{i}.wav", corpus.melody(0.6, i + how.get("seed", 0)))
    rows = [header, *(f"{i}.wav,{label}" for i, label in enumerate(labels))]
    (folder / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


def _survey(*folders: Path) -> dict[str, Any]:
    *progress, found = survey(folders)
    assert all(isinstance(one, Surveyed) for one in progress)
    assert isinstance(found, dict)
    json.dumps(found, allow_nan=False)
    return found


def _kinds(found: dict[str, Any]) -> dict[str, str]:
    assert all(problem["cure"] and problem["text"].endswith((".", ")")) for problem in found["problems"])
    return {problem["kind"]: problem["severity"] for problem in found["problems"]}


def _even(n: int, artists: int = 8) -> list[str]:
    return [f"Q{i % 4 + 1},artist {i % artists}" for i in range(n)]


def test_a_sound_set_is_counted(tmp_path: Path) -> None:
    found = _survey(_folder(tmp_path, _even(40)))
    assert (found["schema"], found["clips"], found["usable"], found["can_train"]) == ("affekt.survey/1", 40, 40, True)
    assert found["quadrants"] == {"Q1": 10, "Q2": 10, "Q3": 10, "Q4": 10}
    assert found["duration_s"]["median"] == 0.6
    assert found["duration_s"]["total"] == pytest.approx(24)
    assert found["groups"] == {"count": 8, "named": 40, "largest": {"name": "artist 0", "clips": 5}}
    assert found["sources"] == {"music": 40}
    assert found["siblings"]["music"]["accuracy"] == 1.0  # an artist is always of one quadrant here
    assert _kinds(found) == {"siblings": "warning"}
    assert (found["advice"]["start_from"], found["advice"]["recipe"], found["advice"]["folds"]) == (
        "affekt-base", "base", 5,
    )  # fmt: skip


def test_copies_are_told_by_their_content(tmp_path: Path) -> None:
    folder = _folder(tmp_path, _even(12))
    shutil.copy(folder / "audio" / "0.wav", folder / "audio" / "4.wav")  # both Q1
    shutil.copy(folder / "audio" / "1.wav", folder / "audio" / "6.wav")  # Q2 and Q3
    y, rate = soundfile.read(folder / "audio" / "3.wav", dtype="int16")
    soundfile.write(folder / "audio" / "3.flac", y, rate)
    table = folder / "labels.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("7.wav", "3.flac"), encoding="utf-8")
    found = _survey(folder)
    assert [(d["how"], d["labels_agree"]) for d in found["duplicates"]] == [
        ("bytes", True), ("bytes", False), ("sound", True),
    ]  # fmt: skip
    assert found["usable"] == 12 - 1 - 2 - 1
    assert {"contradictory": "error", "duplicates": "warning", "few": "warning"}.items() <= _kinds(found).items()
    assert not found["can_train"]


def test_of_recordings_that_two_folders_refer_to_one_of_each_is_kept(tmp_path: Path) -> None:
    folder = _folder(tmp_path, _even(12))
    other = tmp_path / "other"
    other.mkdir()
    rows = [f"{folder / 'audio' / f'{i}.wav'},Q{i % 4 + 1}" for i in range(4)]
    (other / "labels.csv").write_text("\n".join(["file,quadrant", *rows]) + "\n", encoding="utf-8")
    found = _survey(folder, other)
    assert len(found["duplicates"]) == 4
    assert found["usable"] == 12


def test_when_all_are_copies_there_is_nothing_to_learn(tmp_path: Path) -> None:
    folder = _folder(tmp_path, ["Q1,a", "Q1,b", "Q1,c"])
    for i in (1, 2):
        shutil.copy(folder / "audio" / "0.wav", folder / "audio" / f"{i}.wav")
    assert _kinds(_survey(folder))["all_duplicates"] == "error"


def test_what_cannot_be_read_is_named_with_why(tmp_path: Path) -> None:
    folder = _folder(tmp_path, _even(12))
    (folder / "audio" / "0.wav").write_bytes(b"no sound at all")
    corpus.write(folder / "audio" / "1.wav", np.zeros(22_050, np.float32))
    corpus.write(folder / "audio" / "2.wav", corpus.melody(0.01, 1))
    found = _survey(folder)
    assert {Path(one["file"]).name for one in found["unreadable"]} == {"0.wav", "1.wav", "2.wav"}
    kinds = _kinds(found)
    assert {"unreadable": "error", "silent": "error", "too_short": "error"}.items() <= kinds.items()
    assert found["usable"] == 9


@pytest.mark.parametrize(
    ("labels", "kinds"),
    [
        (["Q1,a", "Q1,b", "Q1,c"], {"one_class": "error", "few": "warning"}),
        (["Q1,a", "Q2,b", "Q3,c", "Q4,d"], {"one_clip_per_class": "error", "few": "warning", "few_groups": "warning"}),
        (["Q1,a", "Q1,a", "Q2,a"], {"missing_class": "warning", "few_groups": "error"}),
        (["Q1,", "Q1,", "Q2,", "Q2,"], {"no_groups": "warning"}),
        (["Q1,a"] * 20 + ["Q2,b"] * 20 + ["Q3,c", "Q4,d"], {"unbalanced": "warning"}),
        (["Q7,a", "Q1,b", "Q2,c"], {"bad_row": "error"}),
    ],
)
def test_classes_and_groups(tmp_path: Path, labels: list[str], kinds: dict[str, str]) -> None:
    assert kinds.items() <= _kinds(_survey(_folder(tmp_path, labels))).items()


def test_scales(tmp_path: Path) -> None:
    header = "file,valence,arousal,group"
    nine = [f"{1 + i % 9},{9 - i % 8},artist {i}" for i in range(12)]
    found = _survey(_folder(tmp_path, nine, header, name="nine"))
    (problem,) = [p for p in found["problems"] if p["kind"] == "out_of_range"]
    assert "subtract 5, divide by 4" in problem["cure"]
    assert problem["severity"] == "error"
    assert "row 2" in problem["text"] or "row 3" in problem["text"]
    mixed = [f"{0.1 * i - 0.5:.1f},0.3,artist {i}" for i in range(8)] + [f"{i},6,artist {i}" for i in range(2, 8)]
    assert _kinds(_survey(_folder(tmp_path, mixed, header, name="mixed")))["mixed_scales"] == "error"
    above = [f"{i / 24:.2f},{1 - i / 24:.2f},artist {i}" for i in range(24)]
    assert _kinds(_survey(_folder(tmp_path, above, header, name="above")))["mixed_scales"] == "warning"
    right = [f"{i / 12 - 1:.2f},{1 - i / 12:.2f},artist {i}" for i in range(24)]
    assert "mixed_scales" not in _kinds(_survey(_folder(tmp_path, right, header, name="right")))


@pytest.mark.parametrize("what", ["empty", "missing", "file"])
def test_where_nothing_is_the_cure_is_said(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "music"
    if what == "file":
        folder.write_text("no folder", encoding="utf-8")
    elif what == "empty":
        folder.mkdir()
    good = _folder(tmp_path, _even(40), name="good", seed=50)
    found = _survey(folder)
    (problem,) = found["problems"]
    assert problem["severity"] == "error"
    assert "Q1, Q2, Q3, Q4" in problem["cure"]
    assert (found["clips"], found["can_train"]) == (0, False)
    assert found["advice"]["text"] == "Label recordings first: forty are a good beginning."
    both = _survey(folder, good)  # the other folder is looked at all the same
    assert both["usable"] == 40
    assert not both["can_train"]


def test_the_command_says_it_in_words_as_json_and_as_events(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = str(_folder(tmp_path, _even(12)))
    assert main(["survey", folder]) == 0
    assert "12 of 12 recordings can be used" in capfd.readouterr().out
    assert main(["survey", folder, "--json", str(tmp_path / "s.json"), "--progress", "jsonl"]) == 0
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [e["event"] for e in events] == ["surveyed", "surveyed", "survey"]
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8")) == events[-1]["survey"]
    (tmp_path / "empty").mkdir()
    assert main(["survey", str(tmp_path / "empty"), "--json", "-"]) == 1
    assert json.loads(capfd.readouterr().out)["can_train"] is False
