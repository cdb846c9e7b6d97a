"""What stands around every figure: its title above, what the reader must know below."""

from __future__ import annotations

from dataclasses import dataclass

from models.figures.palette import SOFT_COLOUR, WARNING_COLOUR
from models.figures.preset import MM_PER_POINT, Preset
from models.figures.sheet import Sheet, line_mm, wrap

_TITLE_LINES = 2
_WARNING_LINES = 3


@dataclass(frozen=True)
class Frame:
    """Title, verdict and warning, and the small print, broken into lines for a preset.

    Made within `models.figures.style.drawing`, because words are measured.
    """

    preset: Preset
    title: list[str]
    verdict: list[str]
    warning: list[str]
    foot: list[str]

    @property
    def margin_mm(self) -> float:
        """Room at the edges: none is wasted in print, a slide has some."""
        return 1.0 if self.preset.height_mm is None else 9.0

    @property
    def inner_mm(self) -> float:
        """Width between the margins."""
        return self.preset.width_mm - 2 * self.margin_mm

    @property
    def head_mm(self) -> float:
        """Height of what stands above the plots."""
        lines = len(self.verdict) + len(self.warning)
        gap = 0.7 * self.preset.text_pt * MM_PER_POINT if self.title or lines else 0.0
        return (
            self.margin_mm
            + len(self.title) * line_mm(self.preset.title_pt)
            + lines * line_mm(self.preset.text_pt)
            + gap
        )

    @property
    def foot_mm(self) -> float:
        """Height of what stands below the plots."""
        return (
            len(self.foot) * line_mm(self.preset.small_pt) + 0.6 * self.preset.text_pt * MM_PER_POINT + self.margin_mm
        )

    def sheet(self, body_mm: float) -> Sheet:
        """Return a sheet with room for plots of this height between head and foot, and write both."""
        preset = self.preset
        height = preset.height_mm or self.head_mm + body_mm + self.foot_mm
        sheet = Sheet((preset.width_mm, height), preset)
        at = sheet.lines(self.title, self.margin_mm, self.margin_mm, preset.title_pt, weight="bold")
        at = sheet.lines(self.verdict, self.margin_mm, at, preset.text_pt)
        sheet.lines(self.warning, self.margin_mm, at, preset.text_pt, WARNING_COLOUR)
        sheet.lines(self.foot, self.margin_mm, height - self.foot_mm + 0.6 * preset.text_pt * MM_PER_POINT,
                    preset.small_pt, SOFT_COLOUR)  # fmt: skip
        return sheet

    def body_mm(self, wanted: float) -> float:
        """Return the height for plots: what they want, or what the preset leaves them."""
        if self.preset.height_mm is None:
            return wanted
        return self.preset.height_mm - self.head_mm - self.foot_mm


def make_frame(preset: Preset, title: str, verdict: str, warning: str, foot: str) -> Frame:
    """Break the words into lines; an empty title leaves it and the verdict out, a warning always stands."""
    room = preset.width_mm - 2 * (1.0 if preset.height_mm is None else 9.0)
    return Frame(
        preset,
        wrap(title, room, preset.title_pt, _TITLE_LINES, "bold") if title else [],
        wrap(verdict, room, preset.text_pt) if title and verdict else [],
        wrap(warning, room, preset.text_pt, _WARNING_LINES) if warning else [],
        wrap(foot, room, preset.small_pt) if foot else [],
    )
