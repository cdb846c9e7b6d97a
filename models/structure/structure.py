"""How a recording is built: its beats and bars, its sections, its harmony over time. No model is asked for it."""

from __future__ import annotations

from dataclasses import dataclass

from models.analysis import FloatArray

#: Of how structures are found: those of another version are found anew.
VERSION = "1"


@dataclass(frozen=True)
class Section:
    """A stretch of music that is of one kind; sections of like kind share a letter ("A", "B")."""

    start_s: float
    end_s: float
    letter: str


@dataclass(frozen=True)
class Structure:
    """How one recording is built. Never changed, only replaced.

    Attributes
    ----------
    sha256 : str
        Of the file's content.
    duration_s : float
        Seconds.
    tempo_bpm : float or None
        Beats a minute, an estimate; None where no beat was found.
    beats_s : np.ndarray [shape=(b,), dtype=float32]
        Beats in seconds; empty where none was found.
    downbeats_s : np.ndarray [shape=(d,), dtype=float32]
        First beats of bars, some of `beats_s`; empty where no bar was found.
    sections : tuple of Section
        In the order of time, without gaps; one where no part differs from the rest.
    chroma : np.ndarray [shape=(12, c), dtype=float32]
        Energy of each pitch class from C upwards, [0, 1], the strongest of a column is 1 (all 0 in silence).
    chroma_step_s : float
        Seconds per column.
    """

    sha256: str
    duration_s: float
    tempo_bpm: float | None
    beats_s: FloatArray
    downbeats_s: FloatArray
    sections: tuple[Section, ...]
    chroma: FloatArray
    chroma_step_s: float
