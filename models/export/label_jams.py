"""Labels as JAMS 0.3, one file per recording, as `models.data.label_jams` reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.analysis import QUADRANTS
from models.data.label_jams import CANT_SAY, JAMS_VERSION, SANDBOX
from models.data.label_rows import LabelRow
from models.data.label_scales import PLANE
from models.data.labelled import quadrant_of
from models.export.jams_parts import annotation, observation
from models.export.json_file import write_document

_RULES = "Valence and arousal of the emotion that the music expresses, [valence, arousal], each in [-1, 1]."


def write_jams(file: Path, rows: Sequence[LabelRow], recording: str, duration_s: float) -> None:
    """Write what all raters said of one recording.

    Parameters
    ----------
    file : Path
        The JAMS file.
    rows : sequence of LabelRow
        Of this recording.
    recording : str
        Its name, as seen from the JAMS file's folder.
    duration_s : float
        Its length in seconds.

    Raises
    ------
    JobError
        "no_space" when it cannot be written.
    """
    meta: dict[str, Any] = {"title": Path(recording).stem, "jams_version": JAMS_VERSION, "duration": duration_s}
    group = next((row.group for row in rows if row.group), "")
    if group:
        meta["artist"] = group
    annotations = [one for i, row in enumerate(rows) for one in _annotations(row, i, duration_s)]
    ours = {"file": recording, "group": group}
    write_document(file, {"annotations": annotations, "file_metadata": meta, "sandbox": {SANDBOX: ours}})


def _annotations(row: LabelRow, number: int, duration_s: float) -> Iterator[dict[str, Any]]:
    kept: dict[str, Any] = {"origin": row.origin, "made": row.made, "seconds": row.seconds}
    kept |= {"blind": row.blind, "warm_up": row.warm_up, "chills": list(row.chills)}
    passage = row.start_s is not None and row.end_s is not None
    time_s = row.start_s or 0.0
    length_s = (row.end_s or 0.0) - time_s if passage else duration_s
    kept["kind"] = "passage" if passage else "whole"

    def made(namespace: str, data: list[dict[str, Any]], sandbox: Mapping[str, Any]) -> dict[str, Any]:
        return annotation(namespace, data, duration_s, sandbox, annotator=row.rater, rules=_RULES, source=row.origin)

    def one(value: Any) -> list[dict[str, Any]]:
        return [observation(time_s, length_s, value)]

    if row.cant_say:
        yield made("tag_open", one(CANT_SAY), {SANDBOX: kept})
    elif row.valence is not None and row.arousal is not None:
        own = QUADRANTS[quadrant_of(row.valence, row.arousal)]
        if row.quadrant is None:
            point = [row.valence, row.arousal]
            yield made("mood_thayer", one(point), {"range": [PLANE.low, PLANE.high], SANDBOX: kept})
        else:
            # Both were said: the point goes with the quadrant, so that it is one label when it is read again.
            both = kept | {"valence": row.valence, "arousal": row.arousal, "agrees": own == row.quadrant}
            yield made("tag_open", one(row.quadrant), {"range": [PLANE.low, PLANE.high], SANDBOX: both})
    elif row.quadrant is not None:
        yield made("tag_open", one(row.quadrant), {SANDBOX: kept})
    if row.trace is not None:
        kept |= {"kind": "continuous", "rating": number}
        for namespace, names, times_s, values in _curves(row):
            data = [observation(float(t), 0.0, v.tolist()) for t, v in zip(times_s, values, strict=True)]
            sandbox = {"range": [PLANE.low, PLANE.high], SANDBOX: kept | {"dimensions": names}}
            yield made(namespace, data, sandbox)


def _curves(row: LabelRow) -> Iterator[tuple[str, list[str], NDArray[np.float64], NDArray[np.float64]]]:
    """Namespace, dimensions, times and values of a rating over time.

    `mood_thayer` wants both numbers: where only one was rated it goes into `vector`.
    """
    trace = row.trace
    if trace is None:
        return
    valence, arousal = np.isfinite(trace.valence), np.isfinite(trace.arousal)
    if np.array_equal(valence, arousal):
        both = np.stack((trace.valence, trace.arousal), axis=1)
        yield "mood_thayer", ["valence", "arousal"], trace.times_s[valence], both[valence]
        return
    for name, there, values in (("valence", valence, trace.valence), ("arousal", arousal, trace.arousal)):
        if there.any():
            yield "vector", [name], trace.times_s[there], values[there][:, None]
