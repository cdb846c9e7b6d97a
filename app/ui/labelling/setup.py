"""Before the first clip: how one wants to answer, what is played, in which order, how many."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from app.labelling.passage import CLIP_S, Clip
from app.labelling.plan import Order
from app.session import Session
from app.ui.buttons import Choice
from app.ui.labelling.centred import centred_card
from app.ui.strings import tr
from app.ui.theme import TITLE_PX, font

_SETTING = "label.setup"


@dataclass(frozen=True)
class Wish:
    """How a person wants to label: as they chose it last time."""

    answering: str = "quadrant"
    clip: Clip = "telling"
    order: Order = "random"
    count: int = 40  # 0: all
    warm_up: int = 0
    skip_labelled: bool = True


def count_of(value: str) -> int:
    """How many clips a choice stands for; 0 for all."""
    return int(value) if value.isdigit() else 0


class Setup(QWidget):
    """One card; Enter begins."""

    begin_asked = Signal()
    resume_asked = Signal()
    changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.title = QLabel()
        self.title.setFont(font(TITLE_PX, strong=True))
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        self.text = QLabel()
        self.text.setProperty("soft", True)
        self.text.setWordWrap(True)
        seconds = f"{CLIP_S:.0f}\u202fs"
        self.answering = Choice(
            tr("Answer"),
            [
                ("quadrant", tr("Quadrant: keys 1 to 4"), tr("One key per clip")),
                ("point", tr("Point in the plane"), tr("A click, or arrow keys and Enter: valence and arousal")),
            ],
        )
        self.clip = Choice(
            tr("Played"),
            [
                ("telling", tr("Most telling {seconds}").format(seconds=seconds), tr("Where the model attends most")),
                ("start", tr("First {seconds}").format(seconds=seconds), ""),
                ("whole", tr("Whole recording"), ""),
            ],
        )
        self.order = Choice(
            tr("Order"),
            [
                ("random", tr("Random"), tr("Each rater has an order of their own")),
                ("listed", tr("As listed"), ""),
                ("helpful", tr("What helps most"), tr("First what a model would learn most from")),
            ],
        )
        self.count = Choice(
            tr("Clips"),
            [("20", "20", ""), ("40", "40", tr("Enough for a first model of your own")), ("100", "100", ""),
             ("all", tr("All"), "")],
        )  # fmt: skip
        self.warm_up = Choice(
            tr("Warm-up"),
            [(n, n if n != "0" else tr("None"), tr("Clips to get used to the task; they count for nothing"))
             for n in ("0", "2", "5")],
        )  # fmt: skip
        self.skip_labelled = QCheckBox(tr("Leave out what this rater has labelled already"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        for row, choice in enumerate((self.answering, self.clip, self.order, self.count, self.warm_up)):
            name = QLabel(choice.accessibleName())
            name.setProperty("soft", True)
            grid.addWidget(name, row, 0)
            grid.addWidget(choice, row, 1)
            choice.chosen.connect(self._chosen)
        grid.addWidget(self.skip_labelled, 5, 1)
        grid.setColumnStretch(1, 1)
        self.skip_labelled.toggled.connect(self._chosen)
        self.begin = QPushButton(tr("Begin  (Enter)"))
        self.begin.setDefault(True)
        self.begin.setAutoDefault(False)  # outside a dialog it would be the default only until the focus has been there
        self.begin.clicked.connect(self.begin_asked)
        self.resume = QPushButton(tr("Go on"))
        self.resume.setAutoDefault(True)
        self.resume.clicked.connect(self.resume_asked)
        self.why_not = QLabel()
        self.why_not.setProperty("soft", True)
        self.why_not.setWordWrap(True)
        buttons = QHBoxLayout()
        buttons.addWidget(self.begin)
        buttons.addWidget(self.resume)
        buttons.addWidget(self.why_not, 1)
        buttons.addStretch(0)
        inside = centred_card(self)
        inside.addWidget(self.title)
        inside.addWidget(self.text)
        inside.addSpacing(6)
        inside.addLayout(grid)
        inside.addSpacing(8)
        inside.addLayout(buttons)
        self._restore()

    def wish(self) -> Wish:
        """What is chosen."""
        return Wish(
            self.answering.value, self.clip.value, self.order.value, count_of(self.count.value),
            count_of(self.warm_up.value), self.skip_labelled.isChecked(),
        )  # fmt: skip

    def _restore(self) -> None:
        kept = self._session.setting(_SETTING, {})
        kept = kept if isinstance(kept, dict) else {}
        standard = Wish()
        self.answering.choose(kept.get("answering", standard.answering))
        self.clip.choose(kept.get("clip", standard.clip))
        self.order.choose(kept.get("order", standard.order))
        self.count.choose(kept.get("count", str(standard.count)))
        self.warm_up.choose(kept.get("warm_up", str(standard.warm_up)))
        self.skip_labelled.setChecked(bool(kept.get("skip_labelled", standard.skip_labelled)))

    def _chosen(self, *_args: object) -> None:
        choices = {name: getattr(self, name).value for name in ("answering", "clip", "order", "count", "warm_up")}
        self._session.set_setting(_SETTING, {**choices, "skip_labelled": self.skip_labelled.isChecked()})
        self.changed.emit()

    def show_state(
        self, *, rater: str, tracks: int, labelled: int, left: int, resumable: tuple[int, int] | None
    ) -> None:
        """Say what there is to label, and whether one can begin or go on."""
        name = rater or tr("you")
        self.title.setText(tr("Label {count} recordings by ear").format(count=f"{tracks:,}"))
        self.text.setText(
            tr(
                "Each clip plays by itself; one key answers it and the next one comes. Say what emotion the music "
                "expresses, not what you feel. {labelled} of {count} are labelled by {name}."
            ).format(labelled=f"{labelled:,}", count=f"{tracks:,}", name=name)
        )
        self.begin.setEnabled(left > 0)
        wish = self.wish().count
        number = left if not wish else min(wish, left)
        words = tr("Begin with 1 clip  (Enter)") if number == 1 else tr("Begin with {count} clips  (Enter)")
        self.begin.setText(words.format(count=f"{number:,}"))
        self.why_not.setText(
            "" if left else tr("All of them are labelled. To label them again, untick the line above.")
        )
        self.resume.setVisible(resumable is not None)
        if resumable is not None:
            done, total = resumable
            self.resume.setText(tr("Go on: {done} of {total} done").format(done=f"{done:,}", total=f"{total:,}"))
