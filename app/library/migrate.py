"""Brings a library to this program's version, after a copy has been laid beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import inspect, text

from app.library.connections import Database
from app.library.schema import HEAD
from models.errors import JobError

#: Lies beside this file in a checkout and in a wheel; a frozen program ships it as data.
MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def version_of(database: Database) -> str | None:
    """Number of the library's version; None if it is empty."""
    with database.reading() as connection:
        names = inspect(connection).get_table_names()
        if "alembic_version" not in names:
            if names:
                raise JobError("damaged", f"{database.file} is a database, but not a library of Affekt.")
            return None
        version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return version


def back_up(file: Path, version: str) -> Path:
    """Copy a library to a name beside it that says its version and the time; return the copy."""
    now = datetime.now().astimezone().strftime("%Y-%m-%d %H%M%S")
    copy = file.with_name(f"{file.stem} of version {version} {now}{file.suffix}")
    partial = copy.with_name(copy.name + ".part")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(partial)) as target:
        source.backup(target)
    partial.replace(copy)
    return copy


def migrate(database: Database, migrations: Path = MIGRATIONS, head: str = HEAD) -> Path | None:
    """Bring a library to `head`; return the copy made before, None if none was needed.

    Raises
    ------
    JobError
        "bad_data" if the library is of a newer version than this program; it is left as it is.
    """
    version = version_of(database)
    if version == head:
        return None
    if version is not None and version > head:
        raise JobError(
            "bad_data",
            f"The library {database.file} was made by a newer version of Affekt. Update Affekt to open it.",
            f"version {version}, this program knows {head}",
        )
    copy = None if version is None else back_up(database.file, version)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, head)
    return copy
