"""The lanes of the Analyse workspace, one file per idea, all on one time axis."""

from app.ui.analysis.lanes.affect import AffectLane, LoudnessLane
from app.ui.analysis.lanes.base import Lane, Reading
from app.ui.analysis.lanes.climaxes import ClimaxLane
from app.ui.analysis.lanes.descriptor import DescriptorLane
from app.ui.analysis.lanes.layer import LayerLane
from app.ui.analysis.lanes.quadrants import QuadrantLane
from app.ui.analysis.lanes.sections import SectionLane
from app.ui.analysis.lanes.spectrogram import SpectrogramLane
from app.ui.analysis.lanes.waveform import WaveformLane

__all__ = [
    "AffectLane",
    "ClimaxLane",
    "DescriptorLane",
    "Lane",
    "LayerLane",
    "LoudnessLane",
    "QuadrantLane",
    "Reading",
    "SectionLane",
    "SpectrogramLane",
    "WaveformLane",
]
