"""The measurement of the personal model: people are as stated, groups never shared, and the figures are the model's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.data.labelled import LabelledClip
from models.evaluation.report import adaptation, situnes
from models.evaluation.report.adaptation_page import adaptation_page
from models.evaluation.report.people import (
    WRONG,
    places_by_words,
    quadrant_numbers,
    quadrant_people,
    rating_people,
)
from models.evaluation.report.personal_runs import Pieces, correct_one_by_one, course, listen_to
from models.hub import LoadedModel
from models.live.learning import Settings
from models.live.personal import Adapter
from models.networks.fusion import Fusion
from models.networks.memory import Memory
from models.training.heard_features import HeardClip
from tests.models.personal_toys import base_model, music


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return base_model(tmp_path_factory.mktemp("models") / "toy")


@pytest.fixture(scope="module")
def pieces(base: LoadedModel) -> Pieces:
    random = np.random.default_rng(0)
    clips = [
        LabelledClip(Path(f"{i}.wav"), i % 4, f"series {i // 2}", source="vgmidi", valence=v, arousal=a)
        for i, (v, a) in enumerate(random.uniform(-0.6, 0.6, (24, 2)))
    ]
    heard = [music(700 + i, steps=30) for i in range(24)]
    return listen_to(base, "vgmidi", clips, [HeardClip(one.steps, one.summary) for one in heard])


def _worded(n: int) -> list[LabelledClip]:
    moods = ({"mood: Glad"}, {"mood: Angry"}, {"mood: Sad"}, {"mood: Calm"})
    return [
        LabelledClip(
            Path(f"{i}.wav"),
            i % 4,
            f"artist {i}",
            source="4qaed",
            tags=frozenset(moods[i % 4] | {"mood: Odd", "genre: Jazz" if i % 3 else "genre: Rock"}),
        )
        for i in range(n)
    ]


def test_places_lie_on_the_labelled_side_and_nearer_to_it_where_words_are_mixed() -> None:
    clips = _worded(40)
    places = places_by_words(clips)
    assert quadrant_numbers(places).tolist() == [clip.quadrant for clip in clips]
    mixed = [replace(clip, tags=frozenset({"mood: Odd"})) if i == 0 else clip for i, clip in enumerate(clips)]
    assert (np.abs(places_by_words(mixed)[0]) < np.abs(places[0])).all()


def test_people_with_quadrants_mean_what_their_bias_says() -> None:
    clips = _worded(200)
    kinds = quadrant_people(clips)
    labels = np.array([clip.quadrant for clip in clips])
    plain = kinds["as labelled"](np.random.default_rng(0))
    assert (quadrant_numbers(plain.means) == labels).all()
    assert np.mean(quadrant_numbers(plain.says) != labels) == pytest.approx(WRONG, abs=0.05)
    turned = kinds["genre reversed"](np.random.default_rng(1))
    name = turned.words.split(" the other")[0]
    there = np.array([name in clip.tags for clip in clips])
    assert (np.sign(turned.means[there, 0]) == -np.sign(plain.means[there, 0])).all()
    np.testing.assert_array_equal(turned.means[~there], plain.means[~there])
    moved = [kinds["shift"](np.random.default_rng(seed)).means - plain.means for seed in range(4)]
    assert all(np.abs(one).max() > 0.3 for one in moved)


def test_people_with_points_mean_what_their_bias_says() -> None:
    ratings = np.random.default_rng(0).uniform(-0.3, 0.3, (50, 2))
    kinds = rating_people(ratings, np.arange(50) % 4)
    plain = kinds["as rated"](np.random.default_rng(0))
    np.testing.assert_array_equal(plain.means, ratings)
    assert np.std(plain.says - plain.means) == pytest.approx(0.1, abs=0.03)
    shifted = kinds["shift"](np.random.default_rng(3)).means - ratings
    assert np.ptp(shifted, axis=0).max() < 1e-9
    assert np.abs(shifted).max() >= 0.15
    tilted = kinds["tilt"](np.random.default_rng(3)).means - ratings
    np.testing.assert_allclose(tilted[:, 1], 0)
    assert abs(np.corrcoef(tilted[:, 0], ratings[:, 1])[0, 1]) > 0.999
    apart = kinds["kind of music"](np.random.default_rng(3)).means - ratings
    assert len({tuple(np.round(row, 9)) for row in apart}) == 2


def test_what_is_corrected_and_what_is_tested_share_no_group(pieces: Pieces) -> None:
    person = rating_people(pieces.ratings, np.zeros(24, np.int64))["shift"](np.random.default_rng(0))
    tested = set()
    for seed in range(8):
        way = course(pieces, person, 3, np.random.default_rng(seed), 12)
        groups = np.array(pieces.groups)
        assert not set(groups[way.order]) & set(groups[way.test])
        assert len(way.order) + way.test.sum() == 24
        tested |= set(groups[way.test])
    assert len(tested) > 8  # not the same part each time


def test_what_is_judged_is_what_the_personal_model_answers(base: LoadedModel, pieces: Pieces) -> None:
    person = rating_people(pieces.ratings, np.zeros(24, np.int64))["shift"](np.random.default_rng(0))
    way = course(pieces, person, 3, np.random.default_rng(0), 12)
    blank = Adapter.open(base, Path("nobody"))
    went = correct_one_by_one(blank, pieces, way, True, (0, 4), (pieces,))
    assert len(went.seconds) == 4
    assert blank.corrections == 0
    with torch.inference_mode():
        plain = [
            base.network(torch.from_numpy(h.steps), torch.from_numpy(h.summary)).whole.numpy() for h in pieces.heard
        ]
    np.testing.assert_allclose(went.values[0], np.stack(plain), atol=1e-5)
    assert np.abs(went.values[4] - went.values[0]).max() > 0.02
    np.testing.assert_array_equal(went.elsewhere[4][0][1], went.values[4])


def test_refitting_is_the_memory_fitted_anew(base: LoadedModel, pieces: Pieces) -> None:
    person = rating_people(pieces.ratings, np.zeros(24, np.int64))["as rated"](np.random.default_rng(0))
    way = course(pieces, person, 3, np.random.default_rng(0), 12)
    _, values = adaptation.refitted(base, pieces, way, True)
    network = base.network
    assert isinstance(network, Fusion)
    assert isinstance(network.memory, Memory)
    before = np.hypot(*(pieces.values.double().numpy() - person.means)[way.order].T).mean()
    assert np.hypot(*(values - person.means)[way.order].T).mean() < before


def test_differences_are_drawn_together() -> None:
    tally = adaptation._Tally({"a": 0, "b": 1, "c": 2})
    random = np.random.default_rng(0)
    for person in range(10):
        hard = random.normal(0, 1, 3)
        tally.add("before", hard + person, ["a", "b", "c"])
        tally.add("after", hard + person - 0.5, ["a", "b", "c"])
        if person < 3:
            tally.add("some", hard, ["a", "b", "c"])
    scores = tally.scores([("after", "before")])
    assert scores["before"]["high"] - scores["before"]["low"] > 1
    assert scores["after less before"] == {"value": -0.5, "low": -0.5, "high": -0.5}


def test_real_users_are_predicted_before_they_are_learned(tmp_path: Path) -> None:
    folder = tmp_path / "situnes"
    for stage in (1, 2):
        (folder / f"stage{stage}").mkdir(parents=True)
    songs = [
        "item_id,energy,tempo,general_genre",
        *(f"{i},{i % 7},{i % 5},{'pop' if i % 2 else 'jazz'}" for i in range(30)),
    ]
    (folder / "music_info.csv").write_text("\n".join(songs), encoding="utf-8")
    first = ["user_id,item_id,timestamp,emo_valence,emo_arousal"]
    second = ["user_id,item_id,timestamp,emo_post_valence,emo_post_arousal"]
    for user in range(4):
        for event in range(12):
            mood = 0.1 * (event % 7) - 0.3
            first.append(f"{user},{event},{event},{mood},{-mood}")
            # One user feels worse than the others after everything.
            second.append(f"{user},{event},{100 - event},{mood - 0.6 * (user == 0)},{-mood}")
    (folder / "stage1" / "interactions.csv").write_text("\n".join(first), encoding="utf-8")
    (folder / "stage2" / "interactions.csv").write_text("\n".join(second), encoding="utf-8")
    events = situnes.read_events(folder, 2)
    assert events.music.shape == (48, 4)
    assert events.mood[0, 0] == pytest.approx(0.1 * (11 % 7) - 0.3 - 0.6)  # in order of time
    said = situnes.study(folder, Settings(steps=20))
    assert said["events"] == 48
    start = said["bins"][0]
    assert start["personal"] == start["population"]
    assert said["bins"][2]["personal"]["value"] < said["bins"][2]["population"]["value"]


def test_the_page_says_what_was_not_run(tmp_path: Path) -> None:
    page = adaptation_page({}, tmp_path)
    assert page.count("not run") == 7
