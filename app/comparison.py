"""Which recordings are compared, and along what: a part of the document (`app.document`). Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from psygnal import Signal

from models.inference.compared import MOST_RECORDINGS

#: The axis that recordings share: the reference's own time through the music, or seconds from their beginnings.
Along = Literal["music", "time"]


class Comparison:
    """What is compared; the first recording is the reference.

    Signals
    -------
    compared_changed()
        `compared` or `along` is new.
    """

    compared_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._compared: tuple[int, ...] = ()
        self._along: Along = "music"

    @property
    def compared(self) -> tuple[int, ...]:
        """Ids of the tracks that are compared, at most six, the reference first; some may be off the list."""
        return self._compared

    @property
    def along(self) -> Along:
        """What puts the recordings on one axis."""
        return self._along

    # What commands change

    def set_compared(self, track_ids: Iterable[int]) -> None:
        """Compare these tracks, the reference first; what is beyond the sixth is left out."""
        ids = tuple(dict.fromkeys(track_ids))[:MOST_RECORDINGS]
        if ids != self._compared:
            self._compared = ids
            self.compared_changed.emit()

    def set_along(self, along: Along) -> None:
        """Put the recordings on one axis by their music, or by time."""
        if along != self._along:
            self._along = along
            self.compared_changed.emit()
