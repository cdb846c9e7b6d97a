"""A layer as Sonic Visualiser's own XML (SVL), as `models.data.layer_svl` reads it."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

import numpy as np

from models.layers import Layer

_DIMENSIONS = {"instants": 1, "values": 2, "regions": 3}
_TYPES = {"instants": "timeinstants", "values": "timevalues", "regions": "regions"}


def svl_of(layer: Layer, sample_rate_hz: int) -> str:
    """Return a layer as SVL text; times become frames at the recording's own rate, so it fits over it as it is.

    Gaps in a curve are left out: SVL has no way to write them.
    """
    dimensions = _DIMENSIONS[layer.kind]
    points, ends, heights = [], [0], []
    for i, time_s in enumerate(layer.times_s):
        value = 0.0 if layer.values is None else float(layer.values[i])
        if not np.isfinite(value):
            continue
        frame = round(float(time_s) * sample_rate_hz)
        length = 0 if layer.durations_s is None else round(float(layer.durations_s[i]) * sample_rate_hz)
        entry = f'frame="{frame}"'
        if dimensions > 1:
            entry += f' value="{value!r}"'
            heights.append(value)
        if dimensions > 2:
            entry += f' duration="{length}"'
        label = layer.labels[i] if layer.labels else ""
        points.append(f"      <point {entry} label={_attribute(label)}/>")
        ends.append(frame + length)
    first = round(float(layer.times_s[0]) * sample_rate_hz) if len(layer.times_s) else 0
    about = f'start="{first}" end="{max(ends) + 1}" type="sparse" dimensions="{dimensions}" resolution="1"'
    if layer.kind == "regions":
        about += ' subtype="region"'
    if heights:
        about += f' minimum="{min(heights)!r}" maximum="{max(heights)!r}" units={_attribute(layer.unit)}'
    if layer.range is not None:
        about += f' range="{layer.range[0]!r} {layer.range[1]!r}"'  # ours; Sonic Visualiser passes over it
    name = _attribute(layer.name)
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            "<!DOCTYPE sonic-visualiser>",
            "<sv>",
            "  <data>",
            f'    <model id="1" name={name} sampleRate="{sample_rate_hz}" {about} notifyOnAdd="true" dataset="0"/>',
            f'    <dataset id="0" dimensions="{dimensions}">',
            *points,
            "    </dataset>",
            "  </data>",
            "  <display>",
            f'    <layer id="2" type="{_TYPES[layer.kind]}" name={name} model="1"/>',
            "  </display>",
            "</sv>",
            "",
        )
    )


def _attribute(text: str) -> str:
    """Quote text; what XML cannot hold at all is left out."""
    return quoteattr("".join(c for c in text if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff")))
