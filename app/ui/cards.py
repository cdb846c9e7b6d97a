"""What a model's card says of how good it is, as figures to show; a card may lack any of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.jobs.tools import Card
from app.session import Session
from app.ui.strings import MINUS, percent, tr

#: Below this correlation with the raters' answer an emotion is called weakly predicted, and so it is where chance
#: alone could have given the correlation.
WEAK_R = 0.3


@dataclass(frozen=True)
class Score:
    """A figure with its 95% interval, where there is one."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def text(self) -> str:
        """The figure, then its interval: "0.69 (0.65 to 0.72)"."""
        if self.low is None or self.high is None:
            return _plain(self.value)
        return tr("{value} ({low} to {high})").format(
            value=_plain(self.value), low=_plain(self.low), high=_plain(self.high)
        )

    @property
    def is_weak(self) -> bool:
        """Whether, as a correlation, it is too low to lean on."""
        return self.value < WEAK_R or (self.low is not None and self.low <= 0.0)


def _plain(value: float) -> str:
    return f"{MINUS if round(value, 2) < 0 else ''}{abs(value):.2f}"


def to_score(raw: Any, name: str = "value") -> Score | None:
    """Return a figure of a card, with or without an interval; None where it is none."""
    if isinstance(raw, Mapping):
        value, low, high = (raw.get(key) for key in (name, "low", "high"))
        if isinstance(value, int | float):
            both = isinstance(low, int | float) and isinstance(high, int | float)
            return Score(float(value), float(low) if both else None, float(high) if both else None)
    elif isinstance(raw, int | float):
        return Score(float(raw))
    return None


def fields(card: Card) -> Mapping[str, Any]:
    """Return the whole card where there is one, else what every model has."""
    raw: Mapping[str, Any] | None = getattr(card, "raw", None)
    return raw if raw else {"id": card.id, "name": card.name, "version": card.version}


def find(session: Session, model_id: str) -> Card | None:
    """Return the card of a model by its id (empty: the default, which is listed first)."""
    cards = session.models()
    return next((card for card in cards if card.id == model_id), cards[0] if cards and not model_id else None)


def scores_of(card: Card) -> Mapping[str, Any]:
    """Return all that was measured of a model."""
    scores = fields(card).get("scores")
    return scores if isinstance(scores, Mapping) else {}


def sources(card: Card) -> Mapping[str, Mapping[str, Any]]:
    """Return the scores by the data they were measured on."""
    found = scores_of(card).get("sources")
    pairs = found.items() if isinstance(found, Mapping) else ()
    return {str(name): scores for name, scores in pairs if isinstance(scores, Mapping)}


def macro_f1(card: Card) -> list[tuple[str, Score]]:
    """Return the macro-F1 over the four quadrants by the data it was measured on, the first the most telling."""
    pairs = [(name.upper(), to_score(scores.get("macro_f1"))) for name, scores in sources(card).items()]
    return [(name, score) for name, score in pairs if score is not None]


def gems_quality(card: Card | None) -> dict[str, Score]:
    """Return, for each music-specific emotion, the correlation of predicted with rated shares."""
    found = scores_of(card).get("gems") if card is not None else None
    pairs = [(str(name), to_score(raw, "r")) for name, raw in found.items()] if isinstance(found, Mapping) else []
    return {name: score for name, score in pairs if score is not None}


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
    if folder is None:
        return ""
    try:
        size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    except OSError:
        return ""
    return tr("{size} MB").format(size=f"{size / 1e6:.1f}") if size else ""
