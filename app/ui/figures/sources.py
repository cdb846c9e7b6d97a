"""What the document holds, as figures take it."""

from __future__ import annotations

import numpy as np

from app.jobs.printing import Listed
from app.session import Session
from models.figures.comparison import Compared
from models.figures.recording import Recording


def recording_of(session: Session) -> Recording | None:
    """Return the current track with all that is known of it; None while it is not analysed."""
    document, current = session.document, session.document.current
    if current is None:
        return None
    overview, analysis = document.overview(current), document.analysis(current)
    if overview is None or analysis is None:
        return None
    track = document.track(current)
    asked = session.explainer.state
    explanation = asked.explanation if asked is not None and asked.question.track_id == current else None
    return Recording(
        track.title, overview, analysis, track.artist, "", document.climaxes(current), document.marks(current),
        document.structure(current), explanation,
    )  # fmt: skip


def compared_of(session: Session) -> tuple[list[Compared], str]:
    """Return what is compared and analysed, and whose time the axis is (empty: each recording's own)."""
    found = [one for one in session.comparer.recordings if one.analysis is not None]
    compared = []
    for one in found:
        if one.analysis is not None:
            times_s = np.asarray(one.analysis.times_s, np.float64)
            axis_s = np.where(one.is_on_axis(times_s), one.to_axis(times_s), np.nan)
            compared.append(Compared(one.title, one.analysis, axis_s))
    aligned = any(one.alignment is not None for one in found)
    return compared, found[0].title if aligned else ""


def listed(session: Session, track_id: int) -> Listed:
    """Return a track of the list as reports take it."""
    document, track = session.document, session.document.track(track_id)
    return Listed(track_id, track.title, track.artist, document.marks(track_id), document.moments(track_id))
