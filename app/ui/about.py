"""What the program is, under which licences, and the card of the model that answers now."""

from __future__ import annotations

import html
from typing import Any

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from app import __version__
from app.document import ModelState
from app.ui.strings import estimates_line, tr


def _value(value: Any) -> str:
    if isinstance(value, str):
        return html.escape(value)
    if isinstance(value, (int, float, bool)):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, list):
        return "<br>".join(_value(each) for each in value)
    if isinstance(value, dict):
        return "; ".join(f"{html.escape(str(name).replace('_', ' '))}: {_value(each)}" for name, each in value.items())
    return html.escape(str(value))


def card_html(raw: dict[str, Any]) -> str:
    """Return a model's card as a table, every field of it."""
    rows = "".join(
        f"<tr><td style='padding-right:14px'><b>{html.escape(str(name).replace('_', ' '))}</b></td>"
        f"<td>{_value(value)}</td></tr>"
        for name, value in raw.items()
    )
    return f"<table cellspacing='4'>{rows}</table>"


def _fields(card: Any) -> dict[str, Any]:
    """Return the whole card where there is one, else what every model has."""
    fields: dict[str, Any] = getattr(card, "raw", None) or {
        "id": card.id,
        "name": card.name,
        "version": card.version,
    }
    return fields


class About(QDialog):
    """Name, purpose and its limits, licences, model card."""

    def __init__(self, parent: QWidget, model: ModelState, cards: list[Any]) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("About Affekt"))
        self.resize(620, 560)
        self.text = QTextBrowser()
        self.text.setOpenExternalLinks(True)
        self.text.setAccessibleName(tr("About Affekt"))
        card = next((card for card in cards if card.id == model.id), None)
        libraries = tr(
            "Built with Qt for Python (LGPL-3.0), pyqtgraph (MIT), PyTorch (BSD-3-Clause), NumPy (BSD-3-Clause), "
            "libsndfile through soundfile (LGPL-2.1 and BSD-3-Clause), soxr (LGPL-2.1), SQLAlchemy and Alembic (MIT), "
            "psygnal (BSD-3-Clause), tinytag (MIT)."
        )
        purpose = tr(
            "How the emotion that music expresses moves through valence and arousal, and which moments carry it."
        )
        licences = tr(
            "Program: Apache-2.0. Shipped model weights: CC BY-NC-SA 4.0, because the data they were trained on are "
            "for research."
        )
        self.text.setHtml(
            f"<h2>Affekt {html.escape(__version__)}</h2>"
            f"<p>{purpose}</p>"
            f"<p><b>{estimates_line()}</b></p>"
            f"<p>{tr('Everything stays on this computer. Nothing is ever sent anywhere.')}</p>"
            f"<h3>{tr('Licences')}</h3>"
            f"<p>{licences}</p>"
            f"<p>{libraries}</p>"
            f"<h3>{tr('Model that answers now')}</h3>"
            + (
                card_html(_fields(card))
                if card is not None
                else f"<p>{tr('No card was found for the current model.')}</p>"
            )
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(buttons)
