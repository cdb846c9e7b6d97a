from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect

from app.library import KeptLayer, Label, Library, Mark, Moment, Rater, open_library
from app.library.connections import Database
from app.library.migrate import MIGRATIONS, migrate, version_of
from app.library.schema import HEAD, metadata
from models.errors import JobError
from tests.app.fakes import (
    make_analysis,
    make_explanation,
    make_layer,
    make_overview,
    make_rating,
    make_structure,
    same,
)

DATA = Path(__file__).parent / "data"
EARLIER = sorted(DATA.glob("library_v*.sql"))

#: A version that is not there yet.
NEXT = f"{int(HEAD) + 1:04d}"
RATING = f"""
import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{HEAD}"


def upgrade():
    op.add_column("tracks", sa.Column("rating", sa.Integer))
    op.execute("UPDATE tracks SET rating = 5")
    {{more}}
"""


def library_of(sql: Path, file: Path) -> Path:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(sql.read_text(encoding="utf-8"))
    return file


@pytest.fixture
def next_version(tmp_path: Path):
    """Make a copy of the migrations with one more."""

    def make(more: str = "") -> Path:
        folder = tmp_path / "with 100% more" / "migrations"
        shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / f"v{NEXT}_rating.py").write_text(RATING.format(more=more))
        return folder

    return make


def test_there_is_a_library_of_every_version() -> None:
    assert [sql.stem for sql in EARLIER] == [f"library_v{n}" for n in range(1, int(HEAD) + 1)]


@pytest.mark.parametrize("sql", EARLIER, ids=lambda sql: sql.stem)
def test_libraries_of_all_versions_open(sql: Path, tmp_path: Path) -> None:
    file = library_of(sql, tmp_path / "library.sqlite3")
    library, notices = open_library(file)
    done, failed, missing = library.tracks()
    assert (done.title, done.artist, done.path) == ("Moonlight", "Hua", Path("/music/月光.flac"))
    assert (failed.status, failed.error) == ("failed", "“broken.mp3” is damaged.")
    assert missing.missing
    found = library.find_analysis("ab" * 32, "fake", "1")
    assert found is not None
    assert same(found[0], make_overview(1.0, seed=1))
    assert same(found[1], make_analysis("ab" * 32, 1.0, seed=1))
    assert library.setting("theme") == "dark"
    if sql.stem == "library_v1":  # had none yet, and takes them now
        assert library.marks.of_all() == {}
        library.marks.add(done.id, Mark(0.25, "Theme"))
        library.marks.add(done.id, Mark(0.75))
    assert library.marks.of_all() == {done.id: (Mark(0.25, "Theme"), Mark(0.75))}
    whole = Label("l1", done.id, "r1", quadrant="Q4", blind=True, made="2026-11-20T12:00:00+00:00")
    passage = Label("l2", done.id, "r1", 0.25, 0.75, valence=-0.5, arousal=0.125, origin="correction")
    if sql.stem in ("library_v1", "library_v2"):
        assert (library.labels.raters(), library.labels.of_all(), library.ratings.of_all()) == ([], [], [])
        library.labels.add_rater(Rater("r1", "Anna"))
        library.labels.put(whole)
        library.labels.put(passage)
        library.ratings.put(make_rating(done.id, "r1"))
    assert library.labels.raters() == [Rater("r1", "Anna")]
    assert library.labels.of_all() == [passage, whole]
    (rating,) = library.ratings.of_all()
    assert same(rating, make_rating(done.id, "r1"))
    approach = Moment("m1", done.id, 0.25, 0.5, 0.75, "Höhepunkt 高潮", "Both hands.")
    hidden = Moment("m2", done.id, 0.8, 0.85, 0.9, hidden=True)
    if sql.stem < "library_v4":
        assert (library.moments.of_all(), library.layers.of_all()) == ({}, [])
        assert library.structures.get("ab" * 32, "1") is None
        library.moments.put(approach)
        library.moments.put(hidden)
        library.layers.put(KeptLayer("y1", done.id, 0, make_layer()))
        library.structures.put(make_structure("ab" * 32), "1")
        library.explanations.put("ab" * 32, make_explanation())
        library.explanations.put("ab" * 32, make_explanation("Q3"), 0.25, 0.75)
    assert library.moments.of_all() == {done.id: (approach, hidden)}
    (kept,) = library.layers.of_track(done.id)
    assert same(kept, KeptLayer("y1", done.id, 0, make_layer()))
    assert same(library.structures.get("ab" * 32, "1"), make_structure("ab" * 32))
    whole_of = library.explanations.get("ab" * 32, "fake", "1", "arousal", "occlusion")
    assert same(whole_of, make_explanation())
    stretch_of = library.explanations.get("ab" * 32, "fake", "1", "Q3", "occlusion", 0.25, 0.75)
    assert same(stretch_of, make_explanation("Q3"))
    library.restore_track(4)
    assert library.tracks()[-1].path == Path("/music/gone.wav")
    assert bool(notices) == (library.backup is not None) == (sql.stem != f"library_v{int(HEAD)}")
    library.close()


def test_head_is_what_the_migrations_end_in() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_the_migrations_make_the_tables_that_the_program_uses(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    library = Library(tmp_path / "library.sqlite3")
    with library._database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
    library.close()


def test_a_copy_is_made_before_a_migration(tmp_path: Path, next_version) -> None:
    file = library_of(EARLIER[0], tmp_path / "library.sqlite3")
    database = Database(file)
    copy = migrate(database, next_version(), NEXT)
    assert copy is not None
    assert version_of(database) == NEXT
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT DISTINCT rating FROM tracks").all() == [(5,)]
    database.close()
    assert "of version 0001" in copy.name
    assert not list(tmp_path.glob("*.part"))
    before = Library(copy)
    assert len(before.tracks()) == 3
    before.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, next_version) -> None:
    file = library_of(EARLIER[0], tmp_path / "library.sqlite3")
    database = Database(file)
    with pytest.raises(JobError):
        migrate(database, next_version("op.execute('UPDATE nothing SET x = 1')"), NEXT)
    assert version_of(database) == "0001"
    with database.reading() as connection:
        assert "rating" not in {column["name"] for column in inspect(connection).get_columns("tracks")}
    database.close()
    library = Library(file)
    assert len(library.tracks()) == 3
    library.close()


def test_a_library_of_a_newer_program_is_left_alone(tmp_path: Path, next_version) -> None:
    file = library_of(EARLIER[0], tmp_path / "library.sqlite3")
    database = Database(file)
    migrate(database, next_version(), NEXT)
    database.close()
    with pytest.raises(JobError, match="newer version") as caught:
        Library(file)
    assert caught.value.kind == "bad_data"
    library, notices = open_library(file)
    assert library.file != file
    assert "newer version" in notices[0]
    library.close()
    database = Database(file)
    assert version_of(database) == NEXT
    database.close()
