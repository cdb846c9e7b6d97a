"""As much of a PDF as tests ask for: pages, size, fonts, and the words in the order in which they are drawn."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\r?\n(.*?)\r?\nendobj", re.S)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.S)
_SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\)|(\bET\b)", re.S)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True)
class Pdf:
    """What was found; `pages` are (width, height) in millimetres, `embedded` says whether every font lies within."""

    pages: list[tuple[float, float]]
    fonts: set[str]
    embedded: bool
    words: str
    facts: str


def _stream(content: bytes) -> bytes:
    found = _STREAM.search(content)
    return b"" if found is None else zlib.decompress(found[1]) if b"/FlateDecode" in content else found[1]


def _plain(text: bytes) -> bytes:
    """Undo the escapes of a string."""

    def one(match: re.Match[bytes]) -> bytes:
        if match[1]:
            return bytes([int(match[1], 8)])
        return _ESCAPES.get(match[2], match[2])

    return re.sub(rb"\\(?:([0-7]{1,3})|(.))", one, text, flags=re.S)


def _letters(to_unicode: bytes) -> dict[int, str]:
    """Numbers of letters to what they stand for."""
    letters = {}
    for first, _last, listed in re.findall(rb"<([0-9a-f]{4})> <([0-9a-f]{4})> \[([^\]]*)\]", to_unicode):
        for i, code in enumerate(re.findall(rb"<([0-9a-f]+)>", listed)):
            letters[int(first, 16) + i] = bytes.fromhex(code.decode()).decode("utf-16-be")
    return letters


def read_pdf(content: bytes) -> Pdf:
    """Read a PDF whose letters are of TrueType fonts, as figures write it."""
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    boxes = [
        re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", body)
        for body in objects.values()
        if re.search(rb"/Type /Page\b(?!s)", body)
    ]
    pages = [(float(box[1]) * 25.4 / 72, float(box[2]) * 25.4 / 72) for box in boxes if box is not None]
    named: dict[bytes, int] = {}
    for body in objects.values():
        named |= {name: int(n) for name, n in re.findall(rb"/(F\d+) (\d+) 0 R", body)}
    maps = {}
    for name, number in named.items():
        link = re.search(rb"/ToUnicode (\d+) 0 R", objects[number])
        maps[name] = _letters(_stream(objects[int(link[1])])) if link else {}
    descriptors = [body for body in objects.values() if b"/Type /FontDescriptor" in body]
    words: list[str] = []
    for body in objects.values():
        drawn = _stream(body) if b"stream" in body and b"/Subtype /Image" not in body else b""
        letters: dict[int, str] = {}
        for font, shown, end in _SHOWN.findall(drawn) if b"\nBT\n" in drawn else ():
            if font:
                letters = maps[font]
            elif end:
                words.append("\n")
            else:
                raw = _plain(shown)
                codes = [raw[i] * 256 + raw[i + 1] for i in range(0, len(raw) - 1, 2)] if letters else list(raw)
                words += [letters.get(code, chr(code)) for code in codes]
    facts = b"".join(
        _plain(text) for body in objects.values() for text in re.findall(rb"/Title \((.*?)\)\s*(?=/|>>)", body, re.S)
    )
    return Pdf(
        pages,
        {name.decode() for name in re.findall(rb"/BaseFont /(\S+)", content)},
        bool(descriptors) and all(b"/FontFile2 " in body for body in descriptors) and b"/Type3" not in content,
        "".join(words),
        facts[2:].decode("utf-16-be") if facts[:2] == b"\xfe\xff" else facts.decode("latin-1"),
    )
