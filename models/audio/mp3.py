"""How long an MP3 file really is, and a way to make libsndfile believe it.

An MP3 without the "Xing" header that variable bit rate asks for tells nobody its length. libsndfile then guesses
from the first frame's bit rate and stops reading at its guess: of a song whose first frame is a dense one, most is
never decoded, and nothing says so. The frames are therefore counted here, which takes milliseconds, and where
libsndfile would stop too early it is given the same file with a header in front that states the count.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

#: Bit rates of layer III in kbit/s by index: MPEG 1, and MPEG 2 and 2.5.
_KBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
#: What must agree between the frames of one stream: sync, version, layer; and the sampling rate.
_SAME = b"\xff\xfe\x0c"
#: Junk that is searched for a first frame.
_SEARCH_BYTES = 1 << 20
_STEP_BYTES = 1 << 16


@dataclass(frozen=True)
class Mp3Layout:
    """Where the frames of an MP3 are.

    Attributes
    ----------
    start : int
        Byte at which the first frame begins.
    header : bytes
        First four bytes of the first frame.
    frames : int
        How many frames with sound there are.
    samples : int
        Sample frames they decode to, per channel.
    stated : bool
        Whether a Xing, Info or VBRI header states the length.
    """

    start: int
    header: bytes
    frames: int
    samples: int
    stated: bool


def _frame_bytes(header: bytes) -> int:
    """Length of the layer III frame that begins with `header`, 0 if it begins none (or one of free format)."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version, index, rate = (header[1] >> 3) & 3, header[2] >> 4, (header[2] >> 2) & 3
    if version == 1 or index in (0, 15) or rate == 3:
        return 0
    padding = (header[2] >> 1) & 1
    if version == 3:
        return 144_000 * _KBITS_1[index] // _RATES_HZ[3][rate] + padding
    return 72_000 * _KBITS_2[index] // _RATES_HZ[version][rate] + padding


def _alike(a: bytes, b: bytes) -> bool:
    return all(x & mask == y & mask for x, y, mask in zip(a, b, _SAME, strict=False))


def _at(file: BinaryIO, start: int, size: int = 4) -> bytes:
    """Bytes from `start` on; not mapped into memory, where a file of hundreds of MB would count as the program's."""
    file.seek(start)
    return file.read(size)


def _find_frame(file: BinaryIO, at: int, like: bytes | None = None) -> int:
    """Position of the next frame that is followed by another of its kind, or -1."""
    for start in range(at, at + _SEARCH_BYTES, _STEP_BYTES):
        chunk = _at(file, start, _STEP_BYTES + 3)
        offset = -1
        while 0 <= (offset := chunk.find(b"\xff", offset + 1)) < _STEP_BYTES:
            header = chunk[offset : offset + 4]
            length = _frame_bytes(header)
            if length and (like is None or _alike(header, like)):
                following = _at(file, start + offset + length)
                if _frame_bytes(following) and _alike(header, following):
                    return start + offset
        if len(chunk) <= _STEP_BYTES:
            break
    return -1


def survey(path: Path) -> Mp3Layout | None:
    """Count the frames of an MP3 file.

    Returns
    -------
    Mp3Layout or None
        None if no run of layer III frames is found.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with path.open("rb", buffering=_STEP_BYTES) as file:
        at = 0
        while (tag := _at(file, at, 10))[:3] == b"ID3" and len(tag) == 10:  # its length: four times seven bits
            at += 10 + (tag[6] << 21 | tag[7] << 14 | tag[8] << 7 | tag[9])
        start = at = _find_frame(file, at)
        if at < 0:
            return None
        first = _at(file, at)
        frame = _at(file, at, _frame_bytes(first))
        stated = any(mark in frame[4:48] for mark in (b"Xing", b"Info", b"VBRI"))
        if stated:
            at += len(frame)
        frames = 0
        while at >= 0:
            header = _at(file, at)
            length = _frame_bytes(header)
            if length and _alike(header, first):
                frames += 1
                at += length
            else:
                at = _find_frame(file, at + 1, first) if len(header) == 4 else -1
    samples = frames * (1152 if (first[1] >> 3) & 3 == 3 else 576)
    return Mp3Layout(start, first, frames, samples, stated)


def _length_frame(layout: Mp3Layout) -> bytes:
    """Return a silent frame whose Xing header states how many frames follow."""
    sync, flags, rate, mode = layout.header
    header = bytes((sync, flags | 1, 0x90 | rate & 0x0C, mode))  # no checksum, index 9 (128 or 80 kbit/s)
    mono, mpeg1 = mode >> 6 == 3, (flags >> 3) & 3 == 3
    side_info = (17 if mono else 32) if mpeg1 else (9 if mono else 17)
    body = header + bytes(side_info) + b"Xing" + (1).to_bytes(4, "big") + layout.frames.to_bytes(4, "big")
    return body.ljust(_frame_bytes(header), b"\0")


class StatedMp3:
    """An MP3 file, read-only, as it would be with a header that states its length: for libsndfile's virtual files."""

    def __init__(self, path: Path, layout: Mp3Layout) -> None:
        self._file = path.open("rb")
        self._front = _length_frame(layout)
        self._skip = layout.start - len(self._front)
        self._at = 0
        self._size = self._file.seek(0, 2) - self._skip

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a byte; as in `io`."""
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        """Return the present byte."""
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        size = self._size - self._at if size < 0 else size
        data = self._front[self._at : self._at + size]
        if len(data) < size:
            self._file.seek(self._at + len(data) + self._skip)
            data += self._file.read(size - len(data))
        self._at += len(data)
        return data

    def readinto(self, buffer: memoryview) -> int:
        """Fill a buffer with the next bytes and return how many there were."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
