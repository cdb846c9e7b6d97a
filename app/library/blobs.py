"""Results and layers as bytes: arrays as npz without pickle, everything else as JSON."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from models.analysis import Analysis, Climax, DescriptorCurves, Domain, GemsEstimate, Overview, Transition
from models.explain.explanation import Explanation
from models.layers import Layer
from models.structure.structure import Section, Structure

#: What reading a blob of another version, or a damaged one, may raise.
UNREADABLE = (ValueError, TypeError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error)


def pack(value: Overview | Analysis | Structure | Explanation | Layer) -> tuple[str, bytes]:
    """Split a result or a layer into its facts (JSON) and its arrays (npz)."""
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    facts = _split(value, "", arrays)
    return json.dumps(facts, allow_nan=False), pack_arrays(arrays)


def pack_arrays(arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    """Make an npz of arrays, without pickle."""
    stream = io.BytesIO()
    # numpy's own savez_compressed takes three times as long for a few per cent less.
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array(entry, np.ascontiguousarray(array), allow_pickle=False)
    return stream.getvalue()


def unpack_arrays(arrays: bytes) -> dict[str, np.ndarray[Any, Any]]:
    """Return what `pack_arrays` packed; raises one of `UNREADABLE` for what is damaged."""
    with np.load(io.BytesIO(arrays), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def pick_arrays(arrays: bytes, names: Iterable[str]) -> dict[str, np.ndarray[Any, Any]]:
    """Return some of what `pack_arrays` packed, without reading the rest; raises one of `UNREADABLE` as that does."""
    with np.load(io.BytesIO(arrays), allow_pickle=False) as stored:
        return {name: stored[name] for name in names}


def _split(value: Any, prefix: str, arrays: dict[str, np.ndarray[Any, Any]]) -> dict[str, Any]:
    """Return what of a dataclass is no array; its arrays, and those of the dataclasses in it, go to `arrays`."""
    facts: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        item = getattr(value, field.name)
        if isinstance(item, np.ndarray):
            arrays[prefix + field.name] = item
        elif dataclasses.is_dataclass(item):
            facts[field.name] = _split(item, f"{prefix}{field.name}.", arrays)
        elif isinstance(item, tuple):
            facts[field.name] = [_plain(one) for one in item]
        elif isinstance(item, Mapping):
            facts[field.name] = {name: _plain(i) for name, i in item.items()}
        else:
            facts[field.name] = _plain(item)
    return facts


def _plain(item: Any) -> Any:
    if isinstance(item, Climax | GemsEstimate | Transition | Section):
        return dataclasses.asdict(item)
    return item.item() if isinstance(item, np.generic) else item


def _unpack(facts: str, arrays: bytes) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(facts)
    for name, array in unpack_arrays(arrays).items():
        *parents, own = name.split(".")
        place = values
        for parent in parents:
            place = place[parent]
        place[own] = array
    return values


def unpack_overview(facts: str, arrays: bytes) -> Overview | None:
    """Put an overview together again; None if it is damaged or another version's."""
    try:
        values = _unpack(facts, arrays)
        low, high = values["spectrogram_range_db"]
        return Overview(**{**values, "spectrogram_range_db": (low, high)})
    except UNREADABLE:
        return None


def unpack_analysis(facts: str, arrays: bytes) -> Analysis | None:
    """Put an analysis together again; None if it is damaged or another version's."""
    try:
        values = _unpack(facts, arrays)
        values["climaxes"] = tuple(Climax(**climax) for climax in values["climaxes"])
        values["notes"] = tuple(values["notes"])
        # What earlier versions did not know is not there, and stays at its default.
        values["gems"] = tuple(GemsEstimate(**estimate) for estimate in values.get("gems", ()))
        values["cue_names"] = tuple(values.get("cue_names", ()))
        values["transitions"] = tuple(
            Transition(one["time_s"], tuple(one["before"]), tuple(one["after"]), one["strength"])
            for one in values.get("transitions", ())
        )
        for name in ("valence_band", "arousal_band"):
            if values.get(name) is not None:
                low, high = values[name]
                values[name] = (low, high)
        if values.get("domain") is not None:
            values["domain"] = Domain(**values["domain"])
        if values.get("descriptors") is not None:
            curves = values["descriptors"]
            names, units = tuple(curves["names"]), tuple(curves["units"])
            values["descriptors"] = DescriptorCurves(**{**curves, "names": names, "units": units})
        return Analysis(**values)
    except UNREADABLE:
        return None


def unpack_structure(facts: str, arrays: bytes) -> Structure | None:
    """Put a structure together again; None if it is damaged or another version's."""
    try:
        values = _unpack(facts, arrays)
        values["sections"] = tuple(Section(**section) for section in values["sections"])
        return Structure(**values)
    except UNREADABLE:
        return None


def unpack_explanation(facts: str, arrays: bytes) -> Explanation | None:
    """Put an explanation together again; None if it is damaged or another version's."""
    try:
        return Explanation(**{name: _tuple(value) for name, value in _unpack(facts, arrays).items()})
    except UNREADABLE:
        return None


def unpack_layer(facts: str, arrays: bytes) -> Layer | None:
    """Put a layer together again; None if it is damaged or another version's."""
    try:
        return Layer(**{name: _tuple(value) for name, value in _unpack(facts, arrays).items()})
    except UNREADABLE:
        return None


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
