"""Plain words for what trainings are about: recipes, times, parts of a run, verdicts."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.jobs.training_state import TrainingState
from app.ui.strings import signed, tr
from models.cards import Score, to_score


def length(seconds: float) -> str:
    """Return about how long something takes: "half a minute", "7 minutes", "2 hours"."""
    if seconds < 45:
        return tr("less than a minute")
    minutes = seconds / 60
    if minutes < 1.5:
        return tr("about a minute")
    if minutes < 90:
        return tr("about {count} minutes").format(count=round(minutes))
    hours = minutes / 60
    if hours < 36:
        return tr("about {count} hours").format(count=f"{hours:.1f}".removesuffix(".0"))
    return tr("about {count} days").format(count=round(hours / 24))


def total_length(seconds: float) -> str:
    """Return how much music there is: "12 min of music", "3.2 h of music"."""
    if seconds < 5400:
        return tr("{count} min of music").format(count=max(1, round(seconds / 60)))
    return tr("{count} h of music").format(count=f"{seconds / 3600:.1f}")


def part_name(part: str) -> str:
    """Return in words what a part of a run is for."""
    fold = re.fullmatch(r"fold (\d+) of (\d+)", part)
    if fold:
        return tr("Test round {number} of {total}").format(number=fold[1], total=fold[2])
    return {
        "final": tr("The model itself"),
        "train split": tr("The model itself"),
    }.get(part, part)


def doing(state: TrainingState) -> str:
    """Return in a line what a training does now."""
    if state.phase == "listening":
        return tr("Listening to the recordings: {heard} of {total}").format(heard=state.heard, total=state.of)
    if state.phase == "judging":
        return tr("Comparing with the current model: {heard} of {total}").format(heard=state.heard, total=state.of)
    if state.phase == "training":
        name = part_name(state.part)
        if state.part.startswith("fold"):
            return tr("{part}: learning from most recordings, to be asked about the others").format(part=name)
        if name == state.part:  # one of several networks, by its name
            return tr("Training and testing {name}").format(name=name)
        return tr("{part}: learning from all recordings").format(part=name)
    return {
        "starting": tr("Starting\u2026"),
        "paused": tr("Paused. It goes on when you say so."),
        "stopping": tr("Finishing with the best so far\u2026"),
        "cancelling": tr("Stopping\u2026"),
        "done": tr("The model is trained."),
        "cancelled": tr("Stopped. What was finished is kept."),
        "failed": tr("The training has ended without a model."),
    }.get(state.phase, "")


@dataclass(frozen=True)
class Compared:
    """One score of two models on the same recordings."""

    name: str
    explanation: str
    ours: Score | None
    theirs: Score | None
    difference: Score | None

    @property
    def text(self) -> str:
        """What the difference shows, and what it does not."""
        if self.difference is None:
            return ""
        return difference_text(self.difference)


def difference_text(difference: Score) -> str:
    """Return a paired difference in words."""
    value = signed(difference.value)
    if difference.low is None or difference.high is None:
        return tr("{value}; how sure that is was not measured").format(value=value)
    span = tr("{value} ({low} to {high})").format(value=value, low=signed(difference.low), high=signed(difference.high))
    if not any((difference.value, difference.low, difference.high)):
        return tr("none on these recordings")
    if difference.low > 0:
        return tr("{span}: better").format(span=span)
    if difference.high < 0:
        return tr("{span}: worse").format(span=span)
    return tr("{span}: could be chance").format(span=span)


def comparisons(verdict: Mapping[str, Any]) -> list[Compared]:
    """Return the scores of a verdict, the most telling first."""
    named = (
        ("macro_f1", tr("All four moods"), tr("macro-F1, 0 to 1: each mood counts the same, however rare")),
        ("accuracy", tr("Share told right"), tr("0 to 1: how many of the recordings were told as you label them")),
        ("arousal_accuracy", tr("Lively or quiet"), tr("0 to 1: how often the upper or lower half was right")),
        ("valence_accuracy", tr("Bright or dark"), tr("0 to 1: how often the right or left half was right")),
    )
    ours, theirs, difference = (_scores(verdict.get(side), side) for side in ("ours", "theirs", "difference"))
    found = [
        Compared(name, text, to_score(ours.get(key)), to_score(theirs.get(key)), to_score(difference.get(key)))
        for key, name, text in named
    ]
    return [one for one in found if one.ours is not None or one.theirs is not None]


def _scores(side: Any, name: str) -> Mapping[str, Any]:
    if name != "difference" and isinstance(side, Mapping):
        side = side.get("scores")
    return side if isinstance(side, Mapping) else {}


def headline(verdict: Mapping[str, Any]) -> tuple[str, str]:
    """Return the verdict in a title and a sentence that says what is shown and what is not."""
    clips, groups = verdict.get("clips"), verdict.get("groups")
    on = ""
    if isinstance(clips, int) and isinstance(groups, int):
        on = tr(
            "Both were asked about the same {clips} recordings of {groups} artists or songs; yours each time in a "
            "version that had not learned from that artist or song."
        )
        on = on.format(clips=clips, groups=groups)
    better = verdict.get("better")
    if better == "ours":
        return tr("Your model is better on your recordings"), on
    if better == "theirs":
        sentence = tr("More labels, above all of the kinds it gets wrong, help most.")
        return tr("The current model is still better on your recordings"), f"{on} {sentence}".strip()
    sentence = tr(
        "The difference is within what chance would give: these recordings do not show which one is better. "
        "That does not mean they are equally good."
    )
    return tr("No clear difference between the two"), f"{on} {sentence}".strip()


def matrix_of(side: Any) -> list[list[int]] | None:
    """Return a confusion matrix, 4 by 4, rows the labels; None where there is none."""
    raw = side.get("confusion") if isinstance(side, Mapping) else None
    if not isinstance(raw, list) or len(raw) != 4:
        return None
    if not all(isinstance(line, list) and len(line) == 4 for line in raw):
        return None
    numbers = [[value for value in line if isinstance(value, int | float) and math.isfinite(value)] for line in raw]
    return [[int(value) for value in line] for line in numbers] if all(len(line) == 4 for line in numbers) else None
