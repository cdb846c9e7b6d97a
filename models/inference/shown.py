"""The descriptors that a reader is shown."""

from __future__ import annotations

import numpy as np

from models.analysis import DescriptorCurves
from models.audio.descriptors import DESCRIPTORS, Descriptors

#: One or two of each family, those with a name that musicians use.
SHOWN = (
    "loudness", "loudness_slope", "brightness", "tempo", "pulse_clarity", "onset_rate", "percussiveness",
    "attack_slope", "staccato", "register", "register_range", "polyphony", "melody_pitch", "melody_contour",
    "roughness", "harmonic_change", "chord_major", "chord_minor", "mode", "key_clarity",
)  # fmt: skip
#: Of the whole: what is measured on it at once rather than at each moment.
SHOWN_OF_TRACK = ("dynamic_range", "track_tempo", "track_pulse_clarity", "diatonicity")


def shown(descriptors: Descriptors) -> DescriptorCurves:
    """Return the descriptors that a reader is shown."""
    columns = {d.name: (i, d.unit) for i, d in enumerate(DESCRIPTORS)}
    summary = dict(zip(descriptors.summary_names, descriptors.summary.tolist(), strict=True))
    return DescriptorCurves(
        names=SHOWN,
        units=tuple(columns[name][1] for name in SHOWN),
        times_s=descriptors.times_s.astype(np.float32),
        values=descriptors.values[:, [columns[name][0] for name in SHOWN]],
        summary={name: float(summary[name]) for name in SHOWN_OF_TRACK},
    )
