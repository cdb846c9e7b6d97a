"""Audio files on disk: finding them, hashing them, and telling from their first bytes what they are."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from models.errors import JobError

#: What a folder scan picks up (lower case, with dot). A file named directly is opened whatever its suffix.
AUDIO_SUFFIXES: frozenset[str] = frozenset(
    {".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".flac"}
    | {".mp3", ".mp2", ".oga", ".ogg", ".opus", ".m4a", ".m4b", ".mp4", ".aac", ".wma", ".weba", ".webm"}
    | {".mka", ".wv", ".ac3"}
)

_HEAD_BYTES = 4096
_HASH_BLOCK_BYTES = 1 << 20

#: First bytes of what is certainly no recording, and what it is.
_OTHER_KINDS = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "an archive or office document"),
    (b"\x1f\x8b", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"Rar!", "an archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
    (b"MThd", "a MIDI file, which holds notes but no sound (render it to audio first)"),
)


def presentable(text: str) -> str:
    """Return text without the half characters of undecodable file names, which can be neither stored nor drawn."""
    return text.encode("utf-8", "replace").decode()


def shown_name(path: Path) -> str:
    """Name of a file as it can be printed anywhere, in quotation marks."""
    name = presentable(path.name or str(path))
    return "“" + "".join(c if c.isprintable() else "?" for c in name) + "”"


def clock(seconds: float) -> str:
    """Return a length for people: 3:07, and 3:00:00 from an hour on."""
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def _os_error(path: Path, error: OSError) -> JobError:
    name = shown_name(path)
    detail = f"{path}: {error}"
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
        folder = presentable(str(path.absolute().parent))
        return JobError(
            "not_found",
            f"{name} was not found in {folder}. It may have been moved, renamed or deleted; choose it again.",
            detail,
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return JobError(
            "unreadable",
            f"{name} could not be read: permission was denied. Allow reading it, or copy it to your own folder.",
            detail,
        )
    return JobError(
        "unreadable",
        f"{name} could not be read ({(error.strerror or 'input/output error').lower()}). "
        "Check that its disk or network drive is connected.",
        detail,
    )


def _check_regular(path: Path) -> None:
    """Raise unless it is a file with content of its own: opening a pipe would wait for its writer for ever."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        message = f"{shown_name(path)} is a folder, not a recording. Open it as a folder instead."
        raise JobError("not_audio", message)
    if not stat.S_ISREG(mode):
        message = f"{shown_name(path)} is not a regular file. Save the recording to a file first."
        raise JobError("unreadable", message)


def read_head(path: Path) -> bytes:
    """Return the first bytes of a regular file.

    Raises
    ------
    JobError
        ``not_found``, ``unreadable`` (permission, disk error, a pipe or device), ``not_audio`` (a folder) or
        ``empty`` (0 bytes).
    """
    name = shown_name(path)
    try:
        _check_regular(path)
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise _os_error(path, error) from error
    except ValueError as error:  # a NUL in the path
        raise JobError("not_found", f"{name} is not a possible file name. Choose the file again.") from error
    if not head:
        raise JobError("empty", f"{name} is empty (0 bytes). Copy or export it again from its source.")
    return head


def what_else(head: bytes) -> str | None:
    """Say what a file is that is certainly no recording ("text", "a picture"), or None if it may be one."""
    for magic, kind in _OTHER_KINDS:
        if head.startswith(magic):
            return kind
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\x00" in head and not is_known_audio(head):
        return "text"
    # Bytes that no text has, in any encoding but UTF-16, and that any audio has within its first kilobytes.
    controls = set(range(0x20)) - {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1A, 0x1B} | {0x7F}
    return None if controls.intersection(head) else "text"


def is_known_audio(head: bytes) -> bool:
    """Whether the first bytes are those of an audio container that this program reads."""
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b"fLaC", b"OggS", b"caff", b".snd"):
        return True
    if head[:3] == b"ID3" or head[4:8] == b"ftyp" or head[:4] in (b"\x30\x26\xb2\x75", b"\x1a\x45\xdf\xa3"):
        return True
    # An MPEG audio frame (MP3, AAC in ADTS): eleven set bits; no reserved version, bit rate or sampling rate.
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    if head[1] & 0xF6 == 0xF0:
        return True
    return (head[1] >> 3) & 3 != 1 and (head[1] >> 1) & 3 != 0 and head[2] >> 4 != 15 and (head[2] >> 2) & 3 != 3


def find_audio(paths: Iterable[Path]) -> list[Path]:
    """List the recordings meant by some files and folders.

    Parameters
    ----------
    paths : iterable of Path
        Files stand for themselves, whatever their suffix and also when they do not exist, so that each gets a
        result or an error. Folders (also one named ``x.wav``) stand for the files below them, at any depth, whose
        suffix is in `AUDIO_SUFFIXES`; hidden files and folders are passed over, and links that lead in circles
        are followed once.

    Returns
    -------
    list of Path
        Each file once: in the order given, the files of one folder sorted by path.
    """
    found: dict[str, Path] = {}
    for given in paths:
        try:
            is_folder = given.is_dir()
        except (OSError, ValueError):
            is_folder = False
        for path in _audio_below(given) if is_folder else [given]:
            found.setdefault(os.path.abspath(path) if "\0" not in str(path) else str(path), path)  # noqa: PTH100
    return list(found.values())


def _audio_below(folder: Path) -> list[Path]:
    """Files with an audio suffix below a folder, sorted, following each real folder once."""
    seen: set[tuple[int, int]] = set()
    result: list[Path] = []
    pending = [folder]
    while pending:
        here = pending.pop()
        try:
            status = here.stat()
            key = (status.st_dev, status.st_ino)
            if status.st_ino and key in seen:
                continue
            seen.add(key)
            with os.scandir(here) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    path = here / entry.name
                    if entry.is_dir():
                        pending.append(path)
                    elif path.suffix.lower() in AUDIO_SUFFIXES:
                        result.append(path)
        except OSError:  # a folder that may not be listed hides its files from this user
            continue
    return sorted(result)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal, read in pieces.

    Raises
    ------
    JobError
        ``not_found`` or ``unreadable`` (permission, disk error, a pipe or device); ``not_audio`` for a folder.
    """
    digest = hashlib.sha256()
    try:
        _check_regular(path)
        with path.open("rb") as file:
            while block := file.read(_HASH_BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        raise _os_error(path, error) from error
    except ValueError as error:
        raise JobError(
            "not_found", f"{shown_name(path)} is not a possible file name. Choose the file again."
        ) from error
    return digest.hexdigest()
