"""What the library answers with: plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.data.traces import Trace, trace_of_samples
from models.layers import Layer

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

#: Where a label comes from: a labelling session, a correction of the model's answer, or a file.
Origin = Literal["label", "correction", "import"]
#: What was rated while the music played.
Dimension = Literal["valence", "arousal", "both"]


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
class Moment:
    """A climax as a person set, named or moved it, or one that was found and that they took away.

    It stands in the place of every found climax whose peak lies in it, whichever model found that.

    Attributes
    ----------
    id : str
        Never given to another moment.
    track_id : int
        Of the recording.
    start_s, peak_s, end_s : float
        Approach from `start_s` to `peak_s`, abatement until `end_s`; in this order.
    label, note : str
        What it is called, and what there is to say of it; may be empty.
    hidden : bool
        Whether what was found there is no climax to this person.
    """

    id: str
    track_id: int
    start_s: float
    peak_s: float
    end_s: float
    label: str = ""
    note: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class KeptLayer:
    """A layer that a person laid over a recording.

    Attributes
    ----------
    id : str
        Never given to another layer.
    track_id : int
        Of the recording.
    position : int
        The layers of a recording stand by it (gaps allowed).
    layer : Layer
        What it is.
    """

    id: str
    track_id: int
    position: int
    layer: Layer


@dataclass(frozen=True, slots=True)
class LineSummary:
    """An analysis in one line: the most probable quadrant, its probability, and the length in seconds.

    `unfamiliar` is what the recording sounds like where the model does not know such music, empty where it does.
    """

    quadrant: str
    probability: float
    duration_s: float
    unfamiliar: str = ""


@dataclass(frozen=True, slots=True)
class Rater:
    """A person who labels, by the name they gave.

    Attributes
    ----------
    id : str
        Never given to another rater.
    name : str
        No two raters have the same.
    """

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Label:
    """What one rater says about a recording, or about a passage of it.

    Attributes
    ----------
    id : str
        Never given to another label.
    track_id : int
        The recording.
    rater_id : str
        Who says it.
    start_s, end_s : float or None
        The passage in seconds; both None for the whole recording.
    quadrant : str or None
        "Q1".."Q4"; None where a point was given or nothing could be said.
    valence, arousal : float or None
        A point, [-1, 1] each; both None where a quadrant was given or nothing could be said.
    cant_say : bool
        The rater listened and could not tell; then there is neither quadrant nor point.
    origin : str
        "label", "correction" or "import".
    blind : bool
        Whether the model's answer and other raters' were hidden.
    warm_up : bool
        Given to get used to the task; it counts for nothing.
    made : str
        When, ISO 8601, UTC.
    seconds : float or None
        How long the rater took.
    """

    id: str
    track_id: int
    rater_id: str
    start_s: float | None = None
    end_s: float | None = None
    quadrant: str | None = None
    valence: float | None = None
    arousal: float | None = None
    cant_say: bool = False
    origin: Origin = "label"
    blind: bool = False
    warm_up: bool = False
    made: str = ""
    seconds: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it speaks of the whole recording."""
        return self.start_s is None

    @property
    def place(self) -> tuple[int, str, float | None, float | None, bool]:
        """What it is about and whose it is: of two labels of one place the newer one stands.

        What was said to warm up never takes the place of what was meant.
        """
        return self.track_id, self.rater_id, self.start_s, self.end_s, self.warm_up


@dataclass(frozen=True, slots=True, eq=False)
class Rating:
    """What one rater said, moment by moment, while a recording played.

    Attributes
    ----------
    id : str
        Never given to another rating.
    track_id : int
        The recording.
    rater_id : str
        Who rated.
    dimension : str
        "valence", "arousal" or "both".
    made : str
        When, ISO 8601, UTC.
    times_s : np.ndarray [shape=(n,), dtype=float32]
        Seconds from the start of the recording, rising, about 20 per second; gaps are possible.
    valence, arousal : np.ndarray [shape=(n,), dtype=float32] or None
        [-1, 1], as it was given, raw; None for a dimension that was not rated.
    chills : tuple of float
        Seconds of the instants that the rater marked as a chill.
    """

    id: str
    track_id: int
    rater_id: str
    dimension: Dimension
    made: str
    times_s: NDArray[np.float32]
    valence: NDArray[np.float32] | None = None
    arousal: NDArray[np.float32] | None = None
    chills: tuple[float, ...] = ()

    def at_2_hz(self) -> Trace:
        """Return the rating as means of half seconds, which is what labelled folders and other programs take."""
        return trace_of_samples(self.times_s, self.valence, self.arousal)


def track_of(row: Row[Any]) -> Track:
    """Take a track from its row of the library."""
    content = None
    if row.sha256 is not None and row.size_bytes is not None and row.modified_ns is not None:
        content = Content(row.sha256, row.size_bytes, row.modified_ns)
    return Track(
        id=row.id,
        path=row.path,
        sha256=row.sha256,
        title=row.title,
        artist=row.artist,
        album=row.album,
        duration_s=row.duration_s,
        added=datetime.fromisoformat(row.added),
        missing=row.missing,
        position=row.position,
        status=row.status,
        error=row.error,
        content=content,
    )


@dataclass(frozen=True)
class Song:
    """A track of the list with what a model found in it, in a few numbers.

    Attributes
    ----------
    id : int
        Of the track.
    path : Path
        Of the file.
    title, artist, album : str
        From the tags; the title is the file's name where there is none.
    missing : bool
        Whether the file was not there.
    duration_s : float
        Seconds.
    quadrant, probability : str, float
        The most probable quadrant "Q1".."Q4", [0, 1].
    valence, arousal : float
        Of the whole, [-1, 1].
    course : np.ndarray [shape=(5, 2), dtype=float32]
        See `models.inference.course.Sketch`.
    tempo_bpm, level_db : float or None
        See there.
    """

    id: int
    path: Path
    title: str
    artist: str
    album: str
    missing: bool
    duration_s: float
    quadrant: str
    probability: float
    valence: float
    arousal: float
    course: NDArray[np.float32]
    tempo_bpm: float | None
    level_db: float | None
