"""One musical descriptor over time, as a lane that a person asked for."""

from __future__ import annotations

import numpy as np

from app.ui.analysis.lanes.base import Lane, Reading
from app.ui.analysis.lanes.items import Line
from app.ui.analysis.pyramid import MinMaxPyramid
from app.ui.descriptor_words import definition, descriptor_name, info, unit_range, with_unit
from app.ui.strings import MINUS, NOTHING, tr
from app.ui.theme import Tokens
from app.ui.timescale import TimeAxis
from models.analysis import Analysis


class DescriptorLane(Lane):
    """A curve in the text's colour; gaps are where the music has no such thing.

    Parameters
    ----------
    name : str
        The descriptor's.
    """

    weight = 0.45
    least_px = 40

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self._unit = ""
        self._levels: MinMaxPyramid | None = None
        self._colour = ""
        self._curve = Line()
        self.items = [self._curve]

    @property
    def key(self) -> str:
        """What it is called in the settings."""
        return f"descriptor {self.name}"

    @property
    def title(self) -> str:
        """Name of the lane."""
        text = descriptor_name(self.name)
        return text[:1].upper() + text[1:]

    @property
    def about(self) -> str:
        """What is drawn."""
        low, high = self.range
        spans = tr("Measured from the sound, not judged; the lane spans {low} to {high}.").format(
            low=with_unit(low, self._unit), high=with_unit(high, self._unit)
        )
        return f"{definition(self.name)} {spans}".strip()

    @property
    def ready(self) -> bool:
        """Whether the track has it."""
        return self._levels is not None

    def ticks(self) -> list[tuple[float, str]]:
        """Return both ends of the lane."""
        return [(value, tick_text(value)) for value in reversed(self.range)] if self.ready else []

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Take the curve, and a range that holds it."""
        self._levels = None
        curves = analysis.descriptors if analysis is not None else None
        if curves is not None and self.name in curves.names and len(curves.times_s):
            column = curves.names.index(self.name)
            self._unit = curves.units[column]
            values = np.ascontiguousarray(curves.values[:, column], np.float32)
            step_s = float(np.median(np.diff(curves.times_s))) if len(curves.times_s) > 1 else 0.5
            self._levels = MinMaxPyramid(values, values, step_s, float(curves.times_s[0]) - step_s / 2)
            known = info(self.name)
            self.range = span(values, self._unit, None if known is None else (known.low, known.high))
        self._curve.visible = self._levels is not None

    def apply(self, tokens: Tokens) -> None:
        """Ink."""
        self._colour = tokens.wave

    def refresh(self, axis: TimeAxis, columns: int) -> None:
        """Hand the visible stretch to the curve."""
        assert self._levels is not None
        times_s, values = self._levels.view(axis.start_s, axis.end_s, columns)
        self.draw_curve(self._curve, times_s, values, self._colour, columns)

    def readings(self, time_s: float) -> list[Reading]:
        """Its value at a time."""
        value = self._levels.at(time_s)[0] if self._levels is not None else np.nan
        text = with_unit(value, self._unit) if np.isfinite(value) else NOTHING
        return [Reading(tr("here"), text)]


def span(values: np.ndarray, unit: str, usual: tuple[float, float] | None = None) -> tuple[float, float]:
    """Return the range of a lane: round numbers around what there is and what is usual in music.

    So a steady curve looks steady. Where nothing is known to be usual, a unit that is a range gives the lane its own.
    """
    ends = unit_range(unit)
    if ends is not None and usual is None:
        return ends
    known = np.append(values[np.isfinite(values)], usual or ())
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    step = nice_step((high - low) or abs(high) or 1.0)
    bottom, top = np.floor(low / step) * step, np.ceil(high / step) * step
    if ends is not None:
        bottom, top = max(bottom, ends[0]), min(top, ends[1])
    return float(bottom), float(top if top > bottom else bottom + step)


def nice_step(width: float) -> float:
    """Return a quarter of a width or less, as 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(width / 4))
    return float(max(factor * power for factor in (1, 2, 5) if factor * power <= width / 4))


def tick_text(value: float) -> str:
    """Return a number short enough for the axis."""
    size = abs(value)
    text = f"{size / 1000:g}k" if size >= 10_000 else f"{size:.3g}" if size < 1000 else f"{size:.0f}"
    return f"{MINUS}{text}" if value < 0 else text
