"""The fallback decoder of the program: QtMultimedia, loaded only when a file comes that soundfile cannot read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from models.analysis import FloatArray

if TYPE_CHECKING:
    from models.audio.sources import Source


class LazyQtDecoder:
    """Decodes M4A, AAC and WMA; hands out long recordings in blocks (`models.audio.sources.StreamingDecoder`)."""

    def __call__(self, path: Path) -> tuple[FloatArray, int]:
        """Return samples [shape=(channels, n)] and their rate in Hz, or raise `JobError`."""
        from app.jobs.qt_decoder import qt_decode

        return qt_decode(path)

    def stream(self, path: Path) -> Source:
        """Open a file to be read in blocks, or raise `JobError`."""
        from app.jobs.qt_decoder import qt_decode

        return qt_decode.stream(path)


decode_with_qt = LazyQtDecoder()
