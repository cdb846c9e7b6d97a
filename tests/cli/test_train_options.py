"""Options of `affekt train` from a file, from the command line, and their defaults."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from app.cli.train_options import DEFAULTS, add_options, settle
from models.errors import JobError


def _given(*words: str) -> dict[str, object]:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return vars(parser.parse_args(list(words)))


def test_without_a_word_the_defaults_hold() -> None:
    assert vars(settle(_given(), None)) == {**DEFAULTS, "folds_given": False}


def test_every_option_has_a_default() -> None:
    assert {action.dest for action in add_options(argparse.ArgumentParser())} == set(DEFAULTS)


@pytest.mark.parametrize("kind", ["json", "toml"])
def test_a_file_says_what_the_command_line_could_and_the_command_line_wins(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"options.{kind}"
    (tmp_path / "old model").mkdir()
    if kind == "json":
        values = {
            "folders": ["pop", "/data/piano"], "out": "model", "folds": 3, "minutes": 1.5, "seed": -4, "resume": True,
            "use-splits": False, "share": {"pop": 0.5}, "start_from": "old model", "progress": "jsonl",
        }  # fmt: skip
        file.write_text(json.dumps(values), encoding="utf-8")
    else:
        file.write_text(
            'folders = ["pop", "/data/piano"]\nout = "model"\nfolds = 3\nminutes = 1.5\nseed = -4\nresume = true\n'
            'use-splits = false\nshare = ["pop=0.5"]\nstart_from = "old model"\nprogress = "jsonl"\n',
            encoding="utf-8",
        )
    options = settle(_given("--folds", "7", "--recipe", "crnn"), file)
    assert options.folders == [tmp_path / "pop", Path("/data/piano")]  # from the file's folder on
    assert options.out == tmp_path / "model"
    assert (options.folds, options.recipe) == (7, "crnn")
    assert (options.minutes, options.seed, options.progress) == (1.5, -4, "jsonl")
    assert (options.resume, options.use_splits) == (True, False)
    assert options.share == [("pop", 0.5)]
    assert options.start_from == str(tmp_path / "old model")
    assert options.device == "auto"
    assert settle(_given("other"), file).folders == [Path("other")]
    assert settle(_given("--start-from", "affekt-crnn"), file).start_from == "affekt-crnn"


def test_a_models_id_is_no_path(tmp_path: Path) -> None:
    file = tmp_path / "options.json"
    file.write_text('{"start-from": "affekt-crnn"}', encoding="utf-8")
    assert settle(_given(), file).start_from == "affekt-crnn"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"fold": 3, "minuets": 2, "out": "m"}', "'fold', 'minuets', which is no option"),
        ('{"config": "other.json"}', "'config', which is no option"),
        ('{"folds": 1}', "2 or more"),
        ('{"folds": "many"}', "2 or more"),
        ('{"minutes": 0}', "above 0"),
        ('{"minutes": true}', "minutes must be a value"),
        ('{"resume": "yes"}', "resume must be true or false"),
        ('{"recipe": "best"}', "invalid choice: 'best'"),
        ('{"share": {"pop": 2}}', "at most 1"),
        ('{"folders": [["a"]]}', "folders must be a list"),
        ('{"out": null}', "out must be a value"),
        ("[1, 2]", "must hold an object"),
        ("{", "cannot be read as JSON"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_with_its_name(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "options.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(JobError) as caught:
        settle(_given("pop", "--out", "m"), file)
    assert caught.value.kind == "bad_data"
    assert "options.json" in caught.value.message
    assert message in caught.value.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"gone\.toml cannot be read as TOML"):
        settle(_given(), tmp_path / "gone.toml")
