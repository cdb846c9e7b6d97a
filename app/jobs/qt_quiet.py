"""Keeps QtMultimedia and its FFmpeg from writing about every file they open to the user's terminal."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_AV_LOG_QUIET = -8
_done = False


def quiet_multimedia() -> None:
    """Silence QtMultimedia's log categories and its FFmpeg; best called before QtMultimedia is first imported.

    Needs a QCoreApplication. Setting ``QT_FFMPEG_DEBUG`` gives a developer the messages back. More calls do
    nothing.

    Raises
    ------
    ImportError
        If QtMultimedia cannot be loaded.
    """
    global _done  # noqa: PLW0603 - FFmpeg's level is one per process, and so is this state
    if _done or "QT_FFMPEG_DEBUG" in os.environ:
        return
    import PySide6
    from PySide6.QtCore import QLoggingCategory

    QLoggingCategory.setFilterRules("qt.multimedia*=false")
    from PySide6.QtMultimedia import QAudioDecoder

    QAudioDecoder()  # makes Qt load its FFmpeg: the library below resolves its symbols only once it is there
    folder = Path(PySide6.__file__).parent
    for pattern in ("Qt/lib/libavutil.so.*", "Qt/lib/libavutil.*.dylib", "avutil-*.dll"):
        for library in folder.glob(pattern):
            try:
                mode = os.RTLD_LAZY | getattr(os, "RTLD_NOLOAD", 0) if os.name == "posix" else 0
                ctypes.CDLL(str(library), mode=mode).av_log_set_level(_AV_LOG_QUIET)
            except (OSError, AttributeError):  # another build of Qt: it chatters, and works
                continue
    _done = True
