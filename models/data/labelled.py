"""The labelled folder: `audio/` beside a `labels.csv` and perhaps `traces/`, or subfolders named Q1..Q4 or by moods."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from models.analysis import QUADRANTS
from models.audio.files import AUDIO_SUFFIXES
from models.data.moods import emopia_name, quadrant_of_words
from models.data.tables import number, read_table
from models.errors import JobError

#: The nine emotions of the Geneva Emotional Music Scale as Emotify asked for them (Aljanaki et al. 2016).
GEMS = (
    "amazement",
    "solemnity",
    "tenderness",
    "nostalgia",
    "calmness",
    "power",
    "joyful_activation",
    "tension",
    "sadness",
)
GEMS_COLUMNS = tuple(f"gems_{name}" for name in GEMS)
COLUMNS = ("file", "quadrant", "valence", "arousal", "group", "split", "tags", *GEMS_COLUMNS)
#: Between the words of the column `tags`.
TAG_SEPARATOR = ";"
#: What tables and folders say of an artist or song that nobody knows: no two clips of "unknown" are of one group.
_UNKNOWN = frozenset(
    {"", "-", "?", "n/a", "na", "nan", "none", "null", "unknown", "unknown artist", "unknown song", "untitled"}
    | {"anonymous", "various", "various artists", "v.a.", "va", "traditional"}
)


@dataclass(frozen=True)
class LabelledClip:
    """One labelled recording.

    Attributes
    ----------
    path : Path
        The audio file.
    quadrant : int or None
        0..3 for Q1..Q4; None for a recording that only has a GEMS profile.
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
    valence, arousal : float or None
        [-1, 1], of the recording as a whole. Both or neither.
    gems : tuple of float, or None
        Share of listeners, [0, 1], for each emotion of `GEMS`.
    trace : Path or None
        Table of valence and arousal over time (see `read_trace`).
    """

    path: Path
    quadrant: int | None
    group: str
    split: str = ""
    source: str = ""
    tags: frozenset[str] = frozenset()
    valence: float | None = None
    arousal: float | None = None
    gems: tuple[float, ...] | None = None
    trace: Path | None = None


def is_known(group: str) -> bool:
    """Whether a name of an artist or song tells one from another."""
    return group.strip().casefold().strip("[]()<> ") not in _UNKNOWN


def is_group_of_its_own(clip: LabelledClip) -> bool:
    """Whether a clip's group was made from its file because none was named."""
    return clip.group.endswith(clip.path.name)


def quadrant_of(valence: float, arousal: float) -> int:
    """Quadrant 0..3 of a point of the plane; zero counts as the positive side."""
    if arousal >= 0:
        return 0 if valence >= 0 else 1
    return 3 if valence >= 0 else 2


def quadrants_of(clips: Sequence[LabelledClip]) -> list[int]:
    """Quadrant of each clip, for what cannot do without.

    Raises
    ------
    JobError
        "bad_data" when a clip has none; the message names the first and says how many.
    """
    without = [clip for clip in clips if clip.quadrant is None]
    if without:
        raise JobError(
            "bad_data",
            f"{len(without)} of {len(clips)} recordings have neither a quadrant nor valence and arousal, "
            f"{without[0].path} first: leave them out of the table, or label them.",
        )
    return [clip.quadrant for clip in clips if clip.quadrant is not None]


def read_labelled_folders(folders: Sequence[Path], bad: list[JobError] | None = None) -> list[LabelledClip]:
    """Read several labelled folders; two folders of one name are told apart by the folders they lie in.

    With a list `bad`, what is wrong with single rows and subfolders is added to it, and the rest is read.

    Raises
    ------
    JobError
        As `read_labelled_folder`; and "bad_data" when a folder is given twice.
    """
    names = _distinct_names([folder.resolve() for folder in folders])
    return [
        replace(clip, source=name)
        for folder, name in zip(folders, names, strict=True)
        for clip in read_labelled_folder(folder, bad)
    ]


def _distinct_names(folders: Sequence[Path]) -> list[str]:
    """Last part of each path, with as many of the parts above it as it takes to tell them apart."""
    twice = next((folder for i, folder in enumerate(folders) if folder in folders[:i]), None)
    if twice is not None:
        raise JobError("bad_data", f"{twice} is given twice.")
    tails = [1] * len(folders)
    while True:
        names = ["/".join(folder.parts[-n:]) for folder, n in zip(folders, tails, strict=True)]
        shared = [names.count(name) > 1 for name in names]
        if not any(shared):
            return names
        tails = [n + again for n, again in zip(tails, shared, strict=True)]


def read_labelled_folder(folder: Path, bad: list[JobError] | None = None) -> list[LabelledClip]:
    """Read the clips of a labelled folder.

    Parameters
    ----------
    folder : Path
        With `labels.csv`: the column file (relative to `audio/` or to the folder), and quadrant (Q1..Q4 or a mood
        word), or valence and arousal, [-1, 1], or the nine GEMS shares, [0, 1], or several of these; and optionally
        group, split, tags and trace (a table, relative to the folder). Without the last, `traces/<file>.csv`, with or
        without the recording's suffix, is its trace.
        Or with subfolders named Q1..Q4 or by moods ("happy", "tense", "sad", "calm", ...), whose own subfolders then
        are the groups. Or with files named as EMOPIA names them (`Q1_<song>_0.wav`).
    bad : list of JobError, optional
        Is given what is wrong with a row, a subfolder or a file's name, and the rest is read; without it that is
        raised.

    Returns
    -------
    list of LabelledClip
        In the order of the table, or by quadrant and path.

    Raises
    ------
    JobError
        "bad_data" when the folder has none of these, a label is missing or out of its range, a file is named twice or
        is missing, or a folder of recordings stands for no mood: the message names the row or the folder.
    """
    folder = folder.resolve()
    table = folder / "labels.csv"
    found = _from_table(folder, table) if table.is_file() else _from_names(folder)
    clips = []
    for one in found:
        if isinstance(one, LabelledClip):
            clips.append(one)
        elif bad is None:
            raise one
        else:
            bad.append(one)
    if not clips and not bad:
        raise JobError("bad_data", f"{folder} names no labelled recording.")
    return clips


def _from_table(folder: Path, table: Path) -> Iterator[LabelledClip | JobError]:
    seen: set[Path] = set()
    for where, row in read_table(table, "file"):
        if not {"quadrant", "valence", *GEMS_COLUMNS} & set(row):
            raise JobError(
                "bad_data",
                f"{table}, row 1: there is no column of labels: quadrant, or valence and arousal, or {GEMS_COLUMNS[0]} "
                "and the other GEMS columns.",
            )
        try:
            yield _clip_of_row(folder, where, row, seen)
        except JobError as error:
            yield error


def _clip_of_row(folder: Path, where: str, row: Mapping[str, str], seen: set[Path]) -> LabelledClip:
    name = row["file"]
    path = next((p for p in (folder / "audio" / name, folder / name) if name and p.is_file()), None)
    if path is None:
        raise JobError("bad_data", f"{where}: there is no file {name!r} in the folder or in its audio folder.")
    if path.resolve() in seen:
        raise JobError("bad_data", f"{where}: {name!r} is named a second time.")
    quadrant, valence, arousal, gems = _labels(where, row)
    seen.add(path.resolve())
    return LabelledClip(
        path=path,
        quadrant=quadrant,
        group=row.get("group", "") if is_known(row.get("group", "")) else name,
        split=row.get("split", ""),
        source=folder.name,
        tags=frozenset(tag.strip() for tag in row.get("tags", "").split(TAG_SEPARATOR)) - {""},
        valence=valence,
        arousal=arousal,
        gems=gems,
        trace=_named_trace(where, folder, row) or _find_trace(folder, name),
    )


def _named_trace(where: str, folder: Path, row: Mapping[str, str]) -> Path | None:
    name = row.get("trace", "")
    if not name:
        return None
    if not (folder / name).is_file():
        raise JobError("bad_data", f"{where}: there is no trace {name!r} in the folder.")
    return folder / name


def _labels(
    where: str, row: Mapping[str, str]
) -> tuple[int | None, float | None, float | None, tuple[float, ...] | None]:
    """Quadrant, valence, arousal and GEMS profile of a row; a quadrant that is not given follows from the plane."""
    word = row.get("quadrant", "")
    quadrant = quadrant_of_words(word)
    if word and quadrant is None:
        raise JobError("bad_data", f"{where}: the quadrant is {word!r}; it must be one of Q1 to Q4, or a mood word.")
    valence, arousal = (number(where, row, column, -1.0, 1.0) for column in ("valence", "arousal"))
    if (valence is None) != (arousal is None):
        there, lacking = ("valence", "arousal") if arousal is None else ("arousal", "valence")
        raise JobError("bad_data", f"{where}: there is {there} but no {lacking}; a label needs both.")
    shares = [number(where, row, column, 0.0, 1.0) for column in GEMS_COLUMNS]
    gems = tuple(share for share in shares if share is not None)
    if gems and len(gems) < len(GEMS):
        lacking = GEMS_COLUMNS[shares.index(None)]
        raise JobError("bad_data", f"{where}: there is no {lacking}; a GEMS profile needs all nine.")
    if quadrant is None and valence is None and not gems:
        raise JobError(
            "bad_data", f"{where}: there is no label: quadrant (Q1 to Q4), or valence and arousal, or GEMS shares."
        )
    if quadrant is None and valence is not None and arousal is not None:
        quadrant = quadrant_of(valence, arousal)
    return quadrant, valence, arousal, gems or None


def _find_trace(folder: Path, name: str) -> Path | None:
    """`traces/<file>.csv` or `traces/<file without suffix>.csv`, whichever there is."""
    whole = folder / "traces" / f"{name}.csv"
    candidates = (whole, folder / "traces" / Path(name).with_suffix(".csv"))
    return next((path for path in candidates if path.is_file()), None)


def _from_names(folder: Path) -> Iterator[LabelledClip | JobError]:
    """Clips of a folder without a table: subfolders named by quadrant or mood, else files named as EMOPIA's."""
    subfolders = sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
    known = {p: quadrant_of_words(p.name) for p in subfolders}
    if any(quadrant is not None for quadrant in known.values()):
        for path, quadrant in known.items():
            if quadrant is None and any(_recordings(path)):
                yield JobError(
                    "bad_data",
                    f"{path} holds recordings, but its name stands for no quadrant: name it Q1 to Q4, or by a mood "
                    "such as happy, tense, sad or calm, or move it elsewhere.",
                )
        for path in sorted(subfolders, key=lambda p: (known[p] or 0, p.name)):
            quadrant = known[path]
            if quadrant is not None:
                yield from (_clip_in(folder, path, file, quadrant) for file in _recordings(path))
        return
    if not folder.is_dir():
        raise JobError("bad_data", f"{folder} is no folder, or is not there.")
    named = {file: emopia_name(file.stem) for file in _recordings(folder)}
    if not any(named.values()):
        raise JobError(
            "bad_data",
            f"{folder} has neither a labels.csv nor subfolders named Q1, Q2, Q3, Q4 or by moods such as happy, tense, "
            "sad or calm.",
        )
    for file, found in named.items():
        if found is None:
            yield JobError("bad_data", f"{file} is not named like the others (Q1_<song>_0), so that it has no label.")
            continue
        yield LabelledClip(file, *found, source=folder.name, trace=_find_trace(folder, file.name))


def _clip_in(folder: Path, subfolder: Path, file: Path, quadrant: int) -> LabelledClip:
    below = file.relative_to(subfolder).parts
    emopia = emopia_name(file.stem)
    alone = emopia[1] if emopia else f"{subfolder.name}/{file.name}"
    group = below[0] if len(below) > 1 and is_known(below[0]) else alone
    return LabelledClip(file, quadrant, group, source=folder.name, trace=_find_trace(folder, file.name))


def _recordings(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder).parts
        if any(part.startswith(".") for part in below):  # macOS leaves "._song.wav" beside "song.wav"
            continue
        if path.suffix.lower() in AUDIO_SUFFIXES and path.is_file():
            yield path


def write_labels(folder: Path, clips: Iterable[LabelledClip]) -> None:
    """Write `labels.csv` of a folder, so that `read_labelled_folder` gives these clips back.

    Parameters
    ----------
    folder : Path
        The labelled folder.
    clips : iterable of LabelledClip
        Their files lie in `folder/audio` or in `folder`. `source` and `trace` are not part of the table.
    """
    part = folder / "labels.csv.part"
    with part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for clip in clips:
            inside = folder / "audio" if clip.path.is_relative_to(folder / "audio") else folder
            writer.writerow(
                (
                    clip.path.relative_to(inside).as_posix(),
                    "" if clip.quadrant is None else QUADRANTS[clip.quadrant],
                    _written(clip.valence),
                    _written(clip.arousal),
                    clip.group,
                    clip.split,
                    TAG_SEPARATOR.join(sorted(clip.tags)),
                    *(_written(share) for share in clip.gems or [None] * len(GEMS)),
                )
            )
    part.replace(folder / "labels.csv")


def _written(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.6g}"
