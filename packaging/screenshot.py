"""Write docs/window.png: the window on the bundled demo, as the program draws it. Run it with `make screenshot`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIZE = (1280, 800)
#: A moment inside the build-up of the first piece, where the worm has a path behind it (s).
MOMENT_S = 44.0
TIMEOUT_S = 120


def main(destination: Path) -> int:
    """Open the window offscreen, wait for the demo's analyses, and save what it shows."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["AFFEKT_HOME"] = tempfile.mkdtemp(prefix="affekt-screenshot-")
    sys.path.insert(0, str(ROOT))
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from app.session import Session
    from app.ui.theme import THEME
    from app.ui.window import Window

    application = QApplication([])
    THEME.start(application)
    session = Session()
    window = Window(session)
    session.start()
    window.painted.connect(session.warm_up)
    window.resize(*SIZE)
    window.show()
    session.open_paths([ROOT / "resources" / "demo"])
    saved = False

    def shoot() -> None:
        nonlocal saved
        saved = window.grab().save(str(destination))
        window.close()

    def look() -> None:
        document = session.document
        finished = document.order and all(document.track(i).status == "done" for i in document.order)
        if finished and document.current is not None and document.analysis(document.current) is not None:
            timer.stop()
            window.player.seek(MOMENT_S)
            QTimer.singleShot(500, shoot)

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(200)
    QTimer.singleShot(TIMEOUT_S * 1000, window.close)
    application.exec()
    session.wait_closed()
    print(f"{destination} was written." if saved else "The demo was not analysed in time; nothing was written.")
    return 0 if saved else 1


if __name__ == "__main__":
    sys.exit(main(ROOT / "docs" / "window.png"))
