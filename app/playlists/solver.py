"""Find the tracks that best follow a path under all limits: a beam search over slots, then local improvement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.playlists.candidates import Candidates
from app.playlists.cost import Bend, Slots, Task, added, bends_of, costs
from app.playlists.path import MoodPath
from app.playlists.wishes import Wishes
from models.errors import JobError

#: Unfinished playlists that are kept at each slot, and tracks that are tried on each of them. With few candidates all
#: of both: then what is found is the best there is.
_BEAM, _TRIED = 192, 160
_SMALL, _WIDE_BEAM = 24, 20_000
_MOST_ROUNDS = 6
#: Pairs of slots that are looked at to improve a playlist: a round of 100 tracks takes 100 million (some seconds). So
#: many rounds are gone as fit in here, and one where it takes no more than the second number (240 tracks).
_MOST_WORK, _LARGEST_ROUND = 300_000_000, 2_000_000_000
#: Libraries up to this size are looked through whole; of larger ones what lies near one of so many places of the path.
_WHOLE, _PLACES = 3000, 25
_MOST_SLOTS = 500


@dataclass(frozen=True)
class Plan:
    """A playlist that was found.

    Attributes
    ----------
    task : Task
        What it was found for.
    rows : np.ndarray [shape=(k,), dtype=int]
        Rows of `task.candidates`, in order.
    cost : float
        What was minimised (see `app.playlists.cost`).
    follow : float
        Root of the mean squared distance from the path, in the plane.
    joins : float
        The same of the joins: end of a track to the beginning of the next.
    bends : tuple of Bend
        Limits that had to be bent.
    """

    task: Task
    rows: Slots
    cost: float
    follow: float
    joins: float
    bends: tuple[Bend, ...]

    @property
    def ids(self) -> tuple[int, ...]:
        """Tracks of the library, in order."""
        return tuple(int(i) for i in self.task.candidates.ids[self.rows])

    @property
    def length_s(self) -> float:
        """Seconds."""
        return float(self.task.candidates.durations_s[self.rows].sum())


def solve(path: MoodPath, candidates: Candidates, wishes: Wishes) -> Plan:
    """Find the playlist that best follows a path.

    Parameters
    ----------
    path : MoodPath
        From a mood to another.
    candidates : Candidates
        The library.
    wishes : Wishes
        Length and limits.

    Raises
    ------
    JobError
        "bad_data" where the wishes contradict themselves, or no track may be taken at all.
    """
    wishes.check()
    task = _task(path, candidates, wishes)
    found = _improved(task, _search(task))
    return plan_of(task, found)


def plan_of(task: Task, rows: Slots) -> Plan:
    """Return what there is to say of a playlist, found or put together by hand."""
    begins_s = np.concatenate(([0.0], np.cumsum(task.candidates.durations_s[rows])[:-1]))
    apart = [float(task.follow(rows[i : i + 1], begins_s[i : i + 1], i)[0]) for i in range(len(rows))]
    shares = task.share(rows)
    follow = float(np.sqrt(np.average(apart, weights=shares)))
    joins = float(np.sqrt(task.join(rows[:-1], rows[1:]).mean())) if len(rows) > 1 else 0.0
    cost = float(costs(task, rows[None])[0])
    return Plan(task, rows, cost, follow, joins, bends_of(task, rows))


def alternatives(plan: Plan, slot: int, count: int = 5) -> list[Plan]:
    """Return the playlists with the next best tracks in one slot, the best first."""
    task, rows = plan.task, plan.rows
    others = np.setdiff1d(np.arange(len(task.candidates)), rows)
    if not len(others):
        return []
    tried = np.repeat(rows[None], len(others), axis=0)
    tried[:, slot] = others
    order = np.argsort(costs(task, tried), kind="stable")[:count]
    return [plan_of(task, tried[i]) for i in order]


def _task(path: MoodPath, candidates: Candidates, wishes: Wishes) -> Task:
    kept = ~np.isin(candidates.ids, np.array(sorted(wishes.avoid), np.int64))
    kept &= (candidates.durations_s > 0) & np.isfinite(candidates.courses).all(axis=(1, 2))
    if not kept.any():
        why = "every one stands on the avoid-list" if len(candidates) else "the library holds none that is analysed"
        raise JobError("bad_data", f"No track can be taken: {why}. Add music, or take tracks off the avoid-list.")
    missing = set(wishes.locked.values()) - set(candidates.ids[kept].tolist())
    if missing:
        raise JobError("bad_data", f"A locked track is not among the tracks that may be taken: {sorted(missing)[0]}.")
    task = Task(path, candidates.only(kept), wishes)
    if int(kept.sum()) <= _WHOLE:
        return task
    # Of a large library only those that lie near some part of the path can come into question.
    every = np.arange(len(task.candidates))
    near = np.isin(task.candidates.ids, np.array(list(wishes.locked.values()), np.int64))
    for place in np.linspace(0.0, 1.0, _PLACES):
        near[np.argpartition(task.rough(every, float(place)), _TRIED)[:_TRIED]] = True
    return Task(path, task.candidates.only(near), wishes)


@dataclass
class _Beam:
    """Unfinished playlists, best first."""

    rows: Slots  # [shape=(b, k)]
    cost: NDArray[np.float64]
    elapsed_s: NDArray[np.float64]
    run: NDArray[np.int64]


def _search(task: Task) -> Slots:
    wishes, tracks = task.wishes, task.candidates
    place = {int(track): row for row, track in enumerate(tracks.ids)}
    locked = {slot: place[track] for slot, track in wishes.locked.items()}
    small = len(tracks) <= _SMALL
    width = _WIDE_BEAM if small else _BEAM
    beam = _Beam(np.empty((1, 0), np.int64), np.zeros(1), np.zeros(1), np.zeros(1, np.int64))
    best: tuple[float, Slots] | None = None
    last = min(len(tracks), _MOST_SLOTS if wishes.tracks is None else wishes.tracks)
    must_reach = max(locked, default=-1)
    for slot in range(last):
        pool = np.array([locked[slot]]) if slot in locked else _pool(task, beam, slot, locked, small)
        if not len(pool):
            break
        beam = _grown(task, beam, slot, pool, width)
        if wishes.tracks is not None and slot + 1 < last:
            continue
        if slot >= must_reach:
            finished = beam.cost + task.off(beam.elapsed_s)
            first = int(np.argmin(finished))
            if best is None or finished[first] < best[0]:
                best = float(finished[first]), beam.rows[first]
        if task.wished_s is not None:
            going_on = beam.elapsed_s < task.wished_s
            if not going_on.any() and slot >= must_reach:
                break
            if going_on.any():
                beam = _Beam(beam.rows[going_on], beam.cost[going_on], beam.elapsed_s[going_on], beam.run[going_on])
    found: Slots = beam.rows[int(np.argmin(beam.cost))] if best is None else best[1]
    return found


def _pool(task: Task, beam: _Beam, slot: int, locked: dict[int, int], small: bool) -> Slots:
    """Rows that are worth trying in a slot: those nearest to the path there, bent limits counted in."""
    free = np.setdiff1d(np.arange(len(task.candidates)), list(locked.values()))
    if small or len(free) <= _TRIED:
        return free
    if task.wished_s is None:
        places = np.array([(slot + 0.5) / task.slots])
    else:
        half_s = float(np.median(task.candidates.durations_s)) / 2
        places = np.unique(np.quantile(beam.elapsed_s + half_s, [0.0, 0.5, 1.0])) / task.wished_s
    each = _TRIED // len(places)
    chosen = [free[np.argpartition(task.rough(free, float(place)), each)[:each]] for place in places]
    pool: Slots = np.unique(np.concatenate(chosen))
    return pool


def _grown(task: Task, beam: _Beam, slot: int, pool: Slots, width: int) -> _Beam:
    """Put each track of the pool behind each playlist, and keep the best."""
    grid = np.broadcast_to(pool, (len(beam.cost), len(pool)))
    begins_s = np.broadcast_to(beam.elapsed_s[:, None], grid.shape)
    earlier = beam.rows[:, None, :]
    cost, run = added(task, slot, grid, earlier, begins_s, beam.run[:, None])
    cost += beam.cost[:, None]
    cost[(earlier == grid[..., None]).any(axis=-1)] = np.inf
    flat, elapsed = cost.ravel(), (begins_s + task.candidates.durations_s[pool]).ravel()
    kept = np.flatnonzero(np.isfinite(flat))
    if len(kept) > width:
        key = flat[kept]
        if task.wished_s is not None:
            # Longer ones have more behind them: what is left is counted at the rate of the best.
            done = np.minimum(elapsed[kept] / task.wished_s, 1.0)
            rate = max(float((key / done).min()), 0.0)
            key = key + rate * (1 - done)
        kept = kept[np.argpartition(key, width)[:width]]
    parents, newest = np.unravel_index(kept, cost.shape)
    return _Beam(
        np.concatenate((beam.rows[parents], pool[newest][:, None]), axis=1),
        flat[kept],
        elapsed[kept],
        run.ravel()[kept],
    )


def _improved(task: Task, rows: Slots) -> Slots:
    """Exchange tracks, and their places, as long as it helps."""
    locked = set(task.wishes.locked)
    free = [slot for slot in range(len(rows)) if slot not in locked]
    best = float(costs(task, rows[None])[0])
    for _ in range(_rounds(len(free), len(rows), len(task.candidates) - len(rows))):
        before = best
        for slot in free:
            others = _near(task, rows, slot)
            tried = np.repeat(rows[None], len(others), axis=0)
            tried[:, slot] = others
            rows, best = _better(task, rows, best, tried)
        pairs = [(a, b) for i, a in enumerate(free) for b in free[i + 1 :]]
        if pairs:
            tried = np.repeat(rows[None], len(pairs), axis=0)
            for i, (a, b) in enumerate(pairs):
                tried[i, a], tried[i, b] = rows[b], rows[a]
            rows, best = _better(task, rows, best, tried)
        if best >= before - 1e-12:
            break
    return rows


def _rounds(free: int, slots: int, others: int) -> int:
    """How many rounds of improvement are worth their time: of a list of a whole day one would take minutes."""
    each = (free * min(others, _TRIED) + free * (free - 1) // 2) * slots**2 // 2
    return min(_MOST_ROUNDS, max(_MOST_WORK // max(each, 1), int(each <= _LARGEST_ROUND)))


def _better(task: Task, rows: Slots, best: float, tried: Slots) -> tuple[Slots, float]:
    if not len(tried):
        return rows, best
    found = costs(task, tried)
    first = int(np.argmin(found))
    return (tried[first], float(found[first])) if found[first] < best - 1e-12 else (rows, best)


def _near(task: Task, rows: Slots, slot: int) -> Slots:
    """Rows that might do better in a slot."""
    tracks = task.candidates
    others = np.setdiff1d(np.arange(len(tracks)), rows)
    if len(others) <= _TRIED:
        return others
    middle_s = float(tracks.durations_s[rows[:slot]].sum() + tracks.durations_s[rows[slot]] / 2)
    place = (slot + 0.5) / task.slots if task.wished_s is None else middle_s / task.wished_s
    nearest: Slots = others[np.argpartition(task.rough(others, place), _TRIED)[:_TRIED]]
    return nearest
