"""A training that is steered by lines: pause, resume, stop, cancel; by itself, and as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli.train_control import follow_input
from models.data.labelled import LabelledClip, write_labels
from models.errors import Cancelled
from models.hub import load_model
from models.jobs import Control
from tests import corpus

#: A recipe of a small network with short stretches, so that an epoch takes a moment and a run does not end by itself.
PROGRAM = """
import dataclasses, sys
import numpy as np
from app.__main__ import main
from models.training import features
from models.training.recipes import RECIPES
sizes = {"channels": [4, 8, 8, 8], "hidden": 8, "attention_size": 8}
RECIPES["crnn"] = dataclasses.replace(RECIPES["crnn"], arguments=sizes, crop_frames=32, epochs=100_000, batch=4)
features.CLIP_FRAMES = 64
features.fit_length = lambda mel: np.tile(mel, 2)[:, :64]
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Both ends of a pipe; the writing one may be closed by the test."""
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


def _until(what: Callable[[], object]) -> None:
    limit = time.monotonic() + 10
    while not what():
        assert time.monotonic() < limit
        time.sleep(0.005)


def test_lines_pause_and_resume_the_work_and_stop_lets_it_finish(pipe: tuple[int, int]) -> None:
    said: list[str] = []
    control = Control(said.append)
    follow_input(control, pipe[0])
    passed = 0

    def work() -> None:
        nonlocal passed
        while not control.stopping:
            control.check()
            passed += 1
            time.sleep(0.001)

    worker = threading.Thread(target=work)
    worker.start()
    os.write(pipe[1], b"pau")
    os.write(pipe[1], b"se\r\n")  # in two pieces, as Windows ends its lines
    _until(lambda: said == ["paused"])
    stood = passed
    time.sleep(0.05)
    assert passed == stood
    os.write(pipe[1], b"nonsense\nRESUME\n")
    _until(lambda: said == ["paused", "resumed"])
    _until(lambda: passed > stood)
    assert control.paused_s >= 0.05
    os.write(pipe[1], b"stop\nstop\n")
    worker.join(10)
    assert not worker.is_alive()
    assert said == ["paused", "resumed", "stopping"]
    control.check()  # finishing is not cancelled


@pytest.mark.parametrize("how", ["word", "end", "word while paused", "nothing to read"])
def test_cancel_and_the_end_of_input_cancel(pipe: tuple[int, int], how: str) -> None:
    control = Control()
    if how == "nothing to read":
        os.close(pipe[0])
    if how == "word while paused":
        control.pause()
    follow_input(control, pipe[0])
    if how == "end":
        os.close(pipe[1])
    elif how.startswith("word"):
        os.write(pipe[1], b"cancel\n")
    with pytest.raises(Cancelled):
        for _ in range(1000):
            control.check()
            time.sleep(0.01)


class Child:
    """The command line in a process of its own, its events as they come."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "train", *words, "--progress", "jsonl", "--control", "stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"},
        )
        self.events: list[dict[str, Any]] = []

    def until(self, event: str, count: int = 1) -> dict[str, Any]:
        """Read on until an event came so often."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            if self.events[-1]["event"] == event:
                count -= 1
                if not count:
                    return self.events[-1]
        raise AssertionError(f"no {event}: {self.events[-3:]}, {self.process.stderr and self.process.stderr.read()}")

    def say(self, line: str) -> None:
        """Write a line to it."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self) -> int:
        """Wait for its end, with its input still open."""
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            self.process.communicate()


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "toy"
    files = [corpus.write(folder / "audio" / f"{i}.wav", corpus.melody(1, i)) for i in range(8)]
    write_labels(folder, [LabelledClip(file, i % 4, f"artist {i}") for i, file in enumerate(files)])
    return folder


def test_a_process_is_paused_resumed_and_told_to_keep_the_best_so_far(toy: Path, tmp_path: Path) -> None:
    child = Child(str(toy), "--out", str(tmp_path / "m"), "--recipe", "crnn", "--folds", "2")
    child.until("epoch", 2)
    child.say("pause")
    child.until("paused")
    child.say("resume")
    child.until("resumed")
    child.until("epoch")
    child.say("stop")
    done = child.until("done")
    assert child.end() == 0
    assert "stopping" in [event["event"] for event in child.events]
    model = load_model(done["folder"], "cpu")
    assert any("Training was stopped by hand" in note for note in model.card.raw["notes"])
    assert done["scores"] == {}  # no fold was finished
    assert not (tmp_path / "m.work").exists()


def test_a_process_that_is_cancelled_leaves_no_model(toy: Path, tmp_path: Path) -> None:
    child = Child(str(toy), "--out", str(tmp_path / "m"), "--recipe", "crnn", "--folds", "0")
    child.until("epoch")
    child.say("cancel")
    child.until("cancelled")
    assert child.end() == 1
    assert not (tmp_path / "m").exists()
    assert (tmp_path / "m.work").is_dir()
