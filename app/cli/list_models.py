"""`affekt models`: what models there are, and what is known of them."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from models.errors import JobError
from models.hub import DEFAULT_MODEL, Card, list_models

NAME = "models"


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    parser = subcommands.add_parser(NAME, help="list the models with their cards")
    parser.add_argument("--json", action="store_true", help="print the whole cards as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the cards; 0 when there is a model."""
    from app.paths import own_models

    try:
        cards = list_models(own_models())
    except JobError as error:
        print(f"affekt: {error.message}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps([{"id": card.id, **card.raw} for card in cards], indent=2, ensure_ascii=False))
    else:
        print("\n\n".join(describe(card) for card in cards) or "There is no model.")
    return 0 if cards else 1


def describe(card: Card) -> str:
    """A card in words."""
    lines = [
        f"{card.id}  version {card.version}" + ("  (default)" if card.id == DEFAULT_MODEL else ""),
        f"  {card.name}. {card.summary}",
    ]
    lines += _measured(card.raw.get("scores"))
    lines += [
        "  data: " + "; ".join(str(data[key]) for key in ("name", "what", "source", "terms") if data.get(key))
        for data in _listed(card, "data")
        if isinstance(data, dict)
    ]
    lines += [f"  limit: {limit}" for limit in _listed(card, "limits")]
    lines += [f"  note: {note}" for note in _listed(card, "notes")]
    if card.raw.get("licence"):
        lines.append(f"  licence: {card.raw['licence']}")
    if card.raw.get("command"):
        lines.append(f"  made by: {card.raw['command']}")
    return "\n".join(lines)


def _listed(card: Card, name: str) -> list[Any]:
    """A list of the card; a card that somebody wrote by hand may hold anything."""
    value = card.raw.get(name)
    return value if isinstance(value, list) else []


def _measured(scores: Any) -> list[str]:
    """Lines about the scores, each with its interval, and the protocol."""
    lines = []
    sources = scores.get("sources") if isinstance(scores, dict) else None
    for source, figures in sources.items() if isinstance(sources, dict) else ():
        for name in ("macro_f1", "accuracy", "arousal_accuracy", "valence_accuracy"):
            try:
                value, low, high = (float(figures[name][key]) for key in ("value", "low", "high"))
            except (KeyError, TypeError, ValueError):
                continue
            lines.append(f"  {source}: {name.replace('_', ' ')} {value:.3f} (95% {low:.3f} to {high:.3f})")
    if isinstance(scores, dict) and "protocol" in scores:
        lines.append(f"  measured: {scores['protocol']}")
    else:
        lines.append("  measured: never; nothing is known of how well it does")
    return lines
