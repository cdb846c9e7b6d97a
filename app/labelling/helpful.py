"""The order in which labels help a model most, by what the window knows of every track without opening it."""

from __future__ import annotations

import numpy as np

from app.document import Document
from app.labelling.tables import label_table
from models.evaluation.agreement import disagreement


def helpful_order(document: Document) -> list[int]:
    """Return track ids, the most helpful first.

    First what raters disagree on, the farthest apart first; then what the model is least sure of; what it has not
    judged yet stands in the middle of these, as listed.
    """
    table = label_table(document)
    apart = dict(
        zip(table.track_ids, disagreement(table.quadrants, table.valence, table.arousal).tolist(), strict=True)
    )
    known = [document.track(i).probability for i in document.order if document.track(i).quadrant]
    middle = float(np.median(known)) if known else 1.0

    def unsure(track_id: int) -> tuple[float, float]:
        track, far = document.track(track_id), apart.get(track_id, 0.0)
        return (-far if far > 0 else 0.0, track.probability if track.quadrant else middle)

    return sorted(document.order, key=unsure)
