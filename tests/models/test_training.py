from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.data.labelled import LabelledClip, read_labelled_folder, write_labels
from models.data.prepare import prepare_4qaed, prepare_emopia
from models.errors import Cancelled, JobError
from models.hub import Card, load_model
from models.inference.analysis import CancelToken
from models.training import loop
from models.training import run as run_module
from models.training.features import Features, fit_length, load_features
from models.training.loop import EpochReport, TrainedNetwork, _Average, predict, train_network
from models.training.recipes import RECIPES, Augmentation, Recipe
from models.training.run import FoldScore, RunProgress, TrainingRun, run_training
from models.training.splits import grouped_folds
from tests import corpus
from tests.tiny_model import tiny_network

#: Seconds of training, not minutes: 0.7-s crops, a few steps.
TINY = Recipe("tiny", crop_frames=32, epochs=4, batch=8, learning_rate=2e-3, averaging=0.8)
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
        rows.append((name, f"Q{quadrant + 1}", f"artist {i // 8}-{quadrant}", ""))
    write_labels(folder, rows)
    return folder


@pytest.fixture(scope="module")
def clips(labelled: Path) -> list[LabelledClip]:
    return read_labelled_folder(labelled)


@pytest.fixture(scope="module")
def features(clips: list[LabelledClip], tmp_path_factory: pytest.TempPathFactory) -> Features:
    """Two seconds of each clip's half minute are enough here."""
    return load_features(clips, tmp_path_factory.mktemp("cache"))[:, :, :96].copy()


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
        *["fold 1 of 2"] * 4, "FoldScore", *["fold 2 of 2"] * 4, "FoldScore", *["final"] * 4, "Card",
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
    monkeypatch.setattr(run_module, "fit_temperature", lambda logits, truth: 2.0)
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
    monkeypatch.setattr(run_module, "write_model", lambda out, *rest: Card(out.name, "1", "", "", out, {}))


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
    run = TrainingRun(tmp_path / "m", TINY, folds=4)
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
    run = TrainingRun(tmp_path / "m", TINY, folds=3)
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
    run = TrainingRun(tmp_path / "m", TINY, folds=2)
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
    monkeypatch.setattr(run_module, "write_model", lambda out, net, kind, card: Card(out.name, "1", "", "", out, card))
    numbered = np.zeros((32, 128, 16), np.float16)
    numbered[:, 0, 0] = np.arange(32)
    recipe = replace(TINY, patience=3)
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
    made, schedule = loop._optimiser(list(network.parameters()), recipe, steps_per_epoch=2)
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
    average = _Average(live, decay=0.75)
    name = "classifier.bias"
    average.steps = 1000  # past its warm-up
    start = live.get_parameter(name).clone()
    live.get_parameter(name).add_(1.0)
    live.get_submodule("blocks.0.norm").num_batches_tracked.add_(5)  # type: ignore[operator, union-attr]
    for k in range(1, 4):
        average.update(live)
        torch.testing.assert_close(average.network.get_parameter(name), start + 1 - 0.75**k)
    assert average.network.state_dict()["blocks.0.norm.num_batches_tracked"] == 5
    young = _Average(live, decay=0.999)
    live.get_parameter(name).add_(1.0)
    young.update(live)  # a young average follows closely
    assert (young.network.get_parameter(name) - start - 1 > 0.8).all()


def test_predictions_do_not_depend_on_the_batch(features: Features) -> None:
    network = tiny_network()
    np.testing.assert_allclose(predict(network, features, batch=32), predict(network, features, batch=5), atol=1e-4)
    assert predict(network, features[:0]).shape == (0, 4)


# Augmentation --------------------------------------------------------------------------------------------------------


def _random(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_level_and_tilt_stay_in_their_range_and_above_silence() -> None:
    from models.audio.log_mel import FLOOR
    from models.training.augment import change_level

    x = torch.zeros(500, 128, 3)
    y = change_level(x, Augmentation(gain_db=6), _random())
    assert (y == y[:, :1, :1]).all()  # a change of level is the same for all bands and frames
    db = y[:, 0, 0] * 10 / np.log(10)
    assert 5.5 < db.max() <= 6.001
    assert -6.001 <= db.min() < -5.5
    tilted = change_level(x, Augmentation(tilt_db=3), _random()) * 10 / np.log(10)
    torch.testing.assert_close(tilted[:, 0], -tilted[:, 127])
    assert 2.7 < tilted[:, 127].max() <= 3.001
    silent = change_level(torch.full((20, 128, 3), FLOOR), Augmentation(gain_db=6, tilt_db=6), _random())
    assert silent.min() >= np.float32(FLOOR)
    assert change_level(x, Augmentation(), _random()) is x


def test_masks_are_two_stretches_no_longer_than_asked() -> None:
    from models.training.augment import mask

    x = mask(torch.ones(300, 128, 100), Augmentation(band_mask=12), _random())
    lost = (x == 0).all(dim=2)
    assert (lost == (x == 0).any(dim=2)).all()  # whole bands
    assert lost.sum(dim=1).max() <= 24
    assert lost.sum(dim=1).float().mean() > 8
    runs = (lost.int().diff(dim=1, prepend=torch.zeros(300, 1)) == 1).sum(dim=1)
    assert runs.max() <= 2
    y = mask(torch.ones(300, 128, 100), Augmentation(time_mask=10), _random())
    gone = (y == 0).all(dim=1)
    assert (gone == (y == 0).any(dim=1)).all()
    assert 0 < gone.sum(dim=1).max() <= 20
    assert len({tuple(row.tolist()) for row in gone}) > 250  # each clip another
    assert (mask(torch.ones(2, 128, 100), Augmentation(), _random()) == 1).all()


def test_mixing_mixes_labels_as_it_mixes_sound() -> None:
    from models.training.augment import mix

    x = torch.eye(4).repeat(50, 1)[:, :, None] * torch.ones(1, 1, 3)  # the sound is the label
    targets = torch.eye(4).repeat(50, 1)
    mixed, soft = mix(x, targets, Augmentation(mixup=0.3), _random())
    torch.testing.assert_close(mixed[:, :, 0], soft)
    torch.testing.assert_close(soft.sum(dim=1), torch.ones(200))
    assert (soft.max(dim=1).values < 0.95).float().mean() > 0.2
    same, unchanged = mix(x, targets, Augmentation(), _random())
    assert same is x
    assert unchanged is targets


def test_crops_lie_inside_the_clip_and_move() -> None:
    ramp = np.tile(np.arange(100, dtype=np.float16), (6, 128, 1))
    crops = loop._crop(ramp, np.arange(6).repeat(20), 30, np.random.default_rng(0))
    starts = crops[:, 0, 0].numpy()
    assert (crops[:, 0] == crops[:, 0, :1] + torch.arange(30)).all()
    assert starts.min() < 10
    assert 60 < starts.max() <= 70
    whole = loop._crop(ramp, np.arange(6), 100, np.random.default_rng(0))
    assert (whole[:, 0, 0] == 0).all()


# Splits --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folds", [2, 3, 5])
@pytest.mark.parametrize("seed", [0, 1])
def test_groups_are_never_divided_and_classes_stay_balanced(folds: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    artist = rng.integers(0, 60, 400)
    quadrant = np.where(rng.random(400) < 0.6, artist % 4, rng.integers(0, 4, 400))
    fold = grouped_folds(quadrant.tolist(), [f"a{i}" for i in artist], folds, seed)
    for a in range(60):
        assert len(set(fold[artist == a])) <= 1
    counts = np.array([[np.sum((fold == f) & (quadrant == q)) for q in range(4)] for f in range(folds)])
    assert counts.sum() == 400
    assert counts.min() > 0.7 * counts.sum(axis=0).min() / folds
    assert np.ptp(counts.sum(axis=1)) < 0.15 * 400 / folds + 8


def test_no_fold_is_left_empty_even_with_few_and_uneven_groups() -> None:
    assert sorted(grouped_folds([0, 1], ["a", "b"], 2)) == [0, 1]
    for seed in range(20):
        rng = np.random.default_rng(seed)
        groups = [str(g) for g in np.repeat(np.arange(6), [20, 1, 1, 5, 1, 1])]
        labels = rng.integers(0, 4, len(groups)).tolist()
        assert set(grouped_folds(labels, groups, 5, seed)) == set(range(5))


def test_a_quadrant_that_nobody_has_does_not_spoil_the_split() -> None:
    labels = [0, 2] * 20  # no Q2, no Q4
    fold = grouped_folds(labels, [str(i) for i in range(40)], 4)
    assert [np.sum(fold == f) for f in range(4)] == [10, 10, 10, 10]


def test_the_order_of_clips_of_equal_groups_is_by_seed() -> None:
    labels, groups = [i % 4 for i in range(40)], [str(i) for i in range(40)]
    a, b, c = (grouped_folds(labels, groups, 5, seed) for seed in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


@pytest.mark.parametrize(("groups", "folds"), [(["a", "a", "a"], 2), (["a", "b"], 3), (["a", "b", "c"], 1)])
def test_impossible_splits_are_refused(groups: list[str], folds: int) -> None:
    with pytest.raises(ValueError, match="folds"):
        grouped_folds([0] * len(groups), groups, folds)


def test_each_source_is_divided_by_itself(clips: list[LabelledClip]) -> None:
    both = [*clips, *(replace(clip, source="other") for clip in clips)]
    fold = run_module.assign_folds(both, 4, 0)
    for source in ("toy", "other"):
        mine = [i for i, clip in enumerate(both) if clip.source == source]
        assert [int(np.sum(fold[mine] == f)) for f in range(4)] == [8, 8, 8, 8]


# Features ------------------------------------------------------------------------------------------------------------


def test_a_longer_clip_gives_its_middle_a_shorter_one_is_looped() -> None:
    ramp = np.tile(np.arange(2000, dtype=np.float32), (128, 1))
    middle = fit_length(ramp)
    assert middle.shape == (128, 1292)
    assert (middle[0, 0], middle[0, -1]) == (354, 1645)
    looped = fit_length(ramp[:, :500])
    assert looped.shape == (128, 1292)
    np.testing.assert_array_equal(looped[0], np.arange(1292) % 500)
    np.testing.assert_array_equal(fit_length(ramp[:, :1292]), ramp[:, :1292])


def test_log_mels_are_computed_once_and_anew_when_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.training import features as module

    path = corpus.write(tmp_path / "a.wav", corpus.melody(1))
    clip = LabelledClip(path, 0, "a")
    done: list[tuple[int, int]] = []
    first = load_features([clip], tmp_path / "cache", lambda i, n: done.append((i, n)))
    assert done == [(1, 1)]
    decoded: list[Path] = []
    original: Callable[..., Any] = module.decode
    monkeypatch.setattr(module, "decode", lambda p: decoded.append(p) or original(p))
    np.testing.assert_array_equal(load_features([clip], tmp_path / "cache"), first)
    assert decoded == []
    corpus.write(path, corpus.melody(1.5, seed=1))
    assert not np.array_equal(load_features([clip], tmp_path / "cache"), first)
    assert decoded == [path]
    assert [p.suffix for p in (tmp_path / "cache").iterdir()] == [".npy", ".npy"]


def test_a_clip_that_is_no_music_is_named(tmp_path: Path) -> None:
    path = corpus.text_named_wav(tmp_path)
    with pytest.raises(JobError, match=r"lyrics\.wav"):
        load_features([LabelledClip(path, 0, "a")], tmp_path / "cache")


# Labelled folders ----------------------------------------------------------------------------------------------------


def _table(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    (folder / "audio").mkdir(exist_ok=True)
    (folder / "audio" / "a.wav").write_bytes(b"RIFF")
    (folder / "b.wav").write_bytes(b"RIFF")
    (folder / "labels.csv").write_text(text, encoding=encoding)
    return folder


def test_a_table_names_files_in_audio_or_beside_it(tmp_path: Path) -> None:
    folder = _table(tmp_path, "file,quadrant,group,split\na.wav,Q3,Björk,test\nb.wav, q1 ,,\n", "utf-8-sig")
    a, b = read_labelled_folder(folder)
    assert a == LabelledClip(folder / "audio" / "a.wav", 2, "Björk", "test", folder.name)
    assert b == LabelledClip(folder / "b.wav", 0, "b.wav", "", folder.name)


@pytest.mark.parametrize(
    ("text", "row", "word"),
    [
        ("file,quadrant\na.wav,Q1\nb.wav,Q5\n", 3, "Q5"),
        ("file,quadrant\na.wav,\n", 2, "Q1 to Q4"),
        ("file,quadrant\na.wav\n", 2, "Q1 to Q4"),
        ("file,quadrant\na.wav,Q1\n\nc.wav,Q2\n", 4, "c.wav"),
        ("file,quadrant\n,Q2\n", 2, "''"),
        ("file,quadrant\na.wav,Q1\na.wav,Q1\n", 3, "second time"),
        ("file,quadrant\na.wav,Q1\n../audio/a.wav,Q1\n", 3, "second time"),
        ("name,label\na.wav,Q1\n", 1, "file or quadrant"),
        ("file;quadrant\na.wav;Q1\n", 1, "file or quadrant"),
        ("", 1, "file or quadrant"),
    ],
)
def test_every_mistake_in_a_table_is_named_with_its_row(tmp_path: Path, text: str, row: int, word: str) -> None:
    with pytest.raises(JobError) as caught:
        read_labelled_folder(_table(tmp_path, text))
    assert caught.value.kind == "bad_data"
    assert f"labels.csv, row {row}" in caught.value.message
    assert word in caught.value.message


def test_a_table_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"labels\.csv is not UTF-8"):
        read_labelled_folder(_table(tmp_path, "file,quadrant,group\na.wav,Q1,Café\n", "latin-1"))
    with pytest.raises(JobError, match="names no labelled recording"):
        read_labelled_folder(_table(tmp_path, "file,quadrant\n"))


def test_subfolders_named_like_quadrants_are_labels(tmp_path: Path) -> None:
    for name in ("Q1/Bach/a.wav", "Q1/Bach/disc 2/b.flac", "Q4/c.MP3", "Q4/._c.MP3", "Q4/.cache/d.wav", "Q4/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = read_labelled_folder(tmp_path)
    assert [(c.path.name, c.quadrant, c.group) for c in found] == [
        ("a.wav", 0, "Bach"), ("b.flac", 0, "Bach"), ("c.MP3", 3, "Q4/c.MP3"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "make", [lambda f: f, lambda f: f / "nowhere", lambda f: corpus.write(f / "a.wav", np.ones(9))]
)
def test_what_is_no_labelled_folder_is_refused(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    with pytest.raises(JobError, match="neither a labels"):
        read_labelled_folder(make(tmp_path))


# Data sets -----------------------------------------------------------------------------------------------------------


def _four_quadrants(folder: Path) -> Path:
    rows = ["file,quadrant,artist", "a.mp3,Q1,Nina Simone ", "b.mp3,Q3,nina simone", "c.mp3,Q2,"]
    (folder / "audio").mkdir(parents=True)
    (folder / "clips.csv").write_text("\n".join(rows), encoding="utf-8")
    for name in "abc":
        (folder / "audio" / f"{name}.mp3").write_bytes(name.encode())
    return folder


def test_4qaed_becomes_a_labelled_folder_grouped_by_artist(tmp_path: Path) -> None:
    source, made = _four_quadrants(tmp_path / "src"), tmp_path / "made"
    assert list(prepare_4qaed(source, made)) == [(1, 3), (2, 3), (3, 3)]
    found = read_labelled_folder(made)
    assert [(c.path.name, c.quadrant, c.group) for c in found] == [
        ("a.mp3", 0, "nina simone"), ("b.mp3", 2, "nina simone"), ("c.mp3", 1, "c.mp3"),
    ]  # fmt: skip
    assert found[1].path.read_bytes() == b"b"


def test_an_interrupted_copy_is_not_taken_for_the_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, made = _four_quadrants(tmp_path / "src"), tmp_path / "made"

    def half(a: Path, b: Path) -> None:
        Path(b).write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", half)
        with pytest.raises(KeyboardInterrupt):
            list(prepare_4qaed(source, made))
    list(prepare_4qaed(source, made))
    assert [(made / "audio" / f"{n}.mp3").read_bytes() for n in "abc"] == [b"a", b"b", b"c"]


@pytest.mark.parametrize("prepare", [prepare_4qaed, prepare_emopia])
def test_a_wrong_folder_is_refused(tmp_path: Path, prepare: Any) -> None:
    with pytest.raises(JobError, match=r"clips\.csv does not exist"):
        list(prepare(tmp_path / "src", tmp_path / "made"))
    (tmp_path / "src").mkdir()
    for text in ("title,year\nx,1999\n", "", "\ufeff"):
        (tmp_path / "src" / "clips.csv").write_text(text, encoding="utf-8")
        with pytest.raises(JobError, match="has no column"):
            list(prepare(tmp_path / "src", tmp_path / "made"))
    (tmp_path / "src" / "clips.csv").write_bytes(b"file,quadrant,artist\n\xff\xfe,Q1,x\n")
    with pytest.raises(JobError, match="cannot be read"):
        list(prepare(tmp_path / "src", tmp_path / "made"))
    assert not (tmp_path / "made" / "labels.csv").exists()
