"""An analysis in words, for the terminal and for print: every number with its range, its unit or its band."""

from __future__ import annotations

import numpy as np

from models.analysis import Analysis, Climax, DescriptorCurves, Domain, GemsEstimate, Transition
from models.audio.files import clock

#: Descriptors that are told first, where a model has them.
_TOLD = ("tempo", "pulse_clarity", "mode", "key_clarity", "roughness", "loudness", "brightness", "register")
_MOST_TOLD = 6


def with_band(value: float, band: tuple[float, float] | None, coverage: float) -> str:
    """Return "+0.21 (80% band -0.05 to +0.44)", or the number alone where the model states no band."""
    if band is None:
        return _signed(value)
    return f"{_signed(value)} ({coverage:.0%} band {_signed(band[0])} to {_signed(band[1])})"


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}"  # adding nothing makes +0.00 of -0.00


def valence_arousal_words(analysis: Analysis) -> str:
    """Return "valence +0.21 (80% band -0.05 to +0.44), arousal -0.30 (80% band -0.52 to -0.08)"."""
    valence = with_band(analysis.valence, analysis.valence_band, analysis.band_coverage)
    arousal = with_band(analysis.arousal, analysis.arousal_band, analysis.band_coverage)
    return f"valence {valence}, arousal {arousal}"


def domain_words(domain: Domain | None) -> str:
    """Return "not music the model knows (speech): ...", or nothing where it is known or nothing is known of it."""
    if domain is None or domain.is_familiar:
        return ""
    return f"not music the model knows ({domain.kind}): {domain.message or 'its answer stands on nothing.'}"


def gems_words(gems: tuple[GemsEstimate, ...], most: int = 3) -> str:
    """Return the emotions that most listeners would choose: "calmness 52%, nostalgia 38%, tenderness 33%"."""
    strongest = sorted(gems, key=lambda estimate: -estimate.share)[:most]
    return ", ".join(f"{estimate.name.replace('_', ' ')} {estimate.share:.0%}" for estimate in strongest)


def descriptor_words(curves: DescriptorCurves | None) -> str:
    """Return medians of the main descriptors, each with its unit: "tempo 96 BPM, mode 0.3 ...", or nothing."""
    if curves is None:
        return ""
    told = [name for name in _TOLD if name in curves.names] or list(curves.names)
    words = []
    for name in told:
        column = curves.names.index(name)
        values = np.asarray(curves.values[:, column], np.float64)
        values = values[np.isfinite(values)]
        if values.size:
            unit = curves.units[column]
            shown = f"({unit})" if " to " in unit else unit
            words.append(f"{name.replace('_', ' ')} {np.median(values):.3g} {shown}".rstrip())
    return ", ".join(words[:_MOST_TOLD])


def climax_words(climaxes: tuple[Climax, ...], most: int = 3) -> str:
    """Return the strongest climaxes, their regions and what makes them: "0:55 (0:45 to 1:02; loudness, density)"."""
    words = []
    for climax in climaxes[:most]:
        region = f"{clock(climax.start_s)} to {clock(climax.end_s)}"
        told = "; ".join(filter(None, (region, ", ".join(leading_cues(climax)))))
        words.append(f"{clock(climax.peak_s)} ({told})")
    return ", ".join(words)


def leading_cues(climax: Climax) -> list[str]:
    """Name the cues that give a third or more of what the largest one gives to the peak, the largest first."""
    ordered = sorted(climax.cues.items(), key=lambda cue: -cue[1])
    return [name for name, given in ordered if given > 0 and given >= ordered[0][1] / 3]


def transition_words(transitions: tuple[Transition, ...], most: int = 4) -> str:
    """Return the strongest transitions in the order of time: "0:48 (arousal -0.17 to +0.07)"."""
    strongest = sorted(transitions, key=lambda turn: -turn.strength)[:most]
    words = []
    for turn in sorted(strongest, key=lambda turn: turn.time_s):
        changes = [abs(after - before) for before, after in zip(turn.before, turn.after, strict=True)]
        moved = [
            f"{name} {_signed(before)} to {_signed(after)}"
            for name, before, after, change in zip(
                ("valence", "arousal"), turn.before, turn.after, changes, strict=True
            )
            if change >= max(changes) / 2
        ]
        words.append(f"{clock(turn.time_s)} ({', '.join(moved)})")
    return ", ".join(words)
