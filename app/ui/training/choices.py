"""Third page: what to train, on what, and how long it will take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QGridLayout, QLabel, QRadioButton, QWidget

from app.jobs.survey_state import EstimateState
from app.session import Session
from app.ui.cards import fields
from app.ui.strings import tr
from app.ui.topbar import device_name
from app.ui.training.step import Card, Sign, Step, button, row, words
from app.ui.training.words import length

#: A change of mind waits so long for the next before a trial begins.
_SETTLE_MS = 700
_FEW = 40


@dataclass(frozen=True)
class Choice:
    """What was chosen; see `TrainingPlan`."""

    recipe: str = ""
    start_from: str = ""
    device: str = ""
    tables: bool = False
    minutes: int = 0


def recipe_words() -> list[tuple[str, str]]:
    """Recipes for beginning from nothing: the command's name, and plain words."""
    return [
        ("base", tr("Like the program\u2019s own model: the most exact")),
        ("fast", tr("Small and quick, for live use")),
        ("crnn", tr("One network that reads the sound alone")),
    ]


def table_times() -> list[tuple[int, str]]:
    """How long the tables may take, in minutes and in words."""
    return [
        (30, tr("In half an hour: a first look")),
        (120, tr("In two hours")),
        (480, tr("In eight hours: over night")),
    ]


class ChoicesPage(Step):
    """From a model or from nothing."""

    trial_asked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(tr("What to train"), tr("What is marked is a good choice: you can simply go on."), parent)
        self._session = session
        self._training = session.training
        self._clips = 0
        self.advice = Sign(name="note")
        self.body.addWidget(self.advice)
        self.body.addWidget(self._ways())
        self.body.addWidget(self._where())
        self.body.addStretch(1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLE_MS)
        self._timer.timeout.connect(self.trial_asked)
        self._training.estimate_changed.connect(self._show_estimate)

    def close_views(self) -> None:
        """Observe trials no longer."""
        self._timer.stop()
        self._training.estimate_changed.disconnect(self._show_estimate)

    def _ways(self) -> QWidget:
        card = Card(tr("How"))
        grid = QGridLayout()
        grid.setColumnStretch(2, 1)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        self.from_model = QRadioButton(tr("Teach a model that knows music already"))
        self.from_scratch = QRadioButton(tr("Begin from nothing"))
        self.tables = QRadioButton(tr("No model: the first paper\u2019s tables (research)"))
        self._group = QButtonGroup(self)
        self.model = QComboBox()
        self.model.setAccessibleName(tr("The model to begin with"))
        self.recipe = QComboBox()
        self.recipe.setAccessibleName(tr("Kind of model"))
        for name, text in recipe_words():
            self.recipe.addItem(text, name)
        self.minutes = QComboBox()
        self.minutes.setAccessibleName(tr("Time for the tables"))
        for minutes, text in table_times():
            self.minutes.addItem(text, minutes)
        about = (
            (
                self.from_model,
                self.model,
                tr("Needs the fewest recordings. The model it begins with stays as it is."),
            ),
            (self.from_scratch, self.recipe, tr("Learns from your recordings alone: a few hundred or more.")),
            (
                self.tables,
                self.minutes,
                tr("Its networks and baselines under its protocol: its tables 3 and 4 for your recordings."),
            ),
        )
        for line, (radio, box, text) in enumerate(about):
            radio.setAccessibleDescription(text)
            self._group.addButton(radio)
            grid.addWidget(radio, 2 * line, 0)
            box.setMinimumWidth(300)
            grid.addWidget(box, 2 * line, 1)
            box.activated.connect(lambda _index, radio=radio: (radio.setChecked(True), self._changed()))
            note = words(text, soft=True)
            note.setContentsMargins(22, 0, 0, 8)
            grid.addWidget(note, 2 * line + 1, 0, 1, 3)
        card.body.addLayout(grid)
        self._group.buttonClicked.connect(self._changed)
        return card

    def _where(self) -> QWidget:
        card = Card(tr("How long"))
        self.device = QComboBox()
        self.device.setAccessibleName(tr("Where it is worked out"))
        self._device_name = QLabel(tr("&Worked out by:"))
        self._device_name.setBuddy(self.device)
        self.device.activated.connect(self._changed)
        self.time = words(strong=True)
        self.time.setAccessibleName(tr("Expected time"))
        self.time_note = words(soft=True)
        self.again = button(tr("Measure again"), self.trial_asked.emit)
        card.body.addWidget(self.time)
        card.body.addWidget(self.time_note)
        card.body.addLayout(row(self._device_name, self.device, self.again))
        return card

    # What is offered

    def offer(self, survey: Mapping[str, Any]) -> None:
        """Offer what fits to what was found, the advised way chosen."""
        advice = survey.get("advice") or {}
        usable = survey.get("usable", 0)
        self._clips = usable if isinstance(usable, int) else 0
        text = str(advice.get("text", ""))
        self.advice.label.setText(text)
        self.advice.setVisible(bool(text))
        self._advised = (str(advice.get("start_from", "")), str(advice.get("recipe", "")))
        kept = self.model.currentData() or self._advised[0]
        self.model.clear()
        for card in self._session.models():
            if fields(card).get("network", {}).get("kind") != "personal":
                self.model.addItem(card.name, card.id)
        self.model.setCurrentIndex(max(0, self.model.findData(kept)))
        if self._group.checkedButton() is None:
            begin_with = self.from_model if self._advised[0] else self.from_scratch
            begin_with.setChecked(True)
            self.recipe.setCurrentIndex(max(0, self.recipe.findData(self._advised[1])))
        device = self.device.currentData()
        self.device.clear()
        self.device.addItem(tr("Whatever is fastest"), "")
        self.device.addItem(tr("The processor"), "cpu")
        running_on = self._session.document.model.device
        if running_on not in ("", "cpu"):
            self.device.addItem(device_name(running_on), running_on)
        self.device.setCurrentIndex(max(0, self.device.findData(device)))

    def forget(self) -> None:
        """Choose anew: other recordings are learned from."""
        self._group.setExclusive(False)
        for radio in self._group.buttons():
            radio.setChecked(False)
        self._group.setExclusive(True)
        self.model.clear()

    @property
    def choice(self) -> Choice:
        """What is chosen."""
        device = self.device.currentData() or ""
        if self.tables.isChecked():
            return Choice(device=device, tables=True, minutes=self.minutes.currentData())
        if self.from_scratch.isChecked():
            return Choice(recipe=self.recipe.currentData() or "", device=device)
        model = self.model.currentData() or ""
        recipe = self._advised[1] if model == self._advised[0] else ""
        return Choice(recipe=recipe or self._recipe_for(model), start_from=model, device=device)

    def _recipe_for(self, model: str) -> str:
        """The fused model is taught by its own recipe; a network by what the command takes for it."""
        card = next((card for card in self._session.models() if card.id == model), None)
        kind = fields(card).get("network", {}).get("kind") if card is not None else ""
        return "base" if kind == "fusion" else ""

    @property
    def next_text(self) -> str:
        """What the button says."""
        return tr("Start training")

    def enter(self) -> None:
        """Measure how long it takes."""
        self._changed()

    def leave(self) -> None:
        """A trial that was not begun is not wanted any more."""
        self._timer.stop()

    def take_focus(self) -> None:
        """Begin with what is chosen."""
        chosen = self._group.checkedButton()
        if chosen is not None:
            chosen.setFocus(Qt.FocusReason.OtherFocusReason)

    def _changed(self, *_args: object) -> None:
        self._training.forget_estimate()
        if self.tables.isChecked():
            self._timer.stop()
            self._show_estimate(EstimateState(total_s=60.0 * self.minutes.currentData()))
        else:
            self._timer.start()
            self._show_estimate(EstimateState(busy=True))
        self.changed.emit()

    def _show_estimate(self, state: EstimateState) -> None:
        self.again.setVisible(bool(state.error))
        if state.total_s is not None:
            self.time.setText(tr("It will take {time}.").format(time=length(state.total_s)))
            meanwhile = tr("You can use the program meanwhile, pause, or stop and keep the best.")
            measured = "" if self.tables.isChecked() else tr("Measured on this computer.")
            self.time_note.setText(f"{measured} {meanwhile}".strip())
        elif state.busy or self._timer.isActive():
            self.time.setText(tr("Measuring how long it takes\u2026"))
            self.time_note.setText(tr("A trial of about ten seconds. You need not wait for it."))
        elif state.error:
            self.time.setText(tr("How long it takes is not known."))
            self.time_note.setText(state.error)
        else:
            self.time.setText("")
            self.time_note.setText("")
