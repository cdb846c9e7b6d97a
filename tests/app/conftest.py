"""Runs of the program without a window, and files to open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.jobs.tools import Tools
from tests.app.fakes import FakeScience
from tests.app.running import Run


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.wav").write_text(name)
    return folder


@pytest.fixture
def run_of(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Make runs of the program on one library, and end them."""
    runs: list[Run] = []

    def make(science: FakeScience | None = None, tools: Tools | None = None) -> Run:
        runs.append(Run(tmp_path / "library.sqlite3", science or FakeScience(), tools))
        return runs[-1]

    yield make
    for run in runs:
        run.end()


@pytest.fixture
def run(run_of: Callable[..., Run], music: Path) -> Run:
    """Anna's run: three tracks are analysed, the first is shown, and nothing is said any more."""
    run = run_of().start()
    run.session.warm_up()
    run.open(music)
    run.idle()
    run.session.set_rater("Anna")
    run.session.select_track(run.id("a"))
    run.pump.flush(0.05)
    run.notices.clear()
    return run
