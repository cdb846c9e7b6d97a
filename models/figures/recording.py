"""What a figure is drawn of: one recording with all that is known of it, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from models.analysis import Analysis, Climax, Overview

if TYPE_CHECKING:
    from models.explain.explanation import Explanation
    from models.explain.reasons import Reason
    from models.figures.preset import Preset
    from models.structure.structure import Structure


class ShownClimax(Protocol):
    """A climax as a person sees it: found, or set, named and noted by hand."""

    @property
    def climax(self) -> Climax:
        """Where it lies and how strong it is."""
        ...

    @property
    def label(self) -> str:
        """What it is called; may be empty."""
        ...

    @property
    def note(self) -> str:
        """What there is to say of it; may be empty."""
        ...

    @property
    def is_own(self) -> bool:
        """Whether a person set it."""
        ...


class Marked(Protocol):
    """An instant that a person marked."""

    @property
    def time_s(self) -> float:
        """Seconds."""
        ...

    @property
    def label(self) -> str:
        """What it is called; may be empty."""
        ...


@dataclass(frozen=True)
class FoundClimax:
    """A climax as it was found."""

    climax: Climax
    label: str = ""
    note: str = ""
    is_own: bool = False


@dataclass(frozen=True)
class Recording:
    """One recording.

    Attributes
    ----------
    title, artist : str
        For people; the artist may be empty.
    overview : Overview
    analysis : Analysis
    made : str
        Day of the analysis, "2026-11-20"; empty where it is not known.
    climaxes : sequence of ShownClimax or None
        Strongest first; None stands for those that were found.
    marks : sequence of Marked
        In the order of time.
    structure : Structure or None
        Beats and sections, where they are known.
    explanation : Explanation or None
        Drawn as heat where it is asked for.
    reasons : sequence of Reason
        Of the strongest climax; empty where they were not asked for.
    """

    title: str
    overview: Overview
    analysis: Analysis
    artist: str = ""
    made: str = ""
    climaxes: Sequence[ShownClimax] | None = None
    marks: Sequence[Marked] = ()
    structure: Structure | None = None
    explanation: Explanation | None = None
    reasons: Sequence[Reason] = field(default=())

    @property
    def shown_climaxes(self) -> tuple[ShownClimax, ...]:
        """The climaxes, strongest first."""
        if self.climaxes is not None:
            return tuple(self.climaxes)
        return tuple(FoundClimax(climax) for climax in self.analysis.climaxes)

    @property
    def name(self) -> str:
        """Title and artist in one line."""
        return f"{self.title} \u00b7 {self.artist}" if self.artist else self.title


@dataclass(frozen=True)
class View:
    """What is drawn of a recording, and how.

    Attributes
    ----------
    recording : Recording
    preset : Preset
    start_s, end_s : float
        The stretch that is drawn.
    lag_s : float
        [0, 5]: so much earlier are valence and arousal drawn, because ratings follow the music.
    heat : str
        What lies under the waveform: one of `models.figures.lanes.HEATS`.
    """

    recording: Recording
    preset: Preset
    start_s: float
    end_s: float
    lag_s: float = 0.0
    heat: str = "attention"

    @property
    def columns(self) -> int:
        """How many points side by side print shows: two per dot of a laser printer would be lost."""
        return round(self.preset.width_mm * 10) if self.preset.height_mm is None else 2000

    @property
    def climaxes(self) -> list[tuple[int, ShownClimax]]:
        """Those whose peak is in view, each with its number: 1 is the strongest of the recording."""
        every = enumerate(self.recording.shown_climaxes, 1)
        return [(number, shown) for number, shown in every if self.start_s <= shown.climax.peak_s <= self.end_s]

    def of(self, recording: Recording) -> View:
        """Return the same view of another account of the recording."""
        return replace(self, recording=recording)


def view_of(
    recording: Recording, preset: Preset, region: tuple[float, float] | None, lag_s: float, heat: str = "attention"
) -> View:
    """Return a view of a stretch, in order and within the recording.

    Raises
    ------
    ValueError
        If nothing of the recording lies in the region, or the lag is out of its range.
    """
    if not 0.0 <= lag_s <= MOST_LAG_S:
        raise ValueError(f"the lag must lie in 0..{MOST_LAG_S:g} s")
    duration_s = recording.overview.duration_s
    start_s, end_s = sorted(region) if region is not None else (0.0, duration_s)
    start_s, end_s = max(0.0, start_s), min(duration_s, end_s)
    if end_s - start_s < LEAST_REGION_S:
        raise ValueError("the region is empty or lies outside the recording")
    return View(recording, preset, start_s, end_s, lag_s, heat)


#: Ratings follow the music by 1 to 3 s; more than this is no lag.
MOST_LAG_S = 5.0
#: A shorter stretch has no curve (s).
LEAST_REGION_S = 0.05
