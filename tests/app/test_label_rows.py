"""Raters, labels and ratings in the library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.library import Label, Library, Rater, Rating
from models.errors import JobError
from tests.app.fakes import make_rating, same

ANNA, BEN = Rater("r1", "Anna"), Rater("r2", "本")


@pytest.fixture
def library(tmp_path: Path):
    library = Library(tmp_path / "library.sqlite3")
    library.labels.add_rater(ANNA)
    library.labels.add_rater(BEN)
    yield library
    library.close()


def test_labels_come_back_as_they_were(library: Library, tmp_path: Path) -> None:
    track = library.add_track(Path("/music/a.mp3"))
    said = [
        Label("1", track.id, "r1", quadrant="Q2", made="1", seconds=3.5, blind=True),
        Label("2", track.id, "r2", valence=-0.25, arousal=1.0, made="2", warm_up=True),
        Label("3", track.id, "r1", 1.5, 4.0, cant_say=True, made="3", origin="import"),
    ]
    for label in said:
        library.labels.put(label)
    library.remove_track(track.id)
    again = Library(tmp_path / "library.sqlite3")
    assert again.labels.of_all() == said
    assert again.labels.raters() == [ANNA, BEN]
    again.close()


def test_a_rater_has_one_label_of_a_recording_and_of_each_passage(library: Library) -> None:
    track = library.add_track(Path("/music/a.mp3"))
    first = Label("1", track.id, "r1", quadrant="Q1", made="1")
    library.labels.put(first)
    library.labels.put(Label("2", track.id, "r2", quadrant="Q1", made="2"))
    library.labels.put(Label("3", track.id, "r1", 0.0, 1.0, quadrant="Q3", made="3"))
    library.labels.put(replace(first, id="4", quadrant="Q4", made="4"))
    library.labels.put(Label("5", track.id, "r1", 0.0, 1.0, quadrant="Q2", made="5"))
    assert [label.id for label in library.labels.of_all()] == ["2", "4", "5"]
    library.labels.put(replace(first, id="6", warm_up=True, made="6"))  # counts for nothing, and replaces nothing
    assert [label.id for label in library.labels.of_all()] == ["2", "4", "5", "6"]
    library.labels.remove("6")
    library.labels.remove("4")
    library.labels.remove("4")
    assert [label.id for label in library.labels.of_all()] == ["2", "5"]


def test_a_label_belongs_to_a_track_and_a_rater_that_are_there(library: Library) -> None:
    track = library.add_track(Path("/music/a.mp3"))
    with pytest.raises(JobError):
        library.labels.put(Label("1", 99, "r1", quadrant="Q1"))
    with pytest.raises(JobError):
        library.labels.put(Label("1", track.id, "nobody", quadrant="Q1"))
    assert library.labels.of_all() == []


def test_a_rater_can_be_called_anew_and_no_two_are_called_the_same(library: Library) -> None:
    # Two windows may have given one name to two raters: neither is lost, nor what they say.
    library.labels.add_rater(Rater("r1", "Zoe"))
    assert [rater.name for rater in library.labels.raters()] == ["Zoe", "本"]
    library.labels.add_rater(Rater("r3", "Zoe"))
    library.labels.add_rater(Rater("r4", "Zoe"))
    assert [rater.name for rater in library.labels.raters()] == ["Zoe", "Zoe (2)", "Zoe (3)", "本"]


def test_ratings_come_back_bit_by_bit(library: Library, tmp_path: Path) -> None:
    track = library.add_track(Path("/music/a.mp3"))
    both = make_rating(track.id, "r1", 30.0)
    one = Rating("t2", track.id, "r2", "arousal", "2026-11-21", both.times_s, arousal=both.arousal)
    library.ratings.put(both)
    library.ratings.put(one)
    again = Library(tmp_path / "library.sqlite3")
    kept = again.ratings.of_all()
    assert len(kept) == 2
    assert same(kept[0], both)
    assert same(kept[1], one)
    assert kept[1].valence is None
    again.ratings.remove("t1")
    assert [rating.id for rating in again.ratings.of_all()] == ["t2"]
    again.close()


def test_a_damaged_rating_does_not_keep_the_others(library: Library) -> None:
    track = library.add_track(Path("/music/a.mp3"))
    library.ratings.put(make_rating(track.id, "r1"))
    library.ratings.put(Rating("t0", track.id, "r2", "valence", "1", np.zeros(3, np.float32), np.zeros(3, np.float32)))
    with library._database.writing() as connection:
        connection.exec_driver_sql("UPDATE ratings SET arrays = x'00ff' WHERE id = 't0'")
    assert [rating.id for rating in library.ratings.of_all()] == ["t1"]


def test_a_rating_at_2_hz_is_the_mean_around_each_half_second() -> None:
    times_s = np.arange(40, dtype=np.float32) / np.float32(20)
    valence = np.where(times_s < 0.25, 1.0, 0.0).astype(np.float32)
    valence[times_s >= 1.75] = np.nan
    trace = Rating("t", 1, "r", "valence", "", times_s, valence).at_2_hz()
    assert trace.times_s.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert trace.valence[:4].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert np.isnan(trace.valence[4])
    assert np.isnan(trace.arousal).all()


def test_a_gap_in_a_rating_is_a_gap_at_2_hz() -> None:
    times_s = np.array([0.0, 0.05, 5.0, 5.05], np.float32)
    trace = Rating("t", 1, "r", "arousal", "", times_s, arousal=np.full(4, -0.5, np.float32)).at_2_hz()
    assert trace.times_s.tolist() == [0.0, 5.0]
    assert trace.arousal.tolist() == [-0.5, -0.5]
