"""Two models on the same held-out clips: scores, their paired difference, and what was heard before."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from app.__main__ import main
from app.cli import train_against
from models.audio.heard import N_STEP_FEATURES, N_SUMMARY_FEATURES
from models.data.labelled import LabelledClip, write_labels
from models.evaluation.verdict import HeldOutClip, ask, judge
from models.hub import Card, load_model
from models.numerics import softmax
from models.provenance import Heard
from models.training import heard_features
from tests import corpus
from tests.models.test_fusion_training import RECIPE, _finish, _material, _run
from tests.tiny_model import write_tiny_model

OURS, THEIRS = (Card(name, "1", name.title(), "", Path(name), {}) for name in ("mine", "shipped"))


def _held(right: float, theirs_right: float, n: int = 80, groups: int = 20) -> list[HeldOutClip]:
    """Clips of which each model gets a share right; answers of both are independent."""
    rng = np.random.default_rng(0)
    out = []
    for i in range(n):
        label = i % 4
        said = [softmax(3 * np.eye(4)[label if rng.random() < p else (label + 1) % 4]) for p in (right, theirs_right)]
        clip = LabelledClip(Path(f"music/{i}.wav"), label, f"artist {i % groups}", source="music")
        out.append(HeldOutClip(clip, f"hash {i}", said[0], said[1]))
    return out


def _judge(held: list[HeldOutClip], heard: Heard | None = None) -> dict[str, Any]:
    verdict = judge(held, OURS, THEIRS, heard or Heard(), "folds")
    json.dumps(verdict, allow_nan=False)
    return verdict


def test_scores_and_confusions_are_those_of_the_answers() -> None:
    held = _held(0.8, 0.5)
    verdict = _judge(held)
    truth = [one.clip.quadrant for one in held]
    for who in ("ours", "theirs"):
        answers = [int(getattr(one, who).argmax()) for one in held]
        assert verdict[who]["scores"]["macro_f1"]["value"] == pytest.approx(
            f1_score(truth, answers, average="macro"), abs=1e-4
        )
        table = np.zeros((4, 4), int)
        np.add.at(table, (truth, answers), 1)
        assert verdict[who]["confusion"] == table.tolist()
    ours, theirs = (verdict[who]["scores"]["accuracy"]["value"] for who in ("ours", "theirs"))
    assert verdict["difference"]["accuracy"]["value"] == pytest.approx(ours - theirs, abs=1e-4)
    assert (verdict["clips"], verdict["groups"], verdict["warnings"]) == (80, 20, [])


@pytest.mark.parametrize(
    ("ours", "theirs", "better"), [(0.9, 0.5, "ours"), (0.5, 0.9, "theirs"), (0.7, 0.7, "unclear")]
)
def test_which_is_better_is_said_only_where_it_can_be_told(ours: float, theirs: float, better: str) -> None:
    verdict = _judge(_held(ours, theirs))
    assert verdict["better"] == better
    low, high = verdict["difference"]["macro_f1"]["low"], verdict["difference"]["macro_f1"]["high"]
    assert (low <= 0 <= high) == (better == "unclear")
    words = {"ours": "new model is better", "theirs": "Shipped is better", "unclear": "cannot be told"}
    assert words[better] in verdict["text"]


def test_the_difference_is_paired() -> None:
    held = _held(0.6, 0.6)
    same = [HeldOutClip(one.clip, one.content, one.ours, one.ours) for one in held]
    assert _judge(same)["difference"]["accuracy"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_what_is_wrong_is_listed_surest_first() -> None:
    held = _held(0.5, 1.0)
    wrong = _judge(held)["wrong"]
    assert {entry["file"] for entry in wrong} == {
        str(one.clip.path) for one in held if one.ours.argmax() != one.clip.quadrant
    }
    assert [entry["probability"] for entry in wrong] == sorted((e["probability"] for e in wrong), reverse=True)
    first = wrong[0]
    assert first["label"] != first["said"]
    assert first["theirs"] == first["label"]
    assert first["of_label"] < first["probability"]


def test_it_warns_of_clips_that_the_other_was_trained_on_and_of_few_groups() -> None:
    held = _held(0.8, 0.5, n=12, groups=3)
    by_content, few = _judge(held, Heard(frozenset({"hash 1", "hash 2", "other"})))["warnings"]
    assert by_content.startswith("Shipped was trained on 2 of these 12 clips: its scores are too good")
    assert "clips that it had not met" in by_content
    started = dataclasses.replace(OURS, raw={"scores": {"warning": "2 of 12 clips were known to its parent."}})
    first, second, _ = judge(held, started, THEIRS, Heard(frozenset({"hash 1"})), "folds")["warnings"]
    assert first == "The new model: 2 of 12 clips were known to its parent."
    assert "had not met" not in second
    assert "few groups: 3" in few
    by_name = _judge(held, Heard(sources=("MUSIC",)))["warnings"][0]
    assert "trained on MUSIC, and these clips seem to come from there" in by_name
    assert len(_judge(held, Heard(frozenset({"other"}), ("MUSIC",)))["warnings"]) == 1
    with pytest.raises(ValueError, match="no clip"):
        _judge([])


def test_it_warns_that_a_personal_model_may_have_been_corrected_by_these_very_clips() -> None:
    network = {"kind": "personal", "base": "shipped", "base_weights_sha256": "0"}
    for corrections, count in ((40, 1), (0, 0)):
        personal = dataclasses.replace(THEIRS, raw={"network": network, "corrections": corrections})
        warnings = judge(_held(0.8, 0.5), OURS, personal, Heard(), "folds")["warnings"]
        assert len(warnings) == count
        assert all("Shipped learned from 40 corrections" in text for text in warnings)


# Asking --------------------------------------------------------------------------------------------------------------


def test_a_fused_model_answers_from_what_was_heard_as_from_the_recording(tmp_path: Path) -> None:
    from models.audio.decode import decode
    from models.audio.heard import hear
    from models.training.heard_features import HeardClip

    material = _material(tmp_path / "traces", judged=16, rated=0, profiled=0)
    _finish(_run(tmp_path / "m", folds=0), material)
    model = load_model(str(tmp_path / "m"), "cpu")
    path = corpus.write(tmp_path / "a.wav", corpus.melody(2.0, 1))
    clip, heard = LabelledClip(path, 0, "a"), hear(decode(path))
    (quick,) = ask(model, [clip], [HeardClip(heard.steps, heard.summary)])
    (slow,) = ask(model, [clip])
    assert quick is not None
    assert slow is not None
    np.testing.assert_allclose(quick, slow, atol=1e-3)
    assert list(ask(model, [LabelledClip(tmp_path / "gone.wav", 0, "a")])) == [None]


def test_the_command_compares_and_keeps_the_verdict(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)

    class Told:
        """Stands for what is heard of a clip: quicker, and of the same shape."""

        def __init__(self, y: np.ndarray) -> None:
            self.steps = rng.normal(size=(4, N_STEP_FEATURES)).astype(np.float32)
            self.summary = rng.normal(size=N_SUMMARY_FEATURES).astype(np.float32)

    monkeypatch.setattr(heard_features, "hear", Told)
    material = _material(tmp_path / "traces", judged=16, rated=0, profiled=0)
    _finish(_run(tmp_path / "parent", folds=0), material, RECIPE)
    files = [corpus.write(tmp_path / "toy" / "audio" / f"{i}.wav", corpus.melody(0.3, i)) for i in range(8)]
    write_labels(tmp_path / "toy", [LabelledClip(file, i % 4, f"artist {i}") for i, file in enumerate(files)])
    parent = str(tmp_path / "parent")
    words = ["train", str(tmp_path / "toy"), "--out", str(tmp_path / "m"), "--folds", "2", "--start-from", parent]
    assert main([*words, "--against", parent, "--progress", "jsonl"]) == 0
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [e["event"] for e in events[-2:]] == ["verdict", "done"]
    kept = json.loads((tmp_path / "m" / "verdict.json").read_text(encoding="utf-8"))
    assert {k: v for k, v in events[-2].items() if k != "event"} == kept
    assert (kept["ours"]["id"], kept["theirs"]["id"], kept["clips"]) == ("m", "parent", 8)
    write_tiny_model(tmp_path / "tiny")  # of another kind: it has to listen
    assert main([*words, "--against", str(tmp_path / "tiny")]) == 0
    assert "against" in capfd.readouterr().out
    assert main([*words, "--against", "nobody"]) == 1
    assert "There is no model 'nobody'" in capfd.readouterr().err
    (tmp_path / "tiny" / "weights.safetensors").write_bytes(b"damaged")
    assert main([*words, "--against", str(tmp_path / "tiny")]) == 0  # the model is there all the same
    assert "There is no comparison with" in capfd.readouterr().out

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(train_against, "_write", full)
    assert main([*words, "--against", parent, "--progress", "jsonl"]) == 0
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [e["event"] for e in events[-3:]] == ["note", "verdict", "done"]
