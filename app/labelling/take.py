"""What a person says while a recording plays: one value 20 times a second, passages done again, chills."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.library.rows import Dimension
from models.data.traces import Trace, trace_of_samples

if TYPE_CHECKING:
    from app.library.rows import Rating
    from app.session import Session

RATE_HZ = 20
#: Seconds that are counted down before the recording plays.
COUNTDOWN_S = 3
#: A clock that jumps no further than this has gone on: what lies between keeps the value before.
_GOES_ON_S = 0.5
#: Chills nearer to each other are one.
_ONE_CHILL_S = 0.5


class Take:
    """A rating that is being made. Samples lie on a grid of 50 ms; a later one takes the place of an earlier one.

    Parameters
    ----------
    dimension : {"valence", "arousal", "both"}
        What is rated.
    duration_s : float
        Length of the recording.
    """

    def __init__(self, dimension: Dimension, duration_s: float) -> None:
        if not 0 < duration_s < math.inf:
            raise ValueError("a recording has a length")
        self.dimension = dimension
        self.duration_s = duration_s
        self._values = np.full((math.floor(duration_s * RATE_HZ) + 1, 2), np.nan, np.float32)
        self._chills: list[float] = []
        self._last: int | None = None

    @classmethod
    def again(cls, rating: Rating, duration_s: float) -> Take:
        """Return a take that begins with what a rating says: what is sampled anew takes its place, the rest stays."""
        take = cls(rating.dimension, duration_s)
        slots = np.round(rating.times_s.astype(np.float64) * RATE_HZ).astype(np.int64)
        inside = (slots >= 0) & (slots < len(take._values))
        for column, values in enumerate((rating.valence, rating.arousal)):
            if values is not None:
                take._values[slots[inside], column] = values[inside]
        take._chills = [time_s for time_s in rating.chills if time_s <= duration_s]
        return take

    def sample(self, time_s: float, valence: float | None = None, arousal: float | None = None) -> None:
        """Take the value at an instant of the recording; what is out of range is moved to the range's end.

        Where the instant follows the one before by less than half a second, the slots between them keep the value
        before: a player's clock steps more coarsely than 50 ms.
        """
        at = round(time_s * RATE_HZ)
        if not 0 <= at < len(self._values):
            self._last = None
            return
        named = {"valence": (valence,), "arousal": (arousal,), "both": (valence, arousal)}[self.dimension]
        if any(value is None or math.isnan(value) for value in named):
            raise ValueError(f"a rating of {self.dimension} needs its value")
        value = [math.nan if v is None else min(1.0, max(-1.0, v)) for v in (valence, arousal)]
        if self.dimension == "valence":
            value[1] = math.nan
        elif self.dimension == "arousal":
            value[0] = math.nan
        last = self._last
        if last is not None and last < at <= last + _GOES_ON_S * RATE_HZ:
            self._values[last + 1 : at] = self._values[last]
        self._values[at] = value
        self._last = at

    def pause(self) -> None:
        """Say that the next sample does not follow the last one."""
        self._last = None

    def forget(self, start_s: float, end_s: float | None = None) -> None:
        """Take back a passage, or all from an instant on, to do it again; its chills with it."""
        end_s = self.duration_s if end_s is None else end_s
        first = math.ceil(start_s * RATE_HZ - 1e-6)
        self._values[max(0, first) : math.floor(end_s * RATE_HZ + 1e-6) + 1] = np.nan
        self._chills = [time_s for time_s in self._chills if not start_s <= time_s <= end_s]
        self._last = None

    def chill(self, time_s: float) -> bool:
        """Mark a chill; whether it is not the one that was just marked."""
        if not 0 <= time_s <= self.duration_s or any(abs(time_s - other) < _ONE_CHILL_S for other in self._chills):
            return False
        self._chills = sorted((*self._chills, time_s))
        return True

    @property
    def chills(self) -> tuple[float, ...]:
        """Seconds of the chills."""
        return tuple(self._chills)

    @property
    def coverage(self) -> float:
        """How much of the recording is rated, [0, 1]."""
        return float(self._rated.mean())

    def trail(self, time_s: float, seconds: float = 4.0) -> NDArray[np.float32]:
        """Return the last values before an instant, the worm behind the point.

        Returns
        -------
        np.ndarray [shape=(n, 2)]
            Valence and arousal, the oldest first; NaN for the dimension that is not rated.
        """
        end = max(0, min(len(self._values), math.floor(time_s * RATE_HZ) + 1))
        part = self._values[max(0, end - round(seconds * RATE_HZ)) : end]
        return part[~np.isnan(part).all(axis=1)]

    def gaps(self, longer_s: float = 1.0) -> list[tuple[float, float]]:
        """Return the passages that are not rated and longer than this, in seconds."""
        edges = np.flatnonzero(np.diff(np.concatenate(([True], self._rated, [True])).astype(np.int8)))
        found = [(start / RATE_HZ, end / RATE_HZ) for start, end in edges.reshape(-1, 2)]
        return [(start_s, min(end_s, self.duration_s)) for start_s, end_s in found if end_s - start_s > longer_s]

    def at_2_hz(self) -> Trace:
        """Return what was rated so far as means of half seconds."""
        return trace_of_samples(*self._curves())

    def keep(self, session: Session, track_id: int, instead: Rating | None = None) -> Rating | None:
        """Give the rating to the session, as the current rater's; None if nothing was rated.

        Parameters
        ----------
        session : Session
            Keeps it.
        track_id : int
            The recording.
        instead : Rating, optional
            A rating of which passages were rated again: it gives way to this one.
        """
        if not self._rated.any():
            return None
        return session.add_rating(track_id, self.dimension, *self._curves(), self._chills, instead=instead)

    def _curves(self) -> tuple[NDArray[np.float64], NDArray[np.float32] | None, NDArray[np.float32] | None]:
        """Times, valence and arousal of what was rated; None for the dimension that is not."""
        valence, arousal = self._values[self._rated].T
        return (
            np.flatnonzero(self._rated) / RATE_HZ,
            valence if self.dimension in ("valence", "both") else None,
            arousal if self.dimension in ("arousal", "both") else None,
        )

    @property
    def _rated(self) -> NDArray[np.bool_]:
        return np.asarray(~np.isnan(self._values).all(axis=1))
