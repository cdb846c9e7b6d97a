"""`affekt train --against MODEL`: the new model and another one on the same held-out clips."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.train_telling import Telling
from models.errors import JobError
from models.jobs import Control

if TYPE_CHECKING:
    from models.data.labelled import LabelledClip
    from models.hub import Card
    from models.training.heard_features import HeardClip
    from models.training.record import HeldOut


def compare(
    card: Card,
    against: str,
    held: HeldOut | None,
    clips: Sequence[LabelledClip],
    heard: Sequence[HeardClip] | None,
    content: Sequence[str],
    telling: Telling,
    control: Control,
) -> None:
    """Tell how the new model compares, and keep it beside its card. The model is there: no trouble undoes it."""
    from app.jobs.fallback import decode_with_qt
    from app.paths import own_models
    from models.evaluation.verdict import VERDICT_FILE, HeldOutClip, ask, judge
    from models.hub import load_model
    from models.provenance import heard_by

    if held is None:
        telling.note(f"No fold was finished, so that there is nothing to compare with {against} on.")
        return
    try:
        theirs = load_model(against, "cpu", own_models())
        where = [int(i) for i in held.indices]
        chosen = [clips[i] for i in where]
        asked = ask(
            theirs,
            chosen,
            [heard[i] for i in where] if heard is not None else None,
            cancel=control,
            fallback=decode_with_qt,
        )
        both = []
        for done, (i, ours, said) in enumerate(zip(where, held.probabilities, asked, strict=True), 1):
            if said is not None:
                both.append(HeldOutClip(clips[i], content[i], ours, said))
            telling.recordings("asked", done, len(where))
        if not both:
            telling.note(f"{against} could not analyse any of the clips: there is no comparison.")
            return
        verdict = judge(both, card, theirs.card, heard_by(theirs.card), held.protocol)
    except JobError as error:
        telling.note(f"There is no comparison with {against}: {error.message}")
        return
    try:
        _write(card.folder / VERDICT_FILE, verdict)
    except OSError as error:
        telling.note(f"The comparison could not be kept beside the model: {error.strerror}.")
    telling.say("\n".join([verdict["text"], *verdict["warnings"]]), event="verdict", **verdict)


def _write(file: Path, verdict: dict[str, Any]) -> None:
    part = file.with_suffix(".part")
    part.write_text(json.dumps(verdict, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    part.replace(file)
