"""Tags and descriptors of labelled clips, computed once and kept."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.audio.decode import decode
from models.audio.descriptors.table import SUMMARY_NAMES
from models.audio.heard import HEARING, hear
from models.data.labelled import LabelledClip
from models.errors import JobError
from models.jobs import Decoder
from models.live.corrections import HeardMusic
from models.training.features import stat_of


@dataclass(frozen=True)
class HeardClip:
    """What was heard of one clip: `steps` [shape=(t, f)] and `summary` [shape=(s,)], see `models.audio.heard`."""

    steps: NDArray[np.float32]
    summary: NDArray[np.float32]


def kept_file(path: Path, cache: Path) -> Path:
    """Where features of a clip are kept: another file, size or time, or another way of hearing, another place."""
    stat = stat_of(path)
    said = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}|{HEARING}|{','.join(SUMMARY_NAMES)}"
    return cache / f"{hashlib.sha256(said.encode()).hexdigest()[:32]}.heard.npz"


def find_heard(path: Path, cache: Path) -> HeardClip | None:
    """What was heard of a recording before, if it was kept and can be read.

    Raises
    ------
    JobError
        "not_found" when the recording is not there.
    """
    file = kept_file(path, cache)
    if not file.is_file():
        return None
    try:
        with np.load(file, allow_pickle=False) as kept:
            return HeardClip(kept["steps"], kept["summary"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def keep_heard(path: Path, cache: Path, heard: HeardMusic) -> None:
    """Keep what was heard of a recording.

    Raises
    ------
    JobError
        "not_found" when the recording is not there.
    OSError
        When it cannot be written.
    """
    cache.mkdir(parents=True, exist_ok=True)
    file = kept_file(path, cache)
    part = file.with_suffix(".part")
    with part.open("wb") as stream:
        np.savez(stream, steps=heard.steps, summary=heard.summary)
    part.replace(file)


def load_heard(
    clips: Sequence[LabelledClip],
    cache: Path,
    failed: dict[int, JobError] | None = None,
    known: Path | None = None,
    fallback: Decoder | None = None,
) -> Iterator[int | list[HeardClip]]:
    """Tags and descriptors of whole clips, yielded last; before it, how many are done.

    Parameters
    ----------
    clips : sequence of LabelledClip
        What to decode.
    cache : Path
        Folder that keeps the result per file.
    failed : dict of int to JobError, optional
        Is given which clips cannot be read, and why; they are then missing in the list. Without it that is raised.
    known : Path, optional
        Folder of another that may have heard some of them; it is only read.
    fallback : Decoder, optional
        For what soundfile cannot read.
    """
    cache.mkdir(parents=True, exist_ok=True)
    out = []
    for i, clip in enumerate(clips):
        try:
            out.append(_heard(clip.path, cache, known, fallback))
        except JobError as error:
            if failed is None:
                raise
            failed[i] = error
        yield i + 1
    yield out


def _heard(path: Path, cache: Path, known: Path | None, fallback: Decoder | None) -> HeardClip:
    for folder in (cache, known):
        before = None if folder is None else find_heard(path, folder)
        if before is not None:
            return before
    now = hear(decode(path, fallback))
    keep_heard(path, cache, now)
    return HeardClip(now.steps, now.summary)
