"""Models in words: all of them side by side, and the whole card of one."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from models.analysis import QUADRANTS
from models.cards import Measurement, entries, interval, key_name, measurements, protocol, weights_bytes
from models.hub import Card

#: Scores that the table shows, the first two that a card has; the card itself shows all.
_FIRST = ("macro_f1", "accuracy")
_IN_TABLE = 2
_WIDTH = 100
_DECIMALS = 3


def compare(cards: Sequence[Card], default: str) -> str:
    """All models side by side: size, scores with their intervals, and how they were measured."""
    width = max(len("model"), *(len(_name(card, default)) for card in cards))
    rows = [(_name(card, default), _size(card), source, scores) for card in cards for source, scores in _rows(card)]
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
    for how, names in protocols.items():
        lines += _wrapped(f"{', '.join(names)}: ", how)
    if any(card.id == default for card in cards):
        lines.append("* the default.")
    lines.append("Scores measured by different protocols are not comparable. `affekt models ID` shows a whole card.")
    return _printable(lines)


def describe(card: Card, default: str, notes: str = "", missing: str = "") -> str:
    """Return a card in words.

    Parameters
    ----------
    card : Card
        Of the model.
    default : str
        Id of the default model.
    notes : str
        What the user wrote about it.
    missing : str
        Id of the model that it stands on, where that is not there.
    """
    found = measurements(card.raw)
    lines = [
        f"{card.id}  version {card.version}, {_size(card)}" + ("  (default)" if card.id == default else ""),
        *_wrapped("  ", f"{card.name}. {card.summary}"),
    ]
    if missing:
        lines += _wrapped("  ", f"It stands on the model {missing}, which is not here: import that one too.")
    lines += ["", "  How well it does", *_wrapped("    measured: ", _protocol(card))]
    if found and interval(card.raw):
        lines += _wrapped("    intervals: ", interval(card.raw))
    for one in found:
        lines += _measured(one)
    lines += _section("Trained on", entries(card.raw, "data"))
    lines += _section("Limits", entries(card.raw, "limits"))
    lines += _section("Notes", entries(card.raw, "notes"))
    lines += _section("Your notes", [line for line in notes.splitlines() if line.strip()])
    made = [f"{name}: {card.raw[key]}" for name, key in (("by", "command"), ("on", "date")) if card.raw.get(key)]
    parent = card.raw.get("parent")
    if isinstance(parent, dict) and parent.get("id"):
        made.append(f"from: {parent['id']}, version {parent.get('version', 'unknown')}")
    lines += _section("Made", made)
    lines += _section("Licence", [str(card.raw["licence"])] if card.raw.get("licence") else [])
    return _printable([*lines, "", f"  It lies in {card.folder}"])


def _printable(lines: Sequence[str]) -> str:
    """Lines without what a terminal would obey: a card may come from anybody."""
    return "\n".join("".join(c if c.isprintable() else "?" for c in line) for line in lines)


def _section(title: str, listed: Sequence[str]) -> list[str]:
    if not listed:
        return []
    return ["", f"  {title}", *(line for entry in listed for line in _wrapped("    - ", entry, "      "))]


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


def _name(card: Card, default: str) -> str:
    return card.id + (" *" if card.id == default else "")


def _size(card: Card) -> str:
    return f"{weights_bytes(card.folder) / 1e6:.1f} MB"


def _rows(card: Card) -> list[tuple[str, str]]:
    """What a model was measured on, and its first scores with intervals there."""
    rows = []
    for found in measurements(card.raw):
        scores = [
            (figure.path[0], figure)
            for figure in found.figures
            if found.is_source and len(figure.path) == 1 and figure.score is not None and figure.score.low is not None
        ]
        scores.sort(key=lambda pair: _FIRST.index(pair[0]) if pair[0] in _FIRST else len(_FIRST))
        if scores:
            words = [f"{key_name(key)} {figure.text(_DECIMALS)}" for key, figure in scores[:_IN_TABLE]]
            rows.append((found.key, ", ".join(words)))
    return rows or [("nothing", "")]


def _measured(found: Measurement) -> list[str]:
    """All figures of one measurement, a line each, under what was measured."""
    name = found.key if found.is_source else key_name(found.key)
    before = f"{name}: " if name else ""
    lines = _wrapped("    ", f"{before}measured by {found.protocol}", "      ") if found.protocol else []
    for figure in found.figures:
        what = ", ".join(key_name(key) for key in figure.path)
        lines += _wrapped("    ", f"{before}{what} {figure.text(_DECIMALS)}", "      ")
    if found.confusion:
        lines.append(f"    {before}confusion; rows: what raters said, columns: what the model said")
        lines.append("        " + "".join(f"{quadrant:>6}" for quadrant in QUADRANTS))
        for quadrant, row in zip(QUADRANTS, found.confusion, strict=True):
            lines.append(f"      {quadrant}" + "".join(f"{count:>6}" for count in row))
    return lines


def _protocol(card: Card) -> str:
    return protocol(card.raw) or "never; nothing is known of how well it does"
