"""The one time axis that all lanes share: what is visible, how it zooms, pans and turns pages, and its ticks."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.ui.strings import clock

#: Seconds from one labelled tick to the next, and how many small ticks lie between.
_STEPS = (
    (0.1, 5), (0.2, 4), (0.5, 5), (1, 5), (2, 4), (5, 5), (10, 5), (15, 3), (30, 3), (60, 4), (120, 4), (300, 5),
    (600, 5), (900, 3), (1800, 3), (3600, 4), (7200, 4), (18000, 5),
)  # fmt: skip
#: Nothing finer than this is known of a recording.
SHORTEST_SPAN_S = 0.5


class TimeAxis(QObject):
    """Visible range of a recording in seconds, always inside [0, duration_s]."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.duration_s = 0.0
        self.start_s = 0.0
        self.span_s = 1.0

    @property
    def end_s(self) -> float:
        """Right edge of the visible range."""
        return self.start_s + self.span_s

    def set_duration(self, duration_s: float) -> None:
        """Show the whole of a recording of this length."""
        self.duration_s = max(0.0, duration_s)
        self.start_s = 0.0
        self.span_s = self.duration_s or 1.0
        self.changed.emit()

    def correct_duration(self, duration_s: float) -> None:
        """Take the exact length of the recording that is shown already; a part that is in view stays in view."""
        if self.duration_s <= 0 or self.span_s >= self.duration_s:
            self.set_duration(duration_s)
            return
        self.duration_s = max(0.0, duration_s)
        self.span_s = min(self.span_s, self.duration_s or 1.0)
        self.start_s = min(self.start_s, (self.duration_s or 1.0) - self.span_s)
        self.changed.emit()

    def set_range(self, start_s: float, span_s: float) -> None:
        """Show [start_s, start_s + span_s], moved and narrowed to lie inside the recording."""
        whole = self.duration_s or 1.0
        span_s = min(max(span_s, min(SHORTEST_SPAN_S, whole)), whole)
        start_s = min(max(start_s, 0.0), whole - span_s)
        if (start_s, span_s) != (self.start_s, self.span_s):
            self.start_s, self.span_s = start_s, span_s
            self.changed.emit()

    def pan(self, seconds: float) -> None:
        """Move the visible range."""
        self.set_range(self.start_s + seconds, self.span_s)

    def zoom(self, factor: float, at_s: float | None = None) -> None:
        """Show `factor` times less time; the moment `at_s` stays where it is (default: the middle)."""
        if at_s is None:
            at_s = self.start_s + self.span_s / 2
        whole = self.duration_s or 1.0
        span_s = min(max(self.span_s / factor, min(SHORTEST_SPAN_S, whole)), whole)
        share = (at_s - self.start_s) / self.span_s
        self.set_range(at_s - share * span_s, span_s)

    def reveal(self, time_s: float) -> None:
        """Turn to the page that holds a moment; nothing moves when it is in view."""
        if not self.start_s <= time_s <= self.end_s:
            self.set_range(time_s - 0.25 * self.span_s, self.span_s)

    def turn_page(self, time_s: float) -> None:
        """Follow a playhead that just ran over the right edge: the next page begins a little before it."""
        self.set_range(time_s - 0.04 * self.span_s, self.span_s)

    def ticks(self, width_px: int, label_px: int = 72) -> tuple[list[tuple[float, str]], list[float]]:
        """Return labelled ticks (time, text) and small ticks in the visible range, on round numbers."""
        if width_px <= 0:
            return [], []
        least = self.span_s * label_px / width_px
        step, parts = next((pair for pair in _STEPS if pair[0] >= least), _STEPS[-1])
        first = int(self.start_s / step)
        large = []
        small = []
        for index in range(first, int(self.end_s / step) + 2):
            at = index * step
            if self.start_s <= at <= self.end_s:
                large.append((at, clock(at, tenths=step < 1)))
            for part in range(1, parts):
                between = at + part * step / parts
                if self.start_s <= between <= self.end_s:
                    small.append(between)
        return large, small
