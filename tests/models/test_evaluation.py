"""From an analysis to an answer, and from answers to an evaluation and its JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator, ValidationError

from models.analysis import Analysis, Domain, GemsEstimate
from models.data.labelled import GEMS, LabelledClip
from models.data.traces import Trace, write_trace
from models.errors import Cancelled, JobError
from models.evaluation.listen import Answer, Failure, answer_of, listen
from models.evaluation.measure import Evaluation, compare, measure, met_in_training
from models.evaluation.traces import Curve
from models.export import evaluation_json
from models.export.evaluation_json import evaluation_report, write_evaluation
from models.figures.reliability import draw_reliability, write_reliability
from models.hub import Card, LoadedModel
from models.jobs import CancelToken
from models.provenance import TRAINED_ON_FILE, Heard, content_hash, heard_by
from tests import corpus

ROOT = Path(__file__).parents[2]
SCHEMA_FILE = Path(evaluation_json.__file__).with_name("evaluation.schema.json")
NAN = np.nan


def _analysis(**changes: Any) -> Analysis:
    """Four seconds of an invented model, a step each second."""
    steps = 4
    whole: dict[str, Any] = {
        "sha256": "0" * 64,
        "duration_s": 4.0,
        "sample_rate_hz": 22_050,
        "model_id": "invented",
        "model_version": "1",
        "probabilities": np.array([0.1, 0.2, 0.3, 0.4], np.float32),
        "times_s": np.array([0.5, 1.5, 2.5, 3.5], np.float32),
        "step_s": 1.0,
        "quadrants_over_time": np.full((steps, 4), 0.25, np.float32),
        "contributions": np.zeros((steps, 4), np.float32),
        "bias": np.zeros(4, np.float32),
        "attention": np.full(steps, 0.25, np.float32),
        "valence": 0.2,
        "arousal": -0.4,
        "valence_over_time": np.array([0.0, 0.1, 0.2, 0.3], np.float32),
        "arousal_over_time": np.array([0.0, -0.2, -0.4, -0.6], np.float32),
        "valence_arousal_source": "regressor",
    }
    return Analysis(**(whole | changes))


def _clip(number: int = 0, **changes: Any) -> LabelledClip:
    whole: dict[str, Any] = {"path": Path(f"{number}.wav"), "quadrant": number % 4, "group": f"artist {number // 2}"}
    return LabelledClip(**(whole | changes))


# Answers -------------------------------------------------------------------------------------------------------------


def test_an_answer_keeps_what_the_model_says() -> None:
    band = np.array([[-0.5, 0.5]] * 4, np.float32)
    gems = tuple(GemsEstimate(name, k / 10) for k, name in reversed(list(enumerate(GEMS))))
    analysis = _analysis(
        valence_band=(-0.1, 0.5), arousal_band_over_time=band, band_coverage=0.8, gems=gems, domain=Domain(0.1, False)
    )
    answer = answer_of(_clip(), analysis)
    np.testing.assert_allclose(answer.probabilities, [0.1, 0.2, 0.3, 0.4], atol=1e-7)
    assert answer.probabilities.sum() == pytest.approx(1, abs=1e-12)
    assert answer.plane == {"valence": 0.2, "arousal": -0.4}
    assert (answer.source, answer.band_coverage, answer.bands) == ("regressor", 0.8, {"valence": (-0.1, 0.5)})
    assert answer.gems is not None
    np.testing.assert_allclose(answer.gems, np.arange(9) / 10)
    assert answer.is_familiar is False
    assert answer.sha256 == analysis.sha256
    assert answer.curves == {}
    plain = answer_of(_clip(), _analysis())
    assert (plain.gems, plain.is_familiar, plain.bands) == (None, None, {})


def test_curves_are_read_at_the_times_of_the_trace(tmp_path: Path) -> None:
    times = np.array([0.0, 1.0, 2.5, 3.0, 4.0, 4.5])
    rated = Trace(times, np.array([0.1, 0.2, NAN, 0.3, 0.4, 0.9]), np.full(6, NAN))
    write_trace(tmp_path / "a.csv", rated)
    band = np.stack((np.array([-1, -0.5, 0, 0.5]), np.array([0, 0.5, 1, 1])), axis=1).astype(np.float32)
    answer = answer_of(_clip(trace=tmp_path / "a.csv"), _analysis(valence_band_over_time=band))
    assert set(answer.curves) == {"valence"}  # nobody rated arousal
    curve = answer.curves["valence"]
    # Held at both ends, in between on the line; beyond the end of the recording nothing.
    np.testing.assert_allclose(curve.answer, [0.0, 0.05, 0.2, 0.25, 0.3], atol=1e-6)
    np.testing.assert_allclose(curve.truth, [0.1, 0.2, NAN, 0.3, 0.4], atol=1e-6)
    assert curve.band is not None
    np.testing.assert_allclose(curve.band[1], [-0.75, 0.25], atol=1e-6)


def test_listening_goes_on_after_bad_files_and_faults(
    tmp_path: Path, tiny: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    import models.inference.analyse as module

    original = module.analyse

    def faulty(request: Any, *rest: Any) -> Iterator[Any]:
        if request.path.name == "fault.wav":
            raise ZeroDivisionError("division by zero")
        return original(request, *rest)

    monkeypatch.setattr(module, "analyse", faulty)
    (tmp_path / "bad.csv").write_text("time_s,valence\n0,7\n", encoding="utf-8")
    good = corpus.write(tmp_path / "good.wav", corpus.melody(1))
    clips = [
        _clip(path=corpus.text_named_wav(tmp_path)),
        _clip(path=tmp_path / "fault.wav"),
        _clip(path=good, trace=tmp_path / "bad.csv"),
        _clip(path=good),
    ]
    events = list(listen(clips, tiny, CancelToken()))
    assert [event.clip for event in events] == clips
    *failures, answer = events
    assert isinstance(answer, Answer)
    assert answer.probabilities.shape == (4,)
    kinds = [(failure.error.kind, failure.error.message) for failure in failures if isinstance(failure, Failure)]
    assert [kind for kind, _ in kinds] == ["not_audio", "internal", "bad_data"]
    assert "“fault.wav”" in kinds[1][1]
    assert "bad.csv" in kinds[2][1]
    stop = CancelToken()
    stop.cancel()
    with pytest.raises(Cancelled):
        list(listen(clips[3:], tiny, stop))


# Measuring -----------------------------------------------------------------------------------------------------------


def _answers(n: int = 40, seed: int = 0) -> list[Answer]:
    """Clips with every kind of label, and answers of a model that knows something."""
    rng = np.random.default_rng(seed)
    answers = []
    for i in range(n):
        valence, arousal = rng.uniform(-1, 1, 2)
        clip = _clip(i, valence=valence, arousal=arousal, gems=tuple(rng.uniform(0, 1, 9)))
        level = rng.uniform(-0.5, 0.5)
        truth = np.clip(level + rng.normal(0, 0.2, 12), -1, 1)
        said = 0.8 * truth + rng.normal(0, 0.1, 12)
        probabilities = np.full(4, 0.1)
        probabilities[clip.quadrant if rng.random() < 0.7 else (i + 1) % 4] = 0.7  # type: ignore[operator]
        answers.append(
            Answer(
                clip,
                probabilities,
                {"valence": valence * 0.5, "arousal": arousal * 0.9},
                "regressor",
                0.8,
                {"valence": (valence - 0.1, valence + (0.3 if i % 2 else -0.05))},
                {"arousal": Curve(truth, said, np.stack((said - 0.2, said + 0.2), axis=1))},
                np.clip(np.asarray(clip.gems) + rng.normal(0, 0.1, 9), 0, 1),
                i != 3,
            )
        )
    return answers


def _measure(answers: list[Answer], **changes: Any) -> Evaluation:
    whole: dict[str, Any] = {"folder": "toys", "split": "", "heard": Heard(), "model": ("invented", "1")}
    return measure(**(whole | changes), answers=answers)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    failure = Failure(_clip(99), JobError("not_audio", "“99.wav” is text, not a recording."))
    return measure("toys", "test", ("invented", "1"), Heard(), _answers(), [failure])


def test_everything_that_is_labelled_is_measured(evaluation: Evaluation) -> None:
    answers = _answers()
    assert (evaluation.clips, evaluation.groups) == (40, 20)
    assert evaluation.quadrants is not None
    right = np.mean([answer.probabilities.argmax() == answer.clip.quadrant for answer in answers])
    assert evaluation.quadrants.scores["accuracy"].value == pytest.approx(right)
    assert evaluation.quadrants.confusion.sum() == 40
    assert evaluation.quadrants.reliability.scores["brier"].value > 0
    truth = np.array([answer.clip.valence for answer in answers])
    assert evaluation.plane["valence"].scores["mae"].value == pytest.approx(np.abs(truth).mean() / 2)
    assert evaluation.plane["arousal"].scores["pearson"].value == pytest.approx(1)
    assert evaluation.plane["valence"].band["inside"].value == pytest.approx(0.5)
    assert evaluation.plane["arousal"].band == {}
    assert set(evaluation.traces) == {"arousal"}
    assert evaluation.traces["arousal"].pieces == 40
    assert evaluation.traces["arousal"].band["inside"].value > 0.7
    assert evaluation.gems is not None
    pearsons = [scores["pearson"].value for scores in evaluation.gems.emotions.values()]
    assert list(evaluation.gems.emotions) == list(GEMS)
    assert evaluation.gems.mean_pearson is not None
    assert evaluation.gems.mean_pearson.value == pytest.approx(np.mean(pearsons))
    said = np.array([answer.gems for answer in answers])
    asked = np.array([answer.clip.gems for answer in answers])
    assert pearsons[4] == pytest.approx(np.corrcoef(asked[:, 4], said[:, 4])[0, 1])


def test_each_measure_takes_the_clips_that_have_its_label() -> None:
    answers = _answers(12)
    answers[0] = dataclasses.replace(answers[0], clip=dataclasses.replace(answers[0].clip, quadrant=None))
    unrated = dataclasses.replace(answers[1].clip, valence=None, arousal=None, gems=None)
    answers[1] = dataclasses.replace(answers[1], clip=unrated, curves={})
    found = _measure(answers)
    assert found.quadrants is not None
    assert found.gems is not None
    assert (found.clips, found.quadrants.clips, found.plane["valence"].clips, found.gems.clips) == (12, 11, 11, 11)
    assert found.traces["arousal"].pieces == 11
    bare = [dataclasses.replace(answer, gems=None, curves={}) for answer in answers[1:2]]
    nothing_else = _measure(bare)
    assert (nothing_else.plane, nothing_else.traces, nothing_else.gems) == ({}, {}, None)
    only_gems = dataclasses.replace(answers[2].clip, quadrant=None, valence=None, arousal=None)
    assert _measure([dataclasses.replace(answers[2], clip=only_gems)]).quadrants is None
    with pytest.raises(ValueError, match="no answer"):
        _measure([])


def test_the_protocol_and_the_warnings_say_what_must_be_known(evaluation: Evaluation) -> None:
    assert "split “test”" in evaluation.protocol
    assert "Recordings: 40, groups: 20" in evaluation.protocol
    assert "2,000 draws" in evaluation.protocol
    assert "no lag is subtracted" in evaluation.protocol
    said = " ".join(evaluation.warnings)
    assert "could not be analysed and are left out: 1." in said
    assert "not of the kind it knows: 1." in said
    assert "seen in training" not in said
    few = _measure([answer for answer in _answers(6) if answer.clip.quadrant != 2], heard=Heard(sources=("Toys",)))
    said = " ".join(few.warnings)
    assert "trained on Toys" in said
    assert "seen in training is no test" in said
    assert "few groups: 3." in said
    assert "No recording is labelled Q3" in said
    alone = [
        dataclasses.replace(answer, clip=dataclasses.replace(answer.clip, group="0.wav")) for answer in _answers(1)
    ]
    assert "name no group" in " ".join(_measure(alone).warnings)
    assert "name no group" not in " ".join(evaluation.warnings)
    assert _measure(_answers(2), notes=("Only a few.",)).protocol.count("Only a few.") == 1


@pytest.mark.parametrize(
    ("folder", "data"),
    [
        ("4qaed", "4QAED"),
        ("EMOPIA-rendered", "EMOPIA"),
        ("vg_midi", "VGMIDI"),
        ("mine", ""),
        ("emo", ""),
        ("a/é-2", ""),
    ],
)
def test_a_folder_is_known_by_the_name_of_its_data(folder: str, data: str) -> None:
    said = met_in_training(Heard(sources=("é", "4QAED", "EMOPIA", "VGMIDI")), folder, _answers(2))
    assert ("trained on" in said) == bool(data)
    assert data in said
    assert met_in_training(Heard(), folder, _answers(2)) == ""


def test_recordings_are_known_by_their_content_whatever_they_are_called() -> None:
    answers = [dataclasses.replace(answer, sha256=f"{i:064x}"[::-1]) for i, answer in enumerate(_answers(4))]
    heard = frozenset(content_hash(answer.sha256) for answer in answers[:3])
    said = met_in_training(Heard(heard, ("other",)), "toys", answers)
    assert said.startswith("3 of these 4 recordings are among those")
    assert "seen in training is no test" in said
    assert met_in_training(Heard(heard, ("other",)), "toys", answers[3:]) == ""
    siblings = met_in_training(Heard(heard, ("TOYS",)), "toys", answers[3:])
    assert "other recordings of TOYS" in siblings
    assert "share no artist" in siblings


def test_what_a_model_has_heard_is_read_from_its_folder(tmp_path: Path) -> None:
    raw = {"data": [{"name": "4QAED"}, {"what": "no name"}, "odd", {"name": ""}], "scores": {"sources": {"pmemo": {}}}}
    card = Card("m", "1", "M", "", tmp_path, raw)
    assert heard_by(card) == Heard(frozenset(), ("4QAED", "pmemo"))
    (tmp_path / TRAINED_ON_FILE).write_text(json.dumps({"content": ["ab", "cd"]}), encoding="utf-8")
    assert heard_by(card).content == {"ab", "cd"}
    (tmp_path / TRAINED_ON_FILE).write_text("[]", encoding="utf-8")
    odd = dataclasses.replace(card, raw={"data": "all sorts", "scores": [1]})
    assert heard_by(odd) == Heard()


def test_models_are_ranked_on_one_folder_only(evaluation: Evaluation) -> None:
    better = [
        dataclasses.replace(a, plane={"valence": 0.9 * a.clip.valence, "arousal": 0.9 * a.clip.arousal})  # type: ignore[operator]
        for a in _answers()
    ]
    other = _measure(better, model=("better", "2"))
    (valence,) = compare([evaluation, other])  # in arousal both say the same
    assert (valence.folder, valence.dimension) == ("toys", "valence")
    assert valence.models == (("invented", "1"), ("better", "2"))
    np.testing.assert_allclose(valence.comprehensive.scores, [0, 1])
    np.testing.assert_allclose(valence.comprehensive.weights, 0.25)
    assert compare([evaluation]) == []
    assert compare([evaluation, dataclasses.replace(other, folder="elsewhere")]) == []
    assert compare([evaluation, dataclasses.replace(other, plane={})]) == []


# JSON ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _document(evaluations: list[Evaluation]) -> dict[str, Any]:
    """What a reader gets: through text, with NaN refused."""
    text = json.dumps(evaluation_report(evaluations, compare(evaluations)), allow_nan=False)
    document: dict[str, Any] = json.loads(text)
    return document


def test_the_document_says_what_was_measured(evaluation: Evaluation, validator: Draft202012Validator) -> None:
    better = _measure(_answers(seed=1), model=("better", "2"))
    document = _document([evaluation, better])
    validator.validate(document)
    result = document["results"][0]
    assert (result["folder"], result["split"], result["clips"], result["groups"]) == ("toys", "test", 40, 20)
    assert evaluation.quadrants is not None
    assert result["quadrants"]["scores"]["macro_f1"] == evaluation.quadrants.scores["macro_f1"].as_dict()
    assert result["quadrants"]["confusion"] == evaluation.quadrants.confusion.tolist()
    calibration = result["quadrants"]["calibration"]
    error, chance = calibration["scores"]["expected_calibration_error"], calibration["error_if_calibrated"]
    assert calibration["scores"]["calibration_excess"]["value"] == pytest.approx(
        error["value"] - chance["value"], abs=2e-4
    )
    assert sum(bar["clips"] for bar in calibration["reliability"]) == 40
    assert result["valence_arousal"]["tracks"]["arousal"]["scores"]["pearson"]["value"] == 1.0
    assert result["valence_arousal"]["band_coverage"] == 0.8
    assert result["valence_arousal"]["traces"]["arousal"]["pieces"] == 40
    assert set(result["gems"]["emotions"]) == set(GEMS)
    assert result["errors"] == [
        {"file": "99.wav", "kind": "not_audio", "message": "“99.wav” is text, not a recording."}
    ]
    assert {entry["dimension"] for entry in document["comprehensive"]} == {"valence", "arousal"}
    for entry in document["comprehensive"]:
        assert [rank["model"]["id"] for rank in entry["ranking"]] == ["invented", "better"]
        assert sum(entry["weights"].values()) == pytest.approx(1, abs=1e-3)


def test_what_was_not_measured_is_null_or_has_no_entry(validator: Draft202012Validator) -> None:
    clip = _clip(quadrant=None, valence=0.1, arousal=0.2)
    document = _document([_measure([dataclasses.replace(_answers(1)[0], clip=clip, gems=None, curves={}, bands={})])])
    validator.validate(document)
    (result,) = document["results"]
    assert (result["quadrants"], result["gems"], document["comprehensive"]) == (None, None, [])
    assert result["valence_arousal"]["traces"] == {}
    assert set(result["valence_arousal"]["tracks"]["valence"]["scores"]) == {"rmse", "mae", "mape"}  # of one clip


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(schema="affekt.evaluation/2"),
        lambda d: d["results"][0]["quadrants"]["confusion"].pop(),
        lambda d: d["results"][0]["quadrants"]["scores"].update(
            luck=d["results"][0]["quadrants"]["scores"]["accuracy"]
        ),
        lambda d: d["results"][0]["quadrants"]["scores"]["accuracy"].pop("low"),
        lambda d: d["results"][0].pop("protocol"),
        lambda d: d["results"][0]["valence_arousal"]["traces"].update(dominance={}),
        lambda d: d["results"][0]["errors"][0].update(kind="strange"),
    ],
)
def test_the_schema_refuses_what_is_not_so(evaluation: Evaluation, validator: Draft202012Validator, spoil: Any) -> None:
    document = _document([evaluation])
    validator.validate(document)
    spoil(document)
    with pytest.raises(ValidationError):
        validator.validate(document)


def _names(schema: dict[str, Any]) -> set[str]:
    found = set(schema.get("properties", {}))
    parts = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    for part in parts:
        found |= _names(part)
    return found


def test_the_documentation_names_every_field_and_its_example_is_valid(
    evaluation: Evaluation, validator: Draft202012Validator
) -> None:
    text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    text = text[text.index("affekt.evaluation/1") :]
    fields = set().union(*(_names(part) for part in validator.schema["$defs"].values()))
    assert "risk_coverage_area" in fields
    assert {name for name in fields if name not in text} == set()
    written = _document([evaluation])["results"][0]
    assert set(written) == set(validator.schema["$defs"]["result"]["properties"])
    assert set(written["quadrants"]["scores"]) == _names(validator.schema["$defs"]["quadrants"]["properties"]["scores"])
    example = json.loads(text.split("```json\n")[1].split("```")[0])
    validator.validate(example)


def test_the_file_is_written_whole(tmp_path: Path, evaluation: Evaluation, validator: Draft202012Validator) -> None:
    write_evaluation(tmp_path / "deep" / "e.json", [evaluation], [])
    validator.validate(json.loads((tmp_path / "deep" / "e.json").read_text(encoding="utf-8")))
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["e.json"]


# The figure ----------------------------------------------------------------------------------------------------------


def test_the_figure_draws_the_bins_and_the_curve(evaluation: Evaluation) -> None:
    figure = draw_reliability(evaluation)
    assert evaluation.quadrants is not None
    reliability = evaluation.quadrants.reliability
    diagram, histogram, risk = (
        next(axes for axes in figure.axes if text in axes.get_ylabel())
        for text in ("right answers", "recordings", "risk")
    )
    heights = [bar.get_height() for bar in diagram.patches]  # type: ignore[attr-defined]
    assert heights == pytest.approx([b.accuracy for b in reliability.bins])
    assert sum(bar.get_height() for bar in histogram.patches) == 40  # type: ignore[attr-defined]
    drawn = risk.get_lines()[-1].get_xydata()
    np.testing.assert_allclose(drawn, [(p.coverage, p.risk) for p in reliability.coverage])
    assert f"{reliability.scores['expected_calibration_error'].value:.3f}" in diagram.get_title()
    assert "toys, split test" in figure.get_suptitle()
    with pytest.raises(ValueError, match="no quadrants"):
        draw_reliability(dataclasses.replace(evaluation, quadrants=None))


def test_the_figure_is_written_as_png_and_svg(tmp_path: Path, evaluation: Evaluation) -> None:
    files = write_reliability(tmp_path / "new", dataclasses.replace(evaluation, folder="a/b c"))
    assert [file.name for file in files] == [
        "a_b_c-test-invented-reliability.png",
        "a_b_c-test-invented-reliability.svg",
    ]
    assert files[0].read_bytes().startswith(b"\x89PNG")
    assert "<svg" in files[1].read_text(encoding="utf-8")
    assert len(list((tmp_path / "new").iterdir())) == 2
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(JobError) as caught:
        write_reliability(tmp_path / "taken", evaluation)
    assert caught.value.kind == "no_space"
