"""The user's library: one SQLite database of tracks, analyses, marks, labels and settings.

SQLAlchemy is imported with the first use of `Library`, not with this package: the window reads its settings before its
first paint through `app.library.peek`, which needs the standard library only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.library.library import Library
    from app.library.opening import open_library
    from app.library.ownership import Ownership, take_up
    from app.library.rows import Content, KeptLayer, Label, LineSummary, Mark, Moment, Rater, Rating, Track

__all__ = [
    "Content",
    "KeptLayer",
    "Label",
    "Library",
    "LineSummary",
    "Mark",
    "Moment",
    "Ownership",
    "Rater",
    "Rating",
    "Track",
    "open_library",
    "take_up",
]

_HOMES = {
    "Content": "rows",
    "KeptLayer": "rows",
    "Label": "rows",
    "Library": "library",
    "LineSummary": "rows",
    "Mark": "rows",
    "Moment": "rows",
    "Ownership": "ownership",
    "Rater": "rows",
    "Rating": "rows",
    "Track": "rows",
    "open_library": "opening",
    "take_up": "ownership",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"app.library.{_HOMES[name]}"), name)
    raise AttributeError(name)
