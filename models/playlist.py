"""A playlist as files carry it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: What XSPF and JSPF call our extension; a name, no address.
EXTENSION = "urn:affekt:valence-arousal:1"
#: Namespace of XSPF version 1.
XSPF = "http://xspf.org/ns/0/"


@dataclass(frozen=True)
class Entry:
    """One track of a playlist.

    Attributes
    ----------
    path : Path
        Where it lies; need not be there.
    title, artist : str
        May be empty.
    duration_s : float or None
        Seconds.
    valence, arousal : float or None
        Of the whole track, [-1, 1], an estimate.
    """

    path: Path
    title: str = ""
    artist: str = ""
    duration_s: float | None = None
    valence: float | None = None
    arousal: float | None = None
