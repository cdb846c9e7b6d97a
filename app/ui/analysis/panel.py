"""The right panel: the plane, and below it in parts that fold away all that is known of the track as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.session import Session
from app.ui.analysis.bars import QuadrantBars
from app.ui.analysis.climax_browser import ClimaxBrowser
from app.ui.analysis.descriptors import MOST_LANES, DescriptorList
from app.ui.analysis.gems import GemsBars, empty_text
from app.ui.analysis.plane import Plane
from app.ui.analysis.section import Section
from app.ui.analysis.small import small
from app.ui.analysis.why_panel import WhyPanel
from app.ui.buttons import IconButton, rule
from app.ui.cards import find, gems_quality
from app.ui.strings import MINUS, NOTHING, between, estimates_line, percent, signed, tr, unfamiliar_explanation
from app.ui.theme import THEME
from models.analysis import Analysis

if TYPE_CHECKING:
    from app.ui.analysis.correct import CorrectCard


def _source_text(analysis: Analysis) -> str:
    """Return where valence and arousal come from, and whether they lie in another quadrant than the most probable."""
    if analysis.valence_arousal_source == "derived":
        return tr("Derived from the quadrant probabilities.")
    text = tr(
        "Learned from listeners' ratings, apart from the quadrants: near an axis its side may differ from theirs."
    )
    # What reads 0.00 lies on neither side.
    valence, arousal = round(analysis.valence, 2), round(analysis.arousal, 2)
    pleasant, awake = analysis.quadrant in ("Q1", "Q4"), analysis.quadrant in ("Q1", "Q2")
    differ = [
        name
        for name, value, high in ((tr("valence"), valence, pleasant), (tr("arousal"), arousal, awake))
        if value and (value > 0) != high
    ]
    if not differ:
        return text
    said = tr("Here the side of {names} differs from {quadrant}.")
    return f"{text} {said.format(names=tr(' and ').join(differ), quadrant=analysis.quadrant)}"


#: Room for the longest heading and its sign beside the scroll bar: what is wider would be cut off at the right.
_NARROWEST_PX = 264


class ResultPanel(QScrollArea):
    """What is known of the current track as a whole.

    Parameters
    ----------
    session : Session
        Keeps what is folded, sorted and drawn as a lane, and knows the models' cards.
    """

    descriptor_lanes_chosen = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumWidth(_NARROWEST_PX)
        self.setAccessibleName(tr("Results of the whole track"))
        self.plane = Plane()
        self.bars = QuadrantBars()
        self.climaxes = ClimaxBrowser()
        self.why = WhyPanel()
        self.gems = GemsBars()
        self.descriptors = DescriptorList()
        self.whole = small()
        self.unfamiliar = small()
        self.source = small()
        self.gems_note = small()
        self.descriptors_note = small()
        self.all_descriptors = QPushButton()
        self.all_descriptors.setCheckable(True)
        self.all_descriptors.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.notes = small()
        self.estimates = small(estimates_line())
        self.sort = IconButton("sort", tr("Put the largest share on top"), "Ctrl+G")
        self.sort.setCheckable(True)
        self.shapes = IconButton("shapes", tr("Compare the shapes of climaxes"), "Shift+K")
        self.sections = {
            key: Section(session, key, title)
            for key, title in (
                ("whole", tr("Whole track")),
                ("climaxes", tr("Climaxes, strongest first")),
                ("why", tr("Why here")),
                ("gems", tr("Music-specific emotions")),
                ("descriptors", tr("Musical descriptors")),
            )
        }
        for key, parts in (
            ("whole", (self.bars, self.whole, self.unfamiliar)),
            ("climaxes", (self.climaxes,)),
            ("why", (self.why,)),
            ("gems", (self.gems, self.gems_note)),
            ("descriptors", (self.descriptors, self.all_descriptors, self.descriptors_note)),
        ):
            for part in parts:
                self.sections[key].content.addWidget(part)
        self.sections["gems"].head.addWidget(self.sort)
        self.sections["climaxes"].head.addWidget(self.shapes)
        self.sections["why"].head.addWidget(self.why.toggle)
        body = QWidget()
        body.setObjectName("panel")
        layout = QVBoxLayout(body)
        layout.setContentsMargins(12, 8, 12, 12)
        layout.setSpacing(4)
        layout.addWidget(self.plane)
        layout.addWidget(self.source)
        for key, section in self.sections.items():
            layout.addSpacing(6)
            layout.addWidget(section)
            if key == "whole":
                layout.addWidget(self.notes)  # outside the part: what one must know is not folded away with it
        layout.addStretch(1)
        layout.addWidget(rule())
        layout.addWidget(self.estimates)
        self.setWidget(body)
        self.descriptors.lanes_chosen.connect(self._lanes_chosen)
        self.all_descriptors.toggled.connect(self._list_all)
        self.sort.toggled.connect(self._sorted)
        self.sort.setChecked(bool(session.setting("results.gems_by_share", False)))
        self.descriptors.choose(self.descriptor_lanes)
        THEME.changed.connect(self.update)
        self.set_analysis(None)

    def hold(self, card: CorrectCard) -> None:
        """Take the card of corrections, which stands in the place of the plane while it is open."""
        layout = self.widget().layout()
        layout.insertWidget(0, card)

        def exchange(correcting: bool) -> None:
            self.plane.setVisible(not correcting)
            self.source.setVisible(not correcting)
            self.verticalScrollBar().setValue(0)

        card.opened.connect(lambda: exchange(True))
        card.closed.connect(lambda: exchange(False))

    def bring_up(self, key: str) -> None:
        """Unfold a part and put its name at the top, as far as the panel scrolls."""
        section = self.sections[key]
        section.open()
        # Once what it holds has its place.
        QTimer.singleShot(0, self, lambda: self.verticalScrollBar().setValue(section.y() - 4))

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Show a track's results, or their empty places; climaxes come by themselves (`ClimaxBrowser`)."""
        self.plane.set_analysis(analysis)
        self.bars.set_analysis(analysis)
        self._show_whole(analysis)
        self._show_gems(analysis)
        self._show_descriptors(analysis)
        self.notes.setText("\n".join(analysis.notes) if analysis is not None else "")
        self.notes.setVisible(bool(analysis is not None and analysis.notes))

    def _show_whole(self, analysis: Analysis | None) -> None:
        legend = tr("Dot: now. Cross: the whole track.")
        self.unfamiliar.setVisible(False)
        if analysis is None:
            self.whole.setText(f"{tr('valence')} {NOTHING}   {tr('arousal')} {NOTHING}")
            self.source.setText(f"{legend}\n ")
            return
        coverage = percent(analysis.band_coverage)
        banded = analysis.band_coverage > 0
        lines, spoken = [], []
        for name, value, band in (
            (tr("valence"), analysis.valence, analysis.valence_band),
            (tr("arousal"), analysis.arousal, analysis.arousal_band),
        ):
            lines.append(f"{name} {signed(value)}")
            if band is not None and banded:
                spoken.append(
                    tr("{name} {value}, {coverage} between {low} and {high}").format(
                        name=name, value=signed(value), coverage=coverage, low=signed(band[0]), high=signed(band[1])
                    )
                )
                lines[-1] += f"  ({coverage}: {between(*band)})"
        both = tr("({minus}1 to 1)").format(minus=MINUS)
        self.whole.setText("\n".join([*lines, both]) if spoken else "   ".join([*lines, both]))
        self.whole.setToolTip("\n".join([*spoken, both]) if spoken else "")
        self.whole.setAccessibleName(self.whole.toolTip() or self.whole.text())
        if self.plane.frame is not None:
            legend = tr("Dot: now. Cross: whole track, frame: {coverage}.").format(coverage=coverage)
        self.source.setText(f"{legend}\n{_source_text(analysis)}")
        if analysis.unfamiliar and analysis.domain is not None:
            self.unfamiliar.setText(unfamiliar_explanation(analysis.domain.kind, analysis.domain.message))
            self.unfamiliar.setVisible(True)

    def _show_gems(self, analysis: Analysis | None) -> None:
        estimates = analysis.gems if analysis is not None else ()
        quality = gems_quality(find(self._session, analysis.model_id)) if analysis is not None and estimates else {}
        dimmed = analysis is not None and bool(analysis.unfamiliar)
        self.gems.set_estimates(estimates, quality, dimmed=dimmed)
        self.gems.setVisible(bool(estimates))
        self.sort.setVisible(bool(estimates))
        note = tr(
            "Estimated share of listeners who would choose each for the whole track, 0 to 100\u202f%. r: correlation "
            "with what listeners chose, on music the model was not trained on. Hatched: weakly predicted."
        )
        self.gems_note.setText(note if estimates else empty_text(known=analysis is not None))

    def _show_descriptors(self, analysis: Analysis | None) -> None:
        curves = analysis.descriptors if analysis is not None else None
        self.descriptors.set_curves(curves)
        self.descriptors.setVisible(curves is not None)
        self._list_all(self.all_descriptors.isChecked())
        if curves is not None:
            text = tr("Measured from the sound, for the whole track. A tick draws the course of one as a lane.")
        elif analysis is not None:
            text = tr("The model that judged this track gives none. Another model may: Ctrl+M.")
        else:
            text = tr("Shown once the track has been analysed, if the model uses them.")
        self.descriptors_note.setText(text)

    def _list_all(self, on: bool) -> None:
        self.descriptors.show_all(on)
        count = self.descriptors.count
        self.all_descriptors.setText(
            tr("Only the main ones") if on else tr("All {count} descriptors").format(count=count)
        )
        self.all_descriptors.setVisible(on or len(self.descriptors.rows) < count)

    def reveal(self, part: QWidget) -> None:
        """Scroll so that a part is seen, its upper end if it is higher than the panel."""
        self.widget().layout().activate()
        self.ensureWidgetVisible(part, 0, 8)
        above = part.mapTo(self.viewport(), part.rect().topLeft()).y()
        if above < 0:
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() + above)

    def set_playhead(self, time_s: float) -> None:
        """Move the dot in the plane."""
        self.plane.set_playhead(time_s)

    # What is kept

    @property
    def descriptor_lanes(self) -> tuple[str, ...]:
        """The descriptors that are drawn as lanes."""
        kept = self._session.setting("lanes.descriptors", [])
        return tuple(str(name) for name in kept) if isinstance(kept, list) else ()

    def choose_lanes(self, names: Sequence[str]) -> None:
        """Draw these descriptors as lanes, as far as there is room."""
        names = tuple(names)[:MOST_LANES]
        self.descriptors.choose(names)
        self._lanes_chosen(names)

    def _lanes_chosen(self, names: Sequence[str]) -> None:
        self._session.set_setting("lanes.descriptors", list(names))
        self.descriptor_lanes_chosen.emit(names)

    def _sorted(self, by_share: bool) -> None:
        self.gems.sort_by_share(by_share)
        if bool(self._session.setting("results.gems_by_share", False)) != by_share:
            self._session.set_setting("results.gems_by_share", by_share)
