"""The frame of a JAMS 0.3 annotation (Humphrey et al. 2014), as every JAMS file of ours has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_TOOL = "Affekt"


def annotation(
    namespace: str,
    data: Sequence[Mapping[str, Any]],
    duration_s: float,
    sandbox: Mapping[str, Any],
    *,
    annotator: str = "",
    rules: str = "",
    source: str = "",
) -> dict[str, Any]:
    """Return one annotation of a whole recording.

    Parameters
    ----------
    namespace : str
        Of JAMS: what the values are.
    data : sequence of mapping
        Its observations (see `observation`).
    duration_s : float
        Length of the recording.
    sandbox : mapping
        What JAMS has no place for.
    annotator, rules, source : str
        Who said it, what it means, and where it comes from.
    """
    return {
        "namespace": namespace,
        "data": list(data),
        "annotation_metadata": {
            "annotator": {"name": annotator},
            "annotation_tools": _TOOL,
            "annotation_rules": rules,
            "data_source": source,
        },
        "sandbox": dict(sandbox),
        "time": 0.0,
        "duration": duration_s,
    }


def observation(time_s: float, duration_s: float, value: Any, confidence: float | None = None) -> dict[str, Any]:
    """Return one observation of an annotation."""
    return {"time": time_s, "duration": duration_s, "value": value, "confidence": confidence}
