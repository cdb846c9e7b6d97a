"""A playlist as files carry it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

#: What XSPF and JSPF call our extension; a name, no address.
EXTENSION = "urn:affekt:valence-arousal:1"
#: Namespace of XSPF version 1.
XSPF = "http://xspf.org/ns/0/"

#: Bytes that stand for themselves in an address (RFC 3986, "unreserved", and what parts folders).
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def escaped(name: bytes) -> str:
    """Return a file's name as it stands in an address."""
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in name)


def unescaped(address: str) -> bytes:
    """Return the file's name that stands in an address."""
    plain = address.encode("utf-8", "surrogateescape")
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), plain)


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
