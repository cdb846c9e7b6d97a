"""Training from a model: its weights, few clips, and the warning that it has heard the music before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.data.labelled import LabelledClip
from models.errors import JobError
from models.hub import Card, load_model, write_model
from models.networks import registry
from models.training.loop import EpochReport, Notice, train_network
from models.training.parent import adopt, content_of, load_parent, trained_on, warn_of_overlap
from models.training.recipes import FEW_CLIPS, RECIPES
from models.training.record import TrainingRun
from models.training.run import run_training
from tests import corpus
from tests.models.training_toys import ARGUMENTS, RECIPE, clips, features
from tests.tiny_model import CARD, DESCRIPTION, tiny_network, write_tiny_model

FINETUNE = replace(RECIPES["finetune"], crop_frames=32, epochs=2, few="")


def _parent(folder: Path, beside: dict[str, Any] | None = None, **card: Any) -> Any:
    write_model(folder, tiny_network(), DESCRIPTION, {**CARD, **card}, beside)
    return load_parent(str(folder))


# Weights -------------------------------------------------------------------------------------------------------------


def test_training_starts_from_the_parents_weights_and_standardisation(tmp_path: Path) -> None:
    parent = _parent(tmp_path / "old")
    before = {name: value.clone() for name, value in parent.network.state_dict().items()}
    still = replace(RECIPE, learning_rate=1e-12, weight_decay=0.0, epochs=1, averaging=0.0)
    *_, last = train_network(features(16), np.arange(16) % 4, still, start=parent.network)
    after = last.network.state_dict()  # type: ignore[union-attr]
    for name, value in before.items():
        if "running" not in name and "num_batches" not in name:
            torch.testing.assert_close(after[name], value, atol=1e-7, rtol=1e-6, msg=name)
        assert torch.equal(parent.network.state_dict()[name], value), "the parent itself is left alone"


def test_the_first_epoch_of_a_trained_parent_is_better_than_that_of_random_weights(tmp_path: Path) -> None:
    run = TrainingRun(tmp_path / "old", replace(RECIPE, epochs=12), folds=0)
    list(run_training(run, clips(), features()))
    labels = np.arange(48) % 4
    recipe = replace(FINETUNE, network="crnn", arguments=ARGUMENTS)
    first = []
    for start in (load_parent(str(tmp_path / "old")).network, None):
        report = next(train_network(features(), labels, recipe, start=start))
        assert isinstance(report, EpochReport)
        first.append(report.train_loss)
    assert first[0] < 0.8 * first[1]


def test_the_frozen_layers_and_their_statistics_stay_as_they_were(tmp_path: Path) -> None:
    parent = _parent(tmp_path / "old")
    recipe, said = adopt(RECIPES["finetune"], FEW_CLIPS - 1, parent)
    assert recipe.name == "finetune-few"
    assert "39 clips are few" in said[0]
    assert "only the last layers are trained" in said[0]
    recipe = replace(recipe, crop_frames=32, epochs=3, averaging=0.0, learning_rate=1e-2)
    *_, last = train_network(features(16), np.arange(16) % 4, recipe, start=parent.network)
    before, after = parent.network.state_dict(), last.network.state_dict()  # type: ignore[union-attr]
    for name, value in before.items():
        if name.startswith("blocks.") or name.startswith("band_"):
            assert torch.equal(after[name], value), name
        elif name.endswith("weight"):
            assert not torch.equal(after[name], value), name


@pytest.mark.parametrize(("n", "name"), [(FEW_CLIPS - 1, "finetune-few"), (FEW_CLIPS, "finetune")])
def test_the_recipe_decides_what_few_clips_get(tmp_path: Path, n: int, name: str) -> None:
    recipe, said = adopt(RECIPES["finetune"], n, _parent(tmp_path / "old"))
    assert recipe.name == name
    assert bool(said) == (n < FEW_CLIPS)
    assert (recipe.network, recipe.arguments) == ("crnn", ARGUMENTS)
    assert recipe.learning_rate < RECIPES["crnn"].learning_rate
    assert recipe.freeze == (name == "finetune-few")


def test_few_clips_from_nothing_are_told_of_start_from() -> None:
    assert "--start-from" in adopt(RECIPES["crnn"], 20, None)[1][0]
    assert adopt(RECIPES["crnn"], 200, None) == (RECIPES["crnn"], [])


def test_what_cannot_be_started_from_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = _parent(tmp_path / "old")
    with pytest.raises(JobError, match="needs a model to start from"):
        adopt(RECIPES["finetune"], 100, None)
    with pytest.raises(JobError, match="old is a crnn, but the recipe cnn5-paper trains a cnn5") as caught:
        adopt(RECIPES["cnn5-paper"], 100, parent)
    assert caught.value.kind == "bad_model"
    write_model(tmp_path / "flat", tiny_network(attention=False), {**DESCRIPTION, "attention": False}, CARD)
    with_attention = replace(RECIPES["crnn"], arguments={"attention": True})
    with pytest.raises(JobError, match="flat differs from the network of the recipe crnn in attention"):
        adopt(with_attention, 100, load_parent(str(tmp_path / "flat")))
    assert adopt(RECIPES["crnn"], 100, parent)[0].arguments == ARGUMENTS
    with pytest.raises(JobError) as gone:
        load_parent(str(tmp_path / "nowhere"))
    assert gone.value.kind == "missing_model"
    monkeypatch.setitem(registry.KINDS, "line", lambda: torch.nn.Linear(1, 1))
    write_model(tmp_path / "line", torch.nn.Linear(1, 1), {"kind": "line"}, CARD)
    with pytest.raises(JobError, match="Training cannot start from line, a line model"):
        load_parent(str(tmp_path / "line"))


# What it has heard ---------------------------------------------------------------------------------------------------


def _recordings(folder: Path, n: int = 4) -> list[LabelledClip]:
    paths = [corpus.write(folder / f"{i}.wav", corpus.melody(0.3, i)) for i in range(n)]
    return [LabelledClip(path, i % 4, f"song {i}", source="toy") for i, path in enumerate(paths)]


def test_clips_that_the_parent_was_trained_on_are_told_by_their_content(tmp_path: Path) -> None:
    old, new = _recordings(tmp_path / "a"), _recordings(tmp_path / "elsewhere", 6)  # four of the six are the same
    content = content_of(old)
    assert len(set(content)) == 4
    parent = _parent(tmp_path / "old", {"trained_on.json": trained_on(content, None)}, data=[{"name": "Toy"}])
    said = warn_of_overlap(parent, new, content_of(new))
    assert "4 of 6 clips were among those that old was trained on" in said
    assert "no test" in said
    # The name of the data set says nothing where the content says that the clips are others.
    assert warn_of_overlap(parent, new[4:], content_of(new[4:])) == ""


@pytest.mark.parametrize(
    ("card", "warned"),
    [
        ({"data": [{"name": "4Q-AED"}]}, True),
        ({"data": [], "scores": {"sources": {"4qaed": {}}}}, True),
        ({"data": [{"name": "EMOPIA"}]}, False),
        ({"data": "by hand", "scores": []}, False),
    ],
)
def test_without_content_the_names_of_the_data_sets_are_compared(
    tmp_path: Path, card: dict[str, Any], warned: bool
) -> None:
    given = clips(8, "4qaed")
    said = warn_of_overlap(_parent(tmp_path / "old", **card), given, ["x"] * 8)
    assert bool(said) == warned
    if warned:
        assert "old was trained on 4qaed too, by name" in said


def test_the_card_names_the_parent_and_warns_and_a_grandchild_remembers_what_both_heard(tmp_path: Path) -> None:
    first = TrainingRun(tmp_path / "first", RECIPE, folds=2, content=tuple(f"hash {i}" for i in range(48)))
    list(run_training(first, clips(), features()))
    parent = load_parent(str(tmp_path / "first"))
    second = TrainingRun(
        tmp_path / "second", FINETUNE, folds=2, parent=parent, content=tuple(f"hash {i}" for i in range(40, 88))
    )
    *events, card = run_training(second, clips(), features())
    assert isinstance(card, Card)
    raw = json.loads((tmp_path / "second" / "card.json").read_text(encoding="utf-8"))
    assert raw["parent"]["id"] == "first"
    assert raw["parent"]["weights_sha256"] == parent.card.raw["weights_sha256"]
    assert raw["network"] == {"kind": "crnn", **ARGUMENTS}
    warning = raw["scores"]["warning"]
    assert "8 of 48 clips were among those that first was trained on" in warning
    assert warning in raw["notes"]
    assert warning in [event.text for event in events if isinstance(event, Notice)]
    heard = json.loads((tmp_path / "second" / "trained_on.json").read_text(encoding="utf-8"))["content"]
    assert heard == sorted(f"hash {i}" for i in range(88))
    grandchild = TrainingRun(tmp_path / "third", FINETUNE, folds=0, parent=load_parent(str(tmp_path / "second")))
    *_, third = run_training(grandchild, clips(), features())
    assert isinstance(third, Card)
    assert third.raw["parent"]["parent"]["id"] == "first"


def test_a_model_from_before_says_nothing_of_what_it_heard(tmp_path: Path) -> None:
    write_tiny_model(tmp_path / "old")
    assert load_parent(str(tmp_path / "old")).heard == frozenset()
    (tmp_path / "old" / "trained_on.json").write_text("[]", encoding="utf-8")
    assert load_parent(str(tmp_path / "old")).heard == frozenset()


def test_what_a_parent_leaves_is_what_is_resumed(tmp_path: Path) -> None:
    parent = _parent(tmp_path / "old")
    run = TrainingRun(tmp_path / "m", FINETUNE, folds=2, parent=parent)
    next(iter(run_training(run, clips(), features())))
    with pytest.raises(JobError, match="other settings"):
        list(run_training(replace(run, recipe=RECIPE, parent=None), clips(), features(), resume=True))
    *_, card = run_training(run, clips(), features(), resume=True)
    assert isinstance(card, Card)
    assert load_model(str(tmp_path / "m"), "cpu").card.raw["parent"]["id"] == "old"
