"""What a survey of labelled folders found, before it is judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from models.data.copies import Duplicate
from models.data.labelled import LabelledClip
from models.errors import JobError


@dataclass
class Found:
    """What was found, before it is judged.

    Attributes
    ----------
    folders : list of Path
        That were looked at.
    clips : list of LabelledClip
        Rows and files with a label that can be read.
    usable : list of LabelledClip
        Those that can be trained on: their recording can be read, and is no copy of another's.
    bad : list of JobError
        Rows, subfolders and whole folders that cannot be read.
    unreadable : list of tuple
        Recordings that cannot be read, and why.
    duplicates : list of Duplicate
        Copies.
    duration_s : dict of Path to float
        Of the recordings that can be read.
    numbers : dict of str to list of float
        Valence and arousal as they stand, by folder.
    """

    folders: list[Path]
    clips: list[LabelledClip] = field(default_factory=list)
    usable: list[LabelledClip] = field(default_factory=list)
    bad: list[JobError] = field(default_factory=list)
    unreadable: list[tuple[LabelledClip, JobError]] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    duration_s: dict[Path, float] = field(default_factory=dict)
    numbers: dict[str, list[float]] = field(default_factory=dict)
