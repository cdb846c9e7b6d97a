"""Two models' cards in one table, figure by figure."""

from __future__ import annotations

import html
from collections.abc import Sequence

from app.jobs.tools import Card
from app.ui.about_model import measured_name
from app.ui.cards import fields, figure_name, figure_text, offers_text, size_text, summary
from app.ui.strings import NOTHING, estimates_line, tr
from models.cards import entries, interval, measurements, protocol


def side_by_side_html(first: Card, second: Card) -> str:
    """Return two cards as one page; what one of them does not have is a dash."""
    raws = (fields(first), fields(second))
    facts = [
        (tr("Version"), first.version, second.version),
        (tr("Made"), *(str(raw.get("date") or NOTHING) for raw in raws)),
        (tr("Size"), *(size_text(card) or NOTHING for card in (first, second))),
        (tr("What it is"), summary(first), summary(second)),
        (tr("Answers"), offers_text(first), offers_text(second)),
        (tr("How it was measured"), *(protocol(raw) or tr("It has not been measured.") for raw in raws)),
        (tr("Intervals"), *(interval(raw) or NOTHING for raw in raws)),
    ]
    learned = (tr("What it learned from"), *("; ".join(_names(raw)) or NOTHING for raw in raws))
    note = ""
    if protocol(raws[0]) != protocol(raws[1]):
        note = tr("They were measured by different protocols: their figures cannot be compared one by one.")
    head = "".join(f"<th align='left'>{html.escape(name)}</th>" for name in ("", first.name, second.name))
    parts = [f"<h2>{html.escape(tr('Two models side by side'))}</h2>"]
    if note:
        parts.append(f"<p>{html.escape(note)}</p>")
    parts.append(f"<table cellspacing='0' cellpadding='4' width='100%'><tr>{head}</tr>{_rows([*facts, learned])}")
    for title, rows in _figures(first, second):
        parts.append(f"<tr><td colspan='3'><b>{html.escape(title)}</b></td></tr>{_rows(rows)}")
    parts.append(f"<tr><td colspan='3'><b>{html.escape(tr('Limits'))}</b></td></tr>")
    parts.append(_rows([("", *("\n".join(entries(raw, "limits")) or NOTHING for raw in raws))]))
    return "".join([*parts, f"</table><p><i>{estimates_line()}</i></p>"])


def _names(raw: object) -> Sequence[str]:
    data = raw.get("data") if hasattr(raw, "get") else None
    listed = data if isinstance(data, list) else []
    return [str(entry.get("name")) for entry in listed if isinstance(entry, dict) and entry.get("name")]


def _rows(rows: Sequence[tuple[str, str, str]]) -> str:
    return "".join(
        "<tr>" + "".join(f"<td valign='top' width='{width}%'>{_cell(text)}</td>" for text, width in zip(
            row, (32, 34, 34), strict=True
        )) + "</tr>"
        for row in rows
    )  # fmt: skip


def _cell(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _figures(first: Card, second: Card) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return every figure that either has, by what it was measured on, in the order of the first card."""
    found: dict[str, dict[str, list[str]]] = {}
    for column, card in enumerate((first, second)):
        for measurement in measurements(fields(card)):
            title = measured_name(measurement) or tr("of the whole run")
            rows = found.setdefault(title[:1].upper() + title[1:], {})
            for figure in measurement.figures:
                rows.setdefault(figure_name(figure), [NOTHING, NOTHING])[column] = figure_text(figure)
    return [(title, [(name, *values) for name, values in rows.items()]) for title, rows in found.items() if rows]
