"""Laying something over a recording that comes from a file, and taking it away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.document import Document
from app.library.rows import KeptLayer


class Shelf(Protocol):
    """Where layers are kept; both answer at once and write elsewhere."""

    def keep_layer(self, kept: KeptLayer) -> None:
        """Keep a layer."""
        ...

    def drop_layer(self, kept: KeptLayer) -> None:
        """Keep it no longer."""
        ...


class _Laying:
    """Layers that come or go."""

    def __init__(self, document: Document, shelf: Shelf, layers: Sequence[KeptLayer]) -> None:
        self._document = document
        self._shelf = shelf
        self._layers = tuple(layers)

    def _what(self) -> str:
        names = [f"“{kept.layer.name}”" for kept in self._layers]
        return names[0] if len(names) == 1 else f"{len(names)} layers"

    def _lay(self) -> None:
        self._document.put_layers(self._layers)
        for kept in self._layers:
            self._shelf.keep_layer(kept)

    def _lift(self) -> None:
        gone = {kept.id for kept in self._layers}
        for track_id in {kept.track_id for kept in self._layers}:
            self._document.set_layers(track_id, (k for k in self._document.layers(track_id) if k.id not in gone))
        for kept in self._layers:
            self._shelf.drop_layer(kept)


class AddLayers(_Laying):
    """A person lays layers over a track."""

    @property
    def text(self) -> str:
        """What it did, in words."""
        return f"Added {self._what()}"

    def do(self) -> None:
        """Lay them over it."""
        self._lay()

    def undo(self) -> None:
        """Take them away."""
        self._lift()


class RemoveLayers(_Laying):
    """A person takes layers away."""

    @property
    def text(self) -> str:
        """What it did, in words."""
        return f"Removed {self._what()}"

    def do(self) -> None:
        """Take them away."""
        self._lift()

    def undo(self) -> None:
        """Lay them over it again, where they were."""
        self._lay()
