"""What opening a session did, in a sentence or three."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.jobs.messages import SessionRead
    from app.sessions.merging import Incoming


def opened_words(message: SessionRead, come: Sequence[Incoming], others: int, model: str) -> str:
    """Tell what came in with a session, what could not be found, and what went.

    Parameters
    ----------
    message : SessionRead
        What was read.
    come : sequence of Incoming
        What came in, by track.
    others : int
        How many recordings were taken off the list.
    model : str
        Name of the session's model where it is not here.
    """
    parts = [
        _count(sum(len(one.marks) + len(one.named) for one in come), "mark"),
        _count(sum(len(one.moments) for one in come), "climax", "climaxes"),
        _count(sum(len(one.layers) for one in come), "layer"),
    ]
    new = [part for part in parts if part]
    tracks = _count(len(come), "recording") or "no recordings"
    words = f"Opened “{message.file.stem}”: {tracks}"
    words += f"; {_listed(new)} came in." if new else "."
    saved = list(zip(message.content.tracks, message.places, strict=True))
    missing = [track.title or track.path.name for track, place in saved if place.state == "missing"]
    changed = [track.title or track.path.name for track, place in saved if place.state == "changed"]
    if moved := _count(sum(place.state == "moved" for _, place in saved), "moved file"):
        words += f" Found {moved}."
    if missing:
        words += f" Not found: {_some(missing)}; the marks are kept."
    if changed:
        words += f" Another file lies in the place of {_some(changed)}: marks may not fit it."
    if others:
        words += f" {_count(others, 'other recording')} left the list; Undo brings all of it back."
    if model:
        words += f" Its model, {model}, is not here."
    return words


def _count(n: int, one: str, many: str = "") -> str:
    """Return "1 mark" or "n marks"; nothing for none."""
    return "" if n == 0 else f"1 {one}" if n == 1 else f"{n:,} {many or one + 's'}"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3:,} more"
