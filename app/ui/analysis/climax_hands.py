"""What a person does with climaxes: go to the next, repeat one, set, move, name and note them; and step by beat."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.session import Session
from app.ui.analysis.climax_browser import ClimaxBrowser
from app.ui.analysis.climax_handles import ClimaxHandles, moved
from app.ui.analysis.climax_shape import length_near, nearest_step, place_of_peak
from app.ui.analysis.climax_shapes import ShapesWindow
from app.ui.analysis.climax_words import why_none
from app.ui.analysis.timeline import Timeline
from app.ui.player import Player
from app.ui.strings import counted, tr
from app.ui.timescale import TimeAxis
from models.analysis import Climax

if TYPE_CHECKING:
    from app.exploration import ShownClimax
    from models.structure.structure import Structure

#: Shift with an arrow moves an edge by this, with Ctrl by a beat; and where there are no beats, by as much as these.
NUDGE_S = 0.1
BEAT_S, BEATS_PER_BAR = 1.0, 4
#: While it plays, the playhead has just left what it was put on: a step back does not stick to it (s).
_PLAYING_SLACK_S = {"climax": 1.0, "beat": 0.25, "bar": 0.5}
_SLACK_S = 0.05
#: A beat (or bar) farther than so many of those around is beyond a stretch without any.
_GAP = 2.0


class ClimaxHands(QObject):
    """Follows the document's climaxes in list, lane and strip, and changes them only through the session.

    Parameters
    ----------
    session, player, axis, timeline, browser
        What a climax is shown in and changed by.

    Signals
    -------
    changed(tuple of ShownClimax)
        Others are shown.
    chosen()
        A climax was chosen elsewhere than in the list.
    browser_asked()
        What is chosen is to be written on: the list must be seen.
    """

    changed = Signal(object)
    chosen = Signal()
    browser_asked = Signal()

    def __init__(
        self, session: Session, player: Player, axis: TimeAxis, timeline: Timeline, browser: ClimaxBrowser
    ) -> None:
        super().__init__(timeline)
        self._session = session
        self._document = session.document
        self._player = player
        self._axis = axis
        self._timeline = timeline
        self._browser = browser
        self._shown: tuple[ShownClimax, ...] = ()
        self._nudged: tuple[str, float] | None = None  # an edge, and where a key that is held has moved it
        self._bare: tuple[int | None, str] | None = None  # of which track, and of what, a stretch has been told as bare
        self._repeated: tuple[float, float] | None = None
        self._repeated_before = False  # whether the player repeated anyway
        self.handles = ClimaxHandles(timeline)
        self.handles.chosen.connect(self._choose)
        self.handles.dropped.connect(self.move)
        timeline.overlay.clicked.connect(self.handles.clicked)
        browser.list.chosen.connect(self.play)
        browser.list.remove_asked.connect(self.remove)
        browser.list.nudge_asked.connect(self.nudge)
        browser.list.nudge_done.connect(self.settle)
        browser.details.remove_asked.connect(self.remove)
        browser.details.loop_asked.connect(self.repeat)
        browser.details.named.connect(lambda shown, label: session.change_climax(shown, label=label))
        browser.details.noted.connect(lambda shown, note: session.change_climax(shown, note=note))
        browser.hidden.clicked.connect(session.show_hidden_climaxes)
        self.shapes = ShapesWindow(browser, timeline.window())
        browser.current_changed.connect(self._show_handles)
        browser.edge_changed.connect(self.settle)
        browser.edge_changed.connect(self._show_handles)
        self._document.moments_changed.connect(self._moments_changed)
        self._document.selection_changed.connect(self._selection_changed)

    def close_views(self) -> None:
        """Observe the document no longer; what is being written is kept."""
        self._browser.details.keep()
        self.shapes.close()
        self._document.moments_changed.disconnect(self._moments_changed)
        self._document.selection_changed.disconnect(self._selection_changed)

    # What is shown

    @property
    def shown(self) -> tuple[ShownClimax, ...]:
        """The climaxes of the current track, strongest first."""
        return self._shown

    def refresh(self) -> None:
        """Show the climaxes of the current track."""
        document, current = self._document, self._document.current
        analysis = None if current is None else document.analysis(current)
        overview = None if current is None else document.overview(current)
        moments = () if current is None else document.moments(current)
        # What is shown is asked for at every turn; what a person set is measured anew each time it is made.
        shown = self._shown = () if current is None else document.climaxes(current)
        self._timeline.set_climaxes(shown)
        self._browser.set_climaxes(shown, analysis, overview, hidden=sum(moment.hidden for moment in moments))
        self.shapes.set_data(analysis, overview)
        self.changed.emit(shown)

    def show_shapes(self) -> None:
        """Show the shapes of climaxes over each other, in a window beside which this one stays usable."""
        self.shapes.setParent(self._timeline.window(), self.shapes.windowFlags())
        self.shapes.show()
        self.shapes.raise_()
        self.shapes.activateWindow()

    def _moments_changed(self, track_id: int) -> None:
        if track_id == self._document.current:
            self.refresh()

    def _show_handles(self, _what: object = None) -> None:
        self._nudged = None
        self.handles.show_climax(self._browser.current, self._browser.edge)

    def _choose(self, shown: ShownClimax | None) -> None:
        self._browser.choose(shown)
        self._timeline.reveal_lane(self._timeline.climaxes)
        self.chosen.emit()

    # Going and listening

    def play(self, climax: Climax) -> None:
        """Play from a climax's approach; while one is repeated, repeat this one."""
        if self._repeated is not None:
            self._repeat(climax)
            return
        self._bring_into_view(climax)
        self._player.play_from(climax.start_s)

    def step(self, step: int) -> None:
        """Put the playhead on the next (+1) or previous (-1) peak in time, and look at that climax."""
        in_time = sorted(self.shown, key=lambda shown: shown.climax.peak_s)
        if not in_time:
            current = self._document.current
            why = why_none(None if current is None else self._document.analysis(current))
            self._document.tell(f"{why} {tr('Select a region and press K to set one yourself.')}")
            return
        here, current = self._player.position_s, self._browser.current
        if self._repeated is not None and current is not None:
            here = current.climax.peak_s  # not where the repeating happens to be
        slack_s = (
            _PLAYING_SLACK_S["climax"] if self._player.playing and step < 0 and self._repeated is None else _SLACK_S
        )
        if step > 0:
            to = next((shown for shown in in_time if shown.climax.peak_s > here + slack_s), in_time[0])
        else:
            to = next((shown for shown in reversed(in_time) if shown.climax.peak_s < here - slack_s), in_time[-1])
        self._choose(to)
        if self._repeated is not None:
            self._repeat(to.climax)
        else:
            self._player.seek(to.climax.peak_s)
            self._axis.reveal(self._player.position_s)

    def repeat(self) -> None:
        """Repeat the chosen climax, or the one at the playhead; if it is repeated already, let it go."""
        here = self._chosen_or_here()
        if here is None:
            self._document.tell(tr("No climax is here: choose one in the list, or press N."))
        elif self._repeated == (here.climax.start_s, here.climax.end_s):
            self.let_go()
        else:
            self._choose(here)
            self._repeat(here.climax)

    def let_go(self) -> None:
        """Repeat no climax any more, and select nothing."""
        if self._repeated is not None:
            self._repeated = None
            self._player.set_loop(self._repeated_before)
        self._session.set_selection(None)

    def _repeat(self, climax: Climax) -> None:
        if self._repeated is None:
            self._repeated_before = self._player.loop
        region = (climax.start_s, climax.end_s)
        self._repeated = region  # before the selection, which would end it
        self._session.set_selection(*region)
        self._player.set_loop(True)
        self._bring_into_view(climax)
        self._player.play_from(climax.start_s)

    def _selection_changed(self, selection: tuple[float, float] | None) -> None:
        """Another selection, or another track, ends the repeating."""
        if self._repeated is not None and selection != self._repeated:
            self._repeated = None
            self._player.set_loop(self._repeated_before)

    def _bring_into_view(self, climax: Climax) -> None:
        self._axis.reveal(climax.start_s)
        self._axis.reveal(min(climax.peak_s, self._axis.duration_s))
        self._axis.reveal(climax.start_s)

    def _chosen_or_here(self) -> ShownClimax | None:
        at_s = self._player.position_s
        here = next((one for one in self.shown if one.climax.start_s <= at_s <= one.climax.end_s), None)
        return self._browser.current or here

    # Changing

    def make(self) -> None:
        """Make a climax of the selected region, with its peak where the music is most intense in it."""
        document, current = self._document, self._document.current
        if current is None or document.selection is None:
            document.tell(tr("Nothing is selected: drag in the time ruler, or Ctrl-drag in a lane."))
            return
        start_s, end_s = document.selection
        peak_s = place_of_peak(start_s, end_s, document.analysis(current), document.overview(current))
        moment = self._session.add_moment(start_s, peak_s, end_s)
        if moment is not None:
            self._choose(next((one for one in self.shown if one.moment == moment), None))
            document.tell(tr("The selection is a climax of yours now: F2 names it, Ctrl+Z takes it back."))

    def name(self) -> bool:
        """Let a person name the chosen climax, or the one at the playhead; whether there is one."""
        here = self._chosen_or_here()
        if here is None:
            return False
        self._browser.choose(here)
        self.browser_asked.emit()
        self._browser.write_name()
        return True

    def remove(self, shown: ShownClimax) -> None:
        """Take a climax, or all that are selected with it, away, and look at the one that comes up in its place."""
        selected = self._browser.list.selected
        gone = selected if shown in selected else (shown,)
        row = self.shown.index(shown) if shown in self.shown else 0
        if len(gone) == len(self.shown) and self._browser.list.hasFocus():
            self._timeline.setFocus()  # the list goes, and with it the focus would jump to what comes next
        for one in gone:
            self._session.hide_climax(one)
        left = self.shown
        self._browser.choose(left[min(row, len(left) - 1)] if left else None)
        self._document.tell(
            counted(
                len(gone),
                tr("The climax was taken away; Ctrl+Z brings it back."),
                tr("{count} climaxes were taken away; Ctrl+Z brings them back, one by one."),
            )
        )

    def move(self, edge: str, time_s: float) -> None:
        """Put an edge of the chosen climax elsewhere; no edge passes another."""
        shown = self._browser.current
        if shown is None:
            return
        after = moved(shown.climax, edge, min(max(time_s, 0.0), self._axis.duration_s))
        value = getattr(after, f"{edge}_s")
        if after.end_s - after.start_s <= 0:
            self._document.tell(tr("A climax needs some length: it was left as it was."))
        elif value != getattr(shown.climax, f"{edge}_s"):
            self._session.change_climax(shown, **{f"{edge}_s": value})

    def nudge(self, step: int, by_beat: bool) -> None:
        """Move the chosen edge by a tenth of a second, or to the next beat; it is kept once the key is let go."""
        shown, edge = self._browser.current, self._browser.edge
        if shown is None:
            return
        at_s = getattr(shown.climax, f"{edge}_s") if self._nudged is None else self._nudged[1]
        at_s = self._stepped(at_s, step, "beat") if by_beat else at_s + step * NUDGE_S
        at_s = getattr(moved(shown.climax, edge, min(at_s, self._axis.duration_s)), f"{edge}_s")
        self._nudged = (edge, at_s)
        self.handles.preview(edge, at_s)
        self._browser.details.preview(edge, at_s)

    def settle(self, _edge: str = "") -> None:
        """Keep an edge where a key has moved it: as one step, however long the key was held."""
        if self._nudged is not None:
            (edge, at_s), self._nudged = self._nudged, None
            self.move(edge, at_s)

    # By beat and by bar

    def step_time(self, step: int, unit: str) -> None:
        """Put the playhead on the next (+1) or previous (-1) "beat" or "bar"; it goes on playing if it played."""
        if self._axis.duration_s <= 0:
            return
        slack_s = _PLAYING_SLACK_S[unit] if self._player.playing and step < 0 else _SLACK_S
        self._player.seek(self._stepped(self._player.position_s, step, unit, slack_s))
        self._axis.reveal(self._player.position_s)

    def _stepped(self, at_s: float, step: int, unit: str, slack_s: float = _SLACK_S) -> float:
        """Return the next beat or bar, the recording's end beyond the last; say it where there is no such thing."""
        current = self._document.current
        structure = None if current is None else self._document.structure(current)
        beats_s = () if structure is None else structure.beats_s
        if not len(beats_s):
            why = tr("Beats are not known yet") if structure is None else tr("No beats were found here")
            step_s = BEAT_S if unit == "beat" else BEAT_S * BEATS_PER_BAR
            self._document.tell(tr("{why}: the step is {seconds:g} s.").format(why=why, seconds=step_s))
            to_s = at_s + step * step_s
        else:
            assert structure is not None
            to_s = self._stepped_on_grid(structure, at_s, step, unit, slack_s)
        return min(max(to_s, 0.0), self._axis.duration_s)

    def _stepped_on_grid(self, structure: Structure, at_s: float, step: int, unit: str, slack_s: float) -> float:
        """Return the next beat or bar; where none is near, so many seconds on, which is said once."""
        grid_s = structure.downbeats_s if unit == "bar" else structure.beats_s
        if not len(grid_s):
            self._document.tell(tr("No bars were found here: the step is {count} beats.").format(count=BEATS_PER_BAR))
            grid_s, step = structure.beats_s, step * BEATS_PER_BAR
        found_s = nearest_step(grid_s, at_s, step, slack_s)
        if found_s is not None and abs(found_s - at_s) <= _GAP * abs(step) * length_near(grid_s, at_s):
            self._bare = None
            return found_s
        # A leap over seconds of music without a beat would look like a step.
        step_s = BEAT_S if unit == "beat" else BEAT_S * BEATS_PER_BAR
        if (self._document.current, unit) != self._bare:
            self._bare = (self._document.current, unit)
            what = tr("No beats were found here") if unit == "beat" else tr("No bars were found here")
            self._document.tell(tr("{why}: the step is {seconds:g} s.").format(why=what, seconds=step_s))
        to_s = at_s + step_s if step > 0 else at_s - step_s
        if found_s is not None:
            to_s = min(to_s, found_s) if step > 0 else max(to_s, found_s)
        return to_s

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what the keys of climaxes and beats do."""
        return {
            "next_climax": lambda: self.step(1),
            "previous_climax": lambda: self.step(-1),
            "repeat_climax": self.repeat,
            "make_climax": self.make,
            "compare_shapes": self.show_shapes,
            "next_beat": lambda: self.step_time(1, "beat"),
            "previous_beat": lambda: self.step_time(-1, "beat"),
            "next_bar": lambda: self.step_time(1, "bar"),
            "previous_bar": lambda: self.step_time(-1, "bar"),
        }
