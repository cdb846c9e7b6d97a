"""`affekt evaluate` from the command line to the table, the JSON and the figures."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from app.__main__ import main
from models.data.traces import Trace, write_trace
from models.export import evaluation_json
from tests import corpus
from tests.tiny_model import write_tiny_model

SCHEMA = json.loads(Path(evaluation_json.__file__).with_name("evaluation.schema.json").read_text(encoding="utf-8"))
Evaluate = Callable[..., tuple[int, str, str]]
N_CLIPS = 12


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A labelled folder of twelve short clips of six artists with valence, arousal and traces."""
    folder = tmp_path_factory.mktemp("data") / "toys"
    rng = np.random.default_rng(0)
    rows = []
    for i in range(N_CLIPS):
        corpus.write(folder / "audio" / f"{i}.wav", corpus.melody(2, i))
        valence, arousal = rng.uniform(0.1, 0.9, 2) * ([1, 1], [-1, 1], [-1, -1], [1, -1])[i % 4]
        times = np.arange(5) / 2
        write_trace(folder / "traces" / f"{i}.csv", Trace(times, rng.uniform(-1, 1, 5), rng.uniform(-1, 1, 5)))
        rows.append((f"{i}.wav", f"{valence:.3f}", f"{arousal:.3f}", f"artist {i // 2}", "test" if i < 8 else "train"))
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("file", "valence", "arousal", "group", "split"), *rows])
    return folder


@pytest.fixture
def evaluate(tiny_folder: Path, capfd: pytest.CaptureFixture[str]) -> Evaluate:
    """Run `affekt evaluate` with the tiny model; returns exit status, standard output and standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        capfd.readouterr()
        status = main(["evaluate", "--model", str(tiny_folder), "--device", "cpu", *map(str, words)])
        return (status, *capfd.readouterr())

    return run


def _valid(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} in JSON"))
    Draft202012Validator(SCHEMA).validate(document)
    return document


def test_the_answers_are_those_of_analyse(evaluate: Evaluate, toys: Path, tiny_folder: Path, capfd: Any) -> None:
    status, out, err = evaluate(toys, "--json", "-")
    assert (status, err) == (0, "")
    (result,) = _valid(out)["results"]
    assert (result["folder"], result["clips"], result["groups"]) == ("toys", N_CLIPS, 6)
    assert result["model"] == {"id": "tiny", "version": "7"}
    main(["analyse", str(toys / "audio"), "--model", str(tiny_folder), "--device", "cpu", "--json", "-"])
    analyses = {Path(r["file"]).stem: r for r in json.loads(capfd.readouterr().out)["results"]}
    with (toys / "labels.csv").open(encoding="utf-8") as stream:
        labels = {Path(row["file"]).stem: row for row in csv.DictReader(stream)}
    confusion = np.zeros((4, 4), int)
    gaps = []
    for i in range(N_CLIPS):
        confusion[i % 4, np.argmax(analyses[str(i)]["quadrants"]["probabilities"])] += 1
        gaps.append(abs(analyses[str(i)]["valence_arousal"]["valence"] - float(labels[str(i)]["valence"])))
    assert result["quadrants"]["confusion"] == confusion.tolist()
    tracks, traces = result["valence_arousal"]["tracks"], result["valence_arousal"]["traces"]
    assert tracks["valence"]["scores"]["mae"]["value"] == pytest.approx(np.mean(gaps), abs=1e-4)
    assert (traces["arousal"]["pieces"], traces["arousal"]["points"]) == (N_CLIPS, 5 * N_CLIPS)


def test_the_table_tells_everything(evaluate: Evaluate, toys: Path, tmp_path: Path) -> None:
    target = tmp_path / "e.json"
    status, out, err = evaluate(toys, "--json", target, "--figures", tmp_path / "figures")
    assert (status, err) == (0, "")
    assert out.startswith("toys: tiny version 7, 12 recordings of 6 groups\n")
    for words in (
        "macro F1",
        "balanced accuracy",
        "right side of valence",
        "of a perfectly calibrated model, by chance",
        "excess over chance",
        "surest first",
        "Valence: 12 recordings of 6 groups",
        "Arousal over time: 12 pieces, 60 ratings",
        "within pieces: mean Pearson r",
        "MAPE",
        "Protocol: Each recording analysed once, whole",
        "there are few groups: 6.",
        "not of how a listener feels",
        "name --model twice",
    ):
        assert words in out
    assert max(len(line) for line in out.splitlines() if "Drawn" not in line) <= 110
    (result,) = _valid(target.read_text(encoding="utf-8"))["results"]
    f1 = result["quadrants"]["scores"]["macro_f1"]
    (row,) = (line for line in out.splitlines() if line.strip().startswith("macro F1"))
    assert row.split()[2:] == [f"{f1['value']:.3f}", f"{f1['low']:.3f}", "to", f"{f1['high']:.3f}"]
    assert {file.suffix for file in (tmp_path / "figures").iterdir()} == {".png", ".svg"}


def test_one_split_or_a_few_recordings(evaluate: Evaluate, toys: Path) -> None:
    status, out, _ = evaluate(toys, "--split", "test", "--json", "-")
    (result,) = _valid(out)["results"]
    assert (status, result["split"], result["clips"]) == (0, "test", 8)
    status, out, _ = evaluate(toys, "--limit", 5, "--json", "-")
    (result,) = _valid(out)["results"]
    assert (status, result["clips"]) == (0, 5)
    assert "Only 5 of 12 recordings" in result["protocol"]
    assert evaluate(toys, "--limit", 5, "--json", "-")[1] == out
    status, out, err = evaluate(toys, "--split", "validation")
    assert (status, out) == (1, "")
    assert err == "affekt evaluate: toys has no clip of the split 'validation'. Splits there: test, train.\n"


def test_several_models_are_compared(evaluate: Evaluate, toys: Path, tmp_path: Path) -> None:
    other = write_tiny_model(tmp_path / "other", seed=5).folder
    status, out, _ = evaluate(toys, "--model", other, "--json", "-")
    assert status == 0
    document = _valid(out)
    assert [result["model"]["id"] for result in document["results"]] == ["tiny", "other"]
    assert [entry["dimension"] for entry in document["comprehensive"]] == ["valence", "arousal"]
    _, out, _ = evaluate(toys, "--model", other, "--limit", 6)
    assert "toys, valence: comprehensive score" in out
    assert "equations 2 to 8" in out
    assert "name --model twice" not in out


def test_bad_recordings_are_named_and_left_out(evaluate: Evaluate, tmp_path: Path) -> None:
    for i in range(4):
        corpus.write(tmp_path / "moods" / f"Q{i + 1}" / f"{i}.wav", corpus.melody(1, i))
    bad = corpus.text_named_wav(tmp_path / "moods" / "Q2")
    status, out, err = evaluate(tmp_path / "moods", "--json", "-")
    assert status == 1
    (result,) = _valid(out)["results"]
    assert result["clips"] == 4
    assert [(error["file"], error["kind"]) for error in result["errors"]] == [(str(bad), "not_audio")]
    assert any("left out: 1." in warning for warning in result["warnings"])
    assert any("name no group" in warning for warning in result["warnings"])
    assert result["valence_arousal"]["tracks"] == {}
    assert err.count("lyrics.wav") >= 1
    assert "Traceback" not in err
    assert len(err.splitlines()) == 1


def test_nothing_but_bad_recordings(evaluate: Evaluate, tmp_path: Path) -> None:
    (tmp_path / "moods" / "Q1").mkdir(parents=True)
    corpus.text_named_wav(tmp_path / "moods" / "Q1")
    status, out, err = evaluate(tmp_path / "moods", "--json", "-", "--figures", tmp_path / "figures")
    assert status == 1
    assert _valid(out)["results"] == []
    assert "No recording of moods could be analysed by tiny." in err
    assert not (tmp_path / "figures").exists()


def test_training_data_are_no_test(evaluate: Evaluate, toys: Path, tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "m").folder
    card = json.loads((model / "card.json").read_text(encoding="utf-8"))
    card["data"] = [{"name": "ToyS"}]
    (model / "card.json").write_text(json.dumps(card), encoding="utf-8")
    status, out, _ = evaluate(toys, "--limit", 4, "--model", model)
    assert status == 0
    tiny, retold = out.split("toys: m version 7")
    assert "seen in" not in tiny
    assert "WARNING  The model's card says that it was trained on ToyS" in retold


def test_ctrl_c_measures_what_is_done(evaluate: Evaluate, toys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.inference import analyse as inference

    whole = inference.analyse

    def until_c(request: Any, *rest: Any) -> Any:
        for event in whole(request, *rest):
            if request.path.name == "3.wav":
                raise KeyboardInterrupt
            yield event

    monkeypatch.setattr(inference, "analyse", until_c)
    status, out, err = evaluate(toys, toys / ".." / "toys" / "audio" / "..", "--json", "-")
    assert (status, out) == (1, "")
    assert "given twice" in err
    status, out, err = evaluate(toys, "--json", "-")
    assert status == 1
    (result,) = _valid(out)["results"]
    assert result["clips"] == 3
    assert "Stopped after 3 of 12 recordings of toys." in result["protocol"]
    assert err == "Stopped after 3 of 12 recordings of toys.\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere"),
        (["{toys}", "--model", "no-such-model"], "There is no model 'no-such-model'"),
        (["{toys}", "--limit", "2", "--json", "{toys}/labels.csv/e.json"], "could not be written"),
        (["{toys}", "--limit", "2", "--figures", "{toys}/labels.csv"], "could not be written"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(evaluate: Evaluate, toys: Path, words: list[str], message: str) -> None:
    status, _, err = evaluate(*(word.format(toys=toys) for word in words))
    assert status == 1
    assert message in err
    assert len(err.splitlines()) == 1
    assert err.startswith("affekt evaluate: ")


@pytest.mark.parametrize("words", [["--limit", "0"], ["--limit", "many"], ["--json", "."], []])
def test_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["evaluate", *words, *(["toys"] if words else [])])
    assert caught.value.code == 2
    assert "usage: affekt evaluate" in capsys.readouterr().err
