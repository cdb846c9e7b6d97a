from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.library import Content, Library, Mark
from app.library.peek import peek_settings
from models.analysis import Domain
from models.audio.tags import Tags
from models.errors import JobError
from tests.app.fakes import make_analysis, make_full_analysis, make_overview, same


@pytest.fixture
def library(tmp_path: Path):
    library = Library(tmp_path / "library.sqlite3")
    yield library
    library.close()


def test_tracks_come_back_in_the_order_they_were_added(library: Library) -> None:
    paths = [Path(f"/music/{name}.mp3") for name in "dacb"]
    new, known = library.add_tracks(paths)
    assert [track.path for track in new] == paths
    assert known == []
    assert [track.path for track in library.tracks()] == paths
    assert new[0].title == "d"
    assert new[0].added.tzinfo is not None


def test_a_path_is_on_the_list_once(library: Library) -> None:
    first = library.add_track(Path("/music/a.mp3"))
    new, known = library.add_tracks([Path("/music/b.mp3"), Path("/music/a.mp3"), Path("/music/b.mp3")])
    assert known == [first.id]
    assert [track.title for track in new] == ["b"]
    assert len(library.tracks()) == 2


def test_tags_are_kept(library: Library) -> None:
    track = library.add_track(Path("/music/a.mp3"), Tags("Moon", "Hua", "Water", 12.5))
    assert (track.title, track.artist, track.album, track.duration_s) == ("Moon", "Hua", "Water", 12.5)


def test_removing_is_recoverable_and_keeps_the_place(library: Library) -> None:
    ids = [track.id for track in library.add_tracks([Path(f"/{i}.wav") for i in range(4)])[0]]
    library.remove_track(ids[1])
    assert [track.id for track in library.tracks()] == [ids[0], ids[2], ids[3]]
    assert library.track(ids[1]).path == Path("/1.wav")
    library.restore_track(ids[1])
    assert [track.id for track in library.tracks()] == ids


def test_opening_a_removed_file_again_puts_it_at_the_end_with_its_old_id(library: Library) -> None:
    ids = [track.id for track in library.add_tracks([Path("/a.wav"), Path("/b.wav")])[0]]
    library.remove_track(ids[0])
    new, known = library.add_tracks([Path("/a.wav")])
    assert [track.id for track in new] == [ids[0]]
    assert known == []
    assert [track.id for track in library.tracks()] == [ids[1], ids[0]]


def test_paths_of_any_script_and_of_no_script_survive(library: Library) -> None:
    paths = [Path("/音乐/月光 달빛.flac"), Path(os.fsdecode(b"/music/\xff\xfe broken.wav"))]
    new, _ = library.add_tracks(paths)
    assert [track.path for track in new] == paths
    assert os.fsencode(library.track(new[1].id).path) == b"/music/\xff\xfe broken.wav"
    new[1].title.encode()  # can be drawn and stored
    library.set_status([new[1].id], "failed", f"“{paths[1].name}” is damaged")
    assert library.add_tracks(paths)[1] == [track.id for track in new]


def test_results_come_back_bit_for_bit(library: Library) -> None:
    track = library.add_track(Path("/a.wav"))
    overview, analysis = make_overview(seed=3), make_analysis("ab" * 32, seed=3)
    library.save_analysis(track.id, overview, analysis)
    found = library.find_analysis("ab" * 32, "fake", "1")
    assert found is not None
    assert same(found[0], overview)
    assert same(found[1], analysis)
    assert library.track(track.id).sha256 == "ab" * 32
    assert library.track(track.id).status == "done"


def test_all_that_a_model_may_add_comes_back_bit_for_bit(library: Library) -> None:
    track = library.add_track(Path("/a.wav"))
    analysis = make_full_analysis("ab" * 32, seed=4)
    library.save_analysis(track.id, make_overview(), analysis)
    found = library.find_analysis("ab" * 32, "fake", "1")
    assert found is not None
    assert same(found[1], analysis)
    assert found[1].descriptors is not None
    assert np.isnan(found[1].descriptors.values[0, 1])
    assert not same(found[1], make_full_analysis("ab" * 32, seed=5))


def test_a_line_tells_what_is_unfamiliar(library: Library) -> None:
    """Also of results that were kept before the question was asked."""
    strange, known, old = library.add_tracks([Path(f"/{name}.wav") for name in "abc"])[0]
    full = make_full_analysis("aa" * 32)
    library.save_analysis(strange.id, make_overview(), full)
    library.save_analysis(known.id, make_overview(), replace(full, sha256="bb" * 32, domain=Domain(0.9, True)))
    library.save_analysis(old.id, make_overview(), make_analysis("cc" * 32))
    lines = library.summaries(full.model_id, full.model_version)
    assert [lines[track.id].unfamiliar for track in (strange, known, old)] == ["speech", "", ""]
    assert library.find_summary("aa" * 32, full.model_id, full.model_version) == lines[strange.id]
    with closing(sqlite3.connect(library.file)) as connection:
        connection.execute("UPDATE analyses SET facts = '{' WHERE sha256 = ?", ("aa" * 32,))
        connection.commit()
    lines = library.summaries(full.model_id, full.model_version)
    assert [lines[track.id].unfamiliar for track in (strange, known, old)] == ["", "", ""]


def test_a_result_of_a_newer_program_counts_as_none(library: Library) -> None:
    """What this program cannot place is analysed anew rather than shown by halves."""
    track = library.add_track(Path("/a.wav"))
    library.save_analysis(track.id, make_overview(), make_full_analysis("ab" * 32))
    with closing(sqlite3.connect(library.file)) as connection:
        ((facts,),) = connection.execute("SELECT facts FROM analyses").fetchall()
        facts = facts.replace('"band_coverage"', '"band_coverage_of_tomorrow"')
        connection.execute("UPDATE analyses SET facts = ?", (facts,))
        connection.commit()
    assert library.find_analysis("ab" * 32, "fake", "1") is None


def test_results_are_told_apart_by_content_model_and_version(library: Library) -> None:
    track = library.add_track(Path("/a.wav"))
    library.save_analysis(track.id, make_overview(), make_analysis("ab" * 32))
    assert library.find_analysis("cd" * 32, "fake", "1") is None
    assert library.find_analysis("ab" * 32, "other", "1") is None
    assert library.find_analysis("ab" * 32, "fake", "2") is None
    assert library.find_overview("ab" * 32) is not None
    assert library.has_analyses("fake", "1")
    assert not library.has_analyses("fake", "2")


def test_a_newer_result_replaces_the_older(library: Library) -> None:
    track = library.add_track(Path("/a.wav"))
    for seed in (1, 2):
        library.save_analysis(track.id, make_overview(seed=seed), make_analysis("ab" * 32, seed=seed))
    found = library.find_analysis("ab" * 32, "fake", "1")
    assert found is not None
    assert same(found[1], make_analysis("ab" * 32, seed=2))


def test_two_tracks_of_one_content_share_the_result(library: Library) -> None:
    a, b = library.add_tracks([Path("/a.wav"), Path("/copy of a.wav")])[0]
    analysis = make_analysis("ab" * 32)
    library.save_analysis(a.id, make_overview(), analysis)
    library.set_content(b.id, Content("ab" * 32, 10, 20))
    summaries = library.summaries("fake", "1")
    assert set(summaries) == {a.id, b.id}
    assert summaries[a.id].quadrant == analysis.quadrant
    assert summaries[b.id].probability == pytest.approx(float(analysis.probabilities.max()))


def test_a_damaged_result_counts_as_none(library: Library, tmp_path: Path) -> None:
    track = library.add_track(Path("/a.wav"))
    library.save_analysis(track.id, make_overview(), make_analysis("ab" * 32))
    with closing(sqlite3.connect(library.file)) as connection:
        connection.execute("UPDATE analyses SET arrays = x'504b0304'")
        connection.commit()
    assert library.find_analysis("ab" * 32, "fake", "1") is None
    assert library.find_overview("ab" * 32) is not None


def test_no_pickle_is_ever_read(library: Library) -> None:
    import io

    track = library.add_track(Path("/a.wav"))
    library.save_analysis(track.id, make_overview(), make_analysis("ab" * 32))
    trap = io.BytesIO()
    np.savez(trap, waveform=np.array([{"a": 1}], dtype=object))
    with closing(sqlite3.connect(library.file)) as connection:
        connection.execute("UPDATE overviews SET arrays = ?", (trap.getvalue(),))
        connection.commit()
    assert library.find_overview("ab" * 32) is None


def test_nan_is_not_stored(library: Library) -> None:
    from dataclasses import replace

    track = library.add_track(Path("/a.wav"))
    with pytest.raises(ValueError, match="JSON"):
        library.save_analysis(track.id, make_overview(), replace(make_analysis("ab" * 32), valence=float("nan")))
    assert library.find_overview("ab" * 32) is None


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    file = tmp_path / "library.sqlite3"
    library = Library(file)
    track = library.add_track(Path("/a.wav"), Tags("A", "B", "C", 3.0))
    library.save_analysis(track.id, make_overview(), make_analysis("ab" * 32))
    library.set_setting("panels", {"left": [1, 2.5], "on": True, "名": None})
    library.close()
    assert not file.with_name(file.name + "-wal").exists()
    library = Library(file)
    assert library.backup is None
    assert library.tracks()[0].title == "A"
    assert library.find_analysis("ab" * 32, "fake", "1") is not None
    assert library.setting("panels") == {"left": [1, 2.5], "on": True, "名": None}
    assert library.setting("none", 7) == 7
    library.close()


def test_settings_are_read_without_sqlalchemy(library: Library, tmp_path: Path) -> None:
    library.set_setting("theme", "dark")
    library.set_setting("theme", "light")
    assert peek_settings(library.file) == {"theme": "light"}
    assert peek_settings(tmp_path / "none.sqlite3") == {}
    (tmp_path / "bad.sqlite3").write_bytes(b"no database" * 100)
    assert peek_settings(tmp_path / "bad.sqlite3") == {}


def test_an_id_is_never_used_twice(library: Library) -> None:
    track = library.add_track(Path("/a.wav"))
    with closing(sqlite3.connect(library.file)) as connection:
        connection.execute("DELETE FROM tracks")
        connection.commit()
    assert library.add_track(Path("/b.wav")).id > track.id
    with pytest.raises(KeyError):
        library.track(track.id)


def test_tags_do_not_overwrite_a_duration_that_decoding_found(library: Library) -> None:
    track = library.add_track(Path("/a.wav"), Tags("A", "", "", 11.0))
    assert track.duration_s == 11.0
    library.set_tags({track.id: Tags("A", "", "", None)})
    assert library.track(track.id).duration_s == 11.0
    library.set_tags({track.id: Tags("A", "", "", 11.5)})
    assert library.track(track.id).duration_s == 11.5
    library.save_analysis(track.id, make_overview(), make_analysis("a" * 64, duration_s=12.25))
    for duration_s in (None, 12.0):
        library.set_tags({track.id: Tags("B", "", "", duration_s)})
        assert (library.track(track.id).title, library.track(track.id).duration_s) == ("B", 12.25)


def test_tags_without_an_artist_leave_the_one_who_is_known(library: Library) -> None:
    track = library.add_track(Path("/a.wav"))
    library.name_artists({track.id: "The Band"})
    library.set_tags({track.id: Tags("A", "", "", None)})
    assert library.track(track.id).artist == "The Band"
    library.set_tags({track.id: Tags("A", "Somebody", "", None)})
    assert library.track(track.id).artist == "Somebody"


def test_unfinished_work_is_reset(library: Library) -> None:
    ids = [track.id for track in library.add_tracks([Path(f"/{i}.wav") for i in range(5)])[0]]
    library.set_status([ids[0]], "done")
    library.set_status([ids[1]], "analysing")
    library.set_status([ids[2]], "failed", "It is damaged.")
    library.remove_track(ids[4])
    assert library.reset_unfinished() == ([ids[1]], [ids[3]])
    assert [library.track(i).status for i in ids] == ["done", "waiting", "failed", "waiting", "waiting"]
    assert library.track(ids[2]).error == "It is damaged."
    assert library.reset_unfinished() == ([], [])


def test_a_status_can_be_set_on_condition(library: Library) -> None:
    a, b = (track.id for track in library.add_tracks([Path("/a.wav"), Path("/b.wav")])[0])
    library.set_status([a], "analysing")
    library.set_status([a, b], "waiting", only_if="analysing")
    assert [library.track(i).status for i in (a, b)] == ["waiting", "queued"]


def test_two_threads_write_at_once(library: Library) -> None:
    troubles: list[Exception] = []
    start = threading.Barrier(3)

    def write(name: str) -> None:
        try:
            start.wait()
            for i in range(40):
                track = library.add_track(Path(f"/{name}/{i}.wav"))
                sha = f"{name}{i:063d}"
                library.save_analysis(track.id, make_overview(2.0), make_analysis(sha, 2.0))
                assert library.find_analysis(sha, "fake", "1") is not None
        except Exception as error:
            troubles.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    start.wait()
    for _ in range(40):
        positions = [track.position for track in library.tracks()]
        assert len(positions) == len(set(positions))
    for thread in threads:
        thread.join()
    assert troubles == []
    assert len(library.tracks()) == 80
    assert len(library.summaries("fake", "1")) == 80


def test_two_programs_write_at_once(library: Library) -> None:
    other = Library(library.file)
    done = threading.Event()

    def write() -> None:
        for i in range(30):
            other.add_track(Path(f"/other/{i}.wav"))
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    for i in range(30):
        library.add_track(Path(f"/this/{i}.wav"))
    thread.join()
    other.close()
    assert done.is_set()
    assert len(library.tracks()) == 60


def test_each_thread_has_its_own_connection_and_a_dead_threads_is_closed(library: Library) -> None:
    seen = []

    def look() -> None:
        with library._database.reading() as connection:
            seen.append(connection)

    look()
    for _ in range(3):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    look()
    assert len({id(connection) for connection in seen}) == 4
    assert seen[0] is seen[-1]
    assert len(library._database._held) == 2
    assert seen[1].closed


def test_wal_and_foreign_keys_are_on(library: Library) -> None:
    with library._database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    with pytest.raises(JobError), library._database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO analyses VALUES ('nothing', 'm', '1', 'now', 'Q1', 1, 0, 0, 1, '{}', x'')"
        )


def test_a_failed_write_leaves_nothing(library: Library) -> None:
    with pytest.raises(RuntimeError), library._database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO settings VALUES ('a', '1')")
        raise RuntimeError
    assert library.setting("a") is None
    library.set_setting("a", 2)
    assert library.setting("a") == 2


def test_a_closed_library_says_so(library: Library) -> None:
    library.close()
    with pytest.raises(JobError, match="closed"):
        library.tracks()


def test_a_row_of_earlier_days_gives_its_place_away(library: Library) -> None:
    old = library.add_track(Path("/new/a.wav"))
    library.marks.add(old.id, Mark(1.0))
    library.remove_track(old.id)
    moved = library.add_track(Path("/old/a.wav"))
    library.places.move({moved.id: Path("/new/a.wav")})
    assert library.track(moved.id).path == Path("/new/a.wav")
    assert library.track(old.id).path == Path("/old/a.wav")
    assert [track.id for track in library.tracks()] == [moved.id]
    library.places.move({moved.id: Path("/new/a.wav")})  # where it is already
    library.places.move({moved.id: Path("/third/ä.wav")})
    assert library.track(moved.id).path == Path("/third/ä.wav")
    assert library.marks.of_all() == {old.id: (Mark(1.0),)}
