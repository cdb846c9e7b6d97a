"""Playlists from files of other programs, and from our own: M3U8, XSPF, JSPF, CSV."""

from __future__ import annotations

import csv
import json
import math
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.audio.files import presentable
from models.data.label_csv import Problem
from models.errors import JobError
from models.playlist import EXTENSION, XSPF, Entry, unescaped

PLAYLIST_ENDINGS = (".m3u8", ".m3u", ".xspf", ".jspf", ".csv")
#: A list beyond this is none that a person made (bytes).
LARGEST_FILE = 32 * 2**20
_INFO = re.compile(r"#EXTINF:\s*(-?[\d.]+)?[^,]*,(.*)")
_MOST_NAMED = 5


@dataclass(frozen=True)
class PlaylistImport:
    """What was read of a playlist.

    Attributes
    ----------
    entries : tuple of Entry
        In order, also those whose files are not there.
    missing : tuple of Path
        Files that are not there.
    problems : tuple of str
        What could not be used.
    notices : tuple of str
        What a person should know.
    title : str
        May be empty.
    """

    entries: tuple[Entry, ...]
    missing: tuple[Path, ...]
    problems: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    title: str = ""


def import_playlist(file: Path) -> PlaylistImport:
    """Read a playlist of a kind that its ending names.

    Raises
    ------
    JobError
        "not_found", "unreadable" or "bad_data" where nothing of it can be used.
    """
    readers: dict[str, Callable[[Path, bytes], Iterator[Entry | Problem | str]]] = {
        ".m3u8": _m3u8, ".m3u": _m3u8, ".xspf": _xspf, ".jspf": _jspf, ".csv": _csv,
    }  # fmt: skip
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise JobError("bad_data", f"{file}: playlists are read from {', '.join(PLAYLIST_ENDINGS)}.")
    entries: list[Entry] = []
    problems: list[str] = []
    title = ""
    for item in reader(file, _bytes(file)):
        if isinstance(item, Entry):
            entries.append(item)
        elif isinstance(item, Problem):
            problems.append(item.message)
        else:
            title = item
    if not entries:
        raise JobError("bad_data", problems[0] if problems else f"{file} lists no track.", "\n".join(problems))
    missing = tuple(entry.path for entry in entries if not _is_there(entry.path))
    return PlaylistImport(tuple(entries), missing, tuple(problems), tuple(_notices(file, entries, missing)), title)


def _notices(file: Path, entries: list[Entry], missing: tuple[Path, ...]) -> Iterator[str]:
    if missing:
        more = f" and {len(missing) - _MOST_NAMED:,} more" if len(missing) > _MOST_NAMED else ""
        named = ", ".join(str(path) for path in missing[:_MOST_NAMED])
        yield f"{file}: {len(missing):,} of {len(entries):,} files are not there: {named}{more}."
    folder = file.absolute().parent
    outside = [entry.path for entry in entries if not Path(os.path.normpath(entry.path)).is_relative_to(folder)]
    if outside:
        yield (
            f"{file}: {len(outside):,} of {len(entries):,} tracks lie outside its folder, {outside[0]} first. They are "
            "listed, not copied."
        )


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise JobError("bad_data", f"{file} is too large for a playlist (at most {LARGEST_FILE // 2**20} MB).")
        return file.read_bytes()
    except FileNotFoundError:
        raise JobError("not_found", f"{file} does not exist.") from None
    except OSError as error:
        raise JobError("unreadable", f"{file} cannot be read: {error.strerror}.", str(error)) from None


def _resolved(folder: Path, named: str | bytes) -> Path:
    """Return where a name in a list lies; Windows' separators are understood where nothing else is there."""
    path = folder / os.fsdecode(named)
    if "\\" in str(named) and not _is_there(path):
        other = folder / os.fsdecode(named).replace("\\", "/")
        return other if _is_there(other) else path
    return path


def _is_there(path: Path) -> bool:
    """Whether there is such a file; not where its name is too long for one, or a folder may not be looked into."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _address(folder: Path, text: str) -> Path | None:
    """Return the file that an address names; None for one that is not on this machine."""
    whole = re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://([^/]*)(.*)", text)  # a drive's letter is one letter only
    if whole is None:
        return _resolved(folder, unescaped(text))
    if whole[1].lower() != "file" or whole[2] not in ("", "localhost"):
        return None
    plain = unescaped(whole[3])
    return _resolved(folder, plain[1:] if re.match(rb"/[A-Za-z]:", plain) else plain)


def _m3u8(file: Path, data: bytes) -> Iterator[Entry | Problem | str]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # what .m3u is by tradition
    folder = file.absolute().parent
    duration, artist, title = None, "", ""
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        info = _INFO.fullmatch(line)
        if info:
            seconds = _number(info[1])
            duration = seconds if seconds is not None and seconds > 0 else None
            before, dash, after = info[2].partition(" - ")
            artist, title = (before.strip(), after.strip()) if dash else ("", before.strip())
        elif line.startswith("#PLAYLIST:"):
            yield line.partition(":")[2].strip()
        elif line and not line.startswith("#"):
            path = _address(folder, line) if re.match(r"[a-z]+://", line, re.I) else _resolved(folder, line)
            if path is None:
                yield Problem(f"{file}, line {number}: {line} is no file on this machine.")
            elif "\0" in line:
                yield Problem(f"{file}, line {number}: this is no name of a file.")
            else:
                yield Entry(path, title, artist, duration)
            duration, artist, title = None, "", ""


def _xspf(file: Path, data: bytes) -> Iterator[Entry | Problem | str]:
    from xml.etree.ElementTree import ParseError

    import defusedxml.ElementTree as SafeXml
    from defusedxml.common import DefusedXmlException

    try:
        root = SafeXml.fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise JobError(
            "bad_data", f"{file} declares a document type or entities, which no playlist needs: it is not read.",
            repr(error),
        ) from None  # fmt: skip
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise JobError("bad_data", f"{file} is no XSPF: {error}.", repr(error)) from None
    space = {"x": XSPF}
    if title := (root.findtext("x:title", "", space) or "").strip():
        yield title
    for number, track in enumerate(root.iterfind("x:trackList/x:track", space), start=1):
        mood = track.find(f"x:extension[@application='{EXTENSION}']", space)
        yield _entry(
            file, number, track.findtext("x:location", "", space), track.findtext("x:title", "", space),
            track.findtext("x:creator", "", space), track.findtext("x:duration", "", space),
            None if mood is None else mood.findtext("x:valence", "", space),
            None if mood is None else mood.findtext("x:arousal", "", space),
        )  # fmt: skip


def _jspf(file: Path, data: bytes) -> Iterator[Entry | Problem | str]:
    try:
        playlist = json.loads(data)["playlist"]
        tracks = list(playlist["track"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise JobError("bad_data", f"{file} is no JSPF.", repr(error)) from None
    if isinstance(playlist.get("title"), str):
        yield playlist["title"]
    for number, track in enumerate(tracks, start=1):
        if not isinstance(track, dict):
            yield Problem(f"{file}, track {number}: it is not as JSPF describes it.")
            continue
        location = track.get("location")
        place = next((one for one in location if isinstance(one, str)), "") if isinstance(location, list) else location
        kept = track.get("extension")
        moods = kept.get(EXTENSION) if isinstance(kept, dict) else None
        mood = moods[0] if isinstance(moods, list) and moods and isinstance(moods[0], dict) else {}
        yield _entry(
            file, number, place, track.get("title"), track.get("creator"), track.get("duration"), mood.get("valence"),
            mood.get("arousal"),
        )  # fmt: skip


def _entry(
    file: Path, number: int, place: Any, title: Any, artist: Any, milliseconds: Any, valence: Any, arousal: Any
) -> Entry | Problem:
    if not isinstance(place, str) or not place.strip() or "\0" in place or place != presentable(place):
        return Problem(f"{file}, track {number}: it names no file.")
    path = _address(file.absolute().parent, place.strip())
    if path is None:
        return Problem(f"{file}, track {number}: {place.strip()} is no file on this machine.")
    length = _number(milliseconds)
    return Entry(
        path, _text(title), _text(artist), length / 1000 if length is not None and length > 0 else None,
        _in_plane(valence), _in_plane(arousal),
    )  # fmt: skip


def _csv(file: Path, data: bytes) -> Iterator[Entry | Problem | str]:
    try:
        rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise JobError("bad_data", f"{file} is no table in UTF-8.", repr(error)) from None
    if rows and "file" not in rows[0]:
        raise JobError("bad_data", f"{file}, row 1: there is no column named file.")
    for number, row in enumerate(rows, start=2):
        named = (row.get("file") or "").strip()
        if not named or "\0" in named:
            yield Problem(f"{file}, row {number}: it names no file.")
            continue
        by_head = {str(head).split(" ")[0]: cell for head, cell in row.items()}
        yield Entry(
            _resolved(file.absolute().parent, named), _text(row.get("title")), _text(row.get("artist")),
            _number(by_head.get("duration_s")), _in_plane(by_head.get("valence")), _in_plane(by_head.get("arousal")),
        )  # fmt: skip


def _text(value: Any) -> str:
    return presentable(" ".join(value.split())) if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):  # JSON knows no largest number
        return None
    return number if math.isfinite(number) else None


def _in_plane(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and -1 <= number <= 1 else None
