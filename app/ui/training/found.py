"""Second page: what was found in what is to be learned from; every problem with its cure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.jobs.survey_state import SurveyState
from app.session import Session
from app.ui.strings import clock, tr
from app.ui.theme import BODY_PX, TITLE_PX, font
from app.ui.training.drawn import Balance
from app.ui.training.step import Card, Sign, Step, button, clear, row, show_folder, words
from app.ui.training.words import total_length

#: What `--skip-bad` leaves out.
_SKIPPED = ("bad_row", "unreadable", "too_short", "silent", "out_of_range", "contradictory", "mixed_scales")
#: Problems that more labels cure.
_WANT_LABELS = ("no_labels", "one_class", "one_clip_per_class", "missing_class", "unbalanced", "few", "few_groups")
_FILES_SHOWN = 4


class FoundPage(Step):
    """Counts, lengths, balance and problems."""

    label_asked = Signal()
    look_again_asked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(tr("What was found"), "", parent)
        self._training = session.training
        self.skip_bad = False
        self.from_library = False
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Looking at the recordings"))
        self.state_text = words(soft=True)
        self.again = button(tr("Look again"), self.look_again_asked.emit)
        self.result = QWidget()
        self._inner = QVBoxLayout(self.result)
        self._inner.setContentsMargins(0, 0, 0, 0)
        self._inner.setSpacing(12)
        self.body.addWidget(self.state_text)
        self.body.addWidget(self.progress)
        self.body.addWidget(self.result)
        self.body.addLayout(row(self.again))
        self.body.addStretch(1)
        self.balance: Balance | None = None
        self.problems: list[QWidget] = []
        self._training.survey_changed.connect(self.show_survey)
        self.show_survey(self._training.survey)

    def close_views(self) -> None:
        """Observe the survey no longer."""
        self._training.survey_changed.disconnect(self.show_survey)

    @property
    def survey(self) -> Mapping[str, Any]:
        """What was found, empty until it is known."""
        return self._training.survey.survey

    @property
    def can_go_on(self) -> bool:
        """Whether something can be learned from it."""
        if self._training.survey.busy or not self.survey:
            return False
        return bool(self.survey.get("can_train_with_skip_bad" if self.skip_bad else "can_train"))

    def take_focus(self) -> None:
        """Begin with the first cure, where one is needed."""
        first = next((w for w in self.problems if w.isEnabled()), None)
        if first is not None and not self.can_go_on:
            first.setFocus()

    def show_survey(self, state: SurveyState) -> None:
        """Show how far the look is, or what it found."""
        self.progress.setVisible(state.busy)
        self.again.setVisible(not state.busy)
        self.result.setVisible(bool(state.survey) and not state.busy)
        if state.busy:
            self.progress.setRange(0, state.of)
            self.progress.setValue(state.seen)
            self.state_text.setText(
                tr("Listening into {seen} of {total}").format(seen=state.seen, total=state.of)
                if state.of
                else tr("Looking at the recordings\u2026")
            )
        else:
            self.state_text.setText(state.error)
            self.state_text.setProperty("error", bool(state.error))
            self.state_text.style().polish(self.state_text)
        self.state_text.setVisible(state.busy or bool(state.error))
        if state.survey and not state.busy:
            self._show(state.survey)
            if self.isVisible() and not self.can_go_on:
                QTimer.singleShot(0, self, self.take_focus)  # what is new in a layout is shown by an event
        self.changed.emit()

    def _show(self, survey: Mapping[str, Any]) -> None:
        clear(self._inner)
        self.problems = []
        card = Card()
        card.body.addLayout(self._numbers(survey))
        self.balance = Balance()
        self.balance.show_counts(survey.get("quadrants") or {})
        card.body.addWidget(self.balance)
        self._inner.addWidget(card)
        problems = [problem for problem in survey.get("problems") or [] if isinstance(problem, Mapping)]
        for problem in sorted(problems, key=lambda one: one.get("severity") != "error"):
            self._inner.addWidget(self._problem(problem))
        if not problems:
            self._inner.addWidget(words(tr("Nothing is wrong with them.")))

    def _numbers(self, survey: Mapping[str, Any]) -> QHBoxLayout:
        """The figures side by side: recordings, lengths, groups, duplicates, unreadable files."""
        seconds = survey.get("duration_s") or {}
        groups = survey.get("groups") or {}
        copies, broken = survey.get("duplicates") or [], survey.get("unreadable") or []
        clips, usable = survey.get("clips", 0), survey.get("usable", 0)
        part = tr("of {count} recordings can be used").format(count=clips)
        figures = [(str(usable), tr("recordings") if usable == clips else part)]
        if seconds.get("total"):
            between = tr("{low} to {high} each").format(
                low=clock(seconds.get("shortest", 0)), high=clock(seconds.get("longest", 0))
            )
            figures.append((total_length(seconds["total"]), between))
        if groups.get("count"):
            named = groups.get("named", 0)
            figures.append((str(groups["count"]), tr("artists or songs") if named else tr("each counts as its own")))
        if copies:
            figures.append((str(len(copies)), tr("found more than once")))
        if broken:
            figures.append((str(len(broken)), tr("cannot be read")))
        out = QHBoxLayout()
        out.setSpacing(18)
        for value, name in figures:
            column = QVBoxLayout()
            column.setSpacing(0)
            big = QLabel(value)
            big.setFont(font(TITLE_PX, strong=True, tabular=True))
            below = QLabel(name)
            below.setFont(font(BODY_PX))
            below.setProperty("soft", True)
            column.addWidget(big)
            column.addWidget(below)
            out.addLayout(column)
        out.addStretch(1)
        return out

    def _problem(self, problem: Mapping[str, Any]) -> QWidget:
        """One problem: what it is, what to do, which files, and a button where the program can do it."""
        card = Card()
        bad = problem.get("severity") == "error"
        kind = str(problem.get("kind", ""))
        card.body.addWidget(Sign(str(problem.get("text", "")), bad=bad))
        grid = QGridLayout()
        grid.setContentsMargins(26, 0, 0, 0)
        cure = str(problem.get("cure", ""))
        if kind == "no_groups" and self.from_library:
            cure = tr("The artist is taken from the tags of the files: name it there.")
        grid.addWidget(words(cure, soft=True), 0, 0)
        files = [str(file) for file in problem.get("files") or []]
        if files:
            names = ", ".join(Path(file).name for file in files[:_FILES_SHOWN])
            more = len(files) - _FILES_SHOWN
            text = tr("{names} and {count} more").format(names=names, count=more) if more > 0 else names
            listed = words(text)
            listed.setToolTip("\n".join(files))
            grid.addWidget(listed, 1, 0)
        line = self._cures(kind, files, bad=bad)
        if line.count():
            grid.addLayout(line, 2, 0)
        card.body.addLayout(grid)
        return card

    def _cures(self, kind: str, files: list[str], *, bad: bool) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        cures = []
        if kind in _SKIPPED and bad:
            text = tr("They are left out") if self.skip_bad else tr("Leave them out")
            cure = button(text, self._leave_out)
            cure.setEnabled(not self.skip_bad)
            cures.append(cure)
        if kind in _WANT_LABELS:
            cures.append(button(tr("Label more recordings"), self.label_asked.emit))
        first = next((Path(file) for file in files if Path(file).is_absolute()), None)
        if first is not None:
            cures.append(button(tr("Show where they are"), lambda: show_folder(first)))
        for cure in cures:
            line.addWidget(cure, 0, Qt.AlignmentFlag.AlignLeft)
        self.problems += cures
        if cures:
            line.addStretch(1)
        return line

    def _leave_out(self) -> None:
        self.skip_bad = True
        self.show_survey(self._training.survey)
        self.next_wanted()

    def next_wanted(self) -> None:
        """Give the keyboard to what leads on, once the cure is done."""
        self.changed.emit()
