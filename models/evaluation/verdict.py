"""Two models on the same held-out clips: scores with intervals, their paired difference, and what one gets wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.analysis import QUADRANTS
from models.cards import base_id
from models.data.labelled import LabelledClip
from models.evaluation.intervals import DRAWS, GroupDraws, Numbers, Score
from models.evaluation.listen import Answer, listen
from models.evaluation.metrics import N_CLASSES, confusion, quadrant_figures, quadrant_scores
from models.jobs import CancelToken, Decoder
from models.numerics import softmax
from models.provenance import Heard, plain_name

if TYPE_CHECKING:
    from models.hub import Card, LoadedModel
    from models.training.heard_features import HeardClip

SCHEMA = "affekt.verdict/1"
VERDICT_FILE = "verdict.json"
FIGURES = ("accuracy", "macro_f1", "balanced_accuracy", "arousal_accuracy", "valence_accuracy")
INTERVAL = f"95%, bootstrap over groups, {DRAWS:,} draws; the same draws for both models"
#: With fewer groups a bootstrap's interval is too narrow.
_FEW_GROUPS = 10
#: A shorter name of a data set says nothing.
_SHORTEST_NAME = 3

Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class HeldOutClip:
    """A labelled clip, the hash of its content, and what two models said of it [shape=(4,)], each summing to 1."""

    clip: LabelledClip
    content: str
    ours: Probabilities
    theirs: Probabilities


def ask(
    model: LoadedModel,
    clips: Sequence[LabelledClip],
    heard: Sequence[HeardClip] | None = None,
    *,
    cancel: CancelToken | None = None,
    fallback: Decoder | None = None,
) -> Iterator[Probabilities | None]:
    """What a model says of clips, one after the other; None where it cannot analyse one.

    Parameters
    ----------
    model : LoadedModel
        To be asked.
    clips : sequence of LabelledClip
        The recordings.
    heard : sequence of HeardClip, optional
        What was heard of them: a fused model need not hear them again. Any other analyses the recordings.
    cancel : CancelToken, optional
        Looked at between clips.
    fallback : Decoder, optional
        For what soundfile cannot read.

    Raises
    ------
    Cancelled
        When asked to stop.
    """
    import torch

    from models.networks.fusion import FusedNetwork
    from models.networks.personal import whole_logits

    cancel = cancel or CancelToken()
    if heard is not None and isinstance(model.network, FusedNetwork):
        for one in heard:
            cancel.check()
            with torch.inference_mode():
                answer = model.network(
                    torch.from_numpy(one.steps).to(model.device), torch.from_numpy(one.summary).to(model.device)
                )
                yield softmax(whole_logits(answer).double().numpy())
        return
    for said in listen(clips, model, cancel, fallback):
        yield said.probabilities if isinstance(said, Answer) else None


def judge(held: Sequence[HeldOutClip], ours: Card, theirs: Card, theirs_heard: Heard, protocol: str) -> dict[str, Any]:
    """Compare two models on clips with a quadrant; a document of schema "affekt.verdict/1" (docs/train.md).

    Raises
    ------
    ValueError
        Without any clip.
    """
    if not held:
        raise ValueError("there is no clip to compare on")
    clips = [one.clip for one in held]
    truth = np.array([clip.quadrant for clip in clips], np.int64)
    groups = [f"{clip.source}/{clip.group}" for clip in clips]
    said = {"ours": np.stack([one.ours for one in held]), "theirs": np.stack([one.theirs for one in held])}
    answers = {who: probabilities.argmax(axis=1) for who, probabilities in said.items()}
    scores = {who: quadrant_scores(truth, answer, groups) for who, answer in answers.items()}
    difference = _difference(truth, answers["ours"], answers["theirs"], groups)
    better = _better(difference.get("macro_f1"))
    return {
        "schema": SCHEMA,
        **{
            who: {
                "id": card.id,
                "name": card.name,
                "scores": {name: scores[who][name].as_dict() for name in FIGURES if name in scores[who]},
                "confusion": confusion(truth, answers[who]).tolist(),
            }
            for who, card in (("ours", ours), ("theirs", theirs))
        },
        "difference": {name: score.as_dict() for name, score in difference.items()},
        "better": better,
        "clips": len(held),
        "groups": len(set(groups)),
        "interval": INTERVAL,
        "protocol": f"The same {len(held)} clips for both. {ours.name}: {protocol}. {theirs.name}: as it is.",
        "warnings": _warnings(held, ours, theirs, theirs_heard, len(set(groups))),
        "wrong": _wrong(held, truth, answers),
        "text": _text(scores["ours"]["macro_f1"], scores["theirs"]["macro_f1"], difference["macro_f1"], better, theirs),
    }


def _difference(
    truth: NDArray[np.int64], ours: NDArray[np.int64], theirs: NDArray[np.int64], groups: Sequence[str]
) -> dict[str, Score]:
    """Ours minus theirs, each with its interval over draws of groups that are the same for both."""
    size = N_CLASSES * N_CLASSES
    cells = np.zeros((len(truth), 2 * size))
    rows = np.arange(len(truth))
    cells[rows, truth * N_CLASSES + ours] = 1.0
    cells[rows, size + truth * N_CLASSES + theirs] = 1.0

    def figures(sums: Numbers) -> dict[str, Numbers]:
        first, second = (
            quadrant_figures(part.reshape(*part.shape[:-1], N_CLASSES, N_CLASSES))
            for part in (sums[..., :size], sums[..., size:])
        )
        return {name: first[name] - second[name] for name in FIGURES}

    return GroupDraws(groups).scores(figures, cells)


def _better(difference: Score | None) -> str:
    if difference is None or difference.low <= 0 <= difference.high:
        return "unclear"
    return "ours" if difference.value > 0 else "theirs"


def _warnings(held: Sequence[HeldOutClip], ours: Card, theirs: Card, heard: Heard, groups: int) -> list[str]:
    scores = ours.raw.get("scores") or {}
    # What the model that ours started from had heard is no test of ours either.
    out = [f"The new model: {scores['warning']}"] if scores.get("warning") else []
    learned = theirs.raw.get("corrections")
    if learned and base_id(theirs.raw):
        # What it was corrected by is kept without the recordings' hashes.
        out.append(
            f"{theirs.name} learned from {learned} corrections of its own: if these clips are among them, its scores "
            "are too good."
        )
    known = sum(one.content in heard.content for one in held)
    names = {plain_name(name): name for name in heard.sources if len(plain_name(name)) >= _SHORTEST_NAME}
    by_name = sorted({names[key] for key in names for one in held if key in plain_name(one.clip.source)})
    if known:
        clean = "" if out else " The new model was judged by clips that it had not met."
        out.append(f"{theirs.name} was trained on {known} of these {len(held)} clips: its scores are too good.{clean}")
    elif by_name and not heard.content:
        out.append(
            f"{theirs.name} was trained on {', '.join(by_name)}, and these clips seem to come from there: its scores "
            "may be too good."
        )
    if groups < _FEW_GROUPS:
        out.append(f"The intervals are too narrow to lean on, because there are few groups: {groups}.")
    return out


def _wrong(
    held: Sequence[HeldOutClip], truth: NDArray[np.int64], answers: dict[str, NDArray[np.int64]]
) -> list[dict[str, Any]]:
    """Clips that ours got wrong, those it was surest of first."""
    out = []
    for one, label, said, other in zip(held, truth, answers["ours"], answers["theirs"], strict=True):
        if said != label:
            out.append(
                {
                    "file": str(one.clip.path),
                    "name": one.clip.path.name,
                    "source": one.clip.source,
                    "group": one.clip.group,
                    "label": QUADRANTS[label],
                    "said": QUADRANTS[said],
                    "probability": round(float(one.ours[said]), 4),
                    "of_label": round(float(one.ours[label]), 4),
                    "theirs": QUADRANTS[other],
                }
            )
    return sorted(out, key=lambda entry: -float(entry["probability"]))


def _text(ours: Score, theirs: Score, difference: Score, better: str, other: Card) -> str:
    figures = (
        f"Macro-F1 {ours.value:.2f} ({ours.low:.2f} to {ours.high:.2f}) against {theirs.value:.2f} "
        f"({theirs.low:.2f} to {theirs.high:.2f}) of {other.name}; difference {difference.value:+.2f} "
        f"({difference.low:+.2f} to {difference.high:+.2f})."
    )
    if better == "ours":
        return f"The new model is better on these clips. {figures}"
    if better == "theirs":
        return f"{other.name} is better on these clips. {figures}"
    return f"Which of the two is better cannot be told from these clips. {figures}"
