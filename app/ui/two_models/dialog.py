"""Two models on one track, lane by lane, with one playhead; where they differ most is a key away."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.document import TrackState
from app.jobs.second_opinion import Opinion
from app.session import Session
from app.ui.analysis.lane_stack import LaneStack
from app.ui.analysis.small import small
from app.ui.analysis.strip import OverviewStrip
from app.ui.elided import ElidedLabel
from app.ui.player import Player
from app.ui.strings import estimates_line, tr
from app.ui.theme import TITLE_PX, font
from app.ui.timescale import TimeAxis
from app.ui.two_models.lanes import DifferenceLane, PairLane, SideQuadrants
from app.ui.two_models.sides import Side
from app.ui.two_models.words import figures_html, moment_text
from models.analysis import Analysis, Overview
from models.inference.differences import DifferingMoment, differences, differing_moments

_PANEL_PX = 250
_OTHER = "compare.other"


class ModelComparison(QDialog):
    """Follows the current track; each model that has not analysed it is asked, without judging.

    Parameters
    ----------
    parent : QWidget
        The window, which stays usable beside it.
    session : Session
        Whose current track is looked at.
    player : Player
        The window's: there is one playhead.
    first, second : str
        Ids of the models; by default the one that judges, and the other of last time.
    """

    def __init__(self, parent: QWidget, session: Session, player: Player, first: str = "", second: str = "") -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Two models on one track"))
        self.resize(1120, 720)
        self._session = session
        self._document = session.document
        self._player = player
        self._opinions = session.second_opinion
        self._asked: set[tuple[int, str]] = set()
        self._moments: list[DifferingMoment] = []
        self._drawn: tuple[Analysis | None, Analysis | None] = (None, None)
        self._overview: Overview | None = None
        self._make_parts()
        self._lay_out()
        self._connect()
        self.compare(first, second)
        self.stack.setFocus()

    # Putting it together

    def _make_parts(self) -> None:
        self.axis = TimeAxis(self)
        self.title = ElidedLabel()
        self.title.setFont(font(TITLE_PX, strong=True))
        self.sides = (Side("A"), Side("B"))
        self.strip = OverviewStrip(self.axis)
        self.quadrants = (SideQuadrants("A"), SideQuadrants("B"))
        self.pairs = (PairLane("valence"), PairLane("arousal"))
        self.difference = DifferenceLane()
        self.stack = LaneStack(self.axis, [*self.quadrants, *self.pairs, self.difference])
        self.stack.setAccessibleDescription(
            tr("Left and Right scroll, Up and Down zoom, Space plays, N goes where the models differ next.")
        )
        self.figures = QLabel()
        self.figures.setTextFormat(Qt.TextFormat.RichText)
        self.figures.setWordWrap(True)
        self.figures.setAccessibleName(tr("What both say of the whole track"))
        self.moments = QListWidget()
        self.moments.setAccessibleName(tr("Where they differ most"))
        self.moments.setWordWrap(True)
        self.moments.setStyleSheet("QListWidget::item { padding: 3px 6px; }")
        self.no_moments = small("")

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(6)
        for part in (self.title, *self.sides, self.strip):
            left.addWidget(part)
        left.addWidget(self.stack, 1)
        right = QVBoxLayout()
        right.setSpacing(6)
        for heading, part, stretch in (
            (tr("The whole track"), self.figures, 0),
            (tr("Where they differ most"), self.moments, 1),
        ):
            label = QLabel(heading)
            label.setFont(font(strong=True))
            right.addWidget(label)
            right.addWidget(part, stretch)
        right.addWidget(self.no_moments)
        right.addWidget(small(tr("N and Shift+N go from one to the next, Enter plays from there.")))
        right.addWidget(small(estimates_line()))
        panel = QWidget()
        panel.setLayout(right)
        panel.setFixedWidth(_PANEL_PX)
        right.setContentsMargins(0, 0, 0, 0)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(12)
        layout.addLayout(left, 1)
        layout.addWidget(panel)

    def _connect(self) -> None:
        for part in (self.strip, self.stack):
            part.seek_asked.connect(self._player.seek)
        self.stack.selection_made.connect(self._select)
        for side in self.sides:
            side.model_chosen.connect(self._models_chosen)
            side.again_asked.connect(lambda side=side: self._ask(side))
            side.cancel_asked.connect(lambda side=side: self._cancel(side))
        self.moments.itemActivated.connect(lambda _item: self._play_moment())
        self.moments.currentRowChanged.connect(self._go_to_row)
        for keys, do in (
            ("Space", self._player.toggle),
            ("N", lambda: self.step(1)),
            ("Shift+N", lambda: self.step(-1)),
            ("Ctrl+0", lambda: self.axis.set_range(0.0, self.axis.duration_s)),
        ):
            QShortcut(QKeySequence(keys), self, activated=lambda run=do: run())
        self._player.position_changed.connect(self._follow)
        document = self._document
        document.current_changed.connect(self._open)
        document.track_changed.connect(self._track_news)
        document.analysis_changed.connect(self._track_news)
        document.overview_changed.connect(self._track_news)
        document.selection_changed.connect(self.stack.set_selection)
        self._session.models_changed.connect(self._refill)
        self._opinions.changed.connect(self._opinion_changed)
        self.finished.connect(self._leave)

    def _leave(self, _result: int) -> None:
        """Ask no more, and observe nothing any more."""
        self._player.position_changed.disconnect(self._follow)
        document = self._document
        document.current_changed.disconnect(self._open)
        document.track_changed.disconnect(self._track_news)
        document.analysis_changed.disconnect(self._track_news)
        document.overview_changed.disconnect(self._track_news)
        document.selection_changed.disconnect(self.stack.set_selection)
        self._session.models_changed.disconnect(self._refill)
        self._opinions.changed.disconnect(self._opinion_changed)
        self._forget_questions()

    # Which models, which track

    def compare(self, first: str = "", second: str = "") -> None:
        """Compare these two models from now on."""
        cards = self._session.models()
        judging = self._document.model.id
        first = first or judging or (cards[0].id if cards else "")
        others = [card.id for card in cards if card.id != first]
        kept = str(self._session.setting(_OTHER, ""))
        second = second or (kept if kept in others else next(iter(others), first))
        for side, model in zip(self.sides, (first, second), strict=True):
            side.fill(cards, model)
        self._models_chosen()

    def _refill(self) -> None:
        chosen = [side.id for side in self.sides]
        for side, model in zip(self.sides, chosen, strict=True):
            side.fill(self._session.models(), model)
        self._models_chosen()

    def _models_chosen(self) -> None:
        self._session.set_setting(_OTHER, self.sides[1].id)
        self._forget_questions()
        self._open(self._document.current)

    def _track(self) -> TrackState | None:
        current = self._document.current
        return self._document.track(current) if current is not None and current in self._document else None

    def _open(self, _track_id: int | None) -> None:
        track = self._track()
        self._forget_questions()
        self.axis.set_duration((track.duration_s or 0.0) if track is not None else 0.0)
        if track is None:
            empty = not len(self._document)
            self.title.setText(tr("Open music in the window") if empty else tr("Choose a track in the list"))
        else:
            self.title.setText(f"{track.title} \u00b7 {track.artist}" if track.artist else track.title)
            for side in self.sides:
                if self._answer(side) is None and not self._is_on_its_way(side, track):
                    self._ask(side)
        self._draw(None, None, None)
        self._show()

    def _is_on_its_way(self, side: Side, track: TrackState) -> bool:
        """Whether the model is the one that judges, and at work on the track or about to be."""
        return side.id == self._document.model.id and track.status in ("waiting", "queued", "analysing")

    def _ask(self, side: Side) -> None:
        track = self._track()
        if track is not None and side.id:
            self._asked.add((track.id, side.id))
            self._opinions.ask(track.id, track.path, side.id)

    def _cancel(self, side: Side) -> None:
        track = self._track()
        if track is not None:
            self._opinions.cancel(track.id, side.id)

    def _forget_questions(self) -> None:
        for track_id, model in self._asked:
            self._opinions.cancel(track_id, model)
        self._asked.clear()

    def _answer(self, side: Side) -> tuple[Analysis, Overview | None] | None:
        """Return what the side's model says of the track, from the document where it judges."""
        track = self._track()
        if track is None:
            return None
        shown = self._document.analysis(track.id)
        if shown is not None and shown.model_id == side.id:
            return shown, self._document.overview(track.id)
        opinion = self._opinions.of(track.id, side.id)
        if opinion is None or opinion.analysis is None:
            return None
        return opinion.analysis, opinion.overview

    # What is shown

    def _opinion_changed(self, track_id: int, _model: str) -> None:
        if track_id == self._document.current:
            self._show()

    def _track_news(self, track_id: int) -> None:
        if track_id == self._document.current:
            self._show()

    def _show(self) -> None:
        track = self._track()
        answers = [self._answer(side) for side in self.sides]
        for side, answer in zip(self.sides, answers, strict=True):
            opinion = self._opinions.of(track.id, side.id) if track is not None else None
            if track is not None and self._is_on_its_way(side, track):
                opinion = Opinion("working" if track.status == "analysing" else "asked", track.progress)
            side.show_opinion(Opinion("ready", analysis=answer[0]) if answer is not None else opinion)
        first, second = (answer[0] if answer is not None else None for answer in answers)
        overview = self._document.overview(track.id) if track is not None else None
        overview = overview or next((answer[1] for answer in answers if answer and answer[1]), None)
        if overview is not None and overview.duration_s != self.axis.duration_s:
            self.axis.correct_duration(overview.duration_s)
        # By identity: what was analysed anew is drawn anew, and arrays have no one truth to compare.
        wanted = (first, second, overview)
        if any(new is not old for new, old in zip(wanted, (*self._drawn, self._overview), strict=True)):
            self._draw(*wanted)

    def _draw(self, first: Analysis | None, second: Analysis | None, overview: Overview | None) -> None:
        self._drawn, self._overview = (first, second), overview
        found = None
        self._moments = []
        if first is not None and second is not None and first.sha256 == second.sha256:
            found = differences(first, second)
            self._moments = sorted(differing_moments(found), key=lambda moment: moment.peak_s)
        self.strip.set_overview(overview)
        self.strip.set_analysis(first)
        for index, analysis in enumerate((first, second)):
            self.quadrants[index].set_analysis(analysis)
            for pair in self.pairs:
                pair.set_side(index, analysis)
        self.difference.set_differences(found, self._moments)
        self.stack.data_changed()
        self.figures.setText(figures_html(first, second, found))
        self._list_moments(first, second)
        self._follow(self._player.position_s)

    def _list_moments(self, first: Analysis | None, second: Analysis | None) -> None:
        self.moments.blockSignals(True)
        self.moments.clear()
        if first is not None and second is not None:
            for moment in self._moments:
                self.moments.addItem(QListWidgetItem(moment_text(moment, first, second)))
        self.moments.blockSignals(False)
        text = ""
        if first is None or second is None:
            text = tr("Shown once both have analysed the track.")
        elif not self._moments:
            text = tr("Nowhere by more than 0.1: they agree.")
        self.no_moments.setText(text)
        self.no_moments.setVisible(bool(text))

    # What a person does

    def step(self, step: int) -> None:
        """Put the playhead where the models differ next (+1) or before (-1)."""
        if not self._moments:
            return
        here = self._player.position_s
        peaks = [moment.peak_s for moment in self._moments]
        if step > 0:
            row = next((i for i, peak in enumerate(peaks) if peak > here + 0.05), 0)
        else:
            slack = 1.0 if self._player.playing else 0.05
            row = next((i for i in reversed(range(len(peaks))) if peaks[i] < here - slack), len(peaks) - 1)
        if self.moments.currentRow() == row:
            self._go_to_row(row)
        self.moments.setCurrentRow(row)

    def _go_to_row(self, row: int) -> None:
        if 0 <= row < len(self._moments):
            moment = self._moments[row]
            self.axis.reveal(moment.peak_s)
            self._player.seek(moment.peak_s)

    def _play_moment(self) -> None:
        row = self.moments.currentRow()
        if 0 <= row < len(self._moments):
            self._player.play_from(self._moments[row].start_s)

    def _select(self, region: tuple[float, float] | None) -> None:
        if region is None:
            self._session.set_selection(None)
        else:
            self._session.set_selection(*region)

    def _follow(self, at_s: float) -> None:
        self.stack.set_playhead(at_s)
        self.strip.set_playhead(at_s)
        if self._player.playing and self.axis.end_s < at_s < self.axis.end_s + self._player.speed:
            self.axis.turn_page(at_s)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll and zoom, whatever has the focus."""
        if not self.stack.handle_key(event):
            super().keyPressEvent(event)
