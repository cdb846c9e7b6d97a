"""The page on a person's own model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.evaluation.report.tables import NOT_RUN, interval, table

Results = Mapping[str, Mapping[str, Any]]
SOURCES = {"4qaed": "4QAED (real pop, by artist)", "emopia": "EMOPIA (rendered piano, by song)"}
_NAMES = {"4qaed": "4QAED", "emopia": "EMOPIA"}

_PROTOCOL = """What `affekt train FOLDER --start-from affekt-base` makes of forty clips that a person labelled. The
parent is affekt-base trained anew on one half of the artists and songs (fewer folds), the same as under
[the personal model](adaptation.md); people label and are tested on the other half. A simulated person hears the labels
of the data set with one bias, drawn anew for each where it speaks of some of the artists (of EMOPIA: of the songs),
and never errs. Each labels forty clips, at most two of one artist or song, drawn anew for each; their own model is made
by the functions and with the settings of the command; it is tested on what that person would say of all clips whose
artist or song was not among the forty. *Memory alone* is the parent with its memory fitted anew on all it knew and the
same forty clips, its listeners as they were. The strength with which the listeners are held was chosen with the halves
exchanged, and other draws. Figures are means over people; brackets are 95% intervals from a bootstrap that draws people
and, among their clips, groups; differences are paired. Somebody who calls all calm music sad has three classes; an
answer of the fourth counts as a class that is always wrong, so their macro-F1 is at most 0.75 while there is one.
"""
_LIMITS = """## What to hold against it

- The people are simulated, and their biases are ours. All people of a kind hear the same half of two collections:
  the intervals speak of other people, artists and songs like these, not of other music.
- People of a kind are tested on much the same clips: that the own model is better for nineteen of twenty is not twenty
  independent trials.
- Nobody errs here; real labels have noise, and forty of them teach less.
"""


def own_model_page(results: Results) -> str:
    """Markdown of the page."""
    parts = [
        "# One's own model, from forty clips\n\nMade by `python -m models.evaluation.report pages`; do not edit.\n",
        _PROTOCOL,
    ]
    for source, title in SOURCES.items():
        result = results.get(f"own-{source}")
        parts.append(f"## {title}\n")
        parts.append(f"{NOT_RUN}\n" if result is None else _source(result))
    return "\n".join([*parts, _LIMITS])


def _source(result: Mapping[str, Any]) -> str:
    kinds = result["kinds"]
    people = next(iter(kinds.values()))["people"]
    cost = {kind: of["elsewhere"] for kind, of in kinds.items()}
    return "\n".join(
        [
            f"{people} people of each kind, {result['clips']} clips of {result['groups']} groups, {result['labelled']} "
            f"labelled, {result['tested']} tested on (on average). Teaching took {result['processor_seconds']:.1f} s "
            "of one core (median), without hearing the clips.\n",
            "Macro-F1:\n",
            _models(kinds, "macro_f1", better=True),
            "\nAccuracy:\n",
            _models(kinds, "accuracy"),
            "\nNegative log-likelihood (lower is better):\n",
            _models(kinds, "loss"),
            f"\nWhat it costs elsewhere: macro-F1 on {result['elsewhere']} clips of {_NAMES[result['other']]} that the "
            "parent has not heard either, by the labels of the data set:\n",
            _models(cost, "macro_f1"),
            "",
        ]
    )


def _models(kinds: Mapping[str, Any], figure: str, better: bool = False) -> str:
    names = ["parent", "memory alone", "own", "own less parent", "memory alone less parent", "own less memory alone"]
    head = ["the person", *names, *(["own is better for"] if better else [])]
    rows = [
        [
            kind,
            *(interval(of[figure][name]) for name in names),
            *([f"{of['better']} of {of['people']}"] if better else []),
        ]
        for kind, of in kinds.items()
    ]
    return table(head, rows)
