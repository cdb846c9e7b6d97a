"""Labels out of the program and back: every layout, several raters, and what is wrong with tables from elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jams
import numpy as np
import pytest

from models.analysis import QUADRANTS
from models.data.label_import import RATERS_TABLE, import_labels
from models.data.label_rows import LabelRow, contradictions, mean_trace, rater_table
from models.data.label_scales import NINE
from models.data.labelled import read_labelled_folder
from models.data.traces import Trace, read_trace
from models.errors import JobError
from models.export.label_files import Format, export_labels
from tests import corpus


def curve(seed: int = 0, *, gap: bool = False) -> Trace:
    random = np.random.default_rng(seed)
    times_s = np.arange(0, 20) * 0.5
    valence, arousal = np.round(np.clip(np.cumsum(random.normal(0, 0.1, (2, 20)), axis=1), -1, 1), 4)
    if gap:
        arousal[3:5] = np.nan
    return Trace(times_s, valence, arousal)


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    names = ("one.wav", "二 два.wav", "other/one.wav", "=four,x.wav")
    return [corpus.write(tmp_path / "music" / name, corpus.melody(1.0, i)).resolve() for i, name in enumerate(names)]


@pytest.fixture
def rows(songs: list[Path]) -> list[LabelRow]:
    one, two, three, four = songs
    made = "2026-11-20T20:00:00+00:00"
    return [
        LabelRow(one, "Anna", quadrant="Q1", made=made, seconds=3.25, blind=True, group="Band"),
        LabelRow(one, "Ben, B.", quadrant="Q1", group="Band"),
        LabelRow(one, "한나", quadrant="Q3", group="Band"),
        LabelRow(two, "Anna", valence=-0.1234567890123, arousal=0.7, chills=(1.25, 8.0)),
        LabelRow(two, "Ben, B.", valence=-0.3, arousal=0.3),
        LabelRow(two, "Anna", quadrant="Q4", start_s=0.25, end_s=0.75),
        LabelRow(three, "Anna", cant_say=True),
        LabelRow(three, "Ben, B.", quadrant="Q2", valence=-0.5, arousal=0.5, origin="correction"),
        LabelRow(three, "Anna", quadrant="Q4", warm_up=True),
        LabelRow(four, "Anna", trace=curve(1), chills=(2.5,)),
        LabelRow(four, "Ben, B.", trace=curve(2, gap=True)),
        LabelRow(two, "Ben, B.", trace=replace(curve(3), arousal=np.full(20, np.nan))),
    ]


def assert_same(found: list[LabelRow], wanted: list[LabelRow]) -> None:
    """Compare without order: traces by their numbers, as Trace has no equality."""

    def key(row: LabelRow) -> tuple[str, ...]:
        return (row.file.as_posix(), row.rater, str(row.start_s), str(row.trace is None), row.words, str(row.warm_up))

    found, wanted = sorted(found, key=key), sorted(wanted, key=key)
    assert found == wanted
    for a, b in zip(found, wanted, strict=True):
        assert (a.trace is None) == (b.trace is None)
        if a.trace is not None and b.trace is not None:
            np.testing.assert_array_equal(a.trace.times_s, b.trace.times_s)
            np.testing.assert_allclose(a.trace.valence, b.trace.valence, atol=1e-4)
            np.testing.assert_allclose(a.trace.arousal, b.trace.arousal, atol=1e-4)


def moved(rows: list[LabelRow], songs: list[Path], places: list[Path]) -> list[LabelRow]:
    at = dict(zip(songs, places, strict=True))
    return [replace(row, file=at[row.file]) for row in rows]


@pytest.mark.parametrize("layout", ["folder", "csv", "jams", "deam", "pmemo"])
def test_what_was_exported_is_imported_as_it_was(layout: Format, rows: list[LabelRow], tmp_path: Path) -> None:
    out = tmp_path / ("labels.csv" if layout == "csv" else "out")
    export_labels(rows, out, layout)
    again = import_labels(out)
    assert again.problems == ()
    assert again.question is None
    assert_same(list(again.rows), rows)
    export_labels(list(again.rows), out, layout)  # over itself
    assert_same(list(import_labels(out).rows), rows)


def test_copies_are_what_is_imported(rows: list[LabelRow], songs: list[Path], tmp_path: Path) -> None:
    export_labels(rows, tmp_path / "out", "folder", copy_audio=True)
    audio = (tmp_path / "out" / "audio").resolve()
    places = [audio / name for name in ("one.wav", "二 два.wav", "one (2).wav", "=four,x.wav")]
    assert all(path.read_bytes() == song.read_bytes() for path, song in zip(places, songs, strict=True))
    assert_same(list(import_labels(tmp_path / "out").rows), moved(rows, songs, places))


@pytest.mark.parametrize("copy_audio", [False, True])
def test_a_labelled_folder_holds_the_consensus(rows: list[LabelRow], tmp_path: Path, copy_audio: bool) -> None:
    notices = export_labels(rows, tmp_path / "out", "folder", copy_audio=copy_audio)
    read = read_labelled_folder(tmp_path / "out")
    clips = {clip.path.name: clip for clip in reversed(read)}
    assert len(read) == 4
    one, two = clips["one.wav"], clips["二 два.wav"]
    assert (one.quadrant, one.group) == (0, "Band")
    assert (two.quadrant, two.valence, two.arousal) == (1, pytest.approx(-0.2117284), pytest.approx(0.5))
    assert clips["=four,x.wav"].trace is not None
    said = mean_trace([curve(1), curve(2, gap=True)])
    np.testing.assert_allclose(read_trace(clips["=four,x.wav"].trace).arousal, said.arousal, atol=1e-4)
    assert clips["=four,x.wav"].valence == pytest.approx(said.valence.mean())
    lines = (tmp_path / "out" / "labels.csv").read_text("utf-8").splitlines()
    assert lines[0].endswith("group,trace,raters,quadrant_share,valence_spread,arousal_spread")
    assert lines[1].endswith("Q1,,,Band,,3,0.666666667,,")
    assert lines[2].endswith(f"2,1,{np.std([-0.1234567890123, -0.3], ddof=1):.9g},{np.std([0.7, 0.3], ddof=1):.9g}")
    assert notices == []


def test_a_tie_has_no_label_and_is_said(songs: list[Path], tmp_path: Path) -> None:
    rows = [LabelRow(songs[0], "a", quadrant="Q1"), LabelRow(songs[0], "b", quadrant="Q3")]
    rows.append(LabelRow(songs[1], "a", quadrant="Q2"))
    (notice,) = export_labels(rows, tmp_path / "out", "folder")
    assert notice.startswith("1 recording is left out, one.wav first: the raters are tied")
    assert [clip.path.name for clip in read_labelled_folder(tmp_path / "out")] == ["二 два.wav"]
    assert len(import_labels(tmp_path / "out").rows) == 3


@pytest.mark.parametrize("layout", ["deam", "pmemo"])
def test_the_layouts_of_data_sets_are_read_by_their_readers(
    layout: Format, rows: list[LabelRow], tmp_path: Path
) -> None:
    late = [replace(row, trace=None if row.trace is None else shifted(row.trace)) for row in rows]
    notices = export_labels(late, tmp_path / "out", layout, copy_audio=True)
    assert [notice.split("for ")[1].split(" are")[0] for notice in notices] == [
        "a quadrant without a point: 5",
        "a label of a passage: 1",
        "“can't say”: 1",
    ]
    (tmp_path / "out" / RATERS_TABLE).unlink()
    found = import_labels(tmp_path / "out")
    assert found.question is None
    points = {row.file.stem: row for row in found.rows if row.valence is not None}
    assert set(points) == {"2", "3"}
    assert points["2"].valence == pytest.approx(-0.2117284, abs=1e-6)
    assert points["2"].arousal == pytest.approx(0.5, abs=1e-6)
    assert points["2"].rater == f"{'DEAM' if layout == 'deam' else 'PMEmo'} (mean)"
    (trace,) = [row.trace for row in found.rows if row.trace is not None and row.file.stem == "2"]
    np.testing.assert_allclose(trace.valence, curve(3).valence, atol=1e-4)


def shifted(trace: Trace) -> Trace:
    """PMEmo's first 15 s are never read."""
    return replace(trace, times_s=trace.times_s + 15)


def test_layouts_are_on_their_own_scales(songs: list[Path], tmp_path: Path) -> None:
    rows = [LabelRow(songs[0], "a", valence=1.0, arousal=-1.0), LabelRow(songs[0], "b", valence=0.0, arousal=-1.0)]
    export_labels(rows, tmp_path / "deam", "deam")
    export_labels(rows, tmp_path / "pmemo", "pmemo")
    (deam,) = (tmp_path / "deam").rglob("static_annotations_averaged_songs_1_2000.csv")
    assert deam.read_text().splitlines() == [
        "song_id,valence_mean,valence_std,arousal_mean,arousal_std",
        f"1,7,{4 * np.std([0, 1], ddof=1):.6g},1,0",
    ]
    annotations = tmp_path / "pmemo" / "annotations"
    assert (annotations / "static_annotations.csv").read_text().splitlines()[1] == "1,0,0.75"
    assert (annotations / "static_annotations_std.csv").read_text().splitlines()[1] == "1,0,0.353553"


def test_jams_is_valid_and_declares_its_range(rows: list[LabelRow], tmp_path: Path) -> None:
    durations_s = {row.file: 1.0 for row in rows[:4]}
    export_labels(rows, tmp_path / "out", "jams", durations_s=durations_s)
    files = sorted((tmp_path / "out").glob("*.jams"))
    assert len(files) == 4
    for file in files:
        document = jams.load(str(file), validate=True, strict=True)
        for annotation in document.annotations:
            assert annotation.annotation_metadata.annotator.name in ("Anna", "Ben, B.", "한나")
            if annotation.namespace == "mood_thayer":
                assert list(annotation.sandbox["range"]) == [-1, 1]
    two = jams.load(str(tmp_path / "out" / "二 два.jams"))
    (first, _) = two.search(namespace="mood_thayer")
    assert first.data[0].value == [-0.1234567890123, 0.7]
    assert first.data[0].duration == 1.0
    assert two.file_metadata.duration == 1.0


def foreign_jams(path: Path, sandbox: dict[str, object], **extra: object) -> Path:
    annotation = jams.Annotation("mood_thayer", annotation_metadata={"annotator": {"name": "Cy"}})
    for i in range(6):
        annotation.append(time=i * 0.5, duration=0.5, value=[5.0 + i / 2, 2.0], confidence=1)
    tags = jams.Annotation("tag_open")
    tags.append(time=0, duration=30, value="melancholy", confidence=1)
    tags.append(time=0, duration=30, value="guitar", confidence=1)
    document = jams.JAMS(annotations=[annotation, tags])
    document.file_metadata.duration = 30
    document.save(str(path), strict=True)
    changed = json.loads(path.read_text())
    changed["annotations"][0]["sandbox"] = sandbox
    path.write_text(json.dumps(changed | extra))
    return path


def test_jams_of_others_say_their_range_or_are_asked_for_it(tmp_path: Path) -> None:
    corpus.write(tmp_path / "song.wav", corpus.melody(0.5))
    file = foreign_jams(tmp_path / "song.jams", {})
    asked = import_labels(file)
    assert asked.question is not None
    assert "Cy: 2 to 7.5" in asked.question.message
    assert asked.question.suggested == {"Cy": NINE}
    assert [row.quadrant for row in asked.rows] == ["Q3"]  # a word needs no scale
    told = import_labels(file, {"Cy": NINE})
    (trace,) = [row.trace for row in told.rows if row.trace is not None]
    np.testing.assert_allclose(trace.valence, (np.arange(6) / 2 + 5 - 5) / 4)
    np.testing.assert_allclose(trace.arousal, -0.75)
    assert all(row.file == (tmp_path / "song.wav").resolve() for row in told.rows)
    declared = import_labels(foreign_jams(tmp_path / "song.jams", {"range": [1, 9]}))
    assert declared.question is None
    assert len(declared.rows) == 2


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"annotations": 3}', '{"annotations": [3, {"namespace": "mood_thayer"}]}', "\xff"]
)
def test_what_is_no_jams_file_is_said(text: str, tmp_path: Path) -> None:
    file = tmp_path / "odd.jams"
    file.write_bytes(text.encode("latin-1"))
    try:
        found = import_labels(file)
    except JobError as error:
        assert "odd.jams" in error.message
    else:
        assert found.rows == ()
        assert all("odd.jams" in problem.message for problem in found.problems)
        assert len(found.problems) == 1


def test_a_number_beyond_all_floats_is_said(tmp_path: Path) -> None:
    file = foreign_jams(tmp_path / "x.jams", {"range": [1, 9]})
    document = json.loads(file.read_text("utf-8"))
    document["annotations"][0]["data"][0]["time"] = 10**400
    file.write_text(json.dumps(document), "utf-8")
    found = import_labels(file)
    assert "annotation 1 is not as JAMS describes it" in found.problems[0].message
    assert found.rows  # the other annotation's


@pytest.mark.parametrize(
    ("sandbox", "said"),
    [({"range": [3]}, "range"), ({"range": "wide"}, "range"), ({"range": [2, 2]}, "range")],
)
def test_a_range_that_is_none_is_said(sandbox: dict[str, object], said: str, tmp_path: Path) -> None:
    found = import_labels(foreign_jams(tmp_path / "x.jams", sandbox))
    (problem,) = found.problems
    assert said in problem.message


def test_labelled_folders_are_imported_with_their_traces_and_without_their_profiles(tmp_path: Path) -> None:
    corpus.write(tmp_path / "audio" / "a.wav", corpus.melody(0.5))
    (tmp_path / "labels.csv").write_text(
        "file,valence,arousal,gems_power,group\na.wav,0.2,0.4,,X\nb.wav,,,0.5,\n", encoding="utf-8"
    )
    (tmp_path / "traces").mkdir()
    (tmp_path / "traces" / "a.csv").write_text("time_s,valence,arousal\n0.5,0.1,\n", encoding="utf-8")
    found = import_labels(tmp_path)
    assert found.question is None
    whole, over_time = found.rows
    assert (whole.valence, whole.arousal, whole.group) == (0.2, 0.4, "X")
    assert over_time.trace is not None
    assert over_time.trace.valence.tolist() == [0.1]
    assert "GEMS" in found.problems[0].message


def test_a_trace_that_a_table_names_must_be_there(tmp_path: Path) -> None:
    corpus.write(tmp_path / "audio" / "a.wav", corpus.melody(0.5))
    (tmp_path / "labels.csv").write_text("file,quadrant,trace\na.wav,Q1,gone.csv\n", encoding="utf-8")
    with pytest.raises(JobError, match=r"row 2: there is no trace 'gone\.csv'"):
        read_labelled_folder(tmp_path)


def test_folders_named_by_moods(tmp_path: Path) -> None:
    for word in ("happy", "sad"):
        corpus.write(tmp_path / word / f"{word}.wav", corpus.melody(0.5))
    assert [(row.file.name, row.quadrant) for row in import_labels(tmp_path).rows] == [
        ("happy.wav", "Q1"),
        ("sad.wav", "Q3"),
    ]


def test_an_export_does_not_mix_with_other_things(rows: list[LabelRow], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "labels.csv").write_text("file,quadrant\n", encoding="utf-8")
    for layout in ("folder", "jams", "deam", "pmemo"):
        with pytest.raises(JobError, match="holds other things"):
            export_labels(rows, tmp_path / "mine", layout)  # type: ignore[arg-type]
    assert (tmp_path / "mine" / "labels.csv").read_text(encoding="utf-8") == "file,quadrant\n"
    with pytest.raises(JobError, match="no label"):
        export_labels([], tmp_path / "out", "folder")
    (tmp_path / "file").write_text("x")
    with pytest.raises(JobError, match="could not be written"):
        export_labels(rows, tmp_path / "file" / "below", "folder")


def test_a_recording_that_is_gone_is_exported_without_its_copy(
    rows: list[LabelRow], songs: list[Path], tmp_path: Path
) -> None:
    songs[1].unlink()
    (notice,) = export_labels(rows, tmp_path / "out", "folder", copy_audio=True)
    assert "二 два.wav could not be copied" in notice
    assert len(import_labels(tmp_path / "out").rows) == len(rows)


def test_tables_of_raters_take_the_last_word_and_no_warm_ups(rows: list[LabelRow], songs: list[Path]) -> None:
    table = rater_table([*rows, LabelRow(songs[0], "Anna", quadrant="Q4")])
    assert table.raters == ("Anna", "Ben, B.", "한나")
    assert [item.name for item in table.items] == ["one.wav", "二 два.wav", "one.wav"]
    np.testing.assert_array_equal(table.quadrants[:, 0], [3, 0, 2])
    np.testing.assert_array_equal(table.quadrants[:, 1], [1, 1, np.nan])
    np.testing.assert_array_equal(table.valence[1], [np.nan, -0.3, -0.5])
    assert np.isnan(table.quadrants[0, 2])
    assert contradictions(rows)[-1].startswith("Raters chose opposite quadrants for 1 of 3")


def test_rows_in_words() -> None:
    assert LabelRow(Path("a"), quadrant=QUADRANTS[0]).words == "Q1"
    assert LabelRow(Path("a"), valence=0.5, arousal=-0.25).words == "(+0.50, -0.25)"
    assert LabelRow(Path("a"), cant_say=True).words == "can't say"
    assert LabelRow(Path("a"), trace=curve()).words == "a rating over time"
