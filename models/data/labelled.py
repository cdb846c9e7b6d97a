"""The labelled folder: `audio/` beside a `labels.csv`, or subfolders named Q1..Q4."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from models.analysis import QUADRANTS
from models.audio.decode import AUDIO_SUFFIXES
from models.errors import JobError

COLUMNS = ("file", "quadrant", "group", "split", "tags")
#: Between the words of the column `tags`.
TAG_SEPARATOR = ";"


@dataclass(frozen=True)
class LabelledClip:
    """One labelled recording.

    Attributes
    ----------
    path : Path
        The audio file.
    quadrant : int
        0..3 for Q1..Q4.
    group : str
        What must never lie on both sides of a split (an artist, a song). Unknown artists are not one artist: a clip
        without a group is a group of its own.
    split : str
        The data set's own split, "" where it has none.
    source : str
        The name of the labelled folder it came from.
    tags : frozenset of str
        Words that people gave the recording (moods, genres). They may help to train, as further targets; they are
        never shown to a network, and never needed to use it.
    """

    path: Path
    quadrant: int
    group: str
    split: str = ""
    source: str = ""
    tags: frozenset[str] = frozenset()


def read_labelled_folder(folder: Path) -> list[LabelledClip]:
    """Read the clips of a labelled folder.

    Parameters
    ----------
    folder : Path
        With `labels.csv` (columns file, quadrant, and optionally group, split and tags; files relative to `audio/`
        or to the folder), or with subfolders named Q1..Q4, whose own subfolders then are the groups.

    Returns
    -------
    list of LabelledClip
        In the order of the table, or sorted by path.

    Raises
    ------
    JobError
        "bad_data" when the folder has neither, a label is not a quadrant, a file is named twice or is missing: the
        message names the file and the row.
    """
    table = folder / "labels.csv"
    if table.is_file():
        clips = _from_table(folder, table)
    elif any((folder / name).is_dir() for name in QUADRANTS):
        clips = list(_from_subfolders(folder))
    else:
        raise JobError("bad_data", f"{folder} has neither a labels.csv nor subfolders named Q1, Q2, Q3, Q4.")
    if not clips:
        raise JobError("bad_data", f"{folder} names no labelled recording.")
    return clips


def _from_table(folder: Path, table: Path) -> list[LabelledClip]:
    clips: list[LabelledClip] = []
    seen: set[Path] = set()
    for row_number, row in _rows(table):
        name = (row.get("file") or "").strip()
        quadrant = (row.get("quadrant") or "").strip().upper()
        where = f"{table}, row {row_number}"
        if quadrant not in QUADRANTS:
            raise JobError("bad_data", f"{where}: the quadrant is {quadrant!r}; it must be one of Q1 to Q4.")
        path = next((p for p in (folder / "audio" / name, folder / name) if name and p.is_file()), None)
        if path is None:
            raise JobError("bad_data", f"{where}: there is no file {name!r} in the folder or in its audio folder.")
        if path.resolve() in seen:
            raise JobError("bad_data", f"{where}: {name!r} is named a second time.")
        seen.add(path.resolve())
        group = (row.get("group") or "").strip() or name
        split = (row.get("split") or "").strip()
        tags = frozenset(tag.strip() for tag in (row.get("tags") or "").split(TAG_SEPARATOR)) - {""}
        clips.append(LabelledClip(path, QUADRANTS.index(quadrant), group, split, folder.name, tags))
    return clips


def _rows(table: Path) -> Iterable[tuple[int, dict[str, str]]]:
    """Rows of the table with their numbers as a spreadsheet shows them."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            missing = [column for column in COLUMNS[:2] if column not in (reader.fieldnames or ())]
            if missing:
                raise JobError("bad_data", f"{table}, row 1: there is no column named {' or '.join(missing)}.")
            for row in reader:
                yield reader.line_num, row
    except UnicodeDecodeError as error:
        raise JobError("bad_data", f"{table} is not UTF-8 text: save it as CSV UTF-8.", str(error)) from None
    except (OSError, csv.Error) as error:
        raise JobError("bad_data", f"{table} cannot be read as a table.", str(error)) from None


def _from_subfolders(folder: Path) -> Iterable[LabelledClip]:
    for index, name in enumerate(QUADRANTS):
        for path in sorted((folder / name).rglob("*")):
            below = path.relative_to(folder / name).parts
            if any(part.startswith(".") for part in below):  # macOS leaves "._song.wav" beside "song.wav"
                continue
            if path.suffix.lower() in AUDIO_SUFFIXES and path.is_file():
                yield LabelledClip(path, index, below[0] if len(below) > 1 else f"{name}/{path.name}", "", folder.name)


def write_labels(folder: Path, rows: Iterable[tuple[str, str, str, str, str]]) -> None:
    """Write `labels.csv` from rows of (file, quadrant, group, split, tags)."""
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
