"""Trainings, surveys and trials: each a child process, one of each kind at a time. Used on the GUI thread only.

The child is the public command line (`docs/train.md`, "For programs"). What it says is summed up on its reading thread
and comes to the GUI thread as a whole, at most 20 times a second, however much the child talks.
"""

from __future__ import annotations

import datetime
import itertools
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from psygnal import Signal

from app.jobs import messages as say
from app.jobs.child import GRACE_S, Child, Ended, Steady
from app.jobs.desk import PumpMaker
from app.jobs.survey_state import EstimateAccount, EstimateState, SurveyAccount, SurveyState
from app.jobs.training_plan import KeptPlans, TrainingPlan
from app.jobs.training_state import Account, TrainingState
from models.errors import JobError

_State = TypeVar("_State")
_State_co = TypeVar("_State_co", covariant=True)


class _Sums(Protocol[_State_co]):
    def take(self, event: Mapping[str, Any]) -> None: ...
    def end(self, ended: Ended) -> None: ...
    def state(self) -> _State_co: ...


class _Errand(Generic[_State]):
    """One child with the account of what it says."""

    def __init__(
        self,
        words: Sequence[str],
        sums: _Sums[_State],
        post: say.Post,
        job_id: int,
        command: Sequence[str] | None,
        after: Sequence[Child],
        grace_s: float,
    ) -> None:
        self.job_id = job_id
        self._sums, self._post = sums, post
        self._lock = threading.Lock()
        self._steady = Steady(self._tell)
        self.child = Child(words, self._hear, self._end, command=command, after=after, grace_s=grace_s)

    def state(self) -> _State:
        """Return this moment."""
        with self._lock:
            return self._sums.state()

    def _hear(self, event: Mapping[str, Any]) -> None:
        with self._lock:
            self._sums.take(event)
        self._steady.ask()

    def _end(self, ended: Ended) -> None:
        with self._lock:
            self._sums.end(ended)
        self._steady.end()

    def _tell(self) -> None:
        self._post(say.ChildSaid(self.job_id, self.state()))


class Training:
    """What the window asks about trainings, and observes.

    Parameters
    ----------
    pump : callable
        Makes the carrier of messages.
    folder : Path
        Where plans are kept until their models are.
    command : sequence of str, optional
        What to start instead of this program's command line (tests).

    Attributes
    ----------
    state : TrainingState
        Of the training that runs or ran last; `plan` is what it was asked to do.
    survey : SurveyState
        Of the folders that were looked at last.
    estimate : EstimateState
        Of the plan that was tried last.

    Signals (on the GUI thread, after the change)
    ---------------------------------------------
    state_changed(TrainingState), survey_changed(SurveyState), estimate_changed(EstimateState)
    """

    state_changed = Signal(object)
    survey_changed = Signal(object)
    estimate_changed = Signal(object)

    def __init__(self, pump: PumpMaker, folder: Path, command: Sequence[str] | None = None) -> None:
        self.folder = folder
        self.plan: TrainingPlan | None = None
        self.state = TrainingState()
        self.survey = SurveyState()
        self.estimate = EstimateState()
        self._kept = KeptPlans(folder)
        self._command = command
        self._ids = itertools.count(1)
        self._train: _Errand[TrainingState] | None = None
        self._survey: _Errand[SurveyState] | None = None
        self._trial: _Errand[EstimateState] | None = None
        self._leaving: list[Child] = []
        self._pump = pump(self._apply, self._wanted)

    # Looking at folders, and how long it would take

    def look_at(self, folders: Iterable[Path]) -> None:
        """Survey labelled folders; an earlier survey that is not over is given up."""
        self.forget_survey()
        words = ["survey", *(str(folder) for folder in folders), "--progress", "jsonl"]
        self._survey = self._send(words, SurveyAccount(), grace_s=0.0)  # it only reads, and listens to nobody
        self._set_survey(SurveyState(busy=True))

    def forget_survey(self) -> None:
        """Give a survey up, and forget what it found."""
        self._dismiss(self._survey)
        self._survey = None
        self._set_survey(SurveyState())

    def try_out(self, plan: TrainingPlan) -> None:
        """Find out by a trial of about ten seconds how long a plan takes; an earlier trial is given up.

        Raises
        ------
        JobError
            "no_space" when the plan cannot be kept: what the trial hears could not be cleared away.
        """
        self.forget_estimate()
        self._kept.keep(replace(plan, made=""))
        self._trial = self._send(plan.words(estimate=True), EstimateAccount())
        self._set_estimate(EstimateState(busy=True))

    def forget_estimate(self) -> None:
        """Give a trial up, and forget what it said."""
        self._dismiss(self._trial)
        self._trial = None
        self._set_estimate(EstimateState())

    # Training

    def start(self, plan: TrainingPlan) -> None:
        """Train by a plan, which is kept until `keep` or `throw_away`.

        Raises
        ------
        JobError
            "no_space" when the plan cannot be kept; nothing has begun then.
        """
        made = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self._begin(replace(plan, made=plan.made or made, finished=False), resume=False)

    def resume(self, plan: TrainingPlan) -> None:
        """Go on from a plan's last checkpoint; from the beginning where it left none.

        Raises
        ------
        JobError
            As `start`.
        """
        out = Path(plan.out)
        self._begin(plan, resume=out.with_name(out.name + ".work").is_dir())

    def _begin(self, plan: TrainingPlan, *, resume: bool) -> None:
        if self.state.busy:
            return
        self.forget_estimate()
        self._kept.keep(plan)
        self.plan = plan
        self._train = self._send(plan.words(resume=resume), Account())
        self._set_state(TrainingState(phase="starting", of=plan.clips))

    def pause(self) -> None:
        """Let the training stand still after its current step."""
        self._say("pause")

    def go_on(self) -> None:
        """Let a paused training go on."""
        self._say("resume")

    def stop(self) -> None:
        """Have a model made of the best so far."""
        if self.state.busy and self._train is not None:
            self._train.child.tell("stop")
            self._set_state(replace(self.state, phase="stopping"))

    def cancel(self) -> None:
        """End the training without a model; what is finished is kept for `resume`."""
        if self.state.busy and self._train is not None:
            self._train.child.end()
            self._set_state(replace(self.state, phase="cancelling"))

    def _say(self, word: str) -> None:
        if self.state.busy and self._train is not None:
            self._train.child.tell(word)

    # What becomes of it

    def unfinished(self) -> list[TrainingPlan]:
        """Return trainings that a crash, a power cut or the closing of the window has left, the newest first."""
        running = self.plan.id if self.plan is not None and self.state.busy else None
        return [plan for plan in self._kept.unfinished() if plan.id != running]

    def clear_away(self) -> None:
        """Remove what trials of earlier runs of the program have heard, if nothing came of them."""
        self._kept.drop_drafts()

    def take_up(self, plan: TrainingPlan, state: TrainingState) -> None:
        """Show a training that was finished in an earlier run of the program, but not decided upon."""
        if not self.state.busy:
            self.plan = plan
            self._set_state(state)

    def drop(self, plan: TrainingPlan) -> None:
        """Forget a training that does not run, with all it left behind but the model."""
        if self.plan is not None and self.plan.id == plan.id:
            if self.state.busy:
                return
            self.plan = None
            self._train = None
            self._set_state(TrainingState())
        self._kept.drop(plan)

    # End

    def close(self) -> None:
        """Ask all children to end, and return at once; a training can be gone on with at the next start."""
        self._pump.stop()
        for errand in (self._train, self._survey, self._trial):
            self._dismiss(errand)

    def join(self, timeout_s: float) -> bool:
        """Wait for the children to end; whether they have."""
        until = time.monotonic() + timeout_s
        for child in self._leaving:
            child.join(max(0.0, until - time.monotonic()))
        self._kept.release()
        return all(child.join(0.0) for child in self._leaving)

    # Behind it

    def _send(self, words: Sequence[str], sums: _Sums[Any], grace_s: float = GRACE_S) -> _Errand[Any]:
        # After those that are ending: two at a time slow each other, and may write the same files.
        after = tuple(self._leaving)
        return _Errand(words, sums, self._pump.post, next(self._ids), self._command, after, grace_s)

    def _dismiss(self, errand: _Errand[Any] | None) -> None:
        if errand is not None:
            self._leaving = [child for child in self._leaving if not child.join(0.0)]
            errand.child.end()
            self._leaving.append(errand.child)

    def _wanted(self, message: say.Message) -> bool:
        """Whether a message is of a child that still counts."""
        now = {errand.job_id for errand in (self._train, self._survey, self._trial) if errand is not None}
        return isinstance(message, say.ChildSaid) and message.job_id in now

    def _apply(self, message: say.Message) -> None:
        assert isinstance(message, say.ChildSaid)
        state = message.state
        if isinstance(state, SurveyState):
            self._set_survey(state)
        elif isinstance(state, EstimateState):
            self._set_estimate(state)
        elif isinstance(state, TrainingState):
            asked = self.state.phase
            to_come = ("starting", "listening", "training", "paused")
            if (asked == "stopping" and state.phase in to_come) or (asked == "cancelling" and state.busy):
                state = replace(state, phase=asked)  # the child has not come to read it
            if self.plan is not None and self.plan.tables:
                state = replace(state, can_resume=False)  # tables have no checkpoints
            if state.phase == "done" and self.plan is not None and not self.plan.finished:
                self.plan = replace(self.plan, finished=True)
                with suppress(JobError):  # what is written speaks for itself
                    self._kept.keep(self.plan)
            self._set_state(state)

    def _set_state(self, state: TrainingState) -> None:
        self.state = state
        self.state_changed.emit(state)

    def _set_survey(self, state: SurveyState) -> None:
        if state != self.survey:
            self.survey = state
            self.survey_changed.emit(state)

    def _set_estimate(self, state: EstimateState) -> None:
        if state != self.estimate:
            self.estimate = state
            self.estimate_changed.emit(state)
