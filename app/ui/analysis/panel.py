"""The right panel: the plane, the quadrants of the whole track, the climaxes, and how to read it all."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.ui.analysis.bars import QuadrantBars
from app.ui.analysis.climax_list import ClimaxList
from app.ui.analysis.plane import Plane
from app.ui.strings import MINUS, NOTHING, estimates_line, signed, tr
from app.ui.theme import AXIS_PX, THEME, font
from models.analysis import Analysis


def heading(text: str) -> QLabel:
    """Return the name of a section."""
    label = QLabel(text)
    label.setFont(font(strong=True))
    return label


def small(text: str = "") -> QLabel:
    """Return a small, soft, wrapping text."""
    label = QLabel(text)
    label.setFont(font(AXIS_PX, tabular=True))
    label.setProperty("soft", True)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


class ResultPanel(QScrollArea):
    """What is known of the current track as a whole."""

    climax_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumWidth(250)
        self.setAccessibleName(tr("Results of the whole track"))
        self.plane = Plane()
        self.bars = QuadrantBars()
        self.climaxes = ClimaxList()
        self.whole = small()
        self.source = small()
        self.no_climaxes = small()
        self.notes = small()
        self.estimates = small(estimates_line())
        body = QWidget()
        body.setObjectName("panel")
        layout = QVBoxLayout(body)
        layout.setContentsMargins(12, 8, 12, 12)
        layout.setSpacing(4)
        layout.addWidget(self.plane)
        layout.addWidget(self.source)
        layout.addSpacing(8)
        layout.addWidget(heading(tr("Whole track")))
        layout.addWidget(self.bars)
        layout.addWidget(self.whole)
        layout.addSpacing(8)
        layout.addWidget(heading(tr("Climaxes, strongest first")))
        layout.addWidget(self.climaxes)
        layout.addWidget(self.no_climaxes)
        layout.addSpacing(8)
        layout.addWidget(self.notes)
        layout.addStretch(1)
        rule = QFrame()
        rule.setObjectName("rule")
        rule.setFixedHeight(1)
        layout.addWidget(rule)
        layout.addWidget(self.estimates)
        self.setWidget(body)
        self.climaxes.chosen.connect(self.climax_chosen)
        THEME.changed.connect(self.update)
        self.set_analysis(None)

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Show a track's results, or their empty places."""
        self.plane.set_analysis(analysis)
        self.bars.set_analysis(analysis)
        climaxes = analysis.climaxes if analysis is not None else ()
        self.climaxes.set_climaxes(climaxes)
        self.climaxes.setVisible(bool(climaxes))
        self.no_climaxes.setVisible(not climaxes)
        legend = tr("Dot: now. Cross: the whole track.")
        if analysis is None:
            self.no_climaxes.setText(tr("Found once the track has been analysed."))
            self.whole.setText(f"{tr('valence')} {NOTHING}   {tr('arousal')} {NOTHING}")
            self.source.setText(f"{legend}\n ")
        else:
            self.no_climaxes.setText(tr("No moment rises clearly above its surroundings."))
            self.whole.setText(
                tr("valence {valence}   arousal {arousal}   ({minus}1 to 1)").format(
                    valence=signed(analysis.valence), arousal=signed(analysis.arousal), minus=MINUS
                )
            )
            derived = analysis.valence_arousal_source == "derived"
            source = tr("Derived from the quadrant probabilities.") if derived else tr("Estimated by a regressor.")
            self.source.setText(f"{legend}\n{source}")
        self.notes.setText("\n".join(analysis.notes) if analysis is not None else "")
        self.notes.setVisible(bool(analysis is not None and analysis.notes))

    def set_playhead(self, time_s: float) -> None:
        """Move the dot in the plane."""
        self.plane.set_playhead(time_s)
