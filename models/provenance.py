"""What a model has heard: by the content of recordings where that is kept, and by the names in its card."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.hub import Card

#: Beside the card: content of all recordings that a model, or one it started from, was trained on.
TRAINED_ON_FILE = "trained_on.json"
#: Characters of a content hash that are kept: a chance match among a million recordings has odds of one in 10^7.
_HASH_LENGTH = 16


@dataclass(frozen=True)
class Heard:
    """What a model was trained on.

    Attributes
    ----------
    content : frozenset of str
        Shortened hashes (see `content_hash`) of the recordings; empty where they were not kept.
    sources : tuple of str
        Names of the data sets, as the card has them.
    """

    content: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()


def content_hash(sha256: str) -> str:
    """What is kept of the hash of a recording's content."""
    return sha256[:_HASH_LENGTH]


def plain_name(name: str) -> str:
    """Name of a data set without case and signs, so that `VG-MIDI` and `vgmidi` are one."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def heard_by(card: Card) -> Heard:
    """What the model of a card was trained on, as far as its folder tells."""
    content: frozenset[str] = frozenset()
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # models from before have no such file
        content = frozenset(json.loads((card.folder / TRAINED_ON_FILE).read_text(encoding="utf-8"))["content"])
    return Heard(content, sources_of(card.raw))


def sources_of(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the data sets in a card; one that somebody wrote by hand may hold anything."""
    data, scores = raw.get("data"), raw.get("scores")
    names = [entry.get("name") for entry in data if isinstance(entry, dict)] if isinstance(data, list) else []
    sources = scores.get("sources") if isinstance(scores, dict) else None
    names += list(sources) if isinstance(sources, dict) else []
    return tuple(name for name in names if isinstance(name, str) and plain_name(name))
