"""What a playlist is asked to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.errors import JobError

Span = tuple[float, float]
#: Music whose valence lies below this counts as low in it, where runs of such music are capped.
LOW_VALENCE = -0.1


@dataclass(frozen=True)
class Wishes:
    """Length and limits; the solver keeps a limit unless nothing else can be found, and then says so.

    Attributes
    ----------
    minutes : float or None
        Length wanted; else `tracks` says it.
    tracks : int or None
        Number of tracks wanted.
    step_limit : float or None
        Largest distance in the plane between the end of a track and the beginning of the next.
    tempo_bpm, loudness_db : tuple of float or None
        Lowest and highest; a track of which it is not known is outside.
    one_per_artist : bool
        No artist twice; unknown artists are not one artist.
    favourites_first : bool
        Of two tracks that fit about equally the client's own choice is taken.
    avoid : frozenset of int
        Ids that never come, whatever else has to give way: the avoid-list.
    low_valence_in_a_row : int or None
        Most tracks of low valence one after the other; long runs of such music feed the mood.
    instrumental : bool or None
        Only music without words, or only music with words; None for both.
    languages : frozenset of str
        Only words in these languages, or none; empty for all.
    locked : mapping of int to int
        Tracks (ids) that stay in their slots (0 for the first).
    """

    minutes: float | None = None
    tracks: int | None = None
    step_limit: float | None = None
    tempo_bpm: Span | None = None
    loudness_db: Span | None = None
    one_per_artist: bool = True
    favourites_first: bool = True
    avoid: frozenset[int] = frozenset()
    low_valence_in_a_row: int | None = 3
    instrumental: bool | None = None
    languages: frozenset[str] = frozenset()
    locked: Mapping[int, int] = field(default_factory=dict)

    def check(self) -> None:
        """Raise `JobError` ("bad_data") where they contradict themselves."""
        if (self.minutes is None) == (self.tracks is None):
            raise JobError("bad_data", "Say how long the playlist shall be: in minutes, or in tracks.")
        if self.minutes is not None and not 0 < self.minutes <= 24 * 60:
            raise JobError("bad_data", "The length must lie between 0 and 1,440 minutes.")
        if self.tracks is not None and not 1 <= self.tracks <= 500:
            raise JobError("bad_data", "The number of tracks must lie between 1 and 500.")
        for name, span in (("tempo", self.tempo_bpm), ("loudness", self.loudness_db)):
            if span is not None and not span[0] <= span[1]:
                raise JobError("bad_data", f"The lowest {name} lies above the highest.")
        if self.step_limit is not None and not self.step_limit > 0:
            raise JobError("bad_data", "The largest step must be above 0.")
        both = self.avoid & set(self.locked.values())
        if both:
            raise JobError("bad_data", "A track that is locked in the playlist stands on the avoid-list.")
