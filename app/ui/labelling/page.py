"""The Label workspace: one answer per clip, rating while it plays, how far raters agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.jobs.aside import Aside
from app.jobs.qt import MessagePump
from app.session import Session
from app.ui.analysis.message import Message
from app.ui.buttons import rule
from app.ui.labelling.agreement import AgreementView
from app.ui.labelling.export import ExportLabels
from app.ui.labelling.head import LabelHead
from app.ui.labelling.importing import ImportLabels
from app.ui.labelling.rating import RatingView
from app.ui.labelling.static import StaticView
from app.ui.player import Player
from app.ui.strings import tr
from app.ui.workspaces import Page

_Dialog = TypeVar("_Dialog", ImportLabels, ExportLabels)

_BLIND, _VIEW = "label.blind", "label.view"
_ANSWERS = ("say_q1", "say_q2", "say_q3", "say_q4", "cant_say", "label_skip")
_NEEDING_MUSIC = (
    *_ANSWERS, "label_back", "label_end", "label_chill", "label_again", "label_next_track", "label_previous_track",
    "label_next_apart", "label_export",
)  # fmt: skip


class LabelPage(Page):
    """Its views, of which one is shown, or what belongs here while there is no music.

    Parameters
    ----------
    session : Session
        Labels go through it.
    player : Player
        Of the window.
    """

    workspace_asked = Signal(str)
    open_files_asked = Signal()
    open_folder_asked = Signal()
    open_demo_asked = Signal()

    def __init__(self, session: Session, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._document = session.document
        self._player = player
        self.head = LabelHead(session)
        self.head.blind.setChecked(bool(session.setting(_BLIND, True)))
        self.message = Message()
        self.static = StaticView(session, player, self.head.blind.isChecked)
        self.rating = RatingView(session, player, self.head.blind.isChecked)
        self.aside = Aside("affekt-labels", MessagePump)
        self.agreement = AgreementView(session, player, self.head.blind.isChecked, self.aside)
        self.views: dict[str, StaticView | RatingView | AgreementView] = {
            "clips": self.static,
            "rate": self.rating,
            "agree": self.agreement,
        }
        self.stack = QStackedWidget()
        for part in (self.message, *self.views.values()):
            self.stack.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(rule())
        layout.addWidget(self.stack, 1)
        self.head.views.chosen.connect(self.show_view)
        self.head.blind.toggled.connect(self._blind_toggled)
        self.head.rater.done.connect(self.take_focus)
        for view in self.views.values():
            view.state_changed.connect(self.possible_changed)
        self.static.next_asked.connect(self._next)
        self.agreement.import_asked.connect(self.import_labels)
        self.head.take_in.clicked.connect(self.import_labels)
        self.head.give_out.clicked.connect(self.export_labels)
        for signal in self._watched():
            signal.connect(self._list_changed)
        self._document.raters_changed.connect(self._rater_changed)
        self._rater = session.rater
        kept = str(session.setting(_VIEW, "clips"))
        self._view = kept if kept in self.views else "clips"
        self.show_view(self._view)
        self.static.show_setup()

    def _watched(self) -> tuple:
        document = self._document
        return document.tracks_reset, document.tracks_inserted, document.tracks_removed, document.opinions_reset

    def close_views(self) -> None:
        """Observe the document no longer."""
        for signal in self._watched():
            signal.disconnect(self._list_changed)
        self._document.raters_changed.disconnect(self._rater_changed)
        self.head.rater.close_views()
        self.static.close_views()
        self.rating.close_views()
        self.agreement.close_views()
        self.aside.close()

    # Its actions

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what its keys do."""
        static, rating = self.static, self.rating
        return {
            **{f"say_q{n}": lambda quadrant=f"Q{n}": static.say_key(quadrant) for n in (1, 2, 3, 4)},
            "cant_say": lambda: static.say(cant_say=True),
            "label_back": static.back,
            "label_skip": static.skip,
            "label_end": self.views[self._view].end,
            "label_chill": rating.mark_chill,
            "label_again": rating.rate_again,
            "label_next_track": lambda: rating.step_track(1),
            "label_previous_track": lambda: rating.step_track(-1),
            "label_clips": lambda: self.show_view("clips"),
            "label_rate": lambda: self.show_view("rate"),
            "label_agree": lambda: self.show_view("agree"),
            "label_next_apart": self.agreement.play_next,
            "label_import": self.import_labels,
            "label_export": self.export_labels,
            "label_blind": self.head.blind.toggle,
        }

    def possible(self, name: str) -> bool:
        """Whether an action can do something in the view that is shown."""
        if self.empty:
            return name not in _NEEDING_MUSIC
        clips, rating = self._view == "clips", self._view == "rate"
        answering = clips and self.static.at_work
        possible = {
            "label_back": clips and self.static.sitting is not None,
            "label_end": answering or (rating and self.rating.busy),
            "label_chill": rating and self.rating.busy,
            "label_again": rating and self.rating.can_rate_again,
            "label_next_track": rating,
            "label_previous_track": rating,
            "label_next_apart": self._view == "agree" and self.agreement.has_items,
        }
        return answering if name in _ANSWERS else possible.get(name, True)

    @property
    def empty(self) -> bool:
        """Whether there is no music to label."""
        return not self._document.order

    def toggle_play(self) -> bool:
        """Pause the clip or go on with it."""
        if self._view == "clips" and self.static.at_work:
            self.static.toggle()
            return True
        if self._view == "rate" and self.rating.busy:
            self.rating.begin_or_pause()
            return True
        return self._view == "agree" and self.agreement.toggle()

    def handle_key(self, event: QKeyEvent) -> bool:
        """Give the key to the view that is shown."""
        return not self.empty and self.views[self._view].handle_key(event)

    def take_focus(self) -> None:
        """Give the keyboard to the view."""
        focus = {"clips": self.static.running.plane, "rate": self.rating.plane, "agree": self.agreement.table}
        part = focus[self._view]
        (part if part.isVisible() else self.views[self._view]).setFocus()

    def enter(self) -> None:
        """Take up what was left."""
        if self._view == "clips":
            self.static.wake()

    def leave(self) -> None:
        """Let nothing begin to play while another workspace is shown."""
        self.views[self._view].rest()

    # What is shown

    def show_view(self, name: str) -> None:
        """Show one of the three ways to label."""
        if name != self._view:
            self.views[self._view].rest()
        self._view = name
        self.head.views.choose(name)
        if self._session.setting(_VIEW, "clips") != name:
            self._session.set_setting(_VIEW, name)
        self._list_changed()
        self.enter()
        self.take_focus()

    def _list_changed(self, *_args: object) -> None:
        if self.empty:
            self.message.show_message(
                "music",
                tr("Music to label"),
                tr(
                    "Here you say by ear what emotion music expresses, one key per clip. Drop files or folders "
                    "anywhere in this window; labels train a model of your own and nothing leaves this computer."
                ),
                [
                    (tr("Open files\u2026"), self.open_files_asked.emit),
                    (tr("Open folder\u2026"), self.open_folder_asked.emit),
                    (tr("Try the demo"), self.open_demo_asked.emit),
                ],
            )
            self.stack.setCurrentWidget(self.message)
        else:
            self.stack.setCurrentWidget(self.views[self._view])
            if not self.static.at_work:
                self.static.show_setup_state()
        self.possible_changed.emit()

    def _rater_changed(self) -> None:
        rater, before = self._session.rater, self._rater
        self._rater = rater
        if rater != before and self.static.sitting is not None and rater != self.static.sitting.rater:
            self.static.show_setup()  # another person's sitting is another one; this one is kept
        else:
            self._list_changed()

    def _blind_toggled(self, blind: bool) -> None:
        self._session.set_setting(_BLIND, blind)
        for view in self.views.values():
            view.set_blind(blind)

    def _next(self, what: str) -> None:
        if what == "train":
            self.workspace_asked.emit("train")
        elif what == "export":
            self.export_labels()
        else:
            self.show_view("agree")

    def import_labels(self) -> ImportLabels:
        """Open the dialog that takes labels in."""
        return self._beside(ImportLabels)

    def export_labels(self) -> ExportLabels:
        """Open the dialog that gives labels out."""
        return self._beside(ExportLabels)

    def _beside(self, kind: type[_Dialog]) -> _Dialog:
        # The window goes on beside a dialog: asked for again, the open one comes to the front.
        is_open = (dialog for dialog in self.findChildren(kind) if dialog.isVisible())
        dialog = next(is_open, None) or kind(self, self._session, self.aside)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        return dialog
