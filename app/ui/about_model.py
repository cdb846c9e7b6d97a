"""A model's card as a page: how well it does and how that was measured, what it learned from, where its limits lie."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import Any

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from app.jobs.tools import Card
from app.ui.analysis.gems import emotion_name
from app.ui.cards import WEAK_R, fields, gems_quality, scores_of, size_text, sources, summary, to_score
from app.ui.strings import estimates_line, quadrant_label, tr
from models.analysis import QUADRANTS

_CALIBRATION = ("calibration", "temperature", "brier", "likelihood", "coverage", "reliability")
#: Told in a place of their own, or of no use to a reader of this page.
_ELSEWHERE = ("protocol", "interval", "sources", "gems")


def metric_name(key: str) -> str:
    """Return what the field calls a figure of the card."""
    known = {
        "macro_f1": tr("macro-F1"),
        "accuracy": tr("accuracy"),
        "balanced_accuracy": tr("balanced accuracy"),
        "arousal_accuracy": tr("arousal, high or low: accuracy"),
        "valence_accuracy": tr("valence, pleasant or not: accuracy"),
        "expected_calibration_error": tr("expected calibration error"),
        "clips": tr("clips"),
        "groups": tr("groups"),
        "temperature": tr("temperature"),
    }
    return known.get(key, key.replace("_", " ").replace("r2", "R\u00b2"))


def _leaves(raw: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every figure of a part of the card with its path and its words; figures of a fold or of a matrix are left out."""
    for key, value in raw.items():
        name = (*path, str(key))
        if not path and key in _ELSEWHERE:
            continue
        score = None if isinstance(value, bool) else to_score(value)
        if score is not None:
            words = f"{value:,}" if isinstance(value, int) else score.text
            yield name, words
        elif isinstance(value, Mapping):
            yield from _leaves(value, name)
        elif isinstance(value, list) and value and all(isinstance(item, int | float) for item in value):
            if "fold" not in str(key):
                yield name, ", ".join(f"{item:.3g}" for item in value)
        elif isinstance(value, str):
            yield name, value


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(
        f"<tr><td style='padding-right:16px'>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<table cellspacing='3'>{cells}</table>" if cells else ""


def _figures(card: Card) -> tuple[str, str]:
    """Return the scores by source, and the calibration, as HTML."""
    parts, calibration = [], []

    def sort(source: str, raw: Mapping[str, Any]) -> None:
        rows = []
        for path, words in _leaves(raw):
            name = ", ".join(metric_name(key) for key in path)
            if any(word in key for word in _CALIBRATION for key in path):
                calibration.append((f"{source}: {name}" if source else name, words))
            else:
                rows.append((name, words))
        if rows:
            title = f"<p><b>{html.escape(source)}</b></p>" if source else ""
            parts.append(title + _table(rows) + _confusion(raw.get("confusion_rows_truth")))

    for name, raw in sources(card).items():
        sort(name.upper(), raw)
    sort("", scores_of(card))
    return "".join(parts), _table(calibration)


def _confusion(raw: Any) -> str:
    square = isinstance(raw, list) and len(raw) == 4 and all(isinstance(row, list) and len(row) == 4 for row in raw)
    if not square:
        return ""
    head = "".join(f"<td align='right'><b>{quadrant}</b></td>" for quadrant in QUADRANTS)
    rows = "".join(
        f"<tr><td>{html.escape(quadrant_label(quadrant))}</td>"
        + "".join(f"<td align='right'>{html.escape(str(count))}</td>" for count in row)
        + "</tr>"
        for quadrant, row in zip(QUADRANTS, raw, strict=True)
    )
    caption = tr("Rows: what raters said. Columns: what the model said.")
    return f"<p>{caption}</p><table cellspacing='6'><tr><td></td>{head}</tr>{rows}</table>"


def _gems(card: Card) -> str:
    rows = [
        (emotion_name(name), f"r = {score.text}" + (f", {tr('weakly predicted')}" if score.is_weak else ""))
        for name, score in gems_quality(card).items()
    ]
    if not rows:
        return ""
    note = tr("Correlation of predicted with rated shares; below {limit} it counts as weak.").format(limit=WEAK_R)
    return f"<p>{note}</p>{_table(rows)}"


def _entry(raw: Any) -> str:
    if isinstance(raw, Mapping):
        raw = "; ".join(str(raw[key]) for key in ("name", "what", "source", "terms") if raw.get(key))
    return html.escape(str(raw))


def _list(raw: Any) -> str:
    entries = raw if isinstance(raw, list) else [raw] if raw else []
    return f"<ul>{''.join(f'<li>{_entry(entry)}</li>' for entry in entries)}</ul>" if entries else ""


def card_html(card: Card) -> str:
    """Return a model's card as a page; what the card does not say is said not to be known."""
    raw, scores = fields(card), scores_of(card)
    figures, calibration = _figures(card)
    unknown = f"<p>{tr('Nothing is known of it.')}</p>"
    protocol = " ".join(
        html.escape(str(text)) + "."
        for text in (scores.get("protocol"), scores.get("interval") and tr("Intervals: {how}").format(
            how=scores["interval"]
        ))
        if text
    )  # fmt: skip
    facts = [part for part in (card.id, tr("version {number}").format(number=card.version), size_text(card)) if part]
    sections = [
        (tr("How well it does"), figures or f"<p>{tr('It has not been measured.')}</p>"),
        (tr("How it was measured"), f"<p>{protocol}</p>" if protocol else unknown),
        (tr("Calibration: how far its probabilities can be trusted"), calibration or unknown),
        (tr("Music-specific emotions"), _gems(card)),
        (tr("What it learned from"), _list(raw.get("data")) or unknown),
        (tr("Limits"), _list(raw.get("limits")) or unknown),
        (tr("Notes"), _list(raw.get("notes"))),
        (tr("Licence"), f"<p>{html.escape(str(raw['licence']))}</p>" if raw.get("licence") else unknown),
        (tr("Made by"), f"<p>{html.escape(str(raw['command']))}</p>" if raw.get("command") else ""),
    ]
    return (
        f"<h2>{html.escape(card.name)}</h2><p>{html.escape(', '.join(facts))}</p>"
        f"<p>{html.escape(summary(card))}</p>"
        + "".join(f"<h3>{title}</h3>{text}" for title, text in sections if text)
        + f"<p><i>{estimates_line()}</i></p>"
    )


class AboutModel(QDialog):
    """One model's card; the window stays usable beside it."""

    def __init__(self, parent: QWidget, card: Card) -> None:
        super().__init__(parent)
        title = tr("About the model {name}").format(name=card.name)
        self.setWindowTitle(title)
        self.resize(640, 640)
        self.text = QTextBrowser()
        self.text.setAccessibleName(title)
        self.text.setHtml(card_html(card))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(buttons)
