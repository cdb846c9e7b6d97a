"""Layers as one JAMS 0.3 file, as `models.data.layer_jams` reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from models.data.label_jams import JAMS_VERSION, SANDBOX
from models.export.jams_parts import annotation, observation
from models.layers import Layer

_RULES = "Valence and arousal of the emotion that the music expresses, [valence, arousal], each in [-1, 1]; estimates."
_PAIR = ("valence", "arousal")


def jams_of(layers: Sequence[Layer], title: str, artist: str, duration_s: float) -> dict[str, Any]:
    """Return a JAMS document of layers.

    Valence and arousal together are `mood_thayer`; sections and climaxes `segment_open`; beats `beat`; other instants
    `tag_open`; other curves `vector`. Unit, range and origin stand in each annotation's sandbox.
    """
    meta: dict[str, Any] = {"title": title, "jams_version": JAMS_VERSION, "duration": duration_s}
    if artist:
        meta["artist"] = artist
    annotations = list(_mood(layers, duration_s))
    paired = bool(annotations)
    annotations += [_one(layer, duration_s) for layer in layers if not (paired and layer.name in _PAIR)]
    return {"annotations": annotations, "file_metadata": meta, "sandbox": {}}


def _mood(layers: Sequence[Layer], duration_s: float) -> Iterator[dict[str, Any]]:
    pair = {layer.name: layer for layer in layers if layer.name in _PAIR and layer.values is not None}
    if len(pair) < 2 or not np.array_equal(pair["valence"].times_s, pair["arousal"].times_s):
        return
    valence, arousal = (pair[name].values for name in _PAIR)
    assert valence is not None  # as asked for above
    assert arousal is not None
    there = np.isfinite(valence) & np.isfinite(arousal)
    data = [
        observation(float(t), 0.0, [float(v), float(a)])
        for t, v, a in zip(pair["valence"].times_s[there], valence[there], arousal[there], strict=True)
    ]
    sandbox = {"range": [-1, 1], SANDBOX: {"layer": "valence and arousal"}}
    yield annotation("mood_thayer", data, duration_s, sandbox, rules=_RULES, source=pair["valence"].origin)


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
