"""What is known of whole recordings, to compare them with each other: little enough to hold of every track."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from app.library.blobs import UNREADABLE, pick_arrays
from app.library.connections import Part
from app.library.schema import analyses, tracks


class Portrait(NamedTuple):
    """A recording as a model heard it.

    Attributes
    ----------
    heard : np.ndarray [shape=(s,), dtype=float32]
        See `models.analysis.Analysis.heard`.
    probabilities : np.ndarray [shape=(4,), dtype=float32]
        Of the quadrants.
    """

    heard: NDArray[np.float32]
    probabilities: NDArray[np.float32]


class Portraits(Part):
    """Portraits of tracks that were analysed; from any thread."""

    def analysed_at(self, sha256: str, model_id: str, model_version: str) -> str | None:
        """Return when this version of a model analysed this content (ISO 8601, UTC); None where it did not."""
        query = select(analyses.c.made).where(
            analyses.c.sha256 == sha256, analyses.c.model_id == model_id, analyses.c.model_version == model_version
        )
        with self._database.reading() as connection:
            made: str | None = connection.execute(query).scalar()
        return made

    def of(self, track_ids: Sequence[int], model_id: str, model_version: str | None) -> dict[int, Portrait]:
        """Return those of some tracks (at most 500) by a model, by track.

        Tracks without a result, with a damaged one, or with one of an earlier version that kept no portrait are left
        out. A model's version of None stands for the newest result by any.
        """
        by_version = [] if model_version is None else [analyses.c.model_version == model_version]
        query = (
            select(tracks.c.id, analyses.c.arrays)
            .join(analyses, analyses.c.sha256 == tracks.c.sha256)
            .where(tracks.c.id.in_(track_ids), analyses.c.model_id == model_id, *by_version)
            .order_by(analyses.c.made)
        )
        found: dict[int, Portrait] = {}
        with self._database.reading() as connection:
            for track_id, arrays in connection.execute(query):
                try:
                    picked = pick_arrays(arrays, ("heard", "probabilities"))
                    found[track_id] = Portrait(picked["heard"], picked["probabilities"])
                except UNREADABLE:
                    continue
        return found
