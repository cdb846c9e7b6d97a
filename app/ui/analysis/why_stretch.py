"""Where "here" is: what a person selected, else the climax under the playhead, else the seconds around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.ui.analysis.why_words import stretch_times
from app.ui.strings import clock, tr

if TYPE_CHECKING:
    from app.exploration import ShownClimax

#: So much around the playhead is "here" where there is neither a selection nor a climax.
AROUND_S = 5.0


@dataclass(frozen=True)
class Stretch:
    """A part of a recording, in seconds, and why this one."""

    kind: Literal["selection", "climax", "around"]
    start_s: float
    end_s: float
    label: str = ""
    peak_s: float | None = None

    @property
    def words(self) -> str:
        """What it is called, with its times."""
        times = stretch_times(self.start_s, self.end_s)
        if self.kind == "selection":
            return tr("The selection, {times}").format(times=times)
        if self.kind == "climax":
            name = tr("The climax “{name}”").format(name=self.label) if self.label else tr("The climax")
            return tr("{name}, {times}").format(name=name, times=times)
        at = clock((self.start_s + self.end_s) / 2)
        return tr("Around the playhead, {span:g} s at {time}").format(span=AROUND_S, time=at)


def climax_at(climaxes: Sequence[ShownClimax], at_s: float) -> Stretch | None:
    """Return the strongest climax that holds a time; they come strongest first."""
    for shown in climaxes:
        climax = shown.climax
        if climax.start_s <= at_s <= climax.end_s:
            return Stretch("climax", climax.start_s, climax.end_s, shown.label, climax.peak_s)
    return None


def stretch_here(
    selection: tuple[float, float] | None, climaxes: Sequence[ShownClimax], at_s: float, duration_s: float
) -> Stretch:
    """Return what "here" means now."""
    if selection is not None:
        return Stretch("selection", selection[0], min(selection[1], duration_s))
    climax = climax_at(climaxes, at_s)
    if climax is not None:
        return climax
    start_s = min(max(at_s - AROUND_S / 2, 0.0), max(duration_s - AROUND_S, 0.0))
    return Stretch("around", start_s, min(start_s + AROUND_S, duration_s))
