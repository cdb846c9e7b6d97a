"""The waveform, drawn over the heat of the attention that the model gave to each moment, or over what each carries."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QPainter

from app.ui.analysis.lanes.base import Lane, Reading
from app.ui.analysis.lanes.heat import UNDER_ALPHA, Heat, growing, paint_legend
from app.ui.analysis.lanes.items import Picture
from app.ui.analysis.pyramid import ColumnPyramid, MinMaxPyramid
from app.ui.analysis.why_words import carried, carried_label, ends, legend
from app.ui.strings import DASH, MINUS, NOTHING, signed, tr
from app.ui.theme import Tokens
from app.ui.timescale import TimeAxis
from models.analysis import Analysis, Overview
from models.explain.explanation import Explanation


def _coverage(low: np.ndarray, high: np.ndarray, rows: int) -> np.ndarray:
    """Return how much of each pixel [shape=(columns, rows)] the envelope covers, 0..255; silence is a pixel thick.

    A picture of a jagged envelope is many times faster to draw than its outline, and has softer edges.
    """
    bottom = np.clip((low + 1) * (rows / 2), 0, rows) - 0.5
    top = np.clip((high + 1) * (rows / 2), 0, rows) + 0.5
    row = np.arange(rows, dtype=np.float32)[None, :]
    covered = np.minimum(top[:, None], row + 1) - np.maximum(bottom[:, None], row)
    return (np.clip(covered, 0, 1) * 255).astype(np.uint8)


class WaveformLane(Lane):
    """Minimum and maximum of the mono signal, full scale -1..1, over the attention relative to its maximum.

    While an explanation is shown, its sum over frequencies takes the place of the attention.
    """

    weight = 1.0
    least_px = 66
    range = (-1.0, 1.0)

    def __init__(self) -> None:
        super().__init__()
        self._wave: MinMaxPyramid | None = None
        self._attention: ColumnPyramid | None = None
        self._heat = Picture()
        self._picture = Picture()
        self.why = Heat(-1.0, 1.0, UNDER_ALPHA)
        self._explanation: Explanation | None = None
        self.items = [self._heat, self.why.picture, self._picture]

    @property
    def title(self) -> str:
        """Name of the lane."""
        return tr("Waveform")

    @property
    def about(self) -> str:
        """What is drawn."""
        if self._explanation is not None:
            return tr(
                "Smallest and largest sample of the mono signal, full scale {minus}1{dash}1, over what each moment "
                "carries: {legend}."
            ).format(minus=MINUS, dash=DASH, legend=legend(self._explanation))
        return tr(
            "Smallest and largest sample of the mono signal, full scale {minus}1{dash}1, over the attention of the "
            "model: the stronger the tint, the more weight the moment had in the judgement of the whole track. "
            "Attention is shown relative to its maximum in this track."
        ).format(minus=MINUS, dash=DASH)

    @property
    def ready(self) -> bool:
        """Whether there is a signal to draw."""
        return self._wave is not None

    def ticks(self) -> list[tuple[float, str]]:
        """Full scale."""
        return [(1.0, "1"), (0.0, "0"), (-1.0, f"{MINUS}1")]

    def grid(self) -> list[float]:
        """The line of rest."""
        return [0.0]

    def set_overview(self, overview: Overview | None) -> None:
        """Take the signal's envelope."""
        self._wave = None
        if overview is not None and len(overview.waveform):
            envelope = overview.waveform
            self._wave = MinMaxPyramid(envelope[:, 0], envelope[:, 1], overview.waveform_bin_s)
        self._picture.visible = self._wave is not None

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Take the attention, relative to its maximum."""
        self._attention = None
        if analysis is not None and len(analysis.attention):
            most = float(analysis.attention.max())
            relative = analysis.attention / most if most > 0 else analysis.attention
            first_s = float(analysis.times_s[0]) - analysis.step_s / 2
            self._attention = ColumnPyramid(relative.astype(np.float32), analysis.step_s, pool="max", offset_s=first_s)
        self._heat.visible = self._attention is not None and self._explanation is None

    def set_explanation(self, explanation: Explanation | None) -> None:
        """Show what each moment carries in the place of the attention; None shows that again."""
        self._explanation = explanation
        if explanation is None:
            self.why.set_values(None)
        else:
            along = explanation.over_time[:, None]
            self.why.set_values(along, explanation.times_s, signed=explanation.is_signed)
        self._heat.visible = self._attention is not None and explanation is None

    def apply(self, tokens: Tokens) -> None:
        """Ink for the wave, one hue with growing alpha for the heat."""
        self._picture.set_table(growing(tokens.wave, 255))
        self._heat.set_table(growing(tokens.accent, 200))
        self.why.apply(tokens)

    def paint_over(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        """Name what the heat stands for: it is not the attention that is drawn there otherwise."""
        if self._explanation is not None:
            of = self._explanation
            paint_legend(painter, self.rect, tokens, legend(of), self.why, ends(of))

    def refresh(self, axis: TimeAxis, columns: int) -> None:
        """Hand the visible envelope and heat to the items."""
        self.why.refresh(axis, columns)
        if self._wave is not None:
            left_s, column_s, low, high = self._wave.columns(axis.start_s, axis.end_s, columns)
            if len(low):
                rows = max(round((self.rect.height() - 2) * columns / max(self.rect.width() - 2, 1.0)), 2)
                self._picture.set_cells(_coverage(low, high, rows), left_s, column_s * len(low), -1.0, 1.0)
        if self._attention is not None:
            left_s, step_s, heat = self._attention.view(axis.start_s, axis.end_s, columns)
            if len(heat):
                self._heat.set_cells((255 * heat[:, None]).astype(np.uint8), left_s, step_s * len(heat), -1.0, 1.0)

    def readings(self, time_s: float) -> list[Reading]:
        """Envelope and attention at a time."""
        out = []
        if self._wave is not None:
            low, high = self._wave.at(time_s)
            out.append(Reading(tr("signal"), f"{signed(low)} {DASH} {signed(high)}"))
        if self._explanation is not None:
            column = self.why.at(time_s)
            value = NOTHING if column is None else carried(self._explanation, float(column[0]), self.why.most)
            out.append(Reading(carried_label(self._explanation), value))
            return out
        value = NOTHING
        if self._attention is not None:
            weight = self._attention.at(time_s)
            value = tr("{value} of max.").format(value=f"{float(weight):.2f}") if weight is not None else NOTHING
        out.append(Reading(tr("attention"), value))
        return out
