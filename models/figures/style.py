"""Letters and lines of all figures, and one figure at a time: matplotlib's settings are the whole program's."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from models.figures.palette import LINE_COLOUR, SOFT_COLOUR, TEXT_COLOUR

#: Fonts tried in turn, so that a Chinese or Korean title is no row of boxes where a font for it is installed.
_FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK KR",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "Malgun Gothic",
    "PingFang SC",
    "Apple SD Gothic Neo",
)
_ONE_AT_A_TIME = threading.RLock()


def _installed_fonts() -> tuple[str, ...]:
    from matplotlib import font_manager

    there = {font.name for font in font_manager.fontManager.ttflist}
    return tuple(name for name in _FONTS if name in there) or ("DejaVu Sans",)


def figure_style(text_pt: float = 8.0, line_pt: float = 1.2) -> dict[Any, Any]:
    """Matplotlib's settings for every figure of ours."""
    return {
        "font.family": list(_installed_fonts()),
        "font.size": text_pt,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "axes.facecolor": "white",
        "axes.edgecolor": LINE_COLOUR,
        "axes.labelcolor": TEXT_COLOUR,
        "axes.linewidth": 0.6 * line_pt,
        "axes.unicode_minus": True,
        "lines.linewidth": line_pt,
        "xtick.color": SOFT_COLOUR,
        "ytick.color": SOFT_COLOUR,
        "xtick.major.width": 0.6 * line_pt,
        "ytick.major.width": 0.6 * line_pt,
        "text.color": TEXT_COLOUR,
        # Letters keep their widths at every resolution: lines are broken by these, and a preview shows what is saved.
        "text.hinting": "no_hinting",
        # TrueType, whole letters: what printers and editors of vector graphics take.
        "pdf.fonttype": 42,
        # Outlines: an SVG with text is drawn with whatever font the reader has, and few programs read fonts within.
        "svg.fonttype": "path",
        "svg.hashsalt": "affekt",
    }


@contextmanager
def drawing(text_pt: float = 8.0, line_pt: float = 1.2) -> Iterator[None]:
    """Have matplotlib to oneself, with our style; on any thread.

    Without a font for its script a title is drawn as boxes; matplotlib would say so once a letter, and is kept quiet.
    """
    import matplotlib as mpl

    with _ONE_AT_A_TIME, mpl.rc_context(figure_style(text_pt, line_pt)), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        log = logging.getLogger("matplotlib.font_manager")  # says at each letter that a font has no bold face
        level = log.level
        log.setLevel(logging.ERROR)
        try:
            yield
        finally:
            log.setLevel(level)
