from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.data.labelled import LabelledClip, read_labelled_folder
from models.data.prepare import prepare_4qaed, prepare_emopia
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
        ("file;quadrant\na.wav;Q1\n", 1, "no column named file"),
        ("", 1, "no column named file"),
    ],
)
def test_every_mistake_in_a_table_is_named_with_its_row(tmp_path: Path, text: str, row: int, word: str) -> None:
    with pytest.raises(JobError) as caught:
        read_labelled_folder(_table(tmp_path, text))
    assert caught.value.kind == "bad_data"
    assert f"labels.csv, row {row}" in caught.value.message
    assert word in caught.value.message


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
    "make", [lambda f: f, lambda f: f / "nowhere", lambda f: corpus.write(f / "a.wav", np.ones(9))]
)
def test_what_is_no_labelled_folder_is_refused(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    with pytest.raises(JobError, match="neither a labels"):
        read_labelled_folder(make(tmp_path))


# Data sets -----------------------------------------------------------------------------------------------------------


def _four_quadrants(folder: Path) -> Path:
    rows = ["file,quadrant,artist", "a.mp3,Q1,Nina Simone ", "b.mp3,Q3,nina simone", "c.mp3,Q2,"]
    (folder / "audio").mkdir(parents=True)
    (folder / "clips.csv").write_text("\n".join(rows), encoding="utf-8")
    for name in "abc":
        (folder / "audio" / f"{name}.mp3").write_bytes(name.encode())
    return folder


def test_4qaed_becomes_a_labelled_folder_grouped_by_artist(tmp_path: Path) -> None:
    source, made = _four_quadrants(tmp_path / "src"), tmp_path / "made"
    assert list(prepare_4qaed(source, made)) == [(1, 3), (2, 3), (3, 3)]
    found = read_labelled_folder(made)
    assert [(c.path.name, c.quadrant, c.group) for c in found] == [
        ("a.mp3", 0, "nina simone"), ("b.mp3", 2, "nina simone"), ("c.mp3", 1, "c.mp3"),
    ]  # fmt: skip
    assert found[1].path.read_bytes() == b"b"


def test_an_interrupted_copy_is_not_taken_for_the_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, made = _four_quadrants(tmp_path / "src"), tmp_path / "made"

    def half(a: Path, b: Path) -> None:
        Path(b).write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", half)
        with pytest.raises(KeyboardInterrupt):
            list(prepare_4qaed(source, made))
    list(prepare_4qaed(source, made))
    assert [(made / "audio" / f"{n}.mp3").read_bytes() for n in "abc"] == [b"a", b"b", b"c"]


@pytest.mark.parametrize("prepare", [prepare_4qaed, prepare_emopia])
def test_a_wrong_folder_is_refused(tmp_path: Path, prepare: Any) -> None:
    with pytest.raises(JobError, match=r"clips\.csv does not exist"):
        list(prepare(tmp_path / "src", tmp_path / "made"))
    (tmp_path / "src").mkdir()
    for text in ("title,year\nx,1999\n", "", "\ufeff"):
        (tmp_path / "src" / "clips.csv").write_text(text, encoding="utf-8")
        with pytest.raises(JobError, match="has no column"):
            list(prepare(tmp_path / "src", tmp_path / "made"))
    (tmp_path / "src" / "clips.csv").write_bytes(b"file,quadrant,artist\n\xff\xfe,Q1,x\n")
    with pytest.raises(JobError, match="cannot be read"):
        list(prepare(tmp_path / "src", tmp_path / "made"))
    assert not (tmp_path / "made" / "labels.csv").exists()
