"""What becomes of a trained model: named and used, kept, or in the bin and back; and trainings of an earlier start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.jobs.training_plan import TrainingPlan
from app.jobs.training_state import TrainingState
from app.session import Session
from app.ui.strings import tr
from app.ui.training.keeping import KeepPage


class Ending:
    """Does what the last page asks for.

    Parameters
    ----------
    session : Session
        Its models change, by commands with undo.
    page : KeepPage
        Is told what has become of the model.
    """

    def __init__(self, session: Session, page: KeepPage) -> None:
        self._session = session
        self._training = session.training
        self._page = page
        self._gone: TrainingPlan | None = None  # whose model was thrown away last
        page.use_asked.connect(lambda name: self.keep(name, use=True))
        page.keep_asked.connect(lambda name: self.keep(name, use=False))
        page.throw_asked.connect(self.throw_away)
        page.back_asked.connect(self.bring_back)

    def ask(self) -> None:
        """Ask about the model that was trained last."""
        plan = self._training.plan
        self._page.ask(plan.title if plan is not None else "")

    def keep(self, name: str, *, use: bool) -> None:
        """Name the model, and let it answer from now on if it shall."""
        plan = self._training.plan
        if plan is None or not self._session.rename_model(plan.out, name):
            return
        self._training.drop(plan)
        if use:
            self._session.set_model(plan.out)
            text = tr("It answers from now on. Under Model you can change back (Ctrl+Shift+M).")
        else:
            text = tr("You find it among the models (Ctrl+M).")
        self._page.say(tr("\u201c{name}\u201d is kept.").format(name=name), text)

    def throw_away(self) -> None:
        """Put the model into the bin."""
        plan = self._training.plan
        if plan is None or not self._session.remove_model(plan.out):
            return
        self._training.drop(plan)
        self._gone = plan
        text = tr("What it learned from stays as it was.")
        self._page.say(tr("The model is in the bin."), text, can_come_back=True)

    def bring_back(self) -> None:
        """Take the model out of the bin, and ask again."""
        plan = self._gone
        entry = next((e for e in self._session.binned_models() if plan is not None and e.id == plan.id), None)
        if plan is None or (entry is not None and not self._session.restore_model(entry)):
            return
        if Path(plan.out).is_dir():  # also where undo has brought it back before
            self.take_up(plan)
            self.ask()

    def take_up(self, plan: TrainingPlan) -> None:
        """Go back to a model that is written and was not decided upon."""
        state = TrainingState(phase="done", folder=plan.out, verdict=_read_verdict(plan))
        self._training.take_up(plan, state)

    def let_go(self, plan: TrainingPlan) -> None:
        """Give up a training of an earlier start; a model that it wrote goes into the bin, tables stay."""
        is_model = plan.finished and not plan.tables and Path(plan.out).is_dir()
        if not is_model or self._session.remove_model(plan.out):
            self._training.drop(plan)


def _read_verdict(plan: TrainingPlan) -> dict[str, Any] | None:
    """What was measured of a model that is already written."""
    try:
        raw = json.loads((Path(plan.out) / "verdict.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return raw if isinstance(raw, dict) else None
