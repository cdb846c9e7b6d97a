"""What the program is, under which licences, and which model answers now."""

from __future__ import annotations

import html

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from app import __version__
from app.document import ModelState
from app.ui.strings import estimates_line, tr


class About(QDialog):
    """Name, purpose and its limits, licences, and where the model's card is."""

    def __init__(self, parent: QWidget, model: ModelState) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("About Affekt"))
        self.resize(620, 560)
        self.text = QTextBrowser()
        self.text.setOpenExternalLinks(True)
        self.text.setAccessibleName(tr("About Affekt"))
        answering = tr("{model}. All that is known of it: Model, About this model.").format(
            model=" ".join(part for part in (model.name or model.id, model.version) if part)
        )
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
            f"<p>{html.escape(answering)}</p>"
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(buttons)
