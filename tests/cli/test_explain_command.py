from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.__main__ import main
from app.cli.explain_text import explanation_lines
from models.explain.explanation import Explanation
from tests import corpus


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return corpus.write(tmp_path / "song.wav", corpus.melody(5))


def test_json_holds_the_map_and_its_sum_over_frequencies(song: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["explain", str(song), "--target", "Q2", "--model", "affekt-fast", "--method", "saliency", "--json", "-"]
    assert main(words) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["schema"] == "affekt.explanation/1"
    assert (document["file"], document["target"], document["method"]) == (str(song), "Q2", "saliency")
    assert len(document["times_s"]) == len(document["over_time"]) == 10
    assert len(document["map"]) == len(document["frequencies_hz"]) == 32
    assert document["frequencies_hz"] == sorted(document["frequencies_hz"])
    column = sum(row[3] for row in document["map"])
    assert column == pytest.approx(document["over_time"][3], rel=1e-3)


def test_a_figure_and_json_go_to_a_folder(song: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["explain", str(song), "--target", "arousal", "--model", "affekt-fast", "--out", str(tmp_path / "out")]
    assert main([*words, "--figures"]) == 0
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "explanation.json",
        "song-arousal-occlusion.pdf",
        "song-arousal-occlusion.png",
    ]
    assert capfd.readouterr().err == ""


def test_without_a_destination_the_strongest_moments_are_printed(song: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(song), "--target", "Q1", "--model", "affekt-fast", "--method", "contribution"]) == 0
    first, standing, *moments = capfd.readouterr().out.splitlines()
    assert "song.wav" in first
    assert "Q1" in first
    assert "chance" in standing
    assert len(moments) == 5
    assert moments[0].startswith("0:0")


def test_numbers_have_words_and_a_patch_is_told_once() -> None:
    times_s = np.arange(8, dtype=np.float32) / 2 + 0.25
    over_time = np.array([0, 0, 0.0249, 0.0249, 0.0249, -0.1, 0.01, 0.01], np.float32)
    patches = np.stack((0.9 * over_time, 0.1 * over_time))
    made = Explanation(
        "Q1", "integrated-gradients", "m", "1", -0.28, times_s, over_time, np.array([100, 400.0]), patches
    )
    first, _standing, *moments = explanation_lines(Path("a.wav"), made)
    assert "Q1: logit 0.280 below the mean of all four: the model leans away from it" in first
    assert moments[0].startswith("0:01.0-0:02.5  +0.0249")
    assert [line.split()[0] for line in moments[1:]] == ["0:03.0-0:04.0", "0:00.0-0:01.0", "0:02.5-0:03.0"]
    assert "leans towards it" in explanation_lines(Path("a.wav"), replace(made, number=0.5))[0]
    assert "+0.500 in [-1, 1]" in explanation_lines(Path("a.wav"), replace(made, number=0.5, target="arousal"))[0]
    weighted = explanation_lines(Path("a.wav"), replace(made, method="attention"))
    assert "+" not in "".join(weighted[2:])


def test_a_stretch_is_explained_by_itself(song: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["explain", str(song), "--target", "Q2", "--model", "affekt-fast", "--method", "saliency", "--json", "-"]
    assert main([*words, "--from", "1", "--to", "2.6"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["times_s"] == [1.25, 1.75, 2.25, 2.75]
    assert (document["start_s"], document["end_s"]) == (1, 2.6)
    for ends in (["--from", "2", "--to", "1"], ["--from", "-1"], ["--to", "0"], ["--from", "nan"]):
        with pytest.raises(SystemExit) as caught:
            main([*words, *ends])
        assert caught.value.code == 2
        assert "must end after it begins" in capfd.readouterr().err


def test_a_bad_file_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    bad = corpus.text_named_wav(tmp_path)
    assert main(["explain", str(bad), "--target", "Q1", "--model", "affekt-fast"]) == 1
    assert bad.name in capfd.readouterr().err


def test_contributions_to_valence_are_refused(song: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(song), "--target", "valence", "--method", "contribution"]) == 1
    assert "contributions add up to the quadrants only" in capfd.readouterr().err


def test_changes_are_tabled_and_written(song: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["explain", str(song), "--model", "affekt-fast", "--from", "1", "--to", "3"]
    assert main([*words, "--what-if", "gain=0", "low-pass=300"]) == 0
    title, _, before, same, darker, *notes = capfd.readouterr().out.splitlines()
    assert "1.0 to 3.0 s" in title
    assert before.split()[3:] == same.split()[2:]
    assert darker.split()[2:] != same.split()[2:]
    assert "instrumentation" in " ".join(notes)
    assert main([*words, "--what-if", "gain=0", "--out", str(tmp_path)]) == 0
    document = json.loads((tmp_path / "what-if.json").read_text(encoding="utf-8"))
    assert document["schema"] == "affekt.what-if/1"
    (change,) = document["changes"]
    assert (change["kind"], change["amount"]) == ("gain", 0)
    assert change["whole"] == document["before"]["whole"]
    assert change["stretch"] == document["before"]["stretch"]
    assert sum(change["whole"]["probabilities"].values()) == pytest.approx(1, abs=1e-4)


def test_changes_that_there_are_not_are_refused(song: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(song), "--model", "affekt-fast", "--what-if", "tempo=9"]) == 1
    assert "0.5 to 2" in capfd.readouterr().err
    assert main(["explain", str(song), "--model", "affekt-fast", "--what-if", "gain=3", "--figures"]) == 1
    assert "--figures" in capfd.readouterr().err
    for words in (["--what-if", "magic=3"], ["--what-if", "gain=loud"], []):
        with pytest.raises(SystemExit) as caught:
            main(["explain", str(song), *words])
        assert caught.value.code == 2
