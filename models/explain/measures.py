"""Which descriptors count as musical reasons, what can be told apart of each by ear, and what each is in words.

Which row of the third paper's Table 2 a descriptor stands for is a matter of what it measures: level for Loudness, the
slope of the level for Dynamics, the spectrum's centroid for Timbre, how many notes sound together for Texture, sensory
dissonance for Harmony, how clear the beat is for Rhythm, gaps between short notes for Articulation, the leading voice's
slope for Contour. Those that measure no row stand for none; for Melody we measure nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.explain.associations import TABLE


@dataclass(frozen=True)
class Measure:
    """A descriptor as a reason.

    Attributes
    ----------
    name : str
        Of the descriptor.
    least : float
        The least difference that can be told apart, in the descriptor's unit (octaves for what is logarithmic).
    above, below : str
        What music is that has more, and less, of it; "{:.0f}" is where the size of the difference goes.
    row : str
        Of Table 2; empty for none.
    is_reversed : bool
        Whether more of it is the row's low end (more roughness is less consonance).
    two_sided : float or None
        Where the sign is the meaning (a slope, a mode): how far from 0 it must lie to be called either.
    own : bool
        Whether words give the value itself and not the difference.
    is_ratio : bool
        Whether differences are ratios (tempo); compared as octaves.
    needs : str
        A descriptor that says whether this one means anything, and `least_needed` of it.
    """

    name: str
    least: float
    above: str
    below: str
    row: str = ""
    is_reversed: bool = False
    two_sided: float | None = None
    own: bool = False
    is_ratio: bool = False
    needs: str = ""
    least_needed: float = 0.0

    def scaled(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Values as they are compared."""
        as_double = np.asarray(values, np.float64)
        return np.log2(np.maximum(as_double, 1e-6)) if self.is_ratio else as_double

    def unscaled(self, value: float) -> float:
        """Value in the descriptor's unit, of one that is compared."""
        return float(2.0**value) if self.is_ratio else value

    def effect(self, value: float, usual: float, spread: float) -> float:
        """Difference in units of the spread, or of what can be told apart where that is larger; signed."""
        difference = value - usual
        if self.is_ratio and _is_same_pulse(difference):
            return 0.0
        return difference / max(spread, self.least)

    def is_so(self, value: float, is_above: bool) -> bool:
        """Whether a value lies on the side that it would be named for."""
        if self.two_sided is None:
            return True
        return value >= self.two_sided if is_above else value <= -self.two_sided

    def pole(self, is_above: bool) -> tuple[str, str]:
        """Return the end of the row and what is associated with it; empty without a row."""
        if not self.row:
            return "", ""
        row = TABLE[self.row]
        return (row.high, row.of_high) if is_above != self.is_reversed else (row.low, row.of_low)

    def words(self, value: float, usual: float, where: str) -> str:
        """Say it: "louder by 9 dB than the rest of the track"."""
        text = (self.above if value > usual else self.below).format(abs(value if self.own else value - usual))
        if self.is_ratio:
            return f"{text} than {where}: {self.unscaled(value):.0f} against {self.unscaled(usual):.0f} BPM"
        if self.two_sided is None:
            return f"{text} than {where}"
        return (
            f"{text}, unlike {where}" if not self.is_so(usual, value > usual) else f"{text}, more clearly than {where}"
        )


def _is_same_pulse(octaves: float) -> bool:
    """Whether two tempi may be one pulse counted otherwise: twice, three times, or three against two."""
    ratios = np.log2((2.0, 3.0, 1.5, 4 / 3, 4.0))
    return bool((np.abs(abs(octaves) - ratios) < np.log2(1.04)).any())


MEASURES = (
    Measure("loudness", 2.0, "louder by {:.0f} dB", "softer by {:.0f} dB", "Loudness"),
    Measure(
        "loudness_slope", 0.75, "growing louder by {:.1f} dB a second", "growing softer by {:.1f} dB a second",
        "Dynamics", two_sided=0.5, own=True,
    ),
    Measure("brightness", 0.2, "brighter by {:.1f} octaves", "darker by {:.1f} octaves", "Timbre"),
    Measure("tempo", 0.11, "faster", "slower", "Tempo", is_ratio=True, needs="pulse_clarity", least_needed=0.2),
    Measure("pulse_clarity", 0.1, "a steadier pulse", "a less steady pulse", "Rhythm"),
    Measure("onset_rate", 0.75, "busier by {:.1f} onsets a second", "calmer by {:.1f} onsets a second"),
    Measure("percussiveness", 0.1, "more percussive", "less percussive"),
    Measure("attack_slope", 25.0, "sharper attacks", "softer attacks"),
    Measure("staccato", 2.0, "notes more detached", "notes more connected", "Articulation"),
    Measure("register", 1.5, "higher by {:.0f} semitones", "lower by {:.0f} semitones", "Pitch"),
    Measure("register_range", 3.0, "wider by {:.0f} semitones", "narrower by {:.0f} semitones"),
    Measure("polyphony", 1.5, "denser by {:.0f} notes at once", "thinner by {:.0f} notes at once", "Texture"),
    Measure("melody_pitch", 2.0, "leading voice higher by {:.0f} semitones", "leading voice lower by {:.0f} semitones",
            "Pitch"),
    Measure(
        "melody_contour", 1.0, "leading voice rising by {:.1f} semitones a second",
        "leading voice falling by {:.1f} semitones a second", "Contour", two_sided=0.7, own=True,
    ),
    Measure("roughness", 0.004, "rougher, more dissonant", "smoother, more consonant", "Harmony", is_reversed=True),
    Measure("harmonic_change", 0.1, "harmony changing faster", "harmony changing more slowly"),
    Measure("mode", 0.1, "major mode", "minor mode", "Mode", two_sided=0.03, needs="key_clarity", least_needed=0.5),
    Measure("key_clarity", 0.08, "a clearer key", "a less clear key"),
)  # fmt: skip
