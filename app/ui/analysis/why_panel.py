"""Why here: what stands apart in the music here, what carries the model's answer, and what it would say otherwise."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.jobs.explainer import Explaining
from app.ui.analysis.small import small
from app.ui.analysis.why_reasons import ReasonList
from app.ui.analysis.why_stretch import Stretch
from app.ui.analysis.why_what_if import WhatIfRow
from app.ui.analysis.why_words import (
    finding,
    how_probable,
    lacks,
    method_name,
    method_text,
    stretch_times,
    target_label,
    targets_of,
)
from app.ui.buttons import IconButton, KeyButton
from app.ui.strings import clock, percent, tr
from app.ui.theme import AXIS_PX, font
from models.analysis import Analysis
from models.explain.associations import SOURCE
from models.explain.explanation import METHODS, Explanation, Method, Target


class _Chooser(QComboBox):
    """A list of which one is chosen; a wheel scrolls the panel that it stands in, not the list."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumWidth(60)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(3)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave it to the panel."""
        event.ignore()


class WhyPanel(QWidget):
    """What the section "Why here" of the result panel holds.

    Attributes
    ----------
    overlay : QWidget
        What belongs to the heat over the lanes; shown while that is.
    """

    target_chosen = Signal(str)
    method_chosen = Signal(str)
    whole_asked = Signal(bool)
    cancel_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.toggle = KeyButton()
        self.toggle.setText(tr("In lanes"))
        self.toggle.setCheckable(True)
        self.toggle.setProperty("outlined", True)
        self.toggle.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.toggle.setToolTip(tr("Show over spectrogram and waveform what carries the model's answer  (E)"))
        self.toggle.setAccessibleName(tr("Show what carries the answer in the lanes"))
        self.overlay = self._make_overlay()
        self.stretch = QLabel()
        self.stretch.setFont(font(strong=True))
        self.stretch.setWordWrap(True)
        self.stretch.setTextFormat(Qt.TextFormat.PlainText)
        self.reasons = ReasonList()
        self.reasons.changed.connect(self._show_more)
        self.more = KeyButton()
        self.more.setProperty("narrow", True)
        self.more.setCheckable(True)
        self.more.setFont(font(AXIS_PX))
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.clicked.connect(self.reasons.set_open)
        policy = self.more.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing jumps while music plays
        self.more.setSizePolicy(policy)
        self.reasons_note = small()
        self.reasons_note.setText(
            tr(
                "Measured in the music here against the rest of the track; not a claim that the model answered so for "
                "it. In grey: what the literature associates with it, after {source}."
            ).format(source=tr(SOURCE))
        )
        self.what_if_title = QLabel(tr("What if it were"))
        self.what_if_title.setFont(font(strong=True))
        self.what_if = WhatIfRow()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.overlay)
        layout.addWidget(self.stretch)
        layout.addWidget(self.reasons)
        layout.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.reasons_note)
        layout.addSpacing(4)
        layout.addWidget(self.what_if_title)
        layout.addWidget(self.what_if)
        self.overlay.setVisible(False)
        self._show_more()

    def _show_more(self) -> None:
        left = self.reasons.left
        self.more.setVisible(left > 0 or self.reasons.is_open)
        self.more.setChecked(self.reasons.is_open)
        self.more.setText(tr("Show fewer") if self.reasons.is_open else tr("{count} more").format(count=left))
        self.more.setAccessibleName(tr("Show more or fewer of what stands apart"))

    def _make_overlay(self) -> QWidget:
        box = QWidget()
        self.target = _Chooser(tr("What is explained"))
        self.target.setToolTip(tr("What is explained; at first the quadrant that is the most probable there"))
        self.target.activated.connect(lambda index: self.target_chosen.emit(self.target.itemData(index)))
        self.method = _Chooser(tr("By which method"))
        self.method.activated.connect(lambda index: self.method_chosen.emit(self.method.itemData(index)))
        for method in METHODS:
            self.method.addItem(method_name(method), method)
            self.method.setItemData(self.method.count() - 1, method_text(method), Qt.ItemDataRole.ToolTipRole)
        self.finding = QLabel()
        self.finding.setWordWrap(True)
        self.finding.setTextFormat(Qt.TextFormat.PlainText)
        self.finding.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.finding.setMinimumHeight(2 * self.finding.fontMetrics().height())  # nothing below it jumps
        self.probable = small()
        self.standing = small()
        self.scope = small()
        self.whole = KeyButton()
        self.whole.setProperty("outlined", True)
        self.whole.setCheckable(True)
        self.whole.setText(tr("Whole track"))
        self.whole.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.whole.setToolTip(tr("Explain the whole track instead of this part: that takes longer"))
        self.whole.setAccessibleName(tr("Explain the whole track"))
        self.whole.clicked.connect(partial(self._whole_clicked))
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("How far the explanation is"))
        self.state = small()
        self.state.setMinimumHeight(self.state.fontMetrics().height())
        self.cancel = IconButton("cancel", tr("Stop explaining"), "Esc")
        self.cancel.clicked.connect(self.cancel_asked)
        choosers = QHBoxLayout()
        choosers.addWidget(self.target, 1)
        choosers.addWidget(self.method, 1)
        where = QHBoxLayout()
        where.addWidget(self.scope, 1)
        where.addWidget(self.whole, 0, Qt.AlignmentFlag.AlignTop)
        going = QHBoxLayout()
        going.addWidget(self.state, 1)
        going.addWidget(self.cancel)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(4)
        layout.addLayout(choosers)
        layout.addWidget(self.probable)
        layout.addWidget(self.finding)
        layout.addWidget(self.standing)
        layout.addLayout(where)
        layout.addWidget(self.progress)
        layout.addLayout(going)
        return box

    def _whole_clicked(self) -> None:
        self.whole_asked.emit(self.whole.isChecked())

    # What is shown

    def set_choice(
        self,
        analysis: Analysis | None,
        region: tuple[float, float] | None,
        target: Target,
        method: Method,
        peak_s: float | None = None,
    ) -> None:
        """Offer what can be asked, the quadrant that is the most probable there first, and say how it is asked."""
        targets = targets_of(analysis, region, peak_s)
        self.probable.setText(how_probable(analysis, target, region, peak_s))
        self.probable.setVisible(bool(self.probable.text()))
        if [self.target.itemData(i) for i in range(self.target.count())] != list(targets):
            self.target.clear()
            for one in targets:
                self.target.addItem(target_label(one), one)
        self.target.setCurrentIndex(targets.index(target))
        self.method.setCurrentIndex(METHODS.index(method))
        items = self.method.model()
        assert isinstance(items, QStandardItemModel)
        for index, one in enumerate(METHODS):
            lacking = lacks(one, target)
            items.item(index).setEnabled(not lacking)
            self.method.setItemData(index, lacking or method_text(one), Qt.ItemDataRole.ToolTipRole)
        self.standing.setText(method_text(method))

    def set_scope(self, region: tuple[float, float] | None, *, possible: bool, at_once: bool) -> None:
        """Say how much is explained.

        `possible` says whether there is a part that could be, `at_once` whether nothing has to be waited for.
        """
        if region is None:
            text = tr("The whole track is explained.")
            self.scope.setText(text if at_once else f"{text} {tr('A selection is faster.')}")
        else:
            text = tr("Only {times} is explained.") if at_once else tr("Only {times} is explained, which is faster.")
            self.scope.setText(text.format(times=stretch_times(*region)))
        self.whole.setVisible(possible)
        self.whole.setChecked(region is None)

    def show_finding(self, explanation: Explanation | None, method: Method) -> None:
        """Say in a sentence what an explanation comes to.

        One by another method than the chosen one, which stands in until that has answered, answers another question:
        it is named, and what it comes to is not said.
        """
        text = "" if explanation is None else finding(explanation)
        if explanation is not None and explanation.method != method:
            text = tr("Until {method} answers, the lanes show {other}, which asks something else.").format(
                method=method_name(method), other=method_name(explanation.method)
            )
        self.finding.setText(text)

    def show_state(self, state: Explaining | None) -> None:
        """Show how far the answer is; None where it needs no asking."""
        busy = state is not None and state.busy
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing jumps when it ends
        self.progress.setSizePolicy(policy)
        policy = self.cancel.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.cancel.setSizePolicy(policy)
        self.progress.setVisible(busy)
        self.cancel.setVisible(busy)
        self.progress.setValue(0 if state is None else round(1000 * state.fraction))
        self.state.setProperty("error", state is not None and state.status == "failed")
        self.state.style().polish(self.state)
        self.state.setText(state_text(state))

    def set_stretch(self, stretch: Stretch | None) -> None:
        """Say where "here" is."""
        self.stretch.setText("" if stretch is None else stretch.words)
        self.stretch.setVisible(stretch is not None)
        self.what_if.set_possible(stretch is not None)
        self.what_if.set_stretch(None if stretch is None else (stretch.start_s, stretch.end_s))


def state_text(state: Explaining | None) -> str:
    """Return how far an answer is, in words."""
    if state is None:
        return tr("From the analysis, at once.")
    if state.status == "failed":
        return state.message
    if state.status == "cancelled":
        return tr("Stopped; what was found so far is shown.") if state.explanation else tr("Stopped.")
    if state.status == "ready":
        return tr("Fine answer.")
    if state.fraction == 0:
        return tr("The model is asked\u2026")
    text = tr("Coarse answer; a finer one follows") if state.explanation else tr("Listening again")
    text = f"{text}, {percent(state.fraction)}"
    if state.remaining_s is not None:
        text = tr("{text}, about {time} left").format(text=text, time=clock(max(state.remaining_s, 1.0)))
    return text
