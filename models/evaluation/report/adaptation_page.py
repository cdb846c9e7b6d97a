"""The page on the personal model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.evaluation.report.drawing import draw_adaptation, save_svg
from models.evaluation.report.tables import NOT_RUN, interval, table

Results = Mapping[str, Mapping[str, Any]]
SOURCES = {
    "4qaed": "4QAED (real pop, people answer with quadrants)",
    "4qaed-points": "4QAED, points (real pop, people answer with points)",
    "vgmidi": "VGMIDI (rendered piano, people answer with points)",
    "memomusic": "MemoMusic (rendered piano, people answer with points)",
}
_NAMES = {
    "4qaed": "4QAED",
    "4qaed-points": "4QAED (points)",
    "vgmidi": "VGMIDI",
    "emopia": "EMOPIA",
    "memomusic": "MemoMusic",
}

_PROTOCOL = """The model under the personal one is affekt-base trained anew on one half of the artists, songs and series
(fewer folds); people correct and are tested on the other half, and on MemoMusic, which no model here has met. Each
simulated person hears some of it differently from the data set's raters, in a way that is stated and drawn anew per
person (`models/evaluation/report/people.py`); what they say besides has noise (one quadrant in ten is wrong on one
axis; points have a deviation of 0.1), what they are tested on has none. Clips of 4QAED have a quadrant only: where they
lie on the plane is made up from it and their mood words. What is corrected and what is tested never
share a group. Clips are corrected one by one in random order, by the code that the program uses. Settings were chosen
with the halves exchanged, on other people and other seeds. Intervals are 95%, from a bootstrap that draws people and,
among their clips, groups. *Refitted* is retraining: the memory fitted anew on all it knew and the same forty clips.
"""
_COUNTS = ("0", "1", "2", "5", "10", "20", "40")


def adaptation_page(results: Results, folder: Path) -> str:
    """Markdown of the page; draws its figure into `folder`."""
    found = {source: results[f"adaptation-{source}"] for source in SOURCES if f"adaptation-{source}" in results}
    parts = [
        "# The personal model, measured\n\nMade by `python -m models.evaluation.report pages`; do not edit.\n",
        _PROTOCOL,
    ]
    if found:
        save_svg(draw_adaptation(list(found.values()), SOURCES), folder / "figures" / "adaptation.svg")
        parts.append("![Error on a person's other clips over corrections](figures/adaptation.svg)\n")
    for source, title in SOURCES.items():
        parts.append(f"## {title}\n")
        parts.append(_source(found[source]) if source in found else f"{NOT_RUN}\n")
    parts += ["## What is forgotten\n", _forgotten(found) if found else f"{NOT_RUN}\n"]
    parts += ["## Somebody else goes on\n", _switch(results.get("adaptation-switch"))]
    parts += ["## Real people: SiTunes, felt mood\n", _situnes(results.get("adaptation-situnes"))]
    return "\n".join(parts)


def _source(result: Mapping[str, Any]) -> str:
    rows = {**result["kinds"], "all": result["all"]}
    points = result["says"] == "points"
    said = []
    if points:
        said.append("Mean distance on the plane between the answer and what the person means ([-1, 1] each way):\n")
        said += [_by_count(rows, "distance"), "", _gains(rows, "distance"), ""]
        said.append("Quadrants that are right:\n")
    else:
        said.append("Quadrants that are right:\n")
    said += [_by_count(rows, "accuracy"), "", _gains(rows, "accuracy"), ""]
    examples = "; ".join(f"*{kind}*: {', '.join(of['examples'])}" for kind, of in result["kinds"].items())
    each = next(iter(result["kinds"].values()))["people"]
    said.append(
        f"{each} people of each kind, {result['clips']} clips of {result['groups']} groups. The first of each kind: "
        f"{examples}.\n\nAn update took {result['milliseconds']['median']:.0f} ms (one in twenty more than "
        f"{result['milliseconds']['highest_of_20']:.0f} ms) on one core of a busy server, without hearing the clip.\n"
    )
    return "\n".join(said)


def _by_count(rows: Mapping[str, Any], figure: str) -> str:
    head = ["people", *(f"{count} corrections" if count == "0" else count for count in _COUNTS), "refitted on 40"]
    body = [
        [kind, *(f"{of[figure][count]['value']:.3f}" for count in _COUNTS), f"{of[figure]['refitted 40']['value']:.3f}"]
        for kind, of in rows.items()
    ]
    return table(head, body)


def _gains(rows: Mapping[str, Any], figure: str) -> str:
    pairs = {
        "10 corrections less none": "10 less 0",
        "40 less none": "40 less 0",
        "refitted on 40 less none": "refitted 40 less 0",
        "40 less refitted on 40": "40 less refitted 40",
    }
    return table(
        ["difference", *pairs],
        [[kind, *(interval(of[figure][key]) for key in pairs.values())] for kind, of in rows.items()],
    )


def _forgotten(found: Mapping[str, Mapping[str, Any]]) -> str:
    rows = []
    for source, result in found.items():
        for other, of in result["elsewhere"].items():
            rows.append(
                [
                    f"{_NAMES[source]}, on {_NAMES[other]}",
                    *(interval(of[f"rehearsed {count}"]) for count in ("0", "10", "40")),
                    interval(of["rehearsed 40 less rehearsed 0"]),
                    interval(of["shift, rehearsed 40"]),
                    interval(of["shift, not rehearsed 40"]),
                ]
            )
    head = ["corrected, on", "none", "10", "40", "40 less none", "40, shift only", "40, shift only, without rehearsal"]
    return (
        "Quadrants that are right by the data set's own raters on music of another source, which neither the base nor "
        "the person has touched:\n\n" + table(head, rows) + "\n"
    )


def _switch(result: Mapping[str, Any] | None) -> str:
    if result is None:
        return f"{NOT_RUN}\n"
    scores = result["distance"]
    rows = [
        [
            str(after),
            interval(scores[f"migrating {after}"]),
            interval(scores[f"staying {after}"]),
            interval(scores[f"migrating {after} less staying {after}"]),
        ]
        for after in result["after"]
    ]
    return (
        f"After 30 corrections on {_NAMES[result['source']]} somebody with the opposite shift goes on. Mean distance "
        f"to what the second person means; with nothing learned it is {interval(scores['nothing learned'])}. "
        f"{result['migrated']} of {result['people']} models went back to the pretrained weights.\n\n"
        + table(["corrections after", "with migration", "without", "difference"], rows)
        + "\n"
    )


def _situnes(result: Mapping[str, Any] | None) -> str:
    if result is None:
        return f"{NOT_RUN}\n"
    rows = [
        [
            "all" if of is result["all"] else f"{of['low']} to {of['high']}",
            str(of["events"]),
            *(interval(of[way]) for way in ("population", "user_mean", "personal")),
            interval(of["personal_less_population"]),
            interval(of["personal_less_user_mean"]),
        ]
        for of in (*result["bins"], result["all"])
    ]
    head = [
        "earlier events",
        "events",
        "others alone",
        "the user's mean so far",
        "personal",
        "less others",
        "less mean",
    ]
    return (
        f"{result['events']} listening events of {result['users']} people of stage 2 in time order; each is predicted "
        "before it is learned. This is mood as felt after listening, not expressed emotion, and there is no audio: "
        "under the layer lies a ridge regression from music descriptors to the mood of all other people "
        f"({result['population_events']} events in all, the person left out), not affekt-base. Mean distance on the "
        "plane; intervals over users.\n\n" + table(head, rows) + "\n"
    )
