"""What the library answers with: plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Content:
    """A file's content, and the marks by which a change is noticed without reading it again."""

    sha256: str
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Track:
    """One file on the list.

    Attributes
    ----------
    id : int
        Never given to another track, also after removal.
    path : Path
        Where the file was when last seen.
    sha256 : str or None
        Of its content; None until it has been read.
    title, artist, album : str
        From the tags; the title falls back to the file's stem.
    duration_s : float or None
        Seconds; None while unknown.
    added : datetime
        When it came to the list, UTC.
    missing : bool
        Whether the file was not there when last looked for.
    position : int
        Its place in the list's order (gaps allowed).
    status : str
        "waiting", "queued", "analysing", "done" or "failed", as the last session left it.
    error : str
        Why it failed.
    content : Content or None
        Hash, size and time of change as they were when the hash was taken.
    """

    id: int
    path: Path
    sha256: str | None
    title: str
    artist: str
    album: str
    duration_s: float | None
    added: datetime
    missing: bool
    position: int
    status: str
    error: str
    content: Content | None


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """An instant of a recording that a person marked.

    Attributes
    ----------
    time_s : float
        Seconds from the start; one mark per instant of a recording.
    label : str
        What it is called; may be empty.
    """

    time_s: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class LineSummary:
    """An analysis in one line: the most probable quadrant, its probability, and the length in seconds.

    `unfamiliar` is what the recording sounds like where the model does not know such music, empty where it does.
    """

    quadrant: str
    probability: float
    duration_s: float
    unfamiliar: str = ""
