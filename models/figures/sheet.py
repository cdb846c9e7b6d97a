"""A figure laid out in millimetres from its top left corner: what is printed is as large as it says."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from models.figures.palette import SOFT_COLOUR, TEXT_COLOUR
from models.figures.preset import MM_PER_INCH, MM_PER_POINT, Preset

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Weight = Literal["normal", "bold"]
#: Height of a line of words, and where its letters stand in it, in sizes of its letters.
_LINE, _BASE = 1.36, 1.02
#: Width of a heat map's colours in a scale, and the space on both sides, in sizes of its letters.
_SWATCH, _GAP = 3.0, 0.4
#: Letters are set on whole pixels in a PNG, so that a line may become a little wider than measured.
_SAFE = 0.985


@dataclass(frozen=True)
class Key:
    """What a colour, a line or a marker stands for."""

    label: str
    colour: str
    kind: Literal["line", "patch", "marker"] = "line"
    line: Any = "-"
    marker: str = ""


def foot_mm(size_pt: float) -> float:
    """Distance from the top of a line of words to what its letters stand on."""
    return _BASE * size_pt * MM_PER_POINT


def line_mm(size_pt: float) -> float:
    """Height of a line of words."""
    return _LINE * size_pt * MM_PER_POINT


@lru_cache(maxsize=20_000)
def _width_pt(text: str, size_pt: float, weight: Weight) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    width, _height, _descent = text_to_path.get_text_width_height_descent(
        text, FontProperties(size=size_pt, weight=weight), ismath=False
    )
    return float(width)


def width_mm(text: str, size_pt: float, weight: Weight = "normal") -> float:
    """How wide words become; within `models.figures.style.drawing`."""
    return _width_pt(text, size_pt, weight) * MM_PER_POINT if text else 0.0


def _pieces(text: str) -> Iterable[str]:
    """Cut where a line may end: after a space, and around each Chinese or Korean letter."""
    piece = ""
    for letter in text:
        if unicodedata.east_asian_width(letter) in "WF":
            if piece:
                yield piece
            piece = ""
            yield letter
        else:
            piece += letter
            if letter == " ":
                yield piece
                piece = ""
    if piece:
        yield piece


def wrap(text: str, room_mm: float, size_pt: float, most: int = 99, weight: Weight = "normal") -> list[str]:
    """Break words into lines that fit a width; what is left after `most` lines gives way to an ellipsis."""
    room_mm *= _SAFE
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            if width_mm(line + piece.rstrip(), size_pt, weight) <= room_mm:
                line += piece
                continue
            if line:
                lines.append(line.rstrip())
            *whole, line = _cut(piece, room_mm, size_pt, weight)
            lines += whole
        lines.append(line.rstrip())
    if len(lines) > most:
        last = lines[most - 1]
        while last and width_mm(last + "\u2026", size_pt, weight) > room_mm:
            last = last[:-1]
        lines = [*lines[: most - 1], last.rstrip() + "\u2026"]
    return lines


def _cut(word: str, room_mm: float, size_pt: float, weight: Weight) -> list[str]:
    """Cut a word that is wider than the page."""
    parts = [""]
    for letter in word:
        if parts[-1] and width_mm((parts[-1] + letter).rstrip(), size_pt, weight) > room_mm:
            parts.append("")
        parts[-1] += letter
    return parts


class Sheet:
    """A figure of a size in millimetres; made and filled within `models.figures.style.drawing`."""

    def __init__(self, size_mm: tuple[float, float], preset: Preset) -> None:
        from matplotlib.figure import Figure

        self.width_mm, self.height_mm = size_mm
        self.preset = preset
        self.figure = Figure(figsize=(size_mm[0] / MM_PER_INCH, size_mm[1] / MM_PER_INCH), dpi=preset.dpi)

    def axes(self, left: float, top: float, width: float, height: float, **how: Any) -> Axes:
        """Add axes; the lines of their frame are at the left and the bottom."""
        box = (
            left / self.width_mm, 1 - (top + height) / self.height_mm, width / self.width_mm, height / self.height_mm,
        )  # fmt: skip
        axes = self.figure.add_axes(box, **how)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(
            labelsize=self.preset.small_pt, length=0.35 * self.preset.text_pt, pad=0.25 * self.preset.text_pt
        )
        return axes

    def lines(
        self, lines: Sequence[str], left: float, top: float, size_pt: float, colour: str = TEXT_COLOUR,
        weight: Weight = "normal", align: Literal["left", "center", "right"] = "left",
    ) -> float:  # fmt: skip
        """Set lines of words under each other, and return where they end."""
        step = line_mm(size_pt)
        for line in lines:
            self.figure.text(
                left / self.width_mm, 1 - (top + foot_mm(size_pt)) / self.height_mm, line,
                fontsize=size_pt, color=colour, weight=weight, ha=align, va="baseline",
                parse_math=False,  # a title may hold dollar signs
            )  # fmt: skip
            top += step
        return top

    def words(
        self, text: str, left: float, top: float, room_mm: float, size_pt: float, colour: str = TEXT_COLOUR,
        weight: Weight = "normal", most: int = 99,
    ) -> float:  # fmt: skip
        """Set words within a width, and return where they end."""
        return self.lines(wrap(text, room_mm, size_pt, most, weight), left, top, size_pt, colour, weight)

    def keys(self, keys: Sequence[Key], left: float, top: float, room_mm: float, *, at_right: bool = False) -> float:
        """Say what colours and lines stand for, in as many rows as that takes; return where they end."""
        size = self.preset.small_pt
        for row in key_rows(keys, room_mm, size):
            at = left + (room_mm - sum(_key_mm(key, size) for key in row) if at_right else 0.0)
            for key in row:
                self._key(key, at, top)
                at += _key_mm(key, size)
            top += line_mm(size)
        return top

    def _key(self, key: Key, left: float, top: float) -> None:
        from matplotlib.lines import Line2D
        from matplotlib.patches import Rectangle

        size = self.preset.small_pt
        swatch = _swatch_mm(key, size)
        middle = top + 0.66 * size * MM_PER_POINT
        if key.kind == "patch":
            height = 0.62 * size * MM_PER_POINT
            self.figure.add_artist(
                Rectangle(
                    (left / self.width_mm, 1 - (middle + height / 2) / self.height_mm),
                    swatch / self.width_mm, height / self.height_mm, facecolor=key.colour, edgecolor="none",
                )
            )  # fmt: skip
        else:
            ends = [left, left + swatch] if key.kind == "line" else [left + swatch / 2]
            self.figure.add_artist(
                Line2D(
                    [x / self.width_mm for x in ends], [1 - middle / self.height_mm] * len(ends),
                    color=key.colour, linestyle=key.line if key.kind == "line" else "none",
                    linewidth=self.preset.line_pt, marker=key.marker or None, markersize=0.6 * size,
                    markeredgewidth=0.0,
                )
            )  # fmt: skip
        self.lines([key.label], left + swatch + 0.35 * size * MM_PER_POINT, top, size, SOFT_COLOUR)

    def scale(self, right: float, top: float, low: str, high: str, cmap: Any) -> None:
        """Draw the colours of a heat map between the ends of its scale, ending at `right`."""
        import numpy as np

        size = self.preset.small_pt
        swatch_mm, gap = _SWATCH * size * MM_PER_POINT, _GAP * size * MM_PER_POINT
        left = right - width_mm(high, size)
        self.lines([high], left, top, size, SOFT_COLOUR)
        height = 0.62 * size * MM_PER_POINT
        left -= gap + swatch_mm
        box = self.axes(left, top + 0.66 * size * MM_PER_POINT - height / 2, swatch_mm, height)
        box.imshow(np.linspace(0, 1, 64)[None], aspect="auto", cmap=cmap)
        box.set_axis_off()
        left -= gap + width_mm(low, size)
        self.lines([low], left, top, size, SOFT_COLOUR)


def scale_mm(low: str, high: str, preset: Preset) -> float:
    """Width of what `Sheet.scale` draws."""
    size = preset.small_pt
    return width_mm(low, size) + width_mm(high, size) + (_SWATCH + 2 * _GAP) * size * MM_PER_POINT


def _swatch_mm(key: Key, size_pt: float) -> float:
    return {"line": 2.0, "patch": 1.0, "marker": 0.9}[key.kind] * size_pt * MM_PER_POINT


def _key_mm(key: Key, size_pt: float) -> float:
    """Width of a key with the space behind it."""
    return _swatch_mm(key, size_pt) + width_mm(key.label, size_pt) + 1.35 * size_pt * MM_PER_POINT


def key_rows(keys: Sequence[Key], room_mm: float, size_pt: float) -> list[list[Key]]:
    """Part keys into rows that fit a width."""
    rows: list[list[Key]] = []
    used = 0.0
    for key in keys:
        width = _key_mm(key, size_pt)
        if not rows or used + width > room_mm:
            rows.append([])
            used = 0.0
        rows[-1].append(key)
        used += width
    return rows
