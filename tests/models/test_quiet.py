"""What libmpg123 mutters is kept from the user, and nothing else."""

from __future__ import annotations

import os
import threading

import pytest

from models.audio.quiet import quiet_mpg123


def test_only_libmpg123_is_silenced(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_mpg123():
        os.write(2, b"Note: Trying to resync...\nImportant\n[src/libmpg123/parse.c:wetwork():1349] error: no\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "Important\nafter\n"


def test_silence_survives_many_threads_and_ends(capfd: pytest.CaptureFixture[str]) -> None:
    before = os.fstat(2).st_ino

    def work(i: int) -> None:
        for _ in range(200):
            with quiet_mpg123():
                os.write(2, b"Warning: chatter\n")
                os.write(2, f"kept {i}\n".encode())

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert os.fstat(2).st_ino == before
    lines = capfd.readouterr().err.splitlines()
    assert sorted(set(lines)) == [f"kept {i}" for i in range(4)]
    assert len(lines) == 800


def test_silence_leaves_errors_alone(capfd: pytest.CaptureFixture[str]) -> None:
    before = os.fstat(2).st_ino
    with pytest.raises(ZeroDivisionError), quiet_mpg123():
        raise ZeroDivisionError
    assert os.fstat(2).st_ino == before
