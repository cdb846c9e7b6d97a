from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import app.__main__ as program
from app import __version__
from app.__main__ import main
from models import hub
from tests import corpus
from tests.tiny_model import write_tiny_model

ROOT = Path(__file__).parents[2]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[list[Path]]:
    """Paths of each window that was asked for; none is opened."""
    windows: list[list[Path]] = []

    def window(arguments: argparse.Namespace) -> int:
        windows.append(arguments.paths)
        return 0

    monkeypatch.setattr(program, "_window", window)
    return windows


@pytest.mark.parametrize(
    ("words", "paths"),
    [
        ([], []),
        (["song.mp3"], ["song.mp3"]),
        (["one song.mp3", "두 곡"], ["one song.mp3", "두 곡"]),
        (["window"], []),
        (["window", "song.mp3"], ["song.mp3"]),
        (["--quit-after", "3"], []),
        (["--quit-after", "3", "song.mp3"], ["song.mp3"]),
        (["./analyse"], ["analyse"]),
        (["song.mp3", "analyse"], ["song.mp3", "analyse"]),
    ],
)
def test_what_is_no_subcommand_is_opened_in_the_window(
    opened: list[list[Path]], words: list[str], paths: list[str]
) -> None:
    assert main(words) == 0
    assert opened == [[Path(p) for p in paths]]


def test_without_a_display_it_says_what_to_do_instead(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main(["song.mp3"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "no display" in err
    assert "affekt analyse PATH" in err


@pytest.mark.parametrize("display", ["DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"])
def test_any_display_will_do(monkeypatch: pytest.MonkeyPatch, display: str) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(display, "x")
    assert program._has_display()


@pytest.mark.parametrize(
    "words",
    [
        ["--nonsense"],
        ["analyse"],
        ["models", "one", "two"],
        ["train"],
        ["train", "folder"],
        ["train", "folder", "--out", "m", "--recipe", "magic"],
        ["train", "folder", "--out", "m", "--epochs", "0"],
        ["train", "folder", "--out", "m", "--epochs", "-2"],
        ["train", "folder", "--out", "m", "--epochs", "many"],
        ["train", "folder", "--out", "m", "--folds", "1"],
        ["train", "folder", "--out", "m", "--folds", "-1"],
        ["train", "folder", "--out", "m", "--share", "folder=1.5"],
        ["train", "folder", "--out", "m", "--share", "0.5"],
        ["prepare"],
        ["prepare", "dream", "a", "b"],
        ["prepare", "4qaed", "a"],
        ["self-test", "--device", "tpu"],
    ],
)
def test_wrong_usage_exits_with_two_and_says_how_it_goes(words: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert "usage: affekt" in err
    assert "_positive" not in err  # names of ours are no help


@pytest.mark.parametrize("words", [["--help"], ["analyse", "--help"], ["train", "-h"], ["prepare", "--help"]])
def test_help(words: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 0
    assert "usage: affekt" in capsys.readouterr().out


# models --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def own(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's models, beside the library; none are shipped."""
    monkeypatch.setattr(hub, "SHIPPED", tmp_path / "shipped")
    return own_home / "models"


def _score_card(folder: Path, **scores: Any) -> None:
    file = folder / "card.json"
    card = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**card, "scores": scores}), encoding="utf-8")


def test_models_are_compared_in_a_table(own: Path, capsys: Capture) -> None:
    write_tiny_model(own / "jazz")
    write_tiny_model(own / "folk")
    figures = {
        "valence_r2": {"value": 0.1, "low": 0.05, "high": 0.2},
        "accuracy": {"value": 0.7, "low": 0.6, "high": 0.8},
        "macro_f1": {"value": 0.6123, "low": 0.58, "high": 0.64},
        "clips": 720,
    }
    sources = {"4qaed": figures, "traces": {"valence_r2": figures["valence_r2"]}, "lost": {"accuracy": 0.9}}
    _score_card(own / "jazz", protocol="5 folds by artist", sources=sources)
    assert main(["models"]) == 0
    head, folk, first, second, *rest = capsys.readouterr().out.splitlines()
    assert head.split() == ["model", "size", "measured", "on", "scores,", "with", "95%", "intervals"]
    size = sum(file.stat().st_size for file in (own / "folk").glob("*.safetensors")) / 1e6
    assert folk.split() == ["folk", f"{size:.1f}", "MB", "nothing"]
    assert first.startswith("jazz")
    assert first.endswith("4qaed        macro-F1 0.612 (0.580 to 0.640), accuracy 0.700 (0.600 to 0.800)")
    assert second.split(maxsplit=1) == ["traces", "valence R² 0.100 (0.050 to 0.200)"]
    assert "folk: never; nothing is known of how well it does" in rest
    assert "jazz: 5 folds by artist" in rest


def test_a_model_is_named_for_its_card_in_words(own: Path, capsys: Capture) -> None:
    write_tiny_model(own / "jazz")
    figure = {"value": 0.6123, "low": 0.58, "high": 0.64}
    _score_card(own / "jazz", protocol="5 folds by artist", sources={"4qaed": {"macro_f1": figure}})
    for name in ("jazz", str(own / "jazz")):
        assert main(["models", name]) == 0
        out = capsys.readouterr().out
        assert out.startswith("jazz  version 7, ")
        assert "  Tiny. Knows nothing." in out
        assert "measured: 5 folds by artist" in out
        assert "4qaed: macro-F1 0.612 (0.580 to 0.640)" in out
        assert "- none; no clips; nobody; any" in out
        assert "- It was never trained." in out
        assert str(own / "jazz") in out
    assert main(["models", "jazz", "--json"]) == 0
    (card,) = json.loads(capsys.readouterr().out)
    assert card["id"] == "jazz"


def test_a_model_that_is_not_there_is_said_with_those_that_are(own: Path, capsys: Capture) -> None:
    write_tiny_model(own / "jazz")
    assert main(["models", "jaz"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "There is no model 'jaz'" in err
    assert "Models: jazz." in err


@pytest.mark.parametrize(
    "changes",
    [
        {"data": [{"name": "my records"}]},
        {"data": "my records"},
        {"scores": "very good"},
        {"scores": {"sources": {"x": {"macro_f1": 0.9}}}},
        {"limits": "none"},
        {"limits": None},
    ],
)
def test_a_strange_card_is_no_traceback(own: Path, capsys: Capture, changes: dict[str, Any]) -> None:
    write_tiny_model(own / "jazz")
    file = own / "jazz" / "card.json"
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **changes}), encoding="utf-8")
    assert main(["models"]) == 0
    assert "jazz" in capsys.readouterr().out
    assert main(["models", "jazz"]) == 0
    assert "jazz  version 7" in capsys.readouterr().out


def test_models_as_json_are_whole_cards_with_ids(own: Path, capsys: Capture) -> None:
    write_tiny_model(own / "jazz")
    write_tiny_model(own / "古琴")
    assert main(["models", "--json"]) == 0
    cards = json.loads(capsys.readouterr().out)
    assert [card["id"] for card in cards] == ["jazz", "古琴"]
    assert cards[0]["network"]["kind"] == "crnn"
    assert len(cards[0]["weights_sha256"]) == 64


def test_a_file_where_the_models_should_lie_hides_none_of_the_shipped(own: Path, capsys: Capture) -> None:
    own.parent.mkdir(parents=True)
    own.write_text("a file", encoding="utf-8")
    assert main(["models"]) == 1
    out, err = capsys.readouterr()
    assert "There is no model" in out  # in these tests none is shipped
    assert err == ""


def test_no_model_at_all(own: Path, capsys: Capture) -> None:
    assert main(["models"]) == 1
    assert "There is no model" in capsys.readouterr().out


def test_a_model_of_ones_own_is_analysed_with_by_its_id(own: Path, tmp_path: Path, capfd: Capture) -> None:
    write_tiny_model(own / "jazz")
    song = corpus.write(tmp_path / "a.wav", corpus.melody(1))
    assert main(["analyse", str(song), "--model", "jazz", "--json", "-"]) == 0
    assert json.loads(capfd.readouterr().out)["results"][0]["model"] == {"id": "jazz", "version": "7"}


# self-test -----------------------------------------------------------------------------------------------------------


def test_self_test_finds_the_planted_climax_and_names_device_and_model(tiny_folder: Path, capsys: Capture) -> None:
    # The sound alone leads an untrained network's program to the climax.
    assert main(["self-test", "--model", str(tiny_folder), "--device", "cpu"]) == 0
    out = capsys.readouterr().out
    assert "model tiny version 7, device cpu, torch " in out
    assert f"affekt {__version__}" in out
    assert "times real time" in out
    assert "All is well" in out


def test_self_test_fails_when_the_climax_is_not_found(
    tiny_folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.inference.analyse.find_climaxes", lambda *args: ())
    assert main(["self-test", "--model", str(tiny_folder), "--device", "cpu"]) == 1
    assert "FAILED" in capsys.readouterr().err


def test_self_test_without_its_model_or_its_demo(
    tmp_path: Path, own: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["self-test"]) == 1
    assert "There is no model" in capsys.readouterr().err
    monkeypatch.setattr("app.paths.resources", lambda: tmp_path)
    assert main(["self-test"]) == 1
    assert "demo cannot be read" in capsys.readouterr().err


# The program as it is started ----------------------------------------------------------------------------------------

Started = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def start(own_home: Path) -> Started:
    def run(*words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app", *map(str, words)],
            capture_output=True, text=True, timeout=120, check=False, cwd=ROOT, encoding="utf-8",
        )  # fmt: skip

    return run


def test_the_version(start: Started) -> None:
    done = start("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"affekt {__version__}\n", "")


@pytest.mark.parametrize(
    "words", [["models"], ["models", "--json"], ["models", "affekt-crnn"], ["--help"], ["train", "--help"]]
)
def test_a_reader_that_has_enough_is_no_failure(own_home: Path, words: list[str]) -> None:
    # The read end is closed before anything is written: the surest `| head`.
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *words], stdout=writer, stderr=subprocess.PIPE, cwd=ROOT, text=True
    )
    os.close(reader)
    os.close(writer)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")


def test_analyses_may_be_piped_to_a_reader_that_has_enough(own_home: Path, tmp_path: Path, tiny_folder: Path) -> None:
    song = corpus.write(tmp_path / "a.wav", corpus.melody(1))
    reader, writer = os.pipe()
    os.close(reader)
    for more in ([], ["--json", "-"]):
        done = subprocess.run(
            [sys.executable, "-m", "app", "analyse", str(song), "--model", str(tiny_folder), "--device", "cpu", *more],
            stdout=writer, stderr=subprocess.PIPE, cwd=ROOT, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
    os.close(writer)


def test_a_folder_of_good_and_bad_files_in_a_process_of_its_own(
    start: Started, tmp_path: Path, tiny_folder: Path
) -> None:
    corpus.non_ascii_path(tmp_path)
    corpus.headless_mp3(tmp_path)
    corpus.damaged_mp3(tmp_path, 3)
    corpus.text_named_wav(tmp_path)
    done = start("analyse", tmp_path, "--model", tiny_folder, "--device", "cpu", "--json", "-")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert len(document["results"]) == 2
    assert len(document["errors"]) == 2
    # One line per failure, and neither a traceback nor what the decoders mutter.
    assert len(done.stderr.strip().splitlines()) == 2


def test_light_subcommands_and_the_parser_load_no_torch(start: Started) -> None:
    code = (
        "import sys; from app.__main__ import main; main(['models']); "
        "heavy = {'torch', 'librosa', 'matplotlib', 'PySide6', 'captum'} & set(sys.modules); sys.exit(str(heavy or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stderr.strip() == ""


@pytest.mark.parametrize(
    ("word", "hint"), [("anaylse", "did you mean 'analyse'?"), ("frobnicate", "neither a subcommand")]
)
def test_a_mistyped_subcommand_is_no_file_to_open(word: str, hint: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        main([word, "a.ogg"])
    assert caught.value.code == 2
    assert hint in capsys.readouterr().err
