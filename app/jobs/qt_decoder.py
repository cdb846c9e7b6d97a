"""Decodes M4A, AAC, WMA and WebM with the FFmpeg inside QtMultimedia, for the science room that knows no Qt.

Works in the main thread or in a worker thread, in the window or on the command line: an event loop of its own runs
only while the next buffers are awaited, and where no Qt application exists one is made for as long as files are open.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.jobs.qt_quiet import quiet_multimedia
from models.audio.files import clock, shown_name
from models.errors import JobError

if TYPE_CHECKING:
    from PySide6.QtCore import QCoreApplication
    from PySide6.QtMultimedia import QAudioBuffer

    from models.analysis import FloatArray

#: How long to wait for the next buffer before giving up: a network drive may be slow.
PATIENCE_MS = 30_000
_BLOCK_FRAMES = 65_536


def _samples(buffer: QAudioBuffer) -> FloatArray:
    """Samples of one buffer [shape=(n, channels)], full scale 1."""
    from PySide6.QtMultimedia import QAudioFormat

    formats: dict[Any, tuple[str, float, float]] = {
        QAudioFormat.SampleFormat.UInt8: ("u1", 128.0, 2.0**7),
        QAudioFormat.SampleFormat.Int16: ("<i2", 0.0, 2.0**15),
        QAudioFormat.SampleFormat.Int32: ("<i4", 0.0, 2.0**31),
        QAudioFormat.SampleFormat.Float: ("<f4", 0.0, 1.0),
    }
    dtype, offset, scale = formats[buffer.format().sampleFormat()]
    values = np.frombuffer(bytes(buffer.constData()), dtype)
    if dtype != "<f4":
        values = (values.astype(np.float64) - offset) / scale
    return values.astype(np.float32).reshape(-1, buffer.format().channelCount())


class _Application:
    """A Qt application for as long as files are open, where the program has none of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._made: QCoreApplication | None = None

    def acquire(self) -> None:
        """Make sure that there is an application."""
        from PySide6.QtCore import QCoreApplication, qInstallMessageHandler

        with self._lock:
            self._users += 1
            if QCoreApplication.instance() is None:
                # In a worker thread Qt would warn on stderr that this is not the main thread; it does no harm here.
                previous = qInstallMessageHandler(lambda *_: None)
                try:
                    self._made = QCoreApplication([])
                finally:
                    qInstallMessageHandler(previous)

    def release(self) -> None:
        """End the application if nobody needs it: the program may then make one of another kind, for a window."""
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._made is not None:
                self._made.shutdown()
                self._made = None


_application = _Application()


class QtSource:
    """Blocks of a recording that QAudioDecoder reads (a `models.audio.sources.Source`).

    Parameters
    ----------
    path : Path
        Of an existing file.

    Raises
    ------
    JobError
        ``damaged`` if nothing can be decoded; ``internal`` if QtMultimedia is missing or does not answer.
    """

    def __init__(self, path: Path) -> None:
        try:
            from PySide6.QtCore import QEventLoop, QTimer, QUrl
        except ImportError as error:
            raise _no_multimedia(path, str(error)) from error
        _application.acquire()
        try:
            quiet_multimedia()  # before QtMultimedia itself is imported: it speaks while it is loaded
            from PySide6.QtMultimedia import QAudioDecoder
        except ImportError as error:
            _application.release()
            raise _no_multimedia(path, str(error)) from error
        self._blocks: list[FloatArray] = []
        self._over = False
        self.failure = ""
        self.sample_rate_hz = 0
        self.channels = 0
        self.expected_frames = 0
        self._decoder = QAudioDecoder()
        self._loop = QEventLoop()
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._loop.quit)
        # The output format stays unset: asked for 22,050 Hz mono, the decoder hangs on a 44.1 kHz MP3.
        self._decoder.bufferReady.connect(self._loop.quit)
        self._decoder.finished.connect(self._finish)
        self._decoder.error.connect(self._fail)
        if not self._decoder.isSupported():
            self.close()
            raise _no_multimedia(path, "QAudioDecoder.isSupported() is False")
        self._decoder.setSource(QUrl.fromLocalFile(str(path.absolute())))
        self._decoder.start()  # a bad file has emitted its error by now, or there will be a signal
        first = self._next()
        if first is None:
            failure = self.failure
            self.close()
            raise JobError("damaged", f"{shown_name(path)} could not be decoded.", failure)
        self._blocks.append(first)
        self.expected_frames = max(0, round(self._decoder.duration() / 1000 * self.sample_rate_hz))

    def _finish(self) -> None:
        self._over = True
        self._loop.quit()

    def _fail(self, _error: object = None) -> None:
        self.failure = self._decoder.errorString() or "the decoder gave up without a reason"
        self._finish()

    def _next(self) -> FloatArray | None:
        """Return the samples of the next buffer, or None after the last."""
        while not self._decoder.bufferAvailable():
            if self._over:
                return None
            self._timer.start(PATIENCE_MS)
            self._loop.exec()
            if not self._timer.isActive() and not self._over and not self._decoder.bufferAvailable():
                self.failure = f"no answer for {PATIENCE_MS // 1000} s"
                self._over = True
            self._timer.stop()
        buffer = self._decoder.read()
        if not buffer.isValid():
            return None
        rate_hz, channels = buffer.format().sampleRate(), buffer.format().channelCount()
        if not self.sample_rate_hz:
            self.sample_rate_hz, self.channels = rate_hz, channels
        elif (rate_hz, channels) != (self.sample_rate_hz, self.channels):
            self.failure = f"the format changes to {rate_hz} Hz, {channels} channels"
            self._over = True
            return None
        return _samples(buffer)

    def __iter__(self) -> Iterator[FloatArray]:
        """Yield blocks [shape=(n, channels), dtype=float32]."""
        while self._decoder is not None:
            frames = sum(len(block) for block in self._blocks)
            while frames < _BLOCK_FRAMES and (block := self._next()) is not None:
                self._blocks.append(block)
                frames += len(block)
            if not frames:
                return
            joined = np.concatenate(self._blocks)
            self._blocks = []
            yield joined

    def notes(self, frames: int) -> list[str]:
        """Say what is missing when `frames` frames have been read."""
        if not self.failure:
            return []
        return [f"The file is damaged: {clock(frames / self.sample_rate_hz)} could be decoded."]

    def close(self) -> None:
        """Stop decoding and let go of the file. More calls do nothing."""
        if self._decoder is None:
            return
        self._timer.stop()
        self._decoder.stop()
        del self._timer, self._loop
        self._decoder = None  # type: ignore[assignment]
        _application.release()


def _no_multimedia(path: Path, detail: str) -> JobError:
    return JobError(
        "internal",
        f"{shown_name(path)} needs QtMultimedia to be decoded, and that does not work on this computer (on Debian "
        "and Ubuntu it needs the packages libpulse0 and libxrandr2). Install what is missing, or export the file "
        "as WAV, FLAC or MP3.",
        detail,
    )


class QtDecoder:
    """A `models.jobs.Decoder` that can also stream."""

    def __call__(self, path: Path) -> tuple[FloatArray, int]:
        """Decode a whole file.

        Returns
        -------
        samples : np.ndarray [shape=(channels, n), dtype=float32]
            As many channels as the file has.
        sample_rate_hz : int
            Of the file.

        Raises
        ------
        JobError
            As `QtSource`.
        """
        source = self.stream(path)
        try:
            return np.concatenate(list(source)).T, source.sample_rate_hz
        finally:
            source.close()

    def stream(self, path: Path) -> QtSource:
        """Open a file for decoding in blocks; see `QtSource`."""
        return QtSource(path)


#: What the window and the command line inject into the science room.
qt_decode = QtDecoder()
