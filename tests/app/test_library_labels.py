"""The library's labels as a labelled folder: whose, which of them count, and where raters disagree."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from app.document import Document, TrackState
from app.jobs.library_labels import EVERYONE, counts, export
from app.library.rows import Label, Rater
from models.errors import JobError


@pytest.fixture
def document(tmp_path: Path) -> Document:
    out = Document()
    tracks = [TrackState(i, tmp_path / f"{i} 歌.wav", f"Song {i}", artist=f"Artist {i % 2}") for i in range(1, 5)]
    for track in tracks:
        track.path.touch()
    out.insert(tracks, {track.id: track.id for track in tracks})
    said = [
        Label("a", 1, "anna", quadrant="Q1"),
        Label("b", 2, "anna", valence=-0.5, arousal=-0.25),
        Label("c", 3, "anna", quadrant="Q3", start_s=1.0, end_s=2.0),  # a passage
        Label("d", 4, "anna", quadrant="Q4", warm_up=True),
        Label("e", 1, "bo", quadrant="Q2"),
        Label("f", 2, "bo", quadrant="Q3"),
        Label("g", 4, "bo", cant_say=True),
        Label("h", 99, "bo", quadrant="Q1"),  # no longer on the list
    ]
    out.reset_opinions([Rater("anna", "Anna"), Rater("bo", "Bo")], said, None)
    return out


def rows(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as stream:
        return {Path(row["file"]).name: row for row in csv.DictReader(stream)}


def test_only_what_says_something_of_a_whole_recording_counts(document: Document) -> None:
    assert [(count.name, count.recordings) for count in counts(document)] == [("Anna", 2), ("Bo", 2), ("", 2)]
    assert counts(Document()) == []


def test_one_raters_labels_refer_to_the_recordings_where_they_lie(document: Document, tmp_path: Path) -> None:
    export(document, "anna", tmp_path / "Anna's labels")
    found = rows(tmp_path / "Anna's labels")
    assert sorted(found) == ["1 歌.wav", "2 歌.wav"]
    assert Path(found["1 歌.wav"]["file"]) == tmp_path / "1 歌.wav"
    assert found["1 歌.wav"]["quadrant"] == "Q1" and found["1 歌.wav"]["group"] == "Artist 1"
    point = found["2 歌.wav"]
    assert point["quadrant"] == "Q3" and (float(point["valence"]), float(point["arousal"])) == (-0.5, -0.25)


def test_where_raters_are_tied_nothing_is_learned_and_it_is_said(document: Document, tmp_path: Path) -> None:
    notices = export(document, EVERYONE, tmp_path / "all")
    assert sorted(rows(tmp_path / "all")) == ["2 歌.wav"]
    assert len(notices) == 1
    assert notices[0].startswith("1 recording is left out") and "tied" in notices[0]


def test_nothing_to_learn_from_is_refused(document: Document, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="no label"):
        export(document, "nobody", tmp_path / "none")
