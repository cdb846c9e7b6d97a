"""Fifth page: how good the new model is beside the current one, and what it got wrong, to be listened to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QListWidget, QListWidgetItem, QTextBrowser, QVBoxLayout, QWidget

from app.session import Session
from app.ui.cards import score_text
from app.ui.player import Player
from app.ui.strings import percent, quadrant_label, tr
from app.ui.theme import AXIS_PX
from app.ui.training.drawn import Confusion, Span
from app.ui.training.step import Card, Sign, Step, button, clear, row, show_folder, words
from app.ui.training.words import comparisons, headline, matrix_of
from models.analysis import QUADRANTS

_PATH = Qt.ItemDataRole.UserRole + 1
_ROWS_SHOWN = 10


def length_of(path: Path) -> float:
    """Return how long a file is in seconds, 0 where that cannot be told at once."""
    import soundfile

    try:
        return float(soundfile.info(str(path)).duration)
    except (RuntimeError, OSError):
        return 0.0


class WrongList(QListWidget):
    """Recordings that were told otherwise than they are labelled; Enter and double-click play one."""

    play_asked = Signal(object)  # Path

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Recordings it got wrong"))
        self.setAlternatingRowColors(False)
        self.itemActivated.connect(lambda item: self.play_asked.emit(item.data(_PATH)))

    @property
    def path(self) -> Path | None:
        """The recording under the focus."""
        item = self.currentItem()
        return item.data(_PATH) if item is not None else None

    def show_wrong(self, wrong: list[Mapping[str, Any]], theirs: str) -> None:
        """List them as they come: the surest first."""
        self.clear()
        for clip in wrong:
            path = Path(str(clip.get("file", "")))
            said = tr("{name}: you {label}, it said {said} ({sure})").format(
                name=clip.get("name") or path.name,
                label=_mood(clip.get("label")),
                said=_mood(clip.get("said")),
                sure=percent(float(clip.get("probability") or 0.0)),
            )
            if clip.get("theirs") in QUADRANTS:
                said = tr("{said}; {model} said {mood}").format(said=said, model=theirs, mood=_mood(clip["theirs"]))
            item = QListWidgetItem(said)
            item.setData(_PATH, path)
            item.setToolTip(str(path))
            self.addItem(item)
        if self.count():
            self.setCurrentRow(0)
            self.setFixedHeight(min(self.count(), _ROWS_SHOWN) * self.sizeHintForRow(0) + 4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter plays; arrows move; all else is the window's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentItem() is not None:
            self.play_asked.emit(self.path)
            return
        super().keyPressEvent(event)


def _mood(quadrant: Any) -> str:
    return quadrant_label(str(quadrant), short=True) or str(quadrant)


class VerdictPage(Step):
    """Scores with intervals, the difference in words, matrices side by side, and the wrong ones."""

    def __init__(self, session: Session, player: Player, parent: QWidget | None = None) -> None:
        super().__init__("", "", parent)
        self._training = session.training
        self._player = player
        self.setAccessibleName(tr("The result"))
        self._inner = QVBoxLayout()
        self._inner.setSpacing(12)
        self.body.addLayout(self._inner)
        self.body.addStretch(1)
        self.wrong = WrongList()
        self.wrong.play_asked.connect(self._play)

    def enter(self) -> None:
        """Show the result of the training."""
        if self._has_tables:
            self.show_tables(Path(self._training.state.folder))
        else:
            self.show_verdict(self._training.state.verdict or {})

    @property
    def _has_tables(self) -> bool:
        return self._training.plan is not None and self._training.plan.tables

    def leave(self) -> None:
        """Be quiet."""
        self._player.pause()

    @property
    def can_go_back(self) -> bool:
        """The training is over: only forward."""
        return False

    @property
    def next_text(self) -> str:
        """What the button says."""
        return tr("Done") if self._has_tables else tr("Decide")

    def take_focus(self) -> None:
        """Begin with what can be listened to."""
        if self.wrong.count():
            self.wrong.setFocus()

    def toggle_play(self) -> bool:
        """Space plays the recording under the focus, and rests."""
        path = self.wrong.path
        if self._player.playing or path is None or self._player.path == path:
            return False
        self._play(path)
        return True

    def _play(self, path: Path | None) -> None:
        if path is None:
            return
        if self._player.path != path:
            self._player.open(path, length_of(path) or 600.0)
        self._player.play_from(0.0)

    def show_verdict(self, verdict: Mapping[str, Any]) -> None:
        """Show all that is known; a run that was stopped early may know less."""
        self.wrong.setParent(None)
        clear(self._inner)
        self.wrong.clear()
        if not verdict:
            self.title.setText(tr("The model is trained"))
            self.text.setText(tr("It was not compared with another one: too few test rounds were finished."))
            self.text.setVisible(True)
            return
        title, sentence = headline(verdict)
        self.title.setText(title)
        self.text.setText(sentence)
        self.text.setVisible(bool(sentence))
        warnings = verdict.get("warnings")
        for warning in warnings if isinstance(warnings, list) else ():
            self._inner.addWidget(Sign(str(warning)))
        names = [_name(verdict.get("ours"), tr("Your model")), _name(verdict.get("theirs"), tr("The current model"))]
        self._inner.addWidget(self._scores(verdict, names))
        matrices = self._matrices(verdict, names)
        if matrices is not None:
            self._inner.addWidget(matrices)
        self._show_wrong(verdict, names[1])

    def show_tables(self, folder: Path) -> None:
        """Show the first paper's tables for these recordings, as they are on disk."""
        self.wrong.setParent(None)
        clear(self._inner)
        self.wrong.clear()
        self.title.setText(tr("The first paper\u2019s tables for your recordings"))
        self.text.setText(tr("They lie as text, as a sheet and as JSON in {folder}.").format(folder=folder))
        self.text.setVisible(True)
        try:
            text = (folder / "tables.md").read_text(encoding="utf-8")
        except OSError as error:
            self._inner.addWidget(Sign(f"{folder / 'tables.md'}: {error.strerror}", bad=True))
            return
        page = QTextBrowser()
        page.setAccessibleName(self.title.text())
        page.setMarkdown(text)
        page.setMinimumHeight(420)
        self._inner.addWidget(page)
        self._inner.addLayout(row(button(tr("Show where they are"), lambda: show_folder(folder / "tables.md"))))

    def _scores(self, verdict: Mapping[str, Any], names: list[str]) -> QWidget:
        card = Card()
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(3, 1)
        heads = ("", tr("Your new model"), names[1], tr("0 to 1, with 95% intervals"), tr("Difference"))
        for column, head in enumerate(heads):
            grid.addWidget(words(head, strong=column in (1, 2, 4), soft=column == 3), 0, column)
        for line, one in enumerate(comparisons(verdict), 1):
            name = words(one.name, strong=line == 1)
            name.setToolTip(one.explanation)
            ours = words(score_text(one.ours) if one.ours else "", strong=line == 1)
            theirs = words(score_text(one.theirs) if one.theirs else "")
            for column, widget in enumerate((name, ours, theirs, Span(one.ours, one.theirs), words(one.text))):
                if column in (1, 2):
                    widget.setWordWrap(False)
                grid.addWidget(widget, line, column)
            grid.setColumnMinimumWidth(4, 250)
        card.body.addLayout(grid)
        card.body.addWidget(
            words(
                tr(
                    "All four moods: macro-F1. Filled dot: the new model; ring: the current one. An interval is where "
                    "the score would lie for other recordings of this kind, 95 times of 100."
                ),
                soft=True,
                size_px=AXIS_PX,
            )
        )
        return card

    def _matrices(self, verdict: Mapping[str, Any], names: list[str]) -> QWidget | None:
        found = [matrix_of(verdict.get(side)) for side in ("ours", "theirs")]
        if not any(found):
            return None
        card = Card(tr("What was told as what"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(48)
        grid.setColumnStretch(2, 1)
        for column, (name, counts) in enumerate(zip((tr("Your new model"), names[1]), found, strict=True)):
            if counts is None:
                continue
            matrix = Confusion()
            matrix.show_counts(name, counts)
            grid.addWidget(words(name, strong=True), 0, column)
            grid.addWidget(matrix, 1, column)
        note = words(tr("A row for each mood as you labelled it. On the diagonal it said the same as you."), soft=True)
        note.setAlignment(Qt.AlignmentFlag.AlignTop)
        grid.addWidget(note, 1, 2)
        card.body.addLayout(grid)
        return card

    def _show_wrong(self, verdict: Mapping[str, Any], theirs: str) -> None:
        raw = verdict.get("wrong")
        wrong = [clip for clip in raw if isinstance(clip, Mapping)] if isinstance(raw, list) else []
        if not wrong:
            return
        card = Card(tr("What it got wrong, the surest first"))
        self.wrong.show_wrong(wrong, theirs)
        card.body.addWidget(words(tr("Listen with Space or Enter. Some may be labels to think over."), soft=True))
        card.body.addWidget(self.wrong)
        self._inner.addWidget(card)


def _name(side: Any, otherwise: str) -> str:
    name = side.get("name") if isinstance(side, Mapping) else None
    return str(name) if name else otherwise
