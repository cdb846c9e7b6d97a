"""Musical reasons: what sets a moment apart from the rest of its track, and from the library.

Plain numpy on the descriptors of an `Analysis`: it says what is so in the music there, not that it is why a model
answered as it did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.analysis import Analysis

#: A library of fewer tracks says nothing.
FEWEST_TRACKS = 10


@dataclass(frozen=True)
class Reason:
    """One way in which a stretch of music stands apart.

    Attributes
    ----------
    descriptor : str
        A name of `Analysis.descriptors`.
    value : float
        Its median in the stretch, in `unit`.
    unit : str
        As `Analysis.descriptors` states it.
    words : str
        "louder by 9 dB than the rest of the track".
    against_track : float
        Difference from the rest of the track in units of the track's spread (robust standard deviation); 0 where there
        is no rest.
    against_track_value : float
        The median of the rest, in `unit`; NaN where there is none.
    against_library : float or None
        Difference from the library's median in units of its spread; None without a library.
    against_library_value : float or None
        The library's median, in `unit`.
    feature : str
        Row of Table 2 of the third paper that it stands for ("Loudness"); empty where it stands for none.
    pole : str
        The end of that row ("High"); empty where there is none.
    association : str
        What that table associates with it ("power, aggression"); empty where there is none.
    strength : float
        (0, 1]; reasons are sorted by it.
    """

    descriptor: str
    value: float
    unit: str
    words: str
    against_track: float
    against_track_value: float
    against_library: float | None
    against_library_value: float | None
    feature: str
    pole: str
    association: str
    strength: float


@dataclass(frozen=True)
class LibraryNorms:
    """What is usual in a library.

    Attributes
    ----------
    tracks : int
        How many it stands on.
    medians, spreads : mapping of str to float
        By descriptor: what a moment of its music has at the middle, and the robust standard deviation around that.
    """

    tracks: int
    medians: Mapping[str, float]
    spreads: Mapping[str, float]


def library_norms(heard: NDArray[np.floating]) -> LibraryNorms | None:
    """What is usual in a library, of `Analysis.heard` of its tracks [shape=(n, s)]; None of fewer than 10."""
    raise NotImplementedError


def reasons(
    analysis: Analysis, start_s: float, end_s: float, library: LibraryNorms | None = None
) -> tuple[Reason, ...]:
    """What sets a stretch apart, strongest first; nothing where nothing does.

    Parameters
    ----------
    analysis : Analysis
        Of the track.
    start_s, end_s : float
        The stretch in seconds; the same twice for a moment, which is taken as the two seconds around it.
    library : LibraryNorms, optional
        What is usual.
    """
    raise NotImplementedError
