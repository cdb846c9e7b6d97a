"""Finding tracks of a library by words and by what a model found in them, in one line of text."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.library.rows import Song
from models.analysis import QUADRANTS
from models.errors import JobError

#: Numbers that can be asked for, by the names they go by.
_NUMBERS: dict[str, Callable[[Song], float | None]] = {
    "valence": lambda song: song.valence,
    "arousal": lambda song: song.arousal,
    "confidence": lambda song: song.probability,
    "tempo": lambda song: song.tempo_bpm,
    "level": lambda song: song.level_db,
    "minutes": lambda song: song.duration_s / 60,
}
_WORDS: dict[str, Callable[[Song], str]] = {
    "title": lambda song: song.title,
    "artist": lambda song: song.artist,
    "album": lambda song: song.album,
    "file": lambda song: str(song.path),
}
_RANGE = re.compile(r"(?P<low>-?[\d.]+)?\.\.(?P<high>-?[\d.]+)?|(?P<sign>[<>]=?)(?P<end>-?[\d.]+)|(?P<only>-?[\d.]+)")
#: A number alone stands for what rounds to it.
_NEAR = {"valence": 0.05, "arousal": 0.05, "confidence": 0.05, "tempo": 2.0, "level": 1.0, "minutes": 0.5}

HELP = (
    "Words are looked for in title, artist, album and file; all must be there. Also: Q1 to Q4; "
    f"{', '.join(f'{name}:LOW..HIGH' for name in _NUMBERS)} (or {{name}}:>0.2); "
    f"{', '.join(f'{name}:WORD' for name in _WORDS)}; a minus before any of them leaves out what it finds."
).replace("{name}", "valence")


@dataclass(frozen=True)
class Query:
    """A question to a library.

    Attributes
    ----------
    tests : tuple of callable
        All must say yes to a song.
    """

    tests: tuple[Callable[[Song], bool], ...]

    def keeps(self, song: Song) -> bool:
        """Whether a song is meant."""
        return all(test(song) for test in self.tests)

    def of(self, songs: Iterable[Song]) -> list[Song]:
        """Return the songs that are meant."""
        return [song for song in songs if self.keeps(song)]


def query(text: str) -> Query:
    """Read a question such as ``moonlight q4 valence:0..0.5 tempo:<90 -artist:hua``.

    Raises
    ------
    JobError
        "bad_data" where a range is none.
    """
    lexer = shlex.shlex(text, posix=True)
    # An apostrophe is a letter here ("rock 'n' roll"), and a backslash parts folders.
    lexer.whitespace_split, lexer.quotes, lexer.escape, lexer.commenters = True, '"', "", ""
    try:
        words = list(lexer)
    except ValueError:  # a quotation mark that is not closed: it is meant as it stands
        words = text.split()
    return Query(tuple(_test(word) for word in words if word.strip("-")))


def _test(word: str) -> Callable[[Song], bool]:
    if word.startswith("-"):
        inner = _test(word[1:])
        return lambda song: not inner(song)
    name, colon, rest = word.partition(":")
    name = name.casefold()
    if word.upper() in QUADRANTS:
        quadrant = word.upper()
        return lambda song: song.quadrant == quadrant
    if colon and name in _NUMBERS:
        low, high = _span(name, rest)
        number = _NUMBERS[name]
        return lambda song: (value := number(song)) is not None and low <= value <= high
    if colon and name in _WORDS:
        field, wanted = _WORDS[name], folded(rest)
        return lambda song: wanted in folded(field(song))
    wanted = folded(word)
    return lambda song: wanted in folded(" ".join(field(song) for field in _WORDS.values()))


def _span(name: str, text: str) -> tuple[float, float]:
    found = _RANGE.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        if found["only"] is not None:
            return float(found["only"]) - _NEAR[name], float(found["only"]) + _NEAR[name]
        if found["sign"] is not None:
            end = float(found["end"])
            return (-float("inf"), end) if found["sign"][0] == "<" else (end, float("inf"))
        low = float(found["low"]) if found["low"] else -float("inf")
        high = float(found["high"]) if found["high"] else float("inf")
    except ValueError:
        raise JobError(
            "bad_data", f"{name}:{text} is no range: write {name}:0..0.5, {name}:>0.2 or {name}:<0.2."
        ) from None
    if low > high:
        raise JobError("bad_data", f"{name}:{text} is no range: its lower end lies above the upper one.")
    return low, high


def folded(text: str) -> str:
    """Return text without case and accents, as people look for it."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()
