"""What of a recording is drawn, for which place, and how: the choices of the figure dialog."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QGridLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui.analysis.small import small
from app.ui.strings import clock, tr
from models.figures.heat import HEATS
from models.figures.lanes import LANES
from models.figures.order import WHATS, Order, What
from models.figures.panels import USUAL
from models.figures.preset import PRESETS
from models.figures.recording import MOST_LAG_S, ShownClimax

#: Panels of a slide at first: more would be too small to read from the last row.
_SLIDE = ("waveform", "quadrants", "valence_arousal", "intensity")
_DEFAULT_FILES = ("pdf", "svg")
FILES = ("pdf", "svg", "png", "txt")


def what_names() -> dict[What, str]:
    """Return what can be drawn, in words."""
    return {
        "panels": tr("Panels over time"),
        "worm": tr("Way through the plane"),
        "climax": tr("A climax, close"),
        "approaches": tr("Approaches of the climaxes"),
        "comparison": tr("The comparison"),
    }


def panel_names() -> dict[str, str]:
    """Return the panels in words."""
    return {
        "waveform": tr("Signal"),
        "spectrogram": tr("Spectrogram"),
        "quadrants": tr("Quadrants"),
        "valence_arousal": tr("Valence and arousal"),
        "loudness": tr("Loudness"),
        "intensity": tr("Intensity"),
        "sections": tr("Sections"),
        "marks": tr("Climaxes and marks by name"),
    }


def _combo(name: str) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(name)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(9)
    combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return combo


def _listed(kept: object, first: Sequence[str]) -> list[str]:
    """Return a list that was kept; what makes no sense is as at first."""
    return [str(one) for one in kept] if isinstance(kept, list | tuple) else list(first)


def _choose(combo: QComboBox, value: object) -> None:
    """Choose a value without telling; an unknown one chooses the first."""
    with QSignalBlocker(combo):
        combo.setCurrentIndex(max(0, combo.findData(value)))


class Controls(QWidget):
    """The choices, and what they come to; `changed` whenever that is something else."""

    changed = Signal()

    def __init__(self, kept: Mapping[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selection: tuple[float, float] | None = None
        self._make()
        self._lay_out()
        self._ticked: dict[bool, list[str]] = {}  # panels, for slides and for print
        self.restore(kept)
        self._connect()
        self._show_what_matters()

    # Putting it together

    def _make(self) -> None:
        self.what = _combo(tr("What is drawn"))
        for what in WHATS:
            self.what.addItem(what_names()[what], what)
        self.preset = _combo(tr("Where it is printed"))
        for preset, words in (
            ("one column", tr("One column, 85 mm")),
            ("two columns", tr("Two columns, 175 mm")),
            ("slide", tr("Slide, 16:9")),
        ):
            assert preset in PRESETS
            self.preset.addItem(words, preset)
        self.part = _combo(tr("Which part"))
        self.climax = _combo(tr("Which climax"))
        self.heat = _combo(tr("Under the signal"))
        for heat, words in zip(
            HEATS,
            (tr("nothing"), tr("where the model weighted"), tr("what pushed its answer"), tr("the explanation")),
            strict=True,
        ):
            self.heat.addItem(words, heat)
        self.lag = QDoubleSpinBox()
        self.lag.setRange(0.0, MOST_LAG_S)
        self.lag.setSingleStep(0.5)
        self.lag.setDecimals(1)
        self.lag.setSuffix(tr(" s"))
        self.lag.setAccessibleName(tr("Lag: valence and arousal are drawn so much earlier"))
        self.lag.setToolTip(tr("Ratings lag behind the music by 1 to 3 s; the figure says what was taken off."))
        self.title = QCheckBox(tr("Title and result above"))
        self.panels = {name: QCheckBox(words) for name, words in panel_names().items()}
        self.files = {ending: QCheckBox(words) for ending, words in zip(
            FILES, ("PDF", "SVG", "PNG", tr("Legend (.txt)")), strict=True
        )}  # fmt: skip
        for ending, box in self.files.items():
            box.setAccessibleName(tr("Save as {format}").format(format=ending.upper()))

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(10)
        form.setVerticalSpacing(7)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._rows: dict[str, tuple[QWidget, QWidget]] = {}
        for name, words, field in (
            ("what", tr("Figure"), self.what), ("preset", tr("For"), self.preset), ("part", tr("Part"), self.part),
            ("climax", tr("Climax"), self.climax), ("heat", tr("Under the signal"), self.heat),
            ("lag", tr("Lag"), self.lag),
        ):  # fmt: skip
            label = QLabel(words)
            label.setBuddy(field)
            form.addRow(label, field)
            self._rows[name] = (label, field)
        form.addRow(self.title)
        self.panel_box = QFrame()
        grid = QVBoxLayout(self.panel_box)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setSpacing(3)
        grid.addWidget(small(tr("Panels")))
        for box in self.panels.values():
            grid.addWidget(box)
        files = QGridLayout()
        files.setContentsMargins(0, 4, 0, 0)
        files.setVerticalSpacing(3)
        files.addWidget(small(tr("Save as")), 0, 0, 1, 2)
        for index, box in enumerate(self.files.values()):
            files.addWidget(box, 1 + index // 2, index % 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(form)
        layout.addWidget(self.panel_box)
        layout.addLayout(files)
        layout.addStretch(1)

    def _connect(self) -> None:
        self.preset.currentIndexChanged.connect(self._preset_chosen)
        for combo in (self.what, self.preset, self.part, self.climax, self.heat):
            combo.currentIndexChanged.connect(self._chosen)
        self.lag.valueChanged.connect(self._chosen)
        for box in (self.title, *self.panels.values()):
            box.toggled.connect(self._chosen)

    @property
    def _is_slide(self) -> bool:
        return bool(self.preset.currentData() == "slide")

    def _ticks(self) -> list[str]:
        return [name for name, box in self.panels.items() if box.isChecked()]

    def _preset_chosen(self) -> None:
        """Tick what was ticked last for slides, which have room for a few panels only, or for print."""
        if self._is_slide == self._for_slide:
            return
        self._ticked[self._for_slide] = self._ticks()
        self._for_slide = self._is_slide
        for name, box in self.panels.items():
            with QSignalBlocker(box):
                box.setChecked(name in self._ticked[self._for_slide])

    def _chosen(self, *_args: object) -> None:
        self._show_what_matters()
        self.changed.emit()

    def _show_what_matters(self) -> None:
        """Show the choices that the figure has; the others keep their values."""
        what = self.what.currentData()
        shown = {
            "part": what in ("panels", "worm"),
            "climax": what == "climax",
            "heat": what in ("panels", "climax"),
            "lag": what != "approaches",
        }
        for name, visible in shown.items():
            for widget in self._rows[name]:
                widget.setVisible(visible)
        self.panel_box.setVisible(what == "panels")

    # What there is to choose from

    def offer(
        self, climaxes: Sequence[ShownClimax], selection: tuple[float, float] | None, *, explained: bool,
        compared: bool, missing: Callable[[str], str],
    ) -> None:  # fmt: skip
        """Say what the recording has: its climaxes, what is selected, which panels it can show."""
        self._selection = selection
        part, climax = self.part.currentData(), self.climax.currentData()
        with QSignalBlocker(self.part), QSignalBlocker(self.climax):
            self.part.clear()
            self.climax.clear()
            self.part.addItem(tr("The whole"), "whole")
            if selection is not None:
                words = tr("The selection, {start} to {end}")
                self.part.addItem(words.format(start=clock(selection[0]), end=clock(selection[1])), "selection")
            for number, shown in enumerate(climaxes, 1):
                words = tr("Climax {number} at {time}").format(number=number, time=clock(shown.climax.peak_s))
                words = f"{words}: {shown.label}" if shown.label else words
                self.part.addItem(words, number)
                self.climax.addItem(words, number)
        _choose(self.part, part)
        _choose(self.climax, climax)
        self._allow(self.heat, "explanation", explained, tr("Ask \u201cWhy here?\u201d (E) in Analyse first."))
        none = tr("The recording has no climax.")
        self._allow(self.what, "climax", bool(climaxes), none)
        self._allow(self.what, "approaches", bool(climaxes), none)
        self._allow(self.what, "comparison", compared, tr("Put two recordings into the comparison first (Ctrl+T)."))
        for name, box in self.panels.items():
            why = missing(name)
            box.setEnabled(not why)
            box.setToolTip(f"{why[0].upper()}{why[1:]}." if why else "")

    def prefer(self, *, of_comparison: bool) -> None:
        """Choose what is before one: the comparison, or something of the track; else what was chosen stays."""
        if of_comparison != (self.what.currentData() == "comparison"):
            self.what.setCurrentIndex(self.what.findData("comparison" if of_comparison else "panels"))

    @staticmethod
    def _allow(combo: QComboBox, value: str, allowed: bool, why: str) -> None:
        """Let a value be chosen, or say why not; what is chosen and is not there any more gives way to the first."""
        index = combo.findData(value)
        item = combo.model().item(index)
        item.setEnabled(allowed)
        item.setToolTip("" if allowed else why)
        if not allowed and combo.currentIndex() == index:
            _choose(combo, WHATS[0] if value in WHATS else HEATS[1])

    # What was chosen

    def order(self, regions: Mapping[int, tuple[float, float]], axis: str = "") -> Order:
        """Return what shall be drawn; `regions` are the stretches of the climaxes by their numbers."""
        part = self.part.currentData()
        region = self._selection if part == "selection" else regions.get(part) if isinstance(part, int) else None
        return Order(
            what=self.what.currentData(),
            preset=self.preset.currentData(),
            panels=tuple(name for name in LANES if self.panels[name].isChecked()),
            heat=self.heat.currentData(),
            region=region,
            climax=self.climax.currentData() or 1,
            lag_s=round(self.lag.value(), 1),
            title=self.title.isChecked(),
            axis=axis,
        )

    @property
    def endings(self) -> tuple[str, ...]:
        """The formats that are ticked."""
        return tuple(ending for ending, box in self.files.items() if box.isChecked())

    def kept(self) -> dict[str, Any]:
        """Return what is remembered: not the part, which belongs to a recording."""
        ticked = {**self._ticked, self._for_slide: self._ticks()}
        return {
            "what": self.what.currentData(),
            "preset": self.preset.currentData(),
            "heat": self.heat.currentData(),
            "lag_s": self.lag.value(),
            "title": self.title.isChecked(),
            "panels": ticked[False],
            "slide_panels": ticked[True],
            "files": list(self.endings),
        }

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Choose as last time; what makes no sense is as at first."""
        _choose(self.what, kept.get("what", "panels"))
        _choose(self.preset, kept.get("preset", "two columns"))
        _choose(self.heat, kept.get("heat", "attention"))
        lag = kept.get("lag_s", 0.0)
        self.lag.setValue(float(lag) if isinstance(lag, int | float) else 0.0)
        self.title.setChecked(bool(kept.get("title", True)))
        for slide, name, first in ((False, "panels", USUAL), (True, "slide_panels", _SLIDE)):
            self._ticked[slide] = _listed(kept.get(name), first)
        self._for_slide = self._is_slide
        for boxes, chosen in (
            (self.panels, self._ticked[self._for_slide]),
            (self.files, _listed(kept.get("files"), _DEFAULT_FILES)),
        ):
            for key, box in boxes.items():
                box.setChecked(key in chosen)
