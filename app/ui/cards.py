"""Models' cards for the window: the figures of `models.cards`, in its language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.jobs.tools import Card
from app.session import Session
from app.ui.strings import percent, tr
from models import cards
from models.cards import Figure, Score, key_name


def fields(card: Card) -> Mapping[str, Any]:
    """Return the whole card where there is one, else what every model has."""
    raw: Mapping[str, Any] | None = getattr(card, "raw", None)
    return raw if raw else {"id": card.id, "name": card.name, "version": card.version}


def find(session: Session, model_id: str) -> Card | None:
    """Return the card of a model by its id (empty: the default, which is listed first)."""
    found = session.models()
    return next((card for card in found if card.id == model_id), found[0] if found and not model_id else None)


def score_text(score: Score) -> str:
    """Return a figure, then its interval: "0.69 (0.65 to 0.72)"."""
    return score.text(2, tr("{value} ({low} to {high})"))


def figure_text(figure: Figure) -> str:
    """Return a figure of a card with its interval, or its words."""
    return figure.words if figure.score is None else score_text(figure.score)


def figure_name(figure: Figure) -> str:
    """Return what a figure of a card is called."""
    return ", ".join(tr(key_name(key)) for key in figure.path)


def macro_f1(card: Card) -> list[tuple[str, Score]]:
    """Return the macro-F1 over the four quadrants by the data it was measured on, the first the most telling."""
    found = cards.sources(fields(card)).items()
    pairs = [(name.upper(), cards.to_score(scores.get("macro_f1"))) for name, scores in found]
    return [(name, score) for name, score in pairs if score is not None]


def gems_quality(card: Card | None) -> dict[str, Score]:
    """Return, for each music-specific emotion, the correlation of predicted with rated shares."""
    return {} if card is None else cards.gems_quality(fields(card))


def summary(card: Card) -> str:
    """Return what the model is, in a line or two."""
    return str(getattr(card, "summary", "") or fields(card).get("summary", ""))


def offers_text(card: Card) -> str:
    """Return what a model answers with: all give the quadrants and both axes, not all bands and GEMS."""
    raw = fields(card)
    coverage = raw.get("band_coverage")
    banded = isinstance(coverage, int | float) and coverage > 0
    bands = tr("{coverage} bands").format(coverage=percent(coverage)) if banded else tr("no bands")
    emotions = tr("GEMS") if raw.get("gems") is True else tr("no GEMS")
    return tr("Gives quadrants, valence and arousal, {bands}, {emotions}").format(bands=bands, emotions=emotions)


def size_text(card: Card) -> str:
    """Return how much room its weights take: "5.2 MB"; empty where they cannot be looked at."""
    folder: Path | None = getattr(card, "folder", None)
    size = 0 if folder is None else cards.weights_bytes(folder)
    return tr("{size} MB").format(size=f"{size / 1e6:.1f}") if size else ""
