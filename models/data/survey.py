"""Look at labelled folders before training: what is there, what is wrong, and the cure of each problem."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.analysis import QUADRANTS
from models.audio.decode import open_audio
from models.audio.files import sha256_of
from models.audio.log_mel import SAMPLE_RATE_HZ
from models.data.copies import duplicates, without
from models.data.labelled import LabelledClip, is_group_of_its_own, read_labelled_folders
from models.data.survey_found import Found
from models.data.survey_problems import judge
from models.data.tables import read_table
from models.errors import JobError
from models.jobs import Decoder

SCHEMA = "affekt.survey/1"


@dataclass(frozen=True)
class Surveyed:
    """How many recordings were looked at, of all."""

    clips: int
    of: int


def survey(folders: Sequence[Path], fallback: Decoder | None = None) -> Iterator[Surveyed | dict[str, Any]]:
    """Look at labelled folders; nothing that is wrong with them stops it.

    Parameters
    ----------
    folders : sequence of Path
        See `models.data.labelled.read_labelled_folder`.
    fallback : Decoder, optional
        For what soundfile cannot read.

    Yields
    ------
    Surveyed or dict
        The number of recordings that were looked at, and last the survey, schema "affekt.survey/1" (docs/train.md).
    """
    found = Found([folder.resolve() for folder in folders])
    _read(found)
    yield from _listen(found, fallback)
    yield {**_describe(found), **judge(found)}


def _read(found: Found) -> None:
    """Read the tables and names; a folder that cannot be read at all does not take the others with it."""
    good = []
    for folder in dict.fromkeys(found.folders):
        try:
            read_labelled_folders([folder], [])
            good.append(folder)
        except JobError as error:
            found.bad.append(error)
    # Once more and all together, so that folders of one name are told apart.
    found.clips = read_labelled_folders(good, found.bad) if good else []
    found.numbers = {str(folder): _numbers(folder / "labels.csv") for folder in good}


def _numbers(table: Path) -> list[float]:
    """Valence and arousal of a table as they stand, in whatever range."""
    out: list[float] = []
    if not table.is_file():
        return out
    for _, row in read_table(table, "file"):
        for column in ("valence", "arousal"):
            try:
                out.append(float(row.get(column, "").replace(",", ".")))
            except ValueError:
                continue
    return [number for number in out if np.isfinite(number)]


def _listen(found: Found, fallback: Decoder | None) -> Iterator[Surveyed]:
    """Read every recording once: how long it is, what it holds, and whether another holds the same."""
    by_bytes: list[tuple[str, LabelledClip]] = []
    by_sound: list[tuple[str, LabelledClip]] = []
    met: set[str] = set()
    for number, clip in enumerate(found.clips, 1):
        try:
            content = sha256_of(clip.path)
            if content not in met:
                sound, found.duration_s[clip.path] = _sound_of(clip.path, fallback)
                by_sound.append((sound, clip))
            met.add(content)
            by_bytes.append((content, clip))
        except JobError as error:
            found.unreadable.append((clip, error))
        except OSError as error:
            gone = JobError("not_found", f"{clip.path} cannot be read: {error.strerror}.", str(error))
            found.unreadable.append((clip, gone))
        yield Surveyed(number, len(found.clips))
    found.duplicates = [*duplicates(by_bytes), *duplicates(by_sound, "sound")]
    broken = {clip.path for clip, _ in found.unreadable}
    found.usable = [clip for clip in without(found.clips, found.duplicates) if clip.path not in broken]


def _sound_of(path: Path, fallback: Decoder | None) -> tuple[str, float]:
    """Hash of a recording's samples, as far as 16 bits tell them apart, and its length in seconds."""
    digest, samples = hashlib.sha256(), 0
    with open_audio(path, fallback) as stream:
        for piece in stream:
            digest.update(np.round(np.clip(piece, -1, 1) * 32767).astype(np.int16).tobytes())
            samples += len(piece)
    return digest.hexdigest(), samples / SAMPLE_RATE_HZ


def _describe(found: Found) -> dict[str, Any]:
    from models.training.scoring import copying_a_siblings_label

    usable = found.usable
    lengths = [found.duration_s[clip.path] for clip in usable if clip.path in found.duration_s]
    groups: defaultdict[tuple[str, str], int] = defaultdict(int)
    for clip in usable:
        groups[clip.source, clip.group] += 1
    largest = max(groups, key=lambda name: groups[name], default=("", ""))
    sources = sorted({clip.source for clip in usable})
    return {
        "schema": SCHEMA,
        "folders": [str(folder) for folder in found.folders],
        "sources": {source: sum(clip.source == source for clip in usable) for source in sources},
        "clips": len(found.clips),
        "usable": len(usable),
        "duration_s": {
            "total": round(sum(lengths), 1),
            "shortest": round(min(lengths, default=0.0), 1),
            "median": round(float(np.median(lengths)) if lengths else 0.0, 1),
            "longest": round(max(lengths, default=0.0), 1),
        },
        "quadrants": {name: sum(clip.quadrant == i for clip in usable) for i, name in enumerate(QUADRANTS)},
        "rated": sum(clip.valence is not None for clip in usable),
        "profiled": sum(clip.gems is not None for clip in usable),
        "traced": sum(clip.trace is not None for clip in usable),
        "groups": {
            "count": len(groups),
            "named": sum(not is_group_of_its_own(clip) for clip in usable),
            "largest": {"name": largest[1], "clips": groups[largest] if groups else 0},
        },
        "siblings": copying_a_siblings_label(usable),
        "duplicates": [
            {"files": [str(clip.path) for clip in one.clips], "how": one.how, "labels_agree": one.labels_agree}
            for one in found.duplicates
        ],
        "unreadable": [
            {"file": str(clip.path), "kind": error.kind, "message": error.message} for clip, error in found.unreadable
        ],
    }
