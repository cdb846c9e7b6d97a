from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.library import Library, open_library
from app.library.connections import Database
from app.library.trouble import explain
from app.paths import home
from models.errors import JobError
from tests.app.fakes import make_analysis, make_overview


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a library with something in it."""
    file = tmp_path / "library.sqlite3"
    library = Library(file)
    for i in range(200):
        library.add_track(Path(f"/music/{i}.wav"))
    library.close()
    return file


def close_temporary(library: Library, file: Path) -> None:
    assert library.file != file
    assert library.file.exists()
    library.close()
    assert not library.file.parent.exists()


def test_something_else_in_its_place_is_kept_aside(tmp_path: Path) -> None:
    file = tmp_path / "library.sqlite3"
    file.write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(JobError) as caught:
        Library(file)
    assert caught.value.kind == "damaged"
    library, notices = open_library(file)
    assert library.file == file
    assert library.tracks() == []
    library.add_track(Path("/a.wav"))
    library.close()
    aside = [path for path in tmp_path.iterdir() if "damaged" in path.name]
    assert len(aside) == 1
    assert aside[0].read_bytes() == b"Dear diary, " * 1000
    assert aside[0].name in notices[0]
    assert str(file) in notices[0]


def test_another_programs_database_is_kept_aside(tmp_path: Path) -> None:
    file = tmp_path / "library.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE cookies (a)")
        connection.commit()
    library, notices = open_library(file)
    library.close()
    assert "not a library" in notices[0]
    assert len([path for path in tmp_path.iterdir() if "damaged" in path.name]) == 1


def test_a_library_with_torn_pages_is_kept_aside_whole(file: Path) -> None:
    torn = bytearray(file.read_bytes())
    for page in range(1, len(torn) // 4096):
        torn[page * 4096 : page * 4096 + 200] = os.urandom(200)
    file.write_bytes(torn)
    library, notices = open_library(file)
    library.close()
    assert library.file == file
    assert "damaged" in notices[0]
    aside = [path for path in file.parent.iterdir() if "damaged" in path.name]
    assert aside[0].read_bytes() == bytes(torn)


def test_a_list_that_cannot_be_read_counts_as_damaged(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'tracks'").fetchone()[0]
    torn = bytearray(file.read_bytes())
    torn[(page - 1) * 4096 : page * 4096] = os.urandom(4096)
    file.write_bytes(torn)
    library = Library(file)  # nothing is amiss on the pages that opening looks at
    library.close()
    library, notices = open_library(file)
    assert "damaged" in notices[0]
    assert library.file == file
    assert library.tracks() == []
    library.close()


def test_two_damaged_ones_do_not_overwrite_each_other(tmp_path: Path) -> None:
    file = tmp_path / "library.sqlite3"
    for text in (b"first " * 500, b"second " * 500):
        for beside in ("", "-wal", "-shm"):
            file.with_name(file.name + beside).unlink(missing_ok=True)
        file.write_bytes(text)
        open_library(file)[0].close()
    kept = sorted(path.read_bytes()[:5] for path in tmp_path.iterdir() if "damaged" in path.name)
    assert kept == [b"first", b"secon"]


def test_an_empty_file_becomes_a_library(tmp_path: Path) -> None:
    file = tmp_path / "library.sqlite3"
    file.touch()
    library, notices = open_library(file)
    assert notices == []
    assert library.tracks() == []
    library.close()


def test_a_locked_library_is_left_alone(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(JobError, match="in use by another program") as caught:
            Library(file, busy_s=0.05)
        assert caught.value.kind == "unreadable"
        library, notices = open_library(file, busy_s=0.05)
        assert "will not be kept" in notices[0]
        library.add_track(Path("/a.wav"))
        close_temporary(library, file)
    library = Library(file)
    assert len(library.tracks()) == 200
    library.close()


def test_a_lock_that_goes_away_is_waited_for(file: Path) -> None:
    import threading

    library = Library(file, busy_s=10.0)
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.2, other.rollback)
    timer.start()
    library.add_track(Path("/a.wav"))
    timer.join()
    other.close()
    library.close()


def test_a_library_that_cannot_be_written_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may write anywhere, so SQLite itself is told to open it for reading only.
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda name, **kwargs: connect(f"{Path(name).as_uri()}?mode=ro", uri=True, **kwargs)
    )
    with pytest.raises(JobError, match="cannot be written to") as caught:
        Library(file)
    assert caught.value.kind == "unreadable"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_file_is_left_alone(file: Path) -> None:
    file.chmod(0o444)
    library, notices = open_library(file)
    assert "cannot be written to" in notices[0]
    close_temporary(library, file)


def test_a_folder_in_its_place_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "library.sqlite3"
    file.mkdir()
    library, notices = open_library(file)
    assert "cannot be opened" in notices[0]
    close_temporary(library, file)
    assert file.is_dir()


def test_a_full_disk_says_so_and_keeps_what_was_there(file: Path) -> None:
    library = Library(file)
    track = library.tracks()[0]
    with library._database.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(JobError, match="no room left") as caught:
        library.save_analysis(track.id, make_overview(600.0), make_analysis("ab" * 32, 600.0))
    assert caught.value.kind == "no_space"
    assert library.find_overview("ab" * 32) is None
    assert len(library.tracks()) == 200
    library.set_setting("theme", "dark")
    library.close()


def test_an_unknown_trouble_is_a_fault_of_the_program(tmp_path: Path) -> None:
    database = Database(tmp_path / "library.sqlite3")
    with pytest.raises(JobError) as caught, database.reading() as connection:
        connection.exec_driver_sql("SELECT * FROM nothing")
    database.close()
    assert caught.value.kind == "internal"
    assert "nothing" in caught.value.detail
    assert explain(OSError("gone"), tmp_path).kind == "internal"


def test_no_home_is_no_reason_not_to_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("AFFEKT_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(JobError, match="AFFEKT_HOME"):
        home()
    library, notices = open_library()
    assert "will not be kept" in notices[0]
    close_temporary(library, tmp_path)
