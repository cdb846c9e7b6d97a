"""Overviews and analyses as bytes: arrays as npz without pickle, everything else as JSON."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
import zlib
from typing import Any

import numpy as np

from models.analysis import Analysis, Climax, Overview

#: What reading a blob of another version, or a damaged one, may raise.
_UNREADABLE = (ValueError, TypeError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error)


def pack(value: Overview | Analysis) -> tuple[str, bytes]:
    """Split a result into its facts (JSON) and its arrays (npz)."""
    facts: dict[str, Any] = {}
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for field in dataclasses.fields(value):
        item = getattr(value, field.name)
        if isinstance(item, np.ndarray):
            arrays[field.name] = item
        elif field.name == "climaxes":
            facts[field.name] = [dataclasses.asdict(climax) for climax in item]
        else:
            facts[field.name] = item.item() if isinstance(item, np.generic) else item
    stream = io.BytesIO()
    # numpy's own savez_compressed takes three times as long for a few per cent less.
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array(entry, np.ascontiguousarray(array), allow_pickle=False)
    return json.dumps(facts, allow_nan=False), stream.getvalue()


def _unpack(facts: str, arrays: bytes) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(facts)
    with np.load(io.BytesIO(arrays), allow_pickle=False) as stored:
        for name in stored.files:
            values[name] = stored[name]
    return values


def unpack_overview(facts: str, arrays: bytes) -> Overview | None:
    """Put an overview together again; None if it is damaged or another version's."""
    try:
        values = _unpack(facts, arrays)
        low, high = values["spectrogram_range_db"]
        return Overview(**{**values, "spectrogram_range_db": (low, high)})
    except _UNREADABLE:
        return None


def unpack_analysis(facts: str, arrays: bytes) -> Analysis | None:
    """Put an analysis together again; None if it is damaged or another version's."""
    try:
        values = _unpack(facts, arrays)
        values["climaxes"] = tuple(Climax(**climax) for climax in values["climaxes"])
        values["notes"] = tuple(values["notes"])
        return Analysis(**values)
    except _UNREADABLE:
        return None
