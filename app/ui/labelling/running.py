"""While clips play: the plane to answer in, what is played, how far one is, what was said last."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.document import TrackState
from app.labelling import Progress
from app.library.rows import Label
from app.ui.buttons import rule
from app.ui.elided import ElidedLabel
from app.ui.labelling.answer_plane import AnswerPlane
from app.ui.labelling.said import LastAnswers, said_in_words
from app.ui.strings import DASH, clock, tr
from app.ui.theme import AXIS_PX, TITLE_PX, font

_SIDE_PX = 280


def minutes_left(seconds: float | None) -> str:
    """Return about how long the rest takes; empty while that is not known."""
    if seconds is None:
        return ""
    if seconds < 45:
        return tr("less than a minute left")
    return tr("about {minutes} min left").format(minutes=max(1, round(seconds / 60)))


def reason_in_words(why: str) -> str:
    """Say why a clip comes now (`models.training.next_clips.Reason`); it tells nothing of what anyone answered."""
    return {
        "unsure": tr("Next because the model is unsure."),
        "unlike": tr("Next because it is unlike what you labelled."),
        "typical": tr("Next because it is like many that you have not labelled."),
        "disagree": tr("Next because raters disagree."),
    }.get(why, "")


class Running(QWidget):
    """Only shows; what a person does is told by signals."""

    back_asked = Signal()
    skip_asked = Signal()
    unsure_asked = Signal()
    end_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel()
        self.title.setFont(font(TITLE_PX, strong=True))
        self.title.setAccessibleName(tr("What plays"))
        self.where = QLabel()
        self.where.setFont(font(tabular=True))
        self.where.setProperty("soft", True)
        self.hint = ElidedLabel()
        self.hint.setProperty("soft", True)
        self.plane = AnswerPlane()
        self.clip = QProgressBar()
        self.clip.setTextVisible(False)
        self.clip.setRange(0, 1000)
        self.clip.setAccessibleName(tr("How far the clip has played"))
        self.unsure = QPushButton(tr("Can\u2019t say  (0)"))
        self.back = QPushButton(tr("Back  (Backspace)"))
        self.skip = QPushButton(tr("Skip  (S)"))
        self.end = QPushButton(tr("End here  (Esc)"))
        row = QHBoxLayout()
        row.setSpacing(8)
        for button, signal in (
            (self.unsure, self.unsure_asked), (self.back, self.back_asked), (self.skip, self.skip_asked),
            (self.end, self.end_asked),
        ):  # fmt: skip
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAutoDefault(True)
            button.clicked.connect(signal)
            row.addWidget(button)
        row.insertStretch(3, 1)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.title, 1)
        head.addWidget(self.where)
        left = QVBoxLayout()
        left.setContentsMargins(16, 10, 16, 12)
        left.setSpacing(8)
        left.addLayout(head)
        left.addWidget(self.clip)
        left.addWidget(self.hint)
        left.addWidget(self.plane, 1)
        left.addLayout(row)

        self.count = QLabel()
        self.count.setFont(font(TITLE_PX, strong=True, tabular=True))
        self.left = QLabel()
        self.left.setProperty("soft", True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress of the sitting"))
        self.others_title = QLabel(tr("What others say"))
        self.others_title.setFont(font(strong=True))
        self.others = QLabel()
        self.others.setTextFormat(Qt.TextFormat.PlainText)
        self.others.setWordWrap(True)
        last_title = QLabel(tr("Last answers"))
        last_title.setFont(font(strong=True))
        self.last = LastAnswers()
        self.undo_hint = QLabel(tr("Ctrl+Z takes the last one back."))
        self.undo_hint.setFont(font(AXIS_PX))
        self.undo_hint.setProperty("soft", True)
        panel = QWidget()
        panel.setObjectName("panel")
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        panel.setFixedWidth(_SIDE_PX)
        side = QVBoxLayout(panel)
        side.setContentsMargins(16, 12, 16, 12)
        side.setSpacing(6)
        for part in (self.count, self.bar, self.left):
            side.addWidget(part)
        side.addSpacing(14)
        side.addWidget(last_title)
        side.addWidget(self.last)
        side.addWidget(self.undo_hint)
        side.addSpacing(14)
        side.addWidget(self.others_title)
        side.addWidget(self.others)
        side.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(left, 1)
        layout.addWidget(rule(vertical=True))
        layout.addWidget(panel)

    def show_track(self, track: TrackState, said: Label | None, *, warm_up: bool, why: str = "") -> None:
        """Name what plays, what was said of it if one has come back to it, and why it comes now."""
        self.title.setText(" \u00b7 ".join(part for part in (track.title, track.artist) if part))
        hints = []
        if track.status == "missing":
            hints.append(track.error or tr("The file is not where it was. S skips it."))
        elif track.status == "failed":
            hints.append(tr("{problem} S skips it.").format(problem=track.error))
        if warm_up:
            hints.append(tr("Warm-up: this answer counts for nothing."))
        if said is not None:
            hints.append(tr("You said: {said}. A new answer replaces it.").format(said=said_in_words(said)))
        if not hints:
            point = self.plane.answering == "point"
            hints.append(
                tr("Where does the music lie? Click, or arrow keys and Enter.")
                if point
                else tr("Which emotion does the music express? Press 1 to 4.")
            )
        self.hint.setText(" ".join([*hints, *([reason_in_words(why)] if why else [])]))

    def show_passage(self, region: tuple[float, float] | None, duration_s: float) -> None:
        """Say which part plays."""
        if region is None:
            self.where.setText("")
        elif region[1] - region[0] >= duration_s - 0.5:
            self.where.setText(clock(duration_s))
        else:
            part = f"{clock(region[0])}{DASH}{clock(region[1])}"
            self.where.setText(tr("{part} of {whole}").format(part=part, whole=clock(duration_s)))

    def show_position(self, at_s: float, region: tuple[float, float] | None) -> None:
        """Say how far the clip has played."""
        if region is None or region[1] <= region[0]:
            self.clip.setValue(0)
        else:
            share = (at_s - region[0]) / (region[1] - region[0])
            self.clip.setValue(round(1000 * min(max(share, 0.0), 1.0)))

    def show_progress(self, progress: Progress) -> None:
        """Say how far one is and how long the rest takes."""
        self.count.setText(tr("{done} of {total}").format(done=f"{progress.done:,}", total=f"{progress.total:,}"))
        self.bar.setRange(0, max(progress.total, 1))
        self.bar.setValue(progress.done)
        left = minutes_left(progress.remaining_s)
        if progress.warm_up_left:
            warm = tr("warm-up: {count} to go").format(count=progress.warm_up_left)
            left = f"{warm} \u00b7 {left}" if left else warm
        self.left.setText(left)

    def show_others(self, lines: list[str] | None) -> None:
        """Say what the model and other raters say; None where that is hidden."""
        self.others_title.setVisible(lines is not None)
        self.others.setVisible(lines is not None)
        self.others.setText("\n".join(lines) if lines else tr("Nobody has said anything yet."))
