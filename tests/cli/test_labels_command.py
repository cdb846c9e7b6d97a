"""`affekt labels`: labels into a library and out of it, and agreement, without a window."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from app.__main__ import main
from app.library import Label, Library, Rater, Rating
from app.library.exchange import rows_of, take_rows
from app.library.ownership import Ownership
from models.data.label_import import import_labels
from models.data.label_rows import LabelRow
from models.data.labelled import read_labelled_folder
from models.data.traces import Trace
from models.export import agreement_json
from tests import corpus

Capture = pytest.CaptureFixture[str]
SCHEMA = json.loads(Path(agreement_json.__file__).with_name("agreement.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    return [corpus.write(tmp_path / "music" / f"{name}.wav", corpus.melody(0.5)).resolve() for name in "abcd"]


@pytest.fixture
def file(tmp_path: Path, songs: list[Path]) -> Path:
    """A library of two raters."""
    library = Library(tmp_path / "library.sqlite3")
    tracks = [library.add_track(song) for song in songs]
    for rater in (Rater("1", "Anna"), Rater("2", "Ben")):
        library.labels.add_rater(rater)
    made = "2026-11-20T20:00:00+00:00"
    for i, (track, anna, ben) in enumerate(
        zip(tracks, ("Q1", "Q2", "Q3", "Q4"), ("Q1", "Q2", "Q1", "Q4"), strict=True)
    ):
        library.labels.put(Label(f"a{i}", track.id, "1", quadrant=anna, made=made, blind=True, seconds=2.5))
        library.labels.put(Label(f"b{i}", track.id, "2", quadrant=ben, made=made))
    library.labels.put(Label("p", tracks[0].id, "1", 0.1, 0.4, valence=-0.5, arousal=0.25, made=made))
    library.labels.put(Label("c", tracks[1].id, "1", quadrant="Q4", made=made, warm_up=True))
    times_s = np.arange(0, 5, 0.05, dtype=np.float32)
    curve = np.sin(times_s).astype(np.float32)
    library.ratings.put(Rating("r", tracks[2].id, "2", "both", made, times_s, curve, -curve, (1.5,)))
    library.ratings.put(Rating("s", tracks[2].id, "1", "arousal", made, times_s, None, curve))
    library.close()
    return tmp_path / "library.sqlite3"


def held(file: Path) -> list[LabelRow]:
    library = Library(file)
    rows = rows_of(library.tracks(), library.labels.raters(), library.labels.of_all(), library.ratings.of_all())
    library.close()
    return sorted(rows, key=lambda row: (row.file, row.rater, str(row.start_s), row.trace is None, row.warm_up))


@pytest.mark.parametrize("layout", ["folder", "csv", "jams", "deam", "pmemo"])
def test_what_one_library_exports_another_takes(file: Path, layout: str, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / ("out.csv" if layout == "csv" else "out")
    words = ["--library", str(file)]
    assert main(["labels", "export", str(out), "--format", layout, *words]) == 0
    assert "12 labels were written" in capsys.readouterr().out
    other = ["--library", str(tmp_path / "other.sqlite3")]
    assert main(["labels", "import", str(out), "--dry-run", *other]) == 0
    assert "12 labels would be taken" in capsys.readouterr().out
    assert held(tmp_path / "other.sqlite3") == []
    assert main(["labels", "import", str(out), *other]) == 0
    assert "12 labels were taken; 0 were there already; 0 have no" in capsys.readouterr().out
    mine, theirs = held(file), held(tmp_path / "other.sqlite3")
    assert theirs == mine
    for a, b in zip(mine, theirs, strict=True):
        if a.trace is not None and b.trace is not None:
            np.testing.assert_allclose(a.trace.valence, b.trace.valence, atol=1e-3)
            np.testing.assert_allclose(a.trace.arousal, b.trace.arousal, atol=1e-3)
    # Taken again, nothing is doubled; nor is it where it came from.
    for library in (other, words):
        assert main(["labels", "import", str(out), *library]) == 0
        assert "0 labels were taken; 12 were there already" in capsys.readouterr().out


def test_the_group_of_labels_becomes_the_artist_of_recordings_without_tags(
    tmp_path: Path, songs: list[Path], capsys: Capture
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(f"file,quadrant,group\n{songs[0]},Q3,A Band\n{songs[1]},Q1,unknown\n", encoding="utf-8")
    library = ["--library", str(tmp_path / "l.sqlite3")]
    assert main(["labels", "import", str(table), *library]) == 0
    assert main(["labels", "export", str(tmp_path / "out"), *library]) == 0
    groups = {clip.path.name: clip.group for clip in read_labelled_folder(tmp_path / "out")}
    assert groups["a.wav"] == "A Band"
    assert groups["b.wav"].endswith("b.wav")  # its own


def test_bad_rows_are_named_and_the_others_are_taken(
    file: Path, tmp_path: Path, songs: list[Path], capsys: Capture
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(f"file,quadrant\n{songs[0]},Q3\n{songs[1]},Q7\nnowhere.wav,Q1\nb.wav,Q2\n", encoding="utf-8")
    assert main(["labels", "import", str(table), "--rater", "Cy", "--library", str(file)]) == 1
    out, err = capsys.readouterr()
    assert out == "2 labels were taken; 0 were there already; 1 have no recording here.\n"
    assert "row 3: the quadrant is 'Q7'" in err
    assert "nowhere.wav" in err
    assert {row.rater for row in held(file)} == {"Anna", "Ben", "Cy"}


def test_an_unclear_scale_is_asked_for_and_nothing_is_taken(file: Path, tmp_path: Path, capsys: Capture) -> None:
    table = tmp_path / "table.csv"
    table.write_text("file,rater,valence,arousal\na.wav,Anna,2,8\nb.wav,Anna,7,3\n", encoding="utf-8")
    words = ["labels", "import", str(table), "--library", str(file)]
    before = held(file)
    assert main(words) == 1
    err = capsys.readouterr().err
    assert "The scale of valence and arousal is not declared (Anna: 2 to 8)" in err
    assert '--scale "Anna=1..9"' in err
    assert held(file) == before
    assert main([*words, "--scale", "Anna=1..9"]) == 0
    points = {row.file.name: (row.valence, row.arousal) for row in held(file) if row.is_whole and row.rater == "Anna"}
    assert points["a.wav"] == (-0.75, 0.75)
    assert main([*words, "--scale", "wide"]) == 1
    assert "'wide' is no scale" in capsys.readouterr().err


def test_an_older_label_does_not_replace_a_newer_one(file: Path, tmp_path: Path, capsys: Capture) -> None:
    table = tmp_path / "table.csv"
    table.write_text(
        "file,rater,quadrant,made\na.wav,anna,Q4,2020-01-01T00:00:00+00:00\nb.wav,Anna,Q4,2030-01-01T00:00:00+00:00\n",
        encoding="utf-8",
    )
    assert main(["labels", "import", str(table), "--library", str(file)]) == 0
    assert capsys.readouterr().out.startswith("1 labels were taken; 1 were there already")
    said = {row.file.name: row.quadrant for row in held(file) if row.is_whole and row.rater == "Anna"}
    assert (said["a.wav"], said["b.wav"]) == ("Q1", "Q4")


def test_while_the_window_has_the_library_nothing_is_taken(file: Path, tmp_path: Path, capsys: Capture) -> None:
    table = tmp_path / "table.csv"
    table.write_text("file,quadrant\na.wav,Q4\n", encoding="utf-8")
    window = Ownership(file)
    try:
        assert main(["labels", "import", str(table), "--library", str(file)]) == 1
    finally:
        window.release()
    assert "window has this library open" in capsys.readouterr().err


def test_agreement_in_words_and_as_json(file: Path, tmp_path: Path, capsys: Capture) -> None:
    words = ["labels", "agree", "--library", str(file)]
    assert main([*words, "--json", str(tmp_path / "agree.json")]) == 0
    out = capsys.readouterr().out
    assert "4 recordings, 2 raters; 4 recordings by two or more." in out
    document = json.loads((tmp_path / "agree.json").read_text(encoding="utf-8"))
    alpha = document["krippendorff_alpha"]["quadrant"]["value"]
    # Eight values: three times Q1, twice Q2 and Q4, once Q3; one pair differs.
    assert alpha == pytest.approx(1 - 7 * 2 / (8**2 - 3**2 - 2**2 - 2**2 - 1), abs=1e-6)
    assert f"quadrant  nominal   {alpha:.3f}" in out
    assert "0.50  c.wav: Anna Q3, Ben Q1" in out
    assert document["discuss_first"] == [
        {"file": str(tmp_path.resolve() / "music" / "c.wav"), "disagreement": 0.5, "said": "Anna Q3, Ben Q1"}
    ]
    assert document["raters"][0]["with_others"] == 0.75
    assert document["consensus"][2]["quadrant"] is None
    assert main(["labels", "export", str(tmp_path / "out"), "--library", str(file)]) == 0
    capsys.readouterr()
    assert main(["labels", "agree", str(tmp_path / "out"), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["krippendorff_alpha"]["quadrant"]["value"] == alpha
    jsonschema.validate(document, SCHEMA)


def test_agreement_of_points(tmp_path: Path, capsys: Capture) -> None:
    table = tmp_path / "t.csv"
    random = np.random.default_rng(0)
    rows = ["file,rater,valence,arousal"]
    for i in range(30):
        v, a = random.uniform(-0.7, 0.7, 2)
        rows += [f"{i}.wav,Anna,{v:.3f},{a:.3f}", f"{i}.wav,Ben,{v + 0.2:.3f},{a:.3f}"]
    table.write_text("\n".join(rows), encoding="utf-8")
    assert main(["labels", "agree", str(table), "--json", str(tmp_path / "points.json")]) == 0
    jsonschema.validate(json.loads((tmp_path / "points.json").read_text(encoding="utf-8")), SCHEMA)
    out = capsys.readouterr().out
    assert "ICC(2,1) valence" in out
    assert "ICC(2,k) arousal   1.000" in out
    (ben,) = [line for line in out.splitlines() if line.startswith("Ben")]
    assert ben.split()[-2:] == ["+0.20", "+0.00"]


def test_corrections_are_no_free_judgement(tmp_path: Path, capsys: Capture) -> None:
    table = tmp_path / "t.csv"
    rows = ["file,rater,quadrant,origin", "a.wav,Anna,Q1,label", "a.wav,Ben,Q1,label", "b.wav,Anna,Q2,label"]
    table.write_text("\n".join([*rows, "b.wav,Ben,Q4,correction"]), encoding="utf-8")
    assert main(["labels", "agree", str(table)]) == 0
    out = capsys.readouterr().out
    assert "1 recordings by two or more" in out
    assert "b.wav" not in out


def test_the_example_in_the_documentation_is_valid() -> None:
    text = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    (example,) = [
        part.split("```")[0] for part in text.split("```json") if '"affekt.agreement/1"' in part.split("```")[0]
    ]
    jsonschema.validate(json.loads(example), SCHEMA)


def test_only_the_labels_of_one_rater(file: Path, tmp_path: Path, capsys: Capture) -> None:
    words = ["labels", "export", str(tmp_path / "ben.csv"), "--library", str(file)]
    assert main([*words, "--rater", "ben"]) == 0
    assert {row.rater for row in import_labels(tmp_path / "ben.csv").rows} == {"Ben"}
    assert main([*words, "--rater", "Cy"]) == 1
    assert "no label by 'Cy'" in capsys.readouterr().err


def test_without_a_library_or_labels(tmp_path: Path, capsys: Capture) -> None:
    for words in (["agree"], ["export", str(tmp_path / "out")]):
        assert main(["labels", *words, "--library", str(tmp_path / "none.sqlite3")]) == 1
        assert "There is no library" in capsys.readouterr().err
    Library(tmp_path / "empty.sqlite3").close()
    assert main(["labels", "agree", "--library", str(tmp_path / "empty.sqlite3")]) == 1
    assert "no labels of whole recordings" in capsys.readouterr().err
    assert main(["labels", "export", str(tmp_path / "out"), "--library", str(tmp_path / "empty.sqlite3")]) == 1
    assert "no label to export" in capsys.readouterr().err
    assert not (tmp_path / "none.sqlite3").exists()


def test_a_rating_with_gaps_becomes_one_for_each_dimension(tmp_path: Path, songs: list[Path]) -> None:
    library = Library(tmp_path / "l.sqlite3")
    library.add_track(songs[0])
    times_s = np.arange(4) * 0.5
    trace = Trace(times_s, np.array([0.1, np.nan, 0.3, 0.4]), np.array([0.1, 0.2, 0.3, 0.4]))
    taken = take_rows([LabelRow(songs[0], trace=trace)], library.tracks(), [], unnamed="Me")
    library.close()
    valence, arousal = taken.ratings
    assert (valence.dimension, arousal.dimension) == ("valence", "arousal")
    assert valence.times_s.tolist() == [0, 1, 1.5]
    assert arousal.valence is None
    assert [rater.name for rater in taken.raters] == ["Me"]


@pytest.mark.parametrize("words", [["labels"], ["labels", "steal"], ["labels", "export", "x", "--format", "xls"]])
def test_wrong_usage(words: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
