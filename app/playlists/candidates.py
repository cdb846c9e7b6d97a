"""What may stand in a playlist, as columns: what the solver looks at of a whole library at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Candidates:
    """Tracks by columns; all arrays have one row per track.

    Attributes
    ----------
    ids : np.ndarray [shape=(n,), dtype=int]
        Of the library.
    durations_s : np.ndarray [shape=(n,)]
        Seconds.
    courses : np.ndarray [shape=(n, 5, 2)]
        Valence and arousal, [-1, 1], at five evenly spaced moments from beginning to end.
    artists : np.ndarray [shape=(n,), dtype=int]
        A number per artist; each track whose artist is unknown has one of its own (see `artist_numbers`).
    tempi_bpm, loudness_db : np.ndarray [shape=(n,)]
        Beats a minute and dBFS; NaN where it is not known.
    favourite : np.ndarray [shape=(n,), dtype=bool]
        Chosen by the client, or marked by the therapist.
    instrumental : np.ndarray [shape=(n,)]
        1 for yes, 0 for no, NaN where it is not known.
    languages : tuple of str
        Of the words sung, one per track; "" where it is not known.
    """

    ids: NDArray[np.int64]
    durations_s: Numbers
    courses: Numbers
    artists: NDArray[np.int64]
    tempi_bpm: Numbers
    loudness_db: Numbers
    favourite: Flags
    instrumental: Numbers
    languages: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def means(self) -> Numbers:
        """Valence and arousal of each whole track [shape=(n, 2)]."""
        mean: Numbers = self.courses.mean(axis=1)
        return mean

    def only(self, kept: Flags) -> Candidates:
        """Return some of them."""
        return Candidates(
            self.ids[kept], self.durations_s[kept], self.courses[kept], self.artists[kept], self.tempi_bpm[kept],
            self.loudness_db[kept], self.favourite[kept], self.instrumental[kept],
            tuple(language for language, keep in zip(self.languages, kept, strict=True) if keep),
        )  # fmt: skip


def artist_numbers(artists: Sequence[str]) -> NDArray[np.int64]:
    """Number artists by name, however it is written; unknown artists are not one artist."""
    known: dict[str, int] = {}
    numbers = []
    for i, artist in enumerate(artists):
        name = " ".join(artist.split()).casefold()
        # A number of its own: below 0, where no name's number lies.
        numbers.append(known.setdefault(name, len(known)) if name else -1 - i)
    return np.array(numbers, np.int64)
