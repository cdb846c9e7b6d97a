"""What to label next, as far as the library can tell; each recording with the reason why."""

from __future__ import annotations

from app.jobs.adviser import Asked
from app.labelling.helpful import apart_by_track, helpful_order
from app.session import Session


def ask_what_helps(session: Session) -> None:
    """Have it worked out in the background; `session.adviser` tells when it is known."""
    document, rater = session.document, session.rater
    said = [] if rater is None else [i for i in document.order if document.label_of(i, rater.id) is not None]
    apart = sorted(apart_by_track(document).items())
    judged = tuple(i for i in document.order if document.track(i).quadrant)
    session.adviser.ask(Asked(judged, frozenset(said), tuple(apart)))


def advised_order(session: Session) -> list[int]:
    """Return track ids, the most helpful first.

    As it was worked out (`models.training.next_clips`); what that could not tell of (tracks that came since, or were
    analysed by an earlier version of the program) follows by what the window knows of it.
    """
    document = session.document
    known = [i for i, reason in session.adviser.reasons.items() if reason != "unknown" and i in document]
    return list(dict.fromkeys([*known, *helpful_order(document)]))
