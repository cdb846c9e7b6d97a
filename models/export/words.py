"""An analysis in words, for the terminal and for print: every number with its range, its unit or its band."""

from __future__ import annotations

import numpy as np

from models.analysis import Analysis, DescriptorCurves, Domain, GemsEstimate

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
