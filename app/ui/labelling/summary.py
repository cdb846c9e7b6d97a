"""After the last clip: what was said, how long it took, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from app.library.rows import Label
from app.ui.icons import draw_marker
from app.ui.labelling.centred import centred_card
from app.ui.labelling.said import quadrant_said
from app.ui.strings import clock, quadrant_label, tr
from app.ui.theme import THEME, TITLE_PX, font
from models.analysis import QUADRANTS
from models.figures.palette import QUADRANT_COLOURS

_ROW_PX = 26
#: Buttons beside each other: more would not fit where words are longer than here.
_IN_A_ROW = 3
#: With fewer clips of a quadrant a model hardly learns it.
FEW_OF_ONE = 5


class Counts(QWidget):
    """How often each quadrant was said, as bars with numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.counts = dict.fromkeys(QUADRANTS, 0)
        self.setFixedHeight(_ROW_PX * len(QUADRANTS))
        self.setMinimumWidth(320)
        self.setAccessibleName(tr("Answers by quadrant"))
        THEME.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Four rows."""
        return QSize(420, _ROW_PX * len(QUADRANTS))

    def show_counts(self, counts: dict[str, int]) -> None:
        """Take how often each was said."""
        self.counts = counts
        self.setAccessibleDescription(", ".join(f"{quadrant_label(q)}: {n}" for q, n in counts.items()))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw marker, name, bar and number."""
        tokens = THEME.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(tabular=True))
        most = max(1, *self.counts.values())
        left = 170
        for index, quadrant in enumerate(QUADRANTS):
            y, count = index * _ROW_PX, self.counts[quadrant]
            draw_marker(painter, quadrant, QPointF(8, y + _ROW_PX / 2), 10)
            painter.setPen(QColor(tokens.text))
            name = QRectF(22, y, left - 26, _ROW_PX)
            painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, quadrant_label(quadrant))
            width = (self.width() - left - 44) * count / most
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(QUADRANT_COLOURS[quadrant]))
            painter.drawRoundedRect(QRectF(left, y + 8, max(width, 2.0 if count else 0.0), 10), 2, 2)
            painter.setPen(QColor(tokens.text))
            painter.drawText(QRectF(left + width + 8, y, 40, _ROW_PX), Qt.AlignmentFlag.AlignVCenter, str(count))
        painter.end()


class Summary(QWidget):
    """One card with the next steps; the first of them is the one to take."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setFont(font(TITLE_PX, strong=True))
        self.title.setWordWrap(True)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setProperty("soft", True)
        self.advice = QLabel()
        self.advice.setWordWrap(True)
        self.counts = Counts()
        self.buttons: list[QPushButton] = []
        self._row = QGridLayout()
        self._row.setSpacing(8)
        inside = centred_card(self)
        for part in (self.title, self.text, self.counts, self.advice):
            inside.addWidget(part)
        inside.addSpacing(6)
        inside.addLayout(self._row)

    def show_labels(
        self,
        rater: str,
        labels: Sequence[Label],
        everything: Sequence[Label],
        left: int,
        actions: Sequence[tuple[str, Callable[[], object]]],
    ) -> None:
        """Sum up.

        Parameters
        ----------
        rater : str
            Who labelled.
        labels : sequence of Label
            Of this sitting, warm-ups left out.
        everything : sequence of Label
            Of this rater, of whole recordings, warm-ups left out.
        left : int
            Clips of the sitting that have no answer.
        actions : sequence of (str, callable)
            What can be done now.
        """
        counts = {q: sum(quadrant_said(label) == q for label in everything) for q in QUADRANTS}
        self.counts.show_counts(counts)
        count = len(labels)
        self.title.setText(
            tr("{count} clips labelled by {rater}").format(count=count, rater=rater)
            if count != 1
            else tr("1 clip labelled by {rater}").format(rater=rater)
        )
        parts = []
        times = [label.seconds for label in labels if label.seconds is not None]
        if times:
            parts.append(
                tr("In {time}, about {each}\u202fs each.").format(time=clock(sum(times)), each=f"{median(times):.0f}")
            )
        unsure = sum(label.cant_say for label in labels)
        if unsure:
            parts.append(tr("Can\u2019t say: {count}.").format(count=unsure))
        if left:
            parts.append(tr("{count} are still open: \u201cGo on\u201d takes them up.").format(count=left))
        parts.append(tr("All labels of {rater} so far, by quadrant:").format(rater=rater))
        self.text.setText(" ".join(parts))
        few = [quadrant_label(q, short=True) for q, n in counts.items() if n < FEW_OF_ONE]
        if len(few) == len(QUADRANTS):
            advice = tr("From about 40 clips on, some of every quadrant, a model of your own can be tried.")
        elif few:
            advice = tr("Few or no clips of {quadrants}: a model learns little of what it rarely hears.").format(
                quadrants=", ".join(few)
            )
        else:
            advice = tr("Every quadrant has its clips: that is enough to try a model of your own.")
        self.advice.setText(advice)
        while self._row.count():
            widget = self._row.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.buttons = []
        for index, (words, run) in enumerate(actions):
            button = QPushButton(words)
            button.setDefault(index == 0)
            button.setAutoDefault(True)
            button.clicked.connect(lambda _checked=False, do=run: do())
            self._row.addWidget(button, index // _IN_A_ROW, index % _IN_A_ROW)
            self.buttons.append(button)
