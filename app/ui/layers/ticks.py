"""Layers with ticks: which of them go out, or come in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from app.ui.strings import NOTHING, tr
from models.layers import Layer

_LIST_PX = 190


class LayerTicks(QWidget):
    """A list of layers with a tick each, and buttons for all and none.

    Parameters
    ----------
    layers : sequence of Layer
        In the order of the list.
    ticked : sequence of bool
        Which are ticked at first.
    name : str
        For assistive technology.
    """

    changed = Signal()

    def __init__(self, layers: Sequence[Layer], ticked: Sequence[bool], name: str) -> None:
        super().__init__()
        self.layers = tuple(layers)
        self.list = QListWidget()
        self.list.setAccessibleName(name)
        self.list.setAcceptDrops(False)
        self.list.setMinimumHeight(_LIST_PX)
        for layer, on in zip(self.layers, ticked, strict=True):
            about = [layer.unit] if layer.unit else []
            about += [f"{layer.range[0]:g}..{layer.range[1]:g}"] if layer.range is not None else []
            item = QListWidgetItem(f"{layer.name} ({', '.join(about)})" if about else layer.name)
            item.setToolTip(layer.origin or NOTHING)
            item.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.list.itemChanged.connect(lambda _item: self.changed.emit())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.list)
        row = QHBoxLayout()
        for words, state in ((tr("All"), Qt.CheckState.Checked), (tr("None"), Qt.CheckState.Unchecked)):
            button = QPushButton(words)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, state=state: self._tick_all(state))
            row.addWidget(button)
        row.addStretch(1)
        layout.addLayout(row)

    def _tick_all(self, state: Qt.CheckState) -> None:
        for row in range(self.list.count()):
            self.list.item(row).setCheckState(state)

    @property
    def chosen(self) -> list[Layer]:
        """The layers that are ticked."""
        ticked = (self.list.item(row).checkState() == Qt.CheckState.Checked for row in range(len(self.layers)))
        return [layer for layer, on in zip(self.layers, ticked, strict=True) if on]
