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
from models.audio.descriptors.table import SUMMARY_NAMES
from models.audio.tagger import N_FEATURES
from models.explain.measures import MEASURES, Measure

#: A library of fewer tracks says nothing.
FEWEST_TRACKS = 10
#: Differences below so many spreads are what music does anyway.
LEAST_EFFECT = 1.5
#: A stretch is taken as so long at least (s).
SHORTEST_S = 2.0
#: Fewer instants (half seconds) are no rest of a track.
_FEWEST_INSTANTS = 10
#: Of a normal distribution: deviation over median absolute deviation, and deviations between 10th and 90th percentile.
_MAD, _P10_TO_P90 = 1.4826, 2.563


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
    """What is usual in a library, of `Analysis.heard` of its tracks [shape=(n, s)]; None of fewer than 10.

    None also where they are of another version, with other features.

    The middle is the median of the tracks' medians. A moment differs from it as tracks differ from each other and as
    moments do within a track: the spread is the root of the sum of both squares, the first from the median absolute
    deviation of the tracks' medians, the second from the tracks' typical distance of the 10th and 90th percentile.
    """
    if len(heard) < FEWEST_TRACKS or heard.shape[1] != N_FEATURES + len(SUMMARY_NAMES):
        return None
    at = {name: N_FEATURES + i for i, name in enumerate(SUMMARY_NAMES)}
    medians, spreads = {}, {}
    for measure in MEASURES:
        p10, p50, p90 = (measure.scaled(heard[:, at[f"{measure.name}.{part}"]]) for part in ("p10", "p50", "p90"))
        middle = float(np.nanmedian(p50))
        between = _MAD * float(np.nanmedian(np.abs(p50 - middle)))
        within = float(np.nanmedian(p90 - p10)) / _P10_TO_P90
        medians[measure.name] = float(measure.unscaled(middle))
        spreads[measure.name] = float(np.hypot(between, within))
    return LibraryNorms(len(heard), medians, spreads)


def reasons(
    analysis: Analysis, start_s: float, end_s: float, library: LibraryNorms | None = None
) -> tuple[Reason, ...]:
    """What sets a stretch apart, strongest first; nothing where nothing does.

    A difference counts where it is at least `LEAST_EFFECT` times the larger of the spread (1.4826 times the median
    absolute deviation) and of what can be told apart by ear (`Measure.least`), and where the descriptor itself lies on
    the side that it is named for: a passage that is less minor than the rest is not major.

    Parameters
    ----------
    analysis : Analysis
        Of the track.
    start_s, end_s : float
        The stretch in seconds, in either order; less than two seconds, or a moment, are taken as the two seconds around
        it, for a descriptor looks at a second and more of music itself.
    library : LibraryNorms, optional
        What is usual.
    """
    curves = analysis.descriptors
    if curves is None:
        return ()
    first_s, last_s = sorted((start_s, end_s))
    middle_s = 0.5 * (first_s + last_s)
    first_s, last_s = min(first_s, middle_s - SHORTEST_S / 2), max(last_s, middle_s + SHORTEST_S / 2)
    inside = (curves.times_s >= first_s) & (curves.times_s <= last_s)
    found = []
    for measure in MEASURES:
        if measure.name not in curves.names:
            continue
        column = curves.names.index(measure.name)
        values = curves.values[:, column].astype(np.float64)
        clarity = curves.values[:, curves.names.index(measure.needs)] if measure.needs in curves.names else None
        if clarity is not None:
            values = np.where(clarity >= measure.least_needed, values, np.nan)
        reason = _reason(measure, curves.units[column], values, inside, library)
        if reason is not None:
            found.append(reason)
    return tuple(sorted(found, key=lambda reason: -reason.strength))


def _reason(
    measure: Measure, unit: str, values: NDArray[np.float64], inside: NDArray[np.bool_], library: LibraryNorms | None
) -> Reason | None:
    here, rest = (measure.scaled(values[where]) for where in (inside, ~inside))
    if np.isfinite(here).sum() < max(1, 0.5 * len(here)):
        return None
    value = float(np.nanmedian(here))
    of_track, of_library = 0.0, None
    usual, in_library = np.nan, np.nan
    if np.isfinite(rest).sum() >= _FEWEST_INSTANTS:
        usual = float(np.nanmedian(rest))
        of_track = measure.effect(value, usual, _MAD * float(np.nanmedian(np.abs(rest - usual))))
    if library is not None and measure.name in library.medians:
        in_library = float(measure.scaled(np.array(library.medians[measure.name])))
        of_library = measure.effect(value, in_library, library.spreads[measure.name])
    told = [
        (abs(effect), against, where)
        for effect, against, where in (
            (of_track, usual, "the rest of the track"),
            (
                of_library or 0.0,
                in_library,
                f"what is usual in the library ({library.tracks} tracks)" if library else "",
            ),
        )
        if abs(effect) >= LEAST_EFFECT and measure.is_so(value, value > against)
    ]
    if not told:
        return None
    strongest, against, where = max(told)
    pole = measure.pole(value > against)
    return Reason(
        descriptor=measure.name,
        value=float(measure.unscaled(value)),
        unit=unit,
        words=measure.words(value, against, where),
        against_track=of_track,
        against_track_value=float(measure.unscaled(usual)),
        against_library=of_library,
        against_library_value=None if of_library is None else float(measure.unscaled(in_library)),
        feature=measure.row,
        pole=pole[0],
        association=pole[1],
        strength=strongest / (strongest + 2 * LEAST_EFFECT),
    )
