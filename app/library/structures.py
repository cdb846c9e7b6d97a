"""How recordings are built, by their content: kept, because looking for it takes a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.library import blobs
from app.library.connections import Part, keep
from app.library.schema import structures

if TYPE_CHECKING:
    from models.structure.structure import Structure


class Structures(Part):
    """The structures of all contents; every method may be called from any thread."""

    def get(self, sha256: str, version: str) -> Structure | None:
        """Return what this version found in this content; None if the library has nothing readable."""
        query = select(structures.c.facts, structures.c.arrays).where(
            structures.c.sha256 == sha256, structures.c.version == version
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else blobs.unpack_structure(row.facts, row.arrays)

    def put(self, structure: Structure, version: str) -> None:
        """Keep a structure; it takes the place of what any version found in this content."""
        facts, arrays = blobs.pack(structure)
        values = {"version": version, "facts": facts, "arrays": arrays}
        with self._database.writing() as connection:
            keep(connection, structures, {"sha256": structure.sha256}, values)
