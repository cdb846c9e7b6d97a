from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.data.labelled import (
    GEMS_COLUMNS,
    LabelledClip,
    quadrant_of,
    quadrants_of,
    read_labelled_folder,
    read_labelled_folders,
    write_labels,
)
from models.data.moods import quadrant_of_words
from models.data.traces import Trace, read_trace, write_trace
from models.errors import JobError
from tests import corpus

# Labelled folders ----------------------------------------------------------------------------------------------------


def _table(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    (folder / "audio").mkdir(exist_ok=True)
    (folder / "audio" / "a.wav").write_bytes(b"RIFF")
    (folder / "b.wav").write_bytes(b"RIFF")
    (folder / "labels.csv").write_text(text, encoding=encoding)
    return folder


def test_a_table_names_files_in_audio_or_beside_it(tmp_path: Path) -> None:
    folder = _table(tmp_path, "file,quadrant,group,split\na.wav,Q3,Björk,test\nb.wav, q1 ,,\n", "utf-8-sig")
    a, b = read_labelled_folder(folder)
    assert a == LabelledClip(folder / "audio" / "a.wav", 2, "Björk", "test", folder.name)
    assert b == LabelledClip(folder / "b.wav", 0, "b.wav", "", folder.name)


_GEMS = ",".join(GEMS_COLUMNS)


@pytest.mark.parametrize(
    ("text", "row", "word"),
    [
        ("file,quadrant\na.wav,Q1\nb.wav,Q5\n", 3, "Q5"),
        ("file,quadrant\na.wav,\n", 2, "there is no label"),
        ("file,quadrant\na.wav\n", 2, "there is no label"),
        ("file,quadrant\na.wav,Q1\n\nc.wav,Q2\n", 4, "c.wav"),
        ("file,quadrant\n,Q2\n", 2, "''"),
        ("file,quadrant\na.wav,Q1\na.wav,Q1\n", 3, "second time"),
        ("file,quadrant\na.wav,Q1\n../audio/a.wav,Q1\n", 3, "second time"),
        ("name,label\na.wav,Q1\n", 1, "no column named file"),
        ("name;label\na.wav;Q1\n", 1, "no column named file"),
        ("file;valence;arousal\na.wav;0,1,2;0\n", 2, "valence is '0,1,2', which is no number"),
        ("", 1, "no column named file"),
        ("file,artist\na.wav,Bach\n", 1, "no column of labels"),
        ("file,valence,arousal\na.wav,0.1,0.2\nb.wav,1.2,0\n", 3, "valence is 1.2; it must lie between -1 and 1"),
        ("file,valence,arousal\na.wav,0,-7\n", 2, "arousal is -7"),
        ("file,valence,arousal\na.wav,nan,0\n", 2, "valence is 'nan'; leave the cell empty"),
        ("file,valence,arousal\na.wav,inf,0\n", 2, "valence is inf"),
        ("file,valence,arousal\na.wav,high,0\n", 2, "valence is 'high', which is no number"),
        ("file,valence,arousal\na.wav,0.5,\n", 2, "valence but no arousal"),
        ("file,quadrant,arousal\na.wav,Q1,0.5\n", 2, "arousal but no valence"),
        ("file,quadrant,valence,arousal\na.wav,,,\n", 2, "there is no label"),
        (f"file,{_GEMS}\na.wav,0,0,0,0,0,0,0,0,1.1\n", 2, "gems_sadness is 1.1; it must lie between 0 and 1"),
        (f"file,{_GEMS}\na.wav,0,0,0,,0,0,0,0,1\n", 2, "no gems_nostalgia"),
        ("file,gems_power\na.wav,0.5\n", 2, "no gems_amazement"),
    ],
)
def test_every_mistake_in_a_table_is_named_with_its_row(tmp_path: Path, text: str, row: int, word: str) -> None:
    with pytest.raises(JobError) as caught:
        read_labelled_folder(_table(tmp_path, text))
    assert caught.value.kind == "bad_data"
    assert f"labels.csv, row {row}" in caught.value.message
    assert word in caught.value.message


@pytest.mark.parametrize("mark", (";", "\t"))
def test_tables_of_other_spreadsheets_are_read(tmp_path: Path, mark: str) -> None:
    text = "file;valence;arousal;group\na.wav;0,5;-0.25;Bach, J. S.\n".replace(";", mark)
    (clip,) = read_labelled_folder(_table(tmp_path, text))
    assert (clip.valence, clip.arousal, clip.group) == (0.5, -0.25, "Bach, J. S.")


def test_a_table_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"labels\.csv is not UTF-8"):
        read_labelled_folder(_table(tmp_path, "file,quadrant,group\na.wav,Q1,Café\n", "latin-1"))
    with pytest.raises(JobError, match="names no labelled recording"):
        read_labelled_folder(_table(tmp_path, "file,quadrant\n"))


def test_subfolders_named_like_quadrants_are_labels(tmp_path: Path) -> None:
    for name in ("Q1/Bach/a.wav", "Q1/Bach/disc 2/b.flac", "Q4/c.MP3", "Q4/._c.MP3", "Q4/.cache/d.wav", "Q4/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = read_labelled_folder(tmp_path)
    assert [(c.path.name, c.quadrant, c.group) for c in found] == [
        ("a.wav", 0, "Bach"), ("b.flac", 0, "Bach"), ("c.MP3", 3, "Q4/c.MP3"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda f: f, "neither a labels"),
        (lambda f: f / "nowhere", "is no folder, or is not there"),
        (lambda f: corpus.write(f / "a.wav", np.ones(9)), "is no folder, or is not there"),
    ],
)
def test_what_is_no_labelled_folder_is_refused(tmp_path: Path, make: Callable[[Path], Path], said: str) -> None:
    with pytest.raises(JobError, match=said):
        read_labelled_folder(make(tmp_path))


def test_a_table_may_hold_points_profiles_words_and_traces(tmp_path: Path) -> None:
    header = f"file, quadrant ,valence,arousal,tags,{_GEMS}"
    rows = ["a.wav,,-0.25,0.5,old;loud", "b.wav,,,,,.1,.2,.3,.4,.5,.6,.7,.8,.9"]
    folder = _table(tmp_path, "\n".join([header, *rows]) + "\n")
    (folder / "audio" / "c d.wav").write_bytes(b"RIFF")
    with (folder / "labels.csv").open("a", encoding="utf-8") as stream:
        stream.write("c d.wav,calm,-1,1\n")
    write_trace(folder / "traces" / "a.csv", Trace(np.zeros(1), np.zeros(1), np.zeros(1)))
    write_trace(folder / "traces" / "c d.wav.csv", Trace(np.zeros(1), np.zeros(1), np.zeros(1)))
    a, b, c = read_labelled_folder(folder)
    assert (a.quadrant, a.valence, a.arousal, a.gems, a.tags) == (1, -0.25, 0.5, None, {"old", "loud"})
    assert (b.quadrant, b.valence, b.arousal) == (None, None, None)
    assert b.gems == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    assert (c.quadrant, c.valence, c.arousal) == (3, -1.0, 1.0)  # what is said in words is not overruled by numbers
    assert [clip.trace and clip.trace.name for clip in (a, b, c)] == ["a.csv", None, "c d.wav.csv"]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    for name in ("audio/a.wav", "audio/disc 1/b.wav", "c.wav"):
        corpus.write(tmp_path / name, np.zeros(9))
    clips = [
        LabelledClip(tmp_path / "audio" / "a.wav", 2, "Björk, 'live'", "test", tmp_path.name, frozenset({"x", "y: z"})),
        LabelledClip(
            tmp_path / "audio" / "disc 1" / "b.wav", 1, "b", "", tmp_path.name, valence=-0.123456, arousal=0.0
        ),
        LabelledClip(tmp_path / "c.wav", None, "c", "", tmp_path.name, gems=tuple(i / 8 for i in range(9))),
    ]
    write_labels(tmp_path, clips)
    assert read_labelled_folder(tmp_path) == clips


def test_the_quadrant_of_a_point_is_its_pair_of_signs() -> None:
    points = [(0.5, 0.1), (-0.5, 0.1), (-0.5, -0.1), (0.5, -0.1), (0, 0), (0, -1), (-1, 0)]
    assert [quadrant_of(*point) for point in points] == [0, 1, 2, 3, 0, 3, 1]


def test_what_needs_quadrants_says_who_has_none() -> None:
    clips = [LabelledClip(Path("a.wav"), 3, "a"), LabelledClip(Path("b.wav"), None, "b")]
    assert quadrants_of(clips[:1]) == [3]
    with pytest.raises(JobError, match=r"1 of 2 .*b\.wav"):
        quadrants_of(clips)


# Names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "quadrant"),
    [
        ("Q1", 0), ("q3", 2), (" Q4 ", 3), ("Happy", 0), ("joy", 0), ("excited", 0), ("ANGRY", 1), ("tense", 1),
        ("fear", 1), ("sad", 2), ("melancholy", 2), ("calm", 3), ("Relaxed", 3), ("peaceful", 3), ("tender", 3),
        ("Q2 angry", 1), ("2_tense-fearful", 1), ("快乐", 0), ("愤怒", 1), ("悲伤", 2), ("平静", 3),
        ("기쁨", 0), ("분노", 1), ("슬픔", 2), ("평온", 3),
        ("Q5", None), ("", None), ("3", None), ("happy sad", None), ("Q1 sad", None), ("not happy", None),
        ("rock", None),
    ],
)  # fmt: skip
def test_words_that_stand_for_a_quadrant(words: str, quadrant: int | None) -> None:
    assert quadrant_of_words(words) == quadrant


def _files(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def test_folders_named_by_moods_are_labels(tmp_path: Path) -> None:
    folder = _files(
        tmp_path, "sad/Bach/a.wav", "joyful/b.wav", "Happy/c.wav", "q2/d.wav", "平静/e.wav", "notes/readme.txt",
        "calm/Q4_song x_7.wav", "__MACOSX/._a.wav",
    )  # fmt: skip
    assert [(c.path.name, c.quadrant, c.group) for c in read_labelled_folder(folder)] == [
        ("c.wav", 0, "Happy/c.wav"), ("b.wav", 0, "joyful/b.wav"), ("d.wav", 1, "q2/d.wav"), ("a.wav", 2, "Bach"),
        ("Q4_song x_7.wav", 3, "song x"), ("e.wav", 3, "平静/e.wav"),
    ]  # fmt: skip


def test_a_folder_of_recordings_whose_name_says_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="interesting holds recordings") as caught:
        read_labelled_folder(_files(tmp_path, "sad/a.wav", "interesting/deep/b.wav"))
    assert caught.value.kind == "bad_data"


def test_files_named_as_emopia_names_them_are_labels(tmp_path: Path) -> None:
    folder = _files(tmp_path, "Q1_0vLP_Yi_0.wav", "Q1_0vLP_Yi_1.wav", "sub/q3_x_12.mp3", "cover.png")
    assert [(c.path.name, c.quadrant, c.group) for c in read_labelled_folder(folder)] == [
        ("Q1_0vLP_Yi_0.wav", 0, "0vLP_Yi"), ("Q1_0vLP_Yi_1.wav", 0, "0vLP_Yi"), ("q3_x_12.mp3", 2, "x"),
    ]  # fmt: skip
    with pytest.raises(JobError, match=r"demo\.wav is not named like the others"):
        read_labelled_folder(_files(tmp_path, "demo.wav"))


def test_two_folders_of_one_name_are_two_sources(tmp_path: Path) -> None:
    folders = [_files(tmp_path / name, "Q1/x.wav") for name in ("a/set", "b/set", "b/other", "c/b/set")]
    assert [c.source for c in read_labelled_folders(folders)] == ["a/set", f"{tmp_path.name}/b/set", "other", "c/b/set"]
    assert [c.source for c in read_labelled_folders(folders[:1])] == ["set"]
    with pytest.raises(JobError, match="given twice"):
        read_labelled_folders([folders[0], folders[1], tmp_path / "b" / ".." / "a" / "set"])


# Traces --------------------------------------------------------------------------------------------------------------


def test_a_trace_is_read_as_it_was_written(tmp_path: Path) -> None:
    trace = Trace(np.array([0.0, 0.5, 2.0]), np.array([-1.0, np.nan, 0.25]), np.array([0.5, 0.75, np.nan]))
    write_trace(tmp_path / "traces" / "a.csv", trace)
    again = read_trace(tmp_path / "traces" / "a.csv")
    np.testing.assert_array_equal(again.times_s, trace.times_s)
    np.testing.assert_array_equal(again.valence, trace.valence)
    np.testing.assert_array_equal(again.arousal, trace.arousal)
    assert [p.name for p in (tmp_path / "traces").iterdir()] == ["a.csv"]


def test_a_trace_of_one_dimension_has_no_number_for_the_other(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(" arousal ,time_s\n0.5,15.004\n-0.5,15.5\n", encoding="utf-8-sig")
    trace = read_trace(tmp_path / "a.csv")
    assert trace.times_s.tolist() == [15.0, 15.5]
    assert trace.arousal.tolist() == [0.5, -0.5]
    assert np.isnan(trace.valence).all()


@pytest.mark.parametrize(
    ("text", "where", "word"),
    [
        ("time,valence\n0,0\n", "row 1", "time_s"),
        ("time_s,mood\n0,0\n", "row 1", "valence or arousal"),
        ("time_s,valence\n0,0\n0.5,1.5\n", "row 3", "valence is 1.5"),
        ("time_s,valence\n0,0\n,0\n", "row 3", "no time_s"),
        ("time_s,valence\n0,0\n-0.5,0\n", "row 3", "time_s is -0.5"),
        ("time_s,valence\n0,0\n0.7,0\n", "row 3", "each 0.5 s"),
        ("time_s,valence\n0,0\n1,0\n0.5,0\n", "row 4", "not after the row before"),
        ("time_s,valence\n0,0\n0.002,0\n", "row 3", "not after the row before"),
        ("time_s,valence\nlate,0\n", "row 2", "no number"),
        ("time_s,valence,arousal\n0,,\n", "a.csv", "holds no rating"),
        ("time_s,valence\n", "a.csv", "holds no rating"),
    ],
)
def test_every_mistake_in_a_trace_is_named_with_its_row(tmp_path: Path, text: str, where: str, word: str) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(JobError) as caught:
        read_trace(tmp_path / "a.csv")
    assert "a.csv" in caught.value.message
    assert where in caught.value.message
    assert word in caught.value.message


def test_a_trace_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"gone\.csv does not exist"):
        read_trace(tmp_path / "gone.csv")
