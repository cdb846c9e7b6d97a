"""The fallback decoder inside QtMultimedia: real AAC, in the main thread and in a worker, with and without a window."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soxr

from app.jobs import qt_decoder
from app.jobs.qt_decoder import qt_decode
from models.audio.decode import decode, open_audio
from models.audio.sources import StreamingDecoder
from models.errors import JobError
from tests import corpus

ROOT = Path(__file__).parents[2]
RATE_HZ = 44_100


def _sound() -> np.ndarray:
    """Ten seconds in stereo, the right channel silent in its second half [shape=(n, 2)]."""
    y = corpus.melody(10, rate_hz=RATE_HZ)
    return np.stack((y, np.where(np.arange(y.size) < y.size // 2, y, 0)), axis=1)


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return corpus.m4a(tmp_path_factory.mktemp("쇼팽 m4a"), _sound(), RATE_HZ)
    except NotImplementedError as error:
        pytest.skip(f"cannot make an M4A: {error}")


def assert_is_the_song(y: np.ndarray) -> None:
    wanted = soxr.resample(_sound().mean(axis=1), RATE_HZ, 22_050)
    assert 0 <= y.size - wanted.size < 1024  # AAC fills its last frame
    part = slice(1000, wanted.size - 1000)
    assert np.corrcoef(y[part], wanted[part])[0, 1] > 0.999  # so no delay either
    assert np.abs(y[part]).max() == pytest.approx(np.abs(wanted[part]).max(), rel=0.05)


def run(script: str, *arguments: object) -> str:
    """Run a program in a process of its own; return what it wrote, both streams."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_m4a_in_the_main_thread(qapp: object, song: Path) -> None:
    with open_audio(song, qt_decode) as stream:
        assert (stream.sample_rate_hz, stream.channels) == (RATE_HZ, 2)
        assert stream.expected_duration_s == pytest.approx(10.0, abs=0.05)
        pieces = list(stream)
    assert stream.notes == []
    assert max(piece.nbytes for piece in pieces) < 500_000
    assert_is_the_song(np.concatenate(pieces))


def test_m4a_in_a_worker_thread(qapp: object, song: Path) -> None:
    results: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: results.append(decode(song, qt_decode))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == 2
    for y in results:
        assert_is_the_song(y)


def test_all_at_once(qapp: object, song: Path) -> None:
    assert isinstance(qt_decode, StreamingDecoder)
    samples, rate_hz = qt_decode(song)
    assert rate_hz == RATE_HZ
    assert samples.dtype == np.float32
    assert samples.shape[0] == 2
    assert np.abs(samples[1, -2 * RATE_HZ :]).max() < 0.01 < np.abs(samples[0, -2 * RATE_HZ :]).max()


def test_without_an_application_and_without_a_word(song: Path) -> None:
    out = run(
        """
        import sys, threading
        from pathlib import Path
        from app.jobs.qt_decoder import qt_decode
        from models.audio.decode import decode

        def work():
            print(decode(Path(sys.argv[1]), qt_decode).size // 22050)

        work()
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        from PySide6.QtCore import QCoreApplication
        print(QCoreApplication.instance())
        """,
        song,
    )
    assert out.splitlines() == ["10", "10", "None"]


def test_a_window_can_be_made_afterwards(song: Path) -> None:
    out = run(
        """
        import os, sys
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        from pathlib import Path
        from app.jobs.qt_decoder import qt_decode
        from models.audio.decode import decode
        decode(Path(sys.argv[1]), qt_decode)
        from PySide6.QtWidgets import QApplication, QLabel
        app = QApplication([])
        label = QLabel("hello")
        label.show()
        app.processEvents()
        decode(Path(sys.argv[1]), qt_decode)
        print(label.isVisible(), QApplication.instance() is app)
        """,
        song,
    )
    assert out.splitlines()[-1] == "True True"


@pytest.mark.parametrize("cut", ["end", "start"])
def test_a_damaged_m4a(qapp: object, song: Path, tmp_path: Path, cut: str) -> None:
    data = song.read_bytes()
    path = tmp_path / "cut.m4a"
    path.write_bytes(data[: len(data) // 2] if cut == "end" else data[:32] + bytes(len(data) - 32))
    with pytest.raises(JobError, match=r"“cut\.m4a” could not be decoded") as caught:
        open_audio(path, qt_decode)
    assert caught.value.kind == "damaged"


def test_an_m4a_damaged_in_its_middle_is_kept(qapp: object, song: Path, tmp_path: Path) -> None:
    data = bytearray(song.read_bytes())
    at = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2
    data[at : at + 2000] = np.random.default_rng(0).bytes(2000)
    path = tmp_path / "scratched.m4a"
    path.write_bytes(data)
    with open_audio(path, qt_decode) as stream:
        seconds = sum(piece.size for piece in stream) / 22_050
    assert seconds > 4.5
    assert seconds > 9.5 or stream.notes


def test_random_bytes_are_no_recording(qapp: object, tmp_path: Path) -> None:
    with pytest.raises(JobError) as caught:
        open_audio(corpus.random_bytes(tmp_path), qt_decode)
    assert caught.value.kind == "not_audio"


def test_a_decoder_that_never_answers_is_given_up(qapp: object, song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PySide6.QtMultimedia import QAudioDecoder

    monkeypatch.setattr(qt_decoder, "PATIENCE_MS", 200)
    monkeypatch.setattr(QAudioDecoder, "start", lambda self: None)
    began = time.monotonic()
    with pytest.raises(JobError) as caught:
        qt_decode(song)
    assert time.monotonic() - began < 20
    assert "no answer" in caught.value.detail


def test_without_qtmultimedia_it_says_what_to_install(
    qapp: object, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    with pytest.raises(JobError, match=r"libpulse0 and libxrandr2.*WAV, FLAC or MP3") as caught:
        open_audio(song, qt_decode)
    assert caught.value.kind == "internal"


def test_leaving_early(qapp: object, song: Path) -> None:
    with open_audio(song, qt_decode) as stream:
        next(stream)
    stream.close()
    assert list(stream) == []
