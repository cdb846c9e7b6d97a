"""Layers of Sonic Visualiser's own XML (SVL)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models.data.label_csv import Problem
from models.errors import JobError
from models.layers import Layer, LayerKind, span_of

#: By the dimensions of a sparse model; a model of notes or of regions has three.
_KINDS: dict[str, LayerKind] = {"1": "instants", "2": "values", "3": "regions"}
_HIGHEST_RATE_HZ = 10_000_000


def read_svl(file: Path, sample_rate_hz: int | None = None) -> Iterator[Layer | Problem]:
    """Read the sparse models of an SVL file.

    Its times are frames at the rate that each model names, which may be another than the recording's.

    Yields
    ------
    Layer or Problem
        Layers, and what could not be used or should be known.

    Raises
    ------
    JobError
        "bad_data" where it is no such file, or holds entities, which no layer needs and hostile files do harm with.
    """
    from xml.etree.ElementTree import ParseError

    import defusedxml.ElementTree as SafeXml
    from defusedxml.common import DefusedXmlException

    try:
        # Sonic Visualiser's own files begin with a document type, which is harmless without entities.
        root = SafeXml.fromstring(file.read_bytes(), forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise JobError(
            "bad_data", f"{file} declares XML entities, which no layer needs: it is not read.", repr(error)
        ) from None
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise JobError("bad_data", f"{file} is no layer file of Sonic Visualiser: {error}.", repr(error)) from None
    except OSError as error:
        raise JobError("unreadable", f"{file} cannot be read: {error.strerror}.", str(error)) from None
    datasets = {dataset.get("id"): dataset for dataset in root.iter("dataset")}
    found = False
    for model in root.iter("model"):
        dataset = datasets.get(model.get("dataset"))
        if dataset is None:
            continue
        found = True
        name = (model.get("name") or _shown_name(root, model.get("id")) or file.stem).strip()
        rate = _number(model.get("sampleRate"))
        if not (0 < rate <= _HIGHEST_RATE_HZ):
            yield Problem(f"{file}: the layer {name} names no sample rate, so its frames are no times.")
            continue
        kind = _KINDS.get(model.get("dimensions") or dataset.get("dimensions") or "")
        if kind is None:
            yield Problem(
                f"{file}: the layer {name} has {model.get('dimensions')} dimensions; instants, values and regions are "
                "read."
            )
            continue
        if model.get("subtype") == "text":  # a height on the page, and a label
            kind = "instants"
        yield from _layer(file, name, kind, rate, model.attrib, [point.attrib for point in dataset.iter("point")])
        if sample_rate_hz is not None and rate != sample_rate_hz:
            yield Problem(
                f"{file}: the layer {name} was made at {rate:,.0f} Hz, the recording has {sample_rate_hz:,} Hz. Its "
                "times were converted.",
                left_out=0,
            )
    if not found:
        raise JobError("bad_data", f"{file} holds no layer of instants, values or regions.")


def _layer(
    file: Path,
    name: str,
    kind: LayerKind,
    rate: float,
    about: Mapping[str, str],
    points: list[Any],
) -> Iterator[Layer | Problem]:
    rows: list[tuple[float, float, float, str]] = []
    bad = 0
    for point in points:
        frame, value = _number(point.get("frame")), _number(point.get("value", "0"))
        length = _number(point.get("duration", "0"))
        if not all(math.isfinite(x) for x in (frame, value, length)) or length < 0:
            bad += 1
            continue
        rows.append((frame / rate, value, length / rate, point.get("label", "")))
    if bad:
        yield Problem(
            f"{file}: {bad} of {len(points)} entries of {name} have no frame, or numbers that are none: they are left "
            "out.",
            left_out=bad,
        )
    if not rows:
        if not bad:
            yield Problem(f"{file}: the layer {name} is empty.")
        return
    times_s, values, lengths_s = (np.array(column, np.float64) for column in list(zip(*rows, strict=True))[:3])
    span = tuple(_number(end) for end in about.get("range", "").split())
    has_values = kind == "values" or (kind == "regions" and bool(np.any(values)))
    yield Layer(
        name,
        kind,
        times_s,
        values if has_values else None,
        lengths_s if kind == "regions" else None,
        tuple(row[3] for row in rows),
        about.get("units", ""),
        # Ours; `minimum` and `maximum` are what the data have, not what they could.
        span_of(span[0], span[1]) if len(span) == 2 else None,
    )


def _shown_name(root: Any, model: str | None) -> str:
    return next((layer.get("name") or "" for layer in root.iter("layer") if layer.get("model") == model), "")


def _number(text: str | None) -> float:
    try:
        return float(text) if text is not None else math.nan
    except ValueError:
        return math.nan
