"""What the working threads say to the window: plain frozen data, applied on the GUI thread by `app.jobs.desk`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from app.document import ModelState, NoticeLevel, TrackState
from app.library.rows import KeptLayer, Label, Mark, Moment, Rater, Rating
from app.opinions import Adaptation
from app.sessions.content import SessionContent
from app.sessions.finding import Place
from app.sessions.writing import Stamp
from models.analysis import Analysis, Overview
from models.errors import ErrorKind, JobError
from models.explain.reasons import LibraryNorms
from models.structure.structure import Structure


@dataclass(frozen=True, slots=True)
class JobMessage:
    """Something one job has to say; dropped when the job is no longer its track's latest."""

    job_id: int
    track_id: int


@dataclass(frozen=True, slots=True)
class Started(JobMessage):
    """The work on this track has begun."""


@dataclass(frozen=True, slots=True)
class Progressed(JobMessage):
    """`fraction` in [0, 1] of the work is done, and `stage` is going on. Only the newest one of a job is kept."""

    fraction: float
    stage: str


@dataclass(frozen=True, slots=True)
class OverviewReady(JobMessage):
    """The recording is decoded and can be drawn."""

    overview: Overview


@dataclass(frozen=True, slots=True)
class Summary:
    """An analysis in one line: the most probable quadrant, and its probability in [0, 1].

    `unfamiliar` is what the recording sounds like where the model does not know such music, empty where it does.
    """

    quadrant: str
    probability: float
    unfamiliar: str = ""


@dataclass(frozen=True, slots=True)
class Finished(JobMessage):
    """The track is analysed and kept.

    `overview` and `analysis` are None when they were found in the library: they are read when they are shown, so that
    thousands of them are never in memory at once.
    """

    summary: Summary
    duration_s: float
    overview: Overview | None = None
    analysis: Analysis | None = None


@dataclass(frozen=True, slots=True)
class Failed(JobMessage):
    """The track could not be analysed; `message` says why, for people."""

    kind: ErrorKind
    message: str


@dataclass(frozen=True, slots=True)
class Stopped(JobMessage):
    """The work has stopped because it was cancelled."""


@dataclass(frozen=True, slots=True)
class Explained(JobMessage):
    """What a question of `app.jobs.explainer` has come to: an `Explanation` (coarse or final), or a `WhatIf`."""

    answer: Any


@dataclass(frozen=True, slots=True)
class StructureFound(JobMessage):
    """It is known how the recording is built."""

    structure: Structure


@dataclass(frozen=True, slots=True)
class ModelChanged:
    """The model that was asked for as `model` is loading, ready, or could not be loaded."""

    model: str
    state: ModelState


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell the person."""

    message: str
    level: NoticeLevel = "info"


@dataclass(frozen=True, slots=True)
class LibraryOpened:
    """The library is there, with the tracks that were open, and all marks, moments and labels it ever had.

    `unfinished` are to go on with. The `interrupted` ones are not begun unasked: the program ended in the middle of
    them, and not by being told to, or another window is at work on them.
    """

    tracks: Sequence[TrackState]
    positions: Mapping[int, int]
    unfinished: Sequence[int]
    interrupted: Sequence[int] = ()
    marks: Mapping[int, tuple[Mark, ...]] = field(default_factory=dict)
    raters: Sequence[Rater] = ()
    labels: Sequence[Label] = ()
    moments: Mapping[int, tuple[Moment, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RatingsRead:
    """Every rating that the library has; after `LibraryOpened`, whose list need not wait for so many numbers."""

    ratings: Sequence[Rating]


@dataclass(frozen=True, slots=True)
class LayersRead:
    """Every layer that the library has; after `LibraryOpened`, as the ratings."""

    layers: Sequence[KeptLayer]


@dataclass(frozen=True, slots=True)
class SessionMessage:
    """Something about the session file, for whoever keeps it (`app.session_keeping`)."""


@dataclass(frozen=True, slots=True)
class SessionRead(SessionMessage):
    """A session file was read and its recordings were looked for.

    `ids` are those of its tracks, in its order; `places` say how each was found. `tracks` are new on the list, with
    their positions.
    """

    file: Path
    stamp: Stamp
    content: SessionContent
    ids: Sequence[int]
    places: Sequence[Place]
    tracks: Sequence[TrackState]
    positions: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class SessionWritten(SessionMessage):
    """A session file (or, where `stamp` is None and there is no error, the state beside the library) was written."""

    file: Path
    number: int
    stamp: Stamp | None
    error: JobError | None = None


@dataclass(frozen=True, slots=True)
class LastTime(SessionMessage):
    """What was open when the program last ran: `crashed` if nobody closed it; `session` is how its file is by now."""

    state: Mapping[str, Any]
    crashed: bool
    file: Path | None = None
    stamp: Stamp | None = None
    session: Literal["none", "same", "changed", "gone"] = "none"


@dataclass(frozen=True, slots=True)
class Scanned:
    """Files and folders were looked through: `tracks` are new on the list, `known` were on it already."""

    tracks: Sequence[TrackState]
    positions: Mapping[int, int]
    known: Sequence[int]


@dataclass(frozen=True, slots=True)
class TagsRead:
    """Titles, artists and durations of some tracks, as keywords for `Document.change`."""

    fields: Mapping[int, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class FilesChecked:
    """Which files of the list are gone or back (keywords for `Document.change`), and which have changed."""

    fields: Mapping[int, Mapping[str, object]]
    changed: Sequence[int]


@dataclass(frozen=True, slots=True)
class FoundInLibrary:
    """These tracks' contents have been analysed before by this model."""

    model: str
    summaries: Mapping[int, Summary]


@dataclass(frozen=True, slots=True)
class ModelSwitched:
    """What the library has of each open track by a newly chosen model."""

    model: str
    summaries: Mapping[int, Summary]


@dataclass(frozen=True, slots=True)
class ResultsLoaded:
    """What the library has of one track by this model; None where it has nothing."""

    track_id: int
    model: str
    overview: Overview | None
    analysis: Analysis | None


@dataclass(frozen=True, slots=True)
class Advised:
    """What to label next: tracks in order with the reason of each (`models.training.next_clips.Reason`)."""

    number: int
    reasons: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class NormsRead:
    """What is usual in the library; None where it has too few tracks."""

    number: int
    norms: LibraryNorms | None


@dataclass(frozen=True, slots=True)
class ChildSaid:
    """What a child process has come to (`app.jobs.training`); dropped when another has followed it."""

    job_id: int
    state: object


@dataclass(frozen=True, slots=True)
class Learning:
    """The personal model is about to learn from a correction of this track."""

    track_id: int


@dataclass(frozen=True, slots=True)
class Adapted:
    """The personal model has learned: `model` answers now, in this version; so does it this track, if it was heard."""

    track_id: int
    model: str
    version: str
    adaptation: Adaptation
    analysis: Analysis | None


@dataclass(frozen=True, slots=True)
class NotLearned:
    """The label of a correction is kept, but nothing was learned from it; `message` says why, for people."""

    track_id: int
    label_id: str
    message: str


@dataclass(frozen=True, slots=True)
class Unlearned:
    """A lesson was taken back; the version is empty where nothing is left of the personal model."""

    track_id: int
    model: str
    version: str
    analysis: Analysis | None = None


Message = (
    JobMessage
    | ModelChanged
    | Notice
    | LibraryOpened
    | RatingsRead
    | LayersRead
    | SessionMessage
    | Scanned
    | TagsRead
    | FilesChecked
    | FoundInLibrary
    | ModelSwitched
    | ResultsLoaded
    | Learning
    | Adapted
    | NotLearned
    | Unlearned
    | Advised
    | NormsRead
    | ChildSaid
)
#: Hands a message to the GUI thread; callable from any thread, never blocks.
Post = Callable[[Message], None]
