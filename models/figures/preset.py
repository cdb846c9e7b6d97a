"""Where a figure is to be printed: how wide, and how large its letters and lines are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MM_PER_INCH: Final = 25.4
MM_PER_POINT: Final = MM_PER_INCH / 72
#: Two plots stand side by side from so many millimetres per point of the letters on: about 50 letters.
_WIDE = 18.0


@dataclass(frozen=True)
class Preset:
    """A place for figures.

    Attributes
    ----------
    name : str
        "one column", "two columns", "slide" or "page".
    width_mm : float
        Of the whole figure.
    height_mm : float or None
        Of the whole figure where the place has one; None where a figure takes the height it needs.
    text_pt, small_pt, title_pt : float
        Sizes of letters: of panels, of what is said below, of the title.
    line_pt : float
        Width of a curve; thin lines have half of it.
    panel_mm : float
        Height of a panel of weight 1.
    dpi : int
        Of PNG and of images within SVG and PDF.
    """

    name: str
    width_mm: float
    height_mm: float | None
    text_pt: float
    small_pt: float
    title_pt: float
    line_pt: float
    panel_mm: float
    dpi: int = 300

    @property
    def narrow(self) -> bool:
        """Whether two plots do not stand side by side."""
        return self.width_mm < _WIDE * self.text_pt


#: Of most journals: 85 mm and 175 mm. No letter is smaller than 6 pt, the least that journals ask for.
ONE_COLUMN = Preset("one column", 85.0, None, 7.0, 6.0, 8.0, 0.9, 15.0)
TWO_COLUMNS = Preset("two columns", 175.0, None, 8.0, 6.5, 10.0, 1.1, 20.0)
#: 16:9, as wide as the slides of common programs (13.33 inches): read from the last row.
SLIDE = Preset("slide", 338.7, 190.5, 15.0, 12.0, 21.0, 2.2, 32.0, dpi=144)
#: Of the report: A4 with margins.
PAGE = Preset("page", 210.0, 297.0, 7.0, 6.2, 13.0, 0.9, 13.0)

PRESETS: Final = {preset.name: preset for preset in (ONE_COLUMN, TWO_COLUMNS, SLIDE)}
