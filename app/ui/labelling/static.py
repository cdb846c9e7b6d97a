"""One answer per clip: the card before, the clips, and the sum after the last one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.labelling import Item, Plan, Sitting, items_of
from app.labelling.advice import advised_order, ask_what_helps
from app.library.rows import Label
from app.session import Session
from app.ui.labelling.clip import ClipPlayer
from app.ui.labelling.running import Running
from app.ui.labelling.said import quadrant_said, said_in_words
from app.ui.labelling.setup import Setup, Wish
from app.ui.labelling.summary import Summary
from app.ui.player import Player
from app.ui.strings import percent, quadrant_label, tr


class StaticView(QWidget):
    """Runs a `Sitting` and shows it; labels go through the session.

    Signals
    -------
    state_changed()
        Other actions may be possible.
    next_asked(str)
        What a person wants to do after a sitting: "train", "export", "agree".
    """

    state_changed = Signal()
    next_asked = Signal(str)

    def __init__(
        self, session: Session, player: Player, blind: Callable[[], bool], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._document = session.document
        self._player = player
        self._blind = blind
        self.can_train = False
        self.sitting: Sitting | None = None
        self._said: list[Label] = []  # of this sitting, also what was undone since
        self._shown: Item | None = None
        self._summed = False
        self.clip = ClipPlayer(session, player, self)
        self.setup = Setup(session)
        self.running = Running()
        self.summary = Summary()
        self.stack = QStackedWidget()
        for page in (self.setup, self.running, self.summary):
            self.stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        self.setup.begin_asked.connect(self.begin)
        self.setup.resume_asked.connect(self.resume)
        self.setup.changed.connect(self.show_setup_state)
        running = self.running
        running.back_asked.connect(self.back)
        running.skip_asked.connect(self.skip)
        running.unsure_asked.connect(lambda: self.say(cant_say=True))
        running.end_asked.connect(self.end)
        running.plane.quadrant_chosen.connect(lambda quadrant: self.say(quadrant=quadrant))
        running.plane.point_chosen.connect(lambda v, a: self.say(valence=v, arousal=a))
        self.clip.began.connect(self._began)
        self.clip.changed.connect(self._show_passage)
        player.position_changed.connect(self._follow)
        player.playing_changed.connect(self._playing)
        self._document.labels_changed.connect(self._labels_changed)
        self._document.analysis_changed.connect(self._others_changed)

    def close_views(self) -> None:
        """Observe the document no longer."""
        self._drop_sitting()
        self.clip.close()
        self._document.labels_changed.disconnect(self._labels_changed)
        self._document.analysis_changed.disconnect(self._others_changed)

    # Beginning and end

    @property
    def at_work(self) -> bool:
        """Whether a clip waits for its answer."""
        return self.sitting is not None and self.sitting.current is not None and not self._summed

    def _plan(self) -> tuple[Plan, list[Item]]:
        """What would be labelled now."""
        wish = self.setup.wish()
        plan = Plan(wish.order, self._blind(), wish.warm_up, wish.skip_labelled)
        helpful = advised_order(self._session) if wish.order == "helpful" else ()
        items = items_of(self._document, plan, self._session.rater_or_new(), helpful)
        return plan, _first(items, wish)

    def begin(self) -> None:
        """Begin with the first clip."""
        plan, items = self._plan()
        if not items:
            self.show_setup()
            return
        self._take(Sitting(self._session, plan, items), self.setup.wish())

    def resume(self) -> None:
        """Go on where this rater left off."""
        sitting = Sitting.resume(self._session)
        if sitting is None:
            self.show_setup()
            return
        sitting.plan = replace(sitting.plan, blind=self._blind())
        self._take(sitting, self.setup.wish())

    def _take(self, sitting: Sitting, wish: Wish) -> None:
        self._drop_sitting()
        self.sitting = sitting
        self._said = []
        self.clip.clip = wish.clip
        self.running.plane.moves_valence = self.running.plane.moves_arousal = True
        self.running.plane.set_answering("point" if wish.answering == "point" else "quadrant")
        sitting.changed.connect(self._sitting_changed)
        self._summed = False
        self._sitting_changed()
        self.running.plane.setFocus()

    def _drop_sitting(self) -> None:
        if self.sitting is not None:
            self.sitting.changed.disconnect(self._sitting_changed)
            self.sitting.close()
            self.sitting = None
        self._shown = None

    def end(self) -> None:
        """Stop here and sum up; the rest can be taken up later. Without an answer there is nothing to sum up."""
        if self.sitting is None:
            return
        self.clip.forget()
        if self._given():
            self._sum_up()
        else:
            self.show_setup()

    def show_setup(self) -> None:
        """Show the card before a sitting."""
        self.clip.forget()
        self._drop_sitting()
        self._summed = False
        self.show_setup_state()
        self.stack.setCurrentWidget(self.setup)
        if self.isVisible():
            self.setup.begin.setFocus()
        self.state_changed.emit()

    def show_setup_state(self) -> None:
        """Say what there is to label."""
        document, rater = self._document, self._session.rater
        if self.setup.wish().order == "helpful":
            ask_what_helps(self._session)
        labelled = 0
        if rater is not None:
            said = (document.label_of(i, rater.id) for i in document.order)
            labelled = sum(label is not None for label in said)
        heard = sum(document.track(i).status != "missing" for i in document.order)
        left = heard - labelled if self.setup.wish().skip_labelled else heard
        resumable = None
        waiting = Sitting.resume(self._session) if rater is not None and self.sitting is None else None
        if waiting is not None:
            progress = waiting.progress
            waiting.close()
            if progress.done and progress.done < progress.total:
                resumable = (progress.done, progress.total)
        self.setup.show_state(
            rater=rater.name if rater is not None else "",
            tracks=len(document.order),
            labelled=labelled,
            left=max(0, left),
            resumable=resumable,
        )

    def set_blind(self, blind: bool) -> None:
        """Hide what others say, or show it, from now on."""
        if self.sitting is not None:
            self.sitting.plan = replace(self.sitting.plan, blind=blind)
        self._show_others()

    def rest(self) -> None:
        """Another workspace is shown: nothing plays by itself any more."""
        self.clip.rest()

    def wake(self) -> None:
        """Have the clip at hand again, at rest: elsewhere another track may have been shown."""
        item = self.sitting.current if self.sitting is not None else None
        if item is not None and self.at_work and self._document.current != item.track_id:
            self.clip.show(item.track_id, play=False)

    # What a person does

    def say(self, **said: object) -> None:
        """Answer the clip at hand: the next one begins."""
        if self.sitting is None or not self.at_work:
            return
        label = self.sitting.say(**said)
        if label is not None:
            self._said.append(label)
            self.running.plane.flash(quadrant_said(label))
            self._show_last()
            if self._summed:
                self._sum_up()  # it was the last one, and counts

    def say_key(self, quadrant: str) -> None:
        """Answer by a number key; where a point is asked for, go to the middle of that quadrant."""
        if self.running.plane.answering == "point":
            middle = self.running.plane.corners()[quadrant].center()
            self.running.plane.set_pointer(*self.running.plane.place(middle))
        else:
            self.say(quadrant=quadrant)

    def skip(self) -> None:
        """Leave this clip for later."""
        if self.sitting is not None and self.at_work:
            self.sitting.skip()

    def back(self) -> None:
        """Go back to the clip before."""
        if self.sitting is not None:
            self._summed = False
            self.sitting.back()

    def toggle(self) -> None:
        """Pause or go on."""
        self.clip.toggle()

    def handle_key(self, event: QKeyEvent) -> bool:
        """Begin by Enter, move the pointer by arrows."""
        if self.stack.currentWidget() is self.running:
            return self.running.plane.handle_key(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.stack.currentWidget() is self.setup and self.setup.begin.isEnabled():
                self.begin()
                return True
            if self.stack.currentWidget() is self.summary and self.summary.buttons:
                self.summary.buttons[0].click()
                return True
        return False

    # What the sitting, the player and the document say

    def _sitting_changed(self) -> None:
        sitting = self.sitting
        if sitting is None:
            return
        item = sitting.current
        if item is None:
            self._shown = None
            self.clip.forget()
            self._sum_up()
            return
        self._summed = False
        progress = sitting.progress
        self.running.show_progress(progress)
        self._show_last()
        if item is not self._shown or self.clip.track_id != item.track_id:
            self._shown = item
            if sitting.said is None and self.running.plane.answering == "point":
                self.running.plane.set_pointer(0.0, 0.0)
            self.clip.show(item.track_id)
        helpful = sitting.plan.order == "helpful" and not item.warm_up
        why = self._session.adviser.reasons.get(item.track_id, "") if helpful else ""
        self.running.show_track(self._document.track(item.track_id), sitting.said, warm_up=item.warm_up, why=why)
        self.running.back.setEnabled(bool(self._said) or progress.done > 0)
        self._show_others()
        self.stack.setCurrentWidget(self.running)
        self.state_changed.emit()

    def _sum_up(self) -> None:
        sitting = self.sitting
        if sitting is None:
            return
        self._summed = True
        given = self._given()
        mine = [label for label in self._document.all_labels() if label.rater_id == sitting.rater.id]
        everything = [label for label in mine if label.is_whole and not label.warm_up]
        progress = sitting.progress
        left = progress.total - progress.done
        actions: list[tuple[str, Callable[[], object]]] = []
        if left:
            actions.append((tr("Go on"), self.go_on))
        if self.can_train:
            actions.append((tr("Train on these labels\u2026"), lambda: self.next_asked.emit("train")))
        if not self._session.why_not_correct():
            actions.append((tr("Let the model learn them now"), self._session.teach_labels))
        actions.append((tr("Label more\u2026"), self.show_setup))
        actions.append((tr("Export labels\u2026"), lambda: self.next_asked.emit("export")))
        if len(self._document.raters) > 1:
            actions.append((tr("Agreement"), lambda: self.next_asked.emit("agree")))
        counting = [label for label in given if not label.warm_up]
        self.summary.show_labels(sitting.rater.name, counting, everything, left, actions)
        self.stack.setCurrentWidget(self.summary)
        if self.isVisible():
            self.summary.buttons[0].setFocus()
        self.state_changed.emit()

    def go_on(self) -> None:
        """Take up what is open of this sitting."""
        self._shown = None
        self._summed = False
        self._sitting_changed()
        self.running.plane.setFocus()

    def _given(self) -> list[Label]:
        """What was said in this sitting and still stands."""
        return [label for label in self._said if label in self._document.labels(label.track_id)]

    def _show_last(self) -> None:
        rows = []
        for label in reversed(self._given()):
            title = self._document.track(label.track_id).title if label.track_id in self._document else ""
            rows.append((title, label, label.warm_up))
            if len(rows) == 5:
                break
        self.running.last.show_rows(rows)
        self.running.undo_hint.setVisible(bool(rows))

    def _show_others(self) -> None:
        sitting = self.sitting
        if sitting is None or sitting.current is None:
            return
        if self._blind():
            self.running.show_others(None)
            return
        track_id, lines = sitting.current.track_id, []
        track = self._document.track(track_id)
        if track.quadrant:
            answer = f"{quadrant_label(track.quadrant)} {percent(track.probability)}"
            lines.append(tr("Model: {answer}").format(answer=answer))
        for label in self._document.labels(track_id):
            if label.is_whole and label.rater_id != sitting.rater.id and not label.warm_up:
                name = self._document.rater_of(label.rater_id).name
                lines.append(f"{name}: {said_in_words(label)}")
        self.running.show_others(lines)

    def _show_passage(self) -> None:
        self.running.show_passage(self.clip.region, self._player.duration_s)
        self._follow(self._player.position_s)

    def _follow(self, at_s: float) -> None:
        if self.stack.currentWidget() is self.running and self.isVisible():
            self.running.show_position(at_s, self.clip.region)

    def _began(self) -> None:
        if self.sitting is not None:
            self.sitting.restart_clock()

    def _playing(self, playing: bool) -> None:
        """Count no time while a person has paused; a clip that is over is thought about."""
        if self.sitting is None or not self.at_work or self.clip.region is None:
            return
        if playing:
            self.sitting.go_on()
        elif self._player.position_s < self.clip.region[1] - 0.1:
            self.sitting.pause()

    def _labels_changed(self, track_id: int) -> None:
        if self.at_work:
            self._show_last()
            if self.sitting is not None and self.sitting.current and self.sitting.current.track_id == track_id:
                self._show_others()
        elif self.stack.currentWidget() is self.setup:
            self.show_setup_state()

    def _others_changed(self, track_id: int) -> None:
        sitting = self.sitting
        if sitting is not None and sitting.current is not None and sitting.current.track_id == track_id:
            self._show_others()


def _first(items: list[Item], wish: Wish) -> list[Item]:
    """Keep as many items as wanted; warm-ups are those that come last of them."""
    chosen = [item for item in items if not item.warm_up]
    chosen = chosen[: wish.count] if wish.count else chosen
    warm_up = chosen[len(chosen) - min(wish.warm_up, len(chosen)) :]
    return [*(Item(item.track_id, True) for item in warm_up), *chosen]
