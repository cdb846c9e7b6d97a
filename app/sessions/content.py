"""What a session file holds: plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from app.library.rows import KeptLayer, Mark, Moment

#: What a session file is called.
SUFFIX = ".affekt"
SCHEMA = "affekt.session/1"


@dataclass(frozen=True, slots=True)
class SavedTrack:
    """One recording of a session, with what a person set in it.

    Attributes
    ----------
    path : Path
        Where its file was, absolute.
    near : str
        Where it was as seen from the session file, with "/"; empty where there is no such way (another drive).
    sha256 : str
        Of the file's content; empty where it was never read.
    size_bytes : int or None
        Of the file when it was read.
    title, artist : str
        As the list named it.
    duration_s : float or None
        Seconds.
    marks, moments, layers
        As in the library; their `track_id` means nothing here.
    """

    path: Path
    near: str = ""
    sha256: str = ""
    size_bytes: int | None = None
    title: str = ""
    artist: str = ""
    duration_s: float | None = None
    marks: tuple[Mark, ...] = ()
    moments: tuple[Moment, ...] = ()
    layers: tuple[KeptLayer, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """What the window shows.

    Attributes
    ----------
    workspace : str
        Its name; empty for none in particular.
    range_s : tuple of float or None
        First and last second that the lanes show.
    playhead_s : float
        Seconds.
    pages : mapping
        What workspaces want to find again, by their names (`app.ui.workspaces.Page.kept`): JSON values.
    """

    workspace: str = ""
    range_s: tuple[float, float] | None = None
    playhead_s: float = 0.0
    pages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SavedModel:
    """The model that answered."""

    id: str = ""
    version: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class SessionContent:
    """All of a session file.

    Attributes
    ----------
    tracks : tuple of SavedTrack
        In the list's order.
    shown : int or None
        Which of them is shown.
    selection_s : tuple of float or None
        What is selected in it, in seconds.
    compared : tuple of int
        Which of them are compared, the reference first.
    along : {"music", "time"}
        What they are compared along.
    view : View
        What the window shows.
    model : SavedModel
        Which one answered.
    """

    tracks: tuple[SavedTrack, ...] = ()
    shown: int | None = None
    selection_s: tuple[float, float] | None = None
    compared: tuple[int, ...] = ()
    along: Literal["music", "time"] = "music"
    view: View = View()
    model: SavedModel = SavedModel()
