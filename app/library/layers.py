"""The layers that a person laid over recordings, from files of other programs."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.sql import Select

from app.library import blobs
from app.library.connections import Part, keep
from app.library.rows import KeptLayer
from app.library.schema import layers


class Layers(Part):
    """The layers of all tracks, also of those that are off the list; every method may be called from any thread."""

    def of_all(self) -> list[KeptLayer]:
        """Return every layer, by track and place; what is damaged is left out, and left where it is."""
        return self._read(select(layers).order_by(layers.c.track_id, layers.c.position, layers.c.id))

    def of_track(self, track_id: int) -> list[KeptLayer]:
        """Return one track's layers, by place."""
        return self._read(select(layers).where(layers.c.track_id == track_id).order_by(layers.c.position, layers.c.id))

    def _read(self, query: Select[tuple[object, ...]]) -> list[KeptLayer]:
        found: list[KeptLayer] = []
        with self._database.reading() as connection:
            for row in connection.execute(query):
                layer = blobs.unpack_layer(row.facts, row.arrays)
                if layer is not None:
                    found.append(KeptLayer(row.id, row.track_id, row.position, layer))
        return found

    def put(self, kept: KeptLayer) -> None:
        """Keep a layer; it takes the place of one with the same id."""
        facts, arrays = blobs.pack(kept.layer)
        values = {
            "track_id": kept.track_id,
            "name": kept.layer.name,
            "position": kept.position,
            "facts": facts,
            "arrays": arrays,
        }
        with self._database.writing() as connection:
            keep(connection, layers, {"id": kept.id}, values)

    def remove(self, layer_id: str) -> None:
        """Forget a layer, if it is there."""
        with self._database.writing() as connection:
            connection.execute(layers.delete().where(layers.c.id == layer_id))
