"""The page on Lu and Kim (2026)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.evaluation.report.drawing import draw_confusions, draw_curves, save_svg
from models.evaluation.report.published import QUADRANTS
from models.evaluation.report.quadrants import AVERAGING, LEAD_IN_DB, ROWS
from models.evaluation.report.tables import NOT_GIVEN, NOT_RUN, budget, interval, number, table

Results = Mapping[str, Mapping[str, Any]]
SOURCES = ("4qaed", "emopia")
#: Which of the paper's data sets stands beside which of ours. PMEmo is not at hand: 4QAED stands in its place.
_BESIDE = {"4qaed": "PMEmo", "emopia": "EMOPIA"}
_SHOWN = {"4qaed": "4QAED (real pop)", "emopia": "EMOPIA (piano, rendered)", "vgmidi": "VGMIDI (game music, rendered)"}

_PROTOCOL = f"""**Protocol.** One split per data set: a fifth of the artists (4QAED) or songs (EMOPIA) is held out and
tested once; of the others a ninth is watched to choose the epoch. No artist or song is on two sides. Each network is
the paper's where the paper describes it, trained with its recipe (Adam 1e-3, weight decay 1e-4, batch 32,
cross-entropy) on random 10-s crops of log-mel (the paper: 30 s), and tested on whole 30-s clips. Two things differ for
every row alike, because the budgets are small: the epochs given in the table (the paper: up to 100), and a moving
average of the weights (decay {AVERAGING} per step; the paper has none). One seed. Brackets are 95% intervals from a
bootstrap over artists or songs. The comparison is between rows under budgets of minutes; it is not what these networks
could reach."""

_WHY = """**Why these are not the paper's figures.**

- *Data.* The paper's "PMEmo" has 2,382 clips in four classes of about 600. PMEmo has 794 songs, two thirds of them in
  Q1. How clips were cut and balanced is not said, so the set cannot be built again. PMEmo is not at hand here either;
  4QAED, real popular music in four balanced quadrants, stands in its place. The paper's counts for EMOPIA (268, 280,
  272, 267) are not those of EMOPIA.
- *Splits.* The paper's 80/10/10 split is stratified by class; nothing says that clips of one song stay together. The
  table on siblings below shows what that is worth.
- *Pre-training.* The paper's ResNet-50 starts from a network trained on photographs. Ours starts from random
  weights: none are at hand that we could ship. It is the row that suffers most from a short training.
- *One split, no interval, stopping and testing by the same kind of clip.* A test part of 109 clips (a tenth of EMOPIA)
  has an interval of about 6 points either way at 88%; a difference of 4 points between two rows is inside it."""

_SIBLINGS = """## What a split by clips is worth

EMOPIA cuts several clips from each song. If the split is by clips, a song is on both sides. Below, the same simple
classifiers on the same features (mean and deviation of each mel band), once with folds by clip and once with folds by
song or artist; and what copying the label of another clip of the same song scores without listening at all."""


def _row_results(results: Results, recipe: str, source: str) -> Mapping[str, Any] | None:
    return results.get(f"quadrants-{recipe}-{source}")


def _main_table(results: Results, source: str) -> str:
    rows = []
    for row in ROWS:
        result = _row_results(results, row.recipe, source)
        paper = QUADRANTS[row.recipe].get(_BESIDE[source])
        scores = result["scores"] if result else {}
        rows.append(
            [
                row.name,
                NOT_GIVEN if paper is None else f"{paper.accuracy:.1f}%",
                NOT_GIVEN if paper is None else number(paper.f1, 2),
                *(interval(scores.get(name)) for name in ("accuracy", "macro_f1")),
                *(interval(scores.get(name)) for name in ("arousal_accuracy", "valence_accuracy")),
                budget(result),
            ]
        )
    paper_set = _BESIDE[source]
    head = [
        "network",
        f"paper, {paper_set}: accuracy",
        f"paper, {paper_set}: F1",
        "here: accuracy",
        "macro-F1",
        "arousal side",
        "valence side",
        "budget here",
    ]
    return table(head, rows)


def _attention(results: Results) -> str:
    lines = []
    for source in SOURCES:
        with_it, without = (_row_results(results, name, source) for name in ("crnn-paper", "crnn-paper-no-attention"))
        if with_it is None or without is None:
            lines.append(f"- {_SHOWN[source]}: {NOT_RUN}.")
            continue
        a, b = (result["scores"]["accuracy"] for result in (with_it, without))
        apart = a["low"] > b["high"] or b["low"] > a["high"]
        verdict = "the intervals do not overlap" if apart else "the intervals overlap: no difference is shown"
        gap = 100 * (a["value"] - b["value"])
        lines.append(f"- {_SHOWN[source]}: attention is worth {gap:+.1f} points of accuracy; {verdict}.")
    return "\n".join(lines)


def _across(results: Results) -> str:
    rows = []
    for trained in SOURCES:
        own = _row_results(results, "crnn-paper", trained)
        rows.append(
            [
                _SHOWN[trained],
                f"{_SHOWN[trained]}, held out",
                *(interval(own["scores"][name] if own else None) for name in ("accuracy", "macro_f1")),
                *(interval(own["scores"][name] if own else None) for name in ("arousal_accuracy", "valence_accuracy")),
                str(own["clips"]) if own else NOT_GIVEN,
            ]
        )
        for other in (*SOURCES, "vgmidi"):
            if other == trained:
                continue
            result = results.get(f"across-crnn-paper-{trained}-on-{other}")
            scores = result["scores"] if result else {}
            rows.append(
                [
                    _SHOWN[trained],
                    _SHOWN[other],
                    *(interval(scores.get(name)) for name in ("accuracy", "macro_f1")),
                    *(interval(scores.get(name)) for name in ("arousal_accuracy", "valence_accuracy")),
                    str(result["clips"]) if result else NOT_GIVEN,
                ]
            )
    return table(
        ["trained on", "tested on", "accuracy", "macro-F1", "arousal side", "valence side", "clips tested"], rows
    )


def _quiet(results: Results) -> str:
    rows = []
    for source in SOURCES:
        for row in ROWS[:2]:
            plain, quiet = _row_results(results, row.recipe, source), results.get(f"quiet-{row.recipe}-{source}")
            if plain is None or quiet is None:
                rows.append([_SHOWN[source], row.name, *[NOT_RUN] * 5])
                continue
            rows += [
                [
                    _SHOWN[source],
                    row.name,
                    f"{condition['lead_in_s']:.0f} s",
                    interval(plain["scores"]["accuracy"]),
                    interval(condition["as_much_alone"]["scores"]["accuracy"]),
                    interval(condition["behind_lead_in"]["scores"]["accuracy"]),
                    f"{condition['attention_on_lead_in']:.2f} of {condition['lead_in_share']:.2f}",
                ]
                for condition in quiet["conditions"]
            ]
    head = [
        "data",
        "network",
        "lead-in",
        "30 s of music",
        "the shorter music alone",
        "the same behind the lead-in",
        "weight on the lead-in (its share of time)",
    ]
    return table(head, rows)


def _quiet_verdict(results: Results) -> str:
    """What the lead-in alone costs each network, in points of accuracy against as much music without it."""
    lines = []
    for source in SOURCES:
        both = [results.get(f"quiet-{row.recipe}-{source}") for row in ROWS[:2]]
        if both[0] is None or both[1] is None:
            continue
        for with_it, without in zip(both[0]["conditions"], both[1]["conditions"], strict=True):
            costs = [_cost(condition) for condition in (with_it, without)]
            # Paired draws are not kept: two figures whose intervals lie apart differ, others may.
            ends = [condition["behind_lead_in"]["scores"]["accuracy"] for condition in (with_it, without)]
            apart = ends[0]["low"] > ends[1]["high"] or ends[1]["low"] > ends[0]["high"]
            lines.append(
                f"- {_SHOWN[source]}, {with_it['lead_in_s']:.0f} s: {costs[0]:+.1f} points with attention, "
                f"{costs[1]:+.1f} without; behind the lead-in their intervals {'lie apart' if apart else 'overlap'}."
            )
    return "\n".join(["What the lead-in alone does to accuracy:", "", *lines]) if lines else ""


def _cost(condition: Mapping[str, Any]) -> float:
    behind, alone = (condition[key]["scores"]["accuracy"]["value"] for key in ("behind_lead_in", "as_much_alone"))
    return float(100 * (behind - alone))


def _leak(results: Results) -> str:
    rows = []
    for source in ("emopia", "4qaed"):
        result = results.get(f"leak-{source}")
        if result is None:
            rows.append([_SHOWN[source], *[NOT_RUN] * 5])
            continue
        copying = f"{result['copying_a_sibling']:.3f} (any clip: {result['copying_any_clip']:.3f})"
        for name in dict.fromkeys(entry["classifier"] for entry in result["entries"]):
            by = {entry["folds_by"]: entry["accuracy"] for entry in result["entries"] if entry["classifier"] == name}
            gain = 100 * (by["clip"]["value"] - by["group"]["value"])
            rows.append(
                [_SHOWN[source], name, interval(by["clip"]), interval(by["group"]), f"{gain:+.1f} points", copying]
            )
    return table(
        ["data", "classifier", "folds by clip", "folds by song or artist", "worth", "copying a sibling's label"], rows
    )


def _figures(results: Results, folder: Path) -> list[str]:
    """Draw what there are results for; returns the Markdown lines that show it."""
    trained = [r for row in ROWS for s in SOURCES if (r := _row_results(results, row.recipe, s)) is not None]
    lines = []
    if trained:
        save_svg(draw_curves(trained, {row.recipe: row.name for row in ROWS}), folder / "figures" / "curves.svg")
        lines += [
            "## Curves over epochs",
            "",
            "![Losses over epochs: training solid, validation dashed](figures/curves.svg)",
        ]
        lines += ["", "Training solid, validation dashed. The grey line is guessing (ln 4).", ""]
    shown = [(r, _SHOWN[s]) for s in SOURCES if (r := _row_results(results, "crnn-paper", s)) is not None]
    for trained_on, other in (("emopia", "4qaed"), ("4qaed", "emopia")):
        result = results.get(f"across-crnn-paper-{trained_on}-on-{other}")
        if result is not None:
            shown.append((result, f"{trained_on} to {other}"))
    if shown:
        drawn = draw_confusions([result for result, _ in shown], [title for _, title in shown])
        save_svg(drawn, folder / "figures" / "confusions.svg")
        lines += ["## Confusions per data set", "", "![Confusion matrices](figures/confusions.svg)", ""]
        lines += ["CRNN with attention. Shares of each row (the label), and clips.", ""]
    return lines


def first_paper_page(results: Results, folder: Path) -> str:
    """Markdown of the page; its figures are written below `folder`."""
    parts = [
        "# The first paper's results, and ours under one protocol",
        'Lu and Kim (2026), "Deep Learning-Based Emotion Classification Models for Chinese and Korean OST Music". '
        "Made by `python -m models.evaluation.report pages`; do not edit.",
        "## Tables 3 and 4",
        _PROTOCOL,
        *(f"### {_SHOWN[source]}\n\n{_main_table(results, source)}" for source in SOURCES),
        "Attention (the paper: about +4 points on both):\n\n" + _attention(results),
        _WHY,
        _SIBLINGS,
        _leak(results),
        "\n".join(_figures(results, folder)).strip(),
        "## Across cultures and sources",
        "The paper's main claim is that training on music of a culture is vital for that culture; it reports no test "
        "across sets. Here each network is trained on one source only (the training part above) and tested on the "
        "whole of another. Source, culture and sound (recordings against rendered piano) change together, so a fall "
        "is no proof of culture; it is what a user with other music will meet. Of VGMIDI's pieces the middle 30 s are "
        "heard, and the quadrant is the sign pair of the mean ratings.",
        _across(results),
        "## Long quiet intros",
        'The paper says that without attention the network "struggles with tracks having long intros". No set of '
        "such tracks exists, so they are made: each held-out clip is put behind a lead-in of its own first seconds, "
        f"{LEAD_IN_DB:.0f} dB quieter, at the same total length. What the shorter music costs by itself is measured "
        "apart. If attention did what the paper says, the network with it would lose less behind the lead-in, and "
        "would put less weight on the lead-in than its share of the time.",
        _quiet(results),
        _quiet_verdict(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
