"""Layers as one JAMS 0.3 file, as `models.data.layer_jams` reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.data.label_jams import JAMS_VERSION, SANDBOX
from models.export.jams_parts import annotation, observation
from models.layers import Layer

_RULES = "Valence and arousal of the emotion that the music expresses, [valence, arousal], each in [{low:g}, {high:g}]."


def jams_of(layers: Sequence[Layer], title: str, artist: str, duration_s: float) -> dict[str, Any]:
    """Return a JAMS document of layers.

    Valence and arousal together are `mood_thayer`; sections and climaxes `segment_open`; beats `beat`; other instants
    `tag_open`; other curves `vector`. Unit, range and origin stand in each annotation's sandbox.
    """
    meta: dict[str, Any] = {"title": title, "jams_version": JAMS_VERSION, "duration": duration_s}
    if artist:
        meta["artist"] = artist
    pairs = _pairs(layers)
    annotations = [_mood(*pair, duration_s) for pair in pairs]
    annotations += [
        _one(layer, duration_s) for layer in layers if not any(layer is one for pair in pairs for one in pair)
    ]
    return {"annotations": annotations, "file_metadata": meta, "sandbox": {}}


def _pairs(layers: Sequence[Layer]) -> list[tuple[Layer, Layer]]:
    """Return valence and arousal that belong together: of one origin, on one scale, at the same moments."""
    rated = [layer for layer in layers if layer.kind == "values" and layer.range is not None]
    arousals = [layer for layer in rated if layer.name == "arousal"]
    found = []
    for valence in rated:
        if valence.name != "valence":
            continue
        for i, arousal in enumerate(arousals):
            alike = (arousal.origin, arousal.range) == (valence.origin, valence.range)
            if alike and np.array_equal(arousal.times_s, valence.times_s):
                found.append((valence, arousals.pop(i)))
                break
    return found


def _mood(valence: Layer, arousal: Layer, duration_s: float) -> dict[str, Any]:
    assert valence.values is not None  # as of all curves
    assert arousal.values is not None
    assert valence.range is not None  # as asked for above
    low, high = valence.range
    there = np.isfinite(valence.values) & np.isfinite(arousal.values)
    data = [
        observation(float(t), 0.0, [float(v), float(a)])
        for t, v, a in zip(valence.times_s[there], valence.values[there], arousal.values[there], strict=True)
    ]
    sandbox = {"range": [low, high], SANDBOX: {"layer": "valence and arousal"}}
    rules = _RULES.format(low=low, high=high)
    return annotation("mood_thayer", data, duration_s, sandbox, rules=rules, source=valence.origin)


def _one(layer: Layer, duration_s: float) -> dict[str, Any]:
    kept: dict[str, Any] = {"layer": layer.name, "kind": layer.kind, "unit": layer.unit, "range": layer.range}
    labels = layer.labels or ("",) * len(layer.times_s)
    times = [float(t) for t in layer.times_s]
    if layer.kind == "values":
        assert layer.values is not None  # what values are made of
        pairs = [(t, float(v)) for t, v in zip(times, layer.values, strict=True) if np.isfinite(v)]
        if any(labels):
            kept["labels"] = [label for label, v in zip(labels, layer.values, strict=True) if np.isfinite(v)]
        data = [observation(t, 0.0, [v]) for t, v in pairs]
        return annotation("vector", data, duration_s, {SANDBOX: kept}, source=layer.origin)
    if layer.kind == "regions":
        assert layer.durations_s is not None  # what regions are made of
        if layer.values is not None:
            kept["values"] = [float(v) for v in layer.values]
        lengths = [float(d) for d in layer.durations_s]
        data = [observation(t, d, label) for t, d, label in zip(times, lengths, labels, strict=True)]
        return annotation("segment_open", data, duration_s, {SANDBOX: kept}, source=layer.origin)
    if layer.name == "beats":
        data = [observation(t, 0.0, None) for t in times]
        return annotation("beat", data, duration_s, {SANDBOX: kept}, source=layer.origin)
    data = [observation(t, 0.0, label) for t, label in zip(times, labels, strict=True)]
    return annotation("tag_open", data, duration_s, {SANDBOX: kept}, source=layer.origin)
