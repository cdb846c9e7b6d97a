"""Layers go out in five formats and come back as they were."""

from __future__ import annotations

import csv
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from defusedxml import ElementTree

from app.library import Library
from app.library.rows import KeptLayer
from app.sessions.content import SavedTrack, SessionContent
from app.sessions.writing import encode
from models.analysis import Transition
from models.data.layer_import import import_layers
from models.errors import JobError
from models.export.layer_files import FORMATS, export_layers
from models.export.layers_of import layers_of
from models.layers import Layer
from models.structure.structure import Section, Structure
from tests.app.fakes import make_analysis, make_overview

RATE_HZ = 44_100


def a_structure() -> Structure:
    return Structure(
        "s", 12.0, 120.0, np.arange(0, 12, 0.5, np.float32), np.arange(0, 12, 2, np.float32),
        (Section(0.0, 5.0, "A"), Section(5.0, 12.0, "B")), np.zeros((12, 24), np.float32), 0.5,
    )  # fmt: skip


@pytest.fixture
def layers() -> tuple[Layer, ...]:
    return layers_of(
        make_analysis("s"), make_overview(), a_structure(), marks=[(7.25, "the \u201cturn\u201d, 转折 <&>"), (1.5, "")]
    )


def by_name(layers: tuple[Layer, ...]) -> dict[str, Layer]:
    return {layer.name: layer for layer in layers}


def export(layers, folder: Path, *formats):
    return export_layers(layers, folder, "piece", formats or FORMATS, duration_s=12.0, sample_rate_hz=RATE_HZ)


def same(back: Layer, out: Layer, within_s: float = 1e-5) -> None:
    assert back.kind == out.kind
    np.testing.assert_allclose(back.times_s, out.times_s, atol=within_s)
    if out.values is not None:
        np.testing.assert_allclose(back.values, out.values, rtol=1e-6, atol=1e-9)
    if out.durations_s is not None:
        np.testing.assert_allclose(back.durations_s, out.durations_s, atol=within_s)
    if any(out.labels):
        assert back.labels == out.labels


def test_all_that_is_known_becomes_layers(layers):
    named = by_name(layers)
    assert {"valence", "arousal", "Q1", "Q4", "attention", "contribution_Q2", "climaxes", "climax_peaks"} <= set(named)
    assert {"sections", "beats", "bars", "marks", "level"} <= set(named)
    assert named["valence"].range == (-1, 1)
    assert named["level"].unit == "dBFS"
    assert named["marks"].times_s.tolist() == [1.5, 7.25]
    assert named["climaxes"].durations_s[0] == pytest.approx(12 * 0.4)
    assert "fake 1" in named["valence"].origin


def test_turns_are_a_layer_also_where_there_is_no_climax():
    analysis = replace(make_analysis("s"), climaxes=(), transitions=(Transition(4.0, (0.0, 0.0), (0.5, 0.2), 0.6),))
    named = by_name(layers_of(analysis))
    assert "climaxes" not in named
    assert named["transitions"].times_s.tolist() == [4.0]


def test_a_table_has_a_column_per_curve_with_unit_and_range(layers, tmp_path):
    export(layers, tmp_path, "csv")
    with (tmp_path / "piece.valence.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    assert rows[0][:2] == ["time_s", "valence (-1..1)"]
    assert "Q1 (probability, 0..1)" in rows[0]
    valence = by_name(layers)["valence"]
    assert float(rows[3][1]) == pytest.approx(float(valence.values[2]), abs=1e-6)
    assert len(rows) == 1 + len(valence.times_s)
    assert (tmp_path / "piece.level.csv").read_text("utf-8").startswith("time_s,level (dBFS)\n")


def test_our_own_tables_come_back(layers, tmp_path):
    export(layers, tmp_path, "csv")
    named = by_name(layers)
    back = by_name(import_layers(tmp_path / "piece.valence.csv", 12.0).layers)
    for name in ("valence", "Q3", "contribution_Q1"):
        same(back[name], named[name])
        assert back[name].range == named[name].range
    spans = by_name(import_layers(tmp_path / "piece.regions.csv", 12.0).layers)
    for name in ("climaxes", "sections", "beats", "marks"):
        same(spans[name], named[name])


@pytest.mark.parametrize("name", ["valence", "climaxes", "sections", "marks", "beats"])
@pytest.mark.parametrize("ending", ["svl", "sv.csv"])
def test_sonic_visualisers_formats_come_back(layers, tmp_path, name, ending):
    export(layers, tmp_path, "svl", "sv-csv")
    found = import_layers(tmp_path / f"piece.{name}.{ending}", 12.0, RATE_HZ)
    assert not found.problems
    (back,) = found.layers
    same(back, by_name(layers)[name], within_s=1 / RATE_HZ)


def test_sonic_visualisers_csv_has_no_header_and_the_columns_it_reads(layers, tmp_path):
    export(layers, tmp_path, "sv-csv")

    def columns(name):
        return (tmp_path / f"piece.{name}.sv.csv").read_text("utf-8").splitlines()[0].split(",")

    assert columns("beats") == ["0"]
    assert len(columns("valence")) == 2
    assert columns("sections") == ["0", "0", "5", "A"]


def test_svl_is_as_sonic_visualiser_writes_it(layers, tmp_path):
    export(layers, tmp_path, "svl")
    root = ElementTree.parse(tmp_path / "piece.climaxes.svl", forbid_dtd=False).getroot()
    model, dataset = root.find("data/model"), root.find("data/dataset")
    assert (root.tag, model.get("type"), model.get("dimensions"), model.get("subtype")) == (
        "sv",
        "sparse",
        "3",
        "region",
    )
    assert (model.get("sampleRate"), model.get("resolution"), model.get("dataset")) == ("44100", "1", dataset.get("id"))
    point = dataset.find("point")
    assert int(point.get("frame")) == round(12 * 0.4 * RATE_HZ)
    assert int(point.get("duration")) == round(12 * 0.4 * RATE_HZ)
    assert root.find("display/layer").get("type") == "regions"


def test_audacity_labels_come_back(layers, tmp_path):
    written = export(layers, tmp_path, "audacity")
    assert not any("valence" in file.name for file in written)  # curves are no labels
    text = (tmp_path / "piece.sections.audacity.txt").read_text("utf-8")
    assert text == "0\t5\tA\n5\t12\tB\n"
    (back,) = import_layers(tmp_path / "piece.marks.audacity.txt", 12.0).layers
    assert (back.kind, back.times_s.tolist()) == ("instants", [1.5, 7.25])


def test_jams_is_valid_and_comes_back(layers, tmp_path):
    jams = pytest.importorskip("jams")
    (file,) = export(layers, tmp_path, "jams")
    document = jams.load(str(file))  # validates
    spaces = {annotation.namespace for annotation in document.annotations}
    assert {"mood_thayer", "segment_open", "beat", "vector"} <= spaces
    mood = next(a for a in json.loads(file.read_text("utf-8"))["annotations"] if a["namespace"] == "mood_thayer")
    assert mood["sandbox"]["range"] == [-1, 1]
    found = import_layers(file, 12.0)
    assert not found.problems
    back, named = by_name(found.layers), by_name(layers)
    for name in ("valence", "arousal", "Q2", "climaxes", "sections", "marks", "level"):
        same(back[name], named[name])
        assert back[name].range == named[name].range


def test_curves_of_one_name_go_out_each_on_its_own_scale(layers, tmp_path):
    times_s = np.array([1.0, 2.0])
    rated = [
        Layer(name, "values", times_s, np.array([3.0, 9.0]), range=(1.0, 9.0), origin="ratings.csv")
        for name in ("valence", "arousal")
    ]
    alone = Layer("valence", "values", times_s, np.array([0.5, 0.25]), range=(0.0, 1.0), origin="alone.csv")
    (file,) = export([*layers, *rated, alone], tmp_path, "jams")
    back = [layer for layer in import_layers(file, 12.0).layers if layer.name == "valence"]
    assert sorted(layer.range for layer in back) == [(-1.0, 1.0), (0.0, 1.0), (1.0, 9.0)]
    for layer in (by_name(layers)["valence"], rated[0], alone):
        same(next(one for one in back if one.range == layer.range), layer)


def test_gaps_are_empty_cells_and_come_back_as_gaps(tmp_path):
    layer = Layer("key_clarity", "values", np.arange(4.0), np.array([0.5, np.nan, 0.25, np.nan]))
    export([layer], tmp_path)
    assert (tmp_path / "piece.key_clarity.csv").read_text("utf-8").splitlines()[2] == "1,"
    (back,) = import_layers(tmp_path / "piece.key_clarity.csv", 12.0).layers
    np.testing.assert_array_equal(back.values, layer.values)
    (sparse,) = import_layers(tmp_path / "piece.key_clarity.svl", 12.0).layers
    assert sparse.times_s.tolist() == [0, 2]


def test_layers_of_one_name_do_not_write_over_each_other(tmp_path):
    one, two = (Layer("mine", "instants", np.array([at])) for at in (1.0, 2.0))
    assert len({file.name for file in export([one, two], tmp_path, "svl")}) == 2


def test_an_svl_at_another_rate_is_converted_and_said(tmp_path):
    export([Layer("beats", "instants", np.array([1.0, 2.5]))], tmp_path, "svl")
    found = import_layers(tmp_path / "piece.beats.svl", 12.0, 48_000)
    assert found.layers[0].times_s.tolist() == [1.0, 2.5]
    assert "44,100 Hz" in found.notices[0]
    assert "48,000 Hz" in found.notices[0]


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0"?><!DOCTYPE sv [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]><sv>&c;</sv>',
        '<?xml version="1.0"?><!DOCTYPE sv [<!ENTITY x SYSTEM "file:///etc/passwd">]><sv>&x;</sv>',
    ],
)
def test_hostile_xml_is_not_read(tmp_path, text):
    file = tmp_path / "bad.svl"
    file.write_text(text)
    with pytest.raises(JobError, match="entities") as caught:
        import_layers(file, 12.0)
    assert str(file) in caught.value.message


@pytest.mark.parametrize(
    ("name", "text", "cause"),
    [
        ("a.svl", "<sv><data>", "no layer file"),
        ("a.svl", "<sv/>", "no layer"),
        ("a.svl", '<sv><data><model id="1" dimensions="1" dataset="0"/><dataset id="0"/></data></sv>', "sample rate"),
        ("a.csv", "", "empty"),
        ("a.csv", "name,what\nx,y\n", "first column"),
        ("a.txt", "no label at all\n", "parted by a tab"),
        ("a.jams", "{}", "no JAMS"),
        ("a.jams", '{"annotations": []}', "no layer"),
        ("a.mp4", "x", "another kind"),
    ],
)
def test_what_holds_no_layer_is_named_with_the_cause(tmp_path, name, text, cause):
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(JobError, match=cause) as caught:
        import_layers(file, 12.0)
    assert str(file) in caught.value.message


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(JobError, match="does not exist"):
        import_layers(tmp_path / "none.svl", 12.0)


def test_times_past_the_end_are_left_out_and_said(tmp_path):
    file = tmp_path / "late.csv"
    file.write_text("1.0,0.5\n11.9,0.25\n300,0.75\n")
    found = import_layers(file, 12.0)
    assert found.layers[0].times_s.tolist() == [1.0, 11.9]
    assert "1 of 3" in found.problems[0]
    assert "12.0 s" in found.problems[0]
    file.write_text("100,0.5\n200,0.25\n")
    with pytest.raises(JobError, match="2 of 2"):
        import_layers(file, 12.0)


def test_regions_that_reach_over_the_end_are_cut(tmp_path):
    file = tmp_path / "long.csv"
    file.write_text("10.0,1,5.0,coda\n")
    (layer,) = import_layers(file, 12.0).layers
    assert layer.durations_s.tolist() == [2.0]


def test_bad_rows_are_said_and_the_rest_goes_on(tmp_path):
    file = tmp_path / "some.csv"
    file.write_text("1,0.5\nx,0.5\n2,nothing,\n3,0.25\n")
    found = import_layers(file, 12.0)
    assert found.layers[0].times_s.tolist() == [1, 3]
    assert ["row 2" in found.problems[0], "row 3" in found.problems[1]] == [True, True]


def test_negative_durations_are_mistakes_and_none_is_an_instant(tmp_path):
    file = tmp_path / "labels.txt"
    file.write_text("1\t2\ta\n4\t3\tb\n5\t5\tc\n")
    found = import_layers(file, 12.0)
    assert {layer.kind: layer.labels for layer in found.layers} == {"instants": ("c",), "regions": ("a",)}
    assert "row 2" in found.problems[0]


def test_mixed_scales_are_said(tmp_path):
    file = tmp_path / "ratings.csv"
    rows = "\n".join(f"{t},{-0.5 + t / 10},{1 + t / 2}" for t in range(10))
    file.write_text(f"time_s,valence,arousal\n{rows}\n")
    found = import_layers(file, 12.0)
    named = by_name(found.layers)
    assert named["valence"].range == (-1, 1)
    assert named["arousal"].range == (1, 7)
    assert any("different scales" in notice for notice in found.notices)


def test_a_full_disk_leaves_what_was_there(layers, tmp_path, monkeypatch):
    (file,) = export(layers, tmp_path, "jams")
    before = file.read_bytes()

    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(JobError, match="No space left") as caught:
        export(layers, tmp_path, "jams")
    assert caught.value.kind == "no_space"
    assert file.read_bytes() == before
    assert [f.name for f in tmp_path.iterdir()] == [file.name]


def test_tables_parted_by_semicolons_with_decimal_commas(tmp_path):
    file = tmp_path / "german.csv"
    file.write_text("0,5;0,25\n1,0;-0,5\n")
    (layer,) = import_layers(file, 12.0).layers
    assert (layer.times_s.tolist(), layer.values.tolist()) == ([0.5, 1.0], [0.25, -0.5])


def test_tables_with_sonic_visualisers_header(tmp_path):
    file = tmp_path / "header.csv"
    file.write_text("TIME,VALUE,DURATION,LABEL\n1.5,0.5,2.0,verse\n")
    (layer,) = import_layers(file, 12.0).layers
    assert (layer.kind, layer.durations_s.tolist(), layer.labels) == ("regions", [2.0], ("verse",))


_VECTOR = (
    '{"annotations": [{"namespace": "vector", "data": [{"time": 1, "duration": 0, "value": [%s]}], "sandbox": %s}]}'
)
_REGIONS = (
    '{"annotations": [{"namespace": "segment_open", "data": [{"time": 1, "duration": 1, "value": "a\\ud800"}],'
    ' "sandbox": {"affekt": {"layer": "\\ud800", "kind": "regions", "values": [NaN]}}}]}'
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("endless.svl", '<sv><data><model sampleRate="1" dimensions="2" range="-inf inf" dataset="0"/>'
         '<dataset id="0"><point frame="1" value="2"/></dataset></data></sv>'),
        ("dots.csv", "time_s,x (1.2.3..4)\n1,2\n"),
        ("reversed.csv", "time_s,x (1..-1)\n1,2\n"),
        ("endless.csv", f"time_s,x (0..{'9' * 400})\n1,2\n"),
        ("huge.jams", _VECTOR % ("2", '{"affekt": {"range": [0, 1%s]}}' % ("0" * 400))),
        ("numbers.jams", _VECTOR % ("1" + "0" * 400, "{}")),
        ("endless.jams", _VECTOR % ("2", '{"affekt": {"range": [-Infinity, Infinity]}}')),
        ("halves.jams", _REGIONS),
    ],
)  # fmt: skip
def test_numbers_and_letters_that_are_none_do_no_harm(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    (layer,) = import_layers(tmp_path / name, 12.0).layers
    assert layer.range is None
    assert layer.kind != "regions" or layer.values is None
    for file in export([layer], tmp_path / "out"):
        file.read_text("utf-8")
    kept = KeptLayer("id", 1, 0, layer)
    assert json.loads(encode(SessionContent((SavedTrack(tmp_path / "a.wav", layers=(kept,)),)), tmp_path / "s.affekt"))
    with closing(Library(tmp_path / "library.db")) as library:
        library.layers.put(replace(kept, track_id=library.add_track(tmp_path / "a.wav").id))


def test_long_names_of_layers_are_cut_where_file_systems_cut_them(tmp_path):
    layer = Layer("长" * 200, "instants", np.array([1.0]))
    (file,) = export([layer], tmp_path, "svl")
    assert file.is_file()
    (back,) = import_layers(file, 12.0).layers
    assert back.name == layer.name
