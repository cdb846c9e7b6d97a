"""Where the files of the list lie, when a person says that they lie elsewhere now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import select

from app.library.connections import Part
from app.library.schema import tracks

#: A path that no file has, for the moment in which two rows change places.
_NOWHERE = Path("\0")


class Places(Part):
    """Paths of the tracks; may be called from any thread."""

    def of_content(self, sha256: str) -> list[Path]:
        """Return the files that held this content when they were last read, also of tracks that are off the list."""
        query = select(tracks.c.path).where(tracks.c.sha256 == sha256).order_by(tracks.c.missing, tracks.c.id)
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def move(self, paths: Mapping[int, Path]) -> None:
        """Say where some tracks' files lie now. A row of earlier days at that path takes the old one in exchange."""
        with self._database.writing() as connection:
            for track_id, path in paths.items():
                other = connection.execute(select(tracks.c.id).where(tracks.c.path == path)).scalar()
                if other == track_id:
                    continue
                mine = connection.execute(select(tracks.c.path).where(tracks.c.id == track_id)).scalar_one()
                steps = [(track_id, path)] if other is None else [(other, _NOWHERE), (track_id, path), (other, mine)]
                for row, place in steps:
                    connection.execute(tracks.update().where(tracks.c.id == row).values(path=place, missing=False))
