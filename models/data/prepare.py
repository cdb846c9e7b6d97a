"""Turn data sets, as they are handed out, into labelled folders."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from models.data.labelled import LabelledClip, write_labels
from models.data.moods import quadrant_of_words
from models.data.render import find_soundfont, render_midi
from models.errors import JobError

#: (done, total) after each file.
Preparation = Iterator[tuple[int, int]]


def _rows(table: Path, *columns: str) -> list[dict[str, str]]:
    if not table.is_file():
        raise JobError("not_found", f"{table} does not exist: is this the data set's folder?")
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise JobError("bad_data", f"{table} cannot be read as a table.", str(error)) from None
    if missing:
        raise JobError("bad_data", f"{table} has no column {', '.join(missing)}: is this the data set's folder?")
    return rows


def prepare_4qaed(source: Path, destination: Path) -> Preparation:
    """4QAED (Panda et al. 2018): real 30-s clips; the group is the artist, genres and moods are the tags."""
    rows = _rows(source / "clips.csv", "file", "quadrant", "artist")
    audio = destination / "audio"
    audio.mkdir(parents=True, exist_ok=True)
    for done, row in enumerate(rows, start=1):
        target = audio / row["file"]
        if not target.exists():
            part = target.with_name(target.name + ".part")
            shutil.copyfile(source / "audio" / row["file"], part)
            part.replace(target)
        yield done, len(rows)
    write_labels(
        destination,
        (
            LabelledClip(
                audio / r["file"],
                quadrant_of_words(r["quadrant"]),
                r["artist"].strip().casefold() or r["file"],
                tags=_tags(r),
            )
            for r in rows
        ),
    )


def _tags(row: dict[str, str]) -> frozenset[str]:
    """Genres and moods of a 4QAED row, told apart: "mood: Calm"."""
    words = [f"{kind}: {word.strip()}" for kind in ("genre", "mood") for word in (row.get(f"{kind}s") or "").split(",")]
    return frozenset(word for word in words if not word.endswith(": "))


def prepare_emopia(source: Path, destination: Path) -> Preparation:
    """EMOPIA (Hung et al. 2021): piano clips rendered from MIDI; the group is the song."""
    rows = _rows(source / "clips.csv", "midi", "quadrant", "song", "split")
    audio = destination / "audio"
    audio.mkdir(parents=True, exist_ok=True)
    soundfont = find_soundfont()

    def render(row: dict[str, str]) -> None:
        target = audio / (Path(row["midi"]).stem + ".flac")
        if not target.exists():
            render_midi(source / "midi" / row["midi"], target, soundfont)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(render, rows), start=1):
            yield done, len(rows)
    write_labels(
        destination,
        (
            LabelledClip(
                audio / (Path(r["midi"]).stem + ".flac"), quadrant_of_words(r["quadrant"]), r["song"], r["split"]
            )
            for r in rows
        ),
    )


READERS: dict[str, Callable[[Path, Path], Preparation]] = {"4qaed": prepare_4qaed, "emopia": prepare_emopia}
