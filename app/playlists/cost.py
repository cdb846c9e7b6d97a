"""What the solver minimises.

For a playlist of K tracks over a path p the cost is

    J = mean |c - p|^2  +  JOIN * mean |end - beginning|^2  +  LENGTH * ((length - wished) / wished)^2
        + BEND * (limits that are bent) / K  -  FAVOURITE * (favourites) / K

where the first mean is over the time of the playlist (each track's course c at five moments against the path at the
same moments), and the second over its joins (the end of a track against the beginning of the next). A limit that is
bent costs more than any distance that it could save: BEND is above the square of the plane's diagonal.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.playlists.candidates import Candidates
from app.playlists.path import MoodPath
from app.playlists.wishes import LOW_VALENCE, Wishes
from models.inference.course import MOMENTS, POINTS

JOIN = 0.5
LENGTH = 2.0
BEND = 10.0
#: A track that comes twice counts as so many limits, whatever else has to give way.
TWICE = 10
#: About the square of the smallest difference in the plane that means something.
FAVOURITE = 0.01
#: A length further off than this is said (share of what was wished).
LENGTH_SLACK = 0.1

Numbers = NDArray[np.float64]
Slots = NDArray[np.int64]


@dataclass(frozen=True)
class Task:
    """A path, the tracks that may be taken, and what is wished of them.

    Attributes
    ----------
    path : MoodPath
        To follow.
    candidates : Candidates
        Without those of the avoid-list.
    wishes : Wishes
        Length and limits.
    """

    path: MoodPath
    candidates: Candidates
    wishes: Wishes

    @property
    def wished_s(self) -> float | None:
        """Length wished in seconds; None where it is wished in tracks."""
        return None if self.wishes.minutes is None else self.wishes.minutes * 60

    @property
    def slots(self) -> float:
        """Number of tracks, where it is wished in minutes the likely one."""
        if self.wishes.tracks is not None:
            return float(self.wishes.tracks)
        assert self.wished_s is not None  # one of both is told
        return max(1.0, self.wished_s / float(np.median(self.candidates.durations_s)))

    @cached_property
    def own_bends(self) -> Slots:
        """How many limits each candidate bends by itself, wherever it stands [shape=(n,)]."""
        return sum((flags.astype(np.int64) for flags in self.misfits().values()), np.zeros(len(self.candidates), int))

    @cached_property
    def means(self) -> Numbers:
        """Valence and arousal of each candidate as a whole [shape=(n, 2)]."""
        return self.candidates.means

    def rough(self, rows: Slots, place: float) -> Numbers:
        """Return about what rows cost at a fraction of the way, limits that they bend by themselves counted in."""
        apart: Numbers = ((self.means[rows] - self.path.at(place)) ** 2).sum(axis=1) + BEND * self.own_bends[rows]
        return apart - FAVOURITE * self.candidates.favourite[rows] * self.wishes.favourites_first

    def misfits(self) -> dict[str, NDArray[np.bool_]]:
        """Which candidates bend which limit by themselves."""
        wishes, tracks = self.wishes, self.candidates
        found: dict[str, NDArray[np.bool_]] = {}
        for name, span, values in (
            ("tempo", wishes.tempo_bpm, tracks.tempi_bpm),
            ("loudness", wishes.loudness_db, tracks.loudness_db),
        ):
            if span is not None:
                found[name] = ~((values >= span[0]) & (values <= span[1]))  # what is not known lies outside
        if wishes.instrumental is not None:
            found["instrumental"] = tracks.instrumental != float(wishes.instrumental)
        if wishes.languages:
            without_words = tracks.instrumental == 1.0
            spoken = np.array([language in wishes.languages for language in tracks.languages], bool)
            found["language"] = ~(spoken | without_words)
        return found

    def follow(self, chosen: Slots, begin_s: Numbers, slot: int) -> Numbers:
        """Mean squared distance of tracks from the path, where they would lie [shape as broadcast].

        Parameters
        ----------
        chosen : np.ndarray, dtype=int
            Rows of the candidates.
        begin_s : np.ndarray
            When each would begin, in seconds from the start of the playlist.
        slot : int
            In which slot; it tells the place where the length is wished in tracks.
        """
        tracks = self.candidates
        if self.wished_s is None:
            place = np.broadcast_to((slot + MOMENTS) / self.slots, (*np.shape(chosen), POINTS))
        else:
            place = (begin_s[..., None] + tracks.durations_s[chosen][..., None] * MOMENTS) / self.wished_s
        apart: Numbers = ((tracks.courses[chosen] - self.path.at(place)) ** 2).sum(axis=-1).mean(axis=-1)
        return apart

    def share(self, chosen: Slots) -> Numbers:
        """What part of the playlist each track is."""
        if self.wished_s is None:
            return np.full(np.shape(chosen), 1.0 / self.slots)
        share: Numbers = self.candidates.durations_s[chosen] / self.wished_s
        return share

    def join(self, before: Slots, after: Slots) -> Numbers:
        """Squared distance between the end of tracks and the beginning of others [shape as broadcast]."""
        courses = self.candidates.courses
        apart: Numbers = ((courses[before, -1] - courses[after, 0]) ** 2).sum(axis=-1)
        return apart

    @cached_property
    def low(self) -> NDArray[np.bool_]:
        """Which candidates are low in valence [shape=(n,)]."""
        flags: NDArray[np.bool_] = self.means[:, 0] < LOW_VALENCE
        return flags

    def off(self, length_s: Numbers) -> Numbers:
        """What lengths cost."""
        if self.wished_s is None:
            return np.zeros_like(length_s)
        return LENGTH * ((length_s - self.wished_s) / self.wished_s) ** 2


def added(
    task: Task, slot: int, chosen: Slots, earlier: Slots, elapsed_s: Numbers, run: Slots
) -> tuple[Numbers, Slots]:
    """Return what tracks cost that come next, the length of the whole and tracks that come twice left out.

    Parameters
    ----------
    task : Task
        What they are held against.
    slot : int
        In which slot they would lie.
    chosen : np.ndarray [shape=(...,), dtype=int]
        Rows of the candidates.
    earlier : np.ndarray [shape=(..., slot), dtype=int]
        The rows before each, in their order [broadcast against `chosen`].
    elapsed_s : np.ndarray [shape=(...,)]
        Seconds that these take.
    run : np.ndarray [shape=(...,), dtype=int]
        How many tracks of low valence these end with.

    Returns
    -------
    cost : np.ndarray [shape=(...,)]
        What each adds.
    run : np.ndarray [shape=(...,), dtype=int]
        The same as above, with it.
    """
    wishes, tracks, slots = task.wishes, task.candidates, task.slots
    cost = task.follow(chosen, elapsed_s, slot) * task.share(chosen)
    bends = task.own_bends[chosen].astype(np.float64)
    run = np.where(task.low[chosen], run + 1, 0)
    if wishes.low_valence_in_a_row is not None:
        bends += run > wishes.low_valence_in_a_row
    if slot:
        jump = task.join(earlier[..., -1], chosen)
        cost += JOIN * jump / slots
        if wishes.step_limit is not None:
            bends += jump > wishes.step_limit**2
        if wishes.one_per_artist:
            bends += (tracks.artists[earlier] == tracks.artists[chosen][..., None]).any(axis=-1)
    cost += BEND * bends / slots
    if wishes.favourites_first:
        cost -= FAVOURITE * tracks.favourite[chosen] / slots
    return cost, run


def costs(task: Task, sequences: Slots) -> Numbers:
    """Cost J of whole playlists [shape=(s,)]; a track that comes twice costs more than any limit that is bent.

    Parameters
    ----------
    task : Task
        What they are held against.
    sequences : np.ndarray [shape=(s, k), dtype=int]
        Rows of the candidates in their order.
    """
    count, longest = sequences.shape
    total, elapsed_s, run = np.zeros(count), np.zeros(count), np.zeros(count, np.int64)
    for slot in range(longest):
        chosen, earlier = sequences[:, slot], sequences[:, :slot]
        cost, run = added(task, slot, chosen, earlier, elapsed_s, run)
        again = (earlier == chosen[:, None]).any(axis=1)
        total += cost + TWICE * BEND * again / task.slots
        elapsed_s += task.candidates.durations_s[chosen]
    return total + task.off(elapsed_s)


@dataclass(frozen=True)
class Bend:
    """A limit that could not be kept.

    Attributes
    ----------
    kind : str
        "tempo", "loudness", "instrumental", "language", "step", "artist", "low valence" or "length".
    slots : tuple of int
        Where, 0 for the first; empty for the length.
    words : str
        In a sentence.
    """

    kind: str
    slots: tuple[int, ...]
    words: str


def bends_of(task: Task, sequence: Slots) -> tuple[Bend, ...]:
    """Return which limits a playlist bends, and where."""
    wishes, tracks = task.wishes, task.candidates
    found = [
        (kind, [slot for slot, row in enumerate(sequence) if flags[row]]) for kind, flags in task.misfits().items()
    ]
    if wishes.step_limit is not None:
        jumps = np.sqrt(task.join(sequence[:-1], sequence[1:]))
        found.append(("step", [slot + 1 for slot, jump in enumerate(jumps) if jump > wishes.step_limit]))
    if wishes.one_per_artist:
        seen = Counter[int]()
        again = []
        for slot, row in enumerate(sequence):
            artist = int(tracks.artists[row])
            if seen[artist]:
                again.append(slot)
            seen[artist] += 1
        found.append(("artist", again))
    if wishes.low_valence_in_a_row is not None:
        run, long = 0, []
        for slot, row in enumerate(sequence):
            run = run + 1 if task.low[row] else 0
            if run > wishes.low_valence_in_a_row:
                long.append(slot)
        found.append(("low valence", long))
    bends = [Bend(kind, tuple(slots), _words(wishes, kind, slots)) for kind, slots in found if slots]
    length_s = float(tracks.durations_s[sequence].sum())
    if task.wished_s is not None and abs(length_s - task.wished_s) > LENGTH_SLACK * task.wished_s:
        words = f"It lasts {length_s / 60:.1f} minutes instead of {task.wished_s / 60:g}: no tracks add up better."
        bends.append(Bend("length", (), words))
    return tuple(bends)


def _words(wishes: Wishes, kind: str, slots: list[int]) -> str:
    where = ("track " if len(slots) == 1 else "tracks ") + ", ".join(str(slot + 1) for slot in slots)
    tempo, loudness = wishes.tempo_bpm or (0.0, 0.0), wishes.loudness_db or (0.0, 0.0)
    return {
        "tempo": f"Tempo outside {tempo[0]:g} to {tempo[1]:g} bpm, or not known: {where}.",
        "loudness": f"Loudness outside {loudness[0]:g} to {loudness[1]:g} dBFS, or not known: {where}.",
        "instrumental": f"With words, without, or not known, against the wish: {where}.",
        "language": f"In another language, or not known: {where}.",
        "step": f"A step of more than {wishes.step_limit or 0:g} in the plane before {where}.",
        "artist": f"An artist comes again: {where}.",
        "low valence": f"More than {wishes.low_valence_in_a_row} tracks of low valence in a row: {where}.",
    }[kind]
