"""Tags and descriptors of labelled clips, computed once and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.audio.decode import decode
from models.audio.descriptors.table import SUMMARY_NAMES
from models.audio.heard import hear
from models.data.labelled import LabelledClip


@dataclass(frozen=True)
class HeardClip:
    """What was heard of one clip: `steps` [shape=(t, f)] and `summary` [shape=(s,)], see `models.audio.heard`."""

    steps: NDArray[np.float32]
    summary: NDArray[np.float32]


def kept_file(path: Path, cache: Path) -> Path:
    """Where a clip's features are kept: another file, another size or time, or other descriptors, another place."""
    stat = path.stat()
    said = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}|{','.join(SUMMARY_NAMES)}"
    return cache / f"{hashlib.sha256(said.encode()).hexdigest()[:32]}.heard.npz"


def load_heard(clips: Sequence[LabelledClip], cache: Path) -> Iterator[int | list[HeardClip]]:
    """Tags and descriptors of whole clips, yielded last; before it, how many are done.

    Parameters
    ----------
    clips : sequence of LabelledClip
        What to decode.
    cache : Path
        Folder that keeps the result per file.
    """
    cache.mkdir(parents=True, exist_ok=True)
    out = []
    for clip in clips:
        file = kept_file(clip.path, cache)
        if not file.is_file():
            heard = hear(decode(clip.path))
            part = file.with_suffix(".part")
            with part.open("wb") as stream:
                np.savez(stream, steps=heard.steps, summary=heard.summary)
            part.replace(file)
        with np.load(file, allow_pickle=False) as kept:
            out.append(HeardClip(kept["steps"], kept["summary"]))
        yield len(out)
    yield out
