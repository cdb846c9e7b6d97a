"""A library's songs as what the solver looks at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.library.rows import Song
from app.playlists.candidates import Candidates, artist_numbers
from models.inference.course import POINTS


def candidates_of(songs: Sequence[Song]) -> Candidates:
    """Return songs by columns; those whose files are missing are left out.

    Whether music has words, and in which language, is not known of any song; nor is one a favourite.
    """
    there = [song for song in songs if not song.missing]
    count = len(there)
    return Candidates(
        ids=np.array([song.id for song in there], np.int64),
        durations_s=np.array([song.duration_s for song in there], np.float64),
        courses=np.array([song.course for song in there], np.float64).reshape(count, POINTS, 2),
        artists=artist_numbers([song.artist for song in there]),
        tempi_bpm=np.array([np.nan if song.tempo_bpm is None else song.tempo_bpm for song in there], np.float64),
        loudness_db=np.array([np.nan if song.level_db is None else song.level_db for song in there], np.float64),
        favourite=np.zeros(count, bool),
        instrumental=np.full(count, np.nan),
        languages=("",) * count,
    )
