"""A library is searched by a few numbers of each result, also where these were not kept yet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.library import Library
from app.library.schema import analyses, sketches
from models.audio.tags import Tags
from models.inference.course import MOMENTS, sketch_of
from tests.app.fakes import make_analysis, make_full_analysis, make_overview


@pytest.fixture
def library(tmp_path: Path):
    library = Library(tmp_path / "library.sqlite3")
    yield library
    library.close()


def add(library: Library, name: str, seed: int, artist: str = "") -> int:
    track = library.add_track(Path(f"/music/{name}.flac"), Tags(name, artist, "", None))
    library.save_analysis(track.id, make_overview(20.0, seed), make_analysis(f"{seed:064d}", 20.0, seed=seed))
    return track.id


def test_songs_are_the_analysed_tracks_in_the_lists_order(library):
    second, first = add(library, "b", 2, "Hua"), add(library, "a", 1)
    library.add_track(Path("/music/not analysed.flac"))
    library.remove_track(add(library, "gone", 3))
    songs = library.sketches.songs("fake", "1")
    assert [song.id for song in songs] == [second, first]
    expected = make_analysis(f"{2:064d}", 20.0, seed=2)
    assert (songs[0].title, songs[0].artist, songs[0].path) == ("b", "Hua", Path("/music/b.flac"))
    assert songs[0].valence == pytest.approx(expected.valence, abs=1e-6)
    assert songs[0].quadrant == expected.quadrant
    np.testing.assert_allclose(songs[0].course, sketch_of(expected, make_overview(20.0, 2)).course)
    assert library.sketches.songs("another", "1") == []


def test_results_without_a_sketch_get_one(library):
    track = add(library, "old", 5)
    with library._database.writing() as connection:
        connection.execute(sketches.delete())
    assert [song.id for song in library.sketches.songs("fake", None)] == [track]


def test_a_damaged_result_is_left_out_and_does_not_stop_the_rest(library):
    add(library, "bad", 6)
    good = add(library, "good", 7)
    with library._database.writing() as connection:
        connection.execute(sketches.delete())
        connection.execute(analyses.update().where(analyses.c.sha256 == f"{6:064d}").values(arrays=b"nothing"))
    assert [song.id for song in library.sketches.songs("fake", "1")] == [good]


def test_a_sketch_has_tempo_and_level_where_they_are_known():
    full = make_full_analysis("s", 20.0)
    sketch = sketch_of(full, make_overview(20.0))
    assert sketch.level_db == pytest.approx(10 * np.log10(np.mean(10 ** (make_overview(20.0).loudness_db / 10))))
    assert sketch.tempo_bpm == full.descriptors.summary.get("track_tempo")
    silent = make_overview(20.0)
    silent.loudness_db[:] = -90
    assert sketch_of(full, silent).level_db is None
    assert MOMENTS[[0, 2, 4]].tolist() == pytest.approx([0.05, 0.5, 0.95])
