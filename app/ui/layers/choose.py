"""Many layers come in at once: which of them shall lie over the track."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtWidgets import QPushButton, QWidget

from app.jobs.aside import Aside
from app.session import Session
from app.ui.exchange import Exchange
from app.ui.layers.export import known_layers
from app.ui.layers.ticks import LayerTicks
from app.ui.strings import counted, tr
from models.layers import Layer

#: So many layers of one import are laid over the track without asking.
MOST_UNASKED = 6
#: What a file rounds away: seconds, and this share of the largest value.
_ROUNDED_S, _ROUNDED = 2e-3, 1e-3


def is_same(first: Layer, second: Layer) -> bool:
    """Whether two layers have one name and say the same, but for what a file rounds away."""
    if (first.name, first.kind) != (second.name, second.kind) or len(first.times_s) != len(second.times_s):
        return False
    if (first.values is None) != (second.values is None) or not np.allclose(
        first.times_s, second.times_s, rtol=0, atol=_ROUNDED_S
    ):
        return False
    if first.values is None or second.values is None:
        return list(filter(None, first.labels)) == list(filter(None, second.labels))
    finite = second.values[np.isfinite(second.values)]
    slack = _ROUNDED * float(np.abs(finite).max(initial=0.0))
    return bool(np.allclose(first.values, second.values, rtol=0, atol=slack, equal_nan=True))


class ChooseLayers(Exchange):
    """Tick what shall lie over the track; what lies there already, or is a curve of the model's, is not ticked."""

    def __init__(
        self, parent: QWidget, session: Session, aside: Aside, track_id: int, layers: Sequence[Layer],
        then: Callable[[list[Layer]], object],
    ) -> None:  # fmt: skip
        super().__init__(parent, session, aside, tr("Import layers"))
        known = known_layers(session, track_id)
        there = [any(is_same(layer, other) for other in known) for layer in layers]
        self.add_text().setText(self._document.track(track_id).title)
        about = tr("{count} layers were read. Each that is ticked becomes a lane.").format(count=len(layers))
        if any(there):
            same = tr("1 is there already and not ticked."), tr("{count} are there already and not ticked.")
            about += " " + counted(sum(there), *same)
        self.add_text(soft=True).setText(about)
        self.ticks = LayerTicks(layers, [not known for known in there], tr("Layers to import"))
        self.ticks.changed.connect(self._count)
        self.body.addWidget(self.ticks)
        self.lay = QPushButton()
        self.lay.clicked.connect(self._take)
        self._then = then
        self.end_with(self.lay)
        self._count()

    def _count(self) -> None:
        count = len(self.ticks.chosen)
        self.lay.setText(counted(count, tr("Lay 1 layer over the track"), tr("Lay {count} layers over the track")))
        self.lay.setEnabled(count > 0)

    def _take(self) -> None:
        chosen = self.ticks.chosen
        self.close()
        self._then(chosen)
