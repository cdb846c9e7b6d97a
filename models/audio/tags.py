"""Title, artist and album of a recording, as far as its tags say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.audio.files import presentable, read_head, shown_name
from models.errors import JobError

_LONGEST = 300
#: No recording has fewer bits per second; speech codecs begin at 6,000.
_FEWEST_BITS_PER_S = 2_000


@dataclass(frozen=True)
class Tags:
    """What a recording's tags say of it.

    Attributes
    ----------
    title : str
        Never empty: the file's name without suffix where no title is given.
    artist, album : str
        Empty where not given.
    duration_s : float or None
        Seconds by the file's header; None where it does not say.
    """

    title: str
    artist: str
    album: str
    duration_s: float | None


def _clean(text: object) -> str:
    """Return one line of printable characters; tags may hold line feeds, NULs and lone surrogates."""
    if not isinstance(text, str):
        return ""
    text = presentable(text)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def read_tags(path: Path) -> Tags:
    """Read the tags of a recording.

    Parameters
    ----------
    path : Path
        Any file, also one that is missing, damaged or no recording.

    Returns
    -------
    Tags
        Never an error: what cannot be read is left out, and the title falls back to the file's name.
    """
    fallback = Tags(_clean(path.stem) or shown_name(path).strip("“”"), "", "", None)
    from tinytag import TinyTag

    try:
        read_head(path)  # a pipe or a device would be waited for
        found = TinyTag.get(path)
    except JobError:
        return fallback
    except Exception:
        return fallback
    duration_s = found.duration
    # A program that writes into a pipe puts the largest number for a length it cannot know.
    longest_s = found.filesize * 8 / _FEWEST_BITS_PER_S
    if not isinstance(duration_s, (int, float)) or not 0 < duration_s <= longest_s:
        duration_s = None
    return Tags(
        title=_clean(found.title) or fallback.title,
        artist=_clean(found.artist) or _clean(found.albumartist),
        album=_clean(found.album),
        duration_s=duration_s,
    )
