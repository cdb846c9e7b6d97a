from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from jsonschema import Draft202012Validator, ValidationError

from app.exploration import ShownClimax
from app.library import Mark, Moment
from models.analysis import Analysis, Climax, DomainKind, Transition
from models.data.labelled import GEMS
from models.errors import ErrorKind, JobError
from models.export import analysis_json
from models.export.analysis_json import SCHEMA, report, write_json, write_shown
from models.hub import LoadedModel
from models.inference.analyse import analyse
from models.jobs import AnalysisRequest, CancelToken
from tests import corpus
from tests.app.fakes import make_full_analysis

ROOT = Path(__file__).parents[2]
SCHEMA_FILE = Path(analysis_json.__file__).with_name("analysis.schema.json")


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _analyse(path: Path, model: LoadedModel) -> Analysis:
    *_, last = analyse(AnalysisRequest(0, path), model, CancelToken())
    assert isinstance(last, Analysis)
    return last


@pytest.fixture
def analysis(tmp_path: Path, tiny: LoadedModel) -> Analysis:
    return _analyse(corpus.write(tmp_path / "song.wav", corpus.melody(12)), tiny)


def _document(results: list[tuple[Path, Analysis]], errors: list[tuple[Path, JobError]]) -> dict[str, Any]:
    """What a reader gets: through text, with NaN refused."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} in JSON")

    text = json.dumps(report(results, errors))
    document: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return document


@pytest.mark.parametrize("seconds", [0.1, 0.5, 1.0, 8.0, 35.0])
def test_every_length_gives_a_valid_document(
    tmp_path: Path, tiny: LoadedModel, validator: Draft202012Validator, seconds: float
) -> None:
    path = corpus.write(tmp_path / "a.wav", corpus.melody(seconds))
    document = _document([(path, _analyse(path, tiny))], [])
    validator.validate(document)
    (result,) = document["results"]
    quadrants, attention, plane = result["quadrants"], result["attention"], result["valence_arousal"]
    assert sum(quadrants["probabilities"]) == pytest.approx(1, abs=1e-6)
    assert [sum(row) for row in quadrants["over_time"]] == pytest.approx([1] * len(quadrants["over_time"]), abs=1e-6)
    assert sum(attention["weights"]) == pytest.approx(1, abs=1e-6)
    times = quadrants["times_s"]
    assert times == attention["times_s"] == plane["times_s"]
    lengths = {len(column) for column in (times, quadrants["over_time"], attention["weights"])}
    assert lengths | {len(plane["valence_over_time"]), len(plane["arousal_over_time"])} == {len(times)}
    # At least one step a second, from the first second to the last.
    assert (np.diff([0.0, *times, result["duration_s"]]) <= 1.0).all()
    assert (np.diff(times) > 0).all()
    assert result["duration_s"] == pytest.approx(seconds, abs=0.01)


def test_rows_over_an_hour_still_sum_to_one(analysis: Analysis) -> None:
    n = 9_700
    rng = np.random.default_rng(0)
    rows, weights = rng.dirichlet([1] * 4, n).astype(np.float32), rng.dirichlet([0.05] * n).astype(np.float32)
    long = dataclasses.replace(
        analysis,
        duration_s=3_604.0,
        times_s=(np.arange(n) * analysis.step_s).astype(np.float32),
        quadrants_over_time=rows,
        attention=weights,
    )
    (result,) = _document([(Path("hour.flac"), long)], [])["results"]
    assert sum(result["attention"]["weights"]) == pytest.approx(1, abs=1e-6)
    assert np.abs(np.sum(result["quadrants"]["over_time"], axis=1) - 1).max() < 1e-6
    np.testing.assert_allclose(result["quadrants"]["over_time"], rows, atol=1e-6)
    assert (np.diff(result["quadrants"]["times_s"]) > 0.3).all()


def test_the_document_says_what_the_analysis_says(analysis: Analysis) -> None:
    climaxes = (Climax(1.0, 2.34567, 5.0, 0.87654), Climax(7.0, 8.0, 9.0, 0.5))
    told = dataclasses.replace(analysis, climaxes=climaxes, notes=("Take it as a guess.",))
    error = JobError("not_audio", "“b.wav” is text, not a recording.", "secret detail")
    document = _document([(Path("dir/a.wav"), told)], [(Path("b.wav"), error)])
    assert document["schema"] == SCHEMA == "affekt.analysis/1"
    (result,) = document["results"]
    assert result["file"] == str(Path("dir/a.wav"))
    assert (result["sha256"], result["model"]) == (analysis.sha256, {"id": "tiny", "version": "7"})
    assert result["climaxes"][0] == {"start_s": 1.0, "peak_s": 2.346, "end_s": 5.0, "strength": 0.8765}
    assert [c["peak_s"] for c in result["climaxes"]] == [2.346, 8.0]
    assert result["notes"] == ["Take it as a guess."]
    np.testing.assert_allclose(result["quadrants"]["probabilities"], analysis.probabilities, atol=1e-6)
    np.testing.assert_allclose(result["attention"]["weights"], analysis.attention, atol=1e-6)
    np.testing.assert_allclose(result["valence_arousal"]["arousal_over_time"], analysis.arousal_over_time, atol=1e-5)
    assert result["valence_arousal"]["range"] == [-1, 1]
    assert document["errors"] == [
        {"file": "b.wav", "kind": "not_audio", "message": "“b.wav” is text, not a recording."}
    ]


def test_what_a_person_set_is_told_with_its_origin(
    tmp_path: Path, analysis: Analysis, validator: Draft202012Validator
) -> None:
    found = [ShownClimax(Climax(float(n), n + 0.5, n + 1.0, 0.5)) for n in range(8)]
    own = ShownClimax(Climax(9.0, 9.5, 10.0, 0.25), Moment("x", 1, 9.0, 9.5, 10.0, "再现部", "slower"))
    path = tmp_path / "saved.json"
    write_shown(path, Path("a.wav"), analysis, [*found, own], [Mark(1.5), Mark(2.0, "entry")])
    document = json.loads(path.read_text(encoding="utf-8"))
    validator.validate(document)
    (result,) = document["results"]
    assert [climax["origin"] for climax in result["climaxes"]] == ["found"] * 8 + ["own"]
    assert "label" not in result["climaxes"][0]
    assert (result["climaxes"][-1]["label"], result["climaxes"][-1]["note"]) == ("再现部", "slower")
    assert result["marks"] == [{"time_s": 1.5}, {"time_s": 2.0, "label": "entry"}]
    (plain,) = report([(Path("a.wav"), analysis)], [])["results"]  # the model's answer alone knows nothing of it
    assert "marks" not in plain
    assert not any("origin" in climax for climax in plain["climaxes"])


def test_bands_domain_gems_and_descriptors_are_told_as_they_are(validator: Draft202012Validator) -> None:
    analysis = make_full_analysis("ab" * 32, seed=2)
    document = _document([(Path("a.wav"), analysis)], [])
    validator.validate(document)
    (result,) = document["results"]
    band = result["valence_arousal"]["band"]
    assert band["coverage"] == 0.8
    assert band["valence"] == pytest.approx(analysis.valence_band, abs=1e-5)
    np.testing.assert_allclose(band["arousal_over_time"], analysis.arousal_band_over_time, atol=1e-5)
    assert len(band["valence_over_time"]) == len(result["valence_arousal"]["times_s"])
    assert result["domain"]["kind"] == "speech"
    assert result["domain"]["is_familiar"] is False
    assert list(result["gems"]) == [estimate.name for estimate in analysis.gems]
    assert result["gems"]["tension"] == pytest.approx(analysis.gems[7].share, abs=1e-4)
    curves = result["descriptors"]
    assert analysis.descriptors is not None
    assert curves["values"][0][1] is None  # NaN: no key in silence
    assert curves["values"][1] == pytest.approx(analysis.descriptors.values[1].tolist(), rel=1e-5)
    assert curves["summary"] == {"track_tempo": 96.0, "track_pulse_clarity": 0.61, "dynamic_range": 18.5}
    half = dataclasses.replace(analysis, valence_band=None, valence_band_over_time=None)
    document = _document([(Path("a.wav"), half)], [])
    validator.validate(document)
    assert set(document["results"][0]["valence_arousal"]["band"]) == {"coverage", "arousal", "arousal_over_time"}


def test_cues_and_transitions_are_told_where_an_analysis_has_them(
    analysis: Analysis, validator: Draft202012Validator
) -> None:
    cues = {"loudness": 0.412345, "register": -0.05}
    turn = Transition(2.0, (0.1, -0.25), (0.3, 0.5), 0.7)
    n = len(analysis.times_s)
    by_cue = np.random.default_rng(0).standard_normal((n, 2)).astype(np.float32)
    told = dataclasses.replace(
        analysis,
        climaxes=(Climax(1.0, 2.0, 3.0, 0.5, cues),),
        transitions=(turn,),
        cue_names=("loudness", "register"),
        cues_over_time=by_cue,
        intensity_over_time=by_cue.sum(axis=1),
    )
    document = _document([(Path("a.wav"), told)], [])
    validator.validate(document)
    (result,) = document["results"]
    assert result["climaxes"][0]["cues"] == {"loudness": 0.4123, "register": -0.05}
    assert result["transitions"] == [{"time_s": 2.0, "before": [0.1, -0.25], "after": [0.3, 0.5], "strength": 0.7}]
    intensity = result["intensity"]
    assert intensity["cues"] == ["loudness", "register"]
    assert intensity["times_s"] == result["quadrants"]["times_s"]
    np.testing.assert_allclose(intensity["by_cue"], by_cue, atol=1e-4)
    np.testing.assert_allclose(np.sum(intensity["by_cue"], axis=1), intensity["over_time"], atol=2e-4)
    # A result of an earlier version says nothing of what it never looked for.
    earlier = dataclasses.replace(analysis, cue_names=(), cues_over_time=None, intensity_over_time=None, transitions=())
    document = _document([(Path("a.wav"), earlier)], [])
    validator.validate(document)
    assert not {"transitions", "intensity"} & set(document["results"][0])
    for part, wrong in (
        ("transitions", [{**result["transitions"][0], "after": [0.1]}]),
        ("climaxes", [{**result["climaxes"][0], "cues": {"loudness": "much"}}]),
        ("intensity", {name: value for name, value in intensity.items() if name != "by_cue"}),
    ):
        (document := _document([(Path("a.wav"), told)], []))["results"][0][part] = wrong
        with pytest.raises(ValidationError):
            validator.validate(document)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: r["valence_arousal"]["band"].update(coverage=80),
        lambda r: r["valence_arousal"]["band"]["valence"].append(0.1),
        lambda r: r["domain"].update(kind="jazz"),
        lambda r: r["gems"].update(joy=0.3),
        lambda r: r["gems"].pop("power"),
        lambda r: r["descriptors"]["values"].append(["loud"]),
        lambda r: r["descriptors"].pop("units"),
    ],
)
def test_the_schema_refuses_an_addition_that_is_not_so(validator: Draft202012Validator, spoil: Any) -> None:
    document = _document([(Path("a.wav"), make_full_analysis("ab" * 32))], [])
    validator.validate(document)
    spoil(document["results"][0])
    with pytest.raises(ValidationError):
        validator.validate(document)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(schema="affekt.analysis/2"),
        lambda d: d["results"][0]["quadrants"]["probabilities"].append(0.1),
        lambda d: d["results"][0]["valence_arousal"].update(valence=1.5),
        lambda d: d["results"][0].pop("attention"),
        lambda d: d["results"][0]["climaxes"].append({"start_s": 1.0}),
        lambda d: d["errors"].append({"file": "x", "kind": "strange", "message": "?"}),
    ],
)
def test_the_schema_refuses_what_is_not_so(analysis: Analysis, validator: Draft202012Validator, spoil: Any) -> None:
    document = _document([(Path("a.wav"), analysis)], [])
    validator.validate(document)
    spoil(document)
    with pytest.raises(ValidationError):
        validator.validate(document)


def test_the_schema_knows_every_kind_of_error_and_the_documentation_every_field(
    analysis: Analysis, validator: Draft202012Validator
) -> None:
    assert set(get_args(ErrorKind)) == set(validator.schema["$defs"]["error"]["properties"]["kind"]["enum"])
    text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")

    def names(schema: dict[str, Any]) -> set[str]:
        found = set(schema.get("properties", {}))
        parts = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
        for part in parts:
            found |= names(part)
        return found

    fields = set().union(*(names(part) for part in validator.schema["$defs"].values()))
    assert "valence_over_time" in fields
    assert {name for name in fields if name not in text} == set()
    # No field is written that the schema does not name, and a model that says all leaves none out.
    written = _document([(Path("a.wav"), make_full_analysis("ab" * 32))], [])["results"][0]
    described = validator.schema["$defs"]["result"]["properties"]
    assert set(written) == set(described) - {"marks"}  # a person's, not the model's
    for name in ("model", "quadrants", "attention", "valence_arousal", "domain", "gems", "descriptors"):
        assert set(written[name]) == set(described[name]["properties"])
    band = described["valence_arousal"]["properties"]["band"]["properties"]
    assert set(written["valence_arousal"]["band"]) == set(band)
    kinds = described["domain"]["properties"]["kind"]["enum"]
    assert tuple(kinds) == get_args(DomainKind)
    assert tuple(described["gems"]["properties"]) == tuple(described["gems"]["required"]) == GEMS
    # What a model does not say is left out.
    bare = _document([(Path("a.wav"), analysis)], [])["results"][0]
    assert set(bare) == set(described) - {"gems", "marks"}
    assert "band" not in bare["valence_arousal"]
    example = json.loads(text.split("```json\n")[1].split("```")[0].replace("9f86d081...", "0" * 64))
    validator.validate(example)


# Writing -------------------------------------------------------------------------------------------------------------


def test_a_file_is_replaced_as_a_whole(tmp_path: Path, analysis: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "new folder" / "out.json"
    write_json(target, [(Path("歌.wav"), analysis)], [])
    first = target.read_bytes()
    assert json.loads(first)["results"][0]["file"] == "歌.wav"
    assert "歌.wav".encode() in first  # readable as it stands
    assert [p.name for p in target.parent.iterdir()] == ["out.json"]

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(JobError) as caught:
        write_json(target, [], [])
    assert caught.value.kind == "no_space"
    assert "out.json" in caught.value.message
    assert target.read_bytes() == first
    assert [p.name for p in target.parent.iterdir()] == ["out.json"]


@pytest.mark.parametrize("place", ["folder", "below a file"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    target = tmp_path / "taken"
    if place == "folder":
        target.mkdir()
    else:
        target.write_text("a file", encoding="utf-8")
        target /= "out.json"
    with pytest.raises(JobError) as caught:
        write_json(target, [], [])
    assert caught.value.kind == "no_space"
    assert "taken" in caught.value.message


def test_a_path_of_bytes_that_are_no_text_is_valid_json(tmp_path: Path) -> None:
    odd = Path("caf\udce9.wav")
    write_json(tmp_path / "out.json", [], [(odd, JobError("not_found", "It is not there."))])
    document = json.loads((tmp_path / "out.json").read_bytes().decode("utf-8"))
    assert document["errors"][0]["file"] == str(odd)
