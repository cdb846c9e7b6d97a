"""`affekt models`: what models there are, how well they do, and what is known of each."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from models.errors import JobError
from models.hub import DEFAULT_MODEL, Card, find_model, list_models

NAME = "models"

#: Scores that the table shows, the first two that a card has; the card itself shows all.
_FIRST = ("macro_f1", "accuracy")
_IN_TABLE = 2
_WIDTH = 100


def add_parser(subcommands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand."""
    parser = subcommands.add_parser(
        NAME, help="compare the models, or show the card of one", description="Compare the models, or show one's card."
    )
    parser.add_argument(
        "model", nargs="?", default="", metavar="ID", help="show the whole card of this model (an id or a folder)"
    )
    parser.add_argument("--json", action="store_true", help="print the whole cards as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the table or a card; 0 when there is a model."""
    from app.paths import own_models

    try:
        cards = [find_model(arguments.model, own_models())] if arguments.model else list_models(own_models())
    except JobError as error:
        print(f"affekt: {error.message}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps([{"id": card.id, **card.raw} for card in cards], indent=2, ensure_ascii=False))
    elif arguments.model:
        print(describe(cards[0]))
    else:
        print(compare(cards) if cards else "There is no model.")
    return 0 if cards else 1


def compare(cards: list[Card]) -> str:
    """All models side by side: size, scores with their intervals, and how they were measured."""
    width = max(len("model"), *(len(_marked(card)) for card in cards))
    rows = [(_marked(card), _size(card), source, scores) for card in cards for source, scores in _rows(card)]
    on = max(len("measured on"), *(len(row[2]) for row in rows))
    lines = [f"{'model':{width}}  {'size':>8}  {'measured on':{on}}  scores, with 95% intervals"]
    before = ""
    for name, size, source, scores in rows:
        first = name != before
        lines.append(f"{name if first else '':{width}}  {size if first else '':>8}  {source:{on}}  {scores}".rstrip())
        before = name
    lines.append("")
    protocols: dict[str, list[str]] = {}
    for card in cards:
        protocols.setdefault(_protocol(card), []).append(card.id)
    for protocol, names in protocols.items():
        lines += _wrapped(f"{', '.join(names)}: ", protocol)
    if any(card.id == DEFAULT_MODEL for card in cards):
        lines.append("* the default.")
    lines.append("Scores measured by different protocols are not comparable. `affekt models ID` shows a whole card.")
    return "\n".join(lines)


def describe(card: Card) -> str:
    """A card in words."""
    lines = [
        f"{card.id}  version {card.version}, {_size(card)}" + ("  (default)" if card.id == DEFAULT_MODEL else ""),
        *_wrapped("  ", f"{card.name}. {card.summary}"),
        "",
        "  How well it does",
        *_wrapped("    measured: ", _protocol(card)),
    ]
    if _sources(card):
        lines += _wrapped("    intervals: ", str(card.raw["scores"].get("interval", "95%")))
    for source, figures in _sources(card):
        lines += [f"    {source}: {_score(*score)}" for score in _scores(figures)]
    lines += _section("Trained on", [_data(entry) for entry in _listed(card, "data")])
    lines += _section("Limits", [str(limit) for limit in _listed(card, "limits")])
    lines += _section("Notes", [str(note) for note in _listed(card, "notes")])
    made = [f"{name}: {card.raw[key]}" for name, key in (("by", "command"), ("on", "date")) if card.raw.get(key)]
    parent = card.raw.get("parent")
    if isinstance(parent, dict) and parent.get("id"):
        made.append(f"from: {parent['id']}, version {parent.get('version', 'unknown')}")
    lines += _section("Made", made)
    lines += _section("Licence", [str(card.raw["licence"])] if card.raw.get("licence") else [])
    return "\n".join([*lines, "", f"  It lies in {card.folder}"])


def _section(title: str, entries: list[str]) -> list[str]:
    if not entries:
        return []
    return ["", f"  {title}", *(line for entry in entries for line in _wrapped("    - ", entry, "      "))]


def _wrapped(first: str, text: str, then: str = "    ") -> list[str]:
    # A command may be copied: no word of it is broken in two.
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=then,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first]


def _marked(card: Card) -> str:
    return card.id + (" *" if card.id == DEFAULT_MODEL else "")


def _size(card: Card) -> str:
    """Size of the weights."""
    try:
        size = sum(file.stat().st_size for file in card.folder.glob("*.safetensors"))
    except OSError:
        return "?"
    return f"{size / 1e6:.1f} MB"


def _rows(card: Card) -> list[tuple[str, str]]:
    """What a model was measured on, and its first scores there."""
    rows = []
    for source, figures in _sources(card):
        scores = sorted(_scores(figures), key=lambda score: _FIRST.index(score[0]) if score[0] in _FIRST else 9)
        rows.append((source, ", ".join(_score(*score) for score in scores[:_IN_TABLE])))
    return rows or [("nothing", "")]


def _sources(card: Card) -> list[tuple[str, Mapping[str, Any]]]:
    """What a model was measured on, with figures that have an interval."""
    scores = card.raw.get("scores")
    sources = scores.get("sources") if isinstance(scores, dict) else None
    if not isinstance(sources, dict):
        return []
    return [(str(name), figures) for name, figures in sources.items() if any(_scores(figures))]


def _scores(figures: Any) -> Iterator[tuple[str, float, float, float]]:
    """Name, value and the ends of the interval, of each figure that has them; a card may hold anything."""
    for name, figure in figures.items() if isinstance(figures, dict) else ():
        try:
            value, low, high = (float(figure[key]) for key in ("value", "low", "high"))
        except (KeyError, TypeError, ValueError):
            continue
        yield str(name), value, low, high


def _score(name: str, value: float, low: float, high: float) -> str:
    words = name.replace("_", " ").replace("macro f1", "macro F1").replace("r2", "R2")
    return f"{words} {value:.3f} ({low:.3f} to {high:.3f})"


def _protocol(card: Card) -> str:
    scores = card.raw.get("scores")
    if isinstance(scores, dict) and "protocol" in scores:
        return str(scores["protocol"])
    return "never; nothing is known of how well it does"


def _data(entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    return "; ".join(str(entry[key]) for key in ("name", "what", "source", "terms") if entry.get(key))


def _listed(card: Card, name: str) -> list[Any]:
    """A list of the card; a card that somebody wrote by hand may hold anything."""
    value = card.raw.get(name)
    return value if isinstance(value, list) else []
