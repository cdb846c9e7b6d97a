"""A fused model taught further by a person's clips: the memory exactly, the listeners gently, the card honestly."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.errors import JobError
from models.hub import Card, load_model
from models.jobs import CancelToken, Control
from models.networks.fusion import QUADRANT_COLUMNS, Fusion
from models.networks.listener import Listener
from models.networks.memory import Memory
from models.training import trouble
from models.training.fusion import FusionMaterial
from models.training.fusion_run import run_fusion
from models.training.loop import EpochReport, Notice
from models.training.parent import Parent, load_parent
from models.training.record import FoldScore, HeldOut, RunProgress, TrainingRun
from models.training.tuned import MoreMemory, TuningRecipe, answers_of, sample_of, states_of, tune_listener
from models.training.tuned_run import run_tuned
from tests.models.test_fusion_training import RECIPE, _material

RIDGE = 0.3
QUICK = TuningRecipe(reports=2, steps=3)


# Memory --------------------------------------------------------------------------------------------------------------


def _targets(rng: np.random.Generator, n: int) -> np.ndarray:
    """Two columns that all know, one that every other knows, one of which nothing is known."""
    y = rng.normal(size=(n, 4))
    y[::2, 2] = np.nan
    y[:, 3] = np.nan
    return y


def test_a_memory_that_takes_in_more_is_the_one_that_all_would_have_made() -> None:
    rng = np.random.default_rng(0)
    x, y = torch.from_numpy(rng.normal(size=(40, 6))).float(), _targets(rng, 40)
    old = Memory.fit(x[:30], torch.from_numpy(y[:30]).float(), [str(i) for i in range(30)], width=0.5, ridge=RIDGE)
    chosen = np.array([True] * 7 + [False] * 3)
    more = MoreMemory(old, x[30:], y[30:], RIDGE).extended(chosen)
    known = more.get_buffer("known").float()
    assert len(known) == 37
    kernel = torch.exp(-0.5 * torch.cdist(known, known).square() / 6).double()
    for column in range(3):
        target = torch.from_numpy(np.concatenate((y[:30], y[30:][chosen]))[:, column])
        there = torch.isfinite(target)
        among = kernel[there][:, there] + RIDGE * torch.eye(int(there.sum()))
        wanted = torch.linalg.solve(among, target[there] - old.get_buffer("mean")[column])
        got = more.get_buffer("weights")[:, column]
        torch.testing.assert_close(got[there], wanted.float(), atol=2e-4, rtol=1e-3)
        assert not got[~there].any()
    assert not more.get_buffer("weights")[:, 3].any()
    torch.testing.assert_close(more(x[:5])[:, 3], old(x[:5])[:, 3])


def test_taking_in_nothing_changes_no_answer() -> None:
    rng = np.random.default_rng(1)
    x = torch.from_numpy(rng.normal(size=(20, 5))).float()
    y = rng.normal(size=(20, 2))
    old = Memory.fit(x[:15], torch.from_numpy(y[:15]).float(), list("abcdefghijklmno"), width=1.0, ridge=RIDGE)
    same = MoreMemory(old, x[15:], y[15:], RIDGE).extended(np.zeros(5, bool))
    torch.testing.assert_close(same(x), old(x))
    torch.testing.assert_close(same.novelty(x), old.novelty(x))


# Listeners -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Listener:
    torch.manual_seed(0)
    return Listener(8, hidden=16, attention_size=4).eval()


def _taught(listener: Listener, recipe: TuningRecipe, **how: Any) -> tuple[list[Any], Listener]:
    rng = np.random.default_rng(0)
    steps = [rng.normal(size=(t, 8)).astype(np.float32) for t in (5, 9, 4, 7)]
    states = states_of(listener, steps)
    labels = np.array([0, 1, 2, 3])
    weights = how.get("weights", np.ones(4))
    *events, tuned = tune_listener(listener, states, labels, weights, recipe, how.get("cancel", CancelToken()))
    assert isinstance(tuned, Listener)
    assert not any(p.requires_grad for p in tuned.parameters())
    return events, tuned


def _answers(listener: Listener) -> np.ndarray:
    rng = np.random.default_rng(0)
    return answers_of(listener, states_of(listener, [rng.normal(size=(t, 8)).astype(np.float32) for t in (5, 9, 4, 7)]))


def test_answers_from_states_are_the_listeners_own(listener: Listener) -> None:
    rng = np.random.default_rng(0)
    steps = [rng.normal(size=(t, 8)).astype(np.float32) for t in (5, 9, 4, 7)]
    wanted = [listener(torch.from_numpy(one)[None])[0].detach().numpy() for one in steps]
    np.testing.assert_allclose(_answers(listener), wanted, atol=1e-5)


def test_long_recordings_are_learned_from_moments_all_over_them(listener: Listener) -> None:
    short, long = torch.arange(240.0)[:, None], torch.arange(1601.0)[:, None]
    assert torch.equal(sample_of(short), short)
    kept = sample_of(long)[:, 0]
    assert 200 < len(kept) <= 240
    assert kept[0] == 0
    assert kept[-1] > 1590
    assert len(set(kept.diff().tolist())) == 1
    # What is learned from them is what all of them teach: a piece that goes on as it is.
    rng = np.random.default_rng(2)
    bars = [rng.normal(size=(8, 8)).astype(np.float32) for _ in range(4)]
    tuned = []
    recipe = TuningRecipe(reports=2, steps=20, pull=1.0)
    for times in (20, 90):
        states = states_of(listener, [np.tile(bar, (times, 1)) for bar in bars])
        *_, last = tune_listener(listener, states, np.arange(4), np.ones(4), recipe, CancelToken())
        tuned.append(last)
    given = [answers_of(one, states_of(listener, [np.tile(bar, (20, 1)) for bar in bars])) for one in tuned]
    learned = np.abs(given[0] - answers_of(listener, states)).max()
    assert learned > 0.1
    np.testing.assert_allclose(given[0], given[1], atol=0.2 * learned)


def test_last_layers_move_towards_the_labels_and_are_pulled_back(listener: Listener) -> None:
    def loss(of: Listener) -> float:
        z = torch.from_numpy(_answers(of))
        return float(torch.nn.functional.cross_entropy(z, torch.arange(4)))

    recipe = TuningRecipe(reports=5, steps=10, learning_rate=3e-3)
    free, held = (_taught(listener, dataclasses.replace(recipe, pull=pull))[1] for pull in (0.0, 1e5))
    assert loss(free) < loss(held) < loss(listener)
    assert np.abs(_answers(held) - _answers(listener)).max() < 0.2 * np.abs(_answers(free) - _answers(listener)).max()
    torch.testing.assert_close(free.project.weight, listener.project.weight)  # what hears sound stays


def test_clips_that_count_more_are_learned_better(listener: Listener) -> None:
    recipe = TuningRecipe(reports=4, steps=10, learning_rate=3e-3, pull=1.0)
    heavy = np.array([8.0, 1, 1, 1])
    even, first = _taught(listener, recipe)[1], _taught(listener, recipe, weights=heavy)[1]
    assert _answers(first)[0, 0] - _answers(first)[0, 1:].max() > _answers(even)[0, 0] - _answers(even)[0, 1:].max()


def test_a_listener_whose_loss_is_no_number_stays_as_it_was(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, taken = trouble.Descent._step, 0

    def step(self: trouble.Descent, *batch: torch.Tensor) -> float:
        nonlocal taken
        taken += 1
        if taken > 3:
            raise trouble.Diverged
        return original(self, *batch)

    monkeypatch.setattr(trouble.Descent, "_step", step)
    events, tuned = _taught(listener, QUICK)
    assert [type(e) for e in events] == [EpochReport, Notice]
    assert "no number" in events[-1].text
    assert np.isfinite(_answers(tuned)).all()
    _, three = _taught(listener, TuningRecipe(reports=0))
    np.testing.assert_array_equal(_answers(three), _answers(listener))


def test_short_memory_is_worked_around(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Listener.judge

    def judge(self: Listener, h: torch.Tensor) -> Any:
        if len(h) > 2:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes.")
        return original(self, h)

    monkeypatch.setattr(Listener, "judge", judge)
    events, _ = _taught(listener, QUICK)
    assert [type(e) for e in events] == [Notice, EpochReport, EpochReport]
    assert "pieces of 2 clips" in events[0].text


# The run -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> FusionMaterial:
    return _material(tmp_path_factory.mktemp("traces"))


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory, everything: FusionMaterial) -> Parent:
    out = tmp_path_factory.mktemp("models") / "shipped"
    run = TrainingRun(out, folds=2, name="Shipped", limits=("toys only",), content=("heard before",))
    list(run_fusion(run, RECIPE, everything))
    return load_parent(str(out))


def _own(folder: Path, n: int = 24) -> FusionMaterial:
    """Clips of a person who hears the first cluster as Q2; half of them are points, half bare quadrants."""
    made = _material(folder, judged=n, rated=0, profiled=0)
    clips = []
    for i, clip in enumerate(made.clips):
        quadrant = 1 if clip.quadrant == 0 else clip.quadrant
        point = {"valence": -0.3, "arousal": 0.4} if quadrant == 1 else {}
        clips.append(
            dataclasses.replace(clip, quadrant=quadrant, source="own", split="test" if i < 8 else "train", **point)
        )
    return FusionMaterial(clips, made.heard)


def _finish(run: TrainingRun, material: FusionMaterial, recipe: TuningRecipe = QUICK, **more: Any) -> list[Any]:
    return list(run_tuned(run, recipe, material, **more))


def test_a_model_goes_on_from_another_and_says_so(parent: Parent, tmp_path: Path) -> None:
    out, material = tmp_path / "mine", _own(tmp_path / "own")
    run = TrainingRun(out, folds=2, parent=parent, content=tuple(f"own {i}" for i in range(24)))
    events = _finish(run, material)
    card = events[-1]
    assert isinstance(card, Card)
    assert [e.fold for e in events if isinstance(e, FoldScore)] == [0, 1]
    (held,) = [e for e in events if isinstance(e, HeldOut)]
    np.testing.assert_array_equal(held.indices, np.arange(24))
    np.testing.assert_allclose(held.probabilities.sum(axis=1), 1)
    progress = [e for e in events if isinstance(e, RunProgress)]
    assert [e.part for e in progress] == ["fold 1 of 2"] * 2 + ["fold 2 of 2"] * 2 + ["final"] * 2
    assert progress[-1].fraction == pytest.approx(1)
    assert card.raw["parent"]["id"] == "shipped"
    assert card.raw["limits"][0] == "toys only"
    assert "24 clips of its own beside what shipped knew" in card.raw["limits"][-1]
    assert "starting from shipped" in card.raw["scores"]["protocol"]
    assert (card.raw["band_coverage"], card.raw["gems"]) == (0.8, True)
    assert set(json.loads((out / "trained_on.json").read_text(encoding="utf-8"))["content"]) == {
        "heard before", *(f"own {i}" for i in range(24)),
    }  # fmt: skip
    assert len(json.loads((out / "history.json").read_text(encoding="utf-8"))["final"]) == 2
    mine, theirs = load_model(str(out), "cpu").network, parent.network
    assert isinstance(mine, Fusion)
    assert isinstance(theirs, Fusion)
    assert len(mine.memory.get_buffer("known")) == len(theirs.memory.get_buffer("known")) + 24
    # What the person hears differently is learned, and the parent is as it was.
    steps, summary = torch.from_numpy(material.heard[0].steps), torch.from_numpy(material.heard[0].summary)
    said = [one.memory(summary[None])[0, QUADRANT_COLUMNS] for one in (theirs, mine)]
    assert said[0].argmax() == 0
    assert said[1][1] > said[0][1] + 0.2
    assert np.isfinite(mine(steps, summary).values.numpy()).all()


def test_it_can_go_on_from_a_model_that_went_on(parent: Parent, tmp_path: Path) -> None:
    first = _finish(TrainingRun(tmp_path / "first", folds=0, parent=parent), _own(tmp_path / "own"))[-1]
    assert first.raw["scores"] == {}
    again = load_parent(str(tmp_path / "first"))
    card = _finish(TrainingRun(tmp_path / "second", folds=0, parent=again), _own(tmp_path / "own", 8))[-1]
    assert card.raw["network"]["known"] == 66 + 24 + 8
    assert card.raw["parent"]["parent"]["id"] == "shipped"


def test_clips_that_the_parent_knew_are_no_test(parent: Parent, tmp_path: Path) -> None:
    run = TrainingRun(tmp_path / "m", folds=2, parent=parent, content=("heard before", *map(str, range(23))))
    notice, *_, card = _finish(run, _own(tmp_path / "own"))
    assert "1 of 24 clips were among those that shipped was trained on" in notice.text
    assert card.raw["scores"]["warning"] == notice.text


def test_the_clips_own_split_is_used(parent: Parent, tmp_path: Path) -> None:
    material = _own(tmp_path / "own")
    run = TrainingRun(tmp_path / "m", parent=parent, use_splits=True, allow_shared_groups=True, shares={"own": 0.5})
    *events, card = _finish(run, material)
    assert {e.part for e in events if isinstance(e, RunProgress)} == {"train split"}
    assert card.raw["network"]["known"] == 66 + 16
    assert card.raw["scores"]["sources"]["own"]["clips"] == 8
    assert card.raw["recipe"]["shares"] == {"own": 0.5}


def test_held_out_clips_teach_nothing(parent: Parent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    material, met = _own(tmp_path / "own"), []
    original = MoreMemory.extended

    def extended(self: MoreMemory, chosen: np.ndarray) -> Memory:
        met.append({clip.group for clip, yes in zip(material.clips, chosen, strict=True) if yes})
        return original(self, chosen)

    monkeypatch.setattr(MoreMemory, "extended", extended)
    _finish(TrainingRun(tmp_path / "m", folds=2, parent=parent), material)
    every = {clip.group for clip in material.clips}
    assert [bool(every - groups) for groups in met] == [True, True, False]
    assert (every - met[0]).isdisjoint(every - met[1])


def test_bands_are_widened_where_the_person_is_missed(parent: Parent, tmp_path: Path) -> None:
    material = _own(tmp_path / "own")
    far = [dataclasses.replace(c, valence=-0.95, arousal=0.95, quadrant=1) for c in material.clips[:12]]
    other = [dataclasses.replace(c, valence=0.95, arousal=-0.95, quadrant=3) for c in material.clips[12:]]
    run = TrainingRun(tmp_path / "m", folds=2, parent=parent)
    card = _finish(run, FusionMaterial([*far, *other], material.heard))[-1]
    assert card.raw["scores"]["valence_arousal"]["clips"] == 24
    mine = load_model(str(tmp_path / "m"), "cpu").network
    assert bool((mine.get_buffer("whole_band") > parent.network.get_buffer("whole_band")).all())
    assert bool((mine.get_buffer("band_factor") > parent.network.get_buffer("band_factor")).all())


def test_told_to_finish_it_writes_a_model_at_once(parent: Parent, tmp_path: Path) -> None:
    control, folds = Control(), []
    run = TrainingRun(tmp_path / "m", folds=4, parent=parent)
    for event in run_tuned(run, QUICK, _own(tmp_path / "own"), cancel=control):
        if isinstance(event, FoldScore):
            folds.append(event.fold)
            if event.fold == 1:
                control.stop()
    assert folds == [0, 1]
    assert isinstance(event, Card)
    assert any("stopped by hand after 2 of 4 folds" in note for note in event.raw["notes"])
    assert "stopped by hand after 2 of 4 folds" in event.raw["scores"]["protocol"]


def test_it_needs_a_fused_model_and_some_clips(parent: Parent, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="starts from a fused model") as error:
        _finish(TrainingRun(tmp_path / "m"), _own(tmp_path / "own"))
    assert error.value.kind == "bad_model"
    material = _own(tmp_path / "own")
    with pytest.raises(JobError, match="two labelled clips"):
        _finish(TrainingRun(tmp_path / "m", parent=parent), FusionMaterial(material.clips[:1], material.heard[:1]))
