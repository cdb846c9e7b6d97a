"""A person labels one recording after the other, with one key each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from psygnal import Signal

from app.labelling.plan import Item, Plan, items_of
from app.library.rows import Label
from app.session import Session

#: One key says everything about a recording; Q1..Q4, or that one can't say.
KEYS: dict[str, dict[str, Any]] = {
    "1": {"quadrant": "Q1"},
    "2": {"quadrant": "Q2"},
    "3": {"quadrant": "Q3"},
    "4": {"quadrant": "Q4"},
    "0": {"cant_say": True},
}
#: The setting that unfinished sittings are kept in, by rater.
SETTING = "labelling"
#: The time left is told from the median of this many recordings, and not before the first few.
_PACE_OF = 20
_PACE_FROM = 3


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sitting is.

    Attributes
    ----------
    done, total : int
        Recordings labelled, and all; those to warm up with count in neither.
    warm_up_left : int
        How many there still are to warm up with.
    remaining_s : float or None
        An estimate of the seconds left; None while there is nothing to estimate from.
    """

    done: int
    total: int
    warm_up_left: int
    remaining_s: float | None


class Sitting:
    """One rater's way through the recordings of a plan; kept at every step, so that it goes on after a restart.

    Undoing a label (`Session.undo`) leads back to its recording, doing it again leads on. Call `close` when it is left.

    Parameters
    ----------
    session : Session
        Which keeps the labels. Its current rater is whose sitting it is; one without a name gets one.
    plan : Plan
        What was wanted.
    items : sequence of Item
        The recordings in their order (`app.labelling.items_of`).
    clock : callable
        Seconds that only go forward.

    Attributes
    ----------
    changed : Signal
        `current` or `progress` is new.
    """

    changed = Signal()

    def __init__(
        self,
        session: Session,
        plan: Plan,
        items: Sequence[Item],
        *,
        done: Iterable[int] = (),
        at: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.plan = plan
        self.rater = session.rater_or_new()
        self._session = session
        self._clock = clock
        self._items = tuple(items)
        self._kept_items = [[item.track_id, item.warm_up] for item in self._items]
        self._done = {n for n in done if 0 <= n < len(self._items)}
        self._given: dict[int, Label] = {}
        self._paces_s: list[float] = []
        self._saying = False
        self._began = clock()
        self._held_since: float | None = None
        self._at: int | None = at if 0 <= at < len(self._items) else None
        if self._at is None or self._at in self._done or not self._is_open(self._at):
            self._at = self._next_after(-1)
        session.document.labels_changed.connect(self._on_labels)
        session.document.tracks_removed.connect(self._on_removed)
        self._keep()

    @classmethod
    def begin(
        cls,
        session: Session,
        plan: Plan,
        helpful: Sequence[int] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> Sitting:
        """Begin a sitting of the current rater; `helpful` as in `items_of`."""
        items = items_of(session.document, plan, session.rater_or_new(), helpful)
        return cls(session, plan, items, clock=clock)

    @classmethod
    def resume(cls, session: Session, clock: Callable[[], float] = time.monotonic) -> Sitting | None:
        """Go on where the current rater left off; None if there is nothing to go on with."""
        rater = session.rater
        kept = session.setting(SETTING, {})
        try:
            state = kept[rater.id] if rater is not None else {}
            plan = dict(state["plan"])
            if plan.get("track_ids") is not None:
                plan["track_ids"] = tuple(plan["track_ids"])
            items = [Item(int(track_id), bool(warm_up)) for track_id, warm_up in state["items"]]
            done, at = [int(n) for n in state["done"]], int(state["at"])
            sitting = cls(session, Plan(**plan), items, done=done, at=at, clock=clock)
        except (TypeError, KeyError, ValueError):
            return None  # nothing was kept, or by another version
        if sitting.current is None:
            sitting.close()
            return None
        return sitting

    # Where it is

    @property
    def items(self) -> tuple[Item, ...]:
        """The recordings that are still on the list, in their order."""
        return tuple(item for n, item in enumerate(self._items) if self._is_open(n))

    @property
    def current(self) -> Item | None:
        """What is to be labelled now; None when everything is."""
        return None if self._at is None else self._items[self._at]

    @property
    def said(self) -> Label | None:
        """What was said of the current recording in this sitting, for one who has gone back to it."""
        return self._given.get(self._at) if self._at is not None and self._at in self._done else None

    @property
    def progress(self) -> Progress:
        """How far it is."""
        # One pass, after every key: a list may have thousands.
        done = total = warm_up_left = left = 0
        document = self._session.document
        for n, item in enumerate(self._items):
            if item.track_id not in document:
                continue
            open_yet = n not in self._done
            left += open_yet
            if item.warm_up:
                warm_up_left += open_yet
            else:
                total += 1
                done += not open_yet
        remaining_s = None
        if len(self._paces_s) >= _PACE_FROM or not left:
            remaining_s = median(self._paces_s[-_PACE_OF:]) * left if left else 0.0
        return Progress(done, total, warm_up_left, remaining_s)

    # What the person does

    def press(self, key: str) -> Label | None:
        """Take one key of `KEYS`; None for any other, and when everything is labelled."""
        return self.say(**KEYS[key]) if key in KEYS else None

    def say(self, quadrant: str | None = None, **said: Any) -> Label | None:
        """Label the current recording (as `Session.label`), and go on to the next that is not labelled yet."""
        at, item = self._at, self.current
        if at is None or item is None:
            return None
        seconds = self._seconds()
        self._saying = True
        try:
            label = self._session.label(
                item.track_id,
                quadrant,
                blind=self.plan.blind,
                warm_up=item.warm_up,
                seconds=round(seconds, 2),
                **said,
            )
        finally:
            self._saying = False
        self._given[at] = label
        self._done.add(at)
        self._paces_s.append(seconds)
        self._go(self._next_after(at))
        return label

    def skip(self) -> None:
        """Leave the current recording for later; it comes again after the others."""
        if self._at is not None:
            self._go(self._next_after(self._at))

    def back(self) -> None:
        """Go to the recording before this one, to hear it again or to think again; what is said then replaces."""
        before = len(self._items) if self._at is None else self._at
        self._go(next((n for n in range(before - 1, -1, -1) if self._is_open(n)), self._at))

    def pause(self) -> None:
        """Stop counting the time."""
        if self._held_since is None:
            self._held_since = self._clock()

    def go_on(self) -> None:
        """Count the time again."""
        if self._held_since is not None:
            self._began += self._clock() - self._held_since
            self._held_since = None

    def restart_clock(self) -> None:
        """Count the time from now on: the recording has only now begun to sound."""
        self._began = self._clock()
        self._held_since = None if self._held_since is None else self._began

    def close(self) -> None:
        """Watch the document no more; what is not finished can be resumed."""
        self._session.document.labels_changed.disconnect(self._on_labels, missing_ok=True)
        self._session.document.tracks_removed.disconnect(self._on_removed, missing_ok=True)

    # How it goes on

    def _seconds(self) -> float:
        until = self._clock() if self._held_since is None else self._held_since
        return max(0.0, until - self._began)

    def _is_open(self, n: int) -> bool:
        return self._items[n].track_id in self._session.document

    def _next_after(self, at: int) -> int | None:
        n = len(self._items)
        around = [(at + 1 + step) % n for step in range(n)] if n else []
        return next((i for i in around if i not in self._done and self._is_open(i)), None)

    def _go(self, at: int | None) -> None:
        self._at = at
        self._began = self._clock()
        self._held_since = None
        self._keep()
        self.changed.emit()

    def _on_labels(self, track_id: int) -> None:
        """Follow what is undone and done again, and what is said elsewhere."""
        if self._saying:
            return
        for n, item in enumerate(self._items):
            if item.track_id != track_id:
                continue
            label = self._session.document.label_of(track_id, self.rater.id, warm_up=item.warm_up)
            given = self._given.get(n)
            if n in self._done:
                if label is None or (given is not None and label.made < given.made):
                    self._done.discard(n)
                    self._go(n)
            elif label is not None and given is not None and label.id == given.id:
                self._done.add(n)
                self._go(self._next_after(n))

    def _on_removed(self, _: object) -> None:
        if self._at is not None and not self._is_open(self._at):
            self._go(self._next_after(self._at))
        else:
            self.changed.emit()

    def _keep(self) -> None:
        kept = self._session.setting(SETTING, {})
        kept = dict(kept) if isinstance(kept, dict) else {}
        kept.pop(self.rater.id, None)
        if self._at is not None:
            kept[self.rater.id] = {
                "plan": asdict(self.plan),
                "items": self._kept_items,
                "done": sorted(self._done),
                "at": self._at,
            }
        self._session.set_setting(SETTING, kept)
