"""Runs of the program without a window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.document import Document
from app.jobs.tools import Tools
from app.session import Session
from models.audio.tags import Tags
from tests.app.fakes import FakeScience, HandPump


def find_audio(paths: Any) -> list[Path]:
    out: list[Path] = []
    for path in paths:
        out += sorted(path.rglob("*.wav")) if path.is_dir() else [path]
    return out


def read_tags(path: Path) -> Tags:
    return Tags(path.stem.title(), "An artist", "", 12.0)


class Run:
    """One run of the program without a window."""

    def __init__(self, file: Path, science: FakeScience, tools: Tools | None = None) -> None:
        self.science = science
        self.pumps: list[HandPump] = []

        def make(deliver: Any, wanted: Any) -> HandPump:
            self.pumps.append(HandPump(deliver, wanted))
            return self.pumps[-1]

        self.session = Session(file, worker=science.worker(), tools=tools or Tools(find_audio, read_tags), pump=make)
        self.pump = self.pumps[0]
        self.document: Document = self.session.document
        self.notices: list[tuple[str, str]] = []
        self.document.notice.connect(lambda message, level: self.notices.append((message, level)))

    def start(self) -> Run:
        opened: list[None] = []
        self.document.tracks_reset.connect(lambda: opened.append(None))
        self.session.start()
        self.pump.until(lambda: opened)
        return self

    def open(self, *paths: Path) -> None:
        before = len(self.document)
        self.session.open_paths(paths)
        self.pump.until(lambda: len(self.document) > before)

    def until(self, condition: Callable[[], Any]) -> None:
        """Deliver the messages of all threads until the condition holds."""

        def over() -> bool:
            for pump in self.pumps[1:]:
                pump.flush(0.005)
            return bool(condition())

        self.pump.until(over)

    def idle(self) -> None:
        self.pump.until(lambda: self.document.queue.done == self.document.queue.total)

    def status(self) -> dict[str, str]:
        rows = (self.document.track(i) for i in self.document.order)
        return {row.path.stem: row.status for row in rows}

    def id(self, stem: str) -> int:
        return next(i for i in self.document.order if self.document.track(i).path.stem == stem)

    def end(self) -> None:
        self.science.go.set()
        self.session.close()
        assert self.session.wait_closed(20.0)
