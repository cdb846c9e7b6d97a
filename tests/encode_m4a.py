"""Encode a sound file as AAC in an M4A through QtMultimedia: `python encode_m4a.py IN OUT`.

A program of its own, so that the tests' Qt application and this one do not meet. Exit status 3: not possible here.
"""

from __future__ import annotations

import sys

import numpy as np
import soundfile


def main(source: str, target: str) -> int:
    try:
        from PySide6.QtCore import QByteArray, QCoreApplication, QEventLoop, QTimer, QUrl
        from PySide6.QtMultimedia import (
            QAudioBuffer,
            QAudioBufferInput,
            QAudioFormat,
            QMediaCaptureSession,
            QMediaFormat,
            QMediaRecorder,
        )
    except ImportError as error:
        print(f"QtMultimedia cannot be loaded: {error}")
        return 3
    y, rate_hz = soundfile.read(source, dtype="float32", always_2d=True)
    pcm = np.rint(np.clip(y, -1, 1) * 32767).astype("<i2")
    app = QCoreApplication([])
    wanted = QMediaFormat(QMediaFormat.FileFormat.Mpeg4Audio)
    wanted.setAudioCodec(QMediaFormat.AudioCodec.AAC)
    if not wanted.isSupported(QMediaFormat.ConversionMode.Encode):
        print("QtMultimedia has no AAC encoder here")
        return 3
    sound = QAudioFormat()
    sound.setSampleRate(rate_hz)
    sound.setChannelCount(pcm.shape[1])
    sound.setSampleFormat(QAudioFormat.SampleFormat.Int16)
    session, feed, recorder, loop = (
        QMediaCaptureSession(),
        QAudioBufferInput(sound),
        QMediaRecorder(),
        QEventLoop(),
    )
    session.setAudioBufferInput(feed)
    session.setRecorder(recorder)
    recorder.setMediaFormat(wanted)
    recorder.setOutputLocation(QUrl.fromLocalFile(target))
    recorder.setAutoStop(True)
    step = rate_hz // 10
    starts = [*range(0, len(pcm), step), None]

    def send() -> None:
        while starts:
            at = starts[0]
            buffer = QAudioBuffer()  # an invalid one ends the stream
            if at is not None:
                data = QByteArray(pcm[at : at + step].tobytes())
                buffer = QAudioBuffer(data, sound, at * 1_000_000 // rate_hz)
            if not feed.sendAudioBuffer(buffer):
                return
            starts.pop(0)

    feed.readyToSendAudioBuffer.connect(send)
    recorder.errorOccurred.connect(lambda _code, text: (print(text), loop.exit(1)))
    stopped = QMediaRecorder.RecorderState.StoppedState
    recorder.recorderStateChanged.connect(lambda state: loop.exit(0) if state == stopped else None)
    recorder.record()
    QTimer.singleShot(60_000, lambda: loop.exit(2))
    status = loop.exec()
    app.shutdown()
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
