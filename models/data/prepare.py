"""Turn data sets, as they are handed out, into labelled folders."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from models.audio.decode import open_audio
from models.data.labelled import LabelledClip, write_labels
from models.data.readers import MIDI_SETS, READERS, Notice, Piece
from models.data.render import Rendering, RenderOptions, find_fluidsynth, render_midi
from models.data.traces import write_trace
from models.errors import JobError


@dataclass(frozen=True)
class Step:
    """How many pieces are done, of how many."""

    done: int
    total: int


def prepare(
    name: str, source: Path, destination: Path, options: RenderOptions | None = None
) -> Iterator[Step | Notice]:
    """Make the labelled folder of a data set.

    What was made before is kept, so that an interrupted preparation goes on. A recording that cannot be read is left
    out and reported; it does not stop the others.

    Parameters
    ----------
    name : str
        One of `READERS`.
    source : Path
        The data set's folder.
    destination : Path
        The labelled folder to make.
    options : RenderOptions, optional
        How MIDI is rendered; by default as piano, with the installed SoundFont.

    Yields
    ------
    Step or Notice
        Progress, and what a person should know.

    Raises
    ------
    JobError
        When the folder is not the data set's, rendering is not possible here, or nothing could be prepared.
    """
    options = options or RenderOptions()
    ways: list[Rendering] = []
    if name in MIDI_SETS:
        find_fluidsynth()
        ways = options.ways()
    elif options != RenderOptions(seed=options.seed):
        raise JobError("bad_data", f"{name} holds recordings, so that there is nothing to render.")
    jobs: dict[str, tuple[Piece, Rendering | None]] = {}
    for item in READERS[name](source):
        if isinstance(item, Notice):
            yield item
            continue
        file = item.clip.path
        wanted = _targets(file, ways and options.choose(ways, file.stem))
        if jobs.keys() & wanted.keys():
            yield Notice(f"{file} is named a second time.", left_out=1)
        else:
            jobs |= {target: (item, way) for target, way in wanted.items()}
    yield from _make_all(jobs, destination)


def _targets(file: Path, ways: list[Rendering]) -> dict[str, Rendering | None]:
    """Names of the audio files to make of one file: the renderings, or a copy."""
    if ways:
        return {f"{file.stem}{way.suffix}.flac": way for way in ways}
    return {file.name: None}


def _make_all(jobs: dict[str, tuple[Piece, Rendering | None]], destination: Path) -> Iterator[Step | Notice]:
    audio = destination / "audio"
    audio.mkdir(parents=True, exist_ok=True)
    clips: list[LabelledClip] = []
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        made = pool.map(lambda target: _make(*jobs[target], audio / target), jobs)
        for done, (clip, notices) in enumerate(made, start=1):
            yield from notices
            if clip is not None:
                clips.append(clip)
            yield Step(done, len(jobs))
    finally:
        pool.shutdown(cancel_futures=True)
    if not clips:
        raise JobError("bad_data", "There is no recording that could be prepared.")
    write_labels(destination, clips)


def _make(piece: Piece, way: Rendering | None, target: Path) -> tuple[LabelledClip | None, list[Notice]]:
    """Make the audio and the trace of one piece; what cannot be read is left out, with a notice."""
    file = piece.clip.path
    notices: list[str] = []
    if not target.exists():
        try:
            if way is None:
                notices = _copy(file, target)
            else:
                render_midi(file, target, way)
        except JobError as error:
            return None, [Notice(error.message, left_out=1)]
    if piece.trace is not None:
        write_trace(target.parent.parent / "traces" / f"{target.stem}.csv", piece.trace)
    return replace(piece.clip, path=target), [Notice(f"{file}: {text}") for text in notices]


def _copy(file: Path, target: Path) -> list[str]:
    """Copy a recording that can be decoded to its end; give what was to be said of it."""
    with open_audio(file) as stream:
        for _ in stream:
            pass
    part = target.with_name(target.name + ".part")
    shutil.copyfile(file, part)
    part.replace(target)
    return stream.notes
