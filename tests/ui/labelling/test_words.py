"""Every word of the workspace is translated, every control has a name, and no two actions share a key."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, Qt, QTranslator
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QLabel, QLineEdit, QProgressBar, QWidget

from tests.ui.labelling.conftest import press


class _Marks(QTranslator):
    """Puts every translated text between marks."""

    def translate(self, _context: str, text: str, _disambiguation: str | None = None, _n: int = -1) -> str:
        return f"«{text}»"

    def isEmpty(self) -> bool:  # noqa: N802
        return False


@pytest.fixture
def marked(qapp):
    marks = _Marks()
    QCoreApplication.installTranslator(marks)
    yield
    QCoreApplication.removeTranslator(marks)


def texts_of(widget: QWidget) -> set[str]:
    texts = {w.text() for kind in (QLabel, QAbstractButton) for w in widget.findChildren(kind)}
    texts |= {w.placeholderText() for w in widget.findChildren(QLineEdit)}
    texts |= {w.accessibleName() for w in widget.findChildren(QWidget)}
    return texts | {w.toolTip() for w in widget.findChildren(QWidget)}


def test_every_word_goes_through_the_translator(marked, label, window, qtbot):
    page = label(2)
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_1)
    window.session.set_rater("Zoe")
    for track_id in window.document.order:
        window.session.label(track_id, "Q2")
    for view in ("rate", "agree"):
        page.show_view(view)
    qtbot.waitUntil(lambda: page.agreement.agreement is not None, timeout=20_000)
    dialogs = [page.import_labels(), page.export_labels()]
    texts = set.union(*(texts_of(widget) for widget in (page, *dialogs)))
    own = ("clip 0", "Zoe", "Me", "JAMS", "DEAM", "PMEmo", "Alt+", "Q1", "Q2", "Q3", "Q4", "ICC")
    plain = {
        text for text in texts
        if "«" not in text and any(c.isalpha() for c in text) and not text.startswith(own)
    }  # fmt: skip
    assert plain == set()
    for dialog in dialogs:
        dialog.close()


def test_every_control_has_a_name(label, window):
    page = label(1)
    kinds = (QAbstractButton, QAbstractSlider, QLineEdit, QProgressBar)
    nameless = [
        w
        for kind in kinds
        for w in page.findChildren(kind)
        if not w.accessibleName()
        and not (isinstance(w, QAbstractButton) and w.text())
        and not w.objectName().startswith("qt_")
        and type(w).__name__ not in ("QScrollBar", "QToolButton")
    ]
    assert nameless == []
