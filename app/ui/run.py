"""From the start of the program to its end: application, session, window, and the order they go in."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, QTimer, QTranslator
from PySide6.QtWidgets import QApplication

from app.paths import resources
from app.session import Session
from app.ui.icons import icon
from app.ui.theme import THEME
from app.ui.window import Window


def _translate(application: QApplication) -> None:
    """Load the words of the system's language, where there are any."""
    locale = QLocale()
    for name, folder in (
        ("affekt", str(resources() / "translations")),
        ("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
    ):
        translator = QTranslator(application)
        if translator.load(locale, name, "_", folder):
            application.installTranslator(translator)


def run(paths: list[Path], quit_after_s: float | None = None) -> int:
    """Run the window until it is closed."""
    made = QApplication.instance()
    application = made if isinstance(made, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName("affekt")
    application.setApplicationDisplayName("Affekt")
    application.setDesktopFileName("affekt")
    _translate(application)
    THEME.start(application)
    session = Session()
    window = Window(session)
    session.start()
    # Importing torch holds the interpreter for a moment: never before the window can be seen.
    window.painted.connect(session.warm_up)
    window.show()
    if paths:
        window.open_paths(paths)
    if quit_after_s is not None:
        QTimer.singleShot(int(quit_after_s * 1000), window, window.close)
    status = application.exec()
    window.deleteLater()
    session.wait_closed()
    icon.cache_clear()
    return int(status)
