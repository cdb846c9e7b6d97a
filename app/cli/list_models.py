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
    scores: dict[str, Any] = card.raw.get("scores") or {}
    for source, figures in scores.get("sources", {}).items():
        for name in ("macro_f1", "accuracy", "arousal_accuracy", "valence_accuracy"):
            if name in figures:
                figure = figures[name]
                lines.append(
                    f"  {source}: {name.replace('_', ' ')} {figure['value']:.3f} "
                    f"(95% {figure['low']:.3f} to {figure['high']:.3f})"
                )
    if "protocol" in scores:
        lines.append(f"  measured: {scores['protocol']}")
    else:
        lines.append("  measured: never; nothing is known of how well it does")
    lines += [
        "  data: " + "; ".join(str(data[key]) for key in ("name", "what", "source", "terms") if data.get(key))
        for data in card.raw.get("data", ())
        if isinstance(data, dict)
    ]
    lines += [f"  limit: {limit}" for limit in card.raw.get("limits", ())]
    if card.raw.get("licence"):
        lines.append(f"  licence: {card.raw['licence']}")
    if card.raw.get("command"):
        lines.append(f"  made by: {card.raw['command']}")
    return "\n".join(lines)
