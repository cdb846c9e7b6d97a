"""What `affekt survey` and a trial of `affekt train --estimate` have to say, summed up for the window."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.jobs.child import Ended

_COULD_NOT = {
    "survey": "The recordings could not be looked at",
    "estimate": "How long it takes could not be measured",
}


@dataclass(frozen=True, slots=True)
class SurveyState:
    """What was found in labelled folders.

    Attributes
    ----------
    busy : bool
        Whether they are still looked at.
    seen, of : int
        Clips that were looked at, and how many there are.
    survey : mapping
        The whole of "affekt.survey/1" (docs/train.md); empty until it is there.
    error : str
        Why there is none, and what to do.
    """

    busy: bool = False
    seen: int = 0
    of: int = 0
    survey: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True)
class EstimateState:
    """How long a training would take, by a real trial.

    Attributes
    ----------
    busy : bool
        Whether the trial runs.
    total_s : float or None
        Seconds of the whole run; None while unknown.
    text : str
        The same in words.
    error : str
        Why it is not known.
    """

    busy: bool = False
    total_s: float | None = None
    text: str = ""
    error: str = ""


class SurveyAccount:
    """Sums up what a survey says; its owner locks."""

    def __init__(self) -> None:
        self._state = SurveyState(busy=True)

    def state(self) -> SurveyState:
        """Return this moment."""
        return self._state

    def take(self, event: Mapping[str, Any]) -> None:
        """Take an event."""
        kind, survey = event.get("event"), event.get("survey")
        if kind == "surveyed" and all(isinstance(event.get(name), int) for name in ("clips", "of")):
            self._state = replace(self._state, seen=event["clips"], of=event["of"])
        elif kind == "survey" and isinstance(survey, Mapping):
            self._state = replace(self._state, survey=survey)
        elif kind == "error":
            self._state = replace(self._state, error=str(event.get("message", "")))

    def end(self, ended: Ended) -> None:
        """Take how the child ended."""
        error = self._state.error
        if not self._state.survey and not error and not ended.asked:
            error = _unsaid(ended, "survey")
        self._state = replace(self._state, busy=False, error=error)


class EstimateAccount:
    """Sums up what a trial says; its owner locks."""

    def __init__(self) -> None:
        self._state = EstimateState(busy=True)

    def state(self) -> EstimateState:
        """Return this moment."""
        return self._state

    def take(self, event: Mapping[str, Any]) -> None:
        """Take an event."""
        if event.get("event") == "estimate":
            total_s = event.get("total_s")
            if isinstance(total_s, int | float) and math.isfinite(total_s):
                self._state = replace(self._state, total_s=float(total_s), text=str(event.get("text", "")))
        elif event.get("event") == "error":
            self._state = replace(self._state, error=str(event.get("message", "")))

    def end(self, ended: Ended) -> None:
        """Take how the child ended."""
        error = self._state.error
        if self._state.total_s is None and not error and not ended.asked:
            error = _unsaid(ended, "estimate")
        self._state = replace(self._state, busy=False, error=error)


def _unsaid(ended: Ended, what: str) -> str:
    """Say why a child ended without a word of its own."""
    return ended.why(f"{_COULD_NOT[what]}: the program that does it").message
