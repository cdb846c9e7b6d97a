"""What if it were quieter, faster, darker: asks the model about a changed sound, and shows both answers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.jobs.explainer import Supposing
from app.ui.analysis.small import small
from app.ui.analysis.why_words import stretch_times, target_label
from app.ui.buttons import IconButton, KeyButton
from app.ui.strings import MINUS, percent, signed, tr, unfamiliar_name
from models.analysis import QUADRANTS
from models.explain.counterfactual import Change

if TYPE_CHECKING:
    from models.explain.counterfactual import Answer, WhatIf

_ARROW = "\u2192"


def changes() -> dict[str, tuple[str, Change, str]]:
    """What can be asked, by name: what its button says, what is done to the sound, and that in words."""
    return {
        "quieter": (tr("Quieter"), Change("gain", -10.0), tr("10 dB quieter")),
        "louder": (tr("Louder"), Change("gain", 10.0), tr("10 dB louder")),
        "slower": (tr("Slower"), Change("tempo", 0.8), tr("slower, at 0.8 of the tempo")),
        "faster": (tr("Faster"), Change("tempo", 1.25), tr("faster, at 1.25 of the tempo")),
        "darker": (tr("Darker"), Change("treble", -12.0), tr("darker, 12 dB less above 2 kHz")),
        "brighter": (tr("Brighter"), Change("treble", 12.0), tr("brighter, 12 dB more above 2 kHz")),
    }


class WhatIfRow(QWidget):
    """Six buttons, and below them the last answer: valence, arousal and quadrants of the stretch, before and after."""

    asked = Signal(object)  # Change
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = {change: words for _, change, words in changes().values()}
        self._supposing: Supposing | None = None
        self._here: tuple[float, float] | None = None
        self.buttons: dict[str, KeyButton] = {}
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        for index, (name, (text, change, words)) in enumerate(changes().items()):
            button = KeyButton()
            button.setText(text)
            button.setProperty("outlined", True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setToolTip(tr("Ask the model again with this stretch {words}").format(words=words))
            button.setAccessibleName(tr("What if it were {words}?").format(words=words))
            button.setSizePolicy(button.sizePolicy().Policy.Expanding, button.sizePolicy().Policy.Fixed)
            button.clicked.connect(partial(self.asked.emit, change))
            grid.addWidget(button, index // 3, index % 3)
            self.buttons[name] = button
        self.state = small()
        self.cancel = IconButton("cancel", tr("Do not ask"))
        self.cancel.clicked.connect(self.cancelled)
        self.cancel.setVisible(False)
        going = QHBoxLayout()
        going.setContentsMargins(0, 0, 0, 0)
        going.addWidget(self.state, 1)
        going.addWidget(self.cancel, 0, Qt.AlignmentFlag.AlignTop)
        self.table = QWidget()
        self._cells: list[tuple[QLabel, QLabel]] = []
        rows = QGridLayout(self.table)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setHorizontalSpacing(10)
        rows.setVerticalSpacing(1)
        rows.setColumnStretch(0, 1)
        for row in range(2 + len(QUADRANTS)):
            name, value = small(), small()
            for label in (name, value):
                label.setWordWrap(False)
            rows.addWidget(name, row, 0)
            rows.addWidget(value, row, 1, Qt.AlignmentFlag.AlignRight)
            self._cells.append((name, value))
        self.note = small()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(grid)
        layout.addLayout(going)
        layout.addWidget(self.table)
        layout.addWidget(self.note)
        self.show_state(None)

    def set_possible(self, possible: bool) -> None:
        """Let the buttons be pressed, or not."""
        for button in self.buttons.values():
            button.setEnabled(possible)

    def set_stretch(self, region: tuple[float, float] | None) -> None:
        """Take what "here" is, in seconds: an answer about another part is said to be one."""
        region = None if region is None else (round(region[0], 2), round(region[1], 2))
        if region != self._here:
            self._here = region
            self.show_state(self._supposing)

    @property
    def _elsewhere(self) -> bool:
        return self._supposing is not None and self._supposing.question.region != self._here

    @property
    def text(self) -> str:
        """All that is said, as one text."""
        cells = [f"{name.text()} {value.text()}" for name, value in self._cells] if self.table.isVisibleTo(self) else []
        return "\n".join([self.state.text(), *cells, self.note.text()])

    def show_state(self, supposing: Supposing | None) -> None:
        """Show how far the question is, or its answer."""
        self._supposing = supposing
        answer = None if supposing is None or supposing.status != "ready" else supposing.answer
        self.table.setVisible(answer is not None)
        self.note.setVisible(answer is not None)
        self.cancel.setVisible(supposing is not None and supposing.busy)
        self.state.setProperty("error", supposing is not None and supposing.status == "failed")
        self.state.style().polish(self.state)
        self.state.setText(self._state_text(supposing))
        if answer is not None:
            self._show_answer(answer)

    def _state_text(self, supposing: Supposing | None) -> str:
        if supposing is None or supposing.status == "cancelled":
            return tr("The sound of this stretch is changed, and the model is asked again. Nothing is kept.")
        words = self._words.get(supposing.question.change, "")
        if supposing.status == "failed":
            return supposing.message
        if supposing.busy:
            return tr("Listening to it {words}: {percent}").format(words=words, percent=percent(supposing.fraction))
        region = supposing.question.region
        where = tr("The whole track") if region is None else stretch_times(*region)
        text = tr("{where}, {words} (not the part named above):") if self._elsewhere else tr("{where}, {words}:")
        return text.format(where=where, words=words)

    def _show_answer(self, answer: WhatIf) -> None:
        was, now = answer.stretch_before, answer.stretch_after
        in_range = tr("{{name}}, {minus}1 to 1").format(minus=MINUS)
        pairs: list[tuple[str, str, str]] = [
            (in_range.format(name=tr("valence")), signed(was.valence), signed(now.valence)),
            (in_range.format(name=tr("arousal")), signed(was.arousal), signed(now.arousal)),
        ]
        pairs += [
            (target_label(quadrant), percent(float(was.probabilities[i])), percent(float(now.probabilities[i])))
            for i, quadrant in enumerate(QUADRANTS)
        ]
        for (name, value), (label, before, after) in zip(self._cells, pairs, strict=True):
            name.setText(label)
            value.setText(f"{before} {_ARROW} {after}")
            value.setAccessibleName(tr("{name} before {before}, after {after}").format(
                name=label, before=before, after=after
            ))  # fmt: skip
        lines = [tr("Whole track: {before} {arrow} {after}.").format(
            before=_whole(answer.before), arrow=_ARROW, after=_whole(answer.after)
        )]  # fmt: skip
        domain = answer.domain_after
        if domain is not None and not domain.is_familiar:
            lines.append(
                tr("Changed so it is nothing the model knows ({kind}): the numbers after it mean little.").format(
                    kind=unfamiliar_name(domain.kind)
                )
            )
        lines.append(tr(answer.note))
        self.note.setText(" ".join(lines))


def _whole(answer: Answer) -> str:
    best = int(answer.probabilities.argmax())
    return f"{target_label(QUADRANTS[best])} {percent(float(answer.probabilities[best]))}"
