"""The live curves of a training: what it still gets wrong, and how much it gets right, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.jobs.training_state import Curve, TrainingState
from app.ui.strings import tr
from app.ui.theme import AXIS_PX, THEME, font
from app.ui.training.step import words

#: So that a page of 800 px shows the plots with all around them.
_PLOT_PX = 210


class _Plot(QWidget):
    """One plot over epochs: the part in training strong, those before it faint."""

    def __init__(self, title: str, explanation: str) -> None:
        super().__init__()
        self.plot = pg.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.setFixedHeight(_PLOT_PX)
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setAccessibleName(title)
        self.head = words(title, strong=True)
        self.foot = words(explanation, soft=True, size_px=AXIS_PX)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.head)
        layout.addWidget(self.plot)
        layout.addWidget(self.foot)
        self._items: dict[tuple[str, str], pg.PlotDataItem] = {}
        self._shown: dict[tuple[str, str], tuple[int, float, bool]] = {}

    def dress(self) -> None:
        """Take the theme's colours."""
        tokens = THEME.tokens
        self.plot.setBackground(tokens.panel)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(tokens.line)
            axis.setTextPen(tokens.soft)
            axis.setStyle(tickFont=font(AXIS_PX, tabular=True))
        self._shown.clear()

    def forget(self) -> None:
        """Begin with another training."""
        for item in self._items.values():
            self.plot.removeItem(item)
        self._items.clear()
        self._shown.clear()

    def draw(self, part: str, what: str, x: Sequence[float], y: Sequence[float], *, now: bool, dashed: bool) -> None:
        """Draw one line, unless it is drawn as it is."""
        key = (part, what)
        state = (len(x), x[-1] if x else 0.0, now)
        if self._shown.get(key) == state:
            return
        self._shown[key] = state
        if key not in self._items:
            self._items[key] = self.plot.plot(antialias=True)
        colour = QColor(THEME.tokens.accent if now else THEME.tokens.soft)
        colour.setAlphaF(1.0 if now else 0.35)
        style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        single = len(x) == 1
        self._items[key].setData(
            x,
            y,
            pen=pg.mkPen(colour, width=1.6 if now else 1.0, style=style),
            symbol="o" if single else None,
            symbolSize=5,
            symbolBrush=colour,
            symbolPen=None,
            connect="finite",
        )


class Curves(QWidget):
    """Loss on the left, share told right on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.loss = _Plot(
            tr("Error while it learns"),
            tr("Loss per epoch, lower is better. Dashed: on recordings that are held back."),
        )
        self.score = _Plot(
            tr("Told right of what is held back"),
            tr("Share of recordings per epoch, 0 to 1, higher is better."),
        )
        self.score.plot.setYRange(0.0, 1.0)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(20)
        layout.addWidget(self.loss)
        layout.addWidget(self.score)
        THEME.changed.connect(self._dress)
        self._state = TrainingState()
        self._dress()

    def show_state(self, state: TrainingState) -> None:
        """Draw what is known."""
        parts = {curve.part for curve in state.curves}
        if not {curve.part for curve in self._state.curves} <= parts:
            self.loss.forget()
            self.score.forget()
        self._state = state
        watched = False
        for index, curve in enumerate(state.curves):
            now = index == len(state.curves) - 1
            watched = self._draw(curve, now=now) or watched
        # Recipes that watch nothing have no second plot.
        self.score.setVisible(watched)
        last = state.curves[-1].points[-1] if state.curves else None
        self.loss.plot.setAccessibleDescription(
            tr("Epoch {epoch}: error {loss}").format(epoch=last.epoch, loss=f"{last.train_loss:.3f}") if last else ""
        )

    def _draw(self, curve: Curve, *, now: bool) -> bool:
        x = [float(point.epoch) for point in curve.points]
        self.loss.draw(curve.part, "train", x, [point.train_loss for point in curve.points], now=now, dashed=False)
        held = [point for point in curve.points if math.isfinite(point.validation_loss)]
        if held:
            at = [float(point.epoch) for point in held]
            self.loss.draw(curve.part, "held", at, [p.validation_loss for p in held], now=now, dashed=True)
        told = [point for point in curve.points if math.isfinite(point.validation_accuracy)]
        if told:
            at = [float(point.epoch) for point in told]
            self.score.draw(curve.part, "told", at, [p.validation_accuracy for p in told], now=now, dashed=False)
        return bool(told)

    def _dress(self) -> None:
        self.loss.dress()
        self.score.dress()
        state, self._state = self._state, TrainingState()
        self.show_state(state)
