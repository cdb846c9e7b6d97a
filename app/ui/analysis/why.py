"""Why here: keeps the heat over the lanes and the section of the panel with what is shown, selected and played."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs.explainer import Explaining, Question
from app.session import Session
from app.ui.analysis.section import Section
from app.ui.analysis.why_panel import WhyPanel
from app.ui.analysis.why_stretch import Stretch, climax_at, stretch_here
from app.ui.analysis.why_words import lacks, likeliest
from app.ui.player import Player
from app.ui.strings import tr
from models.analysis import QUADRANTS, Analysis
from models.explain.at_once import AT_ONCE, at_once
from models.explain.explanation import DEFAULT_METHOD, METHODS, Explanation, Method, Target
from models.explain.reasons import reasons

if TYPE_CHECKING:
    from app.ui.analysis.timeline import Timeline
    from models.explain.counterfactual import Change

#: The reasons follow the playhead so often, and no oftener.
_FOLLOW_MS = 220
#: A selection that is still being made, or a playhead that is still being moved, asks nothing.
_SETTLED_MS = 350
#: Of recordings longer than this (s) not the whole is explained unasked, which would take hours, but so much.
_LONG_S, _NEAR_S = 300.0, 30.0


class WhyHere(QObject):
    """Asks, and shows.

    Parameters
    ----------
    session : Session
        Its document is followed, its explainer asked.
    player : Player
        Its playhead is where "here" is.
    timeline : Timeline
        Whose waveform and spectrogram show the heat.
    section : Section
        The part of the result panel that `panel` stands in.
    panel : WhyPanel
        Choice, progress, reasons and "what if".

    Attributes
    ----------
    on : bool
        Whether the heat is shown.
    """

    switched = Signal(bool)
    possible_changed = Signal()

    def __init__(self, session: Session, player: Player, timeline: Timeline, section: Section, panel: WhyPanel) -> None:
        super().__init__(timeline)
        self._session = session
        self._document = session.document
        self._player = player
        self._timeline = timeline
        self._section = section
        self._panel = panel
        self.on = False
        self._target: Target | None = None  # what the person chose
        self._whole = False
        self._region: tuple[float, float] | None = None
        self._fresh = True  # a track whose region has not been looked for
        self._reasons_of: tuple[object, ...] = ()
        self._heat_of: tuple[object, ...] = ()
        self._held: tuple[object, ...] = ()  # what is shown, so that nothing else is taken for it
        self._was_busy = False
        self._model: tuple[str, str] | None = None  # that was asked last
        self._follow = QTimer(self)
        self._follow.setSingleShot(True)
        self._follow.setInterval(_FOLLOW_MS)
        self._follow.timeout.connect(self._show_reasons)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLED_MS)
        self._settle.timeout.connect(self._settled)
        panel.toggle.clicked.connect(self.toggle)
        panel.target_chosen.connect(self._choose_target)
        panel.method_chosen.connect(self._choose_method)
        panel.whole_asked.connect(self._choose_whole)
        panel.cancel_asked.connect(self.cancel)
        panel.what_if.asked.connect(self._suppose)
        panel.what_if.cancelled.connect(session.explainer.cancel_supposing)
        timeline.why.toggled.connect(self.toggle)
        timeline.why.cancel_asked.connect(self.cancel)
        section.folded.connect(self._reasons_wanted)
        player.position_changed.connect(self._moved)
        for signal, slot in self._observed():
            signal.connect(slot)
        self._current_changed(self._document.current)

    def _observed(self) -> tuple:
        """Return the signals that are followed, and by what."""
        document, session = self._document, self._session
        return (
            (document.current_changed, self._current_changed),
            (document.analysis_changed, self._analysis_changed),
            (document.moments_changed, self._moments_changed),
            (document.selection_changed, self._selection_changed),
            (session.explainer.changed, self._explainer_changed),
            (session.explainer.supposed, self._supposed),
            (session.norms.changed, self._norms_changed),
        )

    def close_views(self) -> None:
        """Observe the document no longer."""
        self._follow.stop()
        self._settle.stop()
        for signal, slot in self._observed():
            signal.disconnect(slot)

    # What a person does

    def toggle(self) -> None:
        """Show the heat, and bring the reasons into view; or take it away."""
        self.switch(not self.on)

    def switch(self, on: bool) -> None:
        """Show the heat, or take it away; an explanation that nobody looks at is not worked at."""
        analysis = self._analysis
        self.on = on and analysis is not None
        if self.on:
            self._region, self._fresh = self._first_region(), False
            self._ask()
        else:
            self._session.explainer.cancel()
            self._settle.stop()
        self._show()
        self.switched.emit(self.on)

    def cancel(self) -> None:
        """Give up the explanation; what was found so far stays."""
        self._session.explainer.cancel()

    @property
    def busy(self) -> bool:
        """Whether an explanation that is shown is still being worked at."""
        state = self._state
        return self.on and state is not None and state.busy

    def _choose_target(self, target: str) -> None:
        self._target = cast("Target", target)
        self._ask()
        self._show()

    def _choose_method(self, method: str) -> None:
        self._session.set_setting("why.method", method)
        self._ask()
        self._show()

    def _choose_whole(self, whole: bool) -> None:
        self._whole = whole
        self._region = self._wanted_region()
        self._ask()
        self._show()

    def _suppose(self, change: Change) -> None:
        current, here = self._document.current, self.here
        if current is not None and here is not None:
            self._session.explainer.suppose(current, change, (round(here.start_s, 2), round(here.end_s, 2)))

    # What is asked

    @property
    def _analysis(self) -> Analysis | None:
        current = self._document.current
        return None if current is None else self._document.analysis(current)

    @property
    def target(self) -> Target:
        """What is explained: what the person chose, else the quadrant that is the most probable there."""
        analysis = self._analysis
        if self._target is not None:
            return self._target
        return likeliest(analysis, self._region, self._peak_s) if analysis is not None else "Q1"

    @property
    def _peak_s(self) -> float | None:
        """Peak of the climax that is explained; None of anything else."""
        current = self._document.current
        shown = () if current is None else self._document.climaxes(current)
        regions = {(one.climax.start_s, one.climax.end_s): one.climax.peak_s for one in reversed(shown)}
        return None if self._region is None else regions.get(self._region)

    @property
    def method(self) -> Method:
        """By which method; the best one where the chosen one says nothing of this target."""
        kept = self._session.setting("why.method", DEFAULT_METHOD)
        method: Method = kept if kept in METHODS else DEFAULT_METHOD
        return DEFAULT_METHOD if lacks(method, self.target) else method

    @property
    def here(self) -> Stretch | None:
        """Where "here" is now."""
        current, analysis = self._document.current, self._analysis
        if current is None or analysis is None:
            return None
        climaxes = self._document.climaxes(current)
        return stretch_here(self._document.selection, climaxes, self._player.position_s, analysis.duration_s)

    def _wanted_region(self) -> tuple[float, float] | None:
        current, selection = self._document.current, self._document.selection
        if self._whole or current is None:
            return None
        if selection is not None:
            return selection
        climax = climax_at(self._document.climaxes(current), self._player.position_s)
        return None if climax is None else (climax.start_s, climax.end_s)

    def _first_region(self) -> tuple[float, float] | None:
        """What is explained to begin with: of a long recording without a climax here only what is near."""
        region, analysis = self._wanted_region(), self._analysis
        if region is not None or self._whole or analysis is None or analysis.duration_s <= _LONG_S:
            return region
        middle_s = self._player.position_s
        start_s = min(max(middle_s - _NEAR_S / 2, 0.0), analysis.duration_s - _NEAR_S)
        return start_s, start_s + _NEAR_S

    def _question(self) -> Question | None:
        """What is to be asked; None where the analysis says it already."""
        current, analysis, region = self._document.current, self._analysis, self._region
        if current is None or analysis is None or self.method in AT_ONCE:
            return None
        if region is not None:
            region = (round(max(region[0], 0.0), 2), round(min(region[1], analysis.duration_s), 2))
        return Question(current, self.target, self.method, region)

    def _ask(self) -> None:
        if not self.on:
            return
        question, state = self._question(), self._session.explainer.state
        analysis = self._analysis
        model = None if analysis is None else (analysis.model_id, analysis.model_version)
        another, self._model = model != self._model, model
        if question is None or another:
            self._session.explainer.cancel()
        if question is None:
            return
        if another or state is None or state.question != question or state.status in ("failed", "cancelled"):
            self._session.explainer.ask(question.track_id, question.target, question.method, question.region)

    @property
    def _state(self) -> Explaining | None:
        """How far the answer to what is asked is; None where it needs no asking, or something else was asked."""
        state, question = self._session.explainer.state, self._question()
        return state if state is not None and question is not None and state.question == question else None

    @property
    def explanation(self) -> Explanation | None:
        """What is to be shown: the newest answer, or until there is one what the analysis says of it."""
        analysis, state = self._analysis, self._state
        if not self.on or analysis is None:
            return None
        if state is not None and state.explanation is not None:
            return state.explanation
        start_s, end_s = self._region or (None, None)
        method: Method = self.method if self.method in AT_ONCE else "contribution"
        return at_once(analysis, self.target, method, start_s, end_s)

    # What is shown

    def _show(self) -> None:
        analysis, state = self._analysis, self._state
        self._show_heat()
        self._timeline.show_why(state, on=self.on, possible=analysis is not None)
        panel = self._panel
        panel.toggle.setChecked(self.on)
        panel.toggle.setEnabled(analysis is not None)
        if self.on:
            panel.set_choice(analysis, self._region, self.target, self.method, self._peak_s)
            possible = self._region is not None or self._whole
            panel.set_scope(self._region, possible=possible, at_once=self.method in AT_ONCE)
            panel.show_state(state)
        panel.overlay.setVisible(self.on)
        if self._was_busy != self.busy:
            self._was_busy = self.busy
            self.possible_changed.emit()

    def _show_heat(self) -> None:
        """Hand the explanation to the lanes, unless they show it: progress comes twenty times a second."""
        analysis, state = self._analysis, self._state
        newest = None if state is None else state.explanation
        awaited = self.on and self.method not in AT_ONCE and state is not None and state.busy
        of = (self.on, id(analysis), id(newest), self.target, self.method, self._region, awaited)
        if of != self._heat_of:
            self._heat_of, self._held = of, (analysis, newest)
            explanation = self.explanation
            self._timeline.set_explanation(explanation, awaited=awaited)
            self._panel.show_finding(explanation, self.method)

    def _reasons_wanted(self, *_args: object) -> None:
        if not self._follow.isActive():
            self._follow.start()

    def _show_reasons(self) -> None:
        here, analysis = self.here, self._analysis
        if not self._panel.isVisible():
            self._reasons_of = ()
            return
        norms = self._session.norms.norms
        of = (here, id(analysis), id(norms))
        if of == self._reasons_of:
            return
        self._reasons_of = of
        self._panel.set_stretch(here)
        if here is None or analysis is None:
            self._panel.reasons.set_reasons((), tr("Found once the track has been analysed."))
        elif analysis.descriptors is None:
            text = tr("The model that judged this track gives no descriptors. Another model may: Ctrl+M.")
            self._panel.reasons.set_reasons((), text)
        else:
            found = reasons(analysis, here.start_s, here.end_s, norms)
            self._panel.reasons.set_reasons(found, tr("Nothing stands out here against the rest of the track."))

    # What the document, the player and the explainer say

    def _current_changed(self, _track_id: int | None) -> None:
        if self._target in QUADRANTS:
            self._target = None  # of another track another quadrant is the most probable
        self._whole = False
        self._region, self._fresh = None, True
        self._show_supposing()
        self._analysis_is_new()

    def _analysis_changed(self, track_id: int) -> None:
        if track_id == self._document.current:
            self._analysis_is_new()

    def _analysis_is_new(self) -> None:
        if self._analysis is not None:
            self._session.norms.ask()
        elif self.on:
            self._session.explainer.cancel()
        if self._fresh:  # who steps through the list asks nothing of the tracks that are passed
            self._settle.start()
        else:
            self._ask()
        self._show()
        self._show_reasons()
        self._reasons_wanted()
        self.possible_changed.emit()

    def _moments_changed(self, track_id: int) -> None:
        if track_id == self._document.current:
            self._reasons_wanted()

    def _selection_changed(self, _selection: object) -> None:
        self._whole = False
        self._reasons_wanted()
        if self.on:
            self._settle.start()

    def _moved(self, _at_s: float) -> None:
        self._reasons_wanted()
        if self.on and not self._player.playing and not self._whole:
            self._settle.start()

    def _settled(self) -> None:
        """Explain what was selected, or the climax that was gone to; between climaxes what is shown stays."""
        if not self.on or self._analysis is None:
            return
        region = self._first_region() if self._fresh else self._wanted_region()
        stays = region == self._region or (region is None and not self._whole and self._region is not None)
        if stays and not self._fresh:
            return
        self._region, self._fresh = region, False
        self._ask()
        self._show()

    def _explainer_changed(self, track_id: int) -> None:
        if track_id == self._document.current:
            self._show()

    def _supposed(self, track_id: int) -> None:
        if track_id == self._document.current:
            self._show_supposing()

    def _show_supposing(self) -> None:
        supposing = self._session.explainer.supposing
        mine = supposing is not None and supposing.question.track_id == self._document.current
        self._panel.what_if.show_state(supposing if mine else None)

    def _norms_changed(self) -> None:
        self._reasons_wanted()
