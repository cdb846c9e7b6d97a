"""What is known of a training while it goes on: the events of `affekt train --progress jsonl`, summed up."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from app.jobs.child import Ended

Phase = Literal[
    "idle",
    "starting",
    "listening",
    "training",
    "paused",
    "stopping",
    "cancelling",
    "judging",
    "done",
    "cancelled",
    "failed",
]
#: Phases in which a child is at work.
BUSY: tuple[Phase, ...] = ("starting", "listening", "training", "paused", "stopping", "cancelling", "judging")
#: A curve keeps at most twice so many points; beyond that every other one is let go, which no eye can tell.
_POINTS = 500
_NOTES = 200


@dataclass(frozen=True, slots=True)
class Point:
    """One epoch: the loss, and what early stopping watched (NaN where nothing did)."""

    epoch: int
    train_loss: float
    validation_loss: float = math.nan
    validation_accuracy: float = math.nan


@dataclass(frozen=True, slots=True)
class Curve:
    """The epochs of one part of a run ("fold 1 of 5", "final")."""

    part: str
    epochs: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """How well one held-out part of the clips was told: macro-F1 in [0, 1], per source."""

    number: int
    macro_f1: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TrainingState:
    """One moment of a training.

    Attributes
    ----------
    phase : str
        What is going on; see `Phase`.
    part : str
        The part of the run that is trained ("fold 1 of 5", "final").
    device : str
        Where it runs: "cpu", "cuda" or "mps".
    fraction : float or None
        Of the whole run, [0, 1]; None while nobody knows.
    left_s : float or None
        Seconds that are left, an estimate.
    heard, of : int
        Clips that were listened to (or, while "judging", that the other model was asked about), and how many there are.
    curves, folds : tuple
        What is drawn.
    notes : tuple of str
        What the training said of itself.
    folder : str
        The model folder that was written.
    scores : mapping
        Of its card.
    verdict : mapping or None
        The new model against the one before; see docs/train.md.
    error_kind, error : str
        Why it failed and what to do.
    can_resume : bool
        Whether it may go on from its last checkpoint.
    """

    phase: Phase = "idle"
    part: str = ""
    device: str = ""
    fraction: float | None = None
    left_s: float | None = None
    heard: int = 0
    of: int = 0
    curves: tuple[Curve, ...] = ()
    folds: tuple[Fold, ...] = ()
    notes: tuple[str, ...] = ()
    folder: str = ""
    scores: Mapping[str, Any] = field(default_factory=dict)
    verdict: Mapping[str, Any] | None = None
    error_kind: str = ""
    error: str = ""
    can_resume: bool = False

    @property
    def busy(self) -> bool:
        """Whether a child is at work."""
        return self.phase in BUSY


def _number(value: Any, default: float = math.nan) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


def _whole(value: Any) -> int:
    number = _number(value, 0.0)
    return int(number) if math.isfinite(number) else 0


class Account:
    """Sums up a training's events; not safe for threads: its owner locks."""

    def __init__(self) -> None:
        self._now: dict[str, Any] = {"phase": "starting"}
        self._curves: dict[str, tuple[int, list[Point], int]] = {}  # part: its epochs, points, epochs per point
        self._folds: dict[int, Fold] = {}
        self._notes: list[str] = []
        self._cancelled = False

    def state(self) -> TrainingState:
        """Return this moment."""
        curves = tuple(Curve(part, epochs, tuple(points)) for part, (epochs, points, _) in self._curves.items())
        folds = tuple(self._folds[number] for number in sorted(self._folds))
        return TrainingState(curves=curves, folds=folds, notes=tuple(self._notes), **self._now)

    def set(self, **fields: Any) -> None:
        """Change what is known otherwise than by an event."""
        self._now.update(fields)

    def take(self, event: Mapping[str, Any]) -> None:
        """Take an event; what is unknown, or not as it should be, is passed over."""
        handler = getattr(self, f"_on_{event.get('event')}", None)
        if handler is not None:
            handler(event)

    def _enter(self, phase: Phase) -> None:
        # What a person asked for stays on the screen until it has happened.
        if self._now["phase"] not in ("paused", "stopping", "cancelling", "judging"):
            self._now["phase"] = phase

    def _on_begin(self, event: Mapping[str, Any]) -> None:
        self._now.update(device=str(event.get("device", "")), of=_whole(event.get("clips")))

    def _on_note(self, event: Mapping[str, Any]) -> None:
        text = str(event.get("text", ""))
        if {"sibling_copy", "ungrouped"} & event.keys():
            return  # the survey has said it in plain words, with the cure
        if text and text not in self._notes:
            self._notes.append(text)
            del self._notes[:-_NOTES]

    def _on_features(self, event: Mapping[str, Any]) -> None:
        self._enter("listening")
        self._now.update(heard=_whole(event.get("clips")), of=_whole(event.get("of")))
        self._note_time(event)

    _on_heard = _on_features

    def _on_asked(self, event: Mapping[str, Any]) -> None:
        self._now["phase"] = "judging"  # the model is trained: there is nothing better to be kept
        self._now.update(heard=_whole(event.get("clips")), of=_whole(event.get("of")))
        self._note_time(event)

    def _note_time(self, event: Mapping[str, Any]) -> None:
        fraction, left_s = _number(event.get("fraction")), _number(event.get("left_s"))
        self._now["fraction"] = min(1.0, max(0.0, fraction)) if math.isfinite(fraction) else None
        self._now["left_s"] = max(0.0, left_s) if math.isfinite(left_s) else None

    def _on_epoch(self, event: Mapping[str, Any]) -> None:
        self._enter("training")
        self._note_time(event)
        self._now["part"] = str(event.get("part", ""))
        part = ", ".join(str(event[name]) for name in ("part", "network") if event.get(name))
        epoch, epochs = _whole(event.get("epoch")), _whole(event.get("epochs"))
        point = Point(
            epoch,
            _number(event.get("train_loss")),
            _number(event.get("validation_loss")),
            _number(event.get("validation_accuracy")),
        )
        _, points, stride = self._curves.get(part, (epochs, [], 1))
        # A run that goes on repeats at most the epoch that it was in.
        while points and points[-1].epoch >= epoch:
            points.pop()
        if not points or epoch - points[-1].epoch >= stride:
            points.append(point)
        if len(points) > 2 * _POINTS:
            del points[1::2]
            stride *= 2
        self._curves[part] = (epochs, points, stride)

    def _on_fold(self, event: Mapping[str, Any]) -> None:
        raw = event.get("macro_f1")
        number = _whole(event.get("fold"))
        if isinstance(raw, Mapping):
            self._folds[number] = Fold(number, {str(name): _number(value) for name, value in raw.items()})

    def _on_row(self, event: Mapping[str, Any]) -> None:
        self._on_note({"text": event.get("text") or f"{event.get('source')}: {event.get('name')}"})

    def _on_paused(self, _event: Mapping[str, Any]) -> None:
        self._now["phase"] = "paused"

    def _on_resumed(self, _event: Mapping[str, Any]) -> None:
        self._now["phase"] = "training"

    def _on_stopping(self, _event: Mapping[str, Any]) -> None:
        self._now["phase"] = "stopping"

    def _on_verdict(self, event: Mapping[str, Any]) -> None:
        self._now["verdict"] = {key: value for key, value in event.items() if key != "event"}

    def _on_done(self, event: Mapping[str, Any]) -> None:
        scores = event.get("scores")
        self._now.update(
            folder=str(event.get("folder", "")), scores=scores if isinstance(scores, Mapping) else {}, fraction=1.0
        )

    def _on_error(self, event: Mapping[str, Any]) -> None:
        self._now.update(error_kind=str(event.get("kind", "internal")), error=str(event.get("message", "")))

    def _on_cancelled(self, _event: Mapping[str, Any]) -> None:
        self._cancelled = True  # over it is when the child has ended

    def end(self, ended: Ended) -> None:
        """Take how the child ended, after all that it said."""
        now = self._now
        now["left_s"] = None
        if now.get("folder"):
            now["phase"] = "done"
        elif self._cancelled or (ended.asked and not now.get("error")):
            now.update(phase="cancelled", can_resume=True)
        elif now.get("error"):
            # What is wrong with the clips or the settings is so at the next try; what the machine lacked may be there.
            now.update(phase="failed", can_resume=now["error_kind"] in ("no_space", "out_of_memory", "internal"))
        else:
            why = ended.why("The training")
            now.update(
                phase="failed",
                error_kind=why.kind,
                error=why.message,
                can_resume=True,
            )
