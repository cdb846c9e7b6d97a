"""What is said below figures and in their legends: scales, the model and its day, the lag, and what it all is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.analysis import QUADRANT_NAMES, QUADRANTS, Analysis, Climax
from models.export.words import domain_words, valence_arousal_words
from models.figures.recording import Recording, ShownClimax, View
from models.figures.timescale import clock

ESTIMATES = "Estimates of the emotion the music expresses, not of how a listener feels."
_SOURCES = {"derived": "derived from the quadrant probabilities", "regressor": "by the model's regressor"}


def verdict_words(analysis: Analysis) -> str:
    """Return the most probable quadrant with its probability: "Q4 calm, relaxed 71%"."""
    index = QUADRANTS.index(analysis.quadrant)
    return f"{analysis.quadrant} {QUADRANT_NAMES[analysis.quadrant]} {analysis.probabilities[index]:.0%}"


def set_minus(text: str) -> str:
    """Put a true minus before numbers: a hyphen is shorter than a figure is wide."""
    return re.sub(r"(?<!\w)-(?=\d)", "\u2212", text)


def whole_words(analysis: Analysis) -> str:
    """Return the verdict on the whole recording, with valence, arousal and their bands."""
    return set_minus(f"{verdict_words(analysis)}; {valence_arousal_words(analysis)}")


def flag_words(analysis: Analysis) -> str:
    """Return the warning where this is not music that the model knows; empty where it is."""
    flag = domain_words(analysis.domain)
    return f"{flag[0].upper()}{flag[1:]}" if flag else ""


def model_words(recording: Recording) -> str:
    """Return "Model affekt-base 1, analysed on 2026-11-20."."""
    analysis = recording.analysis
    day = f", analysed on {recording.made}" if recording.made else ""
    return f"Model {analysis.model_id} {analysis.model_version}{day}."


def lag_words(lag_s: float) -> str:
    """Return what is done about the lag of ratings behind the music."""
    if not lag_s:
        return "no lag is subtracted"
    return f"drawn {lag_s:g} s earlier, because ratings lag behind the music"


def scale_words(analysis: Analysis, lag_s: float) -> str:
    """Return the range, the source and the lag of valence and arousal."""
    source = _SOURCES[analysis.valence_arousal_source]
    return f"Valence and arousal in [\u22121, 1], {source}; {lag_words(lag_s)}."


def band_words(analysis: Analysis) -> str:
    """Return what the tinted bands are; empty where there are none."""
    if analysis.valence_band_over_time is None and analysis.arousal_band_over_time is None:
        return ""
    return (
        f"Tinted around the curves: the band in which {analysis.band_coverage:.0%} of ratings lay, "
        "of music the model was not trained on."
    )


def region_words(view: View) -> str:
    """Return which stretch is drawn; empty where it is the whole."""
    if view.start_s <= 0 and view.end_s >= view.recording.overview.duration_s:
        return ""
    return f"From {clock(view.start_s, tenths=True)} to {clock(view.end_s, tenths=True)}."


def climax_words(view: View, *, shaded: bool) -> str:
    """Return what the numbers, dotted lines and shades are; empty where there is no climax in view."""
    if not view.climaxes:
        return ""
    shades = "; shaded: approach, peak and abatement" if shaded else ""
    return joined((f"Numbered: climaxes, the strongest is 1; dotted: their peaks{shades}.", by_hand_words(view)))


def is_set_by_hand(recording: Recording, shown: ShownClimax) -> bool:
    """Whether a person set where a climax lies: it is theirs, and none that was found is the same stretch."""

    def stretch(climax: Climax) -> tuple[float, ...]:  # a person's are kept in whole milliseconds
        return tuple(round(float(time_s), 3) for time_s in (climax.start_s, climax.peak_s, climax.end_s))

    return shown.is_own and stretch(shown.climax) not in map(stretch, recording.analysis.climaxes)


def by_hand_words(view: View) -> str:
    """Return which of the climaxes in view were set by hand: "Set by hand: 2, 3."; empty where all were found."""
    numbers = [str(number) for number, shown in view.climaxes if is_set_by_hand(view.recording, shown)]
    return f"Set by hand: {', '.join(numbers)}." if numbers else ""


def joined(parts: Sequence[str]) -> str:
    """Put sentences together, without those that are empty."""
    return " ".join(part for part in parts if part)
