"""What is said of a climax: its cues as a musician names them, its times, who set it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.ui.strings import DASH, clock, signed, tr

if TYPE_CHECKING:
    from app.exploration import ShownClimax
    from models.analysis import Analysis, Climax, Transition

#: A cue that gives the contour less than this share of what the strongest gives is not named in a row.
_NAMED_SHARE = 0.25
_MOST_NAMED = 3


def cue_name(name: str) -> str:
    """Return what a cue of intensity is called."""
    return {
        "loudness": tr("loudness"),
        "arousal": tr("arousal"),
        "register": tr("register"),
        "brightness": tr("brightness"),
        "density": tr("density"),
        "contribution": tr("push on the answer"),
    }.get(name, name.replace("_", " "))


def cue_about(name: str) -> str:
    """Return what a cue is, in a sentence; empty for one that is not known."""
    return {
        "loudness": tr("How loud it is, in dB."),
        "arousal": tr("How aroused the model hears the music, \u22121 to 1."),
        "register": tr("How high the mean pitch of what sounds lies, in semitones."),
        "brightness": tr("How far the centre of the spectrum lies above that pitch, in octaves."),
        "density": tr("How much starts to sound from moment to moment (spectral flux)."),
        "contribution": tr("How much this moment pushed the model's answer, in either direction."),
    }.get(name, "")


def _compared(name: str, value: float) -> str:
    more, less = {
        "loudness": (tr("louder"), tr("softer")),
        "arousal": (tr("more aroused"), tr("calmer")),
        "register": (tr("higher"), tr("lower")),
        "brightness": (tr("brighter"), tr("darker")),
        "density": (tr("denser"), tr("sparser")),
        "contribution": (tr("more decisive"), tr("less decisive")),
    }.get(name, (tr("more {cue}"), tr("less {cue}")))
    return (more if value > 0 else less).format(cue=cue_name(name))


def cue_words(cues: Mapping[str, float]) -> str:
    """Return how the music at a peak differs from the piece's typical moment: "louder, higher, denser"."""
    ordered = sorted(cues.items(), key=lambda cue: -abs(cue[1]))
    least = _NAMED_SHARE * abs(ordered[0][1]) if ordered else 0.0
    named = [_compared(name, value) for name, value in ordered[:_MOST_NAMED] if value and abs(value) >= least]
    return ", ".join(named)


def region(climax: Climax) -> str:
    """Return from when until when: "0:31-0:55"."""
    return f"{clock(climax.start_s)}{DASH}{clock(climax.end_s)}"


def sentence(rank: int, shown: ShownClimax) -> str:
    """Return all that a row says, for screen readers and as a tooltip."""
    climax = shown.climax
    text = tr("Climax {rank}: from {start}, peak {peak}, until {end}; strength {strength} of 1").format(
        rank=rank,
        start=clock(climax.start_s, tenths=True),
        peak=clock(climax.peak_s, tenths=True),
        end=clock(climax.end_s, tenths=True),
        strength=f"{climax.strength:.2f}",
    )
    parts = [text]
    if shown.label:
        parts.insert(0, shown.label)
    words = cue_words(climax.cues)
    if words:
        parts.append(tr("{words} than the piece's typical moment").format(words=words))
    if shown.is_own:
        parts.append(tr("set by you"))
    if shown.note:
        parts.append(tr("note: {note}").format(note=shown.note))
    return ". ".join(parts)


def mood(point: tuple[float, float]) -> str:
    """Return a point of the plane as one writes it: "V +0.20 A -0.31"."""
    return tr("V {valence} A {arousal}").format(valence=signed(point[0]), arousal=signed(point[1]))


def turn(transition: Transition) -> str:
    """Return where the mood turns to: what changes most, in two words."""
    valence = transition.after[0] - transition.before[0]
    arousal = transition.after[1] - transition.before[1]
    across = tr("more pleasant") if valence > 0 else tr("less pleasant")
    along = tr("more aroused") if arousal > 0 else tr("calmer")
    both = min(abs(valence), abs(arousal)) > 0.4 * max(abs(valence), abs(arousal))
    first, second = (across, along) if abs(valence) >= abs(arousal) else (along, across)
    return tr("{first}, {second}").format(first=first, second=second) if both else first


def why_none(analysis: Analysis | None) -> str:
    """Return why no climax is shown of a track: none was found, or what was found was taken away."""
    if analysis is not None and analysis.climaxes:
        return tr("What was found here was taken away.")
    return tr("No moment rises clearly above its surroundings.")
