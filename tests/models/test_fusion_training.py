"""A run of the fused model from made-up features to a model folder, and that model on a recording."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from models.analysis import Analysis
from models.audio.heard import N_STEP_FEATURES, N_SUMMARY_FEATURES
from models.data.labelled import GEMS, LabelledClip
from models.errors import JobError
from models.export import analysis_json
from models.export.analysis_json import report
from models.hub import Card, LoadedModel, load_model
from models.inference.analyse import analyse
from models.inference.shown import SHOWN, SHOWN_OF_TRACK
from models.inference.stepped import derive_valence_arousal
from models.jobs import AnalysisRequest, CancelToken, Progress
from models.networks.fusion import GEMS_COLUMNS, QUADRANT_COLUMNS, RATING_COLUMNS, Fusion
from models.numerics import softmax
from models.training import fusion_ratings, fusion_run
from models.training.fusion import FusionMaterial, indices
from models.training.fusion_recipe import FusionRecipe
from models.training.fusion_run import run_fusion
from models.training.heard_features import HeardClip
from models.training.listener import ListenerRecipe
from models.training.loop import Notice
from models.training.record import FoldScore, RunProgress, TrainingRun
from models.training.sequence import SequenceRecipe
from tests import corpus

RECIPE = FusionRecipe(
    listeners=1,
    listener=ListenerRecipe(epochs=3, batch=8, crop_steps=6, learning_rate=3e-3, averaging=0.5, tag_weight=0.0),
    width=0.3,
    regressors=1,
    regressor=SequenceRecipe(
        arguments={"uncertainty": True, "levels": 1, "hidden": 16, "heads": 2},
        learning_rate=3e-3,
        epochs=4,
        patience=2,
        threshold=0.0,
    ),
    rated_folds=2,
)
CORNERS = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
STEPS = 12


def _features(quadrant: int, rng: np.random.Generator, moving: np.ndarray) -> HeardClip:
    """Noise in which ten columns per quadrant stand high; the last one follows valence and arousal."""
    steps = rng.normal(size=(STEPS, N_STEP_FEATURES)).astype(np.float32)
    steps[:, 10 * quadrant : 10 * quadrant + 10] += 2
    steps[:, -2:] += 4 * moving
    summary = rng.normal(size=N_SUMMARY_FEATURES).astype(np.float32)
    summary[200 * quadrant : 200 * quadrant + 200] += 1
    return HeardClip(steps, summary)


def _material(folder: Path, judged: int = 24, rated: int = 22, profiled: int = 20) -> FusionMaterial:
    """Clips of four clusters: some with a quadrant, some with ratings (half of them traces), some with a profile."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    clips, heard = [], []
    kinds = ["judged"] * judged + ["rated"] * rated + ["profiled"] * profiled
    for i, kind in enumerate(kinds):
        q = i % 4
        clip = LabelledClip(Path(f"{kind}{i}.wav"), None, f"song {i // 8}-{q}", source=kind)
        moving = np.zeros((STEPS, 2))
        if kind == "judged":
            clip = dataclasses.replace(clip, quadrant=q)
        elif kind == "rated":
            level = 0.45 * CORNERS[q] + rng.uniform(-0.15, 0.15, 2)
            moving = 0.3 * np.sin(np.linspace(0, 6, STEPS) + rng.uniform(0, 6))[:, None] * np.ones(2)
            trace = folder / f"{i}.csv"
            if i % 2:
                rows = [f"{t * 0.5},{v},{a}" for t, (v, a) in enumerate(level + moving)]
                trace.write_text("\n".join(["time_s,valence,arousal", *rows]), encoding="utf-8")
            clip = dataclasses.replace(
                clip, quadrant=q, valence=level[0], arousal=level[1], trace=trace if i % 2 else None
            )
        else:
            clip = dataclasses.replace(clip, gems=tuple(np.clip(0.2 + 0.1 * q + 0.05 * np.arange(9) * (q - 1), 0, 1)))
        clips.append(clip)
        heard.append(_features(q, rng, moving))
    return FusionMaterial(clips, heard)


def _run(out: Path, folds: int = 2, **more: Any) -> TrainingRun:
    return TrainingRun(out=out, epochs=0, folds=folds, seed=0, command="affekt train", **more)


def _finish(run: TrainingRun, material: FusionMaterial, recipe: FusionRecipe = RECIPE, **more: Any) -> list[Any]:
    return list(run_fusion(run, recipe, material, **more))


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> FusionMaterial:
    return _material(tmp_path_factory.mktemp("traces"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, material: FusionMaterial) -> tuple[list[Any], LoadedModel]:
    """All events of a whole run, and its model."""
    out = tmp_path_factory.mktemp("models") / "fused"
    events = _finish(_run(out, name="Tiny fusion", limits=("toys only",)), material)
    return events, load_model(str(out), "cpu")


# Material ----------------------------------------------------------------------------------------------------------


def test_which_clips_teach_what(material: FusionMaterial) -> None:
    assert indices(material.judged) == list(range(24))  # a quadrant that follows from ratings is not somebody's answer
    assert indices(material.rated) == list(range(24, 46))
    assert indices(material.profiled) == list(range(46, 66))
    known = material.known(np.ones(66, bool), corner=0.25)
    there = np.isfinite(known)
    assert there[:24, QUADRANT_COLUMNS].all()
    assert not there[24:, QUADRANT_COLUMNS].any()
    np.testing.assert_array_equal(known[:4, QUADRANT_COLUMNS], np.eye(4))
    np.testing.assert_array_equal(known[:4, RATING_COLUMNS], 0.25 * CORNERS)
    np.testing.assert_allclose(known[24:46, RATING_COLUMNS], material.ratings(material.rated))
    assert not there[46:, RATING_COLUMNS].any()
    assert there[46:, GEMS_COLUMNS].all()
    assert not there[:46, GEMS_COLUMNS].any()
    assert len(set(material.groups(np.ones(66, bool)))) > len({clip.group for clip in material.clips})


def test_ratings_alone_say_quadrants_too(material: FusionMaterial) -> None:
    alone = FusionMaterial(material.clips[24:], material.heard[24:])
    assert indices(alone.judged) == indices(alone.rated) == list(range(22))


def test_traces_are_brought_to_the_centres_of_the_steps(material: FusionMaterial) -> None:
    sequences = material.as_sequences(np.ones(66, bool))
    assert [s.quadrant for s in sequences[:4]] == [0, 1, 2, 3]
    assert all(s.static is None and s.trace is None for s in sequences[:24])
    rated = sequences[24:46]
    assert all(s.static is not None and s.quadrant is None for s in rated)
    assert [s.trace is not None for s in rated] == [i % 2 == 1 for i in range(24, 46)]
    for i, one in enumerate(rated, 24):
        if one.trace is not None:
            rows = np.loadtxt(material.clips[i].trace, delimiter=",", skiprows=1)  # type: ignore[arg-type]
            np.testing.assert_allclose(one.trace[:-1], 0.5 * (rows[:-1, 1:] + rows[1:, 1:]), atol=1e-6)
            assert np.isnan(one.trace[-1]).all()  # nobody rated what lies after the last rating


# The run -----------------------------------------------------------------------------------------------------------


def test_a_run_tells_how_far_it_is(trained: tuple[list[Any], LoadedModel]) -> None:
    events, _ = trained
    assert isinstance(events[-1], Card)
    assert [e.fold for e in events if isinstance(e, FoldScore)] == [0, 1]
    parts = [name for name, _ in itertools.groupby(e.part for e in events if isinstance(e, RunProgress))]
    assert parts == [
        "fold 1 of 2", "fold 2 of 2", "trajectory, fold 1", "trajectory, fold 2", "final", "trajectory, final",
    ]  # fmt: skip


def test_the_card_says_what_was_measured(trained: tuple[list[Any], LoadedModel]) -> None:
    events, model = trained
    raw = model.card.raw
    assert (raw["name"], raw["band_coverage"], raw["gems"]) == ("Tiny fusion", 0.8, True)
    assert raw["limits"][0] == "toys only"
    assert raw["limits"][1].startswith("It learned from 24 clips with quadrants only")
    assert raw["network"]["kind"] == "fusion"
    assert raw["network"]["known"] == 66
    scores = raw["scores"]
    judged = scores["sources"]["judged"]
    assert judged["clips"] == 24
    assert judged["macro_f1"]["value"] > 0.6  # four clusters that anyone could tell apart
    assert scores["parts"]["memory_macro_f1"]["judged"] > 0.6
    plane = scores["valence_arousal"]
    assert plane["clips"] == 22
    for name in ("valence", "arousal"):
        assert plane[name]["whole"]["pearson"]["value"] > 0.4
        assert plane[name]["band"]["inside"]["value"] == pytest.approx(0.8, abs=0.05)
        assert "ccc" in plane[name]["within_piece"]
    assert set(scores["gems"]) == set(GEMS)
    assert scores["gems"]["sadness"]["r"] > 0.4
    json.dumps(raw, allow_nan=False)
    assert events[-1].raw == raw


def test_the_model_holds_all_parts_and_no_run_is_left(
    trained: tuple[list[Any], LoadedModel], material: FusionMaterial
) -> None:
    _, model = trained
    network = model.network
    assert isinstance(network, Fusion)
    assert (len(network.listeners), len(network.regressors)) == (1, 1)
    assert not model.card.folder.with_name("fused.work").exists()
    for name in ("listener_weight", "memory_weight", "band_factor", "whole_band"):
        value = network.get_buffer(name)
        assert bool((value > 0).all())
        assert not bool((value == 1).any())  # fitted, not left as it was
    import torch

    right = []
    for i in indices(material.judged):
        with torch.inference_mode():
            heard = material.heard[i]
            answer = network(torch.from_numpy(heard.steps), torch.from_numpy(heard.summary))
        logits = (torch.softmax(answer.scores, dim=1)[..., None] * answer.evidence).sum(dim=(0, 1)) + answer.bias
        right.append(int(logits.argmax()) == material.clips[i].quadrant)
    assert np.mean(right) > 0.9


def test_a_killed_run_goes_on_with_its_finished_folds(
    tmp_path: Path, material: FusionMaterial, trained: tuple[list[Any], LoadedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _run(tmp_path / "again", name="Tiny fusion", limits=("toys only",))
    going = run_fusion(run, RECIPE, material)
    for event in going:
        if isinstance(event, RunProgress) and event.part == "trajectory, fold 2":
            break
    going.close()
    assert not (tmp_path / "again").exists()
    kept = {path.name for path in (tmp_path / "again.work").glob("*.safetensors")}
    assert kept == {"quadrants-0.safetensors", "quadrants-1.safetensors", "rated-0.safetensors"}

    with pytest.raises(JobError, match="other settings"):
        _finish(run, material, dataclasses.replace(RECIPE, ridge=0.9), resume=True)

    events = _finish(run, material, resume=True)
    parts = [name for name, _ in itertools.groupby(e.part for e in events if isinstance(e, RunProgress))]
    assert parts == ["trajectory, fold 2", "final", "trajectory, final"]
    # Resumed or not, the result is the same.
    assert events[-1].raw["scores"] == trained[1].card.raw["scores"]
    assert events[-1].raw["weights_sha256"] == trained[1].card.raw["weights_sha256"]


def test_quadrants_alone_give_a_model_without_bands_or_profiles(tmp_path: Path, material: FusionMaterial) -> None:
    alone = FusionMaterial(material.clips[:24], material.heard[:24])
    card = _finish(_run(tmp_path / "plain"), alone)[-1]
    assert (card.raw["band_coverage"], card.raw["gems"]) == (0.0, False)
    assert set(card.raw["scores"]) & {"valence_arousal", "gems"} == set()
    assert card.raw["scores"]["sources"]["judged"]["macro_f1"]["value"] > 0.6
    analysis = _analyse(corpus.write(tmp_path / "a.wav", corpus.melody(1.5)), load_model(str(card.folder), "cpu"))
    assert analysis.valence_band is analysis.arousal_band is None
    assert analysis.valence_band_over_time is analysis.arousal_band_over_time is None
    assert analysis.band_coverage == 0
    assert analysis.gems == ()
    # It never met a rating: valence and arousal follow from the quadrants, and say so.
    assert analysis.valence_arousal_source == "derived"
    valence, arousal = derive_valence_arousal(analysis.probabilities)
    assert (analysis.valence, analysis.arousal) == pytest.approx((valence, arousal), abs=1e-5)


def test_without_folds_nothing_is_measured_and_nothing_claimed(tmp_path: Path, material: FusionMaterial) -> None:
    events = _finish(_run(tmp_path / "m", folds=0), material)
    assert {e.part for e in events if isinstance(e, RunProgress)} == {"final", "trajectory, final"}
    raw = events[-1].raw
    assert (raw["scores"], raw["band_coverage"], raw["gems"]) == ({}, 0.0, False)


@pytest.mark.parametrize("mixed", [False, True])
def test_held_out_clips_are_met_by_no_part(
    tmp_path: Path, material: FusionMaterial, monkeypatch: pytest.MonkeyPatch, mixed: bool
) -> None:
    """Whatever is trained or remembered for a fold has no clip of the groups that the fold judges."""
    if mixed:  # one table whose songs have a row with a quadrant, one with ratings and one with a profile
        clips = [
            dataclasses.replace(clip, source="one", group=f"song {i % 24 // 8}-{i % 4}")
            for i, clip in enumerate(material.clips)
        ]
        material = FusionMaterial(clips, material.heard)
    met: list[set[str]] = []
    asked: list[set[str]] = []

    def groups(chosen: np.ndarray) -> set[str]:
        return set(material.groups(chosen))

    for name in ("train_listeners", "remember"):
        original = getattr(fusion_run, name)

        def learn(material: FusionMaterial, chosen: np.ndarray, *rest: Any, original: Any = original) -> Any:
            met.append(groups(chosen))
            return original(material, chosen, *rest)

        for module in (fusion_run, fusion_ratings):
            monkeypatch.setattr(module, name, learn, raising=module is fusion_run)
    trajectories, remembered = fusion_run.train_trajectories, fusion_run.remembered

    def learn_sequences(clips: Any, *rest: Any) -> Any:
        met.append({f"{clip.source}/{clip.group}" for clip in clips})
        return trajectories(clips, *rest)

    def ask(memory: Any, material: FusionMaterial, chosen: np.ndarray) -> Any:
        held = groups(chosen)
        assert met
        assert all(held.isdisjoint(learned) for learned in met)
        met.clear()
        asked.append(held)
        return remembered(memory, material, chosen)

    for module in (fusion_run, fusion_ratings):
        monkeypatch.setattr(module, "train_trajectories", learn_sequences)
        monkeypatch.setattr(module, "remembered", ask)
    short = dataclasses.replace(RECIPE, listener=dataclasses.replace(RECIPE.listener, epochs=1))
    going = run_fusion(_run(tmp_path / "m"), short, material)
    for event in going:
        if isinstance(event, RunProgress) and event.part == "final":
            break
    going.close()
    assert len(asked) == 6  # two folds each of quadrants, ratings and profiles


@pytest.mark.parametrize("what", ["too few", "one group", "in the way"])
def test_what_cannot_be_trained_is_said(tmp_path: Path, material: FusionMaterial, what: str) -> None:
    run = _run(tmp_path / "m")
    clips, heard = list(material.clips[:24]), list(material.heard[:24])
    if what == "too few":
        clips, heard = clips[:1], heard[:1]
    elif what == "one group":
        clips = [dataclasses.replace(clip, group="one") for clip in clips]
    else:
        (tmp_path / "m").mkdir()
        (tmp_path / "m" / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(JobError) as error:
        _finish(run, FusionMaterial(clips, heard))
    assert error.value.kind == "bad_data"


# The model on a recording ------------------------------------------------------------------------------------------


def _analyse(path: Path, model: LoadedModel) -> Analysis:
    *events, last = analyse(AnalysisRequest(3, path), model, CancelToken())
    assert isinstance(last, Analysis)
    fractions = [e.fraction for e in events if isinstance(e, Progress)]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1
    return last


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    y = corpus.build_up(12.3, 9)
    return corpus.write(tmp_path_factory.mktemp("music") / "song.wav", y)


@pytest.fixture(scope="module")
def analysis(song: Path, trained: tuple[list[Any], LoadedModel]) -> Analysis:
    return _analyse(song, trained[1])


def test_what_an_analysis_says_agrees_with_itself(analysis: Analysis) -> None:
    a = analysis
    t = 24
    assert a.step_s == 0.5
    np.testing.assert_allclose(a.times_s, 0.25 + 0.5 * np.arange(t))
    assert a.quadrants_over_time.shape == a.contributions.shape == (t, 4)
    assert a.attention.shape == a.valence_over_time.shape == a.arousal_over_time.shape == (t,)
    assert a.attention.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(a.quadrants_over_time.sum(axis=1), 1, atol=1e-5)
    logits = a.contributions.astype(np.float64).sum(axis=0) + a.bias
    np.testing.assert_allclose(softmax(logits), a.probabilities, atol=1e-5)
    assert a.valence_arousal_source == "regressor"
    assert a.valence_over_time.mean() == pytest.approx(a.valence, abs=0.02)
    assert a.arousal_over_time.mean() == pytest.approx(a.arousal, abs=0.02)
    assert all(0 <= c.start_s <= c.peak_s <= c.end_s <= a.duration_s for c in a.climaxes)


def test_bands_lie_around_the_curves_and_the_whole(analysis: Analysis) -> None:
    a = analysis
    assert a.band_coverage == 0.8
    for value, curve, band, over_time in (
        (a.valence, a.valence_over_time, a.valence_band, a.valence_band_over_time),
        (a.arousal, a.arousal_over_time, a.arousal_band, a.arousal_band_over_time),
    ):
        assert band is not None
        assert over_time is not None
        assert -1 <= band[0] < value < band[1] <= 1
        assert over_time.shape == (len(curve), 2)
        assert (over_time[:, 0] <= curve).all()
        assert (curve <= over_time[:, 1]).all()
        assert (over_time >= -1).all()
        assert (over_time <= 1).all()
        inside = (over_time > -1).all(axis=1) & (over_time < 1).all(axis=1)
        np.testing.assert_allclose(over_time[inside].mean(axis=1), curve[inside], atol=1e-5)


def test_domain_profile_and_descriptors_are_told(analysis: Analysis) -> None:
    a = analysis
    assert a.domain is not None
    assert 0 <= a.domain.familiarity <= 1
    # The memory holds made-up numbers: no recording is like them.
    assert not a.domain.is_familiar
    assert tuple(g.name for g in a.gems) == GEMS
    assert all(0 <= g.share <= 1 for g in a.gems)
    assert a.descriptors is not None
    assert a.descriptors.names == SHOWN
    assert len(a.descriptors.units) == len(SHOWN)
    assert a.descriptors.values.shape == (len(a.descriptors.times_s), len(SHOWN))
    assert set(a.descriptors.summary) == set(SHOWN_OF_TRACK)
    loudness = a.descriptors.values[:, SHOWN.index("loudness")]
    assert a.descriptors.times_s[loudness.argmax()] == pytest.approx(9, abs=2)


def test_the_json_of_it_is_valid(analysis: Analysis, song: Path) -> None:
    schema_file = Path(analysis_json.__file__).with_name("analysis.schema.json")
    document = json.loads(json.dumps(report([(song, analysis)], []), allow_nan=False))
    Draft202012Validator(json.loads(schema_file.read_text(encoding="utf-8"))).validate(document)
    (result,) = document["results"]
    assert result["valence_arousal"]["valence"] == pytest.approx(analysis.valence, abs=1e-3)


@pytest.mark.parametrize("seconds", [0.1, 0.9])
def test_short_music_gets_an_answer_and_a_note(
    tmp_path: Path, trained: tuple[list[Any], LoadedModel], seconds: float
) -> None:
    a = _analyse(corpus.write(tmp_path / "short.wav", corpus.melody(seconds)), trained[1])
    assert len(a.times_s) == 1
    assert a.times_s[0] <= a.duration_s
    assert a.probabilities.sum() == pytest.approx(1, abs=1e-6)
    assert any("guess" in note for note in a.notes)


def test_a_run_within_a_time_still_writes_a_model_and_says_so(tmp_path: Path) -> None:
    events = _finish(_run(tmp_path / "m", minutes=1e-6), _material(tmp_path))
    notices = [event.text for event in events if isinstance(event, Notice)]
    assert len(notices) == 1
    assert "are shared by" in notices[0]
    epochs = [event.report.epoch for event in events if isinstance(event, RunProgress)]
    assert set(epochs) == {1}  # no further epoch begins when time is up
    card = events[-1]
    assert isinstance(card, Card)
    assert notices[0] in card.raw["notes"]
