"""Which job is whose, and how far the queue is. Used on the GUI thread only."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from app.document import QueueState


class Ledger:
    """Keeps each track's latest job, and counts.

    Parameters
    ----------
    clock : callable
        Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._jobs: dict[int, int] = {}  # track -> its latest unfinished job
        self._done = 0
        self._worked = 0  # of `done`: those that took work, by which the rest is estimated
        self._running: int | None = None
        self._fraction = 0.0
        self._since: float | None = None

    def register(self, track_id: int, job_id: int) -> None:
        """Take up a job as the track's latest."""
        if not self._jobs:
            self._done = self._worked = 0
            self._since = None
        self._jobs[track_id] = job_id

    def is_latest(self, track_id: int, job_id: int) -> bool:
        """Whether this job is the track's latest, and not over."""
        return self._jobs.get(track_id) == job_id

    def job_of(self, track_id: int) -> int | None:
        """Return the track's unfinished job."""
        return self._jobs.get(track_id)

    def tracks(self) -> list[int]:
        """Return all tracks with an unfinished job."""
        return list(self._jobs)

    def start(self, track_id: int) -> None:
        """Note that the work on this track has begun."""
        self._running, self._fraction = track_id, 0.0
        if self._since is None:
            self._since = self._clock()

    def progress(self, track_id: int, fraction: float) -> None:
        """Note how far the running track is, [0, 1]."""
        if track_id == self._running:
            self._fraction = min(1.0, max(0.0, fraction))

    def settle(self, track_id: int, worked: bool = True) -> None:
        """Note that a track is finished or has failed; `worked` is False if the library had its result."""
        if self._jobs.pop(track_id, None) is not None:
            self._done += 1
            self._worked += worked
        self._release(track_id)

    def withdraw(self, track_ids: Iterable[int]) -> dict[int, int]:
        """Forget cancelled tracks; return their jobs, by track."""
        jobs = {}
        for track_id in track_ids:
            job_id = self._jobs.pop(track_id, None)
            if job_id is not None:
                jobs[track_id] = job_id
            self._release(track_id)
        return jobs

    def _release(self, track_id: int) -> None:
        if track_id == self._running:
            self._running, self._fraction = None, 0.0

    def state(self) -> QueueState:
        """How far the queue is, with an estimate of the seconds left from the pace so far."""
        total = self._done + len(self._jobs)
        if total == 0:
            return QueueState()
        remaining_s = None
        worked = self._worked + self._fraction
        if self._jobs and self._since is not None and worked > 0.05:
            pace_s = (self._clock() - self._since) / worked
            remaining_s = pace_s * (len(self._jobs) - self._fraction)
        return QueueState(
            self._done, total, self._running, min(1.0, (self._done + self._fraction) / total), remaining_s
        )
