"""A model's card as a page: how well it does and how that was measured, what it learned from, where its limits lie."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from app.jobs.tools import Card
from app.ui.analysis.gems import emotion_name
from app.ui.cards import fields, figure_name, figure_text, score_text, size_text, summary
from app.ui.strings import estimates_line, quadrant_label, tr
from models.analysis import QUADRANTS
from models.cards import WEAK_R, Measurement, entries, interval, key_name, measurements, protocol


def measured_name(measurement: Measurement) -> str:
    """Return what was measured: a data set, or one of the model's answers."""
    if measurement.is_source or not measurement.key:
        return measurement.key.upper()
    return tr(key_name(measurement.key))


def _table(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(
        f"<tr><td style='padding-right:16px'>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<table cellspacing='3'>{cells}</table>" if cells else ""


def _figures(found: Sequence[Measurement]) -> tuple[str, str]:
    """Return the scores by what they were measured on, and the calibration, as HTML."""
    parts, calibration = [], []
    for measurement in found:
        if measurement.key == "gems":  # told in a place of their own
            continue
        title, rows = measured_name(measurement), []
        for figure in measurement.figures:
            name = figure_name(figure)
            if figure.is_calibration:
                calibration.append((f"{title}: {name}" if title else name, figure_text(figure)))
            else:
                rows.append((name, figure_text(figure)))
        if rows or measurement.confusion:
            head = f"<p><b>{html.escape(title[:1].upper() + title[1:])}</b></p>" if title else ""
            how = f"<p>{html.escape(measurement.protocol)}.</p>" if measurement.protocol else ""
            parts.append(head + how + _table(rows) + _confusion(measurement.confusion))
    return "".join(parts), _table(calibration)


def _confusion(counts: tuple[tuple[int, ...], ...]) -> str:
    if not counts:
        return ""
    head = "".join(f"<td align='right'><b>{quadrant}</b></td>" for quadrant in QUADRANTS)
    rows = "".join(
        f"<tr><td>{html.escape(quadrant_label(quadrant))}</td>"
        + "".join(f"<td align='right'>{count}</td>" for count in row)
        + "</tr>"
        for quadrant, row in zip(QUADRANTS, counts, strict=True)
    )
    caption = tr("Rows: what raters said. Columns: what the model said.")
    return f"<p>{caption}</p><table cellspacing='6'><tr><td></td>{head}</tr>{rows}</table>"


def _gems(found: Sequence[Measurement]) -> str:
    rows, how = [], ""
    for measurement in found:
        if measurement.key == "gems":
            how = measurement.protocol
            for figure in measurement.figures:
                if figure.score is not None:
                    weak = f", {tr('weakly predicted')}" if figure.score.is_weak else ""
                    name = ", ".join(emotion_name(key) for key in figure.path)
                    rows.append((name, f"r = {score_text(figure.score)}{weak}"))
    if not rows:
        return ""
    note = tr("Correlation of predicted with rated shares; below {limit} it counts as weak.").format(limit=WEAK_R)
    return f"<p>{note}{f' {html.escape(how)}.' if how else ''}</p>{_table(rows)}"


def _list(words: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{html.escape(entry)}</li>' for entry in words)}</ul>" if words else ""


def card_html(card: Card, *, titled: bool = True) -> str:
    """Return a model's card as a page, with or without name and version on top.

    What the card does not say is said not to be known.
    """
    raw = fields(card)
    found = measurements(raw)
    figures, calibration = _figures(found)
    unknown = f"<p>{tr('Nothing is known of it.')}</p>"
    about_intervals = tr("Intervals: {how}").format(how=interval(raw)) if interval(raw) else ""
    how = " ".join(f"{html.escape(text)}." for text in (protocol(raw), about_intervals) if text)
    facts = [part for part in (card.id, tr("version {number}").format(number=card.version), size_text(card)) if part]
    sections = [
        (tr("How well it does"), figures or f"<p>{tr('It has not been measured.')}</p>"),
        (tr("How it was measured"), f"<p>{how}</p>" if how else unknown),
        (tr("Calibration: how far its probabilities can be trusted"), calibration or unknown),
        (tr("Music-specific emotions"), _gems(found)),
        (tr("What it learned from"), _list(entries(raw, "data")) or unknown),
        (tr("Limits"), _list(entries(raw, "limits")) or unknown),
        (tr("Notes"), _list(entries(raw, "notes"))),
        (tr("Licence"), f"<p>{html.escape(str(raw['licence']))}</p>" if raw.get("licence") else unknown),
        (tr("Made"), _list([str(raw[key]) for key in ("date", "command") if raw.get(key)])),
    ]
    title = f"<h2>{html.escape(card.name)}</h2><p>{html.escape(', '.join(facts))}</p>" if titled else ""
    return (
        f"{title}<p>{html.escape(summary(card))}</p>"
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
