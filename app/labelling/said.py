"""Everything that was said of the open tracks, as rows for files and for measures of agreement."""

from __future__ import annotations

from app.document import Document
from app.library.exchange import rows_of
from models.data.label_rows import LabelRow


def said_rows(document: Document, rater_id: str | None = None, *, over_time: bool = True) -> list[LabelRow]:
    """Return labels, and ratings `over_time`, of the tracks on the list, of one rater or of all."""
    tracks = [document.track(track_id) for track_id in document.order]
    everyone = rater_id is None
    return rows_of(
        tracks,
        document.raters,
        [label for label in document.all_labels() if everyone or label.rater_id == rater_id],
        [rating for rating in document.all_ratings() if over_time and (everyone or rating.rater_id == rater_id)],
    )
