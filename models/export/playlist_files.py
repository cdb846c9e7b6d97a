"""Playlists as M3U8, XSPF, JSPF, CSV, or a folder of copies in order; `models.data.playlist_import` reads them."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from models.errors import JobError
from models.export.file_names import file_name
from models.export.whole_file import write_whole
from models.playlist import EXTENSION, XSPF, Entry, escaped

CSV_COLUMNS = ("position", "file", "title", "artist", "duration_s", "valence (-1..1)", "arousal (-1..1)")


#: Endings of the formats.
PLAYLIST_ENDINGS = (".m3u8", ".m3u", ".xspf", ".jspf", ".csv")


def write_playlist(file: Path, entries: Sequence[Entry], title: str = "") -> None:
    """Write a playlist in the format that its ending names: .m3u8, .m3u, .xspf, .jspf or .csv.

    Parameters
    ----------
    file : Path
        Replaced as a whole. Tracks are named relative to its folder, so that both can be moved together; where that
        cannot be (another drive) by their whole path.
    entries : sequence of Entry
        In order.
    title : str
        Of the playlist.

    Raises
    ------
    JobError
        "bad_data" for another ending; "no_space" when it cannot be written.
    """
    writers: dict[str, Callable[[Sequence[Entry], Path, str], str]] = {
        ".m3u8": _m3u8, ".m3u": _m3u8, ".xspf": _xspf, ".jspf": _jspf, ".csv": _csv,
    }  # fmt: skip
    check_ending(file)
    writer = writers[file.suffix.lower()]
    # Names of files may hold bytes that are no text.
    write_whole(file, writer(entries, file.absolute().parent, title).encode("utf-8", "surrogateescape"))


def check_ending(file: Path) -> None:
    """Raise `JobError` ("bad_data") where no playlist is written with this ending."""
    if file.suffix.lower() not in PLAYLIST_ENDINGS:
        endings = ", ".join(PLAYLIST_ENDINGS)
        raise JobError("bad_data", f"{file}: playlists are written as {endings}; choose one of these endings.")


def write_folder(folder: Path, entries: Sequence[Entry], title: str = "") -> list[str]:
    """Copy the tracks into a folder, numbered in their order, with a playlist of the copies.

    Returns
    -------
    list of str
        What could not be copied, and why; the rest is there.

    Raises
    ------
    JobError
        "bad_data" where the folder holds other things; "no_space" where nothing can be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise JobError("bad_data", f"{folder} holds other things already: choose an empty or a new folder.")
    copied, problems = [], []
    digits = max(2, len(str(len(entries))))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, entry in enumerate(entries, start=1):
            words = " - ".join(part for part in (entry.artist, entry.title or entry.path.stem) if part)
            target = folder / f"{number:0{digits}} - {file_name(words)}{entry.path.suffix}"
            if why := _why_not(entry.path):
                problems.append(f"{entry.path} {why}; the other tracks were copied.")
                continue
            part = target.with_name(target.name + ".part")
            shutil.copyfile(entry.path, part)
            part.replace(target)
            copied.append(Entry(target, entry.title, entry.artist, entry.duration_s, entry.valence, entry.arousal))
    except OSError as error:
        place = error.filename or folder
        raise JobError("no_space", f"{place} could not be copied: {error.strerror}.", repr(error)) from None
    write_playlist(folder / f"{file_name(title) if title else folder.name}.m3u8", copied, title)
    return problems


def _why_not(path: Path) -> str:
    """Say why a track cannot be copied; nothing where it can."""
    try:
        if not path.is_file():
            return "does not exist"
        with path.open("rb"):
            return ""
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _seen_from(folder: Path, path: Path) -> str:
    """Return a path as a list in `folder` names it."""
    try:
        return Path(os.path.relpath(path.absolute(), folder)).as_posix()
    except ValueError:  # another drive
        return path.absolute().as_posix()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _m3u8(entries: Sequence[Entry], folder: Path, title: str) -> str:
    lines = ["#EXTM3U"]
    if title:
        lines.append(f"#PLAYLIST:{_one_line(title)}")
    for entry in entries:
        seconds = -1 if entry.duration_s is None else round(entry.duration_s)
        shown = " - ".join(part for part in (_one_line(entry.artist), _one_line(entry.title)) if part)
        named = _seen_from(folder, entry.path)
        # A name that begins like a remark would be read as one.
        lines += [f"#EXTINF:{seconds},{shown or entry.path.stem}", f"./{named}" if named.startswith("#") else named]
    return "\n".join(lines) + "\n"


def _location(entry: Entry, folder: Path) -> str:
    """Return a path as an address: relative to the list, or whole."""
    named = _seen_from(folder, entry.path)
    address = escaped(os.fsencode(named))
    if Path(named).is_absolute():
        return f"file://{address if address.startswith('/') else '/' + address}"
    return f"./{address}" if ":" in named.split("/")[0] else address


def _xspf(entries: Sequence[Entry], folder: Path, title: str) -> str:
    def element(name: str, text: object, indent: str = "      ") -> list[str]:
        plain = "".join(c for c in str(text) if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff"))
        return [f"{indent}<{name}>{escape(plain)}</{name}>"] if plain else []

    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<playlist version="1" xmlns="{XSPF}">']
    lines += [*element("title", title, "  "), "  <trackList>"]
    for entry in entries:
        lines += ["    <track>", *element("location", _location(entry, folder))]
        lines += element("title", entry.title) + element("creator", entry.artist)
        if entry.duration_s is not None:
            lines += element("duration", round(entry.duration_s * 1000))
        if entry.valence is not None and entry.arousal is not None:
            lines.append(f'      <extension application="{EXTENSION}">')
            lines += element("valence", f"{entry.valence:.4f}", "        ")
            lines += [*element("arousal", f"{entry.arousal:.4f}", "        "), "      </extension>"]
        lines.append("    </track>")
    return "\n".join([*lines, "  </trackList>", "</playlist>", ""])


def _jspf(entries: Sequence[Entry], folder: Path, title: str) -> str:
    tracks = []
    for entry in entries:
        track: dict[str, Any] = {"location": [_location(entry, folder)]}
        if entry.title:
            track["title"] = entry.title
        if entry.artist:
            track["creator"] = entry.artist
        if entry.duration_s is not None:
            track["duration"] = round(entry.duration_s * 1000)
        if entry.valence is not None and entry.arousal is not None:
            mood = {"valence": round(entry.valence, 4), "arousal": round(entry.arousal, 4), "range": [-1, 1]}
            track["extension"] = {EXTENSION: [mood]}
        tracks.append(track)
    whole = {"playlist": {**({"title": title} if title else {}), "track": tracks}}
    return json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _csv(entries: Sequence[Entry], folder: Path, _title: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for number, entry in enumerate(entries, start=1):
        numbers = (entry.duration_s, entry.valence, entry.arousal)
        shown = ["" if value is None else f"{value:.4f}".rstrip("0").rstrip(".") for value in numbers]
        writer.writerow([number, _seen_from(folder, entry.path), entry.title, entry.artist, *shown])
    return out.getvalue()
