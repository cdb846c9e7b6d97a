"""What is to be labelled, and in which order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from app.document import Document
    from app.library.rows import Rater

Order = Literal["listed", "random", "helpful"]


@dataclass(frozen=True, slots=True)
class Item:
    """One recording to label; `warm_up` ones come first, count for nothing, and come again in their turn."""

    track_id: int
    warm_up: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How a person wants to label.

    Attributes
    ----------
    order : {"listed", "random", "helpful"}
        As on the list; shuffled, for each rater in an order of their own that stays the same; or first what helps a
        model most.
    blind : bool
        Whether the model's answer and other raters' labels are hidden.
    warm_up : int
        How many recordings come first to get used to the task.
    skip_labelled : bool
        Whether what this rater has labelled already is left out.
    track_ids : tuple of int, or None
        These tracks only; None for the whole list.
    """

    order: Order = "listed"
    blind: bool = True
    warm_up: int = 0
    skip_labelled: bool = True
    track_ids: tuple[int, ...] | None = None


def items_of(document: Document, plan: Plan, rater: Rater, helpful: Sequence[int] = ()) -> list[Item]:
    """Lay out the recordings of a plan for one rater.

    Parameters
    ----------
    document : Document
        The list, and what was said of it. Files that are not where they were are left out: they cannot be heard.
    plan : Plan
        What is wanted.
    rater : Rater
        Who labels. The shuffled order goes by their id, so that two raters hear two orders, and one rater the same
        order again after a restart.
    helpful : sequence of int
        Tracks, the most helpful one first, for the order of that name; tracks that are not in it follow as listed.
    """
    wanted = document.order if plan.track_ids is None else plan.track_ids
    chosen = [i for i in dict.fromkeys(wanted) if i in document and document.track(i).status != "missing"]
    if plan.skip_labelled:
        chosen = [i for i in chosen if document.label_of(i, rater.id) is None]
    if plan.order == "random":
        random.Random(rater.id).shuffle(chosen)
    elif plan.order == "helpful":
        rank = {track_id: n for n, track_id in enumerate(helpful)}
        chosen.sort(key=lambda track_id: rank.get(track_id, len(rank)))
    # From the end: what helps most is not spent on getting used to the keys.
    warm_up = chosen[len(chosen) - min(plan.warm_up, len(chosen)) :]
    return [*(Item(i, True) for i in warm_up), *(Item(i) for i in chosen)]
