"""The order in which labels help a model most, by what the window knows of every track without opening it."""

from __future__ import annotations

import math

from app.document import Document
from app.labelling.said import said_rows
from models.data.label_rows import rater_table
from models.evaluation.agreement import disagreement


def apart_by_track(document: Document) -> dict[int, float]:
    """How far raters are apart (`models.evaluation.agreement.disagreement`), by track that two or more labelled."""
    table = rater_table(said_rows(document, over_time=False))
    far = disagreement(table.quadrants, table.valence, table.arousal)
    by_path = {path: float(one) for path, one in zip(table.items, far, strict=True) if math.isfinite(one)}
    paths = ((track_id, document.track(track_id).path) for track_id in document.order)
    return {track_id: by_path[path] for track_id, path in paths if path in by_path}


def helpful_order(document: Document) -> list[int]:
    """Return track ids, the most helpful first.

    First what raters disagree on, the farthest apart first; then what the model is least sure of; what it has not
    judged yet stands in the middle of these, as listed.
    """
    apart = apart_by_track(document)
    known = sorted(document.track(i).probability for i in document.order if document.track(i).quadrant)
    middle = (known[(len(known) - 1) // 2] + known[len(known) // 2]) / 2 if known else 1.0

    def unsure(track_id: int) -> tuple[float, float]:
        track, far = document.track(track_id), apart.get(track_id, 0.0)
        return (-far if far > 0 else 0.0, track.probability if track.quadrant else middle)

    return sorted(document.order, key=unsure)
