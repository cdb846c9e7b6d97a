"""What `affekt train` prints: lines for people, or JSON lines for programs (see docs/train.md)."""

from __future__ import annotations

import dataclasses
import errno
import json
import math
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.hub import Card
    from models.jobs import Control
    from models.training.loop import Notice
    from models.training.record import FoldScore, RunProgress

PROTOCOL = "affekt.train/1"
#: People are told after so many recordings, programs at most so often.
_CLIPS_PER_LINE, _LINES_EVERY_S = 100, 0.5
_STATES = {
    "paused": "Paused.",
    "resumed": "Going on.",
    "stopping": "Finishing with the best so far.",
}


class Telling:
    """Prints events, from any thread, each whole.

    Parameters
    ----------
    jsonl : bool
        For programs.
    """

    def __init__(self, jsonl: bool) -> None:
        self.jsonl = jsonl
        self.control: Control | None = None
        self._lock = threading.Lock()
        self._began_s: dict[str, float] = {}
        self._said_s = -math.inf

    def say(self, text: str, /, **event: Any) -> None:
        """Print one event."""
        line = json.dumps(event) if self.jsonl else text
        stream = sys.stderr if event["event"] == "error" and not self.jsonl else sys.stdout
        with self._lock:
            print(line, file=stream, flush=True)

    def note(self, text: str, /, **more: Any) -> None:
        """What a person should know."""
        self.say(text, event="note", text=text, **more)

    def state(self, word: str) -> None:
        """Answer a line of control: "paused", "resumed" or "stopping"."""
        self.say(_STATES[word], event=word)

    def _time(self, what: str, fraction: float) -> tuple[float, float | None]:
        """Seconds since something began, without pauses, and how many it has still to go."""
        now = time.monotonic() - (self.control.paused_s if self.control is not None else 0.0)
        passed = now - self._began_s.setdefault(what, now)
        return passed, passed * (1 - fraction) / fraction if passed > 0 and fraction > 0 else None

    def recordings(self, event: str, done: int, of: int) -> None:
        """How many recordings are ready ("features"), heard ("heard"), or another model was asked about ("asked")."""
        seconds, left_s = self._time(event, done / of)
        if self.jsonl:
            now = time.monotonic()
            due = now - self._said_s >= _LINES_EVERY_S
            self._said_s = now if due else self._said_s
        else:
            due = done % _CLIPS_PER_LINE == 0
        if due or done == of:
            words = {"features": "clips are ready", "heard": "clips are heard", "asked": "clips are compared"}
            self.say(
                f"{done} of {of} {words[event]}.", event=event, clips=done, of=of,
                seconds=round(seconds, 1), left_s=_rounded(left_s),
            )  # fmt: skip

    def training_begins(self) -> None:
        """Count the time of training from now on."""
        self._time("training", 0.0)

    def progress(self, event: RunProgress) -> None:
        """Tell of an epoch."""
        report = event.report
        network = f", {event.network}" if event.network else ""
        text = f"{event.part}{network}, epoch {report.epoch} of {report.epochs}: loss {report.train_loss:.3f}"
        if math.isfinite(report.validation_loss):
            text += f", validation {report.validation_loss:.3f}"
        if math.isfinite(report.validation_accuracy):
            text += f" ({report.validation_accuracy:.0%} right)"
        _, left_s = self._time("training", event.fraction)
        self.say(
            f"{text} ({report.seconds:.0f} s)",
            event="epoch",
            part=event.part,
            network=event.network,
            **without_nan(dataclasses.asdict(report)),
            fraction=round(event.fraction, 4),
            left_s=_rounded(left_s),
        )

    def fold(self, event: FoldScore, by_split: bool) -> None:
        """Tell of a fold's scores."""
        scores = ", ".join(f"{source} {value:.3f}" for source, value in event.macro_f1.items())
        where = "test split" if by_split else f"fold {event.fold + 1}"
        self.say(f"{where}: macro-F1 {scores}", event="fold", fold=event.fold, macro_f1=event.macro_f1)

    def tell(self, event: RunProgress | FoldScore | Notice, by_split: bool) -> None:
        """Tell of anything that a run says before its model is written."""
        from models.training.loop import Notice
        from models.training.record import RunProgress

        if isinstance(event, Notice):
            self.note(event.text)
        elif isinstance(event, RunProgress):
            self.progress(event)
        else:
            self.fold(event, by_split)

    def done(self, card: Card) -> None:
        """Tell where the model is."""
        self.say(
            f"The model is in {card.folder}.", event="done", folder=str(card.folder), scores=card.raw["scores"]
        )  # fmt: skip


def said_of(error: OSError) -> str:
    """Say in words what the system refused."""
    if error.errno == errno.ENOSPC:
        return "There is no space left on the disk. Free some; what is finished is kept, and --resume goes on."
    return f"{error.filename or 'A file'}: {error.strerror}."


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def without_nan(numbers: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no NaN."""
    return {
        name: None if isinstance(number, float) and not math.isfinite(number) else number
        for name, number in numbers.items()
    }
