"""`affekt models` and its actions, as a script would use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.__main__ import main
from app.library import Library
from app.paths import library_file
from models import hub
from models.hub import CARD_FILE, DEFAULT_MODEL, find_model
from tests.tiny_model import write_tiny_model

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def own(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's models, with one called mine; the default is shipped."""
    monkeypatch.setattr(hub, "SHIPPED", tmp_path / "shipped")
    write_tiny_model(tmp_path / "shipped" / DEFAULT_MODEL, seed=1)
    write_tiny_model(own_home / "models" / "mine")
    return own_home / "models"


def said(capsys: Capture, *words: object) -> str:
    assert main(["models", *map(str, words)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def refused(capsys: Capture, *words: object) -> str:
    assert main(["models", *map(str, words)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("affekt: ")
    return err


def test_list_and_show_are_what_no_action_means(own: Path, capsys: Capture) -> None:
    assert said(capsys) == said(capsys, "list")
    assert said(capsys, "mine") == said(capsys, "show", "mine")
    assert json.loads(said(capsys, "--json")) == json.loads(said(capsys, "list", "--json"))
    for words in (["mine", "--json"], ["show", "mine", "--json"], ["--json", "mine"], ["--json", "show", "mine"]):
        (card,) = json.loads(said(capsys, *words))
        assert card["id"] == "mine"


def test_a_model_called_like_an_action_is_shown_by_saying_so(own: Path, capsys: Capture) -> None:
    write_tiny_model(own / "list")
    assert said(capsys, "show", "list").startswith("list  version 7")


def test_all_figures_of_the_card_are_shown_with_protocol_and_interval(own: Path, capsys: Capture) -> None:
    r2 = {"value": 0.628, "low": 0.533, "high": 0.729}
    scores = {
        "protocol": "10 folds by artist",
        "interval": "95%, bootstrap",
        "temperature": 1.25,
        "sources": {
            "4qaed": {
                "macro_f1": {"value": 0.735, "low": 0.701, "high": 0.767},
                "clips": 1720,
                "macro_f1_by_fold": [0.1, 0.2],
                "confusion_rows_truth": [[138, 22, 8, 12], [15, 154, 10, 1], [11, 10, 120, 39], [19, 0, 43, 118]],
            }
        },
        "valence_arousal": {"protocol": "5 folds by series", "valence": {"whole": {"r2": r2}}, "clips": 159},
        "gems": {"joyful_activation": {"r": 0.74, "low": 0.69, "high": 0.79}, "power": {"r": -0.1}},
    }
    file = own / "mine" / CARD_FILE
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), "scores": scores}), encoding="utf-8")
    out = said(capsys, "mine")
    for line in (
        "measured: 10 folds by artist",
        "intervals: 95%, bootstrap",
        "4qaed: macro-F1 0.735 (0.701 to 0.767)",
        "4qaed: clips 1,720",
        "Q2    15   154    10     1",
        "valence and arousal: measured by 5 folds by series",
        "valence and arousal: valence, whole pieces, R\u00b2 0.628 (0.533 to 0.729)",
        "valence and arousal: clips 159",
        "music-specific emotions (GEMS), correlation: joyful activation 0.740 (0.690 to 0.790)",
        "music-specific emotions (GEMS), correlation: power \u22120.100",
        "temperature 1.250",
    ):
        assert line in out, line
    assert "fold 0" not in out
    assert "0.1, 0.2" not in out


def test_a_card_from_anybody_does_nothing_to_the_terminal(own: Path, capsys: Capture) -> None:
    file = own / "mine" / CARD_FILE
    bad = "\x1b]0;owned\x07\x1b[2J"
    changes = {"summary": f"Fine{bad}", "limits": [bad], "scores": {"protocol": bad, "sources": {bad: {"x": bad}}}}
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **changes}), encoding="utf-8")
    for words in (["mine"], []):
        out = said(capsys, *words)
        assert "\x1b" not in out
        assert "\x07" not in out


def test_out_as_one_file_and_in_again(own: Path, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "mine.affekt-model"
    assert "holds the model mine" in said(capsys, "export", "mine", file)
    assert "is there already" in refused(capsys, "export", "mine", file)
    said(capsys, "export", "mine", file, "--force")
    assert "is here as mine-2." in said(capsys, "import", file)
    assert find_model("mine-2", own).raw == find_model("mine", own).raw
    file.write_bytes(file.read_bytes()[:-30])
    assert "“mine.affekt-model” was not imported" in refused(capsys, "import", file)
    assert "not found" in refused(capsys, "import", tmp_path / "gone.affekt-model")
    assert "There is no model 'gone'" in refused(capsys, "export", "gone", tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_names_notes_and_the_default(own: Path, capsys: Capture) -> None:
    assert "called Evening piano now" in said(capsys, "rename", "mine", "Evening piano")
    assert "came with the program" in refused(capsys, "rename", DEFAULT_MODEL, "Mine")
    said(capsys, "note", "mine", "Good for strings.\nNot for choirs.")
    out = said(capsys, "mine")
    assert "Evening piano. Knows nothing." in out
    assert "Your notes" in out
    assert "- Not for choirs." in out
    said(capsys, "note", "mine", "")
    assert "Your notes" not in said(capsys, "mine")
    assert "mine is the default now." in said(capsys, "default", "mine")
    assert "mine *" in said(capsys)
    assert find_model("", own).id == "mine"
    said(capsys, "default", DEFAULT_MODEL)
    assert f"{DEFAULT_MODEL} *" in said(capsys)


def test_into_the_bin_and_back(own: Path, capsys: Capture) -> None:
    assert said(capsys, "bin") == "The bin is empty.\n"
    assert "restore mine` brings it back" in said(capsys, "remove", "mine")
    assert "mine" not in said(capsys, "list")
    assert said(capsys, "bin").startswith("mine  Tiny, deleted ")
    assert "In it: mine." in refused(capsys, "restore", "yours")
    assert said(capsys, "restore", "mine") == "mine is back.\n"
    said(capsys, "remove", "mine")
    write_tiny_model(own / "mine")
    assert "back as mine-2" in said(capsys, "restore", "mine")
    said(capsys, "remove", "mine-2")
    assert said(capsys, "empty-bin") == "Deleted 1 for good.\n"
    assert said(capsys, "empty-bin") == "The bin was empty.\n"
    assert "came with the program" in refused(capsys, "remove", DEFAULT_MODEL)


def test_the_model_that_judges_in_the_window_stays(own: Path, capsys: Capture) -> None:
    library = Library(library_file())
    library.set_setting("model", "mine")
    library.close()
    assert "judges in the window" in refused(capsys, "remove", "mine")
    assert find_model("mine", own).id == "mine"


def test_the_default_and_the_base_of_what_judges_stay(own: Path, capsys: Capture) -> None:
    said(capsys, "default", "mine")
    assert f"models default {DEFAULT_MODEL}" in refused(capsys, "remove", "mine")
    ear = write_tiny_model(own / "ear", seed=3)
    base = {"kind": "personal", "base": "mine", "base_weights_sha256": find_model("mine", own).raw["weights_sha256"]}
    (own / "ear" / CARD_FILE).write_text(json.dumps({**ear.raw, "network": base}), encoding="utf-8")
    said(capsys, "default", "ear")
    assert "ear judges in the window, and stands on mine" in refused(capsys, "remove", "mine")
    said(capsys, "default", DEFAULT_MODEL)
    assert main(["models", "remove", "mine"]) == 0
    assert "cannot be used without it: ear." in capsys.readouterr().err


def test_a_personal_model_says_that_its_base_is_missing(own: Path, tmp_path: Path, capsys: Capture) -> None:
    file = own / "mine" / CARD_FILE
    base = {"kind": "personal", "base": "far-away", "base_weights_sha256": "0" * 64}
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), "network": base}), encoding="utf-8")
    assert "It stands on the model far-away, which is not here" in said(capsys, "mine")
    assert main(["models", "export", "mine", str(tmp_path / "mine.affekt-model")]) == 0
    assert "It stands on the model far-away: whoever gets it" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["one", "two"], ["export", "one"], ["import"], ["rename", "one"], ["restore"], ["list", "x"]]
)
def test_wrong_usage(words: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["models", *words])
    assert caught.value.code == 2
    assert "usage: affekt" in capsys.readouterr().err
