from __future__ import annotations

import datetime
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.data.labelled import LabelledClip, read_labelled_folder, write_labels
from models.errors import Cancelled, JobError
from models.hub import Card, load_model
from models.jobs import CancelToken
from models.training import loop, record, scoring
from models.training import run as run_module
from models.training.features import Features, load_features
from models.training.loop import EpochReport, TrainedNetwork, predict, train_network
from models.training.recipes import RECIPES, Recipe
from models.training.record import FoldScore, RunProgress, TrainingRun
from models.training.run import run_training
from models.training.trainer import Average, make_optimiser
from tests import corpus
from tests.tiny_model import DESCRIPTION, tiny_network

#: Seconds of training, not minutes: 0.7-s crops, a few steps.
TINY = Recipe("tiny", crop_frames=32, epochs=4, batch=8, learning_rate=2e-3, averaging=0.8)
#: The same, for where a network is put in place that was never trained.
STUBBED = replace(TINY, arguments={name: value for name, value in DESCRIPTION.items() if name != "kind"})
SECONDS = 1.2


def _sound(quadrant: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(round(SECONDS * corpus.RATE_HZ)) / corpus.RATE_HZ
    if quadrant == 0:
        return corpus.melody(SECONDS, seed)
    if quadrant == 1:
        return (0.3 * rng.uniform(-1, 1, t.size)).astype(np.float32)
    tone = np.sin(2 * np.pi * (100 if quadrant == 2 else 1500) * rng.uniform(0.9, 1.1) * t)
    return (0.3 * tone).astype(np.float32)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """32 clips of four sounds as different as quadrants should be; two clips to an artist."""
    folder = tmp_path_factory.mktemp("data") / "toy"
    rows = []
    for i in range(32):
        quadrant = i % 4
        name = f"clip {i:02}.wav"
        corpus.write(folder / "audio" / name, _sound(quadrant, i))
        rows.append(LabelledClip(folder / "audio" / name, quadrant, f"artist {i // 8}-{quadrant}"))
    write_labels(folder, rows)
    return folder


@pytest.fixture(scope="module")
def clips(labelled: Path) -> list[LabelledClip]:
    return read_labelled_folder(labelled)


@pytest.fixture(scope="module")
def features(clips: list[LabelledClip], tmp_path_factory: pytest.TempPathFactory) -> Features:
    """Two seconds of each clip's half minute are enough here."""
    *_, features = load_features(clips, tmp_path_factory.mktemp("cache"))
    assert not isinstance(features, int)
    return features[:, :, :96].copy()


@pytest.fixture(scope="module")
def finished(
    clips: list[LabelledClip], features: Features, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainingRun, list[Any]]:
    """One whole run: two folds and the final network."""
    out = tmp_path_factory.mktemp("trained") / "toy-model"
    run = TrainingRun(out, TINY, folds=2, seed=4, name="Toy", command="affekt train toy", limits=("toys only",))
    return run, list(run_training(run, clips, features))


def test_it_learns_what_can_be_learned(finished: tuple[TrainingRun, list[Any]]) -> None:
    card = finished[1][-1]
    assert card.raw["scores"]["sources"]["toy"]["macro_f1"]["value"] > 0.6  # chance is 0.25
    losses = [e.report.train_loss for e in finished[1] if isinstance(e, RunProgress) and e.part == "final"]
    assert losses[-1] < 0.7 * losses[0]


def test_a_run_tells_its_story_in_order(finished: tuple[TrainingRun, list[Any]]) -> None:
    story = [e.part if isinstance(e, RunProgress) else type(e).__name__ for e in finished[1]]
    assert story == [
        "Notice", *["fold 1 of 2"] * 4, "FoldScore", *["fold 2 of 2"] * 4, "FoldScore", *["final"] * 4, "HeldOut",
            "Card",
    ]  # fmt: skip
    folds = [e for e in finished[1] if isinstance(e, FoldScore)]
    assert [f.fold for f in folds] == [0, 1]
    assert all(0 <= f.macro_f1["toy"] <= 1 for f in folds)


def test_the_model_that_was_written_loads_and_answers(
    finished: tuple[TrainingRun, list[Any]], features: Features, clips: list[LabelledClip]
) -> None:
    model = load_model(str(finished[0].out), "cpu")
    answers = predict(model.network, features).argmax(axis=1)
    assert np.mean(answers == [clip.quadrant for clip in clips]) > 0.7
    assert not finished[0].out.with_name("toy-model.work").exists()


def test_the_card_says_how_it_was_measured(finished: tuple[TrainingRun, list[Any]]) -> None:
    card = json.loads((finished[0].out / "card.json").read_text(encoding="utf-8"))
    assert (card["name"], card["seed"], card["command"]) == ("Toy", 4, "affekt train toy")
    assert card["labels"] == ["Q1", "Q2", "Q3", "Q4"]
    assert card["recipe"]["epochs"] == 4
    scores = card["scores"]
    assert "2 folds grouped by artist or song" in scores["protocol"]
    assert "fixed length" in scores["protocol"]
    assert "bootstrap over groups" in scores["interval"]
    toy = scores["sources"]["toy"]
    assert (toy["clips"], toy["groups"], len(toy["macro_f1_by_fold"])) == (32, 16, 2)
    assert np.sum(toy["confusion_rows_truth"]) == 32
    assert np.sum(toy["confusion_rows_truth"], axis=1).tolist() == [8, 8, 8, 8]
    for name in ("macro_f1", "accuracy", "arousal_accuracy", "valence_accuracy"):
        assert 0 <= toy[name]["low"] <= toy[name]["value"] <= toy[name]["high"] <= 1
    assert toy["accuracy"]["value"] == pytest.approx(np.trace(toy["confusion_rows_truth"]) / 32, abs=1e-4)
    assert 0.2 <= scores["temperature"] <= 5


def test_the_temperature_is_divided_into_the_last_layer(
    clips: list[LabelledClip], features: Features, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = replace(TINY, epochs=1)
    monkeypatch.setattr(scoring, "fit_temperature", lambda logits, truth: 2.0)
    *_, card = run_training(TrainingRun(tmp_path / "warm", few, folds=2), clips, features)
    *_, plain = run_training(TrainingRun(tmp_path / "plain", few, folds=0, seed=2), clips, features)  # same final seed
    assert isinstance(card, Card)
    assert isinstance(plain, Card)
    hot, cold = (load_model(str(c.folder), "cpu").network for c in (card, plain))
    torch.testing.assert_close(predict_tensor(hot, features), predict_tensor(cold, features) / 2, atol=1e-3, rtol=1e-3)
    assert card.raw["scores"]["temperature"] == 2.0
    assert plain.raw["scores"] == {}  # never measured, and it says so


def predict_tensor(network: Any, features: Features) -> torch.Tensor:
    return torch.from_numpy(predict(network, features[:4]))


# Interruptions -------------------------------------------------------------------------------------------------------


def _stub_training(monkeypatch: pytest.MonkeyPatch, calls: list[tuple[int, int]]) -> None:
    """Replace training by a network that is there at once; what it was asked for is kept in `calls`."""

    def train(features: Any, labels: Any, recipe: Any, *, seed: int, cancel: CancelToken, **rest: Any) -> Any:
        cancel.check()
        calls.append((seed, len(features)))
        yield EpochReport(1, 1, 1.0, float("nan"), 0.0)
        yield TrainedNetwork(tiny_network(), 3)

    monkeypatch.setattr(run_module, "train_network", train)
    monkeypatch.setattr(run_module, "write_model", lambda out, *rest, **more: Card(out.name, "1", "", "", out, {}))


def _interrupted(run: TrainingRun, clips: list[LabelledClip], features: Features, after_folds: int) -> None:
    cancel = CancelToken()
    done = 0
    with pytest.raises(Cancelled):
        for event in run_training(run, clips, features, cancel=cancel):
            done += isinstance(event, FoldScore)
            if done == after_folds:
                cancel.cancel()


def test_resume_uses_the_folds_that_were_finished(
    clips: list[LabelledClip], features: Features, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, int]] = []
    _stub_training(monkeypatch, calls)
    run = TrainingRun(tmp_path / "m", STUBBED, folds=4)
    _interrupted(run, clips, features, after_folds=2)
    assert [seed for seed, _ in calls] == [0, 1]
    calls.clear()
    events = list(run_training(run, clips, features, resume=True))
    assert [seed for seed, _ in calls] == [2, 3, 4]
    assert [e.fold for e in events if isinstance(e, FoldScore)] == [0, 1, 2, 3]
    assert isinstance(events[-1], Card)


def test_without_resume_all_folds_are_trained_anew(
    clips: list[LabelledClip], features: Features, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, int]] = []
    _stub_training(monkeypatch, calls)
    run = TrainingRun(tmp_path / "m", STUBBED, folds=3)
    _interrupted(run, clips, features, after_folds=1)
    calls.clear()
    list(run_training(run, clips, features))
    assert [seed for seed, _ in calls] == [0, 1, 2, 3]
    sizes = [n for _, n in calls]
    assert sum(32 - n for n in sizes[:3]) == 32  # every clip is held out once
    assert sizes[3] == 32


def test_resume_with_other_settings_is_refused(
    clips: list[LabelledClip], features: Features, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stub_training(monkeypatch, [])
    run = TrainingRun(tmp_path / "m", STUBBED, folds=2)
    _interrupted(run, clips, features, after_folds=1)
    with pytest.raises(JobError, match="other settings"):
        list(run_training(replace(run, seed=9), clips, features, resume=True))
    list(run_training(replace(run, seed=9), clips, features))


def test_a_folder_that_is_no_trainings_work_is_left_alone(
    clips: list[LabelledClip], features: Features, tmp_path: Path
) -> None:
    mine = tmp_path / "m.work" / "thesis.txt"
    mine.parent.mkdir()
    mine.write_text("years", encoding="utf-8")
    with pytest.raises(JobError, match=r"m\.work"):
        list(run_training(TrainingRun(tmp_path / "m", TINY), clips, features))
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "a.mp3").write_bytes(b"x")
    with pytest.raises(JobError, match="no model folder"):
        list(run_training(TrainingRun(tmp_path / "music", TINY), clips, features))
    assert mine.exists()
    assert not (tmp_path / "music.work").exists()


def test_cancel_is_heard_within_a_step(features: Features) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        next(train_network(features, np.arange(32) % 4, TINY, cancel=cancel))


# The loop ------------------------------------------------------------------------------------------------------------


def _train(features: Features, labels: Any, recipe: Recipe, **rest: Any) -> tuple[list[EpochReport], TrainedNetwork]:
    *reports, last = train_network(features, np.asarray(labels), recipe, **rest)
    assert isinstance(last, TrainedNetwork)
    return reports, last  # type: ignore[return-value]


def test_one_seed_is_one_network(features: Features) -> None:
    labels = np.arange(8) % 4
    recipe = replace(TINY, epochs=1, batch=4, augmentation=RECIPES["crnn"].augmentation)
    answers = [predict(_train(features[:8], labels, recipe, seed=s)[1].network, features[:8]) for s in (1, 1, 2)]
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-4)
    assert np.abs(answers[0] - answers[2]).max() > 1e-3


def test_early_stopping_keeps_the_best_network_not_the_last(
    features: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A validation that is best after the second epoch, by its own word: logits that are right for it only then.
    labels = np.arange(8) % 4
    epoch = 0
    seen: list[np.ndarray] = []

    def staged(network: Any, given: Features, device: str = "cpu", batch: int = 16) -> np.ndarray:
        nonlocal epoch
        epoch += 1
        seen.append(network.classifier.bias.detach().numpy().copy())
        network.eval()
        return np.eye(4, dtype=np.float32)[labels] * {1: 1.0, 2: 5.0}.get(epoch, 0.0)

    monkeypatch.setattr(loop, "predict", staged)
    recipe = replace(TINY, epochs=9, patience=2, averaging=0.0, batch=8)
    reports, trained = _train(features[:8], labels, recipe, validation=(features[:8], labels))
    assert [r.epoch for r in reports] == [1, 2, 3, 4]
    assert trained.epochs == 2
    np.testing.assert_array_equal(trained.network.classifier.bias.numpy(), seen[1])
    assert not np.array_equal(seen[1], seen[3])
    assert min(r.validation_loss for r in reports) == reports[1].validation_loss


def test_early_stopping_takes_its_validation_from_the_training_part_by_group(
    clips: list[LabelledClip], features: Features, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Features, Features | None]] = []

    def train(features: Features, labels: Any, recipe: Any, *, validation: Any, **rest: Any) -> Any:
        asked.append((features, validation and validation[0]))
        yield TrainedNetwork(tiny_network(), 7)

    monkeypatch.setattr(run_module, "train_network", train)

    def write(out: Path, network: Any, description: Any, card: dict[str, Any], beside: Any) -> Card:
        return Card(out.name, "1", "", "", out, card)

    monkeypatch.setattr(run_module, "write_model", write)
    numbered = np.zeros((32, 128, 16), np.float16)
    numbered[:, 0, 0] = np.arange(32)
    recipe = replace(STUBBED, patience=3)
    *_, card = run_training(TrainingRun(tmp_path / "m", replace(recipe, epochs=50), folds=2), clips, numbered)
    for kept, held in asked[:2]:
        assert held is not None
        a, b = ({clips[int(i)].group for i in part[:, 0, 0]} for part in (kept, held))
        assert a
        assert b
        assert not a & b
        assert len(kept) + len(held) < 32  # the fold that is judged is in neither
    assert asked[2][1] is None
    assert isinstance(card, Card)
    assert card.raw["recipe"]["epochs"] == 7  # the mean length found inside the folds
    assert card.raw["recipe"]["patience"] == 0
    assert "early stopping" in card.raw["scores"]["protocol"]


def test_too_little_data_is_said_in_words(clips: list[LabelledClip], features: Features, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="two labelled clips"):
        _train(features[:1], [0], TINY)
    with pytest.raises(JobError, match="validation"):
        _train(features, np.arange(32) % 4, replace(TINY, patience=1))
    with pytest.raises(JobError, match="stop early"):
        run = TrainingRun(tmp_path / "m", replace(TINY, patience=1), folds=0)
        list(run_training(run, [replace(clip, group="one") for clip in clips[:4]], features[:4]))
    with pytest.raises(JobError, match="toy cannot be divided: 5 folds need 5 groups"):
        list(run_training(TrainingRun(tmp_path / "m", TINY, folds=5), clips[:4], features[:4]))


@pytest.mark.parametrize("optimiser", ["adam", "adamw"])
def test_learning_rates_follow_the_recipe(optimiser: Any) -> None:
    network = tiny_network().requires_grad_(True)
    recipe = replace(TINY, optimiser=optimiser, epochs=50, learning_rate=1e-2)
    made, schedule = make_optimiser(list(network.parameters()), recipe, steps_per_epoch=2)
    rates = []
    for _ in range(100):
        rates.append(made.param_groups[0]["lr"])
        made.step()
        schedule.step() if len(rates) < 100 else None
    if optimiser == "adam":  # the paper's: a tenth every twenty epochs
        np.testing.assert_allclose([rates[0], rates[39], rates[40], rates[99]], [1e-2, 1e-2, 1e-3, 1e-4])
    else:
        assert max(rates) == pytest.approx(1e-2, rel=0.01)
        assert rates[0] < 1e-3
        assert rates[-1] < 1e-4


def test_the_average_follows_the_weights_at_its_decay() -> None:
    live = tiny_network()
    average = Average(live, decay=0.75)
    name = "classifier.bias"
    average.steps = 1000  # past its warm-up
    start = live.get_parameter(name).clone()
    live.get_parameter(name).add_(1.0)
    live.get_submodule("blocks.0.norm").num_batches_tracked.add_(5)  # type: ignore[operator, union-attr]
    for k in range(1, 4):
        average.update(live)
        torch.testing.assert_close(average.network.get_parameter(name), start + 1 - 0.75**k)
    assert average.network.state_dict()["blocks.0.norm.num_batches_tracked"] == 5
    young = Average(live, decay=0.999)
    live.get_parameter(name).add_(1.0)
    young.update(live)  # a young average follows closely
    assert (young.network.get_parameter(name) - start - 1 > 0.8).all()


def test_predictions_do_not_depend_on_the_batch(features: Features) -> None:
    network = tiny_network()
    np.testing.assert_allclose(predict(network, features, batch=32), predict(network, features, batch=5), atol=1e-4)
    assert predict(network, features[:0]).shape == (0, 4)


def test_two_trainings_to_one_place_are_two_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clips: list[LabelledClip], features: Features
) -> None:
    """The library keeps results by model and version: those of one must never pass for the other's."""
    versions = []
    monkeypatch.setattr(run_module, "write_model", lambda out, net, kind, card, more: versions.append(card["version"]))
    for moment in ("2026-11-20T16:00:00", "2026-11-20T16:00:01"):
        clock = type("Clock", (datetime.datetime,), {"now": classmethod(lambda c, z, m=moment: c.fromisoformat(m))})
        monkeypatch.setattr(record.datetime, "datetime", clock)
        list(run_training(TrainingRun(tmp_path / "m", replace(TINY, epochs=1), folds=0), clips, features))
    list(run_training(TrainingRun(tmp_path / "m", replace(TINY, epochs=1), folds=0, version="7"), clips, features))
    assert versions == ["2026.11.20-16.00.00", "2026.11.20-16.00.01", "7"]
