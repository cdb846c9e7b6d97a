"""The measurement of one's own model: people are as stated, groups never shared, and the model is the command's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.data.labelled import LabelledClip
from models.evaluation.report import __main__ as command
from models.evaluation.report import own_model
from models.evaluation.report.own_model import KINDS, MEMORY, OWN, PARENT, Place
from models.evaluation.report.own_model_page import own_model_page
from models.evaluation.report.pages import read_results
from models.hub import load_model
from models.networks.fusion import Fusion
from models.networks.personal import whole_logits
from models.training.fusion import FusionMaterial
from models.training.heard_features import HeardClip
from models.training.parent import Parent
from models.training.record import TrainingRun
from models.training.tuned import TuningRecipe
from models.training.tuned_run import run_tuned
from tests.models.personal_toys import base_model, music


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Parent:
    base = base_model(tmp_path_factory.mktemp("models") / "toy")
    assert isinstance(base.network, Fusion)
    # Listeners of a new model weigh nothing against this memory: let them be heard.
    base.network.get_buffer("listener_weight").fill_(2.0)
    return Parent(base.card, base.network, frozenset(), frozenset())


def _clips(source: str, n: int, seed: int) -> tuple[list[LabelledClip], list[HeardClip]]:
    heard = [music(seed + i, steps=5) for i in range(n)]
    clips = [LabelledClip(Path(f"{i}.wav"), i % 4, f"song {i // 3}", source=source) for i in range(n)]
    return clips, [HeardClip(one.steps, one.summary) for one in heard]


@pytest.fixture(scope="module")
def place(parent: Parent) -> Place:
    return own_model.place_of(parent, "4qaed", *_clips("4qaed", 96, 500))


def test_people_hear_what_is_said_of_them() -> None:
    labels = np.arange(900) % 4
    groups = [f"artist {i // 6}" for i in range(900)]

    def heard(kind: str, seed: int = 0) -> np.ndarray:
        return KINDS[kind](labels, groups, np.random.default_rng(seed))

    np.testing.assert_array_equal(heard("hears as the data set says"), labels)
    np.testing.assert_array_equal(heard("calls all calm music sad"), np.array([0, 1, 2, 2])[labels])
    half = heard("calls half of the artists' calm music sad")
    turned = half != labels
    assert set(labels[turned]) == {3}
    assert set(half[turned]) == {2}
    assert turned[labels == 3].mean() == pytest.approx(0.5, abs=0.15)
    negative = heard("hears a third of the artists as negative")
    names = np.asarray(groups)
    fell = set(names[negative != labels])
    assert len(fell) / len(set(groups)) == pytest.approx(1 / 3, abs=0.12)
    there = np.isin(names, list(fell))
    # Always a whole artist, and arousal stays.
    np.testing.assert_array_equal(negative[there], np.array([1, 1, 2, 2])[labels[there]])
    assert (heard("hears a third of the artists as negative", 1) != negative).any()


def test_forty_clips_share_no_group_with_those_that_are_tested() -> None:
    groups = np.array([f"song {i // 3}" for i in range(96)])
    drawn = set()
    for seed in range(5):
        labelled, test = own_model.forty_of(groups.tolist(), np.random.default_rng(seed))
        assert labelled.sum() == 40
        assert max(np.unique(groups[labelled], return_counts=True)[1]) == 2
        assert not set(groups[labelled]) & set(groups[test])
        assert set(groups[labelled]) | set(groups[test]) == set(groups)
        drawn.add(tuple(np.flatnonzero(labelled)))
    assert len(drawn) == 5


def test_what_is_judged_is_the_model_that_the_command_writes(parent: Parent, place: Place, tmp_path: Path) -> None:
    hears = np.where(place.labels == 3, 2, place.labels)
    labelled, _ = own_model.forty_of(place.groups, np.random.default_rng(0))
    taught = own_model.own_model(parent, place, labelled, hears)
    said = own_model.answers(parent, taught, place)
    where = np.flatnonzero(labelled)
    material = FusionMaterial(
        [replace(place.clips[i], quadrant=int(hears[i])) for i in where], [place.heard[i] for i in where]
    )
    list(run_tuned(TrainingRun(tmp_path / "own", folds=0, parent=parent), TuningRecipe(), material))
    for name, network in ((OWN, load_model(str(tmp_path / "own"), "cpu").network), (PARENT, parent.network)):
        assert isinstance(network, Fusion)
        with torch.inference_mode():
            whole = [
                whole_logits(network(torch.from_numpy(one.steps), torch.from_numpy(one.summary))).numpy()
                for one in place.heard[:20]
            ]
        np.testing.assert_allclose(said[name][:20], np.stack(whole), atol=2e-3)
    # The listeners do their part, and so does the memory.
    assert np.abs(said[OWN] - said[MEMORY]).max() > 0.01
    assert np.abs(said[MEMORY] - said[PARENT]).max() > 0.01


def test_differences_are_of_the_same_people_and_groups() -> None:
    groups = [f"song {i}" for i in range(20)]
    tally = own_model.Tally(groups)
    for person in range(6):
        truth = np.random.default_rng(person).integers(0, 4, 20)
        right = 5.0 * np.eye(4)[truth]
        wrong = right.copy()
        wrong[: 3 * person] = 5.0 * np.eye(4)[(truth[: 3 * person] + 1) % 4]
        for model, logits in ((PARENT, wrong), (MEMORY, wrong), (OWN, right)):
            tally.add(model, truth, logits, groups)
    scores = tally.scores()
    assert scores["accuracy"][PARENT]["value"] == pytest.approx(1 - 7.5 / 20)
    assert scores["accuracy"][OWN] == {"value": 1.0, "low": 1.0, "high": 1.0}
    gained = scores["accuracy"]["own less parent"]
    assert gained["value"] == pytest.approx(7.5 / 20)
    assert 0.1 < gained["low"] < gained["value"] < gained["high"] < 0.7
    assert scores["macro_f1"]["memory alone less parent"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert scores["loss"][OWN]["value"] == pytest.approx(np.log(1 + 3 * np.exp(-5)), abs=1e-4)
    assert (scores["better"], scores["people"]) == (5, 6)  # the first had nothing to gain


def test_the_command_measures_and_the_page_says_so(
    parent: Parent, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = own_model_page({})
    assert page.count("not run") == 2
    other = own_model.place_of(parent, "emopia", *_clips("emopia", 90, 900))
    whole = own_model.study

    def places(*folders: Path) -> Any:
        yield "listening"
        yield parent, {"4qaed": place, "emopia": other}

    monkeypatch.setattr(own_model, "read_places", places)
    monkeypatch.setattr(own_model, "study", lambda base, here, there: whole(base, here, there, 1))
    monkeypatch.setattr(own_model, "TuningRecipe", lambda: TuningRecipe(reports=1, steps=2))
    words = ["--report", str(tmp_path), "run", "own", "--data", "d", "--cache", "c", "--work", "w"]
    assert command.main(words) == 0
    result = read_results(tmp_path / "results")["own-emopia"]
    assert (result["clips"], result["groups"], result["labelled"], result["other"]) == (90, 30, 40, "4qaed")
    page = (tmp_path / "own-model.md").read_text(encoding="utf-8")
    assert "not run" not in page
    for kind, of in result["kinds"].items():
        gained = of["macro_f1"]["own less parent"]
        assert f"| {kind} | " in page
        assert f"{gained['value']:.3f} ({gained['low']:.3f} to {gained['high']:.3f})" in page
